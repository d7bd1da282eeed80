"""Lists, tuples and dicts of arrays as arguments: gradients come back in the same structure."""

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

from tinygrad_edu import (
    DTypeError,
    ShapeError,
    Value,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    sum,
    tanh,
    value_and_grad,
    vjp,
)

W, B, X = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([0.1, 0.2]), np.array([[1.0, 2.0]])
Layer = namedtuple("Layer", ["w", "b"])


def loss_of(w, b):
    return sum(tanh(X @ w + b) ** 2)


EXPECTED = grad(loss_of, (0, 1))(W, B)
STRUCTURES = {
    "list": ([W, B], lambda p: loss_of(p[0], p[1])),
    "tuple": ((W, B), lambda p: loss_of(*p)),
    "dict": ({"b": B, "w": W}, lambda p: loss_of(p["w"], p["b"])),
    "nested": ({"first": [{"w": W}, (B,)]}, lambda p: loss_of(p["first"][0]["w"], p["first"][1][0])),
    "namedtuple": (Layer(W, B), lambda p: loss_of(p.w, p.b)),
    "ordered": (OrderedDict(w=W, b=B), lambda p: loss_of(p["w"], p["b"])),
    "of Values": ([Value(W), Value(B)], lambda p: loss_of(p[0], p[1])),
    "lists as arrays": ({"w": W.tolist(), "b": B.tolist()}, lambda p: loss_of(p["w"], p["b"])),
}
EVERY = pytest.mark.parametrize(("tree", "f"), STRUCTURES.values(), ids=STRUCTURES)


def leaves(tree):
    """The arrays of a structure, those of (2, 2) before those of (2,)."""
    if isinstance(tree, (dict, list, tuple)) and not np.ndim(getattr(tree, "data", 0)):
        children = tree.values() if isinstance(tree, dict) else tree
        return sorted((leaf for child in children for leaf in leaves(child)),
                      key=lambda leaf: -np.ndim(leaf))
    return [np.asarray(tree)]


def types(tree):
    if isinstance(tree, dict):
        return type(tree), [(key, types(child)) for key, child in tree.items()]
    if isinstance(tree, (list, tuple)) and not all(isinstance(x, (float, list)) for x in tree):
        return type(tree), [types(child) for child in tree]
    return np.shape(tree)


@EVERY
def test_a_gradient_has_the_structure_of_its_argument(tree, f):
    for gradient in (grad(f)(tree), value_and_grad(f)(tree)[1], vjp(f, tree)[1](1.0)[0]):
        assert types(gradient) == types(tree)
        for result, expected in zip(leaves(gradient), EXPECTED, strict=True):
            np.testing.assert_array_equal(result, expected)


@EVERY
def test_forward_mode_takes_tangents_of_that_structure(tree, f):
    _, tangent = jvp(f, [tree], [tree])
    assert float(tangent) == pytest.approx((EXPECTED[0] * W).sum() + (EXPECTED[1] * B).sum())


def test_second_derivatives_have_the_structure_twice():
    f = lambda p: loss_of(p["w"], p["b"])  # noqa: E731
    at = {"w": W, "b": B}
    H = hessian(f)(at)
    assert {key: {k: h.shape for k, h in row.items()} for key, row in H.items()} == {
        "w": {"w": (2, 2, 2, 2), "b": (2, 2, 2)}, "b": {"w": (2, 2, 2), "b": (2, 2)}}
    whole = hessian(lambda x: loss_of(x[:4].reshape(2, 2), x[4:]))(np.concatenate([W.ravel(), B]))
    np.testing.assert_allclose(H["w"]["w"].reshape(4, 4), whole[:4, :4], rtol=1e-12)
    np.testing.assert_allclose(H["b"]["w"].reshape(2, 4), whole[4:, :4], rtol=1e-12)
    product = hvp(f)(at, {"b": B, "w": W})
    np.testing.assert_allclose(np.concatenate([product["w"].ravel(), product["b"]]),
                               whole @ np.concatenate([W.ravel(), B]), rtol=1e-12)


