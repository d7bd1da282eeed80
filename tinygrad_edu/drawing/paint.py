"""Paints a graph that is written in the DOT language with matplotlib, whose fonts have ∇, δ₁ and → on every machine.

    paint("digraph {a -> b}").savefig("graph.png", dpi=192)     # or .pdf

The engine lays the graph out and says, as JSON, which strokes make the picture: operations of Graphviz's xdot language
(graphviz.org/docs/outputs/canon/#xdot), in points, y upwards. OUTLINES and SETTINGS below are that language. Left out,
because our graphs have none: images, underlined text, words from right to left; of a colour gradient only the first colour is
painted.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.engine import render

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.path import Path

MARGIN = 4  # points, as in the engine's SVG
MOST_INCHES, MOST_AREA = 200, 1500  # at 192 dpi: less than 65,536 pixels, which is as far as matplotlib goes, and 55 megapixels
PARTS = ("_draw_", "_ldraw_", "_hdraw_", "_tdraw_", "_hldraw_", "_tldraw_")  # in the order that Graphviz paints them
CLEAR = (0.0, 0.0, 0.0, 0.0)

# The first two come with matplotlib. The others are looked for on the machine, for Chinese, Japanese, Korean and emoji.
FONTS = ("DejaVu Sans Mono", "DejaVu Sans", "Noto Sans Mono CJK SC", "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC",
         "WenQuanYi Micro Hei", "Microsoft YaHei", "MS Gothic", "Malgun Gothic", "Hiragino Sans", "Arial Unicode MS", "Noto Emoji",
         "Segoe UI Symbol")
# The engine writes a backslash twice in JSON, and of a text with two in a row it loses the end; so these go through it as
# characters that no text has.
TWO_BACKSLASHES, STAND_IN = r"\\\\", "\x9c\x9c"
FINE = 1000  # the size to read an outline at, where rounding to pixels no longer shows
UNKNOWN = "□"  # for a letter that no font has
BOLD, ITALIC, RAISED, LOWERED = 1, 2, 8, 16  # the bits of xdot's font characteristics
DASHES = {"dashed": (5, 2), "dotted": (1, 5)}  # points on and off, as in the engine's SVG


class Pen(NamedTuple):
    """What xdot's settings have set; every part of the drawing starts with this one."""

    ink: Any = "black"
    fill: Any = "black"
    width: float = 1.0
    dash: str = "solid"
    size: float = 14.0  # of text, in points
    marks: int = 0  # bold, italic, raised, lowered


class Shape(NamedTuple):
    """An outline in points and how it is drawn; `width` 0 is no border."""

    outline: Path
    fill: Any
    ink: Any = CLEAR
    width: float = 0.0
    dashes: Any = "solid"


def paint(dot: str) -> Figure:
    """The graph as a matplotlib Figure, a point of the layout as large as a point on paper; save it with 192 dpi.

    A graph that would need more than 200 inches or 55 megapixels is painted smaller. Raises EngineMissing, EngineFailed, and
    ModuleNotFoundError if there is no matplotlib.
    """
    graph = _layout(dot)
    left, bottom, right, top = _box(graph)
    width, height = (right - left) / 72, (top - bottom) / 72
    shrink = min(1, MOST_INCHES / max(width, height), (MOST_AREA / (width * height)) ** 0.5)
    paper, sheet = canvas.figure(width=width * shrink, height=height * shrink)
    paper.set_facecolor("white")
    sheet.set(position=(0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))
    sheet.set_axis_off()
    for shapes in _shapes_and_texts(graph):
        if shapes:
            sheet.add_collection(_collection(shapes, shrink), autolim=False)
    return paper


def _layout(dot: str) -> dict[str, Any]:
    return json.loads(render(dot.replace(TWO_BACKSLASHES, STAND_IN), "json"), strict=False)


def _box(graph: dict[str, Any]) -> tuple[float, float, float, float]:
    left, bottom, right, top = map(float, graph["bb"].split(","))
    return left - MARGIN, bottom - MARGIN, right + MARGIN, top + MARGIN


def _collection(shapes: Sequence[Shape], shrink: float) -> Any:
    """Thousands of shapes as one thing that matplotlib paints, in their order."""
    from matplotlib.collections import PathCollection

    outlines, fills, inks, widths, dashes = zip(*shapes)
    return PathCollection(outlines, facecolors=fills, edgecolors=inks, linewidths=[width * shrink for width in widths],
                          linestyles=list(dashes), joinstyle="miter", capstyle="butt")


# -- from operations to shapes -------------------------------------------------------------------------------------


def _shapes_and_texts(graph: dict[str, Any]) -> tuple[list[Shape], list[Shape]]:
    """All shapes, and what goes on top of them: all lines of text."""
    shapes, texts = [], []
    for operations in _parts(graph):
        pen = Pen()
        for operation in operations:
            kind = operation["op"]
            if kind in SETTINGS:
                pen = pen._replace(**SETTINGS[kind](operation))
            elif kind == "T":
                texts.append(_text(operation, pen))
            elif kind.lower() in OUTLINES:
                shapes.append(_shape(operation, pen))
    return shapes, texts


