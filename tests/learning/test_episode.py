"""Episodes, returns and the replay buffer; an environment that cannot be had is one sentence."""

import builtins
import types

import numpy as np
import pytest

from tinygrad_edu import (
    NoEnvironment,
    Replay,
    ShapeError,
    Value,
    environment,
    play,
    returns,
    surprise,
)
from tinygrad_edu.autodiff.value import plain


def test_an_episode_is_what_was_seen_done_and_got():
    episode = play(environment("CartPole-v1"), lambda x: int(x[2] > 0), seed=3)
    assert episode.x.shape == (len(episode) + 1, 4)
    assert episode.actions.shape == episode.rewards.shape == (len(episode),)
    assert episode.ended
    again = play(environment("CartPole-v1"), lambda x: int(x[2] > 0), seed=3)
    np.testing.assert_array_equal(episode.x, again.x)


def test_an_episode_whose_time_was_up_has_not_ended():
    assert not play(environment("MountainCar-v0", max_episode_steps=7), lambda x: 0, seed=0).ended


class Counting:
    """An environment of four steps; two functions of t give the state and the reward of step t."""

    def __init__(self, state=float, reward=float, reset=lambda x: (x, {}), five=lambda *five: five):
        self.state, self.reward, self.five, self.begin = state, reward, five, reset

    def reset(self, seed=None):
        self.seed, self.t = seed, 0
        return self.begin(self.state(0))

    def step(self, action):
        self.t += 1
        return self.five(self.state(self.t), self.reward(self.t), self.t == 4, False, {})


def test_an_environment_that_writes_into_one_array_gives_an_episode_of_all_its_states():
    own = np.zeros(2)

    def state(t):
        own[:] = t, -t
        return own

    episode = play(Counting(state), lambda x: 0, seed=0)
    assert episode.x.tolist() == [[t, -t] for t in range(5)]
    assert not np.shares_memory(episode.x, own)
    within = play(Counting(lambda t: {"a": (state(t), t)}), lambda x: 0,
        seed=0)  # also inside a dict
    assert within.x["a"][0].tolist() == episode.x.tolist()


