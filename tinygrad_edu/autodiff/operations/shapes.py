"""Rearranging without computing: each of these is linear, and its transpose puts the entries back."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.mistakes import ShapeError, numbers_of, shape_of, shortened
from tinygrad_edu.autodiff.primitive import multilinear, primitive

FLOAT64, ONES = np.dtype("float64"), np.ones(64)


def _back(ybar, a, **parameters):
    """The entries in the order they came, in a's shape."""
    return reshape(ybar, shape=shape_of(a))


@multilinear(r"\text{reshape}(a)", numpy=np.reshape, samples=[(((2, 3),), {"shape": (3, 2)}), (((2, 3),), {"shape": -1})],
             transposes=[_back])
def reshape(a, *, shape):
    """The same entries in the same order under another shape; one size may be -1."""
    return np.reshape(a, shape)


@multilinear(r"\text{ravel}(a)", numpy=np.ravel, samples=[(((2, 3),), {}), (((),), {})], transposes=[_back])
def ravel(a):
    """All entries in one row."""
    return np.ravel(a)


@multilinear(r"\text{squeeze}(a)", numpy=np.squeeze, transposes=[_back],
             samples=[(((1, 3, 1),), {}), (((1, 3, 1),), {"axis": 0}), (((1, 3, 1),), {"axis": (0, -1)})])
def squeeze(a, *, axis=None):
    """a without its axes of size 1, or without the given ones of them."""
    return np.squeeze(a, axis=axis)


@multilinear(r"\text{expand}(a)", numpy=np.expand_dims, transposes=[_back],
             samples=[(((2, 3),), {"axis": 0}), (((2, 3),), {"axis": (0, -1)}), (((),), {"axis": 0})])
def expand_dims(a, *, axis):
    """a with new axes of size 1 at the given places of the result."""
    return np.expand_dims(a, axis)


def _undone(axes):
    """The order of axes that undoes this one; None, the reversal, undoes itself."""
    if axes is None:
        return None
    axes = axes if isinstance(axes, tuple) else (axes,)
    order = [i % len(axes) for i in axes]
    return tuple(map(order.index, range(len(order))))


@multilinear("a^T", symbol="T", numpy=np.transpose, samples=[(((2, 3),), {}), (((2, 3, 4),), {"axes": (1, 2, 0)}),
    (((3,),), {"axes": 0})],
             transposes=[lambda ybar, a, axes: transpose(ybar, axes=_undone(axes))])
def transpose(a, *, axes=None):
    """The axes reversed, or in the order given (counted from 0)."""
    return np.transpose(a, axes)


@multilinear(r"\text{swap}(a)", numpy=np.swapaxes, samples=[(((2, 3, 4),), {"axis1": 0, "axis2": -1})],
             transposes=[lambda ybar, a, axis1, axis2: swapaxes(ybar, axis1=axis1, axis2=axis2)])
def swapaxes(a, *, axis1, axis2):
    """Two axes in each other's place."""
    return np.swapaxes(a, axis1, axis2)


@multilinear(r"\text{move}(a)", numpy=np.moveaxis,
             samples=[(((2, 3, 4),), {"source": 0, "destination": -1}), (((2, 3, 4),), {"source": (0, 2), "destination": (1, 0)})],
             transposes=[lambda ybar, a, source, destination: moveaxis(ybar, source=destination, destination=source)])
def moveaxis(a, *, source, destination):
    """Some axes moved to other places, the others in their order."""
    return np.moveaxis(a, source, destination)


@multilinear(r"\text{flip}(a)", numpy=np.flip, transposes=[lambda ybar, a, axis: flip(ybar, axis=axis)],
             samples=[(((2, 3),), {}), (((2, 3),), {"axis": 1}), (((2, 3, 2),), {"axis": (0, -1)})])
def flip(a, *, axis=None):
    """The entries in reverse along all axes, or along the given ones."""
    return np.flip(a, axis)


def _rolled_back(ybar, a, shift, axis):
    """The entries moved on by as much the other way."""
    return roll(ybar, shift=tuple(-s for s in shift) if isinstance(shift, tuple) else -shift, axis=axis)


