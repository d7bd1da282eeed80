"""The errors E: sums over associations, right far out, and against their definitions."""

import numpy as np
import pytest

from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.network.error import binary_cross_entropy, cross_entropy, half_squared_error, weight_decay

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
