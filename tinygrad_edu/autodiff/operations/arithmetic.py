"""The operators + - * / // % ** and their kin, entry by entry: what Python writes between two numbers, and choices among them."""

from __future__ import annotations

import math
import operator
from numbers import Real

import numpy as np

from tinygrad_edu.autodiff.mistakes import numbers_of
from tinygrad_edu.autodiff.operations.functions import AWAY_FROM_ZERO, log
from tinygrad_edu.autodiff.primitive import elementwise, multilinear


@elementwise("a + b", symbol="+", eq="12", scalar=operator.add, numpy=np.add, dy_da=1, dy_db=1,
             special=((0.0, 0.0), (1000.0, -1000.0)))
def add(a, b):
    """a + b, broadcast."""
    return a + b


@elementwise("a - b", symbol="−", eq="3", scalar=operator.sub, numpy=np.subtract, dy_da=1, dy_db=-1,
             special=((0.0, 0.0), (1000.0, 1000.0)))
def subtract(a, b):
    """a - b, broadcast."""
    return a - b


@elementwise(r"a \, b", symbol="×", eq="1", scalar=operator.mul, numpy=np.multiply,
             dy_da=lambda y, a, b: b, dy_db=lambda y, a, b: a,
             special=((0.0, 0.0), (0.0, 1000.0), (-1000.0, 1000.0)))
def multiply(a, b):
    """a * b, broadcast."""
    return a * b


@elementwise(r"\frac{a}{b}", symbol="/", scalar=operator.truediv, numpy=np.divide,
             dy_da=lambda y, a, b: 1.0 / b, dy_db=lambda y, a, b: -y / b,
             domain={"b": AWAY_FROM_ZERO}, special=((0.0, 1.0), (1000.0, -1000.0)))
def divide(a, b):
    """a / b, broadcast; 1 / 0 is inf and 0 / 0 is nan, as IEEE 754 has it."""
    return a / b


@elementwise(r"\frac{a}{b}", symbol="0/0→0", dy_da=lambda y, a, b: 1.0 / b, dy_db=lambda y, a, b: -y / b,
             domain={"b": AWAY_FROM_ZERO}, special=((0.0, 1.0), (1000.0, -1000.0)))
def ratio(a, b):
    """a / b, broadcast, and 0 for 0 / 0: the slope of a length, at the tip of whose cone the second derivative is not finite."""
    return np.where((a == 0) & (b == 0), 0.0, a / b)


BETWEEN_WHOLE = {"a": ((2.1, 2.8), (-3.7, -3.1), (0.1, 0.8)), "b": ((0.97, 1.0), (-1.0, -0.97))}  # a / b is not whole there


@elementwise(r"\lfloor a / b \rfloor", symbol="//", selects=True, scalar=operator.floordiv, numpy=np.floor_divide, dy_da=0, dy_db=0,
             domain=BETWEEN_WHOLE, special=((0.0, 1.0), (1000.0, -7.0)))
def floor_divide(a, b):
    """a // b, broadcast: how often b goes into a, rounded down. A staircase, with slope 0 everywhere, at the steps too."""
    return a // b


@elementwise(r"a - b \lfloor a / b \rfloor", symbol="%", scalar=operator.mod, numpy=(np.remainder, np.mod),
             dy_da=1, dy_db=lambda y, a, b: -floor_divide(a, b), domain=BETWEEN_WHOLE, special=((0.5, 1.0), (1000.0, -7.0)))
def remainder(a, b):
    """a % b, broadcast: what a // b leaves of a, with the sign of b."""
    return a % b


@elementwise("-a", symbol="neg", scalar=operator.neg, numpy=np.negative, dy_da=-1, special=((0.0,), (1000.0,)))
def negative(a):
    """-a."""
    return -a


# b - (a != 0 or b != 0) is b - 1, but 0 ** 0 has the slope 0 * 1 = 0 where 0 * 0 ** -1 would be nan; a + (a == 0) * (b >= 0)
# is a, but the slope of 0 ** b in b is 0 * log 1 = 0 where 0 * log 0 would be nan.
@elementwise("a^b", symbol="**", scalar=math.pow, numpy=(np.power, np.float_power),
             dy_da=lambda y, a, b: b * power(a, b - ((a != 0) | (b != 0))), dy_db=lambda y, a, b: y * log(a + (a == 0) * (b >= 0)),
             domain={"a": ((0.2, 3.0),), "b": ((-2.5, 2.5),)},
             special=((0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.8, 0.0), (1.0, 1000.0)))
def power(a, b):
    """a ** b, broadcast; nan where the answer is not real. The slope in b needs a >= 0."""
    return a**b


def _above(a, b):
    """How much of maximum(a, b) is a: at a tie each of the two is half of it, so that together they have slope 1."""
    return 0.5 * (a == b) + (a > b)


