"""Second derivatives where 0 meets a slope that is not finite: the right value, or nan."""

import numpy as np
import pytest

from tinygrad_edu import (
    AnomalyError,
    Value,
    absolute,
    cbrt,
    cos,
    detect_anomaly,
    einsum,
    exp,
    grad,
    hessian,
    hvp,
    hypot,
    jvp,
    log,
    norm,
    relu,
    solve,
    sqrt,
    stack,
    std,
    sum,
    where,
)
from tinygrad_edu.autodiff.indeterminate import noting_lost_derivatives

TIP = np.zeros(2)
EYE = np.eye(2)
# f with a tip or an infinite slope at (0, 0), and its Hessian there
AT_THE_TIP = {
    "norm squared": (lambda v: np.linalg.norm(v) ** 2, 2 * EYE),
    "norm times norm": (lambda v: norm(v) * norm(v), 2 * EYE),
    "norm to the fourth": (lambda v: norm(v) ** 4, 0 * EYE),
    "norm cubed": (lambda v: norm(v) ** 3, 0 * EYE),
    "hypot squared": (lambda v: hypot(v[0], v[1]) ** 2, 2 * EYE),
    "sqrt squared": (lambda v: sqrt(sum(v * v)) ** 2, 2 * EYE),
    "power squared": (lambda v: (sum(v * v) ** 0.5) ** 2, 2 * EYE),
    "std squared": (lambda v: std(v) ** 2, EYE - 0.5),
    "std over an axis": (lambda v: sum(std(v.reshape(1, 2), axis=1, keepdims=True) ** 2), EYE - 0.5),
    "sqrt of a square": (lambda v: sum(sqrt(v**4)), 2 * EYE),
    "cos of sqrt": (lambda v: sum(cos(sqrt(v))), EYE / 12),
    "sums of roots": (lambda v: sum(sqrt(v) * sqrt(v) + v * v), 2 * EYE),
    "sqrt of abs": (lambda v: sum(sqrt(abs(v)) ** 4), 2 * EYE),
    "norms of rows": (lambda v: sum(norm(v.reshape(2, 1), axis=1) ** 2), 2 * EYE),
    "abs squared": (lambda v: sum(absolute(v) ** 2), 2 * EYE),
    "abs times abs": (lambda v: sum(abs(v) * abs(v)), 2 * EYE),
    "cube root cubed": (lambda v: sum(cbrt(v) ** 3), 0 * EYE),
    "exp of log": (lambda v: sum(exp(log(v))), 0 * EYE),
    "with a smooth part": (lambda v: norm(v) ** 2 + 3 * sum(v * v), 8 * EYE),
    "of a map": (lambda v: norm(np.array([[2.0, 0.0], [0.0, 3.0]]) @ v) ** 2, np.diag([8.0, 18.0])),
    "in a branch": (lambda v: where(True, norm(v) ** 2, 0.0), 2 * EYE),
    "scaled": (lambda v: 1e-8 * norm(1e4 * v) ** 2, 2 * EYE),
}
DIRECTIONS = [np.array([1.0, 0.0]), np.array([1.0, -2.0])]
ROADS = {
    "hessian": lambda f, v: hessian(f)(TIP) @ v, "hvp": lambda f, v: hvp(f)(TIP, v),
    "jvp of grad": lambda f, v: jvp(grad(f), [TIP], [v])[1],
    "grad of jvp": lambda f, v: grad(lambda x: jvp(f, [x], [v])[1])(TIP),
    "jvp of jvp": lambda f, v: [jvp(lambda x, e=e: jvp(f, [x], [e])[1], [TIP], [v])[1] for e in EYE],
    "grad along grad": lambda f, v: grad(lambda x: sum(grad(f)(x) * v))(TIP),
}


@pytest.mark.parametrize("direction", DIRECTIONS, ids=["along an axis", "across"])
@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize(("f", "H"), AT_THE_TIP.values(), ids=AT_THE_TIP)
def test_a_second_derivative_at_a_tip_is_right_or_nan(f, H, road, direction):
    result, expected = ROADS[road](f, direction), H @ direction
    right = np.isclose(result, expected, rtol=1e-9)
    assert (right | np.isnan(result)).all(), (result, expected)


