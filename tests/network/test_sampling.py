"""What is drawn by chance: as it should be distributed, the same from the same seed, and with the gradient where it passes."""

import numpy as np
import pytest

from tinygrad_edu import (
    DTypeError,
    ShapeError,
    Value,
    categorical,
    check_gradient,
    dropout,
    gaussian,
    gaussian_kl,
    grad,
)
from tinygrad_edu.autodiff.value import plain


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


def chi_square(logits, counts):
    """Pearson's statistic of counts against softmax(logits), both (..., K)."""
    expected = np.exp(logits - logits.max(axis=-1, keepdims=True))
    expected *= counts.sum(axis=-1, keepdims=True) / expected.sum(axis=-1, keepdims=True)
    possible = expected > 0
    assert not counts[~possible].any()  # -inf is never drawn
    return float((((counts - expected) ** 2)[possible] / expected[possible]).sum())


@pytest.mark.parametrize("kind", [np.float64, np.float32, Value, list])
@pytest.mark.parametrize("shape", [(2,), (1, 2), (5, 2), (1, 1, 3), (2, 3, 4), (7, 1)])
def test_each_row_of_logits_is_drawn_by_its_own_probabilities(shape, kind):
    logits, generator = np.random.default_rng(1).normal(size=shape), np.random.default_rng(2)
    given = logits.tolist() if kind is list else kind(logits)
    drawn = np.array([categorical(given, generator) for _ in range(2000)])
    assert drawn.shape == (2000, *shape[:-1])
    assert drawn.dtype.kind == "i"
    counts = (drawn[..., None] == np.arange(shape[-1])).sum(axis=0)
    freedom = logits.size - logits.size // shape[-1]
    assert chi_square(logits, counts) < freedom + 4 * np.sqrt(2 * freedom) + 1e-9


def test_a_row_of_a_batch_does_not_depend_on_its_neighbour():
    generator = np.random.default_rng(0)
    pairs = categorical(np.zeros((4000, 2, 2)), generator)
    counts = np.bincount(2 * pairs[:, 0] + pairs[:, 1], minlength=4)
    assert chi_square(np.zeros(4), counts) < 3 + 4 * np.sqrt(6)


def test_a_logit_of_minus_infinity_is_never_drawn_in_any_row():
    logits = np.array([[-np.inf, 0.0, 1.0], [0.0, -np.inf, -np.inf], [1e308, -1e308, -np.inf]])
    generator = np.random.default_rng(0)
    drawn = np.array([categorical(logits, generator) for _ in range(500)])
    assert set(drawn[:, 0]) == {1, 2}
    assert set(drawn[:, 1]) == set(drawn[:, 2]) == {0}


def test_one_row_draws_the_same_classes_as_a_plain_vector():
    u = np.array([0.3, -1.0, 0.2])
    one, row = np.random.default_rng(5), np.random.default_rng(5)
    assert type(categorical(u, one)) is int
    assert [categorical(u,
        one) for _ in range(20)] == [int(categorical(u[None], row)[0]) for _ in range(21)][1:]
    assert categorical(np.zeros((0, 3)), one).shape == (0,)


@pytest.mark.parametrize(("logits", "kind", "says"), [
    ([0.0, np.nan], ValueError, "largest logit is nan"),
    ([0.0, np.inf], ValueError, "largest logit is inf"),
    ([-np.inf, -np.inf], ValueError, "largest logit is -inf"),
    ([[0.0, 1.0], [-np.inf, -np.inf]], ValueError, "largest logit is -inf"),
    ([[0.0, 1.0], [np.nan, -np.inf]], ValueError, "largest logit is nan"),
    (0.0, ShapeError, "the logits are ()"),
    (np.zeros((2, 0)), ShapeError, "the logits are (2, 0)"), ([0.0, 1j], DTypeError, "complex"),
    ("ab", DTypeError, "'ab'"),
    ([Value(0.0), Value(1.0)], DTypeError, "stack"),
    (np.ma.masked_less([0.0, 1.0], 0.5), DTypeError, "masked"),
])
def test_logits_without_probabilities_are_refused_and_nothing_is_drawn(logits, kind, says):
    generator = np.random.default_rng(0)
    with pytest.raises(kind) as caught:
        categorical(logits, generator)
    assert says in str(caught.value)
    assert generator.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("generator", [0, None, np.random.RandomState(0), np.random])
def test_a_seed_is_not_a_generator(generator):
    with pytest.raises(TypeError, match=r"np\.random\.default_rng\(0\)"):
        categorical([0.0, 1.0], generator)
    with pytest.raises(TypeError, match=r"np\.random\.default_rng\(0\)"):
        gaussian([0.0, 1.0], [0.0, 1.0], generator)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 2), (2, 3)])
@pytest.mark.parametrize("kind", [np.float64, np.float32, Value, np.ndarray.tolist])
def test_every_entry_of_a_sample_has_noise_of_its_own_and_the_dtype_stays(shape, kind):
    zeros = kind(np.zeros(shape))
    z = gaussian(zeros, zeros, np.random.default_rng(0))
    numbers = np.asarray(getattr(z, "data", z))
    assert numbers.shape == shape
    assert len(set(numbers.ravel())) == numbers.size
    assert numbers.dtype == (np.float32 if kind is np.float32 else np.float64)


@pytest.mark.parametrize("shape", [(2,), (1, 2), (5, 2), (2, 1, 2)])
@pytest.mark.parametrize("kind", [np.float64, np.float32, Value])
def test_dropout_decides_for_each_entry_alone(shape, kind):
    generator = np.random.default_rng(0)
    dropped = np.array([np.asarray(plain(dropout(kind(np.ones(shape)), 0.5, generator))) == 0
                        for _ in range(2000)])
    assert (abs(dropped.mean(axis=0) - 0.5) < 0.06).all()
    together = np.corrcoef(dropped.reshape(2000, -1).T)
    assert (abs(together - np.eye(len(together))) < 0.1).all()


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
