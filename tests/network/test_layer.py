"""Networks on Value: what a layer keeps, and what it says when shapes do not fit."""

import numpy as np
import pytest

from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.network import delta
from tinygrad_edu.network.activation import activation
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Layer, Network

x, target = np.array([[0.0, 1.0], [1.0, 1.0], [0.5, -1.0]]), np.array([[1.0], [0.0], [0.5]])


def test_after_a_backward_pass_every_layer_gives_u_y_and_delta():
    network = Network(2, 3, 1, bias=True)
    half_squared_error(network(x), target).backward()
    for layer, J in zip(network.layers, (3, 1), strict=True):
        assert layer.u.shape == layer.y.shape == layer.delta.shape == (3, J)
    np.testing.assert_allclose(network.layers[-1].delta, network.layers[-1].y.data - target)


def test_before_a_backward_pass_there_is_no_delta():
    network = Network(2, 1)
    assert network.deltas == [None]
    network(x)
    assert network.deltas == [None]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    assert np.array_equal(Network(2, 2, 1, seed=3).weights[0], Network(2, 2, 1, seed=3).weights[0])
    assert not np.array_equal(Network(2, 2, 1, seed=3).weights[0], Network(2, 2, 1, seed=4).weights[0])


def test_there_are_no_biases_unless_asked_for():
    assert Network(2, 1).biases is None
    assert [b.shape for b in Network(2, 3, 1, bias=True).biases] == [(3,), (1,)]


def test_reprs_name_sizes_and_functions():
    assert repr(Network(2, 3, 1, bias=True)) == "Network(Layer(2 -> 3, sigmoid, bias), Layer(3 -> 1, identity, bias))"


@pytest.mark.parametrize(("mistake", "kind", "words"), [
    (lambda: Network(2, 1)(np.ones((4, 3))), ShapeError, ["x is (4, 3)", "w1 is (2, 1)", "2 columns"]),
    (lambda: Network(2, 1)(1.0), ShapeError, ["x is ()"]),
    (lambda: Network(2), ValueError, ["at least two layer sizes"]),
    (lambda: Network(2, 0, 1), ValueError, ["whole number from 1"]),
    (lambda: Network(2, 1.5), ValueError, ["whole number from 1"]),
    (lambda: Network(2, 1, hidden="sigmoid", output="swish"), ValueError, ["'swish'", "linear, sigmoid"]),
    (lambda: Network(2, 1, hidden="swish"), ValueError, ["'swish'"]),  # also without a hidden layer
    (lambda: Network(2, 1, hidden=["relu"]), TypeError, ["by its name", "['relu']"]),
    (lambda: Network(2, 1, weights=[np.ones((1, 2))]), ShapeError, ["[(2, 1)]", "[(1, 2)]"]),
    (lambda: Network(2, 1, weights=[np.ones((2, 1))], biases=[np.ones(2)]), ShapeError, ["biases [(2,)]"]),
    (lambda: half_squared_error(Network(2, 1)(x), np.ones(3)), ShapeError, ["(3, 1)", "(3,)", "Reshape"]),
    (lambda: Network(2, 1).at([np.ones((2, 1))])(np.ones((4, 3))), ShapeError, ["x is (4, 3)", "w is (2, 1)"]),
    (lambda: Network(2, 1, bias=True).at([np.ones((2, 1))]), ShapeError, ["[(2, 1), (1,)]", "[(2, 1)]"]),
    (lambda: Network(2, 1).at([np.ones((2, 1)), 1.0]), ShapeError, ["[(2, 1), ()]"]),
    (lambda: Network(3, True), ValueError, ["whole number"]),
    (lambda: activation("tan"), ValueError, ["'tan'"]),
    (lambda: Layer("ab"), TypeError, ["'ab'"]),
    (lambda: Layer(np.ones(3)), ShapeError, ["w is (3,)", "(I, J)"]),
    (lambda: Layer(np.ones((3, 1)), np.ones(3)), ShapeError, ["w is (3, 1)", "b is (3,)"]),
    (lambda: half_squared_error([1.0, 2.0], [1.0]), ShapeError, ["(2,)", "(1,)"]),
    (lambda: delta.states(x, [np.ones((2, 1))], output="tanh"), ValueError, ["'linear', 'sigmoid', 'softmax'", "'tanh'"]),
    (lambda: delta.deltas([x, x[:, :1]], [np.ones((2, 1))], target[:, 0]), ValueError, ["(3, 1)", "(3,)"]),
])
def test_mistakes_get_a_sentence_that_names_both_shapes(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert all(word in str(caught.value) for word in words), caught.value