@pytest.mark.parametrize(("f", "H"), AT_THE_TIP.values(), ids=AT_THE_TIP)
def test_the_first_derivative_stays_as_it_is_there(f, H):
    is_nan = f in (AT_THE_TIP["sqrt of a square"][0], AT_THE_TIP["cos of sqrt"][0])
    assert np.isfinite(grad(f)(TIP)).all() or is_nan
    with noting_lost_derivatives():
        np.testing.assert_array_equal(grad(f)(Value(TIP)).data, grad(f)(TIP))


@pytest.mark.parametrize("f", [f for f, _ in AT_THE_TIP.values()], ids=AT_THE_TIP)
def test_all_roads_agree_away_from_the_tip(f):
    for v in DIRECTIONS:
        x = np.array([0.4, 1.7])
        np.testing.assert_allclose(hvp(f)(x, v), hessian(f)(x) @ v, rtol=1e-9, atol=1e-12)
        assert np.isfinite(hessian(f)(x)).all()


def test_detect_anomaly_names_the_lost_derivative():
    with detect_anomaly(), pytest.raises(AnomalyError, match="indeterminate"):
        hessian(lambda v: sqrt(sum(v * v)) ** 2)(TIP)


def test_only_the_rows_that_meet_a_tip_are_lost():
    rows = np.array([[3.0, 4.0], [0.0, 0.0]])
    H = hessian(lambda A: sum(norm(A, axis=1) ** 2))(rows).reshape(4, 4)
    np.testing.assert_allclose(H[:2], 2 * np.eye(4)[:2], atol=1e-15)
    assert np.isnan(np.diag(H)[2:]).all()


def test_a_tip_in_a_branch_that_was_not_taken_is_lost_on_nobody():
    for outer in (lambda y: y, lambda y: y**2, exp):
        f = lambda v: outer(where(v[0] > 1, norm(v), v[1] + 1.0))  # noqa: B023, E731
        expected = hessian(lambda v: outer(v[1] + 1.0))(TIP)  # noqa: B023
        np.testing.assert_array_equal(hessian(f)(TIP), expected)
        along = hvp(f)(TIP, DIRECTIONS[1])  # an infinite tangent times 0 is nan in forward mode
        assert (np.isnan(along) | (along == expected @ DIRECTIONS[1])).all()


def test_an_entry_that_lost_beside_one_at_its_tip_changes_nothing():
    f = lambda v: relu(stack([norm(v) - 1.0, v[0] + 2.0])).sum() ** 2  # noqa: E731
    np.testing.assert_array_equal(hessian(f)(TIP), [[2.0, 0.0], [0.0, 0.0]])


def test_missing_data_that_is_masked_leaves_second_derivatives():
    x = np.array([[1.0, np.nan], [2.0, 3.0]])
    f = lambda w: sum(where(np.isnan(x).any(axis=1), 0.0, x @ w) ** 2)  # noqa: E731
    np.testing.assert_array_equal(hessian(f)(np.ones(2)), 2 * np.outer([2, 3], [2, 3]))


def test_the_penalty_on_absolute_values_keeps_its_convention():
    assert hessian(lambda v: sum(abs(v)))(np.array([0.0, 2.0])).tolist() == [[0, 0], [0, 0]]


def test_a_pass_that_is_not_traced_notes_nothing():
    v = Value(TIP)
    with noting_lost_derivatives() as notes:
        (norm(v) ** 2).backward()
    assert notes.products == {}
    assert v.grad.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("apply", [
    lambda w: np.array([[1.0, np.inf], [2.0, 3.0]]) @ w,
    lambda w: einsum("ij,j->i", np.array([[1.0, np.inf], [2.0, 3.0]]), w),
    lambda w: solve(np.array([[1.0, np.nan], [0.0, 2.0]]), w),
], ids=["matmul", "einsum", "solve"])
def test_a_zero_that_meets_an_infinite_number_in_a_sum_of_products_is_no_constant(apply):
    f = lambda p: sum(apply(p["w"])) * p["s"] ** 2  # noqa: E731
    at = {"w": np.ones(2), "s": 0.0}
    assert grad(f)(at)["w"].tolist() == [0.0, 0.0]
    assert np.isnan(hessian(f)(at)["w"]["s"]).any()  # 2 s · inf
    assert np.isnan(hvp(f)(at, {"w": np.zeros(2), "s": 1.0})["w"]).any()
