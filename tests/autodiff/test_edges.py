"""At the edges: branches that were not taken, slopes that are infinite, numbers far out, zeros, ties and nothing at all."""

import math
import operator
import warnings

import numpy as np
import pytest

from tinygrad_edu import Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.careful import Careful
from tinygrad_edu.autodiff.primitive import OPERATIONS
from tinygrad_edu.autodiff.walk import careful_pull, careful_push, pull, push

inf, nan = math.inf, math.nan


def total(f):
    return lambda *xs: ops.sum(f(*xs))


@pytest.fixture(autouse=True)
def no_warning_leaks():
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        yield


# -- a branch that was not taken ----------------------------------------------------------------------------------

A = np.array([[2.0, 1.0], [1.0, 3.0]])
NOT_TAKEN = {  # f(x), where the untaken branch is hostile at x = -1 (or at 0); the gradient there, entry by entry
    "sqrt": (lambda x: ops.where(x > 0, ops.sqrt(x), x), 1.0),
    "sqrt the other way round": (lambda x: ops.where(x <= 0, x, ops.sqrt(x)), 1.0),
    "log": (lambda x: ops.where(x > 0, ops.log(x), 3.0 * x), 3.0),
    "x / 0": (lambda x: ops.where(x > 9, x / 0, x), 1.0),
    "1 / 0": (lambda x: ops.where(x > 9, 1 / (x - x), x * x), -2.0),
    "exp 1000": (lambda x: ops.where(x < 9, x, ops.exp(1000.0)), 1.0),
    "exp of x + 1000": (lambda x: ops.where(x < 9, x, ops.exp(x + 1000.0)), 1.0),
    "times inf": (lambda x: ops.where(x > 9, x * inf, x), 1.0),
    "times nan": (lambda x: ops.where(x > 9, x * nan, x), 1.0),
    "minus inf": (lambda x: ops.where(x > 9, x - inf, 2.0 * x), 2.0),
    "a power": (lambda x: ops.where(x > 0, x**0.5, x), 1.0),
    "a power of a power": (lambda x: ops.where(x > 9, (x * 1e200) ** 2.0 * x, x), 1.0),
    "arcsin": (lambda x: ops.where(x > -9, x, ops.arcsin(3.0 * x)), 1.0),
    "arccos at the end": (lambda x: ops.where(x > -9, x, ops.arccos(x)), 1.0),
    "log1p": (lambda x: ops.where(x > -1, ops.log1p(x), x), 1.0),
    "cbrt at 0": (lambda x: ops.where(x > -9, x, ops.cbrt(x + 1.0)), 1.0),
    "arctan2 at the origin": (lambda x: ops.where(x > -9, x, ops.arctan2(x + 1.0, x + 1.0)), 1.0),
    "a remainder": (lambda x: ops.where(x > -9, x, ops.remainder(x, x - x)), 1.0),
    "a norm of inf": (lambda x: ops.where(x > -9, x, ops.norm(x * inf)), 1.0),
    "a softmax of nan": (lambda x: ops.where(x > -9, x, ops.sum(ops.softmax(ops.stack([x * nan, x])))), 1.0),
    "a product with inf": (lambda x: ops.where(x > -9, x, ops.prod(ops.stack([x, x * inf, x]))), 1.0),
    "deep": (lambda x: ops.where(x > 0, ops.exp(ops.log(ops.sqrt(x)) ** 2), ops.square(x)), -2.0),
    "two": (lambda x: ops.where(x > 0, ops.log(x), ops.where(x < -9, ops.log(x), 5.0 * x)), 5.0),
    "max of log": (lambda x: ops.where(x > 0, ops.maximum(ops.log(x), x), x), 1.0),
}
every_untaken_branch = pytest.mark.parametrize(("f", "slope"), NOT_TAKEN.values(), ids=NOT_TAKEN)


@every_untaken_branch
def test_a_branch_that_was_not_taken_contributes_nothing(f, slope):
    assert grad(f)(-1.0) == slope
    assert jvp(f, [-1.0], [1.0])[1] == slope
    x = Value(-1.0)
    f(x).backward()
    assert x.grad == slope


@every_untaken_branch
def test_a_branch_that_was_not_taken_contributes_nothing_to_an_array_either(f, slope):
    if "norm" in f.__code__.co_names or "stack" in f.__code__.co_names:
        pytest.skip("takes its array as a whole")
    x = np.array([-1.0, -1.0])
    assert grad(total(f))(x).tolist() == [slope, slope]
    assert jvp(f, [x], [np.array([1.0, 0.0])])[1].tolist() == [slope, 0.0]


