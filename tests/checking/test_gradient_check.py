"""The gradient checker, on a table of its own: wrong gradients are refused, right ones are not, and kinks are told."""

import math
import time

import numpy as np
import pytest

from tests.checking.claims import KINKS, MISTAKES, RIGHT
from tinygrad_edu import Network, Value, detach, grad, half_squared_error
from tinygrad_edu.checking import gradient_check
from tinygrad_edu.checking.difference import slope
from tinygrad_edu.checking.gradient_check import GradientCheck, check_gradient


@pytest.mark.parametrize("claim", MISTAKES, ids=lambda claim: claim.name)
def test_a_wrong_gradient_is_refused(claim):
    check = check_gradient(claim.f, claim.gradient, claim.at)
    assert check.verdict == "fail", check


@pytest.mark.parametrize("claim", RIGHT, ids=lambda claim: claim.name)
def test_a_right_gradient_is_not_refused(claim):
    check = check_gradient(claim.f, claim.gradient, claim.at)
    assert check.verdict == "pass", check


@pytest.mark.parametrize("claim", KINKS, ids=lambda claim: claim.name)
def test_at_a_kink_every_subgradient_passes_and_what_is_none_does_not(claim):
    low, high = claim.gradient
    for right in (low, high, (low + high) / 2):
        check = check_gradient(claim.f, np.array(right), claim.at)
        assert check.verdict == "pass", check
        assert "subgradient" in str(check)
    width = np.abs(high - low).max()
    for wrong in (low - 0.01 * width, high + 0.01 * width):
        assert check_gradient(claim.f, np.array(wrong), claim.at).verdict == "fail"


def test_the_table_is_as_large_as_it_should_be():
    assert (len(MISTAKES), len(RIGHT), len(KINKS)) == (132, 200, 11)
    for table in (MISTAKES, RIGHT, KINKS):
        assert len({claim.name for claim in table}) == len(table)


# -- slopes and their bars -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("g", "scale", "true"), [
    (math.exp, 1.0, 1.0), (lambda t: math.sin(100 * t + 0.3), 1.0, 100 * math.cos(0.3)), (lambda t: 1 + 1e-9 * t, 1.0, 1e-9),
    (lambda t: 1e6 + math.exp(t), 1.0, 1.0), (lambda t: t * t, 1.0, 0.0), (lambda t: 1e8 * t * t + t, 1.0, 1.0),
    (lambda t: math.log(t + 1e-3) if t > -1e-3 else math.nan, 1e-3, 1000.0), (lambda t: 5.0, 1.0, 0.0),
    (lambda t: 1 / (1 + math.exp(-(20 + t))), 1.0, math.exp(-20) / (1 + math.exp(-20)) ** 2),
    (lambda t: abs(t + 1e-3), 1.0, 1.0), (lambda t: abs(t - 1e-5), 1.0, -1.0), (lambda t: math.log1p(math.exp(50 * t)), 1.0, 25.0),
])
def test_the_true_slope_is_within_the_bar(g, scale, true):
    found = slope(g, scale)
    assert not found.is_kink
    assert abs(found.value - true) <= 3 * found.bar + 1e-15 * abs(true)
    assert found.bar <= 1e-6 * max(abs(true), 1e-3)


@pytest.mark.parametrize(("g", "sides"), [
    (abs, (-1.0, 1.0)), (lambda t: max(t, 0.0), (0.0, 1.0)), (lambda t: max(t, -3 * t), (-3.0, 1.0)),
    (lambda t: abs(math.sin(t)) + t, (0.0, 2.0)), (lambda t: 7 - abs(t), (1.0, -1.0)),
])
def test_at_a_kink_there_are_two_slopes(g, sides):
    found = slope(g)
    assert (found.left, found.right) == pytest.approx(sides, abs=1e-9)
    assert found.between == pytest.approx(tuple(sorted(sides)), abs=1e-9)


