"""Episodes: an agent acts in an environment until the end, and what came of it is its only teacher.

    env = environment("CartPole-v1")
    episode = play(env, act, seed=7)               # act(x) -> the action for the state x
    returns(episode.rewards, discount=0.99)        # what each action led to

Actions are numbered from 0; an environment is one of gymnasium's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray


class NoEnvironment(RuntimeError):
    """An environment cannot be had: the message says in one line what to do."""


@dataclass(frozen=True)
class Episode:
    """x: (T + 1, ...), the states from the first to the last. actions, rewards: (T,). ended: whether the last state is an end,
    and not only the one at which time was up: after an end comes nothing, and after time was up something that is not known."""

    x: ndarray
    actions: ndarray
    rewards: ndarray
    ended: bool

    def __len__(self) -> int:
        return len(self.rewards)


def environment(name: str, **options: Any) -> Any:
    """gymnasium's environment of that name. Raises NoEnvironment if gymnasium or what the environment needs is missing."""
    try:
        import gymnasium
    except ModuleNotFoundError:
        raise NoEnvironment("this needs gymnasium: pip install 'tinygrad-edu[rl]'") from None
    if options.get("render_mode") == "rgb_array" and not os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"}:
        os.environ["SDL_VIDEODRIVER"] = "dummy"  # pictures without a screen, and without a complaint that there is none
    try:
        return gymnasium.make(name, **options)
    except Exception as error:  # each environment has its own ways to fail
        reason = " ".join(str(error).split())[:200]
        raise NoEnvironment(f"the environment {name} does not start ({type(error).__name__}: {reason}); "
                            "try: pip install 'tinygrad-edu[rl]'") from error


def play(env: Any, act: Callable[[Any], int], seed: int) -> Episode:
    """One episode. seed: of where it begins and of the environment's own chances."""
    x, _ = env.reset(seed=seed)
    states, actions, rewards, over = [x], [], [], False
    while not over:
        action = act(x)
        x, reward, ended, late, _ = env.step(action)
        states.append(x)
        actions.append(action)
        rewards.append(float(reward))
        over = ended or late
    return Episode(np.array(states), np.array(actions), np.array(rewards), bool(ended))


def returns(rewards: Sequence[float] | ndarray, discount: float = 1.0, after: float = 0.0) -> ndarray:
    """What came after each action: R_t = r_t + γ R_(t+1), the last followed by `after`."""
    found, R = np.empty(len(rewards)), after
    for t in reversed(range(len(rewards))):
        R = rewards[t] + discount * R
        found[t] = R
    return found


def surprise(value: Any, reward: Any, value_after: Any, discount: float = 1.0) -> Any:
    """The temporal-difference error: r + γ v' - v, by how much it went better than expected (Sutton 1988). v' is 0 after an end.

    It is the field's "δ", with the sign turned: the slides' δ is output minus target, v - (r + γ v').
    """
    return reward + discount * value_after - value

