"""The progress bar: there after a second, for those who look, and never in the way of the items."""

import sys
import types

import pytest

from tinygrad_edu.learning import progress as module
from tinygrad_edu.learning.progress import progress


class Bar:
    def __init__(self, **options):
        self.options, self.done, self.closed = options, options["initial"], False
        Bar.made.append(self)

    def update(self):
        self.done += 1

    def close(self):
        self.closed = True


@pytest.fixture(autouse=True)
def tqdm(monkeypatch):
    Bar.made = []
    monkeypatch.setitem(sys.modules, "tqdm", types.SimpleNamespace(tqdm=Bar))


def test_what_takes_less_than_a_second_has_no_bar():
    assert list(progress(range(5), "pass", 5)) == [0, 1, 2, 3, 4]
    assert not Bar.made


def test_what_takes_longer_has_one_that_counts_all_items_and_is_closed(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", -1.0)
    assert list(progress(range(5), "pass", 5)) == [0, 1, 2, 3, 4]
    (bar,) = Bar.made
    assert (bar.options["total"], bar.options["unit"], bar.done, bar.closed) == (5, " pass", 5, True)


def test_the_bar_is_closed_when_the_loop_is_left(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", -1.0)
    for item in progress(range(5), "pass", 5):
        if item == 2:
            break
    assert Bar.made[0].closed


def test_without_tqdm_there_is_none(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", -1.0)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert list(progress(range(3), "pass")) == [0, 1, 2]