def test_a_jacobian_of_several_results_has_their_structure():
    J = jacobian(lambda x: {"twice": 2.0 * x, "sum": [x.sum(), x[0] * x]})(B)
    np.testing.assert_array_equal(J["twice"], 2 * np.eye(2))
    np.testing.assert_array_equal(J["sum"][0], [1.0, 1.0])
    np.testing.assert_allclose(J["sum"][1], [[0.2, 0.0], [0.2, 0.1]])


def test_results_with_a_structure_are_pulled_back_and_pushed_forward():
    f = lambda x: (x * x, {"sum": x.sum()})  # noqa: E731
    y, pull = vjp(f, B)
    np.testing.assert_array_equal(y[0], B * B)
    assert y[1]["sum"] == B.sum()
    np.testing.assert_allclose(pull((np.ones(2), {"sum": 10.0}))[0], 2 * B + 10)
    _, ydot = jvp(f, [B], [np.array([1.0, 0.0])])
    np.testing.assert_allclose(ydot[0], [0.2, 0.0])
    assert ydot[1] == {"sum": 1.0}


def test_a_list_of_numbers_is_one_array():
    assert grad(lambda x: (x**2).sum())([1.0, 2.0]).tolist() == [2.0, 4.0]
    assert grad(lambda x: (x[0] * x[1]).sum())([[1, 2], [3, 4]]).tolist() == [[3.0, 4.0], [1.0, 2.0]]


def test_a_dict_of_numbers_gives_a_dict_of_numbers():
    gradient = grad(lambda p: p["w"] ** 2 * p["b"])({"w": 2.0, "b": 3})
    assert gradient == {"w": 12.0, "b": 4.0}
    assert [type(x) for x in gradient.values()] == [float, float]
    assert grad(lambda p: 1.0)({}) == {}


def test_argnums_may_be_a_list_and_numpy_integers():
    f = lambda a, b: a * b  # noqa: E731
    assert grad(f, [0, 1])(2.0, 3.0) == grad(f, (0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert grad(f, np.int64(1))(2.0, 3.0) == 2.0
    assert grad(f, (np.int32(1),))(2.0, 3.0) == (2.0,)
    assert hessian(f, np.int64(0))(2.0, 3.0) == 0.0


WRONG = {
    "None in it": (lambda: grad(lambda p: p["w"])({"w": None}), DTypeError, "argument 0['w']: None"),
    "a name in it": (lambda: grad(lambda p: p["w"])({"w": W, "f": "relu"}), DTypeError, "['f']: 'relu'"),
    "ragged": (lambda: grad(lambda p: p[0])([[1.0, 2.0], [3.0]]), ShapeError, "not equally long"),
    "a tangent of another structure": (
        lambda: jvp(lambda p: p["w"], [{"w": 1.0}], [{"v": 1.0}]), ShapeError, "same structure"),
    "a tangent of another shape": (
        lambda: jvp(lambda p: p["w"], [{"w": W}], [{"w": B}]), ShapeError, "xdots[0]['w'] is (2,)"),
    "a tangent that is an array": (
        lambda: hvp(lambda p: p["w"].sum())({"w": W}, W), ShapeError, "['w']"),
    "a cotangent without one": (
        lambda: vjp(lambda x: (x, x), 1.0)[1](1.0), ShapeError, "same structure"),
    "argnums by name": (lambda: grad(loss_of, "w"), TypeError, "positions"),
    "argnums true": (lambda: grad(loss_of, True), TypeError, "positions"),
    "no argnums": (lambda: grad(loss_of, ()), TypeError, "positions"),
    "jacobian by two": (lambda: jacobian(loss_of, (0, 1)), TypeError, "by one argument"),
    "grad of a dict": (lambda: grad(lambda x: {"y": x})(1.0), DTypeError, "gave a dict"),
}


@pytest.mark.parametrize(("make", "error", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_structure_is_said_with_its_place(make, error, words):
    with pytest.raises(error) as caught:
        make()
    assert words in str(caught.value)
