"""Points are for what was derived: none for a constant, an input or a guess; a part for a mistake
with a name; all for what is right, however it is written."""

import random
from itertools import permutations

import numpy as np
import pytest

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import DERIVED, RIGHT, check, verdict
from tinygrad_edu.exercises.mark import MOST, POINTS, mark

ALL = list(EXERCISES.values())
SEEDS = range(6)
ARGUMENTS = {
    exercise.name: exercise.program.split("(")[1].split(")")[0].split(", ")
    if "import" not in exercise.program
    else exercise.program.split("def ")[1].split("(")[1].split(")")[0].split(", ")
    for exercise in ALL
}
TARGETS = {"bug-in-the-sum": ["dE_dw"], "bug-in-the-order": ["w_hidden", "w_out", "delta_hidden"]}
LOCALS = {
    "slope": ["y", "delta"],
    "step": ["epsilon", "dE_dw"],
    "gradient": ["delta"],
    "sigmoid-slope": ["y"],
    "layer-step": ["epsilon"],
    "weight-decay": ["decay"],
    "early-stopping": ["n", "best", "error"],
    "bug-in-the-sum": ["dE_dw", "delta_t", "t"],
    "bug-in-the-order": ["epsilon", "z", "delta_out"],
}


def names_at_hand(exercise):
    return ARGUMENTS[exercise.name] + LOCALS.get(exercise.name, [])


def holes(exercise, expressions):
    """These expressions as what goes into the hole: as assignments where lines belong into it."""
    targets = TARGETS.get(exercise.name)
    return (
        list(expressions)
        if targets is None
        else [f"{target} = {expression}" for expression in expressions for target in targets]
    )


def points_of(exercise, hole, seed):
    """The points for a program with this in its hole, or None if it gives no numbers."""
    cases = exercise.cases(seed)
    answers = exercise.answers(hole, cases)
    if any(answer is None for answer in answers):
        return None
    return points(verdict(exercise, [np.asarray(answer, dtype=float) for answer in answers], cases))


def points(result):
    return sum(POINTS[part] for part in result.reached)


def id_of(exercise):
    return exercise.name


@pytest.mark.parametrize("exercise", ALL, ids=id_of)
def test_a_constant_in_the_hole_earns_nothing(exercise):
    constants = [
        "0",
        "1",
        "-1",
        "0.5",
        "2",
        "7.25",
        "True",
        "False",
        "float('nan')",
        "float('inf')",
        "None",
        "()",
        "[]",
    ]
    for hole in [*holes(exercise, constants), *(["pass", "0"] if exercise.name in TARGETS else [])]:
        for seed in SEEDS:
            assert not points_of(exercise, hole, seed), (hole, seed)


@pytest.mark.parametrize("exercise", ALL, ids=id_of)
def test_a_variable_that_is_at_hand_in_the_hole_earns_nothing(exercise):
    for hole in holes(exercise, names_at_hand(exercise)):
        for seed in SEEDS:
            assert not points_of(exercise, hole, seed), (hole, seed)


@pytest.mark.parametrize("exercise", ALL, ids=id_of)
def test_a_constant_array_of_the_right_shape_earns_nothing(exercise):
    for seed in SEEDS:
        cases = exercise.cases(seed)
        right = [
            np.asarray(answer, dtype=float) for answer in exercise.answers(exercise.solution, cases)
        ]
        for fill in (
            np.zeros_like,
            np.ones_like,
            lambda x: np.full_like(x, np.nan),
            lambda x: np.full_like(x, -3.7),
        ):
            assert verdict(exercise, [fill(answer) for answer in right], cases).reached == ()
        first = [right[0].ravel()[0] * np.ones_like(answer) for answer in right]
        assert verdict(exercise, first, cases).reached == ()


@pytest.mark.parametrize("exercise", ALL, ids=id_of)
def test_numbers_of_the_right_shape_that_are_drawn_at_random_earn_nothing(exercise):
    for seed in SEEDS:
        rng, cases = np.random.default_rng(seed), exercise.cases(seed)
        right = exercise.answers(exercise.solution, cases)
        assert (
            verdict(
                exercise, [rng.normal(size=np.shape(answer)) for answer in right], cases
            ).reached
            == ()
        )
        assert (
            verdict(
                exercise,
                [rng.integers(0, 2, size=np.shape(answer)) * 1.0 for answer in right],
                cases,
            ).reached
            == ()
        )


