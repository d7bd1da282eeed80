"""Error surfaces over two weights, and what a network of two inputs answers over the plane of its inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.drawing.canvas import BLUE, GREEN, INK, ORANGE, RED

Box = tuple[float, float, float, float]  # w1 from, to; w2 from, to


def error_surface(axis: Any, E: Callable[[float, float], float], box: Box, path: ndarray, gradient: ndarray,
                  arrow: float = 0.9) -> Any:
    """Fig. 2 on a 3D axis: E over (w1, w2), the path of the weights as white dots, -∇E on the ground plane at the start.

    path: (steps, 2). gradient: (2,), ∇E at path[0]. arrow: the length that the arrow is drawn with, in weights.
    """
    w1, w2, height = _grid(E, box)
    top = float(height.max())
    ground = -0.45 * top
    axis.computed_zorder = False
    axis.contourf(w1, w2, height, levels=14, zdir="z", offset=ground, cmap="Blues", alpha=0.75, zorder=1)
    axis.plot_surface(w1, w2, height, cmap="viridis", alpha=0.92, rcount=45, ccount=45, linewidth=0, zorder=3)
    axis.plot(*path.T, zs=ground, zdir="z", color=INK, lw=1, zorder=2)
    step = -gradient / np.linalg.norm(gradient) * arrow
    axis.quiver(*path[0], ground, *step, 0, color=RED, lw=2.5, arrow_length_ratio=0.25, zorder=2)
    axis.text(path[0, 0] + 0.1, path[0, 1] - 0.75, ground, "−∇E", color=RED, fontsize=13, zorder=6)
    axis.plot(*path.T, [E(*w) for w in path], "o", color="white", mec=INK, mew=0.7, ms=5, zorder=5)
    axis.set(xlabel="$w_1$", ylabel="$w_2$", zlabel="E", zlim=(ground, top))
    axis.set_zticks([z for z in axis.get_zticks() if 0 <= z <= top])
    axis.view_init(elev=24, azim=-52)
    return axis


def error_contours(axis: Any, E: Callable[[float, float], float], box: Box, path: ndarray, gradient: ndarray,
                   solution: ndarray, arrow: float = 0.9) -> Any:
    """The ground plane of Fig. 2 seen from above: contours of E, the path, -∇E at right angles to the contour, and w*."""
    w1, w2, height = _grid(E, box)
    axis.contour(w1, w2, height, levels=np.quantile(height, np.linspace(0.02, 0.95, 14)), colors=BLUE, linewidths=0.8, alpha=0.6)
    axis.plot(*path.T, "o-", color=INK, mfc="white", ms=5, lw=1, label="learning")
    step = -gradient / np.linalg.norm(gradient) * arrow
    look = {"arrowstyle": "-|>", "color": RED, "lw": 2.5, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", path[0] + step, path[0], arrowprops=look)
    axis.text(*(path[0] + step + [0.08, -0.05]), "−∇E", color=RED, fontsize=13)
    axis.plot(*solution, "*", color=GREEN, ms=16, label="solution of (17)")
    axis.set(xlabel="$w_1$", ylabel="$w_2$", xlim=box[:2], ylim=box[2:], aspect="equal")
    axis.legend(loc="upper left")
    return axis


def landscape(axis: Any, E: Callable[[float, float], float], box: Box, ways: Sequence[ndarray]) -> Any:
    """Fig. 4 on a 3D axis: E over (w1, w2) with its hills and valleys, and the ways of the weights down them, (steps, 2) each."""
    w1, w2, height = _grid(E, box)
    axis.computed_zorder = False
    axis.plot_surface(w1, w2, height, cmap="viridis", rcount=61, ccount=61, linewidth=0, alpha=0.9, zorder=1)
    for way in ways:
        heights = [E(*w) for w in way]
        axis.plot(*way.T, heights, color="white", lw=2.5, zorder=2)
        axis.plot(*way.T, heights, color=INK, lw=1.2, zorder=3)
        axis.plot(*way[:1].T, heights[:1], "o", color="white", mec=INK, ms=7, zorder=4)
        axis.plot(*way[-1:].T, heights[-1:], "*", color=GREEN, mec=INK, mew=0.6, ms=14, zorder=4)
    axis.set(xlabel="$w_1$", ylabel="$w_2$", zlabel="E")
    axis.view_init(elev=52, azim=-62)
    return axis


def answers(axis: Any, network: Callable[[Any], Any], x: ndarray, target: ndarray,
            box: Box = (-0.3, 1.3, -0.3, 1.3), small: bool = False) -> Any:
    """What a network with two inputs and one output answers everywhere, and the associations it learnt; small: without a legend."""
    x1, x2 = np.meshgrid(np.linspace(*box[:2], 121), np.linspace(*box[2:], 121))
    y = network(np.stack([x1.ravel(), x2.ravel()], axis=1)).reshape(x1.shape)
    shades = axis.contourf(x1, x2, y, levels=np.linspace(-0.4, 1.4, 19), cmap="PuOr", extend="both")
    axis.contour(x1, x2, y, levels=[0.5], colors=INK, linewidths=1.5)
    for want, marker, colour in ((0, "o", ORANGE), (1, "s", BLUE)):
        chosen = x[np.ravel(target) == want]
        axis.plot(*chosen.T, marker, color="white", mec=colour, mew=3, ms=9 if small else 13, label=f"target {want}", clip_on=False)
    axis.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    if small:
        return axis
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    axis.figure.colorbar(shades, ax=axis, label="output y", ticks=[0, 0.5, 1])
    return axis


def shades(low: float, high: float) -> dict[str, Any]:
    """How outputs y are coloured, in ten flat steps that leave no doubt where the middle is: options for `imshow`."""
    from matplotlib import colormaps
    from matplotlib.colors import BoundaryNorm

    colours = colormaps["PuOr"].resampled(12)
    return {"cmap": colours, "norm": BoundaryNorm(np.linspace(low, high, 11), colours.N, extend="both"), "interpolation": "nearest"}


def contour_line(axis: Any) -> Any:
    """A line for `contour` to be put into, with set_segments."""
    from matplotlib.collections import LineCollection

    return axis.add_collection(LineCollection([], colors=INK, linewidths=1.5), autolim=False)


def contour(x1: ndarray, x2: ndarray, y: ndarray, level: float) -> list[ndarray]:
    """The lines along which y is at the level, (n, 2) each."""
    from contourpy import contour_generator

    lines: Any = contour_generator(x1, x2, y).lines(level)
    return lines


def contours(axis: Any, E: Callable[[float, float], float], box: Box, levels: int = 14) -> Any:
    """E over two weights from above, in blues that are darker where it is higher; more lines where it is nearly level."""
    w1, w2, height = _grid(E, box)
    steps = np.unique(np.quantile(height, np.linspace(0, 1, levels + 1)))
    axis.contourf(w1, w2, height, levels=steps, cmap="Blues", norm=_by_rank(steps))
    axis.contour(w1, w2, height, levels=steps, colors=BLUE, linewidths=0.5, alpha=0.6)
    axis.set(xlabel="$w_1$", ylabel="$w_2$", xlim=box[:2], ylim=box[2:])
    return axis


def _by_rank(steps: ndarray) -> Any:
    from matplotlib.colors import BoundaryNorm

    return BoundaryNorm(steps, 256)


def pictures(axes: Sequence[Any], images: dict[str, ndarray]) -> None:
    """Grey pictures in a row, each under its name; black is 0 and white is 1."""
    for axis, (name, image) in zip(axes, images.items()):
        axis.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axis.set_title(name, fontsize=10)
        axis.axis("off")


def _grid(E: Callable[[float, float], float], box: Box) -> tuple[ndarray, ndarray, ndarray]:
    w1, w2 = np.meshgrid(np.linspace(*box[:2], 61), np.linspace(*box[2:], 61))
    return w1, w2, np.vectorize(E)(w1, w2)
