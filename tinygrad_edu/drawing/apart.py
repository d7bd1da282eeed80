"""Takes a computation on arrays apart into the same computation on numbers, one entry at a time.

    taken = apart(E)
    taken.root                  # E again, but every Value that it was made from is one number
    taken.entries[w]            # an array of such Values, called w[0, 0], w[0, 1], ...

Nothing is derived again: an elementwise operation is applied to each entry, and of a linear one the
record's own function is run on arrays of Values, so that A @ B writes down the products and sums that
it is made of. Only those that are neither are spelled out here; what is not made of steps with single
numbers is refused, or kept in one piece if that is asked for. The gradients of the numbers are the
entries of the gradients of the arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.mistakes import numbers_of
from tinygrad_edu.autodiff.primitive import OPERATIONS, Operation, quietly
from tinygrad_edu.autodiff.recording import recording
from tinygrad_edu.autodiff.value import Value, record
from tinygrad_edu.autodiff.walk import ancestors, contributions, pull
from tinygrad_edu.drawing.boxes import LONGEST_NAME, clean

MOVED = replace(ops.identity)  # of an entry that was only moved: no activation function
MOST = 2000  # numbers, of all arrays together
MOST_PRODUCTS = 20_000  # that products of arrays are made of


@dataclass(frozen=True)
class Apart:
    """A computation on numbers. root: its result. entries: for each Value of the computation on arrays, and in the order in which
    they were made, an array of the Values (or floats, where nothing gets a gradient) that are its entries. constants: the same
    for the constants, by the Value that was made from it and the place among its operands, if they were asked for."""

    root: Value
    entries: dict[Value, ndarray]
    constants: dict[tuple[Value, int], ndarray] = field(default_factory=dict)


def apart(root: Value, constants: bool = False, whole: bool = False) -> Apart:
    """The computation behind one number, taken apart.

    Of several largest entries in `max` (or smallest in `min`) each gets a share of the gradient,
    here not always the same share. Two Values of one name get two names.

    Args:
        root: a Value of size 1.
        constants: whether these become Values too, as leaves that can be changed.
        whole: whether an operation that is not made of steps with single numbers (sort, inv, solve,
            det, a user-defined one) stays in one piece: `recorded_step` makes each of its results.

    Returns:
        The computation on numbers.

    Raises:
        ValueError: for a root of several numbers, for more than 2,000 numbers, for a leaf whose data
            were replaced between two uses, and without `whole` for an operation in one piece.
    """
    if root.size != 1:
        raise ValueError(f"{root.name or 'this value'} has shape {root.shape}, and only what led to one number can be taken "
                         "apart. Sum it first: v.sum().")
    nodes = ancestors(root)
    if sum(map(_products, nodes)) > MOST_PRODUCTS:
        raise ValueError(f"the products of arrays in this computation are made of more than {MOST_PRODUCTS:,} products of numbers, "
                         "which nobody can look at one by one: take fewer associations, or a smaller network.")
    if sum(node.size for node in nodes) > MOST:
        raise ValueError(f"this computation is made of more than {MOST:,} numbers, which nobody can look at one by one: "
                         "take fewer associations, or a smaller network.")
    used = {parent: x for node in nodes for parent, x in zip(node.parents, node.inputs) if parent is not None}
    entries: dict[Value, ndarray] = {}
    known = _constants(nodes) if constants else {}
    names = _names(nodes)
    for node in nodes:
        if node.op is None:
            entries[node] = _leaf(used.get(node, node.output), names[node])
        else:
            with recording(True):
                operands = [
                    entries[parent] if parent is not None else known[node, i] if constants else np.asarray(x, float).astype(object)
                    for i, (parent, x) in enumerate(zip(node.parents, node.inputs))]
                entries[node] = quietly(_made_again, node, operands, names[node], whole)
    result = entries[root].item()
    return Apart(result if isinstance(result, Value) else Value(result, name=root.name), entries, known)


def _products(node: Value) -> float:
    """How many products of numbers are in it: (T, I) @ (I, J) has T I J, which is √(TI · IJ · TJ)."""
    several = node.op is not None and node.op.partials is None and node.op.linear and len(node.inputs) > 1
    return float(np.prod([float(np.size(x)) for x in (*node.inputs, node.output)]) ** 0.5) if several else 0.0


def _leaf(data: Any, name: str | None = None) -> ndarray:
    values = np.empty(np.shape(data), object)
    for index, x in np.ndenumerate(np.asarray(data)):
        values[index] = Value(float(x), name=called(name, index))
    return values


def _constants(nodes: Sequence[Value]) -> dict[tuple[Value, int], ndarray]:
    """Leaves for the constants; an array that went in twice is one."""
    arrays: dict[int, ndarray] = {}
    return {(node, i): arrays.setdefault(id(x), _leaf(x)) if isinstance(x, ndarray) else _leaf(x)
            for node in nodes for i, (parent, x) in enumerate(zip(node.parents, node.inputs)) if parent is None}


def called(name: str | None, index: tuple[int, ...]) -> str | None:
    """The name of an entry, as a program would write it: w[0, 1]."""
    return f"{name}[{', '.join(map(str, index))}]" if name and index else name


def _names(nodes: Sequence[Value]) -> dict[Value, str]:
    """The names that the program gave, "" where it gave none; the second of a name is w (2)."""
    names: dict[Value, str] = {}
    given: set[str] = set()
    for node in nodes:
        name, n = clean(node.name), 1
        while name in given:
            n += 1
            name = f"{clean(node.name)[:LONGEST_NAME - 4 - len(str(n))]} ({n})"
        names[node] = name
        given.update(filter(None, [name]))
    return names


def _made_again(node: Value, xs: Sequence[ndarray], name: str, whole: bool) -> ndarray:
    """The node's operation on the entries of what it was made from."""
    since = Value(0.0).born
    ys = _in_steps(node, xs, whole).copy()
    for index, y in np.ndenumerate(ys):
        if isinstance(y, Value):
            if y.born < since:  # only moved, as by reshape: a second name, so that it belongs to this node
                ys[index] = y = record(MOVED, (y,))
            y.name = y.name or called(name, index)
    return ys


