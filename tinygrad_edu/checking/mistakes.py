"""The mistakes that hands make in backprop, each as the gradient that comes of it.

    for mistake in MISTAKES:
        mistake.gradient(Derivation(x, target, weights))        # what somebody would hand in who made it; None if nobody could

A derivation is six steps, and a mistake is one of them done wrongly, so that most of the table is one line each. The steps are the
slides' equations in plain NumPy and share no code with the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy import ndarray

LINEAR, SIGMOID, SOFTMAX = "linear", "sigmoid", "softmax"
PRIMES = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43)  # numbers of associations
Gradient = list[ndarray]  # of each layer's weights, then of each layer's biases


def sigmoid(u: ndarray) -> ndarray:
    return 1 / (1 + np.exp(-u))


def softmax(u: ndarray) -> ndarray:
    shares = np.exp(u - u.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


OUTPUTS: dict[str, Callable[[ndarray], ndarray]] = {LINEAR: lambda u: u, SIGMOID: sigmoid, SOFTMAX: softmax}


@dataclass(frozen=True)
class Derivation:
    """A network and its associations. x: (T, I), target: (T, K), weights: (I, J) each, biases: (J,) each or None.

    output: linear or sigmoid output units with E = ½ Σ (y - target)², or softmax with the cross-entropy. decay: λ of ½ λ Σ w².
    epsilon: the learning rate, if the exercise has one.
    """

    x: ndarray
    target: ndarray
    weights: Sequence[ndarray]
    biases: Sequence[ndarray] | None = None
    output: str = LINEAR
    decay: float = 0.0
    epsilon: float | None = None

    @property
    def T(self) -> int:
        return len(self.x)

    def states(self) -> tuple[list[ndarray], list[ndarray]]:
        """([u of each layer], [x, z, ..., y])."""
        us, ys = [], [self.x]
        for n, w in enumerate(self.weights):
            us.append(ys[-1] @ w + (0.0 if self.biases is None else self.biases[n]))  # (12)
            ys.append((OUTPUTS[self.output] if n == len(self.weights) - 1 else sigmoid)(us[-1]))  # (2, 31)
        return us, ys

    def again(self, seed: int) -> Derivation:
        """The same network with other numbers, and with another number of associations: a prime
        that is none of the network's sizes, so that no two mistakes are the same by accident."""
        rng = np.random.default_rng(seed)
        sizes = {self.T, *(n for w in self.weights for n in np.shape(w))}
        T = next((prime for prime in PRIMES if prime not in sizes), PRIMES[-1])
        target = rng.normal(size=(T, self.target.shape[1]))
        return replace(self, x=rng.normal(size=(T, self.x.shape[1])), target=softmax(target) if self.output == SOFTMAX else target,
                       weights=[rng.normal(size=np.shape(w)) for w in self.weights],
                       biases=None if self.biases is None else [rng.normal(size=np.shape(b)) for b in self.biases])


@dataclass(frozen=True)
class Steps:
    """How the gradient is worked out: (31) to (35), a step each."""

    output_delta: Callable[[ndarray, ndarray, str], ndarray] = lambda y, target, output: (
        (y - target) * (y * (1 - y) if output == SIGMOID else 1.0))  # (3), and (32) where the output unit is sigmoid
    slope: Callable[[ndarray, ndarray], ndarray] = lambda z, u: z * (1 - z)  # (32)
    blame: Callable[[ndarray, ndarray], ndarray] = lambda delta, w: delta @ w.T  # the sum in (33)
    of_weight: Callable[[ndarray, ndarray], ndarray] = lambda x, delta: x.T @ delta  # (35)
    of_bias: Callable[[ndarray], ndarray] = lambda delta: delta.sum(axis=0)  # (35) with x = 1
    of_decay: Callable[[ndarray, float], ndarray] = lambda w, decay: decay * w
    states: Callable[[Derivation], tuple[list[ndarray], list[ndarray]]] = Derivation.states
    updates_first: bool = False  # whether (33) is worked out with weights that have been changed already

    def gradient(self, d: Derivation) -> Gradient:
        us, ys = self.states(d)
        deltas = [self.output_delta(ys[-1], d.target, d.output)]
        for n in range(len(d.weights) - 1, 0, -1):
            w = d.weights[n]
            if self.updates_first:
                w = w - (d.epsilon or 0.1) * (ys[n].T @ deltas[0])
            deltas.insert(0, self.slope(ys[n], us[n - 1]) * self.blame(deltas[0], w))  # (33)
        of_weights = [self.of_weight(y, delta) + self.of_decay(w, d.decay) for y, delta, w in zip(ys, deltas, d.weights)]
        return of_weights + ([] if d.biases is None else [self.of_bias(delta) for delta in deltas])


