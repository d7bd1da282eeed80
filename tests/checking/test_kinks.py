"""At kinks a claim has to be a subgradient of all entries together; at jumps there is none."""

import itertools
import time

import numpy as np
import pytest

import tinygrad_edu
from tests.checking.claims import RIGHT_AT_TIES, WRONG_AT_TIES
from tests.checking.test_gradient_check import rectified
from tinygrad_edu import Value, check_gradient, grad
from tinygrad_edu.checking import gradient_check
from tinygrad_edu.checking.difference import NoSlope, slope
from tinygrad_edu.checking.subgradient import Neighbourhood, kinked_entries, nearest

# -- ties ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", RIGHT_AT_TIES, ids=lambda claim: claim.name)
def test_shares_that_add_up_to_one_pass_at_a_tie(claim):
    check = check_gradient(claim.f, claim.gradient, claim.at)
    assert check.verdict == "pass", check


@pytest.mark.parametrize("claim", WRONG_AT_TIES, ids=lambda claim: claim.name)
def test_shares_that_do_not_add_up_to_one_fail_at_a_tie(claim):
    check = check_gradient(claim.f, claim.gradient, claim.at)
    assert check.verdict == "fail", check


def test_a_claim_that_counts_each_tied_entry_is_told_its_slope_along_their_sum():
    check = check_gradient(lambda w: w.max(), lambda w: (w == w.max()) * 1.0, at=[1.0, 1.0, 0.0])
    assert check.verdict == "fail"
    assert str(check).startswith("fail\nalong [0] + [1]: the claim is 2, and differences say 1 ± ")
    assert "possible for each of these entries alone, and not for all of them together" in str(
        check)
    assert check.worst.autodiff == 1.0


def test_at_a_tie_that_passes_the_report_says_that_the_entries_were_looked_at_together():
    check = check_gradient(np.max, np.array([0.3, 0.7]), np.ones(2))
    assert check.passed
    assert "f has a kink at 2 of these, the first entry [0]" in str(check)
    assert "a subgradient in these entries together" in str(check)


@pytest.mark.parametrize("n", [2, 3, 5, 8])
@pytest.mark.parametrize("radius", [0.0, 0.5, 0.999, 1.01, 2.0])
def test_at_the_tip_of_a_norm_the_claims_of_a_length_up_to_one_are_subgradients(n, radius):
    direction = np.random.default_rng(n).normal(size=n)
    claim = radius * direction / np.linalg.norm(direction)
    check = check_gradient(np.linalg.norm, claim, np.zeros(n))
    assert check.verdict == ("pass" if radius < 1 else "fail"), check


@pytest.mark.parametrize("signs", list(itertools.product([-1.0, 0.3, 1.0], repeat=3)))
def test_kinks_of_entries_that_have_nothing_to_do_with_one_another_may_each_choose(signs):
    mixed = np.array([1.0, -2.0, 0.5])
    for f in (lambda w: np.abs(w).sum(), lambda w: float(mixed @ np.abs(w))):
        right = np.array(signs) * (mixed if f(np.ones(3)) < 2 else 1)
        assert check_gradient(f, right, np.zeros(3)).verdict == "pass"
        wrong = right + 2.1 * np.sign(right) * np.eye(3)[2]
        assert check_gradient(f, wrong, np.zeros(3)).verdict == "fail"


@pytest.mark.parametrize(("claim", "verdict"), [
    ([1.0, -1.0], "pass"), ([0.3, -0.3], "pass"), ([0.0, 0.0], "pass"), ([-1.0, 1.0], "pass"),
    ([1.0, 1.0], "fail"), ([0.5, 0.0], "fail"), ([1.1, -1.1], "fail"), ([0.0, 0.1], "fail"),
])
def test_the_size_of_a_difference_has_one_kink_in_two_entries(claim, verdict):
    check = check_gradient(lambda w: abs(w[0] - w[1]), np.array(claim), np.array([2.0, 2.0]))
    assert check.verdict == verdict


@pytest.mark.parametrize(("claim", "verdict"), [
    ([1 / 3] * 3, "pass"), ([1.0, 0.0, 0.0], "pass"), ([0.0, 0.2, 0.8], "pass"),
    ([0.0, 0.0, 0.0], "fail"), ([1.0, 1.0, 1.0], "fail"), ([0.5, 0.5, 0.5], "fail"),
    ([0.5, 0.0, 0.0], "fail"),
])
def test_a_median_of_three_ties_is_judged_though_no_entry_shows_a_kink(claim, verdict):
    for at in (np.zeros(3), np.full(3, 2.0)):
        check = check_gradient(lambda w: np.sort(w)[1], np.array(claim), at)
        assert check.verdict == verdict
        assert "0 of 3" not in str(check)