@multilinear(r"\text{roll}(a)", numpy=np.roll, transposes=[_rolled_back],
             samples=[(((2, 3),), {"shift": 2}), (((2, 3),), {"shift": -1, "axis": 1}),
                      (((2, 3),), {"shift": (1, 2), "axis": (0, 1)})])
def roll(a, *, shift, axis=None):
    """The entries moved on by `shift` along an axis, or in reading order; those that fall off come in at the other end."""
    return np.roll(a, shift, axis)


# -- picking and placing ------------------------------------------------------------------------------------------


BASIC = (int, np.integer, slice, type(None), type(Ellipsis))  # what picks each entry at most once


def kept_index(index):
    """An index that cannot change later: what is not basic is copied into an array."""
    return tuple(map(_kept_part, index)) if isinstance(index, tuple) else _kept_part(index)


def _kept_part(index):
    if isinstance(index, (*BASIC, str, float)) and not isinstance(index, bool):
        return index
    part = np.array(index)
    return part.astype(int) if not part.size and part.dtype == float else part  # an empty list picks nothing


def _getitem_of(a, index):
    return (a,), {"index": kept_index(index)}


@multilinear("a[i]", symbol="[·]", transposes=[lambda ybar, a, index: scatter.on((ybar,), {"index": index, "shape": shape_of(a)})],
             reads=_getitem_of,
             samples=[(((4, 3),), {"index": 1}), (((4, 3),), {"index": (slice(None, None, 2), -1)}),
                      (((4, 3),), {"index": np.array([0, 0, 2])}), (((2, 3),), {"index": (None, Ellipsis, 1)})])
def getitem(a, *, index):
    """a[index], with everything that NumPy takes as an index."""
    return (np.asarray(a) if type(a) is float else a)[index]


def _scatter_of(a, index, shape):
    return (a,), {"index": kept_index(index), "shape": shape}


@multilinear(r"\text{scatter}(a)", transposes=[lambda ybar, a, index, shape: ybar[index]], reads=_scatter_of,
             samples=[(((3,),), {"index": 1, "shape": (4, 3)}), (((3,),), {"index": np.array([0, 0, 2]), "shape": (4,)})])
def scatter(a, *, index, shape):
    """Zeros of the given shape with a added at [index]: the transpose of indexing."""
    y = np.zeros(shape, dtype=np.asarray(a).dtype)
    if all(isinstance(i, BASIC) for i in (index if isinstance(index, tuple) else (index,))):
        y[index] = a
    else:
        np.add.at(y, index, a)  # an entry picked twice gets both shares
    return y


def _along(axis, index, ndim):
    """The index that takes `index` along one axis and everything along the others."""
    return (slice(None),) * (axis % ndim) + (index,)


def _put_back(ybar, a, indices, axis):
    """Each entry to where it was taken from; one that was taken twice gets both shares."""
    if axis is None:
        return reshape(scatter(ybar, index=indices, shape=(math.prod(shape_of(a)),)), shape=shape_of(a))
    return scatter(ybar, index=_along(axis, indices, len(shape_of(a))), shape=shape_of(a))


def _take_of(a, indices, axis=None):
    indices = np.array(indices)
    if indices.size and indices.dtype.kind not in "iu":
        raise TypeError(f"take picks by whole numbers, and the indices came as {indices.dtype}. For a mask, write a[mask].")
    return (a,), {"indices": indices.astype(int), "axis": axis}


@multilinear("a[i]", symbol="take", reads=_take_of, numpy=np.take, transposes=[_put_back],
             samples=[(((3, 2),), {"indices": np.array([[1, 1], [5, 0]]), "axis": None}),
                      (((3, 2),), {"indices": np.array([2, 0, 2]), "axis": 0}), (((2, 3),), {"indices": np.array(1), "axis": -1})])
def take(a, *, indices, axis):
    """The entries at the given numbers along an axis, or in reading order."""
    return np.take(a, indices, axis=axis)


