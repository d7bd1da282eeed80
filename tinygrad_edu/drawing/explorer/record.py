"""Writes a computation down for the page: every number of it, how it was made and how it is differentiated, as JSON can hold it.

    {"nodes": [...], "root": 12, "rules": [...], "groups": [...], "units": [...], "views": {...}}

nodes: the computation on numbers, oldest first; each is a leaf, a constant or an operation on others,
with its value and, of an operation, its slopes as they were. rules: the operations that occur; their
partials are the record's own, as formulas, and the page computes with them; where it cannot, the
values and slopes of the nodes stand. groups: the computation as the program wrote it, where one
operation may work on a whole array, whose entries are nodes. units: the network in it, if there is
one. Where an entry or an operand is no node, its number stands there in brackets: [0.25].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.primitive import Operation
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing.apart import is_recorded
from tinygrad_edu.drawing.boxes import ANY_ORDER, clean
from tinygrad_edu.drawing.caption import Captions
from tinygrad_edu.drawing.explorer.layout import Box, box, laid_out
from tinygrad_edu.drawing.heat import cells
from tinygrad_edu.drawing.latex import Formula, as_formula, named, partial, readable
from tinygrad_edu.drawing.names import Label

MOST_NODES = 5000
MOST_BOXES = 500  # that are drawn one by one
MOST_ARROWS = 1500


def written_down(root: Value) -> dict[str, Any]:
    """The record of a Value of size 1. Raises what `Captions` raises, and ValueError for more than 5,000 numbers."""
    return _Writer(Captions(root)).written()


class _Writer:
    """Numbers the nodes of a computation, and writes about them."""

    def __init__(self, captions: Captions) -> None:
        if captions.taken.root.op is None or all(node.op is not None or node in captions.constants for node in captions.nodes):
            raise ValueError("no entry of a Value had a part in this value, so there is nothing to step through.")
        if len(captions.nodes) > MOST_NODES:
            raise ValueError(f"taken apart, this computation has {len(captions.nodes):,} numbers, and a page holds at most "
                             f"{MOST_NODES:,}: take fewer associations, or a smaller network.")
        self.captions = captions
        self.number = {node: n for n, node in enumerate(captions.nodes)}
        self.rules: dict[str, tuple[int, dict[str, Any]]] = {}

    def written(self) -> dict[str, Any]:
        groups, edges = self._groups()
        nodes = [self._node(node) for node in self.captions.nodes]
        for g, group in enumerate(groups):
            for node in group["steps"]:
                nodes[node]["group"] = g
            for entry in group["entries"]:
                if isinstance(entry, int):
                    nodes[entry]["group"] = g
        rules = [rule for _, rule in self.rules.values()]
        views = {"operations": laid_out(
            [_box_of_group(group) for group in groups],
            [(to, source, k, groups[source]["kind"] != "constant" and "cells" not in groups[source]) for to, source, k in edges])}
        arrows = sum(len(node.get("from", ())) for node in nodes)
        if any("cells" in group for group in groups) and len(nodes) <= MOST_BOXES and arrows <= MOST_ARROWS:
            views["numbers"] = laid_out(
                [_box_of_node(node, rules) for node in nodes],
                [(n, parent, k, nodes[parent]["kind"] != "constant") for n, node in enumerate(nodes)
                 for k, parent in enumerate(node.get("from", ())) if isinstance(parent, int)])
        return {"root": self.number[self.captions.taken.root], "nodes": nodes, "rules": rules, "groups": groups,
                "units": list(self._units()), "views": views}

    def _node(self, node: Value) -> dict[str, Any]:
        captions, label = self.captions, self.captions.labels.get(node)
        rule = captions.rule(node)
        written: dict[str, Any] = {"terms": [[self.number[term.made], term.k, self.number[term.into]] for term in rule.terms]}
        if label is not None:
            written["label"] = _cut(label)
        if node in captions.deltas:
            written["delta"] = _cut(captions.deltas[node])
        if rule.outer is not None:
            written["outer"] = self.number[rule.outer]
        if rule.equation:
            written["equation"] = rule.equation
        if node.op is None:
            return written | {"kind": "constant" if node in captions.constants else "leaf", "value": _number(node.output)}
        flows = [parent is not None and parent not in captions.constants for parent in node.parents]
        slopes = [_number(captions.slope(node, k)) if flow else None for k, flow in enumerate(flows)]
        return written | {"kind": "operation", "rule": self._rule(node.op, node.parameters),
                          "value": _number(node.output), "slopes": slopes, "from": [
            [_number(x)] if parent is None else self.number[parent] for parent, x in zip(node.parents, node.inputs)]}

    def _rule(self, op: Operation, parameters: Mapping[str, Any]) -> int:
        """The number of the operation with these parameters, among those that occur."""
        recorded, operands = is_recorded(op), range(len(op.inputs))
        key = f"{op.name} {f'of {len(operands)}' if recorded else dict(parameters)}"
        if key not in self.rules:
            self.rules[key] = len(self.rules), {
                "name": op.name, "symbol": op.symbol, "inputs": op.inputs, "recorded": recorded,
                "parameters": {name: _parameter(x) for name, x in parameters.items()},
                "selects": op.selects,
                "ordered": not recorded and op.name not in ANY_ORDER and len(op.inputs) > 1,
                "partials": [None if recorded else _exact(op, k, parameters) for k in operands],
                "written": [None if recorded else _simplified(op, k, parameters) for k in operands]}
        return self.rules[key][0]

    def _groups(self) -> tuple[list[dict[str, Any]], list[tuple[int, int, int]]]:
        """The operations, leaves and constants as the program wrote them; and (group, the group of its operand k, k)."""
        taken = self.captions.taken
        groups: list[dict[str, Any]] = []
        edges: list[tuple[int, int, int]] = []
        place: dict[Any, int] = {}  # of a Value, or of the entries of a constant, by their id
        steps = {value: [self.number[node] for node in made] for value, made in self.captions.steps().items()}
        for value, entries in taken.entries.items():
            for k, parent in enumerate(value.parents):
                constant = taken.constants.get((value, k))
                if parent is None and id(constant) not in place:
                    place[id(constant)] = len(groups)
                    groups.append(self._group("constant", constant))
            place[value] = len(groups)
            groups.append(self._group("leaf" if value.op is None else "operation", entries, value, steps.get(value, [])))
            edges += [(place[value], place[id(taken.constants[value, k]) if parent is None else parent], k)
                      for k, parent in enumerate(value.parents)]
        return groups, edges

    def _group(self, kind: str, entries: Any, value: Value | None = None, steps: Sequence[int] = ()) -> dict[str, Any]:
        op, operands = (None, 0) if value is None else (value.op, len(value.inputs))
        label = self.captions.names.of_array(value, entries)
        group = {"kind": kind, "label": _cut(label), "symbol": op.symbol if op else "",
                 "shape": list(entries.shape), "entries": [self._entry(x) for x in entries.flat],
                 "steps": list(steps), "operands": operands,
                 "ordered": op is not None and op.name not in ANY_ORDER and operands > 1}
        return group | ({"cells": cells(entries.shape)} if entries.ndim and entries.size else {})

    def _entry(self, x: Any) -> Any:
        """The number of a node; in brackets that of an entry that had no part in the result."""
        if not isinstance(x, Value):
            return [_number(x)]
        return self.number[x] if x in self.number else [_number(x.output)]

    def _units(self) -> Iterator[dict[str, Any]]:
        units = self.captions.units
        for unit in units:
            states = [_cut(self.captions.labels.get(y, Label(""))) for y in unit.y]
            yield {"name": unit.name, "number": unit.number, "called": unit.called,
                   "layer": unit.layer, "labels": states,
                   "y": [self.number[y] for y in unit.y], "u": [self.number[u] for u in unit.u],
                   "bias": None if unit.bias is None else self.number[unit.bias],
                   "weights": [[self.number[w], units.index(source)] for w, source in zip(unit.weights, unit.sources)],
                   "states": [[self.number[state] for state in states] for states in unit.states],
                   "inside": [[self.number[node] for node in (*products, *sums)] for products, sums in
                              zip(unit.products, unit.sums)]}


# -- names, numbers and formulas -----------------------------------------------------------------------------------


def _cut(label: Label) -> list[str]:
    """Name and subscript are cut to what fits; of an entry the index is kept whole."""
    base, sub = clean(label.base), clean(label.sub)
    whole = f"{label.base}[{label.sub}]"
    return [base, sub, f"{base}[{sub}]" if label.sub and label.text == whole else clean(label.text)]


def _number(x: Any) -> float | str:
    """As JSON knows it, which has no inf and no nan: these as text, which JavaScript's Number() reads."""
    x = float(x)
    return x if np.isfinite(x) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(x), "NaN")