@pytest.mark.parametrize("exercise", ALL, ids=id_of)
def test_an_input_that_is_handed_back_earns_nothing_whatever_the_program_is_otherwise(exercise):
    for seed in SEEDS:
        cases = exercise.cases(seed)
        for inputs in zip(*cases):
            assert (
                verdict(exercise, [np.asarray(x, dtype=float) for x in inputs], cases).reached == ()
            )


@pytest.mark.parametrize("exercise", [
    pytest.param(exercise, marks=[pytest.mark.long] * (exercise.name == "stop"))  # 300 cases each
    for exercise in ALL], ids=id_of)
def test_one_operation_on_one_or_two_arguments_earns_nothing_but_all(exercise):
    names = ARGUMENTS[exercise.name]
    guesses = [f"{a} {operator} {b}" for a, b in permutations(names, 2) for operator in "+-*/@"]
    guesses += [guess.format(a) for a in names for guess in ("-{}", "1 - {}", "{} ** 2", "2 * {}")]
    alike = {"delta": "target - y", "output": "w @ x"}.get(exercise.name)  # mistakes with a name
    for hole in holes(exercise, guesses):
        for seed in SEEDS:
            assert hole == alike or points_of(exercise, hole, seed) in (None, 0, MOST), (hole, seed)


def test_a_variable_of_the_program_is_no_derivation_in_a_sum_or_a_ratio():
    for hole in ("delta + x", "delta / x", "delta", "2 * delta", "w * x"):
        assert not any(points_of(EXERCISES["slope"], hole, seed) for seed in SEEDS)
    for hole in ("y", "1 - y", "y ** 2", "-y"):
        assert not any(points_of(EXERCISES["sigmoid-slope"], hole, seed) for seed in SEEDS)


def an_expression(names, rng, depth=2):
    if depth == 0:
        return rng.choice([*names, "0.7"])
    a, b = an_expression(names, rng, depth - 1), an_expression(names, rng, depth - 1)
    return rng.choice(
        [
            f"({a} {rng.choice('+-*/@')} {b})",
            f"({a} + 0.7 * {b})",
            f"({a}).T",
            f"np.sum({a})",
            f"({a}) ** 2",
        ]
    )


@pytest.mark.parametrize("exercise", ALL, ids=id_of)
def test_an_expression_of_the_arguments_at_random_earns_nothing_but_what_has_a_name(exercise):
    rng, tried = random.Random(exercise.name), 0
    part = {}
    for n in range(300):
        hole = rng.choice(holes(exercise, [an_expression(ARGUMENTS[exercise.name], rng)]))
        earned = points_of(exercise, hole, n % 3)
        tried += earned is not None
        if earned and earned < MOST:
            part[hole] = [points_of(exercise, hole, seed) for seed in SEEDS]
    assert tried > 30
    assert len(part) <= 3, part  # as (x @ w)**2, where x @ w is right
    assert all(
        earned == [POINTS[DERIVED]] * len(SEEDS) for earned in part.values()
    )  # by no accident of the numbers


@pytest.mark.parametrize("exercise", [one for one in ALL if one.starts_with != "..."], ids=id_of)
def test_lines_of_the_program_with_the_bug_earn_nothing(exercise):
    lines = exercise.starts_with.split("\n")
    for hole in [exercise.starts_with, *lines, "\n".join(lines[:2]), "\n".join(lines[1:])]:
        for seed in SEEDS:
            assert not points_of(exercise, hole, seed), (hole, seed)


