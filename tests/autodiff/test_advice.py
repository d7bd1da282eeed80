"""What is listed works, and what is advised instead of other libraries' names does the same."""

import re
from types import BuiltinFunctionType, FunctionType

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import Value
from tinygrad_edu.autodiff import advice
from tinygrad_edu.autodiff.primitive import OPERATIONS
from tinygrad_edu.autodiff.value import BY_NUMPY, FACTS

V, W = np.array([1.5, 2.75, 1.25]), np.array([1.2, -2.5, 3.5])
A, B = np.array([[2.0, 1.0, 0.5], [0.0, 3.0, 1.0], [1.0, 0.5, 4.0]]), np.arange(9.0).reshape(3, 3)
SEQUENCES = {"column_stack", "dstack", "hstack", "vstack"}  # take a list of arrays
SECOND = {"array_split": [1, 2], "heaviside": 1.0, "linalg.matrix_power": 2}
INPUTS = {"arctanh": {"v": V / 3}, "nan_to_num": {"v": np.array([1.0, np.nan])},
          **{name: {"v": np.array([1.0, np.nan, 3.0])}
             for name in ("nanmax", "nanmin", "nanmean", "nansum", "nanprod")}}
NAMESPACE = {"np": np, **{name: getattr(tinygrad_edu, name) for name in tinygrad_edu.__all__},
             "max": tinygrad_edu.max, "min": tinygrad_edu.min, "sum": tinygrad_edu.sum}


def numpy_function(name):
    module, _, function = name.rpartition(".")
    return getattr(getattr(np, module) if module else np, function)


def numbers(x):
    if isinstance(x, (list, tuple)):
        return [numbers(item) for item in x]
    return x.data if isinstance(x, Value) else x


@pytest.mark.parametrize("name", advice.NUMPY)
def test_advice_on_a_numpy_function_does_what_the_function_does(name):
    inputs = {"v": V, "w": W, "A": A, "B": B} | INPUTS.get(name, {})
    expression = advice.NUMPY[name]
    used = [letter for letter in "ABvw" if re.search(rf"\b{letter}\b", expression)]
    arrays = [inputs[letter] for letter in (["v", "A"] if name == "vecmat" else used)]
    if name in SEQUENCES:
        arrays = [arrays]
    if name in SECOND:
        arrays.append(SECOND[name])
    expected = numpy_function(name)(*arrays)
    result = numbers(eval(expression, NAMESPACE, {k: Value(x) for k, x in inputs.items()}))
    if name == "linalg.slogdet":
        expected = expected[1]
    elif name == "linalg.lstsq":
        expected = expected[0]
    elif name in ("cov", "corrcoef"):  # matrices, of which the entry off the diagonal is wanted
        expected = expected[0, 1]
        result = result[0, 1] if np.ndim(result) else result
    if isinstance(result, list):
        assert [r.tolist() for r in result] == [e.tolist() for e in expected]
    else:
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", advice.SAME)
def test_names_that_are_said_to_be_the_same_are(name):
    ours, theirs = advice.SAME[name], getattr(np, name.rpartition(".")[2], None)
    x = np.array([[1.5, 2.0], [1.0, 3.0]]) / (4 if "tanh" in ours else 1)
    arguments = (x, x) if ours == "inner" else (x,)
    if theirs is not None and name != "cumulative_prod":
        np.testing.assert_array_equal(theirs(*arguments), numpy_function(ours)(*arguments))


def numpy_names():
    """All functions of np and np.linalg that a Value has no operation for."""
    for module, prefix in ((np, ""), (np.linalg, "linalg.")):
        for name in dir(module):
            function = getattr(module, name)
            if isinstance(function, (FunctionType, BuiltinFunctionType, np.ufunc)) or (
                    type(function).__name__ == "_ArrayFunctionDispatcher"):
                try:
                    if function not in BY_NUMPY and function not in FACTS:
                        yield prefix + name
                except TypeError:
                    continue


@pytest.mark.parametrize("name", sorted(set(numpy_names())))
def test_advice_never_names_another_function(name):
    sentence = advice.for_numpy(name)
    if sentence:
        assert advice.SAME.get(name, name) in advice.NUMPY  # which is compared with the function
        assert sentence.endswith(".")
        assert not sentence.endswith("..")


def test_a_name_that_only_resembles_an_operation_gets_no_advice():
    for name in ("isin", "tri", "identity", "sinc2", "arcos", "lognormal"):
        assert advice.for_numpy(name) == ""


@pytest.mark.parametrize(("call", "words"), [
    (lambda v: np.arcsinh(v), "np.arcsinh is not differentiable here (no gradient rule). "
                              "Use log(v + sqrt(v * v + 1))."),
    (lambda v: np.linalg.pinv(v), "np.linalg.pinv is not differentiable here"),
    (lambda v: np.add.reduce(v), "Use v.sum()."), (lambda v: np.isin(v, [1]), "call it on v.data."),
    (lambda v: np.exp(v, where=[True]), "np.exp with where= is not differentiable here"),
    (lambda v: v.cat, "Use concatenate([v, w])."), (lambda v: v.softmax, "Use softmax(v)."),
    (lambda v: v.median(), "Use 0.5 * (sort(v)"),
])
def test_the_error_says_what_to_use(call, words):
    with pytest.raises((TypeError, AttributeError)) as caught:
        call(Value(V))
    assert words in str(caught.value)


def test_methods_are_advised_on_in_their_own_words():
    operations = {name for name in advice.METHOD_NAMES if name in OPERATIONS}
    assert operations <= {"matmul"}  # the others are operations, and called as functions
    for name in advice.METHOD_NAMES:
        assert advice.for_method(name, OPERATIONS).startswith(" Use ")
        with pytest.raises(AttributeError, match=re.escape(f"a Value has no '{name}'. Use ")):
            getattr(Value(V), name)


# -- tab completion --------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [1.0, V, A], ids=["a number", "a vector", "a matrix"])
@pytest.mark.parametrize("make", [Value, lambda x: Value(x) * 2.0], ids=["leaf", "result"])
def test_what_is_listed_of_a_value_works(x, make):
    v = make(x)
    assert [name for name in dir(v) if not hasattr(v, name)] == []
    assert [name for name in dir(Value) if not hasattr(Value, name)] == []
    assert {"sum", "data", "grad", "backward", "T", "exp"} <= set(dir(v))


def test_what_is_advised_on_is_not_listed():
    for listed in (dir(Value), dir(Value(V))):
        assert {*advice.METHOD_NAMES, "softmax", "conv2d"}.isdisjoint(listed)


def test_all_public_names_are_listed_and_work():
    listed = dir(tinygrad_edu)
    assert set(tinygrad_edu.__all__) <= set(listed)
    assert {"draw", "plot", "movie", "explore", "check_gradient", "diagnose", "sum"} <= set(listed)
    assert [name for name in listed if not hasattr(tinygrad_edu, name)] == []
    assert "Any" not in listed
