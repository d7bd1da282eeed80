"""What is drawn by chance: as it should be distributed, the same from the same seed, and with the gradient where it passes."""

import numpy as np
import pytest

from tinygrad_edu import ShapeError, Value, categorical, check_gradient, gaussian, gaussian_kl, grad


def test_a_reparameterised_sample_has_its_mean_and_its_spread():
    z = gaussian(np.full(200_000, 2.0), np.full(200_000, np.log(9.0)), np.random.default_rng(0))
    assert abs(z.mean() - 2) < 0.03
    assert abs(z.std() - 3) < 0.03


def test_the_gradient_passes_to_mean_and_variance_and_the_noise_is_a_constant():
    mean, log_variance = Value(np.array([1.0, 2.0])), Value(np.array([0.0, 1.0]))
    noise = np.random.default_rng(3).normal(size=2)
    z = gaussian(mean, log_variance, np.random.default_rng(3))
    z.sum().backward()
    np.testing.assert_allclose(mean.grad, [1, 1])
    np.testing.assert_allclose(log_variance.grad, 0.5 * np.exp([0, 0.5]) * noise)


def test_an_action_is_drawn_with_the_probabilities_of_softmax():
    u, generator = np.array([0.0, np.log(3.0), -1000.0]), np.random.default_rng(0)
    counts = np.bincount([categorical(u, generator) for _ in range(20_000)], minlength=3)
    assert abs(counts[1] / counts[0] - 3) < 0.15
    assert counts[2] == 0


@pytest.mark.parametrize("log_variance", [-40.0, -1.0, 0.0, 1e-9, 3.0])
def test_kl_in_closed_form_is_what_drawing_finds(log_variance):
    mean, generator = 0.7, np.random.default_rng(0)
    z = gaussian(np.full(100_000, mean), np.full(100_000, log_variance), generator)
    drawn = 0.5 * (z**2 - (z - mean) ** 2 / np.exp(log_variance) - log_variance)
    assert abs(gaussian_kl([mean], [log_variance]).item() - drawn.mean()) < 4 * drawn.std() / np.sqrt(len(drawn))


def test_kl_is_0_for_the_prior_alone_and_its_gradient_is_right():
    assert gaussian_kl(np.zeros(3), np.zeros(3)).item() == 0
    at = np.random.default_rng(0).normal(size=(2, 2, 3))
    f = lambda mean, log_variance: gaussian_kl(mean, log_variance)  # noqa: E731
    assert check_gradient(f, grad(f, (0, 1)), tuple(at)).verdict == "pass"


@pytest.mark.parametrize("wrong", [
    lambda: gaussian(np.zeros(2), np.zeros(3), np.random.default_rng(0)), lambda: gaussian_kl(np.zeros(2), np.zeros((2, 1))),
])
def test_a_mean_without_its_variance_is_refused(wrong):
    with pytest.raises(ShapeError):
        wrong()
