"""Functions of one number, applied entry by entry: exp, log, the sigmoid of eq. 31 and the other activations."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_edu.autodiff.primitive import elementwise

POSITIVE = ((0.1, 4.0),)
FAR = ((0.0,), (1000.0,), (-1000.0,))  # always tried: the middle, and where exp overflows or underflows


@elementwise("u", symbol="id", eq="2", dy_du=1, special=FAR)
def identity(u):
    """u itself: the activation function of a linear unit, and a second name for a Value."""
    return u


@elementwise("e^{u}", scalar=math.exp, numpy=np.exp, dy_du=lambda y, u: y, special=((0.0,), (-1000.0,)))
def exp(u):
    """e to the power u."""
    return np.exp(u)


@elementwise(r"\ln u", scalar=math.log, numpy=np.log, dy_du=lambda y, u: 1.0 / u, domain={"u": POSITIVE},
             special=((1.0,), (1000.0,)))
def log(u):
    """The natural logarithm; -inf at 0 and nan below."""
    return np.log(u)


@elementwise(r"\ln(1 + u)", scalar=math.log1p, numpy=np.log1p, dy_du=lambda y, u: 1.0 / (1.0 + u),
             domain={"u": ((-0.8, 4.0),)}, special=((0.0,), (1e-20,), (1000.0,)))
def log1p(u):
    """ln(1 + u), exact where u is so small that 1 + u is 1."""
    return np.log1p(u)


@elementwise(r"\sqrt{u}", symbol="√", scalar=math.sqrt, numpy=np.sqrt, dy_du=lambda y, u: 0.5 / y,
             domain={"u": POSITIVE}, special=((1.0,), (1000.0,)))
def sqrt(u):
    """The square root; nan below 0."""
    return np.sqrt(u)


@elementwise("u^2", symbol="²", eq="4, 6", scalar=lambda u: u * u, numpy=np.square, dy_du=lambda y, u: 2.0 * u, special=FAR)
def square(u):
    """u times u."""
    return u * u


@elementwise(r"\sin u", scalar=math.sin, numpy=np.sin, dy_du=lambda y, u: cos(u), special=FAR)
def sin(u):
    """The sine of u radians."""
    return np.sin(u)


@elementwise(r"\cos u", scalar=math.cos, numpy=np.cos, dy_du=lambda y, u: -sin(u), special=FAR)
def cos(u):
    """The cosine of u radians."""
    return np.cos(u)


@elementwise(r"\tanh u", scalar=math.tanh, numpy=np.tanh, dy_du=lambda y, u: 1.0 - y * y, special=FAR)
def tanh(u):
    """The hyperbolic tangent, in (-1, 1)."""
    return np.tanh(u)


@elementwise(r"(1 + e^{-u})^{-1}", symbol="σ", eq="31, 32", scalar=lambda u: 1 / (1 + math.exp(-u)),
             dy_du=lambda y, u: y * (1.0 - y), special=FAR)
def sigmoid(u):
    """State of a unit with total input u, in (0, 1).  (31)"""
    return np.reciprocal(1.0 + np.exp(-u))  # exp overflows to inf far to the left, and 1 / inf is the 0 we want


@elementwise(r"\max(0, u)", symbol="relu", scalar=lambda u: 0.0 if u <= 0 else u, dy_du=lambda y, u: u > 0,
             domain={"u": ((-4.0, -0.2), (0.2, 4.0))}, special=FAR)
def relu(u):
    """u where it is positive, 0 elsewhere, with slope 0 at the kink."""
    return np.maximum(u, 0)


@elementwise(r"\ln(1 + e^{u})", dy_du=lambda y, u: sigmoid(u), special=FAR)
def softplus(u):
    """A smooth relu, whose slope is the sigmoid."""
    return np.logaddexp(u, 0)
