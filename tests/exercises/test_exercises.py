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
    if exercise.starts_with == "...":
        assert (first.passed, first.is_empty) == (False, True)
        assert first.sentence == "The hole is not filled yet: put your answer where the ... is."
    else:  # a bug is to be found, and what it does is said
        assert first.sentence.lower().startswith(exercise.mutants[0].sentence.lower())
    path.write_text(exercise.source(exercise.solution))
    assert check(exercise, path, seed=3).passed


@pytest.mark.parametrize(("exercise", "mutant"), MUTANTS, ids=named)
@pytest.mark.parametrize("seed", range(5))
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
    path.write_text(exercise.source(exercise.mutants[0].code))
    result = check(exercise, path, seed=1)
    assert not result.passed
    assert result.sentence.lower().startswith(exercise.mutants[0].sentence.lower())


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


def test_no_answer_is_the_same_as_none():
    assert not same([None], [None])
    assert not same([1.0], [None])
    assert same([1.0, np.ones(2)], [1.0 + 1e-9, np.ones(2)])


def test_there_are_sixteen_from_delta_to_early_stopping_with_bugs_to_find():
    assert len(ALL) == 16
    assert sum(exercise.starts_with != "..." for exercise in ALL) == 2
    assert sum(len(exercise.mutants) for exercise in ALL) >= 190


def test_numbers_differ_from_student_to_student_and_stay_the_same_for_one():
    exercise = EXERCISES["delta"]
    assert exercise.cases(1) == exercise.cases(1)
    assert exercise.cases(1) != exercise.cases(2)
    assert EXERCISES["error"].cases(1) != exercise.cases(1)
