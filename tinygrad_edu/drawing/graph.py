"""Shows the computation behind a Value as a graph, from its leaves on the left to the result on the right.

    E = 0.5 * (w * x - target) ** 2
    E.backward()
    draw(E)                     # in a notebook: the picture; in a terminal: the same as a list
    draw(E).save("graph.svg")   # or .png, .pdf, .dot

How to read it: sharp corners are leaves, blue if they have a name; round corners are operations, the result orange
with a thick border; grey without a border are constants. Where the order of the operands counts, they enter
by number. After backward() there are gradients in the boxes, and on each arrow what flows back along it: the cotangent
of its end times the local derivative. A gradient is the sum of what stands on the arrows that leave its box.

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
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.autodiff.walk import ancestors, contributions
from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.apart import apart
from tinygrad_edu.drawing.engine import EngineFailed, EngineMissing, render
from tinygrad_edu.drawing.paint import paint
from tinygrad_edu.storage.whole import check_writable, whole

MOST_NODES = 2000
MANY = 1000  # statements, from which on a quick layout counts more than a beautiful one
LONGEST_NAME = 24
MOST_LINES = 40  # of the list in a terminal
LEVELS = ("operation", "scalar")
SUFFIXES = (".svg", ".png", ".pdf", ".dot")
ANY_ORDER = {"add", "multiply", "maximum", "minimum"}  # operations whose operands may swap places

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


TITLE, VALUE, GRAD = Style(14, bold=True), Style(), Style(color="#8a3800")
SHAPE, CONSTANT, PORT = Style(11, "#666666"), Style(11, "#666666"), Style(9, "#666666")
GRAPH = f"""digraph {{
  graph [rankdir=LR, ranksep=0.45, nodesep=0.2, fontname="{FONT}"%s]
  node [shape=plain, fontname="{FONT}"]
  edge [color="#555555", arrowsize=0.6, fontname="{FONT}", fontsize=10, fontcolor="#8a3800"]
%s}}
"""
HURRY = ", nslimit=0.2, mclimit=0.1"  # seconds, where an error summed over 200 examples otherwise takes more than a minute


@dataclass(frozen=True, repr=False)
class Drawing:
    """A picture that has not been laid out yet: `dot` and `text` are always there, `svg` and `save` need an engine.

    dot: the graph in the DOT language. text: the same as a list, for a terminal.
    """

    dot: str
    text: str

    @cached_property
    def svg(self) -> str:
        """The picture as one <svg> element. Raises EngineMissing, and says there what to install."""
        svg = render(self.dot, "svg").decode()
        return svg[svg.index("<svg"):]  # without the prologue, so that it can also stand in a page

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the picture, in the format that the suffix says: .svg, .png, .pdf or .dot. All of it or nothing."""
        suffix = check(path)
        with whole(path) as part:
            if suffix in canvas.SUFFIXES and suffix != ".svg":
                paint(self.dot).savefig(part, dpi=192, metadata=canvas.SUFFIXES[suffix])  # sharp on a slide
            else:
                part.write_text(self.dot if suffix == ".dot" else self.svg, encoding="utf-8", newline="\n")

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


def draw(value: Value, level: str = "operation") -> Drawing:
    """The graph of all that value was made from: operation by operation or, with level="scalar", number by number.

    Raises TypeError for anything but a Value, and ValueError for an unknown level, for more than 2,000 nodes, constants included,
    and with level="scalar" for what cannot be taken apart into numbers (see `apart`).
    """
    if not isinstance(value, Value):
        raise TypeError(f"draw shows how a Value was made, and this is a {type(value).__name__}, which has no record.")
    if level not in LEVELS:
        raise ValueError(f"a graph is drawn at the level {' or '.join(map(repr, LEVELS))}, and not {level!r}.")
    if level == "scalar":
        seed, value = value.grad, apart(value).root
        if seed is not None:
            value.backward(float(np.sum(seed)))
    _refuse_too_many(value)
    boxes = list(_boxes(value))
    statements = [statement for box in boxes for statement in _statements(box)]
    dot = GRAPH % (HURRY if len(statements) > MANY else "", "".join(f"  {statement}\n" for statement in statements))
    return Drawing(dot, _listed(boxes))


# -- from the record to boxes --------------------------------------------------------------------------------------


