"""Section 13, reinforcement: the delta term of a guess that is corrected by the next guess."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.drawing import canvas, valley
from tinygrad_edu.drawing.graph import draw
from tinygrad_edu.learning.course import Course
from tinygrad_edu.learning.episode import Episode, environment, play, surprise
from tinygrad_edu.learning.optimizer import Adam
from tinygrad_edu.learning.player import Average, Player
from tinygrad_edu.learning.replay import Replay
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network

ROWS, COLUMNS, START = 4, 12, 36  # of the cliff's grid, and the place in it, counted row by row, from which one starts
FALL = -100  # the reward for stepping off the cliff; every other step costs 1
RATE, CHANCE = 0.5, 0.1  # of what is new, and of actions by chance (Sutton and Barto 2018, example 6.6)
HIDDEN, BATCH, DISCOUNT, WORTH = 64, 64, 0.98, 20.0  # WORTH: rewards are divided by it, so that Q is of the size of 1
EPISODES = 200
RUNS, MEAN_OVER = 10, 10  # runs of each rule on the cliff; episodes that a drawn return averages
ROOM, LONGEST = 15_000, 1000  # transitions in the replay buffer, and steps in an episode
LOW, HIGH = np.array([-1.2, -0.07]), np.array([0.6, 0.07])  # where and how fast the car may be


# -- the cliff: a table -------------------------------------------------------------------------------------------


def walk(rule: str, seed: int, episodes: int, rate: float = RATE) -> tuple[ndarray, ndarray, int]:
    """Q: (48, 4), the return of each episode, and how often it fell, on CliffWalking, by "SARSA" or
    by "Q-learning"."""
    falls = 0
    env, chance, Q, gained = environment("CliffWalking-v1"), np.random.default_rng(seed), np.zeros((ROWS * COLUMNS, 4)), []

    def act(place: int) -> int:
        return int(chance.integers(4)) if chance.random() < CHANCE else int(Q[place].argmax())

    for n in range(episodes):
        place, _ = env.reset(seed=seed * 10_000 + n)
        action, gain, ended = act(place), 0.0, False
        while not ended:
            then, reward, ended, _, _ = env.step(action)
            falls += reward == FALL
            next_action = act(then)
            expected = Q[then, next_action] if rule == "SARSA" else Q[then].max()  # what will be done, or the best there is
            Q[place, action] += rate * surprise(Q[place, action], reward, 0.0 if ended else expected)
            place, action, gain = then, next_action, gain + float(reward)
        gained.append(gain)
    return Q, np.array(gained), falls


def way(Q: ndarray) -> list[int]:
    """The places from the start to the goal, always by the best action; without the goal if it goes in circles."""
    env = environment("CliffWalking-v1")
    place, _ = env.reset(seed=0)
    places, ended = [int(place)], False
    while not ended and len(places) < ROWS * COLUMNS:
        place, _, ended, _, _ = env.step(int(Q[place].argmax()))
        places.append(int(place))
    return places


# -- the car: a network -------------------------------------------------------------------------------------------


def scaled(x: ndarray) -> ndarray:
    """Position and speed from -1 to 1, (T, 2)."""
    return (np.atleast_2d(x) - (LOW + HIGH) / 2) * 2 / (HIGH - LOW)


def car_error(Q: Network, x: ndarray, actions: ndarray, rewards: ndarray, value_after: ndarray) -> Value:
    """E = ½ Σ (Q(x, a) - (r + γ v'))²: δ is minus the temporal-difference error. v' = max Q(x') comes as numbers, so no gradient
    goes that way: the target is taken for a fact (semi-gradient)."""
    chosen = Q(x)[np.arange(len(x)), actions]
    return half_squared_error(chosen, rewards + DISCOUNT * value_after)


def drive(seed: int, episodes: int, file: Path | None = None) -> tuple[Network, Average, Course]:
    """(Q, the running mean of its weights, what happened) on MountainCar: every second step it learns from 64 old transitions, and
    acts by chance less and less."""
    env = environment("MountainCar-v0", max_episode_steps=LONGEST)
    Q = Network(2, HIDDEN, HIDDEN, 3, hidden="tanh", bias=True, seed=seed)
    Q.layers[0].w.data = 3 * Q.layers[0].w.data  # steeper: the valley has a fine structure
    player = Player("value network", Q.parameters, Adam(0.002))
    average = Average(player.numbers, 0.01)
    replay = Replay(ROOM, x=(2,), action=(), reward=(), then=(2,), ended=())

    def step(n: int) -> dict[str, float]:
        chance = np.random.default_rng([seed, n])
        state, _ = env.reset(seed=int(chance.integers(2**31)))
        x, length, over = scaled(state)[0], 0, False
        while not over:
            by_chance = chance.random() < 0.1 * (1 - n / episodes)
            action = int(chance.integers(3) if by_chance else plain(Q.at(player.numbers)(x[None]))[0].argmax())
            state, reward, ended, late, _ = env.step(action)
            then, length, over = scaled(state)[0], length + 1, ended or late
            replay.add(x=x, action=action, reward=reward / WORTH, then=then, ended=ended)
            x = then
            if len(replay) > 1000 and length % 2 == 0:
                old = replay.sample(BATCH, chance)
                value_after = (1 - old["ended"]) * plain(Q.at(average.numbers)(old["then"])).max(axis=1)
                E = car_error(Q, old["x"], old["action"].astype(int), old["reward"], value_after) / BATCH
                player.step(E, pace=1 - n / episodes)
                average.add(player.numbers)
        return {"return": -length}

    keep = {round(episodes * share**2) for share in np.linspace(0, 1, 30)}
    about = {"seed": seed, "episodes": episodes}
    course = Course({"Q": player, "average": average, "replay": replay}, file, about, shown=["average"])
    return Q, average, course.learn(step, episodes, keep)


def compute(seed: int, fast: bool, unfinished: Path | None = None) -> Results:
    file = None if unfinished is None else unfinished / "car.npz"
    Q, average, course = drive(seed, 80 if fast else EPISODES, file)
    runs = {rule: [walk(rule, seed * 100 + n, 300 if fast else 500) for n in range(RUNS)]
            for rule in ("SARSA", "Q-learning")}
    env = environment("MountainCar-v0", max_episode_steps=LONGEST)
    numbers = Q.at(average.numbers)
    trips = [play(env, lambda x: int(plain(numbers(scaled(x)))[0].argmax()), seed=10**6 + n) for n in range(20 if fast else 100)]
    return {"fast": fast, "course": course, "trips": trips, "delta": _difference(Q, seed), "values": _surfaces(course, Q),
            "online": {rule: np.mean([gained for _, gained, _ in some], axis=0)
                       for rule, some in runs.items()},
            "falls": {rule: sum(falls for _, _, falls in some) for rule, some in runs.items()},
            "ways": {rule: way(np.mean([table for table, _, _ in some], axis=0))
                     for rule, some in runs.items()}}


def _surfaces(course: Course, Q: Network) -> dict[int, ndarray]:
    """{episodes: how many steps to the goal are expected, over the plane of `valley.plane`}."""
    plane = scaled(valley.plane(LOW, HIGH))
    return {n: -WORTH * plain(Q.at(course.weights(n, "average"))(plane)).max(axis=1) for n in sorted(course.kept)}


def _difference(Q: Network, seed: int) -> float:
    """How far δ of the network's output units is from minus the temporal-difference error, at the actions that were taken."""
    chance = np.random.default_rng(seed)
    x, actions, (rewards, after) = chance.normal(size=(8, 2)), chance.integers(3, size=8), chance.normal(size=(2, 8))
    car_error(Q, x, actions, rewards, after).backward()
    y = Q.layers[-1].y.data  # type: ignore[union-attr]
    expected = np.zeros((8, 3))
    expected[np.arange(8), actions] = -surprise(y[np.arange(8), actions], rewards, after, DISCOUNT)
    return float(np.abs(Q.layers[-1].delta - expected).max())


def checks(results: Results) -> list[Check]:
    safe, short = results["ways"]["SARSA"], results["ways"]["Q-learning"]
    late = {rule: float(gained[-100:].mean()) for rule, gained in results["online"].items()}
    falls, (goal, floor) = results["falls"], expected_steps(results)
    above, trip = _above(results), results["trips"][0]
    mean, bar = -float(np.mean([len(trip) for trip in results["trips"]])), -200 if results["fast"] else -120
    return [
        Check("Q-learning's way: along the cliff's edge, in 13 steps", "13", str(len(short) - 1),
              holds=short == [START, *range(START - COLUMNS, START), START + COLUMNS - 1]),
        Check("SARSA's way: along the top or nearly, away from the edge, to the goal", "15 to 19", str(len(safe) - 1),
              holds=safe[-1] == START + COLUMNS - 1 and 15 <= len(safe) - 1 <= 19 and max(safe[3:-3]) < START - COLUMNS),
        Check("while learning, by chance now and then, SARSA gets more: last 100 episodes", f"> {late['Q-learning']:.0f}",
              f"{late['SARSA']:.0f}", holds=late["SARSA"] > late["Q-learning"]),
        Check("while learning SARSA falls less often", f"< {falls['Q-learning']}",
              str(falls["SARSA"]),
              holds=falls["SARSA"] < falls["Q-learning"]),
        Check("share of the drawn returns at which SARSA's is the higher one", "> 75%",
              f"{above:.0%}", holds=above > 0.75),
        Check("steps to the goal that the network expects: near the goal and towards it, and at "
              "rest on the valley's floor",
              f"< {0.5 * floor:.1f}", f"{goal:.1f}", holds=goal < 0.5 * floor),
        Check("the trip of the movie arrives, after swings to and fro", "yes, ≥ 1",
              f"{'yes' if trip.ended else 'no'}, {swings(trip)}",
              holds=trip.ended and swings(trip) >= 1),
        Check("δ of the value network against minus the temporal-difference error", 0.0, results["delta"], 1e-12),
        Check(f"MountainCar (its own bar is -110), mean return of {len(results['trips'])} trips", f"≥ {bar}", f"{mean:.0f}",
              holds=mean >= bar),
        Check("steps at which E was no number", "none", results["course"].reason or "none", holds=not results["course"].reason),
    ]


def expected_steps(results: Results) -> tuple[float, float]:
    """How many steps to the goal the network expects in the end: (near the goal with speed towards
    it, at rest on the floor)."""
    plane, steps = valley.plane(LOW, HIGH), list(results["values"].values())[-1]
    near = (plane[:, 0] > 0.4) & (plane[:, 1] > 0.02)
    floor = np.abs((plane - [-0.5, 0.0]) / (HIGH - LOW)).sum(axis=1).argmin()
    return float(steps[near].mean()), float(steps[floor])


def swings(trip: Episode) -> int:
    """How often the car turns round."""
    speed = trip.x[:, 1]
    speed = speed[speed != 0]
    return int((np.sign(speed[1:]) != np.sign(speed[:-1])).sum())


def _smooth(gained: ndarray) -> ndarray:
    return np.convolve(gained, np.ones(MEAN_OVER) / MEAN_OVER, mode="valid")


def _above(results: Results) -> float:
    """The share of the drawn returns at which SARSA's is the higher one."""
    sarsa, q_learning = (_smooth(results["online"][rule]) for rule in ("SARSA", "Q-learning"))
    return float((sarsa > q_learning).mean())


def figures(results: Results) -> dict[str, Picture]:
    cliff = valley.cliff(results["ways"], ROWS, COLUMNS)
    online, axis = canvas.figure(height=3.4)
    for (rule, gained), colour, style in zip(results["online"].items(), (canvas.BLUE, canvas.ORANGE), ("-", "--")):
        axis.plot(np.arange(MEAN_OVER, len(gained) + 1), _smooth(gained), color=colour,
                  linestyle=style, label=rule)
    axis.set(xlabel="episodes", ylabel="return", ylim=(-120, 0))
    axis.legend(loc="lower right")
    E, target = _two_deltas()
    falls, (goal, floor) = results["falls"], expected_steps(results)
    return {
        "movie": Picture(valley.movie(results["values"], LOW, HIGH, results["trips"][0].x,
                                      "expected steps to the goal, discounted"),
                         "The value surface of MountainCar while it is learnt: how many steps the "
                         "network expects to the goal, for each position and speed. In the end it "
                         f"is {round(goal)} on average near the goal, at the right, with speed "
                         f"towards it, and {floor:.0f} at rest on the valley's floor (discounted: "
                         f"{1 / (1 - DISCOUNT):.0f} would be never). {_trip(results)}",
                         "A coloured map over position and speed that changes while it is learnt, "
                         "small near the goal in the end, with a line that winds outward from the "
                         f"middle. {_trip(results)}"),
        "cliff": Picture(cliff, f"The two ways after learning (the mean Q of {RUNS} runs). "
                                "Q-learning's is the shortest, along the edge of the cliff. "
                                "SARSA's keeps away: it knows that it acts by chance now and then.",
                         f"A grid of {ROWS} rows with a dark cliff at the bottom; one line runs "
                         "right above it, one farther up, in row "
                         f"{1 + min(results['ways']['SARSA']) // COLUMNS} from the top."),
        "online": Picture(online, f"Returns while learning, by chance in {CHANCE:.0%} of the steps "
                                  f"(means over {RUNS} runs and {MEAN_OVER} episodes). The one "
                                  "whose way is the better one gets less: it falls off the cliff "
                                  f"more often, {falls['Q-learning']} times and not "
                                  f"{falls['SARSA']}.",
                          "Two ragged lines that rise; SARSA's is above Q-learning's at "
                          f"{_above(results):.0%} of its length."),
        "delta": Picture(draw(E),
                         "The slides' δ, and what plays its part here. Above, their first network: "
                         "δ = y − target. Below, v is what is expected, and its target is r + γ "
                         "v', the reward and what is expected then, which comes in as a number "
                         f"({target:.3f}). Their difference is δ again: the temporal-difference "
                         "error, with its sign turned.",
                         "A graph of two branches that are alike: a weight times a constant, less a target, squared and halved; in "
                         "the lower one the target is made of a reward and of the next guess.", wide=True),
    }


def _trip(results: Results) -> str:
    trip = results["trips"][0]
    turns = f"{swings(trip)} turn{'s' * (swings(trip) != 1)}"
    if not trip.ended:
        return f"The line is a trip at the end, of {len(trip)} steps, that does not reach the goal."
    return (f"The line is a trip at the end, to the goal in {len(trip)} steps: to and fro, with "
            f"{turns}, until there is speed enough.")


def _two_deltas() -> tuple[Value, float]:
    """(the slides' first network, and under it a guess that is corrected by the next guess, each
    with its δ; that guess's target)."""
    w = Value(0.4, name="w")
    y = w * 0.8
    y.name = "y"
    delta = y - 0.2  # (3)
    delta.name = "δ"
    theta = Value(0.5, name="θ")
    v = theta * 2.0
    v.name = "v"
    target = -1.0 + DISCOUNT * plain(theta * 1.5)  # r + γ v', a number
    surprised = v - target
    surprised.name = "δ"
    E = 0.5 * delta**2 + 0.5 * surprised**2
    E.backward()
    return E, float(target)


def steps(results: Results) -> tuple[Value, str]:
    Q = Network(2, 2, 3, hidden="tanh", seed=1)
    return car_error(Q, np.array([[0.3, -0.5]]), np.array([2]), np.array([-0.05]), np.array([-0.6])), (
        "one transition of the car: δ is 0 for the actions that were not taken, and minus the surprise for the one that was")


SECTION = Section(
    name="reinforcement", title="Reinforcement: a guess corrected by the next guess",
    text="How good is it to be here? Nobody says; but after one step there is a reward, and a "
         "guess of how good it is to be there. That makes a target for the guess before, and what "
         "is off is the temporal-difference error. In a table a share of it is added to one entry; "
         "in a network it is, with its sign turned, the δ of the output unit, and backprop carries "
         "it to the weights.",
    equations=(("3", r"\delta = y - \mathrm{target}"),
               ("", r"\mathrm{target} = r + \gamma v', \quad \delta = v - (r + \gamma v')"),
               ("", r"\text{SARSA: } v' = Q(x', a'), \quad \text{Q-learning: } v' = \max_a Q(x', a)")),
    look_for="The target moves: it is made of what is learnt. No gradient goes through it (it is a "
             "number, and not a Value), or the network would learn to make its targets easy. In "
             "the movie, see the expected steps settle: small near the goal, large where it is "
             "far.",
    aside="The slides ask for movies of RL demos in their to-do line and say no more; all of this section is ours, and the cliff "
          "is Sutton and Barto's example 6.6. How it fails: Q-learning knows the best way and falls off it, for it does not "
          "reckon with its own chance; and a network whose targets come from its own weights of a moment ago chases its tail, so "
          "they come from a running mean of its weights, and transitions are learnt again and again from a replay buffer.",
    compute=compute, checks=checks, figures=figures, steps=steps, code=(surprise, walk, car_error),
    resumes=True,
)
