"""Habits from Python, NumPy and torch: in-place updates, membership, rounding, NumPy's integers."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import ShapeError, Value, grad, hessian, no_record, vjp


def trained(x=(1.0, 2.0)):
    w = Value(np.array(x), name="w")
    (w * w).sum().backward()
    return w


# -- updates in place ------------------------------------------------------------------------------


def subtract(w, x):
    w -= x
    return w


def add(w, x):
    w += x
    return w


def multiply(w, x):
    w *= x
    return w


def divide(w, x):
    w /= x
    return w


UPDATES = [subtract, add, multiply, divide]


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("w", [trained(), trained(3.0)], ids=["array", "number"])
def test_an_update_in_place_that_would_only_grow_the_graph_is_refused(update, w):
    before = w.data
    step = r"learning_rate \* w\.grad" if update in (add, subtract) else r"\.\.\."
    with pytest.raises(TypeError, match=rf"w\.data = w\.data . {step}, or") as caught:
        update(w, 0.1 * w.grad)
    assert "no_record" in str(caught.value)
    assert w.data is before


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("x", [(1.0, 2.0), 3.0], ids=["array", "number"])
def test_inside_no_record_an_update_in_place_updates_the_weight(update, x):
    w = trained(x)
    in_a_list, gradient = [w], w.grad
    expected = update(np.array(x), 0.1 * gradient)
    with no_record():
        w = update(w, 0.1 * w.grad)
    assert in_a_list[0] is w
    np.testing.assert_array_equal(w.data, expected)
    np.testing.assert_array_equal(w.grad, gradient)
    assert w.op is None
    assert type(w.data) is type(Value(np.array(x)).data)


def power(w, x):
    w **= x
    return w


def product(w, x):
    w @= x
    return w


def quotient(w, x):
    w //= x
    return w


def remainder(w, x):
    w %= x
    return w


@pytest.mark.parametrize(("update", "x"), [
    (power, 3.0), (product, np.array([[0.0, 1.0], [2.0, 0.0]])), (quotient, 2.0), (remainder, 2.0)])
def test_every_operator_in_place_updates_the_weight_inside_no_record(update, x):
    w, expected = trained(), update(np.array([1.0, 2.0]), x)
    assert update(w, x) is not w  # recorded
    with no_record():
        assert update(w, x) is w
    np.testing.assert_array_equal(w.data, expected)


def test_weight_decay_inside_no_record_reaches_the_weight():
    w, momentum = trained(), Value([1.0, 1.0])
    with no_record():
        for p in [w]:
            p -= 0.1 * (p.grad + p)
            p += momentum
    np.testing.assert_allclose(w.data, [1.7, 2.4])


@pytest.mark.parametrize("make", [lambda w: 2.0 * w, tg.detach], ids=["computed", "detached"])
@pytest.mark.parametrize("update", UPDATES)
def test_a_network_that_updates_in_place_computes_the_same_inside_no_record(make, update):
    def network(w):
        h = make(w)
        skip = h
        h = update(h, 3.0)
        return h + skip

    w = Value([1.0, 2.0])
    with no_record():
        inside = network(w).data
    np.testing.assert_array_equal(inside, network(w).data)


def test_a_gradient_recorded_before_an_update_is_of_the_weight_before():
    w = trained()
    E = (w * w).sum()
    with no_record():
        w -= 100.0
    E.backward()
    assert w.grad.tolist() == [2.0, 4.0]


def test_a_sum_that_grows_in_a_loop_is_a_graph_as_ever():
    w, E = Value(2.0), Value(0.0)
    for x in (1.0, 2.0):
        E += w * x
        E += 1.0
    E.backward()
    assert (E.data, w.grad) == (8.0, 3.0)
    x = Value([1.0, 2.0])
    y = x
    y -= 1.5  # no gradient has been taken: another Value, which depends on x
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_value_on_the_right_of_an_update_is_recorded():
    w, v = trained(), Value([1.0, 1.0])
    u = add(w, v)
    u.sum().backward()
    assert v.grad.tolist() == w.grad.tolist() == [1.0, 1.0]


# -- membership, rounding --------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [
    lambda v, w: v in [w], lambda v, w: [w].index(v), lambda v, w: [w].count(v),
    lambda v, w: [w].remove(v), lambda v, w: max([v, w]), lambda v, w: sorted([v, w]),
    lambda v, w: bool(v == w), lambda v, w: not v < w, lambda v, w: 1.0 in [v],
    lambda v, w: v in [None, "a"], lambda v, w: v.data in [w], lambda v, w: 0.0 < v < 2.0])
def test_what_needs_one_answer_of_two_arrays_says_what_to_ask(ask):
    with pytest.raises(ShapeError, match="any\\(v is w for w in values\\)"):
        ask(Value([1.0, 2.0]), Value([1.0, 3.0]))


def test_a_list_finds_the_very_value():
    v, w = Value([1.0, 2.0]), Value([1.0, 2.0])
    assert v in [v, w]
    assert [v, w].index(v) == 0
    assert np.all(v == w)
    assert (v == w).tolist() == [True, True]
    assert repr(v == w) == repr(np.array([True, True]))
    assert Value([2.0]) == Value([2.0])
    for computed in (1.0 * (v == w), (v == w) & (v > w), ~(v == w), np.where(v == w, 1.0, 2.0)):
        assert type(computed) is np.ndarray
    masked = np.add([1.0, 2.0], 1.0, out=np.zeros(2), where=v == [1.0, 5.0])
    assert masked.tolist() == [2.0, 0.0]


def test_rounding_gives_plain_numbers_outside_a_derivative_and_is_refused_inside():
    assert round(Value(2.567), 2) == 2.57
    assert (round(Value(2.5)), type(round(Value(2.5)))) == (2, int)
    assert round(Value([1.26, 2.0]), 1).tolist() == [1.3, 2.0]
    assert (math.floor(Value(2.5)), math.ceil(Value(2.5)), math.trunc(Value(-2.5))) == (2, 3, -2)
    with pytest.raises(TypeError, match="round"):
        grad(lambda x: round(x) * x)(2.0)


def test_a_format_of_one_number_for_an_array_says_what_to_write():
    assert f"{Value(1.256):.2f}" == "1.26"
    with pytest.raises(TypeError, match=r"np\.round\(v\.data, 2\)"):
        f"{Value([1.0, 2.0]):.2f}"


def test_a_gradient_of_another_shape_is_refused():
    for x, gradient in ((1.0, [1.0, 2.0]), ([1.0, 2.0], [1.0, 2.0, 3.0])):
        with pytest.raises(ShapeError, match="must be the same"):
            Value(x).grad = gradient


def test_an_assignment_to_a_name_of_torch_says_what_to_do():
    with pytest.raises(AttributeError, match="every Value has a gradient"):
        Value(1.0).requires_grad = True


def test_a_value_does_not_take_the_result_of_a_question():
    v = Value([1.0, 2.0])
    with pytest.raises(TypeError, match="signbit"):
        np.signbit(v, v)


def test_matrix_transpose_of_what_is_no_matrix_says_its_shape():
    for x in (1.0, [1.0, 2.0]):
        with pytest.raises(ShapeError, match="mT swaps"):
            _ = Value(x).mT


@pytest.mark.parametrize("transform", [grad, tg.value_and_grad, tg.jacobian, hessian, tg.hvp, vjp,
                                       lambda f: tg.jvp(f, [1.0], [1.0])])
def test_a_transform_of_what_is_no_function_says_so(transform):
    with pytest.raises(TypeError, match="takes a function"):
        transform(3.0)
    with pytest.raises(TypeError, match=r"E\.backward\(\)"):
        transform(Value(3.0))


# -- NumPy's integers ------------------------------------------------------------------------------

A = Value(np.arange(6.0).reshape(2, 3))
I = np.int64
INTEGERS = {
    "sum": lambda i: A.sum(axis=i(1)), "mean over two": lambda i: A.mean(axis=(i(0), i(1))),
    "reshape": lambda i: A.reshape(i(3), i(2)), "reshape to a tuple": lambda i: A.reshape((i(3), -1)),
    "index": lambda i: A[i(0), i(1)], "slice": lambda i: A[i(0) : i(1)],
    "transpose": lambda i: A.transpose(i(1), i(0)), "swapaxes": lambda i: A.swapaxes(i(0), i(1)),
    "split": lambda i: tg.split(A, i(3), axis=i(1))[0], "roll": lambda i: tg.roll(A, i(1), axis=i(1)),
    "expand_dims": lambda i: tg.expand_dims(A, i(0)), "stack": lambda i: tg.stack([A, A], axis=i(1)),
    "concatenate": lambda i: tg.concatenate([A, A], axis=i(1)), "repeat": lambda i: A.repeat(i(2)),
    "tile": lambda i: tg.tile(A, (i(2), i(1))), "take": lambda i: A.take(i(1)),
    "flip": lambda i: tg.flip(A, axis=i(0)), "moveaxis": lambda i: tg.moveaxis(A, i(0), i(1)),
    "cumsum": lambda i: A.cumsum(axis=i(1)), "tril": lambda i: tg.tril(A, i(1)),
    "pad": lambda i: tg.pad(A, i(1)), "softmax": lambda i: tg.softmax(A, axis=i(1)),
    "var": lambda i: A.var(axis=i(0), ddof=i(1)), "power": lambda i: A ** i(2),
    "broadcast_to": lambda i: tg.broadcast_to(A, (i(2), i(2), i(3))),
    "conv2d": lambda i: tg.conv2d(A.reshape(1, 1, 2, 3), np.ones((1, 1, 2, 2)), stride=i(1),
                                  padding=i(1)),
    "max_pool2d": lambda i: tg.max_pool2d(A.reshape(1, 1, 2, 3), i(2)),
    "tensordot": lambda i: tg.tensordot(A, A, axes=i(2)), "max": lambda i: A.max(axis=i(-1)),
    "gradient": lambda i: grad(lambda a, b: (a * b).sum(axis=i(0)).sum(), i(1))(A, A),
}


@pytest.mark.parametrize("use", INTEGERS.values(), ids=INTEGERS)
def test_numpy_integers_are_integers_everywhere(use):
    for kind in (I, np.int32, np.int8):
        np.testing.assert_array_equal(use(kind), use(int))
