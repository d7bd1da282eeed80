"""Times contenders in turns, A B C A B C, in one process, after checking that they compute the same thing.

A contender is a function that makes a `step`; step() does one unit of work and returns (loss, list of gradients). It is
named after its library. Turns are interleaved so that a busy neighbour slows everybody, and a ratio is the median over
the turns of the ratio within each turn: a neighbour who comes and goes moves it less than the ratio of two medians.
Python's garbage collector is left on, and each pays for its own garbage only: what the others left behind is collected,
untimed, before its turn, and the hundred thousand objects that torch's import makes are frozen, out of the collector's
sight, so that nobody's collections have to search them.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.table import Row

Step = Callable[[], tuple[float, Sequence[Any]]]
Times = dict[str, list[float]]  # name -> seconds a step, turn by turn

PEERS = ("torch", "autograd", "micrograd")  # the extra `peers`; a contender of one that is not installed is left out
MISSING = [name for name in PEERS if find_spec(name) is None]


def race(contenders: Sequence[Callable[[], Step]], *, turns: int, at_least: int = 1, tolerance: float = 1e-10) -> Times:
    """The times of those that are installed. Raises AssertionError if losses or gradients differ by more than the tolerance."""
    steps = {make.__name__: make() for make in contenders if make.__name__ not in MISSING}
    if "torch" in steps:
        sys.modules["torch"].set_num_threads(1)
    agree({name: step() for name, step in steps.items()}, tolerance)
    return in_turns(steps, turns=turns, at_least=at_least)


def in_turns(steps: dict[str, Callable[[], Any]], *, turns: int, at_least: int = 1, seconds: float = 0.05) -> Times:
    """Each steps in every turn: as often as fits into `seconds`, and `at_least` so many times."""
    repeats = {}
    for name, step in steps.items():
        step()  # the first one warms up
        repeats[name] = max(at_least, int(seconds / seconds_a_step(step)))
    times: Times = {name: [] for name in steps}
    with imports_frozen():
        for _ in range(turns):
            for name, step in steps.items():
                times[name].append(seconds_a_step(step, repeats[name]))
    return times


def seconds_a_step(step: Callable[[], Any], repeats: int = 1) -> float:
    """The mean over the repeats, after what others left behind has been collected."""
    gc.collect()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - start) / repeats


@contextmanager
def imports_frozen() -> Iterator[None]:
    """Inside, the garbage collector does not look at what is there already."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def agree(results: dict[str, tuple[float, Sequence[Any]]], tolerance: float) -> None:
    """Every contender must find the first one's loss and gradient: a race of different computations says nothing."""
    (first, (loss, gradients)), *others = results.items()
    for name, (its_loss, its_gradients) in others:
        np.testing.assert_allclose(its_loss, loss, rtol=tolerance, err_msg=f"loss: {name} against {first}")
        for its, theirs in zip(its_gradients, gradients, strict=True):
            np.testing.assert_allclose(its, theirs, rtol=tolerance, atol=tolerance, err_msg=f"gradient: {name} against {first}")


def rows(times: Times, at_most: dict[str, float]) -> list[Row]:
    """A row for each contender. at_most: what our time may be, as a multiple of a contender's."""
    first, ours = next(iter(times.values())), times["tinygrad_edu"]
    table = []
    for name, its in times.items():
        ratio, limit = paired(ours, its), at_most.get(name)
        table.append(Row(name, statistics.median(its), to_first=paired(its, first), ours_to_it=ratio,
                         target=f"≤ {limit:.3g} ×" if limit else "", reached=ratio <= limit if limit else None))
    return table


def paired(times: Sequence[float], others: Sequence[float]) -> float:
    """How many times as long as the others' these take: the median of the ratios within each turn."""
    return statistics.median(t / other for t, other in zip(times, others))