@pytest.mark.parametrize(
    ("name", "hole"),
    [
        ("delta", "target - y"),
        ("error", "(y - target) ** 2"),
        ("slope", "delta * w"),
        ("step", "w + epsilon * dE_dw"),
        ("output", "x @ w[::-1]"),
        ("gradient", "delta @ x / len(x)"),
        ("gradient", "2 * delta @ x / len(x)"),
        ("sigmoid-slope", "y * (1 + y)"),
        ("hidden-delta", "z * (delta_out @ w.T)"),
        ("weight-gradient", "delta_out.T @ z"),
        ("stop", "dE_dw < tolerance"),
        ("sigmoid-output", "(y - target) * y"),
        ("layer-step", "w - z.T @ delta_out"),
        ("weight-decay", "z.T @ delta_out - decay * w"),
        ("early-stopping", "n - best >= patience"),
        ("bug-in-the-sum", "dE_dw = dE_dw - delta_t * x[t]"),
        ("delta", "round(y - target, 3)"),
        ("slope", "3 * delta * x"),
    ],
)
def test_a_mistake_with_a_name_earns_a_part(name, hole):
    for seed in SEEDS:
        assert points_of(EXERCISES[name], hole, seed) == POINTS[DERIVED] < MOST


@pytest.mark.parametrize(
    ("name", "hole"),
    [
        ("hidden-delta", "z * (1 - z)"),
        ("weight-gradient", "z.T @ np.ones_like(delta_out)"),
        ("output", "x.sum(axis=1)"),
        ("step", "w - epsilon"),
        ("sigmoid-output", "y * (1 - y)"),
        ("weight-decay", "decay * w"),
        ("stop", "abs(w) < tolerance"),
        ("early-stopping", "n > 0"),
        ("bug-in-the-sum", "dE_dw = dE_dw + x[t]"),
    ],
)
def test_an_answer_from_one_of_the_inputs_earns_nothing_though_its_mistake_is_named(name, hole):
    exercise = EXERCISES[name]
    sentence = next(mutant.sentence for mutant in exercise.mutants if mutant.code == hole)
    cases = exercise.cases(1)
    result = verdict(
        exercise, [np.asarray(x, dtype=float) for x in exercise.answers(hole, cases)], cases
    )
    assert result.reached == ()
    assert result.sentence.lower().startswith(sentence.lower())


@pytest.mark.parametrize(
    ("name", "hole"),
    [
        ("delta", "-(target - y)"),
        ("delta", "-target + y"),
        ("error", "(target - y) ** 2 / 2"),
        ("error", "delta**2 / 2"),
        ("error", "0.5 * abs(y - target) * abs(target - y)"),
        ("error", "(y * y - 2 * y * target + target * target) * 0.5"),
        ("slope", "x * delta"),
        ("slope", "(w * x - target) * x"),
        ("slope", "w * x**2 - x * target"),
        ("step", "w + epsilon * (target - w * x) * x"),
        ("step", "w - 0.3 * x * (w * x - target)"),
        ("output", "x[:, 0] * w[0] + x[:, 1] * w[1]"),
        ("output", "np.dot(x, w)"),
        ("output", "(w * x).sum(axis=1)"),
        ("output", "[float(row @ w) for row in x]"),
        ("output", "np.einsum('ti,i->t', x, w)"),
        ("output", "w @ x.T"),
        ("gradient", "x.T @ delta"),
        ("gradient", "np.array([(delta * x[:, 0]).sum(), (delta * x[:, 1]).sum()])"),
        ("gradient", "sum(d * row for d, row in zip(delta, x))"),
        ("gradient", "(delta[:, None] * x).sum(axis=0)"),
        ("sigmoid-slope", "y - y**2"),
        ("sigmoid-slope", "np.exp(-u) / (1 + np.exp(-u)) ** 2"),
        ("sigmoid-slope", "1 / (2 + np.exp(u) + np.exp(-u))"),
        ("sigmoid-slope", "0.25 - (y - 0.5) ** 2"),
        ("hidden-delta", "(z - z**2) * (w @ delta_out.T).T"),
        ("hidden-delta", "np.einsum('tk,jk->tj', delta_out, w) * z * (1 - z)"),
        ("weight-gradient", "(delta_out.T @ z).T"),
        ("weight-gradient", "sum(np.outer(a, b) for a, b in zip(z, delta_out))"),
        ("stop", "-tolerance < dE_dw < tolerance"),
        ("stop", "dE_dw**2 < tolerance**2"),
        ("stop", "1 if abs(dE_dw) < tolerance else 0"),
        ("stop", "not abs(dE_dw) >= tolerance"),
        ("sigmoid-output", "(y - target) * (y - y**2)"),
        ("layer-step", "w + 0.2 * -(z.T @ delta_out)"),
        ("layer-step", "w - (epsilon * z).T @ delta_out"),
        ("weight-decay", "0.3 * w + np.dot(z.T, delta_out)"),
        ("early-stopping", "patience < n - best"),
        ("early-stopping", "n > best + patience"),
        ("bug-in-the-sum", "dE_dw += delta_t * x[t]"),
        ("bug-in-the-sum", "dE_dw[0] += delta_t * x[t, 0]; dE_dw[1] += delta_t * x[t, 1]"),
        (
            "bug-in-the-order",
            "delta_hidden = (delta_out @ w_out.T) * z * (1 - z)\nw_hidden = w_hidden - epsilon * "
            "x.T @ delta_hidden\n"
            "w_out = w_out - epsilon * z.T @ delta_out",
        ),
    ],
)
def test_what_is_right_earns_all_however_it_is_written(name, hole):
    hole = hole.replace("delta**2", "(y - target)**2") if name == "error" else hole
    for seed in SEEDS:
        assert points_of(EXERCISES[name], hole, seed) == MOST


