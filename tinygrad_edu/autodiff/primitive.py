"""Lets you add an operation by writing one record: what it computes and how it is differentiated.

    @elementwise(r"(1 + e^{-u})^{-1}", symbol="σ", eq="31, 32", dy_du=lambda y, u: y * (1 - y))
    def sigmoid(u):
        return 1 / (1 + np.exp(-u))

There are three builders. `elementwise` takes the partial derivatives, `multilinear` takes one transpose
for each input, `primitive` takes the two rules themselves:

    vjp(ybar, y, *xs, **parameters)   -> (xbar, ...)    reverse mode: a vector-Jacobian product
    jvp(xdots, y, *xs, **parameters)  -> ydot           forward mode: a Jacobian-vector product

Rules are written with operators and with our own operations, never with `np.`: read with arrays they give
numbers, read with Values they give gradients of gradients. A rule may return a cotangent that is smaller
than its input as long as it broadcasts to it, or None where nothing flows. Undoing the broadcasting of an
elementwise operation is not the rule's business: the walk does it.

A cotangent meets a slope as `ybar * slope` or ybar / slope, with the slope worked out whole: where ybar is exactly 0 the walk then
sees to it that nothing flows, even if the slope is infinite. An operation that `selects` says with a slope of 0 that an entry was
not taken: from there nothing flows, even if ybar is infinite.
"""

from __future__ import annotations

import contextvars
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import DTypeError, explain

Builder = Callable[[Callable[..., Any]], "Operation"]
Interval = tuple[float, float]
Sample = tuple[tuple[tuple[int, ...], ...], dict[str, Any]]  # the shapes of the inputs, the parameters

NUMBERS = (float, np.float64, np.float32)  # what a rule may hand to an operation as it is, besides arrays
OPERATIONS: dict[str, Operation] = {}

# IEEE 754 gives inf and nan; NumPy also warns. np.errstate would silence it, but takes 850 ns, longer than a small
# operation; running in a context that is silent already takes 60.
_SILENT = contextvars.copy_context()
_SILENT.run(np.seterr, all="ignore")
_PRISTINE = _SILENT.copy()  # nothing runs in this one: np.linalg changes the settings of its context while it is at work
run_silently = _SILENT.run  # run_silently(f, *xs): RuntimeError while it is running already, here or on another thread


