"""Value: a number or an array that remembers how it was made.

    x, target = 0.8, 0.2
    w = Value(0.4, name="w")
    E = 0.5 * (w * x - target) ** 2
    E.backward()
    w.grad                      # 0.096, the slides' δx

What you wrap in Value gets a gradient; plain numbers and arrays are constants. A scalar stays a Python float.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Mapping
from threading import get_ident
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.advice import METHOD_NAMES, for_method
from tinygrad_edu.autodiff.constant import FLOAT32, constant
from tinygrad_edu.autodiff.foreign import operation_that_converts, pandas_priority
from tinygrad_edu.autodiff.mistakes import (
    DTypeError,
    ShapeError,
    explain,
    not_differentiable,
    shape_of,
)
from tinygrad_edu.autodiff.operations.shapes import kept_index
from tinygrad_edu.autodiff.primitive import OPERATIONS, Operation, quietly, run_silently
from tinygrad_edu.autodiff.recording import differentiating, mode, unusual
from tinygrad_edu.autodiff.walk import walk_back

NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})
DETACHED: Mapping[str, Any] = MappingProxyType({})  # those of a Value cut off from its graph
_new = object.__new__
_next_birth = itertools.count(1).__next__  # one number each, whatever the number of threads


def _operator(op: Operation) -> tuple[Callable[[Value, Any], Value], Callable[[Value, Any], Value]]:
    """The methods for a + b and, b being the Value, its reflection: `record`, with the common cases first."""
    forward, scalar = op.forward, op.scalar or op.forward

    def method(self: Value, other: Any) -> Value:
        a, kind = self.output, type(other)
        if kind is Value or (kind is not ndarray and kind is not float and isinstance(other, Value)):
            b, parent = other.output, other
        else:
            b, parent = constant(other), None
        try:
            data = scalar(a, b) if type(a) is float and type(b) is float else run_silently(forward, a, b)
        except Exception:  # an answer only IEEE 754 has, shapes that do not fit: `record` knows
            return record(op, (self, other))
        return _made(data, op, (self, parent), (a, b), NO_PARAMETERS)

    def reflected(self: Value, other: Any) -> Value:
        a, b = constant(other), self.output
        try:
            data = scalar(a, b) if type(a) is float and type(b) is float else run_silently(forward, a, b)
        except Exception:
            return record(op, (other, self))
        return _made(data, op, (None, self), (a, b), NO_PARAMETERS)

    return method, reflected


def _function(op: Operation) -> Callable[[Value], Value]:
    """The method for op(a), likewise; its parameters have their defaults."""
    forward, scalar, defaults = op.forward, op.scalar or op.forward, op.parameters

    def method(self: Value) -> Value:
        a = self.output
        try:
            data = scalar(a) if type(a) is float else run_silently(forward, a)
        except Exception:
            return record(op, (self,), defaults)
        return _made(data, op, (self,), (a,), defaults)

    return method


def _comparison(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The method for a < b: about the numbers alone, so there is nothing to record."""

    def method(self: Value, other: Any) -> Any:
        try:
            result = compare(self.output, plain(other))
            return result.view(_Comparison) if type(result) is ndarray else result
        except TypeError:
            raise DTypeError(f"{self._label()} is compared with {other!r:.60}, which is not a number.") from None
        except ValueError:
            raise ShapeError(f"{self._label()} is {self.shape} and is compared with {np.shape(plain(other))}; "
                             "compared from the right, sizes must be equal or 1.") from None

    return method


class _Comparison(ndarray):
    """v == w, entry by entry: an array of bools whose own truth is asked for by `v in [w]`."""

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError("v == w compares arrays entry by entry, and `if`, `in`, a < v < b, "
                             "max(...) and list.remove need one answer. Ask np.all(v == w); or, "
                             "whether a list holds this very Value, any(v is w for w in values).")
        return bool(self.item())

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *xs: Any, **options: Any) -> Any:
        def plain_of(x: Any) -> Any:
            return x.view(ndarray) if isinstance(x, _Comparison) else x

        if "out" in options:
            options["out"] = tuple(map(plain_of, options["out"]))
        options = {name: plain_of(option) for name, option in options.items()}
        return getattr(ufunc, method)(*map(plain_of, xs), **options)  # 1.0 * (v == w) is ordinary

    def __repr__(self) -> str:
        return repr(self.view(ndarray))


