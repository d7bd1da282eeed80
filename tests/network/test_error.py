"""The errors E: sums over associations, right far out, and against their definitions."""

import numpy as np
import pandas as pd
import pytest

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.derivatives import grad, hessian
from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.network.error import binary_cross_entropy, cross_entropy, half_squared_error, weight_decay
from tinygrad_edu.network.layer import Network

u = np.array([[0.3, -1.2, 2.0], [0.0, 0.0, 0.0]])
target = np.array([[0.0, 0.0, 1.0], [0.2, 0.3, 0.5]])
ERRORS = [half_squared_error, cross_entropy, binary_cross_entropy]


def test_cross_entropy_is_minus_the_sum_of_target_times_ln_y():
    y = np.exp(u) / np.exp(u).sum(axis=1, keepdims=True)
    assert cross_entropy(u, target).item() == pytest.approx(-(target * np.log(y)).sum(), rel=1e-14)


def test_labels_stand_for_rows_with_one_1():
    assert cross_entropy(u, [2, 0]).item() == cross_entropy(u, np.eye(3)[[2, 0]]).item() == cross_entropy(u, [[2], [0]]).item()


def test_cross_entropy_takes_targets_of_any_weight():
    v = Value(u)
    E = cross_entropy(v, 3 * target)
    E.backward()
    assert E.item() == pytest.approx(3 * cross_entropy(u, target).item(), rel=1e-14)
    np.testing.assert_allclose(v.grad, 3 * (np.exp(u) / np.exp(u).sum(axis=1, keepdims=True) - target), rtol=1e-12)


def test_binary_cross_entropy_is_the_cross_entropy_of_yes_and_no():
    y = 1 / (1 + np.exp(-u))
    expected = -(target * np.log(y) + (1 - target) * np.log(1 - y)).sum()
    assert binary_cross_entropy(u, target).item() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_a_sum_over_associations_not_a_mean(error):
    assert error(np.vstack([u, u]), np.vstack([target, target])).item() == pytest.approx(2 * error(u, target).item(), rel=1e-14)


@pytest.mark.parametrize("far", [1e4, 1e300])
def test_far_out_the_cross_entropies_and_their_slopes_are_finite_and_right(far):
    for error, u, target, E, slope in [
        (cross_entropy, [[far, 0.0]], [[0.0, 1.0]], far, [[1.0, -1.0]]),
        (cross_entropy, [[far, 0.0]], [[1.0, 0.0]], 0.0, [[0.0, 0.0]]),
        (cross_entropy, [[-far, -far]], [[0.5, 0.5]], np.log(2), [[0.0, 0.0]]),
        (binary_cross_entropy, [[far]], [[0.0]], far, [[1.0]]),
        (binary_cross_entropy, [[-far]], [[0.0]], 0.0, [[0.0]]),
    ]:
        v = Value(u)
        found = error(v, target)
        found.backward()
        assert found.item() == pytest.approx(E, rel=1e-3)
        np.testing.assert_array_equal(v.grad, slope)


def test_weight_decay_is_half_lambda_times_the_sum_of_squares():
    assert weight_decay([np.array([[1.0, -2.0]]), np.array([[3.0]])], 0.1) == pytest.approx(0.5 * 0.1 * 14)