RIGHT = Steps()


@dataclass(frozen=True)
class Mistake:
    """A mistake by name. sentence: what a teacher would say. slide: the equations to look at again.

    made: the steps with one done wrongly, or a function of (derivation, the right gradient). where: whether it can be made at all.
    """

    name: str
    sentence: str
    slide: str
    made: Steps | Callable[[Derivation, Gradient], Gradient | None]
    where: Callable[[Derivation], bool] = field(default=lambda d: True)

    def gradient(self, d: Derivation) -> Gradient | None:
        """What comes of it; None where it cannot be made, or changes nothing."""
        if not self.where(d):
            return None
        with np.errstate(all="ignore"):
            right = RIGHT.gradient(d)
            made = self.made.gradient(d) if isinstance(self.made, Steps) else self.made(d, right)
        if made is None or [g.shape for g in made] != [g.shape for g in right] or not all(np.isfinite(g).all() for g in made):
            return None
        return None if distance(made, right) < 1e-7 else made


def distance(a: Sequence[ndarray], b: Sequence[ndarray]) -> float:
    """How far a is from b, as a share of b: that of the array that is furthest off. One that is next to nothing beside the others
    is measured by 1e-12 of these, for it is only rounding."""
    sizes = [float(np.sqrt(np.sum(q**2))) for q in b]
    least = 1e-12 * max(sizes, default=0.0) or 1e-150
    return max((float(np.sqrt(np.sum((p - q) ** 2))) / max(size, least) for p, q, size in zip(a, b, sizes)), default=0.0)


# -- what several mistakes need ------------------------------------------------------------------------------------

hidden = lambda d: len(d.weights) > 1  # noqa: E731
several = lambda d: d.T > 1  # noqa: E731
decaying = lambda d: d.decay != 0  # noqa: E731
with_biases = lambda d: d.biases is not None  # noqa: E731


def scaled(by: Callable[[Derivation], float]) -> Callable[[Derivation, Gradient], Gradient]:
    return lambda d, right: [by(d) * g for g in right]


def moved(how: Callable[[ndarray], ndarray]) -> Callable[[Derivation, Gradient], Gradient]:
    """The weights' gradients, each moved about; the biases' as they are."""
    return lambda d, right: [how(g) for g in right[: len(d.weights)]] + right[len(d.weights) :]


def no_biases(d: Derivation) -> tuple[list[ndarray], list[ndarray]]:
    return replace(d, biases=None).states()


def no_squashing(d: Derivation) -> tuple[list[ndarray], list[ndarray]]:
    us, ys = [], [d.x]
    for n, w in enumerate(d.weights):
        us.append(ys[-1] @ w + (0.0 if d.biases is None else d.biases[n]))
        ys.append(us[-1])
    return us, ys


def totals_for_states(d: Derivation) -> tuple[list[ndarray], list[ndarray]]:
    us, ys = d.states()
    return us, [ys[0], *us[:-1], ys[-1]]


def only(t: slice) -> Callable[[Derivation, Gradient], Gradient]:
    return lambda d, right: RIGHT.gradient(replace(d, x=d.x[t], target=d.target[t]))


def squared(output: str) -> Callable[[ndarray, ndarray, str], ndarray]:
    return lambda y, target, _: RIGHT.output_delta(y, target, output)


def many_outputs(d: Derivation) -> bool:
    """Whether a mean over the output units is neither the whole nor the half of the sum."""
    return d.target.shape[1] > 2


