"""The slides' kind of network picture: units as circles, layer by layer, a line for each weight; and the units' δ in strips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.canvas import BLUE, INK, RED


def units(axis: Any, weights: Sequence[ndarray], names: Sequence[str], left: float = 0.0, largest: float | None = None) -> Any:
    """The network whose layers have these weights, (I, J) each; names are those of the layers, such as x, z, y.

    A line is blue for a positive weight and red and dashed for a negative one, and the thicker the larger it is
    (`largest` has the thickest). Input units are at the bottom, as on the slides.
    """
    sizes = [w.shape[0] for w in weights] + [weights[-1].shape[1]]
    widest, largest = max(sizes), largest or max(float(np.abs(w).max()) for w in weights)
    places = [[(left + i + (widest - size) / 2, 1.5 * layer) for i in range(size)] for layer, size in enumerate(sizes)]
    for layer, w in enumerate(weights):
        for i, start in enumerate(places[layer]):
            for j, end in enumerate(places[layer + 1]):
                axis.plot(*zip(start, end), zorder=1, **look(w[i, j], largest))
    for name, row in zip(names, places):
        for i, place in enumerate(row, start=1):
            axis.plot(*place, "o", ms=24, color="white", mec=INK, mew=1.3, zorder=2)
            axis.text(*place, f"${name}_{{{i}}}$" if len(row) > 1 else f"${name}$", ha="center", va="center", fontsize=11, zorder=3)
    axis.set(aspect="equal", xlim=(-0.5, left + widest - 0.5), ylim=(-0.5, 1.5 * len(weights) + 0.5))
    axis.axis("off")
    return axis


def look(w: float, largest: float) -> dict[str, Any]:
    """What the line of a weight looks like."""
    return {"color": BLUE if w >= 0 else RED, "linestyle": "-" if w >= 0 else "--", "linewidth": 0.6 + 3 * abs(w) / largest}


def blame_strips(columns: dict[str, Sequence[ndarray]], largest: float, label: str = "δ = ∂E/∂u of each unit",
                 signed: bool = True) -> tuple[Any, Callable[..., list[Any]]]:
    """(a figure, a function that shows other deltas in it and returns the artists it changed): δ of each unit, layer above layer.

    columns: for each title, one number for each unit, from the first hidden layer to the output layer. `largest` |δ| has the
    darkest colour. The colours go by half powers of ten, alike for all layers, so that small δ can be seen beside those that
    are a hundred times as large; the number beside a layer is the root of the mean square of its δ.
    """
    from matplotlib import colormaps
    from matplotlib.colors import BoundaryNorm

    layers, power = max(map(len, columns.values())), int(np.ceil(np.log10(largest) - 0.3))
    steps = 10.0 ** (power - 0.5 * np.arange(6))  # 1, 0.3, 0.1, 0.03, 0.01, 0.003
    colours = colormaps["PuOr_r" if signed else "YlOrBr"]
    norm = BoundaryNorm([*-steps, *steps[::-1]] if signed else [0.0, *steps[::-1]], colours.N)
    paper, axes = canvas.figure(layers, len(columns), width=1.3 + 4.2 * len(columns), height=0.62 * layers + 1.3, squeeze=False)
    strips, sizes = [], []
    for n, (column, (title, deltas)) in enumerate(zip(axes.T, columns.items())):
        column[0].set_title(title)
        widest = max(map(len, deltas))
        for number, (axis, delta) in enumerate(zip(column[::-1], deltas), start=1):
            left = (widest - len(delta)) / 2
            strips.append(axis.imshow(delta[None], cmap=colours, norm=norm, aspect="auto", extent=(left, left + len(delta), 0, 1)))
            axis.set(xlim=(0, widest), yticks=[], xticks=[], frame_on=False)
            if n == 0:
                name = "output" if number == layers else f"hidden {number}"
                axis.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
            sizes.append(axis.text(1.02, 0.5, "", transform=axis.transAxes, va="center", fontsize=9, family="monospace"))
    bar = paper.colorbar(strips[0], ax=axes, location="bottom", aspect=45, fraction=0.1, pad=0.03, label=label)
    marks = [(sign * step, f"{'−' * (sign < 0)}{step:.4g}") for sign in ((-1, 1) if signed else (1,)) for step in steps[::2]]
    bar.set_ticks([mark for mark, _ in marks], labels=[text for _, text in marks])
    bar.minorticks_off()

    def show(*columns: Sequence[ndarray]) -> list[Any]:
        for strip, size, delta in zip(strips, sizes, [delta for deltas in columns for delta in deltas]):
            strip.set_data(delta[None])
            size.set_text(f"{np.sqrt(np.mean(np.square(delta))):.1e}")
        return [*strips, *sizes]

    show(*columns.values())
    return paper, show