@pytest.mark.parametrize("noise", [1e-12, 1e-7, 1e-3])
def test_the_bar_grows_with_the_noise_of_the_function(noise):
    rng = np.random.default_rng(0)
    found = slope(lambda t: math.exp(t) + noise * rng.uniform(-1, 1))
    assert abs(found.value - 1.0) <= 20 * found.bar
    assert found.bar > noise / 100


def test_extrapolation_makes_the_bar_of_a_smooth_function_as_small_as_rounding_allows():
    assert slope(math.exp).bar < 1e-11
    assert slope(lambda t: math.cos(3 * t + 1)).bar < 1e-10


def test_near_a_kink_the_steps_that_do_not_reach_over_it_count_though_they_are_less_sure_of_themselves():
    found = slope(lambda t: 1e3 + max(t + 3e-7, 0.0))
    assert found.value == pytest.approx(1.0, abs=1e-3)


def test_where_there_is_no_number_there_is_no_slope():
    assert math.isnan(slope(lambda t: math.nan).value)


# -- witnesses -----------------------------------------------------------------------------------------------------


def network(weights=(6, 8, 4, 1)):
    rng = np.random.default_rng(0)
    net, x, target = Network(*weights, seed=1), rng.normal(size=(10, weights[0])), rng.normal(size=(10, 1))
    f = lambda *parameters: half_squared_error(net.at(parameters)(x), target)  # noqa: E731 - E of the weights
    return f, grad(f, argnums=tuple(range(len(net.weights)))), tuple(net.weights)


def test_a_network_passes_and_each_witness_says_the_same():
    f, gradient, at = network()
    check = check_gradient(f, gradient, at)
    assert check.passed
    assert len(check.findings) == sum(w.size for w in at)
    for finding in check.findings:
        assert finding.autodiff == pytest.approx(finding.numerical.value, rel=1e-6, abs=1e-9)


def test_the_worst_entry_is_named_with_all_that_the_witnesses_say():
    check = check_gradient(lambda w: np.sum(np.sin(w)), lambda w: np.cos(w) * [1, 1, 1.5], np.array([0.1, 0.2, 0.3]))
    assert check.worst.where == "entry [2]"
    assert check.worst.complex_step == check.worst.autodiff == pytest.approx(math.cos(0.3), rel=1e-15)
    assert str(check).startswith("fail\nentry [2]: the claim is 1.4330047, and differences say 0.95533649 ± ")
    assert "1 of 3 entries that were looked at is wrong." in str(check)


def test_a_function_that_takes_neither_values_nor_complex_numbers_has_one_witness():
    check = check_gradient(lambda w: math.sin(w), math.cos, 0.3)
    assert check.passed
    assert (check.worst.autodiff, check.worst.complex_step) == (None, None)


def test_where_differences_are_blind_reverse_mode_is_asked():
    f = lambda w: (w * 1e-13).sum() + 1e4  # noqa: E731 - rounding hides the slope
    at = np.array([1.0, 2.0])
    assert check_gradient(f, np.full(2, 1e-13), at).passed
    assert check_gradient(lambda w: float(f(w)), np.full(2, 1e-11), at).verdict == "inconclusive"
    assert check_gradient(lambda w: float(f(w)), np.full(2, 1e-8), at).verdict == "fail"


def test_where_the_witnesses_contradict_one_another_it_is_said_and_not_decided():
    check = check_gradient(lambda w: (w * detach(w)).sum(), lambda w: w, np.array([1.0, 2.0]))
    assert check.verdict == "inconclusive"
    assert "reverse mode agrees with the claim and differences do not: does f detach something, or round?" in str(check)


def test_float32_noise_is_no_mistake():
    w = np.linspace(0.1, 1, 5)
    f = lambda w: float(np.sum(np.tanh(np.asarray(w, np.float32)) ** 2))  # noqa: E731
    check = check_gradient(f, 2 * np.tanh(w) * (1 - np.tanh(w) ** 2), w)
    assert check.verdict != "fail", check


