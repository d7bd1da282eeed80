"""Pole balancing in under thirty lines: what went well is made more likely (REINFORCE).

Needs: pip install 'tinygrad-edu[rl]'.
"""

import numpy as np

from tinygrad_edu import Adam, Network, Player, categorical, environment, log_softmax, play, returns

env = environment("CartPole-v1")
policy = Network(4, 32, 2, hidden="tanh", bias=True, seed=0)
actor = Player("policy", policy.parameters, Adam(0.01), most=0.5)  # longer gradients are clipped
chance = np.random.default_rng(0)
scale = np.array([1, 1, 5, 1])  # the angle is small

for update in range(60):
    now = policy.at([w.data for w in policy.parameters])  # the same on arrays, without a record: faster

    def act(x, now=now):
        return categorical(now((x * scale)[None])[0], chance)

    episodes = [play(env, act, seed=5 * update + n) for n in range(5)]
    x = np.concatenate([episode.x[:-1] for episode in episodes]) * scale
    actions = np.concatenate([episode.actions for episode in episodes])
    R = np.concatenate([returns(episode.rewards, discount=0.99) for episode in episodes])
    A = (R - R.mean()) / R.std()  # better or worse than usual
    taken = log_softmax(policy(x), axis=1)[np.arange(len(x)), actions]
    actor.step(-(taken * A).sum() / len(x))
    if update % 20 == 19:
        print(f"after {5 * update + 5} episodes: {np.mean([len(episode) for episode in episodes]):.0f} steps until it falls")
