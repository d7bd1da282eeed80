"""Slides 1 to 11: one weight, one association."""

from tinygrad_edu.exercises.exercise import Exercise, Mutant

TURNED = "the sign is turned: δ is output minus target"


def three_numbers(rng):
    return tuple(float(x) for x in rng.uniform(0.2, 2.0, 3) * rng.choice([-1.0, 1.0], 3))


DELTA = Exercise(
    name="delta", title="The delta term", slide="3", function="delta",
    text="y is the output of the unit, target what it should be. Give δ.",
    program="def delta(y, target):\n    return HOLE\n", solution="y - target", inputs=lambda rng: three_numbers(rng)[:2],
    hints=("It is a difference.", "On the slide it is 0.32 - 0.2 = 0.12; which of the two is the output?",
           "The output comes first: y - ..."),
    mutants=(
        Mutant("target - y", TURNED),
        Mutant("abs(y - target)", "δ has a sign, which says whether the output is too large or too small"),
        Mutant("(y - target) ** 2", "that is the square of δ, which belongs to the error"),
        Mutant("0.5 * (y - target) ** 2", "that is the error E, and δ is the difference itself"),
        Mutant("y + target", "it is a difference, and not a sum"),
        Mutant("y * target", "it is a difference, and not a product"),
        Mutant("y / target", "it is a difference, and not a ratio"),
        Mutant("(y - target) / target", "it is not relative to the target"),
        Mutant("0.5 * (y - target)", "the ½ belongs to the error E, and not to δ"),
        Mutant("2 * (y - target)", "there is no 2 in δ"),
        Mutant("y", "the target is missing"),
        Mutant("(y - target) * y * (1 - y)", "the unit is linear, and has no slope y(1 − y)"),
    ))

ERROR = Exercise(
    name="error", title="The error", slide="6", function="error",
    text="Give E for the output y and its target.",
    program="def error(y, target):\n    return HOLE\n",
    solution="0.5 * (y - target) ** 2",
    inputs=lambda rng: three_numbers(rng)[:2],
    hints=("E is never negative.", "E = ½ δ².", "In Python ½ is 0.5 and a square is ** 2; δ is y - target."),
    mutants=(
        Mutant("(y - target) ** 2", "the ½ is missing"),
        Mutant("y - target", "that is δ; the error is half its square"),
        Mutant("0.5 * (target - y)", "δ has to be squared, and is output minus target"),
        Mutant("0.5 * (y - target)", "δ has to be squared"),
        Mutant("0.5 * abs(y - target)", "δ is squared, and not made positive"),
        Mutant("abs(y - target)", "that is the size of δ; the error is half its square"),
        Mutant("0.5 * (y + target) ** 2", "δ is a difference, and not a sum"),
        Mutant("0.5 * (y**2 - target**2)", "the square is taken of the difference, not of each of the two"),
        Mutant("0.5 * y - target**2", "brackets are missing around the difference"),
        Mutant("(0.5 * (y - target)) ** 2", "the factor is ¼, as if the ½ were squared too: it is ½"),
        Mutant("2 * (y - target) ** 2", "it is ½, not 2"),
        Mutant("0.5 * (y - target) ** 3", "it is a square"),
        Mutant("0.25 * (y - target) ** 4", "δ² is squared once more"),
    ))

SLOPE = Exercise(
    name="slope", title="The slope of the error", slide="9", function="slope",
    text="The unit has y = w x, and E = ½ (y - target)². Give dE/dw.",
    program="def slope(w, x, target):\n    y = w * x\n    delta = y - target\n    return HOLE\n", solution="delta * x",
    inputs=three_numbers,
    hints=("The chain rule: how E changes with y, times how y changes with w.", "dE/dy is δ. And y = w x, so dy/dw is ...?",
           "As a function of w, y = w x is a line with the slope x: multiply δ by it."),
    mutants=(
        Mutant("delta", "that is dE/dy; by the chain rule dy/dw belongs to it"),
        Mutant("delta * w", "dy/dw is x, and not w"),
        Mutant("-delta * x", "the sign is turned: that is the way down, and not the slope"),
        Mutant("delta * y", "dy/dw is x alone: there is a w too many"),
        Mutant("2 * delta * x", "the ½ of E takes the 2 of the square away"),
        Mutant("0.5 * delta * x", "the ½ is gone once the square is differentiated"),
        Mutant("delta**2 * x", "δ² is in E; its derivative has δ"),
        Mutant("delta * x**2", "there is one x too much"),
        Mutant("x", "δ is missing"),
        Mutant("delta + x", "the two are multiplied, and not added"),
        Mutant("delta / x", "it is multiplied by x, and not divided"),
        Mutant("delta * abs(x)", "x keeps its sign"),
        Mutant("0.5 * delta**2", "that is E itself, and not its slope"),
    ))

STEP = Exercise(
    name="step", title="A step of gradient descent", slide="10, 11", function="step",
    text="Give the new weight after one step with the learning rate epsilon.",
    program="def step(w, x, target):\n    epsilon = 0.3\n    dE_dw = (w * x - target) * x\n    return HOLE\n",
    solution="w - epsilon * dE_dw", inputs=three_numbers,
    hints=("Downhill is against the slope.", "Δw = −ε dE/dw, and the new weight is the old one plus Δw.",
           "The old weight, minus epsilon times the slope dE_dw."),
    mutants=(
        Mutant("w + epsilon * dE_dw", "that is uphill: the step goes against the slope"),
        Mutant("-epsilon * dE_dw", "that is Δw; the new weight is the old one plus it"),
        Mutant("epsilon * dE_dw", "the old weight is missing, and the minus"),
        Mutant("w", "the weight has not changed: give what it is after the step"),
        Mutant("w - epsilon * (w * x - target)", "that is δ, and not the slope: the input x is missing"),
        Mutant("w - dE_dw", "the learning rate ε is missing"),
        Mutant("w - epsilon", "the slope is missing"),
        Mutant("w * (1 - epsilon * dE_dw)", "the change is not in proportion to w"),
        Mutant("w - epsilon * x", "it is the slope dE/dw that is followed, and not the input"),
        Mutant("w - epsilon * dE_dw * x", "x is in dE/dw already"),
        Mutant("w - epsilon * abs(dE_dw)", "the slope keeps its sign: it says which way is down"),
        Mutant("w - dE_dw / epsilon", "ε multiplies the slope"),
        Mutant("epsilon * (w - dE_dw)", "ε multiplies the slope alone"),
        Mutant("w - epsilon * dE_dw**2", "the slope should not be squared"),
    ))

EXERCISES = (DELTA, ERROR, SLOPE, STEP)
