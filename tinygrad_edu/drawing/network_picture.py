"""Draws a network as on the slides: units as circles, input at the bottom, a line for each weight, and states and δ in the units.

    network = Network(2, 2, 1, bias=True)
    half_squared_error(network(x), target).backward()
    draw_network(network, association=1)        # in a notebook: the picture; in a terminal: the same as a list
    draw_network(network).save("net.svg")       # or .png, or .pdf
    network_picture(axis, network)              # on an axis of your own

States are there after network(x), δ = ∂E/∂u after a backward pass. Layers of more than 12 units are drawn as groups of
neighbours, so that 2,500 units still make a picture.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import plain
from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.canvas import GREY, INK
from tinygrad_edu.drawing.units import look
from tinygrad_edu.network.layer import Network

MOST_CIRCLES = 12  # in a layer
RADIUS, WIDEST_STEP, TALLEST = 27.0, 130.0, 2160.0  # points, of which an inch has 72; a figure taller than that is made smaller
SLOTS: dict[int, list[tuple[float, float]]] = {  # how many lines of text there are in a circle -> (height, font size) of each
    1: [(0, 14)], 2: [(10, 10), (-5.5, 11)], 3: [(14.5, 9.5), (0.5, 10.5), (-12.5, 9)],
}
NAME, DELTA = "#555555", "#8a3800"  # the colours of their text
Places = list[tuple[float, float]]  # of the circles of a layer


@dataclass(frozen=True, repr=False)
class NetworkPicture:
    """The picture of a network. figure: what it is drawn on. text: the same as a list, for a terminal."""

    figure: Any
    text: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """The figure as .svg, .png or .pdf, by the suffix, whole or not at all. Raises ValueError, OSError."""
        with canvas.style():
            canvas.save(self.figure, Path(path))

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows."""
        page = StringIO()
        with canvas.style():
            self.figure.savefig(page, format="svg", metadata=canvas.SUFFIXES[".svg"])
        svg = page.getvalue()
        return {"image/svg+xml": svg[svg.index("<svg"):], "text/plain": self.text}


def draw_network(network: Network, association: int = 0) -> NetworkPicture:
    """The network with the states and δ of one association.

    Raises TypeError for anything but a Network, ValueError for an association that is not there,
    and for layers whose states are not of one call.
    """
    rows, weights = _read(network, association)
    _, (left, right), (bottom, top), _ = _layout(rows)
    inch = max(72.0, 72 * (top - bottom) / TALLEST)
    with canvas.style():
        paper, axis = canvas.figure(width=(right - left) / inch, height=(top - bottom) / inch)
        paper.set_layout_engine("none")
        axis.set_position((0, 0, 1, 1))
        _drawn(axis, rows, weights)
    return NetworkPicture(paper, _listed(rows, network))


def network_picture(axis: Any, network: Network, association: int = 0) -> Any:
    """The same on an axis, which is returned: its limits are set, and the text is as large as the circles then allow.

    Raises TypeError also for anything but a plain axis of matplotlib.
    """
    return _drawn(axis, *_read(network, association))


# -- from the network to rows of circles ---------------------------------------------------------------------------


class Row(NamedTuple):
    """A layer as circles, each of which stands for `counts` neighbouring units; state, delta, b have one number for each."""

    name: str  # x, z^{(1)}, y
    counts: ndarray
    state: ndarray | None
    delta: ndarray | None = None
    b: ndarray | None = None
    association: int | None = None

    @property
    def size(self) -> int:
        return int(self.counts.sum())

    @property
    def subscripts(self) -> list[str]:
        """1, 2, ...; for groups 1–209, 210–418, ...; nothing if there is one unit."""
        last = np.cumsum(self.counts)
        return [""] if self.size == 1 else [f"{b}" if n == 1 else f"{b - n + 1}–{b}" for n, b in zip(self.counts, last)]


