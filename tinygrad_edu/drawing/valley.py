"""What is expected of each place: a map over position and speed that changes, and ways over a grid with a cliff."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.movie import Movie

SIDE = 41


def plane(low: ndarray, high: ndarray) -> ndarray:
    """Places all over the plane between two corners, (SIDE², 2), row by row from the lower left."""
    x1, x2 = np.meshgrid(*(np.linspace(*ends, SIDE) for ends in zip(low, high)))
    return np.stack([x1.ravel(), x2.ravel()], axis=1)


def movie(values: dict[int, ndarray], low: ndarray, high: ndarray, trip: ndarray, label: str) -> Movie:
    """values: {episodes: over `plane(low, high)`}. trip: (T, 2), drawn over all."""
    paper, axis = canvas.figure(width=5.6, height=4.4)
    top = float(np.percentile(list(values.values())[-1], 99))
    image = axis.imshow(np.zeros((SIDE, SIDE)), cmap="viridis_r", vmin=0, vmax=top, origin="lower", aspect="auto",
                        extent=(low[0], high[0], low[1], high[1]), interpolation="nearest")
    line = axis.plot(*trip.T, color="white", lw=1.2)[0]
    axis.plot(*trip[0], "o", color="white", mec=canvas.INK, ms=7)
    axis.axvline(0.5, color="white", lw=1, ls="--")
    axis.text(0.49, high[1] * 0.93, "goal", color="white", ha="right", va="top")
    axis.set(xlabel="position", ylabel="speed")
    paper.colorbar(image, ax=axis, label=label)
    title = axis.set_title("")
    steps = list(values)

    def update(n: int) -> list[Any]:
        image.set_data(np.round(values[steps[n]].reshape(SIDE, SIDE) / top * 24) / 24 * top)  # flat steps, which keep a GIF small
        title.set_text(f"after {steps[n]} episodes")
        return [image, line, title]

    return Movie(paper, update, len(steps), fps=6)


def cliff(ways: dict[str, list[int]], rows: int, columns: int) -> Any:
    """Ways over a grid whose last row, but for its ends, is a cliff; places are counted row by row."""
    paper, axis = canvas.figure(width=7.0, height=2.9)
    axis.add_patch(_matplotlib_rectangle((0.5, rows - 1.5), columns - 2, 1, canvas.GREY))
    axis.text(columns / 2 - 0.5, rows - 1, "cliff", color="white", ha="center", va="center")
    for (name, places), colour, shift, style in zip(ways.items(), (canvas.BLUE, canvas.ORANGE), (-0.06, 0.06), ("-", "--")):
        row, column = np.divmod(places, columns)
        axis.plot(column + shift, row + shift, style, color=colour, label=f"{name}: {len(places) - 1} steps", lw=2.5)
    for x, name in ((0, "start"), (columns - 1, "goal")):
        axis.text(x, rows - 1 + 0.62, name, ha="center", va="top")
    axis.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal",
             xticks=np.arange(columns + 1) - 0.5, yticks=np.arange(rows + 1) - 0.5)
    axis.tick_params(length=0, labelleft=False, labelbottom=False)
    axis.grid(color=canvas.GREY, lw=0.5)
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return paper


def _matplotlib_rectangle(corner: tuple[float, float], width: float, height: float, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, color=colour)
