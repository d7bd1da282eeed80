"""Section 12, pole balancing: nobody says what the right action is, and blame comes late."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.operations import log_softmax
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.motion import side_by_side
from tinygrad_edu.drawing.movie import Movie
from tinygrad_edu.learning.course import Course
from tinygrad_edu.learning.episode import Episode, environment, play, returns, surprise
from tinygrad_edu.learning.optimizer import Adam
from tinygrad_edu.learning.player import Player
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network
from tinygrad_edu.network.sampling import categorical

NAME, BAR, MOST = "CartPole-v1", 475, 1000  # the environment, its own bar for the mean return, and the episodes that there are
HIDDEN, AT_ONCE, DISCOUNT = 64, 5, 0.99  # hidden units, episodes before a change of the weights, γ
SCALE = np.array([1.0, 1.0, 5.0, 1.0])  # the angle is small
BUCKETS = (1, 1, 6, 3)  # of the table: it does not look at where the cart is and how fast
EDGES = np.array([4.8, 0.5, math.radians(24), math.radians(50)])  # and cuts position, speed, angle and turning between ± these


def networks(seed: int) -> tuple[Network, Network]:
    """(the policy: total inputs u of "left" and "right"; the baseline: the return that is expected). The policy starts nearly
    undecided."""
    policy = Network(4, HIDDEN, 2, hidden="tanh", bias=True, seed=seed)
    policy.layers[-1].w.data = 0.1 * policy.layers[-1].w.data
    return policy, Network(4, HIDDEN, 1, hidden="tanh", bias=True, seed=seed + 100)


def numbers(network: Network) -> Any:
    """The network of this moment as a function of arrays, which keeps no record."""
    return network.at([w.output for w in network.parameters])


def policy_error(policy: Network, x: ndarray, actions: ndarray, advantage: ndarray) -> Value:
    """E = -Σ_t A_t ln y_t, y_t the probability of the action that was taken: δ = A (y - target), with the action as the target
    (REINFORCE, Williams 1992)."""
    taken = log_softmax(policy(x), axis=1)[np.arange(len(x)), actions]
    return -(taken * advantage).sum()


def learn(seed: int, file: Path | None = None) -> tuple[Network, Course]:
    """(the policy, what happened): five episodes, one step of the policy; until it balances or MOST episodes are over."""
    env = environment(NAME)
    policy, baseline = networks(seed)
    actor, critic = Player("policy", policy.parameters, Adam(0.005), most=0.5), Player("baseline", baseline.parameters, Adam(0.01))

    def step(n: int) -> dict[str, float]:
        chance = np.random.default_rng([seed, n])
        episodes = [play(env, _by_chance(numbers(policy), [seed, n, i]), seed=int(chance.integers(2**31))) for i in range(AT_ONCE)]
        x = np.concatenate([episode.x[:-1] for episode in episodes]) * SCALE
        R = np.concatenate([_returns(episode, baseline) for episode in episodes])
        advantage = R - baseline(x).data[:, 0]
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        actor.step(policy_error(policy, x, np.concatenate([episode.actions for episode in episodes]), advantage) / len(x))
        for _ in range(5):
            critic.step(half_squared_error(baseline(x), R[:, None]) / len(x))
        return {f"return {i}": float(episode.rewards.sum()) for i, episode in enumerate(episodes)}

    course = Course({"policy": actor, "baseline": critic}, file, {"seed": seed}, shown=["policy"])
    enough = lambda course: course.steps >= 10 and bool(np.mean(gained(course)[-50:]) >= 490)  # noqa: E731
    return policy, course.learn(step, MOST // AT_ONCE, keep=range(MOST), enough=enough)


def _by_chance(policy: Any, seed: Any) -> Callable[[ndarray], int]:
    """Draws the actions with the policy's probabilities."""
    chance = np.random.default_rng(seed)
    return lambda x: categorical(policy((x * SCALE)[None])[0], chance)


