"""`detect_anomaly` finds the operation that made the first nan or infinity, and says where in the program it was."""

import inspect
import threading

import numpy as np
import pytest

from tinygrad_edu import (
    AnomalyError,
    Network,
    Value,
    concatenate,
    detect_anomaly,
    exp,
    grad,
    half_squared_error,
    hessian,
    jvp,
    log,
    no_record,
    sqrt,
    stack,
    where,
)
from tinygrad_edu.autodiff.recording import unusual

w = Value([0.5, 0.0, 2.0], name="w")


def here(offset=0):
    """The place of the line that calls, as the message gives it."""
    frame = inspect.currentframe().f_back
    return f"{__file__}, line {frame.f_lineno + offset}"


def test_the_computation_stops_at_the_first_bad_number_and_names_all_about_it():
    line = here(+2)
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        log(w)
    assert str(caught.value) == f"log made -inf at [1] out of w of shape (3,), there 0; at {line}."


def test_several_bad_entries_are_counted():
    for make, words in ((lambda: log(Value([0.5, 0.0, -1.0])), "-inf at [1], the first of 2 such entries, out"),
                        (lambda: sqrt(Value([0.0, 0.0, 4.0])).sum().backward(), "inf at [0], the first of 2 such entries, for"),
                        (lambda: concatenate([stack([Value(1.0)]), [np.nan, 0.0, np.nan]]), "of 2 such entries, in it")):
        with pytest.raises(AnomalyError) as caught, detect_anomaly():
            make()
        assert words in str(caught.value)


@pytest.mark.parametrize(("compute", "words"), [
    (lambda x: x / 0, ["divide made inf", "a = 2", "b = 0"]), (lambda x: sqrt(x - 3), ["sqrt made nan", "u = -1"]),
    (lambda x: exp(x * 1000), ["exp made inf", "u = 2000"]),
    (lambda x: x * np.array([1.0, np.nan]), ["multiply made nan at [1]", "there nan"]),
    (lambda x: (x * 1e200) ** 2, ["square made inf"]), (lambda x: 0 * (x / 0), ["divide made inf"]),
    (lambda x: np.log(stack([x, x - 2])), ["log made -inf at [1]"]),
    (lambda x: concatenate([stack([x]), [np.nan]]), ["number 1", "with nan at [0]"]),
    (lambda x: where(x < 0, sqrt(-x), x), ["sqrt made nan"]), (lambda x: (x @ 1 if x.shape else x) + np.inf, ["add made inf"])])
def test_whatever_is_nan_or_infinite_is_found(compute, words):
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        compute(Value(2.0))
    assert [word for word in words if word not in str(caught.value)] == []
    assert __file__ in str(caught.value)


def test_the_walk_back_stops_at_the_first_bad_number_and_says_where_its_operation_was_recorded():
    line = here(+2)
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        sqrt(w).sum().backward()
    assert str(caught.value) == f"the reverse rule of sqrt made inf at [1], for w of shape (3,), there 0; recorded at {line}."


def test_a_record_from_before_has_no_line_but_its_anomaly_is_found():
    E = sqrt(w).sum()
    with pytest.raises(AnomalyError, match=r"made inf at \[1\].*recorded before detect_anomaly"), detect_anomaly():
        E.backward()


def test_the_first_of_several_bad_entries_is_named_and_the_entries_that_were_broadcast_to_it():
    rows, row = Value(np.ones((2, 3)), name="rows"), Value([1.0, 0.0, 0.0], name="row")
    words = r"divide made inf at \[0, 1\], the first of 4 such entries, .* there 1 and row .* there 0;"
    with pytest.raises(AnomalyError, match=words), detect_anomaly():
        rows / row


def test_the_cotangents_of_all_parents_are_looked_at():
    a, b = Value(1.0, name="a"), Value(1e-200, name="b")
    with pytest.raises(AnomalyError, match="the reverse rule of divide made -inf"), detect_anomaly():
        (a / b).backward()


def test_an_operation_recorded_by_a_derivative_has_a_line_too():
    line = here(+2)
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        hessian(lambda x: x**1.5)(0.0)
    assert str(caught.value).endswith(f"recorded at {line}.")


def test_the_forward_walk_is_watched_too():
    with pytest.raises(AnomalyError, match="the forward rule of sqrt made inf, for u = 0"), detect_anomaly():
        jvp(sqrt, [0.0], [1.0])


def test_contributions_that_add_up_to_infinity_are_found():
    x = Value(1.0, name="x")
    with pytest.raises(AnomalyError, match=r"the contributions to the gradient of x of shape .* add up to inf"), detect_anomaly():
        (x * 1e308 * 1e-300 + x * 1e308 * 1e-300).backward(1e300)


def test_a_zero_that_meets_an_infinite_slope_is_no_anomaly():
    with detect_anomaly():
        x = Value([0.0, 4.0])
        where(x > 0, sqrt(x), x).sum().backward()
        assert x.grad.tolist() == [1.0, 0.25]
        assert grad(lambda x: where(x > 0, sqrt(x), x))(0.0) == 1.0
        assert np.isfinite(hessian(lambda x: where(x > 0, sqrt(x), x))(0.0))


def test_a_nan_of_a_branch_that_was_not_taken_was_really_computed_and_is_found():
    x = Value(-1.0)
    with pytest.raises(AnomalyError, match="sqrt made nan"), detect_anomaly():
        where(x > 0, sqrt(x), x)


def test_infinities_that_are_meant_can_be_left_out():
    with detect_anomaly(infinities=False):
        masked = where(w > 1, w, -np.inf)
        assert masked.data.tolist() == [-np.inf, -np.inf, 2.0]
        with pytest.raises(AnomalyError, match="subtract made nan"):
            masked - masked


def test_nothing_is_found_where_all_is_well_and_the_numbers_are_the_same():
    x, target = np.eye(4), np.eye(4)
    plain, watched = Network(4, 3, 4, seed=3), Network(4, 3, 4, seed=3)
    half_squared_error(plain(x), target).backward()
    with detect_anomaly():
        half_squared_error(watched(x), target).backward()
    for ours, theirs in zip(plain.parameters, watched.parameters):
        np.testing.assert_array_equal(ours.grad, theirs.grad)


def test_afterwards_and_on_other_threads_nothing_is_watched():
    results = []
    with detect_anomaly():
        thread = threading.Thread(target=lambda: results.append(log(Value(0.0)).data))
        thread.start()
        thread.join()
    with pytest.raises(AnomalyError), detect_anomaly():
        log(Value(0.0))
    assert results == [-np.inf]
    assert log(Value(0.0)).data == -np.inf
    assert unusual == {}


def test_it_goes_together_with_no_record():
    with detect_anomaly(), no_record():
        assert exp(Value(1.0)).op is None
        with pytest.raises(AnomalyError, match="log made -inf"):
            log(Value(0.0))
    assert (w * 2).op is not None


def test_an_anomaly_is_one_of_pythons_floating_point_errors():
    assert issubclass(AnomalyError, FloatingPointError)
