"""The diagnosis names the mistake that was made, says so where several explain it, and never a wrong one."""

import numpy as np
import pytest

from tinygrad_edu import Network, Value, diagnose, grad, half_squared_error, weight_decay
from tinygrad_edu.checking.mistakes import MISTAKES, RIGHT, SIGMOID, SOFTMAX, Derivation, distance, softmax
from tinygrad_edu.network.error import cross_entropy

NETWORKS = {  # sizes, output, biases, decay
    "3-4-2": ((3, 4, 2), "linear", True, 0.1), "3-4-2 sigmoid": ((3, 4, 2), SIGMOID, False, 0.0),
    "3-3-3 softmax": ((3, 3, 3), SOFTMAX, True, 0.0), "2-2-1": ((2, 2, 1), "linear", True, 0.0),
    "3-2": ((3, 2), "linear", False, 0.1), "3-4-3-2": ((3, 4, 3, 2), "linear", True, 0.0),
    "2-5-5": ((2, 5, 5), "linear", True, 0.0),
}


def derivation(name="3-4-2", seed=0, T=5):
    sizes, output, biases, decay = NETWORKS[name]
    rng = np.random.default_rng(seed)
    target = rng.normal(size=(T, sizes[-1]))
    return Derivation(rng.normal(size=(T, sizes[0])), softmax(target) if output == SOFTMAX else target,
                      [rng.normal(size=shape) for shape in zip(sizes, sizes[1:])],
                      [rng.normal(size=J) for J in sizes[1:]] if biases else None, output, decay, epsilon=0.3)


def made(name, where="3-4-2", seed=0):
    d = derivation(where, seed)
    return next(mistake for mistake in MISTAKES if mistake.name == name).gradient(d), d


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("seed", range(3))
def test_the_right_gradient_is_that_of_the_machine(name, seed):
    d = derivation(name, seed)
    sizes, output, biases, decay = NETWORKS[name]
    net = Network(*sizes, output="linear" if output == SOFTMAX else output, weights=d.weights, biases=d.biases)
    weights = [layer.w for layer in net.layers]
    E = cross_entropy(net(d.x), d.target) if output == SOFTMAX else half_squared_error(net(d.x), d.target)
    (E + weight_decay(weights, decay)).backward()
    theirs = [w.grad for w in weights] + ([layer.b.grad for layer in net.layers] if biases else [])
    assert distance(RIGHT.gradient(d), theirs) < 1e-12
    assert diagnose(theirs, d).right


def confusion(points):
    """(cases, those named alone, those named among others, those with another name alone)."""
    cases, alone, among, wrong = 0, 0, 0, []
    for name, seed in points:
        d = derivation(name, seed)
        for mistake in MISTAKES:
            claim = mistake.gradient(d)
            if claim is None:
                continue
            names = diagnose(claim, d).mistakes
            cases += 1
            alone += names == (mistake.name,)
            among += mistake.name in names and len(names) > 1
            if mistake.name not in names:
                wrong.append((name, seed, mistake.name, names))
    return cases, alone, among, wrong


def test_every_mistake_is_named_and_no_other_in_its_place():
    cases, alone, among, wrong = confusion((name, seed) for name in NETWORKS for seed in range(4))
    assert cases > 1000
    assert wrong == []
    assert alone / cases >= 0.95
    assert alone + among == cases


@pytest.mark.long
def test_so_it_is_over_fifty_seeds():
    cases, alone, _, wrong = confusion((list(NETWORKS)[seed % len(NETWORKS)], seed) for seed in range(50))
    assert len(wrong) <= 0.01 * cases
    assert alone / cases >= 0.95


def test_each_mistake_can_be_made_somewhere():
    square = Derivation(np.eye(2), np.ones((2, 2)), [np.ones((2, 2)), np.eye(2)], [np.ones(2), np.zeros(2)])  # T = J
    points = [*(derivation(name) for name in NETWORKS), square]
    assert [mistake.name for mistake in MISTAKES if all(mistake.gradient(d) is None for d in points)] == []


