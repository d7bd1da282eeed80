"""The backprop lecture that you can run, look inside, and be marked on."""

from typing import Any

from tinygrad_edu.autodiff.derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from tinygrad_edu.autodiff.mistakes import DTypeError, ShapeError
from tinygrad_edu.autodiff.operations import (
    absolute,
    concatenate,
    cos,
    exp,
    log,
    log1p,
    logsumexp,
    matmul,
    maximum,
    minimum,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    square,
    stack,
    tanh,
    where,
)
from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import Value, detach
from tinygrad_edu.learning.descent import backprop
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Layer, Network

__all__ = [
    "DTypeError", "History", "Layer", "Network", "ShapeError", "Stopping", "Value", "absolute", "backprop", "concatenate", "cos",
    "detach", "draw", "exp", "grad", "half_squared_error", "hessian", "hvp", "jacobian", "jvp", "log", "log1p", "logsumexp", "matmul",
    "maximum", "minimum", "no_record", "relu", "sigmoid", "sin", "softplus", "sqrt", "square", "stack", "tanh",
    "value_and_grad", "vjp", "where",
]

_LATER = {"draw": "tinygrad_edu.drawing.graph"}  # loaded when used: `import tinygrad_edu` costs little more than NumPy's


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'tinygrad_edu' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)


def _drawn(value: Value, **options: Any) -> Any:
    """A notebook shows a Value as its graph. It is hung on here: value.py stands on a lower floor than the drawing."""
    try:
        return __getattr__("draw")(value)._repr_mimebundle_(**options)
    except ValueError:  # too large to draw
        return {"text/plain": repr(value)}


Value._repr_mimebundle_ = _drawn  # type: ignore[attr-defined]
