"""How wrong the outputs are: one number E for all associations together, a sum over them unless a mean is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of
from tinygrad_edu.autodiff.value import Value, plain


def half_squared_error(y: Any, target: Any) -> Value:
    """E = ½ Σ_t Σ_k (y_kt - target_kt)² (eq. 4, 22). δ of an output unit is y - target, times f' unless it is linear.

    y: (T, K), target: (T, K), both of one shape. Raises ShapeError otherwise: (4,) against (4, 1) would broadcast to
    sixteen differences and no error.
    """
    y, target = _paired(y, target)
    return 0.5 * ((y - target) ** 2).sum()


def cross_entropy(u: Any, target: Any, *, mean: bool = False) -> Value:
    """E = -Σ_t Σ_k target_kt ln y_kt for y = softmax(u): δ = y - target, for target rows that add up to 1.

    u: (T, K), the total inputs ("logits") of at least two linear output units. target: (T, K), or labels, (T,) or (T, 1): whole
    numbers from 0 to K - 1. mean: True divides E, and so δ, by T, as is the habit elsewhere (and in `operations.cross_entropy`).
    Raises ShapeError, ValueError.
    """
    K = shape_of(u)[-1] if len(shape_of(u)) == 2 else 0
    if K < 2:
        raise ShapeError(f"cross_entropy needs u: (T, K) of at least two output units, and u is {shape_of(u)}. "
                         "For one unit there is binary_cross_entropy.")
    shape = np.shape(plain(target))
    if len(shape) == 1 or shape[1:] == (1,):
        u, labels = u if isinstance(u, Value) else Value(u), _labels(target, K)
        if len(labels) != len(u):
            raise ShapeError(f"the outputs y are {u.shape} and the labels {shape}: each association needs one label.")
        return ops.cross_entropy(u, labels, mean=mean)
    u, target = _paired(u, target)
    E = -(ops.log_softmax(u, axis=1) * target).sum()
    return E / len(u) if mean else E


def binary_cross_entropy(u: Any, target: Any, *, mean: bool = False) -> Value:
    """E = -Σ (target ln y + (1 - target) ln(1 - y)) for y = sigmoid(u): δ = y - target.

    u: (T, K), the total inputs ("logits") of linear output units that each answer yes or no. target: (T, K), between 0 and 1.
    mean: True divides E, and so δ, by T K. Raises ShapeError, ValueError.
    """
    u, target = _paired(u, target)
    if np.size(plain(target)) and not (np.min(plain(target)) >= 0 and np.max(plain(target)) <= 1):
        raise ValueError(f"the targets of binary_cross_entropy lie between 0 (no) and 1 (yes), and these between "
                         f"{np.min(plain(target)):g} and {np.max(plain(target)):g}.")
    return ops.binary_cross_entropy_with_logits(u, target, mean=mean)


def gaussian_kl(mean: Any, log_variance: Any) -> Value:
    """Σ KL(N(mean, σ²) ‖ N(0, 1)) = ½ Σ (mean² + σ² - 1 - ln σ²), in nats: what it costs to say where, and how exactly.

    mean, log_variance (ln σ²): of one shape. Raises ShapeError otherwise. (Kingma and Welling 2014, appendix B.)
    """
    mean, log_variance = _paired(mean, log_variance)
    return 0.5 * (mean**2 + ops.expm1(log_variance) - log_variance).sum()


def weight_decay(weights: Sequence[Any], decay: float) -> Any:
    """½ λ Σ w², which draws each weight towards 0 by λ w; λ is `decay`. The slides name it (regularisation) and give no formula."""
    total = (weights[0] ** 2).sum()
    for w in weights[1:]:
        total = total + (w**2).sum()
    return 0.5 * decay * total


ERRORS = {error.__name__: error for error in (half_squared_error, cross_entropy, binary_cross_entropy)}


def _paired(y: Any, target: Any) -> tuple[Value, Any]:
    """The outputs as a Value and a target for each of them."""
    target = target if isinstance(target, Value) else constant(target)
    y = y if isinstance(y, Value) else Value(y)
    if y.shape != shape_of(target):
        raise ShapeError(f"the outputs y are {y.shape} and the targets {shape_of(target)}: "
                         "each output needs one target. Reshape the targets.")
    return y, target


def _labels(labels: Any, K: int) -> np.ndarray:
    """Labels as whole numbers, one for each association."""
    numbers = np.ravel(plain(labels))
    if not np.isin(numbers, range(K)).all():
        raise ValueError(f"labels are whole numbers from 0 to {K - 1}, one for each output unit; among these is "
                         f"{numbers[~np.isin(numbers, range(K))][0]}.")
    return numbers.astype(int)
