"""Derivatives that are lost where a traced pass multiplies 0 by what is not finite.

    hessian(lambda v: np.linalg.norm(v) ** 2)      at (0, 0): nan, and not 0, where 2 I is right

A cotangent of 0 that meets an infinite slope contributes 0 (see strong zeros, `careful.py`), and a
length has slope 0 at its tip by convention. That is as good a value as any, but its derivatives
are not those of 0, unless nothing depends on this entry, as in a branch that was not taken. So in a
pass that is traced such products are noted (`operations/slopes.py`), and the derivatives of the
results that they went into are nan.

What depends on what is answered by sending nan forward through the graph. It gets through
everything but a selection and a constant factor of 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.mistakes import numbers_of, shape_of
from tinygrad_edu.autodiff.operations import indeterminate, multiply
from tinygrad_edu.autodiff.primitive import quietly
from tinygrad_edu.autodiff.recording import differentiating
from tinygrad_edu.autodiff.walk import ancestors, careful_push


class Notes:
    """The products that a traced pass made of a cotangent and a slope that is not finite."""

    def __init__(self) -> None:
        self.products: dict[Any, Any] = {}  # node -> nan in the entries whose derivatives are lost
        self._reached: dict[Any, Any] = {}  # node -> nan in the entries that depend on a leaf

    def add(self, product: Any, lost: Any) -> None:
        """Note a product and the entries in which its derivatives are lost."""
        lost = np.where(np.broadcast_to(lost, shape_of(product)), np.nan, 0.0)
        self.products[product] = lost[()]

    def depends(self, node: Any) -> Any:
        """Which entries of a node depend on a leaf; none, if it is no node."""
        if not hasattr(node, "__record__"):
            return np.False_
        nodes = [n for n in ancestors(node) if n not in self._reached]
        leaves = {n: np.full(shape_of(n), np.nan)[()] for n in nodes if n.op is None}
        quietly(_send_forward, nodes, leaves, self._reached)
        return np.isnan(self._reached.get(node, 0.0))

    def mark(self, x: Any) -> Any:
        """x, a result of the pass, with derivatives of nan in the entries that products reach.

        And in those that are nan themselves, which a tangent of 0 would not show.
        """
        if not hasattr(x, "__record__"):
            return x
        lost = np.isnan(numbers_of(x))
        if self.products:
            tangents: dict[Any, Any] = {}
            quietly(_send_forward, ancestors(x), self.products, tangents)
            lost = lost | np.isnan(tangents.get(x, 0.0))
        return indeterminate(x, where=np.broadcast_to(lost, shape_of(x))) if lost.any() else x


@contextmanager
def noting_lost_derivatives() -> Iterator[Notes]:
    """Note the products with slopes that are not finite, until the end of the block."""
    before = getattr(differentiating, "notes", None)
    differentiating.notes = notes = Notes()
    try:
        yield notes
    finally:
        differentiating.notes = before


def _send_forward(nodes: Sequence[Any], sources: dict[Any, Any], tangents: dict[Any, Any]) -> None:
    """Add to the tangents those of the nodes, oldest first; a source adds its own."""
    for node in nodes:
        xdots = [tangents.get(parent) for parent in node.parents]
        own = sources.get(node)
        if any(xdot is not None for xdot in xdots):
            ydot = numbers_of(careful_push(node, xdots))
            for parent, x in zip(node.parents, node.inputs):
                if node.op is multiply and parent is None:
                    ydot = np.where(x == 0, 0.0, ydot)[()]
            tangents[node] = ydot if own is None else ydot + own
        elif own is not None:
            tangents[node] = own
