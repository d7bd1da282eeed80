"""Reads a record as boxes: what a graph shows of each Value, as text that is not yet escaped.

    boxes(value)        # one for each operation and leaf, oldest first
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.autodiff.walk import contributions

LONGEST_NAME = 24
ANY_ORDER = {"add", "multiply", "maximum", "minimum"}  # operations whose operands may swap places


class Box(NamedTuple):
    """One value in the picture, or several that are shown as one."""

    number: int
    kind: str  # named, leaf, operation or result
    symbol: str  # "" for a leaf
    name: str
    shape: str  # "" for a number
    value: str
    grad: str
    operands: tuple[int | str, ...]  # the numbers of other boxes, and constants as text
    labels: tuple[str, ...]  # of the arrows from the operands: the contribution to the gradient of each, "" where there is none
    ordered: bool = False  # whether the operands must be told apart
    arrays: tuple[ndarray, ...] = ()  # what heat maps are drawn of: the data, and the gradient
    notes: tuple[str, ...] = ()  # further lines
    nodes: tuple[Value, ...] = ()  # what is in it


def boxes(nodes: Sequence[Value]) -> list[Box]:
    """The boxes of all nodes; the last is the result."""
    numbers = {node.born: number for number, node in enumerate(nodes, start=1)}
    data = computed_with(nodes)
    return [box_of(node, numbers, data[node], node is nodes[-1]) for node in nodes]


def box_of(node: Value, numbers: Mapping[int, int], data: Any, is_result: bool) -> Box:
    """The box of one node. numbers: of all boxes, by the birth numbers of what is in them. data: what it was computed with."""
    name = clean(node.name)
    return Box(
        number=numbers[node.born],
        kind=("named" if name else "leaf") if node.op is None else "result" if is_result else "operation",
        symbol=node.op.symbol if node.op else "",
        name=name,
        shape=shape_text(node.output),
        value=numbers_text(data),
        grad="" if node.grad is None else f"grad {numbers_text(node.grad)}",
        operands=tuple(constant_text(x) if parent is None else numbers[parent.born]
                       for parent, x in zip(node.parents, node.inputs)),
        labels=flowing(node),
        ordered=node.op is not None and node.op.name not in ANY_ORDER and len(node.inputs) > 1,
        arrays=tuple(x for x in (data, node.grad) if np.ndim(x) and np.size(x)),
        nodes=(node,),
    )


def columns_passed(boxes: Sequence[Box]) -> int:
    """How many columns the arrows pass over, all together: what makes a layout slow.

    Boxes stand in columns from the left, each after its operands, and a leaf right before the
    first box that it goes into.
    """
    columns: dict[int, int] = {}
    first_user: dict[int, int] = {}
    arrows = [(x, box.number) for box in boxes for x in box.operands if isinstance(x, int)]
    for box in boxes:
        after = (columns[x] + 1 if isinstance(x, int) else 1 for x in box.operands)
        columns[box.number] = max(after, default=0)
        for x in box.operands:
            if isinstance(x, int):
                first_user[x] = min(first_user.get(x, columns[box.number]), columns[box.number])
    columns |= {box.number: first_user[box.number] - 1 for box in boxes
                if not box.operands and box.number in first_user}
    return sum(columns[user] - columns[operand] - 1 for operand, user in arrows)


def computed_with(nodes: Sequence[Value]) -> dict[Value, Any]:
    """The data of each node. A leaf's may have been replaced since: then those that were computed with."""
    used = {parent: x for node in nodes for parent, x in zip(node.parents, node.inputs) if parent is not None}
    return {node: used.get(node, node.output) if node.op is None else node.output for node in nodes}


def flowing(node: Value) -> tuple[str, ...]:
    """What flows back to each operand, as text; "" where nothing does."""
    if node.op is None or node.grad is None:
        return ("",) * len(node.parents)
    return tuple("" if xbar is None else numbers_text(xbar) for xbar in contributions(node, node.grad))


def constant_text(x: Any) -> str:
    return f"{shape_text(x)} {numbers_text(x)}".strip()


def clean(name: Any) -> str:
    """A name as one line of at most 24 characters, all of them visible."""
    text = " ".join(str(name or "")[:1000].split())
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME - 1] + "…"


def shape_text(x: Any) -> str:
    return str(np.shape(x)) if np.ndim(x) else ""


def numbers_text(x: Any) -> str:
    """A number to 4 digits; of an array the least and the greatest entry to 3, and a count of nan.

    "all 0.5" is said only where all entries are the same number, and not where they only round to it.
    """
    if not np.ndim(x):
        return f"{float(x) + 0.0:.4g}"
    if not x.size:
        return "empty"
    known = x[~np.isnan(x)]
    missing = x.size - known.size
    if not known.size:
        return "nan" if x.size == 1 else f"all {x.size} nan"
    text = _span_text(known, every=not missing)
    return f"{text}, {missing} of {x.size} nan" if missing else text


def _span_text(x: ndarray, every: bool) -> str:
    """The least and the greatest of some numbers; every: whether they are all there are."""
    least, greatest = float(x.min()) + 0.0, float(x.max()) + 0.0
    if least == greatest:
        return f"{'all ' if every and x.size > 1 else ''}{least:.3g}"
    low, high = f"{least:.3g}", f"{greatest:.3g}"
    return f"{low} to {high}" if low != high else f"about {low}"