def _in_steps(node: Value, xs: Sequence[ndarray], whole: bool) -> ndarray:
    """The entries of the node, made by steps with single numbers; or else in one piece, or refused."""
    op = node.op
    assert op is not None
    if not all(_alike(x, entries) for x, entries in zip(node.inputs, xs)):
        raise ValueError(f"{op.name} cannot be taken apart: the data of a leaf that it was made from "
                         "were replaced meanwhile. Run the computation again.")
    try:
        ys = _boxed(_steps(op)(xs, node.parameters))
        if not _alike(node.output, ys):
            raise _NotInSteps(f"taken apart, {op.name} gives other numbers than it did: the data of "
                              "a leaf were replaced meanwhile, or an exponential overflowed.")
    except Exception as error:
        if whole:
            return _whole(node, xs)
        if isinstance(error, _NotInSteps):
            raise
        raise _NotInSteps(_in_one_piece(op)) from None
    return ys


def _in_one_piece(op: Operation) -> str:
    return (f"{op.name} is not made of steps with single numbers, so it cannot be taken apart; "
            "draw(value) shows it whole.")


class _NotInSteps(ValueError):
    """An operation that is not made of steps with single numbers, or not of the steps known."""


def _steps(op: Operation) -> Callable[[Sequence[ndarray], Mapping[str, Any]], Any]:
    """How the operation is done number by number: a function of (arrays of Values and floats, parameters)."""
    if op.partials is not None:
        return lambda xs, parameters: _each(lambda *entries: op.on(entries, parameters), len(xs))(*xs)
    if op.linear or op.name in SPELLED_OUT:
        return lambda xs, parameters: SPELLED_OUT.get(op.name, op.forward)(*xs, **parameters)
    raise _NotInSteps(_in_one_piece(op))


