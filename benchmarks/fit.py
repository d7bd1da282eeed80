"""An epoch of `fit` against the bare loop that it replaces: XOR 2-2-1, and a 2-32-32-1 network on 256 points, full batch."""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.runner import in_turns, paired
from benchmarks.table import Row

EPOCHS, LIMIT = (1500, 3000), 1.15  # an epoch costs what the longer run takes more
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])


def measure(turns):
    return [row for sizes, data, epsilon in (((2, 2, 1), XOR, 0.3), ((2, 32, 32, 1), points(), 1e-3))
            for row in compared(sizes, data, epsilon, turns)]


def compared(sizes, data, epsilon, turns):
    steps = {(make, epochs): make(sizes, *data, epsilon, epochs) for epochs in EPOCHS for make in (bare_loop, with_fit)}
    for epochs in EPOCHS:
        for found, theirs in zip(steps[with_fit, epochs](), steps[bare_loop, epochs]()):  # the same path, to the last bit
            np.testing.assert_array_equal(found, theirs)
    times, (short, long) = in_turns(steps, turns=turns), EPOCHS
    loop, ours = ([(more - less) / (long - short) for less, more in zip(times[make, short], times[make, long])]
                  for make in (bare_loop, with_fit))
    ratio, name = paired(ours, loop), "-".join(map(str, sizes))
    return [Row(f"bare loop, {name}", statistics.median(loop), to_first=1.0),
            Row(f"fit, {name}", statistics.median(ours), to_first=ratio, target=f"≤ {LIMIT} × the loop", reached=ratio <= LIMIT)]


def points():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(256, 2))
    return x, np.sin(x[:, :1])


def bare_loop(sizes, x, target, epsilon, epochs):
    from tinygrad_edu import Network, half_squared_error

    def step():
        network = Network(*sizes, bias=True, seed=1)
        parameters = network.parameters
        for _ in range(epochs):
            E = half_squared_error(network(x), target)
            E.backward()
            for w in parameters:
                w.data = w.data - epsilon * w.grad
        return [w.data for w in parameters]

    return step


def with_fit(sizes, x, target, epsilon, epochs):
    from tinygrad_edu import GradientDescent, Network, fit

    def step():
        network = Network(*sizes, bias=True, seed=1)
        fit(network, x, target, GradientDescent(epsilon), epochs=epochs, tolerance=0)
        return [w.data for w in network.parameters]

    return step
