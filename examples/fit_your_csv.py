"""Fit your own CSV: python fit_your_csv.py measurements.csv

Without a file, it learns the period of a pendulum from its length and swing (examples/pendulum.csv, made-up measurements).
The last column is the target, the others are inputs; the first line may hold their names.
"""

import sys
from pathlib import Path

import numpy as np

from tinygrad_edu import Adam, EarlyStopping, Network, fit, held_out, read_csv

path = sys.argv[1] if sys.argv[1:] else Path(__file__).with_name("pendulum.csv")
(x, target), (x_test, target_test) = held_out(*read_csv(path), share=0.25)

# Networks learn best from numbers around 0 that are about 1 in size, so everything is standardised, by the training set.
x_mean, x_sd = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)  # a column may be all one number
mean, sd = target.mean(axis=0), target.std(axis=0)
scaled, scaled_target = (x - x_mean) / x_sd, (target - mean) / sd

network = Network(x.shape[1], 8, target.shape[1], bias=True)
history = fit(network, scaled, scaled_target, Adam(0.02), epochs=3000, validation=0.2, early_stopping=EarlyStopping(patience=200))

answers = network((x_test - x_mean) / x_sd).data * sd + mean
wrong = np.sqrt(np.mean((answers - target_test) ** 2))
print(history)
print(f"typical mistake on {len(x_test)} rows it has not seen: {wrong:.3g} (always answering the mean: {target_test.std():.3g})")
