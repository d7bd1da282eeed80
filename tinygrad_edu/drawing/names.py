"""What everything in a computation on numbers is called, so that no name stands for two things.

    names = Names(taken, nodes, units, steps)
    names.labels[node]                 # of a number: w2[1, 0], z2, "u of z2", v7[0, 1], v7.3
    names.of_array(value, entries)     # of the array in which it is
    names.deltas[u]                    # of the delta term at a total input: δ with subscript z2

The program's own names come first; an entry has its index in brackets, which counts from 0, as in
Python. What has none is called as the unit of a network that it belongs to, which counts from 1 as on
the slides (z2, and t=1 for the first association); then by its number, as `draw` calls it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing.apart import Apart
from tinygrad_edu.drawing.boxes import clean
from tinygrad_edu.drawing.neurons import Unit

GREEK = dict(zip("αβγδεζηθκλμνξπρστφχψω", [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma",
    "tau", "phi", "chi", "psi", "omega"]))
SPECIAL = {"\\": r"\textbackslash ", "~": r"\textasciitilde ", "^": r"\textasciicircum ", **{c: f"\\{c}" for c in "{}$&#_%"}}


class Label(NamedTuple):
    """How a node is called: a name, a subscript or an index, and both in one line; plain text."""

    base: str
    sub: str = ""
    text: str = ""

    @property
    def latex(self) -> str:
        base = rf"\{GREEK[self.base]}" if self.base in GREEK else self.base if len(self.base) == 1 and self.base.isalpha() else (
            rf"\text{{{escaped(self.base)}}}")
        sub = self.sub if re.fullmatch(r"[A-Za-z]?[\d, ]*", self.sub) else rf"\text{{{escaped(self.sub)}}}"
        if self.sub and self.text == f"{self.base}[{self.sub}]":  # an index, which counts from 0
            return rf"{base}{{[}}{sub}{{]}}"
        return base + (f"_{{{sub}}}" if self.sub else "")


class Names:
    """The names of the nodes of a computation that was taken apart."""

    def __init__(self, taken: Apart, nodes: Sequence[Value], units: Sequence[Unit],
                 steps: Mapping[Value, Sequence[Value]]) -> None:
        """Finds them; and calls units by number that could not be told from those of another array.

        Args:
            taken: the computation on numbers.
            nodes: its nodes, oldest first.
            units: the units of the network in it.
            steps: of each operation of the program the operations on numbers that it is made of.
        """
        self.taken, self.units = taken, units
        self.given = {node: _given(node.name) for node in nodes if clean(node.name)}
        self.used = {label.base for label in self.given.values()}
        self.v = "v" if "v" not in {base.rstrip("0123456789") for base in self.used} else "step "
        self.number = {value: n for n, value in enumerate(taken.entries, start=1)}
        arrays = [(id(entries), entries) for entries in taken.constants.values()]
        self.array: dict[Value, Hashable] = {  # of a constant a number, else the Value of the program
            x: key for key, entries in (*arrays, *taken.entries.items()) if entries.ndim
            for x in entries.flat if isinstance(x, Value)}
        self.numbered = dict(self._numbered(steps))
        self.ambiguous = self._ambiguous()
        self.place = {node: (kind, unit, t) for unit in units
                      for kind, those in (("u", unit.u), ("y", unit.y))
                      for t, node in enumerate(those)}  # of a linear unit u is y, and is called so
        for unit in units:
            if unit.T == 1 and unit.y[0] in self.ambiguous and unit.y[0] in self.numbered:
                unit.name, unit.number = self.numbered[unit.y[0]].text, None
        self.labels = dict(self._labels(nodes))
        self.deltas = {u: Label("δ", self._state(unit, t).text)
                       for unit in units for t, u in enumerate(unit.u)}

    def of_array(self, value: Value | None, entries: ndarray) -> Label:
        """What an array is called.

        Args:
            value: the Value of the program; None for a constant, which may have no name.
            entries: its entries, nodes or numbers.

        Returns:
            The name of a single number, or the one that all entries of the array have in common.
        """
        nodes = [x for x in entries.flat if isinstance(x, Value)]
        if entries.ndim == 0:
            return self.labels.get(nodes[0], Label("")) if nodes else Label("")
        labels = [self.labels[x] for x in nodes if x in self.labels]
        bases = {label.base for label in labels}
        if value is not None and clean(value.name):
            name = bases.pop() if len(bases) == 1 else clean(value.name)
            return Label(name, "", name)
        if labels and len(labels) == len(nodes) and (found := self._of_units(nodes)):
            return found
        if value is None:
            return Label("")
        number = f"{self.v}{self.number[value]}"
        return Label(number, "", number)

    # -- units -------------------------------------------------------------------------------------

    def _of_units(self, nodes: Iterable[Value]) -> Label | None:
        """z or "u of z" for the states or total inputs of a layer; t=1 if of one association."""
        found = [self.place.get(node) for node in nodes]
        places = [place for place in found if place is not None]
        names = {(kind, self._state(unit, t).base) for kind, unit, t in places}
        if None in found or len(names) != 1:
            return None
        (kind, name), times = names.pop(), {t for _, _, t in places}
        at = f"t={times.pop() + 1}" if len(times) == 1 and places[0][1].T > 1 else ""
        whole = ", ".join(filter(None, [name, at]))
        if (name if kind == "y" else "u") in self.used:
            return None
        return Label(name, at, whole) if kind == "y" else Label("u", whole, f"u of {whole}")

    def _ambiguous(self) -> set[Value]:
        """The states of those arrays of which several would be called alike."""
        arrays: dict[tuple[str, int], dict[Hashable, list[Value]]] = {}
        for unit in self.units:
            for t, y in enumerate(unit.y):
                if y in self.array and y not in self.given:
                    arrays.setdefault((unit.name, t), {}).setdefault(self.array[y], []).append(y)
        found: set[Value] = set()
        for alike in arrays.values():
            constants = [states for array, states in alike.items() if isinstance(array, int)]
            made = [states for array, states in alike.items() if not isinstance(array, int)]
            for kind, enough in ((constants, 2), (made, 1 if constants else 2)):
                found.update(y for states in kind for y in states if len(kind) >= enough)
        return found

    def _state(self, unit: Unit, t: int) -> Label:
        """What a state is called: as the program calls it, or by number, or z1, or z1, t=1."""
        y, text = unit.y[t], _subscript(unit, t)
        if y in self.given:
            return self.given[y]
        if y in self.ambiguous and y in self.numbered:
            return self.numbered[y]
        return Label(unit.name, text.removeprefix(unit.name).lstrip("., "), text)

    # -- numbers -----------------------------------------------------------------------------------

    def _labels(self, nodes: Sequence[Value]) -> Iterator[tuple[Value, Label]]:
        """The label of each node; a constant has one only as the state of an input unit."""
        root, by_unit = self.taken.root, dict(self._by_unit())
        for node in nodes:
            if node in self.given:
                yield node, self.given[node]
            elif node in by_unit and by_unit[node].base not in self.used:
                yield node, by_unit[node]
            elif node is root and "E" not in self.used:
                yield node, Label("E", "", "E")
            elif node in self.numbered:
                yield node, self.numbered[node]

    def _by_unit(self) -> Iterator[tuple[Value, Label]]:
        """z_1 and u_{z1}; where there are several associations, z_{1, t=1}."""
        for unit in self.units:
            for t, y in enumerate(unit.y):
                state = self._state(unit, t)
                if unit.u and unit.u[t] is not y:
                    yield unit.u[t], Label("u", state.text, f"u of {state.text}")
                if y not in self.ambiguous:
                    yield y, state

    def _numbered(self, steps: Mapping[Value, Sequence[Value]]) -> Iterator[tuple[Value, Label]]:
        """v7 for the seventh Value of the program, v7[0, 1] for an entry, v7.3 for a step to it."""
        for value, entries in self.taken.entries.items():
            v, n = self.v, self.number[value]
            for k, node in enumerate(steps.get(value, ()), start=1):
                yield node, Label(v, f"{n}.{k}", f"{v}{n}.{k}")
            for index, entry in np.ndenumerate(entries):
                if isinstance(entry, Value):
                    at = ", ".join(map(str, index))
                    whole, text = Label(v, f"{n}", f"{v}{n}"), f"{v}{n}[{at}]"
                    yield entry, Label(f"{v}{n}", at, text) if index else whole


def _given(name: Any) -> Label:
    """The program's own name, of which an index is told apart: w[0, 1]."""
    text = " ".join(str(name).split())
    entry = re.fullmatch(r"(.*[^\[\]])\[([^\[\]]*)\]", text)
    return Label(entry[1], entry[2], text) if entry else Label(text, "", text)


def _subscript(unit: Unit, t: int) -> str:
    """What its u and δ have as a subscript: z1, z2.1 with several hidden layers, or z1, t=1."""
    return unit.called + (f", t={t + 1}" if unit.T > 1 else "")


def escaped(text: str) -> str:
    """Text that LaTeX takes for nothing but text."""
    unknown = "\N{REPLACEMENT CHARACTER}"
    return "".join(SPECIAL.get(c, c if c.isprintable() else unknown) for c in text[:24])
