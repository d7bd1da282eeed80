"""Drawings in a real browser, on a machine that may have no Helvetica: no text leaves its box, and none covers another."""

import numpy as np
import pytest

from tests.drawing.browser import browser
from tinygrad_edu import Network, Value, draw, half_squared_error, sigmoid

PLACES = """() => {
    const rect = (element) => { const r = element.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
    const group = (kind) => [...document.querySelectorAll(`g.${kind}`)].map((g) => ({
        id: g.id, texts: [...g.querySelectorAll("text")].map(rect),
        shapes: [...g.querySelectorAll("polygon, path, polyline")].map(rect) }));
    return { nodes: group("node"), labels: group("edge").flatMap((edge) => edge.texts) };
}"""


@pytest.fixture(scope="module")
def places():
    with browser() as chromium:
        tab = chromium.new_page()

        def read(drawing):
            tab.set_content(f"<body>{drawing.svg}")
            return tab.evaluate(PLACES)

        yield read


def one_weight():
    w = Value(0.4, name="w")
    return 0.5 * (w * 0.8 - 0.2) ** 2


def network(*sizes, T=4):
    rng = np.random.default_rng(0)
    return half_squared_error(Network(*sizes, bias=True, seed=1)(rng.normal(size=(T, sizes[0]))), rng.normal(size=(T, sizes[-1])))


def shared():
    a = Value(2.0, name="a")
    b = a * a
    return b * a + b


def names():
    wide = ["W" * 40, "日本語の名前", "é∇δ₁Σ", "💥💥", "iiiiii"]
    return sum((sigmoid(Value(-1.234e-5, name=name)) for name in wide[1:]), Value(1e300, name=wide[0]))


@pytest.mark.parametrize(("make", "level"), [
    (one_weight, None), (shared, None), (names, None), (lambda: network(4, 4), None), (lambda: network(2, 3, 3, 3, 1), None),
    *[(lambda: network(2, 2, 1), level) for level in ("operation", "layer", "scalar")],
])
@pytest.mark.parametrize("backward", [False, True])
def test_no_text_leaves_its_box_or_covers_another(places, make, level, backward):
    E = make()
    if backward:
        E.backward()
    found = places(draw(E, level=level))
    assert len(found["nodes"]) > 2
    texts = []
    for node in found["nodes"]:
        if node["shapes"]:
            left, top, right, bottom = np.array(node["shapes"]).T
            for text in node["texts"]:
                assert text[0] >= left.min() - 0.5, node["id"]
                assert text[2] <= right.max() + 0.5, node["id"]
                assert text[1] >= top.min() - 2, node["id"]
                assert text[3] <= bottom.max() + 2, node["id"]
        texts += node["texts"]
    texts = np.array(texts + found["labels"])
    inner = texts + np.array([1, 3, -1, -3])  # without the room that a font leaves above and below its letters
    meet = (inner[:, None, 0] < inner[None, :, 2]) & (inner[:, None, 2] > inner[None, :, 0]) & (
        inner[:, None, 1] < inner[None, :, 3]) & (inner[:, None, 3] > inner[None, :, 1])
    assert not np.any(meet & ~np.eye(len(texts), dtype=bool))
