"""The numbers that are drawn for an exercise tell its mistakes apart, whatever the sizes are."""

import re

import numpy as np
import pytest

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import verdict
from tinygrad_edu.exercises.exercise import Exercise, Mutant, same

ALL = list(EXERCISES.values())
WITH_ARRAYS = [
    one
    for one in ALL
    if any(isinstance(x, np.ndarray) for x in one.cases(0)[0]) and one.name != "early-stopping"
]


def id_of(exercise):
    return exercise.name


def said(exercise, hole, seed):
    cases = exercise.cases(seed)
    return verdict(
        exercise, [np.asarray(x, dtype=float) for x in exercise.answers(hole, cases)], cases
    ).sentence


@pytest.mark.parametrize(
    ("name", "hole"),
    [
        ("gradient", "2 * x.T @ delta / len(x)"),
        ("weight-gradient", "2 * z.T @ delta_out / len(z)"),
        ("bug-in-the-sum", "dE_dw = dE_dw + 2 * delta_t * x[t] / len(x)"),
        ("weight-decay", "2 * z.T @ delta_out / len(z) + decay * w"),
        ("sigmoid-output", "2 * (y - target) * y * (1 - y) / len(y)"),
        ("layer-step", "w - epsilon * 2 * z.T @ delta_out / len(z)"),
    ],
)
def test_twice_the_mean_is_never_called_a_half(name, hole):
    for seed in range(60):
        sentence = said(EXERCISES[name], hole, seed)
        assert "the mean of" in sentence, (seed, sentence)
        assert "½ is gone" not in sentence


def without_a_size(exercise):
    """The mutants in which no size of an array occurs."""
    return [
        mutant
        for mutant in exercise.mutants
        if not re.search(r"len\(|shape|\.size|mean", mutant.code)
    ]


@pytest.mark.parametrize("exercise", WITH_ARRAYS, ids=id_of)
def test_the_right_answer_by_a_size_that_can_vary_is_no_mistake_without_a_size(exercise):
    for seed in range(20):
        cases = exercise.cases(seed)
        right = exercise.answers(exercise.solution, cases)
        sizes = np.array([[n for x in case for n in np.shape(x)] for case in cases], dtype=float)
        by_a_number = without_a_size(exercise)
        for a in range(sizes.shape[1]):
            for factor in (sizes[:, a], 1 / sizes[:, a], 2 / sizes[:, a], sizes[:, a] / 2):
                if (
                    exercise
                    in (EXERCISES["gradient"], EXERCISES["output"], EXERCISES["bug-in-the-sum"])
                    and np.ptp(sizes[:, a]) == 0
                ):
                    continue  # the 2 weights
                scaled = [f * answer for f, answer in zip(factor, right)]
                assert not same(scaled, right), (seed, a)
                assert not [
                    one.code
                    for one in by_a_number
                    if same(scaled, exercise.answers(one.code, cases))
                ], (seed, a)


@pytest.mark.parametrize("exercise", WITH_ARRAYS, ids=id_of)
def test_the_sizes_of_a_case_differ_and_those_of_the_cases_too(exercise):
    for seed in range(50):
        cases = exercise.cases(seed)
        assert len({np.shape(case[0]) for case in cases}) > 1
        for case in cases:
            rows, columns = case[0].shape
            assert rows != columns
    if exercise.name in ("hidden-delta", "weight-gradient", "layer-step", "weight-decay"):
        assert all(len({*z.shape, *w.shape}) == 3 for z, w, _ in cases)
    if exercise.name == "bug-in-the-order":
        assert all(
            len({*x.shape, *w_hidden.shape, *w_out.shape}) == 4 for x, _, w_hidden, w_out in cases
        )


@pytest.mark.parametrize(
    ("name", "hole"),
    [
        ("hidden-delta", "z * (1 - z) * (delta_out @ w)"),
        ("hidden-delta", "z * (1 - z) * delta_out @ w.T"),
        ("weight-gradient", "z @ delta_out"),
        ("weight-gradient", "z * delta_out"),
        ("layer-step", "w - epsilon * z @ delta_out"),
        ("gradient", "delta * x"),
        ("gradient", "x @ delta"),
        ("output", "w @ x"),
    ],
)
def test_a_product_of_the_wrong_two_fits_by_no_accident(name, hole):
    exercise = EXERCISES[name]
    for seed in range(30):
        assert exercise.answers(hole, exercise.cases(seed)) == [None] * exercise.draws, seed


def four_or_five(rng):
    T = int(rng.choice([4, 4, 5]))
    return rng.normal(size=(T, 2)), rng.normal(size=T)


def test_numbers_are_drawn_again_where_all_sizes_are_the_same_by_accident():
    exercise = Exercise(
        name="mean",
        title="",
        slide="28",
        text="",
        function="f",
        program="def f(x, delta):\n    return HOLE\n",
        solution="delta @ x",
        inputs=four_or_five,
        hints=(),
        mutants=(Mutant("0.5 * delta @ x", "the ½ is gone"),),
    )
    for seed in range(50):
        assert {len(delta) for _, delta in exercise.cases(seed)} == {4, 5}
        assert said(exercise, "2 * delta @ x / len(x)", seed).startswith(
            "Not right, and none of the usual mistakes"
        )


def test_half_and_the_mean_over_two_weights_are_both_named_where_they_cannot_be_told_apart():
    for hole in ("0.5 * delta @ x", "delta @ x / len(w)", "delta @ x / x.shape[1]"):
        sentence = said(EXERCISES["gradient"], hole, 3)
        assert "the ½ is gone once the square is differentiated" in sentence.lower()
        assert "no mean over the 2 weights" in sentence
