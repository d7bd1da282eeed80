"""Episodes: an agent acts in an environment until the end, and what came of it is its only teacher.

    env = environment("CartPole-v1")
    episode = play(env, act, seed=7)               # act(x) -> the action for the state x
    returns(episode.rewards, discount=0.99)        # what each action led to

Actions are numbered from 0; an environment is one of gymnasium's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of
from tinygrad_edu.autodiff.value import plain
from tinygrad_edu.learning.settings import near, real_number
from tinygrad_edu.network.settings import whole_number


class NoEnvironment(RuntimeError):
    """An environment cannot be had: the message says in one line what to do."""


@dataclass(frozen=True)
class Episode:
    """The states, actions and rewards of one episode, all of them copies.

    x: (T + 1, ...), the states from the first to the last; where a state is a dict, or a tuple of
    arrays, x is one too, of arrays (T + 1, ...). actions: (T, ...). rewards: (T,). ended: whether
    the last state is an end, and not only the one at which time was up: after an end comes nothing,
    and after time was up something that is not known.
    """

    x: Any
    actions: Any
    rewards: ndarray
    ended: bool

    def __len__(self) -> int:
        return len(self.rewards)


def environment(name: str, **options: Any) -> Any:
    """Make gymnasium's environment of that name.

    Raises:
        NoEnvironment: gymnasium or what the environment needs is missing, there is none of that
            name, or it does not take these options.
    """
    try:
        import gymnasium
    except ModuleNotFoundError:
        raise NoEnvironment("this needs gymnasium: pip install 'tinygrad-edu[rl]'") from None
    if not isinstance(name, str):
        raise NoEnvironment(f"the environment {name!r:.60} does not start: give its name as "
                            'a text, such as environment("CartPole-v1")')
    screens = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"}
    if options.get("render_mode") == "rgb_array" and not os.environ.keys() & screens:
        os.environ["SDL_VIDEODRIVER"] = "dummy"  # pictures without a screen, and no complaint
    try:
        return gymnasium.make(name, **options)
    except Exception as error:  # each environment has its own ways to fail
        raise NoEnvironment(f"the environment {name} does not start"
                            f"{_why_not(gymnasium, name, error)}") from error


def _why_not(gymnasium: Any, name: str, error: Exception) -> str:
    """Why an environment does not start, and what to do about it."""
    reason = " ".join(str(error).split())[:200]
    reason = f" ({type(error).__name__}: {reason.removesuffix('.')})"
    if isinstance(error, (ImportError, gymnasium.error.DependencyNotInstalled)):
        return f"{reason}; try: pip install 'tinygrad-edu[rl]'"
    if name in gymnasium.registry or isinstance(error, gymnasium.error.NamespaceNotFound):
        return f"{reason}."
    known = near(name, gymnasium.registry) or " gymnasium.registry lists them all."
    return f": gymnasium has none of that name.{known}"


def play(env: Any, act: Callable[[Any], Any], seed: int | None) -> Episode:
    """Play one episode.

    Args:
        env: an environment, of gymnasium's interface.
        act: from a state to an action.
        seed: of where it begins and of the environment's own chances.

    Raises:
        TypeError: env is no environment, act is no function.
        ValueError: the seed is no whole number from 0, an action is none of the environment's, a
            reward is not one finite number, or states differ in shape.
    """
    _check_played(env, act)
    space, shape = _numbered(env), getattr(getattr(env, "action_space", None), "shape", None)
    x, _ = _pair(env.reset(seed=None if seed is None else whole_number("the seed", seed)))
    states, actions, over = [deepcopy(x)], [], False  # copies: some environments and some functions
    rewards: list[float] = []  # write into the same array again and again
    while not over:
        action = _possible(space, shape, act(x))
        x, reward, ended, late, _ = _five(env.step(action))
        states.append(deepcopy(x))
        actions.append(deepcopy(action))
        rewards.append(_reward(reward, len(rewards)))
        over = bool(ended or late)
    return Episode(_stacked("state", states), _stacked("action", actions), np.array(rewards),
                   bool(ended))


def _check_played(env: Any, act: Any) -> None:
    acts = all(callable(getattr(env, method, None)) for method in ("reset", "step"))
    if not acts or isinstance(env, type):
        name = repr(env) if isinstance(env, str) else '"CartPole-v1"'
        raise TypeError(f"play takes an environment, and this is a {type(env).__name__}: "
                        f"play(environment({name}), act, seed=0).")
    if not callable(act):
        raise TypeError(f"act is {act!r:.60}; it is a function from a state to an action, such as "
                        "lambda x: 0.")


def _pair(came: Any) -> tuple[Any, Any]:
    if not isinstance(came, tuple) or len(came) != 2 or not isinstance(came[1], Mapping):
        raise TypeError("env.reset(seed=...) gives a pair (state, info) in gymnasium's interface, "
                        f"with a dict for info, and this one gave a {type(came).__name__}.")
    return came


def _five(came: Any) -> tuple[Any, Any, Any, Any, Any]:
    if not isinstance(came, tuple) or len(came) != 5:
        size = f"{len(came)} things" if isinstance(came, tuple) else f"a {type(came).__name__}"
        raise TypeError("env.step(action) gives five things in gymnasium's interface, (state, "
                        f"reward, ended, time is up, info), and this one gave {size}.")
    return came


def _numbered(env: Any) -> Any:
    """The environment's actions, if they are numbered from 0 (gymnasium's Discrete); else None."""
    space = getattr(env, "action_space", None)
    return space if getattr(space, "shape", None) == () and hasattr(space, "n") else None


def _possible(space: Any, shape: Any, action: Any) -> Any:
    """The action; an array of one whole number is that number where actions are numbered."""
    action = plain(action)
    if space is None:
        if shape and np.shape(action) != shape:
            raise ShapeError(f"act gave an action of shape {np.shape(action)}, and the "
                             f"environment's actions are {shape}.")
        return action
    if isinstance(action, ndarray) and action.size == 1 and action.dtype.kind in "iu":
        action = action.item()
    if not space.contains(action):
        raise ValueError(f"act gave {action!r:.60}, and the environment's actions are {space}.")
    return action


def _reward(reward: Any, t: int) -> float:
    array = np.asarray(plain(reward))
    if array.size != 1 or array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        raise ValueError(f"the reward of action {t} is {reward!r:.60}; it is one finite number.")
    return float(array.item())


def _stacked(what: str, items: Sequence[Any]) -> Any:
    """The items one below the other: an array, or a dict or tuple of arrays if each item is one."""
    first = items[0]
    if isinstance(first, Mapping):
        return {name: _stacked(f"{what} {name!r}", [item[name] for item in items])
                for name in first}
    if isinstance(first, tuple) and any(map(np.shape, first)):
        return tuple(_stacked(f"{what} [{i}]", [item[i] for item in items])
                     for i in range(len(first)))
    arrays = [np.asarray(item) for item in items]
    for t, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise ShapeError(f"{what} {t} has the shape {array.shape}, and those before "
                             f"{arrays[0].shape}.")
        if array.dtype == object:
            raise ValueError(f"{what} {t} is {items[t]!r:.60}; an episode keeps numbers, arrays, "
                             "and tuples and dicts of them.")
    return np.stack(arrays)


def returns(rewards: Sequence[float] | ndarray, discount: float = 1.0, after: float = 0.0) -> ndarray:
    """Discounted returns, what came after each action: R_t = r_t + γ R_(t+1).

    Args:
        rewards: (T,)
        discount: γ, from 0 to 1.
        after: what follows the last reward, one number.

    Returns:
        (T,)

    Raises:
        ShapeError, DTypeError: the rewards have not one axis, or are no numbers.
        ValueError: discount or after is no such number.
    """
    rewards, R = np.asarray(constant(plain(rewards)), float), real_number("after", after)
    discount = real_number("discount", discount, 0, 1)
    if rewards.ndim != 1:
        raise ShapeError(f"the rewards are of shape {rewards.shape}; they are one row, (T,): "
                         "rewards.ravel() if they are those of one episode.")
    found = np.empty(len(rewards))
    for t, reward in reversed(list(enumerate(rewards.tolist()))):
        R = reward + discount * R
        found[t] = R
    return found


def surprise(value: Any, reward: Any, value_after: Any, discount: float = 1.0) -> Any:
    """The temporal-difference error: r + γ v' - v, by how much it went better than expected (Sutton 1988). v' is 0 after an end.

    It is the field's "δ", with the sign turned: the slides' δ is output minus target, v - (r + γ v').
    Arrays are of one shape; a single number goes with any. Raises ShapeError, and ValueError for a
    discount outside 0 to 1.
    """
    if type(discount) is not float or not 0 <= discount <= 1:
        discount = real_number("discount", discount, 0, 1)
    value, reward, value_after = (constant(x) if isinstance(x, (list, tuple)) else x
                                  for x in (value, reward, value_after))
    shapes = [shape for x in (value, reward, value_after) if (shape := shape_of(x))]
    if any(shape != shapes[0] for shape in shapes):
        raise ShapeError(f"value is {shape_of(value)}, reward {shape_of(reward)} and value_after "
                         f"{shape_of(value_after)}: one of each for each action. A network gives "
                         "(T, 1): take value[:, 0].")
    return reward + discount * value_after - value

