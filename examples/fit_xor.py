"""Fit XOR: the smallest problem that needs hidden units."""

import numpy as np

from tinygrad_edu import GradientDescent, Network, fit

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
target = np.array([[0], [1], [1], [0]])

network = Network(2, 2, 1, bias=True, seed=1)  # 2 inputs, 2 hidden units, 1 output
history = fit(network, x, target, GradientDescent(0.3), epochs=2000)

print("outputs:", np.round(network(x).data.ravel(), 2))
print(f"E: {history.E[0]:.3f} -> {history.E[-1]:.1e} in {history.stop_epoch} passes")
print("why it stopped:", history.verdict)
