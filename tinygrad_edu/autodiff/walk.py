"""Walks a record to differentiate it: back from the result for cotangents, forward to it for tangents.

A record is made of nodes, each with `op`, `parents`, `inputs`, `parameters`, `output` and `born`. `parents` says
what the node was made from, with None for constants; `inputs` and `output` are the numbers that went in and came out.
A node is born after its parents, so walking back by birth number is a topological order: no recursion, and
a chain of a million operations is as good as a short one.

Both walks are pure: they return what they find and change nothing. On the way a cotangent or a tangent may be
smaller than its node's data, as long as it broadcasts to it.

A cotangent of exactly 0 passes on nothing, also where the slope is infinite. That costs the usual walk nothing: nan runs down
to where the walk ends, and if there is one, the walk is repeated with `Careful` cotangents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from heapq import heappop, heappush, heappushpop
from typing import Any, Protocol

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.careful import Careful, has_nan, uncareful
from tinygrad_edu.autodiff.mistakes import numbers_of, shape_of
from tinygrad_edu.autodiff.operations import broadcast_to, sum_to
from tinygrad_edu.autodiff.primitive import Operation, quietly
from tinygrad_edu.autodiff.recording import mode, unusual


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
    if unusual and (watch := mode().watch):
        with watch.only_noting():
            return watch.look_at_sums(quietly(_walk_back, root, seed, since, recorded, partial(watched_pull, watch)))
    return quietly(_walk_back, root, seed, since, recorded, pull)


def _walk_back(root: Any, seed: Any, since: int, recorded: bool, how: Callable[..., Sequence[Any]]) -> dict[Any, Any]:
    cotangents, ends = {root: seed}, []
    node = root if root.op is not None else None  # the youngest of those still to be walked past
    pending: list[tuple[int, Any]] = []  # a heap of the others
    while node is not None:
        youngest = None
        for parent, x, xbar in zip(node.parents, node.inputs, how(node, cotangents[node], recorded)):
            if parent is None or xbar is None:
                continue
            if type(xbar) is not float:
                shape = () if type(x) is float else x.shape
                if xbar.shape != shape:  # x was repeated, and collects from all its copies
                    xbar = sum_to(xbar, shape=shape) if recorded else sum_to.forward(xbar, shape=shape)
            if parent in cotangents:
                cotangents[parent] = cotangents[parent] + xbar
                continue
            cotangents[parent] = xbar
            if parent.op is None or parent.born < since:
                ends.append(parent)
            elif youngest is None:
                youngest = parent
            else:
                heappush(pending, (-parent.born, parent))
        if pending:
            youngest = (heappop(pending) if youngest is None else heappushpop(pending, (-youngest.born, youngest)))[1]
        node = youngest
    if how is pull:
        for end in ends:
            xbar = numbers_of(cotangents[end]) if recorded else cotangents[end]
            if type(xbar) is ndarray:  # a sum is nan if an entry is; these are the two fastest, for few entries and for many
                xbar = xbar.ravel("K")
                xbar = sum(xbar.tolist()) if xbar.size < 10 else xbar.dot(xbar)
            if xbar != xbar:
                return _walk_back(root, seed, since, recorded, careful_pull)
    return cotangents


def pull(node: Any, ybar: Any, recorded: bool = False, careful: bool = False) -> Sequence[Any]:
    """What the node's rule gives to each parent for the cotangent ybar; None where nothing flows."""
    op, y, xs = node.op, node.output, node.inputs
    try:
        small = type(y) is not float and (type(ybar) is float or ybar.shape != y.shape)
        if small and (op.partials is None or _repeats(node, y.shape)):
            ybar = broadcast_to(ybar, shape=y.shape)
        if recorded or careful:
            y, xs = node.recalled() if recorded else (y, xs)
            ybar = Careful(ybar, op.selects) if careful else ybar
        try:
            return op.pull(node.parents, ybar, y, xs, node.parameters)
        except ArithmeticError:
            return op.pull(node.parents, ybar, as_ieee(y), [as_ieee(x) for x in xs], node.parameters)
    except Exception as error:
        error.add_note(f"in the reverse rule of {describe(node)}")
        raise


def careful_pull(node: Any, ybar: Any, recorded: bool = False) -> Sequence[Any]:
    """`pull`, with nothing from a cotangent of 0 whatever the slope."""
    return [uncareful(xbar) for xbar in pull(node, ybar, recorded, careful=True)]


def contributions(node: Any, ybar: Any) -> list[Any]:
    """What a node with this cotangent adds to each parent's: cotangent × local derivative, in the parent's shape; None where
    nothing flows. A cotangent is the sum of what all the nodes that were made from its node add to it."""
    xbars = quietly(careful_pull, node, ybar)
    return [None if parent is None or xbar is None else sum_to(fill(xbar, np.broadcast_shapes(shape_of(xbar), shape_of(x))),
                                                               shape=shape_of(x))
            for parent, x, xbar in zip(node.parents, node.inputs, xbars)]


def watched_pull(watch: Any, node: Any, ybar: Any, recorded: bool = False) -> Sequence[Any]:
    """`careful_pull`, under the eyes of `detect_anomaly`."""
    xbars = careful_pull(node, ybar, recorded)
    watch.look_at_rule("reverse", node, [xbar for parent, xbar in zip(node.parents, xbars) if parent is not None])
    return xbars


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
    if unusual and (watch := mode().watch):
        with watch.only_noting():
            return quietly(_walk_forward, root, tangents, since, recorded, partial(watched_push, watch))
    return quietly(_walk_forward, root, tangents, since, recorded, push)


def _walk_forward(root: Any, given: Mapping[Any, Any], since: int, recorded: bool, how: Callable[..., Any]) -> Any:
    tangents = dict(given)
    for node in ancestors(root, since):
        if node in tangents or node.op is None:
            continue
        xdots = [tangents.get(parent) for parent in node.parents]
        if any(xdot is not None for xdot in xdots):
            tangents[node] = how(node, xdots, recorded)
    ydot = tangents.get(root)
    if how is push and ydot is not None and has_nan(ydot):
        return _walk_forward(root, given, since, recorded, careful_push)
    return ydot


def push(node: Any, xdots: list[Any], recorded: bool = False, careful: bool = False) -> Any:
    """The node's tangent from its parents' tangents; None stands for a tangent of zero."""
    op = node.op
    y, xs = node.recalled() if recorded else (node.output, node.inputs)
    try:
        if op.partials is None:
            xdots = [None if xdot is None else fill(xdot, shape_of(x)) for xdot, x in zip(xdots, xs, strict=True)]
        if careful:
            xdots = [None if xdot is None else Careful(xdot, op.selects) for xdot in xdots]
        try:
            return op.push(xdots, y, xs, node.parameters)
        except ArithmeticError:
            return op.push(xdots, as_ieee(y), [as_ieee(x) for x in xs], node.parameters)
    except Exception as error:
        error.add_note(f"in the forward rule of {describe(node)}")
        raise


def careful_push(node: Any, xdots: list[Any], recorded: bool = False) -> Any:
    """`push`, with nothing from a tangent of 0 whatever the slope."""
    return uncareful(push(node, xdots, recorded, careful=True))


def watched_push(watch: Any, node: Any, xdots: list[Any], recorded: bool = False) -> Any:
    """`careful_push`, under the eyes of `detect_anomaly`."""
    ydot = careful_push(node, xdots, recorded)
    watch.look_at_rule("forward", node, [ydot])
    return ydot


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
