"""E over all weights in one vector: its values, its gradient against differences, its curvature against closed forms."""

import numpy as np
import pytest

from tinygrad_edu.learning.descent import backprop
from tinygrad_edu.learning.error_surface import ErrorSurface, _highest
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.network.error import cross_entropy, half_squared_error, weight_decay
from tinygrad_edu.network.layer import Network

rng = np.random.default_rng(0)
x, target = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))


@pytest.fixture
def surface():
    return ErrorSurface(Network(3, 4, 2, bias=True, seed=2), x, target, decay=0.3)


def test_it_is_the_networks_own_error_where_the_network_is(surface):
    network = surface.network
    E = half_squared_error(network(x), target) + weight_decay([layer.w for layer in network.layers], 0.3)
    assert surface(surface.weights) == pytest.approx(E.item(), rel=1e-14)
    E.backward()
    np.testing.assert_allclose(surface.gradient(surface.weights), surface.joined([w.grad for w in network.parameters]), rtol=1e-12)


def test_splitting_undoes_joining_and_the_network_is_not_changed(surface):
    before = [w.data for w in surface.network.parameters]
    surface(surface.weights + 1.0)
    for ours, theirs, now in zip(surface.split(surface.weights), before, surface.network.parameters, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert now.data is theirs


def test_its_hessian_is_that_of_differences(surface):
    w, h = surface.weights, 1e-5
    by_difference = np.array([(surface.gradient(w + h * e) - surface.gradient(w - h * e)) / (2 * h) for e in np.eye(len(w))])
    np.testing.assert_allclose(surface.hessian(w), by_difference, atol=1e-8)
    np.testing.assert_allclose(surface.eigenvalues(w), np.linalg.eigvalsh(by_difference), atol=1e-7)


def test_power_iteration_finds_the_ends_of_the_spectrum(surface):
    eigenvalues = surface.eigenvalues(surface.weights)
    assert surface.highest_eigenvalue(surface.weights, tolerance=1e-6) == pytest.approx(eigenvalues[-1], rel=1e-6)
    assert surface.lowest_eigenvalue(surface.weights, tolerance=1e-6, most=5000) == pytest.approx(eigenvalues[0], rel=1e-3)


@pytest.mark.parametrize(("diagonal", "highest"), [([1, 2, 3], 3), ([-5, 1, 2], 2), ([-5, -3, -1], -1), ([0, 0], 0), ([-1, 1], 1)])
def test_the_highest_eigenvalue_is_found_also_below_larger_negative_ones(diagonal, highest):
    D = np.diag(np.array(diagonal, float))
    assert _highest(lambda v: D @ v, len(D), tolerance=1e-8, most=5000) == pytest.approx(highest, abs=1e-4)


def test_one_weight_is_stable_below_two_over_x_squared():
    surface = ErrorSurface(Network(1, 1, weights=[[[0.4]]]), [[0.8]], [[0.2]])
    assert surface.largest_stable_epsilon() == pytest.approx(3.125)


def test_a_linear_network_diverges_just_above_the_limit_and_not_just_below():
    learns = {}
    for factor in (0.99, 1.01):
        network = Network(3, 2, seed=1)
        limit = ErrorSurface(network, x, target).largest_stable_epsilon()
        E = backprop(network, x, target, factor * limit, Stopping(0.0, 2000)).E
        learns[factor] = E[-1] < E[0]
    assert learns == {0.99: True, 1.01: False}


def test_any_error_can_be_looked_at():
    labels = rng.integers(2, size=6)
    surface = ErrorSurface(Network(3, 2, seed=1), x, labels, error=cross_entropy)
    assert surface.eigenvalues(surface.weights)[0] > -1e-12  # cross-entropy of a linear network is convex


def test_where_nothing_curves_up_any_epsilon_is_stable():
    surface = ErrorSurface(Network(1, 1, weights=[[[1.0]]]), [[0.0]], [[1.0]])
    assert surface.largest_stable_epsilon() == np.inf
