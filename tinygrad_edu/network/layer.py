"""Layers and networks on Value: after a backward pass every layer gives u, y and its delta.

    network = Network(2, 2, 1)                       # two input units, two hidden, one output
    E = half_squared_error(network(x), target)       # x: (T, 2)  target: (T, 1)
    E.backward()
    network.layers[0].delta                          # δ of the hidden units, (T, 2): eq. 33, which nobody wrote down
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of, shortened
from tinygrad_edu.autodiff.operations import matmul
from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.network.activation import ACTIVATIONS, activation
from tinygrad_edu.network.settings import whole_number


class Layer:
    """All units of one layer: u = x @ w + b and y = f(u).

    w: (I, J), from unit i (row) to unit j (column). b: (J,) or None. After a call, x: (T, I), u and y: (T, J) are kept.
    Raises ShapeError for a w, a b or an x that does not fit.
    """

    def __init__(self, w: Any, b: Any = None, f: str = "sigmoid", name: str = "") -> None:
        self.w = Value(w, name=f"w{name}")
        self.b = None if b is None else Value(b, name=f"b{name}")
        if self.w.ndim != 2 or (self.b is not None and self.b.shape != self.w.shape[1:]):
            raise ShapeError(f"a layer has w: (I, J) and b: (J,); w is {self.w.shape}"
                             + (f" and b is {self.b.shape}." if self.b is not None else "."))
        self.f = activation(f)
        self.x: Any = None
        self.u: Value | None = None
        self.y: Value | None = None

    def at(self, w: Any, b: Any = None) -> Layer:
        """The same layer with other weights; where they are Values, they are differentiated."""
        other = Layer.__new__(Layer)
        other.w, other.b, other.f = w, b, self.f
        other.x = other.u = other.y = None
        return other

    def __call__(self, x: Any) -> Value:
        x = x if isinstance(x, Value) else constant(x)
        if shape_of(x)[-1:] != self.w.shape[:1]:
            name = getattr(self.w, "name", None) or "w"
            raise ShapeError(f"u = x @ {name}: x is {shape_of(x)} and {name} is {self.w.shape}; the layer has "
                             f"{self.w.shape[0]} input units, so x needs {self.w.shape[0]} columns, one row per association.")
        self.x = x
        u = matmul(x, self.w)  # (12)
        self.u = u if self.b is None else u + self.b
        self.y = self.f(self.u)  # (2)
        return self.y

    @property
    def activation(self) -> str:
        """The name of f, as Layer takes it."""
        return next(name for name, f in ACTIVATIONS.items() if f is self.f)

    @property
    def delta(self) -> Any:
        """δ = ∂E/∂u of each unit for each association, (T, J), after E.backward(); None before."""
        return None if self.u is None else self.u.grad

    @property
    def parameters(self) -> list[Value]:
        """The Values that learning changes."""
        return [self.w] if self.b is None else [self.w, self.b]

    def __repr__(self) -> str:
        I, J = self.w.shape
        return f"Layer({I} -> {J}, {self.f.name}{'' if self.b is None else ', bias'})"


class Network:
    """Layers one after the other. Network(2, 2, 1) has two input units, two hidden and one output unit.

    hidden, output: names of activation functions. bias: whether units have one; there are none on the slides.
    seed: weights start at random, normal with standard deviation 1/√I, the same for the same seed.
    weights, biases: start here instead; a list of (I, J) arrays, and one of (J,) arrays.
    Raises ShapeError, ValueError, TypeError for sizes, names or starting weights that do not fit.
    """

    def __init__(self, *sizes: int, hidden: str = "sigmoid", output: str = "linear", bias: bool = False, seed: int = 0,
                 weights: Sequence[Any] | None = None, biases: Sequence[Any] | None = None) -> None:
        sizes = _sizes(sizes)
        rng = np.random.default_rng(None if seed is None else whole_number("seed", seed))
        if not isinstance(bias, (bool, int, np.bool_)):
            raise TypeError(f"bias is {shortened(bias)}; it is True or False. biases=[...] gives "
                            f"the numbers to start from.")
        shapes = list(zip(sizes, sizes[1:]))
        if weights is None:
            weights = [rng.normal(scale=I**-0.5, size=(I, J)) for I, J in shapes]
        if biases is None and bias:
            biases = [np.zeros(J) for _, J in shapes]
        weights, biases = _arrays("weights", weights), _arrays("biases", biases or [])
        came = list(map(shape_of, weights)), list(map(shape_of, biases))
        if came != (shapes, [(J,) for _, J in shapes] if biases else []):
            raise ShapeError(f"a {'-'.join(map(str, sizes))} network has weights of shapes {shapes}; these are {came[0]}"
                             + (f", biases {came[1]}." if biases else "."))
        activation(hidden)  # also where there is no hidden layer
        functions = [hidden] * (len(shapes) - 1) + [output]
        self.layers = [Layer(w, b, f, name=str(n)) for n, (w, b, f) in
                       enumerate(zip(weights, biases or [None] * len(shapes), functions), start=1)]

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> Network:
        """A network of layers that are there already.

        Raises TypeError for anything else, ShapeError if they do not fit.
        """
        is_list = isinstance(layers, (list, tuple)) and len(layers) > 0
        if not is_list or not all(isinstance(layer, Layer) for layer in layers):
            raise TypeError(f"Network.of takes a list of Layers, at least one; this is "
                            f"{shortened(layers)}.")
        for before, after in zip(layers, layers[1:]):
            if before.w.shape[1] != after.w.shape[0]:
                raise ShapeError(f"{before} does not fit before {after}: it has "
                                 f"{before.w.shape[1]} units, and the next "
                                 f"layer takes {after.w.shape[0]} inputs.")
        network = cls.__new__(cls)
        network.layers = list(layers)
        return network

    def at(self, parameters: Sequence[Any]) -> Network:
        """The same network with other weights and biases, ordered as `parameters`; Values among them are differentiated."""
        if not isinstance(parameters, (list, tuple)):
            raise TypeError(f"the parameters are a list of arrays, as `parameters` gives; this is "
                            f"{shortened(parameters)}.")
        parameters = [constant(w) if isinstance(w, (list, tuple)) else w for w in parameters]
        if [np.shape(w) for w in parameters] != [w.shape for w in self.parameters]:
            raise ShapeError(f"the network has parameters of the shapes {[w.shape for w in self.parameters]}, and these are "
                             f"{[np.shape(w) for w in parameters]}.")
        given = iter(parameters)
        return Network.of([layer.at(next(given), None if layer.b is None else next(given)) for layer in self.layers])

    def __call__(self, x: Any) -> Value:
        """The states of the output units, (T, K), for x: (T, I), one row per association."""
        for layer in self.layers:
            x = layer(x)
        return x

    @property
    def parameters(self) -> list[Value]:
        """Weights and biases, layer by layer."""
        return [parameter for layer in self.layers for parameter in layer.parameters]

    @property
    def weights(self) -> list[ndarray]:
        """The numbers in w, layer by layer."""
        return [plain(layer.w) for layer in self.layers]

    @property
    def biases(self) -> list[ndarray] | None:
        """The numbers in b, layer by layer; None if there are none."""
        return None if self.layers[0].b is None else [plain(layer.b) for layer in self.layers if layer.b is not None]

    @property
    def deltas(self) -> list[Any]:
        """δ layer by layer, each (T, J), after a backward pass."""
        return [layer.delta for layer in self.layers]

    def __repr__(self) -> str:
        return f"Network({', '.join(map(repr, self.layers))})"


def _sizes(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """The sizes of the layers as ints. Raises ValueError."""
    try:
        if len(sizes) > 1:
            return tuple(whole_number("size", size, least=1) for size in sizes)
    except ValueError:
        pass
    hint = ""
    if len(sizes) == 1 and np.ndim(sizes[0]):
        hint = " The sizes are given one by one: Network(*sizes)."
    elif any(isinstance(size, str) for size in sizes):
        hint = " An activation function is given by name: Network(2, 2, 1, hidden='tanh')."
    raise ValueError(f"a network needs at least two layer sizes, each a whole number from 1: "
                     f"Network(2, 2, 1), not "
                     f"{sizes}.{hint}")


def _arrays(name: str, given: Any) -> list[Any]:
    """Starting weights or biases as a list of arrays. Raises TypeError, DTypeError, ShapeError."""
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"{name} is a list of arrays, one for each layer; this is a "
                        f"{type(given).__name__}.")
    return [item if isinstance(item, Value) else constant(item) for item in given]
