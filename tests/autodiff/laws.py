"""What every operation obeys: laws that take a record with shapes and parameters to try it on, and raise AssertionError.

    for law in LAWS:
        if law.applies(op, shapes, parameters):
            law(op, shapes, parameters)

`test_operations.py` tries all of them on all records; `mutants.py` tries them on records whose rules have been tampered with,
where one of them has to fail. A law draws its inputs from the record's own domain, always the same ones.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.derivatives import grad, jvp, vjp
from tinygrad_edu.autodiff.value import Value

EVERYWHERE = ((-3.0, 3.0),)
LAWS = []  # in the order in which they are quick to find a fault


@dataclass(frozen=True)
class Law:
    """A sentence that is true of an operation, and how to see that it is."""

    sentence: str
    holds: Callable  # (op, shapes, parameters), raises AssertionError
    applies: Callable  # (op, shapes, parameters) -> whether it says anything about this case
    of_copies: bool  # whether a copy of the record that is in no table obeys it too

    def __call__(self, op, shapes, parameters):
        self.holds(op, shapes, parameters)


def law(applies=lambda op, shapes, parameters: True, of_copies=True):
    """Enters a function in LAWS; its name is the sentence."""

    def enter(holds):
        LAWS.append(Law(holds.__name__.replace("_", " "), holds, applies, of_copies))
        return holds

    return enter


def of_several_inputs(op, shapes, parameters):
    return len(shapes) > 1


def of_equal_inputs(op, shapes, parameters):
    return len(shapes) > 1 and len(set(shapes)) == 1


def of_numbers_entry_by_entry(op, shapes, parameters):
    return op.partials is not None and not any(shapes)


def of_numbers(op, shapes, parameters):
    return not any(shapes)


def with_special_values(op, shapes, parameters):
    return bool(op.special)


def with_an_axis(op, shapes, parameters):
    axis = parameters.get("axis", parameters.get("axes"))
    return isinstance(axis, int) or (isinstance(axis, tuple) and all(isinstance(i, int) for i in axis))


def of_any_size(op, shapes, parameters):
    return "shape" not in parameters  # or it would no longer fit


def label(op, shapes, parameters):
    """The case in a line, the same in every run: sum (2, 3) axis=0."""
    told = "".join(f" {name}={getattr(value, '__name__', value)}" for name, value in parameters.items())
    return f"{op.name} {' '.join(map(str, shapes))}{told}".replace("\n", "")


# -- trying an operation ------------------------------------------------------------------------------------------


def call(op, xs, parameters):
    """The record on these inputs: past the reading of the call, which every record may do in its own way."""
    return op.on(tuple(xs), op.complete((), parameters))


IN_NUMPY = {  # where NumPy's call has other arguments than the record
    "einsum": lambda xs, parameters: ((parameters["subscripts"], *xs), {}),
    "pad": lambda xs, parameters: (xs, {"pad_width": parameters["pad_width"], "constant_values": parameters["value"]}),
    "repeat": lambda xs, parameters: ((*xs, np.bincount(parameters["indices"])), {"axis": parameters["axis"]}),
}


def call_numpy(function, op, xs, parameters):
    """NumPy's function on the same."""
    xs, parameters = IN_NUMPY.get(op.name, lambda xs, parameters: ([xs] if op.variadic else xs, parameters))(xs, parameters)
    return function(*xs, **parameters)


def spread(rng, intervals, shape):
    """Entries all over the intervals, no two of them close: max and min have kinks where entries tie."""
    lows, highs = np.transpose(intervals)
    ends, n = np.cumsum(highs - lows), math.prod(shape)
    far = (rng.permutation(n) + rng.uniform(0.25, 0.75, n)) / n * ends[-1]
    which = np.searchsorted(ends, far)
    return number_or_array((highs[which] - (ends[which] - far)).reshape(shape))


def inputs(op, shapes):
    """One number or array for each shape, as the operation draws them or from its domain."""
    rng = np.random.default_rng(len(op.name))
    if getattr(op, "draw", None):
        return [number_or_array(np.asarray(x)) for x in op.draw(rng, shapes)]
    names = [None] * len(shapes) if op.variadic else op.inputs
    return [spread(rng, op.domain.get(name, EVERYWHERE), shape) for name, shape in zip(names, shapes, strict=True)]


def directions(like, seed):
    rng = np.random.default_rng(seed)
    return [number_or_array(rng.uniform(-1, 1, np.shape(x))) for x in like]


