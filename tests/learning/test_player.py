"""A player changes its own weights and nothing else; what is no number is refused before anything is changed."""

import copy
import math

import numpy as np
import pytest

from tinygrad_edu import Adam, Average, Diverged, GradientDescent, Network, Player, Value, clipped, half_squared_error

X, TARGET = np.linspace(-1, 1, 10).reshape(5, 2), np.ones((5, 1))


def game(seed=0):
    first, second = Network(2, 3, 2, bias=True, seed=seed), Network(2, 3, 1, bias=True, seed=seed + 1)
    return first, second, Player("first", first.parameters, Adam(0.01)), Player("second", second.parameters, Adam(0.01))


@pytest.mark.parametrize("who", [0, 1])
def test_a_step_leaves_the_other_players_weights_and_all_gradients_untouched(who):
    first, second, *players = game()
    mine, other = ((first, second), (second, first))[who]
    before, changing = [w.data.copy() for w in other.parameters], [w.data.copy() for w in mine.parameters]
    for w in (*first.parameters, *second.parameters):
        w.grad = np.full(w.shape, 7.0)
    players[who].step(half_squared_error(second(first(X)), TARGET))
    assert all(np.array_equal(w.data, was) for w, was in zip(other.parameters, before))
    assert not any(np.array_equal(w.data, was) for w, was in zip(mine.parameters, changing))
    assert all((w.grad == 7).all() for w in (*first.parameters, *second.parameters))


def test_a_step_is_that_of_the_optimizer():
    w = Value(np.array([1.0, -2.0]))
    player = Player("one", [w], GradientDescent(0.1))
    assert player.step((w**2).sum()) == 5.0
    np.testing.assert_allclose(w.data, [0.8, -1.6])
    player.step((w**2).sum(), pace=0.5)
    np.testing.assert_allclose(w.data, [0.72, -1.44])


@pytest.mark.parametrize(("E", "says"), [
    (lambda w: (w * math.nan).sum(), "the one's E is nan"), (lambda w: (w - w).sum() ** 0.5, r"its \|∇E\| nan"),
    (lambda w: (w * 1e308 * 10).sum(), "inf"),
])
@pytest.mark.filterwarnings("ignore")
def test_what_is_no_number_is_refused_before_anything_is_changed(E, says):
    w = Value(np.array([1.0, -2.0]))
    player = Player("one", [w], Adam(0.1))
    player.step((w**2).sum())
    before, memory = w.data.copy(), copy.deepcopy(player.memory)
    with pytest.raises(Diverged, match=says):
        player.step(E(w))
    assert np.array_equal(w.data, before)
    assert all(np.array_equal(a, b) for a, b in zip(player.memory[0], memory[0]))


def test_an_error_of_other_weights_is_refused():
    first, _, _, player = game()
    with pytest.raises(ValueError, match="E does not depend on the weights of the second"):
        player.step(half_squared_error(first(X), np.ones((5, 2))))


def test_weights_that_an_error_does_not_depend_on_stay():
    v, w = Value(1.0), Value(2.0)
    player = Player("one", [v, w], GradientDescent(0.1))
    player.step(v**2)
    assert (v.item(), w.item()) == (0.8, 2.0)
    assert type(v.data) is float


@pytest.mark.parametrize("most", [0.5, 5.0, 5.001, math.inf])
def test_a_gradient_is_clipped_to_its_length_and_keeps_its_direction(most):
    gradients = [np.array([3.0]), np.array([[4.0, 0.0]])]
    short = clipped(gradients, most)
    length = math.hypot(*(x for part in short for x in part.ravel()))
    assert length == pytest.approx(min(most, 5.0))
    assert all(np.allclose(a / length, b / 5) for a, b in zip(short, gradients))


def test_a_gradient_of_nothing_is_not_clipped():
    assert clipped([np.zeros(2)], 0.5)[0].tolist() == [0, 0]


def test_a_running_mean_is_the_mean_at_first_and_forgets_later():
    average = Average([np.zeros(1)], 0.1)
    for n in range(1, 5):
        average.add([np.full(1, float(n))])
    np.testing.assert_allclose(average.numbers[0], [2.0])  # of 0 to 4
    for _ in range(300):
        average.add([np.full(1, 7.0)])
    np.testing.assert_allclose(average.numbers[0], [7.0])


def test_a_state_goes_on_as_if_nothing_had_been():
    first, _, player, _ = game()
    E = lambda: half_squared_error(first(X), np.ones((5, 2)))  # noqa: E731
    player.step(E())
    state = {name: array.copy() for name, array in player.state().items()}
    wanted = [player.step(E()) for _ in range(3)]
    player.restore(state)
    assert [player.step(E()) for _ in range(3)] == wanted


def test_the_state_of_another_is_refused_and_changes_nothing():
    _, _, player, other = game()
    before = [w.data.copy() for w in player.parameters]
    with pytest.raises(ValueError, match="of other weights than the first's"):
        player.restore(other.state())
    assert all(np.array_equal(w.data, was) for w, was in zip(player.parameters, before))
