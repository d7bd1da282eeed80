"""Every operation in the table, tried against numerical derivatives and against itself: a new record needs no new test."""

import math
from itertools import pairwise

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices, mutually_broadcastable_shapes

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.derivatives import grad, jvp, vjp
from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.primitive import OPERATIONS, elementwise, multilinear, primitive
from tinygrad_edu.autodiff.value import Value

RECORDS = list(OPERATIONS.values())
EVERYWHERE = ((-3.0, 3.0),)


def case(op, shapes, parameters):
    settings = "".join(f" {name}={value}" for name, value in parameters.items())
    return pytest.param(op, shapes, parameters, id=f"{op.name} {' '.join(map(str, shapes))}{settings}".replace("\n", ""))


CASES = [case(op, *sample) for op in RECORDS for sample in op.samples]
every_case = pytest.mark.parametrize(("op", "shapes", "parameters"), CASES)
every_case_of_several_inputs = pytest.mark.parametrize(
    ("op", "shapes", "parameters"), [c for c in CASES if len(c.values[1]) > 1])
every_case_of_equal_inputs = pytest.mark.parametrize(
    ("op", "shapes", "parameters"), [c for c in CASES if len(c.values[1]) > 1 and len(set(c.values[1])) == 1])
every_special_case = pytest.mark.parametrize(
    ("op", "shapes", "parameters", "special"),
    [pytest.param(*c.values, special, id=f"{c.id} at {special}") for c in CASES for special in c.values[0].special])
every_record = pytest.mark.parametrize("op", [pytest.param(op, id=op.name) for op in RECORDS])


# -- trying an operation ------------------------------------------------------------------------------------------


def call(op, xs, parameters):
    return op(list(xs), **parameters) if op.variadic else op(*xs, **parameters)


def spread(rng, intervals, shape):
    """Entries all over the intervals, no two of them close: max and min have kinks where entries tie."""
    lows, highs = np.transpose(intervals)
    ends, n = np.cumsum(highs - lows), math.prod(shape)
    far = (rng.permutation(n) + rng.uniform(0.25, 0.75, n)) / n * ends[-1]
    which = np.searchsorted(ends, far)
    return number_or_array((highs[which] - (ends[which] - far)).reshape(shape))


def inputs(op, shapes):
    """One number or array for each shape, from the operation's own domain."""
    rng = np.random.default_rng(len(op.name))
    names = [None] * len(shapes) if op.variadic else op.inputs
    return [spread(rng, op.domain.get(name, EVERYWHERE), shape) for name, shape in zip(names, shapes, strict=True)]


def directions(like, seed):
    rng = np.random.default_rng(seed)
    return [number_or_array(rng.uniform(-1, 1, np.shape(x))) for x in like]


def number_or_array(x):
    return x if x.ndim else float(x)


def inner(xs, ys):
    return sum(ops.sum(y * x) for x, y in zip(xs, ys, strict=True))


def shifted(xs, xdots, t):
    return [x + t * xdot for x, xdot in zip(xs, xdots, strict=True)]


def slope(f):
    """df/dt at 0 by central differences, extrapolated three times to h = 0 (Richardson): some 12 digits."""
    estimates = [(f(h) - f(-h)) / (2 * h) for h in (0.016, 0.008, 0.004, 0.002)]
    for power in (4, 16, 64):
        estimates = [(power * finer - coarser) / (power - 1) for coarser, finer in pairwise(estimates)]
    return estimates[0]


def numerical_gradient(f, xs, i):
    """df/dxs[i] of a scalar f, entry by entry."""
    shape = np.shape(xs[i])
    entries = np.eye(math.prod(shape)).reshape(-1, *shape)
    return np.reshape([slope(lambda t, e=e: f(*xs[:i], xs[i] + t * e, *xs[i + 1 :])) for e in entries], shape)


def assert_close(ours, theirs, tolerance=1e-8):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


# -- first derivatives --------------------------------------------------------------------------------------------


@every_case
def test_values_hold_what_the_operation_gives_on_arrays(op, shapes, parameters):
    xs = inputs(op, shapes)
    y = call(op, map(Value, xs), parameters)
    np.testing.assert_allclose(y.data, call(op, xs, parameters), rtol=1e-15)
    assert y.shape == np.shape(call(op, xs, parameters))


