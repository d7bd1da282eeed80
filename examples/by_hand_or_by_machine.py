"""Derive a gradient by hand, and let the machine check it: eq. 33 and 35 for one hidden layer."""

import numpy as np

from tinygrad_edu import Network, half_squared_error

rng = np.random.default_rng(0)
x, target = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
network = Network(3, 4, 2)
w_hidden, w_out = network.weights

z = 1 / (1 + np.exp(-(x @ w_hidden)))  # (31)
y = z @ w_out  # (12)
delta_out = y - target  # (3)
delta_hidden = z * (1 - z) * (delta_out @ w_out.T)  # (33)
by_hand = x.T @ delta_hidden  # (35)

half_squared_error(network(x), target).backward()
by_machine = network.layers[0].w.grad
print("largest difference:", np.abs(by_hand - by_machine).max())