def _returns(episode: Episode, baseline: Network) -> ndarray:
    """What came after each action; where only time was up, what the baseline expects of what would have come."""
    after = 0.0 if episode.ended else float(numbers(baseline)(episode.x[-1:] * SCALE)[0, 0])
    return returns(episode.rewards, DISCOUNT, after)


def gained(course: Course) -> ndarray:
    """The return of each episode, in their order."""
    return np.stack([course.log[f"return {i}"] for i in range(AT_ONCE)], axis=1).ravel()


def judged(policy: Any, episodes: int) -> ndarray:
    """The returns of so many episodes in which the likelier action is always taken."""
    env = environment(NAME)
    return np.array([play(env, lambda x: int(policy((x * SCALE)[None])[0].argmax()), seed=10**6 + n).rewards.sum()
                     for n in range(episodes)])


TRACK = 2.4  # how far from the middle the cart may go

# -- beside it: a table -------------------------------------------------------------------------------------------


def bucket(x: ndarray) -> tuple[int, ...]:
    """The place in the table of a state."""
    return tuple(np.clip(np.round((x + EDGES) / (2 * EDGES) * (np.array(BUCKETS) - 1)), 0, np.array(BUCKETS) - 1).astype(int))


class Table:
    """Q of each place and action, and the chance that its learner acts by: all that goes on from episode to episode."""

    def __init__(self, seed: int) -> None:
        self.Q, self.chance = np.zeros((*BUCKETS, 2)), np.random.default_rng(seed)

    def state(self) -> dict[str, ndarray]:
        return {"Q": self.Q.copy(), "chance": np.array(json.dumps(self.chance.bit_generator.state))}

    def restore(self, state: dict[str, ndarray]) -> None:
        self.Q = np.array(state["Q"])
        self.chance.bit_generator.state = json.loads(state["chance"].item())


def table(seed: int, episodes: int, file: Path | None = None) -> tuple[ndarray, ndarray]:
    """(Q, the return of each episode): Q-learning with the slides' author's buckets (Watkins 1989)."""
    env, learner = environment(NAME), Table(seed)

    def step(n: int) -> dict[str, float]:
        Q, chance = learner.Q, learner.chance
        share = float(np.clip(1 - math.log10((n + 1) / 25), 0.1, 1))  # of chance, and of what is new: less and less
        x, _ = env.reset(seed=seed * 10_000 + n)
        place, gain, over = bucket(x), 0, False
        while not over:
            action = int(chance.integers(2)) if chance.random() < share else int(Q[place].argmax())
            x, reward, ended, late, _ = env.step(action)
            then, over = bucket(x), ended or late
            Q[place][action] += share * surprise(Q[place][action], reward, 0.0 if ended else Q[then].max())
            place, gain = then, gain + int(reward)
        return {"return": gain}

    course = Course({"table": learner}, file, {"seed": seed, "episodes": episodes}).learn(step, episodes)
    return learner.Q, np.array(course.log["return"])


# -- the section --------------------------------------------------------------------------------------------------