@every_case
def test_reverse_mode_equals_the_numerical_derivative(op, shapes, parameters):
    xs = inputs(op, shapes)
    y, pull = vjp(lambda *xs: call(op, xs, parameters), *xs)
    (ybar,) = directions([y], seed=1)
    for i, xbar in enumerate(pull(ybar)):
        assert_close(xbar, numerical_gradient(lambda *xs: np.sum(ybar * call(op, xs, parameters)), xs, i))


@every_case
def test_forward_mode_equals_the_numerical_derivative(op, shapes, parameters):
    xs = inputs(op, shapes)
    xdots = directions(xs, seed=2)
    _, ydot = jvp(lambda *xs: call(op, xs, parameters), xs, xdots)
    assert_close(ydot, slope(lambda t: call(op, shifted(xs, xdots, t), parameters)))


@every_case
def test_reverse_mode_is_the_transpose_of_forward_mode(op, shapes, parameters):
    f, xs = lambda *xs: call(op, xs, parameters), inputs(op, shapes)
    xdots = directions(xs, seed=2)
    y, pull = vjp(f, *xs)
    (ybar,) = directions([y], seed=1)
    assert_close(inner([ybar], [jvp(f, xs, xdots)[1]]), inner(pull(ybar), xdots), 1e-12)


@every_case_of_several_inputs
def test_in_forward_mode_each_input_adds_its_share(op, shapes, parameters):
    f, xs = lambda *xs: call(op, xs, parameters), inputs(op, shapes)
    xdots = directions(xs, seed=2)
    alone = [jvp(lambda x, i=i: f(*xs[:i], x, *xs[i + 1 :]), [xs[i]], [xdots[i]])[1] for i in range(len(xs))]
    assert_close(sum(alone), jvp(f, xs, xdots)[1], 1e-12)


@every_case_of_several_inputs
def test_an_input_that_is_a_constant_changes_no_gradient(op, shapes, parameters):
    xs = inputs(op, shapes)
    y, pull = vjp(lambda *xs: call(op, xs, parameters), *xs)
    (ybar,) = directions([y], seed=1)
    for i, xbar in enumerate(pull(ybar)):
        x = Value(xs[i])
        call(op, [*xs[:i], x, *xs[i + 1 :]], parameters).backward(ybar)
        assert_close(x.grad, xbar, 1e-15)


@every_case_of_equal_inputs
def test_one_value_as_every_input_collects_all_its_gradients(op, shapes, parameters):
    f = lambda x: call(op, [x] * len(shapes), parameters)  # noqa: E731
    (x,) = inputs(op, shapes)[:1]
    x = abs(x)  # a power of x by x needs it
    y, pull = vjp(f, x)
    (ybar,) = directions([y], seed=1)
    assert_close(pull(ybar)[0], numerical_gradient(lambda x: np.sum(ybar * f(x)), [x], 0))


@every_case
def test_one_value_on_several_paths_collects_all_its_gradients(op, shapes, parameters):
    xs = inputs(op, shapes)
    xdots = directions(xs, seed=2)
    f = lambda t: ops.sum(call(op, shifted(xs, xdots, t), parameters))  # noqa: E731
    assert_close(grad(f)(0.0), slope(f))
    assert_close(jvp(f, [0.0], [1.0])[1], slope(f))


# -- second derivatives -------------------------------------------------------------------------------------------


@every_case
def test_every_nesting_of_the_two_modes_gives_the_numerical_second_derivative(op, shapes, parameters):
    xs = inputs(op, shapes)
    v, w = directions(xs, seed=2), directions(xs, seed=3)
    y = call(op, xs, parameters)
    (ybar,) = directions([y], seed=1)

    def f(*xs):  # squared, so that a linear operation has a second derivative too
        return inner([ybar], [call(op, xs, parameters) ** 2])

    def reverse(f, along):
        return lambda *xs: inner(along, vjp(f, *xs)[1](1.0))

    def forward(f, along):
        return lambda *xs: jvp(f, xs, along)[1]

    numerical = slope(lambda t: reverse(f, w)(*shifted(xs, v, t)))
    assert_close(reverse(reverse(f, w), v)(*xs), numerical)
    for outer, inside in [(forward, reverse), (reverse, forward), (forward, forward)]:
        assert_close(outer(inside(f, w), v)(*xs), reverse(reverse(f, w), v)(*xs), 1e-11)