def test_a_policy_that_writes_into_its_state_and_its_action_changes_no_episode():
    own = np.zeros(1)

    def act(x):
        own[:] = x.sum()
        x[:] = 99.0
        return own

    episode = play(Counting(lambda t: np.full(2, float(t))), act, seed=0)
    assert episode.x[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert episode.actions.tolist() == [[0], [2], [4], [6]]


@pytest.mark.parametrize(("state", "shape", "dtype"), [
    (int, (5,), "int64"), (float, (5,), "float64"), (np.float32, (5,), "float32"),
    (lambda t: np.full((2, 3), t, np.uint8), (5, 2, 3), "uint8"),
    (lambda t: (t, t, 0), (5, 3), "int64"),
    (lambda t: [float(t)], (5, 1), "float64"), (lambda t: np.int64(t), (5,), "int64"),
    (lambda t: t > 1, (5,), "bool"),
])
def test_states_keep_their_shape_and_dtype(state, shape, dtype):
    episode = play(Counting(state), lambda x: 0, seed=0)
    assert (episode.x.shape, str(episode.x.dtype)) == (shape, dtype)
    assert episode.x[3].tolist() == np.asarray(state(3)).tolist()


def test_states_that_are_dicts_or_tuples_of_arrays_give_dicts_or_tuples_of_arrays():
    episode = play(Counting(lambda t: {"where": np.full(2, t), "lap": t}), lambda x: 0, seed=0)
    assert {name: array.shape for name, array in episode.x.items()} == {"where": (5, 2),
        "lap": (5,)}
    first, second = play(Counting(lambda t: (np.full(2, t), np.full(3, t))), lambda x: 0, seed=0).x
    assert (first.shape, second.shape) == ((5, 2), (5, 3))


@pytest.mark.parametrize("reward",
    [float, int, np.float32, lambda t: np.array([t]), lambda t: np.array([[t + 0.0]]),
                                    lambda t: t == 2, lambda t: Value(float(t))])
def test_a_reward_is_one_number_whatever_it_comes_in(reward):
    rewards = play(Counting(reward=reward), lambda x: 0, seed=0).rewards
    assert (rewards.shape, rewards.dtype) == ((4,), float)
    assert rewards[2] == float(np.asarray(plain(reward(3))).item())


@pytest.mark.parametrize("action",
    [1, np.int64(1), np.int32(1), np.array(1), np.array([1]), np.array([[1]]), True])
def test_an_action_is_one_number_where_actions_are_numbered(action):
    episode = play(environment("CartPole-v1"), lambda x: action, seed=0)
    assert episode.actions.tolist() == [1] * len(episode)


@pytest.mark.parametrize("seed", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_a_seed_of_numpys_is_a_seed(seed):
    episode = play(environment("CartPole-v1"), lambda x: 0, seed)
    np.testing.assert_array_equal(episode.x, play(environment("CartPole-v1"), lambda x: 0, 3).x)


@pytest.mark.parametrize(("wrong", "kind", "says"), [
    (lambda: play("CartPole-v1", lambda x: 0, 0), TypeError,
        "play(environment('CartPole-v1'), act, seed=0)"),
    (lambda: play(None, lambda x: 0, 0), TypeError, "this is a NoneType"),
    (lambda: play(Counting, lambda x: 0, 0), TypeError, "this is a type"),
    (lambda: returns(["1"]), TypeError, "array of <U1"),
    (lambda: returns(None), TypeError, "None is not"),
    (lambda: play(Counting(), 0, 0), TypeError, "act is 0; it is a function"),
    *((lambda seed=seed: play(Counting(), lambda x: 0, seed), ValueError,
        "the seed is") for seed in (-1, 1.5, "3", True, [1])),
    *((lambda reward=reward: play(Counting(reward=lambda t: reward if t == 3 else 0), lambda x: 0,
        0), ValueError,
       "the reward of action 2 is") for reward in (np.nan, np.inf, -np.inf, np.zeros(2), None, "1",
       1j, [])),
    (lambda: play(Counting(lambda t: np.zeros(4 if t < 3 else 1)), lambda x: 0, 0), ShapeError,
        "state 3 has the shape (1,)"),
    (lambda: play(Counting(lambda t: {"a": np.zeros(1 + t)}), lambda x: 0, 0), ShapeError,
        "state 'a' 1 has the shape (2,)"),
    (lambda: play(Counting(lambda t: None), lambda x: 0, 0), ValueError, "state 0 is None"),
    (lambda: play(Counting(reset=lambda x: x), lambda x: 0, 0), TypeError, "a pair (state, info)"),
    (lambda: play(Counting(reset=lambda x: np.zeros(2)), lambda x: 0, 0), TypeError,
        "this one gave a ndarray"),
    (lambda: play(Counting(five=lambda x, r, end, late, info: (x, r, end, info)), lambda x: 0, 0),
        TypeError, "4 things"),
    *((lambda action=action: play(environment("CartPole-v1"), lambda x: action, 0), ValueError,
        "actions are Discrete(2)")
      for action in (2, -1, 0.5, "left", None, np.array([0.0]), np.array([0, 1]))),
    *((lambda action=action: play(environment("Pendulum-v1"), lambda x: action, 0), ShapeError,
        f"an action of shape {np.shape(action)}, and the environment's actions are (1,)")
      for action in (0.5, np.array(0.5), np.zeros(2), np.zeros((1, 1)))),
])
def test_an_episode_that_cannot_be_is_refused_in_one_sentence(wrong, kind, says):
    with pytest.raises(kind) as caught:
        wrong()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("rewards", "discount", "after", "wanted"), [
    ([1, 1, 1], 1.0, 0.0, [3, 2, 1]), ([1, 0, 2], 0.5, 0.0, [1.5, 1, 2]), ([1, 1], 0.5, 4.0, [2.5, 3]), ([], 0.9, 5.0, []),
    ([3], 0.0, 9.0, [3]),
])
def test_a_return_is_the_reward_and_what_comes_after_it(rewards, discount, after, wanted):
    assert returns(rewards, discount, after).tolist() == wanted


@pytest.mark.parametrize("rewards",
    [np.array([1, 2]), np.array([1, 2], np.float32), (1, 2), Value([1.0, 2.0])])
def test_returns_take_rewards_in_any_row(rewards):
    found = returns(rewards, np.float32(0.5), np.array([[4.0]]))
    assert (found.tolist(), found.dtype) == ([3.0, 4.0], float)


@pytest.mark.parametrize(("wrong", "says"), [
    (lambda: returns(np.zeros((3, 1))), "(3, 1)"), (lambda: returns(1.0), "()"),
    (lambda: returns([1.0], 1.5), "discount is 1.5"),
    (lambda: returns([1.0], -0.1), "discount is -0.1"),
    (lambda: returns([1.0], np.nan), "discount is nan"),
    (lambda: returns([1.0], "0.9"), "discount is '0.9'"),
    (lambda: returns([1.0], 0.9, np.zeros(2)), "after is"),
    (lambda: surprise(np.zeros((3, 1)), np.zeros(3), 0.0), "(3, 1)"),
    (lambda: surprise(np.zeros(1), np.zeros(3), 0.0), "(1,)"),
    (lambda: surprise([[1.0], [2.0]], [1.0, 2.0], np.zeros(2)), "(2, 1)"),
    (lambda: surprise(1.0, 1.0, 1.0, 1.5), "discount is 1.5"),
    (lambda: surprise(1.0, 1.0, 1.0, "1"), "discount is '1'"),
    (lambda: returns([[1], [1, 2]]), "rows"),
])
def test_returns_and_surprises_of_shapes_that_do_not_fit_are_refused(wrong, says):
    with pytest.raises(ValueError, match=r".") as caught:
        wrong()
    assert says in str(caught.value)


def test_a_surprise_is_what_came_less_what_was_expected():
    assert surprise(2.0, -1.0, 4.0, 0.5) == -1.0
    np.testing.assert_array_equal(surprise(np.zeros(2), np.ones(2), np.array([1.0, 0.0])), [2, 1])


def test_a_surprise_of_lists_is_one_of_arrays():
    assert surprise([1.0, 2.0], [0, 1], (4.0, 2.0), np.float32(0.5)).tolist() == [1.0, 0.0]


def test_the_surprises_of_an_episode_add_up_to_what_the_return_is_off():
    rng = np.random.default_rng(0)
    rewards, value = rng.normal(size=9), np.append(rng.normal(size=9), 0.0)
    off = surprise(value[:-1], rewards, value[1:], 0.9)
    np.testing.assert_allclose(returns(off, 0.9), returns(rewards, 0.9) - value[:-1])


def test_without_gymnasium_one_line_says_what_to_install(monkeypatch):
    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", lambda name, *rest: (_ for _ in ()).throw(ModuleNotFoundError(name=name))
                        if name == "gymnasium" else real(name, *rest))
    with pytest.raises(NoEnvironment, match=r"^this needs gymnasium: pip install 'tinygrad-edu\[rl\]'$"):
        environment("CartPole-v1")


