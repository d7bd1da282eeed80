"""Says whether an exercise is solved, and if not, what is wrong with it.

    result = check(EXERCISES["delta"], Path("delta.py"), seed=7)
    result.passed, result.sentence
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.checking.diagnosis import relation
from tinygrad_edu.exercises.exercise import EMPTY, Exercise, same
from tinygrad_edu.exercises.sandbox import call

CLOSE = 1e-3  # of an answer that is nearly right
RUNS, SHAPE, RIGHT = "runs", "shape", "right"  # what a file can reach, one after the other


@dataclass(frozen=True)
class Result:
    """The verdict on a file, in one sentence. reached: what is right about it already. is_empty: the hole is not filled yet."""

    sentence: str
    reached: tuple[str, ...] = ()
    is_empty: bool = False

    @property
    def passed(self) -> bool:
        return RIGHT in self.reached


def check(exercise: Exercise, path: str | Path, seed: int = 0) -> Result:
    """The verdict on the file of a student whose numbers are drawn from the seed."""
    path, cases = Path(path), exercise.cases(seed)
    outcome = call(path, exercise.function, cases)
    if outcome.is_empty or (not outcome.error and _is_untouched(exercise, path)):
        return Result(f"The hole is not filled yet: put your answer where the {EMPTY} is." if exercise.starts_with == EMPTY else
                      f"Nothing is changed yet. As it is, {exercise.mutants[0].sentence}.", is_empty=True)
    if outcome.error:
        return Result(_ended(_capital(outcome.error)))
    errors = [answer for answer in outcome.answers if isinstance(answer, str)]
    if errors:
        return Result(_ended(f"{exercise.function} did not give an answer: {errors[0]}"))
    came = [answer for answer in outcome.answers if not isinstance(answer, str)]
    right = [np.asarray(answer, dtype=float) for answer in exercise.answers(exercise.solution, cases)]
    if same(came, right):
        return Result("Right.", (RUNS, SHAPE, RIGHT))
    fits = [answer.shape for answer in came] == [answer.shape for answer in right]
    return Result(what_is_wrong(exercise, came, right, cases), (RUNS, SHAPE) if fits else (RUNS,))


def _capital(sentence: str) -> str:
    """With a capital letter in front, unless it begins with a symbol: δ, dy/du."""
    word = sentence.split()[0]
    return sentence if not word.isascii() or "/" in word or word in "xyz" else sentence[0].upper() + sentence[1:]


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith("?") else f"{sentence}."


def _is_untouched(exercise: Exercise, path: Path) -> bool:
    """Whether the program is as it was given."""
    try:
        return ast.dump(ast.parse(path.read_bytes())) == ast.dump(ast.parse(exercise.file()))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _shaped(x: ndarray) -> str:
    return f"an array of shape {x.shape}" if x.shape else "one number"


def what_is_wrong(exercise: Exercise, came: Sequence[ndarray], right: Sequence[ndarray], cases: Sequence[Any]) -> str:
    """The sentence of the mutant that comes to the same; else what can be said without one."""
    for mutant in exercise.mutants:
        if same(came, exercise.answers(mutant.code, cases)):
            return f"{_capital(mutant.sentence)}. See {exercise.place}."
    for answer, wanted in zip(came, right):
        if answer.shape != wanted.shape:
            comma = ": is there a comma or a bracket too many?" if wanted.shape == () and answer.ndim == 1 else "."
            return f"{exercise.function} gave {_shaped(answer)}, and should give {_shaped(wanted)}{comma}"
    if not all(np.isfinite(answer).all() for answer in came):
        return f"{exercise.function} gave something that is no number: nan or infinity."
    off = max(float(np.abs(answer - wanted).max(initial=0)) for answer, wanted in zip(came, right))
    if off <= CLOSE * max(float(np.abs(wanted).max(initial=0)) for wanted in right):
        return (f"Not right, though close: what {exercise.function} gave is off by up to {off:.1g}. Is something rounded, or "
                "added?")
    related = relation([answer.reshape(-1) for answer in came], [answer.reshape(-1) for answer in right])
    return f"Not right: what {exercise.function} gave is {related}." if related else (
        f"Not right, and none of the usual mistakes. Try it by hand with simple numbers, and compare. See {exercise.place}.")

