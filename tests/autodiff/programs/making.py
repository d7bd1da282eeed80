"""Makes a program from a seed, step by step with the numbers at hand, so that each operation is given what it can take."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .program import Program, Step
from .rows import NAMES, TABLE, expression

LARGEST = 5.0  # a result that grows beyond this is squashed by the next step
MARGIN = 1e-3  # how far from a kink or a tie: further than rounding moves a number
ENTRIES = 64  # at most, in one array


class Unfit(Exception):
    """Not with these numbers, not with these shapes, too large: choose again."""


@dataclass(frozen=True)
class Domain:
    """Numbers in [low, high] whose size is at least `away`; and the steps that bring any number there."""

    low: float = -40.0
    high: float = 40.0
    away: float = 0.0
    guards: tuple[tuple[tuple[str, float | None], ...], ...] = ()  # of (operation, its second argument)

    def holds(self, x: Any) -> bool:
        return bool(np.min(x) >= self.low and np.max(x) <= self.high and np.min(np.abs(x)) >= self.away)


ANY = Domain()


def run(step: Step, values: dict[str, Any]) -> Any:
    """What the step gives, by autograd.numpy on plain arrays. Raises Unfit if its arguments are not fit for it."""
    arguments = [np.asarray(values[x] if isinstance(x, str) else x)[()] for x in step.arguments]
    if not TABLE[step.operation].fits(*arguments, **step.parameters):
        raise Unfit
    value = eval(expression(step, "hips"), NAMES["hips"], values)
    if not np.size(value) or np.size(value) > ENTRIES or np.ndim(value) > 6 or not np.all(np.isfinite(value)):
        raise Unfit
    return value


def evaluated(program: Program) -> dict[str, Any]:
    """All that the program computes, its inputs included. Raises Unfit if a step's arguments are not fit for it."""
    values = {name: np.asarray(x)[()] for name, x in program.inputs.items()}
    with np.errstate(all="ignore"):
        for step in program.steps:
            values[step.name] = run(step, values)
    return values


