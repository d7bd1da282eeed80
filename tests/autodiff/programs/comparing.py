"""Runs a program here, in HIPS autograd and in torch, and says how far apart they are."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.derivatives import grad, hvp, jvp, vjp
from tinygrad_edu.autodiff.value import Value, plain

from .making import Unfit, evaluated
from .others import HIPS, tensor, torch
from .program import Program
from .rows import function
from .shrinking import folded

# The largest error that passes, relative to the largest entry where that is above 1.
TOLERANCES = {"value": 1e-12, "gradient": 1e-10, "hvp": 1e-8}


def errors(program: Program, with_torch: bool = True) -> dict[str, float]:
    """How far ours are from the others', by what was compared; nothing where nothing depends on an input.

    The first word says which tolerance holds. Infinite where a shape or a type is wrong, and where ours raised. Raises Unfit
    where the program gives an operation what it cannot take.
    """
    program = folded(program)
    if not program.inputs:
        return {}
    values = evaluated(program)
    shapes = {name: np.shape(x) for name, x in values.items()}
    xs, vs = list(program.inputs.values()), directions(program)
    try:
        ours, by_input, between = by_ours(function(program, "ours", shapes, seen=True), function(program, "ours", shapes), xs, vs)
    except Unfit:
        raise
    except Exception as error:
        return {f"raised {type(error).__name__}: {error}": math.inf}
    value, gradients, products = by_hips(function(program, "hips", shapes), xs, vs)
    found = _distances("autograd", ours, by_input, value, gradients, products, xs, vs)
    if torch is not None and with_torch:
        value, gradients, products, theirs = by_torch(function(program, "torch", shapes, seen=True), xs, vs)
        found |= _distances("torch", ours, by_input, value, gradients, products, xs, vs)
        found["gradient of what is between against torch"] = _farthest(
            [between.get(name) for name in theirs], list(theirs.values()), [values[name] for name in theirs])
    return found


def disagreements(program: Program, with_torch: bool = True) -> list[str]:
    """What is further apart than its tolerance, in words."""
    return beyond_tolerance(errors(program, with_torch))


def beyond_tolerance(found: dict[str, float]) -> list[str]:
    return [f"{what}: {error:.1e}" for what, error in found.items() if not error <= TOLERANCES.get(what.split()[0], 0.0)]


def directions(program: Program) -> list[Any]:
    """A direction to differentiate along; for one seed in three it leads along one of the inputs alone."""
    seed = program.seed or 0
    rng = np.random.default_rng([seed, 1])
    vs = [rng.random(np.shape(x)) * 2 - 1 for x in program.inputs.values()]
    if seed % 3 == 0:
        vs = [v if i == seed // 3 % len(vs) else 0.0 * v for i, v in enumerate(vs)]
    return [v if np.ndim(v) else float(v) for v in vs]


# -- ours ---------------------------------------------------------------------------------------------------------------


def by_ours(f_seen: Any, f: Any, xs: list[Any], vs: list[Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """All that we say: numbers by name, lists with something for each input by name, and the gradients of what is between."""
    values: list[Any] = [Value(x) for x in xs]
    seen: dict[str, Any] = {}
    y = f_seen(*values, seen)
    if not isinstance(y, Value):  # only conditions depend on the inputs
        raise Unfit
    y.backward()
    between = {name: x.grad for name, x in seen.items() if isinstance(x, Value)}
    value, pull = vjp(f, *xs)
    numbers = {"value": y.data, "value by vjp": value}
    numbers["value by jvp"], numbers["gradient by jvp"] = jvp(f, xs, vs)
    lists = {"gradient by backward": [0.0 * x.data if x.grad is None else x.grad for x in values], "gradient by vjp": pull(1.0)}
    y.backward(accumulate=True)
    lists["gradient by backward, half of two"] = [0.0 * x.data if x.grad is None else 0.5 * x.grad for x in values]

    def gradient(*xs: Any) -> Any:
        return vjp(f, *xs)[1](1.0)

    everywhere = tuple(range(len(xs)))
    flat = jvp(lambda *xs: ops.concatenate([ops.reshape(g, -1) for g in gradient(*xs)]), xs, vs)[1]
    lists["hvp forward over reverse"] = _unflattened(flat, xs)
    lists["hvp reverse over reverse"] = grad(lambda *xs: sum(ops.sum(g * v) for g, v in zip(gradient(*xs), vs)), everywhere)(*xs)
    moved = [i for i, v in enumerate(vs) if np.any(v)]
    if len(moved) > 1:
        lists["hvp reverse over forward"] = grad(lambda *xs: jvp(f, xs, vs)[1], everywhere)(*xs)
    else:  # then grad and hvp, which take one input, can say it too
        (i,) = moved
        mixed = [x if j == i else value for j, (x, value) in enumerate(zip(xs, values))]
        lists["gradient by grad"] = [plain(grad(f, i)(*mixed)) if j == i else None for j in everywhere]
        lists["hvp by hvp"] = [plain(hvp(f, i)(*mixed, vs[i])) if j == i else None for j in everywhere]
    return numbers, lists, between


def _unflattened(flat: Any, like: Sequence[Any]) -> list[Any]:
    """One row of entries as arrays and numbers again."""
    parts = np.split(flat, np.cumsum([np.size(x) for x in like])[:-1])
    return [part.reshape(np.shape(x)) if np.ndim(x) else float(part[0]) for part, x in zip(parts, like)]


# -- theirs ---------------------------------------------------------------------------------------------------------------


def by_hips(f: Any, xs: list[Any], vs: list[Any]) -> tuple[Any, list[Any], list[Any]]:
    """The value, the gradients, and the Hessian times vs by reverse over reverse, from HIPS autograd."""
    everywhere, kept = tuple(range(len(xs))), []

    def slope(*xs: Any) -> Any:
        value, gradients = autograd.value_and_grad(f, everywhere)(*xs)
        kept.append((HIPS.numbers(value), [HIPS.numbers(g) for g in gradients]))
        return sum(anp.sum(g * v) for g, v in zip(gradients, vs))

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", "Output seems independent of input")
        products = autograd.grad(slope, everywhere)(*(np.asarray(x)[()] for x in xs))
    return *kept[0], list(products)


def by_torch(f: Any, xs: list[Any], vs: list[Any]) -> tuple[Any, list[Any], list[Any], dict[str, Any]]:
    """The same from torch, and the gradients of what is between."""
    seen: dict[str, Any] = {}
    inputs = [tensor(x).requires_grad_() for x in xs]
    y = f(*inputs, seen)
    if not y.requires_grad:
        zeros = [0.0 * np.asarray(x) for x in xs]
        return y.item(), zeros, zeros, {}
    between = {name: t for name, t in seen.items() if isinstance(t, torch.Tensor) and t.requires_grad and not t.is_leaf}
    gradients = torch.autograd.grad(y, [*inputs, *between.values()], create_graph=True, materialize_grads=True)
    slope = sum((g * tensor(v)).sum() for g, v in zip(gradients, vs))
    products = torch.autograd.grad(slope, inputs, materialize_grads=True) if slope.requires_grad else [0.0 * x for x in inputs]
    gradients = [g.detach().numpy(force=True) for g in gradients]
    return (y.item(), gradients[: len(xs)], [p.detach().numpy(force=True) for p in products],
            dict(zip(between, gradients[len(xs) :])))


# -- how far apart ----------------------------------------------------------------------------------------------------------


def _distances(library: str, numbers: dict[str, Any], lists: dict[str, Any], value: Any, gradients: list[Any], products: list[Any],
               xs: list[Any], vs: list[Any]) -> dict[str, float]:
    """How far ours are from this library's."""
    terms = [g * v for g, v in zip(gradients, vs)]
    slope, size = sum(np.sum(term) for term in terms), sum(np.sum(np.abs(term)) for term in terms)
    found = {f"{what} against {library}": abs(x - slope) / max(1.0, size) if "jvp" in what and "gradient" in what
             else _distance(x, value) for what, x in numbers.items()}
    for kind, theirs in [("gradient", gradients), ("hvp", products)]:
        found |= {f"{what} against {library}": _farthest(ours, theirs, xs) for what, ours in lists.items() if what.startswith(kind)}
    return found


def _farthest(ours: Sequence[Any], theirs: Sequence[Any], like: Sequence[Any]) -> float:
    """The largest distance of any of them; infinite if one of ours is not of the type of what it is the gradient of."""
    return max((math.inf if isinstance(a, float) is bool(np.ndim(x)) else _distance(a, b)
                for a, b, x in zip(ours, theirs, like, strict=True) if a is not None), default=0.0)


def _distance(ours: Any, theirs: Any) -> float:
    """The largest difference, relative to the largest entry where that is above 1; infinite for another shape, or for nan."""
    if np.shape(ours) != np.shape(theirs):
        return math.inf
    difference = float(np.max(np.abs(np.subtract(ours, theirs))))
    return difference / max(1.0, float(np.max(np.abs(theirs)))) if math.isfinite(difference) else math.inf
