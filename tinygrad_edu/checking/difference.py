"""Finds a slope by differences, and says how far to trust it.

    slope(lambda t: math.exp(t), scale=1.0)     # Slope(1.0 ± 1e-13), of g at t = 0

One step size is never right: a large one sees the curvature, a small one the rounding of g. So many are tried, each refined by
Richardson's extrapolation (Phil. Trans. R. Soc. A 210, 1911; as a table by Ridders, Adv. Eng. Softw. 4, 1982), and each estimate
comes with an error bar: what the last refinement changed, and what rounding can do. The estimate with the smallest bar counts.

Where g is rounded inside, as by float32, it goes up in stairs; their height is found and counts as rounding.

Where g has a kink, estimates from steps across it and from steps within it disagree by more than their bars: then the smallest
steps count, which are the last to reach over it. Exactly at a kink the slopes to the left and to the right differ.

Where tiny steps say clearly something else, as within a fast oscillation, they are refined instead.
Where g jumps, is infinitely steep, or is no number on one side, it has no slope, and the steps of
10⁻⁹ to 10⁻¹³ tell which of these it is: what g changes by does not shrink with the step, or more
slowly than the step does, or is no number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

STEPS = tuple(10.0**-n for n in range(1, 8))  # as shares of the scale
LEVELS = 4  # of halving, for each
BLUNT = 1e-4  # a bar larger than this share of the slope says too little
FINER = tuple(10.0**-n for n in range(8, 12))  # where those are too long
TINY = tuple(10.0**-n for n in range(9, 14))  # steps that show whether there is a slope at all
BESIDE, FINEST = (3e-9, 1e-7), (1e-11, 1.7e-11)  # between values that show how g is rounded
STAIRS = 8  # changes from flat to steep or back that make stairs
Function = Callable[[float], float]


class Estimate(NamedTuple):
    """A slope, and how far off it may be."""

    value: float
    bar: float

    def agrees(self, other: Estimate, times: float = 3.0) -> bool:
        return abs(self.value - other.value) <= times * (self.bar + other.bar)


class NoSlope(Enum):
    """Why g has no slope at 0, as the end of a sentence about it."""

    JUMP = "jumps here"
    VERTICAL = "is infinitely steep here"
    EDGE = "is no number on one side of this point"


@dataclass(frozen=True)
class Slope:
    """The slope of g at 0. At a kink, left and right are the slopes on its two sides; elsewhere they are None.

    missing: why there is none; value and bar are nan then.
    """

    value: float
    bar: float
    left: float | None = None
    right: float | None = None
    missing: NoSlope | None = None

    @property
    def is_kink(self) -> bool:
        return self.left is not None

    @property
    def between(self) -> tuple[float, float]:
        """The least and the greatest number that may be called the slope."""
        if self.left is None or self.right is None:
            return self.value, self.value
        return min(self.left, self.right), max(self.left, self.right)

    def __str__(self) -> str:
        if self.missing:
            return f"that f {self.missing.value}"
        if self.is_kink:
            return "between {:.6g} and {:.6g}".format(*self.between)
        return f"{self.value:.8g} ± {self.bar:.1g}"


def slope(g: Function, scale: float = 1.0, rounding: float = 2.0**-52) -> Slope:
    """The slope of g at 0. scale: how large a change of t is one of the order of what is changed; steps are shares of it.
    rounding: of g's values, as a share of them, if more is known than that they are floats.

    g may be inf or nan in places; steps that see that are left out. Where none is left, value and bar are nan.
    """
    seen: dict[float, float] = {}
    known = lambda t: seen[t] if t in seen else seen.setdefault(t, g(t))  # noqa: E731 - the same steps serve both kinds
    for share in STEPS:
        for n in range(LEVELS):
            known(share * scale / 2**n), known(-share * scale / 2**n)
    rounding = max(rounding, _rounding([known(0.0), *seen.values()]))
    error = max(rounding * abs(known(0.0)), _stairs(known, sorted(t for t in seen if t > 0)))
    missing = _missing(known, scale, error)
    if missing:
        return Slope(math.nan, math.nan, missing=missing)
    error = max(error, _rough(g, scale, error))
    found = _slope(known, STEPS, scale, error)
    if _is_fast(known, found, scale, error):
        return _slope(known, FINER, scale, error)
    return found


def _slope(g: Function, steps: Sequence[float], scale: float, error: float) -> Slope:
    """By steps that are these shares of the scale."""
    short = steps[-4:] if error < 1e-10 * abs(g(0.0)) else steps  # float32 hides a kink from them
    sides = [_best([_one_sided(g, sign * share * scale, error) for share in short])
             for sign in (-1.0, 1.0)]
    finite = all(math.isfinite(side.bar) for side in sides)
    if finite and not sides[0].agrees(sides[1]) and _jumps(*sides):
        return _kink(g, sides[0], sides[1], scale, error)
    best = _best([_central(g, share * scale, error) for share in steps])
    if not best.bar <= BLUNT * abs(best.value):  # all steps may be too long
        best = _best([_central(g, share * scale, error) for share in (*steps, *TINY[:3])])
    return Slope(*best)


def _is_fast(g: Function, found: Slope, scale: float, error: float) -> bool:
    """Whether tiny steps say clearly something else than the slope that was found with longer ones,
    as where g oscillates in less than 10⁻⁷ of the scale."""
    hs = np.array(TINY[:3]) * scale
    for sign, side in ((-1.0, found.left), (1.0, found.right)):
        slopes = np.array([sign * (g(sign * h) - g(0.0)) / h for h in hs])
        steep = np.abs(slopes).max()
        rough = np.ptp(slopes) if np.isfinite(steep) else math.inf
        if rough > 0.1 * steep:
            continue  # noise
        expected = found.value if side is None else side
        slack = rough + 8 * error / hs[0] + 3 * found.bar + 1e-6 * steep
        if abs(slopes[0] - expected) > slack:
            return True
    return False


def _missing(g: Function, scale: float, error: float) -> NoSlope | None:
    """Why g has no slope at 0; None if it may have one. error: of each value of g, by rounding."""
    for sign in (-1.0, 1.0):
        changes = np.abs([g(sign * share * scale) - g(0.0) for share in TINY])
        if not np.isfinite(changes).any():
            return NoSlope.EDGE
        if not np.isfinite(changes).all() or changes.min() <= 8 * error:
            continue
        if np.ptp(changes) < 0.1 * changes.max():
            return NoSlope.JUMP
        shrinks = changes[:-1] / changes[1:]  # tenfold where there is a slope
        if shrinks.max() < min(8, 1.2 * shrinks.min()):  # evenly, and too slowly
            return NoSlope.VERTICAL
    return None


def _kink(g: Function, left: Estimate, right: Estimate, scale: float, error: float) -> Slope:
    """The two slopes at a kink; or the one slope, where tiny steps show that the kink lies beside 0."""
    gap, steepest = abs(left.value - right.value), max(abs(left.value), abs(right.value))
    for share in reversed(TINY):
        h = share * scale
        if 4 * error / h + 2.0**-50 / share * steepest > gap / 16:
            continue  # rounding hides the gap
        before, after = (g(0.0) - g(-h)) / h, (g(h) - g(0.0)) / h
        if abs(before - after) < gap / 4:
            near = min(left, right, key=lambda side: abs(side.value - (before + after) / 2))
            return Slope(*near)
        break
    bar = left.bar + right.bar
    return Slope((left.value + right.value) / 2, bar, left.value, right.value)


def _rounding(values: list[float]) -> float:
    """How coarsely g is rounded, as a share of it: more coarsely where all its values are float32."""
    finite = np.array([value for value in values if math.isfinite(value)])
    with np.errstate(over="ignore"):
        single = len(set(finite.tolist())) > 1 and np.array_equal(finite.astype(np.float32), finite)
    counts = np.array_equal(np.rint(finite), finite)  # they would not show it
    return 2.0**-23 if single and not counts else 2.0**-52


def _rough(g: Function, scale: float, error: float) -> float:
    """The rounding of terms that cancel in g, which g(0) does not show, at points beside 0; 0 if it
    is no more than the error that is known already. Finer steps tell whether g merely oscillates
    fast."""
    left = max(_fourth(g, share * scale)[0] for share in BESIDE)
    if left <= 4 * error:
        return 0.0
    finer = [_fourth(g, share * scale) for share in FINEST]
    return left if any(stairs for _, stairs in finer) else min(left, max(finer)[0])


def _fourth(g: Function, h: float) -> tuple[float, bool]:
    """(what fourth differences (Hamming) leave of values of g, which is next to nothing of a smooth
    curve, and half of them do not see a kink; whether some neighbours are equal)."""
    values = np.array([g(h * n) for n in range(1, 15)])
    if not np.isfinite(values).all():
        return 0.0, False
    return float(np.median(np.abs(np.diff(values, 4)))) / 2, bool((np.diff(values) == 0).any())


def _stairs(g: Function, steps: list[float]) -> float:
    """The height of the stairs that g goes up in, 0 if it does not: flat, a jump, flat, a jump, again and again."""
    level = g(0.0)
    reach = next((h for h in [steps[0] / 64, *steps] if g(h) != level or g(-h) != level), None)
    if reach is None or reach < steps[0]:
        return 0.0  # level as far as one can see; or nowhere level
    jumps = np.diff([g(t) for t in np.linspace(-32 * reach, 32 * reach, 257).tolist()])
    changes = np.diff((jumps == 0).astype(int))
    return float(np.abs(jumps).max()) if np.count_nonzero(changes) >= STAIRS and np.isfinite(jumps).all() else 0.0


def _best(estimates: list[Estimate]) -> Estimate:
    """The one with the smallest bar among the smallest steps that agree: one across a kink may be sure of itself, and wrong. Of
    many bars the smallest may be so by luck, where g is noisy; so the next best has a word in it."""
    finite = [estimate for estimate in estimates if math.isfinite(estimate.value) and math.isfinite(estimate.bar)]
    if not finite:
        return Estimate(math.nan, math.nan)
    trusted = [finite[-1]]
    for estimate in reversed(finite[:-1]):  # from small steps to large ones
        if not all(estimate.agrees(other) for other in trusted):
            break
        trusted.append(estimate)
    best, *others = sorted(trusted, key=lambda estimate: estimate.bar)
    return Estimate(best.value, max([best.bar, *(abs(best.value - other.value) for other in others[:1])]))


def _jumps(left: Estimate, right: Estimate) -> bool:
    """Whether the slopes on the two sides differ by more than curvature would make of it."""
    return abs(left.value - right.value) > 1e-6 * max(abs(left.value), abs(right.value), 1e-8)


def _central(g: Function, h: float, error: float) -> Estimate:
    differences = [(g(h / 2**n) - g(-h / 2**n)) / (2 * h / 2**n) for n in range(LEVELS)]
    return _extrapolated(differences, 4.0, h, error)


def _one_sided(g: Function, h: float, error: float) -> Estimate:
    differences = [(g(h / 2**n) - g(0.0)) / (h / 2**n) for n in range(LEVELS)]
    return _extrapolated(differences, 2.0, h, error)


def _extrapolated(differences: list[float], factor: float, h: float, error: float) -> Estimate:
    """Richardson's table: what is wrong with a difference is a series in h², or in h if it is one-sided, whose terms are removed
    one after the other. factor: what halving h divides the first term by. error: of each value of g, by rounding."""
    best = Estimate(math.nan, math.inf)
    row: list[float] = []
    for n, difference in enumerate(differences):
        before, row = row, [difference]
        rounding = 4 * error / (abs(h) / 2**n) + 2.0**-51 * abs(difference)
        for m, old in enumerate(before, start=1):
            power = factor**m
            row.append((power * row[m - 1] - old) / (power - 1))
            bar = max(abs(row[m] - row[m - 1]), abs(row[m] - old)) + rounding
            if bar < best.bar:
                best = Estimate(row[m], bar)
    return best
