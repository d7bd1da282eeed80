"""The typed errors of the engine, and the sentences that say how to mend what went wrong.

Each message says what came, what was needed and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ShapeError(ValueError):
    """Shapes that do not fit each other, a seed of the wrong shape, a ragged list."""


class DTypeError(TypeError):
    """Something that is not a real floating-point number or an array of them."""


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array, a Value or a plain number (a number has shape ())."""
    return getattr(x, "shape", ())


def explain_shapes(name: str, symbol: str, labels: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> str:
    """One sentence about inputs whose shapes do not fit, in the words of the operation."""
    came = " and ".join(f"{label} is {shape}" for label, shape in zip(labels, shapes, strict=True))
    if name == "matmul":
        return f"{labels[0]} @ {labels[1]}: {came}; {_why_matmul(labels[0], labels[1], shapes[0], shapes[1])}"
    joined = f" {symbol} ".join(labels) if len(labels) > 1 and not symbol.isalpha() else f"{name}({', '.join(labels)})"
    return f"{joined}: {came}; compared from the right, sizes must be equal or 1. Reshape one of them."


def _why_matmul(a: str, b: str, A: tuple[int, ...], B: tuple[int, ...]) -> str:
    if not A or not B:
        return "@ needs arrays with at least one axis. Use * to multiply by a number."
    rows = B[0] if len(B) == 1 else B[-2]
    if rows == A[-1]:
        return "the leading (batch) axes must be equal or 1."
    sentence = f"{a}'s {A[-1]} columns need {A[-1]} rows in {b}."
    if len(B) == 2 and B[1] == A[-1]:
        return f"{sentence} Did you mean {b}.T?"
    if len(A) == 2 and A[0] == rows:
        return f"{sentence} Did you mean {a}.T?"
    return sentence
