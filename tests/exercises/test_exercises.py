"""Each exercise: the solution passes, the empty hole fails kindly, and each mutant is refused with its own sentence."""

import numpy as np
import pytest

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import check, what_is_wrong
from tinygrad_edu.exercises.exercise import same

ALL = list(EXERCISES.values())
MUTANTS = [(exercise, mutant) for exercise in ALL for mutant in exercise.mutants]


def named(x):
    return getattr(x, "name", None) or getattr(x, "code", None)


@pytest.mark.parametrize("exercise", ALL, ids=named)
def test_the_solution_passes_and_the_empty_hole_fails_kindly(exercise, tmp_path):
    path = tmp_path / f"{exercise.name}.py"
    path.write_text(exercise.file())
    first = check(exercise, path)
    assert (first.passed, first.is_empty, first.reached) == (False, True, ())
    if exercise.starts_with == "...":
        assert first.sentence == "The hole is not filled yet: put your answer where the ... is."
    else:  # a bug is to be found, and what it does is said
        assert first.sentence == f"Nothing is changed yet. As it is, {exercise.mutants[0].sentence}."
    path.write_text(exercise.source(exercise.solution))
    assert check(exercise, path, seed=3).passed


@pytest.mark.parametrize(("exercise", "mutant"), MUTANTS, ids=named)
@pytest.mark.parametrize("seed", range(2))
def test_each_mutant_is_refused_with_its_own_sentence(exercise, mutant, seed):
    cases = exercise.cases(seed)
    came, right = exercise.answers(mutant.code, cases), exercise.answers(exercise.solution, cases)
    assert all(answer is not None for answer in came)
    assert not same(came, right)
    assert what_is_wrong(exercise, [np.asarray(x) for x in came], right, cases).lower().startswith(mutant.sentence.lower())


@pytest.mark.long
def test_so_it_is_for_fifty_students():
    for exercise in ALL:
        for seed in range(50):
            cases = exercise.cases(seed)
            right = exercise.answers(exercise.solution, cases)
            for mutant in exercise.mutants:
                came = [np.asarray(x) for x in exercise.answers(mutant.code, cases)]
                said = what_is_wrong(exercise, came, right, cases)
                assert not same(came, right), (exercise.name, seed, mutant.code)
                assert said.lower().startswith(mutant.sentence.lower()), (exercise.name, seed, mutant.code, said)