def test_an_answer_in_another_shape_earns_a_part_if_its_numbers_are_right(tmp_path):
    for name, hole, says in (
        ("delta", "y - target,", "a comma or a bracket too many"),
        ("output", "(x @ w)[:, None]", "reshape it"),
        ("hidden-delta", "(z * (1 - z) * (delta_out @ w.T)).T", "it is transposed"),
    ):
        path = tmp_path / f"{name}.py"
        path.write_text(EXERCISES[name].source(hole))
        result = check(EXERCISES[name], path, seed=1)
        assert points(result) == POINTS[DERIVED]
        assert says in result.sentence
    path.write_text(EXERCISES["hidden-delta"].source("np.sum(delta_out)"))
    result = check(EXERCISES["hidden-delta"], path)
    assert (result.reached, "is there a sum without axis=?" in result.sentence) == ((), True)


def a_class(folder, holes):
    """A student for each of these, with it in every hole."""
    for n, hole in enumerate(holes):
        for exercise in ALL:
            path = folder / f"student{n}" / f"{exercise.name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(exercise.source(hole(exercise)))
    return folder


def test_a_class_that_did_no_work_has_no_points_and_one_that_did_has_all(tmp_path):
    folder = a_class(
        tmp_path / "all",
        [
            lambda exercise: "0",
            lambda exercise: holes(exercise, ["float('nan')"])[0],
            lambda exercise: "return 0" if exercise.name in TARGETS else "1",
            lambda exercise: holes(exercise, ARGUMENTS[exercise.name][-1:])[0],
            lambda exercise: exercise.solution,
        ],
    )
    earned = {}
    for one in mark(folder, seed=5, jobs=2):
        earned[one.student] = earned.get(one.student, 0) + one.points
    assert earned == {
        "student0": 0,
        "student1": 0,
        "student2": 0,
        "student3": 0,
        "student4": MOST * len(ALL),
    }


def test_every_exercise_has_mistakes_that_earn_a_part_and_none_that_earns_all():
    for exercise in ALL:
        cases = exercise.cases(0)
        reached = [
            verdict(
                exercise,
                [np.asarray(x, dtype=float) for x in exercise.answers(mutant.code, cases)],
                cases,
            ).reached
            for mutant in exercise.mutants
        ]
        assert (DERIVED,) in reached
        assert not any(RIGHT in one for one in reached)


def test_an_answer_of_whole_numbers_is_asked_for_arrays_of_integers():
    exercise = EXERCISES["gradient"]
    cases = exercise.cases(0)
    right = exercise.answers(exercise.solution, cases)
    said = verdict(exercise, [np.trunc(answer) for answer in right], cases).sentence
    assert "whole numbers only. Is there an array of integers, //, int() or round()?" in said


def test_a_huge_answer_is_not_called_a_multiple_of_the_right_one():
    exercise = EXERCISES["layer-step"]
    for seed in SEEDS:
        cases = exercise.cases(seed)
        answers = [np.exp(np.minimum(9.0 / np.abs(case[1]), 60.0)) for case in cases]
        result = verdict(exercise, answers, cases)
        assert "times the right one" not in result.sentence
        assert not result.reached