def by_a_factor(name: str, sentence: str, slide: str, factor: Callable[[int, int], float],
                where: Callable[[Derivation], bool] = lambda d: True) -> tuple[Mistake, ...]:
    """The right gradient times a factor that depends on T and K, the numbers of associations and of
    output units; and with weight decay also that of the error alone times it."""
    in_delta = replace(RIGHT, output_delta=lambda y, target, output: (
        factor(*y.shape) * RIGHT.output_delta(y, target, output)))
    whole = Mistake(name, sentence, slide, scaled(lambda d: factor(*d.target.shape)), where)
    part = Mistake(f"{name}, but for the decay", f"but for the term of weight decay {sentence}",
                   slide, in_delta, lambda d: decaying(d) and where(d))
    return (whole,) if where is many_outputs else (whole, part)


FACTORS: tuple[Mistake, ...] = (
    *by_a_factor("twice",
                 "your gradient is twice the right one: the ½ of E = ½ Σ δ² takes the 2 "
                 "of the square away", "6, 8", lambda T, K: 2.0),
    *by_a_factor("half",
                 "your gradient is half the right one: the derivative of δ² is 2δ, and the "
                 "2 takes the ½ of E away",
                 "6, 8", lambda T, K: 0.5),
    *by_a_factor("mean",
                 "your gradient is divided by T, the number of associations: the slides' "
                 "gradients are sums and not means",
                 "35", lambda T, K: 1 / T, several),
    *by_a_factor("times T",
                 "your gradient is T times too large, T being the number of "
                 "associations: do not multiply by it",
                 "35", lambda T, K: float(T), several),
    *by_a_factor("mean over outputs",
                 "your gradient is divided by the number of all outputs of all associations: it "
                 "should be a sum",
                 "35", lambda T, K: 1 / (T * K), lambda d: d.target.shape[1] > 1),
    *by_a_factor("mean of squares",
                 "your gradient is that of the mean of δ² over the T "
                 "associations, 2/T times the right one: "
                 "the slides' E is ½ of the sum", "6, 35", lambda T, K: 2 / T),
    *by_a_factor("mean of squares over outputs",
                 "your gradient is that of the mean of δ² over all "
                 "outputs of all associations, "
                 "as in PyTorch's MSELoss: the slides' E is ½ of the sum",
                 "6, 35", lambda T, K: 2 / (T * K), many_outputs),
    *by_a_factor("mean over units",
                 "your gradient is divided by the number of output units: E is "
                 "a sum over them",
                 "35", lambda T, K: 1 / K, many_outputs),
)

