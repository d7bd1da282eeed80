"""Every operation in the table, tried by every law of `laws.py`; and what is true of some operations only."""

import math

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices, mutually_broadcastable_shapes

from tests.autodiff.laws import EVERYWHERE, LAWS, assert_close, directions, label, numerical_gradient, spread
from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.derivatives import grad, jvp, vjp
from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.primitive import OPERATIONS, elementwise, multilinear, primitive
from tinygrad_edu.autodiff.value import Value

RECORDS = list(OPERATIONS.values())


@pytest.mark.parametrize(("law", "op", "shapes", "parameters"), [
    pytest.param(law, op, *sample, id=f"{law.sentence}: {label(op, *sample)}")
    for law in LAWS for op in RECORDS for sample in op.samples if law.applies(op, *sample)])
def test_every_operation_obeys_every_law(law, op, shapes, parameters):
    law(op, shapes, parameters)


# -- kinks, ties, and numbers far out -----------------------------------------------------------------------------


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