def number_or_array(x):
    return x if x.ndim else float(x)


def inner(xs, ys):
    return sum(ops.sum(y * x) for x, y in zip(xs, ys, strict=True))


def shifted(xs, xdots, t):
    return [x + t * xdot for x, xdot in zip(xs, xdots, strict=True)]


def slope(f):
    """df/dt at 0 by central differences, extrapolated three times to h = 0 (Richardson): some 12 digits."""
    estimates = [(f(h) - f(-h)) / (2 * h) for h in (0.016, 0.008, 0.004, 0.002)]
    for power in (4, 16, 64):
        estimates = [(power * finer - coarser) / (power - 1) for coarser, finer in pairwise(estimates)]
    return estimates[0]


def numerical_gradient(f, xs, i):
    """df/dxs[i] of a scalar f, entry by entry."""
    shape = np.shape(xs[i])
    entries = np.eye(math.prod(shape)).reshape(-1, *shape)
    return np.reshape([slope(lambda t, e=e: f(*xs[:i], xs[i] + t * e, *xs[i + 1 :])) for e in entries], shape)


def slope_to_the_right(f, scale):
    """df/dt at 0 for t > 0 only, extrapolated to h = 0; nan where the estimates do not settle."""
    estimates = [(f(h * scale) - f(0.0)) / (h * scale) for h in (1e-3, 5e-4, 2.5e-4, 1.25e-4)]
    for power in (2, 4):
        estimates = [(power * finer - coarser) / (power - 1) for coarser, finer in pairwise(estimates)]
    coarser, finer = estimates
    return finer if abs(finer - coarser) <= 1e-6 * (1 + abs(finer)) else math.nan


def assert_close(ours, theirs, tolerance=1e-8):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


# -- first derivatives --------------------------------------------------------------------------------------------


@law()
def forward_mode_equals_the_numerical_derivative(op, shapes, parameters):
    xs = inputs(op, shapes)
    xdots = directions(xs, seed=2)
    _, ydot = jvp(lambda *xs: call(op, xs, parameters), xs, xdots)
    assert_close(ydot, slope(lambda t: call(op, shifted(xs, xdots, t), parameters)))


@law()
def reverse_mode_is_the_transpose_of_forward_mode(op, shapes, parameters):
    f, xs = lambda *xs: call(op, xs, parameters), inputs(op, shapes)
    xdots = directions(xs, seed=2)
    y, pull = vjp(f, *xs)
    (ybar,) = directions([y], seed=1)
    assert_close(inner([ybar], [jvp(f, xs, xdots)[1]]), inner(pull(ybar), xdots), 1e-12)


@law()
def reverse_mode_equals_the_numerical_derivative(op, shapes, parameters):
    xs = inputs(op, shapes)
    y, pull = vjp(lambda *xs: call(op, xs, parameters), *xs)
    (ybar,) = directions([y], seed=1)
    for i, xbar in enumerate(pull(ybar)):
        assert_close(xbar, numerical_gradient(lambda *xs: np.sum(ybar * call(op, xs, parameters)), xs, i))


@law(of_several_inputs)
def in_forward_mode_each_input_adds_its_share(op, shapes, parameters):
    f, xs = lambda *xs: call(op, xs, parameters), inputs(op, shapes)
    xdots = directions(xs, seed=2)
    alone = [jvp(lambda x, i=i: f(*xs[:i], x, *xs[i + 1 :]), [xs[i]], [xdots[i]])[1] for i in range(len(xs))]
    assert_close(sum(alone), jvp(f, xs, xdots)[1], 1e-12)


@law(of_several_inputs)
def an_input_that_is_a_constant_changes_no_gradient(op, shapes, parameters):
    xs = inputs(op, shapes)
    y, pull = vjp(lambda *xs: call(op, xs, parameters), *xs)
    (ybar,) = directions([y], seed=1)
    for i, xbar in enumerate(pull(ybar)):
        x = Value(xs[i])
        call(op, [*xs[:i], x, *xs[i + 1 :]], parameters).backward(ybar)
        assert_close(x.grad, xbar, 1e-15)


@law(of_equal_inputs)
def one_value_as_every_input_collects_all_its_gradients(op, shapes, parameters):
    f = lambda x: call(op, [x] * len(shapes), parameters)  # noqa: E731
    (x,) = inputs(op, shapes)[:1]
    x = abs(x)  # a power of x by x needs it
    y, pull = vjp(f, x)
    (ybar,) = directions([y], seed=1)
    assert_close(pull(ybar)[0], numerical_gradient(lambda x: np.sum(ybar * f(x)), [x], 0))