@pytest.mark.parametrize(("f", "slope"), [pytest.param(*case, id=name) for name, case in NOT_TAKEN.items()
                                          if name != "a power of a power"])  # whose second derivative itself overflows
def test_a_branch_that_was_not_taken_contributes_nothing_to_second_derivatives(f, slope):
    expected = {-2.0: 2.0}.get(slope, 0.0)  # the squares
    assert hessian(f)(-1.0) == expected
    assert hvp(f)(-1.0, 1.0) == expected
    assert grad(grad(f))(-1.0) == expected
    assert jvp(grad(f), [-1.0], [1.0])[1] == expected


@every_untaken_branch
def test_a_branch_that_was_not_taken_contributes_nothing_to_a_derivative_of_forward_mode(f, slope):
    tangent, curvature = value_and_grad(lambda x: jvp(f, [x], [1.0])[1])(-1.0)
    assert (tangent, curvature) == (slope, 2.0 if slope == -2.0 else 0.0)  # -2 is the slope of a square


def test_one_hostile_entry_among_many_is_as_harmless():
    x = np.linspace(1.0, 2.0, 60)
    x[45] = -1.0
    expected = np.where(x > 0, 0.5 / np.sqrt(np.abs(x)), 1.0)
    np.testing.assert_array_equal(grad(lambda x: ops.sum(ops.where(x > 0, ops.sqrt(x), x)))(x), expected)
    np.testing.assert_array_equal(grad(lambda x: ops.sum(ops.where(x > 0, ops.sqrt(x), x)))(x.reshape(6, 10)),
        expected.reshape(6, 10))


def test_the_branch_that_was_taken_keeps_its_own_gradient_beside_one_that_was_not():
    f = lambda x: ops.where(x > 0, ops.sqrt(x), x)  # noqa: E731
    x = np.array([-1.0, 0.0, 4.0])
    assert grad(total(f))(x).tolist() == [1.0, 1.0, 0.25]
    assert np.diag(hessian(total(f))(x)).tolist() == [0.0, 0.0, -1 / 32]


def test_intermediates_get_0_where_nothing_flows():
    x = Value([-1.0, 4.0])
    u = ops.sqrt(x)
    y = ops.where(x > 0, u, 0.0)
    y.backward([1.0, 1.0])
    assert u.grad.tolist() == [0.0, 1.0]
    assert x.grad.tolist() == [0.0, 0.25]


@pytest.mark.parametrize("multiply", [
    ops.matmul, lambda X, w: ops.einsum("ij,jk->ik", X, w), lambda X, w: ops.tensordot(X, w, axes=1), ops.dot,
    lambda X, w: ops.sum(X[:, :, None] * w, axis=1)], ids=["matmul", "einsum", "tensordot", "dot", "by hand"])
def test_a_row_of_missing_data_that_is_masked_out_leaves_the_weights_their_gradient(multiply):
    X, w = np.array([[1.0, nan], [2.0, 3.0], [inf, 1.0]]), np.ones((2, 2))
    present = np.array([[False], [True], [False]])
    f = lambda w: ops.where(present, multiply(X, w), 0.0)  # noqa: E731
    assert grad(total(f))(w).tolist() == [[2.0, 2.0], [3.0, 3.0]]
    np.testing.assert_array_equal(hessian(lambda w: ops.sum(ops.square(f(w))))(w).reshape(4, 4), hessian(
        lambda w: ops.sum(ops.square(multiply(X[1:2], w))))(w).reshape(4, 4))


def test_a_picture_of_nan_that_is_masked_out_leaves_the_window_its_gradient():
    x = np.ones((2, 1, 3, 3))
    x[0] = nan
    f = lambda w: ops.where(np.array([False, True]).reshape(2, 1, 1, 1), ops.conv2d(x, w), 0.0)  # noqa: E731
    assert grad(total(f))(np.ones((1, 1, 2, 2))).tolist() == [[[[4.0, 4.0], [4.0, 4.0]]]]


