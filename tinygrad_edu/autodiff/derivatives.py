"""Derivatives of Python functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp.

    grad(f)(x)                 the gradient of a scalar f, of the shape of x
    value_and_grad(f)(x)       (f(x), the gradient)
    vjp(f, *xs)                (f(*xs), pull) with pull(ybar) -> (xbar, ...): one reverse walk
    jvp(f, xs, xdots)          (f(*xs), ydot): one forward walk
    jacobian(f)(x)             of shape y.shape + x.shape
    hessian(f)(x)              of shape x.shape + x.shape
    hvp(f)(x, v)               the Hessian of f at x, times v, without forming it

f takes and gives numbers, arrays or Values. Given numbers and arrays, these give numbers and arrays. Inside another
derivative they give Values, so they nest to any order: what is differentiated is a fresh copy of each argument, born
now, and only its descendants are walked, so that an outer derivative's Values are never taken for inner ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import DTypeError, ShapeError, shape_of
from tinygrad_edu.autodiff.operations import identity, reshape, stack
from tinygrad_edu.autodiff.recording import differentiating, recording
from tinygrad_edu.autodiff.value import Value, plain, same_shape
from tinygrad_edu.autodiff.walk import ancestors, walk_back, walk_forward

Function = Callable[..., Any]


def grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The function that returns df/d(argument argnums) for a scalar f; a tuple of them for a tuple of argnums.

    Raises ShapeError if f does not give one number.
    """
    return lambda *args, **options: value_and_grad(f, argnums)(*args, **options)[1]


