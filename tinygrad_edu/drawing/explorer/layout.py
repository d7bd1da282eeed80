"""Where the boxes and arrows of the page's graphs lie: the engine places them, and the page draws what is in them.

    laid_out([Box(96, 44), Box(120, 44, ports=2)], [(1, 0, 0, True), ...])

A box is as large as what the page may come to write in it, so that nothing moves while one steps. All lengths are CSS pixels, y
downwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinygrad_edu.drawing.engine import render

LETTER, DIGITS, LINE, CELL, PORT, MARGIN = 8.5, 102, 16, 13, 13, 8  # as in page/graph.jsx; DIGITS is "grad −1.234e−5"
MANY = 300  # boxes, from which on a quick layout counts more than a beautiful one


class Box(NamedTuple):
    """The size of a box, and how many numbered operands there are on its left edge (0: the order does not count)."""

    width: float
    height: float
    ports: int = 0


def box(title: str, kinds: int, cells: Sequence[Sequence[int]] | None = None, shape: str = "", ports: int = 0) -> Box:
    """A box with a title over one number of each kind (a value, a gradient), or over a heat map of each kind, side by side."""
    width, height = float(DIGITS), kinds * LINE
    if cells is not None:
        width, height = kinds * (len(cells[0]) * CELL + 8) - 8, len(cells) * CELL + LINE + 2
    width = max(width, LETTER * len(title), 6.2 * (len(shape) + 1)) + 2 * MARGIN + PORT * (ports > 0)
    return Box(round(width), max(round(height + LINE * bool(title) + MARGIN), 15 * ports), ports)


def laid_out(boxes: Sequence[Box], edges: Sequence[tuple[int, int, int, bool]]) -> dict[str, Any]:
    """{"size": [width, height], "boxes": [[left, top, width, height], ...], "edges": [...]}.

    edges: (to, from, operand, whether a number will stand on it). Each becomes {"to", "from", "k", "path"} with an SVG path that
    ends at the tip of its arrow, and with "at": [x, y], the place of the number. Raises EngineMissing, EngineFailed.
    """
    statements = [f"n{n} [label=<{_table(box)}>]" for n, box in enumerate(boxes)]
    for number, (to, source, k, labelled) in enumerate(edges):
        port = f":p{k}:w" if boxes[to].ports else ""
        room = f"label=<{_cells((Box(66, 13),))}>" if labelled else ""
        statements.append(f"n{source} -> n{to}{port} [id={number} {room}]")
    hurry = "nslimit=0.2, mclimit=0.1, " if len(boxes) > MANY else ""
    looks = f"graph [{hurry}rankdir=LR, ranksep=0.35, nodesep=0.18] node [shape=plain] edge [arrowsize=0.6]"
    graph = json.loads(render(f"digraph {{ {looks} {'; '.join(statements)} }}", "json"))
    _, _, right, top = map(float, graph["bb"].split(","))
    places = {int(thing["name"][1:]): _pair(thing["pos"], top) for thing in graph.get("objects", ())}
    return {"size": [round(right), round(top)],
            "boxes": [[round(places[n][0] - box.width / 2, 1), round(places[n][1] - box.height / 2, 1), box.width, box.height]
                      for n, box in enumerate(boxes)],
            "edges": [_edge(edge, found, top) for edge, found in zip(edges, _in_order(graph), strict=True)]}


def _table(box: Box) -> str:
    """An empty box of that size, with a port for each operand."""
    if not box.ports:
        return _cells((box,))
    rows = [f'<TD PORT="p{k}" FIXEDSIZE="TRUE" WIDTH="{PORT}" HEIGHT="{box.height / box.ports:.1f}"></TD>'
            for k in range(box.ports)]
    rest = f'<TD ROWSPAN="{box.ports}" FIXEDSIZE="TRUE" WIDTH="{box.width - PORT}" HEIGHT="{box.height}"></TD>'
    return _tabled("".join(f"<TR>{row}{rest if k == 0 else ''}</TR>" for k, row in enumerate(rows)))


def _cells(boxes: Sequence[Box]) -> str:
    return _tabled("<TR>" + "".join(f'<TD FIXEDSIZE="TRUE" WIDTH="{b.width}" HEIGHT="{b.height}"></TD>' for b in boxes) + "</TR>")


def _tabled(rows: str) -> str:
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>'


def _in_order(graph: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(graph.get("edges", ()), key=lambda edge: int(edge["id"]))


def _edge(edge: tuple[int, int, int, bool], found: dict[str, Any], top: float) -> dict[str, Any]:
    to, source, k, labelled = edge
    end, *points = re.findall(r"[^ ]+", found["pos"])  # e,x,y of the tip; then the points of Bézier curves
    start, *curve = [_pair(point, top) for point in points]
    path = f"M{_text(start)}C{' '.join(map(_text, curve))}L{_text(_pair(end[2:], top))}"
    return {"to": to, "from": source, "k": k, "path": path} | ({"at": _pair(found["lp"], top)} if labelled else {})


def _pair(text: str, top: float) -> tuple[float, float]:
    x, y = map(float, text.split(","))
    return round(x, 1), round(top - y, 1)


def _text(point: tuple[float, float]) -> str:
    return f"{point[0]:g},{point[1]:g}"