# -- types --------------------------------------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_and_tangents_have_the_shape_and_the_type_of_the_data(op, shapes, parameters, dtype):
    xs = [dtype(x) for x in inputs(op, shapes)]
    values = [Value(x) for x in xs]
    y = call(op, values, parameters)
    y.backward(np.ones(y.shape, dtype))
    for value in (*values, y):
        assert np.asarray(value.data).dtype == np.asarray(value.grad).dtype == value.dtype == dtype
        assert np.shape(value.data) == np.shape(value.grad) == value.shape
        assert type(value.grad) is type(value.data)
    _, ydot = jvp(lambda *xs: call(op, xs, parameters), xs, [dtype(x) for x in directions(xs, seed=2)])
    assert np.shape(ydot) == y.shape
    assert type(ydot) is type(y.data)
    assert np.asarray(ydot).dtype == dtype


@every_case
def test_a_second_derivative_has_the_type_of_the_data_too(op, shapes, parameters):
    xs = [np.float32(x) for x in inputs(op, shapes)]
    xdots = [np.float32(x) for x in directions(xs, seed=2)]
    gradient = lambda *xs: vjp(lambda *xs: ops.sum(call(op, xs, parameters) ** 2), *xs)[1](1.0)[-1]  # noqa: E731
    xbar, ydot = jvp(gradient, xs, xdots)
    assert np.asarray(xbar).dtype == np.asarray(ydot).dtype == np.float32


@pytest.mark.parametrize(("op", "shapes", "parameters"), [c for c in CASES if not any(c.values[1])])
def test_numbers_stay_python_floats(op, shapes, parameters):
    values = [Value(x) for x in inputs(op, shapes)]
    y = ops.sum(call(op, values, parameters))
    y.backward()
    assert {type(x) for value in [y, *values] for x in (value.data, value.grad)} == {float}


# -- kinks, ties, and numbers far out -----------------------------------------------------------------------------


@every_special_case
def test_special_values_give_finite_gradients_that_agree_in_both_modes(op, shapes, parameters, special):
    xs = [number_or_array(np.full(shape, x)) for shape, x in zip(shapes, special, strict=True)]
    f, ones = lambda *xs: ops.sum(call(op, xs, parameters)), [number_or_array(np.ones(shape)) for shape in shapes]
    with np.errstate(all="raise"):
        gradients = vjp(f, *xs)[1](1.0)
        tangent = jvp(f, xs, ones)[1]
    assert all(np.all(np.isfinite(xbar)) for xbar in gradients)
    assert math.isfinite(tangent)
    assert_close(inner(ones, gradients), tangent, 1e-12)


@pytest.mark.parametrize("op", [ops.maximum, ops.minimum])
def test_two_that_tie_share_the_gradient(op):
    assert grad(op, argnums=(0, 1))(2.0, 2.0) == (0.5, 0.5)
    assert grad(lambda x: op(x, x))(2.0) == 1.0
    assert grad(lambda x: ops.sum(op(x, 0)))(np.zeros(2)).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("op", [ops.max, ops.min])
def test_entries_that_tie_share_the_gradient(op):
    assert grad(op)(np.zeros(4)).tolist() == [0.25] * 4
    assert grad(lambda x: ops.sum(op(x, axis=1)))(np.ones((2, 2))).tolist() == [[0.5, 0.5]] * 2
    assert jvp(op, [np.zeros(4)], [np.array([4.0, 0, 0, 0])])[1] == 1.0


@pytest.mark.parametrize(("op", "at_zero"), [(ops.relu, 0.0), (ops.absolute, 0.0)])
def test_a_kink_has_the_slope_that_its_docstring_says(op, at_zero):
    assert grad(op)(0.0) == at_zero
    assert jvp(op, [0.0], [1.0])[1] == at_zero


@pytest.mark.parametrize("zero", [0.0, np.zeros(2)], ids=["number", "array"])
@pytest.mark.parametrize(("exponent", "expected"), [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (3.0, 0.0)])
def test_a_power_of_zero_has_its_slope(zero, exponent, expected):
    slopes = grad(lambda a: ops.sum(ops.power(a, exponent)))(zero)
    np.testing.assert_array_equal(slopes, np.full(np.shape(zero), expected))


@pytest.mark.parametrize("u", [-1000.0, -40.0, 0.0, 40.0, 1000.0])
def test_the_sigmoid_is_exact_far_out_on_numbers_and_on_arrays(u):
    exact = math.exp(-max(-u, 0)) / (1 + math.exp(-abs(u)))
    for y in (ops.sigmoid(Value(u)).data, ops.sigmoid(Value([u])).data[0]):
        assert y == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("op", [pytest.param(op, id=op.name) for op in RECORDS if op.partials is not None])
