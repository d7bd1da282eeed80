"""What HIPS autograd and torch lack or call otherwise, in terms of what they have. None of it shares code with ours.

Most that moves entries about is spelled by two operations that both have: picking entries by their numbers (`gather`), with NumPy
saying which goes where, and a product with a matrix of 0 and 1 (`spread`). Some spellings avoid bugs of HIPS autograd 1.9: `where`
and `solve` do not sum over what was broadcast, `transpose` takes no negative axes, `prod` no tuple and no zeros; and where b is 0,
d(d(a^b)/da)/db, which is 1 / a, is a there and 0 in torch.
"""

from __future__ import annotations

import math
import string
from functools import partial
from types import SimpleNamespace
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.scipy import special
from autograd.tracer import getval, isbox
from numpy.lib.stride_tricks import sliding_window_view

try:
    import torch

    torch.set_num_threads(1)  # the arrays are small, and tests run side by side
except ImportError:
    torch = None  # type: ignore[assignment]

MOVES = (np.flip, np.roll, np.tile, np.repeat, np.swapaxes, np.moveaxis, np.squeeze, np.expand_dims, np.ravel, np.reshape,
         np.transpose, np.broadcast_to, np.take)


def places(shape: Any) -> np.ndarray:
    """An array whose entries say where they are: 0, 1, 2, ... in reading order."""
    return np.arange(math.prod(shape)).reshape(shape)


def _windows(at: np.ndarray, size: Any, stride: Any) -> np.ndarray:
    return sliding_window_view(at, _pair(size), axis=(-2, -1))[..., :: _pair(stride)[0], :: _pair(stride)[1], :, :]


def _pair(x: Any) -> tuple[int, int]:
    return x if isinstance(x, tuple) else (x, x)