MISTAKES: tuple[Mistake, ...] = (
    Mistake("sign", "your gradient is the right one with its sign turned: δ is output minus target", "3", scaled(lambda d: -1.0)),
    Mistake("swapped", "output and target are swapped in δ, which is output minus target", "3",
            replace(RIGHT, output_delta=lambda y, target, output: -RIGHT.output_delta(y, target, output)), decaying),
    *FACTORS,
    Mistake("Δw", "this is the weight change Δw = −ε ∂E/∂w and not the gradient: leave −ε out", "34, 35",
            scaled(lambda d: -(d.epsilon or 0.0)), lambda d: d.epsilon is not None),
    Mistake("ε", "the learning rate ε is in your gradient; it belongs to the weight change alone", "34, 35",
            scaled(lambda d: d.epsilon or 0.0), lambda d: d.epsilon is not None),
    Mistake("no slope", "the hidden slope dy/du = y(1 − y) is missing: your δ of a hidden unit is 1/(y(1 − y)) times the right one",
            "32, 33", replace(RIGHT, slope=lambda z, u: np.ones_like(z)), hidden),
    Mistake("slope of y", "the hidden slope is taken at y instead of u: f′(y), where y(1 − y) has the function in it already",
            "32", replace(RIGHT, slope=lambda z, u: sigmoid(z) * (1 - sigmoid(z))), hidden),
    Mistake("u for y", "the hidden slope is u(1 − u): put the state y = f(u) in it, and not the total input u", "32",
            replace(RIGHT, slope=lambda z, u: u * (1 - u)), hidden),
    Mistake("y(1 + y)", "the hidden slope has a plus where a minus belongs: it is y(1 − y)", "32",
            replace(RIGHT, slope=lambda z, u: z * (1 + z)), hidden),
    Mistake("y − 1", "the hidden δ has the wrong sign, as from a slope y(y − 1): it is y(1 − y), times the sum over k", "32, 33",
            replace(RIGHT, slope=lambda z, u: z * (z - 1)), hidden),
    Mistake("only y", "the hidden slope is y alone: the factor 1 − y is missing", "32",
            replace(RIGHT, slope=lambda z, u: z), hidden),
    Mistake("slope squared", "the hidden slope y(1 − y) is in it twice", "32, 33",
            replace(RIGHT, slope=lambda z, u: (z * (1 - z)) ** 2), hidden),
    Mistake("tanh", "the hidden slope is 1 − y², that of tanh; the hidden units are sigmoid, with y(1 − y)", "32",
            replace(RIGHT, slope=lambda z, u: 1 - z**2), hidden),
    Mistake("no weights",
            "the weights w_jk are missing in the sum of a hidden δ: each δ_k counts in proportion to the weight to it", "33",
            replace(RIGHT, blame=lambda delta, w: delta.sum(axis=1, keepdims=True) * np.ones(len(w))), hidden),
    Mistake("last path", "of the sum over k only the last output unit has counted: add them up, += and not =", "33",
            replace(RIGHT, blame=lambda delta, w: delta[:, -1:] @ w[:, -1:].T), lambda d: hidden(d) and d.weights[-1].shape[1] > 1),
    Mistake("first path", "of the sum over k only the first output unit has counted", "33",
            replace(RIGHT, blame=lambda delta, w: delta[:, :1] @ w[:, :1].T), lambda d: hidden(d) and d.weights[-1].shape[1] > 1),
    Mistake("w for its transpose", "the weights in a hidden δ are transposed: w_jk leads from j to k, so it is delta @ w.T", "33",
            replace(RIGHT, blame=lambda delta, w: delta @ w if w.shape[0] == w.shape[1] else np.full((len(delta), len(w)), np.nan)),
            hidden),
    Mistake("new weights",
            "the hidden δ was worked out with weights that had been updated already: (33) needs those from before", "33",
            replace(RIGHT, updates_first=True), hidden),
    Mistake("last association", "only the last association has counted: add up the gradients of all, += and not =", "35",
            only(slice(-1, None)), several),
    Mistake("first association", "only the first association has counted: the gradient is a sum over all", "35",
            only(slice(0, 1)), several),
    Mistake("all but the last", "the last association is left out of the sum over t", "35", only(slice(0, -1)), several),
    Mistake("no output slope", "the output units are sigmoid, and their δ lacks the slope y(1 − y)", "32",
            replace(RIGHT, output_delta=squared(LINEAR)), lambda d: d.output == SIGMOID),
    Mistake("output slope", "there is a slope y(1 − y) too much in the δ of the output units, which is y − target", "3",
            replace(RIGHT, output_delta=squared(SIGMOID)), lambda d: d.output != SIGMOID),
    Mistake("no δ", "δ of the output units is missing: you have taken the state y for it", "3",
            replace(RIGHT, output_delta=lambda y, target, output: y)),
    Mistake("squared δ", "δ is squared in your gradient: that is the error E, and not its derivative", "6, 8",
            replace(RIGHT, output_delta=lambda y, target, output: RIGHT.output_delta(y, target, output) ** 2)),
    Mistake("transposed", "your gradient is transposed: the entry in row i and column j belongs to the weight from i to j", "35",
            moved(lambda g: g.T)),
    Mistake("rows reversed", "the rows of your gradient are in the opposite order: row i belongs to input unit i", "35",
            moved(lambda g: g[::-1])),
    Mistake("columns reversed", "the columns of your gradient are in the opposite order: column j belongs to unit j", "35",
            moved(lambda g: g[:, ::-1])),
    Mistake("off by one row", "your gradient is off by one input unit: count from the first", "35",
            moved(lambda g: np.roll(g, 1, axis=0))),
    Mistake("off by one row back", "your gradient is off by one input unit: count from the first", "35",
            moved(lambda g: np.roll(g, -1, axis=0))),
    Mistake("off by one column", "your gradient is off by one unit: count from the first", "35",
            moved(lambda g: np.roll(g, 1, axis=1))),
    Mistake("off by one column back", "your gradient is off by one unit: count from the first", "35",
            moved(lambda g: np.roll(g, -1, axis=1))),
    Mistake("layers swapped", "the gradients of the layers are in the opposite order", "35",
            lambda d, right: right[: len(d.weights)][::-1] + right[len(d.weights) :], hidden),
    Mistake("totals for states", "the total inputs u stand where the states y = f(u) of the hidden units belong", "31, 35",
            replace(RIGHT, states=totals_for_states), hidden),
    Mistake("no squashing", "the activation function is missing on the way forward: hidden units answer y = f(u)", "31",
            replace(RIGHT, states=no_squashing), hidden),
    Mistake("x without δ", "δ is missing in ∂E/∂w = Σ δ x: you have summed the states alone", "35",
            replace(RIGHT, of_weight=lambda x, delta: x.T @ np.ones_like(delta))),
    Mistake("δ without x", "the state x is missing in ∂E/∂w = Σ δ x: you have summed δ alone", "35",
            replace(RIGHT, of_weight=lambda x, delta: np.ones_like(x).T @ delta)),
    Mistake("x for its transpose",
            "the states are not transposed in ∂E/∂w: it is x.T @ delta, and x fits in its place "
            "only because it is square", "35", replace(RIGHT, of_weight=lambda x, delta: (
                x if x.shape[0] == x.shape[1] else x.T) @ delta)),
    Mistake("no bias", "the biases have gradient 0 with you: a bias is a weight from a unit that is always 1, and gets Σ δ",
            "35", replace(RIGHT, of_bias=lambda delta: np.zeros(delta.shape[1])), with_biases),
    Mistake("bias left out", "the biases are missing on the way forward: u = Σ w x + b", "12",
            replace(RIGHT, states=no_biases), with_biases),
    Mistake("bias mean", "the gradient of the biases is a mean over associations; it is a sum", "35",
            replace(RIGHT, of_bias=lambda delta: delta.mean(axis=0)), lambda d: with_biases(d) and several(d)),
    Mistake("wrong axis", "the gradient of the biases is summed over units; sum over associations", "35",
            replace(RIGHT, of_bias=lambda delta: delta.sum(axis=1)), with_biases),
    Mistake("no decay", "the term λw of weight decay is missing in your gradient", "35",
            replace(RIGHT, of_decay=lambda w, decay: 0 * w), decaying),
    Mistake("decay sign", "the term λw of weight decay has the wrong sign: E has + ½ λ Σ w²", "35",
            replace(RIGHT, of_decay=lambda w, decay: -decay * w), decaying),
    Mistake("decay twice", "the term of weight decay is 2λw with you: the ½ of ½ λ Σ w² takes the 2 away", "35",
            replace(RIGHT, of_decay=lambda w, decay: 2 * decay * w), decaying),
    Mistake("decay half", "the term of weight decay is ½λw with you: the derivative of ½ λ w² is λw", "35",
            replace(RIGHT, of_decay=lambda w, decay: 0.5 * decay * w), decaying),
    Mistake("decay without w", "the term of weight decay is λ with you, without the weight: it is λw", "35",
            replace(RIGHT, of_decay=lambda w, decay: decay * np.ones_like(w)), decaying),
    Mistake("decay of biases", "weight decay draws on your biases too; it is a sum over weights", "35",
            lambda d, right: right[: len(d.weights)] + [g + d.decay * b for g, b in zip(right[len(d.weights) :], d.biases or [])],
            lambda d: decaying(d) and with_biases(d)),
    Mistake("zero", "your gradient is 0 everywhere: has it been filled in?", "35", scaled(lambda d: 0.0)),
)
