"""Compare three learning rates, and see what 2/λmax has to say about them."""

import numpy as np

from tinygrad_edu import ErrorSurface, GradientDescent, Network, fit

rng = np.random.default_rng(0)
x = rng.normal(size=(20, 3))
target = x @ [[1.0], [-2.0], [0.5]]

limit = ErrorSurface(Network(3, 1), x, target).largest_stable_epsilon()
print(f"the largest stable learning rate is 2/λmax = {limit:.4f}")

for epsilon in (0.1 * limit, 0.9 * limit, 1.1 * limit):
    network = Network(3, 1, seed=1)  # the same start for each
    history = fit(network, x, target, GradientDescent(epsilon), epochs=5000)
    print(f"ε = {epsilon:.4f}: E {history.E[0]:.1f} -> {history.E[-1]:.1e}; {history.verdict}")
