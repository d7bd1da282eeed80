"""Slides on learning: when to stop, changing weights, weight decay, early stopping; and two programs with a bug in them."""

import numpy as np

from tinygrad_edu.exercises.bank.hidden_units import different_sizes, hidden
from tinygrad_edu.exercises.bank.two_weights import associations
from tinygrad_edu.exercises.exercise import Exercise, Mutant


def a_slope(rng):
    """dE_dw, on either side of the tolerance and often close to it, with either sign; the tolerance; the weight."""
    tolerance, share = float(10 ** rng.uniform(-3.0, 0.0)), rng.choice([10 ** rng.uniform(-2.0, 2.0), rng.uniform(0.95, 1.05)])
    return float(tolerance * share * rng.choice([-1.0, 1.0])), tolerance, float(rng.normal(scale=3.0))


def validation_errors(rng):
    """(errors, pass after pass; patience): again and again a new lowest one, and for about as long as patience lasts none."""
    patience, lowest, errors = int(rng.integers(0, 5)), 1.0, []
    for _ in range(rng.integers(2, 7)):
        lowest *= rng.uniform(0.5, 0.95)
        rise = rng.choice([0.0, 1e-3, 1e-2, 1e-1, 1.0], size=rng.integers(0, patience + 3))  # 0: as low, which is not lower
        errors += [lowest, *lowest * (1 + rise * rng.uniform(0.5, 1.5, rise.shape))]
    return np.array(errors) * 10 ** rng.uniform(-1.0, 0.5), patience


def network(rng):
    """x: (T, I), target: (T, K), w_hidden: (I, J), w_out: (J, K)."""
    T, I, J, K = different_sizes(rng, 4)
    return rng.normal(size=(T, I)), rng.normal(size=(T, K)), rng.normal(size=(I, J)), rng.normal(size=(J, K))


def sigmoid_outputs(rng):
    T, K = different_sizes(rng, 2)
    return rng.uniform(0.1, 0.9, size=(T, K)), rng.uniform(0.1, 0.9, size=(T, K))


STOP = Exercise(
    name="stop", title="When to stop", slide="8", function="is_learnt",
    text="Algorithm 1 stops when dE/dw is close to 0. Give whether it is, to the tolerance (True or False).",
    program="def is_learnt(dE_dw, tolerance, w):\n    return HOLE\n", solution="abs(dE_dw) < tolerance", inputs=a_slope,
    draws=200,
    hints=("A slope can be close to 0 from both sides.", "A slope of -5 is steep: what does < say of it?",
           "abs(...) is the size of a number; compare it with the tolerance."),
    mutants=(
        Mutant("dE_dw < tolerance", "a steep slope with a minus would stop it too: take its size, |dE/dw|"),
        Mutant("dE_dw > tolerance", "that is the opposite, and only for slopes with a plus"),
        Mutant("abs(dE_dw) > tolerance", "that is the opposite: it would stop where it is steep"),
        Mutant("-dE_dw < tolerance", "a steep slope with a plus would stop it too: take its size, |dE/dw|"),
        Mutant("dE_dw == 0", "it is True for no slope at all, though many are within the tolerance"),
        Mutant("abs(w) < tolerance", "it is the slope that should be close to 0, and not the weight"),
        Mutant("True", "it is True for every slope, for the steep ones as well"),
        Mutant("abs(dE_dw) < tolerance**2", "the tolerance should not be squared"),
        Mutant("abs(dE_dw - tolerance) < tolerance", "it should be close to 0, and not to the tolerance"),
        Mutant("dE_dw**2 < tolerance", "it is the size that should be small, and not the square"),
    ))

