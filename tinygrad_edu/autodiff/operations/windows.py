"""A small window moved over pictures: convolution and pooling. Pictures are (..., height, width)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_edu.autodiff.mistakes import ShapeError, numbers_of, shape_of
from tinygrad_edu.autodiff.operations.products import tensordot
from tinygrad_edu.autodiff.operations.reductions import sum
from tinygrad_edu.autodiff.operations.shapes import expand_dims, moveaxis, pad
from tinygrad_edu.autodiff.primitive import multilinear, primitive


def _pair(name, x, least):
    """A size as (down, across), given as one number or two. Raises ShapeError."""
    pair = tuple(x) if isinstance(x, (tuple, list)) else (x, x)
    if len(pair) != 2 or not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n >= least for n in pair):
        raise ShapeError(f"{name} is a whole number from {least} on, or a pair of them (down, across), and is {x!r:.60}.")
    return int(pair[0]), int(pair[1])


def _windows_of(a, size, stride=1):
    size, stride, shape = _pair("size", size, 1), _pair("stride", stride, 1), np.shape(numbers_of(a))
    if len(shape) < 2 or shape[-2] < size[0] or shape[-1] < size[1]:
        raise ShapeError(f"a window of {size} does not fit into {shape}: pictures are (..., height, width), no smaller than it.")
    return (a,), {"size": size, "stride": stride}


@multilinear(r"\text{windows}(a)", reads=_windows_of,
             transposes=[lambda ybar, a, size, stride: overlap.on((ybar,), {"shape": shape_of(a), "stride": stride})],
             samples=[(((2, 3, 4),), {"size": (2, 2), "stride": (1, 1)}), (((5, 4),), {"size": (3, 1), "stride": (2, 3)})])
def windows(a, *, size, stride):
    """What a window sees at each place: (..., H, W) becomes (..., places down, places across, size down, size across)."""
    return sliding_window_view(a, size, axis=(-2, -1))[..., :: stride[0], :: stride[1], :, :]


@multilinear(r"\text{overlap}(a)", transposes=[lambda ybar, a, shape, stride: windows(ybar, shape_of(a)[-2:], stride)],
             samples=[(((2, 2, 3, 2, 2),), {"shape": (2, 3, 4), "stride": (1, 1)}),
                      (((2, 2, 3, 1),), {"shape": (5, 4), "stride": (2, 3)})])
def overlap(a, *, shape, stride):
    """Windows laid back on the picture and added where they overlap: the transpose of `windows`."""
    *_, down, across, height, width = a.shape
    y = np.zeros(shape, a.dtype)
    for i in range(height):
        for j in range(width):
            y[..., i : i + stride[0] * down : stride[0], j : j + stride[1] * across : stride[1]] += a[..., i, j]
    return y


def _conv2d_of(x, w, stride=1, padding=0):
    (down, across), stride = _pair("padding", padding, 0), _pair("stride", stride, 1)
    shapes = [np.shape(numbers_of(z)) for z in (x, w)]
    if [len(shape) for shape in shapes] != [4, 4]:
        raise ShapeError(f"conv2d takes x: (T, C, H, W) and w: (K, C, h, w); x is {shapes[0]} and w is {shapes[1]}.")
    (_, channels, H, W), (_, wanted, h, w_) = shapes
    if channels != wanted:
        raise ShapeError(f"conv2d: x is {shapes[0]}, with {channels} channels, and w is {shapes[1]}, for {wanted} channels.")
    if h > H + 2 * down or w_ > W + 2 * across or 0 in (h, w_):
        raise ShapeError(f"conv2d: the window of w, {(h, w_)}, does not fit into x, {(H, W)} with padding {(down, across)}.")
    return (x, w), {"stride": stride, "padding": ((0, 0), (0, 0), (down, down), (across, across))}


def _seen(x, w, stride, padding):
    """What w's window sees of the padded x: (T, C, places, places, h, w)."""
    return windows(pad.on((x,), {"pad_width": padding, "value": 0.0}), shape_of(w)[-2:], stride)


