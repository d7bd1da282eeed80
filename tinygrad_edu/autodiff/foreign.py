"""Arrays of other libraries beside a Value: which of their operations would lose its graph.

pandas and NumPy ask a Value what `series * v` is, and get a Value. Other operations turn it into
plain numbers first (`DataFrame @ v`, masked, sparse and labelled arrays, `array.dot(v)`): they are
refused. A conversion on its own, as in np.array(v), is not.
"""

from __future__ import annotations

import sys
import threading
from dis import opmap
from types import FrameType
from typing import Any

from numpy import c_, ndarray, r_, vectorize

BINARY_OP = opmap["BINARY_OP"]  # CPython's instruction for all of + - * / // % ** @ and += ...
PANDAS_PRIORITY = 5000  # above a DataFrame's, so that `series * v` asks v
OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul")
OPERATIONS = {f"__{side}{name}__" for name in OPERATORS for side in ("", "r", "i")} | {
    "add", "sub", "subtract", "mul", "multiply", "div", "divide", "truediv", "floordiv", "mod",
    "pow", "dot", "radd", "rsub", "rmul", "rdiv", "rtruediv", "rfloordiv", "rmod", "rpow",
    "__array_ufunc__"}
# Functions of np.ma that turn a Value into a masked array first, and then compute.
OF_MASKED = {"anom", "average", "cov", "inner", "mean", "median", "outer", "prod", "std", "sum",
             "var"}

_last = threading.local()  # .copied: the instruction that asked for a copy last


def operation_that_converts(dtype: Any, copy: bool | None, *, to_float: bool = False) -> str | None:
    """The arithmetic of another library's array that is converting a Value to numbers just now.

    Args:
        dtype, copy: as they came to Value.__array__, which has to be the caller;
        to_float: or Value.__float__, which is asked by "%f" % v too.

    Returns:
        its name, such as "DataFrame.__matmul__"; None where a Value is converted on its own.
    """
    frame: FrameType | None = sys._getframe(2)  # who called Value.__array__
    library = _library(frame)
    if _is_dot(frame, dtype, copy):
        return "array.dot(v), or a method that asks as it does,"
    if not to_float and _is_at_operator(frame):
        return "an operator between an array and a list"
    while frame is not None and _library(frame) == library:
        name = frame.f_code.co_name
        if name in OPERATIONS and _is_operation(name, owner := _owner(frame)):
            return f"{type(owner).__name__}.{name}"
        if library == "numpy" and (function := _function_of_numpy(name, frame)):
            return function
        frame = frame.f_back
    return "a function of xarray" if library == "xarray" else None


def _is_at_operator(frame: FrameType | None) -> bool:
    """Whether an operator such as * converts, as in `array * [v, w]`, and not a call."""
    return frame is not None and frame.f_code.co_code[frame.f_lasti] == BINARY_OP


def _owner(frame: FrameType) -> Any:
    """The first argument of a function that is running: of a method the object."""
    code = frame.f_code
    return frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None


def _is_operation(name: str, owner: Any) -> bool:
    """Whether a function is a method for arithmetic, of another library's array."""
    if not hasattr(type(owner), name):
        return False
    if type(owner) is ndarray or hasattr(owner, "__record__"):  # a program's function of that name
        return False
    return name.startswith("__") or hasattr(owner, "dtype") or hasattr(owner, "dtypes")


def _function_of_numpy(name: str, frame: FrameType) -> str | None:
    """The function of NumPy, written in Python, that computes with what it converts."""
    owner, module = _owner(frame), frame.f_globals.get("__name__", "")
    if isinstance(owner, vectorize):
        return "np.vectorize"
    if name == "__getitem__" and isinstance(owner, (type(r_), type(c_))):
        return "np.r_"
    if name in ("__call__", "wrapper"):  # np.ma.sum, in NumPy 2.0 and later
        name = frame.f_locals.get("methodname", getattr(owner, "__name__", name))
    if module.startswith("numpy.ma") and (name == "getdata" or name in OF_MASKED):
        return "a function of np.ma"
    if module.startswith("numpy.polynomial.") and name != "__init__":
        return "a function of np.polynomial"
    return None


def pandas_priority() -> int:
    """The rank of a Value among the operands of pandas. Raises TypeError for `series += v`."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and _library(frame) == "pandas":
        if frame.f_code.co_name.startswith("__i"):
            raise TypeError("a pandas object cannot hold a Value, so += and its like are refused. "
                            "Write series = series + v, which makes a Value.")
        frame = frame.f_back
    return PANDAS_PRIORITY


def _is_dot(frame: FrameType | None, dtype: Any, copy: bool | None) -> bool:
    """Whether it is `array.dot(v)`, which asks twice: for a copy, and then for a dtype."""
    here = frame and (id(frame), frame.f_lasti)
    before, _last.copied = getattr(_last, "copied", None), here if copy and dtype is None else None
    return dtype is not None and copy is None and before is not None and before == here


def _library(frame: FrameType | None) -> str:
    return frame.f_globals.get("__name__", "").split(".")[0] if frame else ""
