"""The matrix product: u = x @ w, eq. 15 for one output unit and all of a layer's at once."""

from __future__ import annotations

import numpy as np

from tinygrad_edu.autodiff.mistakes import shape_of
from tinygrad_edu.autodiff.operations.shapes import reshape
from tinygrad_edu.autodiff.primitive import multilinear


def _product(A, B):
    """A @ B for two matrices: `dot` starts in a third of the time, but an array's does not know what a Value is."""
    return A.dot(B) if type(A) is type(B) else A @ B


def _as_matrices(ybar, A, B):
    """A vector stands in for a row on the left of @ and for a column on the right of it: write it as one."""
    a, b, y = shape_of(A), shape_of(B), shape_of(ybar)
    if len(b) == 1:
        B, y = reshape(B, shape=(*b, 1)), (*y, 1)
    if len(a) == 1:
        A, y = reshape(A, shape=(1, *a)), (*y[:-1], 1, y[-1])
    return reshape(ybar, shape=y), A, B


def _to_left(ybar, A, B):
    """Abar = ybar @ B.T; the credit of an input is its share of the credit of what it fed."""
    if A.ndim == B.ndim == 2:
        return _product(ybar, B.T)
    ybar, matrix, B = _as_matrices(ybar, A, B)
    Abar = ybar @ B.mT
    return Abar if matrix is A else reshape(Abar, shape=(*shape_of(Abar)[:-2], shape_of(A)[0]))


def _to_right(ybar, A, B):
    """Bbar = A.T @ ybar; the sum over associations in eq. 35 is in this product."""
    if A.ndim == B.ndim == 2:
        return _product(A.T, ybar)
    ybar, A, matrix = _as_matrices(ybar, A, B)
    Bbar = A.mT @ ybar
    return Bbar if matrix is B else reshape(Bbar, shape=(*shape_of(Bbar)[:-2], shape_of(B)[0]))


@multilinear(r"A \, B", symbol="@", eq="15", numpy=np.matmul, transposes=[_to_left, _to_right],
             samples=[(((2, 3), (3, 4)), {}), (((3,), (3,)), {}), (((2, 3), (3,)), {}), (((3,), (3, 2)), {}),
                      (((4, 2, 3), (3, 2)), {}), (((2, 1, 2, 3), (4, 3, 2)), {}), (((3,), (2, 3, 2)), {}), (((2, 2, 3), (3,)), {})])
def matmul(A, B):
    """The matrix product, with NumPy's reading of vectors and of leading (batch) axes."""
    return _product(A, B) if A.ndim == B.ndim == 2 else A @ B
