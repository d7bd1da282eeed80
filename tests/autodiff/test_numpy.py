"""NumPy's functions on Values: those with a record give it, the others say so, and nothing becomes an array of objects."""

import copy
import pickle
import warnings

import numpy as np
import pytest

from tinygrad_edu import Value, detach, grad, no_record, stack
from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.mistakes import ShapeError

M, N, v = np.arange(6.0).reshape(2, 3) + 1, np.arange(12.0).reshape(3, 4), np.array([0.3, -0.2, 0.5])
S = np.array([[2.0, 1.0], [1.0, 3.0]])

CALLS = {  # as people write them, with NumPy's own arguments
    "clip": lambda np, M, N, v: np.clip(M, 2, 4),
    "clip by keyword": lambda np, M, N, v: np.clip(M, a_min=2, a_max=None),
    "clip from below": lambda np, M, N, v: np.clip(M, 3.0, None),
    "norm": lambda np, M, N, v: np.linalg.norm(M),
    "norm along": lambda np, M, N, v: np.linalg.norm(M, axis=1),
    "norm kept": lambda np, M, N, v: np.linalg.norm(M, None, 0, True),
    "norm 2": lambda np, M, N, v: np.linalg.norm(v, 2),
    "fro": lambda np, M, N, v: np.linalg.norm(M, "fro"),
    "einsum": lambda np, M, N, v: np.einsum("ij,jk->ik", M, N),
    "einsum implicit": lambda np, M, N, v: np.einsum("ij,jk", M, N),
    "einsum dots": lambda np, M, N, v: np.einsum("...j,jk->...k", M, N),
    "einsum of one": lambda np, M, N, v: np.einsum("ij->ji", M),
    "einsum broadcast": lambda np, M, N, v: np.einsum("ij,ij->i", M, M[:1]),
    "einsum spaces": lambda np, M, N, v: np.einsum(" i j , j -> i", M, v),
    "einsum transposed": lambda np, M, N, v: np.einsum("ba", M),
    "tensordot": lambda np, M, N, v: np.tensordot(M, N, 1),
    "tensordot axes": lambda np, M, N, v: np.tensordot(M, N, axes=([1], [0])),
    "tensordot 2": lambda np, M, N, v: np.tensordot(M, M),
    "tensordot axis": lambda np, M, N, v: np.tensordot(M, N, (1, 0)),
    "dot": lambda np, M, N, v: np.dot(M, N),
    "dot with a number": lambda np, M, N, v: np.dot(M, 2.0),
    "dot of vectors": lambda np, M, N, v: np.dot(v, v),
    "dot beyond": lambda np, M, N, v: np.dot(np.stack([M, M]), np.stack([N, N])),
    "outer": lambda np, M, N, v: np.outer(v, M),
    "trace": lambda np, M, N, v: np.trace(M, 1),
    "diag": lambda np, M, N, v: np.diag(v, 1),
    "diagonal": lambda np, M, N, v: np.diag(M),
    "tril": lambda np, M, N, v: np.tril(M, -1),
    "triu": lambda np, M, N, v: np.triu(M),
    "pad": lambda np, M, N, v: np.pad(M, 1),
    "pad with": lambda np, M, N, v: np.pad(M, ((1, 0), (0, 2)), constant_values=7),
    "pad mode": lambda np, M, N, v: np.pad(v, (1, 2), "constant"),
    "tile": lambda np, M, N, v: np.tile(v, (2, 2)),
    "repeat": lambda np, M, N, v: np.repeat(M, 2),
    "repeat along": lambda np, M, N, v: np.repeat( M, [1, 0, 2], axis=1),
    "take": lambda np, M, N, v: np.take(M, [0, 2, 2], axis=1),
    "take flat": lambda np, M, N, v: np.take(M, 4),
    "roll": lambda np, M, N, v: np.roll(M, 1, axis=0),
    "flip": lambda np, M, N, v: np.flip(M, 0),
    "sort": lambda np, M, N, v: np.sort(-M),
    "sort flat": lambda np, M, N, v: np.sort(-M, axis=None),
    "sort kind": lambda np, M, N, v: np.sort(M, kind=None),
    "ravel": lambda np, M, N, v: np.ravel(M),
    "squeeze": lambda np, M, N, v: np.squeeze(M[:1]),
    "expand_dims": lambda np, M, N, v: np.expand_dims(M, (0, 2)),
    "swapaxes": lambda np, M, N, v: np.swapaxes(M, 0, 1),
    "moveaxis": lambda np, M, N, v: np.moveaxis(M, 0, 1),
    "cumsum": lambda np, M, N, v: np.cumsum(M),
    "cumsum along": lambda np, M, N, v: np.cumsum(M, axis=1),
    "prod": lambda np, M, N, v: np.prod(M, axis=0),
    "var": lambda np, M, N, v: np.var(M, axis=0, ddof=1),
    "std": lambda np, M, N, v: np.std(M),
    "split": lambda np, M, N, v: np.split(M, 3, axis=1)[1],
    "split at": lambda np, M, N, v: np.split(v, [1, 2])[2],
    "split beyond": lambda np, M, N, v: np.split(v, [2, 1])[1],
    "sum out=None": lambda np, M, N, v: np.sum(M, axis=0, out=None, dtype=None),
    "amax": lambda np, M, N, v: np.amax(M, axis=1),
    "remainder": lambda np, M, N, v: np.remainder(M, v),
    "mod": lambda np, M, N, v: np.mod(M, 4),
    "floor_divide": lambda np, M, N, v: np.floor_divide(M, 4),
    "divmod": lambda np, M, N, v: divmod(M, 4)[1],
    "// %": lambda np, M, N, v: (M // 2) + (7 % M) + (M % 2) + (9 // M),
    "fabs": lambda np, M, N, v: np.fabs(v),
    "abs": lambda np, M, N, v: np.abs(v),
    "concatenate with an array": lambda np, M, N, v: np.concatenate( [M, [[1.0, 2.0, 3.0]]]),
    "concatenate flat": lambda np, M, N, v: np.concatenate([M, v], axis=None),
    "stack": lambda np, M, N, v: np.stack( [v, [1.0, 2.0, 3.0]], axis=1),
    "where": lambda np, M, N, v: np.where(v > 0, v, 0.0),
    "an array @ it": lambda np, M, N, v: M @ v,
    "methods": lambda np, M, N, v: M.var(axis=0) + M.std(0) + M.prod(axis=0) + M.cumsum(axis=1)[0] + M.clip(2,
        4)[1] + M.swapaxes(0, 1)[:, 0],
    "more methods": lambda np, M, N,
    v: M.ravel().take([0, 1]).sum() + M.repeat(2, axis=0).sum() + M[:1].squeeze().dot(v) + M.trace(),
}


def values_of(x):
    return getattr(x, "data", x) if isinstance(x, Value) else np.asarray(x)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_numpys_calls_give_on_values_what_they_give_on_arrays(call):
    expected = call(np, M, N, v)
    given = call(np, Value(M), Value(N), Value(v))
    assert isinstance(given, Value)
    assert given.op is not None
    np.testing.assert_allclose(values_of(given), expected, rtol=1e-14)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_numpys_calls_have_the_numerical_gradient(call):
    weights = np.random.default_rng(1).uniform(0.5, 1.0, np.shape(call(np, M, N, v)))
    f = lambda *xs: ops.sum(weights * call(np, *xs))  # noqa: E731
    xs = [x + np.random.default_rng(2).uniform(0.01, 0.02, x.shape) for x in (M, N, v)]
    for i, gradient in enumerate(grad(f, argnums=(0, 1, 2))(*xs)):
        for entry in range(xs[i].size):
            step = np.zeros(xs[i].size)
            step[entry] = 1e-5
            step = step.reshape(xs[i].shape)
            plus, minus = ([*xs[:i], xs[i] + t * step, *xs[i + 1 :]] for t in (1, -1))
            assert gradient.flat[entry] == pytest.approx((f(*plus) - f(*minus)) / 2e-5, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("function", "expected"), [
    (np.linalg.inv, np.linalg.inv(S)), (np.linalg.det, 5.0), (lambda S: np.linalg.solve(S, [1.0, 2.0]), [0.2, 0.6]),
    (np.trace, 5.0)])
def test_linear_algebra_goes_by_numpys_names(function, expected):
    np.testing.assert_allclose(values_of(function(Value(S))), expected, rtol=1e-14)


@pytest.mark.parametrize("make", [
    lambda v: np.float64(2) * v, lambda v: np.float32(2) * v, lambda v: np.int64(2) * v, lambda v: np.array(2) * v,
    lambda v: np.ones(3) * v,
    lambda v: np.float64(2) - v, lambda v: np.float32(2) / v, lambda v: np.float64(2) ** v, lambda v: np.ones(3) - v,
    lambda v: np.ones((2, 3)) @ v,
    lambda v: np.float64(7) // v, lambda v: np.ones(3) % v, lambda v: np.ones(3) / v, lambda v: np.True_ * v])
def test_numpys_own_numbers_on_the_left_give_a_value(make):
    v = Value([0.5, 1.5, 2.5])
    y = make(v)
    assert isinstance(y, Value)
    assert y.op is not None
    assert y.dtype == np.float64
    np.testing.assert_array_equal(y.data, make(v.data))


@pytest.mark.parametrize("make", [
    lambda v: np.float32(2) * v, lambda v: 2.0 * v, lambda v: v / 3, lambda v: np.exp(v), lambda v: v**2, lambda v: v**0.5,
    lambda v: np.clip(v, 0, 1),
    lambda v: np.linalg.norm(v), lambda v: v.var(), lambda v: ops.softmax(v), lambda v: ops.gelu(v), lambda v: ops.erf(v),
    lambda v: np.pad(v, 1),
    lambda v: ops.elu(v), lambda v: ops.cross_entropy(v, 1), lambda v: np.prod(v),
    lambda v: ops.dropout(v, 0.5, np.random.default_rng(0)),
    lambda v: np.where(v > 0, v, 0.0), lambda v: np.einsum("i,i", v, v), lambda v: ops.logsumexp(v), lambda v: v // 2.0,
    lambda v: v % 2.0,
    lambda v: np.std(v), lambda v: ops.binary_cross_entropy_with_logits(v, [0.0, 1.0, 1.0]), lambda v: ops.leaky_relu(v),
    lambda v: ops.silu(v)])
def test_float32_stays_float32(make):
    v = Value(np.array([0.5, 1.5, 2.5], np.float32))
    y = make(v)
    y = y if y.shape == () else y.sum()
    y.backward()
    assert y.dtype == v.grad.dtype == np.float32
    assert np.asarray(y.data).dtype == np.float32


# -- what has no record -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "advice"), [
    (np.floor, "v // 1"), (np.median, "sort"), (lambda v: np.vstack([v, v]), "concatenate"),
    (lambda v: np.hstack([v, v]), "concatenate"),
    (lambda v: np.inner(v, v), "v @ w.T"), (np.diff, "v[..., 1:] - v[..., :-1]"), (np.exp2, "2 ** v"),
    (lambda v: np.logaddexp(v, v), "logsumexp"),
    (np.average, "mean"), (np.ptp, "max"), (np.cumprod, "cumsum"), (np.nansum, "where(np.isnan(v)"), (np.arcsinh, "log(v + sqrt"),
    (np.linalg.eigvals, "v.data"),
    (np.fft.fft, "v.data"), (np.ceil, "//")])
def test_what_has_no_record_raises_and_names_the_nearest_thing_that_has(call, advice):
    with pytest.raises(TypeError, match="not differentiable") as caught:
        call(Value([1.0, 2.0, 3.0]))
    assert advice in str(caught.value)


FUNCTIONS = {f"{module.__name__}.{name}": function for module in (np, np.linalg, np.fft) for name, function in vars(module).items()
             if callable(function) and not name.startswith("_") and not isinstance(function, type)
             and name not in ("info", "test", "get_include", "show_config", "show_runtime", "save", "savez", "savez_compressed",
                 "savetxt",
                              "load", "loadtxt", "genfromtxt", "fromfile", "set_printoptions", "printoptions", "seterr",
                              "seterrcall",
                              "setbufsize", "errstate", "busday_count", "busday_offset", "is_busday", "datetime_as_string",
                              "frompyfunc")}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_no_function_of_numpy_makes_an_array_of_objects_or_loses_a_gradient_inside_grad(function):
    x = Value([0.5, 0.25])

    def look_at(result):
        for part in result if isinstance(result, (tuple, list)) else [result]:
            assert getattr(part, "dtype", None) != np.dtype(object)

    for args in ((x,), (x, x), ([x, x],), (np.ones(2), x), (x, 1), (2, x), (x, x, x)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                look_at(function(*args))
            except (TypeError, ValueError, IndexError, ArithmeticError, np.exceptions.AxisError, AttributeError, RuntimeError,
                    KeyError, ModuleNotFoundError, OSError):  # NotImplementedError is a RuntimeError
                continue


# -- what people expect of an array -------------------------------------------------------------------------------


def test_an_array_of_the_numbers_is_to_be_had():
    x = Value([[1.0, 2.0]])
    assert np.asarray(x).tolist() == np.array(x).tolist() == x.__array__().tolist() == [[1.0, 2.0]]
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    assert np.array([x.data, x.data]).shape == (2, 1, 2)
    copied = np.array(x)
    copied[0] = 5.0
    assert x.data.tolist() == [[1.0, 2.0]]


def test_numbers_lengths_and_parts_are_what_they_are_of_an_array():
    x = Value([[1.0, 2.0], [3.0, 4.0]])
    assert float(Value(2.5)) == 2.5
    assert float(Value([2.5])) == 2.5
    assert int(Value(2.5)) == 2
    assert len(x) == 2
    assert [row.data.tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    assert [row.data.tolist() for row in reversed(x)] == [[3.0, 4.0], [1.0, 2.0]]
    assert 3.0 in Value([1.0, 3.0])
    assert 2.0 not in Value([1.0, 3.0])
    assert f"{Value(1 / 3):.3f} {Value(1 / 3):8.2e}" == "0.333 3.33e-01"
    assert bool(Value(0.0)) is False
    assert bool(Value([[1.0]])) is True
    with pytest.raises(TypeError):
        len(Value(1.0))
    with pytest.raises(ShapeError):
        float(x)


def test_facts_about_numbers_are_plain():
    x = Value([3.0, 1.0, 2.0])
    assert np.argmax(x) == 0
    assert np.argsort(x).tolist() == [1, 2, 0]
    assert np.any(x > 2)
    assert np.zeros_like(x).tolist() == [0.0, 0.0, 0.0]
    assert type(np.ones_like(x)) is np.ndarray
    assert np.result_type(x) == np.float64
    np.testing.assert_allclose(detach(x), [3.0, 1.0, 2.0])


def test_numpys_functions_remember_nothing_under_no_record():
    with no_record():
        assert np.linalg.norm(Value(v)).op is None
        assert np.einsum("i,i", Value(v), v).op is None


@pytest.mark.parametrize("index", [((0, 0, 2),), ([0, 0, 2],), (np.array([0, 0, 2]),), [0, 0, 2], range(3),
    np.array([True, False, True]), [],
                                   ([],), None, Ellipsis, (), True, slice(None, None, -2), (None, (0, 0)), np.int64(1)], ids=str)
def test_every_kind_of_index_sends_each_pick_back(index):
    x = np.array([1.0, 2.0, 3.0])
    expected = np.zeros(3)
    np.add.at(expected, index, np.ones(np.shape(x[index])))
    value = Value(x)
    np.testing.assert_array_equal(value[index].data, x[index])
    value[index].backward(np.ones(np.shape(x[index])) if np.shape(x[index]) else None)
    assert value.grad.tolist() == expected.tolist()


@pytest.mark.parametrize("index", [None, Ellipsis, (), (None, None), True])
def test_a_number_can_be_indexed_by_what_picks_nothing_from_it(index):
    x = Value(3.0)
    y = x[index]
    assert y.shape == np.array(3.0)[index].shape
    y.sum().backward()
    assert x.grad == 1.0


def test_numpys_options_that_say_how_and_not_what_are_taken():
    v = Value([3.0, 1.0, 2.0])
    assert np.sort(v, kind="stable").data.tolist() == [1.0, 2.0, 3.0]
    assert np.einsum("i,i->", v, v, optimize=True).data == 14.0
    assert np.sum(v, axis=0, dtype=None, out=None).data == 6.0


def test_a_data_argument_of_a_function_of_facts_is_not_forgotten():
    with pytest.raises(TypeError, match="not differentiable"):
        np.full_like(Value([1.0, 2.0]), Value(3.0))


@pytest.mark.parametrize("forget", [lambda x: copy.copy(x), lambda x: copy.deepcopy(x), lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_inside_a_derivative_is_refused_since_it_would_lose_the_record(forget):
    with pytest.raises(TypeError, match="lose the record"):
        grad(lambda x: forget(x) ** 2)(3.0)


def test_a_stack_of_values_is_an_array_of_numbers_and_not_of_objects():
    xs = [Value(1.0), Value(2.0)]
    assert stack(xs).data.tolist() == [1.0, 2.0]
    assert np.array(xs).dtype == np.float64
    with pytest.raises(TypeError, match="lose the record"):
        grad(lambda x: np.array([x, x]).sum())(1.0)


@pytest.mark.parametrize("reduce", [np.sum, np.prod, np.max, np.min])
@pytest.mark.parametrize("axis", [0, -1, ()])
def test_a_number_is_reduced_along_the_axis_that_numpy_grants_it(reduce, axis):
    x = Value(3.0)
    y = reduce(x, axis=axis)
    assert y.data == reduce(np.array(3.0), axis=axis) == 3.0
    y.backward()
    assert x.grad == 1.0