LAYER_STEP = Exercise(
    name="layer-step", title="Changing the weights of a layer", slide="34, 35", function="layer_step",
    text="z: (T, J) goes into the layer with weights w: (J, K), delta_out: (T, K) is its δ. Give w after one step.",
    program="import numpy as np\n\n\ndef layer_step(z, w, delta_out):\n    epsilon = 0.2\n    return HOLE\n",
    solution="w - epsilon * z.T @ delta_out", inputs=hidden,
    hints=("Δw_jk = −ε Σ_t δ_kt z_jt.", "The gradient is z.T @ ..., and the step goes against it.",
           "The old weights w, minus epsilon times the gradient z.T @ delta_out."),
    mutants=(
        Mutant("w + epsilon * z.T @ delta_out", "that is uphill: the step goes against the gradient"),
        Mutant("-epsilon * z.T @ delta_out", "that is Δw; the new weights are the old ones plus it"),
        Mutant("epsilon * z.T @ delta_out", "the old weights are missing, and the minus"),
        Mutant("z.T @ delta_out", "that is the gradient: give the weights after the step"),
        Mutant("w - z.T @ delta_out", "the learning rate ε is missing"),
        Mutant("w - epsilon * z.T @ delta_out / len(z)", "it is a sum over associations, and not a mean"),
        Mutant("w - 2 * epsilon * z.T @ delta_out / len(z)",
               "that is for the mean of δ²; here E is ½ of the sum"),
        Mutant("w - 2 * epsilon * z.T @ delta_out", "there is no 2"),
        Mutant("w - epsilon * np.outer(z[-1], delta_out[-1])", "only the last association has counted: add them up"),
        Mutant("w - epsilon * np.outer(z[0], delta_out[0])", "only the first association has counted: add them up"),
        Mutant("w * (1 - epsilon * z.T @ delta_out)", "the change is not in proportion to w"),
        Mutant("w - epsilon * np.ones_like(z).T @ delta_out", "the states z are missing"),
        Mutant("w - epsilon * z.T @ np.ones_like(delta_out)", "δ is missing"),
        Mutant("w - epsilon * np.sign(z.T @ delta_out)", "the size of the gradient counts, and not its sign alone"),
        Mutant("w - epsilon * z.T @ delta_out**2", "δ should not be squared"),
        Mutant("epsilon * (w - z.T @ delta_out)", "ε multiplies the gradient alone"),
    ))

DECAY = Exercise(
    name="weight-decay", title="Weight decay", slide="35", function="gradient",
    text="E has another term, ½ λ Σ w². z: (T, J), w: (J, K), delta_out: (T, K). Give ∂E/∂w with it.",
    program="import numpy as np\n\n\ndef gradient(z, w, delta_out):\n    decay = 0.3  # λ\n    return HOLE\n",
    solution="z.T @ delta_out + decay * w", inputs=hidden,
    hints=("The derivative of a sum is the sum of the derivatives.", "What is the derivative of ½ λ w² with respect to w?",
           "The gradient z.T @ delta_out, plus λ times the weights themselves."),
    mutants=(
        Mutant("z.T @ delta_out", "the term of weight decay is missing"),
        Mutant("z.T @ delta_out / len(z) + decay * w",
               "the gradient is a sum over associations, and not a mean"),
        Mutant("2 * z.T @ delta_out / len(z) + decay * w",
               "that is for the mean of δ²; here E is ½ of the sum"),
        Mutant("z.T @ delta_out - decay * w", "the term has the wrong sign: E has + ½ λ Σ w²"),
        Mutant("z.T @ delta_out + 2 * decay * w", "the ½ takes the 2 of the square away"),
        Mutant("z.T @ delta_out + 0.5 * decay * w", "the ½ is gone once the square is differentiated"),
        Mutant("z.T @ delta_out + 0.5 * decay * w**2", "that is the term of E itself, and not its derivative"),
        Mutant("z.T @ delta_out + decay * w**2", "the derivative of ½ λ w² is λw: the weight should not be squared"),
        Mutant("z.T @ delta_out + decay", "the weight is missing: it is λw"),
        Mutant("z.T @ delta_out + w", "λ is missing: it is λw"),
        Mutant("z.T @ delta_out + decay * w.sum()", "each weight is drawn by itself, and not by the sum of all"),
        Mutant("z.T @ delta_out + decay * np.abs(w)", "the weight keeps its sign, or negative ones would be driven away from 0"),
        Mutant("z.T @ delta_out + decay * np.sign(w)", "that belongs to λ Σ |w|"),
        Mutant("(1 + decay) * z.T @ delta_out", "it is the weight that is multiplied by λ, and not the gradient"),
        Mutant("decay * w", "the gradient of the error itself is missing"),
        Mutant("z.T @ delta_out + decay * len(z) * w", "the term is there once, and not once for each association"),
    ))