def test_a_zero_cotangent_meets_an_infinite_slope_and_gives_zero():
    assert grad(lambda x: 0.0 * ops.sqrt(x))(0.0) == 0.0
    assert grad(lambda x: ops.sqrt(x)[1])(np.array([0.0, 4.0])).tolist() == [0.0, 0.25]
    assert grad(lambda x: ops.max(ops.sqrt(x)))(np.array([0.0, 4.0])).tolist() == [0.0, 0.25]
    assert jvp(ops.sqrt, [np.array([0.0, 4.0])], [np.array([0.0, 1.0])])[1].tolist() == [0.0, 0.25]


# -- what was really computed stays visible -----------------------------------------------------------------------


@pytest.mark.parametrize(("f", "x", "expected"), [
    (ops.sqrt, 0.0, inf), (ops.log, 0.0, inf), (ops.cbrt, 0.0, inf), (ops.reciprocal, 0.0, -inf), (ops.arcsin, 1.0, inf),
    (ops.arccos, 1.0, -inf), (ops.log, -1.0, -1.0), (ops.sqrt, -1.0, nan), (lambda x: x * inf, 2.0, inf),
    (lambda x: x / 0, 2.0, inf),
    (lambda x: x * nan, 2.0, nan), (lambda x: ops.where(x > 0, x * nan, x), 2.0, nan), (lambda x: ops.exp(x), 1000.0, inf),
    (lambda x: ops.sqrt(x) * ops.sqrt(x), -1.0, nan)])
def test_a_slope_that_is_really_infinite_or_nan_is_shown(f, x, expected):
    for given in (x, np.array([x])):
        np.testing.assert_array_equal(grad(total(f))(given), np.full(np.shape(given), expected))
        np.testing.assert_array_equal(jvp(total(f), [given], [given * 0.0 + 1.0])[1], expected)


def test_a_system_with_a_nan_in_it_that_was_really_solved_shows_it():
    A = np.array([[1.0, nan], [0.0, 2.0]])
    assert np.isnan(grad(lambda b: ops.sum(ops.solve(A, b)))(np.ones(2))).any()
    assert np.isnan(jvp(lambda b: ops.solve(A, b), [np.ones(2)], [np.ones(2)])[1]).any()


def test_one_bad_entry_among_good_ones_is_shown_where_it_is():
    x = np.array([[1.0, nan], [2.0, 3.0]])
    gradient = grad(lambda w: ops.sum(ops.matmul(x, w)))(np.ones((2, 1)))
    np.testing.assert_array_equal(gradient, [[3.0], [nan]])
    np.testing.assert_array_equal(grad(lambda w: ops.sum(ops.matmul(np.where([[False], [True]], 1.0, x), w)))(np.ones((2, 1))),
                                  [[2.0], [nan]])


