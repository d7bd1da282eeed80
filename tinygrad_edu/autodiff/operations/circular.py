"""Sine, cosine and their kin, circular and hyperbolic, and the way back: entry by entry, angles in radians."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_edu.autodiff.operations.arithmetic import ratio
from tinygrad_edu.autodiff.operations.functions import AWAY_FROM_ZERO, FAR, sqrt, square
from tinygrad_edu.autodiff.operations.slopes import times_slope
from tinygrad_edu.autodiff.primitive import elementwise

BETWEEN_POLES = ((-1.2, 1.2),)
INSIDE_ONE = ((-0.9, 0.9),)


@elementwise(r"\sin u", scalar=math.sin, numpy=np.sin, dy_du=lambda y, u: cos(u), special=FAR)
def sin(u):
    """The sine of u radians."""
    return np.sin(u)


@elementwise(r"\cos u", scalar=math.cos, numpy=np.cos, dy_du=lambda y, u: -sin(u), special=FAR)
def cos(u):
    """The cosine of u radians."""
    return np.cos(u)


@elementwise(r"\tan u", scalar=math.tan, numpy=np.tan, dy_du=lambda y, u: 1.0 + y * y, domain={"u": BETWEEN_POLES}, special=FAR)
def tan(u):
    """The tangent of u radians."""
    return np.tan(u)


@elementwise(r"\arcsin u", scalar=math.asin, numpy=np.arcsin, dy_du=lambda y, u: 1.0 / sqrt((1.0 - u) * (1.0 + u)),
             domain={"u": INSIDE_ONE}, special=((0.0,),))
def arcsin(u):
    """The angle whose sine is u; nan beyond ±1, where its slope becomes infinite."""
    return np.arcsin(u)


@elementwise(r"\arccos u", scalar=math.acos, numpy=np.arccos, dy_du=lambda y, u: -1.0 / sqrt((1.0 - u) * (1.0 + u)),
             domain={"u": INSIDE_ONE}, special=((0.0,),))
def arccos(u):
    """The angle whose cosine is u; nan beyond ±1, where its slope becomes infinite."""
    return np.arccos(u)


@elementwise(r"\arctan u", scalar=math.atan, numpy=np.arctan, dy_du=lambda y, u: 1.0 / (1.0 + u * u), special=FAR)
def arctan(u):
    """The angle whose tangent is u, between ±π/2."""
    return np.arctan(u)


# (b / h) / h and not b / (a² + b²): the square of 1e200 would be inf
@elementwise(r"\operatorname{atan2}(a, b)", symbol="atan2", scalar=math.atan2, numpy=np.arctan2,
             dy_da=lambda y, a, b: b / hypot(a, b) / hypot(a, b), dy_db=lambda y, a, b: -a / hypot(a, b) / hypot(a, b),
             domain={"b": AWAY_FROM_ZERO, "a": AWAY_FROM_ZERO}, special=((0.0, 1.0), (1000.0, -1000.0), (1e200, 1e200)))
def arctan2(a, b):
    """The angle of the point at height a and distance b to the right; its slope is nan at the origin, which has no angle."""
    return np.arctan2(a, b)


@elementwise(r"\sqrt{a^2 + b^2}", symbol="hypot", scalar=math.hypot, numpy=np.hypot, times=times_slope,
             dy_da=lambda y, a, b: ratio(a, y), dy_db=lambda y, a, b: ratio(b, y),
             domain={"a": AWAY_FROM_ZERO, "b": AWAY_FROM_ZERO}, special=((0.0, 0.0), (1e200, 1e200), (0.0, -1000.0)))
def hypot(a, b):
    """The length of (a, b), also where a² is too large or too small for a float; with slope 0 at (0, 0)."""
    return np.hypot(a, b)


@elementwise(r"\sinh u", scalar=math.sinh, numpy=np.sinh, dy_du=lambda y, u: cosh(u), special=((0.0,),))
def sinh(u):
    """The hyperbolic sine, (e^u - e^-u) / 2."""
    return np.sinh(u)


@elementwise(r"\cosh u", scalar=math.cosh, numpy=np.cosh, dy_du=lambda y, u: sinh(u), special=((0.0,),))
def cosh(u):
    """The hyperbolic cosine, (e^u + e^-u) / 2."""
    return np.cosh(u)


@elementwise(r"\frac{1}{\cosh u}", symbol="sech", dy_du=lambda y, u: -y * tanh(u), special=FAR)
def sech(u):
    """The hyperbolic secant, 1 / cosh u: the square of it is the slope of tanh."""
    return 1.0 / np.cosh(u)


# 1 - y², with the digits that this loses where y rounds to 1
@elementwise(r"\tanh u", scalar=math.tanh, numpy=np.tanh, dy_du=lambda y, u: square(sech(u)), special=FAR)
def tanh(u):
    """The hyperbolic tangent, in (-1, 1)."""
    return np.tanh(u)