def test_a_number_and_an_array_of_one_number_give_the_same_even_where_it_is_not_finite(op):
    for number in (0.0, -1.0, 1000.0, -1000.0, math.inf, -math.inf, math.nan):
        numbers, arrays = [Value(number) for _ in op.inputs], [Value([number]) for _ in op.inputs]
        np.testing.assert_allclose(op(*numbers).data, op(*arrays).data[0], rtol=1e-14)
        assert type(op(*numbers).data) is float


# -- NumPy's names ------------------------------------------------------------------------------------------------


@every_case
def test_numpy_functions_on_values_give_the_operation(op, shapes, parameters):
    xs = inputs(op, shapes)
    for function in op.numpy:
        y = function([Value(x) for x in xs], **parameters) if op.variadic else function(*map(Value, xs), **parameters)
        assert y.op is op
        np.testing.assert_allclose(y.data, call(op, xs, parameters), rtol=1e-15)


@every_record
def test_numpy_computes_what_the_operation_computes(op):
    for shapes, parameters in op.samples:
        for function in op.numpy:
            xs = inputs(op, shapes)
            theirs = function(xs, **parameters) if op.variadic else function(*xs, **parameters)
            assert_close(call(op, xs, parameters), theirs, 1e-14)


# -- any shapes, any index ----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_any_two_shapes_that_broadcast_get_gradients_of_their_own_shapes(shapes):
    a, b = (spread(np.random.default_rng(i), EVERYWHERE, shape) for i, shape in enumerate(shapes.input_shapes))
    y, pull = vjp(ops.multiply, a, b)
    (ybar,) = directions([y], seed=1)
    abar, bbar = pull(ybar)
    assert (np.shape(abar), np.shape(bbar)) == shapes.input_shapes
    assert_close(np.sum(abar * a), np.sum(ybar * y), 1e-12)
    assert_close(np.sum(bbar * b), np.sum(ybar * y), 1e-12)
    assert_close(abar, numerical_gradient(lambda a, b: np.sum(ybar * a * b), [a, b], 0))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_numpy_takes_as_an_index_sends_the_gradient_back_to_the_entries_it_picked(data):
    shape = data.draw(array_shapes(max_dims=3, max_side=4))
    index = data.draw(st.one_of(basic_indices(shape, allow_newaxis=True), integer_array_indices(shape)))
    x = Value(np.zeros(shape))
    y = x[index]
    (ybar,) = directions([y.data], seed=1)
    y.backward(ybar)
    expected = np.zeros(shape)
    np.add.at(expected, index, ybar)
    assert_close(x.grad, expected, 1e-14)


def test_a_mask_picks_and_sends_back():
    x = Value([1.0, -2.0, 3.0])
    y = x[x > 0]
    y.backward([5.0, 7.0])
    assert y.data.tolist() == [1.0, 3.0]
    assert x.grad.tolist() == [5.0, 0.0, 7.0]


def test_axes_may_be_counted_from_the_end():
    coefficients = np.arange(24.0).reshape(4, 2, 3)
    f = lambda x: ops.sum(coefficients * ops.transpose(x, axes=(-1, 0, 1)))  # noqa: E731
    assert_close(grad(f)(np.ones((2, 3, 4))), np.transpose(coefficients, (1, 2, 0)), 0)


# -- whole programs, against HIPS autograd ------------------------------------------------------------------------


def network(np, w, b, v):
    x = np.linspace(-1, 1, 12).reshape(4, 3)
    z = 1 / (1 + np.exp(-(x @ w + b)))
    return 0.5 * np.sum((z @ v - 0.2) ** 2)


def softmax_regression(np, w, b, v):
    u = np.tanh(w + b) * v[:, 0]
    u = u - np.max(u, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(u), axis=1)) - u[:, 1])


def patchwork(np, w, b, v):
    a = np.concatenate([w, w[::-1] * b], axis=1)
    a = np.where(a > 0.1, np.sqrt(np.abs(a)), np.sin(a) * np.cos(a))
    s = np.stack([a[:, 0], a[:, 1], np.transpose(a)[2]])
    return np.sum(np.maximum(s, 0.1) / (1 + v * v)) + np.max(a) * np.min(w) - np.mean(np.reshape(a, (-1, 2))[1])


