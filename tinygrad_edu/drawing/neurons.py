"""Finds the units of a network in a computation on numbers, by what they do: y = f(u) with u = Σ w x + b.

    units = find_units(nodes, constants)        # nodes: oldest first, as `ancestors` gives them; [] if there is no network
    units[2].u[0], units[2].y[0]                # its total input and its state for the first association

No name is looked at, unless both factors of w x are leaves: a program that never heard of networks is understood as well. What
has the same weights is one unit, once for each association.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.network.activation import ACTIVATIONS

FUNCTIONS = {f.name for f in ACTIVATIONS.values()} | {"leaky_relu", "elu", "silu", "gelu", "softplus"}
Uses = Mapping[Value, Sequence[tuple[Value, int]]]


@dataclass(eq=False)
class Unit:
    """One unit: its layer, counted from 0 for input units, and its state y, one Value for each association.

    For all but input units: the total input u for each association, the weights, and the `sources` that they lead from; `inside`
    are the products and sums that make u, for each association.
    """

    layer: int
    name: str = ""
    number: int | None = None  # in its layer, from 1; None if it is the only one there
    y: list[Value] = field(default_factory=list)
    u: list[Value] = field(default_factory=list)
    weights: tuple[Value, ...] = ()
    bias: Value | None = None
    sources: list[Unit] = field(default_factory=list)
    inside: list[list[Value]] = field(default_factory=list)

    @property
    def called(self) -> str:
        """x1, z1, y; z2.1 where there are several hidden layers."""
        return self.name + ("" if self.number is None else f".{self.number}" if len(self.name) > 1 else f"{self.number}")


def uses_of(nodes: Sequence[Value]) -> dict[Value, list[tuple[Value, int]]]:
    """For each node where it goes: (what was made from it, as which operand), oldest first."""
    uses: dict[Value, list[tuple[Value, int]]] = {node: [] for node in nodes}
    for node in nodes:
        for k, parent in enumerate(node.parents):
            if parent is not None:
                uses[parent].append((node, k))
    return uses


def find_units(nodes: Sequence[Value], constants: Collection[Value] = ()) -> list[Unit]:
    """The units, input units first and layer by layer, named x, z, y as on the slides."""
    uses = uses_of(nodes)
    units: dict[object, Unit] = {}
    owner: dict[Value, Unit] = {}  # of each state
    for node in nodes:
        sum_ = _weighted_sum(node, uses, constants)
        if sum_ is None:
            continue
        weights, states, bias, inside = sum_
        layer = 1 + max((owner[state].layer for state in states if state in owner), default=0)
        unit = units.setdefault((weights, bias, layer), Unit(layer, weights=weights, bias=bias))
        t = len(unit.u)
        y = _activated(node, uses)
        unit.u.append(node)
        unit.y.append(y)
        unit.inside.append(inside)
        owner[y] = unit
        for i, state in enumerate(states):
            source = owner[state] if state in owner else _input(units, (layer, i), t, state, constants)
            if t == 0:
                unit.sources.append(source)
    return _named(sorted(units.values(), key=lambda unit: unit.layer))


def _weighted_sum(top: Value, uses: Uses, constants: Collection[Value]) -> tuple | None:
    """(the weights, what they are multiplied with, the bias, the products and sums that it is made of) if the node is a total
    input: products of weights with states, added up, perhaps with a bias."""
    if top.op is None or top.op.name not in ("add", "multiply") or [c.op.name for c, _ in uses[top] if c.op] == ["add"]:
        return None
    weights, states, bias = [], [], None
    inside: list[Value] = []
    for term in _terms(top, uses, inside):
        factors = _factors(term, constants)
        if factors is not None:
            weights.append(factors[0])
            states.append(factors[1])
            inside.append(term)
        elif term.op is None and bias is None:
            bias = term
        else:
            return None
    return (tuple(weights), states, bias, inside) if weights else None


def _terms(top: Value, uses: Uses, inside: list[Value]) -> Iterator[Value]:
    """What is added up, from left to right; the sums themselves go to `inside`."""
    pending = [top]
    while pending:
        node = pending.pop()
        if node.op is not None and node.op.name == "add" and (node is top or len(uses[node]) == 1):
            inside.append(node)
            pending += [parent for parent in reversed(node.parents) if parent is not None]
        else:
            yield node


def _factors(term: Value, constants: Collection[Value]) -> tuple[Value, Value] | None:
    """(weight, state) if the term is their product: the weight is a leaf that can be learnt."""
    if term.op is None or term.op.name != "multiply":
        return None
    a, b = term.parents
    if a is None or b is None:
        return None
    leaves = [x for x in (a, b) if x.op is None and x not in constants]
    if not leaves or a is b:
        return None
    w = next((x for x in leaves if (x.name or "").startswith("w")), leaves[0])
    return w, b if w is a else a


def _activated(u: Value, uses: Uses) -> Value:
    """y = f(u), or u itself."""
    if len(uses[u]) == 1 and (op := uses[u][0][0].op) is not None and op.name in FUNCTIONS:
        return uses[u][0][0]
    return u


def _input(units: dict[object, Unit], place: tuple[int, int], t: int, state: Value, constants: Collection[Value]) -> Unit:
    """The input unit that has this state in association t; a new one if there is none."""
    for key, unit in units.items():
        if isinstance(key, str):
            there = unit.y[t] if t < len(unit.y) else None
            if there is state:
                return unit
            alike = there is None or (there in constants and state in constants and there.output == state.output)
            if key == f"x{place}" and alike:
                unit.y[t:] = [state]
                return unit
    return units.setdefault(f"x{place}" if f"x{place}" not in units else f"x{place}{len(units)}", Unit(0, y=[state]))


def _named(units: list[Unit]) -> list[Unit]:
    """x, z, y; with several hidden layers z1, z2, ...; numbered where a layer has several units."""
    layers = [[unit for unit in units if unit.layer == n] for n in range(max((unit.layer for unit in units), default=-1) + 1)]
    for n, layer in enumerate(layers):
        hidden = "z" if len(layers) == 3 else f"z{n}"
        for number, unit in enumerate(layer, start=1):
            unit.name = "x" if n == 0 else "y" if n == len(layers) - 1 else hidden
            unit.number = number if len(layer) > 1 else None
    return units
