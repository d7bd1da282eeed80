"""Logarithms of sums of exponentials, and what is made of them: softmax and the cross-entropies, from logits of any size.

A logit of -inf is ruled out: its probability is 0, also where all are ruled out.
"""

from __future__ import annotations

import math

import numpy as np

from tinygrad_edu.autodiff.mistakes import DTypeError, ShapeError, numbers_of, shape_of, shortened
from tinygrad_edu.autodiff.operations.arithmetic import where
from tinygrad_edu.autodiff.operations.functions import FAR, exp
from tinygrad_edu.autodiff.operations.ramps import one_minus_sigmoid, sigmoid
from tinygrad_edu.autodiff.operations.reductions import reduction, sum, summed_axes
from tinygrad_edu.autodiff.primitive import Sample, primitive

OVER_ONE_AXIS: list[Sample] = [(((3,),), {}), (((2, 3),), {"axis": 0}), (((2, 3),), {"axis": -1}),
                               (((2, 3, 2),), {"axis": (0, -1)})]


def _largest_and_rest(a, axis):
    """(m, r) with ln Σ e^a = m + r, both with the summed axes at size 1.

    r = ln(1 + Σ e^(a - m)) over all entries but one of the largest, so it has all its digits where that one has nearly all.
    """
    m = np.max(a, axis=axis, keepdims=True, initial=-np.inf)
    m = np.where(np.isfinite(m), m, 0.0).astype(m.dtype)
    largest = a == m
    rest = np.add.reduce(np.where(largest, 0.0, np.exp(a - m)), axis=axis, keepdims=True)
    return m, np.log1p(rest + (np.add.reduce(largest, axis=axis, keepdims=True, dtype=m.dtype) - 1.0))


@reduction(r"\ln \textstyle\sum e^{a}", slope=lambda y, a, axis: softmax(a, axis=axis), special=FAR)
def logsumexp(a, *, axis=None, keepdims=False):
    """ln Σ exp(a), over all axes or over the given ones: a soft largest entry, whose gradient is the softmax."""
    m, rest = _largest_and_rest(a, axis)
    return m + rest if keepdims else np.squeeze(m + rest, axis=tuple(summed_axes(a, axis)))[()]


def _softmax_rule(abar, y, axis):
    """The Jacobian of the softmax is symmetric, so the two modes are one."""
    return (abar - sum(abar * y, axis=axis, keepdims=True)) * y


@primitive(r"\frac{e^{a}}{\sum e^{a}}", samples=OVER_ONE_AXIS, special=FAR,
           vjp=lambda ybar, y, a, axis: (_softmax_rule(ybar, y, axis),),
           jvp=lambda xdots, y, a, axis: _softmax_rule(xdots[0], y, axis))
def softmax(a, *, axis=-1):
    """The share of each exp(a) in their sum along the axis: probabilities, which add up to 1 unless all are ruled out."""
    m = np.max(a, axis=axis, keepdims=True, initial=-np.inf)
    powers = np.exp(a - np.where(np.isfinite(m), m, 0.0).astype(m.dtype))
    total = np.add.reduce(powers, axis=axis, keepdims=True)
    return powers / (total + (total == 0))


@primitive(r"a - \ln \textstyle\sum e^{a}", symbol="ln softmax", samples=OVER_ONE_AXIS, special=FAR,
           vjp=lambda ybar, y, a, axis: (ybar - sum(ybar, axis=axis, keepdims=True) * exp(y),),
           jvp=lambda xdots, y, a, axis: xdots[0] - sum(xdots[0] * exp(y), axis=axis, keepdims=True))
def log_softmax(a, *, axis=-1):
    """The logarithm of the softmax along the axis, which keeps its digits where a probability is nearly 0 or 1."""
    m, rest = _largest_and_rest(a, axis)
    return (a - m) - np.where(rest == -np.inf, 0.0, rest)


def _cross_entropy_of(u, target, mean=True):
    labels, shape = np.asarray(numbers_of(target)), np.shape(numbers_of(u))
    if not shape or not shape[-1]:
        raise ShapeError(f"cross_entropy needs logits with an axis of classes, u: (..., K), and u is {shape}.")
    if labels.shape != shape[:-1]:
        raise ShapeError(f"cross_entropy: the logits u are {shape}, so the targets are {shape[:-1]}, one class for each row of "
                         f"{shape[-1]}; they are {labels.shape}.")
    if labels.dtype.kind not in "iu" and not (labels.dtype.kind == "f" and (labels == np.floor(labels)).all()):
        raise DTypeError("the targets of cross_entropy are the numbers of classes, whole numbers; "
                         f"they came as {shortened(target)}.")
    wrong = labels[(labels < 0) | (labels >= shape[-1])]
    if wrong.size:
        raise IndexError(f"the targets of cross_entropy are from 0 to {shape[-1] - 1}, for {shape[-1]} classes; among them is "
                         f"{wrong.flat[0]:g}.")
    return (u,), {"target": labels.astype(int), "mean": bool(mean)}


