"""What may go into a record: floats and arrays of floats that nobody else can write into."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.mistakes import DTypeError, ShapeError

FLOAT64, FLOAT32 = np.dtype("float64"), np.dtype("float32")


def constant(x: Any) -> Any:
    """x as a float, a float32 or an array of either that is nobody else's to write into; float64 unless it came as float32.

    An array that could still be written into is copied: the record must stay true. Raises DTypeError, ShapeError.
    """
    kind = type(x)
    if kind is float:
        return x
    if kind is ndarray and x.ndim and (x.dtype is FLOAT64 or x.dtype is FLOAT32):
        return x.copy() if x.flags.writeable or x.base is not None else x
    if kind is np.float64 or kind is int or kind is bool:
        try:
            return float(x)
        except OverflowError:
            raise DTypeError(f"{str(x)[:20]}... is too large for a float.") from None
    return _converted(x)


def _converted(x: Any) -> Any:
    if x is None or isinstance(x, (str, bytes, dict, set)):
        raise DTypeError(f"{x!r:.60} is not a number or an array of numbers.")
    if isinstance(x, (list, tuple)) and any(hasattr(item, "__record__") for item in x):
        raise DTypeError("a list of Values is not one Value. stack(list) makes one, and keeps their record.")
    if isinstance(x, np.ma.MaskedArray):
        raise DTypeError("a masked array is not an array of numbers: where(~x.mask, x.data, 0.0) says what the others count as.")
    if isinstance(x, np.matrix):
        raise DTypeError("a np.matrix means a matrix product by *, and a Value means one entry by "
                         "entry. np.asarray(x) is the same numbers as an array; @ is the product.")
    if hasattr(x, "toarray"):
        raise DTypeError(f"a {type(x).__name__} is a sparse matrix. x.toarray() is the array.")
    try:
        array = np.array(x)
    except (TypeError, RuntimeError) as error:  # of another library's array
        raise DTypeError(f"a {type(x).__name__} does not become an array: {error}") from None
    except ValueError:
        raise ShapeError(f"the rows of {str(x)[:60]} are not equally long; an array needs rows of one length.") from None
    if array.dtype.kind in "biu" or (array.dtype.char in "df" and not array.dtype.isnative):
        array = array.astype(float)
    if array.dtype.char not in "df":
        kind = "objects" if array.dtype == object else str(array.dtype)
        what = f"an array of {kind}" if isinstance(x, ndarray) or array.dtype != object else f"a {type(x).__name__}"
        raise DTypeError(f"{what} cannot be differentiated here: it takes real numbers, float64 or float32 "
                         f"(integers and bools become float64). It came as {str(x)[:60]}.")
    if not array.ndim:
        return float(array) if array.dtype.char == "d" else array[()]
    return array
