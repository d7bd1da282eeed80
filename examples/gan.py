"""A GAN in under thirty lines: a generator learns where real points are from a discriminator."""

import numpy as np

from tinygrad_edu import Adam, Network, Player, no_record, softplus

angles = 2 * np.pi * np.arange(8) / 8
modes = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)  # eight clusters on a ring
G = Network(2, 48, 48, 2, hidden="tanh", bias=True, seed=0)
D = Network(2, 48, 48, 1, hidden="tanh", bias=True, seed=1)
generator = Player("generator", G.parameters, Adam(0.003, beta_1=0.5))
discriminator = Player("discriminator", D.parameters, Adam(0.003, beta_1=0.5))
chance = np.random.default_rng(0)

for step in range(1500):
    real = modes[chance.integers(8, size=128)] + chance.normal(scale=0.1, size=(128, 2))
    with no_record():
        fake = G(chance.normal(size=(128, 2))).data
    discriminator.step((softplus(-D(real)).sum() + softplus(D(fake)).sum()) / 128, pace=1 - step / 1500)
    generator.step(softplus(-D(G(chance.normal(size=(128, 2))))).sum() / 128, pace=1 - step / 1500)

made = G(chance.normal(size=(2000, 2))).data
distance = np.linalg.norm(made[:, None] - modes, axis=2)
near = distance.min(axis=1) < 0.3
print("points at each of the clusters:", np.bincount(distance.argmin(axis=1)[near], minlength=8))
print(f"{near.mean():.0%} of the points are within three standard deviations of one")
