"""Curves: E along one weight with its chord and tangent, E during learning, a whole run, an activation function and its slope.

Each takes an axis to draw on and returns it; `plot(history)` makes a figure.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.canvas import BLUE, GREEN, GREY, INK, ORANGE, RED
from tinygrad_edu.learning.history import History
from tinygrad_edu.storage.paths import path_of


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


def layers(axis: Any, passes: Sequence[int], sizes: ndarray) -> Any:
    """A quantity of each layer over the passes of learning, the output layer darkest; sizes: (layers, passes), input side first."""
    from matplotlib import colormaps

    styles, shades = ["-", "--", "-.", ":"], colormaps["viridis_r"](np.linspace(0.15, 1.0, len(sizes)))
    for number in reversed(range(len(sizes))):
        name = "output layer" if number == len(sizes) - 1 else f"hidden layer {number + 1}"
        axis.plot(passes, sizes[number], color=shades[number], linestyle=styles[(len(sizes) - 1 - number) % 4], label=name)
    axis.set(xlabel="passes of learning", yscale="log")
    axis.xaxis.get_major_locator().set_params(integer=True)
    return axis


def cross_section(axis: Any, s: ndarray, E: ndarray, minima: dict[str, tuple[float, float]], disc: float, height: float) -> Any:
    """Fig. 5: E along a line through weight space, its minima by name, and the disc that is about to roll."""
    axis.plot(s, E, color=BLUE)
    for name, (place, depth) in minima.items():
        axis.annotate(name, (place, depth), (0, 75), textcoords="offset points", ha="center",
                      arrowprops={"arrowstyle": "->", "color": GREY})
    axis.plot([disc], [height + 0.028 * E.max()], "o", color=INK, ms=13)
    axis.annotate("", (disc - 0.12, height - 0.16 * E.max()), (disc - 0.03, height - 0.03 * E.max()),
                  arrowprops={"arrowstyle": "-|>", "color": RED, "lw": 2})
    axis.set(xlabel="s, along the line through two trained weight vectors", ylabel="error E", ylim=(-0.04 * E.max(), 1.1 * E.max()))
    return axis


def place_of(history: History) -> str:
    """ "solved" (E < 0.02), or what the verdict says of the place where a run ended; "unknown" if
    it says nothing."""
    return "solved" if history.E[-1] < 0.02 else history.verdict.place or "unknown"


def places(axis: Any, histories: Sequence[History]) -> Any:
    """The final E of many runs over their final |∇E|, marked by the place where they ended."""
    looks = {"solved": ("o", GREEN), "minimum": ("s", BLUE), "plateau": ("^", ORANGE),
             "saddle": ("X", RED), "slope": ("_", GREY),
             "rising": ("+", GREY), "unknown": (".", GREY)}
    for place, (marker, colour) in looks.items():
        chosen = [history for history in histories if place_of(history) == place]
        if not chosen:
            continue
        axis.plot([history.gradient_norm[-1] for history in chosen], [history.E[-1] for history in chosen], marker, color=colour,
                  mec=INK, mew=0.5 if marker != "_" else 2, ms=9, alpha=0.85, label=f"{place} ({len(chosen)})")
    norms = [history.gradient_norm[-1] for history in histories]
    axis.set(xlabel="final |∇E|", xscale="log", xlim=(min(norms) / 3, max(norms) * 3), ylim=(-0.03, 0.78))
    axis.xaxis.set_minor_formatter("")
    axis.legend(fontsize=9, loc="upper right")
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


def points(axis: Any, history: History) -> Any:
    """The associations of a network with one input and one output: those that are learnt filled, those held out hollow."""
    axis.plot(np.ravel(history.x), np.ravel(history.target), "o", color=BLUE, ms=6, label="training set")
    if history.validation_set is not None:
        axis.plot(*map(np.ravel, history.validation_set), "o", mfc="white", mec=INK, ms=6, label="validation set")
    return axis


def learning(axis: Any, history: History, stops: dict[str, int] | None = None) -> Any:
    """E over the passes of a run; with a validation set E per association, that of both sets, and the best pass.

    With weight decay E is drawn as the history has it, and once more without its share, which the
    validation error does not have either.
    stops: after how many passes learning stopped, by name; this run's own stop if they are not given.
    """
    T, T_validation = history.counts if history.validation else (1, 0)
    _logarithmic(axis, history.E)
    decayed, E = any(history.penalty), np.array(history.E)
    axis.plot(_drawable(E / T), color=BLUE, label=f"training set{', with weight decay' * decayed}")
    if decayed:
        without = _drawable((E - history.penalty) / T)
        axis.plot(without, color=BLUE, linestyle=":", label="training set, without it")
    axis.set(xlabel="passes of learning", ylabel="error E per association" if history.validation else "error E")
    axis.xaxis.get_major_locator().set_params(integer=True)
    if history.validation:
        validation = np.divide(history.validation, T_validation)
        axis.plot(_drawable(validation), color=RED, linestyle="--", label="validation set")
        for (name, stop), marker in zip((stops or {"stopped": history.stop_epoch}).items(), "Xvs"):
            look = {"color": INK, "mec": "white", "mew": 0.7, "ms": 10, "zorder": 4}
            axis.plot(stop, validation[stop], marker, label=f"{name}, after {stop}", **look)
        best = history.best_epoch
        axis.plot(best, validation[best], "*", color=GREEN, mec=INK, mew=0.6, ms=16, label=f"best, after {best}", zorder=5)
    if history.validation or decayed:
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3 if stops else 2, fontsize=9)
    return axis


def against_size(axis: Any, errors: dict[str, dict[int, float]]) -> Any:
    """Errors over the number of hidden units, by name."""
    for (name, found), look, colour in zip(errors.items(), ("o-", "s--"), (BLUE, RED)):
        axis.plot(list(found), list(found.values()), look, color=colour, label=name)
    sizes = list(next(iter(errors.values())))
    axis.set(xscale="log", xlabel="hidden units", ylabel="error (rms)")
    axis.set_xticks(sizes, labels=[str(size) for size in sizes])
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    axis.legend()
    return axis


def _drawable(values: Any) -> ndarray:
    """The values, without those of a run that flew away: no axis reaches that far."""
    values = np.array(values, dtype=float)
    return np.where(np.abs(values) < 1e30, values, np.nan)  # nan is not less


def _logarithmic(axis: Any, values: Sequence[float]) -> None:
    """A logarithmic scale, if there will be anything on it; before it is drawn, or matplotlib overflows on the way."""
    if any(0 < value < 1e30 for value in values):
        axis.set_yscale("log")


def plot(history: History, path: str | Path | None = None) -> Any:
    """A figure of a run: E and |∇E| over the passes, and under them why it stopped. Saved if a path is given (.png, .svg, .pdf).

    Raises TypeError for what is no History, ValueError for one with no entries and for another
    suffix; OSError where nothing can be written.
    """
    if not isinstance(history, History):
        raise TypeError(f"plot takes the History that fit or backprop gave: "
                        f"plot(history, 'run.png'). This is a {type(history).__name__}.")
    if not history.E:
        raise ValueError("this history is empty: there is nothing to plot before the first pass.")
    if path is not None:
        path = path_of(path, "plot(history, 'run.png')")
        canvas.check(path)
    with canvas.style():
        paper, (above, below) = canvas.figure(rows=2, height=5.2, sharex=True, height_ratios=[3, 2])
        learning(above, history)
        above.set_xlabel("")
        _logarithmic(below, history.gradient_norm)
        below.plot(_drawable(history.gradient_norm), color=ORANGE)
        below.set(xlabel="passes of learning", ylabel="|∇E|")
        paper.align_ylabels()
        paper.suptitle("\n".join(textwrap.wrap(str(history.verdict or history.reason), 80)), fontsize=10, x=0.02, ha="left")
        if path is not None:
            canvas.save(paper, path)
    return paper
