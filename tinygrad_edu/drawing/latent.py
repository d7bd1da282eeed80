"""A latent plane: where digits lie in it, and what a decoder draws for its places; and rows of pictures to compare."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.movie import Movie

SIDE = 9  # pictures along each side of the grid
MOST = 200  # digits in the plane; more hide each other


def grid(reach: float) -> ndarray:
    """The places of the grid, (SIDE², 2), row by row from the upper left, as pictures are read."""
    along = np.linspace(-reach, reach, SIDE)
    z1, z2 = np.meshgrid(along, along[::-1])
    return np.stack([z1.ravel(), z2.ravel()], axis=1)


def mosaic(pictures: ndarray, columns: int) -> ndarray:
    """Square pictures, (n, pixels) each, as one with so many in a row, and a blank pixel around each."""
    side = round(pictures.shape[1] ** 0.5)
    framed = np.pad(pictures.reshape(-1, columns, side, side), ((0, 0), (0, 0), (1, 1), (1, 1)))
    return framed.swapaxes(1, 2).reshape(len(framed) * (side + 2), -1)


def movie(frames: dict[int, tuple[ndarray, ndarray]], digit: ndarray, reach: float) -> Movie:
    """The plane filling, beside the grid over it. frames: {passes: (z: (T, 2), pictures: (SIDE², pixels))}. digit: (T,)."""
    paper, (plane, shown) = canvas.figure(1, 2, width=7.4, height=4.1)
    colours, some = _ten_colours(), slice(MOST)
    passes = list(frames)
    marks = [plane.plot([], [], linestyle="", marker=f"${d}$", color=colours[d], ms=6, mew=0.4)[0] for d in range(10)]
    image = shown.imshow(mosaic(frames[passes[0]][1], SIDE), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest",
                         extent=(-reach, reach, -reach, reach))
    plane.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), xlabel="$z_1$", ylabel="$z_2$", aspect="equal", title="held-out digits, encoded")
    shown.set(xlabel="$z_1$", ylabel="$z_2$", title="a grid of places, decoded")
    plane.plot([-reach, -reach, reach, reach, -reach], [-reach, reach, reach, -reach, -reach], color=canvas.GREY, lw=0.8, zorder=0)
    counter = paper.suptitle("", fontsize=11)

    def update(n: int) -> list[Any]:
        z, pictures = frames[passes[n]]
        for d, mark in enumerate(marks):
            mark.set_data(*z[some][digit[some] == d].T)
        image.set_data(mosaic(pictures, SIDE))
        counter.set_text(f"passes of learning: {passes[n]}")
        return [*marks, image, counter]

    return Movie(paper, update, len(passes), fps=8)


def rows(pictures: dict[str, ndarray]) -> Any:
    """Rows of small grey pictures under each other, (n, pixels) each, with their names at the left; ink is 1."""
    count = len(next(iter(pictures.values())))
    paper, axes = canvas.figure(len(pictures), 1, width=0.62 * count + 2.0, height=0.66 * len(pictures) + 0.2, squeeze=False)
    for axis, (name, some) in zip(axes[:, 0], pictures.items()):
        axis.imshow(mosaic(some, count), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        axis.set_ylabel(name, rotation=0, ha="right", va="center")
    return paper


def _ten_colours() -> Any:
    from matplotlib import colormaps

    return colormaps["tab10"](np.arange(10))  # the numerals tell them apart without any
