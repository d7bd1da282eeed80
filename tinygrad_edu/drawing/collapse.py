"""Draws large computations small: a dense layer as one box, or all nodes that are alike as one.

    layers(nodes)       # boxes: one for each layer, one for the error, and what is neither; [] if there are no layers
    alike(nodes)        # boxes: one for each kind of node, with how many there are

What is drawn is a quotient of the computation graph: each node is in one box, an arrow leads from
one box to another where one leads from a node in the first to a node in the second, and there are
no cycles. A leaf has a box of its own, or is with leaves like it, or in the box of the layer whose
weights or bias it is, if it goes nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing.boxes import (
    Box,
    box_of,
    clean,
    computed_with,
    constant_text,
    numbers_text,
    shape_text,
)
from tinygrad_edu.drawing.dense_layers import DenseLayer, find_dense_layers
from tinygrad_edu.drawing.neurons import uses_of
from tinygrad_edu.drawing.quotient import Quotient

MOST_LEAVES = 60  # with several users, that are drawn one by one among nodes that are drawn as one
MOST_CONSTANTS = 6  # arrays that go into one box, that are drawn one by one
MOST_KINDS = 6  # that a box of nodes of several kinds names
Describe = Callable[
    [Hashable, Sequence[Value]], Mapping[str, Any]
]  # what stands in the box of a group


# -- layer by layer ------------------------------------------------------------------------------------------------


def layers(nodes: Sequence[Value]) -> list[Box]:
    """The layers as boxes, each with its weights; what goes into no layer is one box, the error."""
    found = find_dense_layers(nodes)
    quotient = _by_layer(nodes, found)
    while cyclic := {
        quotient.keys[n] for cycle in quotient.cycles() if len(cycle) > 1 for n in cycle
    }:
        found = [layer for layer in found if layer not in cyclic]
        quotient = _by_layer(nodes, found)
    if not found:
        return []
    number = {layer: n for n, layer in enumerate(found, start=1)}
    data = computed_with(nodes)

    def describe(key: Hashable, members: Sequence[Value]) -> Mapping[str, Any]:
        return (
            _layer(key, number[key], members, data)
            if isinstance(key, DenseLayer)
            else _error(members)
        )

    return _grouped(quotient, describe)


def _by_layer(nodes: Sequence[Value], found: Sequence[DenseLayer]) -> Quotient:
    """Layers, with those of their parameters that go nowhere else; and the error: the operations
    that lead into no layer."""
    groups: dict[Value, Hashable] = {node: layer for layer in found for node in layer.operations}
    uses = uses_of(nodes)
    groups |= {
        node: layer
        for layer in found
        for node in layer.parameters
        if all(groups.get(child) is layer for child, _ in uses[node])
    }
    before: set[Value] = set()
    for node in reversed(nodes):
        if node in groups or node in before:
            before.update(parent for parent in node.parents if parent is not None)
    return Quotient(
        nodes,
        {
            node: groups.get(node, node if node.op is None or node in before else "error")
            for node in nodes
        },
    )


def _layer(
    layer: DenseLayer, n: int, members: Sequence[Value], data: Mapping[Value, Any]
) -> Mapping[str, Any]:
    f = layer.y[0].op if layer.y[0] is not layer.u[0] else None
    weights = [node for node in members if node.op is None]
    notes = [f"{clean(w.name) or 'w'} {constant_text(data[w])}" for w in weights if w.ndim]
    numbers = np.array([data[w] for w in weights if not w.ndim])
    if numbers.size:
        notes.append(
            f"{numbers.size} weights {numbers_text(numbers)}"
            if numbers.size > 1
            else (f"{clean(weights[0].name) or 'w'} {numbers_text(numbers)}")
        )
    states, deltas = _together([data[y] for y in layer.y]), _together([u.grad for u in layer.u])
    T = f", × {layer.associations:,} associations" if layer.associations > 1 else ""
    return {
        "name": f"layer {n}, {'linear' if f is None or f.name == 'identity' else f.name}",
        "shape": f"{layer.I} → {layer.J} unit{'s' * (layer.J != 1)}{T}",
        "notes": tuple(notes),
        "value": f"y {numbers_text(states)}",
        "grad": "" if deltas is None else f"δ {numbers_text(deltas)}",
        "arrays": tuple(x for x in (states, deltas) if x is not None and np.ndim(x) and np.size(x)),
    }


def _together(data: Sequence[Any]) -> Any:
    """One array, or several as one; None if there is none."""
    if any(x is None for x in data):
        return None
    if len(data) == 1:
        return data[0]
    return (
        np.array(data)
        if len({np.shape(x) for x in data}) == 1
        else np.concatenate([np.ravel(x) for x in data])
    )


def _error(members: Sequence[Value]) -> Mapping[str, Any]:
    root = members[-1]
    return {
        "name": clean(root.name) or ("result" if root.ndim else "E"),
        "shape": f"{len(members)} operations",
        "value": numbers_text(root.output),
        "grad": "" if root.grad is None else f"grad {numbers_text(root.grad)}",
    }


# -- what is alike -------------------------------------------------------------------------------------------------


def alike(nodes: Sequence[Value], each: int = 0) -> list[Box]:
    """Nodes are alike if they have the same shape and the same operation made them, and the same is
    true of what they were made from and of what was made from them (one round of Weisfeiler and
    Leman's refinement: more of them tell ends from middles).

    Kinds that are made from one another in turn, as in a loop, are one box; a few leaves with
    several users have their own. [] if there are not so many nodes of `each` kind, on average.
    """
    uses, data = uses_of(nodes), computed_with(nodes)
    made = {
        node: (node.op.name if node.op else "", node.shape, node is nodes[-1]) for node in nodes
    }
    kinds: dict[Value, Hashable] = {
        node: (
            made[node],
            tuple(None if parent is None else made[parent] for parent in node.parents),
            frozenset((made[child], k) for child, k in uses[node]),
        )
        for node in nodes
    }
    shared = [
        node for node in nodes if node.op is None and len({child for child, _ in uses[node]}) > 1
    ]
    if len(shared) <= MOST_LEAVES:
        kinds |= {node: node for node in shared}
    quotient = Quotient(nodes, kinds)
    if each * len(quotient.keys) > len(nodes):
        return []
    in_turn = {n: cycle[0] for cycle in quotient.cycles() for n in cycle}
    merged = Quotient(nodes, {node: in_turn.get(n, n) for node, n in quotient.group.items()})
    return _grouped(merged, lambda key, members: _kind(members, data, key in in_turn))


def _kind(members: Sequence[Value], data: Mapping[Value, Any], in_turn: bool) -> Mapping[str, Any]:
    """The box of several nodes. in_turn: whether they are made from one another."""
    symbols = Counter(node.op.symbol if node.op else "the leaves" for node in members)
    names = list(dict.fromkeys(clean(node.name) for node in members))
    name = names[0] if len(names) == 1 else ""
    of_each = [f"{n:,} of {name or symbol}" for symbol, n in symbols.most_common(MOST_KINDS)]
    if len(symbols) > MOST_KINDS:
        of_each.append(f"and {len(symbols) - MOST_KINDS} kinds more")
    title = of_each.pop() if len(of_each) == 1 else f"{len(members):,} nodes"
    shapes = {shape_text(node.output) for node in members}
    grads = [node.grad for node in members if node.grad is not None]
    return {
        "name": title,
        "shape": shapes.pop() if len(shapes) == 1 else "",
        "notes": (
            *of_each,
            *(
                [f"{names[0]} … {names[-1]}"]
                if not members[0].op and len(names) > 1 and all(names)
                else []
            ),
            *(["in turn"] if in_turn else []),
        ),
        "value": numbers_text(_together([data[node] for node in members])),
        "kind": "operation" if members[0].op else "leaf",
        "grad": f"grad {numbers_text(_together(grads))}" if grads else "",
    }


# -- groups as boxes -----------------------------------------------------------------------------------------------


def _grouped(quotient: Quotient, describe: Describe) -> list[Box]:
    """A box for each group, after those that it is made from; on each arrow, how many there are. A
    node that is alone is shown as it is."""
    order = quotient.ordered()
    number = {group: n for n, group in enumerate(order, start=1)}
    numbers = {node.born: number[group] for node, group in quotient.group.items()}
    nodes = list(quotient.group)
    data, root = computed_with(nodes), nodes[-1]
    found = []
    for n, group in enumerate(order, start=1):
        members = quotient.members[group]
        if len(members) == 1:
            found.append(box_of(members[0], numbers, data[members[0]], members[0] is root))
            continue
        arrows = _arrows(members, numbers, n)
        labels = tuple(f"×{count:,}" if count > 1 else "" for count in arrows.values())
        found.append(
            Box(
                **{
                    "number": n,
                    "kind": "result" if members[-1] is root else "operation",
                    "symbol": "",
                    "operands": tuple(arrows),
                    "labels": labels,
                    "nodes": tuple(members),
                    **describe(quotient.keys[group], members),
                }
            )
        )
    return found


def _arrows(members: Sequence[Value], numbers: Mapping[int, int], own: int) -> Counter[int | str]:
    """How many arrows lead into the box from each other box and from each constant array; many of
    these are one. Single numbers among the constants are left out, unless nothing else goes in."""
    operands = [(parent, x) for node in members for parent, x in zip(node.parents, node.inputs)]
    arrows: Counter[int | str] = Counter(
        numbers[parent.born] for parent, _ in operands if parent is not None
    )
    del arrows[own]
    arrays = [x for parent, x in operands if parent is None and np.ndim(x)]
    constants = Counter(map(constant_text, arrays))
    if len(constants) > MOST_CONSTANTS:
        entries = np.concatenate([np.ravel(x) for x in arrays])
        constants = Counter([f"{len(arrays):,} arrays {numbers_text(entries)}"])
    numbers_alone = [x for parent, x in operands if parent is None and not np.ndim(x)]
    if not arrows and not constants and numbers_alone:
        several = f"{len(numbers_alone):,} numbers " if len(numbers_alone) > 1 else ""
        constants = Counter([several + numbers_text(np.array(numbers_alone))])
    return arrows + constants
