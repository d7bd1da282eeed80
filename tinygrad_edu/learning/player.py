"""A player: some weights, and the optimizer that changes them and nothing else.

    generator = Player("generator", network.parameters, Adam(0.002, beta_1=0.5))
    generator.step(E)                              # its own weights, downhill on E; all others stay as they are

A game of two is two players, each with an E of its own on networks that they share. So is learning with an actor and a critic,
or with two halves of one network.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.autodiff.walk import walk_back
from tinygrad_edu.learning.history import norm
from tinygrad_edu.learning.optimizer import Gradients, Optimizer


class Diverged(ArithmeticError):
    """E or its gradient is no finite number any more. The weights are those from before the step."""


class Player:
    """name: for messages. parameters: the Values that it changes. most: the longest gradient; longer ones are clipped to it."""

    def __init__(self, name: str, parameters: Sequence[Value], optimizer: Optimizer, most: float = math.inf) -> None:
        self.name, self.parameters, self.optimizer, self.most = name, list(parameters), optimizer, most
        self.memory = optimizer.start(self.numbers)

    @property
    def numbers(self) -> list[ndarray]:
        """The numbers in the weights; nobody can write into them."""
        return [w.output for w in self.parameters]

    def gradient(self, E: Value) -> list[ndarray]:
        """∂E/∂w of its own weights; no .grad is touched, of its own weights or of others. Raises Diverged, ValueError."""
        cotangents = walk_back(E, 1.0)
        if not any(w in cotangents for w in self.parameters):
            raise ValueError(f"E does not depend on the weights of the {self.name}.")
        gradient = [np.broadcast_to(cotangents.get(w, 0.0), w.shape) for w in self.parameters]
        if not math.isfinite(float(E.output)) or not math.isfinite(norm(*gradient)):
            raise Diverged(f"the {self.name}'s E is {float(E.output):.4g} and its |∇E| {norm(*gradient):.4g}")
        return gradient

    def step(self, E: Value, pace: float = 1.0) -> float:
        """Changes its weights downhill on E, one number, and returns E. pace: below 1, steps so much shorter than the optimizer's.

        Raises Diverged before anything is changed, ValueError.
        """
        changes, self.memory = self.optimizer.step(clipped(self.gradient(E), self.most), self.memory)
        for w, change_w in zip(self.parameters, changes):
            changed = w.output + pace * change_w
            w.output = float(changed) if type(w.output) is float else changed  # a scalar stays a scalar
        return float(E.output)

    def state(self) -> dict[str, ndarray]:
        """All that `restore` needs to go on: the weights, and what the optimizer remembers."""
        parts = {"w": self.numbers, **{f"memory {n}": part for n, part in enumerate(self.memory)}}
        return {f"{name}/{i}": array for name, part in parts.items() for i, array in enumerate(part)}

    def restore(self, state: dict[str, ndarray]) -> None:
        """Goes back to a state. Raises KeyError, ValueError for one of other weights, before anything is changed."""
        numbers = [state[f"w/{i}"] for i in range(len(self.parameters))]
        memory = tuple([state[f"memory {n}/{i}"] for i in range(len(part))] for n, part in enumerate(self.memory))
        if [w.shape for w in self.parameters] != [array.shape for array in numbers]:
            raise ValueError(f"the state is of other weights than the {self.name}'s.")
        for w, array in zip(self.parameters, numbers):
            w.data = array
        self.memory = memory


def clipped(gradients: Gradients, most: float) -> Gradients:
    """The gradients, shortened to the length `most` over all the weights together if they are longer; their direction stays
    (Pascanu, Mikolov and Bengio 2013)."""
    length = norm(*gradients) if most < math.inf else 0.0
    return [most / length * gradient for gradient in gradients] if length > most else gradients


class Average:
    """A running mean of weights, which a game's ups and downs leave calm (Polyak and Juditsky 1992).

    share: how much of the weights of now goes into it at each `add`; more at first, when there is little to remember.
    """

    def __init__(self, numbers: Sequence[ndarray], share: float) -> None:
        self.numbers, self.share, self.steps = [np.array(w) for w in numbers], share, 0

    def add(self, numbers: Sequence[ndarray]) -> None:
        """One step on towards the weights of now."""
        self.steps += 1
        share = max(self.share, 1 / (1 + self.steps))
        self.numbers = [mean + share * (w - mean) for mean, w in zip(self.numbers, numbers)]

    def state(self) -> dict[str, ndarray]:
        return {"steps": np.array(self.steps), **{f"w/{i}": w for i, w in enumerate(self.numbers)}}

    def restore(self, state: dict[str, ndarray]) -> None:
        self.numbers, self.steps = [state[f"w/{i}"] for i in range(len(self.numbers))], int(state["steps"])