@elementwise(r"\max(a, b)", symbol="max", numpy=np.maximum, selects=True,
             dy_da=lambda y, a, b: _above(a, b), dy_db=lambda y, a, b: _above(b, a),
             domain={"a": ((-4.0, -2.2), (2.2, 4.0)), "b": ((-1.8, 1.8),)},
             special=((0.0, 0.0), (1000.0, 1000.0), (1000.0, -1000.0)))
def maximum(a, b):
    """The larger of a and b, broadcast; at a tie the gradient is shared."""
    return np.maximum(a, b)


@elementwise(r"\min(a, b)", symbol="min", numpy=np.minimum, selects=True,
             dy_da=lambda y, a, b: _above(b, a), dy_db=lambda y, a, b: _above(a, b),
             domain={"a": ((-4.0, -2.2), (2.2, 4.0)), "b": ((-1.8, 1.8),)},
             special=((0.0, 0.0), (1000.0, 1000.0), (1000.0, -1000.0)))
def minimum(a, b):
    """The smaller of a and b, broadcast; at a tie the gradient is shared."""
    return np.minimum(a, b)


def _all_tie(a, low, high):
    """Where a and both bounds are the same: there neither a nor low alone can move the result."""
    return (a == low) * (low == high)


def _clip_of(a, low=None, high=None, *, a_min=None, a_max=None, min=None, max=None):
    lows, highs = ([x for x in bounds if x is not None] for bounds in ((low, a_min, min), (high, a_max, max)))
    if len(lows) > 1 or len(highs) > 1 or not (lows or highs):
        raise TypeError("clip(a, low, high) needs one bound or two: clip(a, 0, 1), clip(a, low=0), clip(a, high=1).")
    return (a, *(lows or [-math.inf]), *(highs or [math.inf])), {}


@elementwise(r"\min(\max(a, l), h)", symbol="clip", numpy=np.clip, reads=_clip_of, selects=True,
             dy_da=lambda y, a, low, high: _above(a, low) * _above(high, a) * (1.0 - (low == high)),
             dy_dlow=lambda y, a, low, high: (
                 _above(low, a) * _above(high, low) - 0.25 * _all_tie(a, low, high)),
             dy_dhigh=lambda y, a, low, high: (
                 _above(maximum(a, low), high) + 0.5 * _all_tie(a, low, high)),
             domain={"a": ((-4.0, -2.2), (-1.8, 1.8), (2.2, 4.0)), "low": ((-2.1, -1.9),), "high": ((1.9, 2.1),)},
             special=((0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (0.0, 0.0, 0.0), (0.0, 1.0, -1.0)))
def clip(a, low, high):
    """a, but at least low and then at most high, broadcast; where a meets a bound they share the gradient."""
    return np.minimum(np.maximum(a, low), high)


@elementwise(r"a \;\text{if}\; c \;\text{else}\; b", symbol="where", numpy=np.where, selects=True,
             dy_dcondition=0, dy_da=lambda y, condition, a, b: condition != 0, dy_db=lambda y, condition, a, b: condition == 0,
             domain={"condition": AWAY_FROM_ZERO}, special=((0.0, 1.0, 2.0), (1.0, 1.0, 2.0)))
def where(condition, a, b):
    """a where the condition holds, b elsewhere; nothing flows to the condition, nor to the one that was not taken."""
    return np.where(condition, a, b)


def _dropout_of(a, rate=0.5, generator=None):
    if not isinstance(generator, np.random.Generator):
        raise TypeError("dropout draws from a generator that you give, dropout(v, 0.5, np.random.default_rng(0)), "
                        f"and not from {generator!r:.60}.")
    if not isinstance(rate, Real) or not 0 <= float(rate) < 1:
        raise ValueError(f"the rate of dropout is the share that is dropped, from 0 to below 1, and is {rate!r}.")
    return (a,), {"keep": generator.random(np.shape(numbers_of(a))) >= rate, "rate": float(rate)}


@multilinear(r"\frac{a \, k}{1 - r}", symbol="dropout", reads=_dropout_of,
             transposes=[lambda ybar, a, keep, rate: dropout.on((ybar,), {"keep": keep, "rate": rate})],
             samples=[(((3,),), {"keep": np.array([True, False, True]), "rate": 0.25}),
                      (((2, 3),), {"keep": np.eye(2, 3) == 0, "rate": 0.5})])
def dropout(a, *, keep, rate):
    """Each entry 0 with probability rate, the others divided by 1 - rate, so that the mean stays (Srivastava et al. 2014).

    dropout(a, rate, generator): the generator is a np.random.Generator, and the same seed drops the same entries.
    """
    return np.where(keep, a / (1.0 - rate), 0.0)