# -- what the claim is ---------------------------------------------------------------------------------------------

G = np.array([[0.3, -0.2, 0.5], [1.1, 0.4, -0.7], [0.2, 0.9, 0.6]])


@pytest.mark.parametrize(("claim", "says"), [
    (-G, "the right one with its sign turned"), (2 * G, "2 times the right one, in every entry"), (0 * G, "0 everywhere"),
    (G.T, "the right one, transposed"), (0.1 * G, "0.1 times the right one"), (G[::-1], "its rows in the opposite order"),
    (G[:, ::-1], "its columns in the opposite"), (np.roll(G, 1, axis=0), "off by one"), (np.abs(G), "without its sign"),
    (G**2, "the square of the right one"),
])
@pytest.mark.parametrize("f", [lambda w: (w * G).sum(), lambda w: float(np.sum(w * G))])
def test_a_wrong_claim_is_compared_with_the_right_gradient(claim, says, f):
    check = check_gradient(f, claim, np.ones((3, 3)))
    assert check.verdict == "fail"
    assert says in check.sentences[-1]


def test_nothing_is_said_of_a_claim_that_has_nothing_to_do_with_the_right_gradient():
    for seed in range(20):
        claim = np.random.default_rng(seed).normal(size=(3, 3))
        assert "The claim is" not in str(check_gradient(lambda w: (w * G).sum(), claim, np.ones((3, 3))))


# -- many entries --------------------------------------------------------------------------------------------------


def test_of_many_entries_some_are_looked_at_and_one_wrong_one_is_found_all_the_same():
    at = np.random.default_rng(0).normal(size=5000)
    wrong = np.cos(at)
    wrong[1234] *= 1.01
    check = check_gradient(lambda w: np.sum(np.sin(w)), lambda w: np.cos(w), at)
    assert check.passed
    assert len(check.findings) == 80
    assert check_gradient(lambda w: np.sum(np.sin(w)), wrong, at).verdict == "fail"


def test_up_to_two_hundred_entries_all_are_looked_at():
    at = np.random.default_rng(0).normal(size=200)
    assert len(check_gradient(lambda w: np.sum(np.sin(w)), np.cos(at), at).findings) == 200


def test_a_hundred_weights_take_no_time_that_anybody_would_notice():
    f, gradient, at = network((8, 9, 3, 1))
    start = time.perf_counter()
    check_gradient(f, gradient, at)
    assert time.perf_counter() - start < 10  # 0.3 s, on a machine that has nothing else to do


# -- bad input -----------------------------------------------------------------------------------------------------

STATE = {"calls": 0}


def remembering(w):
    STATE["calls"] += 1
    return float(np.sum(w)) + STATE["calls"]


def changing(w):
    w *= 2
    return float(np.sum(w**2))


def raising(w):
    raise RuntimeError("no <such>\nthing")


