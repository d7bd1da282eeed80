"""Rearranging without computing: each of these is linear, and its transpose puts the entries back."""

from __future__ import annotations

import numpy as np

from tinygrad_edu.autodiff.mistakes import shape_of
from tinygrad_edu.autodiff.primitive import multilinear


@multilinear(r"\text{reshape}(a)", numpy=np.reshape, samples=[(((2, 3),), {"shape": (3, 2)}), (((2, 3),), {"shape": -1})],
             transposes=[lambda ybar, a, shape: reshape(ybar, shape=shape_of(a))])
def reshape(a, *, shape):
    """The same entries in the same order under another shape; one size may be -1."""
    return np.reshape(a, shape)


def _undone(axes):
    """The order of axes that undoes this one; None, the reversal, undoes itself."""
    if axes is None:
        return None
    order = [i % len(axes) for i in axes]
    return tuple(map(order.index, range(len(order))))


@multilinear("a^T", symbol="T", numpy=np.transpose, samples=[(((2, 3),), {}), (((2, 3, 4),), {"axes": (1, 2, 0)})],
             transposes=[lambda ybar, a, axes: transpose(ybar, axes=_undone(axes))])
def transpose(a, *, axes=None):
    """The axes reversed, or in the order given (counted from 0)."""
    return np.transpose(a, axes)


@multilinear("a[i]", symbol="[·]", transposes=[lambda ybar, a, index: scatter(ybar, index=index, shape=shape_of(a))],
             samples=[(((4, 3),), {"index": 1}), (((4, 3),), {"index": (slice(None, None, 2), -1)}),
                      (((4, 3),), {"index": np.array([0, 0, 2])}), (((2, 3),), {"index": (None, Ellipsis, 1)})])
def getitem(a, *, index):
    """a[index], with everything that NumPy takes as an index."""
    return a[index]


@multilinear(r"\text{scatter}(a)", transposes=[lambda ybar, a, index, shape: ybar[index]],
             samples=[(((3,),), {"index": 1, "shape": (4, 3)}), (((3,),), {"index": np.array([0, 0, 2]), "shape": (4,)})])
def scatter(a, *, index, shape):
    """Zeros of the given shape with a added at [index]: the transpose of indexing."""
    y = np.zeros(shape, dtype=np.asarray(a).dtype)
    if any(isinstance(i, (np.ndarray, list)) for i in (index if isinstance(index, tuple) else (index,))):
        np.add.at(y, index, a)  # an entry picked twice gets both shares
    else:
        y[index] = a
    return y


def _pieces(ybar, *arrays, axis):
    """The part of ybar that came from each of the concatenated arrays."""
    ends = np.cumsum([shape_of(a)[axis] for a in arrays]).tolist()
    before = (slice(None),) * (axis % len(shape_of(ybar)))
    return [ybar[(*before, slice(end - shape_of(a)[axis], end))] for a, end in zip(arrays, ends, strict=True)]


@multilinear(r"(a_1, a_2, \ldots)", symbol="concat", numpy=np.concatenate, transposes=[_pieces],
             samples=[(((2, 3), (1, 3)), {}), (((2, 1), (2, 3), (2, 2)), {"axis": -1})])
def concatenate(*arrays, axis=0):
    """The arrays one after the other along an axis they have."""
    return np.concatenate(arrays, axis=axis)


def _layers(ybar, *arrays, axis):
    """The part of ybar that came from each of the stacked arrays."""
    before = (slice(None),) * (axis % len(shape_of(ybar)))
    return [ybar[(*before, t)] for t in range(len(arrays))]


@multilinear(r"(a_1; a_2; \ldots)", symbol="stack", numpy=np.stack, transposes=[_layers],
             samples=[(((2, 3), (2, 3)), {}), (((3,), (3,)), {"axis": -1}), (((), (), ()), {})])
def stack(*arrays, axis=0):
    """The arrays side by side along a new axis."""
    return np.stack(arrays, axis=axis)


@multilinear(r"\text{broadcast}(a)", symbol="broadcast", numpy=np.broadcast_to,
             samples=[(((3,),), {"shape": (2, 3)}), (((2, 1),), {"shape": (4, 2, 3)}), (((),), {"shape": (2,)})],
             transposes=[lambda ybar, a, shape: sum_to(ybar, shape=shape_of(a))])
def broadcast_to(a, *, shape):
    """a repeated along new or size-1 axes until it has the shape."""
    return np.broadcast_to(a, shape)


@multilinear("a", samples=[(((2, 3),), {"dtype": None})], transposes=[lambda ybar, a, dtype: cast(ybar, dtype=a.dtype)])
def cast(a, *, dtype):
    """The same numbers as float64 or as float32; None leaves them as they are."""
    return np.asarray(a, dtype=dtype)


@multilinear(r"\textstyle\sum a", symbol="Σ→", transposes=[lambda ybar, a, shape: ybar],  # broadcasts to a
             samples=[(((2, 3),), {"shape": (3,)}), (((4, 2, 3),), {"shape": (2, 1)}), (((2, 3),), {"shape": ()})])
def sum_to(a, *, shape):
    """a summed over the axes that broadcasting repeated: the transpose of broadcasting. Where a is smaller it stays so."""
    came = shape_of(a)
    extra = len(came) - len(shape)
    if extra < 0 or came == shape:
        return a
    if extra:
        a = np.add.reduce(a, axis=0 if extra == 1 else tuple(range(extra)))
    if a.shape == shape:
        return a
    return np.add.reduce(a, axis=tuple(i for i, size in enumerate(shape) if size == 1 != a.shape[i]), keepdims=True)