def _updating(operator: Callable[[Any, Any], Any], symbol: str) -> Callable[[Value, Any], Any]:
    """The method for w -= x: an update inside no_record(), and outside another Value.

    What no_record() itself made is no weight: there, too, h -= x makes another Value, so that a
    network computes the same inside and outside.
    """
    step = " learning_rate * w.grad" if symbol in "+-" else " ..."

    def method(self: Value, other: Any) -> Value:
        if self.op is None and self.parameters is not DETACHED:
            if unusual and not mode().record:
                self.data = operator(self.output, plain(other))
                return self
            if self._grad is not None and symbol in "+-*/" and not isinstance(other, Value):
                w = self._label() if self.name else "w"
                raise TypeError(
                    f"{w} {symbol}= ... would make another Value, whose graph grows with each "
                    "step, and leave the weight in your list as it is. Write "
                    f"{w}.data = {w}.data {symbol}{step.replace('w.', w + '.')}, or "
                    f"`with no_record(): {w} {symbol}= ...`.")
        return operator(self, other)

    return method


class _ValueType(type):
    """Lists in dir(Value), and so to tab completion, the names that work; not those with advice."""

    def __dir__(cls) -> list[str]:
        return [name for name in super().__dir__()
                if not isinstance(vars(cls).get(name), _Elsewhere)]