@pytest.mark.parametrize(("f", "gradient", "at", "verdict", "says"), [
    (lambda w: w * 2, np.ones(2), np.ones(2), "inconclusive", "f gave an array of shape (2,), and only one number has a gradient"),
    (lambda w: "text", np.ones(2), np.ones(2), "inconclusive", "f gave a str"),
    (lambda w: None, np.ones(2), np.ones(2), "inconclusive", "f gave a NoneType"),
    (raising, np.ones(2), np.ones(2), "inconclusive", "f raised RuntimeError: no <such> thing"),
    (lambda w: np.nan, np.ones(2), np.ones(2), "inconclusive", "f is nan at this point"),
    (remembering, np.ones(2), np.ones(2), "inconclusive", "it is random, or remembers something"),
    (np.sum, np.ones(3), np.ones(2), "fail", "the gradient has shape (3,), and should have that of the argument, (2,)"),
    (np.sum, np.array([1.0, np.nan]), np.ones(2), "fail", "1 entry that are no numbers"),
    (np.sum, lambda w: 1 / 0, np.ones(2), "fail", "the gradient raised ZeroDivisionError: division by zero"),
    (np.sum, lambda w: np.random.default_rng().normal(size=2), np.ones(2), "fail", "is not the same when it is asked for twice"),
    (np.sum, lambda w: "no", np.ones(2), "fail", "the gradient is a str"),
    (np.sum, lambda w: None, np.ones(2), "fail", "the gradient"),
    (np.sum, np.ones(2), np.array([1.0, np.nan]), "inconclusive", "a nan or an infinity in `at`"),
    (np.sum, np.ones(2), "text", "inconclusive", "`at` has to be an array of real numbers"),
    (3.0, np.ones(2), np.ones(2), "inconclusive", "f has to be a function, and this is a float"),
    (lambda a, b: np.sum(a) + np.sum(b), (np.ones(2),), (np.ones(2), np.ones(3)), "fail", "has 1 parts, and there are 2 arguments"),
    (lambda w: np.sum(np.exp(w)), lambda w: np.exp(np.ones(2)), np.ones(2), "fail", "it does not follow its argument"),
    (np.sum, np.ones(0), np.ones(0), "pass", "no entries"),
    (lambda w: np.sum(np.sqrt(w)), lambda w: 1 / np.sqrt(w), np.zeros(2), "fail", "no numbers"),
])
def test_what_is_wrong_becomes_the_verdict(f, gradient, at, verdict, says):
    check = check_gradient(f, gradient, at)
    assert check.verdict == verdict
    assert says in str(check)


def test_a_function_that_changes_its_argument_or_prints_does_no_harm(capsys):
    at = np.ones(2)
    assert check_gradient(changing, np.full(2, 8.0), at).passed
    assert at.tolist() == [1.0, 1.0]
    assert check_gradient(lambda w: print("noise") or float(np.sum(w)), np.ones(2), at).passed
    assert capsys.readouterr().out == ""


def test_a_slow_function_is_looked_at_in_fewer_places(monkeypatch):
    monkeypatch.setattr(gradient_check, "BUDGET", 2.0)

    def slow(w):
        time.sleep(0.01)
        return float(np.sum(w**2))

    start = time.perf_counter()
    check = check_gradient(slow, lambda w: 2 * w, np.linspace(0, 1, 100))
    assert check.passed
    assert len(check.findings) < 10
    assert time.perf_counter() - start < 30


def test_numbers_arrays_and_several_arguments_are_taken():
    assert check_gradient(lambda w: w**2, lambda w: 2 * w, 3.0).passed
    assert check_gradient(lambda a, b: np.sum(a * b), lambda a, b: (b, a), (np.ones((2, 3)), np.full((2, 3), 2.0))).passed
    assert check_gradient(lambda w: (w**2).sum(), Value([2.0, 4.0]), [1.0, 2.0]).passed


def test_a_check_is_not_taken_for_true_or_false():
    with pytest.raises(TypeError, match=r"ask check\.passed"):
        bool(GradientCheck("pass", ()))


# -- what an attacker found ----------------------------------------------------------------------------------------


def rectified(hidden, seed):
    """XOR by rectified units without biases: of the first association all of them are exactly at their kink."""
    rng = np.random.default_rng(seed)
    x, target = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0.0]])

    def f(w, b, w_out, b_out):
        return 0.5 * np.sum((np.maximum(x @ w + b, 0) @ w_out + b_out - target) ** 2)

    def gradient(w, b, w_out, b_out):
        u = x @ w + b
        delta = np.maximum(u, 0) @ w_out + b_out - target
        hidden_delta = (delta @ w_out.T) * (u > 0)
        return x.T @ hidden_delta, hidden_delta.sum(axis=0), np.maximum(u, 0).T @ delta, delta.sum(axis=0)

    return f, gradient, (rng.normal(size=(2, hidden)), np.zeros(hidden), rng.normal(size=(hidden, 1)), np.array([0.1]))


