"""How wrong the outputs are: one number E for all associations together, a sum over them unless a mean is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of
from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.network.settings import check_number


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
    Raises ShapeError; ValueError for other labels, for negative targets and for u out of an
    activation function, whose softmax would be a second squashing.
    """
    K = shape_of(u)[-1] if len(shape_of(u)) == 2 else 0
    if K < 2:
        raise ShapeError(f"cross_entropy needs u: (T, K) of at least two output units, and u is {shape_of(u)}. "
                         "For one unit there is binary_cross_entropy.")
    shape = np.shape(plain(target))
    check_logits("cross_entropy", u)
    if are_labels(shape):
        u, labels = u if isinstance(u, Value) else Value(u), _labels(target, K)
        if len(labels) != len(u):
            raise ShapeError(f"the outputs y are {u.shape} and the labels {shape}: each association needs one label.")
        return ops.cross_entropy(u, labels, mean=mean)
    u, target = _paired(u, target)
    if not np.all(plain(target) >= 0):
        raise ValueError("the targets of cross_entropy are labels or shares of the classes, from "
                         "0, in rows that add up to 1; "
                         f"the lowest of these is {np.min(plain(target)):g}.")
    E = -(ops.log_softmax(u, axis=1) * target).sum()
    return E / len(u) if mean else E


def binary_cross_entropy(u: Any, target: Any, *, mean: bool = False) -> Value:
    """E = -Σ (target ln y + (1 - target) ln(1 - y)) for y = sigmoid(u): δ = y - target.

    u: (T, K), the total inputs ("logits") of linear output units that each answer yes or no. target: (T, K), between 0 and 1.
    mean: True divides E, and so δ, by T K. Raises ShapeError; ValueError for other targets and for
    u out of an activation function, whose sigmoid would be a second squashing.
    """
    u, target = _paired(u, target)
    check_logits("binary_cross_entropy", u)
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
    if not len(weights):
        raise ValueError("weight decay needs at least one array of weights, such as [layer.w for "
                         "layer in network.layers].")
    check_number("decay", decay)
    squares = [(w if isinstance(w, Value) else np.asarray(constant(w))) ** 2 for w in weights]
    total = squares[0].sum()
    for square in squares[1:]:
        total = total + square.sum()
    return 0.5 * decay * total


ERRORS = {error.__name__: error for error in (half_squared_error, cross_entropy, binary_cross_entropy)}


def check_paired(y: tuple[int, ...], target: tuple[int, ...]) -> None:
    """Raises ShapeError if outputs and targets of these shapes do not pair off one to one."""
    if y == target:
        return
    sentence = f"the outputs y are {y} and the targets {target}: each output needs one target"
    if (difference := _broadcast(y, target)) and difference != y:
        sentence += f", and y - target would be {difference}"
    if len(y) == 2 and target == y[::-1] and 1 not in y:
        how = ": target.T"
    elif math.prod(y) == math.prod(target):
        how = f": np.reshape(target, {'(-1, 1)' if y[1:] == (1,) else y})"
    else:
        how = " to one row per association and one column per output unit"
    raise ShapeError(f"{sentence}. Reshape the targets{how}.")


def _broadcast(y: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of y - target; () if there is none."""
    try:
        return np.broadcast_shapes(y, target)
    except ValueError:
        return ()


def _paired(y: Any, target: Any) -> tuple[Value, Any]:
    """The outputs as a Value and a target for each of them."""
    target = target if isinstance(target, Value) else constant(target)
    y = y if isinstance(y, Value) else Value(y)
    if y.shape != shape_of(target):
        check_paired(y.shape, shape_of(target))
    return y, target


def are_labels(shape: tuple[int, ...]) -> bool:
    """Whether targets of this shape are one label per association, (T,) or (T, 1)."""
    return len(shape) == 1 or shape[1:] == (1,)


def targets_for(y: tuple[int, ...], target: np.ndarray, error: Any) -> np.ndarray:
    """The targets in the shape in which an error takes them, by one rule for every error.

    They have the shape of the outputs, y: (T, K), or they are labels, one whole number from 0 to
    K - 1 per association, for K > 1: an error of one's own gets those as (T,). Raises ShapeError
    otherwise.
    """
    K = y[-1]
    if K > 1 and are_labels(target.shape):
        if name_of(error) in ERRORS:
            return target  # which knows whether it takes labels
        labels = np.ravel(target)
        if np.isin(labels, range(K)).all():
            labels = labels.astype(int)  # an index, as in log_softmax(y)[range(T), labels]
            labels.setflags(write=False)
            return labels
    check_paired(y, target.shape)
    return target


def name_of(error: Any) -> str:
    """The name of an error function, without the arguments that a `partial` fills in."""
    while isinstance(error, partial):
        error = error.func
    return getattr(error, "__name__", str(error))


def _labels(labels: Any, K: int) -> np.ndarray:
    """Labels as whole numbers, one for each association."""
    numbers = np.ravel(plain(labels))
    if not np.isin(numbers, range(K)).all():
        raise ValueError(f"labels are whole numbers from 0 to {K - 1}, one for each output unit; among these is "
                         f"{numbers[~np.isin(numbers, range(K))][0]}.")
    return numbers.astype(int)


# -- logits ----------------------------------------------------------------------------------------

APPLIED = {"cross_entropy": "softmax", "log_softmax": "softmax", "log_sigmoid": "sigmoid",
           "binary_cross_entropy": "sigmoid", "binary_cross_entropy_with_logits": "sigmoid",
           "sigmoid": "sigmoid", "softmax": "softmax"}
ACTIVATED = {"sigmoid", "softmax", "tanh", "relu", "log_sigmoid"}  # logits do not come out of these
REARRANGED = {"identity", "reshape", "ravel", "squeeze", "expand_dims", "transpose", "swapaxes",
              "moveaxis", "flip", "getitem", "take", "cast", "concatenate", "stack", "repeat",
              "tile", "roll", "sort", "broadcast_to", "where", "clip", "maximum",
              "minimum"}  # the entries are those of the inputs, or bounds


def check_logits(loss: str, u: Any) -> None:
    """Raises ValueError if u is the output of an activation function: it would be squashed twice.

    A log_softmax is left as it is by another softmax, so `cross_entropy` takes it.
    """
    own = APPLIED[loss]
    squashed = ACTIVATED | ({"log_softmax"} if own == "sigmoid" else set())
    if name := next((name for name in _makers(u) if name in squashed), ""):
        itself = "" if loss == own else f", and applies {own} itself"
        raise ValueError(f"{loss} takes logits, the total inputs u of linear units{itself}; these "
                         f"are the outputs of {name} already. Drop the {name}: in a Network, "
                         f"output='linear'.")


def _makers(u: Any) -> list[str]:
    """The operations that made the entries of u, wherever they were put since."""
    names, found = [], [u]
    for node in found:  # the list grows while we walk it
        if (op := getattr(node, "op", None)) is None:
            continue
        if op.name in REARRANGED:
            known = set(map(id, found))
            found += [parent for parent in node.parents if id(parent) not in known]
        else:
            names.append(op.name)
    return names
