"""What a Value promises, one test for each promise."""

import copy
import decimal
import gc
import operator
import pickle
import threading
import time
import tracemalloc
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tinygrad_edu import Value, detach, exp, grad, no_record, sigmoid, square, stack, where
from tinygrad_edu.autodiff.mistakes import DTypeError
from tinygrad_edu.autodiff.operations import multiply
from tinygrad_edu.autodiff.walk import walk_back


@pytest.fixture
def without_collector():
    """Freed now means freed by counting references, not by the garbage collector."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# -- the famous bugs ----------------------------------------------------------------------------------------------


def test_the_first_example_of_the_lecture():
    x, target = 0.8, 0.2
    w = Value(0.4, name="w")
    y = w * x
    E = 0.5 * (y - target) ** 2
    E.backward()
    assert E.data == pytest.approx(0.0072, rel=1e-14)
    assert w.grad == pytest.approx(0.096, rel=1e-14)


def test_a_value_used_twice_gets_both_gradients():
    x = Value(3.0)
    (x * x + x).backward()
    assert x.grad == 7.0


def test_a_value_used_on_two_paths_of_different_length_waits_for_both():
    x = Value(2.0)
    a = x * x
    b = ((a + 1) * 1 - 1) * 1
    (a * b).backward()  # x ** 4
    assert a.grad == 8.0
    assert x.grad == 32.0


def test_a_ladder_of_values_used_twice_is_walked_once_not_2_to_the_60_times():
    x = y = Value(1.0)
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


def test_a_broadcast_bias_gets_the_sum_over_its_copies():
    x, b = Value(np.ones((4, 3))), Value(np.zeros(3))
    (x + b).sum().backward()
    assert b.grad.tolist() == [4.0, 4.0, 4.0]
    assert x.grad.tolist() == np.ones((4, 3)).tolist()


def test_a_number_times_an_array_gets_the_sum_over_the_array():
    a, x = Value(2.0), Value([1.0, 2.0, 3.0])
    (a * x).sum().backward()
    assert a.grad == 6.0
    assert type(a.grad) is float


def test_an_output_that_does_not_depend_on_a_value_leaves_it_without_gradient():
    x, y = Value(1.0), Value(2.0)
    (y * 3).backward()
    assert x.grad is None


def test_a_leaf_can_be_its_own_output():
    x = Value(5.0)
    x.backward()
    assert x.grad == 1.0


# -- backward -----------------------------------------------------------------------------------------------------


def test_backward_twice_gives_the_same_gradients():
    w = Value([1.0, 2.0])
    E = (w * w).sum()
    for _ in range(3):
        E.backward()
        assert w.grad.tolist() == [2.0, 4.0]


def test_accumulate_adds_to_the_gradients_that_are_there():
    w, b = Value([1.0, 2.0]), Value(0.0)
    for x in (1.0, 10.0):
        (w * x + b).sum().backward(accumulate=True)
    assert w.grad.tolist() == [11.0, 11.0]
    assert b.grad == 4.0


def test_accumulate_twice_on_one_record_doubles():
    w = Value(3.0)
    E = w * w
    E.backward(accumulate=True)
    E.backward(accumulate=True)
    assert (w.grad, E.grad) == (12.0, 2.0)


def test_intermediates_get_a_gradient_too():
    x = Value(2.0)
    u = x * 3
    y = u * u
    y.backward()
    assert (y.grad, u.grad, x.grad) == (1.0, 12.0, 36.0)


def test_a_seed_is_the_outputs_own_cotangent():
    w = Value([1.0, 2.0])
    (w * w).backward([1.0, 10.0])
    assert w.grad.tolist() == [2.0, 40.0]


def test_an_array_of_one_number_needs_no_seed():
    w = Value([[3.0]])
    (w * w).backward()
    assert w.grad.tolist() == [[6.0]]


def test_a_gradient_cannot_be_written_into_but_can_be_replaced():
    x = Value([1.0, 2.0])
    y = x + 0
    y.backward([1.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        x.grad[0] = 100.0
    x.grad = [3.0, 4.0]
    assert x.grad.tolist() == [3.0, 4.0]
    assert y.grad.tolist() == [1.0, 1.0]
    x.grad = None
    assert x.grad is None


def test_the_walk_is_pure():
    x = Value(2.0)
    y = x * x
    assert walk_back(y, 1.0) == {y: 1.0, x: 4.0}
    assert walk_back(y, 1.0) == {y: 1.0, x: 4.0}
    assert x.grad is y.grad is None


# -- what goes in -------------------------------------------------------------------------------------------------


def test_what_is_not_wrapped_is_a_constant():
    x, c = Value([1.0, 2.0]), np.array([3.0, 4.0])
    y = c * x
    assert y.parents[0] is None
    assert y.parents[1] is x
    y.backward([1.0, 1.0])
    assert x.grad.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(("given", "kept"), [
    (2, "float64"), (True, "float64"), (2.0, "float64"), (np.float32(2), "float32"), (np.int8(2), "float64"),
    ([1, 2], "float64"), ([True, False], "float64"), (np.ones(2, "f"), "float32"), (np.ones(2, "u1"), "float64"),
    (np.array(2), "float64"), (np.array(2, "f"), "float32"), (np.ones(2, ">f8"), "float64"), (((1, 2), (3, 4)), "float64")])
def test_numbers_become_float64_and_only_float32_stays(given, kept):
    assert Value(given).dtype == kept
    assert np.asarray(Value(given).data).dtype == kept


def test_a_number_stays_a_python_float_whatever_is_done_to_it():
    x = Value(2)
    for y in (x, x + 1, 3 * x, x / 3, x**2, x**3, x**-1, 2**x, -x, abs(x), x.exp(), sigmoid(x), np.sin(x), x.sum(), x.mean(),
              x.max(), x.T, np.float64(2) * x, x * np.float64(2), x * np.array(2), where(x > 1, x, 0), stack([x]) @ [1.0]):
        assert type(y.data) is float, y


def test_float32_stays_float32_beside_python_numbers():
    x = Value(np.ones(3, "f"))
    y = ((2.0 * x + 1) / 3 - x**2) @ np.ones(3, "f")
    y.backward()
    assert y.dtype == y.grad.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("hostile", [
    1j, np.array([1j]), np.array([None, 1]), "3.0", b"3", None, object(), {1: 2}, {1, 2}, ["a"], np.float16(1),
    np.ones(2, np.longdouble), np.datetime64("2026-01-01"), np.zeros(2, [("a", float)]), decimal.Decimal(1), print, iter([1])])
def test_what_is_not_a_real_number_is_refused_wherever_it_comes_in(hostile):
    x = Value(1.0)
    for use in (Value, lambda h: x * h, lambda h: multiply(x, h), lambda h: setattr(Value(1.0), "data", h)):
        with pytest.raises(DTypeError):
            use(hostile)


def test_data_are_copied_so_that_the_caller_may_go_on_writing():
    mine = np.array([1.0, 2.0])
    x = Value(mine)
    y = x * mine
    mine[:] = 100
    y.backward([1.0, 1.0])
    assert x.data.tolist() == [1.0, 2.0]
    assert x.grad.tolist() == [1.0, 2.0]


def test_an_index_is_copied_too():
    x, index = Value([1.0, 2.0, 3.0]), np.array([0, 1])
    y = x[index]
    index[:] = 2
    y.backward([1.0, 1.0])
    assert x.grad.tolist() == [1.0, 1.0, 0.0]


def test_names_stay_with_their_value():
    w = Value(0.4, name="w")
    assert w.name == "w"
    assert (w * 1).name is None
    y = w * 1
    y.name = "y"
    assert "name='y'" in repr(y)


# -- data that change ---------------------------------------------------------------------------------------------


def test_data_reassigned_later_leave_the_gradient_of_what_was_computed():
    w, x = Value(3.0), Value([1.0, 2.0])
    E = (w * x * x).sum()
    w.data, x.data = 100.0, [50.0, 60.0]
    E.backward()
    assert w.grad == 5.0
    assert x.grad.tolist() == [6.0, 12.0]


@pytest.mark.parametrize("see", [lambda v: v.data, lambda v: v.T.data, lambda v: v[:1].data, lambda v: v.grad])
def test_nothing_that_is_handed_out_can_be_used_to_write_into_the_record(see):
    x = Value([1.0, 2.0])
    y = x * 3
    (y * y).sum().backward()
    for value in (x, y):
        seen = see(value)
        with pytest.raises(ValueError, match="read-only"):
            seen[...] = 100.0


def test_an_array_taken_from_a_value_cannot_change_its_record():
    x = Value([1.0, 2.0])
    y = x * 3
    E = (y * y).sum()
    for value in (x, y):
        try:
            np.asarray(value)[:] = 100.0
        except ValueError:
            continue
    E.backward()
    assert x.grad.tolist() == [18.0, 36.0]


def test_computed_data_cannot_be_assigned():
    y = Value(1.0) * 2
    with pytest.raises(TypeError, match="computed by multiply"):
        y.data = 5.0


# -- operators ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
@pytest.mark.parametrize("others", [(2.0, 3.0), ([1.0, 2.0], 3.0), (2.0, [3.0, 4.0]), ([1.0, 2.0], [3.0, 4.0])], ids=str)
def test_operators_do_what_numpy_does_on_either_side(op, others):
    a, b = (np.array(x) if isinstance(x, list) else x for x in others)
    for y in (op(Value(a), Value(b)), op(Value(a), b), op(a, Value(b))):
        assert isinstance(y, Value)
        np.testing.assert_allclose(y.data, op(a, b), rtol=1e-15)


@pytest.mark.parametrize("wrap", [(Value, Value), (Value, np.array), (np.array, Value)])
def test_the_matrix_product_works_on_either_side(wrap):
    A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    assert (wrap[0](A) @ wrap[1](B)).data.tolist() == (A @ B).tolist()


def test_comparisons_give_plain_bools():
    assert (Value(1.0) < 2) is True
    assert (Value(1.0) >= Value(2.0)) is False
    assert (Value(1.0) == 1.0) is True
    assert (np.float64(3) > Value(1.0)) == True  # noqa: E712
    for answer in (Value([1.0, 3.0]) > 2, Value([1.0, 3.0]) > Value(2.0), np.array([2.0, 2.0]) < Value([1.0, 3.0])):
        assert isinstance(answer, np.ndarray)
        assert answer.dtype == bool
        assert answer.tolist() == [False, True]


def test_values_are_keys_by_identity():
    a, b = Value(1.0), Value(1.0)
    assert {a: "a", b: "b"} == {a: "a", b: "b"}
    assert len({a, b, a}) == 2


def test_functions_are_methods_too():
    x = Value(4.0)
    for name, y in {"exp": x.exp(), "log": x.log(), "sqrt": x.sqrt(), "tanh": x.tanh(), "sigmoid": x.sigmoid()}.items():
        assert y.op.name == name


@pytest.mark.parametrize("take", [
    lambda v: v.sum(0), lambda v: v.sum(axis=0, keepdims=True), lambda v: v.mean(1), lambda v: v.max(), lambda v: v.min(axis=1),
    lambda v: v.reshape(3, 2), lambda v: v.reshape((3, 2)), lambda v: v.reshape(-1), lambda v: v.T, lambda v: v.mT,
    lambda v: v.transpose((1, 0)), lambda v: v.dot(np.ones(3)), lambda v: v[0], lambda v: v[:, 1:], lambda v: abs(-v),
    lambda v: v.transpose(1, 0), lambda v: np.sum(v, 1), lambda v: np.reshape(v, (3, 2)), lambda v: np.where(v > 2, v, 0.0),
    lambda v: np.concatenate([v, v]), lambda v: np.stack([v, v], axis=1), lambda v: +v, lambda v: 2 ** v, lambda v: v ** v])
def test_methods_and_functions_read_as_they_do_on_arrays(take):
    array = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(take(Value(array)).data, take(array))


def test_a_value_can_be_unpacked_and_counted():
    v = Value([[1.0, 2.0], [3.0, 4.0]])
    first, second = v
    assert first.data.tolist() == [1.0, 2.0]
    assert (len(v), v.shape, v.ndim, v.size) == (2, (2, 2), 2, 4)
    assert second[1].item() == float(v[1, 1]) == int(v[1][1]) == 4.0


# -- NumPy --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "use"), [
    ("np.median", np.median), ("np.linalg.eigvalsh", lambda v: np.linalg.eigvalsh(v)),
    ("np.heaviside", lambda v: np.heaviside(v, 1.0)),
    ("np.interp", lambda v: np.interp(v, [0, 1], [0, 1])), ("np.add.reduce", np.add.reduce), ("np.fft.fft", np.fft.fft),
    ("np.multiply.outer", lambda v: np.multiply.outer(v, v)), ("np.floor", np.floor),
    ("np.percentile", lambda v: np.percentile(v, 5)),
    ("np.add with out=", lambda v: np.add(v, 1, out=np.zeros(2))), ("np.add.at", lambda v: np.add.at(np.zeros(2), [0], v))])
def test_a_numpy_function_without_a_record_is_refused_by_name(name, use):
    with pytest.raises(TypeError) as caught:
        use(Value([1.0, 2.0]))
    assert str(caught.value).startswith(f"{name} ")


def test_adding_a_value_into_an_array_in_place_is_refused():
    array = np.zeros(2)
    with pytest.raises(TypeError, match=r"np\.add with out="):
        array += Value([1.0, 2.0])


def test_numpys_questions_about_numbers_are_answered():
    v = Value([1.0, np.inf])
    assert np.isfinite(v).tolist() == [True, False]
    assert np.shape(v) == (2,)
    assert np.allclose(v, [1.0, np.inf])


# -- IEEE 754 -----------------------------------------------------------------------------------------------------


NOT_FINITE = {
    "1 / 0": (lambda x: 1 / x, np.inf), "-1 / 0": (lambda x: -1 / x, -np.inf), "0 / 0": (lambda x: x / x, np.nan),
    "x / 0": (lambda x: x / 0, np.nan), "0 ** -1": (lambda x: x**-1, np.inf), "0 ** 0.5": (lambda x: x**0.5, 0.0),
    "(-8) ** 0.5": (lambda x: (x - 8) ** 0.5, np.nan), "2 ** 5000": (lambda x: 2 ** (x + 5000), np.inf),
    "log 0": (np.log, -np.inf), "log -1": (lambda x: np.log(x - 1), np.nan), "log1p -1": (lambda x: np.log1p(x - 1), -np.inf),
    "sqrt 0": (np.sqrt, 0.0), "sqrt -1": (lambda x: np.sqrt(x - 1), np.nan), "exp 1000": (lambda x: exp(x + 1000), np.inf),
    "sin inf": (lambda x: np.sin(x + np.inf), np.nan), "too large": (lambda x: (x + 1e200) * 1e200, np.inf),
    "square": (lambda x: square(x + 1e200), np.inf), "power": (lambda x: (x + 1e200) ** 2.5, np.inf)}
every_odd_number = pytest.mark.parametrize(("compute", "expected"), NOT_FINITE.values(), ids=NOT_FINITE)


@every_odd_number
def test_arithmetic_follows_ieee_754_on_numbers_and_on_arrays_without_a_warning(compute, expected):
    with np.errstate(all="raise"):
        number, array = compute(Value(0.0)), compute(Value([0.0]))
    np.testing.assert_equal([number.data, array.data[0]], [expected, expected])


@every_odd_number
def test_gradients_follow_ieee_754_on_numbers_as_they_do_on_arrays(compute, expected):
    x, xs = Value(0.0), Value([0.0])
    with np.errstate(all="raise"):
        compute(xs).backward()
        compute(x).backward()
    np.testing.assert_equal(x.grad, xs.grad[0])


@every_odd_number
def test_no_warning_leaks_where_warnings_are_only_shown(compute, expected):
    with warnings.catch_warnings(record=True) as shown, np.errstate(all="warn"):
        warnings.simplefilter("always")
        for start in (0.0, [0.0, 0.0]):
            compute(Value(start))
        compute(Value([0.0, 0.0])).sum().backward()
    assert shown == []


def test_numpys_own_settings_are_left_alone():
    with np.errstate(all="raise"):
        (1 / Value([0.0])).backward()
        assert set(np.geterr().values()) == {"raise"}
        with pytest.raises(FloatingPointError):
            np.array([1.0]) / 0


# -- large records ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [200_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_a_chain_of_a_million_operations_works(length):
    x = y = Value(1.0)
    for _ in range(length):
        y = -y
    y.backward()
    assert x.grad == 1.0


def test_a_value_used_a_hundred_thousand_times_works():
    x, total = Value(1.0), 0.0
    for _ in range(100_000):
        total = total + x
    total.backward()
    assert x.grad == 100_000.0


def test_backward_takes_time_in_proportion_to_the_record():
    def seconds(n):
        y = Value(1.0)
        for _ in range(n):
            y = y * 1.0
        start = time.thread_time()  # other programs' time does not count
        y.backward()
        return time.thread_time() - start

    assert min(seconds(20_000) for _ in range(3)) < 40 * min(seconds(2_000) for _ in range(3))


# -- forgetting ---------------------------------------------------------------------------------------------------


def test_a_dropped_graph_is_freed_without_the_garbage_collector(without_collector):
    w = Value(np.ones(3))
    u = w * 2
    E = (u * u + u).sum()
    E.backward()
    watched = [weakref.ref(value) for value in (w, u, E)]
    del w, u, E
    assert [ref() for ref in watched] == [None, None, None]


@pytest.mark.parametrize("failing", [lambda v: v + np.ones(2), lambda v: v.backward(), lambda v: v[9], lambda v: np.floor(v)])
def test_a_graph_that_met_an_error_is_freed_too(without_collector, failing):
    v = Value(np.ones(3)) * 2
    watched = weakref.ref(v)
    with pytest.raises((TypeError, ValueError, IndexError)) as caught:
        failing(v)
    del v, caught
    assert watched() is None


def test_derivatives_leave_nothing_behind(without_collector):
    grad(lambda x: grad(lambda x: (x**3).sum())(x).sum())(np.ones(3))
    assert gc.collect() == 0


def test_ten_thousand_training_steps_with_the_collector_off_grow_by_less_than_one_megabyte(without_collector):
    w, b, x = Value(0.1), Value(np.zeros(3)), np.ones(3)
    tracemalloc.start()
    try:
        for step in range(10_000):
            if step == 100:
                before = tracemalloc.get_traced_memory()[0]
            ((w * x + b - 1) ** 2).sum().backward()
            w.data, b.data = w.data - 0.01 * w.grad, b.data - 0.01 * b.grad
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 1e6


def test_a_long_chain_is_freed_without_recursion():
    y = Value(1.0) + 1.0
    oldest = weakref.ref(y)
    for _ in range(300_000):
        y = y + 1.0
    assert oldest() is not None
    del y
    assert oldest() is None


# -- not recording ------------------------------------------------------------------------------------------------


def test_no_record_remembers_nothing():
    x = Value(2.0)
    with no_record():
        y = x * x
        z = np.sin(stack([x, x])).sum()
    assert (y.op, y.parents, z.op, z.parents) == (None, (), None, ())
    assert y.data == 4.0
    assert (x * x).op is not None


def test_no_record_can_be_nested_and_left_by_an_error():
    x = Value(2.0)
    with no_record():
        with no_record():
            pass
        assert (x * x).op is None
    with pytest.raises(ZeroDivisionError), no_record():
        raise ZeroDivisionError
    assert (x * x).op is not None


def test_a_gradient_taken_inside_no_record_is_right():
    with no_record():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert (Value(1.0) * 2).op is None


def test_detach_lets_no_gradient_pass():
    x = Value(3.0)
    (x * detach(x * x)).backward()
    assert x.grad == 9.0


# -- threads ------------------------------------------------------------------------------------------------------


def test_recording_on_several_threads_at_once_is_safe():
    def work(k):
        w = Value(np.full(3, float(k)))
        for _ in range(300):
            y = w
            for _ in range(5):
                y = y * y / w  # w again, with slope 1
            (y * k).sum().backward()
        return w.grad.tolist()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(1, 9))) == [[k] * 3 for k in range(1, 9)]


def test_threads_may_share_a_leaf():
    w = Value(3.0)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda k: walk_back(k * w * w, 1.0)[w], range(500)))
    assert results == [6.0 * k for k in range(500)]


def test_no_record_holds_for_its_own_thread_only():
    x, recorded = Value(2.0), {}
    inside, seen = threading.Event(), threading.Event()

    def elsewhere():
        inside.wait(10)
        recorded["elsewhere"] = (x * x).op is not None
        seen.set()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    with no_record():
        inside.set()
        seen.wait(10)
        recorded["here"] = (x * x).op is not None
    thread.join()
    assert recorded == {"elsewhere": True, "here": False}


# -- copies and reprs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
@pytest.mark.parametrize("data", [2.0, np.float32(2.0), [1.0, 2.0], np.ones((2, 2), "f")])
def test_copies_keep_data_and_name_and_drop_the_record(copied, data):
    y = Value(data) * 1
    y.name = "y"
    other = copied(y)
    assert (other.name, other.op, other.parents, other.grad) == ("y", None, (), None)
    assert np.array_equal(other.data, y.data)
    assert type(other.data) is type(y.data)
    assert other.dtype == y.dtype
    other.data = other.data + 1
    assert np.array_equal(y.data, Value(data).data)


def test_a_copy_of_a_long_chain_needs_no_recursion():
    y = Value(1.0)
    for _ in range(10_000):
        y = y + 1.0
    assert copy.deepcopy(y).data == pickle.loads(pickle.dumps(y)).data == 10_001.0


def test_a_value_shows_its_number_its_name_its_operation_and_its_gradient():
    w = Value(0.4, name="w")
    y = w * 0.8
    y.name = "y"
    (0.5 * (y - 0.2) ** 2).backward()
    assert repr(w) == "Value(0.4, name='w', grad=0.096)"
    assert repr(y) == "Value(0.32, name='y', op='×', grad=0.12)"
    assert repr(Value([1, 2])) == "Value([1., 2.])"


def test_a_large_array_is_shown_in_a_few_lines():
    assert repr(Value(np.zeros((1000, 1000)))).count("\n") <= 6


def test_a_value_can_be_formatted_like_a_number():
    assert f"{Value(0.123456):.2f}" == "0.12"
    assert f"{Value(0.5)}" == "Value(0.5)"


def test_a_value_has_no_attributes_that_were_mistyped():
    with pytest.raises(AttributeError):
        Value(1.0).gard = 0.0


def test_a_value_of_a_value_is_refused():
    with pytest.raises(DTypeError, match=r"Value\(v\.data\)"):
        Value(Value(1.0))


def test_a_list_of_values_is_stacked_not_turned_into_numbers():
    x = Value(1.0)
    with pytest.raises(DTypeError, match="stack"):
        Value([x, x])
    with pytest.raises(DTypeError, match="stack"):
        np.ones(2) * x + [x, x]
    assert stack([x, x]).sum().op is not None


def test_a_subclass_of_value_keeps_its_gradient_on_either_side():
    class Weight(Value):
        __slots__ = ()

    a, b, array = Value(2.0), Weight(3.0), Weight([1.0, 2.0])
    for product, left, right in ((a * b, a, b), (b * a, b, a)):
        product.backward()
        assert (left.grad, right.grad) == (right.data, left.data)
    (np.ones(2) * array).sum().backward()
    assert array.grad.tolist() == [1.0, 1.0]


def test_a_float32_weight_stays_float32_when_it_is_replaced():
    w = Value(np.ones(3, np.float32))
    w.data = w.data - np.float64(0.1) * np.ones(3)
    assert w.data.dtype == np.float32
    scalar = Value(np.float32(1.0))
    scalar.data = 2.5
    assert (scalar.data, scalar.dtype) == (2.5, np.float32)


@pytest.mark.parametrize(("name", "advice"), [
    ("numpy", "v.data"), ("flatten", "ravel"), ("sin", "sin(v)"), ("zero_grad", "nothing")])
def test_a_name_from_elsewhere_gets_advice(name, advice):
    with pytest.raises(AttributeError, match="a Value has no") as caught:
        getattr(Value(1.0), name)
    assert advice in str(caught.value)
