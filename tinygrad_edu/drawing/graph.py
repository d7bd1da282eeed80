"""Shows the computation behind a Value as a graph, from its leaves on the left to the result on the right.

    E = 0.5 * (w * x - target) ** 2
    E.backward()
    draw(E)                     # in a notebook: the picture; in a terminal: the same as a list
    draw(E).save("graph.svg")   # or .png, .pdf, .dot

How to read it: sharp corners are leaves, blue if they have a name; round corners are operations, the result orange
with a thick border; grey without a border are constants. Where the order of the operands counts, they enter
by number. After backward() there are gradients in the boxes, and on each arrow what flows back along it: the cotangent
of its end times the local derivative. A gradient is the sum of what stands on the arrows that leave its box. Arrays are
heat maps, the data and beside them the gradient: blue is positive, orange negative, white 0.

Every id in the DOT text is also one in the SVG: v3 is the third oldest value, e3_0 the edge into its first operand,
c3_1 the constant that is its second operand. The same program so gives the same picture, to the byte.
"""

from __future__ import annotations

import html
import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.autodiff.walk import ancestors
from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.apart import apart
from tinygrad_edu.drawing.boxes import Box, boxes, columns_passed
from tinygrad_edu.drawing.collapse import alike, layers
from tinygrad_edu.drawing.engine import EngineFailed, EngineMissing, render
from tinygrad_edu.drawing.heat import cells, colour
from tinygrad_edu.drawing.paint import paint
from tinygrad_edu.storage.whole import check_writable, whole

MOST_NODES = 2000  # that are drawn one by one
MOST_READ = 100_000  # that are drawn at all, those that are alike as one
MANY = 1000  # statements, from which on a quick layout counts more than a beautiful one
TANGLED = 1500  # columns that arrows pass over, from which on they are straight
MOST_TANGLED = 50_000  # columns that arrows pass over where nodes are drawn one by one
FEW, READABLE = 24, 60  # nodes, from which on layers are drawn, or what is alike as one, if no level is asked for
MOST_LINES = 40  # of the list in a terminal
CELL, GAP = 9, 6  # points, of heat maps
LEVELS = ("operation", "scalar", "layer")
SUFFIXES = (".svg", ".png", ".pdf", ".dot")

FONT = "Courier"  # its widths keep text inside its box in a browser without Helvetica
LOOKS = {  # kind -> how its box differs; in black and white the corners and the border still tell
    "named": 'BORDER="1" BGCOLOR="#d6e6f4" COLOR="#2b5c8a"',
    "leaf": 'BORDER="1" BGCOLOR="white" COLOR="#2b5c8a"',
    "operation": 'BORDER="1" BGCOLOR="white" COLOR="#555555" STYLE="ROUNDED"',
    "result": 'BORDER="2" BGCOLOR="#fde0bf" COLOR="#8a4500" STYLE="ROUNDED"',
}


class Style(NamedTuple):
    """How a line of text looks."""

    size: int = 12
    color: str = "black"
    bold: bool = False


TITLE, VALUE, GRAD, NOTE = Style(14, bold=True), Style(), Style(color="#8a3800"), Style(11)
SHAPE, CONSTANT, PORT = Style(11, "#666666"), Style(11, "#666666"), Style(9, "#666666")
GRAPH = f"""digraph {{
  graph [rankdir=LR, ranksep=0.3, nodesep=0.2, fontname="{FONT}"%s]
  node [shape=plain, fontname="{FONT}"]
  edge [color="#555555", arrowsize=0.6, fontname="{FONT}", fontsize=10, fontcolor="#8a3800"]
%s}}
"""
HURRY = ", nslimit=0.2, mclimit=0.1"  # seconds, where an error summed over 200 examples otherwise takes more than a minute
# `s = s * z[i % 30] + 1` 100 times takes 0.2 s so, and with curves 4 s, or a minute with dot 2.43.
STRAIGHT = ", splines=line"


