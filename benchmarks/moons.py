"""micrograd's demo, all in scalars: a 2-16-16-1 relu network on 100 points of two moons, one training step.

A step is forward and backward of the max-margin loss with L2 regularisation, 66,000 nodes or so; the weights are left
unchanged. The program is micrograd's own (demo.ipynb and micrograd/nn.py), written once and given either library's
Value. Its data are Python's floats: the notebook's are NumPy's, which would slow micrograd further.
"""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np

from benchmarks.runner import race, rows
from benchmarks.table import Row

alpha = 1e-4


def measure(turns):
    # micrograd's graphs are cyclic garbage: three steps a turn, so that it pays for collecting some of them
    times = race([micrograd, tinygrad_edu], turns=turns, at_least=3)
    nodes = count_nodes()
    return [*rows(times, at_most={"micrograd": 1 / 4}),
            Row("nodes on our record", nodes, "nodes", target="69,000 ± 10 %", reached=abs(nodes - 69_000) < 6_900)]


def micrograd():
    from micrograd.engine import Value

    return training_step(Value)


def tinygrad_edu():
    from tinygrad_edu import Value

    return training_step(Value)


def training_step(Value):
    model, (points, labels) = MLP(Value, [2, 16, 16, 1], random.Random(0)), moons()

    def step():
        E = error(Value, model, points, labels)
        for p in model.parameters():
            p.grad = 0
        E.backward()
        return E.data, [p.grad for p in model.parameters()]

    return step


def error(Value, model, points, labels):
    scores = [model([Value(x) for x in point]) for point in points]
    losses = [(1 + -label * score).relu() for label, score in zip(labels, scores)]
    return sum(losses) * (1.0 / len(losses)) + alpha * sum(p * p for p in model.parameters())


def moons(n=50):
    """Two interleaved half circles of n points each, with noise; labels +1 and -1."""
    angle, rng = np.linspace(0, np.pi, n), np.random.default_rng(0)
    upper, lower = np.c_[np.cos(angle), np.sin(angle)], np.c_[1 - np.cos(angle), 0.5 - np.sin(angle)]
    points = np.concatenate([upper, lower]) + rng.normal(scale=0.1, size=(2 * n, 2))
    return points.tolist(), [1.0] * n + [-1.0] * n


def count_nodes():
    from tinygrad_edu import Value
    from tinygrad_edu.autodiff.walk import ancestors

    return len(ancestors(error(Value, MLP(Value, [2, 16, 16, 1], random.Random(0)), *moons())))


class Neuron:
    def __init__(self, Value, n_in, nonlinear, rng):
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(n_in)]
        self.b = Value(0.0)
        self.nonlinear = nonlinear

    def __call__(self, x):
        u = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return u.relu() if self.nonlinear else u

    def parameters(self):
        return [*self.w, self.b]


class MLP:
    def __init__(self, Value, sizes, rng):
        self.layers = [[Neuron(Value, n_in, n_out > 1, rng) for _ in range(n_out)] for n_in, n_out in pairwise(sizes)]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]

    def parameters(self):
        return [p for layer in self.layers for neuron in layer for p in neuron.parameters()]