class Value(metaclass=_ValueType):
    """A float or an array with a record of the operation and the parents that it was made from.

    data: a number, or anything that makes an array of float64 or float32 (integers and bools become float64).
    It is copied, and then cannot be written into: NumPy says "output array is read-only" to `w.data -= ...`, and
    `w.data = w.data - epsilon * w.grad` replaces it whole. (`output` is the same array, as the walks read it.)
    name: how drawings, errors and generated source call it.
    Raises DTypeError for what is not a real number, ShapeError for a ragged list.
    """

    __slots__ = ("__weakref__", "_grad", "born", "inputs", "line", "name", "op", "output", "parameters", "parents")

    output: Any
    _grad: Any
    op: Operation | None
    parents: tuple[Value | None, ...]
    inputs: tuple[Any, ...]
    parameters: Mapping[str, Any]
    born: int
    name: str | None
    line: str  # of the program that recorded it; set by `detect_anomaly` alone

    def __init__(self, data: Any, name: str | None = None) -> None:
        if isinstance(data, Value):
            raise DTypeError("this is a Value already. Value(v.data) makes a fresh one, without v's record.")
        self.output = constant(data)
        self._grad = None
        self.op, self.parents, self.inputs, self.parameters = None, (), (), NO_PARAMETERS
        self.born = _next_birth()
        self.name = name

    # -- what it holds ------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The number (a float) or the array (closed to writing)."""
        data = self.output
        if type(data) is ndarray and data.flags.writeable:
            data.setflags(write=False)
        return data

    @data.setter
    def data(self, new: Any) -> None:
        if self.op is not None:
            raise TypeError(f"{self._label()} was computed by {self.op.name}; its data follow from its parents. "
                            "Assign to those, or make a new Value.")
        old = self.output
        if type(new) is type(old) is ndarray and new.shape == old.shape and new.dtype is old.dtype:
            self.output = new.copy()  # what training does at every step
            return
        data = constant(new)
        if shape_of(data) != self.shape:
            raise ShapeError(f"{self._label()} has shape {self.shape} and the new data {shape_of(data)}. "
                             "Make a new Value for another shape.")
        self.output = quietly(np.float32, data) if self.dtype is FLOAT32 else data  # (np.float32 takes arrays too)

    @property
    def grad(self) -> Any:
        """dE/d(this value) after E.backward(), of the shape and dtype of data; None before."""
        grad, data = self._grad, self.output
        if type(grad) is ndarray and type(data) is ndarray and grad.shape == data.shape and grad.dtype is data.dtype:
            grad.setflags(write=False)  # `same_shape`, for what is asked most
            return grad
        if grad is not None:
            self._grad = grad = same_shape(grad, data)
        return grad

    @grad.setter
    def grad(self, new: Any) -> None:
        self._grad = None if new is None else same_shape(constant(new), self.output)

    @property
    def shape(self) -> tuple[int, ...]:
        return shape_of(self.output)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return 1 if type(self.output) is float else self.output.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(float) if type(self.output) is float else self.output.dtype

    def item(self) -> float:
        """The one number in it."""
        if self.size != 1:
            raise ShapeError(f"{self._label()} has shape {self.shape}, which is not one number. Pick one: v[0].item()")
        return float(self.output if type(self.output) is float else self.output.item())

    # -- differentiating ----------------------------------------------------------------------------------------

    def backward(self, seed: Any = None, *, accumulate: bool = False) -> None:
        """Puts d(self)/d(value) into .grad of every value on the record, intermediates included.

        seed: self's own cotangent, of self's shape; needed only if self is not a scalar. Calling backward twice
        gives the same gradients; accumulate=True adds to those that are there (the slides' ∇E ← ∇E + ∇E_t).
        Raises ShapeError for a missing seed or one of the wrong shape.
        """
        if seed is None:
            if type(self.output) is not float and self.size != 1:
                raise ShapeError(f"backward() starts from one number and {self._label()} has shape {self.shape}. "
                                 "Sum it first, v.sum().backward(), or give a seed of that shape.")
            seed = 1.0
        else:
            seed = constant(plain(seed))
            if shape_of(seed) != self.shape and (shape_of(seed) or self.size != 1):
                raise ShapeError(f"the seed is {shape_of(seed)} and {self._label()} is {self.shape}: "
                                 "they must have the same shape.")
        cotangents = walk_back(self, seed)
        if accumulate:
            cotangents = {v: vbar if v._grad is None else v.grad + vbar for v, vbar in cotangents.items()}
        try:
            for value, cotangent in cotangents.items():
                value._grad = cotangent
        except BaseException:  # Ctrl-C just here: all of them or none
            for value, cotangent in cotangents.items():
                value._grad = cotangent
            raise

    def recalled(self) -> tuple[Value, tuple[Any, ...]]:
        """The value and its inputs as Values, with the data they had when they were used."""
        return self, tuple(x if parent is None else parent if parent.output is x
                           else _made(x, ops.identity, (parent,), (x,), NO_PARAMETERS)
                           for parent, x in zip(self.parents, self.inputs, strict=True))

    def __record__(self, op: Operation, xs: tuple[Any, ...], parameters: Mapping[str, Any]) -> Any:
        for x in xs:
            if hasattr(x, "__record__") and not isinstance(x, Value):  # a `Careful` one goes first
                return x.__record__(op, xs, parameters)
        return record(op, xs, parameters)

    # -- Python's operators ---------------------------------------------------------------------------------------

    __add__, __radd__ = _operator(ops.add)
    __sub__, __rsub__ = _operator(ops.subtract)
    __mul__, __rmul__ = _operator(ops.multiply)
    __truediv__, __rtruediv__ = _operator(ops.divide)
    __floordiv__, __rfloordiv__ = _operator(ops.floor_divide)
    __mod__, __rmod__ = _operator(ops.remainder)
    __matmul__, __rmatmul__ = _operator(ops.matmul)
    _power, __rpow__ = _operator(ops.power)
    _square = _function(ops.square)

    def __pow__(self, b: Any) -> Value:
        return self._square() if type(b) in (int, float) and b == 2 else self._power(b)

    __iadd__, __isub__ = _updating(operator.add, "+"), _updating(operator.sub, "-")
    __imul__, __itruediv__ = _updating(operator.mul, "*"), _updating(operator.truediv, "/")
    __ipow__, __imatmul__ = _updating(operator.pow, "**"), _updating(operator.matmul, "@")
    __ifloordiv__, __imod__ = _updating(operator.floordiv, "//"), _updating(operator.mod, "%")

    def __divmod__(self, b: Any) -> tuple[Value, Value]:
        return self // b, self % b

    def __rdivmod__(self, a: Any) -> tuple[Value, Value]:
        return a // self, a % self

    def __neg__(self) -> Value:
        return record(ops.negative, (self,))

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return record(ops.absolute, (self,))

    def __getitem__(self, index: Any) -> Value:
        if any(isinstance(i, Value) for i in (index if isinstance(index, tuple) else (index,))):
            raise DTypeError("an index is made of integers, slices or bools, and a Value holds floats. Use a plain array.")
        return record(ops.getitem, (self,), {"index": kept_index(index)})

    def __setitem__(self, index: Any, new: Any) -> None:
        raise TypeError(f"{self._label()} cannot be written into: its record would no longer be true. "
                        "Use where(condition, new, old) or concatenate.")

    # Comparisons give plain bools (or arrays of them), so two Values are not "the same" by ==; hash goes by identity.
    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(f"{self._label()} has shape {self.shape}, so `if` cannot tell whether it is true. "
                             "Ask (v > 0).all(), (v > 0).any(), or use where(condition, a, b).")
        return bool(self.output)

    def __float__(self) -> float:
        self._refuse_to_forget("float(v), math.…(v) and array[i] = v")
        self._refuse_within(operation_that_converts(None, None, to_float=True))
        return self.item()

    def __int__(self) -> int:
        return int(self.item())

    __trunc__ = __int__

    def __round__(self, digits: int | None = None) -> Any:
        self._refuse_to_forget("round(v)")
        data = self.data
        return round(data, digits) if type(data) is float else np.round(data, digits or 0)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"{self._label()} is one number and has no length.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Value]:
        return (self[i] for i in range(len(self)))

    # -- NumPy's functions and names ------------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> ndarray:
        self._refuse_to_forget("np.array(v)")
        self._refuse_within(operation_that_converts(dtype, copy))
        return np.array(self.data, dtype=dtype) if copy else np.asarray(self.data, dtype=dtype)

    @property
    def __pandas_priority__(self) -> int:
        return pandas_priority()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *xs: Any, **options: Any) -> Any:
        if method == "__call__" and not options:
            if type(xs[0]) is ndarray and ufunc in REFLECTED:  # array @ value comes by here
                return REFLECTED[ufunc](xs[1], xs[0])
            if ufunc in BY_NUMPY:
                return record(BY_NUMPY[ufunc], xs)
        into_value = any(isinstance(out, Value) for out in options.get("out", ()))
        if ufunc in FACTS and method == "__call__" and not into_value:
            return ufunc(*map(plain, xs), **{name: plain(x) for name, x in options.items()})
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        if any(isinstance(out, ndarray) for out in options.get("out", ())):
            raise TypeError(f"np.{name} with out= (and `a += v`) has no gradient: an array cannot hold a record. Write a = a + v.")
        raise not_differentiable(f"np.{name}", f" with {', '.join(options)}=" if options else "")

    def __array_function__(self, function: Callable[..., Any], types: Any, xs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if function in FACTS:
            return function(*map(plain, xs), **options)
        if function not in BY_NUMPY:
            module = function.__module__.replace("numpy", "np", 1)
            raise not_differentiable(f"{module}.{function.__name__}")
        asked = {name: option for name,
            option in options.items() if name not in HOW and (option is not None or name not in LEFT_OPEN)}
        return BY_NUMPY[function](*xs, **asked)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Value:
        """The sum over all axes, or over the given ones."""
        if axis is None and not keepdims:
            return self._total()
        return record(ops.sum, (self,), {"axis": axis, "keepdims": keepdims})

    _total = _function(ops.sum)
    mean, max, min, var, std, prod = ops.mean, ops.max, ops.min, ops.var, ops.std, ops.prod
    cumsum, clip, take, repeat, ravel = ops.cumsum, ops.clip, ops.take, ops.repeat, ops.ravel
    squeeze, swapaxes, trace = ops.squeeze, ops.swapaxes, ops.trace
    exp, log, sqrt, tanh, sigmoid, relu = map(_function, (ops.exp, ops.log, ops.sqrt, ops.tanh, ops.sigmoid, ops.relu))

    def dot(self, other: Any) -> Value:
        """NumPy's `dot`: self @ other for vectors and matrices."""
        return ops.dot(self, other)

    def reshape(self, *shape: Any) -> Value:
        """The same entries under another shape: v.reshape(2, 3) or v.reshape((2, 3))."""
        return ops.reshape(self, shape=shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Value:
        """The axes reversed, or in the order given: v.transpose(1, 0) or v.transpose((1, 0))."""
        return ops.transpose(self, axes=axes[0] if len(axes) == 1 else axes or None)

    @property
    def T(self) -> Value:
        """The axes reversed."""
        return ops.transpose(self)

    @property
    def mT(self) -> Value:
        """The last two axes swapped: a stack of matrices, each transposed."""
        if self.ndim < 2:
            raise ShapeError(f"{self._label()} has shape {self.shape}, and mT swaps the last two "
                             "of at least two axes.")
        return ops.transpose(self, axes=(*range(self.ndim - 2), self.ndim - 1, self.ndim - 2))

    # -- showing and keeping --------------------------------------------------------------------------------------

    def __dir__(self) -> list[str]:
        absent = {name for name, there in (("mT", self.ndim > 1), ("line", hasattr(self, "line")))
                  if not there}
        return sorted(set(dir(type(self))) - absent)

    def __repr__(self) -> str:
        parts = [_show(self.output)]
        parts += [f"name={self.name!r}"] if self.name is not None else []
        parts += [f"op={self.op.symbol!r}"] if self.op is not None else []
        parts += [f"grad={_show(self.grad)}"] if self._grad is not None else []
        return f"Value({', '.join(parts)})"

    def __format__(self, spec: str) -> str:
        if spec and self.shape:
            raise TypeError(f"{self._label()} has shape {self.shape}, and {spec!r} formats one "
                            "number. Pick one, v[0], or write np.round(v.data, 2).")
        return format(self.output, spec) if spec else repr(self)

    def __reduce__(self) -> tuple[Any, ...]:  # copy, deepcopy and pickle keep data and name, and drop the record
        self._refuse_to_forget("a copy of v")
        return Value, (self.output, self.name)

    def _refuse_to_forget(self, how: str) -> None:
        """Inside grad and its kin a number without a record would be a constant, and its gradient silently 0."""
        if getattr(differentiating, "depth", 0):
            raise TypeError(f"{how} would lose the record in the middle of a derivative. Use tinygrad_edu's functions, "
                            "stack and concatenate; or v.data, if a constant is what you want.")

    def _refuse_within(self, operation: str | None) -> None:
        """Refuse to become plain numbers in an operation of another library."""
        if operation:
            raise TypeError(f"{operation} would turn {self._label()} into plain numbers, without "
                            "its graph. With an operator and an array on the left it is kept: "
                            "np.asarray(x) @ v; and of a list of Values, x * stack([v, w]).")

    def _label(self) -> str:
        return self.name or "this value"


class _Elsewhere:
    """A name that a Value has not got, with a word on what to use. (`__getattr__` would slow down all the others.)"""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, value: Value | None, owner: type) -> Any:
        raise AttributeError(f"a Value has no {self.name!r}.{for_method(self.name, OPERATIONS)}")

    def __set__(self, value: Value, new: Any) -> None:
        self.__get__(value, Value)


for _name in {*METHOD_NAMES, *OPERATIONS}.difference(vars(Value)):
    setattr(Value, _name, _Elsewhere(_name))


# -- recording ----------------------------------------------------------------------------------------------------


def record(op: Operation, xs: tuple[Any, ...], parameters: Mapping[str, Any] = NO_PARAMETERS) -> Value:
    """The Value of op(*xs), remembering op and which of the xs were Values."""
    parents, inputs = [], []
    for x in xs:
        is_value = isinstance(x, Value)
        parents.append(x if is_value else None)
        inputs.append(x.output if is_value else constant(x))
    try:
        if type(inputs[0]) is float and not parameters and all(type(x) is float for x in inputs):
            data = op.compute(*inputs)
        else:
            try:
                data = run_silently(op.forward, *inputs, **parameters)
            except RuntimeError:  # another thread is running silently just now
                data = quietly(op.forward, *inputs, **parameters)
    except Exception as error:
        raise explain(error, op, [x if isinstance(x, Value) else constant(x) for x in xs], parameters) from error
    return _made(data, op, tuple(parents), tuple(inputs), parameters)


def _made(data: Any, op: Operation, parents: tuple[Any, ...], inputs: tuple[Any, ...], parameters: Mapping[str, Any]) -> Value:
    """A Value around what an operation gave; a scalar becomes a float."""
    if type(data) is not float and (type(data) is not ndarray or not data.ndim):
        data = constant(data)
    value = _new(Value)
    value.output = data
    value.op = op
    value.parents = parents
    value.inputs = inputs
    value.parameters = parameters
    value.born = _next_birth()
    value.name = value._grad = None
    if unusual and (now := unusual.get(get_ident())):
        if now.watch is not None:
            now.watch.look_at(value)
        if not now.record:
            value.op, value.parents, value.inputs, value.parameters = None, (), (), DETACHED
    return value


def detach(x: Any) -> Value:
    """A Value with x's data and none of its record: no gradient passes."""
    value = Value(plain(x))
    value.parameters = DETACHED
    return value


# -- numbers in and out -----------------------------------------------------------------------------------------------


def plain(x: Any) -> Any:
    """The numbers of a Value; anything else as it is."""
    return x.output if isinstance(x, Value) else x


def same_shape(x: Any, data: Any) -> Any:
    """A cotangent in the full shape and the dtype of the data, closed to writing; recorded if it is a Value."""
    if type(x) is not ndarray or type(data) is not ndarray or x.shape != data.shape or x.dtype is not data.dtype:
        x = _fitted(x, data)
    if type(x) is ndarray:
        x.setflags(write=False)
    return x


def _fitted(x: Any, data: Any) -> Any:
    if isinstance(x, Value):
        x = x if x.shape == shape_of(data) else ops.broadcast_to(x, shape=shape_of(data))
        return x if type(data) is float or x.dtype == data.dtype else ops.cast(x, dtype=data.dtype)
    try:
        if type(data) is float:
            return float(x)
        x = np.broadcast_to(quietly(np.asarray, x, dtype=data.dtype), data.shape).copy()
    except (TypeError, ValueError):
        raise ShapeError(f"a gradient of shape {shape_of(x)} for data of shape {shape_of(data)}: "
                         "they must be the same.") from None
    return x if data.ndim else x[()]


def _show(x: Any) -> str:
    if type(x) is float or not np.ndim(x):
        return f"{float(x):.6g}"
    return np.array2string(x, precision=4, separator=", ", threshold=20, edgeitems=2, prefix="Value(")


BY_NUMPY: dict[Any, Any] = {function: op for op in OPERATIONS.values() for function in op.numpy}
BY_NUMPY |= {np.dot: ops.dot, np.split: ops.split}
LEFT_OPEN = {"dtype", "out", "order"}  # NumPy's options that say nothing when they are None
HOW = {"kind", "optimize"}  # those that say how to compute, and not what
REFLECTED = {np.add: Value.__radd__, np.subtract: Value.__rsub__, np.multiply: Value.__rmul__, np.matmul: Value.__rmatmul__}
# What NumPy answers about the numbers themselves: no gradient to lose.
FACTS = {np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.isfinite, np.isinf, np.isnan,
         np.signbit, np.shape, np.ndim, np.size, np.array_equal, np.allclose, np.isclose, np.array_repr, np.array_str,
         np.argmax, np.argmin, np.argsort, np.nonzero, np.count_nonzero, np.any, np.all, np.result_type,
         np.zeros_like, np.ones_like, np.empty_like}