SIGMOID_OUTPUT = Exercise(
    name="sigmoid-output", title="The delta terms of sigmoid output units", slide="3, 32", function="output_delta",
    text="The output units are sigmoid with states y: (T, K), and E = ½ Σ (y - target)². Give δ = ∂E/∂u: (T, K).",
    program="import numpy as np\n\n\ndef output_delta(y, target):\n    return HOLE\n", solution="(y - target) * y * (1 - y)",
    inputs=sigmoid_outputs,
    hints=("δ is ∂E/∂u, and u comes before the sigmoid.", "∂E/∂y is y - target. And dy/du is ...?",
           "Three factors, entry by entry: y - target, y, and (1 - y)."),
    mutants=(
        Mutant("y - target", "that is ∂E/∂y; the slope dy/du of the sigmoid belongs to δ = ∂E/∂u"),
        Mutant("(target - y) * y * (1 - y)", "the sign is turned: output minus target"),
        Mutant("(y - target) * target * (1 - target)", "the slope is that at the output y, and not at the target"),
        Mutant("(y - target) * y", "the factor 1 − y of the slope is missing"),
        Mutant("(y - target) * (1 - y)", "the factor y of the slope is missing"),
        Mutant("(y - target) * y * (1 + y)", "the slope has a plus where a minus belongs"),
        Mutant("(y - target) * (1 - y**2)", "that is the slope of tanh"),
        Mutant("(y - target) ** 2 * y * (1 - y)", "the difference should not be squared"),
        Mutant("y * (1 - y)", "the difference y − target is missing"),
        Mutant("2 * (y - target) * y * (1 - y)", "the ½ of E takes the 2 away"),
        Mutant("0.5 * (y - target) * y * (1 - y)", "the ½ is gone once the square is differentiated"),
        Mutant("(y - target) * y * (1 - y) / len(y)",
               "it is for each association: nothing is divided by their number"),
        Mutant("(y - target) * y * (1 - y) / y.shape[1]",
               "it is for each unit: nothing is divided by their number"),
        Mutant("(y - target) * y * (1 - y) / y.size",
               "it is for each unit and association, and no mean"),
        Mutant("2 * (y - target) * y * (1 - y) / len(y)",
               "that is for the mean of (y − target)²; here E is ½ of the sum"),
        Mutant("2 * (y - target) * y * (1 - y) / y.size",
               "that is for the mean over all (y − target)²; here E is ½ of the sum"),
        Mutant("y - target * y * (1 - y)", "brackets are missing around the difference"),
        Mutant("(y + target) * y * (1 - y)", "δ is a difference, and not a sum"),
        Mutant("(y - target) / (y * (1 - y))", "the slope multiplies, and does not divide"),
        Mutant("(y - target) * (y * (1 - y)) ** 2", "the slope is in it twice"),
        Mutant("(y - target) + y * (1 - y)", "the two are multiplied, and not added"),
    ))

