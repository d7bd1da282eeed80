"""A chain of 100,000 operations on a vector of 8, built and walked back; and one of 1,000,000, to see that time is linear."""

from __future__ import annotations

import numpy as np

from benchmarks.runner import imports_frozen, race, rows, seconds_a_step
from benchmarks.table import Row

a, b = 0.9999, 0.001


def measure(turns):
    times = race([torch, tinygrad_edu], turns=turns)
    with imports_frozen():
        short, long = [seconds_a_step(tinygrad_edu(operations)) for operations in (100_000, 1_000_000)]
    return [*rows(times, at_most={"torch": 0.3}),  # 0.6 s where torch takes 2 s
            Row("tinygrad_edu, 1,000,000 (once)", long),
            Row("1,000,000 against 100,000", long / short, "×", target="about 10", reached=7 < long / short < 14)]


def tinygrad_edu(operations=100_000):
    from tinygrad_edu import Value

    x = Value(np.linspace(-1, 1, 8))

    def step():
        y = x
        for _ in range(operations // 2):
            y = y * a + b
        E = y.sum()
        E.backward()
        return E.data, [x.grad]

    return step


def torch(operations=100_000):
    import torch

    x = torch.tensor(np.linspace(-1, 1, 8), requires_grad=True)

    def step():
        y = x
        for _ in range(operations // 2):
            y = y * a + b
        E = y.sum()
        E.backward()
        gradient, x.grad = x.grad, None
        return E.item(), [gradient]

    return step
