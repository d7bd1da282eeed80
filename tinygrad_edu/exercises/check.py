"""Says whether an exercise is solved, and if not, what is wrong with it.

    result = check(EXERCISES["delta"], Path("delta.py"), seed=7)
    result.passed, result.sentence
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.checking.diagnosis import relation
from tinygrad_edu.exercises.exercise import EMPTY, Exercise, same
from tinygrad_edu.exercises.sandbox import call

CLOSE = 1e-3  # of an answer that is nearly right
DERIVED, RIGHT = "derived", "right"  # what a file can reach, one after the other


@dataclass(frozen=True)
class Result:
    """The verdict on a file, in one sentence. is_empty: the hole is not filled yet.

    reached: DERIVED if the answer is derived from the inputs, and wrong by a mistake with a name;
    RIGHT too if it is right.
    """

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
    result = verdict(exercise, outcome.answers, cases)
    more = ""
    if outcome.is_tuple and not result.passed and "comma" not in result.sentence:
        more += " There are several things with a comma between them in the return: give one."
    if outcome.changes:
        more += " It changes an array that it was given, which belongs to whoever calls it."
    return replace(result, sentence=result.sentence + more)


def verdict(exercise: Exercise, answers: Sequence[ndarray | str], cases: Sequence[Any]) -> Result:
    """The verdict on answers to the cases: arrays, or words where there is no answer."""
    errors = [answer for answer in answers if isinstance(answer, str)]
    if errors:
        return Result(_ended(f"{exercise.function} did not give an answer: {errors[0]}"))
    came = [answer for answer in answers if not isinstance(answer, str)]
    right = [np.asarray(answer, dtype=float) for answer in exercise.answers(exercise.solution, cases)]
    if same(came, right):
        return Result("Right.", (DERIVED, RIGHT))
    sentence, is_credited = _explained(exercise, came, right, cases)
    return Result(sentence, (DERIVED,) if is_credited else ())


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


def what_is_wrong(exercise: Exercise, came: Sequence[ndarray], right: Sequence[ndarray],
                  cases: Sequence[Any]) -> str:
    """The sentence of the mutant that comes to the same; else what can be said without one."""
    return _explained(exercise, came, right, cases)[0]


def _explained(exercise: Exercise, came: Sequence[ndarray], right: Sequence[ndarray],
               cases: Sequence[Any]) -> tuple[str, bool]:
    """(what is wrong, whether it is a mistake in a derivation, which earns a part)."""
    for mutant in exercise.mutants:
        if same(came, exercise.answers(mutant.code, cases)):
            sentence = f"{_capital(mutant.sentence)}. See {exercise.place}."
            return sentence, exercise.is_credited(mutant) and not exercise.is_no_work(came, cases)
    sentence, is_known = _without_a_mutant(exercise, came, right)
    return sentence, is_known and not exercise.is_no_work(came, cases)


def _without_a_mutant(exercise: Exercise, came: Sequence[ndarray],
                      right: Sequence[ndarray]) -> tuple[str, bool]:
    """(what is wrong with answers that no mutant gives, whether the right ones are in them)."""
    gave = f"what {exercise.function} gave is"
    if wrong := _wrong_shape(exercise, came, right):
        return wrong
    if not all(np.isfinite(answer).all() for answer in came):
        return (f"{exercise.function} gave something that is no number: nan or infinity. Is "
                f"something "
                "divided by 0, or a root or logarithm taken of a negative number?", False)
    off = max(float(np.abs(answer - wanted).max(initial=0)) for answer, wanted in zip(came, right))
    if off <= CLOSE * max(float(np.abs(wanted).max(initial=0)) for wanted in right):
        return (f"Not right, though close: {gave} off by up to {off:.1g}. "
                "Is something rounded, or added?", True)
    related = relation([answer.reshape(-1) for answer in came], [answer.reshape(-1) for answer in right])
    if related:
        return f"Not right: {gave} {related}.", any(np.any(answer) for answer in came)
    if all((answer == answer.round()).all() for answer in came) and not all(
            (wanted == wanted.round()).all() for wanted in right):
        return (f"Not right: {gave} whole numbers only. Is there an array of integers, //, int() "
                f"or "
                "round()?", False)
    return (f"Not right, and none of the usual mistakes. Try it by hand with simple numbers, and "
            f"compare. "
            f"See {exercise.place}.", False)


def _wrong_shape(exercise: Exercise, came: Sequence[ndarray],
                 right: Sequence[ndarray]) -> tuple[str, bool] | None:
    """(what is wrong with the first answer of another shape, whether its numbers are right)."""
    wrong = next((pair for pair in zip(came, right) if pair[0].shape != pair[1].shape), None)
    if wrong is None:
        return None
    answer, wanted = wrong
    gave = f"{exercise.function} gave {_shaped(answer)}, and should give {_shaped(wanted)}"
    if same([a.T for a in came], right):
        return f"{gave}: it is transposed.", True
    is_right = same([a.squeeze() for a in came], [b.squeeze() for b in right])
    if wanted.shape == () and answer.ndim == 1:
        return f"{gave}: is there a comma or a bracket too many?", is_right
    if is_right:
        return f"{gave}: the numbers are right: reshape it, or leave keepdims or [...] out.", True
    is_summed = answer.size == 1 and wanted.size > 1
    return f"{gave}{': is there a sum without axis=?' if is_summed else '.'}", False
