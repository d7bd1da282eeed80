"""Each worked number and each claim of the slides for sections 1-5, and those of READING.md, without the lecture's help."""

import numpy as np
import pytest

from tinygrad_edu import Value, grad, hessian, sigmoid
from tinygrad_edu.learning.descent import backprop, learn_one_association, learn_two_inputs
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.network import delta
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network

x, target = 0.8, 0.2


def E_of(w):
    return 0.5 * (w * x - target) ** 2


# -- section 1 -------------------------------------------------------------------------------------------------------


def test_the_worked_numbers_of_the_simplest_network():
    w = Value(0.4, name="w")
    y = w * x
    E = 0.5 * (y - target) ** 2
    E.backward()
    assert (y.data, y.grad, E.data, w.grad) == pytest.approx((0.32, 0.12, 0.0072, 0.096), rel=1e-14)


def test_the_optimal_weight_is_a_quarter_and_has_no_slope():
    assert grad(E_of)(0.25) == pytest.approx(0, abs=1e-16)
    assert E_of(0.25) == pytest.approx(0, abs=1e-30)


def test_the_chord_nears_the_tangent():
    gaps = [abs((E_of(0.4 + h) - E_of(0.4)) / h - grad(E_of)(0.4)) for h in (0.4, 0.2, 0.1, 0.05)]
    np.testing.assert_allclose(np.divide(gaps[:-1], gaps[1:]), 2, rtol=1e-9)


@pytest.mark.parametrize(("w", "sign"), [(0.4, 1), (0.1, -1), (-3.0, -1)])
def test_the_sign_of_the_gradient_says_which_way_is_up(w, sign):
    assert np.sign(grad(E_of)(w)) == sign
    assert E_of(w - 0.01 * sign) < E_of(w)


def test_the_size_of_the_gradient_is_the_steepness():
    assert abs(grad(E_of)(1.0)) > abs(grad(E_of)(0.5)) > abs(grad(E_of)(0.3))


def test_the_error_in_w_shrinks_by_one_minus_064_epsilon_a_step():
    weights = np.array(learn_one_association(x, target, 0.4, 0.5).weights) - 0.25
    np.testing.assert_allclose(weights[1:6] / weights[:5], 1 - 0.64 * 0.5, rtol=1e-12)
    assert learn_one_association(x, target, 0.4, 1.5625).weights[1] == pytest.approx(0.25, abs=1e-15)
    assert not learn_one_association(x, target, 0.4, 3.126, Stopping(cap=1000)).E[-1] < 0.0072


# -- section 2 -------------------------------------------------------------------------------------------------------


def two_inputs(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, 2)), rng.normal(size=2), rng.normal(size=2)


@pytest.mark.parametrize("seed", range(5))
def test_equations_24_to_28_are_the_gradient_of_equation_22(seed):
    x, target, w = two_inputs(seed)
    E = lambda w: 0.5 * ((x @ w - target) ** 2).sum()  # noqa: E731
    np.testing.assert_allclose(delta.two_weights_by_loops(x, w, target), grad(E)(w), rtol=1e-12)
    np.testing.assert_allclose(delta.two_weights(x, w, target), grad(E)(w), rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_minus_the_gradient_is_the_direction_of_steepest_descent(seed):
    x, target, w = two_inputs(seed)
    down = -delta.two_weights(x, w, target)
    down = down / np.linalg.norm(down)
    E = lambda w: 0.5 * ((x @ w - target) ** 2).sum()  # noqa: E731
    angles = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    slopes = [(E(w + 1e-6 * d) - E(w - 1e-6 * d)) / 2e-6 for d in np.stack([np.cos(angles), np.sin(angles)], axis=1)]
    assert (E(w + 1e-6 * down) - E(w - 1e-6 * down)) / 2e-6 <= min(slopes) + 1e-4 * abs(min(slopes))


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_n_weights_learn_n_independent_associations(n):
    rng = np.random.default_rng(n)
    inputs, targets = np.linalg.qr(rng.normal(size=(n, n)))[0], rng.normal(size=n)
    history = learn_two_inputs(inputs, targets, rng.normal(size=n), 0.5, Stopping(1e-10))
    assert history.E[-1] < 1e-18
    np.testing.assert_allclose(history.weights[-1], np.linalg.solve(inputs, targets), atol=1e-9)


def test_a_solution_only_usually_exists():
    history = learn_two_inputs(np.array([[1.0, 0.5], [2.0, 1.0]]), np.array([0.6, 0.5]), np.zeros(2), 0.1, Stopping(1e-9))
    assert history.converged  # |∇E| ≈ 0, and yet nothing was learnt
    assert history.E[-1] > 0.01


def test_gradient_methods_only_go_down_for_small_epsilon():
    x, target, w = two_inputs(1)
    stable = 2 / np.linalg.eigvalsh(hessian(lambda w: 0.5 * ((x @ w - target) ** 2).sum())(w)).max()
    assert np.all(np.diff(learn_two_inputs(x, target, w, 0.9 * stable, Stopping(1e-6, 50)).E) < 0)
    assert learn_two_inputs(x, target, w, 1.1 * stable, Stopping(1e-6, 200)).E[-1] > 1


def test_a_linear_network_follows_the_errors_that_the_slides_author_published():
    """READING.md's reference run: two inputs and a bias unit of state 1, targets equal to the second input."""
    x = np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    history = learn_two_inputs(x, x[:, 1], np.random.RandomState(1).rand(3), 0.2, Stopping(0.0, 20))
    np.testing.assert_allclose(2 * np.array(history.E)[[0, 5, 9, 19]], [0.27105, 0.02697, 0.004682, 7.2e-5], rtol=7e-3)


# -- section 3 -------------------------------------------------------------------------------------------------------


def test_a_4_4_network_is_four_4_1_networks_to_the_last_bit():
    from tinygrad_edu.lecture.four_by_four import learn

    rng = np.random.default_rng(7)
    x, target, w = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=(4, 4))
    one = learn(x, target, w)
    four = np.hstack([learn(x, target[:, k : k + 1], w[:, k : k + 1]) for k in range(4)])
    assert np.array_equal(one, four)
    assert not np.any(one == w)


