"""The hand-derived deltas and gradients against themselves in loops, against autodiff, and against HIPS autograd."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad as hips_grad
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.network import delta
from tinygrad_edu.network.error import cross_entropy, half_squared_error, weight_decay
from tinygrad_edu.network.layer import Network

RELATIVE = 1e-11


@st.composite
def problems(draw):
    """A random network of 0-3 hidden layers of 1-5 units, 1-6 associations, weights up to ±4, with or without biases."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    T, output, bias = draw(st.integers(1, 6)), draw(st.sampled_from(["linear", "sigmoid"])), draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    largest = draw(st.sampled_from([0.0, 0.1, 1.0, 4.0]))
    weights = [rng.uniform(-largest, largest, size=shape) for shape in zip(sizes, sizes[1:], strict=False)]
    biases = [rng.uniform(-1, 1, size=J) for J in sizes[1:]] if bias else None
    return rng.normal(size=(T, sizes[0])), rng.normal(size=(T, sizes[-1])), weights, biases, output


def by_hand(x, target, weights, biases, output):
    states = delta.states(x, weights, biases, output)
    deltas = delta.deltas(states, weights, target, output)
    return states, deltas, delta.gradients(states, deltas), delta.bias_gradients(deltas)


def by_machine(x, target, weights, biases, output):
    network = Network(*[len(w) for w in weights], weights[-1].shape[1], weights=weights, biases=biases, output=output)
    half_squared_error(network(x), target).backward()
    return network


def close(ours, theirs, relative=RELATIVE):
    """Equal up to rounding, on the scale of the largest entry."""
    np.testing.assert_allclose(ours, theirs, rtol=relative, atol=relative * max(1e-300, float(np.abs(theirs).max())))


ONES = (np.ones((1, 1)), np.zeros((1, 1)), [np.ones((1, 1)), np.ones((1, 1))], None, "linear")


@settings(max_examples=150, deadline=None)
@example(ONES)
@given(problems())
def test_hand_derived_deltas_equal_autodiff(problem):
    states, deltas, _, _ = by_hand(*problem)
    network = by_machine(*problem)
    for layer, y, ours in zip(network.layers, states[1:], deltas, strict=True):
        close(layer.y.data, y)
        close(layer.delta, ours)


@settings(max_examples=150, deadline=None)
@example(ONES)
@given(problems())
def test_hand_derived_gradients_equal_autodiff(problem):
    _, _, gradients, bias_gradients = by_hand(*problem)
    network = by_machine(*problem)
    for layer, w, b in zip(network.layers, gradients, bias_gradients, strict=True):
        close(layer.w.grad, w)
        if layer.b is not None:
            close(layer.b.grad, b)


@settings(max_examples=60, deadline=None)
@example(ONES)
@given(problems())
def test_the_slides_loops_equal_the_vectorised_form(problem):
    x, target, weights, biases, output = problem
    states, deltas, gradients, _ = by_hand(*problem)
    looped = delta.states_by_loops(x, weights, biases, output)
    looped_deltas = delta.deltas_by_loops(looped, weights, target, output)
    for ours, theirs in zip(states + deltas + gradients,
                            looped + looped_deltas + delta.gradients_by_loops(looped, looped_deltas), strict=True):
        close(ours, theirs, 1e-12)


@settings(max_examples=100, deadline=None)
@given(problems(), st.sampled_from([0.0, 0.01, 1.0, 100.0]))
def test_the_term_of_weight_decay_is_in_the_hand_derivation_as_in_autodiff(problem, decay):
    x, target, weights, _, _ = problem
    states, deltas, _, bias_gradients = by_hand(*problem)
    network = by_machine(*problem)
    (half_squared_error(network(x), target) + weight_decay([layer.w for layer in network.layers], decay)).backward()
    for layer, w, looped, b in zip(network.layers, delta.gradients(states, deltas, weights, decay),
                                   delta.gradients_by_loops(states, deltas, weights, decay), bias_gradients, strict=True):
        close(layer.w.grad, w)
        close(looped, w, 1e-12)
        if layer.b is not None:
            close(layer.b.grad, b)


@settings(max_examples=60, deadline=None)
@given(problems(), st.booleans())
def test_for_softmax_units_with_cross_entropy_delta_is_output_minus_target(problem, labels):
    x, target, weights, biases, _ = problem
    K = target.shape[1] + 1  # softmax needs at least two output units
    rng = np.random.default_rng(0)
    weights, biases = [*weights, rng.normal(size=(target.shape[1], K))], None if biases is None else [*biases, rng.normal(size=K)]
    which = rng.integers(K, size=len(x))
    target = np.eye(K)[which]
    states, deltas, gradients, _ = by_hand(x, target, weights, biases, "softmax")
    close(delta.states_by_loops(x, weights, biases, "softmax")[-1], states[-1], 1e-12)
    network = Network(*[len(w) for w in weights], K, weights=weights, biases=biases)
    cross_entropy(network(x), which if labels else target).backward()
    for layer, ours, w in zip(network.layers, deltas, gradients, strict=True):
        close(layer.delta, ours, 1e-10)
        close(layer.w.grad, w, 1e-10)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_hips_autograd_agrees_with_both(problem):
    x, target, weights, biases, output = problem

    def E(weights):
        y = x
        for n, w in enumerate(weights):
            u = anp.dot(y, w) + (0.0 if biases is None else biases[n])
            y = u if n == len(weights) - 1 and output == "linear" else 0.5 * (1 + anp.tanh(0.5 * u))
        return 0.5 * anp.sum((y - target) ** 2)

    theirs = hips_grad(E)(weights)
    for ours, machine, third in zip(by_hand(*problem)[2], by_machine(*problem).layers, theirs, strict=True):
        close(ours, third, 1e-10)
        close(machine.w.grad, third, 1e-10)


@pytest.mark.parametrize("u", [0.0, 1.0, -1.0, 40.0, -40.0, 1000.0, -1000.0])
def test_the_sigmoid_by_hand_equals_ours_everywhere(u):
    close(delta.sigmoid(np.array([u])), Value([u]).sigmoid().data, 1e-15)


def test_one_weight_gives_the_numbers_on_the_slides():
    np.testing.assert_allclose(delta.one_weight(0.8, 0.4, 0.2), (0.32, 0.12, 0.0072, 0.096), rtol=1e-14)


@given(st.integers(1, 6), st.integers(0, 1000))
def test_two_weights_by_loops_equal_the_vectorised_form(T, seed):
    rng = np.random.default_rng(seed)
    x, w, target = rng.normal(size=(T, 2)), rng.normal(size=2), rng.normal(size=T)
    close(delta.two_weights_by_loops(x, w, target), delta.two_weights(x, w, target), 1e-12)


def test_changes_go_downhill_in_proportion_to_epsilon():
    (change,) = delta.changes([np.array([[2.0, -1.0]])], 0.5)
    np.testing.assert_array_equal(change, [[-1.0, 0.5]])
