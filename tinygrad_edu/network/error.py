"""How wrong the outputs are: one number E for all associations together."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of
from tinygrad_edu.autodiff.value import Value, plain


def half_squared_error(y: Value, target: Any) -> Value:
    """E = ½ Σ_t Σ_k (y_kt - target_kt)², a sum over associations and not a mean (eq. 4, 22).

    y: (T, K), target: (T, K), both of one shape. Raises ShapeError otherwise: (4,) against (4, 1) would broadcast to
    sixteen differences and no error.
    """
    target = target if isinstance(target, Value) else constant(target)
    if shape_of(plain(y)) != shape_of(plain(target)):
        raise ShapeError(f"the outputs y are {shape_of(plain(y))} and the targets {shape_of(plain(target))}: "
                         "each output needs one target. Reshape the targets.")
    return 0.5 * ((y - target) ** 2).sum()