@pytest.mark.parametrize(("name", "says"), [
    ("CartPol-v1", "none of that name. Did you mean CartPole-v1?"),
    ("cartpole-v1", "Did you mean CartPole-v1?"),
    ("CartPole-v9", "Did you mean CartPole-v1?"), ("Mountain car", "Did you mean MountainCar-v0?"),
    ("", "none of that name"),
    ("zzz", "gymnasium.registry lists them all"), ("none/CartPole-v1", "Namespace none not found"),
    (5, "5 does not start: give its name"), (None, "None does not start: give its name"),
])
@pytest.mark.filterwarnings("ignore")
def test_a_misspelt_environment_is_told_the_name_that_is_near(name, says):
    with pytest.raises(NoEnvironment) as caught:
        environment(name)
    assert says in str(caught.value)
    assert "pip install" not in str(caught.value)


@pytest.mark.filterwarnings("ignore")
def test_an_option_that_an_environment_does_not_have_is_named():
    with pytest.raises(NoEnvironment, match="unexpected keyword argument 'colour'") as caught:
        environment("CartPole-v1", colour="red")
    assert "pip install" not in str(caught.value)


@pytest.mark.filterwarnings("ignore")
def test_an_environment_that_lacks_a_package_is_told_what_to_install(monkeypatch):
    import gymnasium

    def lacking(name, **options):
        raise gymnasium.error.DependencyNotInstalled("pygame is not installed")

    monkeypatch.setattr(gymnasium, "make", lacking)
    with pytest.raises(NoEnvironment,
        match=r"pygame is not installed\); try: pip install 'tinygrad-edu\[rl\]'"):
        environment("CartPole-v1")


