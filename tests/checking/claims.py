"""Claims about gradients, right and wrong: 22 functions, each with six mistakes and nine or ten
points; eleven kinks; claims at ties, which are kinks of several entries together; and jumps."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Claim:
    """f, a claimed gradient (at a kink: two extreme subgradients), and a point."""

    name: str
    f: Any
    gradient: Any
    at: Any


def sigmoid(u):
    return 1 / (1 + np.exp(-u))


X = np.array([[1.0, 0.5, -0.3], [0.2, -0.7, 0.9], [-0.4, 0.1, 0.6], [0.8, 0.8, -0.2]])
TARGET = np.array([0.3, -0.2, 0.5, 0.1])
M = np.array([[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]])


def hidden(w):
    z = sigmoid(X @ w[:3])
    return 0.5 * np.sum((w[3] * z - TARGET) ** 2)


def hidden_gradient(w):
    z = sigmoid(X @ w[:3])
    delta = w[3] * z - TARGET
    return np.append(X.T @ (delta * w[3] * z * (1 - z)), delta @ z)


def softmax_error(w):
    return np.log(np.sum(np.exp(w))) - w[1]


def softmax_gradient(w):
    return np.exp(w) / np.sum(np.exp(w)) - np.eye(len(w))[1]


W = np.array([0.4, -0.8, 1.3])
FUNCTIONS = {  # name -> (f, its gradient, a point)
    "square": (lambda w: np.sum(w**2), lambda w: 2 * w, W),
    "cube": (lambda w: np.sum(w**3), lambda w: 3 * w**2, W),
    "exp": (lambda w: np.sum(np.exp(w)), np.exp, W),
    "sin": (lambda w: np.sum(np.sin(w)), np.cos, W),
    "fast sin": (lambda w: np.sum(np.sin(50 * w)), lambda w: 50 * np.cos(50 * w), W),
    "tanh": (lambda w: np.sum(np.tanh(w)), lambda w: 1 / np.cosh(w) ** 2, W),
    "sigmoid": (lambda w: np.sum(sigmoid(w)), lambda w: sigmoid(w) * (1 - sigmoid(w)), W),
    "log": (lambda w: np.sum(np.log(w)), lambda w: 1 / w, np.array([0.4, 1.5, 3.0])),
    "sqrt": (lambda w: np.sum(np.sqrt(w)), lambda w: 0.5 / np.sqrt(w), np.array([0.4, 1.5, 3.0])),
    "reciprocal": (lambda w: np.sum(1 / w), lambda w: -1 / w**2, W),
    "quadratic form": (lambda w: 0.5 * w @ M @ w, lambda w: M @ w, W),
    "norm": (lambda w: np.sqrt(np.sum(w**2)), lambda w: w / np.sqrt(np.sum(w**2)), W),
    "product": (np.prod, lambda w: np.prod(w) / w, W),
    "softplus": (lambda w: np.sum(np.log1p(np.exp(w))), sigmoid, W),
    "linear unit": (lambda w: 0.5 * np.sum((X @ w - TARGET) ** 2), lambda w: X.T @ (X @ w - TARGET), W),
    "sigmoid unit": (lambda w: 0.5 * np.sum((sigmoid(X @ w) - TARGET) ** 2),
                     lambda w: X.T @ ((sigmoid(X @ w) - TARGET) * sigmoid(X @ w) * (1 - sigmoid(X @ w))), W),
    "hidden unit": (hidden, hidden_gradient, np.append(W, 0.7)),
    "softmax": (softmax_error, softmax_gradient, W),
    "with decay": (lambda w: 0.5 * np.sum((X @ w - TARGET) ** 2) + 0.05 * np.sum(w**2),
                   lambda w: X.T @ (X @ w - TARGET) + 0.1 * w, W),
    "Rosenbrock": (lambda w: np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2),
                   lambda w: np.append(-400 * w[:-1] * (w[1:] - w[:-1] ** 2) - 2 * (1 - w[:-1]), 0.0)
                   + np.append(0.0, 200 * (w[1:] - w[:-1] ** 2)), W),
    "far offset": (lambda w: 1e5 + np.sum(np.sin(w)), np.cos, W),
    "small": (lambda w: 1e-6 * np.sum(np.exp(w)), lambda w: 1e-6 * np.exp(w), W),
}


def last_entry(g, by):
    g = np.array(g)
    g[-1] *= by
    return g


BUGS = {  # what a hand makes of a right gradient g at w
    "sign": lambda g, w: -g,
    "twice": lambda g, w: 2 * g,
    "a part in ten thousand": lambda g, w: g * 1.0001,
    "one entry": lambda g, w: last_entry(g, 1.01),
    "shifted": lambda g, w: np.roll(g, 1),
    "a term too much": lambda g, w: g + 1e-3 * np.abs(g).max() * w,
}
POINTS = {  # a point -> other points where the same holds
    "there": lambda w: w, "half as far": lambda w: 0.5 * w, "farther": lambda w: 1.7 * w, "near 0": lambda w: 1e-3 * w,
    "very near 0": lambda w: 1e-6 * w, "turned": lambda w: w[::-1].copy(), "beside": lambda w: w + 0.1,
    "nudged": lambda w: w * 1.001, "spread": lambda w: w * np.linspace(0.5, 2, len(w)),
}
MISTAKES = [Claim(f"{name}: {bug}", f, lambda w, gradient=gradient, wrong=wrong: wrong(gradient(w), w), at)
            for name, (f, gradient, at) in FUNCTIONS.items() for bug, wrong in BUGS.items()]
RIGHT = [Claim(f"{name}, {where}", f, gradient, move(at))
         for name, (f, gradient, at) in FUNCTIONS.items() for where, move in POINTS.items()]
RIGHT += [Claim("hidden unit, all zero", hidden, hidden_gradient, np.zeros(4)),
          Claim("square, at 0", *FUNCTIONS["square"][:2], np.zeros(3))]

ZERO, ONE = np.zeros(2), np.ones(2)
KINKS = [
    Claim("abs", lambda w: np.sum(np.abs(w)), (-ONE, ONE), ZERO),
    Claim("relu", lambda w: np.sum(np.maximum(w, 0)), (ZERO, ONE), ZERO),
    Claim("leaky relu", lambda w: np.sum(np.where(w > 0, w, 0.1 * w)), (0.1 * ONE, ONE), ZERO),
    Claim("hinge", lambda w: np.sum(np.maximum(0, 1 - w)), (-ONE, ZERO), ONE),
    Claim("the largest of two", lambda w: np.max(w), (np.eye(2)[0], np.eye(2)[1]), ONE),
    Claim("the smallest of two", lambda w: np.min(w), (np.eye(2)[0], np.eye(2)[1]), ONE),
    Claim("clipped", lambda w: np.sum(np.clip(w, -1, 1)), (ZERO, ONE), ONE),
    Claim("abs of a curve", lambda w: np.sum(np.abs(np.sin(w))), (-ONE, ONE), ZERO),
    Claim("relu, small", lambda w: 1e-5 * np.sum(np.maximum(w, 0)), (ZERO, 1e-5 * ONE), ZERO),
    Claim("relu, on a slope", lambda w: np.sum(np.maximum(w, 0) + 3 * w), (3 * ONE, 4 * ONE), ZERO),
    Claim("relu, far from 0", lambda w: np.sum(np.maximum(w - 100, 0)), (ZERO, ONE), 100 * ONE),
]


# -- ties: what is claimed is made of which entries are tied, so that it is right elsewhere ---------------------------

SHARES = {  # tied -> the share that each entry has
    "shared": lambda tied: tied / tied.sum(), "the first": lambda tied: np.eye(len(tied))[np.argmax(tied)],
    "the last": lambda tied: np.eye(len(tied))[len(tied) - 1 - np.argmax(tied[::-1])],
    "unequal": lambda tied: tied * np.arange(1, len(tied) + 1) / (tied @ np.arange(1, len(tied) + 1)),
}
NO_SHARES = {  # the same, by a mistake: they do not add up to 1, or are no shares
    "each of them": lambda tied: tied * 1.0, "none of them": lambda tied: tied * (tied.sum() == 1) * 1.0,
    "a part in a hundred": lambda tied: tied / tied.sum() * (1.01 if tied.sum() > 1 else 1.0),
    "one too many": lambda tied: tied / (tied.sum() + 1 if tied.sum() > 1 else 1),
    "more than the whole": lambda tied: (2 * np.eye(len(tied))[np.argmax(tied)] - tied if tied.sum() == 2
                                         else tied * 1.0),
}


def rows(w, of):
    """f and a claim for an array, from those for each row."""
    return np.stack([of(row) for row in w])


def pools(w):
    """The 2 × 2 windows of an image, one a row."""
    I, J = w.shape
    return w.reshape(I // 2, 2, J // 2, 2).transpose(0, 2, 1, 3).reshape(-1, 4)


def unpooled(windows, like):
    I, J = like.shape
    return windows.reshape(I // 2, J // 2, 2, 2).transpose(0, 2, 1, 3).reshape(I, J)


def margins(w):
    """Of a hinge with several classes, of which the last is right."""
    return np.append(w[:-1] - w[-1] + 1, 0.0)


def of_margins(shares):
    return np.append(shares[:-1], -shares[:-1].sum())


def largest(w):
    return w == w.max()


IMAGE = np.array([[1.0, 1.0, 0.0, 0.0], [0.2, 1.0, 0.0, 0.0], [3.0, 2.0, 2.0, 2.0], [1.0, 3.0, 2.0, 2.0]])
TIED = {  # name -> (f, a claim from shares, points)
    "the largest": (np.max, lambda w, share: share(largest(w)),
                    [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [2e-8, 2e-8, 1e-8], [-3e8, 1e8, 1e8, 1e8], [0.0, -1.0, 0.0]]),
    "the smallest": (np.min, lambda w, share: share(largest(-w)), [[0.0, 0.0, 1.0], [-1.0] * 5]),
    "the largest size": (lambda w: np.max(np.abs(w)), lambda w, share: np.sign(w) * share(largest(np.abs(w))),
                         [[1.0, -1.0, 0.5], [2.0, -2.0, -2.0]]),
    "of the largest, exp": (lambda w: np.exp(np.max(w)), lambda w, share: np.exp(np.max(w)) * share(largest(w)),
                            [[0.3, 0.3, -1.0], [0.0] * 4]),
    "minus the largest": (lambda w: np.sum(w) - np.max(w), lambda w, share: 1 - share(largest(w)), [[1.0, 1.0, 0.0]]),
    "of each row": (lambda w: np.sum(w.max(axis=1)), lambda w, share: rows(w, lambda row: share(largest(row))),
                    [[[1.0, 1.0, 0.0], [2.0, 0.0, 2.0]], [[0.0] * 3] * 3]),
    "max-pooling": (lambda w: np.sum(pools(w).max(axis=1)),
                    lambda w, share: unpooled(rows(pools(w), lambda row: share(largest(row))), w), [IMAGE]),
    "hinge": (lambda w: np.max(margins(w)), lambda w, share: of_margins(share(largest(margins(w)))),
              [[1.0, 1.0, 0.0], [1.0, 0.5, 1.0, 0.3]]),
    "in float32": (lambda w: np.max(w.astype(np.float32)), lambda w, share: share(largest(w.astype(np.float32))),
                   [[1.0, 1.0, 0.0]]),
}
RIGHT_AT_TIES, WRONG_AT_TIES = (
    [Claim(f"{name} {n}: {what}", f, lambda w, claim=claim, share=share: claim(w, share), np.array(at))
     for name, (f, claim, points) in TIED.items() for n, at in enumerate(points) for what, share in shares.items()]
    for shares in (SHARES, NO_SHARES))
