"""A VAE in under thirty lines: two numbers for each handwritten digit, and back."""

import numpy as np
from sklearn.datasets import load_digits

from tinygrad_edu import Adam, Network, Player, binary_cross_entropy, gaussian, gaussian_kl

x = load_digits().data / 16  # (1797, 64), from 0 to 1
encoder = Network(64, 64, 4, hidden="tanh", bias=True, seed=0)  # the mean and ln σ² of two latent numbers
decoder = Network(2, 64, 64, hidden="tanh", bias=True, seed=1)
vae = Player("VAE", encoder.parameters + decoder.parameters, Adam(0.003))
generator = np.random.default_rng(0)

for epoch in range(30):
    total = 0.0
    for x_b in np.array_split(generator.permutation(x), 28):
        y = encoder(x_b)
        mean, log_variance = y[:, :2], y[:, 2:]
        z = gaussian(mean, log_variance, generator)  # drawn, and differentiable
        E = 16 * binary_cross_entropy(decoder(z), x_b) + gaussian_kl(mean, log_variance)
        total += vae.step(E / len(x_b)) * len(x_b)
    if epoch % 10 == 9:
        print(f"after {epoch + 1} passes: {total / len(x):.1f} nats a digit")

ink = 1 / (1 + np.exp(-decoder([[1.0, 0.5]]).data))
print("the digit at (1, 0.5):", *("".join(" .+#"[int(3.99 * pixel)] for pixel in row) for row in ink.reshape(8, 8)), sep="\n")
