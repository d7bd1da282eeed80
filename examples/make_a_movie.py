"""Make a movie: two spirals' worth of points, and what the network answers between them while it learns."""

import numpy as np

from tinygrad_edu import Adam, Network, binary_cross_entropy, fit, movie

rng = np.random.default_rng(1)
angle = np.linspace(0.3, 1.0, 60)[:, None] * 2 * np.pi
arm = np.hstack([angle * np.cos(angle), angle * np.sin(angle)]) / 6
x = np.vstack([arm, -arm]) + rng.normal(scale=0.03, size=(120, 2))
target = np.repeat([[0.0], [1.0]], 60, axis=0)

network = Network(2, 16, 16, 1, hidden="tanh", bias=True, seed=2)
history = fit(network, x, target, Adam(0.02), error=binary_cross_entropy, epochs=600)
right = np.mean((network(x).data > 0) == target)

path = movie(history, "spirals.gif")
print(f"{right:.0%} of the points are on the right side; the movie is {path}, {path.stat().st_size // 1000} kB")
