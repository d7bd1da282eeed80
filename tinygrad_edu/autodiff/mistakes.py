"""The typed errors of the engine, and the sentences that say how to mend what went wrong.

Each message says what came, what was needed and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.linalg import LinAlgError

from tinygrad_edu.autodiff.advice import for_numpy


class ShapeError(ValueError):
    """Shapes that do not fit each other, a seed of the wrong shape, a ragged list."""


class DTypeError(TypeError):
    """Something that is not a real floating-point number or an array of them."""


class AnomalyError(FloatingPointError):
    """The first nan or infinity that `detect_anomaly` met."""


def numbers_of(x: Any) -> Any:
    """The numbers of a Value; anything else as it is."""
    return getattr(x, "output", x)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array, a Value or a plain number (a number has shape ())."""
    return getattr(x, "shape", ())


def explain(error: Exception, op: Any, xs: Sequence[Any], parameters: Mapping[str, Any]) -> Exception:
    """The error of an operation in its own words: what came, what was needed, what to do."""
    shapes = [shape_of(x) for x in xs]
    names = op.inputs if not op.variadic else [f"number {i}" for i in range(len(xs))]
    labels = [getattr(x, "name", None) or name for x, name in zip(xs, names)]
    if op.name == "getitem":
        index = shortened(parameters["index"])
        if not shapes[0]:
            return IndexError(f"{labels[0]}[{index}]: {labels[0]} is one number; there is nothing to pick from.")
        return IndexError(f"{labels[0]}[{index}]: {shortened(error)}; {labels[0]} has shape {shapes[0]}.")
    if op.name == "matmul" or (op.partials is not None and len(xs) > 1 and isinstance(error, ValueError)):
        return ShapeError(_explain_shapes(op.name, op.symbol, labels, shapes))
    if op.name == "solve" and "Singular" not in str(error):
        A, b = labels
        return ShapeError(f"solve({A}, {b}): {A} is {shapes[0]} and {b} is {shapes[1]}; {A} must be square, and {b} a vector or "
                          "columns of as many entries as it has rows.")
    if op.name == "concatenate" and () in shapes:
        return ShapeError(f"concatenate joins arrays along an axis they have, and {labels[shapes.index(())]} is one number. "
                          "Use stack.")
    given = "".join(f", {name}={shortened(value)}" for name, value in parameters.items())
    odd = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), 0)
    shown = range(len(xs)) if len(xs) < 4 else sorted({0, odd})
    came = ", ".join(f"{labels[i]} of shape {shapes[i]}" for i in shown)
    if "Singular" in str(error):
        return LinAlgError(f"{op.name}({came}): {labels[0]} is singular: it has no inverse.")
    kind = ShapeError if isinstance(error, ValueError) else TypeError if isinstance(error, TypeError) else type(error)
    return kind(f"{op.name}({came}{given}): {error}")


def _explain_shapes(name: str, symbol: str, labels: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> str:
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


def not_differentiable(name: str, how: str = "") -> TypeError:
    """A NumPy function that is not among the operations, or is not with such options."""
    instead = "" if how else for_numpy(name.removeprefix("np."))
    return TypeError(f"{name}{how} is not differentiable here (no gradient rule).{instead} "
                     "For the numbers alone, call it on v.data.")


def shortened(x: Any) -> str:
    """x as text in one line that is not too long for a message."""
    text = " ".join((repr(x) if isinstance(x, str) else str(x)).split())
    return text if len(text) <= 100 else f"{text[:97]}..."
