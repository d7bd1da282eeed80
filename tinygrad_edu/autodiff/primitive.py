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
"""

from __future__ import annotations

import contextvars
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

Builder = Callable[[Callable[..., Any]], "Operation"]
Interval = tuple[float, float]
Sample = tuple[tuple[tuple[int, ...], ...], dict[str, Any]]  # the shapes of the inputs, the parameters

OPERATIONS: dict[str, Operation] = {}

# IEEE 754 gives inf and nan; NumPy also warns. np.errstate would silence it, but takes 850 ns, longer than a small
# operation; running in a context that is silent already takes 60.
_SILENT = contextvars.copy_context()
_SILENT.run(np.seterr, all="ignore")
run_silently = _SILENT.run  # run_silently(f, *xs): RuntimeError while it is running already, here or on another thread


def quietly(f: Callable[..., Any], *xs: Any, **parameters: Any) -> Any:
    """f(*xs, **parameters), with NumPy's floating-point warnings off; f may call `quietly` in turn."""
    return _SILENT.copy().run(f, *xs, **parameters)


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
    numpy: tuple[Callable[..., Any], ...]  # the NumPy functions it answers to
    domain: Mapping[str, tuple[Interval, ...]]  # where to sample each input: away from kinks and poles
    special: tuple[tuple[float, ...], ...]  # inputs that are always tried: 0, ±1000, ties
    samples: tuple[Sample, ...]  # shapes and parameters to try it with
    rules: Mapping[str, Any] = field(repr=False)  # as they were given: the partials, the transposes, ...
    partials: tuple[Callable[..., Any] | None, ...] | None = field(repr=False)  # elementwise only; None is a slope of 1
    pull: Callable[..., Sequence[Any]] = field(repr=False)  # (parents, ybar, y, xs, parameters) -> the xbars
    push: Callable[..., Any] = field(repr=False)  # (xdots, y, xs, parameters) -> ydot

    def __call__(self, *xs: Any, **parameters: Any) -> Any:
        n = len(self.inputs)
        if self.variadic:
            if not xs or not isinstance(xs[0], (list, tuple)):
                raise TypeError(f"{self.name} takes one list of arrays: {self.name}([a, b]).")
            xs, extra = tuple(xs[0]), xs[1:]
        elif len(xs) >= n:
            xs, extra = xs[:n], xs[n:]
        else:
            raise TypeError(f"{self.name} needs {' and '.join(self.inputs)}; it got {len(xs)} of {n}.")
        if extra or parameters or self.parameters:
            parameters = self.complete(extra, parameters)
        for x in xs:
            if hasattr(x, "__record__"):
                return x.__record__(self, xs, parameters)
        if not parameters and all(type(x) is float for x in xs):
            return self.compute(*xs)
        return quietly(self.forward, *xs, **parameters)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Lets a record stand in a class body as a method: `Value.exp = exp`."""
        return self if instance is None else lambda *xs, **parameters: self(instance, *xs, **parameters)

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
        return given

    def compute(self, *xs: float) -> float:
        """The value on Python floats. Where `math` raises, IEEE 754 has an answer and NumPy gives it."""
        try:
            return self.scalar(*xs) if self.scalar else quietly(self.forward, *xs)
        except (ArithmeticError, ValueError):
            return quietly(self.forward, *map(np.float64, xs))


def elementwise(formula: str, *, symbol: str = "", eq: str = "", scalar: Callable[..., Any] | None = None,
                numpy: Any = (), domain: Mapping[str, tuple[Interval, ...]] | None = None,
                special: Sequence[tuple[float, ...]] = (), **partials: Any) -> Builder:
    """For y = f(a, b) applied entry by entry: give the partial derivatives dy_da, dy_db.

    Each is a function of (y, a, b), or a number where the slope is one; a slope of 1 costs nothing.
    """

    def build(forward: Callable[..., Any]) -> Operation:
        inputs = _input_names(forward)
        wanted = {f"dy_d{name}" for name in inputs}
        if set(partials) != wanted:
            raise TypeError(f"{forward.__name__}({', '.join(inputs)}) needs the partials {sorted(wanted)}, got {sorted(partials)}")
        slopes = tuple(_slope(partials[f"dy_d{name}"]) for name in inputs)

        def pull(parents, ybar, y, xs, parameters):
            return [None if parent is None else ybar if dy_dx is None else ybar * dy_dx(y, *xs)
                    for parent, dy_dx in zip(parents, slopes)]

        slope = slopes[0]

        def pull_one(parents, ybar, y, xs, parameters):  # the same without the loop: most operations are of this kind
            return (ybar if slope is None else ybar * slope(y, xs[0]),)

        def pull_two(parents, ybar, y, xs, parameters):
            (a, b), (dy_da, dy_db) = parents, slopes
            return (None if a is None else ybar if dy_da is None else ybar * dy_da(y, *xs),
                    None if b is None else ybar if dy_db is None else ybar * dy_db(y, *xs))

        def push(xdots, y, xs, parameters):
            ydots = [xdot if dy_dx is None else xdot * dy_dx(y, *xs)
                     for xdot, dy_dx in zip(xdots, slopes, strict=True) if xdot is not None]
            return _add_up(ydots)

        n = len(inputs)
        shapes = [((),) * n, ((3,),) * n, ((2, 3),) * n]
        if n == 2:
            shapes += [((2, 3), (3,)), ((), (2, 3)), ((2, 1), (1, 3)), ((4, 1, 2), (3, 1))]
        return _register(forward, formula, symbol, eq, numpy, domain, special, [(s, {}) for s in shapes],
                         scalar=scalar, rules=partials, partials=slopes, pull={1: pull_one, 2: pull_two}.get(n, pull), push=push)

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
                return operation([(x == x) * 0.0 if xdot is None else xdot for x, xdot in zip(xs, xdots)], **parameters)
            return _add_up([operation(*xs[:i], xdot, *xs[i + 1 :], **parameters)
                            for i, xdot in enumerate(xdots) if xdot is not None])

        def pull_two(parents, ybar, y, xs, parameters):  # the same without the loop, for the product of two
            (a, b), (left, right) = parents, transposes
            return None if a is None else left(ybar, *xs), None if b is None else right(ybar, *xs)

        operation = _register(forward, formula, symbol, eq, numpy, None, (), samples,
                              rules={"transposes": transposes}, pull=pull_two if len(inputs) == 2 else pull, push=push, **how)
        return operation

    return build


def primitive(formula: str, *, vjp: Callable[..., Sequence[Any]], jvp: Callable[..., Any], samples: Sequence[Sample],
              symbol: str = "", eq: str = "", numpy: Any = (), special: Sequence[tuple[float, ...]] = (),
              **how: Any) -> Builder:
    """For the few that are neither: give both rules whole. In jvp, the tangent of a constant is None."""

    def build(forward: Callable[..., Any]) -> Operation:
        def pull(parents, ybar, y, xs, parameters):
            return vjp(ybar, y, *xs, **parameters)

        def push(xdots, y, xs, parameters):
            return jvp(xdots, y, *xs, **parameters)

        return _register(forward, formula, symbol, eq, numpy, None, special, samples,
                         rules={"vjp": vjp, "jvp": jvp}, pull=pull, push=push, **how)

    return build


def _register(forward: Callable[..., Any], formula: str, symbol: str, eq: str, numpy: Any,
              domain: Mapping[str, tuple[Interval, ...]] | None, special: Sequence[tuple[float, ...]],
              samples: Sequence[Sample], **how: Any) -> Operation:
    """The record, entered in the table that everything else loops over."""
    name = forward.__name__
    if name in OPERATIONS:
        raise TypeError(f"there is already an operation called {name}")
    keyword_only = {p.name: p.default for p in inspect.signature(forward).parameters.values() if p.kind is p.KEYWORD_ONLY}
    OPERATIONS[name] = operation = Operation(
        name=name, inputs=_input_names(forward), formula=formula, symbol=symbol or name, equation=eq,
        doc=inspect.getdoc(forward) or "", forward=forward, parameters=MappingProxyType(keyword_only),
        variadic=_is_variadic(forward), numpy=tuple(numpy) if isinstance(numpy, tuple) else (numpy,),
        domain=MappingProxyType(dict(domain or {})), special=tuple(special), samples=tuple(samples),
        **{"scalar": None, "partials": None, **how},
    )
    return operation


def _input_names(forward: Callable[..., Any]) -> tuple[str, ...]:
    """What is differentiated: the positional arguments. Keyword-only ones are parameters."""
    parameters = inspect.signature(forward).parameters.values()
    return tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY))


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