def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The function that returns (f, its gradient) from one evaluation; see `grad`."""

    def of(*args: Any, **options: Any) -> tuple[Any, Any]:
        f_of_xs, xs = _chosen(f, argnums, args, options)
        y, pull = vjp(f_of_xs, *xs)
        if shape_of(y) != ():
            raise ShapeError(f"grad needs a function that gives one number; this one gave shape {shape_of(y)}. "
                             "Sum it, or use jacobian.")
        gradients = pull(1.0)
        return y, gradients if isinstance(argnums, tuple) else gradients[0]

    return of


def vjp(f: Function, *xs: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """(f(*xs), pull), where pull(ybar) gives one cotangent for each of xs. Raises ShapeError for a ybar of another shape."""
    with _differentiating(xs) as (fresh, nested):
        y = _evaluated(f, fresh)
    since = fresh[0].born if fresh else 0
    nested = nested or _depends_on_outer(y, since)

    def pull(ybar: Any) -> tuple[Any, ...]:
        if shape_of(ybar) != y.shape and np.shape(plain(ybar)) != y.shape:
            raise ShapeError(f"ybar is {np.shape(plain(ybar))} and f gave {y.shape}: they must have the same shape.")
        recorded = nested or isinstance(ybar, Value)
        with recording(recorded):
            seed = ybar if isinstance(ybar, Value) else constant(ybar)
            cotangents = walk_back(y, seed, since=since, recorded=recorded)
            return tuple(_given(cotangents.get(x, 0.0), x, recorded) for x in fresh)

    return (y if nested else _own(y.data)), pull


def jvp(f: Function, xs: Sequence[Any], xdots: Sequence[Any]) -> tuple[Any, Any]:
    """(f(*xs), its derivative along xdots), from one forward walk. xs and xdots are sequences of the same shapes."""
    if not isinstance(xs, (list, tuple)) or not isinstance(xdots, (list, tuple)):
        raise TypeError("jvp takes a list of inputs xs and a list of tangents xdots: jvp(f, [x], [xdot]).")
    if len(xs) != len(xdots) or any(np.shape(plain(x)) != np.shape(plain(xdot)) for x, xdot in zip(xs, xdots)):
        raise ShapeError(f"xs have the shapes {[np.shape(plain(x)) for x in xs]} and xdots {[np.shape(plain(x)) for x in xdots]}: "
                         "each x needs a tangent of its shape.")
    with _differentiating(xs) as (fresh, nested):
        y = _evaluated(f, fresh)
    since = fresh[0].born if fresh else 0
    nested = nested or any(isinstance(xdot, Value) for xdot in xdots) or _depends_on_outer(y, since)
    with recording(nested):
        tangents = {x: xdot if isinstance(xdot, Value) else constant(xdot) for x, xdot in zip(fresh, xdots)}
        ydot = walk_forward(y, tangents, since=since, recorded=nested)
        return (y if nested else _own(y.data)), _given(0.0 if ydot is None else ydot, y, nested)


def jacobian(f: Function, argnums: int = 0) -> Function:
    """The function that returns dy/dx of shape y.shape + x.shape, from one reverse walk for each entry of y."""

    def of(*args: Any, **options: Any) -> Any:
        if isinstance(argnums, tuple):
            raise TypeError(f"jacobian and hessian are by one argument, argnums=0, and not by {argnums}.")
        f_of_x, (x,) = _chosen(f, argnums, args, options)
        y, pull = vjp(f_of_x, x)
        shape, size = shape_of(y), int(np.prod(shape_of(y)))
        rows = [pull(one_hot.reshape(shape) if shape else 1.0)[0] for one_hot in np.eye(size)]
        full = (*shape, *np.shape(plain(x)))
        if any(isinstance(row, Value) for row in rows):
            return reshape(stack(rows), shape=full)
        return np.reshape(rows, full) if full else rows[0]

    return of


def hessian(f: Function, argnums: int = 0) -> Function:
    """The function that returns the second derivatives of a scalar f, of shape x.shape + x.shape."""
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Function, argnums: int = 0) -> Function:
    """The function (*args, v) -> the Hessian of f times v: forward mode over reverse mode, at the cost of a few f."""

    def of(*args: Any, **options: Any) -> Any:
        if len(args) < 2:
            raise TypeError(f"hvp(f) takes f's arguments and then the vector v, such as hvp(f)(x, v); it got {len(args)} of them.")
        gradient_of_x, xs = _chosen(grad(f, argnums), argnums, args[:-1], options)
        return jvp(gradient_of_x, xs, args[-1:])[1]

    return of


def _chosen(f: Function, argnums: int | tuple[int, ...], args: Sequence[Any],
            options: dict[str, Any]) -> tuple[Function, list[Any]]:
    """f as a function of the chosen arguments alone, and what they are."""
    chosen = argnums if isinstance(argnums, tuple) else (argnums,)
    if not all(isinstance(i, int) for i in chosen):
        raise TypeError(f"argnums says which argument by its number, and is {argnums!r}. Did you mean grad(f)(x)?")
    if len({i % max(len(args), 1) for i in chosen}) < len(chosen):
        raise ValueError(f"argnums is {argnums} and names an argument twice.")
    if any(not -len(args) <= i < len(args) for i in chosen):
        raise IndexError(f"argnums is {argnums}, and f was called with {len(args)} argument{'s' * (len(args) != 1)}.")

    def of_chosen(*xs: Any) -> Any:
        arguments = list(args)
        for i, x in zip(chosen, xs):
            arguments[i] = x
        return f(*arguments, **options)

    return of_chosen, [args[i] for i in chosen]


def _evaluated(f: Function, xs: Sequence[Value]) -> Value:
    """f(*xs) as a Value."""
    y = f(*xs)
    if y is None:
        raise DTypeError("the function gave None. Does it end with a return?")
    return y if isinstance(y, Value) else Value(y)


@contextmanager
def _differentiating(xs: Sequence[Any]) -> Iterator[tuple[list[Value], bool]]:
    """Fresh copies of xs to differentiate with respect to, and whether the answer has to be differentiable in turn."""
    differentiating.depth = getattr(differentiating, "depth", 0) + 1
    try:
        with recording(True):
            yield [identity(x) if isinstance(x, Value) else Value(x) for x in xs], any(isinstance(x, Value) for x in xs)
    finally:
        differentiating.depth -= 1


def _depends_on_outer(y: Value, since: int) -> bool:
    """Whether an enclosing derivative's Values went into y: f may have closed over them."""
    if not getattr(differentiating, "depth", 0):
        return False
    made_from = (parent for node in ancestors(y, since) for parent in node.parents)
    return y.born < since or any(parent is not None and parent.born < since for parent in made_from)


def _given(x: Any, like: Value, nested: bool) -> Any:
    """A cotangent or tangent as the caller gets it: full-size, and a Value or their own array as the case may be."""
    if nested:
        return same_shape(x if isinstance(x, Value) else Value(x), like.output)
    return _own(same_shape(plain(x), like.output))


def _own(x: Any) -> Any:
    """An array of the caller's own, which they may write into."""
    return x.copy() if isinstance(x, np.ndarray) else x