@pytest.mark.parametrize(("claim", "verdict"), [
    ([0.0, 0.0], "pass"), ([0.0, 2.0], "pass"), ([1.0, 1.0], "pass"), ([-1.0, 1.0], "pass"),
    ([0.0, 1.0], "pass"), ([3.0, 1.0], "fail"), ([0.0, -1.0], "fail"), ([1.0, 2.0], "fail"),
])
def test_kinks_that_cancel_along_the_entries_are_seen_beside_the_point(claim, verdict):
    """`cancelling` is 0 along entry [0], and w itself along [1]."""
    assert check_gradient(cancelling, np.array(claim), np.zeros(2)).verdict == verdict


def test_kinks_that_cancel_everywhere_are_none():
    f = lambda w: np.sum(np.maximum(w, 0) - np.maximum(-w, 0))  # noqa: E731 - w itself
    assert check_gradient(f, np.ones(2), np.zeros(2)).verdict == "pass"
    assert check_gradient(f, np.zeros(2), np.zeros(2)).verdict == "fail"


@pytest.mark.parametrize("m", [2, 4])
@pytest.mark.parametrize("n", [250, 1000])
def test_ties_among_many_entries_are_found(n, m):
    at = np.random.default_rng(n).normal(size=n)
    at[::n // m] = at.max() + 0.1
    tied = (at == at.max()) * 1.0
    assert check_gradient(np.max, tied / tied.sum(), at).verdict == "pass"
    assert check_gradient(np.max, np.eye(n)[at.argmax()], at).verdict == "pass"
    assert check_gradient(np.max, tied, at).verdict == "fail"


def test_a_thousand_ties_are_judged():
    assert check_gradient(np.max, np.full(1000, 1e-3), np.zeros(1000)).verdict == "pass"
    assert check_gradient(np.max, np.ones(1000), np.zeros(1000)).verdict == "fail"
    assert check_gradient(np.max, np.zeros(1000), np.zeros(1000)).verdict == "fail"


@pytest.mark.parametrize("scale", [1.0, 1e-8, 1e8])
@pytest.mark.parametrize("apart", [1e-8, 1e-9, -1e-9, 5e-10])
def test_entries_that_nearly_tie_have_one_gradient(scale, apart):
    at = scale * np.array([1.0, 1.0 + apart, 0.0])
    right = (at == at.max()) * 1.0
    assert check_gradient(np.max, right, at).verdict == "pass"
    for wrong in (right[[1, 0, 2]], np.array([0.5, 0.5, 0.0]), np.array([1.0, 1.0, 0.0])):
        assert check_gradient(np.max, wrong, at).verdict == "fail"


def test_a_tie_between_arguments_is_named_by_both():
    f = lambda a, b: max(a.max(), float(b))  # noqa: E731
    check = check_gradient(f, (np.array([1.0, 0.0]), 1.0), (np.array([1.0, 0.0]), 1.0))
    assert check.verdict == "fail"
    assert check.worst.where == "along argument 0 [0] + argument 1"
    assert check_gradient(f, (np.array([0.5, 0.0]), 0.5), (np.array([1.0, 0.0]), 1.0)).passed


# -- right claims of networks and of reverse mode ------------------------------------------------

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
T = np.array([[0.0], [1.0], [1.0], [0.0]])


def units(slope_at_0):
    """XOR by rectified units, and its gradient, with this slope of a unit at 0."""
    def f(w, b, v):
        return 0.5 * np.sum((np.maximum(X @ w + b, 0) @ v - T) ** 2)

    def gradient(w, b, v):
        u = X @ w + b
        delta = np.maximum(u, 0) @ v - T
        hidden = (delta @ v.T) * np.where(u > 0, 1.0, np.where(u == 0, slope_at_0, 0.0))
        return X.T @ hidden, hidden.sum(axis=0), np.maximum(u, 0).T @ delta

    return f, gradient


@pytest.mark.parametrize("convention", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_rectified_units_with_weights_of_zero_are_right_by_either_convention(convention, seed):
    f, gradient = units(convention)
    rng = np.random.default_rng(seed)
    at = (np.zeros((2, 5)), np.zeros(5), rng.normal(size=(5, 1)))
    check = check_gradient(f, gradient, at)
    assert check.verdict == "pass", check
    w, b, v = gradient(*at)
    check = check_gradient(f, (w, b + 5 * np.abs(at[2]).sum(), v), at)
    assert check.verdict == "fail", check


@pytest.mark.long
@pytest.mark.parametrize("seed", range(50))
def test_so_are_rectified_networks_with_biases_of_zero(seed):
    f, gradient, at = rectified(8, seed)
    assert check_gradient(f, gradient, at).verdict == "pass"
    wrong = lambda *xs: (-gradient(*xs)[0], *gradient(*xs)[1:])  # noqa: E731
    assert check_gradient(f, wrong, at).verdict == "fail"


OWN = {  # functions of Values, and points at their kinks
    "max": (lambda w: w.max(), [[1.0, 1.0, 0.0], [0.0] * 3]),
    "max along an axis": (lambda w: w.max(axis=0).sum(), [np.zeros((3, 2))]),
    "min": (lambda w: w.min() * w.max(), [[1.0, 1.0, 2.0, 2.0]]),
    "clip": (lambda w: tinygrad_edu.clip(w, -1, 1).sum(), [[-1.0, 1.0, 0.0]]),
    "minimum": (lambda w: tinygrad_edu.minimum(w[0], w[1]) * w[2],
                [[0.5, 0.5, -2.0], [0.5, 0.5, 2.0]]),
    "absolute": (lambda w: (abs(w) * np.array([1.0, -1.0, 2.0])).sum(), [[0.0] * 3]),
    "leaky_relu": (lambda w: tinygrad_edu.leaky_relu(w).sum(), [[0.0] * 3]),
    "relu of relu": (lambda w: tinygrad_edu.relu(tinygrad_edu.relu(w) * 2).sum(), [[0.0] * 3]),
    "norm": (lambda w: tinygrad_edu.norm(w), [[0.0] * 3]),
    "hypot": (lambda w: tinygrad_edu.hypot(w[0], w[1]), [[0.0] * 2]),
    "std": (lambda w: tinygrad_edu.std(w), [[1.0] * 3]),
    "sort": (lambda w: (tinygrad_edu.sort(w) * np.array([1.0, 2.0, 3.0])).sum(),
             [[0.0] * 3, [1.0, 0.0, 1.0]]),
    "where": (lambda w: tinygrad_edu.where(w > 0, w, 0 * w).sum(), [[0.0] * 2]),
    "max_pool2d": (lambda w: tinygrad_edu.max_pool2d(w.reshape(1, 1, 4, 4), 2).sum(),
                   [np.zeros((4, 4))]),
    "weight decay of sizes": (lambda w: ((w - 1) ** 2).sum() + 3 * abs(w).sum(), [[0.0] * 5]),
}


@pytest.mark.parametrize("name", OWN)
def test_what_reverse_mode_says_at_a_kink_passes_without_its_being_asked(name):
    f, points = OWN[name]
    for at in points:
        alone = lambda w: float(f(Value(w)).data)  # noqa: E731 - a function of arrays alone
        assert check_gradient(alone, grad(f), np.array(at)).verdict == "pass"
        assert check_gradient(f, grad(f), np.array(at)).verdict == "pass"


# -- jumps ---------------------------------------------------------------------------------------

JUMPS = {  # name -> (f, points, what it claims, elsewhere the derivative)
    "// 1": (lambda x: x // 1, [2.0, 0.0, -3.0, 1e8], 0.0),
    "% 1": (lambda x: x % 1, [2.0, -1.0], 1.0),
    "sign": (np.sign, [0.0], 0.0),
    "floor": (np.floor, [2.0, 0.0, 1e6], 0.0),
    "ceil": (np.ceil, [-1.0, 5.0], 0.0),
    "round": (np.round, [0.5, 2.5, -1.5], 0.0),
    "heaviside": (lambda x: np.heaviside(x, 0.5), [0.0], 0.0),
    "where": (lambda x: np.where(x > 0, x + 1, x), [0.0], 1.0),
    "trunc": (np.trunc, [1.0, -2.0], 0.0),
    "one point": (lambda x: np.where(x == 0.3, 5.0, x), [0.3], 1.0),
    "a jump that is small": (lambda x: x + 1e-6 * (x > 1), [1.0], 1.0),
    "comparison": (lambda x: float(x > 1e-8), [1e-8], 0.0),
}


@pytest.mark.parametrize("name", JUMPS)
def test_where_f_jumps_no_number_is_right(name):
    f, points, claim = JUMPS[name]
    for at in points:
        for number in (claim, claim + 1, -7.0):
            check = check_gradient(f, number, at)
            assert check.verdict == "inconclusive", (at, check)
            assert "f jumps here" in str(check)
            assert "no derivative there" in str(check)


@pytest.mark.parametrize("name", [name for name in JUMPS if name != "one point"])
def test_beside_a_jump_the_slope_is_what_it_is(name):
    f, points, claim = JUMPS[name]
    for at in points:
        if abs(at) < 1e5:
            beside = at + 1e-3 * max(abs(at), 1e-6)
            assert check_gradient(f, claim, beside).verdict == "pass", beside


def test_a_jump_in_one_entry_does_not_hide_what_is_wrong_in_another():
    f = lambda w: np.floor(w[0]) + w[1] ** 2  # noqa: E731
    assert check_gradient(f, np.array([0.0, 6.0]), np.array([2.0, 3.0])).verdict == "inconclusive"
    check = check_gradient(f, np.array([0.0, 3.0]), np.array([2.0, 3.0]))
    assert check.verdict == "fail"
    assert check.worst.where == "entry [1]"


def test_the_choice_of_an_entry_at_a_tie_is_a_jump():
    prizes = np.array([1.0, 5.0, 2.0])
    check = check_gradient(lambda w: prizes[np.argmax(w)], np.zeros(3), np.array([1.0, 1.0, 0.0]))
    assert check.verdict == "inconclusive"
    assert "f jumps here (at 2 of" in str(check)


def test_a_jump_across_two_entries_is_seen_though_each_alone_does_not_jump():
    check = check_gradient(lambda w: float(w[0] > 0 and w[1] > 0), np.zeros(2), np.zeros(2))
    assert check.verdict == "inconclusive"
    assert check.sentences[0] == ("along the sum of all entries: the claim is 0, and differences "
                                  "say that f jumps here.")


@pytest.mark.parametrize(("f", "at", "says"), [
    (lambda w: np.sqrt(np.abs(w)).sum(), np.zeros(2), "f is infinitely steep here"),
    (lambda w: np.cbrt(w).sum(), np.zeros(2), "f is infinitely steep here"),
    (lambda w: np.sqrt(w).sum(), np.zeros(2), "f is no number on one side"),
    (lambda w: (w * np.log(w) if w > 0 else np.nan if w < 0 else 0.0), 0.0,
     "f is no number on one side"),
])
def test_where_f_is_infinitely_steep_or_ends_there_is_no_slope(f, at, says):
    check = check_gradient(f, 0 * at, at)
    assert check.verdict == "inconclusive"
    assert says in str(check)


def test_at_a_kink_and_at_a_jump_a_complex_step_is_not_asked():
    assert check_gradient(np.max, np.array([0.5, 0.5]), np.ones(2)).findings[0].complex_step is None
    assert check_gradient(np.sign, 0.0, 0.0).findings[0].complex_step is None


def test_a_claim_that_is_wrong_elsewhere_is_not_called_right_here_where_nothing_was_proved():
    check = check_gradient(lambda x: np.floor(x) + x**2, lambda x: 7.0, 2.0)
    assert check.verdict == "fail"
    assert "the gradient is not proved wrong at this point" in str(check)


# -- tiny claims ---------------------------------------------------------------------------------


def test_a_claim_that_passes_only_because_it_is_tiny_says_so():
    f, at = lambda w: 1e-13 * (w**2).sum(), np.array([1.0, 2.0])
    check = check_gradient(f, lambda w: 1e-13 * w, at)
    assert check.passed
    assert ("At 2 of 2 places the claim passes only because it is tiny: errors below 1e-12 count "
            "as 0") in str(check)
    assert "(entry [0]: 1e-13 for 2e-13)" in str(check)
    assert "Multiply f and the claim by a large number" in str(check)
    assert "tiny" not in str(check_gradient(f, lambda w: 2e-13 * w, at))
    assert "tiny" not in str(check_gradient(lambda w: 1e13 * f(w), lambda w: 2 * w, at))


def test_rounding_beside_larger_entries_is_not_called_tiny():
    check = check_gradient(lambda w: np.sum(np.sin(w)), np.cos, np.array([np.pi / 2, 0.3]))
    assert check.passed
    assert "tiny" not in str(check)


# -- slopes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("g", "missing"), [
    (lambda t: np.floor(t), NoSlope.JUMP), (lambda t: float(t == 0), NoSlope.JUMP),
    (lambda t: abs(t) ** 0.5, NoSlope.VERTICAL), (lambda t: abs(t) ** 0.8, NoSlope.VERTICAL),
    (lambda t: t**0.5 if t >= 0 else np.nan, NoSlope.EDGE),
    (lambda t: t if t < 1e-12 else np.inf, None), (abs, None), (lambda t: abs(t) ** 1.2, None),
    (lambda t: 1e10 + t, None), (lambda t: 1e-3 + t * 1e-15, None),
    (lambda t: np.tanh(1e7 * t), None), (lambda t: float(np.float32(1 + t)), None),
])
def test_why_there_is_no_slope(g, missing):
    assert slope(g).missing is missing


def test_noise_is_no_jump():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        seen = {}
        g = lambda t: seen.setdefault(t, rng.normal())  # noqa: B023, E731
        assert slope(g).missing is None


@pytest.mark.parametrize("rate", [1e6, 1e7, 1e8])
def test_a_fast_oscillation_is_not_stepped_over(rate):
    for g, left, right in ((lambda t: np.sin(rate * t + 0.3), np.cos(0.3), np.cos(0.3)),
                           (lambda t: abs(np.sin(rate * t)), -1.0, 1.0)):
        low, high = slope(g).between
        assert low / rate == pytest.approx(left, abs=1e-3)
        assert high / rate == pytest.approx(right, abs=1e-3)


# -- the parts -----------------------------------------------------------------------------------


def test_the_nearest_mix_is_nearest():
    rng = np.random.default_rng(0)
    for _ in range(50):
        points, target = rng.normal(size=(6, 3)), rng.normal(size=3)
        found = nearest(points, target)
        tried = rng.dirichlet(np.ones(6) * 0.3, 5000) @ points
        assert np.linalg.norm(found - target) <= np.linalg.norm(tried - target, axis=1).min() + 1e-6
    corners = np.eye(3)
    assert nearest(corners, np.array([0.2, 0.3, 0.5])) == pytest.approx([0.2, 0.3, 0.5], abs=1e-6)
    assert nearest(corners, np.ones(3)) == pytest.approx([1 / 3] * 3, abs=1e-6)
    assert nearest(np.array([[2.0, 0.0]]), np.zeros(2)) == pytest.approx([2.0, 0.0])


def test_a_separating_direction_is_found_exactly_where_there_is_one():
    rng = np.random.default_rng(0)
    for n in (2, 4, 7):
        beside = Neighbourhood(np.max, np.ones(n), 1.0, 2.0**-52, dict.fromkeys(range(n), 1.0), rng)
        assert beside.separating(rng.dirichlet(np.ones(n)), 40) is None
        for wrong in (np.ones(n), np.full(n, 0.5 if n > 2 else 0.6), np.zeros(n)):
            direction = beside.separating(wrong, 40)
            assert wrong @ direction > direction.max()  # the slope of max along it


def test_kinked_entries_are_found_by_halving():
    x = np.random.default_rng(0).normal(size=500)
    x[[7, 123, 499]] = 0.0
    f = lambda w: float(np.sum(np.abs(w)) + np.sum(w**2))  # noqa: E731
    assert kinked_entries(f, x, np.ones(500), 1e-13, lambda: True) == [7, 123, 499]


def cancelling(w):
    return max(w[0] + w[1], 0) - max(w[0] - w[1], 0)


def test_a_slow_f_with_kinks_ends_in_time_and_wrongs_nobody(monkeypatch):
    def slow(f):
        return lambda w: time.sleep(0.001) or float(f(w))

    monkeypatch.setattr(gradient_check, "BUDGET", 0.3)
    start = time.perf_counter()
    assert check_gradient(slow(np.max), np.full(4, 0.25), np.zeros(4)).verdict != "fail"
    check = check_gradient(slow(cancelling), np.zeros(2), np.zeros(2))
    assert time.perf_counter() - start < 10
    assert check.verdict == "inconclusive"
    assert "cannot be told whether the claim is a mix of the gradients" in str(check)


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-7])
def test_a_kink_beside_the_point_makes_no_claim_right(distance):
    f = lambda w: abs(w[0]) + max(w[1] - distance, 0.0)  # noqa: E731
    assert check_gradient(f, np.array([0.5, 0.0]), np.zeros(2)).verdict == "pass"
    assert check_gradient(f, np.array([0.5, 1.0]), np.zeros(2)).verdict == "fail"