def _cross_entropy_slope(u, target, mean):
    """The softmax less 1 at the target, where 1 - y is written as the sum of the others to keep its digits."""
    at_target = np.arange(shape_of(u)[-1]) == target[..., None]
    others = where(at_target, 0.0, softmax(u, axis=-1))
    return (others - at_target * sum(others, axis=-1, keepdims=True)) / (target.size if mean and target.size else 1)


@primitive(r"\textstyle\sum_t \ln \sum_k e^{u_k} - u_{target}", symbol="H", reads=_cross_entropy_of,
           samples=[(((2, 3),), {"target": np.array([2, 0]), "mean": True}), (((3,),), {"target": np.array(1), "mean": True}),
                    (((4, 2),), {"target": np.array([1, 1, 0, 1]), "mean": False})],
           special=FAR, vjp=lambda ybar, y, u, target, mean: (ybar * _cross_entropy_slope(u, target, mean),),
           jvp=lambda xdots, y, u, target, mean: sum(xdots[0] * _cross_entropy_slope(u, target, mean)))
def cross_entropy(u, *, target, mean=True):
    """-ln softmax(u)[target], the mean over all rows, or their sum (which is what `tinygrad_edu.cross_entropy` gives).

    cross_entropy(u, target): u: (..., K) logits; target: (...), the number of the right class of each row, from 0 to K - 1.
    """
    m, rest = _largest_and_rest(u, -1)
    at_target = np.take_along_axis(u, target[..., None], axis=-1)
    E = (m - at_target) + np.where(rest == -np.inf, 0.0, rest)
    return np.sum(E) / np.size(E) if mean else np.sum(E)


def _binary_of(u, target, mean=True):
    shape, answers = np.shape(numbers_of(u)), np.asarray(numbers_of(target))
    if shape != answers.shape:
        raise ShapeError(f"binary_cross_entropy_with_logits: the logits u are {shape} and the targets {answers.shape}; "
                         "each logit needs one target.")
    if answers.dtype.kind not in "biuf" or not ((answers >= 0) & (answers <= 1)).all():
        raise ValueError("the targets of binary_cross_entropy_with_logits are between 0 (no) and 1 (yes); they came as "
                         f"{shortened(target)}.")
    if not hasattr(target, "output"):  # a constant is of the logits' type
        target = answers.astype(u.dtype if getattr(u, "dtype", None) == np.float32 else float)
    return (u, target), {"mean": bool(mean)}


def _times(a, b):
    """a * b, with 0 for 0 * inf."""
    return np.where(a == 0, 0.0, a * b)


def _terms(u, mean):
    """How many entries the mean is over; 1 for a sum."""
    return math.prod(shape_of(u)) or 1 if mean else 1


@primitive(r"\textstyle\sum -t \ln \sigma(u) - (1 - t) \ln \sigma(-u)", symbol="H", reads=_binary_of,
           samples=[(((2, 3), (2, 3)), {"mean": True}), (((4,), (4,)), {"mean": False}), (((), ()), {"mean": True})],
           domain={"target": ((0.0, 1.0),)}, special=((0.0, 0.5), (1000.0, 1.0), (-1000.0, 1.0)),
           vjp=lambda ybar, y, u, target, mean: (ybar * _binary_slope(u, target, mean), ybar * (-u / _terms(u, mean))),
           jvp=lambda xdots, y, u, target, mean: _binary_jvp(xdots[0], xdots[1], u, target, mean))
def binary_cross_entropy_with_logits(u, target, *, mean=True):
    """-ln of the probability σ(u) of yes where the target is 1, of no where it is 0; the mean over all entries, or their sum."""
    E = _times(target, np.logaddexp(0, -u)) + _times(1.0 - target, np.logaddexp(0, u))
    return np.sum(E) / np.size(E) if mean else np.sum(E)


def _binary_slope(u, target, mean):
    """σ(u) less the target, as (1 - t) σ(u) - t (1 - σ(u)): with the digits that are lost where σ rounds to t."""
    return ((1.0 - target) * sigmoid(u) - target * one_minus_sigmoid(u)) / _terms(u, mean)


def _binary_jvp(udot, targetdot, u, target, mean):
    """Each of the two inputs times its slope."""
    ydot = 0.0 if udot is None else sum(udot * _binary_slope(u, target, mean))
    return ydot if targetdot is None else sum(targetdot * (-u / _terms(u, mean))) + ydot
