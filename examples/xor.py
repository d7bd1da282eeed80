"""A network with two hidden units learns XOR, and shows the delta terms that hidden units were blamed with."""

import numpy as np

from tinygrad_edu import Network, Stopping, backprop, half_squared_error

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
target = np.array([[0], [1], [1], [0]])

network = Network(2, 2, 1, bias=True, seed=1)
history = backprop(network, x, target, epsilon=0.3, stopping=Stopping(tolerance=1e-3, cap=2000))
print(history)

y = network(x)
half_squared_error(y, target).backward()
print("outputs", np.round(y.data.ravel(), 2))
for number, layer in enumerate(network.layers, start=1):
    print(f"delta of layer {number}, one row per association:\n{layer.delta}")