def _alike(numbers: Any, entries: ndarray) -> bool:
    """Whether the entries are single numbers, and these, but for another order of summation."""
    exact = getattr(numbers, "dtype", None) != np.float32
    found = [y.output if isinstance(y, Value) else y for y in entries.ravel()]
    return entries.shape == np.shape(numbers) and not any(map(np.ndim, found)) and np.allclose(
        np.array(found, float).reshape(entries.shape), numbers, rtol=1e-9 if exact else 1e-4,
        atol=1e-12 if exact else 1e-5, equal_nan=True)


# -- what stays in one piece ----------------------------------------------------------------------


def _whole(node: Value, xs: Sequence[ndarray]) -> ndarray:
    """Each entry of the node as one step from all entries of its operands, with its slopes."""
    op, operands = node.op, [x for entries in xs for x in entries.ravel()]
    assert op is not None
    if len(operands) * node.size > MOST_PRODUCTS:
        raise ValueError(f"{op.name} is not made of steps with single numbers, and has more than "
                         f"{MOST_PRODUCTS:,} slopes: {node.size:,} results of {len(operands):,} numbers "
                         "each. Take a smaller array.")
    ys = np.empty(node.shape, object)
    for index in np.ndindex(node.shape):
        ybar = np.zeros(node.shape)
        ybar[index] = 1.0
        xbars = [np.zeros(np.shape(x)) if xbar is None else numbers_of(xbar) for x, xbar in
                 zip(node.inputs, _pulled(node, ybar if node.shape else 1.0), strict=True)]
        slopes = [float(slope) for xbar in xbars for slope in np.ravel(xbar)]
        y = float(np.asarray(node.output)[index])
        ys[index] = record(recorded_step(op, y, slopes), tuple(operands)) if operands else y
    return ys


def _pulled(node: Value, ybar: Any) -> Sequence[Any]:
    """The node's contributions to its parents; by the plain rule, where that takes arrays alone."""
    try:
        return contributions(node, ybar)
    except Exception:
        xbars = quietly(pull, node, ybar)
        return [None if parent is None or xbar is None else np.broadcast_to(xbar, np.shape(x))
                for parent, x, xbar in zip(node.parents, node.inputs, xbars, strict=True)]


def recorded_step(op: Operation, y: float, slopes: Sequence[float]) -> Operation:
    """The operation as a step from single numbers to one, known only where it was run.

    Args:
        op: the operation on arrays.
        y: the value of the step there.
        slopes: its slope in each of the numbers.
    """
    return replace(op, inputs=tuple(f"a{k}" for k in range(len(slopes))), scalar=None, reads=None,
                   forward=lambda *xs: np.float64(y), parameters=MappingProxyType({}),
                   variadic=False, linear=False, quick=False, rules={"recorded": tuple(slopes)},
                   partials=tuple(_always(slope) for slope in slopes),
                   pull=lambda parents, ybar, y, xs, parameters: [ybar * slope for slope in slopes],
                   push=lambda xdots, y, xs, parameters: sum(
                       xdot * slope for xdot, slope in zip(xdots, slopes) if xdot is not None))


def is_recorded(op: Operation) -> bool:
    """Whether `recorded_step` made it."""
    return "recorded" in op.rules


def _always(slope: float) -> Callable[..., float]:
    return lambda y, *xs, **parameters: slope


# -- what is neither elementwise nor linear, and conv2d, which looks at the dtype ------------------------------------------


def _boxed(x: Any) -> ndarray:
    """An array of one, where NumPy has taken the only entry out of its array."""
    if isinstance(x, ndarray):
        return x
    box = np.empty((), object)
    box[()] = x
    return box


def _each(f: Callable[..., Any], inputs: int = 1) -> Callable[..., ndarray]:
    """f on arrays of Values and floats, broadcast, entry by entry."""
    ufunc = np.frompyfunc(f, inputs, 1)
    return lambda *xs: _boxed(ufunc(*map(_boxed, xs)))


_EXP, _LOG, _SQUARE = map(_each, (ops.exp, ops.log, ops.square))


def _axes(a: ndarray, axis: Any) -> tuple[int, ...]:
    return tuple(range(a.ndim)) if axis is None else tuple(i % a.ndim for i in np.atleast_1d(axis)) if a.ndim else ()