@pytest.mark.filterwarnings("ignore")
def test_an_environment_that_does_not_start_is_one_sentence():
    with pytest.raises(NoEnvironment, match="the environment NoSuch-v0 does not start") as error:
        environment("NoSuch-v0")
    assert "\n" not in str(error.value)


# -- replay --------------------------------------------------------------------------------------------------------


def test_the_replay_buffer_keeps_the_last_and_draws_each_as_often():
    replay = Replay(4, x=(2,), reward=())
    for n in range(6):
        replay.add(x=[n, -n], reward=n)
    assert len(replay) == 4
    drawn = replay.sample(4000, np.random.default_rng(0))
    assert drawn["x"].shape == (4000, 2)
    np.testing.assert_array_equal(drawn["x"][:, 0], drawn["reward"])
    values, counts = np.unique(drawn["reward"], return_counts=True)
    assert values.tolist() == [2, 3, 4, 5]
    assert (abs(counts - 1000) < 150).all()


def test_the_replay_buffer_goes_on_where_it_was():
    replay, other = Replay(4, x=()), Replay(4, x=())
    for n in range(6):
        replay.add(x=n)
    other.restore(replay.state())
    for one in (replay, other):
        one.add(x=9)
    np.testing.assert_array_equal(replay.arrays["x"], other.arrays["x"])


def test_a_transition_is_a_copy():
    replay, x = Replay(3, x=(2,)), np.zeros(2)
    for n in range(3):
        x[:] = n
        replay.add(x=x)
    assert replay.arrays["x"].tolist() == [[0, 0], [1, 1], [2, 2]]
    assert not np.shares_memory(replay.state()["x"], replay.arrays["x"])


@pytest.mark.parametrize(("parts", "dtype"), [
    ([1, 2], "int64"), ([True, False], "bool"), ([0.5, 1], "float64"), ([1, 0.5], "float64"),
    ([True, 2], "int64"),
    ([np.float32(0.5), np.float32(1)], "float32"), ([np.float32(0.5), 0.1], "float64"),
    ([np.uint8(255), np.uint8(0)], "uint8"),
    ([np.uint8(255), -1], "int64"), ([2**53 + 1, 2**62 + 1], "int64"),
    ([Value(0.5), np.array(1.0)], "float64"),
])
def test_numbers_come_back_as_they_were_in_a_dtype_that_holds_them_all(parts, dtype):
    replay = Replay(4, a=())
    for part in parts:
        replay.add(a=part)
    assert str(replay.arrays["a"].dtype) == dtype
    assert replay.arrays["a"][:2].tolist() == [np.asarray(plain(part)).item() for part in parts]
    again = Replay(4, a=())
    again.restore(replay.state())
    assert again.sample(9, np.random.default_rng(0))["a"].dtype == dtype


