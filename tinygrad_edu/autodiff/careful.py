"""Lets a cotangent of exactly 0 pass on nothing, also where the slope is infinite or not a number.

    where(x > 0, sqrt(x), x)       at x = -1 the branch sqrt(x) was not taken: its cotangent is 0 and its slope nan

0 says that nothing depends on this entry, and so nothing flows, while IEEE 754 has 0 * nan = nan. The walk first goes by
plain arithmetic; only if a nan comes out at its end, it goes once more and hands each rule a `Careful` cotangent. The
rules are the same: written in operators, they can be read with this as well. A nan that is there now was really computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.mistakes import numbers_of, shape_of
from tinygrad_edu.autodiff.operations.slopes import zero_product
from tinygrad_edu.autodiff.primitive import Operation


def _operator(op: Operation) -> tuple[Any, Any]:
    return (lambda self, other: self.__record__(op, (self, other), {}),
            lambda self, other: self.__record__(op, (other, self), {}))


class Careful:
    """A cotangent or a tangent whose zeros stay zeros, whatever they are multiplied by or divided by."""

    __slots__ = ("selects", "x")
    __array_ufunc__ = None  # array * careful is for us to compute

    def __init__(self, x: Any, selects: bool = False) -> None:
        self.x = x
        self.selects = selects  # whether the rule is of an operation that says with a slope of 0: not taken

    __add__, __radd__ = _operator(ops.add)
    __sub__, __rsub__ = _operator(ops.subtract)
    __mul__, __rmul__ = _operator(ops.multiply)
    __matmul__, __rmatmul__ = _operator(ops.matmul)
    __truediv__, _ = _operator(ops.divide)

    def __neg__(self) -> Careful:
        return Careful(-self.x, self.selects)

    def __getitem__(self, index: Any) -> Careful:
        return Careful(self.x[index], self.selects)

    @property
    def shape(self) -> tuple[int, ...]:
        return shape_of(self.x)

    def __record__(self, op: Operation, xs: Sequence[Any], parameters: Mapping[str, Any]) -> Careful:
        """What op makes of it, with 0 where only zeros met what is not finite."""
        ours, xs = [isinstance(x, Careful) for x in xs], tuple(map(uncareful, xs))
        y = op.on(xs, parameters)
        if has_nan(y) and not all(ours) and op not in (ops.add, ops.subtract):
            y = self._without_zeros(y, op, ours, xs, parameters)
        return Careful(y, self.selects)

    def _without_zeros(self, y: Any, op: Operation, ours: Sequence[bool], xs: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """y, computed anew where it is nan for no other reason than that zeros were multiplied."""
        nan = np.isnan(numbers_of(y))
        if op in (ops.multiply, ops.divide):
            ybar, slope = xs[ours.index(True)], xs[ours.index(False)]
            if self.selects and op is ops.multiply:
                y = _chosen(nan & (numbers_of(slope) == 0), 0.0, y)
            zero = nan & (numbers_of(ybar) == 0)
            return _chosen(zero, zero_product(ybar, zero), y) if np.any(zero) else y
        if not op.linear:
            cotangents = [x for x, our in zip(xs, ours) if our]
            if any(np.any(numbers_of(x) != 0) for x in cotangents):
                return y
            return _chosen(nan, zero_product(sum(ops.sum(x) for x in cotangents), nan), y)
        # each entry is a sum of products: take those out in which a 0 of ours meets what is not finite. If of the others, all
        # written as 1, there are as many as of those where all is finite, then what remains is the sum
        finite = [np.isfinite(numbers_of(x)) for x in xs]
        terms = [np.asarray(numbers_of(x) != 0, float) if our else np.ones(shape_of(x)) for x, our in zip(xs, ours)]
        sound = [term if our else np.asarray(ok, float) for term, ok, our in zip(terms, finite, ours)]
        rest = op.on(tuple(x if our else ops.where(ok, x, 0.0) for x, ok, our in zip(xs, finite, ours)), parameters)
        lost = nan & (op.on(terms, parameters) == op.on(sound, parameters))
        if np.any(lost):
            zeros = [zero_product(x, numbers_of(x) == 0) if our else 1.0 - ok
                     for x, ok, our in zip(xs, finite, ours)]
            if any(hasattr(x, "__record__") for x in zeros):
                rest = rest + op.on(zeros, parameters)
        return _chosen(lost, rest, y)


def _chosen(condition: Any, a: Any, b: Any) -> Any:
    y = ops.where(condition, a, b)
    return y[()] if isinstance(y, np.ndarray) else y  # a 0-d array is a number


def has_nan(x: Any) -> bool:
    """Whether nan is among the numbers."""
    return bool(np.isnan(numbers_of(x)).any())


def uncareful(x: Any) -> Any:
    """The cotangent itself."""
    return x.x if isinstance(x, Careful) else x
