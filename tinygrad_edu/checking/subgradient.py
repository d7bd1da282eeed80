"""At a kink: whether a claim is a subgradient of all entries together.

Beside a kink f has gradients, a different one on each side of it, and a subgradient is a mix of
these (Clarke, Optimization and Nonsmooth Analysis, 1983). So along no direction d may <claim, d>
exceed the slopes that f has along d beside the point. If f curves upwards at all of its kinks, or
downwards at all, the two slopes of f along d at the point itself are the extreme ones; elsewhere,
as in a network of rectified units, points beside it are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy import ndarray

DISTANCES = (1e-4, 1e-6, 1e-8)  # of points beside, as shares of the size of what is changed
ROUGH = (3e-2, 3e-3, 1e-3)  # where f is rounded to float32
STEP, JITTER = 2e-3, 0.03  # of the differences there, as a share of the distance; and off a kink
RANDOM = 20  # points in random directions
PATIENCE, CLIMB = 300, 3000  # steps from the best of all: without success, and at most
MANY = 60  # entries: of more, only those at kinks are moved
NEAR, ROUGHLY = 1e-4, 1e-2  # how exactly slopes there are known, as a share of their range
MOST = 12  # entries at a kink that are searched for, where there are too many to look at each


class Neighbourhood:
    """f beside a point at which it has kinks.

    f: of a flat vector. size: how large a change of x is one of its order. rounding: of what f
    gives, as a share. kinks: number of an entry -> by how much the slope rises there; less than 0
    where f curves downwards, 0 where no kink was seen in this entry alone. more: whether there is
    time to look at more points. parts: directions that may move a kink as a whole, as all biases.
    """

    def __init__(self, f: Callable[[ndarray], float], x: ndarray, size: float, rounding: float,
                 kinks: dict[int, float], rng: np.random.Generator,
                 more: Callable[[], bool] = lambda: True, parts: Sequence[ndarray] = ()) -> None:
        self.f, self.x, self.size, self.rng, self.more = f, x, size, rng, more
        self.parts = parts
        self.error = 4 * rounding * abs(f(x))
        exact = rounding < 1e-10
        self.distances, self.share = (DISTANCES, NEAR) if exact else (ROUGH, ROUGHLY)
        self.numbers = list(kinks)
        self.bends = np.sign(list(kinks.values()))
        self.moved = np.arange(x.size) if x.size <= MANY else np.array(self.numbers)

    @property
    def bends_one_way(self) -> bool:
        """Whether f curves upwards at all kinks, or downwards at all."""
        return len({bend for bend in self.bends if bend}) == 1

    def slopes(self, direction: ndarray, claim: float, size: float) -> tuple[float, float]:
        """The least and the greatest slope of f along a direction that were seen at points beside
        x, as exactly as they are known. The search ends as soon as the claim is between them. size:
        of the terms of the claim."""
        low, high, _ = self._searched(direction, claim, size)
        slack = self.share * (high - low)
        return low - slack, high + slack

    def separating(self, claim: ndarray, rounds: int) -> ndarray | None:
        """A direction, as factors of the entries at kinks, along which a claim exceeds all slopes
        that are found; None if it is a mix of gradients beside x, or rounds or time are up.

        Wolfe's algorithm (Math. Programming 11, 1976): the mix nearest to the claim is made of the
        gradients that were seen; what is left points to where the next one is taken.
        """
        sides = self.bends if self.bends.any() else np.ones(len(claim))
        points = [self._gradient(self._spread(side)) for side in (sides, -sides)]
        for _ in range(rounds):
            if not np.isfinite(points).all() or not self.more():
                return None
            rest = claim - nearest(np.array(points), claim)
            largest = np.abs(rest).max()
            slack = self.share * np.ptp([*points, claim], axis=0).max()
            if largest <= slack:
                return None
            point = self._farthest(rest, float(claim @ rest) - slack * largest)
            if point is None:
                direction, terms = self._spread(rest / largest), float(np.abs(claim).sum())
                _, high, aside = self._searched(direction, float(claim @ rest) / largest, terms)
                point = self._gradient(aside)
                if high * largest < claim @ rest - slack * largest:
                    return np.asarray(rest / largest)
            points.append(point)
        return None

    def _farthest(self, rest: ndarray, least: float) -> ndarray | None:
        """The gradient at the point beside x that lies to the steeper side of each kink; None if f
        rises less there, for its kinks have to do with one another."""
        asides = [self._spread(side) for side in (rest, -rest, self.bends * rest) if side.any()]
        best = max(map(self._gradient, asides), key=lambda gradient: float(gradient @ rest))
        return best if best @ rest >= least else None

    def _searched(self, direction: ndarray, claim: float, size: float
                  ) -> tuple[float, float, ndarray]:
        """(the least slope, the greatest, where that is): at points of the list, then by chance
        steps from the one whose slope is nearest to the claim."""
        asides = self._asides(direction)
        low, high, best, top, off = np.inf, -np.inf, asides[0], asides[0], np.inf
        last = len(asides) + PATIENCE
        for n in range(len(asides) + CLIMB):
            if n == last or not self.more():
                break
            aside = asides[n] if n < len(asides) else self._stepped(best)
            slope = self._lasting_slope(aside, direction, size)
            if not np.isfinite(slope):
                continue
            top = aside if slope > high else top
            low, high = min(low, slope), max(high, slope)
            slack = self.share * (high - low)
            if low - slack <= claim <= high + slack:
                break
            if abs(slope - claim) < 0.999 * off:
                last = max(last, n + PATIENCE)
            if abs(slope - claim) <= off:
                best, off = aside, abs(slope - claim)
        return low, high, top

    def _gradient(self, aside: ndarray) -> ndarray:
        """Of f in the entries at kinks, at a point to this side of x, and off the kinks there."""
        off = self._spread(JITTER * self.rng.normal(size=len(self.numbers)))
        aside = aside / (np.abs(aside).max() or 1.0) + off
        return np.array([self._slope(aside, axis, self.distances[1]) for axis in self._axes()])

    def _slope(self, aside: ndarray, direction: ndarray, distance: float) -> float:
        beside = self.x + distance * self.size * aside
        h = STEP * distance * self.size
        return (self.f(beside + h * direction) - self.f(beside - h * direction)) / (2 * h)

    def _lasting_slope(self, aside: ndarray, direction: ndarray, size: float) -> float:
        """The slope at a point beside x; nan if it is another one nearer to x, for then the kink
        that changes it is not that of x."""
        far, near = (self._slope(aside, direction, distance) for distance in self.distances[:2])
        if not abs(far - near) <= 0.01 * max(abs(far), abs(near), size) + self._noise(1):
            return np.nan
        closest = self._slope(aside, direction, self.distances[2])
        same = abs(closest - near) <= 0.1 * max(abs(near), size) + self._noise(2)
        return near if same else np.nan

    def _noise(self, n: int) -> float:
        """Of a slope at this distance, by rounding."""
        return self.error / (STEP * self.distances[n] * self.size)

    def _stepped(self, aside: ndarray) -> ndarray:
        """With another number in one entry."""
        aside = aside.copy()
        aside[self.rng.choice(self.moved)] = self.rng.choice([-3.0, -1.0, -0.3, 0.3, 1.0, 3.0])
        return aside

    def _asides(self, direction: ndarray) -> list[ndarray]:
        """Where to look: both ways along the direction, to the steeper side of each kink, up and
        down in all entries and in each, and at random."""
        there, ones = direction[self.numbers], np.ones_like(self.x)
        asides = [direction, self._spread(self.bends * there), self._spread(self.bends), ones,
                  self._spread(ones[self.numbers]), *self.parts]
        for _ in range(RANDOM):
            aside = np.zeros_like(self.x)
            aside[self.moved] = self.rng.normal(size=len(self.moved))
            asides.append(aside)
        asides += [self._spread(axis) for axis in np.eye(len(self.numbers))[:MANY]]
        return [sign * aside for aside in asides for sign in (1.0, -1.0) if aside.any()]

    def _axes(self) -> list[ndarray]:
        return [self._spread(axis) for axis in np.eye(len(self.numbers))]

    def _spread(self, inner: ndarray) -> ndarray:
        outer = np.zeros_like(self.x)
        outer[self.numbers] = inner
        return outer


def nearest(points: ndarray, target: ndarray) -> ndarray:
    """The mix (weights of at least 0 that add up to 1) of these points that is nearest to a target.

    By the active sets of Lawson and Hanson (Solving Least Squares Problems, 1974).
    """
    big = 1e3 * (np.abs(points).max() + np.abs(target).max() + 1e-300)
    A, b = np.vstack([points.T, np.full(len(points), big)]), np.append(target, big)
    weights, active = np.zeros(len(points)), np.zeros(len(points), dtype=bool)
    for _ in range(3 * len(points) + 10):
        gain = A.T @ (b - A @ weights)
        gain[active] = -np.inf
        if gain.max() <= 1e-12 * big**2:
            break
        active[gain.argmax()] = True
        while True:
            best = np.zeros(len(points))
            best[active] = np.linalg.lstsq(A[:, active], b, rcond=None)[0]
            below = active & (best <= 0)
            if not below.any():
                break
            share = (weights[below] / (weights[below] - best[below] + 1e-300)).min()
            weights = weights + share * (best - weights)
            active &= weights > 1e-14
            weights[~active] = 0.0
        weights = best
    total = weights.sum()
    return points.T @ weights / total if total else points[0]


def kinked_entries(f: Callable[[ndarray], float], x: ndarray, direction: ndarray,
                   error: float, more: Callable[[], bool]) -> list[int]:
    """Up to MOST of the entries at which f has a kink, by halving a direction in which it has one.

    error: of each value of f, by rounding.
    """
    def bends(numbers: ndarray) -> bool:
        along = np.zeros_like(x)
        along[numbers] = direction[numbers]
        near, far = (abs(f(x + h * along) + f(x - h * along) - 2 * f(x)) for h in (1e-6, 1e-5))
        return near > 16 * error and near > 0.05 * far  # a curve bends a hundredth as much

    found: list[int] = []
    parts = [np.arange(x.size)]
    while parts and len(found) < MOST and more():
        part = parts.pop()
        if bends(part):
            middle = len(part) // 2
            if middle:
                parts += [part[middle:], part[:middle]]
            else:
                found.append(int(part[0]))
    return sorted(found)