@law()
def one_value_on_several_paths_collects_all_its_gradients(op, shapes, parameters):
    xs = inputs(op, shapes)
    xdots = directions(xs, seed=2)
    f = lambda t: ops.sum(call(op, shifted(xs, xdots, t), parameters))  # noqa: E731
    assert_close(grad(f)(0.0), slope(f))
    assert_close(jvp(f, [0.0], [1.0])[1], slope(f))


@law(of_any_size)
def empty_arrays_get_empty_gradients(op, shapes, parameters):
    for size in {size for shape in shapes for size in shape if size > 1}:
        empty = [tuple(0 if s == size else s for s in shape) for shape in shapes]
        xs = [number_or_array(np.ones(shape)) for shape in empty]
        try:
            y = call(op, xs, parameters)
        except (ValueError, IndexError):  # the largest of none, the third of none
            continue
        f = lambda *xs: call(op, xs, parameters)  # noqa: E731
        assert [np.shape(xbar) for xbar in vjp(f, *xs)[1](y)] == empty
        assert np.shape(jvp(f, xs, xs)[1]) == np.shape(y)


@law(with_an_axis)
def an_axis_may_be_counted_from_either_end(op, shapes, parameters):
    xs = inputs(op, shapes)
    y, pull = vjp(lambda *xs: call(op, xs, parameters), *xs)
    (ybar,) = directions([y], seed=1)
    (name,) = {"axis", "axes"} & parameters.keys()
    for ndim in (len(shapes[0]), np.ndim(y)):  # an axis of what goes in, or a new one of what comes out
        counted = {**parameters, name: counted_otherwise(parameters[name], ndim)}
        try:
            y_counted, pull_counted = vjp(lambda *xs: call(op, xs, counted), *xs)  # noqa: B023
        except ValueError:  # there is no such axis
            continue
        if np.array_equal(y_counted, y):
            for xbar, expected in zip(pull_counted(ybar), pull(ybar), strict=True):
                assert_close(xbar, expected, 1e-14)
            return
    raise AssertionError(f"{parameters[name]} counted from the other end gives something else")


def counted_otherwise(axis, ndim):
    """-1 for the last axis and so on, and the other way round."""
    if isinstance(axis, tuple):
        return tuple(counted_otherwise(i, ndim) for i in axis)
    return axis - ndim if axis >= 0 else axis + ndim


# -- types --------------------------------------------------------------------------------------------------------


@law()
def gradients_and_tangents_have_the_shape_and_the_type_of_the_data(op, shapes, parameters):
    for dtype in (np.float32, np.float64):
        xs = [dtype(x) for x in inputs(op, shapes)]
        values = [Value(x) for x in xs]
        y = call(op, values, parameters)
        y.backward(np.ones(y.shape, dtype))
        for value in (*values, y):
            assert np.asarray(value.data).dtype == np.asarray(value.grad).dtype == value.dtype == dtype
            assert np.shape(value.data) == np.shape(value.grad) == value.shape
            assert type(value.grad) is type(value.data)
        _, ydot = jvp(lambda *xs: call(op, xs, parameters), xs, [dtype(x) for x in directions(xs, seed=2)])
        assert np.shape(ydot) == y.shape
        assert type(ydot) is type(y.data)
        assert np.asarray(ydot).dtype == dtype


@law()
def a_second_derivative_has_the_type_of_the_data_too(op, shapes, parameters):
    xs = [np.float32(x) for x in inputs(op, shapes)]
    xdots = [np.float32(x) for x in directions(xs, seed=2)]
    gradient = lambda *xs: vjp(lambda *xs: ops.sum(call(op, xs, parameters) ** 2), *xs)[1](1.0)[-1]  # noqa: E731
    xbar, ydot = jvp(gradient, xs, xdots)
    assert np.asarray(xbar).dtype == np.asarray(ydot).dtype == np.float32


@law(of_numbers)
def numbers_stay_python_floats(op, shapes, parameters):
    values = [Value(x) for x in inputs(op, shapes)]
    y = ops.sum(call(op, values, parameters))
    y.backward()
    assert {type(x) for value in [y, *values] for x in (value.data, value.grad)} == {float}


# -- kinks, ties, and numbers far out -----------------------------------------------------------------------------


