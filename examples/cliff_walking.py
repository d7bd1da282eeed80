"""A table that learns from surprise: Q-learning finds the way along the cliff. Needs: pip install 'tinygrad-edu[rl]'."""

import numpy as np

from tinygrad_edu import environment, surprise

env = environment("CliffWalking-v1")
Q, chance = np.zeros((48, 4)), np.random.default_rng(0)  # 4 x 12 places, 4 actions

for episode in range(300):
    place, _ = env.reset(seed=episode)
    ended = False
    while not ended:
        action = chance.integers(4) if chance.random() < 0.1 else Q[place].argmax()
        then, reward, ended, _, _ = env.step(int(action))
        Q[place, action] += 0.5 * surprise(Q[place, action], reward, 0.0 if ended else Q[then].max())
        place = then

place, way = 36, [36]
while place != 47:
    place += (-12, 1, 12, -1)[Q[place].argmax()]
    way.append(int(place))
print(f"{len(way) - 1} steps:", *way)