def quietly(f: Callable[..., Any], *xs: Any, **parameters: Any) -> Any:
    """f(*xs, **parameters), with NumPy's floating-point warnings off; f may call `quietly` in turn."""
    return _PRISTINE.copy().run(f, *xs, **parameters)


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """What an operation is. Call it on Values and it is recorded; call it on arrays and it just computes."""

    name: str
    inputs: tuple[str, ...]  # the names of the inputs, as the rules call them
    formula: str  # LaTeX
    symbol: str  # the label in a drawing
    equation: str  # the slides' equation numbers, "" where they have none
    doc: str
    forward: Callable[..., Any]  # arrays in, array out
    scalar: Callable[..., Any] | None  # the same on Python floats, where `math` is faster; may raise, see `compute`
    parameters: Mapping[str, Any]  # keyword-only and never differentiated, with their defaults
    variadic: bool  # takes one sequence of inputs, as np.concatenate does
    linear: bool  # in each of its inputs
    selects: bool  # a slope of 0 says that an entry was not taken
    reads: Callable[..., tuple[Sequence[Any], dict[str, Any]]] | None  # a call as it is written -> (inputs, parameters)
    quick: bool  # has one input and nothing else
    draw: Callable[..., Sequence[Any]] | None  # (rng, shapes) -> inputs to try it with, where a domain cannot say it
    numpy: tuple[Callable[..., Any], ...]  # the NumPy functions it answers to
    domain: Mapping[str, tuple[Interval, ...]]  # where to sample each input: away from kinks and poles
    special: tuple[tuple[float, ...], ...]  # inputs that are always tried: 0, ±1000, ties
    samples: tuple[Sample, ...]  # shapes and parameters to try it with
    rules: Mapping[str, Any] = field(repr=False)  # as they were given: the partials, the transposes, ...
    partials: tuple[Callable[..., Any] | None, ...] | None = field(repr=False)  # elementwise only; None is a slope of 1
    pull: Callable[..., Sequence[Any]] = field(repr=False)  # (parents, ybar, y, xs, parameters) -> the xbars
    push: Callable[..., Any] = field(repr=False)  # (xdots, y, xs, parameters) -> ydot

    def __call__(self, *xs: Any, **parameters: Any) -> Any:
        if self.quick and len(xs) == 1 and not parameters:
            u = xs[0]
            if type(u) is ndarray and u.dtype.char in "df":  # a rule that is read with arrays
                try:
                    return run_silently(self.forward, u)
                except RuntimeError:  # on two threads at once
                    return quietly(self.forward, u)
        if self.reads is not None:
            return self.on(*self.reads(*xs, **parameters))
        n = len(self.inputs)
        if self.variadic:
            if not xs or not isinstance(xs[0], (list, tuple)):
                raise TypeError(f"{self.name} takes one list of arrays: {self.name}([a, b]).")
            xs, extra = tuple(xs[0]), xs[1:]
        elif len(xs) >= n:
            xs, extra = xs[:n], xs[n:]
        else:
            raise TypeError(f"{self.name} needs {' and '.join(self.inputs)}, by position; it got {len(xs)} of {n}.")
        if extra or parameters or self.parameters:
            parameters = self.complete(extra, parameters)
        return self.on(xs, parameters)

    def on(self, xs: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """What it makes of these inputs with all its parameters given: recorded if one of them is a Value."""
        for name, parameter in parameters.items():
            if hasattr(parameter, "__record__"):
                raise DTypeError(f"{name} of {self.name} is a parameter, which gets no gradient, and was given as a Value. "
                                 f"Give its number: {name}=v.item().")
        for x in xs:
            if hasattr(x, "__record__"):
                return x.__record__(self, tuple(xs), parameters)
        xs = [x if type(x) in NUMBERS or (type(x) is ndarray and x.dtype.char in "df") else constant(x) for x in xs]
        if not parameters and all(type(x) is float for x in xs):
            return self.compute(*xs)
        try:
            try:
                return run_silently(self.forward, *xs, **parameters)
            except RuntimeError:
                return quietly(self.forward, *xs, **parameters)
        except Exception as error:
            raise explain(error, self, xs, parameters) from error

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Lets a record stand in a class body as a method: `Value.exp = exp`."""
        return self if instance is None else lambda *xs, **parameters: self(instance, *xs, **parameters)

    def __reduce__(self) -> tuple[Any, ...]:
        return operation_called, (self.name,)  # copies and pickles are the one record

    def complete(self, positional: Sequence[Any], named: dict[str, Any]) -> dict[str, Any]:
        """All parameters by name: the given ones over the defaults. Positional ones come in the order declared."""
        unknown = [name for name in named if name not in self.parameters]
        if unknown or len(positional) > len(self.parameters):
            known = ", ".join((*self.inputs, *self.parameters))
            raise TypeError(f"{self.name} takes {known}; it got {', '.join(unknown) or 'too many arguments'}.")
        given = {**self.parameters, **dict(zip(self.parameters, positional, strict=False)), **named}
        missing = [name for name, value in given.items() if value is inspect.Parameter.empty]
        if missing:
            raise TypeError(f"{self.name} needs {' and '.join(missing)}=.")
        return {name: _kept(value) for name, value in given.items()}

    def compute(self, *xs: float) -> float:
        """The value on Python floats. Where `math` raises, IEEE 754 has an answer and NumPy gives it."""
        try:
            return self.scalar(*xs) if self.scalar else quietly(self.forward, *xs)
        except (ArithmeticError, ValueError):
            return quietly(self.forward, *map(np.float64, xs))


def operation_called(name: str) -> Operation:
    """The record of that name. Raises KeyError."""
    return OPERATIONS[name]


def elementwise(formula: str, *, symbol: str = "", eq: str = "", scalar: Callable[..., Any] | None = None,
                numpy: Any = (), domain: Mapping[str, tuple[Interval, ...]] | None = None,
                special: Sequence[tuple[float, ...]] = (), reads: Any = None, samples: Sequence[Mapping[str, Any]] = ({},),
                selects: bool = False, times: Callable[..., Any] | None = None,
                **partials: Any) -> Builder:
    """For y = f(a, b) applied entry by entry: give the partial derivatives dy_da, dy_db.

    Each is a function of (y, a, b) and of the parameters, or a number where the slope is one; a slope of 1 costs nothing.
    samples: the parameters to try it with.
    times(ybar, slope, y, forward): the product, where it is not ybar * slope; forward says that it
    is one of a forward pass.
    """

    def build(forward: Callable[..., Any]) -> Operation:
        inputs = _input_names(forward)
        wanted = {f"dy_d{name}" for name in inputs}
        if set(partials) != wanted:
            raise TypeError(f"{forward.__name__}({', '.join(inputs)}) needs the partials {sorted(wanted)}, got {sorted(partials)}")
        slopes = tuple(_slope(partials[f"dy_d{name}"]) for name in inputs)
        product = times or (lambda ybar, slope, y, forward: ybar * slope)

        def pull(parents, ybar, y, xs, parameters):
            return [None if parent is None else ybar if dy_dx is None
                    else product(ybar, dy_dx(y, *xs, **parameters), y, False)
                    for parent, dy_dx in zip(parents, slopes)]

        slope = slopes[0]

        def pull_one(parents, ybar, y, xs, parameters):  # the same without the loop: most operations are of this kind
            return (ybar if slope is None else ybar * slope(y, xs[0]),)

        def pull_two(parents, ybar, y, xs, parameters):
            (a, b), (dy_da, dy_db) = parents, slopes
            return (None if a is None else ybar if dy_da is None else ybar * dy_da(y, *xs),
                    None if b is None else ybar if dy_db is None else ybar * dy_db(y, *xs))

        def push(xdots, y, xs, parameters):
            ydots = [xdot if dy_dx is None else product(xdot, dy_dx(y, *xs, **parameters), y, True)
                     for xdot, dy_dx in zip(xdots, slopes, strict=True) if xdot is not None]
            return _add_up(ydots)

        n = len(inputs)
        shapes = [((),) * n, ((3,),) * n, ((2, 3),) * n]
        if n == 2:
            shapes += [((2, 3), (3,)), ((), (2, 3)), ((2, 1), (1, 3)), ((4, 1, 2), (3, 1))]
        quick = pull if times or _parameters(forward) else {1: pull_one, 2: pull_two}.get(n, pull)
        return _register(forward, formula, symbol, eq, numpy, domain, special,
                         [(s, dict(parameters)) for parameters in samples for s in shapes],
                         scalar=scalar, rules=partials, partials=slopes, pull=quick, push=push, reads=reads, selects=selects)

    return build


def multilinear(formula: str, *, transposes: Sequence[Callable[..., Any]], samples: Sequence[Sample], symbol: str = "",
                eq: str = "", numpy: Any = (), **how: Any) -> Builder:
    """For f linear in each input: give transpose(ybar, *xs, **parameters) -> xbar for each; the jvp is f itself.

    A variadic operation has one transpose, which returns the cotangents of all its inputs.
    """

    def build(forward: Callable[..., Any]) -> Operation:
        inputs, variadic = _input_names(forward), _is_variadic(forward)
        if not variadic and len(transposes) != len(inputs):
            raise TypeError(f"{forward.__name__}({', '.join(inputs)}) needs {len(inputs)} transposes, got {len(transposes)}")

        def pull(parents, ybar, y, xs, parameters):
            if variadic:
                return transposes[0](ybar, *xs, **parameters)
            return [None if parent is None else transpose(ybar, *xs, **parameters) if parameters else transpose(ybar, *xs)
                    for parent, transpose in zip(parents, transposes)]

        def push(xdots, y, xs, parameters):
            if variadic:  # linear in all inputs together, so the missing tangents are zeros, also where x is inf or nan
                return operation.on([(x == x) * 0.0 if xdot is None else xdot for x, xdot in zip(xs, xdots)], parameters)
            return _add_up([operation.on((*xs[:i], xdot, *xs[i + 1 :]), parameters)
                            for i, xdot in enumerate(xdots) if xdot is not None])

        def pull_two(parents, ybar, y, xs, parameters):  # the same without the loop, for the product of two
            (a, b), (left, right) = parents, transposes
            return None if a is None else left(ybar, *xs), None if b is None else right(ybar, *xs)

        quick = pull_two if len(inputs) == 2 and not _parameters(forward) else pull
        operation = _register(forward, formula, symbol, eq, numpy, None, (), samples,
                              rules={"transposes": transposes}, pull=quick, push=push, linear=True, **how)
        return operation

    return build


def primitive(formula: str, *, vjp: Callable[..., Sequence[Any]], jvp: Callable[..., Any], samples: Sequence[Sample],
              symbol: str = "", eq: str = "", numpy: Any = (), special: Sequence[tuple[float, ...]] = (),
              domain: Mapping[str, tuple[Interval, ...]] | None = None, **how: Any) -> Builder:
    """For the few that are neither: give both rules whole. In jvp, the tangent of a constant is None."""

    def build(forward: Callable[..., Any]) -> Operation:
        def pull(parents, ybar, y, xs, parameters):
            return vjp(ybar, y, *xs, **parameters)

        def push(xdots, y, xs, parameters):
            return jvp(xdots, y, *xs, **parameters)

        return _register(forward, formula, symbol, eq, numpy, domain, special, samples, pull=pull, push=push,
                         **{"rules": {"vjp": vjp, "jvp": jvp}, **how})

    return build


def _register(forward: Callable[..., Any], formula: str, symbol: str, eq: str, numpy: Any,
              domain: Mapping[str, tuple[Interval, ...]] | None, special: Sequence[tuple[float, ...]],
              samples: Sequence[Sample], **how: Any) -> Operation:
    """The record, entered in the table that everything else loops over."""
    name = forward.__name__
    if name in OPERATIONS:
        raise TypeError(f"there is already an operation called {name}")
    parameters = _parameters(forward)
    if how.get("reads"):
        how["reads"].__qualname__ = name  # which Python names when a call does not fit
    OPERATIONS[name] = operation = Operation(
        name=name, inputs=_input_names(forward), formula=formula, symbol=symbol or name, equation=eq,
        doc=inspect.getdoc(forward) or "", forward=forward, parameters=MappingProxyType(parameters),
        variadic=_is_variadic(forward), numpy=tuple(numpy) if isinstance(numpy, tuple) else (numpy,),
        domain=MappingProxyType(dict(domain or {})), special=tuple(special),
        samples=tuple((shapes, {**parameters, **given}) for shapes, given in samples),
        quick=not (parameters or _is_variadic(forward) or how.get("reads")) and len(_input_names(forward)) == 1,
        **{"scalar": None, "partials": None, "linear": False, "selects": False, "reads": None, "draw": None, **how},
    )
    return operation


def _input_names(forward: Callable[..., Any]) -> tuple[str, ...]:
    """What is differentiated: the positional arguments. Keyword-only ones are parameters."""
    parameters = inspect.signature(forward).parameters.values()
    return tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY))


def _parameters(forward: Callable[..., Any]) -> dict[str, Any]:
    """The keyword-only arguments with their defaults."""
    return {p.name: p.default for p in inspect.signature(forward).parameters.values() if p.kind is p.KEYWORD_ONLY}


def _kept(value: Any) -> Any:
    """A parameter that cannot change later: arrays are copied, lists become tuples, NumPy's numbers Python's."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_kept, value))
    if isinstance(value, np.generic):
        return value.item()
    return value.copy() if isinstance(value, ndarray) else value


def _is_variadic(forward: Callable[..., Any]) -> bool:
    return any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(forward).parameters.values())


def _slope(partial: Any) -> Callable[..., Any] | None:
    """A partial as a function, or None for a slope of 1."""
    if callable(partial):
        return partial
    return None if partial == 1 else lambda y, *xs: float(partial)


def _add_up(terms: Sequence[Any]) -> Any:
    """The sum of at least one term; no 0 to start from, since 0 + array makes another array."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
