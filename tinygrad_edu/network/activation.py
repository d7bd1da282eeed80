"""The activation functions y = f(u) that a layer can have, by name (eq. 2)."""

from __future__ import annotations

from tinygrad_edu.autodiff.mistakes import shortened
from tinygrad_edu.autodiff.operations import identity, relu, sigmoid, tanh
from tinygrad_edu.autodiff.primitive import Operation

ACTIVATIONS: dict[str, Operation] = {
    "linear": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
}


def activation(name: str) -> Operation:
    """The operation called `name`.

    Raises ValueError for a name that is not in the table, TypeError for what is no name.
    """
    choice = f"Choose from {', '.join(ACTIVATIONS)}."
    if not isinstance(name, str):
        came = getattr(name, "name", None) or getattr(name, "__name__", None) or shortened(name)
        raise TypeError(
            f"an activation function is given by its name, one for all the units of a layer and "
            f"for all "
            f"hidden layers, such as 'sigmoid'; this is a {type(name).__name__}, {came}. {choice}"
        )
    if name == "softmax":
        choice += " For softmax outputs: output='linear' and error=cross_entropy, which applies it."
    if name not in ACTIVATIONS:
        raise ValueError(f"there is no activation function called {name!r}. {choice}")
    return ACTIVATIONS[name]
