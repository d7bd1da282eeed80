"""Steps and ramps, hard and soft, entry by entry: the sigmoid of eq. 31, relu, and what lies between them."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_edu.autodiff.operations.arithmetic import minimum
from tinygrad_edu.autodiff.operations.functions import FAR, exp
from tinygrad_edu.autodiff.primitive import elementwise

ONE = {kind: np.ones((), kind) for kind in "df"}  # NumPy adds it in half the time of 1.0
AWAY_FROM_THE_KINK = ((-4.0, -0.2), (0.2, 4.0))


# y (1 - y), where 1 - y would lose its digits as y rounds to 1: σ'(40) is 4e-18 and not 0
@elementwise(r"(1 + e^{-u})^{-1}", symbol="σ", eq="31, 32", scalar=lambda u: 1 / (1 + math.exp(-u)),
             dy_du=lambda y, u: y * one_minus_sigmoid(u), special=FAR)
def sigmoid(u):
    """State of a unit with total input u, in (0, 1).  (31)"""
    e = np.exp(-u)  # which overflows to inf far to the left, and 1 / inf is the 0 we want
    return np.reciprocal(ONE[e.dtype.char] + e)


@elementwise(r"(1 + e^{u})^{-1}", symbol="1−σ", scalar=lambda u: 1 / (1 + math.exp(u)), dy_du=lambda y, u: -y * sigmoid(u),
    special=FAR)
def one_minus_sigmoid(u):
    """What the sigmoid lacks to 1, to all digits: the sigmoid of -u."""
    e = np.exp(u)
    return np.reciprocal(ONE[e.dtype.char] + e)


@elementwise(r"\ln(1 + e^{-u})^{-1}", symbol="ln σ", dy_du=lambda y, u: one_minus_sigmoid(u), special=FAR)
def log_sigmoid(u):
    """The logarithm of the sigmoid: -softplus(-u), which keeps its digits where the sigmoid is 0 or 1."""
    return -np.logaddexp(-u, 0)


@elementwise(r"\ln(1 + e^{u})", dy_du=lambda y, u: sigmoid(u), special=FAR)
def softplus(u):
    """A smooth relu, whose slope is the sigmoid."""
    return np.logaddexp(u, 0)


@elementwise(r"\max(0, u)", symbol="relu", selects=True, scalar=lambda u: 0.0 if u <= 0 else u, dy_du=lambda y, u: u > 0,
             domain={"u": AWAY_FROM_THE_KINK}, special=FAR)
def relu(u):
    """u where it is positive, 0 elsewhere, with slope 0 at the kink."""
    return np.maximum(u, 0)


@elementwise(r"\max(0, u) + s \min(0, u)", symbol="leaky relu", selects=True, dy_du=lambda y, u, slope: (u > 0) + slope * (u <= 0),
             domain={"u": AWAY_FROM_THE_KINK}, special=FAR, samples=({"slope": 0.01}, {"slope": 0.3}))
def leaky_relu(u, *, slope=0.01):
    """u where it is positive, slope * u elsewhere and at the kink."""
    return np.where(u > 0, u, slope * u)


@elementwise(r"\max(0, u) + \min(0, \alpha (e^{u} - 1))", symbol="elu",
             dy_du=lambda y, u, alpha: (u > 0) + alpha * exp(minimum(u, 0.0)) * (u <= 0),
             domain={"u": AWAY_FROM_THE_KINK}, special=FAR, samples=({"alpha": 1.0}, {"alpha": 0.5}))
def elu(u, *, alpha=1.0):
    """u where it is positive, alpha * (e^u - 1) elsewhere: it levels off at -alpha."""
    return np.where(u > 0, u, alpha * np.expm1(np.minimum(u, 0)))


@elementwise(r"u (1 + e^{-u})^{-1}", symbol="silu", dy_du=lambda y, u: sigmoid(u) * (1.0 + u * one_minus_sigmoid(u)), special=FAR)
def silu(u):
    """u times its sigmoid, also called swish: a ramp with a dip."""
    return u * np.reciprocal(1.0 + np.exp(-u))


def _by_math(f):
    """A function of the math module on arrays; it is the only well-kept one, and takes 0.1 µs an entry."""
    of_floats = np.frompyfunc(f, 1, 1)
    return lambda u: np.asarray(of_floats(u), dtype=np.asarray(u).dtype)


_erf, _erfc = _by_math(math.erf), _by_math(math.erfc)


@elementwise(r"\operatorname{erf} u", symbol="erf", scalar=math.erf, dy_du=lambda y, u: 2.0 / math.sqrt(math.pi) * exp(-u * u),
             special=FAR)
def erf(u):
    """The error function of Gauss: 2/√π times the integral of e^(-t²) from 0 to u."""
    return _erf(u)


@elementwise(r"1 - \operatorname{erf} u", symbol="erfc", scalar=math.erfc,
             dy_du=lambda y, u: -2.0 / math.sqrt(math.pi) * exp(-u * u), special=FAR)
def erfc(u):
    """1 - erf(u), which keeps its digits where erf rounds to 1."""
    return _erfc(u)


@elementwise(r"\tfrac{u}{2} \operatorname{erfc}(-u / \sqrt{2})", symbol="gelu",
             dy_du=lambda y, u: 0.5 * erfc(-u / math.sqrt(2.0)) + u * exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi), special=FAR)
def gelu(u):
    """u times the chance that a normal number is below u (the exact form, without tanh)."""
    return 0.5 * u * _erfc(-u / math.sqrt(2.0))