def recurrence(np, w, b, v):
    h = b
    for _ in range(20):
        h = np.tanh(np.matmul(h, w[:2]) + v[0, 0] * np.log1p(b * b))
    return np.sum(np.power(h * h + 0.5, 1.5)) - np.sum(np.square(h))


@pytest.mark.parametrize("program", [network, softmax_regression, patchwork, recurrence])
def test_whole_programs_agree_with_hips_autograd(program):
    rng = np.random.default_rng(5)
    xs = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=(2, 1))
    if program is patchwork:
        xs = xs[0], xs[1], rng.normal(size=(3, 3))
    if program is softmax_regression:
        xs = xs[0], xs[1], rng.normal(size=(2, 2))
    theirs = autograd.value_and_grad(lambda xs: program(anp, *xs))(xs)
    y, pull = vjp(lambda *xs: program(np, *xs), *xs)
    assert_close(y, theirs[0], 1e-13)
    for xbar, expected in zip(pull(1.0), theirs[1], strict=True):
        assert_close(xbar, expected, 1e-13)


# -- building a record --------------------------------------------------------------------------------------------


@pytest.fixture
def table():
    """The table of operations, put back afterwards as it was."""
    before = dict(OPERATIONS)
    yield OPERATIONS
    OPERATIONS.clear()
    OPERATIONS.update(before)


def fail(*_, **__):
    raise ValueError("on purpose")


def named(name, f):
    f.__name__ = name
    return f


@pytest.mark.parametrize("partials", [{}, {"dy_da": 1}, {"dy_da": 1, "dy_db": 1, "dy_dc": 1}, {"dy_da": 1, "dy_dB": 1}])
def test_partials_that_do_not_match_the_inputs_are_refused(table, partials):
    with pytest.raises(TypeError, match=r"product\(a, b\) needs the partials .*dy_da.*dy_db"):
        elementwise("ab", **partials)(named("product", lambda a, b: a * b))
    assert "product" not in table


def test_a_transpose_that_is_missing_is_refused(table):
    with pytest.raises(TypeError, match="needs 2 transposes, got 1"):
        multilinear("ab", transposes=[lambda ybar, a, b: ybar * b], samples=[])(named("product", lambda a, b: a * b))


def test_a_second_operation_of_the_same_name_is_refused(table):
    with pytest.raises(TypeError, match="already an operation called exp"):
        elementwise("e^u", dy_du=lambda y, u: y)(named("exp", lambda u: np.exp(u)))
    assert table["exp"] is ops.exp


def test_a_record_cannot_be_changed():
    with pytest.raises(AttributeError):
        ops.exp.name = "log"
    with pytest.raises(TypeError):
        ops.exp.domain["u"] = ()


def test_a_new_record_is_called_like_the_others(table):
    @elementwise("u^3", dy_du=lambda y, u: 3 * u * u)
    def cube(u):
        """u times u times u."""
        return u * u * u

    assert table["cube"] is cube
    assert cube.symbol == "cube"
    assert cube.doc == "u times u times u."
    assert cube(2.0) == 8.0
    assert grad(cube)(2.0) == 12.0
    assert grad(grad(cube))(2.0) == 12.0
    assert cube(Value([2.0])).op is cube


def test_a_rule_that_fails_names_its_operation_and_the_shapes(table):
    partly = elementwise("u", dy_du=fail)(named("partly", lambda u: u * 1.0))
    wholly = primitive("u", vjp=fail, jvp=fail, samples=[])(named("wholly", lambda u: u * 1.0))
    for op in (partly, wholly):
        for mode, run in {"reverse": lambda op=op: op(Value(np.ones((2, 3)))).backward(np.ones((2, 3))),
                          "forward": lambda op=op: jvp(op, [np.ones((2, 3))], [np.ones((2, 3))])}.items():
            with pytest.raises(ValueError, match="on purpose") as caught:
                run()
            (note,) = caught.value.__notes__
            assert all(word in note for word in (mode, op.name, "u (2, 3)"))


def test_an_operation_that_fails_names_itself_and_the_shapes(table):
    broken = elementwise("u", dy_du=1)(named("broken", lambda u: fail()))
    with pytest.raises(ShapeError, match=r"broken.*\(2, 3\).*on purpose"):
        broken(Value(np.ones((2, 3))))
