"""Finds the units of a network in a computation on numbers, by what they do: y = f(u) with u = Σ w x + b.

    units = find_units(nodes, constants)        # nodes: oldest first, as `ancestors` gives them; [] if there is no network
    units[2].u[0], units[2].y[0]                # its total input and its state for the first association

Where two leaves are multiplied, and where there is one product and no activation function, it is a
unit only if one is called w or something with w. Otherwise no name is looked at: a program that
never heard of networks is understood as well.

What has the same weights is one unit, once for each association, if all units then agree on which association is which; if they
do not, as where a weight is shared by several units or used again and again, each is a unit of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing.apart import MOVED
from tinygrad_edu.drawing.boxes import clean
from tinygrad_edu.network.activation import ACTIVATIONS

FUNCTIONS = {f.name for f in ACTIVATIONS.values()} | {"leaky_relu", "elu", "silu", "gelu", "softplus"}
Uses = Mapping[Value, Sequence[tuple[Value, int]]]


@dataclass(eq=False)
class Unit:
    """One unit: its layer, counted from 0 for input units, and its state y, one Value for each association.

    All but input units have the total input u for each association, the weights, the units that these lead from (`sources`), and
    for each association the states that they are multiplied with, the products w x, and the sums of them that make u.
    """

    layer: int
    name: str = ""
    number: int | None = None  # in its layer, from 1; None if it is the only one there
    y: list[Value] = field(default_factory=list)
    u: list[Value] = field(default_factory=list)
    weights: tuple[Value, ...] = ()
    bias: Value | None = None
    sources: list[Unit] = field(default_factory=list)
    states: list[list[Value]] = field(default_factory=list)
    products: list[list[Value]] = field(default_factory=list)
    sums: list[list[Value]] = field(default_factory=list)

    @property
    def called(self) -> str:
        """x1, z1, y; z2.1 where there are several hidden layers."""
        return self.name + ("" if self.number is None else f".{self.number}" if self.name[-1].isdigit() else f"{self.number}")

    @property
    def T(self) -> int:
        """How many associations there are."""
        return len(self.y)


class Total(NamedTuple):
    """A total input as it was found: u = Σ w x + b, and y = f(u)."""

    u: Value
    y: Value
    weights: tuple[Value, ...]
    states: list[Value]
    bias: Value | None
    products: list[Value]
    sums: list[Value]


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
    totals = list(_totals(nodes, uses_of(nodes), constants))
    by_weights = _units(totals, constants, lambda total, layer: (total.weights, total.bias, layer))
    return _named(by_weights or _units(totals, constants, lambda total, layer: total.u) or [])


# -- total inputs --------------------------------------------------------------------------------------------------


def _totals(nodes: Sequence[Value], uses: Uses, constants: Collection[Value]) -> Iterator[Total]:
    """All total inputs, oldest first. A sum that holds a weight twice is one over several units, and looked into."""
    inside: set[Value] = set()  # of a total input, and so none itself
    found: list[Total] = []
    for node in reversed(nodes):
        if node in inside or node.op is None or node.op.name not in ("add", "multiply"):
            continue
        total = _weighted_sum(node, uses, constants)
        if total is not None:
            inside.update(total.sums, total.products)
            found.append(total)
    return reversed(found)


def _weighted_sum(top: Value, uses: Uses, constants: Collection[Value]) -> Total | None:
    """The node as a total input, if it is made of products of weights with states, each weight once, and perhaps a bias."""
    products, states, weights, bias = [], [], [], None
    sums: list[Value] = []
    for term in _terms(top, uses, sums):
        factors = _factors(term, constants)
        if factors is not None:
            products.append(term)
            weights.append(factors[0])
            states.append(factors[1])
        elif term.op is None and bias is None and not _is_multiplied(term, uses):
            bias = term
        else:
            return None
    y = _activated(top, uses)
    if not weights or len({*weights, bias}) <= len(weights):
        return None
    if y is top and len(weights) == 1 and not is_w(weights[0]) and (
            weights[0].name or states[0] not in constants):
        return None  # some product or other, as in a chain of s * z + 1
    return Total(top, y, tuple(weights), states, bias, products, sums)


def _is_multiplied(leaf: Value, uses: Uses) -> bool:
    """Whether it is a factor beside something else: the x of x @ w + x is no bias."""
    products = [made for made, _ in uses[leaf] if made.op and made.op.name == "multiply"]
    return any(x is not leaf for product in products for x in product.parents)


def _terms(top: Value, uses: Uses, sums: list[Value]) -> Iterator[Value]:
    """What is added up, from left to right; the sums themselves go to `sums`."""
    pending = [top]
    while pending:
        node = pending.pop()
        if node.op is not None and node.op.name == "add" and (node is top or len(uses[node]) == 1):
            sums.append(node)
            pending += [parent for parent in reversed(node.parents) if parent is not None]
        else:
            yield node


def _factors(term: Value, constants: Collection[Value]) -> tuple[Value, Value] | None:
    """(weight, state) if the term is their product: the weight is a leaf that can be learnt."""
    if term.op is None or term.op.name != "multiply":
        return None
    a, b = term.parents
    if a is None or b is None or a is b:
        return None
    leaves = [x for x in (a, b) if x.op is None and x not in constants]
    w = leaves[0] if len(leaves) == 1 else next(filter(is_w, leaves), None)
    return None if w is None else (w, b if w is a else a)


def is_w(x: Value) -> bool:
    """Whether the program calls it w or something with w, as in w1 and W_q."""
    return str(x.name or "").lower().startswith("w")


def _activated(u: Value, uses: Uses) -> Value:
    """y = f(u), or u itself."""
    if len(uses[u]) != 1:
        return u
    y = uses[u][0][0]
    return y if y.op is not None and y.op is not MOVED and y.op.name in FUNCTIONS else u


# -- units ---------------------------------------------------------------------------------------------------------


def _units(totals: Sequence[Total], constants: Collection[Value], key: Callable[[Total, int], Hashable]) -> list[Unit] | None:
    """Totals with the same key as one unit, association after association; None if they do not agree on the associations."""
    units: dict[Hashable, Unit] = {}
    owner: dict[Value, tuple[Unit, int]] = {}  # of each state: whose, and in which association
    inputs: dict[Hashable, Unit] = {}  # by the state in an association, and by the place among the weights
    for total in totals:
        layer = 1 + max((owner[state][0].layer for state in total.states if state in owner), default=0)
        unit = units.setdefault(key(total, layer), Unit(layer, weights=total.weights, bias=total.bias))
        t = unit.T
        sources = []
        for i, state in enumerate(total.states):
            if state in owner:
                source, at = owner[state]
                if at != t:
                    return None
            else:
                source = _input(inputs, unit.sources[i] if t else (layer, i), t, state, constants)
            sources.append(source)
        if t and any(source is not before for source, before in zip(sources, unit.sources)):
            return None
        unit.sources = sources
        unit.u.append(total.u)
        unit.y.append(total.y)
        unit.states.append(total.states)
        unit.products.append(total.products)
        unit.sums.append(total.sums)
        owner[total.y] = unit, t
    found = [*dict.fromkeys(inputs.values()), *sorted(units.values(), key=lambda unit: unit.layer)]
    return found if len({unit.T for unit in found}) == 1 else None


def _input(inputs: dict[Hashable, Unit], place: Hashable, t: int, state: Value, constants: Collection[Value]) -> Unit:
    """The input unit that has this state in association t: one that is known to, one at the same place, or else a new one."""
    same = place, t, float(state.output) if state in constants else state
    known = inputs.get((state, t)) or inputs.get(same)
    if known is None:
        known = inputs.get(place)
        if known is None or t != known.T:
            known = inputs.setdefault((place, t, "new", len(inputs)), Unit(0))
        inputs.setdefault(place, known)
        inputs[known] = known  # the place of its later states
        known.y.append(state)
    inputs[state, t] = inputs[same] = known
    return known


def _named(units: list[Unit]) -> list[Unit]:
    """x, z, y; with several hidden layers z1, z2, ...; numbered where there are several of a name; or as the program calls its
    state, where there is one association."""
    sources = {source for unit in units for source in unit.sources}
    hidden = sorted({unit.layer for unit in units if unit.layer and unit in sources})
    of_name: dict[str, list[Unit]] = {}
    for unit in units:
        z = "z" if len(hidden) == 1 else f"z{1 + hidden.index(unit.layer)}" if unit.layer in hidden else ""
        own = clean(unit.y[0].name) if unit.T == 1 else ""
        unit.name = own or ("x" if not unit.layer else z if unit in sources else "y")
        of_name.setdefault(unit.name, []).append(unit)
    for alike in of_name.values():
        for number, unit in enumerate(alike, start=1):
            unit.number = number if len(alike) > 1 else None
    return units
