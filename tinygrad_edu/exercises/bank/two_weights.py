"""Slides 12 to 30: several weights, several associations."""

from tinygrad_edu.exercises.exercise import Exercise, Mutant


def associations(rng):
    """x: (T, 2), target: (T,), w: (2,)."""
    T = int(rng.integers(3, 8))
    return rng.normal(size=(T, 2)), rng.normal(size=T), rng.normal(size=2)


OUTPUT = Exercise(
    name="output", title="Two inputs, one output", slide="12", function="output",
    text="x: (T, 2) has one row for each association, w: (2,) one weight for each input. Give the outputs y: (T,).",
    program="import numpy as np\n\n\ndef output(x, target, w):\n    return HOLE\n", solution="x @ w", inputs=associations,
    hints=("y = w1 x1 + w2 x2, for each row of x.", "It is a product of a matrix with a vector: x @ ...",
           "The vector is that of the weights."),
    mutants=(
        Mutant("x[:, 0] * w[0]", "only the first input has counted"),
        Mutant("x[:, 1] * w[1]", "only the second input has counted"),
        Mutant("x @ w[::-1]", "the two weights are swapped"),
        Mutant("x[:, 0] * w[0] - x[:, 1] * w[1]", "the two parts are added"),
        Mutant("x * w", "the parts are not added up yet"),
        Mutant("(x * w).sum()", "add up over the inputs, not over associations too"),
        Mutant("(x * w).mean(axis=1)", "it is a sum, and not a mean"),
        Mutant("x @ w / len(x)",
               "each association has its own output: nothing is divided by their number"),
        Mutant("(x * w).sum(axis=0)", "that is the wrong axis: add up along a row"),
        Mutant("x @ w - target", "that is δ; the output has no target in it"),
        Mutant("x.sum(axis=1)", "the weights are missing"),
        Mutant("x.sum(axis=1) * w.sum()", "each input has its own weight"),
        Mutant("x @ w**2", "the weights should not be squared"),
        Mutant("np.prod(x * w, axis=1)", "the parts are added, and not multiplied"),
    ))

GRADIENT = Exercise(
    name="gradient", title="The gradient over all associations", slide="27, 28", function="gradient",
    text="E = ½ Σ_t (y_t - target_t)². Give ∇E: (2,), one entry for each weight.",
    program="import numpy as np\n\n\ndef gradient(x, target, w):\n    delta = x @ w - target  # (T,)\n    return HOLE\n",
    solution="delta @ x", inputs=associations,
    hints=("∂E/∂w1 = Σ_t δ_t x_1t, and the same with x_2t.", "delta has T entries and x has T rows: a product sums over T.",
           "delta @ ..., with the inputs on the right."),
    mutants=(
        Mutant("-delta @ x", "the sign is turned: that is the way down"),
        Mutant("delta @ x / len(x)", "it is a sum, and not a mean"),
        Mutant("2 * delta @ x / len(x)",
               "that is the gradient of the mean of δ²; here E is ½ of the sum"),
        Mutant("0.5 * delta @ x / len(x)", "the ½ is gone, and it is a sum and not a mean"),
        Mutant("2 * delta @ x", "the ½ of E takes the 2 away"),
        Mutant("0.5 * delta @ x",  # or delta @ x / len(w), which comes to the same
               "the ½ is gone once the square is differentiated, and there is no mean over the 2 "
               "weights"),
        Mutant("delta[-1] * x[-1]", "only the last association has counted: add them up"),
        Mutant("delta[0] * x[0]", "only the first association has counted: add them up"),
        Mutant("delta.sum() * x.sum(axis=0)", "each δ belongs to its own row of x"),
        Mutant("x.sum(axis=0)", "δ is missing"),
        Mutant("delta.sum() * w", "the input x belongs there, and not the weight"),
        Mutant("(delta @ x)[::-1]", "the two entries are swapped"),
        Mutant("delta**2 @ x", "δ² is in E; its derivative has δ"),
        Mutant("(x @ w) @ x", "the target is missing in δ"),
        Mutant("np.abs(delta) @ x", "δ keeps its sign"),
        Mutant("delta @ x + w", "the weights w are added, and do not belong there"),
    ))

EXERCISES = (OUTPUT, GRADIENT)
