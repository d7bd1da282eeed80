"""What a step takes: earlier results, constants, axes, indices. Each of these gives (arguments, parameters), or raises Unfit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .making import ANY, Domain, Maker, Unfit
from .others import places

Choice = tuple[Sequence[Any], dict[str, Any]]


# -- functions of numbers -----------------------------------------------------------------------------------------------


def one(domain: Domain = ANY, **parameters: Sequence[Any]) -> Callable[[Maker], Choice]:
    """Any one result; the parameters are chosen from those listed."""
    return lambda m: ([m.within(m.any(), domain)], {name: m.one_of(values) for name, values in parameters.items()})


def two(left: Domain = ANY, right: Domain = ANY) -> Callable[[Maker], Choice]:
    """Two that broadcast, one of them perhaps a constant, on either side."""

    def choose(m: Maker) -> Choice:
        if m.chance(0.5):
            a = m.within(m.any(), left)
            return [a, m.partner(a, right)], {}
        b = m.within(m.any(), right)
        return [m.partner(b, left), b], {}

    return choose


def three(m: Maker) -> Choice:
    """Three that broadcast; the first is a result."""
    a = m.any()
    b = m.partner(a)
    return [a, b, m.partner(b if isinstance(b, str) else a)], {}


def where(m: Maker) -> Choice:
    """A condition and two to choose from, not both constants."""
    (condition, a, b), _ = three(m)
    return [condition, a, b if isinstance(a, str) else m.any()], {"threshold": m.constant(())}


def power(base: Domain, away: Domain) -> Callable[[Maker], Choice]:
    """A result and a whole exponent, for which the base may be negative."""

    def choose(m: Maker) -> Choice:
        exponent = m.one_of([2, 3, -1, -2, 2.0, 1, 0, 4])
        return [m.within(m.any(lambda x: np.max(np.abs(x)) < 3), away if exponent < 0 else base)], {"exponent": exponent}

    return choose


def cross_entropy(m: Maker) -> Choice:
    u = m.array(most=3)
    *shape, classes = m.shape(u)
    target = np.reshape([m.below(classes) for _ in range(math.prod(shape))], shape).astype(int).tolist()
    return [u], {"target": _tuples(target), "mean": m.chance(0.5)}


def binary_cross_entropy(share: Domain) -> Callable[[Maker], Choice]:
    def choose(m: Maker) -> Choice:
        u = m.any()
        alike = m.within(m.any(lambda x: np.shape(x) == m.shape(u)), share)
        return [u, alike if m.chance(0.5) else m.constant(m.shape(u), share)], {"mean": m.chance(0.5)}

    return choose


def _tuples(x: Any) -> Any:
    return tuple(map(_tuples, x)) if isinstance(x, list) else x


# -- along axes ---------------------------------------------------------------------------------------------------------


def axis_of(m: Maker, x: Any, several: bool = True, whole: bool = True) -> Any:
    """None, an axis counted from either end, or several of them."""
    ndim = len(m.shape(x))
    if whole and (not ndim or m.chance(0.25)):
        return None
    if not ndim:
        raise Unfit
    if several and ndim > 1 and m.chance(0.25):
        axes = [i - ndim * m.below(2) for i in range(ndim)]
        return tuple(axes[i] for i in _shuffled(m, ndim)[: 2 + m.below(ndim - 1)])
    return m.below(ndim) - ndim * m.below(2)


def _shuffled(m: Maker, n: int) -> list[int]:
    return [int(i) for i in np.argsort(m.rng.random(n))]


def reduced(domain: Domain = ANY, **parameters: Sequence[Any]) -> Callable[[Maker], Choice]:
    """One result, an axis or several, and keepdims."""

    def choose(m: Maker) -> Choice:
        a = m.within(m.array() if m.chance(0.9) else m.any(), domain)
        more = {name: m.one_of(values) for name, values in parameters.items()}
        return [a], {"axis": axis_of(m, a), "keepdims": m.chance(0.3), **more}

    return choose


def along(several: bool = False, whole: bool = False) -> Callable[[Maker], Choice]:
    """An array and one of its axes, or several, or None."""

    def choose(m: Maker) -> Choice:
        a = m.array()
        return [a], {"axis": axis_of(m, a, several, whole)}

    return choose


def transpose(m: Maker) -> Choice:
    a = m.array(2)
    n = len(m.shape(a))
    return [a], {"axes": None if m.chance(0.3) else tuple(i - n * m.below(2) for i in _shuffled(m, n))}


def swapaxes(m: Maker) -> Choice:
    a = m.array()
    return [a], {"axis1": axis_of(m, a, False, False), "axis2": axis_of(m, a, False, False)}


def moveaxis(m: Maker) -> Choice:
    a = m.array()
    n = len(m.shape(a))
    if n > 1 and m.chance(0.4):
        return [a], {"source": tuple(_shuffled(m, n)[:2]), "destination": tuple(i - n * m.below(2) for i in _shuffled(m, n)[:2])}
    return [a], {"source": axis_of(m, a, False, False), "destination": axis_of(m, a, False, False)}


def squeeze(m: Maker) -> Choice:
    a = m.any(lambda x: 1 in np.shape(x))
    ones = [i for i, n in enumerate(m.shape(a)) if n == 1]
    return [a], {"axis": m.one_of([None, *ones, ones[0] - len(m.shape(a)), tuple(ones)])}


def expand_dims(m: Maker) -> Choice:
    a = m.any()
    n = len(m.shape(a)) + 1
    return [a], {"axis": (m.below(n), -1) if m.chance(0.2) else m.below(n) - n * m.below(2)}


def roll(m: Maker) -> Choice:
    a = m.array()
    if len(m.shape(a)) > 1 and m.chance(0.2):
        return [a], {"shift": (1, -2), "axis": (0, -1)}
    return [a], {"shift": m.one_of([1, -1, 2, 5]), "axis": axis_of(m, a, several=False)}


def trace(m: Maker) -> Choice:
    a = m.array(2)
    i, j, *_ = _shuffled(m, len(m.shape(a)))
    return [a], {"offset": m.one_of([0, 0, 1, -1]), "axis1": i - len(m.shape(a)) * m.below(2), "axis2": j}


# -- shapes ---------------------------------------------------------------------------------------------------------------


def reshape(m: Maker) -> Choice:
    a = m.any()
    shape = m.shape(a)
    n = math.prod(shape)
    return [a], {"shape": m.one_of([(n,), -1, (n, 1), (1, n), (-1, shape[-1] if shape else 1), shape[::-1], (*shape, 1)])}


def broadcast_to(m: Maker) -> Choice:
    a = m.any()
    shape = tuple(m.one_of(m.sizes) if n == 1 else n for n in m.shape(a))
    return [a], {"shape": (*([m.one_of(m.sizes)] * m.below(3)), *shape)}


def sum_to(m: Maker) -> Choice:
    a = m.array()
    shape = m.shape(a)
    return [a], {"shape": tuple(1 if m.chance(0.4) else n for n in shape[m.below(len(shape) + 1) :])}


def concatenate(m: Maker) -> Choice:
    a = m.array()
    shape = m.shape(a)
    axis = m.below(len(shape))
    if m.chance(0.1):
        return [a, m.array()], {"axis": None}

    def fits(x: Any) -> bool:
        return np.ndim(x) == len(shape) and all(n == k for i, (n, k) in enumerate(zip(np.shape(x), shape)) if i != axis)

    arrays = [m.any(fits) if m.chance(0.7) else m.constant([m.one_of(m.sizes) if i == axis else n for i, n in enumerate(shape)])
              for _ in range(1 + m.below(2))]
    arrays.insert(m.below(len(arrays) + 1), a)
    return arrays, {"axis": axis - len(shape) * m.below(2)}


def stack(m: Maker) -> Choice:
    a = m.any()
    shape = m.shape(a)
    arrays = [m.shaped(shape) for _ in range(m.below(3))]
    arrays.insert(m.below(len(arrays) + 1), a)
    return arrays, {"axis": m.below(len(shape) + 1) - (len(shape) + 1) * m.below(2)}


def pad(m: Maker) -> Choice:
    a = m.array()
    widths = tuple((m.below(3), m.below(2)) for _ in m.shape(a))
    return [a], {"pad_width": m.one_of([1, (0, 2), widths, widths]), "value": m.one_of([0.0, 0.0, 1.5])}


def tile(m: Maker) -> Choice:
    a = m.array()
    return [a], {"reps": m.one_of([2, 3, (2, 1), (1, 2), (2, 1, 1), (1,) * len(m.shape(a))])}


def diagonal(ndim: int, most: int) -> Callable[[Maker], Choice]:
    return lambda m: ([m.array(ndim, most)], {"k": m.one_of([0, 0, 1, -1])})


# -- picking ----------------------------------------------------------------------------------------------------------------


def _index(m: Maker, shape: Sequence[int]) -> str:
    """An index into an array of this shape, as text."""
    parts: list[str] = []
    listed = False
    for n in shape[: 1 + m.below(len(shape))]:
        kind = m.one_of(["i", "-i", ":", "1:", ":-1", "::2", "::-1", *([] if listed else ["list", "mask"])])
        listed = listed or kind in ("list", "mask")
        if kind == "list":
            kind = str([m.below(n) for _ in range(1 + m.below(4))])
        elif kind == "mask":
            kind = str([m.chance(0.6) for _ in range(n)])
        elif kind in ("i", "-i"):
            kind = str(m.below(n) - (n if kind == "-i" else 0))
        parts.append(kind)
    if m.chance(0.15):
        parts.insert(m.below(len(parts) + 1), "None")
    if m.chance(0.15):
        parts.insert(m.one_of([0, len(parts)]), "...")
    return ", ".join(parts)


def getitem(m: Maker) -> Choice:
    a = m.array()
    return [a], {"index": _index(m, m.shape(a))}


def scatter(m: Maker) -> Choice:
    shape = m.shape(m.array())
    index = _index(m, shape)
    return [m.shaped(np.shape(places(shape)[eval(f"s_[{index}]", {"s_": np.s_})]))], {"index": index, "shape": shape}


def take(m: Maker) -> Choice:
    a = m.array()
    axis = axis_of(m, a, several=False)
    n = math.prod(m.shape(a)) if axis is None else m.shape(a)[axis]
    indices: Any = tuple(m.below(n) - n * m.below(2) for _ in range(1 + m.below(3)))
    return [a], {"indices": m.one_of([indices, indices, (indices, indices), indices[0]]), "axis": axis}


def repeat(m: Maker) -> Choice:
    a = m.array()
    axis = axis_of(m, a, several=False)
    n = math.prod(m.shape(a)) if axis is None else m.shape(a)[axis]
    return [a], {"repeats": m.one_of([1, 2, 3, tuple(m.below(3) for _ in range(n))]), "axis": axis}


def split(m: Maker) -> Choice:
    a = m.array()
    axis = axis_of(m, a, False, False)
    n = m.shape(a)[axis]
    at = m.one_of([k for k in range(1, n + 1) if n % k == 0] + ([(1 + m.below(n - 1),)] if n > 1 else []))
    pieces = at if isinstance(at, int) else 2
    return [a], {"at": at, "axis": axis, "i": m.below(pieces), "j": m.below(pieces)}


# -- sums of products -----------------------------------------------------------------------------------------------------


def matmul(m: Maker) -> Choice:
    """Vectors, matrices and stacks of them; the one that was there on either side."""
    a = m.array()
    shape = m.shape(a)
    k = m.one_of(m.sizes)
    if m.chance(0.5):
        n = shape[-1]
        return [a, m.shaped(m.one_of([(n,), (n, k), (*shape[:-2], n, k), (1, n, 2)]))], {}
    n = shape[-2] if len(shape) > 1 else shape[0]
    return [m.shaped(m.one_of([(n,), (k, n), (*shape[:-2], k, n), (2, 1, 1, n)])), a], {}


def dot(m: Maker) -> Choice:
    a = m.any()
    shape = m.shape(a)
    n, k = shape[-1] if shape else 1, m.one_of(m.sizes)
    return [a, m.shaped(m.one_of([(n,), (n, k), (n, k), (), (2, n, k)]))], {}


def outer(m: Maker) -> Choice:
    a, b = m.any(), m.shaped((m.one_of(m.sizes),))
    return ([a, b] if m.chance(0.5) else [b, a]), {}


SUBSCRIPTS = ["ij,jk->ik", "ij,kj->ik", "ij->ji", "ij,ij->", "i,j->ij", "ijk,kl->ijl", "ij->j", "i,ij,j->", "bij,bjk->bik",
              "ij,j->i", "ij,ij->ij", "i,i->i", "ij,jk,kl->il", "ijk->ki", "i,i", "ij,jk", "bij,bj->bi", "ji", "ij,k->kji", "ii->i",
              "ii,i->", "iij->j", "...i,ij->...j", "...i->...", "i...,i->...", "ij,ij,ij->i"]


def einsum(m: Maker) -> Choice:
    subscripts = m.one_of(SUBSCRIPTS)
    terms = subscripts.split("->")[0].split(",")
    letters = [term.replace("...", "") for term in terms]
    first = m.any(lambda x: np.ndim(x) == len(letters[0]) or ("..." in subscripts and np.ndim(x) > len(letters[0])))
    shape = m.shape(first)
    sizes = dict(zip(letters[0], shape if terms[0].startswith(letters[0]) else shape[::-1]))
    others = []
    for term in letters[1:]:
        for letter in term:
            sizes.setdefault(letter, m.one_of(m.sizes))
        others.append(m.shaped([1 if m.chance(0.1) else sizes[letter] for letter in term]))
    return [first, *others], {"subscripts": subscripts}


def tensordot(m: Maker) -> Choice:
    a = m.array()
    shape = m.shape(a)
    axes = m.one_of([1, 2, 0, ((-1,), (0,)), ((0,), (1,)), ((0, 1), (1, 0)), ((-1, 0), (0, 1))])
    left, right = ([*range(-axes, 0)], [*range(axes)]) if isinstance(axes, int) else axes
    if len(shape) < len(left):
        raise Unfit
    b = [m.one_of(m.sizes) for _ in range(max(right, default=0) + 1 + m.below(2))]
    for i, j in zip(left, right):
        b[j] = shape[i]
    return [a, m.shaped(b)], {"axes": axes}


def _square(m: Maker) -> str:
    """A square matrix, or a stack of them, with a large diagonal: far from singular."""
    squares = [name for name in m.values if len(m.shape(name)) > 1 and m.shape(name)[-1] == m.shape(name)[-2]]
    n = 1 + m.below(3)
    a = m.one_of(squares) if squares and m.chance(0.7) else m.shaped(m.one_of([(n, n), (2, n, n)]), constants=0)
    small = m.step("multiply", [m.step(m.one_of(["tanh", "sin"]), [a]), 0.4])
    return m.step("add", [small, 2 * np.eye(m.shape(a)[-1])])


def square(m: Maker) -> Choice:
    return [_square(m)], {}


def solve(m: Maker) -> Choice:
    A = _square(m)
    *before, n, _ = m.shape(A)
    k = m.one_of(m.sizes)
    return [A, m.shaped(m.one_of([(n,), (n, k), (*before, n, k), (2, n, 1)]))], {}


# -- pictures -------------------------------------------------------------------------------------------------------------


def _picture(m: Maker, ndim: int) -> str:
    """A small picture, or a few: (T, C, H, W), with as many axes."""
    pictures = [name for name in m.values if len(m.shape(name)) == ndim]
    if pictures and m.chance(0.5):
        return m.one_of(pictures)
    return m.input((1 + m.below(2), 1 + m.below(2), 3 + m.below(2), 4)[-ndim:])


def _size(m: Maker, shape: Sequence[int]) -> Any:
    """A window that fits, as a number or a pair."""
    n = 1 + m.below(min(3, *shape[-2:]))
    return m.one_of([n, n, (n, 1 + m.below(min(shape[-1], 3)))])


def conv2d(m: Maker) -> Choice:
    x = _picture(m, 4)
    C, H, W = m.shape(x)[1:]
    w = m.shaped((1 + m.below(2), C, 1 + m.below(min(H, 3)), 1 + m.below(min(W, 3))))
    return [x, w], {"stride": m.one_of([1, 2, (2, 1)]), "padding": m.one_of([0, 1, (1, 0)])}


def pool(m: Maker) -> Choice:
    x = _picture(m, 2 + m.below(3))
    return [x], {"size": _size(m, m.shape(x)), "stride": m.one_of([None, 1, 2, (1, 2)])}


def windows(m: Maker) -> Choice:
    x = _picture(m, 2 + m.below(3))
    return [x], {"size": _size(m, m.shape(x)), "stride": m.one_of([1, 2, (1, 2)])}


def overlap(m: Maker) -> Choice:
    shape = m.one_of([(3, 4), (2, 3, 3), (4, 2)])
    stride, (h, w) = m.one_of([(1, 1), (2, 1), (1, 2)]), (1 + m.below(2), 1 + m.below(2))
    return [m.shaped((*shape[:-2], (shape[-2] - h) // stride[0] + 1, (shape[-1] - w) // stride[1] + 1, h, w))], {
        "shape": shape, "stride": stride}
