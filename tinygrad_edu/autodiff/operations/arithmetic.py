"""The operators + - * / ** and their kin, entry by entry: what Python writes between two numbers."""

from __future__ import annotations

import math
import operator

import numpy as np

from tinygrad_edu.autodiff.operations.functions import log
from tinygrad_edu.autodiff.primitive import elementwise

AWAY_FROM_ZERO = ((-4.0, -0.3), (0.3, 4.0))


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


@elementwise("-a", symbol="neg", scalar=operator.neg, numpy=np.negative, dy_da=-1, special=((0.0,), (1000.0,)))
def negative(a):
    """-a."""
    return -a


# b - (b != 0) is b - 1, except that a ** 0 keeps its slope 0 * 1 = 0 where 0 * 0 ** -1 would be nan;
# a + (a == 0) is a, except that the slope of 0 ** b in b is 0 * log 1 = 0 where 0 * log 0 would be nan.
@elementwise("a^b", symbol="**", scalar=math.pow, numpy=(np.power, np.float_power),
             dy_da=lambda y, a, b: b * power(a, b - (b != 0)), dy_db=lambda y, a, b: y * log(a + (a == 0)),
             domain={"a": ((0.2, 3.0),), "b": ((-2.5, 2.5),)},
             special=((0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (1.0, 0.0), (1.0, 1000.0)))
def power(a, b):
    """a ** b, broadcast; nan where the answer is not real. The slope in b needs a >= 0."""
    return a**b


@elementwise(r"\lvert a \rvert", symbol="|·|", scalar=operator.abs, numpy=np.absolute,
             dy_da=lambda y, a: 1.0 * (a > 0) - (a < 0), domain={"a": AWAY_FROM_ZERO},
             special=((0.0,), (1000.0,), (-1000.0,)))
def absolute(a):
    """|a|, with slope 0 at the kink."""
    return abs(a)


# (a > b) + 0.5 * (a == b): at a tie each of the two takes half, so that together they have slope 1.
@elementwise(r"\max(a, b)", symbol="max", numpy=np.maximum,
             dy_da=lambda y, a, b: 0.5 * (a == b) + (a > b), dy_db=lambda y, a, b: 0.5 * (a == b) + (b > a),
             domain={"a": ((-4.0, -2.2), (2.2, 4.0)), "b": ((-1.8, 1.8),)},
             special=((0.0, 0.0), (1000.0, 1000.0), (1000.0, -1000.0)))
def maximum(a, b):
    """The larger of a and b, broadcast; at a tie the gradient is shared."""
    return np.maximum(a, b)


@elementwise(r"\min(a, b)", symbol="min", numpy=np.minimum,
             dy_da=lambda y, a, b: 0.5 * (a == b) + (a < b), dy_db=lambda y, a, b: 0.5 * (a == b) + (b < a),
             domain={"a": ((-4.0, -2.2), (2.2, 4.0)), "b": ((-1.8, 1.8),)},
             special=((0.0, 0.0), (1000.0, 1000.0), (1000.0, -1000.0)))
def minimum(a, b):
    """The smaller of a and b, broadcast; at a tie the gradient is shared."""
    return np.minimum(a, b)


@elementwise(r"a \;\text{if}\; c \;\text{else}\; b", symbol="where", numpy=np.where,
             dy_dcondition=0, dy_da=lambda y, condition, a, b: condition != 0, dy_db=lambda y, condition, a, b: condition == 0,
             domain={"condition": AWAY_FROM_ZERO}, special=((0.0, 1.0, 2.0), (1.0, 1.0, 2.0)))
def where(condition, a, b):
    """a where the condition holds, b elsewhere; nothing flows to the condition."""
    return np.where(condition, a, b)