def _read(network: Any, association: Any) -> tuple[list[Row], list[ndarray]]:
    """(the rows, input first; the weights between their circles, (circles, circles) each)."""
    if not isinstance(network, Network):
        raise TypeError(f"draw_network shows a Network, and this is a {type(network).__name__}.")
    weights = [np.asarray(plain(layer.w), float) for layer in network.layers]
    sizes = [w.shape[0] for w in weights[:1]] + [w.shape[1] for w in weights]
    if not sizes or [w.shape[0] for w in weights] != sizes[:-1]:
        raise ValueError("a network is drawn if it has layers and each has as many units as the next has inputs; "
                         f"these have weights of the shapes {[w.shape for w in weights]}.")
    states = [_of_each(v, size) for v, size in zip([network.layers[0].x, *(layer.y for layer in network.layers)], sizes)]
    t = _chosen(association, [len(y) for y in states if y is not None])
    _check_one_call(network)
    deltas = [None, *(_of_each(layer.delta, size) for layer, size in zip(network.layers, sizes[1:]))]
    biases = [None, *(None if layer.b is None else np.asarray(plain(layer.b), float) for layer in network.layers)]
    hidden = ["z"] if len(weights) == 2 else [f"z^{{({n})}}" for n in range(1, len(weights))]
    counts = [_counts(size) for size in sizes]
    rows = [Row(name, n, _means(y[t], n) if y is not None and t is not None else None,
                _sizes(d[t], n) if d is not None and t is not None else None, None if b is None else _means(b, n), t)
            for name, n, y, d, b in zip(["x", *hidden, "y"], counts, states, deltas, biases)]
    return rows, [_means(_means(w, n).T, m).T for w, n, m in zip(weights, counts, counts[1:])]


def _check_one_call(network: Network) -> None:
    """Raise ValueError if the states that the layers keep are not of one call of the network."""
    layers = network.layers
    if len({id(layer) for layer in layers}) < len(layers):
        raise ValueError("the same layer is in this network twice, and keeps the states of its "
                         "last call alone: give each place a Layer of its own.")
    for n, (layer, after) in enumerate(zip(layers, layers[1:]), start=1):
        if layer.y is None or after.x is None or after.x is layer.y:
            continue
        if not np.array_equal(plain(after.x), plain(layer.y), equal_nan=True):
            raise ValueError(f"layer {n + 1} was last called with other states than layer {n} "
                             "gave, so what they keep does not belong together: call the network "
                             "once more.")


def _of_each(x: Any, size: int) -> ndarray | None:
    """A layer's numbers as (T, size); None if there are none."""
    return None if x is None else np.asarray(plain(x), float).reshape(-1, size)


def _chosen(association: Any, Ts: Sequence[int]) -> int | None:
    """The number of the association, checked; None if the network was not called."""
    whole = isinstance(association, (int, np.integer)) and not isinstance(association, bool)
    if len(set(Ts)) > 1:
        raise ValueError(f"the layers were last called with different numbers of associations, {Ts}: call the network once more.")
    T = Ts[0] if Ts else 0
    if not whole or not 0 <= association < max(T, 1):
        there = f"is a whole number from 0 to {T - 1}" if T else "can only be 0 before the network is called with some"
        raise ValueError(f"association {there}, and not {association!r}.")
    return int(association) if T else None


