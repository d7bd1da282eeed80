"""Derivatives of Python functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp.

    grad(f)(x)                 the gradient of a scalar f, of the shape of x
    value_and_grad(f)(x)       (f(x), the gradient)
    vjp(f, *xs)                (f(*xs), pull) with pull(ybar) -> (xbar, ...): one backward pass
    jvp(f, xs, xdots)          (f(*xs), ydot): one forward pass
    jacobian(f)(x)             of shape y.shape + x.shape
    hessian(f)(x)              of shape x.shape + x.shape
    hvp(f)(x, v)               the Hessian of f at x, times v, without forming it

f takes and gives numbers, arrays or Values; an argument may also be a list, tuple or dict of them
(a pytree), and its gradient comes back in the same structure.

A result that depends on recorded Values is a Value: those handed in, and those that f closes over,
such as the weights of a network. It can be differentiated in turn, so that derivatives nest to any
order. All other results are numbers and arrays. What is differentiated is a fresh copy of each
argument, born now, and only its descendants are walked, so that an outer derivative's Values are
never taken for inner ones.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.indeterminate import noting_lost_derivatives
from tinygrad_edu.autodiff.mistakes import DTypeError, ShapeError, shape_of
from tinygrad_edu.autodiff.operations import concatenate, identity, ravel, reshape, stack
from tinygrad_edu.autodiff.pytree import flatten, flatten_like, is_container, rebuild
from tinygrad_edu.autodiff.recording import differentiating, mode, recording
from tinygrad_edu.autodiff.value import DETACHED, Value, detach, plain, same_shape
from tinygrad_edu.autodiff.walk import ancestors, walk_back, walk_forward

Function = Callable[..., Any]
Argnums = int | Sequence[int]


def grad(f: Function, argnums: Argnums = 0) -> Function:
    """The function that returns the gradient of a scalar f.

    Args:
        f: takes numbers, arrays, Values, or lists, tuples and dicts of them; gives one number.
        argnums: the position of the argument to differentiate by, or a tuple of positions.

    Returns:
        A function of f's arguments that returns df/dx of the shape and structure of x; a tuple of
        them for a tuple of argnums. A Value where it depends on recorded Values, else numbers.

    Raises:
        ShapeError: when called, if f does not give one number.
    """
    _checked(f, "grad")
    _positions(argnums)
    return lambda *args, **options: value_and_grad(f, argnums)(*args, **options)[1]


def value_and_grad(f: Function, argnums: Argnums = 0) -> Function:
    """The function that returns (f, its gradient) from one evaluation; see `grad`."""
    _checked(f, "value_and_grad")
    _positions(argnums)

    def of(*args: Any, **options: Any) -> tuple[Any, Any]:
        f_of_xs, xs = _chosen(f, argnums, args, options)
        y, pull = vjp(f_of_xs, *xs)
        if isinstance(y, (list, tuple, dict)):
            raise DTypeError(f"grad needs a function that gives one number; this one gave a "
                             f"{type(y).__name__}. Sum it, stack(list).sum(), or use jacobian.")
        if shape_of(y) != ():
            raise ShapeError("grad needs a function that gives one number; this one gave shape "
                             f"{shape_of(y)}. Sum it, or use jacobian.")
        gradients = pull(1.0)
        return y, gradients[0] if _is_integer(argnums) else gradients

    return of


def vjp(f: Function, *xs: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Reverse mode: f(*xs) and the function that takes a cotangent of it to those of xs.

    Returns:
        (f(*xs), pull), where pull(ybar) -> (xbar, ...) is one backward pass and ybar has the shape
        and structure of f(*xs).

    Raises:
        ShapeError: from pull, for a ybar of another shape.
    """
    traced = _trace(_checked(f, "vjp"), xs)

    def pull(ybar: Any) -> tuple[Any, ...]:
        seeds = flatten_like(ybar, traced.like, "ybar")
        return traced.cotangents(_joined(seeds, traced.like), any(map(_is_value, seeds)))

    return traced.split(traced.given(traced.y, traced.y, traced.of_values)), pull


def jvp(f: Function, xs: Sequence[Any], xdots: Sequence[Any]) -> tuple[Any, Any]:
    """Forward mode: f(*xs) and its derivative along the tangents xdots, from one forward pass.

    Args:
        f: as for `grad`, of any result.
        xs: a list or tuple of the arguments of f.
        xdots: a tangent for each, of its shape and structure.

    Raises:
        ShapeError: where an x and its tangent differ.
    """
    if not isinstance(xs, (list, tuple)) or not isinstance(xdots, (list, tuple)):
        raise TypeError("jvp takes a list of inputs xs and a list of tangents xdots: "
                        "jvp(f, [x], [xdot]).")
    if len(xs) != len(xdots):
        raise ShapeError(f"jvp got {len(xs)} inputs and {len(xdots)} tangents: "
                         "each x needs a tangent of its shape.")
    tangents = [leaf for i, (x, xdot) in enumerate(zip(xs, xdots))
                for leaf in flatten_like(xdot, x, f"the tangent xdots[{i}]")]
    traced = _trace(_checked(f, "jvp"), xs)
    of_values = traced.of_values or any(map(_is_value, tangents))
    y = traced.given(traced.y, traced.y, of_values)
    return traced.split(y), traced.split(traced.tangent(tangents, of_values))