def specials(op, shapes):
    """The inputs that are always tried: each of them filled with one number, and for a few kinds with one entry that is another."""
    for special in op.special:
        yield [number_or_array(np.full(shape, x)) for shape, x in zip(shapes, special, strict=True)]
        if op.partials is None:
            for other in (0.0, 1.0):
                xs = [np.full(shape, x) for shape, x in zip(shapes, special, strict=True)]
                for x in xs:
                    x.flat[0] = other
                yield list(map(number_or_array, xs))


@law(with_special_values)
def special_values_give_finite_gradients_that_agree_in_both_modes(op, shapes, parameters):
    ones = [number_or_array(np.ones(shape)) for shape in shapes]
    for xs in specials(op, shapes):
        f = lambda *xs: ops.sum(call(op, xs, parameters))  # noqa: E731
        with np.errstate(all="raise"):
            gradients = vjp(f, *xs)[1](1.0)
            tangent = jvp(f, xs, ones)[1]
        assert all(np.all(np.isfinite(xbar)) for xbar in gradients), f"gradients {gradients} at {xs}"
        assert math.isfinite(tangent), f"tangent {tangent} at {xs}"
        assert_close(inner(ones, gradients), tangent, 1e-12)


@law(lambda op, shapes, parameters: op.name in KNOWN and parameters is op.samples[0][1])
def where_the_slopes_are_known_they_are_given_to_the_last_digits(op, shapes, parameters):
    for xs, others, *expected in KNOWN[op.name]:
        xs, f = [np.array(x, float)[()] for x in xs], lambda *xs: ops.sum(call(op, xs, others))  # noqa: B023
        gradients = vjp(f, *xs)[1](1.0)
        for xbar, slopes in zip(gradients, expected, strict=True):
            np.testing.assert_allclose(xbar, np.reshape(slopes, np.shape(xbar)), rtol=1e-13)
        tangent = jvp(f, xs, list(map(np.ones_like, xs)))[1]
        np.testing.assert_allclose(tangent, sum(map(np.sum, gradients)), rtol=1e-13)


RULED_OUT = -math.inf
KNOWN = {  # operation -> inputs, parameters, and the slopes of (the sum of) the result in each input
    "absolute": [([0], {}, 0)],
    "relu": [([0], {}, 0)],
    "leaky_relu": [([0], {"slope": 0.3}, 0.3), ([-2], {"slope": -0.5}, -0.5)],
    "elu": [([0], {"alpha": 0.5}, 0.5), ([-1], {"alpha": -1.0}, -math.exp(-1))],
    "sign": [([0], {}, 0)],
    "maximum": [([2, 2], {}, 0.5, 0.5)],
    "minimum": [([2, 2], {}, 0.5, 0.5)],
    "clip": [([0, 0, 1], {}, 0.5, 0.5, 0), ([1, 0, 1], {}, 0.5, 0, 0.5)],
    "power": [([0, 0], {}, 0, 0), ([0, 1], {}, 1, 0), ([0, 2], {}, 0, 0), ([0, -1], {}, -math.inf, -math.inf),
              ([-0.5, 2], {}, -1, math.nan)],  # the slope in the exponent needs a >= 0
    "hypot": [([0, 0], {}, 0, 0), ([3e200, 4e200], {}, 0.6, 0.8)],
    "arctan2": [([1e200, 1e200], {}, 5e-201, -5e-201)],
    "sigmoid": [([40], {}, 4.248354255291589e-18), ([-40], {}, 4.248354255291589e-18)],
    "log_sigmoid": [([40], {}, 4.248354255291589e-18)],
    "tanh": [([20], {}, 1.6993417021166355e-17)],
    "max": [([[0, 0, 0, 0]], {}, [0.25] * 4), ([[[1, 1], [0, 1]]], {"axis": 1}, [0.5, 0.5, 0, 1])],
    "min": [([[0, 0, 0, 0]], {}, [0.25] * 4), ([[[1, 1], [0, 1]]], {"axis": 1}, [0.5, 0.5, 1, 0])],
    "max_pool2d": [([[[0, 0], [0, 0]]], {"size": (2, 2), "stride": (2, 2)}, [0.25] * 4)],
    "norm": [([[0, 0]], {}, [0, 0]), ([[3e200, 4e200]], {}, [0.6, 0.8])],
    "var": [([[5]], {"ddof": 1}, [math.nan]), ([[5, 6]], {"ddof": 3}, [math.nan] * 2)],
    "std": [([[2, 2]], {}, [0, 0]), ([[5]], {"ddof": 1}, [math.nan])],
    "prod": [([[0, 2, 3]], {}, [6, 0, 0]), ([[0, 2, 0]], {}, [0, 0, 0])],
    "logsumexp": [([[RULED_OUT, RULED_OUT]], {}, [0, 0]),
                  ([[[RULED_OUT, RULED_OUT], [RULED_OUT, 0], [0, 0]]], {"axis": 1}, [0, 0, 0, 1, 0.5, 0.5])],
    "cross_entropy": [([[0, 40]], {"target": np.array(1), "mean": True}, [4.248354255291589e-18, -4.248354255291589e-18]),
                      (np.zeros((1, 0, 3)), {"target": np.zeros(0, int), "mean": True}, np.zeros((0, 3)))],
    "binary_cross_entropy_with_logits": [([40, 1], {"mean": True}, -4.248354255291589e-18, -40)],
    "det": [([[[1, 2], [2, 4]]], {}, [4, -2, -2, 1]), ([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], {}, [-3, 6, -3, 6, -12, 6, -3, 6, -3]),
            ([[[[[1, 2], [2, 4]]]]], {}, [4, -2, -2, 1]), ([[[[0]], [[0]]]], {}, [1, 1]),
            ([[[math.inf, 1], [1, 2]]], {}, [2, -1, -1, math.inf]), ([[[math.nan, 1], [1, 2]]], {}, [2, -1, -1, math.nan])],
}