class Maker:
    """What has been made so far of a program, and the dice."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.inputs: dict[str, Any] = {}
        self.steps: list[Step] = []
        self.values: dict[str, Any] = {}  # of the inputs and of the steps
        self.sizes = [1 + self.below(4) for _ in range(3)]
        self.deep = self.rng.random()  # how often the latest results are taken rather than any

    # dice

    def below(self, n: int) -> int:
        return int(self.rng.integers(n))

    def one_of(self, things: Sequence[Any]) -> Any:
        if not things:
            raise Unfit
        return things[self.below(len(things))]

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def numbers(self, shape: Sequence[int], low: float, high: float, digits: int) -> Any:
        """A float, or an array of them, of few digits; now and then whole, with zeros among them."""
        x = np.round(low + (high - low) * self.rng.random(tuple(shape)), 0 if self.chance(0.1) else digits) + 0.0
        return x if x.ndim else float(x)

    # results, inputs and constants

    def shape(self, name: str) -> tuple[int, ...]:
        return np.shape(self.values[name])

    def any(self, accept: Callable[[Any], bool] = lambda x: True) -> str:
        """The name of an earlier result that will do."""
        names = [name for name, x in self.values.items() if accept(x)]
        return self.one_of(names[-2:] if self.chance(self.deep) else names)

    def array(self, ndim: int = 1, most: int = 9) -> str:
        return self.any(lambda x: ndim <= np.ndim(x) <= most)

    def input(self, shape: Sequence[int]) -> str:
        if len(self.inputs) >= 6 or not math.prod(shape):
            raise Unfit
        name = f"x{len(self.inputs)}"
        self.inputs[name] = x = self.numbers(shape, -2.0, 2.0, 4)
        self.values[name] = np.asarray(x)[()]
        return name

    def constant(self, shape: Sequence[int], domain: Domain = ANY) -> Any:
        for _ in range(20):
            x = self.numbers(shape, max(domain.low, -2.0), min(domain.high, 2.0), 2)
            if domain.holds(x):
                return x
        raise Unfit

    def shaped(self, shape: Sequence[int], constants: float = 0.2) -> Any:
        """An earlier result of this shape, or a new input, or now and then a constant."""
        if self.chance(constants):
            return self.constant(shape)
        alike = [name for name in self.values if self.shape(name) == tuple(shape)]
        as_large = [name for name, x in self.values.items() if np.size(x) == math.prod(shape)]
        if alike and self.chance(0.8):
            return self.one_of(alike)
        if as_large and self.chance(0.5):
            return self.step("reshape", [self.one_of(as_large)], shape=tuple(shape))
        return self.input(shape)

    def partner(self, x: Any, domain: Domain = ANY) -> Any:
        """Something that broadcasts with x: a result, or now and then a constant, whole numbers among them."""
        shape = self.shape(x) if isinstance(x, str) else np.shape(x)
        if self.chance(0.25):
            if self.chance(0.3):
                return self.one_of([k for k in (0, 1, 2, 3, -1, -2) if domain.holds(k)])
            shape = tuple(1 if self.chance(0.2) else n for n in shape[self.below(len(shape) + 1) :])
            return self.constant(shape, domain)
        fits = self.any(lambda y: all(m == n or 1 in (m, n) for m, n in zip(reversed(np.shape(y)), reversed(shape))))
        return self.within(fits, domain)

    def within(self, x: Any, domain: Domain) -> Any:
        """x itself if its numbers are in the domain, or what the domain's guards make of it."""
        if not isinstance(x, str) or domain.holds(self.values[x]):
            return x
        inside = [name for name, y in self.values.items() if self.shape(name) == self.shape(x) and domain.holds(y)]
        if inside and self.chance(0.3):
            return self.one_of(inside)
        for operation, second in self.one_of(domain.guards):
            x = self.step(operation, [x] if second is None else [x, second])
        return x

    # steps

    def step(self, operation: str, arguments: Sequence[Any], **parameters: Any) -> str:
        """Adds a step, and squashes what it gives if that is large."""
        step = Step(f"v{len(self.steps)}", operation, tuple(arguments), parameters, self.below(35))
        value = run(step, self.values)
        self.steps.append(step)
        self.values[step.name] = value
        if np.max(np.abs(value)) <= LARGEST:
            return step.name
        return self.step(self.one_of(["tanh", "sin", "cos", "sigmoid"]), [step.name])

    def attempt(self, operation: str, name: str = "") -> str | None:
        """Adds a step of this operation with what leads to it, or leaves all as it was."""
        inputs, steps, values = dict(self.inputs), list(self.steps), dict(self.values)
        try:
            arguments, parameters = ([name], {}) if name else TABLE[operation].choose(self)
            if any(isinstance(x, str) for x in arguments):
                return self.step(operation, arguments, **parameters)
        except (Unfit, ValueError, IndexError):  # among them shapes that do not fit
            pass
        self.inputs, self.steps, self.values = inputs, steps, values
        return None


def make(seed: int) -> Program:
    """The program of this seed."""
    m = Maker(seed)
    n, k, j = m.sizes
    shapes = [(), (), (n,), (k,), (n, k), (n, k), (n, 1), (1, k), (1,), (k, j), (j, n, k), (j, 1, k), (k, n), (n, n)]
    if m.chance(0.1):
        shapes = [()]
    for _ in range(1 + m.below(3)):
        m.input(m.one_of(shapes))
    operations = [name for name, row in TABLE.items() for _ in range(row.often)]
    length = m.one_of([1 + m.below(3), 3 + m.below(6), 3 + m.below(6), 8 + m.below(12), 20 + m.below(20)])
    while len(m.steps) < length:
        m.attempt(m.one_of(operations))
    used = {x for step in m.steps for x in step.names()}
    ends = [name for name in m.values if name not in used]
    if len(ends) > 1 and m.chance(0.1):  # one of them is computed in vain
        ends.remove(m.one_of(ends))
    # Half of them are bent, so that linear operations too have second derivatives.
    bent = [(m.attempt(m.one_of(["sin", "square", "tanh", "softplus"]), end) if m.chance(0.5) else None) or end for end in ends]
    return Program(seed, m.inputs, tuple(m.steps), tuple((end, m.one_of([1.0, -1.0, 0.5, 0.7, -0.3, 2.0])) for end in bent))
