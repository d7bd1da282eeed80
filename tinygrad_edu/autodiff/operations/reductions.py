"""Many entries into few: sums, means, the largest and the smallest entry, a soft largest one; over all axes or over some."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_edu.autodiff.mistakes import shape_of
from tinygrad_edu.autodiff.operations.functions import exp
from tinygrad_edu.autodiff.operations.shapes import reshape
from tinygrad_edu.autodiff.primitive import Sample, multilinear, primitive

SAMPLES: list[Sample] = [(((2, 3),), {}), (((2, 3),), {"axis": 0}), (((2, 3, 2),), {"axis": (0, -1)}),
           (((2, 3),), {"axis": 1, "keepdims": True}), (((),), {})]


def _restore_axes(ybar, a, axis, keepdims):
    """ybar with the summed axes put back at size 1, so that it broadcasts to a."""
    if axis is None or keepdims:
        return ybar
    ndim = len(shape_of(a))
    summed = {i % ndim for i in (axis if isinstance(axis, tuple) else (axis,))}
    return reshape(ybar, shape=tuple(1 if i in summed else size for i, size in enumerate(shape_of(a))))


def _count(a, axis):
    """How many entries of a go into each entry of the result."""
    shape = shape_of(a)
    return math.prod(shape if axis is None else (shape[i] for i in (axis if isinstance(axis, tuple) else (axis,))))


@multilinear(r"\textstyle\sum a", symbol="Σ", eq="22, 27, 35", numpy=np.sum, samples=SAMPLES, transposes=[_restore_axes])
def sum(a, *, axis=None, keepdims=False):
    """The sum over all axes, or over the given ones."""
    return np.add.reduce(a, axis=axis, keepdims=keepdims)


@multilinear(r"\textstyle\frac{1}{n} \sum a", numpy=np.mean, samples=SAMPLES,
             transposes=[lambda ybar, a, axis, keepdims: _restore_axes(ybar, a, axis, keepdims) / (_count(a, axis) or 1)])
def mean(a, *, axis=None, keepdims=False):
    """The mean over all axes, or over the given ones; nan where there is nothing to average."""
    return np.add.reduce(a, axis=axis, keepdims=keepdims) / _count(a, axis)


def _share(y, a, axis, keepdims):
    """1 for the entry that won, 1/n each where n entries tie, 0 for the others."""
    winners = 1.0 * (a == _restore_axes(y, a, axis, keepdims))
    return winners / sum(winners, axis=axis, keepdims=True)


def _to_winners(ybar, y, a, axis, keepdims):
    return (_restore_axes(ybar, a, axis, keepdims) * _share(y, a, axis, keepdims),)


def _from_winners(xdots, y, a, axis, keepdims):
    return sum(xdots[0] * _share(y, a, axis, keepdims), axis=axis, keepdims=keepdims)


@primitive(r"\max a", numpy=np.max, vjp=_to_winners, jvp=_from_winners, samples=SAMPLES, special=((0.0,),))
def max(a, *, axis=None, keepdims=False):
    """The largest and the smallest entry, over all axes or over the given ones; entries that tie share the gradient."""
    return np.maximum.reduce(a, axis=axis, keepdims=keepdims)


@primitive(r"\min a", numpy=np.min, vjp=_to_winners, jvp=_from_winners, samples=SAMPLES, special=((0.0,),))
def min(a, *, axis=None, keepdims=False):
    """The smallest entry, over all axes or over the given ones; entries that tie share the gradient."""
    return np.minimum.reduce(a, axis=axis, keepdims=keepdims)


def _soft_share(y, a, axis, keepdims):
    """The softmax: what each entry has of the whole, adding up to 1."""
    return exp(a - _restore_axes(y, a, axis, keepdims))


@primitive(r"\ln \textstyle\sum e^{a}", samples=SAMPLES, special=((0.0,), (1000.0,), (-1000.0,)),
           vjp=lambda ybar, y, a, axis, keepdims: (_restore_axes(ybar, a, axis, keepdims) * _soft_share(y, a, axis, keepdims),),
           jvp=lambda xdots, y, a, axis, keepdims: sum(xdots[0] * _soft_share(y, a, axis, keepdims), axis=axis, keepdims=keepdims))
def logsumexp(a, *, axis=None, keepdims=False):
    """ln Σ exp(a), over all axes or over the given ones: a soft largest entry, whose gradient is the softmax."""
    largest = np.maximum.reduce(a, axis=axis, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    y = np.log(np.add.reduce(np.exp(a - largest), axis=axis, keepdims=True)) + largest
    return y if keepdims else np.reshape(y, np.add.reduce(a, axis=axis).shape)
