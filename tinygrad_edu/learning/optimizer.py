"""How a gradient becomes a change in the weights: the slides' Δw = -ε ∇E, with momentum, and Adam.

    changes, memory = optimizer.step(gradients, memory)        # memory = optimizer.start(gradients) at first

An optimizer is only its settings. What it remembers from step to step goes in and comes out, and nothing is changed in
place, so a step can be taken back, kept and saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_edu.network.settings import check_epsilon, check_number, check_share

Gradients = Sequence[Any]
Memory = tuple[list[Any], ...]  # lists with one array for each of the weights


@dataclass(frozen=True)
class GradientDescent:
    """Δw = -ε ∇E  (11, 30, 35). Raises ValueError for ε ≤ 0."""

    epsilon: float

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)

    def start(self, weights: Gradients) -> Memory:
        """Nothing to remember."""
        return ()

    def step(self, gradients: Gradients, memory: Memory) -> tuple[list[Any], Memory]:
        """(Δw for each of the weights, what to remember)."""
        step = -float(self.epsilon)  # a float leaves float32 as it is, where a number of NumPy's would not
        return [step * gradient for gradient in gradients], memory


@dataclass(frozen=True)
class Momentum:
    """Δw = μ (the last Δw) - ε ∇E: a heavy ball, which a valley's floor carries along (Polyak 1964).

    Along a floor of steady slope it ends up 1/(1 - μ) times as fast. Raises ValueError for ε ≤ 0 and for μ outside [0, 1).
    """

    epsilon: float
    mu: float = 0.9

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        check_share("μ", self.mu)

    def start(self, weights: Gradients) -> Memory:
        """The last Δw: at rest."""
        return ([np.zeros_like(w) for w in weights],)

    def step(self, gradients: Gradients, memory: Memory) -> tuple[list[Any], Memory]:
        """(Δw for each of the weights, the same to remember)."""
        mu, epsilon = float(self.mu), float(self.epsilon)
        changes = [mu * last - epsilon * gradient for last, gradient in zip(memory[0], gradients)]
        return changes, (changes,)


@dataclass(frozen=True)
class Adam:
    """Steps of about ε for every weight, however large its gradients are (Kingma and Ba 2015, algorithm 1).

    Δw = -ε m / (√v + tiny), where m and v are running means of the gradient and of its square. The paper's ε is `tiny` here.
    Raises ValueError for ε ≤ 0, for a β outside [0, 1) and for tiny < 0.
    """

    epsilon: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    tiny: float = 1e-8

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        check_share("β1", self.beta_1)
        check_share("β2", self.beta_2)
        check_number("tiny", self.tiny)

    def start(self, weights: Gradients) -> Memory:
        """Both means at zero, and the number of steps."""
        return [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights], [np.array(0)]

    def step(self, gradients: Gradients, memory: Memory) -> tuple[list[Any], Memory]:
        """(Δw for each of the weights, the means and the number of steps)."""
        m, v, steps = memory[0], memory[1], int(memory[2][0]) + 1
        beta_1, beta_2 = float(self.beta_1), float(self.beta_2)
        m = [beta_1 * mean + (1 - beta_1) * gradient for mean, gradient in zip(m, gradients)]
        v = [beta_2 * mean + (1 - beta_2) * gradient * gradient for mean, gradient in zip(v, gradients)]
        step, late = -float(self.epsilon) / (1 - beta_1**steps), 1 - beta_2**steps  # the means started at 0, which is made up for
        changes = [step * mean / (np.sqrt(mean_square / late) + self.tiny) for mean, mean_square in zip(m, v)]
        return changes, (m, v, [np.array(steps)])


Optimizer = GradientDescent | Momentum | Adam
