"""Sums of products: the matrix product of eq. 15 and its kin, and what linear algebra does with one matrix."""

from __future__ import annotations

import string
from collections import Counter

import numpy as np

from tinygrad_edu.autodiff.mistakes import ShapeError, numbers_of, shape_of
from tinygrad_edu.autodiff.operations.arithmetic import multiply
from tinygrad_edu.autodiff.operations.reductions import sum
from tinygrad_edu.autodiff.operations.shapes import expand_dims, reshape, transpose
from tinygrad_edu.autodiff.primitive import multilinear, primitive


def _product(A, B):
    """A @ B for two matrices: `dot` starts in a third of the time, but an array's does not know what a Value is."""
    return A.dot(B) if type(A) is type(B) else matmul(A, B)


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
    Bbar = matmul(A.mT, ybar)
    return Bbar if matrix is B else reshape(Bbar, shape=(*shape_of(Bbar)[:-2], shape_of(B)[0]))


@multilinear(r"A \, B", symbol="@", eq="15", numpy=np.matmul, transposes=[_to_left, _to_right],
             samples=[(((2, 3), (3, 4)), {}), (((3,), (3,)), {}), (((2, 3), (3,)), {}), (((3,), (3, 2)), {}),
                      (((4, 2, 3), (3, 2)), {}), (((2, 1, 2, 3), (4, 3, 2)), {}), (((3,), (4, 3, 2)), {}), (((2, 2, 3), (3,)), {}),
                      (((4, 2, 3), (4, 3, 5)), {})])
def matmul(A, B):
    """The matrix product, with NumPy's reading of vectors and of leading (batch) axes."""
    return _product(A, B) if A.ndim == B.ndim == 2 else A @ B


@multilinear(r"a \, b^T", symbol="⊗", numpy=np.outer,
             transposes=[lambda ybar, a, b: reshape(ybar @ reshape(b, shape=-1), shape=shape_of(a)),
                         lambda ybar, a, b: reshape(matmul(reshape(a, shape=-1), ybar), shape=shape_of(b))],
             samples=[(((3,), (2,)), {}), (((2, 2), (3,)), {}), (((), (3,)), {}), (((3,), (2, 2)), {})])
def outer(a, b):
    """Each entry of a times each entry of b: (m,) and (n,) make (m, n)."""
    return np.outer(a, b)


# -- contractions -------------------------------------------------------------------------------------------------


def _contracted(axes, a, b):
    """The axes of a and b that tensordot sums over, counted from 0."""
    shapes = np.shape(numbers_of(a)), np.shape(numbers_of(b))
    came = f"tensordot: a is {shapes[0]}, b is {shapes[1]} and axes is {axes!r}"
    if isinstance(axes, (int, np.integer)):
        axes = range(len(shapes[0]) - axes, len(shapes[0])), range(axes)
    try:
        pair = [[int(i) for i in np.ravel(ours)] for ours in axes]
    except (TypeError, ValueError):
        raise TypeError(f"{came}; it is a number of axes, or a pair of lists of them: axes=2, axes=([1, 0], [0, 1]).") from None
    if len(pair) != 2 or len(pair[0]) != len(pair[1]) or any(not -len(shape) <= i < len(shape)
                                                              for shape, ours in zip(shapes, pair) for i in ours):
        raise ShapeError(f"{came}; as many axes of a as of b are summed over, and both must have them.")
    if any(shapes[0][i] != shapes[1][j] for i, j in zip(*pair)):
        raise ShapeError(f"{came}; the axes that are summed over must be equally long.")
    return tuple(tuple(i % len(shape) for i in ours) for shape, ours in zip(shapes, pair))


def _tensordot_of(a, b, axes=2):
    return (a, b), {"axes": _contracted(axes, a, b)}


def _free(x, summed):
    return [i for i in range(len(shape_of(x))) if i not in summed]


def _tensordot_left(ybar, a, b, axes):
    """ybar has a's free axes and then b's; with b's summed over, those of b that were contracted remain, in b's order."""
    (of_a, of_b), n = axes, len(shape_of(a)) - len(axes[0])
    full = tensordot(ybar, b, axes=(range(n, len(shape_of(ybar))), _free(b, of_b)))
    came = _free(a, of_a) + [of_a[of_b.index(i)] for i in sorted(of_b)]
    return transpose(full, axes=tuple(came.index(i) for i in range(len(came))))