@law(of_numbers_entry_by_entry)
def a_number_and_an_array_of_one_number_give_the_same_even_where_it_is_not_finite(op, shapes, parameters):
    for number in (0.0, -1.0, 1000.0, -1000.0, math.inf, -math.inf, math.nan):
        of_number = call(op, [Value(number) for _ in shapes], parameters)
        of_array = call(op, [Value([number]) for _ in shapes], parameters)
        np.testing.assert_allclose(of_number.data, of_array.data[0], rtol=1e-14)
        assert type(of_number.data) is float


# -- second derivatives -------------------------------------------------------------------------------------------


@law()
def every_nesting_of_the_two_modes_gives_the_numerical_second_derivative(op, shapes, parameters):
    xs = inputs(op, shapes)
    v, w = directions(xs, seed=2), directions(xs, seed=3)
    y = call(op, xs, parameters)
    (ybar,) = directions([y], seed=1)

    def f(*xs):  # squared, so that a linear operation has a second derivative too
        return inner([ybar], [call(op, xs, parameters) ** 2])

    def reverse(f, along):
        return lambda *xs: inner(along, vjp(f, *xs)[1](1.0))

    def forward(f, along):
        return lambda *xs: jvp(f, xs, along)[1]

    numerical = slope(lambda t: reverse(f, w)(*shifted(xs, v, t)))
    assert_close(reverse(reverse(f, w), v)(*xs), numerical)
    for outer, inside in [(forward, reverse), (reverse, forward), (forward, forward)]:
        assert_close(outer(inside(f, w), v)(*xs), reverse(reverse(f, w), v)(*xs), 1e-11)


@law()
def the_derivative_of_a_rule_is_the_derivative_of_its_numbers(op, shapes, parameters):
    xs = inputs(op, shapes)
    v, w = directions(xs, seed=2), directions(xs, seed=3)
    (ybar,) = directions([call(op, xs, parameters)], seed=1)

    def pulled(*xs):  # an array as cotangent meets Values as inputs
        return inner(w, vjp(lambda *xs: call(op, xs, parameters), *xs)[1](ybar))

    assert_close(jvp(pulled, xs, v)[1], slope(lambda t: pulled(*shifted(xs, v, t))))


@law(lambda op, shapes, parameters: "where" in parameters)
def derivatives_are_nan_where_they_are_said_to_be_lost(op, shapes, parameters):
    """But a cotangent of 0 passes on 0: nothing depends on the entry. A tangent of 0 may be a lost one."""
    (a,), lost = inputs(op, shapes), np.arange(math.prod(shapes[0])).reshape(shapes[0]) % 2 == 0
    f = lambda a: call(op, [a], parameters | {"where": lost})  # noqa: E731
    ones = number_or_array(np.where(lost, 1.0, 1.0))
    for derivative in (vjp(f, a)[1](ones)[0], jvp(f, [a], [ones])[1]):
        np.testing.assert_array_equal(derivative, np.where(lost, np.nan, 1.0))
    np.testing.assert_array_equal(vjp(f, a)[1](0.0 * ones)[0], 0.0 * ones)
    np.testing.assert_array_equal(jvp(f, [a], [0.0 * ones])[1], np.where(lost, np.nan, 0.0))