@dataclass(frozen=True, repr=False)
class Drawing:
    """A picture that has not been laid out yet: `dot` and `text` are always there; `svg`, `png` and `save` need an engine.

    dot: the graph in the DOT language. text: the same as a list, for a terminal.
    """

    dot: str
    text: str

    @cached_property
    def svg(self) -> str:
        """The picture as one <svg> element. Raises EngineMissing, and says there what to install."""
        return self.laid_out()

    def laid_out(self, seconds: float | None = None) -> str:
        """The same, if the engine has it after so many seconds. Raises EngineTooSlow if not."""
        svg = render(self.dot, "svg", seconds).decode()
        return svg[svg.index("<svg"):]  # without the prologue, so that it can also stand in a page

    @cached_property
    def png(self) -> bytes:
        """The picture as a PNG file, with matplotlib's letters. Raises EngineMissing too."""
        file = BytesIO()
        self._painted(file, ".png")
        return file.getvalue()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the picture, in the format that the suffix says: .svg, .png, .pdf or .dot. All of it or nothing."""
        suffix = check(path)
        with whole(path) as part:
            if suffix in (".png", ".pdf"):
                self._painted(part, suffix)
            else:
                part.write_text(self.dot if suffix == ".dot" else self.svg, encoding="utf-8", newline="\n")

    def _painted(self, file: Any, suffix: str) -> None:
        paint(self.dot).savefig(file, format=suffix[1:], dpi=192, metadata=canvas.SUFFIXES[suffix])  # sharp on a slide

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the picture, or without an engine the list and what to install."""
        try:
            return {"image/svg+xml": self.svg, "text/plain": self.text}
        except (EngineMissing, EngineFailed) as error:
            return {"text/plain": f"{self.text}\n\n{error}"}