def _parameter(x: Any) -> float | str | None:
    """A number as the page computes with it; anything else as text, to be read; None as it is."""
    return x if x is None else _number(x) if isinstance(x, Real) else clean(str(x))


def _exact(op: Operation, k: int, parameters: Mapping[str, Any]) -> Any:
    """The partial as the record has it, applied to names."""
    return _tree(readable(as_formula, op, k, named("y"), [named(x) for x in op.inputs], parameters))


def _simplified(op: Operation, k: int, parameters: Mapping[str, Any]) -> Any:
    """The same as a book prints it."""
    return _tree(readable(partial, op, k, None, None, parameters))


def _tree(f: Any) -> Any:
    """A formula as nested lists: ["multiply", "y", ["subtract", 1, "u"]].

    Names are text, numbers are numbers; None stands for a rule that gives no formula.
    """
    if f is None:
        return None
    if not isinstance(f, Formula):
        return _number(f)
    if f.head == "name":
        return f.parts[0].removeprefix(r"\text{").removesuffix("}")
    return [f.head, *map(_tree, f.parts)]


# -- what is in the boxes --------------------------------------------------------------------------------------------


def _box_of_group(group: Mapping[str, Any]) -> Box:
    """Value and gradient of a number, heat maps of both for an array."""
    kinds = 1 if group["kind"] == "constant" else 2
    shape = str(tuple(group["shape"])) if group["shape"] else ""
    ports = group["operands"] if group["ordered"] else 0
    return box(_title(group["label"], group["symbol"]), kinds, group.get("cells"), shape, ports)


def _box_of_node(node: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> Box:
    rule = rules[node["rule"]] if "rule" in node else None
    title = _title(node.get("label", [""]), rule["symbol"] if rule else "")
    return box(title, 1 if node["kind"] == "constant" else 2, ports=len(node["from"]) if rule and rule["ordered"] else 0)


def _title(label: Sequence[str], symbol: str) -> str:
    base, sub, text = (*label, "", "")[:3]
    return " = ".join(filter(None, (text if text == f"{base}[{sub}]" else base + sub, symbol)))
