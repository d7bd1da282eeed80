"""Large computations drawn small: a layer as one box, and nodes that are alike as one."""

import time

import numpy as np
import pytest

from tests.drawing.test_graph import ends, groups
from tinygrad_edu import Network, Value, draw, half_squared_error, sigmoid, tanh, weight_decay
from tinygrad_edu.drawing.heat import cells, colour

X, TARGET = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


def xor(backward=True):
    network = Network(2, 2, 1, bias=True, seed=1)
    E = half_squared_error(network(X), TARGET)
    if backward:
        E.backward()
    return network, E


def ranged(x):
    return f"{x.min():.3g} to {x.max():.3g}"


# -- layer by layer ------------------------------------------------------------------------------------------------


def test_a_layer_is_one_box_with_its_sizes_weights_states_and_deltas_and_the_error_is_one():
    network, E = xor()
    first, second = network.layers
    assert groups(draw(E, level="layer"), "node") == {
        "c1_0": ["(4, 2) 0 to 1"],
        "v1": ["layer 1, sigmoid", "2 → 2 units, × 4 associations", "w1 (2, 2) -0.921 to 0.581", "b1 (2,) all 0",
               f"y {ranged(first.y.data)}", f"δ {ranged(first.delta)}"],
        "v2": ["layer 2, linear", "2 → 1 unit, × 4 associations", "w2 (2, 1) 0.316 to 0.64", "b2 (1,) 0",
               f"y {ranged(second.y.data)}", f"δ {ranged(second.delta)}"],
        "c3_1": ["(4, 1) 0 to 1"],
        "v3": ["E", "4 operations", "0.5017", "grad 1"],
    }
    assert ends(draw(E, level="layer")) == [("c1_0", "v1", ""), ("v1", "v2", ""), ("v2", "v3", ""), ("c3_1", "v3", "")]


def test_without_backward_there_are_no_deltas():
    assert "δ" not in draw(xor(backward=False)[1], level="layer").svg


def test_layers_without_biases_and_one_association_are_found_too():
    E = half_squared_error(Network(3, 2, 1)(np.ones((1, 3))), [[0.0]])
    boxes = groups(draw(E, level="layer"), "node")
    assert [box[:2] for number, box in boxes.items() if number[0] == "v"] == [
        ["layer 1, sigmoid", "3 → 2 units"], ["layer 2, linear", "2 → 1 unit"], ["E", "4 operations"]]


def test_weight_decay_is_part_of_the_error_and_the_weights_have_boxes_of_their_own():
    network, E = xor()
    E = E + weight_decay([layer.w for layer in network.layers], 0.1)
    drawing = draw(E, level="layer")
    titles = {number: box[0] for number, box in groups(drawing, "node").items() if number[0] == "v"}
    assert titles == {"v1": "w1", "v2": "w2", "v3": "layer 1, sigmoid", "v4": "layer 2, linear", "v5": "E"}
    assert [(a, b) for a, b, _ in ends(drawing) if a[0] == "v"] == [
        ("v1", "v3"), ("v3", "v4"), ("v2", "v4"), ("v4", "v5"), ("v1", "v5"), ("v2", "v5")]


def test_what_lies_between_two_layers_stays_as_it_is():
    first, second = Value(np.eye(2), name="w1"), Value(np.ones((2, 1)), name="w2")
    halved = tanh(X @ first) * 0.5
    drawing = draw(((halved @ second) ** 2).sum(), level="layer")
    assert [box[0] for number, box in groups(drawing, "node").items() if number[0] == "v"] == [
        "layer 1, tanh", "×", "layer 2, linear", "E"]


def test_units_that_were_written_number_by_number_are_layers_as_well():
    ws = [Value(0.1 * i, name=f"w{i}") for i in range(4)]
    bs = [Value(0.3, name="b1"), Value(0.4, name="b2")]
    z = [sigmoid(ws[0] * 1.0 + ws[1] * 2.0 + bs[0]), sigmoid(ws[2] * 1.0 + ws[3] * 2.0 + bs[1])]
    v = Value(0.5, name="v1"), Value(-0.5, name="v2")
    E = (v[0] * z[0] + v[1] * z[1] - 1.0) ** 2
    E.backward()
    boxes = groups(draw(E, level="layer"), "node")
    assert [box[:3] for number, box in boxes.items() if number[0] == "v"] == [
        ["layer 1, sigmoid", "2 → 2 units", "6 weights 0 to 0.4"], ["layer 2, linear", "2 → 1 unit", "2 weights -0.5 to 0.5"],
        ["E", "2 operations", f"{E.data:.4g}"]]
    assert ends(draw(E, level="layer")) == [("c1_0", "v1", ""), ("v1", "v2", ""), ("v2", "v3", "")]
    assert boxes["c1_0"] == ["4 numbers 1 to 2"]  # the input; no box but a leaf is without one


def test_a_computation_without_layers_has_no_layers_to_draw():
    with pytest.raises(ValueError, match="there are no layers in this computation"):
        draw(Value(2.0) + 1.0, level="layer")


