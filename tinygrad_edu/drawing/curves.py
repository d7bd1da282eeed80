"""Curves: E along one weight with its chord and tangent, E during learning, an activation function and its slope.

Each takes an axis to draw on and returns it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_edu.drawing.canvas import BLUE, GREEN, GREY, INK, ORANGE, RED


def error_curve(axis: Any, E: Callable[[Any], Any], low: float, high: float, best: float) -> Any:
    """E(w) from low to high, with the best weight marked w*."""
    w = np.linspace(low, high, 200)
    axis.plot(w, E(w), color=BLUE, label="E(w)")
    axis.plot([best], [E(best)], "o", color=GREEN, ms=9, zorder=5, label=f"w* = {best:g}")
    axis.set(xlabel="weight w", ylabel="error E", xlim=(low, high))
    return axis


def chord_and_tangent(axis: Any, E: Callable[[Any], Any], w: float, slope: float, step: float, reach: float) -> Any:
    """The chord ΔE/Δw from w to w + step beside the tangent dE/dw at w, drawn out to w ± reach."""
    chord = (E(w + step) - E(w)) / step
    ends = np.array([w - reach, w + reach])
    axis.plot(ends, E(w) + slope * (ends - w), color=RED, label=f"tangent: dE/dw = {slope:.3f}")
    axis.plot([w, w + step], [E(w), E(w + step)], "--s", color=ORANGE, ms=6, label=f"chord: ΔE/Δw = {chord:.3f}, Δw = {step:g}")
    axis.plot([w], [E(w)], "o", color=INK, ms=8, zorder=5)
    axis.annotate(f"w = {w:g}", (w, E(w)), (12, -14), textcoords="offset points")
    return axis


def falling(axis: Any, curves: dict[str, Sequence[float]], ylabel: str = "error E", log: bool = True) -> Any:
    """One curve over the steps of learning for each name; the line styles differ too, for those who see no colour."""
    styles = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]
    for (name, ys), colour, style in zip(curves.items(), [BLUE, ORANGE, GREEN, RED, GREY], styles):
        axis.plot(np.arange(len(ys)), ys, color=colour, linestyle=style, label=name)
    axis.set(xlabel="pass through the loop", ylabel=ylabel)
    axis.xaxis.get_major_locator().set_params(integer=True)
    if log:
        axis.set_yscale("log")
    if len(curves) > 1:
        axis.legend()
    return axis


def function_and_slope(axis: Any, f: Callable[[Any], Any], slope: Callable[[Any], Any], low: float, high: float,
                       names: tuple[str, str]) -> Any:
    """f(u) and its slope on one axis."""
    u = np.linspace(low, high, 300)
    axis.plot(u, f(u), color=BLUE, label=names[0])
    axis.plot(u, slope(u), "--", color=RED, label=names[1])
    axis.set(xlabel="total input u", xlim=(low, high))
    axis.legend(loc="upper left")
    return axis