EARLY_STOPPING = Exercise(
    name="early-stopping", title="Early stopping", slide="the slide on early stopping", function="best_pass",
    text="validation: one error after each pass. Learning stops once there were more than `patience` passes in a row without a new "
         "lowest error. Give the number (from 0) of the pass whose weights are kept: the lowest until then.",
    program="import numpy as np\n\n\ndef best_pass(validation, patience):\n    best = 0\n"
            "    for n, error in enumerate(validation):\n"
            "        if error < validation[best]:\n            best = n\n        if HOLE:\n            break\n    return best\n",
    solution="n - best > patience", inputs=validation_errors, draws=100,
    hints=("How many passes have gone by since the best one?", "n is the pass now, best the number of the best one.",
           "n - best is how long ago the best one was; compare it with patience."),
    mutants=(
        Mutant("n - best >= patience", "that is one pass too early: more than `patience` passes without a new lowest error"),
        Mutant("n - best > patience + 1", "that is one pass too late"),
        Mutant("n > patience", "it counts from the best pass on, and not from the beginning"),
        Mutant("False", "it never stops"),
        Mutant("n >= patience", "it counts from the beginning, and not from the best pass on; and one too few"),
        Mutant("n > 0", "it stops after the second pass, whatever comes"),
        Mutant("error > validation[best]", "it stops at the first rise; that is patience 0"),
        Mutant("best > patience", "it asks when the best pass was, and not how long ago"),
        Mutant("n - best > 2 * patience", "that is twice the patience"),
        Mutant("n + best > patience", "the difference counts: how long ago the best pass was"),
        Mutant("error >= validation[best]", "it stops after the very first pass, whatever comes later"),
    ))

BUG_IN_THE_SUM = Exercise(
    name="bug-in-the-sum", title="Find the bug: the sum over associations", slide="27, 28", function="gradient",
    text="This program should give ∇E, and gives something else. One line is wrong: the last in the loop. Repair it.",
    program="import numpy as np\n\n\ndef gradient(x, target, w):\n    dE_dw = np.zeros(2)\n    for t in range(len(x)):\n"
            "        delta_t = w @ x[t] - target[t]\n        HOLE\n    return dE_dw\n",
    solution="dE_dw = dE_dw + delta_t * x[t]", starts_with="dE_dw = delta_t * x[t]", inputs=associations,
    hints=("Which associations are in the result?", "In each turn dE_dw should grow, and not begin anew.",
           "dE_dw = dE_dw + ..., or dE_dw += ..."),
    mutants=(
        Mutant("dE_dw = delta_t * x[t]", "only the last association has counted: add up what all turns of the loop find"),
        Mutant("dE_dw = dE_dw - delta_t * x[t]", "the sign is turned: that is the way down"),
        Mutant("dE_dw = dE_dw + delta_t * w", "the input x belongs there, and not the weight"),
        Mutant("dE_dw = dE_dw + delta_t", "the input x is missing"),
        Mutant("dE_dw = dE_dw + x[t]", "δ is missing"),
        Mutant("dE_dw = dE_dw + delta_t * x[t] / len(x)", "it is a sum, and not a mean"),
        Mutant("dE_dw = dE_dw + 2 * delta_t * x[t] / len(x)",
               "that is for the mean of δ²; here E is ½ of the sum"),
        Mutant("dE_dw = dE_dw + 0.5 * delta_t * x[t]",
               "there is no ½, and no mean over the 2 weights"),
        Mutant("dE_dw = (dE_dw + delta_t * x[t]) / 2", "that is halved in each turn"),
        Mutant("dE_dw = dE_dw + delta_t * x[t, ::-1]", "the two inputs are swapped"),
        Mutant("dE_dw = dE_dw + delta_t**2 * x[t]", "δ should not be squared"),
        Mutant("dE_dw = dE_dw + delta_t * x[0]", "each δ belongs to its own x: x[t]"),
        Mutant("dE_dw = dE_dw + 2 * delta_t * x[t]", "there is no 2"),
    ))