def alike(lib: Any) -> dict[str, Any]:
    """What is written alike for both; `lib` has constant, numbers, gather and some reductions."""

    def moved(f, a, *args, **options):
        return lib.gather(a, np.asarray(f(places(a.shape), *args, **options)))

    def spread(a, at, shape):
        """Zeros, with each entry of a added at its place."""
        matrix = np.zeros((math.prod(shape), at.size))
        np.add.at(matrix, (at.reshape(-1), np.arange(at.size)), 1.0)
        return (lib.constant(matrix) @ a.reshape((-1,))).reshape(shape)

    def sorted_(a, axis):
        return lib.gather(a, np.take_along_axis(places(a.shape), np.argsort(lib.numbers(a), axis=axis), axis))

    def pad(a, pad_width, value):
        inside = np.pad(np.full(a.shape, True), pad_width)
        return spread(a, np.flatnonzero(inside), inside.shape) + lib.constant(np.where(inside, 0.0, value))

    def diag(a, k):
        if len(a.shape) == 2:
            return lib.gather(a, np.diag(places(a.shape), k))
        n = a.shape[0] + abs(k)
        return spread(a, np.diag(places((n, n)), k), (n, n))

    def trace(a, offset, axis1, axis2):
        at = np.diagonal(places(a.shape), offset, axis1, axis2)
        return lib.sum(lib.gather(a, at), axis=-1, keepdims=False)

    def sum_to(a, shape):
        extra = len(a.shape) - len(shape)
        return a if extra < 0 else spread(a, np.broadcast_to(places(shape), a.shape), shape)

    def split(a, at, axis, i, j):
        pieces = np.split(places(a.shape), at, axis=axis)
        return 2.0 * lib.gather(a, pieces[i]) + lib.sum(lib.gather(a, pieces[j]), axis=axis, keepdims=True)

    def prod(a, axis, keepdims):
        """One after the other: then no entry is divided by, and there may be zeros."""
        axes = range(len(a.shape)) if axis is None else [i % len(a.shape) for i in (axis if isinstance(axis, tuple) else (axis,))]
        shape = [1 if i in axes else n for i, n in enumerate(a.shape)]
        for axis in axes:
            slices = np.split(places(a.shape), a.shape[axis], axis=axis)
            product = lib.gather(a, slices[0])
            for at in slices[1:]:
                product = product * lib.gather(a, at)
            a = product
        return a.reshape(tuple(shape if keepdims else (n for i, n in enumerate(shape) if i not in axes)))

    def var(a, axis, keepdims, ddof):
        centred = a - lib.mean(a, axis=axis, keepdims=True)
        n = math.prod(a.shape) / np.sum(np.ones(a.shape), axis=axis, keepdims=True).size
        return lib.sum(centred * centred, axis=axis, keepdims=keepdims) / (n - ddof)

    def einsum(subscripts, *operands):
        """All operands over all letters, multiplied, and the letters summed over that are not in the result."""
        ins, arrow, out = subscripts.partition("->")
        letters = sorted(set(ins) - {",", "."})
        if not arrow:
            out = "".join(x for x in letters if ins.count(x) == 1)
        spare = [*"ABC"]
        dots, product = "", 1.0
        for term, x in zip(ins.split(","), operands):
            own = "".join(spare[: len(x.shape) - len(term.replace("...", ""))][::-1]) if "..." in term else ""
            dots, term = max(dots, own, key=len), term.replace("...", own)
            at = np.einsum(f"{term}->{''.join(sorted(set(term)))}", places(x.shape))  # the diagonal, where a letter stands twice
            term = sorted(set(term))
            full = [at.shape[term.index(x)] if x in term else 1 for x in sorted([*letters, *spare])]
            product = product * lib.gather(x, at.reshape(full))
        out, letters = out.replace("...", dots), sorted([*letters, *spare])
        summed = tuple(i for i, x in enumerate(letters) if x not in out)
        product = lib.sum(product, axis=summed, keepdims=False)
        left = [x for x in letters if x in out]
        return moved(np.transpose, product, [left.index(x) for x in out])

    def tensordot(a, b, axes):
        left = [*range(len(a.shape) - axes, len(a.shape)), *range(axes)] if isinstance(axes, int) else [*axes[0], *axes[1]]
        n = len(left) // 2
        of_a, of_b = [i % len(a.shape) for i in left[:n]], [i % len(b.shape) for i in left[n:]]
        A, B = list(string.ascii_lowercase[: len(a.shape)]), list(string.ascii_lowercase[10 : 10 + len(b.shape)])
        for i, j in zip(of_a, of_b):
            B[j] = A[i]
        out = [x for x in A if x not in B] + [x for x in B if x not in A]
        return einsum(f"{''.join(A)},{''.join(B)}->{''.join(out)}", a, b)

    def dot(a, b):
        if not len(a.shape) or not len(b.shape):
            return a * b
        return tensordot(a, b, ((-1,), (max(len(b.shape) - 2, 0),)))

    def conv2d(x, w, stride, padding):
        down, across = _pair(padding)
        seen = moved(_windows, pad(x, ((0, 0), (0, 0), (down, down), (across, across)), 0.0), tuple(w.shape[2:]), stride)
        return einsum("tcpqij,kcij->tkpq", seen, w)

    def cross_entropy(u, target, mean):
        chosen = lib.constant(np.eye(u.shape[-1])[np.array(target)])
        return -lib.sum(lib.log_softmax(u, axis=-1) * chosen, axis=None, keepdims=False) / (np.size(target) if mean else 1)

    def binary_cross_entropy_with_logits(u, target, mean):
        return lib.sum(lib.softplus(u) - target * u, axis=None, keepdims=False) / (math.prod(u.shape) if mean else 1)

    def dropout(a, rate, seed):
        kept = np.random.default_rng(seed).random(a.shape) >= rate
        return a * lib.constant(kept / (1 - rate))

    return {
        **{f.__name__: partial(moved, f) for f in MOVES},
        "getitem": lambda a, index: lib.gather(a, np.asarray(places(a.shape)[index])),
        "scatter": lambda a, index, shape: spread(a, np.asarray(places(shape)[index]), shape),
        "windows": lambda a, size, stride: moved(_windows, a, size, stride),
        "overlap": lambda a, shape, stride: spread(a, _windows(places(shape), tuple(a.shape[-2:]), stride), shape),
        "max_pool2d": lambda a, size, stride: lib.max(moved(_windows, a, size, stride or size), axis=(-2, -1), keepdims=False),
        "avg_pool2d": lambda a, size, stride: lib.mean(moved(_windows, a, size, stride or size), axis=(-2, -1), keepdims=False),
        "tril": lambda a, k: a * lib.constant(np.tril(np.ones(a.shape), k)),
        "triu": lambda a, k: a * lib.constant(np.triu(np.ones(a.shape), k)),
        "outer": lambda a, b: a.reshape((-1, 1)) * b.reshape((1, -1)),
        "identity": lambda u: 1.0 * u,
        "cast": lambda a, dtype: 1.0 * a,
        "detach": lambda a: lib.constant(lib.numbers(a)),
        "norm": lambda a, axis, keepdims: lib.sum(a * a, axis=axis, keepdims=keepdims) ** 0.5,
        "std": lambda a, **options: var(a, **options) ** 0.5,
        "clip": lambda a, low, high: lib.minimum(lib.maximum(a, low), high),
        "sort": sorted_, "pad": pad, "diag": diag, "trace": trace, "sum_to": sum_to, "split": split, "prod": prod, "var": var,
        "einsum": einsum, "tensordot": tensordot, "dot": dot, "conv2d": conv2d, "cross_entropy": cross_entropy,
        "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits, "dropout": dropout,
    }