def _counts(size: int) -> ndarray:
    """How many units each circle stands for: all as many, but for the last."""
    step = -(-size // MOST_CIRCLES)
    return np.diff(np.append(np.arange(0, size, step), size))


def _means(v: ndarray, counts: ndarray) -> ndarray:
    """The means of groups of neighbours along the first axis."""
    with np.errstate(all="ignore"):  # inf − inf is nan, and shown so
        shares = (v.T / np.repeat(counts, counts)).T  # first, because the sum of large weights may overflow
        return np.add.reduceat(shares, np.cumsum(counts) - counts)


def _sizes(delta: ndarray, counts: ndarray) -> ndarray:
    """δ of a unit, with its sign; of a group the root of its mean square, for in a mean they would cancel out."""
    with np.errstate(all="ignore"):
        return np.hypot.reduceat(delta, np.cumsum(counts) - counts) / np.sqrt(counts)


# -- from rows to a picture ----------------------------------------------------------------------------------------


def _layout(rows: Sequence[Row]) -> tuple[list[Places], tuple[float, float], tuple[float, float], str]:
    """(the places of the circles, the limits of x and y, the caption); in points."""
    most, grouped = max(len(row.counts) for row in rows), any(row.counts[0] > 1 for row in rows)
    width = most * float(np.clip(420 / most, 2.4 * RADIUS, WIDEST_STEP))
    rise = float(np.clip(0.2 * width, 120, 165))
    places = [[((k - (n - 1) / 2) * min(WIDEST_STEP, width / n), layer * rise) for k in range(n)]
              for layer, n in enumerate(len(row.counts) for row in rows)]
    half = max(width / 2, 165.0) + 5
    left = -half - 70 * grouped
    caption = textwrap.fill(_caption(rows, grouped), int((half - left) / 5.1))
    foot = RADIUS + 30 + 12 * (1 + caption.count("\n")) * bool(caption)
    return places, (left, half), (-foot, rise * (len(rows) - 1) + RADIUS + 10), caption


def _caption(rows: Sequence[Row], grouped: bool) -> str:
    """What the numbers in the circles are."""
    has_delta = any(row.delta is not None for row in rows)
    shown = ["states" if rows[0].association is not None else "", "δ = ∂E/∂u" if has_delta else ""]
    sentences = [f"{' and '.join(filter(None, shown))} for association {rows[0].association}"] if any(shown) else []
    if grouped:
        means = "mean weights" + ", mean states" * bool(shown[0]) + ", root mean square δ" * has_delta
        sentences.append(f"double circles are groups of neighbouring units, with {means}")
    return "; ".join(sentences)


def _drawn(axis: Any, rows: Sequence[Row], weights: Sequence[ndarray]) -> Any:
    """Everything, on the axis."""
    from matplotlib.axes import Axes

    if not isinstance(axis, Axes) or axis.name != "rectilinear":
        raise TypeError(f"a network is drawn on a plain axis of matplotlib, and this is a {type(axis).__name__}.")
    places, xlim, ylim, caption = _layout(rows)
    scale = _prepared(axis, xlim, ylim)
    largest = max((float(np.abs(w[np.isfinite(w)]).max(initial=0.0)) for w in weights), default=0.0) or 1.0
    for w, start, end in zip(weights, places, places[1:]):
        _lines(axis, w, start, end, largest, scale)
    for row, row_places in zip(rows, places):
        _circles(axis, row, row_places, scale)
        if xlim[0] < -xlim[1]:  # there is a margin, because there are groups
            axis.text(xlim[0] + 8, row_places[0][1], f"{row.size:,} unit{'s' * (row.size > 1)}", va="center", fontsize=10 * scale,
                      color=INK)
    _key(axis, sum(xlim) / 2, caption, largest, any(np.isnan(w).any() for w in weights), scale)
    return axis


def _prepared(axis: Any, xlim: tuple[float, float], ylim: tuple[float, float]) -> float:
    """The axis gets its limits; and how many points on paper one point of ours is on it."""
    axis.set(xscale="linear", yscale="linear", aspect="equal", xlim=xlim, ylim=ylim)
    axis.axis("off")
    axis.figure.canvas.figure.draw_without_rendering()  # only now is the axis as large as it will be
    box = axis.get_window_extent()
    return float(72 / axis.figure.dpi * min(box.width / (xlim[1] - xlim[0]), box.height / (ylim[1] - ylim[0])))


def _lines(axis: Any, w: ndarray, start: Places, end: Places, largest: float, scale: float) -> None:
    """A line for each weight, the strongest on top."""
    from matplotlib.collections import LineCollection

    strongest_last = np.argsort(np.nan_to_num(np.abs(w), nan=0.0), axis=None)
    pairs = [(int(n) // w.shape[1], int(n) % w.shape[1]) for n in strongest_last]
    looks = [_look(float(w[i, j]), largest) for i, j in pairs]
    axis.add_collection(LineCollection(
        [(start[i], end[j]) for i, j in pairs], zorder=1, colors=[a["color"] for a in looks],
        linestyles=[a["linestyle"] for a in looks], linewidths=[scale * a["linewidth"] for a in looks]), autolim=False)


def _look(w: float, largest: float) -> dict[str, Any]:
    """What the line of a weight looks like: grey if it has no sign, dotted if it is no number."""
    if np.isnan(w) or w == 0:
        return {"color": GREY, "linestyle": "-" if w == 0 else ":", "linewidth": 0.6 if w == 0 else 1.5}
    share = min(max(abs(w) / largest, 1e-9), 1.0)  # an infinite weight is as thick as the largest, a tiny one keeps its sign
    return look(float(np.copysign(share, w)), 1.0)


def _circles(axis: Any, row: Row, places: Places, scale: float) -> None:
    """The units of a layer, or the groups of them, with what is known of each: name, state, δ; and its bias at the lower edge."""
    from matplotlib.patches import Circle

    names = [f"${row.name}_{{{n}}}$" if n else f"${row.name}$" for n in row.subscripts]
    lines = [(names, INK if row.state is None else NAME)]
    lines += [] if row.state is None else [([short(y) for y in row.state], INK)]
    lines += [] if row.delta is None else [([f"δ {short(d)}" for d in row.delta], DELTA)]
    for (x, y), count in zip(places, row.counts):
        for shift in (4, 0) if count > 1 else (0,):
            axis.add_patch(Circle((x + shift, y + shift), RADIUS, fc="white", ec=INK, lw=1.3 * scale, zorder=2))
    for (texts, colour), (height, size) in zip(lines, SLOTS[len(lines)]):
        size = min(_fitting(text, height, size) for text in texts)
        for (x, y), text in zip(places, texts):
            axis.text(x, y + height, text, fontsize=scale * size, color=colour, zorder=3, ha="center", va="center")
    for (x, y), b in zip(places, [] if row.b is None else row.b.tolist()):
        pill = {"boxstyle": "round,pad=0.2,rounding_size=0.6", "facecolor": "white", "linewidth": scale,
                "edgecolor": _look(b, 1.0)["color"], "linestyle": _look(b, 1.0)["linestyle"]}
        axis.text(x, y - RADIUS - 1, f"b {short(b)}", fontsize=8 * scale, color=INK, zorder=4, bbox=pill, ha="center", va="center")


def _fitting(text: str, height: float, size: float) -> float:
    """The font size, smaller where the circle is narrower at this height than the text, or the text is as tall as z^(1)."""
    from matplotlib.textpath import TextPath

    width = 2 * np.sqrt(RADIUS**2 - (abs(height) + size / 2) ** 2) - 6
    shape = TextPath((0, 0), text, size=size).get_extents()
    return size * min(1.0, width / shape.width, 1.25 * size / shape.height)


def _key(axis: Any, middle: float, caption: str, largest: float, has_nan: bool, scale: float) -> None:
    """Below the picture: what the strongest lines stand for, and the caption."""
    from matplotlib.lines import Line2D

    shown = [largest, -largest] + [np.nan] * has_nan
    looks = [_look(w, largest) for w in shown]
    lines = [Line2D([], [], label=f"w = {short(w)}", **a | {"linewidth": scale * a["linewidth"]}) for w, a in zip(shown, looks)]
    axis.legend(handles=lines, loc="upper center", bbox_to_anchor=(middle, -RADIUS - 9), bbox_transform=axis.transData,
                ncols=len(lines), frameon=False, fontsize=9 * scale, borderpad=0, borderaxespad=0, handlelength=3.2)
    axis.text(middle, -RADIUS - 26, caption, fontsize=9 * scale, color=INK, ha="center", va="top")


# -- numbers and the list ------------------------------------------------------------------------------------------


def short(v: float) -> str:
    """A number in at most seven characters, most in five: 0.52, −0.12, 0.007, 12.3, 1e−5, nan, ∞."""
    v = float(v)
    size = abs(v)
    if not np.isfinite(v):
        text = "nan" if np.isnan(v) else f"{'-' * (v < 0)}∞"
    elif size == 0 or 0.0995 <= size < 9999.5:
        text = "0" if size == 0 else f"{v:.{2 if size < 9.995 else 1 if size < 99.95 else 0}f}"
    else:
        power = f"{v:.0e}".replace("e+", "e").split("e")
        text = f"{v:.3f}" if 0.001 <= size < 1 else f"{power[0]}e{int(power[1])}"
    return text.replace("-", "−")


def _listed(rows: Sequence[Row], network: Network) -> str:
    """The output layer first, as in the picture."""
    sizes = "-".join(str(row.size) for row in rows)
    lines = [f"network {sizes}" + ("" if rows[0].association is None else f", association {rows[0].association}")]
    for layer, row in zip([*reversed(network.layers), None], reversed(rows)):
        made = "" if layer is None else f", {layer.f.name} of {layer.w.shape[0]} inputs"
        lines.append(f"{_spoken(row.name)}: {row.size:,} unit{'s' * (row.size > 1)}{made}")
        lines += _units(row)
    return "\n".join(lines)


def _units(row: Row) -> Iterator[str]:
    """A line for each circle, as in `z_1: state 0.52, δ −0.12, b 0`."""
    for k, subscript in enumerate(row.subscripts):
        group = row.counts[k] > 1
        known = {"mean state" if group else "state": row.state, "root mean square δ" if group else "δ": row.delta,
                 "mean b" if group else "b": row.b}
        facts = [f"{label} {v[k]:.4g}" for label, v in known.items() if v is not None]
        if facts:
            yield f"  {_spoken(row.name)}{'_' * bool(subscript)}{subscript}: {', '.join(facts)}"


def _spoken(name: str) -> str:
    return name.translate(str.maketrans("", "", "^{}"))
