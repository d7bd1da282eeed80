"""Every collapsed drawing is a quotient of the computation graph; a box called a layer is one."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu import (
    Network,
    Value,
    conv2d,
    draw,
    half_squared_error,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from tinygrad_edu.autodiff.walk import ancestors
from tinygrad_edu.drawing.collapse import alike, layers
from tinygrad_edu.drawing.quotient import Quotient

LAYER = re.compile(r"layer \d+, (\w+)")
SIZES = re.compile(r"(\d+) → (\d+) units?(?:, × ([\d,]+) associations)?")
FUNCTIONS = {
    "linear": lambda u: u,
    "sigmoid": lambda u: 1 / (1 + np.exp(-u)),
    "tanh": np.tanh,
    "relu": lambda u: np.maximum(u, 0),
}


# -- what is true of every collapsed drawing -------------------------------------------------------


def assert_quotient(nodes, boxes):
    """Each node in one box, arrows where there are arrows, no cycle, the same sources and result."""
    box_of = {node: box for box in boxes for node in box.nodes}
    assert sum(len(box.nodes) for box in boxes) == len(box_of) == len(nodes)
    assert set(box_of) == set(nodes)
    arrows = {
        (box_of[parent].number, box_of[node].number)
        for node in nodes
        for parent in node.parents
        if parent is not None
    }
    drawn = {(x, box.number) for box in boxes for x in box.operands if isinstance(x, int)}
    assert drawn == {(a, b) for a, b in arrows if a != b}
    assert all(a < b for a, b in drawn)  # numbered in a topological order, so there is no cycle
    assert [box.number for box in boxes] == list(range(1, len(boxes) + 1))
    assert {box.number for box in boxes} - {a for a, _ in drawn} == {box_of[nodes[-1]].number}
    for box in boxes:
        leaves = [node for node in box.nodes if node.op is None]
        if LAYER.match(box.name):
            assert_dense(box)
        else:
            assert len(leaves) in (0, len(box.nodes))
        assert bool(box.operands) == (
            len(leaves) < len(box.nodes)
        )  # nothing but a leaf is a source


def assert_dense(box):
    """Its leaves are weights and biases that go nowhere else; its states are f(x @ w + b), with the f
    that it names."""
    inside, (I, J, T) = (
        set(box.nodes),
        (int((x or "1").replace(",", "")) for x in SIZES.fullmatch(box.shape).groups()),
    )
    users = {
        leaf: [n for n in inside if any(leaf is p for p in n.parents)]
        for leaf in inside
        if leaf.op is None
    }
    assert all(users.values())
    operations = [node for node in box.nodes if node.op is not None]
    used_inside = {parent for node in operations for parent in node.parents}
    states = [node for node in operations if node not in used_inside]
    products = [node for node in operations if node.op.name in ("matmul", "dot")]
    if not products:  # number by number
        assert sum(leaf.size for leaf in users) <= I * J + J
        assert sum(y.size for y in states) == J * T
        return
    f, T_found = FUNCTIONS[LAYER.match(box.name)[1]], 0
    for product in products:
        x, w = product.inputs
        on_the_left = product.parents[0] is not None and product.parents[0] in inside
        if on_the_left:  # weights, with a column for each association
            x, w = w.T, x.T
        b = [
            p.output
            for n in operations
            for p in n.parents
            if n.op.name == "add" and any(q is product for q in n.parents) and p is not product
        ]
        weights = product.parents[0 if on_the_left else 1]
        assert weights.op is None or weights in inside  # a transpose
        assert (w.shape[0], w.shape[1] if w.ndim > 1 else 1) == (I, J)
        assert all(np.size(one) == J for one in b)
        y = f(x @ w + (b[0] if b else 0.0))
        y = y.T if on_the_left else y
        assert any(state.shape == y.shape and np.allclose(state.output, y) for state in states)
        T_found += y.size // J
    assert T_found == T


def assert_all_quotients(value):
    nodes = ancestors(value)
    if by_layer := layers(nodes):
        assert_quotient(nodes, by_layer)
    assert_quotient(nodes, alike(nodes))


# -- random programs -------------------------------------------------------------------------------


ARRAY_STEPS = [  # y: the last array; old: one of those before it
    lambda y, x, w, b, old: y @ w,
    lambda y, x, w, b, old: sigmoid(y @ w + b),
    lambda y, x, w, b, old: tanh(x @ w + b),
    lambda y, x, w, b, old: y + old,
    lambda y, x, w, b, old: y + x,
    lambda y, x, w, b, old: softmax(y @ old.T) @ w,
    lambda y, x, w, b, old: y * w,
    lambda y, x, w, b, old: relu(y),
    lambda y, x, w, b, old: y + 0.1,
    lambda y, x, w, b, old: y + b,
    lambda y, x, w, b, old: np.ones((3, 3)) @ w + y,
    lambda y, x, w, b, old: w @ y,
    lambda y, x, w, b, old: conv2d(y.reshape(1, 1, 3, 3), w.reshape(1, 1, 3, 3), padding=1).reshape(
        3, 3
    ),
    lambda y, x, w, b, old: y @ Value(np.eye(3)),
    lambda y, x, w, b, old: y @ w.T,
    lambda y, x, w, b, old: y + y @ w,
    lambda y, x, w, b, old: y @ w + w,
    lambda y, x, w, b, old: (y @ w) * (y @ w).mean(),
]
NUMBER_STEPS = [  # (y, z): the last two numbers
    lambda y, z, x, w, v, b, t: (w * y + b, z),
    lambda y, z, x, w, v, b, t: (sigmoid(w * y + v * z + b), y),
    lambda y, z, x, w, v, b, t: (tanh(w * y + 0.1), z),
    lambda y, z, x, w, v, b, t: (w * x + b, y),
    lambda y, z, x, w, v, b, t: (y * Value(0.5, name="a") + 1, z),
    lambda y, z, x, w, v, b, t: (y + z, y),
    lambda y, z, x, w, v, b, t: (w * 0.5 + v * float(t), y),
    lambda y, z, x, w, v, b, t: (y * z, x),
    lambda y, z, x, w, v, b, t: (sigmoid(Value(0.1 * t, name="w") * y), y),
    lambda y, z, x, w, v, b, t: (w * y + w, z),
    lambda y, z, x, w, v, b, t: (Value(0.3) * y + Value(0.1), z),
    lambda y, z, x, w, v, b, t: (z, y),
]


def array_program(choices, rounds):
    """A program on (3, 3) arrays, that goes through the choices in each round, with the same leaves."""
    rng = np.random.default_rng(len(choices))
    ws, bs = (
        [Value(rng.normal(size=shape), name=f"{name}{n}") for n in range(3)]
        for name, shape in (("w", (3, 3)), ("b", (3,)))
    )
    x = y = Value(rng.normal(size=(3, 3)), name="x")
    before = [x]
    for _ in range(rounds):
        for kind, n in choices:
            y = ARRAY_STEPS[kind](y, x, ws[n], bs[n], before[-1 - n % len(before)])
            before.append(y)
    return (y**2).sum() + 0.01 * (ws[0] ** 2).sum()


def number_program(choices, rounds):
    """The same on single numbers, with an error that grows in each round."""
    ws, bs = ([Value(0.1 * n + 0.3, name=f"{name}{n}") for n in range(4)] for name in "wb")
    x, z, E = Value(0.5, name="x"), Value(-0.2, name="z"), Value(0.0)
    y = x
    for t in range(rounds):
        for kind, n in choices:
            y, z = NUMBER_STEPS[kind](y, z, x, ws[n], ws[n + 1], bs[n], t)
        E = E + (y - 0.2) ** 2
    return E


def steps(kinds):
    return st.lists(st.tuples(st.integers(0, kinds - 1), st.integers(0, 2)), min_size=1, max_size=7)


@settings(max_examples=200, deadline=None)
@given(steps(len(ARRAY_STEPS)), st.integers(1, 4))
def test_every_collapsed_drawing_of_a_program_on_arrays_is_a_quotient_of_its_graph(choices, rounds):
    assert_all_quotients(array_program(choices, rounds))


@settings(max_examples=200, deadline=None)
@given(steps(len(NUMBER_STEPS)), st.integers(1, 5))
def test_every_collapsed_drawing_of_a_program_on_numbers_is_a_quotient_of_its_graph(
    choices, rounds
):
    assert_all_quotients(number_program(choices, rounds))


@settings(max_examples=30, deadline=None)
@given(steps(len(NUMBER_STEPS)), st.integers(1, 60), st.sampled_from([None, "operation"]))
def test_the_dot_text_of_any_drawing_has_the_arrows_of_its_boxes_and_no_cycle(
    choices, rounds, level
):
    drawing = draw(number_program(choices, rounds), level=level)
    arrows = [
        (int(a), int(b)) for a, b in re.findall(r"^  v(\d+) -> v(\d+)", drawing.dot, re.MULTILINE)
    ]
    boxes = {int(n) for n in re.findall(r"^  v(\d+) \[", drawing.dot, re.MULTILINE)}
    assert all(a < b for a, b in arrows)
    assert boxes - {a for a, _ in arrows} == {max(boxes)}


# -- what is no layer ------------------------------------------------------------------------------


def random(*shape, name=None):
    return Value(np.random.default_rng(len(shape)).normal(size=shape), name=name)


def found(value):
    """The boxes of the layers, by name and sizes, with the names of the leaves in each."""
    return [
        (box.name, box.shape, [leaf.name for leaf in box.nodes if leaf.op is None])
        for box in layers(ancestors(value))
        if LAYER.match(box.name)
    ]


def recurrence(*shape, steps=5):
    w, h = random(*shape, name="w"), random(*shape, name="h")
    for _ in range(steps):
        h = tanh((w @ h if shape else w * h) + 0.1)
    return h.sum() if shape else h


def recurrence_by_rows(steps=5):
    w, b, h = random(3, 3, name="w"), random(3, name="b"), random(1, 3, name="h")
    for _ in range(steps):
        h = tanh(h @ w + b)
    return h.sum()


def two_layers_in_turn():
    w1, w2, h = random(3, 3, name="w1"), random(3, 3, name="w2"), random(2, 3, name="h")
    for _ in range(3):
        h = sigmoid(tanh(h @ w1) @ w2)
    return h.sum()


def one_layer_before_and_after_another():
    """No application of a layer is made from its other one, and yet each leads into the other."""
    w1, w2, x = random(3, 3, name="w1"), random(3, 3, name="w2"), random(2, 3, name="x")
    return (tanh(tanh(x @ w1) @ w2) + tanh(tanh(-x @ w2) @ w1)).sum()


def chain(steps=12, leaves=30):
    z, s = [Value(0.5 + 0.01 * i, name=f"z{i}") for i in range(leaves)], Value(1.0, name="s")
    for i in range(steps):
        s = s * z[i % leaves] + 1
    return s


def chain_of_arrays(name, steps=8):
    s = random(2, 3, name="s")
    for _ in range(steps):
        s = s @ random(3, 3, name=name) + 1
    return s.sum()


def horner():
    x, s = Value(0.3, name="x"), Value(1.0)
    for i in range(10):
        s = s * x + Value(0.1 * i, name=f"c{i}")
    return s


def attention_of_leaves():
    q, k, v = (random(4, 3, name=name) for name in "qkv")
    return (softmax(q @ k.T) @ v).sum()


def locally_connected():
    w = [Value(0.1, name=f"w{i}") for i in range(4)]
    return sigmoid(w[0] * 1.0 + w[1] * 2.0) * sigmoid(w[2] * 3.0 + w[3] * 4.0)


def elementwise():
    return sigmoid(random(3, name="w") * random(3, name="x") + random(3, name="b")).sum()


def product_seen_from_outside():
    w, b, x = Value(0.4, name="w"), Value(0.1, name="b"), Value(2.0, name="x")
    product = w * x
    return sigmoid(product + b) * product


@pytest.mark.parametrize(
    "make",
    [
        recurrence,
        lambda: recurrence(3, 3),
        recurrence_by_rows,
        two_layers_in_turn,
        one_layer_before_and_after_another,
        chain,
        lambda: chain_of_arrays("z"),
        horner,
        attention_of_leaves,
        locally_connected,
        elementwise,
        product_seen_from_outside,
    ],
)
def test_where_there_is_no_layer_none_is_found_and_the_level_says_so(make):
    value = make()
    assert found(value) == []
    with pytest.raises(ValueError, match="no layers in this computation"):
        draw(value, level="layer")
    assert "layer" not in draw(value).text


def test_a_residual_is_an_arrow_around_the_layer_and_not_its_bias():
    x, w = random(4, 3, name="x"), random(3, 3, name="w")
    E = ((x @ w + x) ** 2).sum()
    boxes = layers(ancestors(E))
    assert [(box.number, box.name, box.operands) for box in boxes] == [
        (1, "x", ()),
        (2, "layer 1, linear", (1,)),
        (3, "E", (2, 1)),
    ]
    x = random(1, 3, name="x")  # now it has the shape that a bias can have
    assert found(((x @ w + x) ** 2).sum()) == [("layer 1, linear", "3 → 3 units", ["w"])]


def test_the_tokens_of_an_attention_keep_their_box():
    tokens, *ws = (
        random(4, 3, name="tokens"),
        *(random(3, 3, name=name) for name in ("Wq", "Wk", "Wv", "Wo")),
    )
    q, k, v = (tokens @ w for w in ws[:3])
    y = (softmax(q @ k.T / 3**0.5) @ v) @ ws[3] + tokens
    assert found((y**2).sum()) == [
        (f"layer {n}, linear", "3 → 3 units, × 4 associations", [w.name])
        for n, w in enumerate(ws, start=1)
    ]
    boxes = {box.name: box for box in layers(ancestors((y**2).sum()))}
    assert boxes["tokens"].number in boxes["E"].operands
    assert [box.name for box in layers(ancestors(y))][
        -1
    ] == ""  # the sum of the residual, which is no error


def test_the_weights_of_a_tied_autoencoder_keep_their_box():
    x, w = np.ones((5, 3)), random(3, 2, name="w")
    E = ((sigmoid(x @ w) @ w.T - x) ** 2).sum()
    assert found(E) == [("layer 1, sigmoid", "3 → 2 units, × 5 associations", [])]
    boxes = layers(ancestors(E))
    assert boxes[0].name == "w"
    assert [box.name for box in boxes if 1 in box.operands] == ["layer 1, sigmoid", "E"]


def test_what_only_moves_the_states_of_a_small_layer_is_no_part_of_it():
    w = [Value(0.1 * n, name=f"w{n}") for n in range(3)]
    E = (np.stack([w[0] * 1.0 + w[1] * 2.0 + w[2], np.exp(Value(0.5, name="c"))]) ** 2).sum()
    assert found(E) == [("layer 1, linear", "2 → 1 unit", ["w0", "w1", "w2"])]
    W, x = random(2, 2, name="W"), random(2, 2, name="x")
    assert found(((W @ x).reshape(4) ** 2).sum()) == [
        ("layer 1, linear", "2 → 2 units, × 2 associations", ["W"])
    ]


def test_weights_that_also_lead_into_another_layer_as_something_else_make_no_layer():
    w1, w2 = random(3, 3, name="w1"), random(3, 2, name="w2")
    gated = tanh(np.ones((4, 3)) @ w1) + w1.sum()
    assert found((gated @ w2).sum()) == [
        ("layer 1, linear", "3 → 2 units, × 4 associations", ["w2"])
    ]


def test_weights_on_the_left_of_a_small_layer_are_not_taken_for_its_input():
    W, x, b = random(4, 3, name="W"), random(3, name="x"), random(4, name="b")
    assert found(sigmoid(W @ x + b).sum()) == [("layer 1, sigmoid", "3 → 4 units", ["W", "b"])]


def test_a_network_that_is_applied_several_times_is_drawn_once():
    network, E = Network(2, 3, 1, bias=True), Value(0.0)
    for t in range(5):
        E = E + half_squared_error(network(np.full((1, 2), 0.1 * t)), [[0.0]])
    assert found(E) == [
        ("layer 1, sigmoid", "2 → 3 units, × 5 associations", ["w1", "b1"]),
        ("layer 2, linear", "3 → 1 unit, × 5 associations", ["w2", "b2"]),
    ]
    assert_quotient(ancestors(E), layers(ancestors(E)))


def test_applications_with_different_numbers_of_rows_are_drawn_together():
    network = Network(2, 3, 1)
    E = sum(
        (half_squared_error(network(np.ones((T, 2))), np.zeros((T, 1))) for T in (2, 4)), Value(0.0)
    )
    E.backward()
    assert [shape for _, shape, _ in found(E)] == [
        "2 → 3 units, × 6 associations",
        "3 → 1 unit, × 6 associations",
    ]
    assert "δ" in draw(E, level="layer").svg


@pytest.mark.parametrize(
    "make",
    [
        lambda: (np.ones((4, 3)) @ random(3, 2, name="w")).sum(),
        lambda: (np.ones((4, 3)) @ random(3, 2) + random(2)).sum(),
        lambda: (random(4, 3, name="x") @ random(3, 2, name="W1") + random(2, name="b")).sum(),
        lambda: (random(4, 3) @ random(3, 2) + random(2)).sum(),
    ],
)
def test_a_dense_layer_is_found_by_its_name_its_bias_or_its_constant_input(make):
    assert [shape for _, shape, _ in found(make())] == ["3 → 2 units, × 4 associations"]


@pytest.mark.parametrize("bias", [(4, 3), (1, 1), (4, 1), ()])
def test_what_is_added_to_a_layer_is_a_bias_only_with_a_number_for_each_unit(bias):
    E = (np.ones((4, 3)) @ random(3, 3, name="w") + random(*bias, name="b")).sum()
    assert found(E) == [("layer 1, linear", "3 → 3 units, × 4 associations", ["w"])]


@pytest.mark.parametrize(
    "step", [lambda a: np.sort(a), lambda a: a.mean() * a, lambda a: np.linalg.norm(a) * a]
)
def test_a_computation_that_cannot_be_taken_apart_or_only_in_part_is_drawn_all_the_same(step):
    E = Value(0.0)
    for t in range(10):
        E = (
            E
            + step(Value([0.1 * t, 2.0, 3.0], name=f"w{t}") * np.array([1.0, 2.0, 3.0])).sum() ** 2
        )
    assert "10 of" in draw(E).text


def test_a_leaf_whose_data_were_replaced_meanwhile_does_not_stop_a_drawing():
    a, E = Value([3.0, 1.0], name="w"), Value(0.0)
    for _ in range(10):
        E = E + (a * 2.0).sum()
        a.data = a.data * 2
    assert draw(E).text


# -- what is alike ---------------------------------------------------------------------------------


def test_leaves_with_several_users_keep_their_boxes_among_what_is_alike():
    boxes = alike(ancestors(chain(200)))
    assert {box.name for box in boxes if not box.operands} == {"s", *(f"z{i}" for i in range(30))}
    assert [box.name for box in boxes if "in turn" in box.notes] == ["397 nodes"]


def test_many_leaves_with_several_users_are_one_box_that_names_the_first_and_the_last():
    E = Value(0.0)
    for n in range(100):
        w = Value(0.1, name=f"w{n}")
        E = E + w * 2.0 + w
    assert [
        (box.name, box.notes)
        for box in alike(ancestors(E))
        if box.kind == "leaf" and len(box.nodes) > 1
    ] == [("99 of the leaves", ("w0 … w98",))]  # the last one leads into the result


def test_the_components_of_a_chain_of_ten_thousand_groups_are_found_at_once():
    y = Value(1.0)
    for _ in range(10_000):
        y = -y
    nodes = ancestors(y)
    assert Quotient(nodes, {node: n for n, node in enumerate(nodes)}).cycles() == []
    assert Quotient(nodes, {node: n % 5 for n, node in enumerate(nodes)}).cycles() == [
        [0, 1, 2, 3, 4]
    ]