def _parts(graph: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    for thing in (graph, *graph.get("objects", ()), *graph.get("edges", ())):
        yield from (thing[part] for part in PARTS if part in thing)


def _shape(operation: dict[str, Any], pen: Pen) -> Shape:
    """A capital letter means filled: xdot's P is a filled polygon, p an empty one."""
    kind = operation["op"]
    outline = OUTLINES[kind.lower()](np.array(operation["rect" if kind in "eE" else "points"]))
    width = 0 if pen.ink == CLEAR else pen.width
    dashes = (0, [length / width for length in DASHES[pen.dash]]) if width and pen.dash in DASHES else "solid"
    return Shape(outline, pen.fill if kind in "EPB" else CLEAR, pen.ink, width, dashes)


def _ellipse(rect: np.ndarray) -> Path:
    from matplotlib.path import Path

    circle = Path.unit_circle()
    return Path(circle.vertices * rect[2:] + rect[:2], circle.codes)


def _polygon(points: np.ndarray) -> Path:
    from matplotlib.path import Path

    return Path(np.vstack([points, points[:1]]), closed=True)


def _polyline(points: np.ndarray) -> Path:
    from matplotlib.path import Path

    return Path(points)


def _bezier(points: np.ndarray) -> Path:
    from matplotlib.path import Path

    return Path(points, [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1))


def _color(operation: dict[str, Any]) -> Any:
    from matplotlib.colors import to_rgba

    color = operation["color"] if "color" in operation else operation["stops"][0]["color"]
    rgba = CLEAR if color == "transparent" else to_rgba(color)
    return rgba if rgba[3] else CLEAR


def _style(operation: dict[str, Any]) -> dict[str, Any]:
    style = operation["style"]
    width = re.fullmatch(r"setlinewidth\((.+)\)", style)
    if width or style == "bold":
        return {"width": float(width[1]) if width else 2.0}
    return {"dash": style}


OUTLINES: dict[str, Callable[[np.ndarray], Path]] = {"e": _ellipse, "p": _polygon, "l": _polyline, "b": _bezier}
SETTINGS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "c": lambda operation: {"ink": _color(operation)},
    "C": lambda operation: {"fill": _color(operation)},
    "S": _style,
    "F": lambda operation: {"size": operation["size"]},
    "t": lambda operation: {"marks": operation["fontchar"]},
}


# -- text ----------------------------------------------------------------------------------------------------------
# As outlines and not as matplotlib's Text: several times faster, never wider than the layout allows, and neither a $ nor
# a letter that no font has is anything special.


def _text(operation: dict[str, Any], pen: Pen) -> Shape:
    """A line of text as one shape, made smaller where it would take more room than the layout gave it."""
    from matplotlib.path import Path

    text = unicodedata.normalize("NFC", operation["text"].replace(r"\\", "\\").replace(STAND_IN, r"\\"))
    letters = [_letter(letter, pen.marks & (BOLD | ITALIC)) for letter in text]
    starts = np.cumsum([0.0] + [advance for *_, advance in letters])
    size = min(pen.size, operation["width"] / starts[-1]) if starts[-1] else pen.size
    x, y = operation["pt"]
    x -= {"l": 0, "c": 0.5, "r": 1}[operation["align"]] * starts[-1] * size
    if pen.marks & (RAISED | LOWERED):
        y += size * (0.4 if pen.marks & RAISED else -0.1)
        size *= 0.7
    points = [vertices + np.array([start, 0.0]) for (vertices, *_), start in zip(letters, starts)]
    return Shape(Path(np.concatenate(points) * size + (x, y), np.concatenate([codes for _, codes, _ in letters])), pen.ink)


@lru_cache(maxsize=4096)
def _letter(letter: str, marks: int) -> tuple[np.ndarray, np.ndarray, float]:
    """(vertices, codes, advance) of a letter of size 1, in the first font that has it."""
    for font in _fonts(marks):
        if font.get_char_index(ord(letter)):
            font.set_size(FINE, 72)  # another size may have been set meanwhile
            advance = font.load_char(ord(letter)).linearHoriAdvance / 65536 / FINE
            vertices, codes = font.get_path()
            joined = advance if unicodedata.combining(letter) else 0  # to the letter before, in whose room it is drawn
            return np.reshape(vertices, (-1, 2)) / FINE - (joined, 0), np.array(codes, np.uint8), advance - joined
    return _letter(UNKNOWN, marks)


@lru_cache(maxsize=4)
def _fonts(marks: int) -> list[Any]:
    """Those of FONTS that this machine has, in this weight and slant if there is such a font."""
    from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

    look: dict[str, Any] = {"weight": "bold" if marks & BOLD else "normal", "style": "oblique" if marks & ITALIC else "normal"}
    there = set(fontManager.get_font_names())
    return [get_font(findfont(FontProperties(family=[name], **look))) for name in FONTS if name in there]