# -- HIPS autograd ----------------------------------------------------------------------------------------------------


def _unboxed(a):
    while isbox(a):
        a = getval(a)
    return a


def _concatenated(arrays, axis):
    return anp.concatenate([anp.reshape(a, (-1,)) for a in arrays] if axis is None else arrays, axis=axis or 0)


def _solved(A, b):
    columns = anp.matmul(anp.linalg.inv(A), anp.expand_dims(b, -1) if len(b.shape) == 1 else b)
    return columns[..., 0] if len(b.shape) == 1 else columns


HIPS = SimpleNamespace(
    constant=lambda x: x,
    numbers=_unboxed,
    gather=lambda a, at: a.reshape((-1,))[at.reshape(-1)].reshape(at.shape),
    sum=anp.sum, mean=anp.mean, max=anp.max, concatenate=_concatenated, minimum=anp.minimum, maximum=anp.maximum,
    inv=anp.linalg.inv, det=anp.linalg.det, solve=_solved, erf=special.erf, erfc=special.erfc,
    where=lambda condition, a, b: 1.0 * condition * a + 1.0 * np.logical_not(condition) * b,
    sigmoid=lambda u: 1.0 / (1.0 + anp.exp(-u)),
    one_minus_sigmoid=lambda u: 1.0 / (1.0 + anp.exp(u)),
    sech=lambda u: 1.0 / anp.cosh(u),
    softplus=lambda u: anp.log(1.0 + anp.exp(u)),
    log_sigmoid=lambda u: -anp.log(1.0 + anp.exp(-u)),
    silu=lambda u: u / (1.0 + anp.exp(-u)),
    gelu=lambda u: 0.5 * u * (1.0 + special.erf(u / math.sqrt(2))),
    relu=lambda u: u * (u > 0),
    leaky_relu=lambda u, slope: u * anp.where(u > 0, 1.0, slope),
    elu=lambda u, alpha: u * (u > 0) + alpha * (anp.exp(u) - 1.0) * (u <= 0),
    cbrt=lambda u: anp.sign(u) * anp.abs(u) ** (1 / 3),
    power=lambda a, b: anp.exp(b * anp.log(a)),
    hypot=lambda a, b: anp.sqrt(a * a + b * b),
    floor_divide=lambda a, b: anp.floor(a / b),
    remainder=lambda a, b: a - b * anp.floor(a / b),
    logsumexp=lambda a, axis, keepdims: anp.log(anp.sum(anp.exp(a), axis=axis, keepdims=keepdims)),
    softmax=lambda a, axis: anp.exp(a) / anp.sum(anp.exp(a), axis=axis, keepdims=True),
    log_softmax=lambda a, axis: a - anp.log(anp.sum(anp.exp(a), axis=axis, keepdims=True)),
)
vars(HIPS).update(alike(HIPS))


