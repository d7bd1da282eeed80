"""The error surface: E as a function of all the weights of a network in one vector, with its slope and its curvature.

    surface = ErrorSurface(network, x, target)
    w = surface.weights                        # where the network is now, (N,)
    surface(w), surface.gradient(w), surface.hvp(w, v)
    surface.largest_stable_epsilon(w)          # 2/λmax: with a larger ε, gradient descent flies out of a valley like this
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.derivatives import grad, hvp
from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.autodiff.walk import ancestors
from tinygrad_edu.learning.association import associations
from tinygrad_edu.network.error import (
    APPLIED,
    ERRORS,
    check_logits,
    half_squared_error,
    targets_for,
    weight_decay,
)
from tinygrad_edu.network.layer import Network
from tinygrad_edu.network.settings import check_number


class ErrorSurface:
    """E of a network on given associations, as a function of its weights.

    Args:
        network: where the surface starts from; its weights are not changed.
        x: (T, I), one row per association.
        target: (T, K), or labels, (T,) or (T, 1), where the error takes those.
        error: a function (y, target) -> Value, one number for all associations together.
        decay: λ of ½ λ Σ w², which is added to E; biases are left out of it.

    Raises:
        ShapeError: for inputs or targets that do not fit the network.
        ValueError, TypeError: for numbers that are not finite, an error that gives no number that
            depends on the weights, or one that takes logits where the network gives the outputs of
            an activation function.
    """

    def __init__(self, network: Network, x: Any, target: Any, error: Callable[..., Any] = half_squared_error,
                 decay: float = 0.0) -> None:
        if not isinstance(network, Network):
            raise TypeError(f"an error surface is that of a Network, such as Network(2, 2, 1), "
                            f"not of a {type(network).__name__}.")
        if not callable(error):
            raise TypeError(f"the error is {error!r:.60}; give a function such as "
                            f"half_squared_error.")
        check_number("decay", decay)
        self.network, self.error, self.decay = network, error, decay
        self.shapes = [w.shape for w in network.parameters]
        self.ends = np.cumsum([w.size for w in network.parameters]).tolist()
        self.size = self.ends[-1]  # N
        self.x, target = associations(x, target)
        self.target = targets_for((len(self.x), network.layers[-1].w.shape[1]), target, error)
        check_error(self)

    def at(self, weights: Sequence[Any]) -> ErrorSurface:
        """The same surface, with other weights to start from; they are not looked at again."""
        other = copy(self)
        other.network = self.network.at(weights)
        return other

    def gradient(self, w: Any) -> Any:
        """∇E at w, (N,)."""
        return plain(grad(self.of)(w))

    def hvp(self, w: Any, v: Any) -> Any:
        """The Hessian at w times v, (N,)."""
        return plain(hvp(self.of)(w, v))

    def is_mean(self) -> bool:
        """Whether the error is a mean: E is the same where each association is there twice."""
        if self.error in ERRORS.values():
            return False
        x, target = (np.concatenate([numbers, numbers]) for numbers in (self.x, self.target))
        try:
            with no_record():
                once = plain(self.error(self.network(self.x), self.target))
                twice = plain(self.error(self.network(x), target))
        except Exception:  # an error for so many associations alone
            return False
        return bool(np.all(once != 0) and np.allclose(once, twice, rtol=1e-6, atol=0))

    @property
    def weights(self) -> ndarray:
        """Where the network is now: all weights and biases one after the other, (N,)."""
        return self.joined([plain(w) for w in self.network.parameters])

    @staticmethod
    def joined(parameters: Sequence[Any]) -> ndarray:
        """Weights and biases, layer by layer, as one vector."""
        return np.concatenate([np.ravel(w) for w in parameters])

    def split(self, w: Any) -> list[Any]:
        """One vector as weights and biases, layer by layer.

        Raises ShapeError for one of another length.
        """
        if np.shape(plain(w)) != (self.size,):
            raise ShapeError(f"w is {np.shape(plain(w))}; all weights and biases of this network "
                             f"in one vector are "
                             f"({self.size},), as `weights` and `joined` give.")
        w = w if isinstance(w, Value) else constant(w)
        return [w[end - int(np.prod(shape)) : end].reshape(*shape) for shape, end in zip(self.shapes, self.ends)]

    def of(self, w: Any) -> Any:
        """E at w, to be differentiated."""
        network = self.network.at(self.split(w))
        E = self.error(network(self.x), self.target)
        E = E if E.shape == () else E.sum()  # one number in brackets
        return E + weight_decay([layer.w for layer in network.layers], self.decay) if self.decay else E

    def __call__(self, w: Any) -> float:
        """E at w: (N,)."""
        with no_record():
            return self.of(constant(w)).item()

    def hessian(self, w: ndarray) -> ndarray:
        """All second derivatives, (N, N), from one hvp for each weight."""
        return np.array([self.hvp(w, one_hot) for one_hot in np.eye(len(w))])

    def eigenvalues(self, w: ndarray) -> ndarray:
        """The curvatures along the axes of the surface at w, from the lowest to the highest, (N,)."""
        return np.linalg.eigvalsh(self.hessian(w))

    def highest_eigenvalue(self, w: ndarray, **options: Any) -> float:
        """λmax, the curvature in the steepest valley, by power iteration with hvp: the Hessian is never formed.

        tolerance (1e-4) is relative to the eigenvalue farthest from 0, `most` (1000) the number of steps.
        """
        return _highest(lambda v: self.hvp(w, v), len(w), **options)

    def lowest_eigenvalue(self, w: ndarray, **options: Any) -> float:
        """λmin, by power iteration; below 0 where the surface curves down in some direction."""
        return -_highest(lambda v: -self.hvp(w, v), len(w), **options)

    def largest_stable_epsilon(self, w: ndarray | None = None) -> float:
        """2/λmax: along the steepest axis a step multiplies the distance from the floor by 1 - ελ, and |1 - ελ| < 1 needs ε < 2/λ.

        Up to 1/λmax the descent is smooth, from there to 2/λmax it zig-zags across the valley. inf where nothing curves up.
        """
        highest = self.highest_eigenvalue(self.weights if w is None else w)
        return 2 / highest if highest > 0 else np.inf


def check_error(surface: ErrorSurface) -> None:
    """Raises what `ErrorSurface` raises about the error, which is tried on all the associations."""
    network = surface.network.at([Value(plain(w)) for w in surface.network.parameters])
    T, K = len(surface.x), surface.shapes[-1][-1]
    E = _tried(network, surface, slice(None))
    if surface.target.shape == (T,) and K > 1 and T in (1, K):  # y - labels would be no mistake
        _tried(network, surface, np.arange(K + 1) % T)
    weights = {*network.parameters, *surface.network.parameters}  # these in a closure of the error
    if weights.isdisjoint(ancestors(E)):
        raise ValueError("E does not depend on the weights: somewhere in the error function the "
                         "record was lost, as in y.data or "
                         "float(y).")


def _tried(network: Network, surface: ErrorSurface, rows: Any) -> Value:
    """E on these rows."""
    y, target = network(surface.x[rows]), surface.target[rows]
    E = surface.error(y, target)
    if not isinstance(E, Value) or E.size != 1:
        came = f"shape {E.shape}" if isinstance(E, Value) else type(E).__name__
        raise TypeError(f"the error function has to give one number, as a Value, for all "
                        f"associations together; it gave {came}.")
    for node in ancestors(E, y.born):
        if node.op is not None and len(node.inputs) > 1:
            _check_pairing(node, len(y))
        if node.op is not None and node.op.name in APPLIED:
            check_logits(node.op.name, node.parents[0])
    return E


def _check_pairing(node: Value, T: int) -> None:
    """Raises ShapeError if each of T outputs met all T targets, as (T, 1) meets (T,)."""
    assert node.op is not None
    shapes = [np.shape(x) for x in node.inputs]
    has_constant = any(getattr(parent, "op", None) is None for parent in node.parents)
    is_stretched = node.shape == (T, T) and node.shape not in shapes
    if T > 1 and node.op.partials is not None and is_stretched and has_constant:
        raise ShapeError(f"in the error function, {node.op.name} makes {node.shape} of "
                         f"{' and '.join(map(str, shapes))}: each "
                         f"output meets all {T} targets, not its own. Outputs and targets are "
                         f"both (T, K): leave them as they are.")


def _highest(times: Callable[[ndarray], ndarray], size: int, *, tolerance: float = 1e-4, most: int = 1000, seed: int = 0) -> float:
    """The highest eigenvalue of a symmetric matrix that is given by its product with a vector, by power iteration.

    It finds the eigenvalue farthest from 0. If that is negative, or has an opposite of its own size, all eigenvalues are lifted
    by that much: none is below 0 then, and the highest is the farthest.
    """
    found, lift = _farthest(times, size, tolerance, most, seed)
    if abs(found - lift) <= tolerance * lift:
        return found
    return _farthest(lambda v: times(v) + lift * v, size, tolerance, most, seed)[0] - lift


def _farthest(times: Callable[[ndarray], ndarray], size: int, tolerance: float, most: int, seed: int) -> tuple[float, float]:
    """(the eigenvalue farthest from 0, how far it is): the same number, unless it is negative or one of two opposites."""
    v = np.random.default_rng(seed).normal(size=size)
    for _ in range(most):
        v = v / np.linalg.norm(v)
        Hv = times(v)
        eigenvalue, far = float(v @ Hv), float(np.linalg.norm(Hv))  # the former is Rayleigh's quotient, whose error is v's squared
        if np.linalg.norm(Hv - eigenvalue * v) <= tolerance * far:  # also where all is 0
            break
        v = Hv
    return eigenvalue, far
