"""The slides' three algorithms: where they arrive, why they stop, and what they record."""

import numpy as np
import pytest

from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.learning.descent import backprop, learn_one_association, learn_two_inputs
from tinygrad_edu.learning.history import History, norm
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.network import delta
from tinygrad_edu.network.layer import Network

x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
target = np.array([[0.0], [1.0], [1.0], [0.0]])


@pytest.mark.parametrize(("epsilon", "steps"), [(0.1, 175), (0.5, 31), (1.0, 13), (2.0, 11), (3.0, 139)])
def test_one_association_takes_the_number_of_steps_that_was_measured_by_others(epsilon, steps):
    history = learn_one_association(0.8, 0.2, 0.4, epsilon, Stopping(1e-6))
    assert history.steps == steps
    assert history.converged
    assert history.weights[-1] == pytest.approx(0.25, abs=2e-6)


def test_a_large_negative_gradient_does_not_end_learning():  # it would, read literally: dE/dw ≈ 0 without bars
    history = learn_one_association(0.8, 0.2, -5.0, 0.5)
    assert history.weights[-1] == pytest.approx(0.25, abs=2e-6)


def test_one_hundred_thousandth_of_epsilon_too_large_and_it_diverges():
    assert learn_one_association(0.8, 0.2, 0.4, 3.1249, Stopping(cap=50)).E[-1] < 0.0072
    history = learn_one_association(0.8, 0.2, 0.4, 4.0)
    assert history.reason.startswith("diverged")
    assert "smaller" in history.reason


def test_two_inputs_arrive_at_the_solution_of_the_two_equations():
    history = learn_two_inputs(x[1:], target[1:, 0] + [0, 1, 2], np.array([-0.8, -1.6]), 0.3, Stopping(1e-10))
    np.testing.assert_allclose(history.weights[-1], np.linalg.lstsq(x[1:], target[1:, 0] + [0, 1, 2])[0], atol=1e-8)


def test_the_cap_ends_learning_and_says_so():
    history = backprop(Network(2, 2, 1), x, target, 0.1, Stopping(cap=7))
    assert (history.steps, len(history.weights), len(history.gradient_norm)) == (7, 7, 7)
    assert history.reason.startswith("cap: 7 passes")
    assert not history.converged


def test_backprop_by_machine_follows_the_path_that_the_hand_derivation_gives():
    network = Network(2, 3, 1, bias=True, seed=5)
    weights, biases = [w.copy() for w in network.weights], [b.copy() for b in network.biases]
    history = backprop(network, x, target, 0.2, Stopping(0.0, 40))
    for _ in range(39):
        states = delta.states(x, weights, biases)
        deltas = delta.deltas(states, weights, target)
        weights = [w + change for w, change in zip(weights, delta.changes(delta.gradients(states, deltas), 0.2), strict=True)]
        biases = [b + change for b, change in zip(biases, delta.changes(delta.bias_gradients(deltas), 0.2), strict=True)]
    for ours, theirs in zip(network.weights + network.biases, weights + biases, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11)
    assert history.E[-1] < history.E[0]


def test_accumulated_gradients_are_sums_over_associations_not_means():
    once, twice = Network(2, 1, seed=1), Network(2, 1, seed=1)
    one = backprop(once, x, target, 0.1, Stopping(cap=1))
    two = backprop(twice, np.vstack([x, x]), np.vstack([target, target]), 0.1, Stopping(cap=1))
    assert two.gradient_norm[0] == pytest.approx(2 * one.gradient_norm[0])
    assert two.E[0] == pytest.approx(2 * one.E[0])


def test_weights_are_recorded_as_they_were_and_can_be_left_out():
    network = Network(2, 1, seed=1)
    start = network.weights[0].copy()
    history = backprop(network, x, target, 0.1, Stopping(cap=3))
    np.testing.assert_array_equal(history.weights[0][0], start)
    assert not np.array_equal(history.weights[1][0], start)
    assert backprop(network, x, target, 0.1, Stopping(cap=3), keep_weights=False).weights == [None] * 3


def test_a_run_that_diverges_says_so_and_leaks_no_warning():
    history = backprop(Network(2, 2, 1), x, target, 1e3, Stopping(cap=2000))
    assert history.reason.startswith("diverged")


def test_the_report_is_called_at_each_step():
    seen = []
    backprop(Network(2, 1), x, target, 0.1, Stopping(cap=4), report=lambda history: seen.append(history.steps))
    assert seen == [1, 2, 3, 4]


def test_the_repr_of_a_history_says_how_it_ended():
    assert repr(History()) == "History(0 steps, empty, stopped: )"
    assert "0.0072 ->" in repr(learn_one_association(0.8, 0.2, 0.4, 0.5))


def test_the_norm_is_taken_over_all_weights_together():
    assert norm(np.array([[3.0]]), np.array([0.0, 4.0])) == 5.0


@pytest.mark.parametrize(("mistake", "kind", "words"), [
    (lambda: learn_one_association(0.8, 0.2, 0.4, 0.0), ValueError, ["ε is 0.0", "above 0"]),
    (lambda: learn_one_association(0.8, 0.2, 0.4, float("nan")), ValueError, ["ε is nan"]),
    (lambda: learn_two_inputs(x, target, np.ones(2), 0.1), ShapeError, ["(4, 2)", "(4, 1)", "(T,)"]),
    (lambda: backprop(Network(2, 1), x, target[:3], 0.1), ShapeError, ["4 inputs", "3 targets"]),
    (lambda: backprop(Network(3, 1), x, target, 0.1), ShapeError, ["3 input units"]),
    (lambda: backprop(Network(2, 1), x, target, -1), ValueError, ["ε is -1"]),
    (lambda: backprop(Network(2, 1), x, target, "0.1"), ValueError, ["ε is '0.1'"]),
    (lambda: backprop(Network(2, 1), x, [0, 1, 1, 0], 0.1), ShapeError, ["target is (4,)", "target.reshape(-1, 1)"]),
    (lambda: backprop(Network(2, 1), x[:0], target[:0], 0.1), ShapeError, ["at least one"]),
    (lambda: backprop(Network(2, 1), x, target, 0.1, 100), TypeError, ["Stopping(tolerance"]),
])
def test_mistakes_get_a_sentence(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert all(word in str(caught.value) for word in words), caught.value
