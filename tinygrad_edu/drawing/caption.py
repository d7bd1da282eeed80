r"""The chain rule at any node of a computation: as a formula, with the numbers in, and with its number on the slides.

    captions = Captions(E)                      # E: a Value of size 1
    caption = captions.gradient(z, (0, 1))      # of an entry of an array, or captions.gradient(w) of a number
    caption.formula                             # \delta_{z1} = z_{1} \, (1 - z_{1}) \, \delta_{y} \, \text{w2}_{1,0}
    caption.numbers                             # 0.24 \cdot 0.12 \cdot 0.5 = 0.0144
    caption.equation                            # 33, or nothing where the slides have none

A gradient is a sum over all that was made from the node: what flows back into that, times its slope. Where that slope is 1, as
in a sum, what comes after stands in its place; and at the total input of a unit, y = f(u), two steps are written as one,
f'(u) Σ δ w, because that is equation 33. The page of `explore` writes the same terms, with the numbers of the moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.autodiff.primitive import quietly
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.autodiff.walk import ancestors
from tinygrad_edu.drawing.apart import apart
from tinygrad_edu.drawing.latex import Formula, latex, named, number, partial, readable, simplified
from tinygrad_edu.drawing.names import Label, Names
from tinygrad_edu.drawing.neurons import find_units, uses_of

MOST_TERMS = 6  # of a sum; of a longer one the first four and the last


class Term(NamedTuple):
    """Something that was made from a node: the node is its operand k, and `into` has the same cotangent as it."""

    made: Value
    k: int
    into: Value


class ChainRule(NamedTuple):
    """How a gradient comes about: the sum over the terms of cotangent × slope; times the slope of `outer`, if there is one."""

    equation: str
    terms: Sequence[Term]
    outer: Value | None = None


class Caption(NamedTuple):
    """A chain rule in LaTeX, twice: with names, and with numbers."""

    formula: str
    numbers: str
    equation: str

    def __str__(self) -> str:
        return (f"({self.equation}): " if self.equation else "") + f"{self.formula} = {self.numbers}"


class Captions:
    """What stands below each step of a computation on numbers. Raises what `apart` raises."""

    def __init__(self, root: Value) -> None:
        self.taken = apart(root, constants=True, whole=True)
        self.nodes = ancestors(self.taken.root)
        self.constants = {x for entries in self.taken.constants.values() for x in entries.flat}
        self.uses = uses_of(self.nodes)
        self.units = find_units(self.nodes, self.constants)
        self.states = {u: y for unit in self.units for u, y in zip(unit.u, unit.y)}  # of each total input u, y = f(u)
        self.names = Names(self.taken, self.nodes, self.units, self.steps())
        self.labels: dict[Value, Label] = self.names.labels
        self.deltas = self.names.deltas
        self.taken.root.backward()

    def steps(self) -> dict[Value, list[Value]]:
        """The operations on numbers that each operation of the program is made of. They were born after those of the one before."""
        made = [(value, entries) for value, entries in self.taken.entries.items() if value.op is not None]
        youngest = np.maximum.accumulate([max((x.born for x in entries.flat if isinstance(x, Value)), default=0)
                                          for _, entries in made])
        steps: dict[Value, list[Value]] = {}
        for node in self.nodes:
            if node.op is not None:
                steps.setdefault(made[int(np.searchsorted(youngest, node.born))][0], []).append(node)
        return steps

    def gradient(self, value: Value, index: tuple[int, ...] = ()) -> Caption:
        """The chain rule at a Value that the root was made from; at one entry of it, if it is an array.

        Raises ValueError for a Value or an entry that had no part in the root, IndexError for an entry that is not there.
        """
        if value not in self.taken.entries:
            raise ValueError(f"{value.name or 'this value'} had no part in the computation.")
        entries = self.taken.entries[value]
        if len(index) != entries.ndim:
            raise IndexError(f"{value.name or 'this value'} has shape {entries.shape}: say which entry, as in "
                             f"{tuple(0 for _ in entries.shape)}.")
        if entries[index] not in self.labels:
            raise ValueError(f"this entry of {value.name or 'the value'} had no part in the computation.")
        return self.written(entries[index])

    def written(self, node: Value) -> Caption:
        """The chain rule at a node of the computation on numbers, which is no constant."""
        rule, left = self.rule(node), self.name_of_gradient(node)
        if not rule.terms:
            return Caption(left, "1" if node is self.taken.root else "0", "")
        names = _sum([_product(self._gradient(term.into), self._slope(term.made, term.k)) for term in rule.terms])
        numbers = " + ".join(_few([self._numbers(term) for term in rule.terms]))
        if rule.outer is not None:
            names = Formula("multiply", (self._slope(rule.outer, 0), names))
            numbers = rf"{_number(self.slope(rule.outer, 0))} \cdot {f'({numbers})' if len(rule.terms) > 1 else numbers}"
        result = number(_grad(node))
        trivial = numbers in (result, _number(_grad(node)))
        return Caption(f"{left} = {latex(names)}", result if trivial else f"{numbers} = {result}", rule.equation)

    def rule(self, node: Value) -> ChainRule:
        """Which terms make its gradient."""
        y = self.states.get(node, node)
        outer = y if y is not node and self.uses[y] and _partial(y, 0) is not None else None
        terms = [Term(made, k, self._same_cotangent(made)) for made, k in self.uses[node if outer is None else outer]]
        hidden = outer is not None and all(term.into in self.states for term in terms)
        return ChainRule("33" if hidden else self._equation_of_weight(node, terms), terms, outer)

    def name_of_gradient(self, node: Value) -> str:
        """δ at the total input of a unit, ∂E/∂v elsewhere; in LaTeX."""
        if node in self.deltas:
            return self.deltas[node].latex
        return rf"\frac{{\partial {self.labels[self.taken.root].latex}}}{{\partial {self.labels[node].latex}}}"

    def slope(self, made: Value, k: int) -> float:
        """∂made/∂(its operand k), as a number."""
        rule = _partial(made, k)
        return 1.0 if rule is None else float(quietly(rule, np.float64(made.output), *map(np.float64, made.inputs),
                                                       **made.parameters))

    # -- how it is found -----------------------------------------------------------------------------------------------

    def _same_cotangent(self, node: Value) -> Value:
        """The last node that is sure to have the same cotangent: on through what only adds it to something."""
        while node not in self.states and len(self.uses[node]) == 1 and _partial(*self.uses[node][0]) is None:
            node = self.uses[node][0][0]
        return node

    def _equation_of_weight(self, node: Value, terms: Sequence[Term]) -> str:
        """The number of ∂E/∂w = Σ_t δ_t x_t for a weight that leads into one unit, and is nowhere else."""
        into = [unit for unit in self.units if any(w is node for w in unit.weights)]
        if len(into) != 1:
            return ""
        unit, products = into[0], {product for of_one in into[0].products for product in of_one}
        if len(terms) != unit.T or not {term.made for term in terms} <= products:
            return ""
        if unit.layer > 1 or any(source is unit for other in self.units for source in other.sources):
            return "35" if len(terms) > 1 else "34"
        return "27" if len(terms) > 1 else "26" if len(unit.weights) > 1 else "9"

    def _numbers(self, term: Term) -> str:
        """cotangent · slope; a factor that is always ±1 is not written."""
        cotangent, slope = _grad(term.into), self.slope(term.made, term.k)
        if 0 in (cotangent, slope) and not np.isfinite(cotangent + slope):  # nothing flows then, and the walk says so too
            return "0"
        if abs(slope) == 1 and isinstance(self._slope(term.made, term.k), float):
            return _number(cotangent * slope)
        return _number(slope) if term.into is self.taken.root else rf"{_number(cotangent)} \cdot {_number(slope)}"

    def _gradient(self, node: Value) -> Any:
        return 1.0 if node is self.taken.root else named(self.name_of_gradient(node))

    def _slope(self, made: Value, k: int) -> Any:
        """∂made/∂(its operand k), with the labels of the nodes in it; a float where it is always the same."""
        assert made.op is not None
        xs = [float(x) if parent is None else self._leaf(parent) for parent, x in zip(made.parents, made.inputs)]
        found = readable(partial, made.op, k, named(self.labels[made].latex), xs, made.parameters)
        return self.slope(made, k) if found is None else found

    def _leaf(self, node: Value) -> Any:
        return named(self.labels[node].latex) if node in self.labels else float(node.output)


def _partial(made: Value, k: int) -> Any:
    """The record's rule for ∂made/∂(its operand k); None for a slope of 1."""
    assert made.op is not None
    assert made.op.partials is not None
    return made.op.partials[k]


def _product(cotangent: Any, slope: Any) -> Any:
    """cotangent × slope, in this order; a factor of ±1 is not written."""
    product = Formula("multiply", (cotangent, slope))
    return simplified(product) if any(isinstance(x, float) and abs(x) == 1 for x in (cotangent, slope)) else product


def _sum(terms: list[Any]) -> Any:
    total, *others = _few(terms, named(r"\cdots"))
    for term in others:
        below = term < 0 if isinstance(term, float) else term.head == "negative"
        total = Formula("subtract", (total, simplified(Formula("negative", (term,))))) if below else Formula("add", (total, term))
    return total


def _few(terms: list[Any], left_out: Any = r"\cdots") -> list[Any]:
    return terms if len(terms) <= MOST_TERMS else [*terms[:4], left_out, terms[-1]]


def _number(x: float) -> str:
    return f"({number(x)})" if x < 0 else number(x)


def _grad(node: Value) -> float:
    return 0.0 if node.grad is None else float(node.grad)
