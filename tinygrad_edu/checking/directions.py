"""The directions in which a claim is compared with f: entries, directions across all, and those
that join the entries at which f has a kink.

A point is one flat vector here, of all arguments one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

ALL = 200  # up to so many entries, each is looked at
SAMPLED, PROJECTIONS = 60, 20  # of more, so many, and so many directions across all of them
PAIRS, MIXES = 28, 6  # of entries at a kink; and random combinations of all of these


class Place(NamedTuple):
    """One direction in which f is differentiated.

    scales: which changes are large, the size of what is changed first. entry: its number, if it is
    one entry alone.
    """

    name: str
    direction: ndarray
    scales: tuple[float, ...] = (1.0,)
    entry: int | None = None


class Names:
    """What the entries of several arrays are called, by their number in the flat vector."""

    def __init__(self, shapes: Sequence[tuple[int, ...]]) -> None:
        self.shapes = shapes

    def __call__(self, number: int) -> str:
        n, at = self._split(number)
        name = f"entry {at}" if at else "the number"
        return name if len(self.shapes) == 1 else f"argument {n}, {name}"

    def short(self, number: int) -> str:
        """For a sum of several: [0, 2]; of several arrays: argument 1 [0, 2]."""
        n, at = self._split(number)
        return at if len(self.shapes) == 1 else f"argument {n} {at}".rstrip()

    def _split(self, number: int) -> tuple[int, str]:
        """(which argument, the index in it)."""
        for n, shape in enumerate(self.shapes):
            size = int(np.prod(shape))
            if number < size:
                return n, indexed(np.unravel_index(number, shape)) if shape else ""
            number -= size
        raise AssertionError("no such entry")


def indexed(index: Iterable[Any]) -> str:
    return f"[{', '.join(str(int(i)) for i in index)}]"


def places(x: ndarray, names: Names, rng: np.random.Generator, most: int) -> Iterator[Place]:
    """All entries; or, if there are more than ALL or `most`, some and directions across all."""
    numbers: Sequence[int] = range(x.size)
    if x.size > min(ALL, most):
        usual = float(np.median(np.abs(x))) or 1.0
        for n in range(min(PROJECTIONS, most)):  # every second one keeps the entries that are tiny
            least = 0.0 if n % 2 else usual
            yield Place(f"along random direction {n}",
                        np.where(x == 0, 1.0, np.maximum(np.abs(x), least)) * signs(x, rng))
        sampled = min(SAMPLED, max(most - PROJECTIONS, 0), x.size)
        numbers = rng.choice(x.size, sampled, replace=False).tolist()
    for number in numbers:
        yield entry(x, names, number)


def entry(x: ndarray, names: Names, number: int) -> Place:
    direction = np.zeros_like(x)
    direction[number] = 1.0
    return Place(names(number), direction, scales(x, [number]), number)


def scales(x: ndarray, numbers: Sequence[int]) -> tuple[float, ...]:
    """Of changes in these entries: their size first, and 1 where that is quite another."""
    size = float(np.abs(x[list(numbers)]).max())
    if size < 1e-300:  # zeros: the size of the smallest other entry, which f may set against them
        others = np.abs(x[np.abs(x) >= 1e-300])
        size = float(others.min()) if others.size else 1.0
    return (size,) if 1e-3 < size < 1e3 else (size, 1.0)


def joint(x: ndarray, names: Names, kinked: Sequence[int], rng: np.random.Generator
          ) -> Iterator[Place]:
    """Directions that join the entries at a kink: all of them, pairs, and random combinations.

    Where f is the largest of tied entries, its slope along their sum is 1: so a claim of 1 for
    each of them is wrong, though each would be right alone.
    """
    if len(kinked) > 1:
        yield combined(x, names, kinked, np.ones(len(kinked)))
    if len(kinked) < x.size:
        smallest = int(np.argmin(np.where(x == 0, np.inf, np.abs(x))))
        yield Place("along the sum of all entries", np.ones_like(x), scales(x, [smallest]))
    for pair in _pairs(kinked, rng):
        if len(kinked) > 2:
            yield combined(x, names, pair, np.ones(2))
        yield combined(x, names, pair, np.array([1.0, -1.0]))
    for _ in range(MIXES if len(kinked) > 2 else 0):
        yield combined(x, names, kinked, rng.choice([-1.0, 1.0], len(kinked)))


def _pairs(numbers: Sequence[int], rng: np.random.Generator) -> list[tuple[int, int]]:
    """All pairs; or, of many, those of neighbours and some others."""
    pairs = list(combinations(numbers, 2))
    if len(pairs) <= PAIRS:
        return pairs
    near = list(zip(numbers, numbers[1:]))[:PAIRS // 2]
    return near + [pairs[n] for n in rng.choice(len(pairs), PAIRS - len(near), replace=False)]


def combined(x: ndarray, names: Names, numbers: Sequence[int], factors: ndarray) -> Place:
    """The direction that changes several entries at once, each by a factor of its own."""
    direction = np.zeros_like(x)
    direction[list(numbers)] = factors
    return Place(f"along {_sum(names, numbers, factors)}", direction, scales(x, numbers))


def _sum(names: Names, numbers: Sequence[int], factors: ndarray) -> str:
    """In words: [0] − [2]."""
    if len(numbers) > 4:
        several = ", ".join(names.short(number) for number in numbers[:3])
        kind = "the sum" if (factors == 1).all() else "a combination"
        return f"{kind} of {len(numbers)} entries ({several} ...)"
    terms = [f"{_sign(factor, n)}{_size(factor)}{names.short(number)}"
             for n, (number, factor) in enumerate(zip(numbers, factors))]
    return " ".join(terms)


def _sign(factor: float, n: int) -> str:
    if n == 0:
        return "−" if factor < 0 else ""
    return "− " if factor < 0 else "+ "


def _size(factor: float) -> str:
    return "" if abs(factor) == 1 else f"{abs(factor):.3g} · "


def signs(x: ndarray, rng: np.random.Generator) -> ndarray:
    return rng.choice([-1.0, 1.0], x.size)


def sizes(x: ndarray) -> ndarray:
    """Of the entries; 1 for zeros."""
    return np.where(x == 0, 1.0, np.abs(x))
