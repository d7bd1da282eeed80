"""An error that is a mean over associations is learnt, noted and drawn as a mean."""

from functools import partial

import numpy as np
import pytest

from tinygrad_edu.drawing.curves import plot
from tinygrad_edu.drawing.scenes import answers
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import GradientDescent
from tinygrad_edu.network.error import binary_cross_entropy, cross_entropy, half_squared_error
from tinygrad_edu.network.layer import Network

rng = np.random.default_rng(0)
x = rng.normal(size=(40, 2))
target = (x @ [[1.0], [-2.0]] > 0) * 1.0
MEANS = {
    "own": lambda y, target: ((y - target) ** 2).mean(),
    "divided": lambda y, target: half_squared_error(y, target) / len(y),
    "ours": partial(binary_cross_entropy, mean=True),
}
SUMS = {
    "own": lambda y, target: ((y - target) ** 2).sum(),
    "ours": half_squared_error,
    "logits": binary_cross_entropy,
    "for so many alone": lambda y, target: (np.ones((len(x), 1)) * (y - target) ** 2).sum(),
    "with a penalty": lambda y, target: half_squared_error(y, target) + 5.0,
}
means = pytest.mark.parametrize("error", MEANS.values(), ids=MEANS)


def learn(error, epochs=30, epsilon=0.02, network=None, **options):
    network = network or Network(2, 3, 1, bias=True, seed=1)
    return fit(network, x, target, GradientDescent(epsilon), error=error, epochs=epochs, **options)


@means
def test_a_mean_is_told_from_a_sum_by_its_value_on_twice_the_associations(error):
    assert ErrorSurface(Network(2, 1), x, target, error).is_mean()


@pytest.mark.parametrize("error", SUMS.values(), ids=SUMS)
def test_a_sum_is_no_mean(error):
    assert not ErrorSurface(Network(2, 1), x, target, error).is_mean()


@means
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("batch", [1, 7, 20])
def test_over_mini_batches_the_mean_is_noted_and_not_the_sum_of_means(error, decay, batch):
    history = learn(error, decay=decay, batch=batch, epsilon=1e-9)
    whole = learn(error, decay=decay, epsilon=1e-9)
    for name in ("E", "penalty", "gradient_norm"):
        np.testing.assert_allclose(getattr(history, name), getattr(whole, name), rtol=1e-5)


@means
def test_with_mini_batches_weight_decay_of_a_mean_leads_to_the_minimum_of_its_e(error):
    E = [learn(error, decay=0.1, batch=batch, epochs=epochs, epsilon=0.05).E[-1]
         for batch, epochs in ((10, 1000), (None, 4000))]
    assert E[0] == pytest.approx(E[1], rel=0.01)


@means
def test_the_e_of_a_mean_is_drawn_as_it_is(error):
    history = learn(error, validation=0.25)
    training, validation = plot(history).axes[0].lines[:2]
    np.testing.assert_array_equal(training.get_ydata(), history.E)
    np.testing.assert_array_equal(validation.get_ydata(), history.validation)


def test_a_sum_is_drawn_per_association():
    history = learn(half_squared_error, validation=0.25)
    training, validation = plot(history).axes[0].lines[:2]
    np.testing.assert_allclose(training.get_ydata(), np.divide(history.E, 30))
    np.testing.assert_allclose(validation.get_ydata(), np.divide(history.validation, 10))


def test_a_mean_of_ours_is_loaded_as_a_mean_and_not_gone_on_with_as_a_sum(tmp_path):
    mean = partial(cross_entropy, mean=True)
    network = Network(2, 3, 2, bias=True, seed=1)
    fit(network, x, target, GradientDescent(0.1), error=mean, epochs=3).save(tmp_path / "run.npz")
    loaded = History.load(tmp_path / "run.npz")
    E = loaded.error(loaded.network(x), target).item()
    assert pytest.approx(loaded.E[-1]) == E
    again = {"epochs": 5, "resume": loaded}
    assert fit(loaded.network, x, target, GradientDescent(0.1), error=mean, **again).E[-1] < E
    with pytest.raises(ValueError, match="cross_entropy again, with mean=True"):
        fit(loaded.network, x, target, GradientDescent(0.1), error=cross_entropy, **again)


def test_the_answers_of_logits_are_their_states_for_a_mean_too():
    frames = [answers(learn(error, epochs=1, epsilon=1e-9), frames=1) for error in
              (binary_cross_entropy, partial(binary_cross_entropy, mean=True))]
    pictures = [frame.paper.axes[0].images[0].get_array() for frame in frames]
    np.testing.assert_allclose(*pictures, atol=1e-6)