# -- torch ------------------------------------------------------------------------------------------------------------


def tensor(x):
    return torch.tensor(x, dtype=torch.float64)


def _axes(a, axis):
    return tuple(range(a.ndim)) if axis is None else axis


def _logsumexp(a, axis, keepdims):
    return torch.logsumexp(a, _axes(a, axis), keepdim=keepdims) if a.ndim else 1.0 * a


def _torch_power(a, b):
    of_both = isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor)
    return torch.exp(b * torch.log(a)) if of_both and (b == 0).any() else torch.pow(a, b)


def _torch_solve(A, b):
    """With both in full, since torch may take a stack of matrices b for one of vectors."""
    columns = b.unsqueeze(-1) if b.ndim == 1 else b
    stack = torch.broadcast_shapes(A.shape[:-2], columns.shape[:-2])
    x = torch.linalg.solve(A.expand((*stack, *A.shape[-2:])), columns.expand((*stack, *columns.shape[-2:])))
    return x.squeeze(-1) if b.ndim == 1 else x


def _pooled(pool):
    """A pool of torch's, which takes stacks of pictures with channels."""

    def f(a, size, stride):
        y = pool(a.reshape((1, -1, *a.shape[-2:])), size, stride)
        return y.reshape((*a.shape[:-2], *y.shape[-2:]))

    return f


TORCH: Any = SimpleNamespace()
if torch is not None:
    nn = torch.nn.functional
    TORCH = SimpleNamespace(
        constant=tensor,
        numbers=lambda a: a.detach().numpy(),
        gather=lambda a, at: a.reshape(-1)[torch.from_numpy(at.reshape(-1).copy())].reshape(at.shape),
        sum=lambda a, axis, keepdims: torch.sum(a, _axes(a, axis), keepdim=keepdims),
        mean=lambda a, axis, keepdims: torch.mean(a, _axes(a, axis), keepdim=keepdims),
        max=lambda a, axis, keepdims: torch.amax(a, _axes(a, axis), keepdim=keepdims),
        min=lambda a, axis, keepdims: torch.amin(a, _axes(a, axis), keepdim=keepdims),
        minimum=torch.minimum, maximum=torch.maximum,
        softplus=lambda u: torch.logaddexp(u, torch.zeros_like(u)),
        one_minus_sigmoid=lambda u: torch.sigmoid(-u),
        sech=lambda u: 1.0 / torch.cosh(u),
        logsumexp=_logsumexp,
        softmax=lambda a, axis: torch.exp(a - _logsumexp(a, axis, True)),
        log_softmax=lambda a, axis: a - _logsumexp(a, axis, True),
    )
    vars(TORCH).update(alike(TORCH))
    vars(TORCH).update(
        concatenate=lambda arrays, axis: torch.cat([a.reshape(-1) for a in arrays] if axis is None else arrays, axis or 0),
        stack=torch.stack,
        power=_torch_power,
        log_sigmoid=nn.logsigmoid,
        leaky_relu=lambda u, slope: nn.leaky_relu(u, slope),
        elu=nn.elu,
        gelu=nn.gelu,
        silu=nn.silu,
        cbrt=lambda u: torch.sign(u) * torch.abs(u) ** (1 / 3),
        floor_divide=lambda a, b: torch.floor(a / b),
        einsum=torch.einsum,
        tensordot=torch.tensordot,
        cumsum=lambda a, axis: torch.cumsum(a.reshape(-1) if axis is None else a, axis or 0),
        var=lambda a, axis, keepdims, ddof: torch.var(a, _axes(a, axis), correction=ddof, keepdim=keepdims),
        std=lambda a, axis, keepdims, ddof: torch.std(a, _axes(a, axis), correction=ddof, keepdim=keepdims),
        solve=_torch_solve,
        inv=torch.linalg.inv, det=torch.linalg.det,
        conv2d=lambda x, w, stride, padding: nn.conv2d(x, w, stride=stride, padding=padding),
        max_pool2d=_pooled(nn.max_pool2d), avg_pool2d=_pooled(nn.avg_pool2d),
    )
