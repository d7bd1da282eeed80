"""An output activation and an error that do not belong together are refused where they meet."""

from functools import partial

import numpy as np
import pytest

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.optimizer import GradientDescent
from tinygrad_edu.network.error import binary_cross_entropy, cross_entropy, half_squared_error
from tinygrad_edu.network.layer import Network

rng = np.random.default_rng(0)
x, labels = rng.normal(size=(8, 2)), np.arange(8) % 2
rows = np.eye(2)[labels]
ERRORS = {
    "cross_entropy": (cross_entropy, rows),
    "labels": (cross_entropy, labels),
    "binary": (binary_cross_entropy, rows),
    "in part": (partial(cross_entropy, mean=True), rows),
    "binary in part": (partial(binary_cross_entropy, mean=True), rows),
    "in a function": (lambda y, target: cross_entropy(y, target) + 0.0, labels),
    "the operation": (lambda y, target: ops.cross_entropy(y, target), labels),
    "the binary operation": (
        lambda y, target: ops.binary_cross_entropy_with_logits(y, target),
        rows,
    ),
    "written out": (lambda y, target: -(ops.log_softmax(y) * target).sum(), rows),
    "binary written out": (lambda y, target: -(ops.log_sigmoid(y) * target).sum(), rows),
    "between bounds": (lambda y, target: binary_cross_entropy(y.clip(1e-7, 0.999), target), rows),
    "from below": (lambda y, target: binary_cross_entropy(np.maximum(y, 1e-7), target), rows),
    "twice": (
        lambda y, target: binary_cross_entropy(
            ops.concatenate([y, y]), np.concatenate([target, target])
        ),
        rows,
    ),
    "stacked": (lambda y, target: binary_cross_entropy(ops.stack([y]), target[None]), rows),
    "of a sigmoid": (lambda y, target: -(target * np.log(ops.sigmoid(y))).sum(), rows),
    "of a softmax": (lambda y, target: -(target * np.log(ops.softmax(y, axis=1))).sum(), rows),
    "reshaped": (
        lambda y, target: ops.binary_cross_entropy_with_logits(y.ravel(), target.ravel()),
        rows,
    ),
}
errors = pytest.mark.parametrize(("error", "target"), ERRORS.values(), ids=ERRORS)
MEETINGS = {
    "fit": lambda network, error, target: fit(
        network, x, target, GradientDescent(0.1), error=error, epochs=2
    ),
    "held out": lambda network, error, target: fit(
        network, x, target, GradientDescent(0.1), error=error, epochs=2, validation=0.25
    ),
    "mini-batches": lambda network, error, target: fit(
        network, x, target, GradientDescent(0.1), error=error, epochs=2, batch=3
    ),
    "ErrorSurface": lambda network, error, target: ErrorSurface(network, x, target, error),
}
meetings = pytest.mark.parametrize("meet", MEETINGS.values(), ids=MEETINGS)


@errors
@meetings
@pytest.mark.parametrize("output", ["sigmoid", "tanh", "relu"])
def test_activated_outputs_and_an_error_that_takes_logits_are_refused(meet, error, target, output):
    network = Network(2, 2, output=output)
    before = network.weights[0].copy()
    with pytest.raises(ValueError, match=f"Drop the {output}: in a Network, output='linear'"):
        meet(network, error, target)
    np.testing.assert_array_equal(network.weights[0], before)


@errors
@meetings
def test_linear_outputs_are_taken_by_all_of_them(meet, error, target):
    meet(Network(2, 3, 2, hidden="tanh"), error, target)


@meetings
@pytest.mark.parametrize("output", ["linear", "sigmoid", "tanh", "relu"])
def test_the_squared_error_takes_any_outputs(meet, output):
    meet(Network(2, 2, output=output), half_squared_error, rows)


def test_targets_that_do_not_belong_to_the_error_are_refused_before_anything_is_learnt():
    for error, target, words in (
        (binary_cross_entropy, 2 * rows, "between 0 and 2"),
        (binary_cross_entropy, -rows, "between -1"),
        (cross_entropy, -rows, "shares of the classes"),
        (cross_entropy, labels + 1, "from 0 to 1"),
    ):
        network = Network(2, 2)
        before = network.weights[0].copy()
        with pytest.raises(ValueError, match=words):
            fit(network, x, target, GradientDescent(0.1), error=error)
        np.testing.assert_array_equal(network.weights[0], before)


def test_a_history_of_linear_outputs_is_not_gone_on_with_activated_ones():
    history = fit(
        Network(2, 2), x, rows, GradientDescent(0.1), error=binary_cross_entropy, epochs=2
    )
    with pytest.raises(ValueError, match="Drop the sigmoid"):
        fit(
            Network(2, 2, output="sigmoid"),
            x,
            rows,
            GradientDescent(0.1),
            error=binary_cross_entropy,
            epochs=4,
            resume=history,
        )


def test_logits_between_bounds_or_scaled_are_logits():
    for logits in (lambda y: y.clip(-20, 20), lambda y: 10 * np.tanh(y), lambda y: y / 2):
        error = lambda y, target, logits=logits: cross_entropy(logits(y), target)  # noqa: E731
        assert fit(Network(2, 2), x, rows, GradientDescent(0.1), error=error, epochs=2).E
