"""Walks a record to differentiate it: back from the result for cotangents, forward to it for tangents.

A record is made of nodes, each with `op`, `parents`, `inputs`, `parameters`, `output` and `born`. `parents` says
what the node was made from, with None for constants; `inputs` and `output` are the numbers that went in and came out.
A node is born after its parents, so walking back by birth number is a topological order: no recursion, and
a chain of a million operations is as good as a short one.

Both walks are pure: they return what they find and change nothing. On the way a cotangent or a tangent may be
smaller than its node's data, as long as it broadcasts to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, Protocol

import numpy as np

from tinygrad_edu.autodiff.mistakes import shape_of
from tinygrad_edu.autodiff.operations import broadcast_to, sum_to
from tinygrad_edu.autodiff.primitive import Operation, quietly


class Node(Protocol):
    """What the walks need of a recorded value."""

    op: Operation | None  # None: nothing made it, it is a leaf
    parents: tuple[Node | None, ...]
    inputs: tuple[Any, ...]
    parameters: Mapping[str, Any]
    output: Any
    born: int

    def __hash__(self) -> int: ...

    def recalled(self) -> tuple[Node, tuple[Any, ...]]:
        """The node and its inputs as nodes, so that rules applied to them are recorded in turn."""


def walk_back(root: Any, seed: Any, *, since: int = 0, recorded: bool = False) -> dict[Any, Any]:
    """{node: cotangent} for all that root was made from: reverse mode.

    seed is root's own cotangent; it broadcasts to root's data. Nodes below root that were born before `since` get their
    cotangent and are not walked past. With `recorded` the rules are applied to the nodes themselves, so the cotangents are nodes
    and can be differentiated again.
    """
    return quietly(_walk_back, root, seed, since, recorded)


def _walk_back(root: Any, seed: Any, since: int, recorded: bool) -> dict[Any, Any]:
    cotangents = {root: seed}
    pending = [(-root.born, root)]  # a heap, the youngest first
    while pending:
        _, node = heappop(pending)
        if node.op is None:
            continue
        for parent, x, xbar in zip(node.parents, node.inputs, pull(node, cotangents[node], recorded)):
            if parent is None or xbar is None:
                continue
            if type(xbar) is not float:
                shape = () if type(x) is float else x.shape
                if xbar.shape != shape:  # x was repeated, and collects from all its copies
                    xbar = sum_to(xbar, shape=shape) if recorded else sum_to.forward(xbar, shape=shape)
            if parent in cotangents:
                cotangents[parent] = cotangents[parent] + xbar
            else:
                cotangents[parent] = xbar
                if parent.op is not None and parent.born >= since:
                    heappush(pending, (-parent.born, parent))
    return cotangents


def pull(node: Any, ybar: Any, recorded: bool = False) -> Sequence[Any]:
    """What the node's rule gives to each parent for the cotangent ybar; None where nothing flows."""
    op, y, xs = node.op, node.output, node.inputs
    try:
        small = type(y) is not float and (type(ybar) is float or ybar.shape != y.shape)
        if small and (op.partials is None or _repeats(node, y.shape)):
            ybar = broadcast_to(ybar, shape=y.shape)
        if recorded:
            y, xs = node.recalled()
        try:
            return op.pull(node.parents, ybar, y, xs, node.parameters)
        except ArithmeticError:
            return op.pull(node.parents, ybar, as_ieee(y), [as_ieee(x) for x in xs], node.parameters)
    except Exception as error:
        error.add_note(f"in the reverse rule of {describe(node)}")
        raise


def _repeats(node: Any, shape: tuple[int, ...]) -> bool:
    """Whether a parent was broadcast: it then collects from all its copies, and each has to be there."""
    for parent, x in zip(node.parents, node.inputs):  # noqa: SIM110 - any(...) takes twice as long
        if parent is not None and (type(x) is float or x.shape != shape):
            return True
    return False


def walk_forward(root: Any, tangents: Mapping[Any, Any], *, since: int = 0, recorded: bool = False) -> Any:
    """The tangent of root, given the tangents of some nodes it was made from: forward mode.

    None where root does not depend on them. Nodes born before `since` are taken as constants.
    """
    return quietly(_walk_forward, root, dict(tangents), since, recorded)


def _walk_forward(root: Any, tangents: dict[Any, Any], since: int, recorded: bool) -> Any:
    for node in ancestors(root, since):
        if node in tangents or node.op is None:
            continue
        xdots = [tangents.get(parent) for parent in node.parents]
        if any(xdot is not None for xdot in xdots):
            tangents[node] = push(node, xdots, recorded)
    return tangents.get(root)


def push(node: Any, xdots: list[Any], recorded: bool = False) -> Any:
    """The node's tangent from its parents' tangents; None stands for a tangent of zero."""
    op = node.op
    y, xs = node.recalled() if recorded else (node.output, node.inputs)
    try:
        if op.partials is None:
            xdots = [None if xdot is None else fill(xdot, shape_of(x)) for xdot, x in zip(xdots, xs, strict=True)]
        try:
            return op.push(xdots, y, xs, node.parameters)
        except ArithmeticError:
            return op.push(xdots, as_ieee(y), [as_ieee(x) for x in xs], node.parameters)
    except Exception as error:
        error.add_note(f"in the forward rule of {describe(node)}")
        raise


def ancestors(root: Any, since: int = 0) -> list[Any]:
    """All nodes that root was made from, itself included, oldest first; none born before `since`."""
    found, pending = {root.born: root}, [root]
    for node in pending:  # the list grows while we walk it
        for parent in node.parents:
            if parent is not None and parent.born >= since and parent.born not in found:
                found[parent.born] = parent
                pending.append(parent)
    return [found[born] for born in sorted(found)]


def as_ieee(x: Any) -> Any:
    """A Python float as NumPy's: its 1 / 0 is inf, as IEEE 754 has it, where Python's raises."""
    return np.float64(x) if type(x) is float else x


def fill(x: Any, shape: tuple[int, ...]) -> Any:
    """x broadcast to the shape, if it has not got it already."""
    return x if shape_of(x) == shape else broadcast_to(x, shape=shape)


def describe(node: Any) -> str:
    """The operation and the shapes that went in and came out, for an error message."""
    shapes = ", ".join(f"{name} {shape_of(x)}" for name, x in zip(node.op.inputs, node.inputs, strict=False))
    return f"{node.op.name} ({node.op.symbol}): {shapes} -> {shape_of(node.output)}"