def _tensordot_right(ybar, a, b, axes):
    """The same from the other side: a's free axes are summed over."""
    (of_a, of_b), n = axes, len(shape_of(a)) - len(axes[0])
    full = tensordot(a, ybar, axes=(_free(a, of_a), range(n)))
    came = [of_b[of_a.index(i)] for i in sorted(of_a)] + _free(b, of_b)
    return transpose(full, axes=tuple(came.index(i) for i in range(len(came))))


@multilinear(r"\textstyle\sum_k a_{\ldots k} \, b_{k \ldots}", reads=_tensordot_of, numpy=np.tensordot,
             transposes=[_tensordot_left, _tensordot_right],
             samples=[(((2, 3), (3, 2)), {"axes": ((1,), (0,))}), (((2, 3, 2), (3, 2)), {"axes": ((2, 1), (1, 0))}),
                      (((2,), (3,)), {"axes": ((), ())}), (((2, 3), (4, 3, 2)), {"axes": ((0, 1), (2, 1))})])
def tensordot(a, b, *, axes):
    """The sum of products over some axes of a and as many of b: tensordot(a, b, axes=2), or axes=([1, 0], [0, 1])."""
    return np.tensordot(a, b, axes=axes)


def dot(a, b):
    """NumPy's `dot`: a product with a number, the product of vectors and matrices, and beyond two axes a `tensordot`."""
    ndims = np.ndim(numbers_of(a)), np.ndim(numbers_of(b))
    if 0 in ndims:
        return multiply(a, b)
    return matmul(a, b) if max(ndims) <= 2 or ndims[1] == 1 else tensordot(a, b, axes=((-1,), (-2,)))


def _einsum_of(subscripts, *operands):
    if not isinstance(subscripts, str):
        raise TypeError("einsum takes the subscripts first, as text: einsum('ij,jk->ik', a, b), "
                        f"and not a {type(subscripts).__name__}.")
    return operands, {"subscripts": _in_full(subscripts, [np.shape(numbers_of(x)) for x in operands])}


def _in_full(subscripts, shapes):
    """The subscripts with the result and every axis spelled out: 'ij,jk' becomes 'ij,jk->ik'. Raises ShapeError."""
    ins, arrow, out = subscripts.replace(" ", "").partition("->")
    terms = ins.split(",")
    if len(terms) != len(shapes):
        raise ShapeError(f"einsum({subscripts!r}): the subscripts are for {len(terms)} arrays, and there are {len(shapes)}.")
    spare = [letter for letter in string.ascii_letters if letter not in subscripts]
    dots = ""  # the letters of the axes that an ellipsis stands for, the longest of them
    for i, (term, shape) in enumerate(zip(terms, shapes)):
        extra = len(shape) - len(term.replace("...", ""))
        if extra < 0 or (extra and "..." not in term):
            raise ShapeError(f"einsum({subscripts!r}): {term!r} has {len(term.replace('...', ''))} letters, "
                             f"and array number {i} has shape {shape}.")
        own = "".join(spare[:extra][::-1])
        dots = max(dots, own, key=len)
        terms[i] = term.replace("...", own)
    letters = Counter("".join(terms))
    if not arrow:
        out = dots + "".join(sorted(x for x, n in letters.items() if n == 1 and x not in dots))
    out = out.replace("...", dots)
    wrong = [f"{x!r} is not a letter" for x in "".join([*terms, out]) if x not in string.ascii_letters]
    wrong += [f"{x!r} is in the result and in no array" for x in out if x not in letters]
    wrong += [f"{x!r} stands twice in the result" for x in out if out.count(x) > 1]
    if wrong:
        raise ShapeError(f"einsum({subscripts!r}): {wrong[0]}.")
    sizes: dict[str, int] = {}
    for i, (term, shape) in enumerate(zip(terms, shapes)):
        for letter, size in zip(term, shape):
            if size != sizes.setdefault(letter, size) and 1 not in (size, sizes[letter]):
                raise ShapeError(f"einsum({subscripts!r}): {letter!r} is {sizes[letter]} long, and in array number {i}, of shape "
                                 f"{shape}, it is {size}.")
            sizes[letter] = max(size, sizes[letter])
    return ",".join(terms) + "->" + out