def _sum(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    add: Any = np.add.reduce
    return add(_boxed(a), axis=_axes(_boxed(a), axis), keepdims=keepdims)


def _count(a: ndarray, axis: Any) -> int:
    return int(np.prod([a.shape[i] for i in _axes(a, axis)], dtype=int))


def _chosen(op: Operation) -> Callable[..., Any]:
    """The largest or the smallest entry, by comparing two at a time."""
    def choose(a, *, axis, keepdims):
        for i in _axes(a, axis):
            a = np.frompyfunc(op, 2, 1).reduce(a, axis=i, keepdims=True)
        return a if keepdims else np.squeeze(a, axis=_axes(a, axis))

    return choose


def _var(a, *, axis, ddof, keepdims):
    mean = _sum(a, axis, True) / float(_count(a, axis))
    return _sum(_SQUARE(a - mean), axis, keepdims) / float(_count(a, axis) - ddof)


def _norm(a, *, axis, keepdims):
    """By two sides of a right angle at a time, because the slope of a root is infinite at 0 and that of a length is not."""
    for i in _axes(a, axis):
        a = np.frompyfunc(ops.hypot, 2, 1).reduce(a, axis=i, keepdims=True, initial=0.0)
    return a if keepdims else np.squeeze(a, axis=_axes(a, axis))


def _std(a, *, axis, ddof, keepdims):
    mean = _sum(a, axis, True) / float(_count(a, axis))
    return _norm(a - mean, axis=axis, keepdims=keepdims) / float(_count(a, axis) - ddof) ** 0.5


def _softmax(a, *, axis):
    powers = _EXP(a)
    return powers / _sum(powers, axis, True)


def _logsumexp(a, *, axis, keepdims):
    return _LOG(_sum(_EXP(a), axis, keepdims))


def _cross_entropy(u, *, target, mean):
    E = _logsumexp(u, axis=-1, keepdims=False) - np.take_along_axis(u, target[..., None], axis=-1)[..., 0]
    return _sum(E) / float(np.size(E)) if mean else _sum(E)


def _binary_cross_entropy(u, target, *, mean):
    E = _each(lambda u, t: t * ops.softplus(-u) + (1.0 - t) * ops.softplus(u), 2)(u, target)
    return _sum(E) / float(np.size(E)) if mean else _sum(E)


def _windows(a: ndarray, size: Any, stride: Any) -> ndarray:
    return OPERATIONS["windows"].forward(a, size=size, stride=stride)


def _conv2d(x, w, *, stride, padding):
    seen = _windows(np.pad(x, padding, constant_values=0.0), w.shape[2:], stride)
    return np.moveaxis(np.tensordot(seen, w, axes=((1, 4, 5), (1, 2, 3))), 3, 1)


def _indeterminate(a, *, where):
    if np.any(where):  # no step with a single number has a slope of nan everywhere
        raise _NotInSteps(_in_one_piece(ops.indeterminate))
    return _each(ops.identity)(a)


SPELLED_OUT: dict[str, Callable[..., Any]] = {
    "max": _chosen(ops.maximum), "min": _chosen(ops.minimum), "var": _var, "std": _std,
    "indeterminate": _indeterminate,
    "cumsum": lambda a, *, axis: _each(ops.identity)(np.cumsum(a, axis=axis)),  # a sum is not also what the next is made of
    "norm": _norm,
    "prod": lambda a, *, axis, keepdims: np.multiply.reduce(a, axis=_axes(a, axis), keepdims=keepdims),
    "logsumexp": _logsumexp, "softmax": _softmax,
    "log_softmax": lambda a, *, axis: a - _logsumexp(a, axis=axis, keepdims=True), "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy,
    "pad": lambda a, *, pad_width, value: np.pad(a, pad_width, constant_values=value),
    "max_pool2d": lambda a, *, size, stride: _chosen(ops.maximum)(_windows(a, size, stride), axis=(-2, -1), keepdims=False),
    "conv2d": _conv2d,
}