@pytest.mark.parametrize("operate", [operator.add, operator.sub, operator.mul, operator.truediv, operator.matmul])
def test_a_careful_cotangent_can_stand_on_either_side_of_an_operator(operate):
    a, b = np.array([[1.0, 2.0], [0.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])
    np.testing.assert_array_equal(operate(Careful(a), b).x, operate(a, b))
    if operate is not operator.truediv:
        np.testing.assert_array_equal(operate(b, Careful(a)).x, operate(b, a))


# -- the careful walk and the plain one ---------------------------------------------------------------------------

RECORDS = [pytest.param(op, shapes, parameters, id=f"{op.name} {shapes}") for op in OPERATIONS.values()
           for shapes, parameters in op.samples]


def drawn(op, shapes, seed=0):
    rng = np.random.default_rng(seed)
    if op.draw is not None:
        return [np.asarray(x) for x in op.draw(rng, shapes)]
    names = [None] * len(shapes) if op.variadic else op.inputs
    ends = [op.domain.get(name, ((-3.0, 3.0),))[0] for name in names]
    return [rng.uniform(low, high, shape) for (low, high), shape in zip(ends, shapes)]


def results(op, xs, parameters):
    y = op.on(tuple(map(Value, xs)), parameters)
    xdots = [np.ones(np.shape(x)) if np.shape(x) else 1.0 for x in xs]
    return y, xdots


@pytest.mark.parametrize(("op", "shapes", "parameters"), RECORDS)
def test_where_all_is_finite_the_careful_walk_and_the_plain_one_are_the_same(op, shapes, parameters):
    y, xdots = results(op, drawn(op, shapes), parameters)
    ybar = np.linspace(-1.0, 1.0, y.size).reshape(y.shape) if y.shape else 1.0
    for recorded in (False, True):
        seed = Value(ybar) if recorded else ybar
        for ours, theirs in zip(careful_pull(y, seed, recorded), pull(y, seed, recorded)):
            assert (ours is None) is (theirs is None)
            if theirs is not None:
                np.testing.assert_array_equal(ops.identity(ours).data if recorded else ours,
                                              ops.identity(theirs).data if recorded else theirs)
    np.testing.assert_array_equal(careful_push(y, xdots), push(y, xdots))


@pytest.mark.parametrize("hostile", [inf, -inf, nan])
@pytest.mark.parametrize(("op", "shapes", "parameters"), RECORDS)
def test_a_cotangent_of_zero_gives_zero_whatever_went_in(op, shapes, parameters, hostile):
    xs = [np.where(np.arange(x.size).reshape(x.shape) % 2 == 0, hostile, x) if x.shape else np.array(hostile)
          for x in drawn(op, shapes)]
    try:
        y, pull_back = vjp(lambda *xs: op.on(xs, parameters), *xs)
    except np.linalg.LinAlgError:
        pytest.skip("has no inverse")
    zero = np.zeros(np.shape(y)) if np.shape(y) else 0.0
    for xbar in pull_back(zero):
        np.testing.assert_array_equal(xbar, np.zeros(np.shape(xbar)))


@pytest.mark.parametrize("op", [pytest.param(op, id=op.name) for op in OPERATIONS.values() if op.partials is not None])
def test_a_hostile_entry_does_not_touch_the_gradients_of_the_others(op):
    parameters = op.samples[0][1]
    good = drawn(op, ((4,),) * len(op.inputs))
    expected = vjp(lambda *xs: op.on(xs, parameters), *good)[1](np.array([1.0, 0.0, 1.0, 1.0]))
    for hostile in (inf, -inf, nan, 0.0):
        xs = [x.copy() for x in good]
        for x in xs:
            x[1] = hostile
        for xbar, right in zip(vjp(lambda *xs: op.on(xs, parameters), *xs)[1](np.array([1.0, 0.0, 1.0, 1.0])), expected):
            np.testing.assert_array_equal(xbar, right)


# -- numbers far out ----------------------------------------------------------------------------------------------


def exact_sigmoid(u):
    return math.exp(-max(-u, 0)) / (1 + math.exp(-abs(u)))


FAR_OUT = {  # value and slope, to all digits, at u
    "sigmoid": (ops.sigmoid, exact_sigmoid, lambda u: math.exp(-abs(u)) / (1 + math.exp(-abs(u))) ** 2),
    "tanh": (ops.tanh, math.tanh, lambda u: 0.0 if abs(u) > 400 else 1 / math.cosh(u) ** 2),
    "softplus": (ops.softplus, lambda u: max(u, 0) + math.log1p(math.exp(-abs(u))), exact_sigmoid),
    "log_sigmoid": (ops.log_sigmoid, lambda u: min(u, 0) - math.log1p(math.exp(-abs(u))), lambda u: exact_sigmoid(-u)),
}


@pytest.mark.parametrize("u", [-inf, -1000.0, -745.0, -710.0, -40.0, -20.0, -1.0, 0.0, 1.0, 20.0, 40.0, 355.0, 710.0, 1e3, inf])
@pytest.mark.parametrize(("op", "value", "slope"), FAR_OUT.values(), ids=FAR_OUT)
def test_values_and_slopes_keep_their_digits_far_out(op, value, slope, u):
    for given in (u, np.array([u])):
        one, exact = np.ones(np.shape(given))[()], {"rel": 1e-14, "abs": 1e-307}
        y, pull_back = vjp(op, given)
        assert np.sum(y) == pytest.approx(value(u), **exact)
        assert np.sum(pull_back(one)[0]) == pytest.approx(slope(u), **exact)
        assert jvp(total(op), [given], [one])[1] == pytest.approx(slope(u), **exact)


def test_the_slope_of_the_sigmoid_at_40_is_4e_18_and_not_0():
    assert grad(ops.sigmoid)(40.0) == pytest.approx(4.248354255291589e-18, rel=1e-15)


LOGITS = {  # logits: logsumexp, softmax
    "1e4": ([1e4, 0.0], 1e4, [1.0, 0.0]), "1e300": ([1e300, -1e300], 1e300, [1.0, 0.0]),
    "-1e300": ([-1e300, -1e300], -1e300, [0.5, 0.5]),
    "beyond the largest float": ([1.7e308, -1.7e308], 1.7e308, [1.0, 0.0]), "a mask": ([-inf, 0.0, -inf], 0.0, [0.0, 1.0, 0.0]),
    "two and a mask": ([1.0, -inf, 1.0], 1.0 + math.log(2), [0.5, 0.0, 0.5]), "all masked": ([-inf, -inf], -inf, [0.0, 0.0]),
    "40 apart": ([0.0, -40.0], math.log1p(math.exp(-40)), [1.0, math.exp(-40)]), "one": ([3.0], 3.0, [1.0])}


@pytest.mark.parametrize(("logits", "soft_largest", "shares"), LOGITS.values(), ids=LOGITS)
def test_logits_of_any_size_are_as_good_as_others(logits, soft_largest, shares):
    a = np.array(logits)
    assert ops.logsumexp(a) == pytest.approx(soft_largest, rel=1e-14)
    for ours in (ops.softmax(a), grad(ops.logsumexp)(a), ops.exp(ops.log_softmax(a))):
        np.testing.assert_allclose(ours, shares, rtol=1e-14)
    for f in (ops.softmax, ops.logsumexp):
        assert np.isfinite(jacobian(f)(a)).all()
        assert np.isfinite(jvp(f, [a], [np.ones(len(a))])[1]).all()
    assert np.isfinite(hessian(ops.logsumexp)(a)).all()


@pytest.mark.parametrize(("logits", "soft_largest", "shares"), LOGITS.values(), ids=LOGITS)
def test_cross_entropy_takes_logits_of_any_size(logits, soft_largest, shares):
    a = np.array(logits)
    for target, share in enumerate(shares):
        E = inf if share == 0.0 and not a[target] > -1e305 else soft_largest - a[target] if share == 0.0 else (
            math.log1p(math.exp(-40)) if a.min() == -40 and target == 0 else -math.log(share) if share > 0.1 else 40.0)
        assert ops.cross_entropy(a, target) == pytest.approx(E, rel=1e-14)
        one_hot = np.arange(len(a)) == target
        slope = grad(lambda a, target=target: ops.cross_entropy(a, target))(a)
        others = sum(s for k, s in enumerate(shares) if k != target)
        np.testing.assert_allclose(slope, np.where(one_hot, -others, shares), rtol=1e-14)


def test_cross_entropy_of_a_sure_answer_keeps_its_digits():
    assert ops.cross_entropy(np.array([40.0, 0.0]), 0) == pytest.approx(math.exp(-40), rel=1e-12)
    assert ops.binary_cross_entropy_with_logits(40.0, 1.0) == pytest.approx(math.exp(-40), rel=1e-12)
    assert grad(lambda u: ops.binary_cross_entropy_with_logits(u, 1.0))(40.0) == pytest.approx(-math.exp(-40), rel=1e-12)


@pytest.mark.parametrize(("u", "target", "E"), [
    (inf, 1.0, 0.0), (-inf, 0.0, 0.0), (inf, 0.0, inf), (-inf, 1.0, inf), (1e300, 0.0, 1e300), (1e300, 1.0, 0.0),
    (-1e300, 1.0, 1e300), (1000.0, 0.5, 500.0)])
def test_binary_cross_entropy_takes_logits_of_any_size(u, target, E):
    assert ops.binary_cross_entropy_with_logits(u, target) == E
    assert math.isfinite(grad(lambda u: ops.binary_cross_entropy_with_logits(u, target))(u))


@pytest.mark.parametrize("size", [1.0, 1e200, 1e-200, 1e308, 5e-324])
def test_a_norm_is_right_beyond_the_range_of_squares(size):
    a = np.array([3.0, -4.0]) * size if size < 1e308 else np.array([0.6, -0.8]) * size
    length = 5.0 * size if size < 1e308 else size
    assert ops.norm(a) == pytest.approx(length, rel=1e-15)
    assert ops.hypot(a[0], a[1]) == pytest.approx(length, rel=1e-15)
    if size > 1e-300:
        np.testing.assert_allclose(grad(ops.norm)(a), [0.6, -0.8], rtol=1e-15)
        np.testing.assert_allclose(grad(ops.hypot, argnums=(0, 1))(*a), [0.6, -0.8], rtol=1e-15)


def test_the_tip_of_the_cone_has_slope_zero():
    assert grad(ops.norm)(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]
    assert grad(ops.hypot, argnums=(0, 1))(0.0, 0.0) == (0.0, 0.0)
    assert grad(ops.std)(np.ones(3)).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("f", [ops.norm, ops.std, lambda x: ops.hypot(x[0], x[1])])
def test_the_tip_of_the_cone_has_no_second_derivative_and_none_is_invented(f):
    assert not np.isfinite(hessian(f)(np.zeros(2))).any()
    assert not np.isfinite(hvp(f)(np.zeros(2), np.array([1.0, 2.0]))).any()


def test_a_logit_of_nan_or_inf_is_not_hidden():
    for logits in ([nan, 0.0, 1.0], [inf, 0.0, 1.0]):
        assert not np.isfinite(ops.log_softmax(np.array(logits))).all()
        assert ops.cross_entropy(np.array(logits), 1) in (inf,) or math.isnan(ops.cross_entropy(np.array(logits), 1))
    assert np.isnan(ops.log_softmax(np.array([nan, 0.0, 1.0]))).all()


CUT_OFF = {  # an infinite cotangent meets an entry that was not taken
    "arccos of clip": (lambda x: ops.arccos(ops.clip(x, -1, 1)), 1.5),
    "sqrt of maximum": (lambda x: ops.sqrt(ops.maximum(x, 0.0)), -1.0),
    "log of clip": (lambda x: ops.log(ops.clip(x, 0, 1)), -1.0), "1 / minimum": (lambda x: 1 / ops.minimum(x, 0.0), 1.0),
    "sqrt of relu": (lambda x: ops.sqrt(ops.relu(x)), -1.0), "sqrt of sign": (lambda x: ops.sqrt(ops.sign(x) - 1.0), 1.0),
    "sqrt of //": (lambda x: ops.sqrt(x // 1.0), 0.5), "sqrt of leaky relu": (lambda x: ops.sqrt(ops.leaky_relu(x, slope=0.0)),
        -1.0)}


@pytest.mark.parametrize(("f", "x"), CUT_OFF.values(), ids=CUT_OFF)
def test_from_an_entry_that_was_not_taken_nothing_flows_even_if_the_cotangent_is_infinite(f, x):
    assert grad(f)(x) == jvp(f, [x], [1.0])[1] == 0.0
    assert grad(total(f))(np.array([x, x])).tolist() == [0.0, 0.0]


def test_entries_that_lost_get_nothing_from_an_infinite_cotangent():
    assert grad(lambda x: ops.sqrt(ops.max(x)))(np.array([0.0, -1.0])).tolist() == [inf, 0.0]
    assert grad(lambda A: ops.sqrt(ops.trace(A)))(np.zeros((2, 2))).tolist() == [[inf, 0.0], [0.0, inf]]
    assert grad(lambda x: ops.sum(ops.sqrt(ops.max_pool2d(x, 2))))(np.array([[0.0, -1.0], [-2.0, -3.0]])).tolist() == [[inf, 0],
        [0, 0]]


def test_a_small_determinant_keeps_its_cofactors():
    np.testing.assert_allclose(grad(ops.det)(np.diag([1e-200, 1e-200])), np.diag([1e-200, 1e-200]))
    np.testing.assert_allclose(grad(ops.det)(np.diag([1e200, 1e200])), np.diag([1e200, 1e200]))
    ill = np.eye(60)
    ill[-1, -1] = 1e-9
    np.testing.assert_allclose(grad(ops.det)(ill), np.diag([1e-9] * 59 + [1.0]), rtol=1e-12, atol=1e-20)


def test_the_spread_of_small_numbers_is_as_exact_as_their_length():
    assert ops.std(np.array([1e-200, 3e-200])) == pytest.approx(1e-200, rel=1e-14)
    np.testing.assert_allclose(grad(ops.std)(np.array([1e-200, 3e-200])), [-0.5, 0.5], rtol=1e-14)


# -- powers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b", "y", "dy_da"), [
    (0.0, 0, 1.0, 0.0), (0.0, 1, 0.0, 1.0), (0.0, 2, 0.0, 0.0), (0.0, 3, 0.0, 0.0), (0.0, 0.5, 0.0, inf), (0.0, -1, inf, -inf),
    (-2.0, -1, -0.5, -0.25), (-2.0, 2.0, 4.0, -4.0), (-2.0, 3, -8.0, 12.0), (-2.0, 0, 1.0, 0.0), (-2.0, 0.5, nan, nan),
    (inf, 0, 1.0, 0.0), (inf, -1, 0.0, -0.0), (1e200, 2, inf, 2e200), (-0.0, -1, -inf, -inf)])
