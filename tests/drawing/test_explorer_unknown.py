"""`explore` with operations that the page has no function for.

It shows the recorded numbers, and what these depend on cannot be edited.
"""

import re
from contextlib import contextmanager

import numpy as np
import pytest

from tests.drawing.browser import Page, browser
from tests.drawing.test_explorer import expected, numbered
from tinygrad_edu import Value, det, explore, inv, sigmoid, solve, sort
from tinygrad_edu.autodiff import primitive
from tinygrad_edu.autodiff.operations.reductions import reduction
from tinygrad_edu.autodiff.primitive import OPERATIONS, elementwise, multilinear
from tinygrad_edu.drawing.caption import Captions
from tinygrad_edu.drawing.explorer.explore import page as html
from tinygrad_edu.drawing.explorer.record import written_down


@pytest.fixture(scope="module")
def chromium():
    with browser() as program:
        yield program


@pytest.fixture
def opened(chromium, tmp_path):
    pages = []

    def open_(value, address="", **how):
        pages.append(Page(chromium, explore(value, tmp_path / "backprop.html"), address, **how))
        return pages[-1]

    yield open_
    for page in pages:
        assert page.said == []
        page.close()


@contextmanager
def added(build, forward):
    """An operation of one's own, for as long as the test takes."""
    try:
        yield build(forward)
    finally:
        OPERATIONS.pop(forward.__name__, None)


def softsign(u):
    """u / (1 + |u|)."""
    return u / (1 + np.abs(u))


def steep(u, *, how=3.0, kind="odd"):
    """how · u³, whose parameters are a number and a word."""
    return how * u**3


def by_table(u, *, table=()):
    """u times the sum of a table."""
    return u * np.sum(table)


def cubes(a):
    """Σ a³, by rules of its own."""
    return np.sum(a**3)


def wave(a, *, shift=1):
    """a less a moved by some places, which looks at the type of a and so is not run on Values."""
    if a.dtype == object:
        raise TypeError("numbers only")
    return a - np.roll(a, shift)


def rms(a, *, axis=None, keepdims=False):
    """The root of the mean square."""
    return np.sqrt(np.mean(np.square(a), axis=axis, keepdims=keepdims))


READABLE = elementwise(r"\frac{u}{1 + |u|}", dy_du=lambda y, u: 1.0 / (1.0 + abs(u)) ** 2)
BRANCHING = elementwise("s", dy_du=lambda y, u: 1.0 / (1.0 + np.where(u > 0, u, -u)) ** 2)
BY_NUMPY = elementwise("s", dy_du=lambda y, u: 1.0 / np.square(1.0 + np.abs(u)))
STEEP = elementwise(
    "3u^3", dy_du=lambda y, u, how, kind: 3.0 * how * u * u, samples=({"how": 3.0, "kind": "odd"},)
)
TABLE = elementwise(
    "t", dy_du=lambda y, u, table: (u == u) * np.sum(table), samples=({"table": (1.0,)},)
)
CUBES = primitive.primitive(
    "c",
    vjp=lambda ybar, y, a: (ybar * (3.0 * a * a),),
    jvp=lambda xdots, y, a: np.sum(xdots[0] * 3.0 * a * a),
    samples=[(((3,),), {})],
)
WAVE = multilinear(
    "w",
    transposes=[lambda ybar, a, shift: ybar - np.roll(ybar, -shift)],
    samples=[(((3,),), {"shift": 1})],
)
RMS = reduction("r", slope=lambda y, a, axis: a / (y * a.size))

MADE = [
    (READABLE, softsign, lambda f, w: f(w * 2.0).sum()),
    (BRANCHING, softsign, lambda f, w: f(w).sum()),
    (BY_NUMPY, softsign, lambda f, w: (f(w) * f(w[0])).sum()),
    (STEEP, steep, lambda f, w: f(w, how=0.5, kind="x").sum()),
    (STEEP, steep, lambda f, w: f(sigmoid(w)).sum()),
    (TABLE, by_table, lambda f, w: f(w, table=np.array([1.0, 2.0])).sum()),
    (CUBES, cubes, lambda f, w: f(w * 0.5)),
    (WAVE, wave, lambda f, w: (f(w, shift=2) ** 2).sum()),
    (RMS, rms, lambda f, w: f(w.reshape(1, 3), axis=1).sum()),
    (RMS, rms, lambda f, w: f(w) * 2.0),
]


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(("build", "forward", "make"), MADE)
def test_an_operation_of_ones_own_is_shown_with_its_recorded_numbers_at_every_step(
    opened, build, forward, make, mode
):
    with added(build, forward) as f:
        w, b = Value([0.5, -1.5, 2.0], name="w"), Value(0.25, name="b")
        E = make(f, w) * b + b * 3.0
        E.backward()
        page = opened(E, f"#view=numbers&mode={mode}")
        captions = Captions(E)
        number = numbered(captions)
        wanted = expected(E, "value")
        name = f.name
    while page.step[0] < page.step[1]:
        page.press("ArrowRight")
        assert {n: wanted[n] for n in page.numbers("value")} == pytest.approx(
            page.numbers("value"), rel=1e-12
        )
        assert "NaN" not in page.tab.text_content(".caption")
    if mode == "reverse":
        grads = page.numbers("grad")
        for value in (w, b):
            found = [grads[number[entry]] for entry in captions.taken.entries[value].ravel()]
            np.testing.assert_allclose(found, np.ravel(value.grad), rtol=1e-10)
    page.tab.click("#graph .leaf >> nth=0")
    assert page.tab.locator(".details input").count() == 0
    assert f"It cannot be changed: {name} depends on it" in page.tab.text_content(".details")
    assert f"w[0], w[1], w[2] cannot be changed: {name} depends on them" in page.tab.text_content(
        ".surface"
    )
    assert page.tab.locator(".surface select").count() == 0  # only b is left to be moved


