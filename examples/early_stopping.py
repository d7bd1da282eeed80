"""Early stopping: a network that is too large for its data, stopped where it does best on data it does not learn from."""

import numpy as np

from tinygrad_edu import Adam, EarlyStopping, Network, fit, plot

rng = np.random.default_rng(0)


def measurements(n):
    x = rng.uniform(-1, 1, size=(n, 1))
    return x, np.sin(3 * x) + rng.normal(scale=0.3, size=(n, 1))


x, target = measurements(15)
validation = measurements(15)
weights = [rng.normal(scale=8, size=(1, 30)), rng.normal(scale=0.2, size=(30, 1))]  # steep hidden units,
biases = [rng.normal(scale=5, size=30), np.zeros(1)]  # all over the interval

for patience in (0, 100, 10_000):
    network = Network(1, 30, 1, weights=weights, biases=biases)
    history = fit(network, x, target, Adam(0.01), epochs=3000, validation=validation, early_stopping=EarlyStopping(patience))
    best = history.validation[history.best_epoch]
    print(f"patience {patience:5}: best after {history.best_epoch}, stopped after {history.stop_epoch}, validation E {best:.3f}")

plot(history, "early_stopping.png")