def _einsum_to(i, ybar, operands, subscripts):
    """The cotangent of operand i: the sum of the products with it and the result changing places."""
    ins, out = subscripts.split("->")
    terms = ins.split(",")
    sizes = dict(zip(terms[i], shape_of(operands[i])))
    others = [(term, x) for j, (term, x) in enumerate(zip(terms, operands)) if j != i]
    spare = iter(letter for letter in string.ascii_letters if letter not in subscripts)
    wanted = ""
    for letter in terms[i]:
        if letter in wanted:  # a diagonal, 'ii': the entries beside it have no share
            twin = next(spare)
            others.append((letter + twin, np.eye(sizes[letter])))
            letter = twin
        elif letter not in out and not any(letter in term for term, _ in others):  # summed over by itself
            others.append((letter, np.ones(sizes[letter])))
        wanted += letter
    terms, factors = zip((out, ybar), *others)
    return einsum.on(factors, {"subscripts": ",".join(terms) + "->" + wanted})


@primitive(r"\textstyle\sum a_{\ldots} \, b_{\ldots} \cdots", reads=_einsum_of, numpy=np.einsum, linear=True,
           vjp=lambda ybar, y, *operands, subscripts: [_einsum_to(i, ybar, operands, subscripts) for i in range(len(operands))],
           jvp=lambda xdots, y, *operands, subscripts: _einsum_jvp(xdots, operands, subscripts),
           samples=[(((2, 3), (3, 4)), {"subscripts": "ij,jk->ik"}), (((3, 3),), {"subscripts": "ii->i"}),
                    (((2, 3), (3,), (2,)), {"subscripts": "ij,j,i->"}), (((2, 3),), {"subscripts": "ij->j"}),
                    (((4, 2, 3), (4, 3)), {"subscripts": "bij,bj->bi"}), (((3, 3), (3,)), {"subscripts": "ii,i->"}),
                    (((2, 3), (4,)), {"subscripts": "ij,k->k"})])
def einsum(*operands, subscripts):
    """The sum of products that the letters say: einsum("ij,jk->ik", a, b) is the matrix product.

    Letters that are not in the result are summed over; a letter twice in one array takes its diagonal.
    """
    large = np.prod([float(np.size(x)) for x in operands]) > 1e6  # then it pays to look for a good order
    return np.einsum(subscripts, *operands, optimize=bool(large))


def _einsum_jvp(xdots, operands, subscripts):
    """Linear in each operand: the sum over them, each with its tangent in its place."""
    terms = [einsum.on((*operands[:i], xdot, *operands[i + 1 :]), {"subscripts": subscripts})
             for i, xdot in enumerate(xdots) if xdot is not None]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


# -- one matrix ---------------------------------------------------------------------------------------------------


def _well_conditioned(rng, shapes):
    """Matrices whose inverse is no larger than they are."""
    xs = [rng.uniform(-1, 1, shape) for shape in shapes]
    return [xs[0] + 2.0 * np.eye(shapes[0][-1]), *xs[1:]]


def _trace_of(a, offset=0, axis1=0, axis2=1):
    return (a,), {"offset": offset, "axis1": axis1, "axis2": axis2}


def _onto_the_diagonal(ybar, a, offset, axis1, axis2):
    """ybar in each place of the diagonal."""
    shape, ndim = shape_of(a), len(shape_of(a))
    i, j = axis1 % ndim, axis2 % ndim
    diagonal = np.eye(shape[i], shape[j], offset)
    diagonal = np.reshape(diagonal if i < j else diagonal.T, [shape[k] if k in (i, j) else 1 for k in range(ndim)])
    return multiply(expand_dims(ybar, axis=(i, j)), diagonal)


@multilinear(r"\operatorname{tr} A = \textstyle\sum_i A_{ii}", symbol="tr", reads=_trace_of, numpy=np.trace, selects=True,
             transposes=[_onto_the_diagonal],
             samples=[(((3, 3),), {"offset": 0, "axis1": 0, "axis2": 1}), (((2, 4),), {"offset": 1, "axis1": 0, "axis2": 1}),
                      (((3, 2, 3),), {"offset": -1, "axis1": -1, "axis2": 0}),
                      (((2, 4, 3),), {"offset": 0, "axis1": 1, "axis2": -1})])
