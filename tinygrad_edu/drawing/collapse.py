"""Draws large computations small: a layer of a network as one box, or all nodes that are alike as one.

    layers(nodes)       # boxes: one for each layer, one for the error, and what is neither; [] if there are no layers
    alike(nodes)        # boxes: one for each kind of node, with how many there are
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing.apart import MOST, apart
from tinygrad_edu.drawing.boxes import Box, box_of, clean, computed_with, constant_text, numbers_text, shape_text
from tinygrad_edu.drawing.neurons import FUNCTIONS, Uses, find_units, uses_of

Groups = Mapping[Value, Hashable]  # the key of the group that a node is in
Describe = Callable[[Hashable, Sequence[Value]], Mapping[str, Any]]  # what stands in the box of a group


class Layer(NamedTuple):
    """What a layer is made of: its total inputs, its states, and all its nodes."""

    u: Sequence[Value]
    y: Sequence[Value]
    nodes: Sequence[Value]
    sizes: str  # "2 → 3 units, × 4 associations"


# -- layer by layer ------------------------------------------------------------------------------------------------


def layers(nodes: Sequence[Value]) -> list[Box]:
    """The layers as boxes, each with its weights; what comes after the last is one box, the error."""
    found = _products(nodes) or _units(nodes)
    if not found:
        return []
    layer_of: dict[Value, int] = {node: n for n, layer in enumerate(found, start=1) for node in layer.nodes}
    data = computed_with(nodes)

    def describe(key: Hashable, members: Sequence[Value]) -> Mapping[str, Any]:
        return _layer(found[key - 1], key, data) if isinstance(key, int) else _error(members)

    groups = {node: layer_of.get(node, node) for node in nodes} | _error_of(nodes, layer_of)
    return _grouped(nodes, groups, describe, inner_arrows=False)


def _products(nodes: Sequence[Value]) -> list[Layer]:
    """Layers of arrays: u = x @ w with a leaf w, perhaps + b; perhaps y = f(u)."""
    uses, found = uses_of(nodes), []
    for u in nodes:
        w = u.parents[1] if u.op is not None and u.op.name in ("matmul", "dot") else None
        if w is None or w.op is not None or not w.ndim:
            continue
        members = [w, u]
        added = _only_use(u, uses, {"add"})
        b = None if added is None else next((parent for parent in added.parents if parent is not u), None)
        if added is not None and b is not None and b.op is None:
            members, u = [*members, b, added], added
        y = _only_use(u, uses, FUNCTIONS)
        J = w.shape[1] if w.ndim > 1 else 1
        found.append(Layer([u], [u if y is None else y], members if y is None else [*members, y],
                           _sizes(w.shape[0], J, u.size // J if J else 0)))
    return found


def _only_use(node: Value, uses: Uses, names: set[str]) -> Value | None:
    made = [child for child, _ in uses[node]]
    return made[0] if len(made) == 1 and made[0].op is not None and made[0].op.name in names else None


def _units(nodes: Sequence[Value]) -> list[Layer]:
    """Layers of units that were written number by number."""
    if nodes[-1].size != 1 or sum(node.size for node in nodes) > MOST:
        return []
    taken = apart(nodes[-1], constants=True)
    written = {entry: value for value, entries in taken.entries.items() for entry in entries.flat if isinstance(entry, Value)}
    constants = {x for entries in taken.constants.values() for x in entries.flat}
    units = [unit for unit in find_units([*constants, *written], constants) if unit.u]
    found = []
    for n in sorted({unit.layer for unit in units}):
        of_layer = [unit for unit in units if unit.layer == n]
        inside = [node for unit in of_layer for of_one in (*unit.products, *unit.sums) for node in of_one]
        entries = [*inside, *(x for unit in of_layer for x in (*unit.weights, unit.bias, *unit.u, *unit.y))]
        found.append(Layer(
            [written[u] for unit in of_layer for u in unit.u], [written[y] for unit in of_layer for y in unit.y],
            [*dict.fromkeys(written[x] for x in entries if x in written)],
            _sizes(max(len(unit.weights) for unit in of_layer), len(of_layer), max(len(unit.u) for unit in of_layer))))
    return found


def _sizes(I: int, J: int, T: int) -> str:
    return f"{I} → {J} unit{'s' * (J != 1)}" + (f", × {T:,} associations" if T > 1 else "")


def _error_of(nodes: Sequence[Value], layer_of: Mapping[Value, int]) -> dict[Value, Hashable]:
    """What was made from a layer and goes into none, and the leaves that go nowhere else."""
    after: set[Value] = set()
    for node in nodes:
        if node not in layer_of and any(parent in layer_of or parent in after for parent in node.parents if parent is not None):
            after.add(node)
    before: set[Value] = set()
    for node in reversed(nodes):
        if node in layer_of or node in before:
            before.update(parent for parent in node.parents if parent is not None)
    error = after - before
    uses = uses_of(nodes)
    error |= {node for node in nodes if node.op is None and node not in layer_of and uses[node]
              and all(made in error for made, _ in uses[node])}
    return dict.fromkeys(error, "error")


def _layer(layer: Layer, n: int, data: Mapping[Value, Any]) -> Mapping[str, Any]:
    f = layer.y[0].op if layer.y[0] is not layer.u[0] else None
    weights = [node for node in layer.nodes if node.op is None]
    notes = [f"{clean(w.name) or 'w'} {constant_text(data[w])}" for w in weights if w.ndim]
    numbers = np.array([data[w] for w in weights if not w.ndim])
    if numbers.size:
        notes.append(f"{numbers.size} weights {numbers_text(numbers)}" if numbers.size > 1 else (
            f"{clean(weights[0].name) or 'w'} {numbers_text(numbers)}"))
    states, deltas = _together([data[y] for y in layer.y]), _together([u.grad for u in layer.u])
    return {"name": f"layer {n}, {'linear' if f is None or f.name == 'identity' else f.name}", "shape": layer.sizes,
            "notes": tuple(notes), "value": f"y {numbers_text(states)}",
            "grad": "" if deltas is None else f"δ {numbers_text(deltas)}",
            "arrays": tuple(x for x in (states, deltas) if x is not None and np.ndim(x) and np.size(x))}


def _together(data: Sequence[Any]) -> Any:
    """One array, or several numbers as one; None if there is none."""
    if any(x is None for x in data):
        return None
    return data[0] if len(data) == 1 else np.array(data)


def _error(members: Sequence[Value]) -> Mapping[str, Any]:
    root, operations = members[-1], sum(node.op is not None for node in members)
    return {"name": clean(root.name) or "E", "shape": f"{operations} operation{'s' * (operations > 1)}",
            "value": numbers_text(root.output), "grad": "" if root.grad is None else f"grad {numbers_text(root.grad)}"}


# -- what is alike -------------------------------------------------------------------------------------------------


def alike(nodes: Sequence[Value]) -> list[Box]:
    """Nodes are alike if they have the same shape and the same operation made them, and the same is true of what they were made
    from and of what was made from them (one round of Weisfeiler and Leman's refinement: more of them tell ends from middles)."""
    uses, data = uses_of(nodes), computed_with(nodes)
    made = {node: (node.op.name if node.op else "", node.shape, node is nodes[-1]) for node in nodes}
    kinds = {node: (made[node], tuple(None if parent is None else made[parent] for parent in node.parents),
                    frozenset((made[child], k) for child, k in uses[node])) for node in nodes}
    return _grouped(nodes, kinds, lambda key, members: _kind(members, data))


def _kind(members: Sequence[Value], data: Mapping[Value, Any]) -> Mapping[str, Any]:
    op, names = members[0].op, {clean(node.name) for node in members}
    name = names.pop() if len(names) == 1 else ""
    grads = [node.grad for node in members if node.grad is not None]
    return {"name": f"{len(members):,} of {name or (op.symbol if op else 'the leaves')}", "shape": shape_text(members[0].output),
            "value": numbers_text(np.array([data[node] for node in members])), "kind": "operation" if op else "leaf",
            "grad": f"grad {numbers_text(np.array(grads))}" if grads else ""}


# -- groups as boxes -----------------------------------------------------------------------------------------------


def _grouped(nodes: Sequence[Value], group_of: Groups, describe: Describe, inner_arrows: bool = True) -> list[Box]:
    """A box for each group, in the order of their last nodes; on each arrow, how many there are. A node that is alone is shown as
    it is. inner_arrows: whether there are arrows from a group to itself."""
    groups: dict[Hashable, list[Value]] = {}
    for node in nodes:
        groups.setdefault(group_of[node], []).append(node)
    ordered = sorted(groups, key=lambda key: groups[key][-1].born)
    number = {key: n for n, key in enumerate(ordered, start=1)}
    numbers = {node.born: number[key] for key, members in groups.items() for node in members}
    data, root = computed_with(nodes), nodes[-1]
    found = []
    for key in ordered:
        members = groups[key]
        if len(members) == 1:
            found.append(box_of(members[0], numbers, data[members[0]], members[0] is root))
            continue
        arrows = Counter(numbers[parent.born] if parent is not None else constant_text(x) for node in members
                         for parent, x in zip(node.parents, node.inputs) if parent is not None or np.ndim(x))
        if not inner_arrows:
            del arrows[number[key]]
        labels = tuple(f"×{n:,}" if n > 1 else "" for n in arrows.values())
        found.append(Box(**{"number": number[key], "kind": "result" if members[-1] is root else "operation", "symbol": "",
                            "operands": tuple(arrows), "labels": labels, **describe(key, members)}))
    return found
