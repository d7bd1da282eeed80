"""A player: some weights, and the optimizer that changes them and nothing else.

    generator = Player("generator", network.parameters, Adam(0.002, beta_1=0.5))
    generator.step(E)                              # its own weights, downhill on E; all others stay as they are

A game of two is two players, each with an E of its own on networks that they share. So is learning with an actor and a critic,
or with two halves of one network.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.value import Value, plain, same_shape
from tinygrad_edu.autodiff.walk import walk_back
from tinygrad_edu.learning.history import norm
from tinygrad_edu.learning.optimizer import Gradients, Optimizer
from tinygrad_edu.learning.settings import real_number


class Diverged(ArithmeticError):
    """E or its gradient is no finite number any more. The weights are those from before the step."""


class Player:
    """Parameters with the optimizer that changes them.

    Args:
        name: for messages.
        parameters: the Values that it changes; a list, a tuple, a dict of them, or one.
        optimizer: GradientDescent, Momentum, Adam, or whatever has their `start` and `step`.
        most: the longest gradient; longer ones are clipped to it.

    Raises:
        TypeError: a parameter is not a Value, or the optimizer is none.
        ValueError: there is no parameter, one is there twice or was computed, or most is not a
            number above 0.
    """

    def __init__(self, name: str, parameters: Iterable[Value] | Mapping[Any, Value],
                 optimizer: Optimizer, most: float = math.inf) -> None:
        self.name, self.parameters = name, _parameters(parameters)
        steps = hasattr(optimizer, "start") and hasattr(optimizer, "step")
        if not steps or isinstance(optimizer, type):
            raise TypeError(f"the optimizer is {optimizer!r:.60}; write GradientDescent(0.1), "
                            "Momentum(0.1) or Adam(0.01).")
        self.optimizer, self.most = optimizer, _longest(most)
        self.memory = optimizer.start(self.numbers)

    @property
    def numbers(self) -> list[ndarray]:
        """The numbers in the weights; nobody can write into them."""
        return [w.data for w in self.parameters]

    @property
    def settings(self) -> dict[str, Any]:
        """What its steps depend on beside its state: the optimizer with its rates, and `most`."""
        optimizer = self.optimizer
        rates = asdict(optimizer) if is_dataclass(optimizer) else {}
        numbers = {name: float(rate) for name, rate in rates.items()
                   if isinstance(rate, (int, float, np.number))}
        return {"optimizer": type(optimizer).__name__, **numbers, "most": self.most}

    def gradient(self, E: Value) -> list[ndarray]:
        """∂E/∂w of its own weights; no .grad is touched, of its own weights or of others.

        Raises:
            Diverged: E or the gradient is not finite.
            ShapeError, TypeError: E is not one number, or no Value.
            ValueError: E does not depend on the weights.
        """
        if not isinstance(E, Value):
            raise TypeError(f"the {self.name}'s E is a {type(E).__name__}, {E!r:.40}; it is a "
                            "Value, computed from the weights.")
        if E.size != 1:
            raise ShapeError(f"the {self.name}'s E has shape {E.shape}; it is one number, such "
                             "as E.sum().")
        cotangents = walk_back(E, 1.0)
        if not any(w in cotangents for w in self.parameters):
            raise ValueError(f"E does not depend on the weights of the {self.name}.")
        gradient = [np.asarray(same_shape(cotangents.get(w, 0.0), w.output))
                    for w in self.parameters]
        if not math.isfinite(E.item()) or not math.isfinite(norm(*gradient)):
            raise Diverged(f"the {self.name}'s E is {E.item():.4g} and its |∇E| "
                           f"{norm(*gradient):.4g}")
        return gradient

    def step(self, E: Value, pace: float = 1.0) -> float:
        """Take one step downhill on E.

        Args:
            E: one number, a Value.
            pace: below 1, a step so much shorter than the optimizer's.

        Returns:
            E, from before the step.

        Raises:
            Diverged, ShapeError, TypeError, ValueError: before anything is changed.
        """
        pace = real_number("pace", pace, 0, sys.float_info.max)
        gradient = clipped(self.gradient(E), self.most)
        changes, self.memory = self.optimizer.step(gradient, self.memory)
        for w, change_w in zip(self.parameters, changes):
            changed = w.output + pace * change_w
            w.output = float(changed) if type(w.output) is float else changed  # stays a scalar
        return E.item()

    def state(self) -> dict[str, ndarray]:
        """All that `restore` needs to go on: the weights, and what the optimizer remembers."""
        parts = {"w": self.numbers, **{f"memory {n}": part for n, part in enumerate(self.memory)}}
        arrays = {f"{name}/{i}": np.asarray(array)
                  for name, part in parts.items() for i, array in enumerate(part)}
        return arrays | {"optimizer": np.array(type(self.optimizer).__name__)}

    def restore(self, state: Mapping[str, ndarray]) -> None:
        """Go back to a state.

        Raises:
            TypeError, ValueError: it is none, or of other weights or another optimizer; nothing has
                been changed then.
        """
        kind = type(self.optimizer).__name__
        _check_state(state)
        if (was := str(state.get("optimizer", kind))) != kind:
            raise ValueError(f"the state is of {was}, and the {self.name} learns by {kind}.")
        numbers = _group(state, "w", self.numbers, self.name)
        memory = [_group(state, f"memory {n}", part, self.name)
                  for n, part in enumerate(self.memory)]
        for w, array in zip(self.parameters, numbers):
            w.data = array
        self.memory = tuple(memory)


def _check_state(state: Any) -> None:
    if not isinstance(state, Mapping):
        raise TypeError(f"a state is what state() gave, a dict of arrays; this is {state!r:.60}.")


def _group(state: Mapping[str, ndarray], group: str, own: Sequence[Any],
           name: str) -> list[ndarray]:
    """Copies of the arrays of one group of a state, if they are of the shapes of our own."""
    names = [f"{group}/{i}" for i in range(len(own))]
    lacking = [key for key in names if key not in state]
    if lacking:
        raise ValueError(f"the state lacks {lacking[0]!r}, which the {name}'s has.")
    arrays = [np.array(state[key]) for key in names]
    if list(map(np.shape, own)) != list(map(np.shape, arrays)) or f"{group}/{len(own)}" in state:
        raise ValueError(f"the state is of other weights than the {name}'s.")
    return arrays


def _parameters(parameters: Any) -> list[Value]:
    """The Values, each of them once. Raises TypeError, ValueError."""
    if isinstance(parameters, Value):
        parameters = [parameters]
    if isinstance(parameters, (str, set)) or not isinstance(parameters, Iterable):
        raise TypeError(f"parameters is {parameters!r:.60}; give a list of Values, such as "
                        "network.parameters.")
    named = parameters if isinstance(parameters, Mapping) else dict(enumerate(parameters))
    seen: dict[Value, Any] = {}
    for name, w in named.items():
        if not isinstance(w, Value):
            raise TypeError(f"parameters[{name!r}] is a {type(w).__name__}, and not a Value: "
                            "w = Value(array) makes one that E can be computed from.")
        if w.op is not None:
            raise ValueError(f"parameters[{name!r}] was computed by {w.op.name}; give the Values "
                             "that it was computed from.")
        if w in seen:
            raise ValueError(f"parameters[{name!r}] is the same Value as parameters[{seen[w]!r}]: "
                             "name each once, or it would change twice at each step.")
        seen[w] = name
    if not seen:
        raise ValueError("there are no parameters: give at least one Value.")
    return list(seen)


def _longest(most: Any) -> float:
    if isinstance(most, str) or not real_number("most, the longest gradient,", most, 0) > 0:
        raise ValueError(f"most is {most!r:.60}; it is the longest gradient's length, above 0.")
    return float(most)


def clipped(gradients: Gradients, most: float) -> Gradients:
    """The gradients, shortened to the length `most` over all the weights together if they are
    longer; their direction stays (Pascanu, Mikolov and Bengio 2013).

    Raises:
        TypeError: the gradients are not a list of arrays.
        ValueError: most is not a number above 0.
    """
    most = _longest(most)
    if most == math.inf:
        return gradients
    kinds = ndarray, np.generic, float, int
    parts = gradients if isinstance(gradients, (list, tuple)) else [None]
    if not all(isinstance(plain(part), kinds) for part in parts):
        raise TypeError("clipped takes a list of gradients, one array for each of the weights: "
                        "[w.grad for w in network.parameters].")
    length = norm(*(np.asarray(plain(part)) for part in gradients))
    return [most / length * gradient for gradient in gradients] if length > most else gradients


class Average:
    """A running mean of weights, which a game's ups and downs leave calm (Polyak and Juditsky 1992).

    Args:
        numbers: the weights to begin with; they are copied.
        share: how much of the weights of now goes into it at each `add`, above 0 and up to 1; more
            at first, when there is little to remember.

    Raises:
        ValueError: the share is no such number.
        TypeError, DTypeError: the weights are no list of arrays.
    """

    def __init__(self, numbers: Sequence[Any], share: float) -> None:
        if isinstance(numbers, (str, Value)) or not isinstance(numbers, Iterable):
            raise TypeError(f"a mean is of a list of weights, and this is {numbers!r:.60}.")
        self.numbers = [np.array(constant(plain(w))) for w in
                        (numbers.values() if isinstance(numbers, Mapping) else numbers)]
        self.share, self.steps = real_number("share", share, 0, 1), 0
        if not self.share:
            raise ValueError("share is 0, so nothing would be added; it is above 0, such as 0.01.")

    def add(self, numbers: Sequence[Any]) -> None:
        """One step on towards the weights of now. Raises ShapeError for weights of other shapes."""
        shapes, came = [w.shape for w in self.numbers], [np.shape(plain(w)) for w in numbers]
        if came != shapes:
            raise ShapeError(f"the mean is of weights of shapes {shapes}, and these are {came}.")
        self.steps += 1
        share = max(self.share, 1 / (1 + self.steps))
        self.numbers = [mean + share * (plain(w) - mean) for mean, w in zip(self.numbers, numbers)]

    def state(self) -> dict[str, ndarray]:
        return {"steps": np.array(self.steps), **{f"w/{i}": w for i, w in enumerate(self.numbers)}}

    def restore(self, state: Mapping[str, ndarray]) -> None:
        """Go back to a state. Raises TypeError, KeyError, ValueError for one of other weights."""
        _check_state(state)
        steps = int(state["steps"])
        self.numbers, self.steps = _group(state, "w", self.numbers, "mean"), steps
