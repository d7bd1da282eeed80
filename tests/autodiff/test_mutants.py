"""The laws are strict enough: what is changed in a rule, they notice. `python -m tests.autodiff.mutants` tells more."""

import pytest

from tests.autodiff.mutants import Hangs, breaks, mutants_of, no_longer_than, spread_over_units, tried, units
from tests.autodiff.survivors import SURVIVORS
from tinygrad_edu.autodiff.primitive import OPERATIONS

UNITS = units()
NOT_EQUIVALENT = 0.95  # of all mutants at least


def test_every_rule_has_mutants():
    assert {unit.name for unit in UNITS if mutants_of(unit)} >= OPERATIONS.keys()


def test_at_least_95_percent_of_a_sample_of_mutants_are_killed_and_the_others_have_a_reason():
    tally = tried(spread_over_units(UNITS, 300, seed=0))
    assert not tally.unexplained
    assert tally.share >= NOT_EQUIVALENT


def test_at_most_5_percent_of_all_mutants_are_said_to_be_equivalent():
    assert len(SURVIVORS) <= (1 - NOT_EQUIVALENT) * sum(len(mutants_of(unit)) for unit in UNITS)


@pytest.mark.long
@pytest.mark.parametrize("unit", [pytest.param(unit, id=unit.label) for unit in UNITS])
def test_every_mutant_is_killed_unless_a_reason_is_given_why_it_cannot_be(unit):
    mutants = mutants_of(unit)
    assert set(map(str, tried(mutants).alive)) == SURVIVORS.keys() & set(map(str, mutants))


def test_a_reason_is_given_only_for_mutants_that_there_are():
    assert SURVIVORS.keys() <= {str(mutant) for unit in UNITS for mutant in mutants_of(unit)}


def test_trying_mutants_leaves_the_operations_as_they_are():
    before = dict(OPERATIONS)
    tried(spread_over_units(UNITS, 3, seed=1))
    assert before == OPERATIONS


def test_a_law_that_hangs_is_stopped():
    def forever():
        while True:
            pass

    with pytest.raises(Hangs), no_longer_than(0.05):
        forever()


def test_a_law_that_fails_without_an_exception_is_not_taken_for_one_that_holds():
    class Hanging:
        sentence = "it comes to an end"

        def __call__(self, op, *sample):
            raise Hangs

    assert breaks(Hanging(), OPERATIONS["exp"], ((), {})).startswith("Hangs in it comes to an end")
