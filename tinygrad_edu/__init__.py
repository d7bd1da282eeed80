"""The backprop lecture that you can run, look inside, and be marked on."""

from typing import Any

from tinygrad_edu.autodiff.anomaly import detect_anomaly
from tinygrad_edu.autodiff.derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from tinygrad_edu.autodiff.mistakes import AnomalyError, DTypeError, ShapeError
from tinygrad_edu.autodiff.operations import (  # sum, max and min are not in __all__: `import *` must not hide Python's own
    absolute,
    add,
    arccos,
    arcsin,
    arctan,
    arctan2,
    avg_pool2d,
    binary_cross_entropy_with_logits,
    broadcast_to,
    cbrt,
    clip,
    concatenate,
    conv2d,
    cos,
    cosh,
    cumsum,
    det,
    diag,
    divide,
    dot,
    dropout,
    einsum,
    elu,
    erf,
    erfc,
    exp,
    expand_dims,
    expm1,
    flip,
    floor_divide,
    gelu,
    hypot,
    inv,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    log_sigmoid,
    log_softmax,
    logsumexp,
    matmul,
    max_pool2d,
    maximum,
    mean,
    minimum,
    moveaxis,
    multiply,
    negative,
    norm,
    outer,
    pad,
    power,
    prod,
    ravel,
    reciprocal,
    relu,
    remainder,
    repeat,
    reshape,
    roll,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softmax,
    softplus,
    solve,
    sort,
    split,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    subtract,
    swapaxes,
    take,
    tan,
    tanh,
    tensordot,
    tile,
    trace,
    transpose,
    tril,
    triu,
    var,
    where,
)
from tinygrad_edu.autodiff.operations import (
    max as max,
)
from tinygrad_edu.autodiff.operations import (
    min as min,
)
from tinygrad_edu.autodiff.operations import (
    sum as sum,
)
from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import Value, detach
from tinygrad_edu.learning.association import held_out, read_csv
from tinygrad_edu.learning.course import Course
from tinygrad_edu.learning.descent import backprop
from tinygrad_edu.learning.episode import Episode, NoEnvironment, environment, play, returns, surprise
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import Adam, GradientDescent, Momentum
from tinygrad_edu.learning.player import Average, Diverged, Player, clipped
from tinygrad_edu.learning.replay import Replay
from tinygrad_edu.learning.stopping import EarlyStopping, Stopping
from tinygrad_edu.network.error import binary_cross_entropy, cross_entropy, gaussian_kl, half_squared_error, weight_decay
from tinygrad_edu.network.layer import Layer, Network
from tinygrad_edu.network.sampling import categorical, gaussian
from tinygrad_edu.storage.arrays import FileError, load, save

__all__ = [
    "Adam", "AnomalyError", "Average", "Course", "DTypeError", "Diverged", "EarlyStopping", "Episode", "ErrorSurface",
    "FileError", "GradientDescent", "History", "Layer", "Momentum", "Network", "NoEnvironment", "Player", "Replay",
    "ShapeError", "Stopping", "Value", "absolute", "add", "arccos", "arcsin", "arctan", "arctan2", "avg_pool2d", "backprop",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "broadcast_to", "categorical", "cbrt", "check_gradient", "clip",
    "clipped", "concatenate", "conv2d", "cos", "cosh", "cross_entropy", "cumsum", "det", "detach", "detect_anomaly", "diag",
    "diagnose", "divide", "dot", "draw", "draw_network", "dropout", "einsum", "elu", "environment", "erf", "erfc", "exp",
    "expand_dims", "explore", "expm1", "fit", "flip", "floor_divide", "gaussian", "gaussian_kl", "gelu", "grad",
    "half_squared_error", "held_out", "hessian", "hvp", "hypot", "inv", "jacobian", "jvp", "leaky_relu", "load", "log", "log1p",
    "log2", "log10", "log_sigmoid", "log_softmax", "logsumexp", "matmul", "max_pool2d", "maximum", "mean", "minimum",
    "moveaxis", "movie", "multiply", "negative", "no_record", "norm", "outer", "pad", "play", "plot", "power", "prod", "ravel",
    "read_csv", "reciprocal", "relu", "remainder", "repeat", "reshape", "returns", "roll", "save", "sigmoid", "sign", "silu",
    "sin", "sinh", "softmax", "softplus", "solve", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "subtract",
    "surprise", "swapaxes", "take", "tan", "tanh", "tensordot", "tile", "trace", "transpose", "tril", "triu", "value_and_grad",
    "var", "vjp", "weight_decay", "where",
]

# loaded when used: `import tinygrad_edu` costs little more than NumPy's
_LATER = {"check_gradient": "tinygrad_edu.checking.gradient_check", "diagnose": "tinygrad_edu.checking.diagnosis",
          "draw": "tinygrad_edu.drawing.graph", "draw_network": "tinygrad_edu.drawing.network_picture",
          "explore": "tinygrad_edu.drawing.explorer.explore",
          "plot": "tinygrad_edu.drawing.curves", "movie": "tinygrad_edu.drawing.scenes"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'tinygrad_edu' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"Any"})


def _drawn(value: Value, **options: Any) -> Any:
    """A notebook shows a Value as its graph. It is hung on here: value.py stands on a lower floor than the drawing."""
    from tinygrad_edu.drawing.notebook import mimebundle

    return mimebundle(value)


Value._repr_mimebundle_ = _drawn  # type: ignore[attr-defined]
