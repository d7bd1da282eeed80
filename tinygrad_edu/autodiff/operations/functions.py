"""Functions of one number, applied entry by entry: powers, roots, exponentials and logarithms."""

from __future__ import annotations

import math
import operator

import numpy as np

from tinygrad_edu.autodiff.operations.slopes import times_slope
from tinygrad_edu.autodiff.primitive import elementwise

POSITIVE = ((0.1, 4.0),)
AWAY_FROM_ZERO = ((-4.0, -0.3), (0.3, 4.0))
FAR = ((0.0,), (1000.0,), (-1000.0,))  # always tried: the middle, and where exp overflows or underflows


@elementwise("u", symbol="id", eq="2", dy_du=1, special=FAR)
def identity(u):
    """u itself: the activation function of a linear unit, and a second name for a Value."""
    return u


@elementwise("u^2", symbol="²", eq="4, 6", scalar=lambda u: u * u, numpy=np.square, dy_du=lambda y, u: u + u, special=FAR)
def square(u):
    """u times u."""
    return u * u


@elementwise(r"\sqrt{u}", symbol="√", scalar=math.sqrt, numpy=np.sqrt, dy_du=lambda y, u: 0.5 / y,
             domain={"u": POSITIVE}, special=((1.0,), (1000.0,)))
def sqrt(u):
    """The square root; nan below 0, and an infinite slope at 0."""
    return np.sqrt(u)


@elementwise(r"\sqrt[3]{u}", symbol="∛", scalar=math.cbrt, numpy=np.cbrt, dy_du=lambda y, u: (1.0 / 3.0) / (y * y),
             domain={"u": AWAY_FROM_ZERO}, special=((1.0,), (-1000.0,)))
def cbrt(u):
    """The cube root, of negative numbers too; an infinite slope at 0."""
    return np.cbrt(u)


@elementwise(r"\frac{1}{u}", symbol="1/", scalar=lambda u: 1.0 / u, numpy=np.reciprocal, dy_du=lambda y, u: -y * y,
             domain={"u": AWAY_FROM_ZERO}, special=((1.0,), (-1000.0,)))
def reciprocal(u):
    """1 / u; inf at 0."""
    return 1.0 / u


@elementwise("e^{u}", scalar=math.exp, numpy=np.exp, dy_du=lambda y, u: y, special=((0.0,), (-1000.0,)))
def exp(u):
    """e to the power u."""
    return np.exp(u)


@elementwise("e^{u} - 1", scalar=math.expm1, numpy=np.expm1, dy_du=lambda y, u: exp(u), special=((0.0,), (1e-20,), (-1000.0,)))
def expm1(u):
    """e to the power u, less 1: exact where u is so small that e^u is 1."""
    return np.expm1(u)


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


@elementwise(r"\log_2 u", scalar=math.log2, numpy=np.log2, dy_du=lambda y, u: 1.0 / (u * math.log(2.0)),
             domain={"u": POSITIVE}, special=((1.0,), (1024.0,)))
def log2(u):
    """The logarithm to base 2: how many bits; -inf at 0 and nan below."""
    return np.log2(u)


@elementwise(r"\log_{10} u", scalar=math.log10, numpy=np.log10, dy_du=lambda y, u: 1.0 / (u * math.log(10.0)),
             domain={"u": POSITIVE}, special=((1.0,), (1000.0,)))
def log10(u):
    """The logarithm to base 10: how many digits; -inf at 0 and nan below."""
    return np.log10(u)


@elementwise(r"\lvert u \rvert", symbol="|·|", scalar=operator.abs, numpy=(np.absolute, np.fabs), times=times_slope,
             dy_du=lambda y, u: 1.0 * (u > 0) - (u < 0), domain={"u": AWAY_FROM_ZERO}, special=FAR)
def absolute(u):
    """|u|, with slope 0 at the kink."""
    return abs(u)


@elementwise(r"\operatorname{sign} u", symbol="sign", numpy=np.sign, selects=True, dy_du=0, domain={"u": AWAY_FROM_ZERO},
    special=FAR)
def sign(u):
    """1 for a positive number, -1 for a negative one, 0 for 0: flat, with slope 0 everywhere, at the step too."""
    return np.sign(u)
