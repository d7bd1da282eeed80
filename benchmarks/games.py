"""The lecture's games from ten seeds each: how often the GAN finds the modes, the pole balances and the car gets up the hill."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.table import Row
from tinygrad_edu.learning.episode import environment, play
from tinygrad_edu.lecture import gan, pole_balancing, reinforcement

SEEDS, WANTED = range(10), 8


def measure(turns):
    return [row for name, from_seed in (("GAN on a ring: ≥ 7 modes, ≥ 90 % of points near one", ring),
                                        ("pole, network: mean return ≥ 475 within 1,000 episodes", pole),
                                        ("pole, table (1, 1, 6, 3): mean return ≥ 475 after 3,000 episodes", table),
                                        (f"mountain car: mean return ≥ -110 after {reinforcement.EPISODES} episodes", car))
            for row in rows(name, from_seed, WANTED if from_seed is not table else None)]


def rows(name, from_seed, wanted):
    start = time.perf_counter()
    found = [from_seed(seed) for seed in SEEDS]
    seconds = (time.perf_counter() - start) / len(found)
    reached = sum(good for good, _ in found)
    print(f"{name}: {reached} of {len(found)}: {', '.join(said for _, said in found)}", flush=True)
    return [Row(f"{name}: seeds of {len(found)}", reached, unit="", target=f"≥ {wanted}" if wanted else "",
                reached=reached >= wanted if wanted else None), Row(f"{name}: time for one", seconds)]


def ring(seed):
    G, _, _ = gan.on_ring(seed, 4000)
    modes, share = gan.found(gan.made(G, [w.data for w in G.parameters], 2000, seed))
    return modes >= 7 and share >= 0.9, f"{modes} modes, {share:.1%}"


def pole(seed):
    policy, course = pole_balancing.learn(seed)
    mean = pole_balancing.judged(pole_balancing.numbers(policy), 100).mean()
    episodes = len(pole_balancing.gained(course))
    return mean >= 475 and episodes <= 1000, f"{mean:.0f} after {episodes}"


def table(seed):
    Q, _ = pole_balancing.table(seed, 3000)
    env = environment(pole_balancing.NAME)
    mean = np.mean([len(play(env, lambda x: int(Q[pole_balancing.bucket(x)].argmax()), seed=10**6 + n)) for n in range(100)])
    return mean >= 475, f"{mean:.0f}"


def car(seed):
    Q, average, _ = reinforcement.drive(seed, reinforcement.EPISODES)
    env, numbers = environment("MountainCar-v0", max_episode_steps=1000), Q.at(average.numbers)
    act = lambda x: int(numbers(reinforcement.scaled(x))[0].argmax())  # noqa: E731
    mean = -np.mean([len(play(env, act, seed=10**6 + n)) for n in range(100)])
    return mean >= -110, f"{mean:.0f}"