def test_powers_are_right_at_zero_and_below(a, b, y, dy_da):
    for given in (a, np.array([a])):
        np.testing.assert_array_equal(ops.sum(ops.power(given, b)), y)
        np.testing.assert_array_equal((Value(given) ** b).sum().data, y)
        np.testing.assert_array_equal(grad(lambda a: ops.sum(a**b))(given), np.full(np.shape(given), dy_da))


@pytest.mark.parametrize(("b", "y", "dy_db"), [(2.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 1.0, 0.0), (-1.0, inf, -inf)])
def test_zero_to_a_power_has_a_slope_in_the_exponent(b, y, dy_db):
    assert ops.power(0.0, b) == y
    assert grad(lambda b: 0.0**b)(b) == dy_db


def test_second_derivatives_of_powers_are_right_at_zero():
    for b, expected in ((0, 0.0), (1, 0.0), (2, 2.0), (3, 0.0), (4, 0.0)):
        assert grad(grad(lambda a, b=b: a**b))(0.0) == expected
        assert hessian(lambda a, b=b: ops.sum(ops.power(a, float(b))))(np.zeros(2)).tolist() == [[expected, 0.0], [0.0, expected]]


# -- zeros and nothing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("a", [[2.0, 3.0, 4.0], [2.0, 0.0, 4.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0], [5.0], [1e200, 1e200, 0.0]])
def test_a_product_is_exact_where_entries_are_zero(a):
    a = np.array(a)
    n = len(a)
    with np.errstate(over="ignore"):
        others = [np.prod(np.delete(a, i)) for i in range(n)]
        second = [[0.0 if i == j else np.prod(np.delete(a, [i, j])) for j in range(n)] for i in range(n)]
    np.testing.assert_array_equal(grad(ops.prod)(a), others)
    np.testing.assert_array_equal(hessian(ops.prod)(a), second)


