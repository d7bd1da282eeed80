"""What to write instead of a function of NumPy or torch that has no operation here.

The expressions are in v and w, vectors, and A and B, matrices. `tests/autodiff/test_advice.py`
evaluates each and compares it with the function it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable

# NumPy's name -> an expression with its values, and its gradient where there is one.
NUMPY = {
    "add.accumulate": "cumsum(v)", "add.reduce": "v.sum()", "maximum.reduce": "v.max()",
    "minimum.reduce": "v.min()", "multiply.outer": "outer(v, w)", "multiply.reduce": "v.prod()",
    "append": "concatenate([v, w])", "arccosh": "log(v + sqrt(v * v - 1))",
    "arcsinh": "log(v + sqrt(v * v + 1))", "arctanh": "0.5 * log((1 + v) / (1 - v))",
    "array_split": "split(v, [1, 2])", "atleast_1d": "v.reshape(-1)",
    "atleast_2d": "v.reshape(1, -1)", "average": "v.mean()", "ceil": "-(-v // 1)",
    "column_stack": "stack([v, w], axis=1)", "copysign": "abs(v) * np.sign(w)",
    "corrcoef": "np.corrcoef(v.data, w.data)", "cov": "(v - v.mean()) @ (w - w.mean()) / (v.size - 1)",
    "cross": "roll(v, -1) * roll(w, -2) - roll(v, -2) * roll(w, -1)",
    "cumprod": "exp(cumsum(log(v)))", "cumulative_sum": "cumsum(v)", "deg2rad": "v * (np.pi / 180)",
    "degrees": "v * (180 / np.pi)", "diagonal": "diag(A)", "diff": "v[..., 1:] - v[..., :-1]",
    "dstack": "stack([A, B], axis=-1)", "ediff1d": "v[1:] - v[:-1]", "exp2": "2 ** v",
    "fix": "np.fix(v.data)", "fliplr": "flip(A, axis=1)", "flipud": "flip(A, axis=0)",
    "floor": "v // 1", "fmax": "maximum(v, w)", "fmin": "minimum(v, w)",
    "fmod": "v - w * np.trunc(v.data / w.data)", "heaviside": "where(v > 0, 1.0, 0.0)",
    "hstack": "concatenate([v, w])", "inner": "v @ w.T", "kron": "outer(v, w).ravel()",
    "linalg.cross": "roll(v, -1) * roll(w, -2) - roll(v, -2) * roll(w, -1)",
    "linalg.diagonal": "diag(A)", "linalg.lstsq": "solve(A.T @ A, A.T @ v)",
    "linalg.matmul": "A @ B", "linalg.matrix_norm": "norm(A)", "linalg.matrix_transpose": "A.mT",
    "linalg.matrix_power": "A @ A", "linalg.outer": "outer(v, w)",
    "linalg.pinv": "solve(A.T @ A, A.T)", "linalg.slogdet": "log(abs(det(A)))",
    "linalg.tensordot": "tensordot(A, B)", "linalg.trace": "trace(A)",
    "linalg.vecdot": "(v * w).sum(axis=-1)", "linalg.vector_norm": "norm(v)",
    "logaddexp": "logsumexp(stack([v, w]), axis=0)",
    "logaddexp2": "logsumexp(stack([v, w]) * np.log(2), axis=0) / np.log(2)",
    "matrix_transpose": "A.mT", "matvec": "A @ v",
    "median": "0.5 * (sort(v)[(v.size - 1) // 2] + sort(v)[v.size // 2])",
    "nan_to_num": "where(np.isnan(v), 0.0, v)", "nanmax": "max(where(np.isnan(v), -np.inf, v))",
    "nanmean": "where(np.isnan(v), 0.0, v).sum() / np.sum(~np.isnan(v))",
    "nanmin": "min(where(np.isnan(v), np.inf, v))", "nanprod": "prod(where(np.isnan(v), 1.0, v))",
    "nansum": "where(np.isnan(v), 0.0, v).sum()", "positive": "v", "ptp": "v.max() - v.min()",
    "rad2deg": "v * (180 / np.pi)", "radians": "v * (np.pi / 180)", "rint": "np.rint(v.data)",
    "round": "np.round(v.data)", "sinc": "sin(np.pi * v) / (np.pi * v)",
    "trapezoid": "0.5 * (v[1:] + v[:-1]).sum()", "trunc": "np.trunc(v.data)",
    "vdot": "v.ravel() @ w.ravel()", "vecdot": "(v * w).sum(axis=-1)", "vecmat": "v @ A",
    "vstack": "stack([v, w])",
}
# When the expression is no more than that.
WHERE = {
    "append": "or with axis=0 as NumPy's", "arccosh": "for v >= 1",
    "array_split": "with the places to cut at", "average": "or (v * w).sum() / w.sum() with weights",
    "column_stack": "or concatenate([A, B], axis=1) of matrices", "corrcoef": "a number without a gradient",
    "cov": "for two vectors", "cross": "for vectors of 3", "cumprod": "for v > 0",
    "dstack": "for matrices", "fix": "a number without a gradient", "fmax": "where nothing is nan",
    "fmin": "where nothing is nan", "hstack": "or concatenate([A, B], axis=1) of matrices",
    "kron": "for vectors", "linalg.cross": "for vectors of 3",
    "linalg.lstsq": "for linearly independent columns", "linalg.matrix_power": "for the square",
    "linalg.pinv": "for linearly independent columns", "linalg.slogdet": "for the second result",
    "linalg.trace": "for a matrix", "linalg.diagonal": "for a matrix", "diagonal": "for a matrix",
    "median": "for a vector", "nan_to_num": "for nan", "rint": "numbers without a gradient",
    "round": "numbers without a gradient", "sinc": "for v != 0",
    "trapezoid": "for points at distance 1", "trunc": "numbers without a gradient",
    "vstack": "or concatenate([A, B]) of matrices",
}
SAME = {"acosh": "arccosh", "asinh": "arcsinh", "atanh": "arctanh", "around": "round",
        "cumulative_prod": "cumprod", "linalg.inner": "inner"}  # two names of one function
# Names of torch's, and NumPy's methods.
METHODS = {
    "amax": "v.max()", "amin": "v.min()", "any": "np.any(v)", "all": "np.all(v)",
    "argmax": "np.argmax(v)", "argmin": "np.argmin(v)", "astype": "Value(v.data.astype(...)), a new "
    "Value without the graph of v", "bmm": "v @ w", "cat": "concatenate([v, w])",
    "clone": "v itself: nothing writes into it", "copy": "v itself: nothing writes into it",
    "cpu": "v: all of them are on the CPU", "dim": "v.ndim", "div": "v / w",
    "expand": "broadcast_to(v, shape)", "flatten": "v.ravel()", "full_like": "broadcast_to(x, v.shape)",
    "gather": "v[i, j]", "masked_fill": "where(mask, x, v)", "mm": "v @ w", "mul": "v * w",
    "numpy": "v.data", "permute": "v.transpose(...)", "pow": "v ** b",
    "requires_grad": "nothing: every Value has a gradient", "sub": "v - w", "t": "v.T",
    "to": "Value(v.data.astype(...)), a new Value without the graph of v",
    "tolist": "v.data.tolist()", "unsqueeze": "expand_dims(v, axis)", "view": "v.reshape(...)",
    "zero_grad": "nothing: backward() starts from zero", "abs": "abs(v)", "detach": "detach(v)",
    "matmul": "v @ w",
}


def for_numpy(name: str) -> str:
    """What to use instead of a NumPy function such as "linalg.pinv", as a sentence; or nothing."""
    name = SAME.get(name, name)
    if name not in NUMPY:
        return ""
    return f" Use {NUMPY[name]}{', ' * bool(WHERE.get(name))}{WHERE.get(name, '')}."


def for_method(name: str, operations: Iterable[str]) -> str:
    """What to use instead of a method that a Value has not got, as a sentence; or nothing."""
    if name in METHODS:
        return f" Use {METHODS[name]}."
    return f" Use {name}(v)." if name in operations else for_numpy(name)


METHOD_NAMES = {*METHODS, *SAME, *(name for name in NUMPY if "." not in name)}
