"""The slides' gradients derived by hand, in plain NumPy: eq. 3, 9, 25-28 and 33-35, for any number of hidden layers.

States, deltas and gradients stand here twice: with the slides' loops over i, j, k and t spelled out, and vectorised. Neither
knows that the engine exists, so that they can check it and it them: a check says nothing if both sides share code.

Symbols, and the shapes of the vectorised form:  x: (T, I)  w: (I, J)  u = x @ w + b: (T, J)  y = f(u): (T, J)
States are listed from input to output, [x, z, ..., y]; weights, biases and deltas by layer, [w_ij, w_jk, ...].
δ is output minus target (the numbers on the slide, 0.32 - 0.2, force the sign) and always means ∂E/∂u.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

LINEAR, SIGMOID, SOFTMAX = "linear", "sigmoid", "softmax"


# -- one weight, one association (slides 1-11) ------------------------------------------------------------------


def one_weight(x: float, w: float, target: float) -> tuple[float, float, float, float]:
    """(y, δ, E, dE/dw) of the simplest network."""
    y = w * x  # (1)
    delta = y - target  # (3)
    E = 0.5 * delta**2  # (6)
    dE_dw = delta * x  # (9)
    return y, delta, E, dE_dw


# -- two input units, one output unit, T associations (slides 12-30) --------------------------------------------


def two_weights_by_loops(x: ndarray, w: ndarray, target: ndarray) -> ndarray:
    """∇E = (∂E/∂w1, ∂E/∂w2) for x: (T, 2), w: (2,), target: (T,)."""
    dE_dw = [0.0, 0.0]
    for t in range(len(x)):
        y_t = w[0] * x[t, 0] + w[1] * x[t, 1]  # (12)
        delta_t = y_t - target[t]  # (25)
        dE_dw[0] += delta_t * x[t, 0]  # (26, 27)
        dE_dw[1] += delta_t * x[t, 1]  # (28)
    return np.array(dE_dw)  # (29)


def two_weights(x: ndarray, w: ndarray, target: ndarray) -> ndarray:
    """The same in two lines."""
    delta = x @ w - target  # (25)
    return delta @ x  # (27, 28)


# -- layers of units, T associations (slides 31-35) -------------------------------------------------------------


def sigmoid(u: ndarray) -> ndarray:
    """The state of a unit with total input u."""
    return np.where(u >= 0, 1.0, np.exp(-np.abs(u))) / (1.0 + np.exp(-np.abs(u)))  # (31), written so as not to overflow


def softmax(u: ndarray) -> ndarray:
    """The states of output units that share a total of 1 for each association; u: (T, K)."""
    shares = np.exp(u - u.max(axis=1, keepdims=True))  # the largest is 1, so that nothing overflows
    return shares / shares.sum(axis=1, keepdims=True)


def states(x: ndarray, weights: list[ndarray], biases: list[ndarray] | None = None, output: str = LINEAR) -> list[ndarray]:
    """[x, z, ..., y]: the state of every unit for every association; hidden units are sigmoid."""
    _known(output)
    found = [x]
    for n, w in enumerate(weights):
        u = found[-1] @ w + (0.0 if biases is None else biases[n])  # (1, 12)
        f = sigmoid if n < len(weights) - 1 else _OUTPUTS[output]
        found.append(f(u))  # (2, 31)
    return found


def deltas(states: list[ndarray], weights: list[ndarray], target: ndarray, output: str = LINEAR) -> list[ndarray]:
    """[δ of the first hidden layer, ..., δ of the output layer], each (T, units).

    E is ½ Σ (y - target)² for linear and sigmoid output units, and the cross-entropy -Σ target ln y for softmax.
    """
    _known(output)
    y = states[-1]
    if np.shape(target) != y.shape:
        raise ValueError(f"the outputs y are {y.shape} and the targets {np.shape(target)}: each output needs one target.")
    delta = y - target  # (3, 25), and for softmax with cross-entropy again: the slope of one cancels that of the other
    if output == SIGMOID:
        delta = delta * y * (1 - y)  # the slope (32) of a sigmoid output unit belongs to its δ = ∂E/∂u
    found = [delta]
    for z, w in zip(reversed(states[1:-1]), reversed(weights[1:])):
        found.insert(0, z * (1 - z) * (found[0] @ w.T))  # (33)
    return found


def gradients(states: list[ndarray], deltas: list[ndarray], weights: list[ndarray] | None = None,
              decay: float = 0.0) -> list[ndarray]:
    """[∂E/∂w of each layer]: the sum over associations that stands in (35), without its -ε.

    With weight decay, E has another term ½ λ Σ w² and the gradient λ w: give the weights, and λ as `decay`.
    """
    if weights is None:
        return [x.T @ delta for x, delta in zip(states, deltas)]  # (35)
    return [x.T @ delta + decay * w for x, delta, w in zip(states, deltas, weights)]  # (35) with weight decay


def bias_gradients(deltas: list[ndarray]) -> list[ndarray]:
    """[∂E/∂b of each layer]: a bias is the weight from a unit whose state is always 1."""
    return [delta.sum(axis=0) for delta in deltas]  # (35) with x_it = 1


def changes(gradients: list[ndarray], epsilon: float) -> list[ndarray]:
    """[Δw of each layer] = -ε ∂E/∂w."""
    return [-epsilon * gradient for gradient in gradients]  # (34, 35)


_OUTPUTS = {LINEAR: lambda u: u, SIGMOID: sigmoid, SOFTMAX: softmax}


def _known(output: str) -> None:
    if output not in _OUTPUTS:
        raise ValueError(f"output units are {', '.join(map(repr, _OUTPUTS))} here, not {output!r}: their δ was derived for these.")


# -- the same, one unit, one weight and one association at a time -----------------------------------------------


def states_by_loops(x: ndarray, weights: list[ndarray], biases: list[ndarray] | None = None,
                    output: str = LINEAR) -> list[ndarray]:
    """[x, z, ..., y], as `states`."""
    _known(output)
    found = [x]
    for n, w in enumerate(weights):
        I, J = w.shape
        u = np.empty((len(x), J))
        for t in range(len(x)):
            for j in range(J):
                u_jt = 0.0 if biases is None else float(biases[n][j])
                for i in range(I):
                    u_jt += w[i, j] * found[-1][t, i]  # (12)
                u[t, j] = u_jt
        f = sigmoid if n < len(weights) - 1 else _OUTPUTS[output]
        found.append(f(u))  # (2, 31)
    return found


def deltas_by_loops(states: list[ndarray], weights: list[ndarray], target: ndarray, output: str = LINEAR) -> list[ndarray]:
    """[δ of the first hidden layer, ..., δ of the output layer], as `deltas`."""
    _known(output)
    y = states[-1]
    delta = np.empty(y.shape)
    for t in range(y.shape[0]):
        for k in range(y.shape[1]):
            slope = y[t, k] * (1 - y[t, k]) if output == SIGMOID else 1.0  # (32)
            delta[t, k] = (y[t, k] - target[t, k]) * slope  # (3)
    found = [delta]
    for z, w in zip(reversed(states[1:-1]), reversed(weights[1:])):
        J, K = w.shape
        delta = np.empty(z.shape)
        for t in range(z.shape[0]):
            for j in range(J):
                blame = 0.0
                for k in range(K):
                    blame += found[0][t, k] * w[j, k]
                delta[t, j] = z[t, j] * (1 - z[t, j]) * blame  # (33)
        found.insert(0, delta)
    return found


def gradients_by_loops(states: list[ndarray], deltas: list[ndarray], weights: list[ndarray] | None = None,
                       decay: float = 0.0) -> list[ndarray]:
    """[∂E/∂w of each layer], as `gradients`."""
    found = []
    for n, (x, delta) in enumerate(zip(states, deltas)):
        I, J = x.shape[1], delta.shape[1]
        dE_dw = np.zeros((I, J))
        if weights is not None:
            for i in range(I):
                for j in range(J):
                    dE_dw[i, j] = decay * weights[n][i, j]  # of ½ λ Σ w²
        for t in range(len(x)):
            for i in range(I):
                for j in range(J):
                    dE_dw[i, j] += delta[t, j] * x[t, i]  # (34, 35)
        found.append(dE_dw)
    return found
