"""How wrong the outputs are: one number E for all associations together."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of
from tinygrad_edu.autodiff.value import Value


def half_squared_error(y: Any, target: Any) -> Value:
    """E = ½ Σ_t Σ_k (y_kt - target_kt)², a sum over associations and not a mean (eq. 4, 22).

    y: (T, K), target: (T, K), both of one shape. Raises ShapeError otherwise: (4,) against (4, 1) would broadcast to
    sixteen differences and no error.
    """
    target = target if isinstance(target, Value) else constant(target)
    y = y if isinstance(y, Value) else Value(y)
    if y.shape != shape_of(target):
        raise ShapeError(f"the outputs y are {y.shape} and the targets {shape_of(target)}: "
                         "each output needs one target. Reshape the targets.")
    return 0.5 * ((y - target) ** 2).sum()
