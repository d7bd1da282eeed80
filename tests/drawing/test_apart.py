"""A computation on arrays, taken apart into numbers: the same numbers, the same gradients, and nothing left out."""

import time

import numpy as np
import pytest

from tinygrad_edu import (
    Network,
    Value,
    cross_entropy,
    cumsum,
    half_squared_error,
    inv,
    max_pool2d,
    maximum,
    no_record,
    norm,
    sort,
    std,
)
from tinygrad_edu.autodiff.primitive import OPERATIONS, multilinear
from tinygrad_edu.autodiff.walk import ancestors
from tinygrad_edu.drawing.apart import MOST, apart, called
from tinygrad_edu.drawing.graph import draw

WHOLE = {"sort", "inv", "solve", "det"}  # not made of steps with single numbers
SAMPLES = [(op, n) for op in OPERATIONS.values() if op.name not in WHOLE for n in range(len(op.samples))]


def values(rng, op, shapes):
    """Inputs to try the operation with."""
    names = [f"x{i}" for i in range(len(shapes))] if op.variadic else op.inputs
    if op.draw:
        data = op.draw(rng, shapes)
    else:
        ranges = [op.domain.get(name, ((-3.0, 3.0),)) for name in names]
        data = [rng.uniform(*ranges[i][rng.integers(len(ranges[i]))], size=shape) for i, shape in enumerate(shapes)]
    return [Value(x, name=name) for x, name in zip(data, names)]


def grads(taken, value):
    """The gradients of the numbers of a Value, as an array of its shape."""
    numbers = [0.0 if entry.grad is None else entry.grad for entry in taken.entries[value].ravel()]
    return np.array(numbers).reshape(value.shape)


@pytest.mark.parametrize(("op", "n"), SAMPLES, ids=lambda x: getattr(x, "name", x))
def test_the_gradients_of_the_numbers_are_the_entries_of_the_gradients(op, n):
    rng, (shapes, parameters) = np.random.default_rng(n), op.samples[n]
    xs = values(rng, op, shapes)
    y = op.on(xs, parameters)
    E = (y * rng.normal(size=y.shape)).sum()
    E.backward()
    taken = apart(E)
    taken.root.backward()
    assert taken.root.data == pytest.approx(E.data, rel=1e-12, abs=1e-12)
    for x in xs:
        np.testing.assert_allclose(grads(taken, x), 0.0 if x.grad is None else x.grad, rtol=1e-10, atol=1e-12)


def xor(T=4):
    x, target = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])[:T], np.array([[0.0], [1], [1], [0]])[:T]
    network = Network(2, 2, 1, bias=True, seed=1)
    E = half_squared_error(network(x), target)
    return network, E


def test_a_network_taken_apart_has_the_deltas_of_its_layers():
    network, E = xor()
    E.backward()
    taken = apart(E)
    taken.root.backward()
    for layer in network.layers:
        for value in (layer.w, layer.b, layer.u, layer.y):
            np.testing.assert_allclose(grads(taken, value), value.grad, rtol=1e-12)


def test_everything_is_one_number_and_belongs_to_one_array():
    _, E = xor()
    taken = apart(E)
    assert all(node.shape == () for node in ancestors(taken.root))
    owned = [entry for array in taken.entries.values() for entry in array.ravel() if isinstance(entry, Value)]
    assert len(owned) == len(set(map(id, owned)))


def test_entries_that_are_only_moved_get_a_second_name_and_their_own_gradient():
    w = Value([1.0, 2.0], name="w")
    moved = w.reshape(2, 1)
    E = (moved * moved).sum() + (w * 3.0).sum()
    E.backward()
    taken = apart(E)
    taken.root.backward()
    assert taken.entries[moved][0, 0] is not taken.entries[w][0]
    for value in (w, moved):
        np.testing.assert_array_equal(grads(taken, value), value.grad)


def test_it_is_the_computation_as_it_was_recorded_if_a_leaf_was_replaced_since():
    w = Value([2.0], name="w")
    y = (w * 3.0).sum()
    w.data = [5.0]
    assert apart(y).root.data == 6.0


def test_names_are_written_as_in_a_program():
    network, E = xor(1)
    taken = apart(E)
    assert [v.name for v in taken.entries[network.layers[0].w].ravel()] == ["w1[0, 0]", "w1[0, 1]", "w1[1, 0]", "w1[1, 1]"]
    assert called("w", ()) == "w"
    assert called(None, (1,)) is None


def test_a_largest_entry_is_compared_two_at_a_time_so_that_it_can_change():
    x = Value([[1.0, 5.0], [3.0, 2.0]], name="x")
    taken = apart(x.max())
    assert {node.op.name for node in ancestors(taken.root) if node.op} == {"maximum"}
    assert "maximum" in {node.op.name for node in ancestors(apart(max_pool2d(x.reshape(1, 2, 2), 2).sum()).root) if node.op}


