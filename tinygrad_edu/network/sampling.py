"""Samples from a generator that is given, so that the same seed draws the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.constant import FLOAT32, constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of
from tinygrad_edu.autodiff.value import Value, plain


def gaussian(mean: Any, log_variance: Any, generator: np.random.Generator) -> Any:
    """Draw z = mean + σ noise from N(mean, σ²), with σ² = exp(log_variance).

    The noise is a constant, one draw for each entry, so the gradient passes to both inputs: the
    reparameterisation trick (Kingma and Welling 2014).

    Args:
        mean, log_variance: Values, arrays or numbers of one shape.
        generator: NumPy's, `np.random.default_rng(0)`.

    Returns:
        z, of the same shape; float32 if both are.

    Raises:
        ShapeError: the two shapes differ.
        DTypeError, TypeError: an input is not a number or an array; the generator is not NumPy's.
    """
    check_generator(generator)
    mean, log_variance = (x if isinstance(x, Value) else constant(x) for x in (mean, log_variance))
    if shape_of(mean) != shape_of(log_variance):
        raise ShapeError(f"mean is {shape_of(mean)} and log_variance {shape_of(log_variance)}: "
                         "each mean needs one.")
    noise: Any = generator.normal(size=shape_of(mean))
    if {np.asarray(plain(x)).dtype for x in (mean, log_variance)} == {FLOAT32}:
        noise = np.float32(noise)  # takes arrays too; float64 noise would make z float64
    return mean + ops.exp(0.5 * log_variance) * noise


def categorical(u: Any, generator: np.random.Generator) -> Any:
    """Draw classes with the probabilities softmax(u), by the Gumbel-max trick (Gumbel 1954).

    No gradient passes a choice.

    Args:
        u: logits, (K,) or (..., K): a distribution for each row of the last axis. A class with the
            logit -inf is never drawn.
        generator: NumPy's, `np.random.default_rng(0)`.

    Returns:
        A class from 0 to K - 1: an int for (K,), an integer array of shape u.shape[:-1] for more.

    Raises:
        ShapeError: there is no axis of classes, or no class on it.
        ValueError: a logit is nan or +inf, or all logits of a row are -inf.
        DTypeError, TypeError: u is not an array of real numbers; the generator is not NumPy's.
    """
    check_generator(generator)
    logits = np.asarray(constant(plain(u)))
    if not logits.ndim or not logits.shape[-1]:
        raise ShapeError(f"the logits are {logits.shape}; they need one entry for each of K "
                         "classes on the last axis, (K,) or (..., K).")
    largest = logits.max(axis=-1)  # nan if one of them is, and -inf only if they all are
    if not np.isfinite(largest).all():
        worst = largest[~np.isfinite(largest)][0]
        raise ValueError(f"a row of logits, whose largest logit is {worst}, gives no "
                         "probabilities: at least one of a row is finite, and none is nan or "
                         "inf; -inf is for classes that are never drawn.")
    noise = generator.gumbel(size=logits.shape)  # one draw for each logit
    drawn = np.argmax(logits + noise, axis=-1)
    return drawn if drawn.ndim else int(drawn)


def check_generator(generator: Any) -> None:
    """Raises TypeError for what is not NumPy's generator, such as a seed."""
    if not isinstance(generator, np.random.Generator):
        raise TypeError(f"the generator is {generator!r:.60}; it is one of NumPy's, which keeps "
                        "its place from draw to draw: np.random.default_rng(0).")