@pytest.mark.parametrize("hidden", [20, 60])
@pytest.mark.parametrize("seed", range(4))
def test_a_network_of_rectified_units_at_their_kinks_is_right(hidden, seed):
    f, gradient, at = rectified(hidden, seed)
    assert check_gradient(f, gradient, at).verdict == "pass"
    assert check_gradient(f, lambda *xs: (-gradient(*xs)[0], *gradient(*xs)[1:]), at).verdict == "fail"


def test_rounding_within_f_is_seen_as_rounding():
    at = np.linspace(0.1, 1, 5)
    single = lambda w: float(np.sum(np.tanh(w.astype(np.float32)).astype(float) ** 2))  # noqa: E731
    right = 2 * np.tanh(at) * (1 - np.tanh(at) ** 2)
    assert check_gradient(single, right, at).verdict == "pass"
    assert check_gradient(single, 1.01 * right, at).verdict == "fail"
    assert check_gradient(single, 0 * right, at).verdict == "fail"
    stairs = lambda w: round(float(np.sum(w**2)), 6)  # noqa: E731
    assert check_gradient(stairs, 2 * at, at).verdict != "fail"
    assert check_gradient(stairs, 0 * at, at).verdict == "fail"
    half = lambda w: np.float32(1234.5) + np.float32(1e-5) * np.float32(np.sum(w))  # noqa: E731
    assert check_gradient(half, 1e-5 * np.ones(5), at).verdict == "inconclusive"


def test_a_narrow_hill_far_from_zero_is_not_stepped_over():
    f, gradient = lambda w: float(np.exp(-np.sum((w - 1e9) ** 2))), lambda w: -2 * (w - 1e9) * np.exp(-np.sum((w - 1e9) ** 2))
    assert check_gradient(f, gradient, np.array([1e9 + 0.5])).verdict == "pass"
    assert check_gradient(f, np.zeros(1), np.array([1e9 + 0.5])).verdict == "fail"


def test_a_small_kink_on_a_steep_slope_is_a_kink():
    f = lambda w: (w * 3).sum() + 1e-5 * np.abs(w).sum()  # noqa: E731
    for sign in (-1, 0, 1):
        assert check_gradient(f, 3 + sign * 1e-5 * np.ones(2), np.zeros(2)).verdict == "pass"
    assert check_gradient(f, 3 + 2e-5 * np.ones(2), np.zeros(2)).verdict == "fail"


def test_a_first_call_that_loads_something_takes_no_time_from_the_others(monkeypatch):
    monkeypatch.setattr(gradient_check, "BUDGET", 1.0)
    calls = []

    def f(w):
        calls.append(1)
        if len(calls) == 1:
            time.sleep(0.5)
        return float(np.sum(np.sin(w)))

    at = np.array([1.0, 2.0, 3.0, 1e-8])
    assert check_gradient(f, np.cos(at) * [1, 1, 1, -1], at).verdict == "fail"


def test_a_slow_f_is_looked_at_in_few_places_and_that_is_said(monkeypatch):
    monkeypatch.setattr(gradient_check, "BUDGET", 0.3)
    start = time.perf_counter()

    def f(w):
        time.sleep(0.01)
        return float(np.sum(np.sin(w)))

    check = check_gradient(f, np.cos(np.arange(9.0)), np.arange(9.0))
    assert check.passed
    assert "Looked at were 0 of 9 entries, and f along 1 directions through all of them." in str(check)
    assert time.perf_counter() - start < 3


def test_a_wrong_entry_at_a_tiny_number_among_a_thousand_is_found():
    at = np.random.default_rng(0).normal(size=1000)
    at[777] = 1e-8
    wrong = np.cos(at)
    wrong[777] *= -1
    assert check_gradient(lambda w: float(np.sum(np.sin(w))), wrong, at).verdict == "fail"


