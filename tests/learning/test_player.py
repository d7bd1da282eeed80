"""A player changes its own weights and nothing else; what is no number is refused before anything is changed."""

import copy
import math

import numpy as np
import pytest

from tinygrad_edu import (
    Adam,
    Average,
    Diverged,
    GradientDescent,
    Momentum,
    Network,
    Player,
    ShapeError,
    Value,
    clipped,
    half_squared_error,
)

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


def test_parameters_come_as_a_list_a_tuple_a_dict_an_iterator_or_one():
    v, w = Value([1.0, 2.0]), Value(3.0)
    for given in ([v, w], (v, w), {"v": v, "w": w}, iter([v, w])):
        assert Player("one", given, Adam(0.1)).parameters == [v, w]
    assert Player("one", w, Adam(0.1)).parameters == [w]


v, network = Value([1.0, 2.0]), Network(2, 1)


@pytest.mark.parametrize(("parameters", "kind", "says"), [
    ([v, v], ValueError, "parameters[1] is the same Value as parameters[0]"),
    ({"a": v, "b": v}, ValueError, "parameters['b'] is the same Value as parameters['a']"),
    ([], ValueError, "there are no parameters"), ({}, ValueError, "there are no parameters"),
    ([v, np.ones(2)], TypeError, "parameters[1] is a ndarray, and not a Value"),
    (np.ones(2), TypeError, "parameters[0] is a float64, and not a Value"),
    ([[v], [v]], TypeError, "parameters[0] is a list"),
    ([1.0], TypeError, "parameters[0] is a float"),
    (network, TypeError, "such as network.parameters"), (network.layers, TypeError, "is a Layer"),
    (network.weights, TypeError, "parameters[0] is a ndarray"), ("weights", TypeError, "'weights'"),
    (None, TypeError, "parameters is None"), (3.0, TypeError, "parameters is 3.0"),
    ({v}, TypeError, "a list of Values"), ([v * 2], ValueError, "was computed by multiply"),
])
def test_parameters_that_cannot_be_changed_one_by_one_are_refused(parameters, kind, says):
    with pytest.raises(kind) as caught:
        Player("one", parameters, Adam(0.1))
    assert says in str(caught.value)


@pytest.mark.parametrize(("wrong", "kind", "says"), [
    *((lambda o=o: Player("one", [v], o), TypeError, "write GradientDescent(0.1)")
      for o in (Adam, 0.1, "adam", None)),
    *((lambda m=m: Player("one", [v], Adam(0.1), most=m), ValueError, "most")
      for m in (0, -1, math.nan, "1", None, True, np.ones(2))),
    *((lambda m=m: clipped([np.ones(2)], m), ValueError, "most")
      for m in (0, -1.0, math.nan, "1", None)),
    *((lambda p=p: Player("one", [v], Adam(0.1)).step((v**2).sum(), p), ValueError, "pace is")
      for p in (-0.5, math.nan, math.inf, "1", None, True, np.ones(2))),
    (lambda: Player("one", [v], Adam(0.1)).step(v), ShapeError, "E has shape (2,)"),
    (lambda: Player("one", [v], Adam(0.1)).step(v.sum().data), TypeError, "E is a float, 3.0"),
    (lambda: Player("one", [v], Adam(0.1)).step(None), TypeError, "E is a NoneType"),
    (lambda: clipped({"w": np.ones(2)}, 1.0), TypeError, "a list of gradients"),
    *((lambda g=g: clipped(g, 1.0), TypeError, "a list of gradients")
      for g in ([None], np.ones((2, 2)), v, 3.0, None, "w", ["w"], [[1.0]])),
    *((lambda s=s: Average([np.zeros(2)], s), ValueError, "share is")
      for s in (0, -0.1, 1.1, math.nan, "0.1", None, True)),
])
def test_rates_errors_and_gradients_that_cannot_be_are_refused(wrong, kind, says):
    with pytest.raises(kind) as caught:
        wrong()
    assert says in str(caught.value)
    assert v.data.tolist() == [1.0, 2.0]


def test_numbers_of_numpys_are_numbers_and_float32_stays_float32():
    w = Value(np.array([3.0, 4.0], np.float32))
    player = Player("one", [w], GradientDescent(np.float64(0.1)), most=np.float64(1.0))
    player.step((w**2).sum().reshape(1, 1), pace=np.float64(0.5))
    np.testing.assert_allclose(w.data, [2.97, 3.96], rtol=1e-6)
    assert w.data.dtype == np.float32