def trace(A, *, offset, axis1, axis2):
    """The sum along the diagonal of the first two axes, or of the two given, or along a diagonal beside it."""
    return np.trace(A, offset, axis1, axis2)


@primitive(r"A^{-1}", symbol="⁻¹", numpy=np.linalg.inv, draw=_well_conditioned, samples=[(((2, 2),), {}), (((4, 3, 3),), {})],
           vjp=lambda ybar, y, A: (-matmul(matmul(y.mT, ybar), y.mT),), jvp=lambda xdots, y, A: -matmul(matmul(y, xdots[0]), y))
def inv(A):
    """The inverse of a square matrix, or of each in a stack (..., n, n). Raises LinAlgError for one that has none."""
    return np.linalg.inv(A)




def _as_columns(x, b):
    """A vector b is one column, and so are the vectors that go with it."""
    return expand_dims(x, axis=-1) if len(shape_of(b)) == 1 else x


def _as_b(columns, b):
    return reshape(columns, shape=shape_of(columns)[:-1]) if len(shape_of(b)) == 1 else columns


def _solve_vjp(ybar, x, A, b):
    """bbar solves A.T bbar = ybar, and Abar = -bbar x.T."""
    bbar = solve(A.mT, _as_columns(ybar, b))
    return -matmul(bbar, _as_columns(x, b).mT), _as_b(bbar, b)


def _solve_jvp(xdots, x, A, b):
    """A xdot = bdot - Adot x"""
    Adot, bdot = xdots
    change = None if Adot is None else -matmul(Adot, _as_columns(x, b))
    if bdot is not None:
        change = _as_columns(bdot, b) if change is None else _as_columns(bdot, b) + change
    return _as_b(solve(A, change), b)


@primitive(r"A^{-1} b", numpy=np.linalg.solve, draw=_well_conditioned, vjp=_solve_vjp, jvp=_solve_jvp,
           samples=[(((3, 3), (3,)), {}), (((2, 2), (2, 3)), {}), (((4, 2, 2), (4, 2, 1)), {}), (((2, 2), (3, 2, 2)), {}),
                    (((4, 3, 3), (3,)), {})])
def solve(A, b):
    """The x with A @ x = b, for b a vector (n,) or columns (..., n, k). Raises LinAlgError for an A that has no inverse."""
    return np.linalg.solve(A, b)


LARGE = 20  # rows


def _cofactors(A, y):
    """d det A / dA, entry by entry: (-1)^(i+j) times the determinant of what is left of A without row i and column j.

    Where A has a good inverse that is det(A) times the inverse, transposed. The minors are exact where it has none, but take n^4
    numbers, so large matrices have to have one.
    """
    numbers, n = numbers_of(A), shape_of(A)[-1]
    if n <= 1:
        return np.ones(shape_of(A))
    sound = np.isfinite(numbers).all() and np.all(numbers_of(y) != 0) and np.isfinite(numbers_of(y)).all()
    if n > LARGE or (sound and np.all(np.linalg.cond(numbers) < 1e8)):
        return expand_dims(y, axis=(-2, -1)) * inv(A).mT
    others = np.array([[j for j in range(n) if j != i] for i in range(n)])
    minors = A[..., others[:, None, :, None], others[None, :, None, :]]  # (..., n, n, n-1, n-1)
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return det(minors) * signs


@primitive(r"\det A", symbol="det", numpy=np.linalg.det, draw=_well_conditioned,
           samples=[(((2, 2),), {}), (((4, 3, 3),), {}), (((1, 1),), {})],
           vjp=lambda ybar, y, A: (expand_dims(ybar, axis=(-2, -1)) * _cofactors(A, y),),
           jvp=lambda xdots, y, A: sum(xdots[0] * _cofactors(A, y), axis=(-2, -1)))
def det(A):
    """The determinant of a square matrix, or of each in a stack (..., n, n). Its slopes are the cofactors."""
    return np.linalg.det(A)