def test_constants_stay_numbers_without_a_gradient():
    w = Value([2.0, 3.0], name="w")
    taken = apart((np.array([5.0, 7.0]) * w).sum())
    constants = [x for node in ancestors(taken.root) for parent, x in zip(node.parents, node.inputs) if parent is None]
    assert sorted(constants) == [5.0, 7.0]


def test_a_scalar_computation_and_a_leaf_are_what_they_were():
    w = Value(0.4, name="w")
    E = 0.5 * (w * 0.8 - 0.2) ** 2
    assert draw(apart(E).root).text == draw(E).text
    assert apart(w).root.name == "w"


def test_single_precision_is_taken_apart_too():
    w = Value(np.float32([[0.1, 0.2], [0.3, 0.4]]), name="w")
    E = cross_entropy(w, [0, 1])
    assert apart(E).root.data == pytest.approx(E.item(), rel=1e-6)


def test_a_user_defined_operation_on_arrays_alone_is_refused_in_one_sentence():
    @multilinear("w", transposes=[lambda ybar, a: ybar], samples=[(((3,),), {})])
    def wave(a):
        if a.dtype == object:
            raise TypeError("numbers only")
        return a

    try:
        with pytest.raises(ValueError, match="wave is not made of steps with single numbers"):
            apart(wave(Value([1.0, 2.0])).sum())
    finally:
        OPERATIONS.pop("wave")


@pytest.mark.parametrize(("make", "says"), [
    (lambda: Value([1.0, 2.0], name="v") * 2.0, r"shape \(2,\).*v.sum\(\)"),
    (lambda: sort(Value([2.0, 1.0])).sum(), "sort is not made of steps"),
    (lambda: inv(Value(np.eye(2))).sum(), "inv is not made of steps"),
    (lambda: Value(np.ones(MOST + 1)).sum(), "more than 2,000 numbers"),
    (lambda: cross_entropy(Value([[1000.0, 0.0]]), [0]), "overflowed"),
])
def test_what_cannot_be_taken_apart_is_refused_in_one_sentence(make, says):
    with pytest.raises(ValueError, match=says):
        apart(make())


def test_a_leaf_that_was_replaced_between_two_uses_is_refused():
    w = Value(2.0, name="w")
    y = w * 3.0
    w.data = 5.0
    with pytest.raises(ValueError, match="replaced meanwhile"):
        apart(y + w * 1.0)


def test_a_graph_at_the_level_of_numbers_shows_their_gradients():
    w = Value([1.0, 2.0], name="w")
    E = (w * w).sum()
    assert "grad" not in draw(E, level="scalar").text
    E.backward()
    assert draw(E, level="scalar").text.splitlines() == [
        "w[0] = 1, grad 2", "w[1] = 2, grad 4", "v3 = ×(w[0], w[0]) = 1, grad 1", "v4 = ×(w[1], w[1]) = 4, grad 1",
        "v5 = +(v3, v4) = 5, grad 1"]


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="'operation', 'scalar' or 'layer', and not 'atoms'"):
        draw(maximum(Value(1.0), 0.0), level="atoms")


@pytest.mark.parametrize("make", [lambda: norm(Value(np.zeros(3), name="v")), lambda: std(Value(np.ones(3), name="v"))])
def test_lengths_of_nothing_have_gradient_0_as_in_one_piece(make):
    E = make()
    taken = apart(E)
    taken.root.backward()
    assert [float(x.grad) for value, entries in taken.entries.items() if value.name == "v" for x in entries] == [0.0] * 3


def test_the_length_of_one_number_is_its_size():
    assert apart(norm(Value([-3.0]))).root.data == 3.0


def test_the_entries_of_a_running_sum_have_gradients_of_their_own():
    y = cumsum(Value(np.arange(4.0)))
    E = (y * y).sum()
    E.backward()
    taken = apart(E)
    taken.root.backward()
    assert grads(taken, y) == pytest.approx(y.grad)


def test_products_of_large_arrays_are_refused_before_they_are_taken_apart():
    start = time.perf_counter()
    with pytest.raises(ValueError, match="more than 20,000 products of numbers"):
        apart((np.ones((44, 44)) @ Value(np.ones((44, 22)))).sum())
    assert time.perf_counter() - start < 2


def test_taken_apart_where_nothing_is_recorded_it_is_recorded_all_the_same():
    E = Value([1.0, 2.0]).sum()
    with no_record():
        taken = apart(E)
    assert taken.root.op is not None