def check(path: str | os.PathLike[str]) -> str:
    """The suffix of a path that a Drawing can be saved under. Raises what `save` raises, before anything is drawn."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path.name!r} does not say in what format to save; its suffix must be {', '.join(SUFFIXES)}.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to save {path.name!r} in. Make it first.")
    check_writable(path)
    return suffix


def draw(value: Value, level: str | None = None) -> Drawing:
    """The graph of all that value was made from.

    level: "operation" for what the program wrote, "scalar" for number by number, "layer" for one box per layer of a network and
    one for the error. Left out, it is "operation" for a small graph; a large one is drawn by its layers or, where that is much
    smaller, with nodes that are alike as one. So are more than 2,000 nodes, constants included, at
    any level, and a graph whose arrows pass over more than 50,000 columns; the drawing says so.

    Raises TypeError for anything but a Value, and ValueError for an unknown level, for more than 100,000 nodes, for a computation
    without layers if these are asked for, and at the level "scalar" for what cannot be taken apart into numbers (see `apart`).
    """
    if not isinstance(value, Value):
        raise TypeError(f"draw shows how a Value was made, and this is a {type(value).__name__}, which has no record.")
    if level is not None and level not in LEVELS:
        raise ValueError(f"a graph is drawn at the level {', '.join(map(repr, LEVELS[:-1]))} or {LEVELS[-1]!r}, and not {level!r}.")
    shown, note = _shown(value, level)
    statements = [statement for box in shown for statement in _statements(box, maps=len(shown) <= READABLE)]
    tangled = columns_passed(shown) > TANGLED
    extra = (HURRY if tangled or len(statements) > MANY else "") + (STRAIGHT if tangled else "")
    extra += f', label=<{_stack([_line(note, NOTE)])}>, labelloc=b' if note else ""
    dot = GRAPH % (extra, "".join(f"  {statement}\n" for statement in statements))
    return Drawing(dot, "\n".join(filter(None, (_listed(shown), note))))


def _shown(value: Value, level: str | None) -> tuple[list[Box], str]:
    """(the boxes, what is to be said about them)."""
    if level == "scalar":
        seed, value = value.grad, apart(value).root
        if seed is not None:
            value.backward(float(np.sum(seed)))
    nodes, size = nodes_of(value)
    if level == "layer" or (level is None and size > FEW):
        found = layers(nodes)
        if found and _drawable(found) and (level or 2 * len(found) <= size):
            return found, ""
        if level and not found:
            raise ValueError("there are no layers in this computation: no weights and biases that "
                             "are leaves, used in one place, multiplied with states and summed up.")
    each = 4 if size <= MOST_NODES else 0
    groups = [] if size <= READABLE or (level and size <= MOST_NODES) else alike(nodes, each)
    if not groups and _drawable(one_by_one := boxes(nodes)):
        return one_by_one, ""
    return groups or alike(nodes), (f"{size:,} nodes: those that are alike are drawn as one box, "
                                    "which says how many they are")


def _drawable(shown: Sequence[Box]) -> bool:
    return len(shown) <= MOST_NODES and columns_passed(shown) <= MOST_TANGLED


def nodes_of(value: Value, most: int = MOST_READ) -> tuple[list[Value], int]:
    """(all nodes, oldest first; how many there are with the constants). ValueError for too many, after looking at no more."""
    seen, pending, constants = {value.born}, [value], 0
    for node in pending:  # the list grows while we walk it
        for parent in node.parents:
            if parent is None:
                constants += 1
            elif parent.born not in seen:
                seen.add(parent.born)
                pending.append(parent)
        if len(seen) + constants > most:
            raise ValueError(f"this computation has more than {most:,} nodes, which nobody can "
                             "read in one picture: draw one of the values it was made from, or "
                             "record a smaller example.")
    return ancestors(value), len(seen) + constants


# -- from boxes to text --------------------------------------------------------------------------------------------


def _statements(box: Box, maps: bool) -> Iterator[str]:
    """DOT for a box, its constants and the edges into it."""
    node = f"v{box.number}"
    yield f"{node} [id={node}, label=<{_table(box, maps)}>]"
    for i, operand in enumerate(box.operands):
        source = f"v{operand}"
        if isinstance(operand, str):
            source = f"c{box.number}_{i}"
            yield f"{source} [id={source}, label=<{_stack([_line(operand, CONSTANT)])}>]"
        label = f', label="{box.labels[i]}"' if box.labels[i] else ""
        yield f"{source} -> {node}{f':p{i}:w' if box.ordered else ''} [id=e{box.number}_{i}{label}]"


def _table(box: Box, maps: bool) -> str:
    """The label of a box: its lines and, if the order of its operands counts, a numbered cell for each on the left."""
    title = " = ".join(filter(None, (box.name, box.symbol)))
    lines = [_line(title, TITLE), _line(box.shape, SHAPE), *(_line(note, NOTE) for note in box.notes),
             _heat_maps(box.arrays) if maps else "", _line(box.value, VALUE), _line(box.grad, GRAD)]
    cells = f'<TD CELLPADDING="3">{_stack(lines)}</TD>'
    if box.ordered:
        ports = [_line(str(i + 1), PORT, f'PORT="p{i}"') for i in range(len(box.operands))]
        cells = f"<TD>{_stack(ports)}</TD><VR/>{cells}"
    return f'<TABLE CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" {LOOKS[box.kind]}><TR>{cells}</TR></TABLE>'


def _heat_maps(arrays: Sequence[Any]) -> str:
    """A line with small pictures of arrays, each cell in the colour of an entry."""
    if not any(x.size > 1 for x in arrays):
        return ""
    pictures, width, height = "", 0, 0
    for x in arrays:
        largest = float(np.abs(x[np.isfinite(x)]).max(initial=0.0))
        shown = cells(x.shape)
        cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{CELL}" HEIGHT="{CELL}" BGCOLOR="%s"></TD>'
        rows = ["".join(cell % colour(entry, largest) for entry in row)
                for row in x.reshape(-1)[shown].tolist()]
        size = CELL * len(shown[0]) + 2, CELL * len(shown) + 2
        pictures += _fixed('BORDER="1" COLOR="#aaaaaa" CELLSPACING="0"', *size, "".join(f"<TR>{row}</TR>" for row in rows))
        width, height = width + size[0] + GAP, max(height, size[1])
    return f'<TR>{_fixed(f"""BORDER="0" CELLSPACING="{GAP // 2}" """, width + GAP, height + GAP, f"<TR>{pictures}</TR>")}</TR>'


def _fixed(look: str, width: int, height: int, rows: str) -> str:
    """A cell with a table that stays so large and on the left, however much room there is."""
    return (f'<TD ALIGN="LEFT"><TABLE ALIGN="LEFT" {look} CELLBORDER="0" CELLPADDING="0" FIXEDSIZE="TRUE" '
            f'WIDTH="{width}" HEIGHT="{height}">{rows}</TABLE></TD>')


def _stack(lines: Iterable[str]) -> str:
    """Lines under one another, without a border."""
    return f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2">{"".join(lines)}</TABLE>'


def _line(text: str, style: Style, cell: str = "") -> str:
    """One line of a label, in a cell wide enough for it in any font whose letters are as wide as Courier's.

    To the left, because engines without fonts take ∑ for three letters and would centre it wrongly.
    """
    if not text:
        return ""
    columns = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    escaped = html.escape(text).replace("\\", "\\\\")  # a \N would become the node's id
    bold = f"<B>{escaped}</B>" if style.bold else escaped
    font = f'<FONT POINT-SIZE="{style.size}" COLOR="{style.color}">{bold}</FONT>'
    return f'<TR><TD ALIGN="LEFT" {cell} WIDTH="{4 + columns * style.size * 0.6:.0f}">{font}</TD></TR>'


def _listed(boxes: Sequence[Box]) -> str:
    """One line for each box, as in `v2 = ×(w, 0.8) = 0.32, grad 0.12`; of many boxes the last."""
    called = {box.number: box.name or f"v{box.number}" for box in boxes}
    lines = [f"... {len(boxes) - MOST_LINES:,} more before these"] if len(boxes) > MOST_LINES else []
    for box in boxes[-MOST_LINES:]:
        operands = ", ".join(x if isinstance(x, str) else called[x] for x in box.operands)
        made = f" = {box.symbol}({operands})" if box.symbol else ""
        shown = f"{box.shape} {box.value}".strip() + (f", {box.grad}" if box.grad else "")
        lines.append(f"{called[box.number]}{made} = {shown}")
    return "\n".join(lines)