def _to_picture(ybar, x, w, stride, padding):
    """What each place of the result owes to the pixels in its window, laid back on the picture."""
    (T, C, H, W), ((_, _), (_, _), (down, _), (across, _)) = shape_of(x), padding
    seen = moveaxis(tensordot(ybar, w, axes=((1,), (0,))), source=3, destination=1)  # (T, places, places, C, h, w) -> (T, C, ...)
    return overlap(seen, shape=(T, C, H + 2 * down, W + 2 * across), stride=stride)[:, :, down : down + H, across : across + W]


def _to_window(ybar, x, w, stride, padding):
    """Each weight gets the sum over all that it saw."""
    return tensordot(ybar, _seen(x, w, stride, padding), axes=((0, 2, 3), (0, 2, 3)))


@multilinear(r"\textstyle\sum_{c i j} x_{c, p + i, q + j} \, w_{k c i j}", reads=_conv2d_of, transposes=[_to_picture, _to_window],
             samples=[(((2, 2, 4, 3), (3, 2, 2, 2)), {"stride": (1, 1), "padding": ((0, 0),) * 4}),
                      (((1, 2, 5, 4), (2, 2, 3, 2)), {"stride": (2, 1), "padding": ((0, 0), (0, 0), (1, 1), (2, 2))})])
def conv2d(x, w, *, stride, padding):
    """The sum of what each window of x sees, weighted by w: x (T, C, H, W) and w (K, C, h, w) make (T, K, places, places).

    conv2d(x, w, stride=1, padding=0), with numbers or pairs (down, across); padding is a border of zeros. As in all of the field, w
    is not turned round, so in mathematics it is a cross-correlation.
    """
    return moveaxis(tensordot(_seen(x, w, stride, padding), w, axes=((1, 4, 5), (1, 2, 3))), source=3, destination=1)


def _pool_of(a, size, stride=None):
    return _windows_of(a, size, size if stride is None else stride)


def _winners(y, a, size, stride):
    """In each window 1 for the largest entry, 1/n each where n tie."""
    seen = windows(a, size, stride)
    winners = 1.0 * (seen == expand_dims(y, axis=(-2, -1)))
    return winners / sum(winners, axis=(-2, -1), keepdims=True)


@primitive(r"\max_{i j} a_{p + i, q + j}", symbol="max pool", reads=_pool_of, selects=True,
           samples=[(((2, 4, 4),), {"size": (2, 2), "stride": (2, 2)}), (((3, 4),), {"size": (2, 3), "stride": (1, 1)})],
           special=((0.0,),),
           vjp=lambda ybar, y, a, size, stride: (overlap(expand_dims(ybar, axis=(-2, -1)) * _winners(y, a, size, stride),
                                                         shape=shape_of(a), stride=stride),),
           jvp=lambda xdots, y, a, size, stride: sum(windows(xdots[0], size, stride) * _winners(y, a, size, stride), axis=(-2, -1)))
def max_pool2d(a, *, size, stride):
    """The largest entry in each window: max_pool2d(a, size, stride=size), with numbers or pairs; ties share the gradient."""
    return np.max(windows.forward(a, size=size, stride=stride), axis=(-2, -1))


@multilinear(r"\textstyle\frac{1}{n} \sum_{i j} a_{p + i, q + j}", symbol="mean pool", reads=_pool_of,
             transposes=[lambda ybar, a, size, stride: overlap(
                 expand_dims(ybar, axis=(-2, -1)) * np.full(size, 1.0 / (size[0] * size[1])), shape=shape_of(a), stride=stride)],
             samples=[(((2, 4, 4),), {"size": (2, 2), "stride": (2, 2)}), (((3, 4),), {"size": (2, 3), "stride": (1, 1)})])
def avg_pool2d(a, *, size, stride):
    """The mean of each window: avg_pool2d(a, size, stride=size), with numbers or pairs (down, across)."""
    return np.mean(windows.forward(a, size=size, stride=stride), axis=(-2, -1))
