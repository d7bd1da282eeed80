"""The slides' kind of network picture: units as circles, layer by layer, and a line for each weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

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
                axis.plot(*zip(start, end), color=BLUE if w[i, j] >= 0 else RED, linestyle="-" if w[i, j] >= 0 else "--",
                          lw=0.6 + 3 * abs(w[i, j]) / largest, zorder=1)
    for name, row in zip(names, places):
        for i, place in enumerate(row, start=1):
            axis.plot(*place, "o", ms=24, color="white", mec=INK, mew=1.3, zorder=2)
            axis.text(*place, f"${name}_{{{i}}}$" if len(row) > 1 else f"${name}$", ha="center", va="center", fontsize=11, zorder=3)
    axis.set(aspect="equal", xlim=(-0.5, left + widest - 0.5), ylim=(-0.5, 1.5 * len(weights) + 0.5))
    axis.axis("off")
    return axis
