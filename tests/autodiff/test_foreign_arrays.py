"""Arrays of other libraries beside a Value: the graph is kept, or the operation is refused."""

import operator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import xarray
from numpy import polynomial

from tinygrad_edu import DTypeError, Value

X = np.array([1.5, 2.0, 0.5])
SQUARE = np.array([[1.5, 2.0, 0.5], [1.0, 3.0, 2.0], [0.5, 1.0, 4.0]])
ARITHMETIC = {name: getattr(operator, name) for name in
              ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")}
UFUNCS = {f"np.{f.__name__}": f for f in (np.add, np.subtract, np.multiply, np.divide, np.power,
                                          np.maximum)}
KEPT = {
    "Series": pd.Series(X), "Series of integers": pd.Series([1, 2, 3]),
    "nullable Series": pd.Series(X, dtype="Float64"), "Index": pd.Index(X),
    "DataFrame": pd.DataFrame(SQUARE), "extension array": pd.array(X),
    "record array": X.view(np.recarray), "list": X.tolist(), "float64": np.float64(1.5),
    "0-d array": np.array(1.5),
}


def mapped(tmp_path):
    on_disk = np.memmap(tmp_path / "x", dtype=float, mode="w+", shape=X.shape)
    on_disk[:] = X
    return on_disk


def gradients(operate, left):
    """(Σ operate(left, v), its gradient), where v is (3,)."""
    v = Value([2.0, 3.0, 1.5], name="v")
    result = operate(left, v)
    assert isinstance(result, Value)
    result.sum().backward()
    return result.data, v.grad


def equal(left, operate):
    expected, gradient = gradients(operate, np.asarray(left, dtype=float))
    result = gradients(operate, left)
    np.testing.assert_array_equal(result[0], expected)
    np.testing.assert_array_equal(result[1], gradient)


@pytest.mark.parametrize(("left", "operate"), [
    pytest.param(left, operate, id=f"{kind} {name}") for kind, left in KEPT.items()
    for name, operate in {**ARITHMETIC, **UFUNCS}.items()
    if not (kind == "Index" and name in UFUNCS)])  # which are refused
def test_an_array_of_another_library_on_the_left_is_as_good_as_a_numpy_array(left, operate):
    equal(left, operate)


@pytest.mark.parametrize("operate", ARITHMETIC.values(), ids=ARITHMETIC)
def test_an_array_on_disk_is_as_good_as_one_in_memory(tmp_path, operate):
    equal(mapped(tmp_path), operate)
    equal(mapped(tmp_path), lambda a, b: a @ b)


@pytest.mark.parametrize("left", [pd.Series(X), pd.DataFrame(SQUARE)], ids=["Series", "DataFrame"])
@pytest.mark.parametrize("right", [True, False], ids=["on the right", "with np.asarray"])
def test_a_product_with_a_table_has_its_gradient(left, right):
    v = Value([2.0, 3.0, 1.5])
    result = v @ left if right else np.asarray(left) @ v
    result.sum().backward()
    columns = np.asarray(left).sum(axis=1 if right else 0) if left.ndim == 2 else X
    np.testing.assert_array_equal(v.grad, columns)


class Column:
    """A table that asks for a float, as polars does."""

    def __mul__(self, other):
        return float(other)


POLYNOMIAL = polynomial.Polynomial([1.0, 2.0])
MASKED = np.ma.array(X, mask=[False, True, False])
LABELLED = xarray.DataArray(X)
SPARSE = scipy.sparse.csr_array(SQUARE)
REFUSED = {
    "DataFrame @ v": lambda v: pd.DataFrame(SQUARE) @ v, "Series @ v": lambda v: pd.Series(X) @ v,
    "DataFrame.dot": lambda v: pd.DataFrame(SQUARE).dot(v),
    "DataFrame.mul": lambda v: pd.DataFrame(SQUARE).mul(v),
    "np.multiply of an Index": lambda v: np.multiply(pd.Index(X), v),
    "np.matmul of a DataFrame": lambda v: np.matmul(pd.DataFrame(SQUARE), v),
    "array.dot": lambda v: SQUARE.dot(v), "array.dot of a vector": lambda v: X.dot(v),
    "record array.dot": lambda v: X.view(np.recarray).dot(v),
    "masked without a mask": lambda v: np.ma.array(X) * v,
    "np.ma.multiply": lambda v: np.ma.multiply(MASKED, v), "np.ma.exp": np.ma.exp,
    "masked.dot": lambda v: MASKED.dot(v), "v + masked": lambda v: v + MASKED,
    "sparse @ v": lambda v: SPARSE @ v, "sparse * v": lambda v: SPARSE * v,
    "sparse / v": lambda v: SPARSE / v, "sparse.dot": lambda v: SPARSE.dot(v),
    "sparse + v": lambda v: SPARSE + v, "v @ sparse": lambda v: v @ SPARSE,
    "sparse.multiply": lambda v: SPARSE.multiply(v),
    "matrix.dot": lambda v: np.matrix(SQUARE).dot(v),
    "sum of labelled": lambda v: (LABELLED * v).sum(),
    "values of labelled": lambda v: (LABELLED * v).values,
    "np.ma.sum": np.ma.sum, "np.ma.mean": np.ma.mean, "np.ma.inner": lambda v: np.ma.inner(X, v),
    "np.ma.average": lambda v: np.ma.average(X, weights=v),
    "polynomial of v": lambda v: POLYNOMIAL(v),
    "polyadd": lambda v: polynomial.polynomial.polyadd(X, v),
    "coefficients": lambda v: polynomial.polynomial.polyval(2.0, v), "np.r_": lambda v: np.r_[X, v],
    "np.vectorize": lambda v: np.vectorize(lambda x: 2.0 * x)(v),
    "array * list": lambda v: X * list(v), "list - array": lambda v: list(v) - X,
    "array @ list": lambda v: X @ [v[0], v[1], 2.0],
    "array - rows": lambda v: SQUARE - [v, v, v], "array.searchsorted": lambda v: X.searchsorted(v),
    "float in an operator": lambda v: Column() * v[0],
} | {f"masked {name}": lambda v, operate=operate: operate(MASKED, v)
     for name, operate in ARITHMETIC.items()} | {
    f"matrix {name}": lambda v, operate=operate: operate(np.matrix(X), v)
    for name, operate in ARITHMETIC.items() if name != "pow"}


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # np.matrix
@pytest.mark.parametrize("operate", REFUSED.values(), ids=REFUSED)
def test_an_operation_that_would_lose_the_graph_is_refused(operate):
    with pytest.raises(TypeError, match=r"graph|masked array|np\.matrix|sparse"):
        operate(Value([2.0, 3.0, 1.5]))


@pytest.mark.parametrize("table", [pd.Series(X), pd.DataFrame(SQUARE)], ids=["Series", "DataFrame"])
@pytest.mark.parametrize("operate", [operator.iadd, operator.isub, operator.imul,
                                     operator.itruediv])
def test_a_table_does_not_take_a_value_in(table, operate):
    with pytest.raises(TypeError, match="series = series"):
        operate(table.copy(), Value(X))


def test_a_labelled_array_holds_a_value_with_its_graph():
    v = Value([2.0, 3.0, 1.5])
    (LABELLED * v).data.sum().backward()
    np.testing.assert_array_equal(v.grad, X)


def test_a_table_of_no_numbers_is_refused_in_a_sentence():
    for table in (pd.Series(["a", "b", "c"]), pd.Series(pd.to_datetime(["2024-01-01"] * 3))):
        with pytest.raises(DTypeError, match="real numbers"):
            table * Value(X)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod"):
        with pytest.raises(TypeError):
            ARITHMETIC[name](POLYNOMIAL, Value(X))


def test_a_conversion_on_its_own_gives_plain_numbers():
    v = Value(X)
    for convert in (np.array, np.asarray, pd.Series, np.ma.array, np.float64, pd.Index,
                    lambda v: pd.DataFrame({"loss": v})["loss"], lambda v: np.array([v, v])[0],
                    lambda v: np.asarray(np.array(v), dtype=float)):
        np.testing.assert_array_equal(convert(v), X)
    assert 1.0 + np.sum([v[0], v[0]]) == 1.0 + 2.0 * X[0]
    assert "%.1f, %s" % (v[0], v[0]) == "1.5, Value(1.5, op='[·]')"  # noqa: UP031


def test_a_program_may_name_a_function_after_an_operation():
    def dot(a, b):
        return np.array(a) @ np.array(b) * float(Value(2.0))

    assert dot(Value(X), X) == dot(X, Value(X)) == 2.0 * X @ X


def test_values_can_be_plotted():
    v, figure = Value(X), plt.figure()
    axes = figure.subplots()
    axes.plot(v, v)
    axes.scatter(v, v)
    axes.fill_between(v, v)
    axes.hist(v)
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), X)
    plt.close(figure)
