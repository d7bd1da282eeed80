"""Products of a cotangent and a slope that is not finite: 0, with derivatives that are lost.

In a pass that is traced, to be differentiated again, they are noted for `indeterminate.py`, which
says why. In a pass that is not traced, nothing is noted and nothing costs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.mistakes import numbers_of
from tinygrad_edu.autodiff.primitive import primitive
from tinygrad_edu.autodiff.recording import differentiating


def zero_product(ybar: Any, zero: Any) -> Any:
    """0 as the product of ybar and an infinite slope, in the entries `zero`, where ybar is 0."""
    notes = getattr(differentiating, "notes", None)
    if notes is None or not hasattr(ybar, "__record__"):
        return 0.0
    lost = zero & notes.depends(ybar)
    if not lost.any():
        return 0.0
    product = ybar + np.zeros(lost.shape)  # 0 there; its derivatives go where those of ybar go
    notes.add(product, lost)
    return product


def times_slope(ybar, slope, y, forward):
    """ybar * slope, for a function whose graph has a tip where y is 0, as that of a length has.

    The slope is given as 0 there. A product with it is lost where ybar is 0, and in a forward pass
    everywhere: there a slope of 0 hides from the next pass that it is not finite.
    """
    xbar, tip, notes = ybar * slope, numbers_of(y) == 0, getattr(differentiating, "notes", None)
    if notes is None or not np.any(tip):
        return xbar
    if forward and hasattr(y, "__record__"):
        xbar = xbar + (y - y)  # the slope of |u| is a plain number, although it depends on u
    ybar, traced = getattr(ybar, "x", ybar), getattr(xbar, "x", xbar)  # of a strong zero
    if hasattr(traced, "__record__"):
        notes.add(traced, tip & np.where(numbers_of(ybar) == 0, notes.depends(ybar), forward))
    return xbar


@primitive("a", symbol="0·∞", samples=[(((3,),), {"where": False}), (((),), {"where": False})],
           vjp=lambda ybar, y, a, where: [ybar * np.where(where, math.nan, 1.0)],
           jvp=lambda xdots, y, a, where: xdots[0] + np.where(where, math.nan, 0.0))
def indeterminate(a, *, where):
    """a, whose derivatives are nan in the entries `where`: 0 · ∞ went into them."""
    return a
