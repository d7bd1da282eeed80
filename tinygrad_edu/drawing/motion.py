"""Movies of things that move: discs that roll along a curve, weights that walk over contours, pictures that develop.

They need no History, only numbers: one place, or one picture, for each frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.drawing import canvas, surface
from tinygrad_edu.drawing.canvas import BLUE, INK, ORANGE
from tinygrad_edu.drawing.movie import Movie


def rolling(E: Callable[[float], Any], ways: dict[str, Sequence[float]], titles: Sequence[str] | None = None,
            span: tuple[float, float] | None = None, xlabel: str = "weight w", highest: float | None = None) -> Movie:
    """Discs that move along the curve E(w), one panel for each of the ways.

    A way that is shorter than another waits at its end; one that leaves the span is out of sight.
    """
    longest = max(len(way) for way in ways.values())
    titles = titles or _steps(longest)
    low, high = span or around([w for way in ways.values() for w in way], 0.3)
    along = np.linspace(low, high, 301)
    height = np.array([float(E(w)) for w in along])
    paper, axes = canvas.figure(1, len(ways), width=max(4.6, 2.7 * len(ways)), height=3.2, sharey=True, squeeze=False)
    discs, trails = [], []
    heights = {name: [float(E(w)) for w in way] for name, way in ways.items()}
    for axis, name in zip(axes[0], ways):
        axis.plot(along, height, color=BLUE)
        trails += axis.plot([], [], ".-", color=ORANGE, ms=5, lw=1)
        discs += axis.plot([], [], "o", color=INK, ms=12)
        top = highest if highest is not None else height.max()
        axis.set(xlabel=xlabel, xlim=(low, high), ylim=(min(0.0, height.min()) - 0.05 * top, 1.05 * top), title=name)
    axes[0][0].set_ylabel("error E")
    counter = paper.suptitle(titles[0], fontsize=11)

    def update(n: int) -> list[Any]:
        for disc, trail, (name, way) in zip(discs, trails, ways.items()):
            now = min(n, len(way) - 1)
            disc.set_data([way[now]], [heights[name][now]])
            trail.set_data(way[: now + 1], heights[name][: now + 1])
        counter.set_text(titles[n])
        return [*trails, *discs, counter]

    return Movie(paper, update, longest, fps=8)


def paths(E: Callable[[float, float], float], box: surface.Box, ways: Sequence[ndarray],
          titles: Sequence[str] | None = None) -> Movie:
    """The ways of two weights over the contours of E, each (steps, 2), from as many starts."""
    longest = max(len(way) for way in ways)
    titles = titles or _steps(longest)
    paper, axis = canvas.figure(width=4.8, height=4.4)
    surface.contours(axis, E, box)
    lines, discs = [], []
    for _ in ways:
        lines += axis.plot([], [], "-", color=INK, lw=1.3)
        discs += axis.plot([], [], "o", color="white", mec=INK, mew=1.5, ms=8)
    title = axis.set_title(titles[0])

    def update(n: int) -> list[Any]:
        for line, disc, way in zip(lines, discs, ways):
            now = min(n, len(way) - 1)
            line.set_data(*way[: now + 1].T)
            disc.set_data(*way[now : now + 1].T)
        title.set_text(titles[n])
        return [*lines, *discs, title]

    return Movie(paper, update, longest)


def developing(columns: dict[str, Sequence[ndarray]], titles: Sequence[str], scale: int = 3) -> Movie:
    """Grey pictures that change, side by side: for each name one picture a frame (or a single one that stays); 0 is black, 1 white.

    Each of their pixels is `scale` pixels of the movie, exactly.
    """
    first = next(iter(columns.values()))[0]
    rows, wide = np.multiply(first.shape, scale)
    gap, above = 12, 44  # pixels between the pictures, and above them for their names
    width, height = len(columns) * (wide + gap) + gap, rows + above + gap
    paper, axes = canvas.figure(1, len(columns), width=width / 100, height=height / 100, squeeze=False)
    paper.set_dpi(100)
    paper.set_layout_engine("none")  # so that pixels stay where they are put
    images = []
    for i, (axis, (name, pictures)) in enumerate(zip(axes[0], columns.items())):
        axis.set_position(((gap + i * (wide + gap)) / width, gap / height, wide / width, rows / height))
        axis.axis("off")
        axis.set_title(name, fontsize=9)
        image = axis.imshow(pictures[0], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        if len(pictures) > 1:
            images.append((image, pictures))
    counter = paper.text(0.5, 1 - 4 / height, titles[0], ha="center", va="top", fontsize=10)

    def update(n: int) -> list[Any]:
        for image, pictures in images:
            image.set_data(pictures[n])
        counter.set_text(titles[n])
        return [*(image for image, _ in images), counter]

    return Movie(paper, update, len(titles))


def side_by_side(columns: dict[str, Sequence[ndarray]], titles: Sequence[str]) -> Movie:
    """Coloured pictures that change, side by side: for each name one picture a frame, (height, width, 3) uint8."""
    first = next(iter(columns.values()))[0]
    height, width = first.shape[:2]
    paper, axes = canvas.figure(1, len(columns), width=2.9 * len(columns), height=2.9 * height / width + 0.75, squeeze=False)
    images = []
    for axis, (name, pictures) in zip(axes[0], columns.items()):
        images.append(axis.imshow(pictures[0], interpolation="nearest"))
        axis.set_title(name, fontsize=10)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(True)
    counter = paper.suptitle(titles[0], fontsize=10)

    def update(n: int) -> list[Any]:
        for image, pictures in zip(images, columns.values()):
            image.set_data(pictures[n])
        counter.set_text(titles[n])
        return [*images, counter]

    return Movie(paper, update, len(titles))


def around(values: Any, margin: float) -> tuple[float, float]:
    """From below the smallest to above the largest of the values, by a share of their range; by 1 if they are all alike."""
    low, high = float(np.min(values)), float(np.max(values))
    reach = margin * (high - low) or 1.0
    return low - reach, high + reach


def _steps(frames: int) -> list[str]:
    return [f"after {n} step{'s' * (n != 1)}" for n in range(frames)]