@pytest.mark.parametrize(("name", "says"), [
    ("no slope", "The hidden slope dy/du = y(1 − y) is missing: your δ of a hidden unit is 1/(y(1 − y)) times the right one. "
                 "See eq. 32 and 33."),
    ("sign", "Your gradient is the right one with its sign turned: δ is output minus target. See eq. 3."),
    ("last association", "Only the last association has counted: add up the gradients of all, += and not =. See eq. 35."),
    ("ε", "The learning rate ε is in your gradient; it belongs to the weight change alone. See eq. 34 and 35."),
    ("squared δ", "δ is squared in your gradient: that is the error E, and not its derivative. See eq. 6 and 8."),
])
def test_the_sentence_is_one_that_a_teacher_would_say(name, says):
    assert str(diagnose(*made(name))) == says


def test_every_sentence_names_slides_that_there_are():
    for mistake in MISTAKES:
        assert all(1 <= int(number) <= 35 for number in mistake.slide.split(", ")), mistake.name
        assert mistake.sentence[-1] not in ".,"
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)


# -- several explain it --------------------------------------------------------------------------------------------


def test_where_two_mistakes_come_to_the_same_both_are_said_and_a_point_that_tells_them_apart():
    d = Derivation(np.ones((2, 1)), np.array([[0.5], [0.3]]), [np.array([[2.0]])])  # T = 2: a mean is half the sum
    half = [0.5 * RIGHT.gradient(d)[0]]
    diagnosis = diagnose(half, d)
    assert set(diagnosis.mistakes) == {"half", "mean"}
    assert str(diagnosis).startswith("2 mistakes explain this, and this point cannot tell them apart.\nPerhaps your gradient")
    assert diagnosis.next is not None
    for mistake in MISTAKES:
        if mistake.name in diagnosis.mistakes:
            assert diagnose(mistake.gradient(diagnosis.next), diagnosis.next).mistakes == (mistake.name,)


def linear(T, I=3, K=1, seed=0, **more):
    rng = np.random.default_rng(seed)
    x, target, w = (rng.normal(size=shape) for shape in ((T, I), (T, K), (I, K)))
    return Derivation(x, target, [w], **more)


@pytest.mark.parametrize("T", [1, 3, 4, 5, 8])
def test_twice_the_mean_is_never_called_a_half_alone(T):
    d = linear(T)
    claim = 2 * d.x.T @ (d.x @ d.weights[0] - d.target) / len(d.x)
    diagnosis = diagnose(claim, d)
    assert "mean of squares" in diagnosis.mistakes
    assert diagnosis.mistakes == {1: ("twice", "mean of squares"), 4: ("half",
                                      "mean of squares")}.get(
        T, ("mean of squares",))
    if T in (1, 4):
        elsewhere = diagnosis.next
        assert elsewhere.T not in (1, 2, 3, 4, T)
        for name in diagnosis.mistakes:
            claim = next(one for one in MISTAKES if one.name == name).gradient(elsewhere)
            assert diagnose(claim, elsewhere).mistakes == (name,)


@pytest.mark.parametrize(("T", "says"), [
    (1, "With one association a mean over associations is right too: check it with three or more."),
    (2, "With two associations the gradient of the mean of δ² is right too, by 2/T = 1: check it "
        "with three or more."),
    (3, ""),
])
def test_a_gradient_that_is_right_by_so_few_associations_is_to_be_checked_with_more(T, says):
    d = linear(T)
    diagnosis = diagnose(RIGHT.gradient(d), d)
    assert diagnosis.right
    assert str(diagnosis) == f"Your gradient is right.\n{says}".rstrip()


@pytest.mark.parametrize("T", [1, 2, 3, 4, 5, 7, 11])
@pytest.mark.parametrize("where", NETWORKS)
def test_the_point_that_tells_mistakes_apart_has_sizes_of_which_no_two_are_equal(T, where):
    d = derivation(where, T=T)
    again = d.again(0)
    assert again.T not in {1, 2, 3, 4, T, *(n for w in d.weights for n in w.shape)}
    assert len(again.target) == again.T


