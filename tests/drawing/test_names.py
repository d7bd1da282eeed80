"""What things are called on the page of `explore` and in drawings.

No name stands twice, and the program's own names stand where it has some.
"""

import numpy as np
import pytest

from tinygrad_edu import Network, Value, exp, half_squared_error, sigmoid, softmax
from tinygrad_edu.drawing.apart import apart
from tinygrad_edu.drawing.caption import Captions
from tinygrad_edu.drawing.explorer.record import written_down
from tinygrad_edu.drawing.graph import draw
from tinygrad_edu.running import named_in

X, TARGET = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
ATTENTION = """
import numpy as np
from tinygrad_edu import Value, softmax
tokens = np.cos(np.arange(6.0)).reshape(3, 2)
Wq, Wk, Wv, Wo = (Value(np.sin(np.arange(4.0) + n).reshape(2, 2)) for n in range(4))
q, k, v = tokens @ Wq, tokens @ Wk, tokens @ Wv
shares = softmax(q @ k.T)
out = (shares @ v) @ Wo + tokens
_hidden = out**2
E = _hidden.sum()
"""


def attention():
    space = {}
    exec(ATTENTION, space)
    return space["E"]


def heads():
    x, w = Value(X, name="x"), [Value(np.ones((2, 2)) * n, name=f"weights {n}") for n in (1, 2, 3)]
    h = sigmoid(x @ w[0])
    return ((h @ w[1]) ** 2).sum() + exp(h @ w[2]).sum()


def of_one_name():
    a, b, c = Value(1.0, name="w"), Value([2.0, 3.0], name="w"), Value([2.0, 3.0, 4.0], name="w")
    return a * b.sum() * c.sum() * Value(2.0, name="w[0]")


def by_rows():
    w = Value([[0.5, -0.5], [0.25, 1.0]], name="w")
    return sum((((Value(x) @ w).tanh()).sum() - 1.0) ** 2 for x in X)


MADE = [
    attention,
    heads,
    of_one_name,
    by_rows,
    lambda: half_squared_error(Network(2, 2, 3, 1, bias=True, seed=1)(X), TARGET),
    lambda: half_squared_error(Network(2, 2, 1, seed=1)(X[3:]), TARGET[3:]),
    lambda: Value([[1.0, 2.0]]).T.sum() * Value(2.0),
]


@pytest.mark.parametrize("make", MADE)
def test_no_two_boxes_of_a_page_have_one_name_in_either_view(make):
    record = written_down(make())
    for things in (record["groups"], record["nodes"]):
        names = [thing["label"][2] for thing in things if thing.get("label") and thing["label"][2]]
        assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("make", MADE)
def test_the_entries_of_an_array_are_called_as_it_is(make):
    record = written_down(make())
    for group in record["groups"]:
        labels = [
            record["nodes"][entry].get("label")
            for entry in group["entries"]
            if isinstance(entry, int)
        ]
        if group["shape"] and all(labels):
            stem = group["label"][2]
            assert all(label[2].startswith(stem.split(",")[0]) for label in labels), (stem, labels)


def test_a_transpose_is_not_the_state_of_what_it_transposes():
    record = written_down(attention())
    moved = [group["label"][2] for group in record["groups"] if group["symbol"] == "T"]
    assert moved == ["v8"]
    assert not {"u", "y"} & {group["label"][2] for group in record["groups"][:-4]}


def test_a_moved_total_input_is_no_activated_one():
    w = Value([[0.5, -0.5]], name="w")
    units = Captions(((X[:, :1] @ w).T ** 2).sum()).units
    assert all(u is y for unit in units for u, y in zip(unit.u, unit.y))


def test_the_variables_of_a_file_name_its_values_in_pages_and_drawings(tmp_path):
    path = tmp_path / "attention.py"
    path.write_text(ATTENTION)
    E = named_in(f"{path}:E")
    names = [group["label"][2] for group in written_down(E)["groups"]]
    assert {"Wq", "Wk", "Wv", "Wo", "q", "k", "v", "shares", "out", "E"} <= set(names)
    assert "_hidden" not in names
    text = draw(E, level="operation").text
    assert all(f"{name} = " in text for name in ("Wq", "q", "k", "v", "shares", "out", "E"))
    labels = Captions(E).labels.values()
    assert {"q[2, 1]", "shares[0, 2]"} <= {label.text for label in labels}


