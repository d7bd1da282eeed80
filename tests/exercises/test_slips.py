"""A beginner's slip is named in a beginner's words, and not in Python's or NumPy's."""

import pytest

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import check


def said(tmp_path, name, hole=None, source=None, seed=1):
    path = tmp_path / f"{name}.py"
    path.write_text(source or EXERCISES[name].source(hole), encoding="utf-8")
    return check(EXERCISES[name], path, seed)


HOLES = [
    # a * that is missing
    ("sigmoid-output", "(y - target) * y(1 - y)", "you wrote y(1 - y) as a call: * is missing."),
    ("sigmoid-slope", "y(1-y)", "you wrote y(1-y) as a call: * is missing."),
    ("hidden-delta", "z(1 - z) * (delta_out @ w.T)", "you wrote z(1 - z) as a call: * is missing."),
    ("delta", "(y - target)(1 - y)", "you wrote (y - target)(1 - y) as a call: * is missing."),
    ("error", "0.5 (y - target)**2", "you wrote 0.5 (y - target) as a call: * is missing."),
    ("slope", "2delta", "in line 4, a * is missing between 2 and delta."),
    ("slope", "2x * delta", "in line 4, a * is missing between 2 and x."),
    ("slope", "delta x", "in line 4, something as * is missing between delta and x."),
    ("slope", "(w*x - target) x", "something as * is missing between ) and x."),
    ("error", "0.5 delta", "something as * is missing between 0.5 and delta."),
    (
        "slope",
        "deltax",
        "name 'deltax' is not defined: it is one name for Python: is it delta * x?",
    ),
    ("output", "x(0)", "you wrote x(0) as a call: an entry is written x[0]."),
    # names
    ("delta", "y - tarket", "name 'tarket' is not defined: did you mean target?"),
    ("delta", "Y - target", "name 'Y' is not defined: did you mean y?"),
    ("step", "quux", "name 'quux' is not defined; these are: w, x, target, epsilon, dE_dw."),
    (
        "sigmoid-slope",
        "math.exp(-u)",
        "name 'math' is not defined: write import math at the top, or use NumPy's functions, as "
        "np.exp.",
    ),
    ("sigmoid-slope", "exp(-u)", "name 'exp' is not defined: it is NumPy's: np.exp."),
    (
        "delta",
        "sqrt(y)",
        "name 'sqrt' is not defined: it is NumPy's: np.sqrt, with import numpy as np at the top.",
    ),
    ("sigmoid-slope", "e**-u", "name 'e' is not defined: a power of e is np.exp(...)."),
    (
        "sigmoid-slope",
        "numpy.exp(u)",
        "name 'numpy' is not defined: NumPy is called np, as in np.exp.",
    ),
    ("sigmoid-slope", "sigmoid(u)", "the sigmoid of u is 1 / (1 + np.exp(-u))."),
    (
        "sigmoid-slope",
        "np.sigmoid(u)",
        "there is no np.sigmoid: the sigmoid of u is 1 / (1 + np.exp(-u)).",
    ),
    ("gradient", "np.dots(x.T, delta)", "there is no np.dots: did you mean np.dot?"),
    ("stop", "true", "name 'true' is not defined: True has a capital letter."),
    (
        "bug-in-the-sum",
        "dE += delta_t * x[t]",
        "dE has no value yet in this line: did you mean dE_dw?",
    ),
    ("early-stopping", "(n - best) > patience and bset", "did you mean best?"),
    # letters of the slides
    ("delta", "y − target", "in line 2, '−' (U+2212) is not Python's: type -."),
    ("delta", "y – target", "'–' (U+2013) is not Python's: type -."),
    ("slope", "delta × x", "'×' (U+00D7) is not Python's: type *."),
    ("slope", "delta · x", "'·' (U+00B7) is not Python's: type *."),
    (
        "slope",
        "delta·x",
        "name 'delta·x' is not defined: · is no operator, a product is written *.",
    ),
    ("error", "½ * (y - target)**2", "'½' (U+00BD) is not Python's: type 0.5."),
    ("error", "0.5*(y - target)²", "'²' (U+00B2) is not Python's: type **2."),
    ("delta", "“y” - target", 'type ".'),
    ("delta", "y\u00a0- target", "an invisible letter (U+00A0)"),
    ("gradient", "delta @ x₁", "the number of an entry is written in brackets, from 0 on"),
    ("slope", "δ * x", "name 'δ' is not defined: it is called delta here."),
    ("hidden-delta", "δ_out @ w.T", "it is called delta_out here."),
    ("layer-step", "w - ε * z.T @ delta_out", "it is called epsilon here."),
    ("weight-decay", "z.T @ delta_out + λ * w", "it is called decay here."),
    (
        "weight-decay",
        "z.T @ delta_out + lambda * w",
        "lambda is a word of Python's own: λ is called decay here.",
    ),
    ("sigmoid-slope", "σ(u)", "the sigmoid of u is 1 / (1 + np.exp(-u))."),
    ("weight-gradient", "zᵀ @ delta_out", "the transpose of z is z.T."),
    # operators
    ("error", "0.5 * (y - target)^2", "a power is written **, and not ^."),
    ("sigmoid-output", "(y - target)^2", "a power is written **, and not ^."),
    ("stop", "abs(dE_dw) =< tolerance", "=< is not Python's: write <=."),
    ("stop", "dE_dw < tolerance && -dE_dw < tolerance", "&& is not Python's: write and."),
    ("stop", "!(dE_dw < tolerance)", "! is not Python's: write not."),
    (
        "stop",
        "if abs(dE_dw) < tolerance",
        "a return gives a value, and an if is none: return the comparison itself",
    ),
    # products and shapes
    ("weight-gradient", "z.t @ delta_out", "the transpose is written .T, with a capital letter."),
    (
        "weight-gradient",
        "z * delta_out",
        "in z * delta_out do not fit entry by entry: is a bracket, an @ or a .T missing?",
    ),
    (
        "hidden-delta",
        "z * (1 - z) * delta_out @ w.T",
        "in z * (1 - z) * delta_out do not fit entry by entry: is a bracket,",
    ),
    ("weight-gradient", "z @ delta_out", "in z @ delta_out two sizes do not fit ("),
    (
        "weight-gradient",
        "np.dot(z, delta_out)",
        "do not fit, for 5 is not 6: is a .T missing, or are the two in the wrong order?",
    ),
    (
        "gradient",
        "np.dot(delta, x.T)",
        "in np.dot the shapes (3,) and (2,3) do not fit, for 3 is not 2: is a .T missing",
    ),
    ("delta", "y @ target", "@ multiplies arrays, and one of the two is a number: write *."),
    (
        "gradient",
        "x @ 2.0",
        "@ multiplies arrays, and one of the two is none in x @ 2.0: is it a number, where * "
        "belongs",
    ),
    ("gradient", "x.transpose @ delta", "or are brackets missing?"),
    (
        "gradient",
        "np.sum(delta @ x)",
        "gave one number, and should give an array of shape (2,): is there a sum without axis=?",
    ),
    ("gradient", "delta.sum(axis=1)", "there is no axis 1: the array has 1, counted from 0."),
    (
        "output",
        "x[:, 0] * w[0] + x[:, 2] * w[2]",
        "there is no entry 2: there are 2, counted from 0.",
    ),
    (
        "output",
        "x[:, :, 0]",
        "the array has 2 axes, and there are 3 numbers in the square brackets.",
    ),
    ("hidden-delta", "(z * (1 - z) * (delta_out @ w.T)).T", "it is transposed."),
    (
        "bug-in-the-sum",
        "dE_dw += delta_t * x",
        "an array of shape (7,2) does not fit into one of shape (2,) in dE_dw += delta_t * x.",
    ),
    (
        "bug-in-the-sum",
        "dE_dw[0] = delta_t * x[t]",
        "an array is put where one number belongs: is an index missing, or a sum?",
    ),
    (
        "gradient",
        "delta if x else 0",
        "if, and, or and not take one True or False, and there is an array of them",
    ),
    # one number
    ("delta", "y.T - target", "there is one number in front of .T, and no array."),
    ("delta", "len(y)", "len(y) needs an array or a list, and has one number."),
    ("delta", "y[0]", "y[0] needs an array or a list, and has one number."),
    ("delta", "sum(y)", "sum(y) needs an array or a list, and has one number."),
    ("gradient", "x.length", "an array has no .length: it is len(...), or .shape."),
    ("sigmoid-slope", "u.exp()", "an array has no .exp: it is np.exp(...)."),
    ("delta", "len(print(y))", "len(print(y)) needs an array or a list, and has nothing (None)."),
    ("gradient", "np.sum[x]", "a function is called with round brackets."),
    ("gradient", "len(np.sum(x))", "needs an array or a list, and has one number."),
    ("gradient", "[a for a in 3]", "a number cannot be gone through: is it for t in range(...)?"),
    # what is given back
    (
        "delta",
        "print(y - target)",
        "it gave nothing (None): is there a return, on every way through, and not only a print?",
    ),
    ("delta", "y, target", "is there a comma or a bracket too many?"),
    ("output", "x @ w, 1", "it gave a tuple of things of different shapes"),
    (
        "output",
        "x @ w, x @ w",
        "There are several things with a comma between them in the return: give one.",
    ),
    ("gradient", "x.sum", "it gave a function, and not a number: are brackets missing"),
    ("delta", "lambda: y - target", "it gave a function, and not a number: are brackets missing"),
    (
        "gradient",
        "(d * r for d, r in zip(delta, x))",
        "it gave a generator, and not a number: is a sum(...) missing around it?",
    ),
    (
        "delta",
        "round(y - target)",
        "whole numbers only. Is there an array of integers, //, int() or round()?",
    ),
    (
        "error",
        "(9 * y - target) ** 2 // 2",
        "whole numbers only. Is there an array of integers, //, int() or round()?",
    ),
    # others
    ("delta", "delta(y, target)", "RecursionError in line 2: it calls itself without end"),
    (
        "error",
        "0.5 * error ** 2",
        "a function is no number: are the brackets missing, with what goes into it?",
    ),
    ("delta", "y / 0", "division by zero (in y / 0)."),
    (
        "sigmoid-output",
        "(y - target) / (y - y)",
        "something that is no number: nan or infinity. Is something divided by 0",
    ),
    (
        "delta",
        "y - 'target'",
        "in y - 'target' there is text in quotes, and no number: leave the quotes out.",
    ),
    ("delta", "y - [target]", "in y - [target] there is a list, and no array"),
    (
        "delta",
        "y - print(target)",
        "one of the two is nothing (None): is it from a function without a return, or from a "
        "print?",
    ),
    (
        "output",
        "np.zeros(2, 3)",
        "several sizes or entries need a bracket of their own: np.zeros((2, 3))",
    ),
    ("delta", "y - target)", "This is not Python: unmatched ')' in line 2."),
    ("delta", "(y - target", "This is not Python: '(' was never closed in line 2."),
]