@pytest.mark.parametrize(("factor", "name"), [
    (lambda T, K: 2.0, "twice"), (lambda T, K: 0.5, "half"), (lambda T, K: 1 / T, "mean"),
    (lambda T, K: T, "times T"),
    (lambda T, K: 2 / T, "mean of squares"), (lambda T, K: 1 / (T * K), "mean over outputs"),
])
def test_a_factor_of_the_error_alone_is_named_beside_weight_decay(factor, name):
    d = linear(7, K=3, decay=0.2)
    error = RIGHT.gradient(linear(7, K=3))[0]
    diagnosis = diagnose(factor(7, 3) * error + 0.2 * d.weights[0], d)
    assert diagnosis.mistakes == (f"{name}, but for the decay",)
    assert str(diagnosis).startswith("But for the term of weight decay your gradient is ")


def test_the_mean_of_squares_over_all_outputs_is_that_of_pytorch():
    d = linear(5, K=3)
    assert diagnose([2 / 15 * g for g in RIGHT.gradient(d)], d).mistakes == (
                    "mean of squares over outputs",)
    assert diagnose([g / 3 for g in RIGHT.gradient(d)], d).mistakes == ("mean over units",)


def test_states_that_are_not_transposed_and_fit_by_accident_are_named():
    d = linear(3)
    claim = d.x @ (d.x @ d.weights[0] - d.target)
    assert diagnose(claim, d).mistakes == ("x for its transpose",)
    assert "only because it is square" in str(diagnose(claim, d))


def test_two_ways_to_the_same_sentence_are_one():
    claim, d = made("off by one row", "2-2-1")
    assert str(diagnose(claim, d)).count("off by one input unit") == 1


# -- none explains it ----------------------------------------------------------------------------------------------


def test_where_nothing_explains_it_what_is_known_is_said():
    d = derivation()
    claim = RIGHT.gradient(d)
    rng = np.random.default_rng(1)
    claim[0] = claim[0] + rng.normal(size=claim[0].shape)
    diagnosis = diagnose(claim, d)
    assert diagnosis.mistakes == ()
    assert str(diagnosis).startswith("12 of 26 entries are wrong, most of all [")
    assert "They are all in part 0." in str(diagnosis)
    assert "No mistake that is known here explains it." in str(diagnosis)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_invented_for_numbers_drawn_at_random(seed):
    d, rng = derivation(), np.random.default_rng(seed)
    assert diagnose([rng.normal(size=g.shape) for g in RIGHT.gradient(d)], d).mistakes == ()


def test_one_wrong_entry_is_named_with_what_it_should_be():
    d = derivation()
    claim = [g.copy() for g in RIGHT.gradient(d)]
    claim[1][2, 1] += 0.5
    diagnosis = diagnose(claim, d)
    assert diagnosis.mistakes == ("one entry",)
    assert f"[2, 1] of part 1: it is {claim[1][2, 1]:.6g} with you, and should be {claim[1][2, 1] - 0.5:.6g}" in str(diagnosis)


def test_factors_that_are_no_known_mistake_are_told_as_numbers():
    d = derivation()
    assert str(diagnose([0.123 * g for g in RIGHT.gradient(d)], d)) == "Your gradient is 0.123 times the right one, in every entry."
    claim = RIGHT.gradient(d)
    claim[1] = 3 * claim[1]
    assert "w2 3 times the right one" in str(diagnose(claim, d))


def test_float32_is_rounding_and_no_mistake():
    d = derivation()
    assert diagnose([g.astype(np.float32) for g in RIGHT.gradient(d)], d).right
    rng = np.random.default_rng(0)
    noisy = [g * (1 + 1e-6 * rng.normal(size=g.shape)) for g in RIGHT.gradient(d)]  # after many steps in float32
    diagnosis = diagnose(noisy, d)
    assert diagnosis.mistakes == ("float32",)
    assert "Float32 rounds so coarsely" in str(diagnosis)