def _repeat_of(a, repeats, axis=None):
    shape = np.shape(numbers_of(a))
    if axis is not None and not -len(shape) <= axis < len(shape):
        raise ShapeError(f"repeat(a of shape {shape}, axis={axis}): axis {axis} is out of bounds; a has {len(shape)} axes.")
    n, counts = math.prod(shape) if axis is None else shape[axis], np.asarray(repeats)
    if counts.dtype.kind not in "iu" or counts.shape not in ((), (1,), (n,)) or (counts < 0).any():
        raise ValueError(f"repeat says how often each entry comes, one whole number from 0 on or one for each of the {n} entries, "
                         f"and got {repeats!r:.60}.")
    return (a,), {"indices": np.repeat(np.arange(n), counts), "axis": axis}


@multilinear(r"\text{repeat}(a)", reads=_repeat_of, numpy=np.repeat, transposes=[_put_back],
             samples=[(((2, 3),), {"indices": np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]), "axis": None}),
                      (((2, 3),), {"indices": np.array([0, 2, 2, 2]), "axis": 1})])
def repeat(a, *, indices, axis):
    """Each entry as often as `repeats` says, along an axis or in reading order: repeat(a, 2), repeat(a, [1, 0, 3], axis=1)."""
    return np.take(a, indices, axis=axis)


def _sort_order(a, axis):
    """The index that sorts a along the axis; entries that tie keep their order."""
    numbers = numbers_of(a)
    order = np.argsort(numbers, axis=axis, kind="stable")
    index: list[ndarray] = list(np.indices(order.shape, sparse=True))
    index[axis] = order
    return tuple(index)


def _sort_of(a, axis=-1):
    return ((ravel(a),), {"axis": -1}) if axis is None else ((a,), {"axis": axis})


def _sort_vjp(ybar, y, a, axis):
    """Each entry to where it was before it was sorted."""
    return (scatter(ybar, index=_sort_order(a, axis), shape=shape_of(a)),)


@primitive(r"\text{sort}(a)", reads=_sort_of, numpy=np.sort, vjp=_sort_vjp,
           jvp=lambda xdots, y, a, axis: xdots[0][_sort_order(a, axis)],
           samples=[(((5,),), {"axis": -1}), (((3, 4),), {"axis": 0}), (((3, 4),), {"axis": -1})], special=((0.0,),))
def sort(a, *, axis):
    """The entries in ascending order along an axis; each gradient goes back to where its entry came from."""
    return np.sort(a, axis=axis, kind="stable")


def _diagonal_back(ybar, a, k):
    """A diagonal for a diagonal: a matrix gets zeros beside it, a vector takes it out."""
    if len(shape_of(a)) == 1:
        return diag(ybar, k=k)
    n = shape_of(ybar)[0]
    return scatter(ybar, index=(np.arange(n) + max(-k, 0), np.arange(n) + max(k, 0)), shape=shape_of(a))


@multilinear(r"\text{diag}(a)", numpy=np.diag, transposes=[_diagonal_back],
             samples=[(((3,),), {}), (((2,),), {"k": -1}), (((3, 3),), {}), (((2, 4),), {"k": 1}), (((3, 2),), {"k": -1})])
def diag(a, *, k=0):
    """A matrix with the vector a on its diagonal, or the diagonal of the matrix a; k counts to the right from the middle one."""
    return np.diag(a, k)


@multilinear(r"\text{tril}(a)", numpy=np.tril, transposes=[lambda ybar, a, k: tril(ybar, k=k)],
             samples=[(((3, 3),), {}), (((2, 4),), {"k": 1}), (((2, 3, 3),), {"k": -1})])
def tril(a, *, k=0):
    """The lower triangle of a matrix (..., n, m), with zeros above the k-th diagonal."""
    return np.tril(a, k)


@multilinear(r"\text{triu}(a)", numpy=np.triu, transposes=[lambda ybar, a, k: triu(ybar, k=k)],
             samples=[(((3, 3),), {}), (((2, 4),), {"k": 1}), (((2, 3, 3),), {"k": -1})])
