"""Episodes, returns and the replay buffer; an environment that cannot be had is one sentence."""

import builtins

import numpy as np
import pytest

from tinygrad_edu import NoEnvironment, Replay, environment, play, returns, surprise


def test_an_episode_is_what_was_seen_done_and_got():
    episode = play(environment("CartPole-v1"), lambda x: int(x[2] > 0), seed=3)
    assert episode.x.shape == (len(episode) + 1, 4)
    assert episode.actions.shape == episode.rewards.shape == (len(episode),)
    assert episode.ended
    again = play(environment("CartPole-v1"), lambda x: int(x[2] > 0), seed=3)
    np.testing.assert_array_equal(episode.x, again.x)


def test_an_episode_whose_time_was_up_has_not_ended():
    assert not play(environment("MountainCar-v0", max_episode_steps=7), lambda x: 0, seed=0).ended


@pytest.mark.parametrize(("rewards", "discount", "after", "wanted"), [
    ([1, 1, 1], 1.0, 0.0, [3, 2, 1]), ([1, 0, 2], 0.5, 0.0, [1.5, 1, 2]), ([1, 1], 0.5, 4.0, [2.5, 3]), ([], 0.9, 5.0, []),
    ([3], 0.0, 9.0, [3]),
])
def test_a_return_is_the_reward_and_what_comes_after_it(rewards, discount, after, wanted):
    assert returns(rewards, discount, after).tolist() == wanted


def test_a_surprise_is_what_came_less_what_was_expected():
    assert surprise(2.0, -1.0, 4.0, 0.5) == -1.0
    np.testing.assert_array_equal(surprise(np.zeros(2), np.ones(2), np.array([1.0, 0.0])), [2, 1])


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


@pytest.mark.parametrize(("wrong", "says"), [
    (lambda: Replay(0, x=()), "room is 0"), (lambda: Replay(True, x=()), "room is True"),
    (lambda: Replay(4, x=()).sample(2, np.random.default_rng(0)), "the replay buffer is empty"),
    (lambda: Replay(4, x=(), reward=()).add(x=1), "a transition has x, reward, and this one x"),
    (lambda: Replay(4, x=(2,)).add(x=[1, 2, 3]), "could not broadcast"),
])
def test_a_transition_that_does_not_fit_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()
