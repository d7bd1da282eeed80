"""Finds the operation that made the first nan or infinity, in the computation or in the walk through its record.

    with detect_anomaly():
        E = error(network(x), target)      # AnomalyError: log made -inf ... recorded at train.py, line 12
        E.backward()                       # AnomalyError: the reverse rule of sqrt made inf ...

It looks at every number, so it is for finding a fault and not for training.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.mistakes import AnomalyError, numbers_of, shape_of
from tinygrad_edu.autodiff.recording import recording

LIBRARIES = tuple(str(Path(module.__file__ or "").parent) for module in (sys.modules["tinygrad_edu"], np))


def detect_anomaly(*, infinities: bool = True) -> AbstractContextManager[None]:
    """`with detect_anomaly(): ...` raises AnomalyError at the first nan or infinity (this thread only).

    infinities: False looks for nan alone, for programs that mean their -inf, as a mask does.
    The error names the operation, the names and shapes of what went in, and the line of your program that recorded it.
    """
    return recording(watch=Watch(infinities))


class Watch:
    """Looks at what operations and their rules make, and notes on a value which line of the program recorded it."""

    def __init__(self, infinities: bool) -> None:
        self.looks = True  # False while the walk looks itself, and only the lines are noted
        self.is_bad = (lambda x: ~np.isfinite(x)) if infinities else np.isnan

    def look_at(self, value: Any) -> None:
        """At a value just recorded. Raises AnomalyError."""
        value.line = _line_of_the_program()
        if self.looks and self.is_bad(value.output).any():
            at = self._where(value.output)
            raise AnomalyError(f"{value.op.name} made {self._bad(value.output)} out of "
                               f"{self._inputs(value, at)}; at {value.line}.")

    @contextmanager
    def only_noting(self) -> Iterator[None]:
        """Until the end of the block, what is recorded gets its line and is not looked at."""
        before, self.looks = self.looks, False
        try:
            yield
        finally:
            self.looks = before

    def look_at_rule(self, direction: str, node: Any, results: Sequence[Any]) -> None:
        """At the cotangents or tangents that the rule of a node gave. Raises AnomalyError."""
        for result in map(numbers_of, results):
            if result is not None and self.is_bad(result).any():
                at = self._where(result)
                line = getattr(node, "line", None)
                recorded = f"recorded at {line}" if line else "recorded before detect_anomaly(), so its line is not known"
                made = self._bad(result).rstrip(",")
                raise AnomalyError(f"the {direction} rule of {node.op.name} made {made}, for "
                                   f"{self._inputs(node, at if shape_of(result) == shape_of(node.output) else None)}; {recorded}.")

    def look_at_sums(self, cotangents: dict[Any, Any]) -> dict[Any, Any]:
        """The cotangents, after a look at what the contributions to each add up to. Raises AnomalyError."""
        for value, xbar in cotangents.items():
            if self.is_bad(numbers_of(xbar)).any():
                raise AnomalyError(f"the contributions to the gradient of {value.name or 'a value'} of shape {shape_of(value)} "
                                   f"add up to {self._bad(numbers_of(xbar)).rstrip(',')}.")
        return cotangents

    def _where(self, x: Any) -> tuple[int, ...]:
        """The index of the first entry that is bad."""
        return tuple(int(i) for i in np.argwhere(self.is_bad(x))[0]) if shape_of(x) else ()

    def _bad(self, x: Any) -> str:
        """The first entry that is bad, where it is, and how many there are."""
        count = np.count_nonzero(self.is_bad(x))
        counted = f", the first of {count} such entries," if count > 1 else ""
        return f"{_entry(x, self._where(x))}{counted}"

    def _inputs(self, node: Any, at: tuple[int, ...] | None) -> str:
        """The names and shapes of what went in, with the entry at that place, or the first of them that was bad already."""
        op, told = node.op, []
        names = op.inputs if not op.variadic else [f"number {i}" for i in range(len(node.inputs))]
        for name, parent, x in zip(names, node.parents, node.inputs):
            label, shape = getattr(parent, "name", None) or name, shape_of(x)
            if not shape:
                told.append(f"{label} = {float(x):g}")
            elif at is not None and op.partials is not None:
                told.append(f"{label} of shape {shape}, there {np.broadcast_to(x, shape_of(node.output))[at]:g}")
            else:
                bad = f", with {self._bad(x)} in it" if self.is_bad(x).any() else ""
                told.append(f"{label} of shape {shape}{bad}")
        return " and ".join(told)


def _entry(x: Any, at: tuple[int, ...]) -> str:
    place = f" at [{', '.join(map(str, at))}]" if at else ""
    return f"{float(np.asarray(x)[at]):g}{place}"


def _line_of_the_program() -> str:
    """The file and the line of the innermost call that is neither ours nor NumPy's."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(LIBRARIES):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}"
