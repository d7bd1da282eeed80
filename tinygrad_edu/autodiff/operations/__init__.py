"""The operations, one record each. Importing this package fills the table `OPERATIONS`."""

from tinygrad_edu.autodiff.operations.arithmetic import (
    absolute,
    add,
    divide,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    subtract,
    where,
)
from tinygrad_edu.autodiff.operations.functions import (
    cos,
    exp,
    identity,
    log,
    log1p,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    square,
    tanh,
)
from tinygrad_edu.autodiff.operations.products import matmul
from tinygrad_edu.autodiff.operations.reductions import logsumexp, max, mean, min, sum
from tinygrad_edu.autodiff.operations.shapes import (
    broadcast_to,
    cast,
    concatenate,
    getitem,
    reshape,
    scatter,
    stack,
    sum_to,
    transpose,
)

__all__ = [
    "absolute", "add", "broadcast_to", "cast", "concatenate", "cos", "divide", "exp", "getitem", "identity", "log", "log1p",
    "logsumexp", "matmul", "max", "maximum", "mean", "min", "minimum", "multiply", "negative", "power", "relu", "reshape",
    "scatter", "sigmoid", "sin", "softplus", "sqrt", "square", "stack", "subtract", "sum", "sum_to", "tanh", "transpose",
    "where",
]
