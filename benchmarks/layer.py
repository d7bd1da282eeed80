"""One layer, y = sigmoid(x @ w + b) at 8 × 8, float64: forward, and backward from sum(y) to x, w and b."""

from __future__ import annotations

import numpy as np

from benchmarks.runner import race, rows


def measure(turns):
    return rows(race([by_hand, tinygrad_edu, torch, autograd], turns=turns), at_most={"by_hand": 2.5})


def start():
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in [(8, 8), (8, 8), (8,)]]


def by_hand():
    x, w, b = start()

    def step():
        y = 1 / (1 + np.exp(-(x @ w + b)))
        delta = y * (1 - y)
        return np.sum(y), [delta @ w.T, x.T @ delta, delta.sum(axis=0)]

    return step


def tinygrad_edu():
    from tinygrad_edu import Value

    x, w, b = [Value(data) for data in start()]

    def step():
        E = (x @ w + b).sigmoid().sum()
        E.backward()
        return E.data, [x.grad, w.grad, b.grad]

    return step


def torch():
    import torch

    leaves = x, w, b = [torch.tensor(data, requires_grad=True) for data in start()]

    def step():
        E = torch.sigmoid(x @ w + b).sum()
        E.backward()
        gradients = [leaf.grad for leaf in leaves]
        for leaf in leaves:
            leaf.grad = None
        return E.item(), gradients

    return step


def autograd():
    import autograd.numpy as anp
    from autograd import value_and_grad

    gradient = value_and_grad(lambda x, w, b: anp.sum(1 / (1 + anp.exp(-(anp.dot(x, w) + b)))), argnum=(0, 1, 2))
    leaves = start()
    return lambda: gradient(*leaves)
