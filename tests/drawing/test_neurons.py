"""What is a unit among the numbers of a computation, and what is none."""

import numpy as np
import pytest

from tinygrad_edu import Value, sigmoid, softmax, tanh
from tinygrad_edu.drawing.caption import Captions


def units(value):
    """(name, number of weights, name of the bias) of each unit but input units."""
    return [
        (unit.called, len(unit.weights), unit.bias and unit.bias.name)
        for unit in Captions(value).units
        if unit.u
    ]


def test_a_chain_of_products_and_sums_is_no_network():
    z, s = [Value(0.5 + 0.01 * i, name=f"z{i}") for i in range(30)], Value(1.0, name="s")
    for i in range(60):
        s = s * z[i % 30] + 1
    assert units(s) == []


@pytest.mark.parametrize("offset", [1.0, Value(0.1, name="c"), Value(0.1)])
@pytest.mark.parametrize("name", ["a", "z0", "slope"])
def test_a_scaled_state_plus_something_is_a_unit_only_if_its_factor_is_called_w(name, offset):
    x = tanh(Value(0.3, name="x"))
    assert units(x * Value(2.0, name=name) + offset) == []
    assert len(units(x * Value(2.0, name="w" + name) + offset)) == 1


def test_with_an_activation_function_or_several_products_no_name_is_looked_at():
    a, b, x, y = (Value(0.1 * n, name=name) for n, name in enumerate("abxy", start=1))
    x, y = np.exp(x), np.exp(y)
    assert units(sigmoid(a * x + b) + 1.0) == [("y", 1, "b")]
    assert units(a * x + b * y) == [("y", 2, None)]


def test_what_is_added_around_a_layer_is_no_bias():
    x, w = Value([[1.0, 2.0]], name="x"), Value([[0.1, 0.2], [0.3, 0.4]], name="w")
    assert units(((x @ w + x) ** 2).sum()) == [("y1", 2, None), ("y2", 2, None)]
    b = Value([0.5, 0.6], name="b")
    assert units((sigmoid(x @ w + b) ** 2 + b * b).sum()) == [("y1", 2, "b[0]"), ("y2", 2, "b[1]")]


def test_the_tokens_of_an_attention_are_no_biases():
    rng = np.random.default_rng(0)
    tokens, *ws = (
        Value(rng.normal(size=(2, 2)), name=name) for name in ("tokens", "Wq", "Wk", "Wv", "Wo")
    )
    q, k, v = (tokens @ w for w in ws[:3])
    E = (((softmax(q @ k.T) @ v) @ ws[3] + tokens) ** 2).sum()
    assert {bias for *_, bias in units(E)} == {None}
