"""The backprop lecture that you can run, look inside, and be marked on."""

from tinygrad_edu.autodiff.derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from tinygrad_edu.autodiff.operations import (
    absolute,
    concatenate,
    cos,
    exp,
    log,
    log1p,
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
from tinygrad_edu.autodiff.value import Value, detach, no_record

__all__ = [
    "Value", "absolute", "concatenate", "cos", "detach", "exp", "grad", "hessian", "hvp", "jacobian", "jvp", "log", "log1p",
    "matmul", "maximum", "minimum", "no_record", "relu", "sigmoid", "sin", "softplus", "sqrt", "square", "stack", "tanh",
    "value_and_grad", "vjp", "where",
]
