"""A student's mistakes: each is met by an error of the right type, in a few words that say what to do."""

import numpy as np
import pytest

from tinygrad_edu import Value, concatenate, exp, grad, hessian, hvp, jacobian, jvp, matmul, stack, vjp, where
from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.mistakes import DTypeError, ShapeError

x, v, w = Value(2.0), Value([1.0, 2.0, 3.0], name="v"), Value(np.ones((2, 3)), name="w")
three = np.ones(3)


def assign(value, attribute, new):
    setattr(value, attribute, new)


def write(value, index, new):
    value[index] = new


# what is done: (how, the error, words that its message must contain)
MISTAKES = {
    # shapes
    "v + two": (lambda: v + np.ones(2), ShapeError, ["v + b", "(3,)", "(2,)", "equal or 1"]),
    "two * v": (lambda: np.ones(2) * v, ShapeError, ["a × v", "(2,)", "(3,)"]),
    "v ** two": (lambda: v ** Value(np.ones(2)), ShapeError, ["(3,)", "(2,)"]),
    "np.maximum(v, two)": (lambda: np.maximum(v, np.ones(2)), ShapeError, ["maximum", "v", "(3,)", "(2,)"]),
    "where(c, v, two)": (lambda: where(v > 0, v, np.ones(2)), ShapeError, ["where", "v is (3,)", "(2,)"]),
    "v < two": (lambda: v < np.ones(2), ShapeError, ["(3,)", "(2,)"]),
    "w @ w": (lambda: w @ w, ShapeError, ["w @ w", "(2, 3)", "3 rows", "w.T"]),
    "x @ w like the slides": (lambda: Value(np.ones((4, 3)), name="x") @ Value(np.ones((2, 3)), name="w"), ShapeError,
                              ["x @ w: x is (4, 3) and w is (2, 3)", "x's 3 columns need 3 rows in w", "Did you mean w.T?"]),
    "array @ w": (lambda: np.ones((2, 5)) @ w, ShapeError, ["A @ w", "(2, 5)", "(2, 3)"]),
    "matmul(w, two)": (lambda: matmul(w, np.ones(2)), ShapeError, ["w @ B", "(2,)", "3 rows"]),
    "batches that differ": (lambda: Value(np.ones((2, 3, 3))) @ np.ones((4, 3, 3)), ShapeError, ["batch"]),
    "x @ v": (lambda: x @ v, ShapeError, ["axis", "*"]),
    "v @ 2": (lambda: v @ 2, ShapeError, ["axis", "*"]),
    "concatenate of unlike rows": (lambda: concatenate([v, w]), ShapeError, ["concatenate", "(3,)", "(2, 3)", "axis"]),
    "concatenate of numbers": (lambda: concatenate([x, x]), ShapeError, ["concatenate", "stack"]),
    "concatenate without a list": (lambda: concatenate(v, v), TypeError, ["concatenate", "list"]),
    "concatenate of nothing": (lambda: concatenate([]), ValueError, ["concatenate", "at least one"]),
    "stack of unlike arrays": (lambda: stack([v, w]), ShapeError, ["stack", "(3,)", "(2, 3)", "same shape"]),
    "stack of many, one of them unlike": (lambda: stack([v] * 100 + [w]), ShapeError, ["stack", "(2, 3)"]),
    "stack of nothing": (lambda: stack([]), ValueError, ["stack", "at least one"]),
    "reshape to another size": (lambda: w.reshape(4, 2), ShapeError, ["w", "(2, 3)", "size 6", "(4, 2)"]),
    "reshape with two unknowns": (lambda: w.reshape(-1, -1), ShapeError, ["w", "one unknown"]),
    "broadcast to less": (lambda: np.broadcast_to(w, (3, 2)), ShapeError, ["w", "(2, 3)", "(3, 2)"]),
    "transpose twice the same": (lambda: w.transpose((0, 0)), ShapeError, ["w", "(2, 3)", "axes=(0, 0)", "repeated"]),
    "transpose to an axis that is not there": (lambda: w.transpose((0, 5)), ShapeError, ["w", "(2, 3)", "axes=(0, 5)"]),
    # what is not a number
    "Value('abc')": (lambda: Value("abc"), DTypeError, ["'abc'", "not a number"]),
    "Value('3.0')": (lambda: Value("3.0"), DTypeError, ["'3.0'", "not a number"]),
    "Value(None)": (lambda: Value(None), DTypeError, ["None", "not a number"]),
    "Value({})": (lambda: Value({"w": 1.0}), DTypeError, ["w", "not a number"]),
    "Value of ragged rows": (lambda: Value([[1, 2], [3]]), ShapeError, ["[[1, 2], [3]]", "equally long"]),
    "Value of long ragged rows": (lambda: Value([list(range(500)), [3]]), ShapeError, ["equally long"]),
    "Value of words": (lambda: Value(["a", "b"]), DTypeError, ["'a'", "real numbers"]),
    "Value(1j)": (lambda: Value(1j), DTypeError, ["complex", "float64"]),
    "Value of objects": (lambda: Value(np.array([None])), DTypeError, ["object", "real numbers"]),
    "Value of float16": (lambda: Value(np.float16(1)), DTypeError, ["float16", "float32"]),
    "Value of a generator": (lambda: Value(i for i in range(3)), DTypeError, ["generator"]),
    "Value of a Value": (lambda: Value(x), DTypeError, ["already", "v.data"]),
    "Value of Values": (lambda: Value([x, x]), DTypeError, ["stack"]),
    "x + 'a'": (lambda: x + "a", DTypeError, ["'a'", "not a number"]),
    "None * v": (lambda: None * v, DTypeError, ["None", "not a number"]),
    "exp('a')": (lambda: exp("a"), DTypeError, ["'a'", "not a number"]),
    # backward
    "backward from an array": (lambda: v.backward(), ShapeError, ["v", "(3,)", "sum()", "seed"]),
    "a seed of another shape": (lambda: w.backward(three), ShapeError, ["seed", "(3,)", "w", "(2, 3)"]),
    "a seed for a number": (lambda: x.backward([1.0]), ShapeError, ["seed", "(1,)", "()"]),
    "a seed that is a word": (lambda: x.backward("a"), DTypeError, ["'a'", "not a number"]),
    # asking an array for one answer
    "if v": (lambda: bool(v), ShapeError, ["v", "(3,)", "if", "where"]),
    "float(v)": (lambda: float(v), ShapeError, ["v", "(3,)", "not one number"]),
    "v.item()": (lambda: v.item(), ShapeError, ["v", "(3,)", "not one number"]),
    "len(x)": (lambda: len(x), TypeError, ["no length"]),
    "for _ in x": (lambda: list(x), TypeError, ["one number"]),
    # axes and indices
    "an axis that is not there": (lambda: w.sum(axis=2), ShapeError, ["w", "(2, 3)", "axis=2", "out of bounds"]),
    "np.max over one that is not": (lambda: np.max(w, axis=-3), ShapeError, ["max", "w", "axis=-3"]),
    "an axis that is no integer": (lambda: w.mean(axis=1.5), TypeError, ["mean", "axis=1.5", "integer"]),
    "concatenate along none": (lambda: concatenate([v, v], axis=1), ShapeError, ["(3,)", "axis=1"]),
    "v[5]": (lambda: v[5], IndexError, ["v[5]", "out of bounds", "(3,)"]),
    "w[0, 7]": (lambda: w[0, 7], IndexError, ["w", "7", "(2, 3)"]),
    "w[0][0][0]": (lambda: w[0][0][0], (IndexError, TypeError), ["one number"]),
    "x[0]": (lambda: x[0], (IndexError, TypeError), ["one number"]),
    "v['a']": (lambda: v["a"], IndexError, ["integers", "(3,)"]),
    "v[1.0]": (lambda: v[1.0], IndexError, ["integers", "(3,)"]),
    "v[x]": (lambda: v[x], DTypeError, ["index", "integers"]),
    "a mask of another shape": (lambda: w[np.ones((9, 9)) > 0], IndexError, ["w", "(2, 3)"]),
    "an index of many": (lambda: v[np.arange(900)], IndexError, ["v", "out of bounds", "(3,)"]),
    # assigning
    "v[0] = 1": (lambda: write(v, 0, 1.0), TypeError, ["v", "written", "where"]),
    "v.data[0] = 1": (lambda: write(v.data, 0, 1.0), ValueError, ["read-only"]),
    "data of another shape": (lambda: assign(v, "data", [1, 2]), ShapeError, ["v", "(3,)", "(2,)"]),
    "data of a result": (lambda: assign(v * 2, "data", three), TypeError, ["multiply", "parents"]),
    "grad of another shape": (lambda: assign(v, "grad", [1.0, 2.0]), ShapeError, ["(3,)", "(2,)"]),
    "an attribute that is not": (lambda: assign(v, "gard", 1.0), AttributeError, ["gard"]),
    # parameters
    "sum(axes=)": (lambda: ops.sum(w, axes=1), TypeError, ["sum", "axes", "axis"]),
    "np.sum(dtype=)": (lambda: np.sum(w, dtype=float), TypeError, ["sum", "dtype"]),
    "np.mean(v, 0, float)": (lambda: np.mean(w, 0, float), TypeError, ["mean", "keepdims"]),
    "exp(base=)": (lambda: exp(x, base=2), TypeError, ["exp", "base"]),
    "exp()": (lambda: exp(), TypeError, ["exp", "u", "0"]),
    "exp(x, x)": (lambda: exp(x, x), TypeError, ["exp", "too many"]),
    "ops.multiply(x)": (lambda: ops.multiply(x), TypeError, ["multiply", "a and b", "1"]),
    "reshape()": (lambda: ops.reshape(w), TypeError, ["reshape", "shape"]),
    "np.linalg.eigvalsh(w)": (lambda: np.linalg.eigvalsh(w @ w.T), TypeError, ["np.linalg.eigvalsh", "v.data"]),
    "np.add(v, 1, out=)": (lambda: np.add(v, 1, out=np.ones(3)), TypeError, ["np.add", "out="]),
    # derivatives
    "grad of an array": (lambda: grad(lambda a: a * 2)(three), ShapeError, ["one number", "(3,)", "jacobian"]),
    "hessian of an array": (lambda: hessian(lambda a: a * 2)(three), ShapeError, ["one number", "(3,)"]),
    "grad of a word": (lambda: grad(lambda a: a)("a"), DTypeError, ["'a'", "not a number"]),
    "grad of nothing": (lambda: grad(lambda a: None)(1.0), DTypeError, ["None", "return"]),
    "grad of two results": (lambda: grad(lambda a: (a, a))(1.0), DTypeError, ["stack"]),
    "grad without a function": (lambda: grad(3.0)(1.0), TypeError, ["callable"]),
    "grad by the second of one": (lambda: grad(lambda a: a, argnums=1)(1.0), IndexError, ["argnums is 1", "1 argument"]),
    "jacobian by the second of one": (lambda: jacobian(exp, argnums=1)(1.0), IndexError, ["argnums is 1", "1 argument"]),
    "hvp by the second of one": (lambda: hvp(lambda a: a, argnums=1)(1.0, 1.0), IndexError, ["argnums is 1", "1 argument"]),
    "hvp without v": (lambda: hvp(lambda a: a * a)(1.0), (TypeError, IndexError), ["v"]),
    "hvp along another shape": (lambda: hvp(lambda a: a.sum())(three, np.ones(2)), ShapeError, ["(3,)", "(2,)"]),
    "jvp along another shape": (lambda: jvp(lambda a: a, [1.0], [three]), ShapeError, ["()", "(3,)", "shape"]),
    "jvp along too few": (lambda: jvp(lambda a, b: a, [1.0, 2.0], [1.0]), ShapeError, ["each x needs a tangent"]),
    "jvp without lists": (lambda: jvp(lambda a: a, 1.0, 1.0), TypeError, ["jvp", "xs"]),
    "a ybar of another shape": (lambda: vjp(lambda a: a, three)[1](1.0), ShapeError, ["ybar", "()", "(3,)"]),
}