def test_the_numbers_of_a_player_are_closed_to_writing_after_a_step_too():
    w = Value([1.0, 2.0])
    player = Player("one", [w], Adam(0.1))
    for _ in range(2):
        assert not player.numbers[0].flags.writeable
        player.step((w**2).sum())
    assert not player.state()["w/0"].flags.writeable


def test_a_gradient_of_one_number_is_clipped_like_an_array():
    assert clipped([4.0, np.array([3.0]), 0], 1.0)[0] == pytest.approx(0.8)


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


@pytest.mark.parametrize("came",
    [[np.ones(4)], [np.ones(1), np.ones(1)], [1.0], [np.ones((1, 1))], []])
def test_a_running_mean_is_not_stretched_to_other_weights(came):
    average = Average([np.zeros(1)], 0.1)
    with pytest.raises(ShapeError, match=r"the mean is of weights of shapes \[\(1,\)\]"):
        average.add(came)
    assert (average.numbers[0].tolist(), average.steps) == ([0.0], 0)


def test_a_running_mean_copies_and_refuses_the_state_of_another():
    weights = [np.zeros(2)]
    average = Average(weights, 0.5)
    weights[0][:] = 7
    assert average.numbers[0].tolist() == [0, 0]
    state = {name: np.array(array) for name, array in average.state().items()}
    average.restore(state)
    state["w/0"][:] = 7
    assert average.numbers[0].tolist() == [0, 0]
    for other in (Average([np.zeros(3)], 0.5), Average([np.zeros(2)] * 2, 0.5)):
        with pytest.raises(ValueError, match="of other weights than the mean's"):
            average.restore(other.state())


def test_the_state_of_a_scalar_comes_back():
    w = Value(1.0)
    player = Player("one", [w], Adam(0.1))
    player.step(w**2)
    state = player.state()
    player.step(w**2)
    player.restore(state)
    assert (w.item(), type(w.data)) == (pytest.approx(0.9), float)


@pytest.mark.parametrize("state", [None, [1], "it", 3])
def test_what_is_no_state_is_refused(state):
    for part in (game()[2], Average([np.zeros(2)], 0.5)):
        with pytest.raises(TypeError, match="a state is what state"):
            part.restore(state)


def test_a_state_that_lacks_an_array_is_refused_by_its_name():
    player = game()[2]
    for name in ("w/1", "memory 1/0"):
        state = {key: array for key, array in player.state().items() if key != name}
        with pytest.raises(ValueError, match=f"the state lacks '{name}'"):
            player.restore(state)


def test_a_mean_takes_values_and_dicts_and_refuses_what_is_no_list_of_weights():
    w = Value([1.0, 2.0])
    for given in ([w], {"w": w}, ([1.0, 2.0],), iter([np.array([1.0, 2.0])])):
        average = Average(given, 0.5)
        average.add([w])
        assert average.numbers[0].tolist() == [1, 2]
    for wrong in (Network(2, 1), "w", None, w, ["w"], [None]):
        with pytest.raises(TypeError):
            Average(wrong, 0.5)


def test_a_restored_state_is_a_copy_and_another_optimizers_is_refused():
    w = Value([1.0, 2.0])
    player = Player("one", [w], Momentum(0.1))
    player.step((w**2).sum())
    state = {name: np.array(array) for name, array in player.state().items()}
    player.restore(state)
    for array in state.values():
        array[...] = 7
    assert player.memory[0][0].tolist() == pytest.approx([-0.2, -0.4])
    for optimizer in (Adam(0.1), GradientDescent(0.1)):  # Adam's first mean is no last step
        with pytest.raises(ValueError,
            match=f"of Momentum, and the other learns by {type(optimizer).__name__}"):
            Player("other", [Value([1.0, 2.0])], optimizer).restore(player.state())


@pytest.mark.parametrize("name", ["memory 0/1", "w/0", "memory 1/0"])
def test_a_state_with_an_array_of_another_shape_is_refused_before_anything_is_changed(name):
    first, _, player, _ = game()
    before, state = [w.data for w in first.parameters], player.state()
    with pytest.raises(ValueError, match="of other weights than the first's"):
        player.restore({key: array + 1.0 if key[0] in "wm" else array for key,
            array in state.items()}
                       | {name: np.zeros(1)})
    assert all(np.array_equal(w.data, was) for w, was in zip(first.parameters, before))


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
