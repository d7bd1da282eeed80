"""What is drawn by chance, with the generator in the open: the same seed draws the same. And where a gradient passes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of


def gaussian(mean: Any, log_variance: Any, generator: np.random.Generator) -> Any:
    """z = mean + σ noise, with σ² = exp(log_variance): drawn from N(mean, σ²) so that the gradient passes to both.

    Chance comes in from the side, as a constant (the reparameterisation of Kingma and Welling 2014). Raises ShapeError.
    """
    if shape_of(mean) != shape_of(log_variance):
        raise ShapeError(f"mean is {shape_of(mean)} and log_variance {shape_of(log_variance)}: each mean needs one.")
    return mean + ops.exp(0.5 * log_variance) * generator.normal(size=shape_of(mean))


def categorical(u: ndarray, generator: np.random.Generator) -> int:
    """A number from 0 to K - 1, drawn with the probabilities softmax(u), u: (K,). No gradient passes a choice.

    The largest of u plus Gumbel's noise is drawn exactly so (Gumbel 1954).
    """
    return int(np.argmax(u + generator.gumbel(size=len(u))))