@pytest.mark.parametrize(
    ("name", "hole", "says"), HOLES, ids=[f"{name}: {hole}" for name, hole, _ in HOLES]
)
def test_a_slip_in_the_hole_is_named(name, hole, says, tmp_path):
    result = said(tmp_path, name, hole)
    assert says in result.sentence
    assert result.sentence[-1] in ".?"
    assert not result.passed


HEAD = "import numpy as np\ndef gradient(x, target, w):\n    delta = x @ w - target\n"
FILES = [
    ("delta", "def delta(y, target):\n    return 1e-3 +* y\n", "invalid syntax in line 2."),
    ("delta", "def delta(y, target):\n    retrun y - target\n", "did you mean return?"),
    ("delta", "def delta(y, target):\n    Return y - target\n", "did you mean return?"),
    ("delta", "deff delta(y, target):\n    return y\n", "did you mean def?"),
    ("delta", "def delta(y target):\n    return y\n", "a comma is missing between y and target."),
    ("delta", "def delta(y, target):\n    if y > 0 then:\n        return y\n", "leave it out."),
    ("delta", "def delta(y, target):\n    return (y - target  # 2x\n", "'(' was never closed in"),
    ("delta", "def delta(y, target):\n    return 'hi! 2x' +* y\n", "invalid syntax in line 2."),
    (
        "layer-step",
        "def layer_step(z, w, delta_out):\n    return w -= 0.2 * z.T @ delta_out\n",
        "in line 2, return and -= do not go together: write return w - ..., or w -= ... in a line "
        "of its own, and then return w.",
    ),
    (
        "layer-step",
        "def layer_step(z, w, delta_out):\n    return w = w - 0.2 * z.T @ delta_out\n",
        "a return gives a value, and has no = in it: leave the name and = out.",
    ),
    (
        "layer-step",
        "def layer_step(z, w, delta_out):\n    v = w - a\n    a = 1\n    return v\n",
        "a has no value yet in this line: is the line that gives it one missing, or further down?",
    ),
    (
        "layer-step",
        "def layer_step(z, w, delta_out):\n    w -= 0.2 * z.T @ delta_out\n",
        "it gave nothing (None): is there a return, on every way through, and not only a print?",
    ),
    (
        "delta",
        "def delta(y, target)\n    return y - target\n",
        "This is not Python: expected ':' in line 1.",
    ),
    (
        "delta",
        "def delta(y, target):\nreturn y - target\n",
        "in line 2, expected an indented block after function definition on "
        "line 1: begin the line with four blanks more.",
    ),
    (
        "delta",
        "def delta(y, target):\n\ta = 1\n        return y\n",
        "in line 3, tabs and blanks are mixed at the beginning of lines",
    ),
    (
        "delta",
        "def delta(y, target):\n    a = 1\n   return y\n",
        "in line 3, the line begins where no line above begins",
    ),
    (
        "delta",
        "def delta(y, target):\n    a = 1\n      return y\n",
        "in line 3, the line begins too far to the right.",
    ),
    ("delta", "y = 2.0\nreturn y\n", "in line 2, the return is outside of the function"),
    (
        "delta",
        "def Delta(y, target):\n    return y\n",
        "There is no function delta in the file: there is one that is called Delta, and "
        "the name has to stay.",
    ),
    (
        "delta",
        "def delta(y):\n    return y\n",
        "the function takes other arguments than it had: leave the line with def as it was.",
    ),
    ("delta", "def delta(y, target, w):\n    return y\n", "takes other arguments than it had"),
    (
        "delta",
        "%matplotlib inline\n",
        "in line 1, lines that begin with % or ! are for notebooks: leave them out.",
    ),
    ("delta", ">>> def delta(y, target):\n", "in line 1, leave >>> out."),
    (
        "delta",
        "def delta(y, target):\n    if y:\n        return 1\n    else if target:\n        return "
        "2\n",
        "else if is written elif.",
    ),
    (
        "gradient",
        HEAD + "    g = np.array([0, 0])\n    g += delta @ x\n    return g\n",
        "an array of whole numbers takes up no fractions: make it with np.zeros(n), or of 0.0.",
    ),
    (
        "gradient",
        HEAD
        + "    g = np.array([0, 0])\n    g[0] = delta @ x[:, 0]\n    g[1] = delta @ x[:, 1]\n    "
        "return g\n",
        "whole numbers only. Is there an array of integers, //, int() or round()?",
    ),
    (
        "gradient",
        HEAD + "    for t in len(x):\n        pass\n",
        "a number cannot be gone through: is it for t in range(...)?",
    ),
    (
        "gradient",
        HEAD + "    return x[len(x) / 2]\n",
        "what is in the square brackets has to be a whole number.",
    ),
    (
        "gradient",
        HEAD + "    x *= 0\n    return x.sum(axis=0) + 1\n",
        "It changes an array that it was given",
    ),
    (
        "sigmoid-slope",
        "import math\ndef slope(u):\n    return math.exp(-u)\n",
        "one number is needed, and there is an array: functions of math take numbers, and those of "
        "np arrays.",
    ),
    (
        "delta",
        "import math\ndef delta(y, target):\n    return math.sqrt(-1)\n",
        "a root or logarithm of a negative number",
    ),
    (
        "delta",
        "import math\ndef delta(y, target):\n    return math.exp(1e4)\n",
        "a number became too large",
    ),
]


