"""Slides 31 to 35: sigmoid units and hidden layers."""

import numpy as np

from tinygrad_edu.exercises.exercise import Exercise, Mutant


def different_sizes(rng, number):
    """Sizes of which no two are equal: with as many hidden units as associations, a product of the
    wrong two would fit."""
    return [int(size) for size in rng.choice(np.arange(2, 7), size=number, replace=False)]


def totals(rng):
    return (rng.uniform(-3, 3, size=different_sizes(rng, 2)),)


def hidden(rng):
    """z: (T, J), w: (J, K), delta_out: (T, K)."""
    T, J, K = different_sizes(rng, 3)
    return rng.uniform(0.1, 0.9, size=(T, J)), rng.normal(size=(J, K)), rng.normal(size=(T, K))


SIGMOID_SLOPE = Exercise(
    name="sigmoid-slope", title="The slope of the sigmoid", slide="32", function="slope",
    text="u is the total input of a unit, y its state. Give dy/du.",
    program="import numpy as np\n\n\ndef slope(u):\n    y = 1 / (1 + np.exp(-u))  # (31)\n    return HOLE\n",
    solution="y * (1 - y)", inputs=totals,
    hints=("It can be written with y alone.", "It is largest, 1/4, where y is 1/2; and 0 where y is 0 or 1.",
           "One factor is y; the other is what y lacks to be 1."),
    mutants=(
        Mutant("u * (1 - u)", "put the state y = f(u) in, and not the total input u"),
        Mutant("y * (1 + y)", "a plus stands where a minus belongs"),
        Mutant("y * (y - 1)", "the sign is turned"),
        Mutant("y", "the factor 1 − y is missing"),
        Mutant("1 - y", "the factor y is missing"),
        Mutant("1 - y**2", "that is the slope of tanh"),
        Mutant("y**2", "the second factor is 1 − y"),
        Mutant("2 * y * (1 - y)", "there is no 2"),
        Mutant("y * (1 - y) / 4", "the largest value is 1/4 by itself"),
        Mutant("(y * (1 - y)) ** 2", "it should not be squared"),
        Mutant("np.ones_like(u)", "that is the slope of a linear unit"),
        Mutant("1 / (1 + np.exp(-y)) * (1 - 1 / (1 + np.exp(-y)))", "y has the function in it already: do not apply it again"),
    ))

HIDDEN_DELTA = Exercise(
    name="hidden-delta", title="The delta terms of hidden units", slide="33", function="hidden_delta",
    text="z: (T, J) are the states of the hidden units, w: (J, K) the weights from them to the output units, "
         "delta_out: (T, K) the δ of these. Give δ of the hidden units: (T, J).",
    program="import numpy as np\n\n\ndef hidden_delta(z, w, delta_out):\n    return HOLE\n",
    solution="z * (1 - z) * (delta_out @ w.T)",
    inputs=hidden,
    hints=("A hidden unit is to blame for each output unit's δ in proportion to the weight between them.",
           "The sum over k is delta_out @ w.T. What is dy/du of a sigmoid unit with state z?",
           "Three factors, entry by entry: z, (1 - z), and the sum over k in brackets."),
    mutants=(
        Mutant("delta_out @ w.T", "the hidden slope dy/du = z(1 − z) is missing"),
        Mutant("z * (1 - z)", "the sum over the output units is missing"),
        Mutant("z * (delta_out @ w.T)", "the factor 1 − z of the slope is missing"),
        Mutant("(1 - z) * (delta_out @ w.T)", "the factor z of the slope is missing"),
        Mutant("z - z * (delta_out @ w.T)", "brackets are missing around 1 − z"),
        Mutant("z * (1 + z) * (delta_out @ w.T)", "the slope has a plus where a minus belongs"),
        Mutant("-z * (1 - z) * (delta_out @ w.T)", "the sign is turned"),
        Mutant("(1 - z**2) * (delta_out @ w.T)", "that is the slope of tanh; the units are sigmoid"),
        Mutant("z * (1 - z) * delta_out.sum(axis=1, keepdims=True)", "the weights are missing in the sum over k"),
        Mutant("z * (1 - z) * (delta_out[:, -1:] @ w[:, -1:].T)", "only the last output unit has counted: add them up"),
        Mutant("z * (1 - z) * (delta_out[:, :1] @ w[:, :1].T)", "only the first output unit has counted: add them up"),
        Mutant("z * (1 - z) * (delta_out @ w.T) / w.shape[1]", "it is a sum over the output units, and not a mean"),
        Mutant("z * (1 - z) * (delta_out @ w.T) / len(z)",
               "each association has its own δ: nothing is divided by their number"),
        Mutant("z * (1 - z) * (delta_out @ np.abs(w).T)", "the weights keep their sign"),
        Mutant("z * (1 - z) * (delta_out**2 @ w.T)", "δ should not be squared"),
        Mutant("(z * (1 - z)) ** 2 * (delta_out @ w.T)", "the slope is in it twice"),
        Mutant("z * (1 - z) + delta_out @ w.T", "slope and sum are multiplied, and not added"),
        Mutant("z * (1 - z) * w.sum(axis=1)", "the δ of the output units are missing in the sum"),
    ))

WEIGHT_GRADIENT = Exercise(
    name="weight-gradient", title="The gradient of a layer's weights", slide="35", function="weight_gradient",
    text="z: (T, J) are the states that go into a layer, delta_out: (T, K) its δ. Give ∂E/∂w: (J, K), "
         "summed over all associations.",
    program="import numpy as np\n\n\ndef weight_gradient(z, w, delta_out):\n    return HOLE\n",
    solution="z.T @ delta_out",
    inputs=hidden,
    hints=("∂E/∂w_jk = Σ_t δ_kt z_jt.", "(J, T) @ (T, K) is (J, K).", "The states, transposed: z.T @ ..."),
    mutants=(
        Mutant("delta_out.T @ z", "it is transposed: row j belongs to the unit that the weight comes from"),
        Mutant("-z.T @ delta_out", "the sign is turned"),
        Mutant("z.T @ delta_out / len(z)", "it is a sum over associations, not a mean"),
        Mutant("2 * z.T @ delta_out / len(z)",
               "that is for the mean of δ²; here E is ½ of the sum"),
        Mutant("z.T @ delta_out / delta_out.size",
               "it is a sum, and no mean over associations and units"),
        Mutant("0.5 * z.T @ delta_out", "there is no ½"),
        Mutant("np.outer(z[-1], delta_out[-1])", "only the last association has counted: add them up"),
        Mutant("np.outer(z[0], delta_out[0])", "only the first association has counted: add them up"),
        Mutant("np.outer(z.sum(axis=0), delta_out.sum(axis=0))", "each δ belongs to the states of its own association"),
        Mutant("np.ones_like(z).T @ delta_out", "the states z are missing"),
        Mutant("z.T @ np.ones_like(delta_out)", "δ is missing"),
        Mutant("2 * z.T @ delta_out", "there is no 2"),
        Mutant("z.T @ delta_out**2", "δ should not be squared"),
        Mutant("(z * (1 - z)).T @ delta_out", "the slope is in δ already; here it is the state alone"),
        Mutant("z.T @ delta_out * w", "the weights do not belong here"),
        Mutant("z.T @ delta_out + w", "the weights w are added, and do not belong there"),
        Mutant("z.T @ np.abs(delta_out)", "δ keeps its sign"),
    ))

EXERCISES = (SIGMOID_SLOPE, HIDDEN_DELTA, WEIGHT_GRADIENT)
