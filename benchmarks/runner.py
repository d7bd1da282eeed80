"""Times contenders in turns, A B C A B C, in one process, after checking that they compute the same thing.

A contender is a function that makes a `step`; step() does one unit of work and returns (loss, gradient). Turns are
interleaved so that a busy neighbour slows everybody, and what is reported is the median of each and its ratio to
the first. Python's garbage collector is left on; what one contender leaves behind is collected, untimed, before the
next one's turn, so that each pays for its own garbage only.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Step = Callable[[], tuple[float, Any]]


def race(contenders: dict[str, Callable[[], Step]], *, turns: int = 15, seconds: float = 0.05,
         tolerance: float = 1e-10) -> dict[str, float]:
    """{name: median seconds a step}. Raises AssertionError if losses or gradients differ by more than the tolerance."""
    steps = {name: make() for name, make in contenders.items()}
    agree({name: step() for name, step in steps.items()}, tolerance)
    repeats = {name: max(1, int(seconds / _once(step))) for name, step in steps.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(turns):
        for name, step in steps.items():
            gc.collect()
            start = time.perf_counter()
            for _ in range(repeats[name]):
                step()
            times[name].append((time.perf_counter() - start) / repeats[name])
    return {name: statistics.median(ts) for name, ts in times.items()}


def agree(results: dict[str, tuple[float, Any]], tolerance: float) -> None:
    """Every contender must find the first one's loss and gradient: a race of different computations says nothing."""
    (first, (loss, gradient)), *others = results.items()
    for name, (its_loss, its_gradient) in others:
        np.testing.assert_allclose(its_loss, loss, rtol=tolerance, err_msg=f"loss: {name} against {first}")
        np.testing.assert_allclose(its_gradient, gradient, rtol=tolerance, atol=tolerance, err_msg=f"gradient: {name} against {first}")


def _once(step: Step) -> float:
    step()
    start = time.perf_counter()
    step()
    return time.perf_counter() - start