@pytest.mark.parametrize(("name", "source", "says"), FILES, ids=[says[:40] for _, _, says in FILES])
def test_a_slip_in_a_file_is_named(name, source, says, tmp_path):
    assert says in said(tmp_path, name, source=source).sentence


@pytest.mark.parametrize("name", list(EXERCISES))
def test_no_slip_ends_in_words_of_python_alone(name, tmp_path):
    for hole in (
        "nothing_like_it",
        "y z",
        "2 3",
        "(",
        "1 +* 2",
        "''.x",
        "[].T",
        "{}['a']",
        "undefined(1)",
    ):
        sentence = said(tmp_path, name, hole).sentence
        assert "Traceback" not in sentence
        assert len(sentence) < 340
        assert "line" in sentence


def test_right_work_that_changes_its_inputs_is_right_and_is_told_so(tmp_path):
    source = "def layer_step(z, w, delta_out):\n    w -= 0.2 * z.T @ delta_out\n    return w\n"
    result = said(tmp_path, "layer-step", source=source)
    assert result.passed
    assert (
        result.sentence
        == "Right. It changes an array that it was given, which belongs to whoever calls it."
    )
    copied = source.replace("    w -=", "    w = w.copy()\n    w -=")
    assert said(tmp_path, "layer-step", source=copied).sentence == "Right."


def test_an_error_whose_own_words_are_an_error_is_told_all_the_same(tmp_path):
    source = "class E(TypeError):\n    def __str__(self):\n        raise self\n\n\n"
    source += "def delta(y, target):\n    raise E\n"
    assert "it raised E in line 7" in said(tmp_path, "delta", source=source).sentence
    source = "def delta(y, target):\n    raise NameError\n"
    assert "it raised NameError in line 2" in said(tmp_path, "delta", source=source).sentence


def test_a_long_line_is_shortened_and_a_line_that_is_drawn_out_is_made_one(tmp_path):
    long = "(" + " + ".join(["y"] * 40) + ")(1 - y)"
    sentence = said(tmp_path, "delta", long).sentence
    assert "... as a call: * is missing." in sentence
    assert (
        "you wrote y( 1 - y ) as a call"
        in said(tmp_path, "delta", "y(\n        1 - y\n    )").sentence
    )
