"""The witnesses at one point, which share no code: differences, reverse mode and a complex step."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.checking.arguments import FAILURES, Function
from tinygrad_edu.checking.difference import Slope, slope
from tinygrad_edu.checking.directions import Names, Place
from tinygrad_edu.checking.report import BARS, Finding, verdict_of

ComplexStep = 1e-20


class Point:
    """f, the claim and the witnesses at one point. x: the point as a flat vector."""

    def __init__(self, function: Function, xs: Sequence[ndarray], claim: Sequence[ndarray],
                 end: float) -> None:
        self.function, self.xs, self.end = function, xs, end
        self.x, self.claim = flat(xs), flat(claim)
        backward = _reverse(function.f, xs)
        self.backward = None if backward is None else flat(backward)
        self.names = Names([x.shape for x in xs])

    @property
    def largest(self) -> float:
        """Of the entries of the claim."""
        return float(np.abs(self.claim).max())

    def f(self, x: ndarray) -> float:
        """Of a flat vector."""
        return self.function(shaped(x, self.xs))

    def arguments(self) -> list[ndarray]:
        """For each argument the direction that changes all of its entries alike."""
        like = [np.full(x.size, n) for n, x in enumerate(self.xs)]
        return [(flat(like) == n) * 1.0 for n in range(len(self.xs))]

    def has_time(self) -> bool:
        return time.perf_counter() < self.end

    def finding(self, place: Place) -> Finding:
        """What the claim and the witnesses say in one direction, with its verdict."""
        direction = place.direction
        found = [slope(lambda t: self.f(self.x + t * direction), scale, self.function.rounding)
                 for scale in place.scales]
        numerical = _finest(found, place.scales)
        smooth = not (numerical.is_kink or numerical.missing)
        finding = Finding(
            place, float(self.claim @ direction), numerical,
            None if self.backward is None else float(self.backward @ direction),
            self._complex_step(direction) if smooth else None)
        return replace(finding, verdict=verdict_of(finding, self.largest))

    def _complex_step(self, direction: ndarray) -> float | None:
        """What a complex step says, if f takes complex numbers."""
        try:
            xs = shaped(self.x + 1j * ComplexStep * direction, self.xs)
            found = np.asarray(plain(self.function.f(*xs)))
            slope_ = float(found.reshape(()).imag) / ComplexStep
            return slope_ if np.iscomplexobj(found) and math.isfinite(slope_) else None
        except FAILURES:
            return None


def _reverse(f: Any, xs: Sequence[ndarray]) -> list[ndarray] | None:
    """What reverse mode says, if f works on Values."""
    try:
        values = [Value(x) for x in xs]
        E = f(*values)
        if not isinstance(E, Value):
            return None
        E.backward()
        return [np.zeros_like(x) if v.grad is None else np.asarray(v.grad)
                for v, x in zip(values, xs)]
    except FAILURES:
        return None


def flat(arrays: Sequence[ndarray]) -> ndarray:
    """Several arrays as one flat vector."""
    return np.concatenate([np.ravel(array) for array in arrays])


def shaped(vector: ndarray, like: Sequence[ndarray]) -> list[ndarray]:
    """A flat vector as arrays of these shapes."""
    if len(like) == 1:
        return [vector.reshape(like[0].shape)]
    ends = np.cumsum([x.size for x in like])
    return [vector[end - x.size : end].reshape(x.shape) for x, end in zip(like, ends)]


def _finest(found: Sequence[Slope], scales: Sequence[float]) -> Slope:
    """The most exact slope; but that with the smallest steps, if it says something else, for others
    may step over it. Whether there is a slope, the first scale says, the size of what changes."""
    if found[0].missing:
        return found[0]
    by_scale = sorted(zip(scales, found), key=lambda pair: pair[0])
    left = [one for _, one in by_scale if not one.missing]
    first = left[0]
    best = min(left, key=lambda one: one.bar if math.isfinite(one.bar) else math.inf)
    gap = abs((best.left or 0.0) - (best.right or 0.0))
    if best.is_kink and not first.is_kink and BARS * first.bar < gap / 4:
        return first  # there the kink is out of reach
    apart = abs(best.value - first.value)
    agree = not math.isfinite(first.bar) or apart <= BARS * (best.bar + first.bar)
    return best if agree or first.is_kink or best.is_kink else first
