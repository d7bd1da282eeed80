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

import ast
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations
from typing import Any

import numpy as np

HOLE = "HOLE"
EMPTY = "..."  # what stands in the hole of a student's file
CASES = 5  # draws of the inputs in a check
SPARE = 20  # draws that show which sizes can vary
SAME = 1e-6  # relative
CONSTANTS = ("0", "1", "-1", "0.5", "2", "None", "float('nan')")
ALONE = ("-{}", "1 - {}", "2 * {}", "0.5 * {}", "{} ** 2", "abs({})", "{}.T", "{}.sum()")


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

    def is_credited(self, mutant: Mutant) -> bool:
        """Whether this mistake is one in a derivation: its answer depends on at least two of the
        inputs that the right answer depends on, or on the only one. So a hidden δ without its
        slope is, and a slope without its δ is not."""
        needed = _inputs_that_count(self, self.solution)
        return len(needed & _inputs_that_count(self, mutant.code)) >= min(2, len(needed))

    def is_no_work(self, answers: Sequence[Any], cases: Sequence[tuple[Any, ...]]) -> bool:
        """Whether no derivation is needed for these answers: each is one of the inputs, or what the
        program gives as it was given out, or with less in its hole, a constant, or a guess."""
        if any(same(answers, inputs) for inputs in zip(*cases)):
            return True
        few = slice(3)  # cases, at first: almost no filler gives the same for these
        return any(same(answers[few], self.answers(filler, cases[few]))
                   and same(answers, self.answers(filler, cases)) for filler in _fillers(self))


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
        spare = [exercise.inputs(rng) for _ in range(SPARE)]
        if _fixed_ratios(cases) != _fixed_ratios([*cases, *spare]):
            continue  # 2 / T is ½ if T is 4 in all cases
        found = [exercise.answers(hole, cases) for hole in (exercise.solution, *(mutant.code for mutant in exercise.mutants))]
        if not any(same(a, b) for n, a in enumerate(found) for b in found[:n]):
            return cases
    raise ValueError(f"two of the answers to {exercise.name} are always the same.")


def _fixed_ratios(cases: Sequence[tuple[Any, ...]]) -> set[tuple[int, int, int]]:
    """The products and ratios of two sizes of arrays that are the same number in all cases:
    (a, b, 1) for size a times size b, (a, b, -1) for a / b; size 0 is the number 1."""
    sizes = np.array([[1, *(n for x in case for n in np.shape(x))] for case in cases], dtype=float)
    return {(a, b, power) for a, b in combinations(range(sizes.shape[1]), 2) for power in (1, -1)
            if np.ptp(sizes[:, a] * sizes[:, b] ** power) == 0}


@lru_cache(maxsize=100)
def _fillers(exercise: Exercise) -> tuple[str, ...]:
    """What can be put into the hole without a derivation."""
    lines = [] if exercise.starts_with == EMPTY else exercise.starts_with.split("\n")
    given = tuple("\n".join(kept) for n in range(1, len(lines) + 1)
                  for kept in combinations(lines, n))
    source = exercise.source("pass" if given else "None")
    values = (*CONSTANTS, *sorted(_names(source)))
    try:
        compile(exercise.solution, exercise.name, "eval")
    except SyntaxError:  # lines, of which each gives something a name
        targets = sorted(_names(exercise.solution))
        return (*given, "pass", *(f"{name} = {value}" for name in targets for value in values))
    return (*values, *_guesses(source, exercise.solution))


def _guesses(source: str, solution: str) -> Iterator[str]:
    """One operation on one or two of the variables at hand, if the solution is no such operation:
    target - y is no guess where y - target is right."""
    inputs, known = _arguments(source), sorted(_names(source))
    for name in known:
        yield from (guess.format(name) for guess in ALONE)
    alike = re.fullmatch(r"\w+ (\S+) \w+", solution)
    for a, b in permutations(known, 2):
        of_inputs = {a, b} <= inputs
        yield from (f"{a} {operator} {b}" for operator in "+-*/@" if (
            operator != (alike and alike[1]) if of_inputs else operator not in solution))


def _names(source: str) -> set[str]:
    """The names of all arguments and variables that are given a value there."""
    return _arguments(source) | {node.id for node in ast.walk(ast.parse(source))
                                 if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _arguments(source: str) -> set[str]:
    return {node.arg for node in ast.walk(ast.parse(source)) if isinstance(node, ast.arg)}


@lru_cache(maxsize=1000)
def _inputs_that_count(exercise: Exercise, hole: str) -> frozenset[int]:
    """The places of the inputs on which the answer depends."""
    rng = np.random.default_rng(0)
    cases = exercise.cases(0)
    answers = exercise.answers(hole, cases)
    return frozenset(
        n for n in range(len(cases[0])) if any(
            answer is not None and changed is not None and not same([changed], [answer])
            for answer, changed in zip(answers, exercise.answers(hole, [
                (*case[:n], _changed(case[n], rng), *case[n + 1:]) for case in cases]))))


def _changed(x: Any, rng: np.random.Generator) -> Any:
    """Other numbers of the same shape; what is none is left as it is."""
    if isinstance(x, (bool, int)):
        return x + 1
    return x * rng.normal(size=np.shape(x)) if isinstance(x, (float, np.ndarray)) else x


def _called(function: Callable[..., Any], case: tuple[Any, ...]) -> Any:
    try:
        with np.errstate(all="ignore"):
            answer = function(*[np.copy(x) if isinstance(x, np.ndarray) else x for x in case])
            return answer if np.asarray(answer).dtype.kind in "fiub" else None
    except Exception:
        return None