# -- both, where it is special -------------------------------------------------------------------------------------


@law(lambda op, shapes, parameters: op.special if op.partials is None else set(shapes) <= {(), (3,)} and len(set(shapes)) == 1)
def at_special_values_a_slope_lies_between_those_to_the_left_and_to_the_right(op, shapes, parameters):
    """And at whole numbers. Where there is no kink, that leaves no choice, nor for the second derivative."""
    points = list(specials(op, shapes))
    if of_numbers_entry_by_entry(op, shapes, parameters):
        numbers = (-2.0, -1.0, 0.0, 1.0, 2.0) if len(shapes) == 1 else (-1.0, 0.0, 1.0)
        points += map(list, itertools.product(numbers, repeat=len(shapes)))
    for xs in points:
        if op.name == "ratio" and not np.any(xs):
            continue  # 0 / 0 is 0 by decree, and all around it is infinite
        with np.errstate(all="ignore"):
            (ybar,) = map(np.abs, directions([call(op, xs, parameters)], seed=1))
            for moving, xdots in towards(shapes):
                f = lambda *some: inner([ybar], [call(op, with_others(xs, moving, some), parameters)])  # noqa: B023, E731
                along = lambda *some: inner(xdots, vjp(f, *some)[1](1.0))  # noqa: B023, E731
                some = [xs[i] for i in moving]
                assert_between_the_sides(f, jvp(f, some, xdots)[1], some, xdots)
                if not assert_between_the_sides(f, along(*some), some, xdots):
                    assert_between_the_sides(along, jvp(along, some, xdots)[1], some, xdots)


def assert_between_the_sides(f, ours, xs, xdots):
    """Whether f has a kink there."""
    step = far if (far := np.max(np.abs(xs[0]), initial=0.0)) > 1e6 else 1.0  # 1e200 + 0.001 is 1e200
    sides = [slope_to_the_right(lambda t: f(*shifted(xs, xdots, t)), scale) for scale in (step, -step)]
    found = [side for side in sides if math.isfinite(side)]
    margin = 1e-5 * (1 + max(map(abs, found), default=0.0))
    if len(found) == 2 or (found and math.isfinite(ours)):
        assert min(found) - margin <= ours <= max(found) + margin, f"{ours} is not between {sides} at {xs} towards {xdots}"
    return len(found) < 2 or abs(sides[0] - sides[1]) > margin


def towards(shapes):
    """Which inputs move, and where to: all entries together, or those of one input alone, or its first entry."""
    if len(shapes) > 1:
        yield list(range(len(shapes))), [number_or_array(np.ones(shape)) for shape in shapes]
    for i, shape in enumerate(shapes):
        yield [i], [number_or_array(np.ones(shape))]
        if math.prod(shape) > 1:
            yield [i], [np.eye(1, math.prod(shape)).reshape(shape)]


def with_others(xs, moving, some):
    """The inputs, with some in the places of those that move."""
    moved = dict(zip(moving, some, strict=True))
    return [moved.get(i, x) for i, x in enumerate(xs)]


# -- values, and NumPy's names ------------------------------------------------------------------------------------


@law()
def values_hold_what_the_operation_gives_on_arrays(op, shapes, parameters):
    xs = inputs(op, shapes)
    y = call(op, map(Value, xs), parameters)
    np.testing.assert_allclose(y.data, call(op, xs, parameters), rtol=1e-15)
    assert y.shape == np.shape(call(op, xs, parameters))


@law()
def numpy_computes_what_the_operation_computes(op, shapes, parameters):
    xs = inputs(op, shapes)
    for function in op.numpy:
        assert_close(call(op, xs, parameters), call_numpy(function, op, xs, parameters), 1e-14)


@law(of_copies=False)
def numpy_functions_on_values_give_the_operation(op, shapes, parameters):
    xs = inputs(op, shapes)
    for function in op.numpy:
        y = call_numpy(function, op, [Value(x) for x in xs], parameters)
        assert y.op is op
        np.testing.assert_allclose(y.data, call(op, xs, parameters), rtol=1e-15)