def triu(a, *, k=0):
    """The upper triangle of a matrix (..., n, m), with zeros below the k-th diagonal."""
    return np.triu(a, k)


# -- joining and parting ------------------------------------------------------------------------------------------


def _pieces(ybar, *arrays, axis):
    """The part of ybar that came from each of the concatenated arrays."""
    if axis is None:
        ends = np.cumsum([math.prod(shape_of(a)) for a in arrays]).tolist()
        return [reshape(ybar[end - math.prod(shape_of(a)) : end], shape=shape_of(a)) for a, end in zip(arrays, ends, strict=True)]
    ends = np.cumsum([shape_of(a)[axis] for a in arrays]).tolist()
    ndim = len(shape_of(ybar))
    return [ybar[_along(axis, slice(end - shape_of(a)[axis], end), ndim)] for a, end in zip(arrays, ends, strict=True)]


@multilinear(r"(a_1, a_2, \ldots)", symbol="concat", numpy=np.concatenate, transposes=[_pieces],
             samples=[(((2, 3), (1, 3)), {}), (((2, 1), (2, 3), (2, 2)), {"axis": -1}), (((2, 2), (3,)), {"axis": None})])
def concatenate(*arrays, axis=0):
    """The arrays one after the other along an axis they have; axis=None strings all entries together."""
    return np.concatenate(arrays, axis=axis)


def _layers(ybar, *arrays, axis):
    """The part of ybar that came from each of the stacked arrays."""
    return [ybar[_along(axis, t, len(shape_of(ybar)))] for t in range(len(arrays))]


@multilinear(r"(a_1; a_2; \ldots)", symbol="stack", numpy=np.stack, transposes=[_layers],
             samples=[(((2, 3), (2, 3)), {}), (((3,), (3,)), {"axis": -1}), (((), (), ()), {})])
def stack(*arrays, axis=0):
    """The arrays side by side along a new axis."""
    return np.stack(arrays, axis=axis)


def split(a, indices_or_sections, axis=0):
    """a in pieces along an axis, as a list: so many of one size, or cut before each of the given numbers. Each is an a[i:j]."""
    shape = np.shape(numbers_of(a))
    ndim = len(shape)
    if hasattr(indices_or_sections, "__record__"):
        raise TypeError("split is told by whole numbers where to cut, and not by a Value.")
    try:
        pieces = np.split(np.arange(shape[axis]), indices_or_sections)
    except (TypeError, ValueError, IndexError, ArithmeticError) as error:
        raise ShapeError(f"split(a of shape {shape}, {shortened(indices_or_sections)}, axis={axis}): {error}") from None
    return [getitem(a, _along(axis, slice(i[0], i[-1] + 1) if i else slice(0, 0), ndim)) for i in map(np.ndarray.tolist, pieces)]


# -- repeating and padding ----------------------------------------------------------------------------------------


@multilinear(r"\text{broadcast}(a)", symbol="broadcast", numpy=np.broadcast_to,
             samples=[(((3,),), {"shape": (2, 3)}), (((2, 1),), {"shape": (4, 2, 3)}), (((),), {"shape": (2,)})],
             transposes=[lambda ybar, a, shape: sum_to(ybar, shape=shape_of(a))])
def broadcast_to(a, *, shape):
    """a repeated along new or size-1 axes until it has the shape."""
    return np.broadcast_to(a, shape)


@multilinear(r"\textstyle\sum a", symbol="Σ→", transposes=[lambda ybar, a, shape: ybar],  # broadcasts to a
             samples=[(((2, 3),), {"shape": (3,)}), (((4, 2, 3),), {"shape": (2, 1)}), (((2, 3),), {"shape": ()})])
def sum_to(a, *, shape):
    """a summed over the axes that broadcasting repeated: the transpose of broadcasting. Where a is smaller it stays so."""
    came = shape_of(a)
    extra = len(came) - len(shape)
    if extra < 0 or came == shape:
        return a
    if extra == 1 and came[0] < 65 and came[1:] == shape and len(shape) == 1 and a.dtype is FLOAT64:
        return ONES[: came[0]].dot(a)  # a bias over a few associations: half the time of a sum
    if extra:
        a = np.add.reduce(a, axis=0 if extra == 1 else tuple(range(extra)))
        if a.shape == shape:
            return a
    return np.add.reduce(a, axis=tuple(i for i, size in enumerate(shape) if size == 1 != a.shape[i]), keepdims=True)


