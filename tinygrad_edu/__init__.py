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
from tinygrad_edu.learning.association import held_out, read_csv
from tinygrad_edu.learning.descent import backprop
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import Adam, GradientDescent, Momentum
from tinygrad_edu.learning.stopping import EarlyStopping, Stopping
from tinygrad_edu.network.error import binary_cross_entropy, cross_entropy, half_squared_error, weight_decay
from tinygrad_edu.network.layer import Layer, Network

__all__ = [
    "Adam", "DTypeError", "EarlyStopping", "ErrorSurface", "GradientDescent", "History", "Layer", "Momentum", "Network",
    "ShapeError", "Stopping", "Value", "absolute", "backprop", "binary_cross_entropy", "concatenate", "cos",
    "cross_entropy", "detach", "draw", "exp", "fit", "grad", "half_squared_error", "held_out", "hessian", "hvp", "jacobian",
    "jvp", "log", "log1p", "logsumexp", "matmul", "maximum", "minimum", "movie", "no_record", "plot", "read_csv", "relu",
    "sigmoid", "sin", "softplus", "sqrt", "square", "stack", "tanh", "value_and_grad", "vjp", "weight_decay", "where",
]

# loaded when used: `import tinygrad_edu` costs little more than NumPy's
_LATER = {"draw": "tinygrad_edu.drawing.graph", "plot": "tinygrad_edu.drawing.curves", "movie": "tinygrad_edu.drawing.scenes"}


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