@pytest.mark.parametrize(("f", "at"), [
    (lambda w: (w**2).sum(keepdims=True), np.ones(2)), (lambda w: w @ w.T, np.ones((1, 2))),
    (lambda w: [float((w**2).sum())], np.ones(2)), (lambda w: (w**2).sum(), np.full(2, 5e-324)),
])
def test_one_number_may_come_as_an_array_or_a_list(f, at):
    assert check_gradient(f, lambda w: 2 * w, at).verdict == "pass"


class Unsayable(Exception):
    def __str__(self):
        raise self


def unsayable(*xs):
    raise Unsayable


@pytest.mark.parametrize(("f", "gradient", "at", "verdict"), [
    (np.sum, 10**400, np.ones(2), "fail"), (np.sum, np.ones(2), 10**400, "inconclusive"),
    (lambda w: exit(3), 1.0, 1.0, "inconclusive"), (lambda w: w * 1.0, lambda w: exit(3), 1.0, "fail"),
    (unsayable, 1.0, 1.0, "inconclusive"), (np.sum, unsayable, np.ones(2), "fail"),
    (lambda w: (w**2).sum(), [2 + 5j, 2], np.ones(2), "fail"), (np.sum, np.ones(2), np.array([1 + 1j, 1]), "inconclusive"),
    (np.sum, np.ones(2), ["1", "2"], "inconclusive"),
])
def test_whatever_comes_becomes_a_verdict(f, gradient, at, verdict):
    assert check_gradient(f, gradient, at).verdict == verdict


def test_what_a_claim_has_to_do_with_the_right_one_is_not_said_where_it_is_not_so():
    assert "times" not in str(check_gradient(lambda w: (w**2).sum(), lambda w: 2 * w * (1 + 3e-7), np.ones(3)))
    assert "times" not in str(check_gradient(lambda w: np.maximum(w, 0).sum(), np.full(2, 1.5), np.zeros(2)))
    f, gradient = lambda a, b: 1e7 * np.sum(a**2) + np.sum(b), lambda a, b: (-2e7 * a, 1 + 0 * b)
    half_turned = check_gradient(f, gradient, (np.ones(3), np.ones(2)))
    assert "sign turned" not in str(half_turned)
    assert half_turned.verdict == "fail"


@pytest.mark.parametrize("scale", [3e-2, 1e-2])
def test_small_weights_at_the_beginning_are_checked_all_the_same(scale):
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(6, 5)), tuple(scale * rng.normal(size=shape) for shape in ((5, 8), (8, 8), (8, 3)))

    def f(*weights):
        z = x
        for w in weights:
            z = np.tanh(z @ w)
        return float(np.sum((z - 1) ** 2))

    def values(*weights):
        z = x
        for w in weights:
            z = np.tanh(z @ w)
        return ((z - 1) ** 2).sum()

    assert check_gradient(f, grad(values, (0, 1, 2)), weights).verdict == "pass"


def test_a_complex_step_does_not_support_a_claim_that_reverse_mode_contradicts():
    check = check_gradient(lambda x: (x * abs(x)).sum(), abs, np.array([1.0, -2.0, 3.0]))
    assert check.verdict == "fail"


def test_the_witness_that_agrees_is_called_by_its_name():
    check = check_gradient(lambda x: x * float(abs(x)) if np.iscomplexobj(x) else float(x * abs(x)),
                           1.0, 1.0)
    assert check.verdict == "inconclusive"
    assert "a complex step agrees with the claim" in str(check)


def test_a_right_claim_passes_where_entries_are_of_very_different_sizes():
    x = np.array([10.0, 1e-7, 1e6])
    assert check_gradient(lambda v: np.log(v).sum(), lambda v: 1 / v, x).verdict == "pass"


def test_a_right_claim_does_not_fail_where_the_terms_of_f_cancel():
    def f(v):
        return float((1e6 + np.sin(np.array(v, dtype=float))).sum() - 3e6)

    assert check_gradient(f, np.cos, np.zeros(3)).verdict != "fail"
    assert check_gradient(f, lambda v: 2 * np.cos(v), np.zeros(3)).verdict == "fail"