@pytest.mark.parametrize(("f", "value"), [(ops.sum, 0.0), (ops.prod, 1.0), (ops.norm, 0.0), (ops.logsumexp, -inf), (ops.mean, nan),
                                          (ops.var, nan), (ops.std, nan)])
def test_nothing_has_a_sum_a_product_and_a_length(f, value):
    np.testing.assert_array_equal(f(np.empty(0)), value)
    assert grad(f)(np.empty(0)).shape == (0,)
    x = Value(np.empty((0, 3)))
    f(x, axis=0).backward(np.ones(3))
    assert x.grad.shape == (0, 3)


def test_a_singular_matrix_has_cofactors_too():
    A = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert ops.det(A) == pytest.approx(0.0, abs=1e-15)
    np.testing.assert_allclose(grad(ops.det)(A), [[4.0, -2.0], [-2.0, 1.0]], atol=1e-15)
    assert hessian(ops.det)(A).reshape(4, 4).tolist() == [[0, 0, 0, 1], [0, 0, -1, 0], [0, -1, 0, 0], [1, 0, 0, 0]]
    np.testing.assert_array_equal(grad(ops.det)(np.zeros((3, 3))), np.zeros((3, 3)))


# -- ties ---------------------------------------------------------------------------------------------------------

TIES = {
    "max": lambda x: ops.max(x), "min": lambda x: ops.min(x),
    "max along": lambda x: ops.sum(ops.max(x.reshape(1, -1), axis=1)),
    "maximum": lambda x: ops.maximum(x[0], x[1]), "minimum": lambda x: ops.minimum(x[0], x[1]),
    "clip at its bounds": lambda x: ops.clip(x[0], x[1], x[1] + 1.0),
    "clip between equal ones": lambda x: ops.clip(x[0], x[1], x[1]),
    "max pool": lambda x: ops.sum(ops.max_pool2d(ops.stack([x[:2], x[:2]]), 2)), "sort": lambda x: ops.sort(x)[0],
}


@pytest.mark.parametrize("f", TIES.values(), ids=TIES)
def test_at_a_tie_the_gradient_is_shared_and_sums_to_one(f):
    assert ops.sum(grad(f)(np.ones(4))) == 1.0
    assert jvp(f, [np.ones(4)], [np.ones(4)])[1] == 1.0
