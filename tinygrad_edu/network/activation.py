"""The activation functions y = f(u) that a layer can have, by name (eq. 2)."""

from __future__ import annotations

from tinygrad_edu.autodiff.operations import identity, relu, sigmoid, tanh
from tinygrad_edu.autodiff.primitive import Operation

ACTIVATIONS: dict[str, Operation] = {"linear": identity, "sigmoid": sigmoid, "tanh": tanh, "relu": relu}


def activation(name: str) -> Operation:
    """The operation called `name`. Raises ValueError for a name that is not in the table."""
    if name not in ACTIVATIONS:
        raise ValueError(f"there is no activation function called {name!r}. Choose from {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name]
