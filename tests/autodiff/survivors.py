"""Mutants that no law kills, and why: each is as good as the rule it was made from.

The names are those that `python -m tests.autodiff.mutants` prints. One that does not survive any more is to be taken out.
"""

REASONS = {
    "of three numbers two pairs are the same or all are; where low is above high, a is not taken anyway": [
        "clip dy_da: low == high -> low >= high",
        "arithmetic._all_tie a == low -> a == high",
        "arithmetic._all_tie low == high -> a == high",
    ],
    "an early way out for speed: the way through the rest comes to the same": [
        "products._to_left if A.ndim == B.ndim == 2 -> if False",
        "products._to_left A.ndim == B.ndim == 2 -> A.ndim != B.ndim == 2",
        "products._to_right if A.ndim == B.ndim == 2 -> if False",
        "reductions.restore_axes if axis is None or keepdims -> if False",
        "reductions.restore_axes axis is None or keepdims -> axis is None and keepdims",
        "reductions.restore_axes axis is None or keepdims -> axis is None",
        "reductions.restore_axes axis is None or keepdims -> keepdims",
    ],
    "ybar @ B.T is right for vectors and stacks on the left too, as long as B is one matrix": [
        "products._to_left A.ndim == B.ndim == 2 -> A.ndim <= B.ndim == 2",
        "products._to_left A.ndim == B.ndim == 2 -> A.ndim >= B.ndim == 2",
        "products._to_left A.ndim == B.ndim == 2 -> B.ndim == B.ndim == 2",
    ],
    "adding nan or 0 is as good as taking it away, and so is dividing by nan or 1": [
        "indeterminate jvp: xdots[0] + np.where(where, math.nan, 0.0) -> xdots[0] - np.where(where, math.nan, 0.0)",
        "indeterminate vjp: ybar * np.where(where, math.nan, 1.0) -> ybar / np.where(where, math.nan, 1.0)",
    ],
    "the laws take no derivatives of a traced pass at a tip; test_indeterminate does": [
        "reductions.reduction return (slope(y, a, axis, **parameters), y) -> return (slope(y, a, axis, **parameters), a)",
        "reductions.reduction return (slope(y, a, axis, **parameters), y) -> return (slope(y, a, axis, **parameters), parameters)",
        "reductions.reduction times(xdots[0], *slope_at(y, a, axis, keepdims, parameters), True)"
        " -> times(xdots[0], *slope_at(y, a, axis, keepdims, parameters), False)",
    ],
    "the walk sums a cotangent down to the shape of its input": [
        "broadcast_to transposes: sum_to(ybar, shape=shape_of(a)) -> ybar",
        "broadcast_to transposes: shape_of(a) -> shape_of(ybar)",
        "broadcast_to transposes: lambda ybar, a, shape: sum_to(ybar, shape=shape_of(a)) -> lambda ybar, *_, **__: ybar",
        "products._to_left Abar if matrix is A else reshape(Abar, shape=(*shape_of(Abar)[:-2], shape_of(A)[0])) -> Abar",
        "products._to_left matrix is A -> A is A",
        "products._to_left reshape(Abar, shape=(*shape_of(Abar)[:-2], shape_of(A)[0])) -> Abar",
        "products._to_left shape_of(Abar)[:-2] -> shape_of(Abar)[:-1]",
    ],
    "where a is negative the slope in b is nan anyhow, and where a is 0 and b negative both slopes are infinite": [
        "power dy_da: a != 0 -> a > 0",
        "power dy_da: b != 0 -> b > 0",
    ],
    "the two have the same shape, or the same leading axes": [
        "products._to_left shape_of(Abar) -> shape_of(ybar)",
        "products._to_left shape_of(Abar) -> shape_of(B)",
        "products._to_right shape_of(Bbar) -> shape_of(ybar)",
        "products._to_right shape_of(Bbar) -> shape_of(A)",
        "products._tensordot_left axes[0] -> axes[1]",
        "products._tensordot_right axes[0] -> axes[1]",
        "products._cofactors shape_of(A)[-1] -> shape_of(A)[-2]",
        "shapes._sort_vjp shape_of(a) -> shape_of(ybar)",
        "shapes._sort_vjp shape_of(a) -> shape_of(y)",
        "shapes._sort_order np.indices(order.shape, sparse=True) -> np.indices(a.shape, sparse=True)",
        "windows._seen shape_of(w)[-2:] -> shape_of(w)[2:]",
        "binary_cross_entropy_with_logits vjp: _terms(u, mean) -> _terms(target, mean)",
        "likelihoods._binary_jvp _terms(u, mean) -> _terms(targetdot, mean)",
        "likelihoods._binary_jvp _terms(u, mean) -> _terms(target, mean)",
        "likelihoods._binary_slope _terms(u, mean) -> _terms(target, mean)",
    ],
    "there is no such case: fewer axes than one are refused, two axes are not one, a length is not below 0": [
        "products._as_b len(shape_of(b)) == 1 -> len(shape_of(b)) <= 1",
        "products._as_columns len(shape_of(b)) == 1 -> len(shape_of(b)) <= 1",
        "products._as_matrices len(b) == 1 -> len(b) <= 1",
        "products._as_matrices len(a) == 1 -> len(a) <= 1",
        "shapes._diagonal_back len(shape_of(a)) == 1 -> len(shape_of(a)) <= 1",
        "products._onto_the_diagonal i < j -> i <= j",
        "windows._winners seen == expand_dims(y, axis=(-2, -1)) -> seen >= expand_dims(y, axis=(-2, -1))",
    ],
    "what it is divided by is the same or another number where 0 is divided by it, or nothing at all": [
        "mean transposes: _count(a, axis) or 1 -> _count(a, axis) or 2",
        "likelihoods._terms math.prod(shape_of(u)) or 1 -> math.prod(shape_of(u))",
        "likelihoods._terms math.prod(shape_of(u)) or 1 -> math.prod(shape_of(u)) or 2",
        "likelihoods._terms math.prod(shape_of(u)) or 1 -> math.prod(shape_of(u)) or 0",
        "likelihoods._cross_entropy_slope mean and target.size -> mean",
    ],
    "y > b says that a won, and so does a > b; likewise where y is u or has its sign": [
        "relu dy_du: u > 0 -> y > 0",
    ],
    "it only counts where the other factor is not 0, and there it is the same": [
        "elu dy_du: minimum(u, 0.0) -> minimum(u, 1.0)",
    ],
    "divided by their sum, winners that count 1 or 2 or True have the same shares": [
        "reductions._share 1.0 * (a == y) -> a == y",
        "reductions._share 1.0 * (a == y) -> 2.0 * (a == y)",
        "windows._winners 1.0 * (seen == expand_dims(y, axis=(-2, -1))) -> seen == expand_dims(y, axis=(-2, -1))",
        "windows._winners 1.0 * (seen == expand_dims(y, axis=(-2, -1))) -> 2.0 * (seen == expand_dims(y, axis=(-2, -1)))",
    ],
    "the minors are right for every matrix, only slower, and the signs are 1 and -1": [
        "products._cofactors np.isfinite(numbers) -> np.isfinite(A)",
        "products._cofactors np.isfinite(numbers) -> np.isfinite(y)",
        "products._cofactors np.linalg.cond(numbers) < 100000000.0 -> np.linalg.cond(numbers) <= 100000000.0",
        "products._cofactors np.linalg.cond(numbers) < 100000000.0 -> np.linalg.cond(numbers) < 100000001.0",
        "products._cofactors np.linalg.cond(numbers) < 100000000.0 -> np.linalg.cond(numbers) < 0.0",
        "products._cofactors det(minors) * signs -> det(minors) / signs",
    ],
    "one more factor of ones, or of an identity matrix, changes no product": [
        "products._einsum_to if letter in wanted -> if not letter in wanted",
        "products._einsum_to if letter in wanted -> if True",
        "products._einsum_to letter in wanted -> letter not in wanted",
        "products._einsum_to if letter not in out and (not any((letter in term for term, _ in others))) -> if True",
        "products._einsum_to letter not in out and (not any((letter in term for term, _ in others))) -> "
        "letter not in out or not any((letter in term for term, _ in others))",
        "products._einsum_to letter not in out and (not any((letter in term for term, _ in others))) -> letter not in out",
        "products._einsum_to letter not in out and (not any((letter in term for term, _ in others))) -> "
        "not any((letter in term for term, _ in others))",
    ],
    "axes of size 1 in front, or a border that is cut off, do no harm": [
        "shapes._sum_of_tiles len(reps) - len(shape) -> len(reps) + len(shape)",
        "shapes._sum_of_tiles len(reps) - len(shape) -> len(reps)",
        "windows._to_picture 2 * down -> 3 * down",
    ],
    "NumPy takes it for the same": [
        "outer transposes: reshape(b, shape=-1) -> reshape(b, shape=-2)",
        "outer transposes: reshape(a, shape=-1) -> reshape(a, shape=-2)",
        "likelihoods._cross_entropy_slope softmax(u, axis=-1) -> softmax(u)",
        "reductions._sums_from_here_on 0 if axis is None else axis -> axis",
        "reductions._sums_from_here_on 0 if axis is None else axis -> -1 if axis is None else axis",
        "reductions._products_of_the_others concatenate([a, np.ones((*shape, 1))], axis=-1) -> "
        "concatenate([a, np.ones((*shape, 1))], axis=1)",
        "shapes._sort_order np.argsort(numbers, axis=axis, kind='stable') -> np.argsort(a, axis=axis, kind='stable')",
        "shapes._sort_order np.indices(order.shape, sparse=True) -> np.indices(order.shape, sparse=False)",
    ],
    "the laws draw small, well-conditioned matrices, for which both ways are right; test_edges has the others": [
        "products.LARGE LARGE = 20 -> LARGE = 21",
        "products.LARGE LARGE = 20 -> LARGE = 19",
        "products._cofactors np.isfinite(numbers).all() and np.all(numbers_of(y) != 0) and np.isfinite(numbers_of(y)).all() -> "
        "np.isfinite(numbers).all()",
        "products._cofactors np.isfinite(numbers).all() and np.all(numbers_of(y) != 0) and np.isfinite(numbers_of(y)).all() -> "
        "np.isfinite(numbers_of(y)).all()",
        "products._cofactors numbers_of(y) != 0 -> numbers_of(y) == 0",
        "products._cofactors numbers_of(y) != 0 -> numbers_of(y) < 0",
        "products._cofactors numbers_of(y) != 0 -> numbers_of(y) > 0",
        "products._cofactors numbers_of(y) -> numbers_of(A)",
        "products._cofactors numbers_of(y) != 0 -> numbers_of(y) != 1",
        "products._cofactors numbers_of(y) != 0 -> numbers_of(y) != -1",
        "products._cofactors numbers_of(y) -> numbers_of(A) (2)",
        "products._cofactors if n > LARGE or (sound and np.all(np.linalg.cond(numbers) < 100000000.0)) -> if False",
        "products._cofactors n > LARGE or (sound and np.all(np.linalg.cond(numbers) < 100000000.0)) -> "
        "n > LARGE and (sound and np.all(np.linalg.cond(numbers) < 100000000.0))",
        "products._cofactors n > LARGE or (sound and np.all(np.linalg.cond(numbers) < 100000000.0)) -> n > LARGE",
        "products._cofactors n > LARGE or (sound and np.all(np.linalg.cond(numbers) < 100000000.0)) -> "
        "sound and np.all(np.linalg.cond(numbers) < 100000000.0)",
        "products._cofactors n > LARGE -> n >= LARGE",
        "products._cofactors sound and np.all(np.linalg.cond(numbers) < 100000000.0) -> sound",
        "products._cofactors np.linalg.cond(numbers) < 100000000.0 -> np.linalg.cond(numbers) > 100000000.0",
    ],
    "the laws have no axis for a number; test_numpy has": [
        "reductions.summed_axes axis is None or not ndim -> axis is None",
    ],
}
SURVIVORS = {mutant: reason for reason, mutants in REASONS.items() for mutant in mutants}
