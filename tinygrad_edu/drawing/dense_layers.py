"""Finds the dense layers of a computation graph: y = f(x @ w + b), on arrays or number by number.

    find_dense_layers(nodes)    # nodes: oldest first, as `ancestors` gives them

A layer is found only where there is one. Its weights and its bias are leaves that have no other
part in the network: another use of them, such as weight decay, leads into no layer. Its total
inputs are used by its activation function alone, and no application of it is made from another
one, so that a recurrent step is not taken for a layer. What has the same weights is one layer,
applied several times.

In a product either factor could be the weights. They are a leaf that is called w or something with
w, that is followed by a bias, that the states of a layer are multiplied with, or that has no name.
Where the other factor is a leaf too, or made from a single one, as w.T is, only a name or a bias
tells them apart.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tinygrad_edu.autodiff.primitive import Operation
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.autodiff.walk import ancestors
from tinygrad_edu.drawing.apart import MOST, Apart, apart
from tinygrad_edu.drawing.neurons import FUNCTIONS, Unit, Uses, find_units, is_w, uses_of


@dataclass(eq=False)
class DenseLayer:
    """A dense layer: I inputs, J units, and the nodes that it is made of.

    u and y: the total inputs and the states, one Value for each application (on arrays) or for each
    unit and association (number by number). They are the same where there is
    no activation function.
    """

    I: int
    J: int
    associations: int = 0
    parameters: list[Value] = field(default_factory=list)
    operations: list[Value] = field(default_factory=list)
    u: list[Value] = field(default_factory=list)
    y: list[Value] = field(default_factory=list)


def find_dense_layers(nodes: Sequence[Value]) -> list[DenseLayer]:
    """The layers, in the order of their first operations."""
    uses = uses_of(nodes)
    candidates = _array_layers(nodes, uses) or _unit_layers(nodes)
    upstream = _ancestors(nodes, {y for layer in candidates for y in layer.y})
    return [layer for layer in candidates if _is_closed(layer, uses, upstream)]


def _ancestors(nodes: Sequence[Value], ends: set[Value]) -> set[Value]:
    """The ends and all that they were made from."""
    found = set(ends)
    for node in reversed(nodes):
        if node in found:
            found.update(parent for parent in node.parents if parent is not None)
    return found


def _is_closed(layer: DenseLayer, uses: Uses, upstream: set[Value]) -> bool:
    """Whether nothing but its states leaves the layer, none of them enters it again, and its
    parameters belong to it alone."""
    inside, states = set(layer.operations), set(layer.y)
    return all(
        child not in inside if node in states else child in inside
        for node in layer.operations
        for child, _ in uses[node]
    ) and all(
        child in inside or child not in upstream
        for node in layer.parameters
        for child, _ in uses[node]
    )


# -- on arrays -------------------------------------------------------------------------------------


def _array_layers(nodes: Sequence[Value], uses: Uses) -> list[DenseLayer]:
    """Candidates of the form f(x @ w + b); what has the same w, b and f is one."""
    found: dict[Hashable, DenseLayer] = {}
    states: set[Value] = set()
    for product in nodes:
        if product.op is None or product.op.name not in ("matmul", "dot"):
            continue
        x, w = product.parents
        if w is None or w is x or not _is_matrix_of_leaves(w, product):
            continue
        J = w.shape[1] if w.ndim > 1 else 1
        added, b = _bias(product, w, J, uses)
        if not _is_weight(w, x, b is not None, x in states):
            continue
        u = product if added is None else added
        activated = _activation(u, uses)
        y = u if activated is None else activated
        f = (
            None
            if activated is None
            else (activated.op, repr(sorted(activated.parameters.items())))
        )
        layer = found.setdefault(
            (w, b, f), DenseLayer(w.shape[0], J, 0, [w] if b is None else [w, b])
        )
        layer.associations += u.size // J
        layer.operations += dict.fromkeys((product, u, y))
        layer.u.append(u)
        layer.y.append(y)
        states.add(y)
    return list(found.values())


def _is_matrix_of_leaves(w: Value, product: Value) -> bool:
    """Whether w is a leaf of shape (I, J) or (I,), and x @ w has a row for each row of x."""
    rows = np.shape(product.inputs[0])[:-1]
    return w.op is None and w.ndim in (1, 2) and w.size > 0 and product.shape == rows + w.shape[1:]


def _is_weight(w: Value, x: Value | None, has_bias: bool, is_state: bool) -> bool:
    """Whether of the factors w, a leaf, and x, None for a constant, w is the weight."""
    while x is not None and x.op is not None and len(x.parents) == 1:
        x = x.parents[0]
    if x is not None and x.op is None and not is_state:
        return (is_w(w) or has_bias) and not is_w(x)
    return is_w(w) or not w.name or has_bias or is_state


def _bias(product: Value, w: Value, J: int, uses: Uses) -> tuple[Value | None, Value | None]:
    """(x @ w + b, b), if that is all that x @ w goes into, and b is a leaf with a number for each
    unit; else (None, None)."""
    added = _only_user(product, uses)
    if added is None or added.op is None or added.op.name != "add" or added.shape != product.shape:
        return None, None
    b = next((parent for parent in added.parents if parent is not product), None)
    if b is None or b.op is not None or b is w or b is product.parents[0] or b.size != J:
        return None, None
    return (added, b) if b.shape[-1:] in ((J,), ()) else (None, None)


def _activation(u: Value, uses: Uses) -> Value | None:
    """y = f(u), if that is all that u goes into."""
    y = _only_user(u, uses)
    return y if y is not None and y.op is not None and y.op.name in FUNCTIONS else None


def _only_user(node: Value, uses: Uses) -> Value | None:
    return uses[node][0][0] if len(uses[node]) == 1 else None


# -- number by number ------------------------------------------------------------------------------


def _unit_layers(nodes: Sequence[Value]) -> list[DenseLayer]:
    """Candidates among units that were written number by number; none where the computation cannot
    be taken apart."""
    if nodes[-1].size != 1 or sum(node.size for node in nodes) > MOST:
        return []
    try:
        taken = apart(nodes[-1], constants=True)
    except ValueError:
        return []
    entries = _Entries(taken)
    units = [unit for unit in find_units(ancestors(taken.root), entries.constants) if unit.u]
    by_layer = [
        [unit for unit in units if unit.layer == n] for n in sorted({unit.layer for unit in units})
    ]
    return [
        layer
        for of_layer in by_layer
        if _is_dense(of_layer, entries.constants) and (layer := entries.layer(of_layer))
    ]


def _is_dense(units: Sequence[Unit], constants: Collection[Value]) -> bool:
    """Whether all units lead from the same ones, each once, by the same f, and all or none have a
    bias."""
    kinds = {
        (frozenset(unit.sources), len(unit.sources), unit.bias is None, _f(unit)) for unit in units
    }
    told = all(
        _is_weight(
            w, None if state in constants else state, unit.bias is not None, source.layer > 0
        )
        for unit in units
        for states in unit.states
        for w, state, source in zip(unit.weights, states, unit.sources)
    )
    return told and len(kinds) == 1 and len(set(units[0].sources)) == len(units[0].sources)


def _f(unit: Unit) -> Operation | None:
    return None if unit.y[0] is unit.u[0] else unit.y[0].op


class _Entries:
    """The numbers of a computation that was taken apart, and whose entries they are."""

    def __init__(self, taken: Apart) -> None:
        self.constants = {x for entries in taken.constants.values() for x in entries.flat}
        self.in_value = taken.entries
        self.of = {
            entry: value
            for value, entries in taken.entries.items()
            for entry in entries.flat
            if isinstance(entry, Value)
        }

    def layer(self, units: Sequence[Unit]) -> DenseLayer | None:
        """The layer of these units; None if a Value is only in part in it, or one is missing."""
        parameters = [
            x for unit in units for x in (*unit.weights, *([unit.bias] if unit.bias else []))
        ]
        u = [x for unit in units for x in unit.u]
        y = [y if self._is_activation(y) else u for unit in units for u, y in zip(unit.u, unit.y)]
        inner = [x for unit in units for of_one in (*unit.products, *unit.sums) for x in of_one]
        if not all(x in self.of for x in (*parameters, *u, *y)):
            return None
        inside = {*parameters, *inner, *u, *y}
        values = list(
            dict.fromkeys(self.of[x] for x in (*parameters, *inner, *u, *y) if x in self.of)
        )
        if not all(
            x in inside
            for value in values
            for x in self.in_value[value].flat
            if isinstance(x, Value)
        ):
            return None
        return DenseLayer(
            len(units[0].weights),
            len(units),
            units[0].T,
            [x for x in values if x.op is None],
            [x for x in values if x.op is not None],
            self._values(u),
            self._values(y),
        )

    def _is_activation(self, y: Value) -> bool:
        """Whether y was made by an activation function, and not only moved, as by reshape."""
        op = self.of[y].op if y in self.of else None
        return op is not None and op.name in FUNCTIONS

    def _values(self, entries: Sequence[Value]) -> list[Value]:
        return list(dict.fromkeys(self.of[x] for x in entries))
