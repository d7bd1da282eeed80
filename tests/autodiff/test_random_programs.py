"""Thousands of random programs give the values, gradients and Hessian-vector products that HIPS autograd and torch give.

2,000 of them in every run. TINYGRAD_EDU_PROGRAMS=100000 makes it any number, always those with the seeds from 0 on; for others
there is `python -m tests.autodiff.programs --from 5000000 --count 10000`. torch is asked where it is installed.
"""

import json
import os
from collections import Counter
from contextlib import contextmanager
from unittest import mock

import numpy as np
import pytest

from tests.autodiff import programs
from tests.autodiff.programs import Program, Step, __main__
from tests.autodiff.programs.making import Unfit
from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff import walk
from tinygrad_edu.autodiff.mistakes import numbers_of, shape_of
from tinygrad_edu.autodiff.primitive import OPERATIONS

COUNT = int(os.environ.get("TINYGRAD_EDU_PROGRAMS", 2000))
CHUNK = 50  # in one test, so that workers can share them


def at_once(first):
    return pytest.param(range(first, min(first + CHUNK, COUNT)), id=f"{first}-{min(first + CHUNK, COUNT) - 1}")


@pytest.mark.parametrize("seeds", [at_once(first) for first in range(0, COUNT, CHUNK)])
def test_random_programs_have_the_values_and_derivatives_that_others_give_them(seeds):
    for seed in seeds:
        program = programs.make(seed)
        if programs.disagreements(program):
            _, text = programs.report(program)
            pytest.fail(f"{text}\n# python -m tests.autodiff.programs {seed} --compare --keep", pytrace=False)


@pytest.mark.skipif(programs.torch is None, reason="torch is not installed: the programs were compared with HIPS autograd alone")
def test_torch_is_asked_where_it_is_installed():
    assert "gradient by backward against torch" in programs.errors(programs.make(2))


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry["why"]) for entry in programs.kept()])
def test_a_program_that_failed_once_agrees_now(entry):
    assert programs.disagreements(programs.from_data(entry["program"])) == []


# -- what the programs are ------------------------------------------------------------------------------------------


def test_every_operation_is_in_programs_or_left_out_for_a_reason():
    in_programs = {row.record for row in programs.TABLE.values()}
    assert set(OPERATIONS) - in_programs == set(programs.LEFT_OUT)
    assert all(programs.LEFT_OUT.values())


def test_every_operation_comes_in_many_programs():
    asked = Counter()
    for seed in range(1000):
        asked.update({step.operation for step in programs.folded(programs.make(seed)).steps})
    assert {name: asked[name] for name in programs.TABLE if asked[name] < 10} == {}


def test_a_seed_is_one_program():
    for seed in range(50):
        once, again = programs.as_data(programs.make(seed)), programs.as_data(programs.make(seed))
        assert json.dumps(once) == json.dumps(again)


def test_a_program_goes_through_a_file_unchanged():
    for seed in range(50):
        program = programs.make(seed)
        again = programs.from_data(json.loads(json.dumps(programs.as_data(program))))
        assert programs.as_python(again) == programs.as_python(program)
        assert [step.parameters for step in again.steps] == [step.parameters for step in program.steps]


def test_a_program_as_python_runs_as_it_stands():
    for seed in range(50):
        program, space = programs.folded(programs.make(seed)), {}
        exec(programs.as_python(program), space)
        gradients = space["vjp"](space["f"], *(space[name] for name in program.inputs))[1](1.0) if program.inputs else []
        assert [np.shape(g) for g in gradients] == [np.shape(x) for x in program.inputs.values()]


def test_numbers_that_an_operation_cannot_take_are_no_program():
    program = Program(None, {"x0": np.array([1.0, -1.0])}, (Step("v0", "log", ("x0",)),), (("v0", 1.0),))
    with pytest.raises(Unfit):
        programs.errors(program)


def test_the_command_prints_one_program_or_compares_many(capsys):
    assert __main__.main(["123"]) == 0
    assert "def f(" in capsys.readouterr().out
    assert __main__.main(["--from", "40", "--count", "3"]) == 0
    assert "3 programs" in capsys.readouterr().out


# -- mistakes that are planted are found, and made small ----------------------------------------------------------------


@contextmanager
def tampered(name, **changes):
    """The record with other rules, for a while."""
    op = OPERATIONS[name]
    before = {field: getattr(op, field) for field in changes}
    try:
        for field, change in changes.items():
            object.__setattr__(op, field, change(before[field]))  # it is frozen
        yield
    finally:
        for field, old in before.items():
            object.__setattr__(op, field, old)


def first_copy_alone(a, *, shape):
    """What sum_to should have added up."""
    extra = len(shape_of(a)) - len(shape)
    return a[(0,) * extra + tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)] if extra >= 0 else a


def pulled(change):
    """A reverse rule that gives something else than it should."""
    return {"pull": lambda pull: lambda parents, ybar, y, xs, parameters: change(pull, parents, ybar, y, xs, parameters)}


PLANTED = {
    "a partial of the wrong sign": lambda: tampered("cos", **pulled(lambda pull, *given: [-xbar for xbar in pull(*given)])),
    "one input that gets the other's share": lambda: tampered("divide", **pulled(
        lambda pull, parents, ybar, y, xs, p: [None if parent is None else ybar / xs[1] for parent in parents])),
    "an axis that is always the last": lambda: tampered("softmax", **pulled(
        lambda pull, parents, ybar, y, xs, p: pull(parents, ybar, y, xs, {"axis": -1}))),
    "a slope taken for a constant": lambda: tampered("tanh", **pulled(
        lambda pull, parents, ybar, y, xs, p: [ybar * (1.0 - np.square(numbers_of(y)))])),
    "an order of axes that is not undone": lambda: tampered("transpose", **pulled(
        lambda pull, parents, ybar, y, xs, p: [ops.transpose(ybar, **p)])),
    "a sum that is a mean in forward mode": lambda: tampered(
        "sum", push=lambda push: lambda xdots, y, xs, p: ops.mean(xdots[0], **p)),
    "an input that is left out in forward mode": lambda: tampered(
        "matmul", push=lambda push: lambda xdots, y, xs, p: push(xdots if xdots[0] is None else [xdots[0], None], y, xs, p)),
    "= where += should be": lambda: tampered("scatter", forward=lambda forward: assigned),
    "a broadcast that is not undone": lambda: mock.patch.object(walk, "sum_to", mock.Mock(
        side_effect=first_copy_alone, forward=first_copy_alone)),
}


def assigned(a, *, index, shape):
    y = np.zeros(shape)
    y[index] = a
    return y


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_mistake_is_found_and_shown_in_a_program_of_a_step_or_two(mistake):
    with PLANTED[mistake]():
        seed = next(seed for seed in range(1000) if programs.disagreements(programs.make(seed), with_torch=False))
        small, text = programs.report(programs.make(seed), with_torch=False)
    print(f"{mistake}: found by program {seed}\n{text}")
    assert len(small.steps) <= 2
    assert sum(np.size(x) for x in small.inputs.values()) <= 12
    assert programs.disagreements(small) == []  # the mistake was in ours