@pytest.mark.parametrize(("given", "says"), [
    ({"x": [1.0], "a": 0}, "x is of shape (1,); the buffer keeps arrays of shape (4,)"),
    ({"x": 1.0, "a": 0}, "x is of shape ()"),
    ({"x": np.zeros((1, 4)), "a": 0}, "x is of shape (1, 4)"),
    ({"x": np.zeros((4, 1)), "a": 0}, "x is of shape (4, 1)"),
    ({"x": np.zeros(5), "a": 0}, "x is of shape (5,)"),
    ({"x": np.zeros(4), "a": [0]}, "a is of shape (1,); the buffer keeps one number of it"),
    ({"x": [1, 2, 3, np.nan], "a": 0}, "only finite"),
    ({"x": np.zeros(4), "a": np.inf}, "a is inf"),
    ({"x": [1, 2, 3, 4j], "a": 0}, "keeps numbers"),
    ({"x": ["1", "2", "3", "4"], "a": 0}, "keeps numbers"),
    ({"x": np.zeros(4), "a": None}, "a is None"), ({"x": np.zeros(4), "a": "0"}, "a is '0'"),
    ({"x": [[1], [2, 3]], "a": 0}, "ragged"),
    ({"x": np.ma.array(np.zeros(4), mask=[1, 0, 0, 0]), "a": 0}, "keeps numbers"),
    ({"x": np.zeros(4)}, "a transition has x, a, and this one x"),
    ({"x": np.zeros(4), "a": 0, "b": 0}, "this one x, a, b"),
    ({"x": np.zeros(4), "a": 2**53 + 1}, "does not hold both exactly"),
])
def test_a_transition_of_another_shape_or_kind_is_refused_and_nothing_is_kept(given, says):
    replay = Replay(3, x=(4,), a=())
    replay.add(x=np.arange(4.0), a=0.5)
    before = replay.state()
    with pytest.raises(ValueError, match=r".") as caught:
        replay.add(**given)
    assert says in str(caught.value)
    assert all(np.array_equal(now, before[name]) for name, now in replay.state().items())


@pytest.mark.parametrize("other",
    [Replay(4, x=(2,)), Replay(4, x=()), Replay(9, x=(1,)), Replay(4, y=(1,)),
                                   Replay(4, x=(1,))])
def test_the_state_of_another_buffer_is_refused_and_changes_nothing(other):
    for n in range(6):
        other.add(**{name: np.full(array.shape[1:], n) for name, array in other.arrays.items()})
    replay = Replay(5 if other.room == 4 else 4, x=(1,))
    replay.add(x=[7.0])
    with pytest.raises(ValueError, match=r"the state (is of a replay buffer with|lacks 'x')"):
        replay.restore(other.state())
    with pytest.raises(ValueError, match="the state lacks 'seen'"):
        replay.restore(None)
    assert (len(replay), replay.arrays["x"][0, 0]) == (1, 7.0)


def test_a_state_of_a_buffer_that_was_never_full_fits_a_smaller_and_a_larger_one():
    replay = Replay(4, x=())
    replay.add(x=1), replay.add(x=2)
    for room in (2, 9):
        other = Replay(room, x=())
        other.restore(replay.state())
        assert (len(other), other.arrays["x"][:2].tolist()) == (2, [1, 2])


filled = types.SimpleNamespace(sample=lambda *how: [one := Replay(4, x=()), one.add(x=1),
    one.sample(*how)][2])


@pytest.mark.parametrize(("wrong", "kind", "says"), [
    (lambda: Replay(0, x=()), ValueError, "room is 0"),
    (lambda: Replay(True, x=()), ValueError, "room is True"),
    (lambda: Replay(2.0, x=()), ValueError, "room is 2.0"),
    (lambda: Replay("4", x=()), ValueError, "room is '4'"),
    (lambda: Replay(4), ValueError, "by name and shape"),
    (lambda: Replay(4, x=4), ValueError, "x is 4; it is a shape"),
    (lambda: Replay(4, x=(-1,)), ValueError, "a size is -1"),
    (lambda: Replay(4, x=(1.5,)), ValueError, "a size is 1.5"),
    (lambda: Replay(4, x=()).sample(2, np.random.default_rng(0)), ValueError,
        "the replay buffer is empty"),
    (lambda: filled.sample(0, np.random.default_rng(0)), ValueError, "size is 0"),
    (lambda: filled.sample(1.5, np.random.default_rng(0)), ValueError, "size is 1.5"),
    (lambda: filled.sample(None, np.random.default_rng(0)), ValueError, "size is None"),
    (lambda: filled.sample(2, 0), TypeError, "the generator is 0"),
    (lambda: filled.sample(2, None), TypeError, "the generator is"),
])
def test_a_buffer_that_cannot_be_is_refused(wrong, kind, says):
    with pytest.raises(kind) as caught:
        wrong()
    assert says in str(caught.value)


def test_counts_of_numpys_are_counts():
    replay = Replay(np.int64(4), x=[np.int32(2)])
    replay.add(x=[1, 2])
    assert replay.sample(np.int64(3), np.random.default_rng(0))["x"].shape == (3, 2)