def test_a_deep_network_is_drawn_by_its_layers_unless_something_else_is_asked_for():
    for layers in (4, 20):
        E = half_squared_error(Network(*[3] * (layers + 1), bias=True)(np.ones((2, 3))), np.zeros((2, 3)))
        assert len([box for box in groups(draw(E), "node") if box[0] == "v"]) == layers + 1
        assert len(groups(draw(E, level="operation"), "node")) > 5 * layers


# -- what is alike -------------------------------------------------------------------------------------------------


def loop(T):
    w, b = Value(0.4, name="w"), Value(0.1, name="b")
    E = Value(0.0)
    for t in range(T):
        E = E + (sigmoid(w * (t / T) + b) - 0.2) ** 2
    return E


def test_a_loop_over_associations_becomes_a_few_boxes_that_say_how_many_they_are():
    E = loop(400)
    E.backward()
    boxes = groups(draw(E), "node")
    titles = [box[0] for box in boxes.values()]
    assert len(boxes) < 20
    assert {"w", "b", "400 of ×", "400 of σ", "400 of −", "399 of ²"} <= set(titles)
    sigma = next(box for box in boxes.values() if box[0] == "400 of σ")
    assert sigma[1].startswith(f"{1 / (1 + np.exp(-0.1)):.3g} to")
    assert sigma[2].startswith("grad ")


def test_nothing_is_lost_in_the_boxes_of_what_is_alike():
    for T in (30, 400):
        drawing = draw(loop(T), level="operation" if T == 30 else None)
        titles = [box[0] for number, box in groups(drawing, "node").items() if number[0] == "v"]
        assert sum(int(title.split(" of ")[0].replace(",", "")) if " of " in title else 1 for title in titles) == 6 * T + 3


def test_the_arrows_of_alike_nodes_are_counted():
    drawing = draw(loop(400))
    texts = {text[0] for text in groups(drawing, "edge").values() if text}
    assert {"×400"} <= texts
    assert [(a, b) for a, b, _ in ends(drawing) if a == b] == []


def test_nodes_that_are_made_from_one_another_are_one_box_without_arrows_in_it():
    y = Value(1.0)
    for _ in range(3000):
        y = -y
    drawing = draw(y)
    assert [box[0] for box in groups(drawing, "node").values()] == ["1", "neg", "2,997 of neg", "neg", "neg"]
    assert [(int(a[1:]), int(b[1:])) for a, b, _ in ends(drawing)] == [(1, 2), (2, 3), (3, 4), (4, 5)]
    assert "in turn" in drawing.svg


def test_a_small_graph_and_one_without_repetition_are_drawn_as_they_are():
    assert "alike" not in draw(loop(5)).text
    rng, y = np.random.default_rng(0), Value(0.5, name="x")
    functions = [np.sin, np.cos, np.tanh, np.exp, np.arctan, np.sqrt, np.square, np.log1p]
    for _ in range(70):
        y = functions[rng.integers(8)](y) * 0.5
    assert "alike" not in draw(y).text


def test_a_hundred_thousand_nodes_are_drawn_and_a_million_refused_at_once():
    y = Value(1.0)
    for _ in range(99_000):
        y = -y
    assert len(groups(draw(y), "node")) < 10
    for _ in range(2000):
        y = -y
    start = time.perf_counter()
    with pytest.raises(ValueError, match="more than 100,000 nodes") as refused:
        draw(y)
    assert time.perf_counter() - start < 5
    assert str(refused.value).count(".") == 1


# -- heat maps -----------------------------------------------------------------------------------------------------


def test_colours_tell_sign_and_size():
    assert [colour(x, 2.0) for x in (2.0, 0.0, -2.0, np.inf, -np.inf, np.nan)] == [
        "#0072b2", "#ffffff", "#d55e00", "#0072b2", "#d55e00", "#999999"]
    assert colour(0.0, 0.0) == "#ffffff"
    red = [int(colour(x, 1.0)[1:3], 16) for x in (0.1, 0.5, 0.9)]
    assert red == sorted(red, reverse=True)


@pytest.mark.parametrize(("shape", "rows", "columns"), [((3,), 1, 3), ((2, 3), 2, 3), ((2, 3, 4), 6, 4), ((100, 1), 8, 1),
                                                        ((9, 200), 8, 8)])
def test_small_arrays_are_shown_whole_and_large_ones_from_corner_to_corner(shape, rows, columns):
    shown = np.array(cells(shape))
    assert shown.shape == (rows, columns)
    assert (shown.flat[0], shown.flat[-1]) == (0, np.prod(shape) - 1)
    assert len(set(shown.flat)) == shown.size


def test_arrays_have_heat_maps_in_their_boxes_and_numbers_have_none():
    w = Value([[1.0, -2.0, 0.0]], name="w")
    (w * w).sum().backward()
    counted = [draw(w).dot.count(f'BGCOLOR="{c}"') for c in ("#0072b2", "#d55e00", "#ffffff")]
    assert counted == [0, 2, 2]
    assert "#0072b2" not in draw(Value(1.0) * 2.0).dot
    assert "#0072b2" not in draw(Value(np.ones((0, 2)))).dot
