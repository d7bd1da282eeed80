"""Many entries into few: sums, means, spreads, products, lengths, the largest entry; over all axes or over some."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_edu.autodiff.mistakes import numbers_of, shape_of
from tinygrad_edu.autodiff.operations.arithmetic import ratio
from tinygrad_edu.autodiff.operations.functions import AWAY_FROM_ZERO
from tinygrad_edu.autodiff.operations.shapes import concatenate, flip, reshape, stack, transpose
from tinygrad_edu.autodiff.operations.slopes import times_slope
from tinygrad_edu.autodiff.primitive import Sample, multilinear, primitive

SAMPLES: list[Sample] = [(((2, 3),), {}), (((2, 3),), {"axis": 0}), (((2, 3, 2),), {"axis": (0, -1)}),
           (((2, 3),), {"axis": 1, "keepdims": True}), (((),), {})]
SPREADS: list[Sample] = [(((2, 3),), {}), (((3, 2),), {"axis": 0}), (((2, 3, 2),), {"axis": (0, -1), "ddof": 1}),
           (((2, 3),), {"axis": 1, "keepdims": True, "ddof": 1})]


def summed_axes(a, axis):
    """The axes that are reduced, counted from 0."""
    ndim = len(shape_of(a))
    return range(ndim) if axis is None or not ndim else [i % ndim for i in (axis if isinstance(axis, tuple) else (axis,))]


def restore_axes(ybar, a, axis, keepdims):
    """ybar with the summed axes put back at size 1, so that it broadcasts to a."""
    if axis is None or keepdims:
        return ybar
    summed = summed_axes(a, axis)
    return reshape(ybar, shape=tuple(1 if i in summed else size for i, size in enumerate(shape_of(a))))


def _count(a, axis):
    """How many entries of a go into each entry of the result."""
    return math.prod(shape_of(a)[i] for i in summed_axes(a, axis))


def reduction(formula, slope, times=lambda ybar, slope, y, forward: ybar * slope, **how):
    """A record of a function that takes many entries into few, given the slope of the result in each: slope(y, a, axis, ...).

    Its y has the summed axes at size 1, so that it can be compared with a; so have ybar and y in
    times(ybar, slope, y, forward), which is their product.
    """

    def slope_at(y, a, axis, keepdims, parameters):
        y = restore_axes(y, a, axis, keepdims)
        return slope(y, a, axis, **parameters), y

    def vjp(ybar, y, a, axis, keepdims, **parameters):
        ybar = restore_axes(ybar, a, axis, keepdims)
        return (times(ybar, *slope_at(y, a, axis, keepdims, parameters), False),)

    def jvp(xdots, y, a, axis, keepdims, **parameters):
        xbar = times(xdots[0], *slope_at(y, a, axis, keepdims, parameters), True)
        return sum(xbar, axis=axis, keepdims=keepdims)

    return primitive(formula, vjp=vjp, jvp=jvp, rules={"slope": slope}, **{"samples": SAMPLES, **how})


@multilinear(r"\textstyle\sum a", symbol="Σ", eq="22, 27, 35", numpy=np.sum, samples=SAMPLES, transposes=[restore_axes])
def sum(a, *, axis=None, keepdims=False):
    """The sum over all axes, or over the given ones; 0 where there is nothing to add."""
    return np.add.reduce(a, axis=axis, keepdims=keepdims)


@multilinear(r"\textstyle\frac{1}{n} \sum a", numpy=np.mean, samples=SAMPLES,
             transposes=[lambda ybar, a, axis, keepdims: restore_axes(ybar, a, axis, keepdims) / (_count(a, axis) or 1)])
def mean(a, *, axis=None, keepdims=False):
    """The mean over all axes, or over the given ones; nan where there is nothing to average."""
    return np.add.reduce(a, axis=axis, keepdims=keepdims) / _count(a, axis)


def _freedom(a, axis, ddof):
    """n - ddof, by which a sum of squares is divided; nan where nothing is left."""
    n = _count(a, axis)
    return float(n - ddof) if n > ddof else math.nan


@reduction(r"\textstyle\frac{1}{n - d} \sum (a - \bar{a})^2", numpy=np.var, samples=SPREADS, special=((0.0,), (1000.0,)),
           slope=lambda y, a, axis, ddof: (a - mean(a, axis=axis, keepdims=True)) * (2.0 / _freedom(a, axis, ddof)))
def var(a, *, axis=None, ddof=0, keepdims=False):
    """The variance, over all axes or over the given ones; ddof=1 divides by n - 1 instead of n."""
    centred = a - mean.forward(a, axis=axis, keepdims=True)
    return np.add.reduce(centred * centred, axis=axis, keepdims=keepdims) / _freedom(a, axis, ddof)


@reduction(r"\sqrt{\textstyle\frac{1}{n - d} \sum (a - \bar{a})^2}", numpy=np.std,
           samples=SPREADS, times=times_slope, special=((0.0,), (1000.0,)),
           slope=lambda y, a, axis, ddof: ratio(a - mean(a, axis=axis, keepdims=True), y) / _freedom(a, axis, ddof))
def std(a, *, axis=None, ddof=0, keepdims=False):
    """The standard deviation, the root of `var`; with slope 0 where all entries are equal."""
    centred = a - mean.forward(a, axis=axis, keepdims=True)
    return norm.forward(centred, axis=axis, keepdims=keepdims) / math.sqrt(_freedom(a, axis, ddof))


def _norm_of(a, ord=None, axis=None, keepdims=False):
    of_matrix = np.ndim(numbers_of(a)) == 2 if axis is None else isinstance(axis, tuple) and len(axis) == 2
    if ord is not None and not (ord == "fro" if of_matrix else ord == 2 and (np.ndim(numbers_of(a)) == 1 or isinstance(axis, int))):
        raise TypeError(f"norm is the root of the sum of squares, and has no ord={ord!r}. For ord=1 there is sum(absolute(v)), for "
                        "the largest max(absolute(v)).")
    return (a,), {"axis": axis, "keepdims": keepdims}


@reduction(r"\sqrt{\textstyle\sum a^2}", symbol="‖·‖", numpy=np.linalg.norm, reads=_norm_of, samples=SAMPLES, times=times_slope,
           domain={"a": AWAY_FROM_ZERO}, special=((0.0,), (1000.0,), (1e200,), (1e-200,)),
           slope=lambda y, a, axis: ratio(a, y))
def norm(a, *, axis=None, keepdims=False):
    """The length of the vector of all entries, or along the given axes: √Σa², also where a² leaves the range of floats.

    Its slope at 0, the tip of the cone, is 0.
    """
    largest = np.max(np.abs(a), axis=axis, keepdims=True, initial=0.0)
    scale = np.where((largest == 0) | ~np.isfinite(largest), 1.0, largest).astype(largest.dtype)
    y = np.sqrt(np.add.reduce(np.square(a / scale), axis=axis, keepdims=True)) * scale
    return y if keepdims else np.squeeze(y, axis=tuple(summed_axes(a, axis)))[()]


def _share(y, a, axis):
    """1 for the entry that won, 1/n each where n entries tie, 0 for the others."""
    winners = 1.0 * (a == y)
    return winners / sum(winners, axis=axis, keepdims=True)


@reduction(r"\max a", numpy=(np.max, np.amax), selects=True, slope=_share, special=((0.0,),))
def max(a, *, axis=None, keepdims=False):
    """The largest entry, over all axes or over the given ones; entries that tie share the gradient."""
    return np.maximum.reduce(a, axis=axis, keepdims=keepdims)


@reduction(r"\min a", numpy=(np.min, np.amin), selects=True, slope=_share, special=((0.0,),))
def min(a, *, axis=None, keepdims=False):
    """The smallest entry, over all axes or over the given ones; entries that tie share the gradient."""
    return np.minimum.reduce(a, axis=axis, keepdims=keepdims)


def _products_of_the_others(a):
    """For each entry along the last axis the product of all the others there; nothing is divided, so that there may be zeros.

    Pairs are multiplied first; what an entry lacks of its pair's others is its partner.
    """
    *shape, n = shape_of(a)
    if n < 2:
        return np.ones((*shape, n))
    if n % 2:
        others = _products_of_the_others(concatenate([a, np.ones((*shape, 1))], axis=-1))
        return others[..., :n]
    left, right = a[..., ::2], a[..., 1::2]
    others = _products_of_the_others(left * right)
    return reshape(stack([others * right, others * left], axis=-1), shape=(*shape, n))


def _prod_slope(y, a, axis):
    """The product of the others along the reduced axes, which are moved to the end and back."""
    shape, reduced = shape_of(a), list(summed_axes(a, axis))
    order = [i for i in range(len(shape)) if i not in reduced] + reduced
    rest = math.prod(shape[i] for i in order[: len(order) - len(reduced)])
    rows = reshape(transpose(a, axes=tuple(order)), shape=(rest, _count(a, axis)))
    others = reshape(_products_of_the_others(rows), shape=tuple(shape[i] for i in order))
    return transpose(others, axes=tuple(order.index(i) for i in range(len(order))))


@reduction(r"\textstyle\prod a", symbol="Π", numpy=np.prod, slope=_prod_slope, special=((0.0,), (1.0,), (1000.0,)))
def prod(a, *, axis=None, keepdims=False):
    """The product over all axes, or over the given ones; 1 where there is nothing to multiply. Exact where entries are 0."""
    return np.multiply.reduce(a, axis=axis, keepdims=keepdims)


def _sums_from_here_on(ybar, a, axis):
    """The entry i went into all sums from i on."""
    along = 0 if axis is None else axis
    return reshape(flip(cumsum(flip(ybar, axis=along), axis=along), axis=along), shape=shape_of(a))


@multilinear(r"y_i = \textstyle\sum_{j \le i} a_j", numpy=np.cumsum, transposes=[_sums_from_here_on],
             samples=[(((4,),), {}), (((2, 3),), {}), (((2, 3),), {"axis": 0}), (((2, 3),), {"axis": -1}), (((),), {})])
def cumsum(a, *, axis=None):
    """The sum of all entries up to each, along an axis, or in reading order over all axes."""
    return np.cumsum(a, axis=axis)