@pytest.mark.parametrize(("mistake", "kind", "words"), [
    (lambda: cross_entropy(u[:, :1], target[:, :1]), ShapeError, ["(2, 1)", "binary_cross_entropy"]),
    (lambda: cross_entropy(u, [2, 3]), ValueError, ["from 0 to 2", "3"]),
    (lambda: cross_entropy(u, [2, 0.5]), ValueError, ["0.5"]),
    (lambda: cross_entropy(u, [2, 0, 1]), ShapeError, ["(2, 3)", "(3,)"]),
    (lambda: binary_cross_entropy(u, 2 * np.eye(3)[:2]), ValueError, ["between 0 and 2"]),
    (lambda: binary_cross_entropy(u, [1, 0]), ShapeError, ["(2, 3)", "(2,)"]),
])
def test_mistakes_get_a_sentence(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert all(word in str(caught.value) for word in words), caught.value


def test_the_mean_is_the_sum_divided_by_the_number_of_associations():
    u, rows = np.random.default_rng(0).normal(size=(4, 3)), np.eye(3)[[0, 2, 1, 1]]
    for target in (rows, [0, 2, 1, 1]):
        assert cross_entropy(u, target, mean=True).data == pytest.approx(cross_entropy(u, target).data / 4, rel=1e-14)
    assert binary_cross_entropy(u, rows, mean=True).data == pytest.approx(binary_cross_entropy(u, rows).data / 12, rel=1e-14)


def test_labels_and_rows_with_a_one_give_the_same_error_and_the_same_deltas():
    u, labels = Value(np.random.default_rng(0).normal(size=(4, 3))), [0, 2, 1, 1]
    for target in (labels, np.eye(3)[labels]):
        E = cross_entropy(u, target)
        E.backward()
        np.testing.assert_allclose(u.grad, np.exp(u.data) / np.exp(u.data).sum(axis=1, keepdims=True) - np.eye(3)[labels],
            atol=1e-14)


# -- logits ----------------------------------------------------------------------------------------

logits = Value(np.random.default_rng(1).normal(size=(4, 2)))
yes, rows, labels = (
    np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
    np.eye(2)[[0, 1, 1, 0]],
    [0, 1, 1, 0],
)
LOSSES = {
    "rows": (cross_entropy, rows),
    "labels": (cross_entropy, labels),
    "yes or no": (binary_cross_entropy, yes),
}
losses = pytest.mark.parametrize(("loss", "targets"), LOSSES.values(), ids=LOSSES)
ACTIVATED = {
    "sigmoid": ops.sigmoid,
    "softmax": ops.softmax,
    "tanh": ops.tanh,
    "relu": ops.relu,
    "log_sigmoid": ops.log_sigmoid,
}
activated = pytest.mark.parametrize("name", ACTIVATED)


@losses
@activated
def test_a_loss_that_takes_logits_refuses_the_outputs_of_an_activation_function(
    loss, targets, name
):
    with pytest.raises(
        ValueError, match=rf"{loss.__name__} takes logits.* outputs of {name} .*Drop the {name}"
    ):
        loss(ACTIVATED[name](logits), targets)


@losses
@pytest.mark.parametrize(
    "rearranged",
    [
        lambda y: y.reshape(2, 4).reshape(4, 2),
        lambda y: y[:],
        lambda y: y.T.T,
        lambda y: ops.identity(y),
        lambda y: ops.flip(y, axis=0)[::-1],
        lambda y: ops.squeeze(ops.expand_dims(y, axis=0), axis=0),
    ],
)
def test_it_sees_them_through_another_shape(loss, targets, rearranged):
    with pytest.raises(ValueError, match="Drop the sigmoid"):
        loss(rearranged(ops.sigmoid(logits)), targets)


@losses
def test_it_takes_total_inputs_however_they_were_made(loss, targets):
    hidden = ops.tanh(logits)
    for u in (
        logits,
        logits.data,
        logits @ np.eye(2),
        hidden @ np.eye(2) + 0.5,
        3.0 * hidden,
        ops.identity(logits),
        logits.reshape(4, 2),
        Network(2, 3, 2)(logits),
        Network(2, 2, output="linear")(logits),
    ):
        assert np.isfinite(loss(u, targets).item())


def test_a_log_softmax_is_left_as_it_is_by_cross_entropy_and_refused_by_the_binary_one():
    for targets in (rows, labels):
        assert cross_entropy(ops.log_softmax(logits), targets).item() == pytest.approx(
            cross_entropy(logits, targets).item()
        )
    with pytest.raises(ValueError, match="Drop the log_softmax"):
        binary_cross_entropy(ops.log_softmax(logits), yes)


@losses
def test_it_refuses_them_inside_derivatives_too(loss, targets):
    for derivative in (grad, hessian):
        with pytest.raises(ValueError, match="Drop the sigmoid"):
            derivative(lambda w: loss(ops.sigmoid(logits.data @ w), targets))(np.eye(2))


def test_other_losses_take_the_outputs_of_any_activation_function():
    for f in ACTIVATED.values():
        assert half_squared_error(f(logits), yes).item() >= 0


@pytest.mark.parametrize(
    "wrong",
    [[[-0.1, 1.1]] * 4, [[0.0, 1.0001]] * 4, [[2, 0]] * 4, [[np.nan, 1]] * 4, [[-1, 1]] * 4],
)
def test_yes_and_no_are_from_0_to_1(wrong):
    with pytest.raises(ValueError, match=r"between 0 \(no\) and 1 \(yes\)"):
        binary_cross_entropy(logits, wrong)


@pytest.mark.parametrize("wrong", [[[-0.1, 1.1]] * 4, [[0.0, -1.0]] * 4, [[np.nan, 1]] * 4])
def test_shares_of_classes_are_not_negative(wrong):
    with pytest.raises(ValueError, match="shares of the classes"):
        cross_entropy(logits, wrong)


@pytest.mark.parametrize(
    "wrong", [[0, 1, 2, 0], [0, -1, 1, 0], [0, 0.5, 1, 0], [0, 1, np.nan, 0], [0, np.inf, 1, 0]]
)
def test_labels_are_numbers_of_classes(wrong):
    for shape in ((4,), (4, 1)):
        with pytest.raises(ValueError, match="labels are whole numbers from 0 to 1"):
            cross_entropy(logits, np.reshape(wrong, shape))


def test_labels_may_come_as_any_kind_of_whole_number():
    expected = cross_entropy(logits, labels).item()
    for kind in (int, np.int32, np.uint8, float, np.float32, bool):
        assert cross_entropy(logits, np.array(labels, dtype=kind)).item() == expected
    assert cross_entropy(logits, pd.Series(labels)).item() == expected


@pytest.mark.parametrize(
    ("mistake", "kind", "words"),
    [
        (lambda: weight_decay([], 0.1), ValueError, ["at least one"]),
        (lambda: weight_decay([np.ones(2)], -0.1), ValueError, ["decay is -0.1"]),
        (lambda: weight_decay([np.ones(2)], "0.1"), ValueError, ["decay is '0.1'"]),
        (lambda: weight_decay(["w"], 0.1), TypeError, ["'w'"]),
        (
            lambda: half_squared_error(np.ones((4, 1)), np.ones(4)),
            ShapeError,
            ["(4, 4)", "np.reshape(target, (-1, 1))"],
        ),
        (lambda: half_squared_error(np.ones((4, 3)), np.ones((3, 4))), ShapeError, ["target.T"]),
        (lambda: half_squared_error(np.ones((4, 3)), np.ones(3)), ShapeError, ["(4, 3)", "(3,)"]),
        (lambda: half_squared_error(np.ones((4, 3)), 1.0), ShapeError, ["(4, 3)", "()"]),
        (lambda: half_squared_error(1.0, np.ones((4, 3))), ShapeError, ["(4, 3)", "()"]),
        (lambda: half_squared_error(np.ones((4, 1)), np.ones((1, 4))), ShapeError, ["(4, 4)"]),
    ],
)
def test_other_mistakes_get_a_sentence_too(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert all(word in str(caught.value) for word in words), caught.value


def test_weight_decay_takes_whatever_numbers_come_in():
    for weights in (
        [[1.0, -2.0], 3.0],
        [np.array([1, -2]), np.array([[3]])],
        [Value([1.0, -2.0]), Value(3.0)],
        [[1, 2], [3]],
    ):
        assert float(weight_decay(weights, np.float32(0.5)).item()) == pytest.approx(0.25 * 14)