def test_leaves_elsewhere_are_edited_as_before_and_all_that_follows_is_right(opened):
    with added(READABLE, softsign) as f:
        w, v = Value(0.5, name="w"), Value(2.0, name="v")
        page = opened(f(w) * v + v**2, "#view=operations")
        number = numbered(Captions(f(w) * v + v**2))
        where = {node.name: n for node, n in number.items() if node.name}
    page.press("End")
    page.tab.click(f"#graph .leaf:has([data-node='{where['v']}'])")
    page.tab.fill(".details input", "3")
    page.press("Enter")
    assert page.error == pytest.approx(0.5 / 1.5 * 3 + 9, rel=1e-12)
    grads = page.numbers("grad")
    assert grads[where["v"]] == pytest.approx(0.5 / 1.5 + 6, rel=1e-12)
    assert grads[where["w"]] == pytest.approx(3 / 1.5**2, rel=1e-12)
    page.tab.click("text=one gradient step")
    assert page.error < 10


def test_an_address_does_not_change_what_cannot_be_changed(opened):
    with added(READABLE, softsign) as f:
        w = Value(0.5, name="w")
        page = opened(f(w) * 2.0, "#set=0:7,1:7,2:7,3:7&axes=1,1&seed=1")
    page.press("End")
    assert "cannot be changed" in page.tab.text_content("[aria-label='Error surface']")
    assert set(page.numbers("value").values()) >= {0.5, 0.5 / 1.5}


def test_a_page_on_which_nothing_can_be_moved_says_why_where_the_surface_would_be(opened):
    with added(CUBES, cubes) as f:
        page = opened(f(Value([1.0, 2.0], name="w")) * 1.0)
    assert page.tab.locator(".surface").count() == 0
    assert "w[0], w[1] cannot be changed: cubes depends on them" in page.tab.text_content(
        "[aria-label='Error surface']"
    )


def test_the_page_says_of_a_step_that_its_numbers_are_recorded(opened):
    with added(READABLE, softsign) as f:
        page = opened(f(Value(0.5, name="w")) * 2.0)
    page.press("ArrowRight")
    assert (
        "softsign is shown with the recorded numbers: this page cannot compute it."
        in page.tab.text_content(".caption")
    )
    page.press("ArrowRight")
    assert "recorded" not in page.tab.text_content(".caption")


@pytest.mark.parametrize(
    "make",
    [
        lambda a: sort(a[0]) @ np.array([1.0, 2.0]),
        lambda a: inv(a)[0, 1] * 2.0,
        lambda a: det(a),
        lambda a: solve(a, a[0]).sum(),
        lambda a: (sort(a, axis=0) * a).sum(),
    ],
)
def test_what_is_not_made_of_steps_with_numbers_is_one_step_with_the_right_gradients(opened, make):
    a = Value([[2.0, 1.0], [0.5, 3.0]], name="a")
    E = make(a)
    E.backward()
    page = opened(E)
    page.press("End")
    captions, grads = Captions(E), page.numbers("grad")
    found = [
        grads.get(numbered(captions).get(entry, -1), 0.0)
        for entry in captions.taken.entries[a].ravel()
    ]
    np.testing.assert_allclose(found, a.grad.ravel(), rtol=1e-9, atol=1e-12)


def test_a_result_that_was_recorded_has_its_index_and_long_rows_of_operands_their_dots(opened):
    page = opened(sort(Value(np.arange(9.0), name="w"))[3] * 1.0, "#view=operations")
    page.press("ArrowRight")
    caption = re.sub(r"\s", "", page.tab.text_content(".caption"))
    assert "=sort(w[0],w[1],w[2],w[3],⋯,w[8])[" in caption
    assert "=sort(0,1,2,3,⋯,8)[" in caption


def test_a_step_from_very_many_numbers_is_not_drawn_number_by_number():
    record = written_down(sort(Value(np.arange(60.0), name="w")) @ np.arange(60.0))
    assert list(record["views"]) == ["operations"]
    assert list(written_down(sort(Value(np.arange(9.0))) @ np.arange(9.0))["views"]) == ["operations", "numbers"]


def test_the_page_has_a_function_for_every_operation_of_ours_that_is_elementwise(opened):
    E = Value(0.5, name="start")
    for op in OPERATIONS.values():
        if op.partials is not None:
            for _, parameters in op.samples[:1]:
                inputs = [np.mean(op.domain.get(name, ((0.3, 0.7),))[0]) for name in op.inputs]
                E = E + op.on([Value(float(x)) for x in inputs], parameters)
    page = opened(E)
    assert page.tab.locator(".locked").count() == 0


def test_where_the_page_would_compute_other_numbers_it_keeps_the_recorded_ones(chromium, tmp_path):
    record = written_down(Value(0.5, name="w") * 2.0 + Value(1.0, name="b"))
    product = next(node for node in record["nodes"] if node.get("value") == 1.0 and "slopes" in node)
    product["value"], record["nodes"][record["root"]]["value"] = 1.25, 2.25
    path = tmp_path / "page.html"
    path.write_text(html(record, "other numbers"), encoding="utf-8")
    page = Page(chromium, path)
    page.press("End")
    assert page.error == 2.25
    assert "w cannot be changed: multiply depends on it" in page.tab.text_content("main")
    page.close()


def test_an_exponential_that_overflows_alone_keeps_its_recorded_number(opened):
    from tinygrad_edu import logsumexp

    page = opened(logsumexp(Value([1000.0, 0.0], name="w")) * 1.0)
    page.press("End")
    assert 1000.0 in page.numbers("value").values()
    assert "logsumexp depends on them" in page.tab.text_content("[aria-label='Error surface']")