class Box(NamedTuple):
    """One value in the picture, all of it text that is not yet escaped."""

    number: int
    kind: str  # a key of LOOKS
    symbol: str  # "" for a leaf
    name: str
    shape: str  # "" for a number
    value: str
    grad: str
    operands: tuple[int | str, ...]  # the numbers of other boxes, and constants as text
    contributions: tuple[str, ...]  # to the gradient of each operand, "" where there is none
    ordered: bool  # whether the operands must be told apart


def _refuse_too_many(value: Value) -> None:
    """ValueError for too large a record; it looks no further than it has to."""
    seen, pending, constants = {value.born}, [value], 0
    for node in pending:  # the list grows while we walk it
        for parent in node.parents:
            if parent is None:
                constants += 1
            elif parent.born not in seen:
                seen.add(parent.born)
                pending.append(parent)
        if len(seen) + constants > MOST_NODES:
            raise ValueError(f"this computation has more than {MOST_NODES:,} nodes, which nobody can read in one picture: "
                             "draw one of the values it was made from, or record a smaller example.")


def _boxes(value: Value) -> Iterator[Box]:
    """The boxes, oldest first."""
    nodes = ancestors(value)
    numbers = {node.born: number for number, node in enumerate(nodes, start=1)}
    # A leaf's data may have been replaced since: show those that were computed with.
    used = {parent.born: x for node in nodes for parent, x in zip(node.parents, node.inputs) if parent is not None}
    for node in nodes:
        name = _clean(node.name)
        yield Box(
            number=numbers[node.born],
            kind=("named" if name else "leaf") if node.op is None else "result" if node is value else "operation",
            symbol=node.op.symbol if node.op else "",
            name=name,
            shape=_shape(node.output),
            value=_numbers(used.get(node.born, node.output)),
            grad="" if node.grad is None else f"grad {_numbers(node.grad)}",
            operands=tuple(f"{_shape(x)} {_numbers(x)}".strip() if parent is None else numbers[parent.born]
                           for parent, x in zip(node.parents, node.inputs)),
            contributions=_contributions(node),
            ordered=node.op is not None and node.op.name not in ANY_ORDER and len(node.inputs) > 1,
        )


def _contributions(node: Value) -> tuple[str, ...]:
    if node.op is None or node.grad is None:
        return ("",) * len(node.parents)
    return tuple("" if xbar is None else _numbers(xbar) for xbar in contributions(node, node.grad))


def _clean(name: Any) -> str:
    """A name as one line of at most 24 characters, all of them visible."""
    text = " ".join(str(name or "")[:1000].split())
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME - 1] + "…"


def _shape(x: Any) -> str:
    return str(np.shape(x)) if np.ndim(x) else ""


def _numbers(x: Any) -> str:
    """A number to 4 digits; of an array the least and the greatest entry to 3."""
    if not np.ndim(x):
        return f"{float(x):.4g}"
    if not x.size:
        return "empty"
    least, greatest = f"{float(x.min()):.3g}", f"{float(x.max()):.3g}"
    return f"{least} to {greatest}" if least != greatest else f"all {least}" if x.size > 1 else least


# -- from boxes to text --------------------------------------------------------------------------------------------


def _statements(box: Box) -> Iterator[str]:
    """DOT for a box, its constants and the edges into it."""
    node = f"v{box.number}"
    yield f"{node} [id={node}, label=<{_table(box)}>]"
    for i, operand in enumerate(box.operands):
        source = f"v{operand}"
        if isinstance(operand, str):
            source = f"c{box.number}_{i}"
            yield f"{source} [id={source}, label=<{_stack([_line(operand, CONSTANT)])}>]"
        label = f', label="{box.contributions[i]}"' if box.contributions[i] else ""
        yield f"{source} -> {node}{f':p{i}:w' if box.ordered else ''} [id=e{box.number}_{i}{label}]"


def _table(box: Box) -> str:
    """The label of a box: its lines and, if the order of its operands counts, a numbered cell for each on the left."""
    title = " = ".join(filter(None, (box.name, box.symbol)))
    lines = [_line(title, TITLE), _line(box.shape, SHAPE), _line(box.value, VALUE), _line(box.grad, GRAD)]
    cells = f'<TD CELLPADDING="3">{_stack(lines)}</TD>'
    if box.ordered:
        ports = [_line(str(i + 1), PORT, f'PORT="p{i}"') for i in range(len(box.operands))]
        cells = f"<TD>{_stack(ports)}</TD><VR/>{cells}"
    return f'<TABLE CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" {LOOKS[box.kind]}><TR>{cells}</TR></TABLE>'


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