def jacobian(f: Function, argnums: int = 0) -> Function:
    """The function that returns dy/dx, from one backward pass for each entry of y.

    Returns:
        A function of f's arguments that returns an array of shape y.shape + x.shape. Where x is a
        pytree it is one of such arrays; where y is one, a pytree of those.
    """
    _checked(f, "jacobian")
    if not _is_integer(argnums):
        raise TypeError(f"jacobian and hessian are by one argument, argnums=0, not {argnums!r}.")

    def of(*args: Any, **options: Any) -> Any:
        f_of_x, (x,) = _chosen(f, argnums, args, options)
        traced = _trace(f_of_x, (x,))
        leaves = [leaf for _, leaf in flatten(traced.like)]
        one_hots = np.eye(sum(_size(leaf) for leaf in leaves))
        rows = iter([traced.cotangents(row.reshape(traced.y.shape)[()], False)[0]
                     for row in one_hots])
        return rebuild(traced.like, iter([
            _stacked([next(rows) for _ in range(_size(leaf))], np.shape(plain(leaf)), x)
            for leaf in leaves]))

    return of


def hessian(f: Function, argnums: int = 0) -> Function:
    """The function that returns the second derivatives of a scalar f, of shape x.shape + x.shape.

    Where x is a pytree, the result is one of such pytrees.
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Function, argnums: int = 0) -> Function:
    """The function (*args, v) that returns the Hessian of a scalar f, times v.

    Forward mode over reverse mode, at the cost of a few evaluations of f. v and the result have the
    shape and structure of the argument.
    """
    _checked(f, "hvp")
    if not _is_integer(argnums):
        raise TypeError(f"hvp is by one argument, argnums=0, and not by {argnums!r}.")

    def of(*args: Any, **options: Any) -> Any:
        if len(args) < 2:
            raise TypeError("hvp(f) takes f's arguments and then the vector v, such as "
                            f"hvp(f)(x, v); it got {len(args)} of them.")
        gradient_of_x, xs = _chosen(grad(f, argnums), argnums, args[:-1], options)
        return jvp(gradient_of_x, xs, args[-1:])[1]

    return of


# -- which arguments -------------------------------------------------------------------------------


def _checked(f: Any, name: str) -> Function:
    """f, if it is a function."""
    if isinstance(f, Value):
        raise TypeError(f"{name} takes a function, and got a Value, which is not callable. For the "
                        "gradients of a Value E: E.backward(), and then w.grad.")
    if not callable(f):
        raise TypeError(f"{name} takes a function, and got {f!r:.60}, which is not callable.")
    return f


def _is_integer(n: Any) -> bool:
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool)


def _positions(argnums: Any) -> tuple[int, ...]:
    """argnums as a tuple of integers."""
    chosen = (argnums,) if _is_integer(argnums) else argnums
    if not isinstance(chosen, (tuple, list)) or not chosen or not all(map(_is_integer, chosen)):
        raise TypeError("argnums says which arguments by their positions, such as 0 or (0, 1), and "
                        f"is {argnums!r:.60}. Did you mean grad(f)(x)?")
    return tuple(map(operator.index, chosen))


def _chosen(f: Function, argnums: Argnums, args: Sequence[Any],
            options: dict[str, Any]) -> tuple[Function, list[Any]]:
    """f as a function of the chosen arguments alone, and what they are."""
    chosen = _positions(argnums)
    if any(not -len(args) <= i < len(args) for i in chosen):
        raise IndexError(f"argnums is {argnums}, and f was called with {len(args)} "
                         f"argument{'s' * (len(args) != 1)}.")
    if len({i % len(args) for i in chosen}) < len(chosen):
        raise ValueError(f"argnums is {argnums} and names an argument twice.")

    def of_chosen(*xs: Any) -> Any:
        arguments = list(args)
        for i, x in zip(chosen, xs):
            arguments[i] = x
        return f(*arguments, **options)

    return of_chosen, [args[i] for i in chosen]


# -- one traced evaluation -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Traced:
    """An evaluation of f on fresh copies of the leaves of its arguments."""

    xs: tuple[Any, ...]  # the arguments as they were given
    fresh: list[Value]
    y: Value  # the result; the leaves of a pytree are joined to one vector
    like: Any  # the result in its structure
    of_values: bool  # whether an argument is a Value
    recorded: bool  # whether derivatives are traced too: the result depends on recorded Values

    @property
    def since(self) -> int:
        return self.fresh[0].born if self.fresh else self.y.born

    def cotangents(self, ybar: Any, of_values: bool) -> tuple[Any, ...]:
        """What one backward pass gives for each argument, in its structure."""
        of_values = of_values or self.of_values
        recorded = mode().record and (self.recorded or of_values)
        with recording(recorded), noting_lost_derivatives() as notes:
            seed = ybar if isinstance(ybar, Value) else constant(ybar)
            found = walk_back(self.y, seed, since=self.since, recorded=recorded)
            found = {x: notes.mark(found.get(x, 0.0)) for x in self.fresh}
            xbars = iter([self.given(found[x], x, of_values) for x in self.fresh])
        return tuple(rebuild(x, xbars) for x in self.xs)

    def tangent(self, xdots: Sequence[Any], of_values: bool) -> Any:
        """What one forward pass gives for the result."""
        recorded = mode().record and (self.recorded or of_values)
        with recording(recorded), noting_lost_derivatives() as notes:
            tangents = {x: xdot if isinstance(xdot, Value) else constant(xdot)
                        for x, xdot in zip(self.fresh, xdots)}
            ydot = walk_forward(self.y, tangents, since=self.since, recorded=recorded)
            ydot = 0.0 if ydot is None else notes.mark(ydot)
            return self.given(ydot, self.y, of_values)

    def given(self, x: Any, like: Value, as_value: bool) -> Any:
        """x as the caller gets it, in full shape: a Value, or an array that they may write into."""
        if as_value or (isinstance(x, Value) and mode().record
                        and _depends_on_recorded(x, self.fresh, self.since)):
            x = same_shape(x if isinstance(x, Value) else Value(x), like.output)
            return x if mode().record else detach(x)
        array = same_shape(plain(x), like.output)
        return array.copy() if isinstance(array, np.ndarray) else array

    def split(self, vector: Any) -> Any:
        """A vector of the size of the joined result in the structure of the result."""
        if not is_container(self.like):
            return vector
        leaves = [leaf for _, leaf in flatten(self.like)]
        ends = np.cumsum([_size(leaf) for leaf in leaves])
        return rebuild(self.like, iter([
            _reshaped(vector[end - _size(leaf) : end], np.shape(plain(leaf)))
            for end, leaf in zip(ends.tolist(), leaves)]))


def _trace(f: Function, xs: Sequence[Any]) -> _Traced:
    """Evaluate f on fresh copies of the leaves of xs."""
    leaves = [leaf for i, x in enumerate(xs) for leaf in flatten(x, f"argument {i}")]
    with _differentiating():
        fresh = [_fresh(path, x) for path, x in leaves]
        copies = iter(fresh)
        like = f(*[rebuild(x, copies) for x in xs])
        if like is None:
            raise DTypeError("the function gave None. Does it end with a return?")
        y = _joined([leaf for _, leaf in flatten(like)], like)
        y = y if isinstance(y, Value) else detach(y)
        of_values = any(isinstance(x, Value) for _, x in leaves)
    since = fresh[0].born if fresh else y.born
    recorded = of_values or _depends_on_recorded(y, fresh, since)
    return _Traced(tuple(xs), fresh, y, like if is_container(like) else y, of_values, recorded)


def _fresh(path: str, x: Any) -> Value:
    """A copy of a leaf to differentiate by."""
    if isinstance(x, Value):
        return identity(x)
    try:
        return Value(x)
    except (DTypeError, ShapeError) as error:
        raise type(error)(f"{path}: {error}" if path.endswith("]") else str(error)) from None


def _depends_on_recorded(root: Value, fresh: Sequence[Value], since: int) -> bool:
    """Whether root was computed from Values that f did not get as arguments: it closes over them.

    Those that f makes itself count, since a first call may make the weights; detached ones do not.
    """
    if root.born < since:
        return True
    ours = {x.born for x in fresh}
    for node in ancestors(root, since):
        if node.op is None and node.born not in ours and node.parameters is not DETACHED:
            return True
        if any(parent is not None and parent.born < since for parent in node.parents):
            return True
    return False


@contextmanager
def _differentiating() -> Iterator[None]:
    """Record, and refuse to turn Values into plain numbers, until the end of the block."""
    differentiating.depth = getattr(differentiating, "depth", 0) + 1
    try:
        with recording(True):
            yield
    finally:
        differentiating.depth -= 1


# -- leaves and arrays -----------------------------------------------------------------------------


def _is_value(x: Any) -> bool:
    return isinstance(x, Value)


def _size(x: Any) -> int:
    return int(np.prod(np.shape(plain(x)), dtype=int))


def _reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    if isinstance(x, Value):
        return reshape(x, shape=shape)
    return x.reshape(shape) if shape else float(x[0])


def _joined(leaves: Sequence[Any], like: Any) -> Any:
    """All the leaves of a container in one vector; what is no container as it is."""
    if not is_container(like):
        return leaves[0]
    return concatenate([ravel(leaf) for leaf in leaves]) if leaves else np.zeros(0)


def _stacked(rows: list[Any], shape: tuple[int, ...], x: Any) -> Any:
    """Gradients of the entries of an array of that shape as one Jacobian, in the structure of x."""
    def of_leaf(i: int, leaf: Any) -> Any:
        of_rows = [flatten(row)[i][1] for row in rows]
        full = (*shape, *np.shape(plain(leaf)))
        if any(map(_is_value, of_rows)):
            return reshape(stack(of_rows), shape=full)
        return np.reshape(of_rows, full) if full else of_rows[0]

    return rebuild(x, iter([of_leaf(i, leaf) for i, (_, leaf) in enumerate(flatten(x))]))