@pytest.mark.parametrize(
    ("program", "target", "called"),
    [
        ("a = Value(2.0); b = a * 3.0; E = b + 1.0", "E", {"a", "b", "E"}),
        (
            "a = Value(2.0, name='weight'); E = a * 3.0",
            "E",
            {"weight", "E"},
        ),  # what has a name keeps it
        (
            "a = Value(2.0); b = c = a * 3.0; E = b + 1.0",
            "E",
            {"a", "v2", "E"},
        ),  # b and c: which of the two?
        (
            "a = Value(2.0); b = E = loss = a * 3.0",
            "loss",
            {"a", "loss"},
        ),  # the one that was asked for
        (
            "a = Value(2.0, name='b'); b = a * 3.0; E = b * 2.0",
            "E",
            {"b", "v2", "E"},
        ),  # b is another one already
        (
            "h = Value(2.0)\nfor _ in range(3): h = h * 0.5\nE = h * 1.0",
            "E",
            {"v1", "v2", "v3", "h", "E"},
        ),  # the last h
        ("class f: pass\na = [Value(2.0)]; E = a[0] * 3.0", "E", {"v1", "E"}),
        ("a = Value(2.0); E = a * 3.0\nfor p in [a]: p.name", "E", {"a", "E"}),
        ("a = Value(2.0); E = a * 3.0\nfor i, (_, p) in zip([0], [(1, a)]): pass", "E", {"a", "E"}),
        ("a = Value(2.0); old = a; E = a * 3.0", "E", {"a", "E"}),
        ("for p in [Value(2.0)]: E = p * 3.0", "E", {"p", "E"}),  # it has no other name
        ("a = Value(2.0); E = a * 3.0; loss = E", "loss", {"a", "loss"}),
    ],
)
def test_a_variable_is_the_name_of_a_value_where_that_is_plain(tmp_path, program, target, called):
    path = tmp_path / "p.py"
    path.write_text(f"from tinygrad_edu import Value\n{program}\n")
    captions = Captions(named_in(f"{path}:{target}"))
    assert {label.text for label in captions.labels.values()} - {"x", "w", "y"} <= called | {
        "x",
        "w",
        "y",
    }
    assert called - {"v1", "v2", "v3"} <= {label.text for label in captions.labels.values()}


def test_indices_stand_in_brackets_and_count_from_0_and_units_and_associations_from_1():
    labels = {
        label.text
        for label in Captions(
            half_squared_error(Network(2, 2, 1, seed=1)(X), TARGET)
        ).labels.values()
    }
    assert {
        "w1[0, 0]",
        "w1[1, 1]",
        "z1, t=1",
        "z2, t=4",
        "x1, t=1",
        "y, t=4",
        "u of z1, t=1",
    } <= labels
    assert not any("t=0" in text or "z0" in text for text in labels)


def test_a_total_input_and_its_delta_have_the_name_that_the_program_gives_the_state():
    x, w = Value(X, name="x"), Value([[0.5, -0.5], [0.25, 1.0]], name="w")
    h = sigmoid(x @ w)
    h.name = "h"
    captions = Captions((h**2).sum())
    assert {label.text for label in captions.labels.values()} >= {"h[3, 1]", "u of h[3, 1]"}
    assert {label.sub for label in captions.deltas.values()} == {
        f"h[{t}, {i}]" for t in range(4) for i in range(2)
    }


def test_two_values_of_one_name_are_told_apart_when_they_are_taken_apart():
    taken = apart(of_one_name())
    leaves = {
        entry.name
        for value, entries in taken.entries.items()
        if value.op is None
        for entry in entries.ravel()
    }
    assert leaves == {"w", "w (2)[0]", "w (2)[1]", "w (3)[0]", "w (3)[1]", "w (3)[2]", "w[0]"}


def test_a_long_name_keeps_the_index_of_its_entries():
    record = written_down(
        (Value([1.0, 2.0], name="a name that is much too long for a box") * 2.0).sum()
    )
    texts = {node["label"][2] for node in record["nodes"] if node["kind"] == "leaf"}
    assert texts == {"a name that is much too…[0]", "a name that is much too…[1]"}


def test_softmax_of_moved_entries_is_still_right():
    a = Value([[1.0, 2.0], [3.0, 4.0]], name="a")
    E = (softmax(a.T) * np.arange(4.0).reshape(2, 2)).sum()
    assert apart(E).root.item() == pytest.approx(E.item())