@pytest.fixture(params=MISTAKES.values(), ids=MISTAKES)
def mistake(request):
    return request.param


def test_a_mistake_gets_the_right_error_in_the_right_words(mistake):
    make, error, words = mistake
    with pytest.raises(error) as caught:
        make()
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_message_fits_on_two_lines(mistake):
    make, *_ = mistake
    with pytest.raises(Exception) as caught:  # noqa: PT011
        make()
    message = str(caught.value)
    assert len(message) <= 300
    assert message.count("\n") <= 1


def test_the_engine_works_on_after_a_mistake(mistake):
    make, *_ = mistake
    with pytest.raises(Exception):  # noqa: B017, PT011
        make()
    a, b = Value(3.0), Value(three)
    (a * a * b).sum().backward()
    assert a.grad == 18.0
    assert b.grad.tolist() == [9.0] * 3
    assert v.data.tolist() == [1.0, 2.0, 3.0]
    assert grad(grad(lambda a: a * a * a))(2.0) == 12.0


def test_shape_and_type_errors_are_pythons_own_kinds():
    assert issubclass(ShapeError, ValueError)
    assert issubclass(DTypeError, TypeError)


def test_the_cause_is_kept_for_who_wants_it():
    with pytest.raises(ShapeError) as caught:
        v + np.ones(2)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_error_in_the_students_own_function_comes_through_unchanged():
    def broken(a):
        return a * undefined  # noqa: F821

    with pytest.raises(NameError, match="undefined"):
        grad(broken)(1.0)
    assert type(grad(lambda a: a * a)(1.0)) is float