def _sum_of_tiles(ybar, a, reps):
    """The tiles laid on each other: ybar with an axis that counts the tiles before each axis of a."""
    shape = shape_of(a)
    shape = (1,) * (len(reps) - len(shape)) + shape
    reps = (1,) * (len(shape) - len(reps)) + reps
    pairs = reshape(ybar, shape=tuple(size for pair in zip(reps, shape) for size in pair))
    summed = sum_to(pairs, shape=tuple(size for n in shape for size in (1, n)))
    return reshape(summed, shape=shape_of(a))


def _tile_of(a, reps):
    counts = np.atleast_1d(reps)
    if counts.dtype.kind not in "iu" or counts.ndim > 1 or (counts < 0).any():
        raise ValueError(f"tile says how often a is laid along each axis, in whole numbers from 0 on, and got {reps!r:.60}.")
    return (a,), {"reps": tuple(counts.tolist())}


@multilinear(r"\text{tile}(a)", reads=_tile_of, numpy=np.tile, transposes=[_sum_of_tiles],
             samples=[(((3, 2),), {"reps": (2,)}), (((2,),), {"reps": (2, 1, 2)}), (((2, 2),), {"reps": (3, 1)})])
def tile(a, *, reps):
    """a laid side by side so many times along each axis."""
    return np.tile(a, reps)


def _pad_of(a, pad_width, mode="constant", value=0.0, constant_values=0.0):
    for fill in (value, constant_values):
        if not isinstance(fill, Real):
            raise TypeError(f"pad fills the border with one number, value=0.0, and not with {fill!r:.60}.")
    if mode != "constant":
        raise TypeError(f"pad has mode='constant' and not {mode!r}. For others, build the border by indexing and concatenate.")
    if value != 0.0 and constant_values != 0.0:
        raise TypeError("pad fills the border with one number: value and constant_values are two names for it.")
    ndim = np.ndim(numbers_of(a))
    try:
        pairs = np.broadcast_to(np.asarray(pad_width), (ndim, 2))
    except ValueError:
        raise ValueError(f"pad_width is a number, a pair (before, after), or a pair for each of the {ndim} axes; "
                         f"it is {pad_width!r:.60}.") from None
    if pairs.dtype.kind not in "iu" or (pairs < 0).any():
        raise ValueError(f"pad_width counts entries, whole numbers from 0 on, and is {pad_width!r:.60}.")
    return (a,), {"pad_width": tuple(map(tuple, pairs.tolist())), "value": float(value or constant_values)}


def _without_border(ybar, y, a, pad_width, value):
    """ybar less what belongs to the border."""
    return (ybar[tuple(slice(before, before + n) for (before, _), n in zip(pad_width, shape_of(a)))],)


@primitive(r"\text{pad}(a)", reads=_pad_of, numpy=np.pad, vjp=_without_border,
           jvp=lambda xdots, y, a, pad_width, value: pad.on((xdots[0],), {"pad_width": pad_width, "value": 0.0}),
           samples=[(((3,),), {"pad_width": ((1, 2),), "value": 0.0}), (((2, 3),), {"pad_width": ((0, 1), (2, 0)), "value": 3.0})])
def pad(a, *, pad_width, value):
    """a with a border of one value: pad(a, 1), pad(a, (before, after)), or a pair for each axis."""
    return np.pad(a, pad_width, constant_values=value)


@multilinear("a", samples=[(((2, 3),), {"dtype": None}), (((),), {"dtype": None})],
             transposes=[lambda ybar, a, dtype: ybar])  # it gets a's type where the walk ends
def cast(a, *, dtype):
    """The same numbers as float64 or as float32; None leaves them as they are."""
    return np.asarray(a, dtype=dtype)
