"""grad, vjp, jvp, jacobian, hessian and hvp, against closed forms, each other, and numbers one level down."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tinygrad_edu import (
    Value,
    concatenate,
    cos,
    exp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    no_record,
    sigmoid,
    sin,
    square,
    tanh,
    value_and_grad,
    vjp,
    where,
)
from tinygrad_edu.autodiff.operations import sum as total

A = np.array([[2.0, -1.0, 0.5], [0.3, 1.0, 4.0], [1.0, 1.0, -2.0]])
X = np.array([0.7, -1.2, 0.4])
V = np.array([1.0, 0.5, -2.0])


def quadratic(x):
    return x @ A @ x


def rosenbrock(x):
    return total(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def log_sum_exp(x):
    return log(total(exp(x)))


def small_network(x):
    return total(square(sigmoid(tanh(A @ x) @ A) * V - x))


SCALAR_FUNCTIONS = pytest.mark.parametrize("f", [quadratic, rosenbrock, log_sum_exp, small_network])


def forward(f):
    """df/dx by forward mode, nestable like grad."""
    return lambda x: jvp(f, [x], [1.0])[1]


EITHER_MODE = pytest.mark.parametrize("d", [grad, forward])
BOTH_MODES = pytest.mark.parametrize(("outer", "inner"), [(a, b) for a in (grad, forward) for b in (grad, forward)])


# -- closed forms -------------------------------------------------------------------------------------------------


def test_the_gradient_of_a_quadratic_form():
    np.testing.assert_allclose(grad(quadratic)(X), (A + A.T) @ X, rtol=1e-14)
    np.testing.assert_allclose(hessian(quadratic)(X), A + A.T, rtol=1e-14)
    np.testing.assert_allclose(hvp(quadratic)(X, V), (A + A.T) @ V, rtol=1e-14)


def test_the_derivatives_of_log_sum_exp_are_the_softmax_and_its_covariance():
    p = np.exp(X) / np.sum(np.exp(X))
    np.testing.assert_allclose(grad(log_sum_exp)(X), p, rtol=1e-14)
    np.testing.assert_allclose(hessian(log_sum_exp)(X), np.diag(p) - np.outer(p, p), rtol=1e-13, atol=1e-16)


def test_the_jacobian_of_a_linear_map_is_its_matrix():
    np.testing.assert_array_equal(jacobian(lambda x: A @ x)(X), A)


@pytest.mark.parametrize(("x", "y"), [
    ((), ()), ((), (2,)), ((3,), ()), ((3,), (2,)), ((2, 3), (4,)), ((3,), (2, 2)), ((1,), (1,))])
def test_a_jacobian_has_the_shape_of_y_and_then_that_of_x(x, y):
    rng = np.random.default_rng(0)
    coefficients = rng.normal(size=y + x)
    f = lambda v: total(coefficients * v, axis=tuple(range(len(y), len(y + x)))) if x else coefficients * v  # noqa: E731
    J = jacobian(f)(rng.normal(size=x) if x else 0.5)
    assert np.shape(J) == y + x
    np.testing.assert_allclose(J, coefficients, rtol=1e-15)


def test_second_derivatives_pass_through_the_product_of_a_constant_matrix_and_a_value():
    x, v = A[:, :2], np.array([[1.0], [-2.0]])
    f = lambda w: ((x @ w) ** 2).sum() * (w.reshape(1, 2) @ w).sum()  # noqa: E731
    w = np.array([[0.3], [-0.7]])
    G, s, n = 2 * x.T @ x, float(((x @ w) ** 2).sum()), float((w**2).sum())
    expected = n * G @ v + 2 * (G @ w) @ (w.T @ v) + 2 * w @ (w.T @ G @ v) + 2 * s * v
    np.testing.assert_allclose(hvp(f)(w, v), expected, rtol=1e-12)


def test_the_hessian_of_a_function_of_a_number_is_a_number():
    assert hessian(lambda x: x**3)(2.0) == pytest.approx(12.0, rel=1e-15)
    assert type(hessian(lambda x: x**3)(2.0)) is float


@EITHER_MODE
@pytest.mark.parametrize(("f", "third"), [
    (sin, lambda x: -math.cos(x)),
    (exp, math.exp),
    (log, lambda x: 2 / x**3),
    (lambda x: x**5, lambda x: 60 * x**2),
    (lambda x: x**2.5, lambda x: 1.875 * x**-0.5),
    (lambda x: 2**x, lambda x: 2**x * math.log(2) ** 3),
    (lambda x: 1 / x, lambda x: -6 / x**4),
    (lambda x: x * sin(x), lambda x: -3 * math.sin(x) - x * math.cos(x)),
    (tanh, lambda x: (4 * math.tanh(x) ** 2 - 2 / math.cosh(x) ** 2) / math.cosh(x) ** 2)])
def test_the_third_derivative(d, f, third):
    assert d(d(d(f)))(0.8) == pytest.approx(third(0.8), rel=1e-13)


def test_the_sixth_derivative():
    assert grad(grad(grad(grad(grad(grad(sin))))))(0.8) == pytest.approx(-math.sin(0.8), rel=1e-13)


def test_the_third_derivative_of_an_array_function():
    third = jacobian(hessian(lambda x: total(x**4) + x[0] * x[1] * x[2]))(X)
    expected = np.zeros((3, 3, 3))
    expected[range(3), range(3), range(3)] = 24 * X
    for i, j, k in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]:
        expected[i, j, k] = 1
    np.testing.assert_allclose(third, expected, rtol=1e-13, atol=1e-13)


# -- each other ---------------------------------------------------------------------------------------------------


@SCALAR_FUNCTIONS
def test_all_roads_lead_to_the_same_gradient(f):
    expected = grad(f)(X)
    value, gradient = value_and_grad(f)(X)
    y, pull = vjp(f, X)
    basis = [jvp(f, [X], [e])[1] for e in np.eye(3)]
    x = Value(X)
    f(x).backward()
    for same in (gradient, pull(1.0)[0], jacobian(f)(X), basis, x.grad):
        np.testing.assert_allclose(same, expected, rtol=1e-13)
    assert value == y == f(x).data


@SCALAR_FUNCTIONS
def test_all_roads_lead_to_the_same_hessian(f):
    H = hessian(f)(X)
    np.testing.assert_allclose(H, H.T, rtol=1e-12, atol=1e-12)
    by_columns = np.transpose([hvp(f)(X, e) for e in np.eye(3)])
    reverse_over_reverse = [grad(lambda x, e=e: grad(f)(x) @ e)(X) for e in np.eye(3)]
    reverse_over_forward = [grad(lambda x, e=e: jvp(f, [x], [e])[1])(X) for e in np.eye(3)]
    forward_over_forward = [[jvp(lambda x, b=b: jvp(f, [x], [b])[1], [X], [a])[1] for a in np.eye(3)] for b in np.eye(3)]
    for same in (by_columns, reverse_over_reverse, reverse_over_forward, forward_over_forward):
        np.testing.assert_allclose(same, H, rtol=1e-12, atol=1e-12)


def test_forward_mode_from_two_reverse_modes():
    f = lambda x: tanh(A @ x) * x  # noqa: E731
    y, _ = vjp(f, X)
    _, ydot = vjp(lambda ybar: vjp(f, X)[1](ybar)[0], np.zeros_like(y))
    np.testing.assert_allclose(ydot(V)[0], jvp(f, [X], [V])[1], rtol=1e-14)


def test_a_pulled_cotangent_can_be_differentiated_in_the_seed():
    assert grad(lambda ybar: vjp(square, 3.0)[1](ybar)[0])(1.0) == 6.0


def test_a_pull_may_be_used_many_times():
    _, pull = vjp(lambda x: A @ x, X)
    for _ in range(2):
        np.testing.assert_array_equal([pull(e)[0] for e in np.eye(3)], A)


@pytest.mark.parametrize("x", [2.0, Value(2.0)], ids=["number", "value"])
def test_a_pull_is_of_the_computation_as_it_was_recorded(x):
    w = Value(3.0)
    _, pull = vjp(lambda x: w * x * x, x)
    w.data = 100.0
    assert pull(1.0)[0] == 12.0


# -- no perturbation confusion ------------------------------------------------------------------------------------


@BOTH_MODES
def test_the_classic_confusion(outer, inner):
    """d/dx [x · d/dy (x + y)] is 1; an engine that confuses the two says 2 (Siskind and Pearlmutter 2005)."""
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0


@BOTH_MODES
@pytest.mark.parametrize(("f", "expected"), [
    (lambda d, x: d(lambda y: x * y)(2.0), 1.0),                      # x, closed over
    (lambda d, x: d(lambda y: x * y * y)(x), 4 * 3.0),                # closed over and handed in
    (lambda d, x: d(lambda y: x)(2.0), 0.0),                          # closed over and not touched
    (lambda d, x: d(lambda y: y * y)(2.0) * x, 4.0),                  # the inner one does not know x
    (lambda d, x: x * d(lambda y: y * d(lambda z: x * y * z)(y))(x), 3 * 2 * 9.0),  # three deep
    (lambda d, x: d(lambda y: d(lambda z: x * y * z * z)(x) * y)(x), 4 * 3 * 9.0)])
def test_an_inner_derivative_keeps_apart_from_an_outer_one(outer, inner, f, expected):
    assert outer(lambda x: f(inner, x))(3.0) == expected


@BOTH_MODES
def test_a_closed_over_result_of_the_outer_computation_counts(outer, inner):
    def f(x):
        a = x * x
        return inner(lambda y: a * y * y)(1.0)  # 2 x²

    assert outer(f)(3.0) == 12.0


@BOTH_MODES
def test_closing_over_an_array_of_the_outer_function(outer, inner):
    def f(t):
        w = t * V
        return inner(lambda s: total((w * s) ** 2))(1.0)  # 2 t² |V|²

    assert outer(f)(3.0) == pytest.approx(12 * V @ V, rel=1e-14)


@EITHER_MODE
def test_a_value_of_the_outer_function_that_is_the_inner_result_counts(d):
    assert d(lambda x: value_and_grad(lambda y: x)(1.0)[0])(2.0) == 1.0
    assert d(lambda x: jvp(lambda y: x, [1.0], [1.0])[0])(2.0) == 1.0
    assert d(lambda x: value_and_grad(lambda y: x * y)(4.0)[0])(2.0) == 4.0


@EITHER_MODE
def test_a_tangent_that_is_a_value_counts(d):
    assert d(lambda v: jvp(lambda y: y * y, [3.0], [v])[1])(1.0) == 6.0


def test_a_derivative_taken_inside_an_ordinary_record_is_a_constant_or_recorded_by_what_it_is_given():
    w = Value(3.0)
    slope = grad(lambda x: x * x * x)(w)
    slope.backward()
    assert (slope.data, w.grad) == (27.0, 18.0)
    assert type(grad(lambda x: x * x)(3.0)) is float


def test_a_derivative_leaves_the_callers_gradients_alone():
    w = Value(3.0)
    w.grad = 5.0
    assert grad(lambda x: x * w)(2.0) == 3.0
    hvp(lambda x: x * x * w)(w, 1.0)
    assert w.grad == 5.0


def test_derivatives_on_several_threads_at_once():
    def work(k):
        return grad(lambda x: k * x * grad(lambda y: x * y * y)(x))(2.0)  # k x · 2 x²

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(200))) == [k * 24.0 for k in range(200)]


# -- what comes back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [
    2.0, 2, np.float64(2), np.float32(2), X, X.astype("f"), np.ones((2, 3)), np.arange(3), [1.0, 2.0]], ids=repr)
def test_given_arrays_a_gradient_is_an_array_of_the_same_shape(x):
    gradient = grad(lambda x: total(x * x))(x)
    assert np.shape(gradient) == np.shape(x)
    assert np.asarray(gradient).dtype == Value(x).dtype
    assert not isinstance(gradient, Value)
    np.testing.assert_allclose(gradient, 2 * np.asarray(x))


@pytest.mark.parametrize("give", [
    lambda: grad(total)(X), lambda: grad(lambda x: 1.0)(X), lambda: hessian(total)(X), lambda: hvp(total)(X, V),
    lambda: vjp(lambda x: x, X)[0], lambda: vjp(lambda x: x, X)[1](V)[0], lambda: jacobian(lambda x: x)(X),
    lambda: jvp(lambda x: x, [X], [V])[0], lambda: jvp(lambda x: x, [X], [V])[1], lambda: jacobian(total)(X)])
def test_what_comes_back_is_the_callers_to_write_into(give):
    array, x, v = give(), X.copy(), V.copy()
    array[...] = 100.0
    np.testing.assert_array_equal(X, x)
    np.testing.assert_array_equal(V, v)


def test_the_gradients_of_two_arguments_are_two_arrays():
    a, b = grad(lambda a, b: total(a + b), argnums=(0, 1))(X, X)
    a[:] = 7
    assert b.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("constant", [
    lambda x: 3.0, lambda x: 3, lambda x: Value(3.0), lambda x: np.float64(3), lambda x: where(x > 9, 1.0, 2.0).sum()])
def test_a_constant_function_has_a_gradient_of_zeros(constant):
    assert grad(constant)(X).tolist() == [0.0, 0.0, 0.0]
    assert hessian(constant)(X).tolist() == np.zeros((3, 3)).tolist()
    assert hvp(constant)(X, V).tolist() == [0.0, 0.0, 0.0]
    assert jvp(constant, [X], [V])[1] == 0.0
    assert grad(constant)(2.0) == 0.0


def test_a_linear_function_has_a_second_derivative_of_zero():
    assert grad(grad(lambda x: 3 * x))(1.0) == 0.0
    assert hessian(lambda x: A[0] @ x)(X).tolist() == np.zeros((3, 3)).tolist()


@pytest.mark.parametrize("shape", [(0,), (2, 0), (1,), (1, 1, 1)])
def test_odd_shapes(shape):
    assert grad(lambda x: total(x * 3))(np.ones(shape)).tolist() == np.full(shape, 3.0).tolist()


# -- arguments ----------------------------------------------------------------------------------------------------


def product(a, b, c=1.0):
    return a * b * b * c


@pytest.mark.parametrize(("argnums", "expected"), [
    (0, 9.0), (1, 12.0), (-1, 12.0), (-2, 9.0), ((0,), (9.0,)), ((0, 1), (9.0, 12.0)), ((1, 0), (12.0, 9.0))])
def test_argnums_say_which_arguments_and_in_which_order(argnums, expected):
    assert grad(product, argnums)(2.0, 3.0) == expected
    assert value_and_grad(product, argnums)(2.0, 3.0) == (18.0, expected)


@pytest.mark.parametrize(("argnums", "first", "second"), [(0, 9.0, 0.0), (1, 12.0, 4.0), (-1, 12.0, 4.0), (-2, 9.0, 0.0)])
def test_argnums_mean_the_same_everywhere(argnums, first, second):
    assert jacobian(product, argnums)(2.0, 3.0) == first
    assert hessian(product, argnums)(2.0, 3.0) == second
    assert hvp(product, argnums)(2.0, 3.0, 10.0) == 10 * second


def test_keyword_arguments_are_passed_on_and_not_differentiated():
    assert grad(product)(2.0, 3.0, c=2.0) == 18.0
    assert jacobian(product, 1)(2.0, 3.0, c=2.0) == 24.0
    assert hessian(product, 1)(2.0, 3.0, c=2.0) == 8.0
    assert hvp(product, 1)(2.0, 3.0, 1.0, c=2.0) == 8.0


def test_arguments_of_different_shapes():
    w, b = grad(lambda w, b: total(w * X + b), argnums=(0, 1))(A, 0.5)
    assert w.tolist() == [X.tolist()] * 3
    assert b == 9.0


def test_an_argument_given_twice_is_two_arguments():
    assert grad(lambda a, b: a * b * b, argnums=(0, 1))(*[3.0] * 2) == (9.0, 18.0)
    x = Value(3.0)
    assert [g.data for g in grad(lambda a, b: a * b * b, argnums=(0, 1))(x, x)] == [9.0, 18.0]


def test_inside_no_record_a_derivative_is_the_same():
    with no_record():
        np.testing.assert_allclose(hessian(quadratic)(X), A + A.T)


def test_a_function_that_branches_on_its_value():
    f = lambda x: sin(x) if x > 0 else x * x  # noqa: E731
    assert grad(f)(2.0) == math.cos(2.0)
    assert grad(f)(-2.0) == -4.0
    assert grad(grad(f))(-2.0) == 2.0


def test_a_function_that_loops_until_it_has_converged():
    def root(a):  # Newton's method for the square root, unrolled
        x = a
        while abs(x * x - a) > 1e-14:
            x = 0.5 * (x + a / x)
        return x

    assert grad(root)(2.0) == pytest.approx(0.5 / math.sqrt(2), rel=1e-12)
    assert grad(grad(root))(2.0) == pytest.approx(-0.25 * 2**-1.5, rel=1e-10)


def test_pieces_put_together_and_taken_apart():
    f = lambda x: concatenate([x[2:], cos(x[:2])]) @ x[[0, 0, 1]]  # noqa: E731
    a, b, c = X
    expected = [c + math.cos(a) - math.sin(a) * a, -math.sin(b) * b + math.cos(b), a]
    np.testing.assert_allclose(grad(f)(X), expected, rtol=1e-14)


def test_an_infinite_constant_beside_a_value_has_a_tangent_of_zero():
    _, tangent = jvp(lambda x: concatenate([x, np.array([np.inf, np.nan])]), [np.ones(1)], [np.ones(1)])
    assert tangent.tolist() == [1.0, 0.0, 0.0]


def written_into_an_array(x):
    array = np.zeros(3)
    array[0] = x
    return array.sum()


@pytest.mark.parametrize("forgets", [
    lambda x: math.sin(x),
    lambda x: np.sum([x, x]),
    lambda x: (np.array([x, x * x]) @ np.ones(2)),
])
def test_a_record_is_never_lost_in_silence_inside_a_derivative(forgets):
    with pytest.raises(TypeError, match="would lose the record"):
        grad(forgets)(1.0)
    assert forgets(Value(1.0)) == forgets(1.0)  # outside, numbers are numbers


def test_writing_a_value_into_an_array_is_refused_inside_a_derivative():
    with pytest.raises(ValueError, match="setting an array element") as caught:  # NumPy's words, for our reason
        grad(written_into_an_array)(1.0)
    assert "would lose the record" in str(caught.value.__cause__)
