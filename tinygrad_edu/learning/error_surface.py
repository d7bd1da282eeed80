"""The error surface: E as a function of all the weights of a network in one vector, with its slope and its curvature.

    surface = ErrorSurface(network, x, target)
    w = surface.weights                        # where the network is now, (N,)
    surface(w), surface.gradient(w), surface.hvp(w, v)
    surface.largest_stable_epsilon(w)          # 2/λmax: with a larger ε, gradient descent flies out of a valley like this
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.derivatives import grad, hvp
from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.network.error import half_squared_error, weight_decay
from tinygrad_edu.network.layer import Network


class ErrorSurface:
    """E of a network on given associations. x: (T, I), target: (T, K), decay: λ of ½ λ Σ w² (biases are left out of it)."""

    def __init__(self, network: Network, x: Any, target: Any, error: Callable[..., Any] = half_squared_error,
                 decay: float = 0.0) -> None:
        self.network, self.error, self.decay = network, error, decay
        self.x, self.target = constant(x), constant(target)
        self.shapes = [w.shape for w in network.parameters]
        self.ends = np.cumsum([w.size for w in network.parameters]).tolist()
        self.size = self.ends[-1]  # N
        self.gradient, self.hvp = grad(self.of), hvp(self.of)  # (w) -> (N,) and (w, v) -> the Hessian at w times v, (N,)

    @property
    def weights(self) -> ndarray:
        """Where the network is now: all weights and biases one after the other, (N,)."""
        return self.joined([w.data for w in self.network.parameters])

    @staticmethod
    def joined(parameters: Sequence[Any]) -> ndarray:
        """Weights and biases, layer by layer, as one vector."""
        return np.concatenate([np.ravel(w) for w in parameters])

    def split(self, w: Any) -> list[Any]:
        """One vector as weights and biases, layer by layer."""
        return [w[end - int(np.prod(shape)) : end].reshape(*shape) for shape, end in zip(self.shapes, self.ends)]

    def of(self, w: Any) -> Any:
        """E at w, to be differentiated."""
        network = self.network.at(self.split(w))
        E = self.error(network(self.x), self.target)
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
