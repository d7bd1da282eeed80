"""Each output meets its own target: one rule for every error, wherever targets come in."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.learning.descent import backprop, learn_one_association, learn_two_inputs
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.optimizer import GradientDescent
from tinygrad_edu.learning.stopping import EarlyStopping, Stopping
from tinygrad_edu.network.error import binary_cross_entropy, cross_entropy, half_squared_error
from tinygrad_edu.network.layer import Network

x = np.array([[0.0], [1.0], [2.0], [3.0]])
target = np.array([[0.0], [2.0], [4.0], [6.0]])
OWN = {
    "squared": lambda y, target: ((y - target) ** 2).sum(),
    "absolute": lambda y, target: abs(y - target).sum(),
    "mean": lambda y, target: ((y - target) ** 2).mean(),
    "the other way round": lambda y, target: ((target - y) ** 2).sum(),
    "product": lambda y, target: (y * y - 2 * y * target).sum(),
    "hinge": lambda y, target: ops.maximum(0.0, 1 - target * y).sum(),
    "ours": half_squared_error,
    "ours, in a function": lambda y, target: half_squared_error(y, target),
    "ours, in part": partial(half_squared_error),
    "yes or no": lambda y, target: binary_cross_entropy(y, target / 6),
}
errors = pytest.mark.parametrize("error", OWN.values(), ids=OWN)
OTHER = {
    "(T,)": target.ravel(),
    "a list": [0, 2, 4, 6],
    "(1, T)": target.T,
    "(T, 2)": np.hstack([target, target]),
    "a scalar": 2.0,
    "(T, 1, 1)": target[:, :, None],
    "(1,)": [2.0],
    "a Series": pd.Series([0.0, 2.0, 4.0, 6.0]),
    "an empty list": [],
    "(0, 1)": np.zeros((0, 1)),
}
others = pytest.mark.parametrize("other", OTHER.values(), ids=OTHER)


def small(w=-0.5):
    return Network(1, 1, weights=[[[w]]])


@errors
@others
def test_targets_of_another_shape_are_refused_by_every_error(error, other):
    with pytest.raises(ShapeError):
        fit(small(), x, other, GradientDescent(0.01), error=error)
    with pytest.raises(ShapeError):
        ErrorSurface(small(), x, other, error)
    with pytest.raises(ShapeError):
        fit(small(), x, target, GradientDescent(0.01), error=error, validation=(x, other))
    with pytest.raises(ShapeError):
        fit(
            small(),
            x,
            target,
            GradientDescent(0.01),
            error=error,
            validation=(x, other),
            early_stopping=EarlyStopping(3),
        )
    with pytest.raises(ShapeError):
        fit(small(), x, other, GradientDescent(0.01), error=error, validation=0.25, batch=2)


@others
def test_the_slides_algorithms_refuse_them_too(other):
    with pytest.raises(ShapeError) as caught:
        backprop(small(), x, other, 0.01)
    assert "(1, 1)" not in str(caught.value)  # all the associations, and not those of one step


def test_the_sentence_says_what_y_minus_target_would_be_and_what_to_write():
    with pytest.raises(ShapeError) as caught:
        fit(small(), x, [0, 2, 4, 6], GradientDescent(0.01), error=OWN["squared"])
    for words in ("(4, 1)", "(4,)", "y - target would be (4, 4)", "np.reshape(target, (-1, 1))"):
        assert words in str(caught.value)


def test_the_repair_that_the_sentence_gives_works_for_a_list_and_for_a_series():
    for given in ([0, 2, 4, 6], pd.Series([0, 2, 4, 6])):
        history = fit(
            small(), x, np.reshape(given, (-1, 1)), GradientDescent(0.01), error=OWN["squared"]
        )
        assert history.network.weights[0].item() == pytest.approx(2.0, abs=1e-4)
        assert history.E[-1] == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize(
    "kind", [np.asarray, np.ndarray.tolist, pd.DataFrame], ids=["array", "list", "DataFrame"]
)
def test_targets_of_the_outputs_shape_are_learnt_whatever_holds_them(kind):
    history = fit(small(), kind(x), kind(target), GradientDescent(0.01), error=OWN["squared"])
    assert history.network.weights[0].item() == pytest.approx(2.0, abs=1e-4)


STRETCHED_INSIDE = {
    "outputs in one row": lambda y, target: ((y.ravel() - target) ** 2).sum(),
    "a column of outputs": lambda y, target: ((y[:, 0] - target) ** 2).sum(),
    "targets in one row": lambda y, target: ((y - target.ravel()) ** 2).sum(),
    "targets squeezed": lambda y, target: ((y - np.squeeze(target)) ** 2).sum(),
    "targets transposed": lambda y, target: abs(y - target.T).sum(),
    "scaled": lambda y, target: ((y - (2 * target.ravel() - 1)) ** 2).sum(),
    "where": lambda y, target: ops.where(target.ravel() > 1, y, -y).sum(),
    "hinge": lambda y, target: ops.maximum(0.0, 1 - target.ravel() * y).sum(),
}


@pytest.mark.parametrize("error", STRETCHED_INSIDE.values(), ids=STRETCHED_INSIDE)
def test_an_error_that_pairs_each_output_with_all_targets_is_refused(error):
    for make in (
        lambda: fit(small(), x, target, GradientDescent(0.001), error=error),
        lambda: ErrorSurface(small(), x, target, error),
    ):
        with pytest.raises(ShapeError, match=r"meets all 4 targets"):
            make()


def test_errors_that_compare_outputs_among_themselves_or_weigh_them_are_not():
    weights = np.array([[1.0], [2.0], [0.5], [1.0]])
    for error in (
        lambda y, target: ((y - y.T) ** 2).sum() + ((y - target) ** 2).sum(),
        lambda y, target: (weights * (y - target) ** 2).sum(),
        lambda y, target: ((y - target) ** 2 * np.array([1.0])).sum(),
    ):
        assert fit(small(), x, target, GradientDescent(1e-4), error=error, epochs=3).stop_epoch == 3


# -- labels ----------------------------------------------------------------------------------------

plane = np.random.default_rng(0).normal(size=(12, 2))


def own_labels(u, labels):
    return -ops.log_softmax(u)[np.arange(len(labels)), labels.astype(int)].sum()


LABELLED = {
    "cross_entropy": cross_entropy,
    "the operation": lambda u, labels: ops.cross_entropy(u, labels, mean=False),
    "in part": partial(cross_entropy, mean=False),
    "one's own": own_labels,
}


@pytest.mark.parametrize("error", LABELLED.values(), ids=LABELLED)
@pytest.mark.parametrize("T", [1, 2, 3, 4, 12])  # 3 is the number of classes
@pytest.mark.parametrize("shape", ["(T,)", "(T, 1)"])
def test_labels_are_taken_by_every_error_that_has_a_use_for_them(error, T, shape):
    labels = np.arange(T) % 3
    network, expected = (Network(2, 3, seed=1) for _ in range(2))
    given = labels if shape == "(T,)" else labels[:, None]
    for options in ({}, {"batch": 1}, {"batch": 3}):
        history = fit(
            network, plane[:T], given, GradientDescent(0.1), error=error, epochs=4, **options
        )
        other = fit(
            expected,
            plane[:T],
            np.eye(3)[labels],
            GradientDescent(0.1),
            error=cross_entropy,
            epochs=4,
            **options,
        )
        np.testing.assert_allclose(history.E, other.E, rtol=1e-12)


@pytest.mark.parametrize("T", [1, 2, 3, 4, 12])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize(
    "error",
    [
        OWN["squared"],
        OWN["absolute"],
        half_squared_error,
        OWN["mean"],
        lambda y, target: ((y - 2 * target) ** 2).sum(),
    ],
)
def test_labels_are_not_taken_for_targets_of_several_units(error, shape, T):
    labels = (np.arange(T) % 3).reshape(shape)
    with pytest.raises(ShapeError):
        fit(Network(2, 3), plane[:T], labels, GradientDescent(0.01), error=error)


@pytest.mark.parametrize("T", [3, 4])
def test_numbers_that_are_no_labels_are_not_paired_with_several_units(T):
    for column in ([0.5] * T, [3] * T, [-1] * T):
        with pytest.raises((ShapeError, ValueError)):
            fit(Network(2, 3), plane[:T], column, GradientDescent(0.01), error=OWN["squared"])
        with pytest.raises(ValueError, match="labels"):
            fit(Network(2, 3), plane[:T], column, GradientDescent(0.01), error=cross_entropy)


# -- the slides' algorithms ------------------------------------------------------------------------


def test_the_algorithms_of_one_unit_take_one_target_per_association():
    plane_target = plane @ [1.0, -2.0]
    assert learn_two_inputs(plane, plane_target, [0.0, 0.0], 0.05).weights[-1] == pytest.approx(
        [1.0, -2.0], abs=1e-5
    )
    for other in (plane_target[:, None], plane_target[None], plane_target[:3], 1.0):
        with pytest.raises(ShapeError):
            learn_two_inputs(plane, other, [0.0, 0.0], 0.05)
    for numbers in (([0.8], 0.2, 0.4), (0.8, [0.2, 0.3], 0.4), (0.8, 0.2, [[0.4]])):
        with pytest.raises(ShapeError, match="one number"):
            learn_one_association(*numbers, 0.5)
    assert learn_one_association(np.float64(0.8), np.array(0.2), 1, 0.5, Stopping(1e-8)).converged


def test_targets_in_a_value_are_paired_like_others():
    with pytest.raises(ShapeError, match="each output meets all 4 targets"):
        fit(small(), x, target, GradientDescent(0.01),
            error=lambda y, target: ((y - Value(target.ravel())) ** 2).sum())


@pytest.mark.parametrize("options", [{}, {"batch": 3}, {"validation": 0.25}])
def test_labels_are_an_index_in_an_error_of_ones_own(options):
    def error(y, labels):
        return -ops.log_softmax(y, axis=1)[np.arange(len(labels)), labels].sum()

    inputs, labels = np.linspace(-1, 1, 8)[:, None], np.arange(8) // 4
    history, theirs = (
        fit(Network(1, 2), inputs, labels, GradientDescent(0.1), error=one, epochs=5, **options)
        for one in (error, cross_entropy)
    )
    np.testing.assert_allclose(history.E, theirs.E)
    assert str(history.verdict) == str(theirs.verdict)
