"""A game in the plane: real points, points that were made, and where they are told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.movie import Movie

REACH, SIDE = 3.0, 31


def plane() -> ndarray:
    """Places all over the plane, (SIDE², 2), row by row from the lower left."""
    x1, x2 = np.meshgrid(*[np.linspace(-REACH, REACH, SIDE)] * 2)
    return np.stack([x1.ravel(), x2.ravel()], axis=1)


def movie(real: ndarray, panels: dict[str, dict[int, tuple[ndarray, ndarray]]]) -> Movie:
    """One panel for each run. real: (n, 2). panels: {title: {step: (made: (m, 2), what is said over `plane()`, 0 to 1)}}."""
    paper, axes = canvas.figure(1, len(panels), width=3.5 * len(panels), height=4.2, squeeze=False)
    parts = []
    for axis, (name, frames) in zip(axes[0], panels.items()):
        image = axis.imshow(np.full((SIDE, SIDE), 0.5), cmap="PuOr_r", vmin=0, vmax=1, origin="lower", interpolation="nearest",
                            extent=(-REACH, REACH, -REACH, REACH), alpha=0.7)
        axis.plot(*real.T, ".", color=canvas.GREY, ms=3, mew=0)
        points = axis.plot([], [], ".", color=canvas.INK, ms=4, mew=0)[0]
        axis.set(xticks=[], yticks=[], xlim=(-REACH, REACH), ylim=(-REACH, REACH))
        parts.append((image, points, axis.set_title(f"{name}\nstep 0"), list(frames.items())))

    def update(n: int) -> list[Any]:
        for (image, points, title, frames), name in zip(parts, panels):
            step, (made, said) = frames[min(n, len(frames) - 1)]
            image.set_data(np.round(said.reshape(SIDE, SIDE) * 20) / 20)  # flat steps, which a GIF keeps small
            points.set_data(*made.T)
            title.set_text(f"{name}\nstep {step}")
        return [artist for part in parts for artist in part[:3]]

    return Movie(paper, update, max(map(len, panels.values())), fps=6)