BUG_IN_THE_ORDER = Exercise(
    name="bug-in-the-order", title="Find the bug: one step of backprop", slide="33, 34", function="train_step",
    text="This program should make one step of backprop and give the new weights, first of the hidden units, then of the output "
         "units. Three lines are the right ones in the wrong order. Repair it.",
    program="import numpy as np\n\n\ndef train_step(x, target, w_hidden, w_out):\n    epsilon = 0.1\n"
            "    z = 1 / (1 + np.exp(-x @ w_hidden))\n    delta_out = z @ w_out - target\n    HOLE\n"
            "    return np.append(w_hidden, w_out)\n",
    solution="delta_hidden = z * (1 - z) * (delta_out @ w_out.T)\nw_out = w_out - epsilon * z.T @ delta_out\n"
             "w_hidden = w_hidden - epsilon * x.T @ delta_hidden",
    starts_with="w_out = w_out - epsilon * z.T @ delta_out\ndelta_hidden = z * (1 - z) * (delta_out @ w_out.T)\n"
                "w_hidden = w_hidden - epsilon * x.T @ delta_hidden",
    inputs=network,
    hints=("Which weights does (33) need: those from before the step, or those from after it?",
           "The δ of the hidden units has to be worked out before the weights of the output units are changed.",
           "First delta_hidden, then w_out, then w_hidden."),
    mutants=tuple(Mutant("\n".join(lines), sentence) for lines, sentence in (
        (("w_out = w_out - epsilon * z.T @ delta_out", "delta_hidden = z * (1 - z) * (delta_out @ w_out.T)",
          "w_hidden = w_hidden - epsilon * x.T @ delta_hidden"),
         "the hidden δ was worked out with weights that had been changed already"),
        (("delta_hidden = z * (1 - z) * (delta_out @ w_out.T)", "w_hidden = w_hidden - epsilon * x.T @ delta_hidden"),
         "the weights of the output units are not changed"),
        (("w_out = w_out - epsilon * z.T @ delta_out",), "the weights of the hidden units are not changed"),
        (("delta_hidden = delta_out @ w_out.T", "w_out = w_out - epsilon * z.T @ delta_out",
          "w_hidden = w_hidden - epsilon * x.T @ delta_hidden"), "the hidden slope z(1 − z) is missing"),
        (("delta_hidden = z * (1 - z) * (delta_out @ w_out.T)", "w_out = w_out + epsilon * z.T @ delta_out",
          "w_hidden = w_hidden + epsilon * x.T @ delta_hidden"), "that is uphill: the steps go against the gradient"),
        (("delta_hidden = z * (1 - z) * (delta_out @ w_out.T)", "w_out = w_out - z.T @ delta_out",
          "w_hidden = w_hidden - x.T @ delta_hidden"), "the learning rate ε is missing"),
        (("delta_hidden = z * (1 - z) * (delta_out @ w_out.T)", "w_hidden = w_hidden - epsilon * x.T @ delta_hidden",
          "z = 1 / (1 + np.exp(-x @ w_hidden))", "w_out = w_out - epsilon * z.T @ delta_out"),
         "the states z were worked out anew with the changed weights"),
        (("delta_hidden = z * (1 - z) * (delta_out @ w_out.T)", "w_out = w_out - epsilon * z.T @ delta_out / len(x)",
          "w_hidden = w_hidden - epsilon * x.T @ delta_hidden / len(x)"), "gradients are sums over associations, and not means"),
        (("delta_hidden = z * (1 - z) * (delta_out @ w_out.T)", "w_out = w_out - epsilon * z.T @ delta_out",
          "w_hidden = w_hidden + epsilon * x.T @ delta_hidden"), "the hidden weights go uphill"),
        (("delta_hidden = z * (1 - z) * (delta_out @ w_out.T)", "w_out = w_out + epsilon * z.T @ delta_out",
          "w_hidden = w_hidden - epsilon * x.T @ delta_hidden"), "the weights of the output units go uphill"),
    )))

EXERCISES = (STOP, SIGMOID_OUTPUT, LAYER_STEP, DECAY, EARLY_STOPPING, BUG_IN_THE_SUM, BUG_IN_THE_ORDER)