@pytest.mark.parametrize("exercise", ALL, ids=named)
def test_a_mutant_in_a_file_is_diagnosed(exercise, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(exercise.source(exercise.mutants[1].code))
    result = check(exercise, path, seed=1)
    assert not result.passed
    assert result.sentence.lower().startswith(exercise.mutants[1].sentence.lower())


@pytest.mark.parametrize("exercise", ALL, ids=named)
def test_an_exercise_has_ten_mutants_or_more_and_hints_that_do_not_give_it_away(exercise):
    assert len(exercise.mutants) >= 10
    assert len({mutant.sentence for mutant in exercise.mutants}) >= 8
    assert len(exercise.hints) >= 2
    assert all(exercise.solution not in hint for hint in exercise.hints)
    assert exercise.solution not in exercise.file()


def test_a_number_of_passes_is_a_whole_number_for_the_student_too(tmp_path):
    exercise = EXERCISES["early-stopping"]
    path = tmp_path / "mine.py"
    path.write_text(exercise.source("len(range(best, n)) > len(range(patience))"))
    assert check(exercise, path).passed


@pytest.mark.parametrize(("name", "hole"), [
    ("early-stopping", "error > validation[best] + 0.05 and n - best > patience"),
    ("early-stopping", "n - best > max(patience, 1)"), ("early-stopping", "error > 1 and n - best > patience"),
    ("early-stopping", "n - best > patience and n > 3"),
    ("stop", "abs(dE_dw) < 1.1 * tolerance"), ("stop", "abs(dE_dw) < 0.9 * tolerance"), ("stop", "abs(dE_dw) < 0.1"),
])
def test_what_is_nearly_right_is_not_right(name, hole):
    exercise = EXERCISES[name]
    for seed in range(50):
        cases = exercise.cases(seed)
        assert not same(exercise.answers(hole, cases), exercise.answers(exercise.solution, cases)), seed


@pytest.mark.parametrize(("name", "hole"), [
    ("stop", "abs(dE_dw) < 0.01"), ("stop", "abs(dE_dw / w) < tolerance"), ("stop", "abs(dE_dw * w) < tolerance"),
    ("stop", "round(dE_dw, 2) == 0"), ("stop", "abs(dE_dw) < w"), ("early-stopping", "n - best > 3"),
    ("early-stopping", "n - best > patience and n > 3"), ("error", "0.5 * (y - target) ** 2 + 1e-6"),
    ("delta", "round(y - target, 4)"),
])
def test_what_is_in_no_bank_is_not_called_something_that_is(name, hole):
    exercise = EXERCISES[name]
    for seed in range(30):
        cases = exercise.cases(seed)
        came, right = ([np.asarray(x, dtype=float) for x in exercise.answers(code, cases)] for code in (hole, exercise.solution))
        said = what_is_wrong(exercise, came, right, cases)
        assert said.startswith(("Not right, though close", "Not right, and none of the usual")), (seed, said)


def test_the_shape_that_is_shown_is_the_one_that_differs(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("kept = []\ndef gradient(z, w, delta_out):\n    kept.append(z.T @ delta_out)\n    return kept[0]\n")
    said = check(EXERCISES["weight-decay"], path, seed=3).sentence
    came, wanted = said.split("of shape ")[1:]
    assert came.split(")")[0] != wanted.split(")")[0]


COUNTER = """
def best_pass(validation, patience):
    best = count = 0
    for n, error in enumerate(validation):
        if error %s validation[best]:
            best = n%s
        elif n > 0:
            count += 1
        if count > patience:
            break
    return best
"""


@pytest.mark.parametrize(("better", "again", "passed"), [
    ("<", "; count = 0", True), ("<", "", False), ("<=", "; count = 0", False),
])
def test_early_stopping_may_count_but_has_to_begin_again_and_only_for_what_is_lower(tmp_path, better, again, passed):
    path = tmp_path / "mine.py"
    path.write_text(COUNTER % (better, again))
    for seed in range(5):
        assert check(EXERCISES["early-stopping"], path, seed).passed is passed


@pytest.mark.parametrize(("name", "hole", "false"), [
    ("early-stopping", "n - best <= patience", "a new lowest error"), ("early-stopping", "error > validation[n - 1]", "at once"),
    ("stop", "abs(dE_dw) < 1e-6", "exactly 0"), ("stop", "abs(dE_dw * w) < tolerance", "every slope"),
    ("stop", "False", "exactly 0"), ("slope", "delta * x * w", "not y"),
])
def test_nothing_is_said_that_was_not_done(name, hole, false):
    exercise = EXERCISES[name]
    for seed in range(20):
        cases = exercise.cases(seed)
        came, right = ([np.asarray(x, dtype=float) for x in exercise.answers(code, cases)] for code in (hole, exercise.solution))
        assert false not in what_is_wrong(exercise, came, right, cases)


@pytest.mark.parametrize(("hole", "says"), [
    ("y - target,", "gave an array of shape (1,), and should give one number: is there a comma or a bracket too many?"),
    ("0.5(y - target)", "you wrote 0.5(y - target) as a call: * is missing."),
    ("(y - target)^2", "a power is written **, and not ^"), ("np.abs(y)", "write import numpy as np at the top"),
])
def test_what_python_says_is_said_so_that_a_beginner_understands(tmp_path, hole, says):
    path = tmp_path / "mine.py"
    path.write_text(EXERCISES["delta"].source(hole))
    assert says in check(EXERCISES["delta"], path).sentence


def test_brackets_that_are_missing_around_the_sum_are_hinted_at(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(EXERCISES["hidden-delta"].source("z * (1 - z) * delta_out @ w.T"))
    said = {check(EXERCISES["hidden-delta"], path, seed).sentence for seed in range(5)}
    assert any("do not fit entry by entry: is a bracket, an @ or a .T missing?" in sentence for sentence in said)


def test_no_answer_is_the_same_as_none():
    assert not same([None], [None])
    assert not same([1.0], [None])
    assert same([1.0, np.ones(2)], [1.0 + 1e-9, np.ones(2)])


def test_there_are_sixteen_from_delta_to_early_stopping_with_bugs_to_find():
    assert len(ALL) == 16
    assert sum(exercise.starts_with != "..." for exercise in ALL) == 2
    assert sum(len(exercise.mutants) for exercise in ALL) >= 200


def test_numbers_differ_from_student_to_student_and_stay_the_same_for_one():
    exercise = EXERCISES["delta"]
    assert exercise.cases(1) == exercise.cases(1)
    assert exercise.cases(1) != exercise.cases(2)
    assert EXERCISES["error"].cases(1) != exercise.cases(1)
