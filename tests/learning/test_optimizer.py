"""Optimizers: one step each by hand, and what they remember."""

import numpy as np
import pytest

from tinygrad_edu.learning.optimizer import Adam, GradientDescent, Momentum

g = [np.array([[2.0, -1.0]]), np.array([0.5])]


def steps(optimizer, gradients, n):
    memory, changes = optimizer.start(gradients), []
    for _ in range(n):
        change, memory = optimizer.step(gradients, memory)
        changes.append(change)
    return changes


def test_gradient_descent_steps_by_minus_epsilon_times_the_gradient():
    for change in steps(GradientDescent(0.1), g, 2):
        np.testing.assert_array_equal(change[0], [[-0.1 * 2.0, 0.1]])
        np.testing.assert_array_equal(change[1], [-0.05])


def test_momentum_adds_a_share_of_the_last_step_and_on_a_steady_slope_becomes_ten_times_as_fast():
    first, second, *_, last = steps(Momentum(0.1, 0.9), g, 300)
    np.testing.assert_allclose(first[1], [-0.05])
    np.testing.assert_allclose(second[1], [-0.05 * 1.9])
    np.testing.assert_allclose(last[1], [-0.5])


def test_momentum_of_0_is_gradient_descent():
    for ours, theirs in zip(steps(Momentum(0.1, 0.0), g, 3), steps(GradientDescent(0.1), g, 3), strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_adam_steps_by_epsilon_on_a_steady_slope_of_any_size(scale):
    for change in steps(Adam(0.01), [scale * gradient for gradient in g], 50):
        np.testing.assert_allclose(change[0], [[-0.01, 0.01]], rtol=1e-4)


def test_adam_follows_the_algorithm_of_the_paper():
    rng, memory, m, v = np.random.default_rng(0), Adam(0.01).start(g), np.zeros(1), np.zeros(1)
    for t in range(1, 20):
        gradient = rng.normal(size=1)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        (_, change), memory = Adam(0.01).step([g[0], gradient], memory)
        np.testing.assert_allclose(change, -0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), rtol=1e-12)


def test_a_step_changes_nothing_in_place():
    for optimizer in (Momentum(0.1), Adam(0.1)):
        memory = optimizer.start(g)
        optimizer.step(g, memory)
        assert all(not np.any(item) for part in memory for item in part)


@pytest.mark.parametrize("mistake", [
    lambda: GradientDescent(0), lambda: GradientDescent(-0.1), lambda: Momentum(float("nan")), lambda: Adam(float("inf")),
    lambda: GradientDescent("0.1"), lambda: GradientDescent(True),
])
def test_an_epsilon_that_is_not_above_0_is_refused(mistake):
    with pytest.raises(ValueError, match="learning rate is a number above 0"):
        mistake()


@pytest.mark.parametrize(("mistake", "name"), [(lambda: Momentum(0.1, 1.0), "μ"), (lambda: Adam(0.1, beta_2=-0.1), "β2")])
def test_a_memory_that_never_fades_is_refused(mistake, name):
    with pytest.raises(ValueError, match=name):
        mistake()