# -- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claim", "says"), [
    ("text", "is not made of arrays of real numbers"), (None, "Your gradient"),
    ([np.ones((3, 4))], "has 1 parts, and there should be 4"),
    (lambda right: [right[0].T, *right[1:]], "Part 0 of your gradient has shape (4, 3), and its weights have (3, 4). It is right"),
    (lambda right: [right[0] * np.nan, *right[1:]], "Part 0 of your gradient has entries that are no numbers"),
])
def test_what_is_no_gradient_is_said_to_be_none(claim, says):
    d = derivation()
    diagnosis = diagnose(claim(RIGHT.gradient(d)) if callable(claim) else claim, d)
    assert says in str(diagnosis)
    assert diagnosis.mistakes == ()
    assert not diagnosis.right


def test_values_and_one_array_are_taken_too():
    d = derivation("3-2")
    assert diagnose(Value(RIGHT.gradient(d)[0]), d).right
    assert diagnose(RIGHT.gradient(d), d).right
    f = lambda w: half_squared_error(Network(3, 2, weights=d.weights).at([w])(d.x), d.target) + 0.05 * (w**2).sum()  # noqa: E731
    assert diagnose(grad(f)(d.weights[0]), d).right


# -- what an attacker found ----------------------------------------------------------------------------------------


def test_a_right_gradient_of_nearly_nothing_is_right():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    w = np.linalg.lstsq(x, target, rcond=None)[0]
    assert diagnose([sum(np.outer(x_t, x_t @ w - t) for x_t, t in zip(x, target))], Derivation(x, target, [w])).right


@np.errstate(over="ignore")
def test_a_layer_that_is_small_beside_another_counts_all_the_same():
    said = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        d = Derivation(rng.integers(0, 256, size=(5, 3)).astype(float), rng.normal(size=(5, 2)),
                       [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))])
        hidden, out = RIGHT.gradient(d)
        said.append(str(diagnose([-3 * hidden, out], d)) if np.abs(hidden).max() > 1e-10 * np.abs(out).max() else "w1 -3 times")
    assert all("w1 -3 times" in sentence for sentence in said), said


@pytest.mark.parametrize("off", [lambda g, w: g + 1e-5 * w, lambda g, w: g.round(4)])
def test_what_is_a_little_off_may_be_rounding_and_may_not(off):
    d = derivation("3-4-2")
    claim = [off(g, w) for g, w in zip(RIGHT.gradient(d), [*d.weights, *d.biases])]
    assert "if you used float64, something small is wrong" in str(diagnose(claim, d))


def test_a_factor_is_one_of_several_numbers_and_not_0_of_what_is_not():
    d = Derivation(np.array([[1.0, 0, 0]]), np.zeros((1, 2)), [np.arange(6.0).reshape(3, 2)])
    assert "factor" not in str(diagnose([np.array([[0, 0.0], [0, 0], [5, 7]])], d))
    one = [np.array([[number]]) for number in (0.5, 0.7)]
    d = Derivation(np.ones((2, 1)), np.array([[0.3], [0.4]]), one, [np.array([0.1]), np.array([0.2])])
    assert "factor" not in str(diagnose([np.array([[3.0]]), np.array([[-5.0]]), np.array([7.0]), np.array([1.0])], d))


@pytest.mark.parametrize("claim", [10**400, [np.full((3, 2), 1j)], [np.full((3, 2), "1")]])
def test_what_is_not_made_of_real_numbers_is_said_to_be_none(claim):
    assert "not made of arrays of real numbers" in str(diagnose(claim, derivation("3-2")))


def test_a_gradient_that_is_right_only_because_it_is_tiny_is_said_to_be_so():
    d = Derivation(1e-9 * np.ones((3, 1)), np.full((3, 1), 1e-7), [np.array([[0.5]])])
    right = RIGHT.gradient(d)
    assert str(diagnose(right, d)) == "Your gradient is right."
    check = diagnose([3 * right[0]], d)
    assert check.right
    assert "only because it is tiny here: errors below 1e-14 count as 0" in str(check)
