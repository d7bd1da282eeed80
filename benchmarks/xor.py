"""XOR on a 2-2-1 network with biases, batch of 4, float64: forward, backward and update, as each library's users write it."""

from __future__ import annotations

import numpy as np

from benchmarks.runner import race, rows

x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
target = np.array([[0.0], [1.0], [1.0], [0.0]])
epsilon = 0.0  # the update is computed and timed, and leaves every step the same so that contenders stay comparable


def measure(turns):
    return rows(race([by_hand, tinygrad_edu, torch, autograd], turns=turns), at_most={"by_hand": 2.2, "torch": 1 / 2.5})


def start():
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in [(2, 2), (2,), (2, 1), (1,)]]


def by_hand():
    w1, b1, w2, b2 = start()

    def step():
        nonlocal w1, b1, w2, b2
        z = 1 / (1 + np.exp(-(x @ w1 + b1)))
        y = 1 / (1 + np.exp(-(z @ w2 + b2)))
        difference = y - target
        E = 0.5 * np.sum(difference**2)
        delta_out = difference * y * (1 - y)
        delta_hidden = z * (1 - z) * (delta_out @ w2.T)
        g = [x.T @ delta_hidden, delta_hidden.sum(axis=0), z.T @ delta_out, delta_out.sum(axis=0)]
        w1, b1, w2, b2 = w1 - epsilon * g[0], b1 - epsilon * g[1], w2 - epsilon * g[2], b2 - epsilon * g[3]
        return E, g

    return step


def tinygrad_edu():
    from tinygrad_edu import Value

    weights = w1, b1, w2, b2 = [Value(w) for w in start()]

    def step():
        z = (x @ w1 + b1).sigmoid()
        y = (z @ w2 + b2).sigmoid()
        E = 0.5 * ((y - target) ** 2).sum()
        E.backward()
        g = [w.grad for w in weights]
        for w, dw in zip(weights, g):
            w.data = w.data - epsilon * dw
        return E.data, g

    return step


def torch():
    import torch

    inputs, targets = torch.tensor(x), torch.tensor(target)
    weights = w1, b1, w2, b2 = [torch.tensor(w, requires_grad=True) for w in start()]

    def step():
        z = torch.sigmoid(inputs @ w1 + b1)
        y = torch.sigmoid(z @ w2 + b2)
        E = 0.5 * ((y - targets) ** 2).sum()
        E.backward()
        g = [w.grad for w in weights]
        with torch.no_grad():
            for w, dw in zip(weights, g):
                w -= epsilon * dw
                w.grad = None
        return E.item(), g

    return step


def autograd():
    import autograd.numpy as anp
    from autograd import value_and_grad

    weights = start()

    def error(weights):
        w1, b1, w2, b2 = weights
        z = 1 / (1 + anp.exp(-(anp.dot(x, w1) + b1)))
        y = 1 / (1 + anp.exp(-(anp.dot(z, w2) + b2)))
        return 0.5 * anp.sum((y - target) ** 2)

    gradient = value_and_grad(error)

    def step():
        nonlocal weights
        E, g = gradient(weights)
        weights = [w - epsilon * dw for w, dw in zip(weights, g)]
        return E, g

    return step
