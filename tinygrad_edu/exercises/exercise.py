"""An exercise is one record: a program with a hole, what belongs into it, and what hands put there instead.

    Exercise(name="delta", title="The delta term", slide="3", text="...", function="delta",
             program="def delta(y, target):\n    return HOLE\n", solution="y - target",
             inputs=lambda rng: (rng.normal(), rng.normal()),
             hints=("...",), mutants=(Mutant("target - y", "the sign is turned: output minus target"), ...))

Numbers are drawn from a seed, so that each student has others. To add an exercise, write such a record and put it into the list in
`bank/__init__.py`; the tests then ask that its solution passes, that the empty hole fails kindly, and that each of its mutants is
refused with its own sentence.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

HOLE = "HOLE"
EMPTY = "..."  # what stands in the hole of a student's file
CASES = 5  # draws of the inputs in a check
SAME = 1e-6  # relative


@dataclass(frozen=True)
class Mutant:
    """Something wrong for the hole, and what a teacher says to it."""

    code: str
    sentence: str


@dataclass(frozen=True, eq=False)
class Exercise:
    """name: also that of its file. slide: its equations, or words. text: what to do. program: Python with HOLE in one place.
    function: the one that is called. inputs: draws its arguments, numbers and arrays. hints: from a nudge to nearly the answer."""

    name: str
    title: str
    slide: str
    text: str
    program: str
    function: str
    solution: str
    inputs: Callable[[np.random.Generator], tuple[Any, ...]]
    hints: tuple[str, ...]
    mutants: tuple[Mutant, ...]
    starts_with: str = EMPTY  # what is in the hole at first: a bug, where one is to be found
    draws: int = CASES  # more where an answer says little, as True or False

    @property
    def place(self) -> str:
        """Where it is on the slides."""
        return f"eq. {self.slide}" if self.slide[0].isdigit() else self.slide

    @property
    def size(self) -> str:
        """Of the hole."""
        lines = self.solution.count("\n") + 1
        return "one line" if lines == 1 else f"{lines} lines"

    def source(self, hole: str) -> str:
        """The program with this in its hole; several lines are indented as the hole is."""
        line = next(line for line in self.program.splitlines() if HOLE in line)
        indent = line[: len(line) - len(line.lstrip())]
        return self.program.replace(HOLE, textwrap.indent(hole, indent).lstrip() if "\n" in hole else hole)

    def file(self) -> str:
        """What a student starts with."""
        about = textwrap.fill(f"{self.title} ({self.place}). {self.text}", 96)
        return f"{textwrap.indent(about, '# ')}\n\n{self.source(self.starts_with)}"

    def cases(self, seed: int) -> list[tuple[Any, ...]]:
        """Arguments to call the function with: numbers for which the solution and all mutants come to different answers."""
        return _cases(self, seed)

    def answers(self, hole: str, cases: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What the function gives for the cases with this in its hole; None where it raises. hole: ours, and no student's."""
        function = _function(self, hole)
        return [_called(function, case) for case in cases]


def same(came: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Whether all answers are the same, to rounding; no answer is the same as none."""
    if any(answer is None for answer in (*came, *wanted)):
        return False
    return all(np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=SAME, atol=1e-12, equal_nan=True)
               for a, b in zip(came, wanted))


@lru_cache(maxsize=1000)
def _function(exercise: Exercise, hole: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(compile(exercise.source(hole), f"<{exercise.name}>", "exec"), names)
    return names[exercise.function]


@lru_cache(maxsize=1000)
def _cases(exercise: Exercise, seed: int) -> list[tuple[Any, ...]]:
    for draw in range(100):  # almost always the first: a factor |x| looks like x where all x are positive
        rng = np.random.default_rng([seed, draw, *exercise.name.encode()])
        cases = [exercise.inputs(rng) for _ in range(exercise.draws)]
        found = [exercise.answers(hole, cases) for hole in (exercise.solution, *(mutant.code for mutant in exercise.mutants))]
        if not any(same(a, b) for n, a in enumerate(found) for b in found[:n]):
            return cases
    raise ValueError(f"two of the answers to {exercise.name} are always the same.")


def _called(function: Callable[..., Any], case: tuple[Any, ...]) -> Any:
    try:
        with np.errstate(all="ignore"):
            return function(*[np.copy(x) if isinstance(x, np.ndarray) else x for x in case])
    except Exception:
        return None