def compute(seed: int, fast: bool, unfinished: Path | None = None) -> Results:
    file = lambda name: None if unfinished is None else unfinished / f"{name}.npz"  # noqa: E731
    policy, course = learn(seed, file("policy"))
    Q, slow = table(seed, 400 if fast else 3000, file("table"))
    stages = {title: policy.at(course.weights(n, "policy"))
              for title, n in (("before learning", 0), ("halfway", course.steps // 2), ("in the end", course.steps))}
    env = environment(NAME)
    by_table = [play(env, lambda x: int(Q[bucket(x)].argmax()), seed=10**6 + n) for n in range(20)]
    return {"table ends": _ends(by_table), "course": course, "returns": gained(course),
            "judged": judged(numbers(policy), 20 if fast else 100), "table": slow,
            "table judged": [len(episode) for episode in by_table],
            "episodes": {title: play(env, _by_chance(net, seed), seed=seed) for title, net in stages.items()},
            "delta": _difference(policy, seed)}


def _ends(episodes: list[Episode]) -> dict[str, int]:
    """How many episodes ended because the cart left the track, because the pole fell, and because
    time was up."""
    left = [episode.ended and abs(float(episode.x[-1, 0])) > TRACK for episode in episodes]
    late = sum(not episode.ended for episode in episodes)
    return {"track": sum(left), "pole": len(episodes) - sum(left) - late, "time": late}


def _difference(policy: Network, seed: int) -> float:
    """How far δ of the policy's output units is from A (y - target)."""
    chance = np.random.default_rng(seed)
    x, actions, advantage = chance.normal(size=(8, 4)), chance.integers(2, size=8), chance.normal(size=8)
    policy_error(policy, x, actions, advantage).backward()
    u = policy.layers[-1].u.data  # type: ignore[union-attr]
    y = np.exp(u) / np.exp(u).sum(axis=1, keepdims=True)
    return float(np.abs(policy.layers[-1].delta - advantage[:, None] * (y - np.eye(2)[actions])).max())


def checks(results: Results) -> list[Check]:
    mean, course, slow = results["judged"].mean(), results["course"], results["table"]
    lengths, tenths = [len(episode)
                       for episode in results["episodes"].values()], _tenths(results["returns"])
    return [
        Check(f"mean return over {len(results['judged'])} episodes, without chance", f"≥ {BAR}", f"{mean:.1f}", holds=mean >= BAR),
        Check("episodes of learning until then", f"≤ {MOST}", str(len(results["returns"])),
              holds=len(results["returns"]) <= MOST),
        Check("δ of the policy against A (y − target)", 0.0, results["delta"], 1e-12),
        Check("returns of the three episodes of the movie, before learning < halfway ≤ in the end",
              "grow",
              ", ".join(map(str, lengths)), holds=lengths[0] < lengths[1] <= lengths[2]),
        Check("returns of the network, means of its first and last tenth: it learns",
              f"> {2 * tenths[0]:.0f}",
              f"{tenths[1]:.0f}", holds=tenths[1] > 2 * tenths[0]),
        Check(f"the table {BUCKETS}: mean return, its last 50 episodes ÷ its first 50", "> 1.5",
              f"{slow[-50:].mean() / slow[:50].mean():.1f}", holds=slow[-50:].mean() > 1.5 * slow[:50].mean()),
        Check("steps at which E was no number", "none", course.reason or "none", holds=not course.reason),
    ]


def _tenths(gains: ndarray) -> tuple[float, float]:
    """The mean return of the first tenth of the episodes, and of the last."""
    over = max(1, len(gains) // 10)
    return float(gains[:over].mean()), float(gains[-over:].mean())


def figures(results: Results) -> dict[str, Picture]:
    paper, axes = canvas.figure(1, 2, width=8.6, height=3.4, sharey=True)
    learners = {"a network": results["returns"], f"a table of {np.prod(BUCKETS)} places": results["table"]}
    for axis, (name, gains) in zip(axes, learners.items()):
        axis.plot(gains, ".", color=canvas.GREY, ms=2)
        over = max(1, len(gains) // 10)
        axis.plot(np.arange(over, len(gains) + 1), np.convolve(gains, np.ones(over) / over, mode="valid"), color=canvas.BLUE)
        axis.axhline(BAR, color=canvas.GREEN, lw=1)
        axis.set(xlabel="episodes", title=name)
    axes[0].set_ylabel("return: steps of an episode")
    shown = ", ".join(f"{title}: {len(episode)} steps"
                      for title, episode in results["episodes"].items())
    return {
        "movie": Picture(_movie(results["episodes"]), "The same start, three times: with the policy before learning, halfway, and "
                                                      f"in the end ({shown}); actions are drawn, "
                                                      "as while it learns. A cart whose episode is "
                                                      "over stays where it is; the pictures show "
                                                      "the middle of the track only.",
                         f"{len(results['episodes'])} carts with a pole on top, side by side. "
                         f"{shown.capitalize()}.", panels=True),
        "returns": Picture(paper, "Returns while learning (dots: episodes; line: mean over a tenth of them). The green line is "
                                  f"the environment's own bar, {BAR}. {_returns_in_words(results)}",
                           f"Two clouds of dots with a line each. {_returns_in_words(results)}",
                           panels=True),
    }


def _returns_in_words(results: Results) -> str:
    (fast_first, fast_last), (slow_first,
                              slow_last) = (_tenths(results[name]) for name in ("returns", "table"))
    return (f"Left, the policy network in {len(results['returns'])} episodes: a mean return of "
            f"{fast_first:.0f} in the first tenth of them and of {fast_last:.0f} in the last. "
            f"Right, the slides' author's table in {len(results['table'])}: {slow_first:.0f} in "
            f"the first tenth and {slow_last:.0f} in the last; without chance "
            f"{np.mean(results['table judged']):.0f} on average over "
            f"{len(results['table judged'])} episodes, from this seed. How much it depends on the "
            "seed is in docs/ten-seeds.md.")


def aside(results: Results) -> str:
    return ("The slides ask for a movie of pole balancing in their to-do line; their author's own "
            f"program keeps a table of Q with {BUCKETS} buckets, needs “about 3000 episodes”, and "
            f"depends on the seed. Here it learns from {len(results['table'])} episodes beside the "
            "network, from the same seed. How it fails: the table does not see where the cart is "
            "or how fast it moves, and blame comes late, with much noise. "
            f"{_table_in_the_end(results)}")


def _table_in_the_end(results: Results) -> str:
    ends, tried = results["table ends"], len(results["table judged"])
    if ends["time"] == tried:
        return f"From this seed it did not fail: {tried} episodes without chance lasted to the end."
    return (f"In the end, of {tried} episodes without chance {ends['track']} ended with the cart "
            f"off the track, {ends['pole']} with a pole that fell, and {ends['time']} when time "
            "was up.")


def _movie(episodes: dict[str, Episode]) -> Movie:
    env = environment(NAME, render_mode="rgb_array")
    env.reset(seed=0)
    moments = range(0, min(300, max(map(len, episodes.values()))), 6)

    def picture(x: ndarray) -> ndarray:
        env.unwrapped.state = tuple(x)
        return env.render()[130:330:2, 100:500:2]  # where the cart is, every second pixel

    shown = {title: [picture(episode.x[min(n, len(episode))]) for n in moments] for title, episode in episodes.items()}
    ends = {title: f"{len(episode)} steps" for title, episode in episodes.items()}
    return side_by_side({f"{title}: {ends[title]}": pictures for title, pictures in shown.items()}, [f"step {n}" for n in moments])


def steps(results: Results) -> tuple[Value, str]:
    policy = Network(2, 2, 2, hidden="tanh", seed=1)
    return policy_error(policy, np.array([[0.1, -0.3]]), np.array([1]), np.array([2.0])), (
        "a small policy, one state, the action that was taken, and an advantage of 2: watch δ = A (y − target) arrive")


SECTION = Section(
    name="pole-balancing", title="Pole balancing: learning from what came of it",
    text="A cart is pushed left or right so that a pole on it does not fall. No target says what was right; there is only a "
         "return, how long it went well afterwards. A small network gives the probabilities of the two actions, one is drawn, and "
         "the action that was taken becomes the target of itself: with a weight A that is positive if it went better than "
         "expected.",
    equations=(("", r"R_t = r_t + \gamma R_{t+1}, \quad A_t = R_t - v(x_t)"),
               ("", r"E = - \sum_t A_t \ln y_t(\text{action taken})"),
               ("3", r"\delta = A \, (y - \mathrm{target})")),
    look_for="The delta term of section 1 is back, times A. With A = 1 this is a classifier that "
             "is told to do what it did; A says whether that was a good idea. What is expected, v, "
             "is learnt by a second network; less it, R says how good the action was and not how "
             "good the place. (The program shifts and scales A to mean 0 and standard deviation 1 "
             "over the episodes of a step, and takes the mean over their actions.)",
    aside=aside,
    compute=compute, checks=checks, figures=figures, steps=steps, code=(policy_error, returns, table),
    resumes=True,
)