# -- section 4, on small pictures made here; the photographs are in tests/lecture --------------------------------------


def pictures(side=12):
    rng = np.random.default_rng(0)
    return rng.uniform(size=(2, side * side))


def test_a_noisy_cue_recalls_the_clean_picture_from_zero_but_not_from_a_random_start():
    from tinygrad_edu.lecture.photographs import learn_from, rms

    x, rng = pictures(), np.random.default_rng(1)
    I = x.shape[1]
    cue = x + rng.normal(scale=0.3, size=x.shape)
    clean = rms(cue @ learn_from(np.zeros((I, I)), x, 60) - x)
    spoilt = rms(cue @ learn_from(rng.normal(scale=I**-0.5, size=(I, I)), x, 60) - x)
    assert clean < 0.06
    assert spoilt > 0.2


def test_learning_changes_the_weights_only_in_the_span_of_the_pictures():
    from tinygrad_edu.lecture.photographs import learn_from

    x = pictures()
    I = x.shape[1]
    start = np.random.default_rng(2).normal(size=(I, I))
    change = learn_from(start.copy(), x, 30) - start
    outside = np.eye(I) - x.T @ np.linalg.solve(x @ x.T, x)
    assert np.abs(outside @ change).max() < 1e-9
    assert np.abs(change).max() > 1e-3


# -- section 5 -------------------------------------------------------------------------------------------------------


def test_the_sigmoid_and_its_slope():
    assert sigmoid(0.0) == 0.5
    for u in np.linspace(-8, 8, 33):
        y = float(delta.sigmoid(np.array(u)))
        assert grad(sigmoid)(float(u)) == pytest.approx(y * (1 - y), rel=1e-9)
        assert 0 < y < 1
        assert y * (1 - y) <= 0.25


def test_deltas_shrink_layer_by_layer_under_a_quarter():
    network = Network(3, 4, 4, 4, 1, seed=0)
    half_squared_error(network(np.ones((2, 3))), np.zeros((2, 1))).backward()
    for layer, following in zip(network.layers, network.layers[1:], strict=False):
        blame = np.abs(following.delta) @ np.abs(following.w.data).T
        assert np.all(np.abs(layer.delta) <= 0.25 * blame + 1e-15)


def test_delta_is_output_minus_target_only_for_linear_outputs():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(4, 3)), rng.uniform(size=(4, 2))
    for output in ("linear", "sigmoid"):
        network = Network(3, 4, 2, output=output, seed=1)
        y = network(x)
        half_squared_error(y, target).backward()
        plain = y.data - target
        right = plain if output == "linear" else plain * y.data * (1 - y.data)
        np.testing.assert_allclose(network.layers[-1].delta, right, rtol=1e-12)


def test_xor_is_learnt_with_hidden_units_and_not_without():
    x, target = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    network = Network(2, 2, 1, bias=True, seed=1)
    assert backprop(network, x, target, 0.3, Stopping(1e-3, 2000)).E[-1] < 1e-3
    assert np.array_equal(network(x).data > 0.5, target > 0.5)
    assert backprop(Network(2, 1, bias=True), x, target, 0.3, Stopping(1e-9, 1000)).E[-1] == pytest.approx(0.5)


def test_xor_follows_the_errors_that_the_slides_author_published():
    """READING.md's reference run. His bias units have state -1, so our biases start at minus his bias weights; he prints
    the first error before learning and then counts passes from 1."""
    rng = np.random.RandomState(1)
    w_hidden, w_out = rng.rand(3, 2), rng.rand(3, 1)
    network = Network(2, 2, 1, weights=[w_hidden[:2], w_out[:2]], biases=[-w_hidden[2], -w_out[2]])
    x, target = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    history = backprop(network, x, target, 0.1, Stopping(0.0, 3001), keep_weights=False)
    distance = np.sqrt(2 * np.array(history.E))  # ‖target - y‖
    np.testing.assert_allclose(distance[[0, 99, 499, 999, 1499, 1999]], [1.5532, 1.0015, 0.9846, 0.8960, 0.5804, 0.0454], atol=6e-5)
    np.testing.assert_allclose(distance[2999], 3.33e-5, atol=6e-8)
