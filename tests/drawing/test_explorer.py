"""The page of `explore`, driven in a real browser: what it shows are the numbers of the program, and it needs nothing else."""

import hashlib
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest

from tests.drawing.browser import Page, browser
from tinygrad_edu import Network, Value, explore, half_squared_error, inv, maximum, relu, sqrt, where
from tinygrad_edu.autodiff.primitive import OPERATIONS
from tinygrad_edu.drawing import explorer
from tinygrad_edu.drawing.caption import Captions
from tinygrad_edu.drawing.explorer.record import written_down
from tinygrad_edu.lecture import SECTIONS

FOLDER = Path(explorer.__file__).parent
X, TARGET = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


@pytest.fixture(scope="module")
def chromium():
    with browser() as program:
        yield program


@pytest.fixture
def opened(chromium, tmp_path):
    pages = []

    def open_(value, address="", **how):
        path = explore(value, tmp_path / "backprop.html")
        pages.append(Page(chromium, path, address, **how))
        return pages[-1]

    yield open_
    for page in pages:
        assert page.said == []  # nothing in the console, nothing asked for
        page.close()


def one_weight():
    w = Value(0.4, name="w")
    y = w * 0.8
    return 0.5 * (y - 0.2) ** 2


def xor(T=4):
    return half_squared_error(Network(2, 2, 1, bias=True, seed=1)(X[-T:]), TARGET[-T:])


def expected(value, kind):
    """{number of a node in the record: its gradient or value}, from the same computation on numbers."""
    captions = Captions(value)
    shown = {n: node for n, node in enumerate(captions.nodes) if kind == "value" or node not in captions.constants}
    return {n: float(node.output if kind == "value" else 0.0 if node.grad is None else node.grad) for n, node in shown.items()}


def numbered(captions):
    """The number of each node in the record. (A list's own `index` would compare the numbers in them.)"""
    return {node: n for n, node in enumerate(captions.nodes)}


@pytest.mark.parametrize("view", ["operations", "numbers"])
@pytest.mark.parametrize("T", [1, 4])
def test_the_numbers_at_the_end_are_those_of_the_program(opened, view, T):
    value = xor(T)
    page = opened(value, f"#view={view}")
    page.press("End")
    assert page.step[0] == page.step[1]
    for kind in ("value", "grad"):
        found, wanted = page.numbers(kind), expected(value, kind)
        assert len(found) > 20
        assert {n: wanted[n] for n in found} == pytest.approx(found, rel=1e-12, abs=1e-12)


def test_the_gradients_on_the_page_are_those_of_backward(opened):
    network = Network(2, 2, 1, bias=True, seed=1)
    E = half_squared_error(network(X), TARGET)
    E.backward()
    page = opened(E, "#view=numbers")
    page.press("End")
    captions, grads = Captions(E), page.numbers("grad")
    for parameter in network.parameters:
        found = [grads[numbered(captions)[entry]] for entry in captions.taken.entries[parameter].ravel()]
        np.testing.assert_allclose(found, parameter.grad.ravel(), rtol=1e-12, atol=1e-15)


OF_NUMBERS = [op for op in OPERATIONS.values() if op.partials is not None]


@pytest.mark.parametrize("part", range(4))
def test_every_operation_on_numbers_has_the_value_and_the_slopes_on_the_page_that_its_record_has(opened, part):
    rng, total = np.random.default_rng(0), Value(0.0, name="start")
    for op in OF_NUMBERS[part::4]:
        ranges = [op.domain.get(name, ((-3.0, 3.0),)) for name in op.inputs]
        inputs = [*op.special, *([rng.uniform(*choices[rng.integers(len(choices))]) for choices in ranges] for _ in range(4))]
        if op.draw:
            inputs = [[float(x) for x in op.draw(rng, ((),) * len(op.inputs))] for _ in range(4)]
        for xs in inputs:
            for _, parameters in op.samples[:1]:
                y = op.on([Value(float(x)) for x in xs], parameters)
                if np.isfinite(y.data):
                    total = total + y
    page = opened(total)
    page.press("End")
    for kind in ("value", "grad"):
        found, wanted = page.numbers(kind), expected(total, kind)
        assert found.keys() == wanted.keys()
        for n, x in found.items():
            assert x == pytest.approx(wanted[n], rel=1e-12, abs=1e-12, nan_ok=True), (kind, n)


def test_what_was_not_taken_contributes_nothing_on_the_page_either(opened):
    x = Value(-1.0, name="x")
    page = opened(where(x > 0, sqrt(x), x) + sqrt(relu(x)))  # the slopes of the roots are nan and infinite
    page.press("End")
    assert page.tab.text_content("#graph .leaf .grad") == "grad 1"


def test_a_step_forward_shows_one_more_value_and_a_step_back_one_more_gradient(opened):
    page = opened(one_weight())
    assert page.step == (0, 8)
    values = []
    for _ in range(4):
        page.press("ArrowRight")
        values.append(len(page.numbers("value")))
    assert values == [5, 6, 7, 8]
    assert page.numbers("grad") == {}
    gradients = []
    for _ in range(4):
        page.press("ArrowRight")
        gradients.append(len(page.numbers("grad")))
    assert gradients == [2, 3, 4, 5]
    page.press("ArrowLeft", 4)
    assert page.numbers("grad") == {}


def test_the_caption_of_a_hidden_unit_is_equation_33_with_its_numbers(opened):
    value = xor(1)
    page = opened(value, "#view=numbers")
    while "δ" not in page.tab.text_content(".caption") or "(33)" not in page.tab.text_content(".caption"):
        assert page.step[0] < page.step[1], "there was no equation 33"
        page.press("ArrowRight")
    text = re.sub(r"\s", "", page.tab.text_content(".caption"))
    assert "(33)δz2=z2·(1−z2)·δy·w2[1,0]" in text
    captions = Captions(value)
    unit = next(unit for unit in captions.units if unit.name == "z" and unit.number == 2)
    slope = unit.y[0].data * (1 - unit.y[0].data)
    assert f"={slope:.4g}·0.5264·0.3156={slope * 0.5263778635 * 0.3155938:.4g}" in text


def test_a_computed_input_of_a_unit_is_no_state_with_an_equation(opened):
    x, w = Value([[0.5, -1.0]], name="x"), Value([[0.5], [0.25]], name="w")
    page = opened((((x * 2.0) @ w) ** 2).sum())
    page.press("ArrowRight")
    assert page.tab.locator(".caption .equation").count() == 0
    page.press("ArrowRight")
    assert page.tab.text_content(".caption .equation") == "(12)"


def test_the_running_sum_of_a_value_used_twice_is_shown_while_it_grows(opened):
    w = Value(3.0, name="w")
    page = opened(w * 2.0 + w * w, "#view=operations")
    page.press("End")
    end = page.step[1]
    page.press("ArrowLeft")
    assert page.tab.text_content("#graph .leaf .grad") == "grad 6…"
    page.press("ArrowRight")
    assert page.step[0] == end
    assert page.tab.text_content("#graph .leaf .grad") == "grad 8"
    flows = page.tab.eval_on_selector_all("#graph [data-flow]", "all => all.map(e => Number(e.dataset.flow))")
    assert sorted(flows) == [1.0, 1.0, 2.0, 3.0, 3.0]


def test_a_changed_leaf_changes_everything_as_if_the_program_had_run_with_it(opened):
    page = opened(one_weight())
    page.press("End")
    page.tab.click("#graph .leaf")
    page.tab.fill(".details input", "0.7")
    page.press("Enter")
    w = Value(0.7)
    E = 0.5 * (w * 0.8 - 0.2) ** 2
    E.backward()
    assert sorted(page.numbers("grad").values())[0] == pytest.approx(w.grad, rel=1e-12)
    assert page.error == pytest.approx(E.data, rel=1e-12)
    page.tab.click("text=back to the program's numbers")
    assert page.error == pytest.approx(0.0072, rel=1e-12)


def test_dragging_the_point_towards_the_arrow_lowers_the_error_and_a_gradient_step_too(opened):
    page = opened(xor())
    before = page.error
    page.tab.click("text=one gradient step")
    after = page.error
    assert after < before
    point, arrow = page.tab.locator("[data-point]"), page.tab.locator(".descent")
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    ends = [float(arrow.get_attribute(name)) for name in ("x1", "y1", "x2", "y2")]
    page.tab.mouse.move(x, y)
    page.tab.mouse.down()
    page.tab.mouse.move(x + 0.3 * (ends[2] - ends[0]), y + 0.3 * (ends[3] - ends[1]), steps=4)
    page.tab.mouse.up()
    assert page.error < after


def test_a_gradient_step_is_that_of_gradient_descent(opened):
    page = opened(one_weight(), "#epsilon=0.5")
    page.tab.click("text=one gradient step")
    w = 0.4 - 0.5 * 0.096
    assert page.error == pytest.approx(0.5 * (w * 0.8 - 0.2) ** 2, rel=1e-12)


def test_everything_can_be_done_with_the_keyboard_alone(opened):
    page = opened(one_weight())
    reached = set()
    for _ in range(40):
        page.press("Tab")
        reached.add(page.tab.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"))
        if page.tab.evaluate("document.activeElement.hasAttribute('data-point')"):
            break
    assert {"to the start", "one step on", "play", "step"} <= reached
    assert any("the point w = 0.4" in name for name in reached)
    before = page.error
    page.press("ArrowLeft", 3)
    page.press("ArrowRight")
    assert page.error < before
    assert page.step[0] == 0  # the arrows moved the point, not the steps
    page.tab.evaluate("document.activeElement.blur()")
    page.press("End")
    assert page.step == (8, 8)
    page.press("Home")
    page.press(" ")
    deadline = time.perf_counter() + 10
    while page.step[0] < 2:
        assert time.perf_counter() < deadline, "it does not play"
    page.press(" ")
    page.press("End")
    page.press(" ")  # once more, from the start
    while page.step[0] == 8:
        assert time.perf_counter() < deadline + 10, "it does not start again"


def test_a_box_that_has_the_focus_is_told_in_the_details(opened):
    page = opened(one_weight())
    page.press("End")
    page.tab.locator("#graph .leaf").focus()
    assert "0.09600000000000004" not in page.tab.inner_text(".details")
    assert "gradient\t0.096\n" in page.tab.inner_text(".details")
    assert page.tab.locator("#graph .leaf").get_attribute("aria-label") == "w, value 0.4, gradient 0.096"


def test_the_state_of_the_page_is_in_its_address(opened, chromium, tmp_path):
    page = opened(xor(1), "#view=numbers")
    page.press("ArrowRight", 9)
    page.tab.click("#graph .leaf")
    page.tab.fill(".details input", "0.25")
    page.press("Enter")
    deadline = time.perf_counter() + 10
    while ":0.25" not in (address := page.tab.evaluate("location.hash")):
        assert time.perf_counter() < deadline, address
    again = Page(chromium, tmp_path / "backprop.html", address)
    assert again.step == page.step
    assert again.numbers("value") == page.numbers("value")
    assert again.tab.input_value(".details input") == "0.25"
    again.close()


def test_an_address_that_is_changed_by_hand_is_followed(opened):
    page = opened(one_weight())
    page.tab.evaluate("location.hash = '#step=3'")
    deadline = time.perf_counter() + 10
    while page.step[0] != 3:
        assert time.perf_counter() < deadline


def test_numbers_that_are_not_finite_are_shown_kept_and_said(opened):
    page = opened(one_weight(), "#set=3:NaN&step=8")
    assert "nan" in page.tab.text_content("#graph .leaf .value")
    assert "at no number" in page.tab.text_content(".surface")
    assert "set=3:NaN" in page.tab.evaluate("location.hash")
    page.tab.click("text=back to the program's numbers")
    assert page.error == pytest.approx(0.0072)


def test_a_tie_is_written_with_its_halves(opened):
    w = Value(0.0, name="w")
    page = opened(maximum(w, 0.0) * 1.0)
    page.press("End")
    caption = re.sub(r"\s", "", page.tab.text_content(".caption"))
    assert "0.5·[w=0]+[w>0]" in caption
    assert caption.endswith("=0.5")


def test_one_association_can_be_followed_through_the_network(opened):
    page = opened(xor())
    page.tab.select_option(".beside select", "2")
    for _ in range(6):
        page.press("ArrowRight")
        assert page.tab.input_value(".beside select") == "2"
        assert "t=2" in page.tab.text_content(".caption")


def test_a_cell_that_is_picked_shows_its_association(opened):
    value = xor()
    captions = Captions(value)
    unit = next(unit for unit in captions.units if unit.name == "z")
    page = opened(value)
    page.tab.click(f"#graph [data-node='{numbered(captions)[unit.y[2]]}'] >> nth=0")
    assert page.tab.input_value(".beside select") == "3"  # associations count from 1, as on the slides
    assert page.tab.input_value(".details select") == str(numbered(captions)[unit.y[2]])


def test_the_total_input_of_an_association_has_its_own_states_in_it(opened):
    network = Network(2, 2, 1, bias=True, seed=1)
    page = opened(half_squared_error(network(X), TARGET))
    page.tab.select_option(".beside select", "4")
    page.press("ArrowRight", 5)  # @ + σ @ +: the total input of y
    (w, v), (z1, z2) = network.weights[1][:, 0], network.layers[0].y.data[3]
    caption = re.sub(r"\s", "", page.tab.text_content(".caption"))
    assert f"={w:.4g}·{z1:.4g}+{v:.4g}·{z2:.4g}+0={w * z1 + v * z2:.4g}" in caption


def test_a_step_does_not_move_the_page(opened):
    page = opened(xor(), viewport={"width": 1000, "height": 500})
    page.tab.evaluate("window.scrollTo(0, 300)")
    page.press("ArrowRight", 5)
    assert page.tab.evaluate("window.scrollY") == 300


def test_a_field_that_was_given_no_number_shows_again_what_counts(opened):
    page = opened(one_weight())
    page.tab.click("#graph .leaf")
    for text in ("", "1e999"):
        page.tab.fill(".details input", text)
        page.press("Enter")
        assert page.tab.input_value(".details input") == "0.4"
    assert page.error == pytest.approx(0.0072)


@pytest.mark.parametrize("address", ["#step=1e9", "#step=-3&view=nonsense&mode=x", "#set=0:abc,99999:1,foo",
                                     "#pick=123456&axes=1,2,3", "#seed=0&axes=0,0&t=99", "#%%%", "#epsilon=Infinity&step=2.5"])
def test_an_address_that_means_nothing_does_no_harm(opened, address):
    page = opened(one_weight(), address)
    assert page.step[1] == 8
    page.press("End")
    assert min(page.numbers("grad").values()) == pytest.approx(0.096)


def test_forward_mode_gives_the_same_derivative_and_counts_its_work(opened):
    value = xor(1)
    page = opened(value, "#view=numbers&mode=forward")
    page.press("End")
    captions = Captions(value)
    root, leaf = numbered(captions)[captions.taken.root], next(node for node in captions.nodes if node.name == "w1[0, 0]")
    assert page.numbers("grad")[root] == pytest.approx(float(leaf.grad), rel=1e-12)
    cells = page.tab.eval_on_selector_all(".work td", "all => all.map(e => Number(e.textContent))")
    reverse, leaves, one, _, everything, _ = cells
    assert leaves == 9
    assert one < reverse < everything


def test_a_unit_that_is_picked_lights_its_operations_up(opened):
    page = opened(xor(1), "#view=numbers")
    page.tab.click("[data-unit=z1]")
    marked = page.tab.eval_on_selector_all("#graph .marked", "all => all.map(e => e.getAttribute('aria-label'))")
    assert len(marked) == 5  # two products, their sum, the total input, the state
    assert any(label.startswith("z1 = σ") for label in marked)


def test_the_units_of_the_step_light_up_in_the_network(opened):
    page = opened(xor(1), "#view=numbers")
    while not page.tab.locator("[data-unit=z2].lit").count():
        assert page.step[0] < page.step[1]
        page.press("ArrowRight")
    assert page.tab.locator("[data-unit=z1].lit").count() == 0


HOSTILE = [
    "<b>w</b>", "<script>alert(1)</script>", "</script><script>document.title='x'</script>", "<!--", "-->", "]]>", "&lt;",
    "\"", "'",
    "\\", "\\n", "\n", "\r\n", "\t", "\x00", "\x1b[31m", "\u2028", "\u202e", "💥", "w" * 100_000, "${1+1}", "%s%n", "{{x}}", "`",
    "<img src=x onerror=alert(1)>", "javascript:alert(1)", "<svg onload=alert(1)>", "\ud800", "a[", "[0, 1]",
]


def test_thirty_hostile_names_leave_the_page_as_it_is(opened, chromium):
    structure = "[...document.querySelectorAll('#graph *')].map(e => e.tagName).join()"
    pages = []
    for names in (["plain"] * 30, HOSTILE):
        total = Value(0.0, name="start")
        for name in names:
            total = total + Value(1.0, name=name)
        page = opened(total)
        page.press("End")
        pages.append((page.tab.evaluate(structure), page.tab.evaluate("document.scripts.length"), page.tab.title()))
        assert page.tab.evaluate("document.querySelectorAll('img, b').length") == 0
    assert len(HOSTILE) == 30
    assert re.sub("tspan,?", "", pages[0][0]) == re.sub("tspan,?", "", pages[1][0])
    assert pages[0][1:] == pages[1][1:]


@pytest.mark.parametrize("value", [one_weight, xor, lambda: xor(1)])
@pytest.mark.parametrize("view", ["operations", "numbers"])
def test_no_text_leaves_its_box(opened, value, view):
    page = opened(value(), f"#view={view}")
    page.press("End")
    outside = page.tab.evaluate("""() => [...document.querySelectorAll('#graph .box')].flatMap(box => {
        const frame = box.querySelector('.frame').getBoundingClientRect();
        return [...box.querySelectorAll('text')].filter(text => { const t = text.getBoundingClientRect();
            return t.left < frame.left - 1 || t.right > frame.right + 1 || t.top < frame.top - 2 || t.bottom > frame.bottom + 2; })
            .map(text => text.textContent); })""")
    assert outside == []
    circles = page.tab.evaluate("""() => [...document.querySelectorAll('.unit')].flatMap(unit => {
        const c = unit.querySelector('circle').getBoundingClientRect();
        return [...unit.querySelectorAll('text')].filter(t => { const r = t.getBoundingClientRect();
            return r.left < c.left || r.right > c.right; }).map(t => t.textContent); })""")
    assert circles == []


def test_the_page_is_as_wide_as_a_phone_and_no_wider(opened):
    page = opened(xor(1), viewport={"width": 390, "height": 844})
    page.press("End")
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_page_of_two_hundred_nodes_opens_and_steps_quickly_enough_to_use(opened):
    """The figures are measured in benchmarks/; here only what nobody could use would fail."""
    x = Value(0.5, name="x")
    chain = x
    for _ in range(66):
        chain = (chain * 0.9 + 0.1).tanh()
    start = time.perf_counter()
    page = opened(chain)
    assert time.perf_counter() - start < 20
    page.press("End")
    assert len(page.numbers("grad")) == 199


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_every_section_of_the_lecture_is_stepped_to_its_end(opened, section):
    try:
        value, shown = section.steps({})  # most step through a small model
    except KeyError:
        value, shown = section.steps(section.compute(0, True))
    assert len(shown) > 20
    page = opened(value)
    page.press("End")
    found, wanted = page.numbers("grad"), expected(value, "grad")
    assert found
    assert {n: wanted[n] for n in found} == pytest.approx(found, rel=1e-9, abs=1e-12)
    assert page.tab.locator(".network").count() == 1


# -- without a browser ---------------------------------------------------------------------------------------------


def test_the_page_is_small_and_all_in_one_file(tmp_path):
    text = explore(xor(1), tmp_path / "p.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 250_000
    assert "default-src 'none'" in text
    assert "unsafe" not in text.split("</head>")[0]
    record = json.loads(re.search(r'<script type="application/json" id="record">(.*?)</script>', text, re.S)[1])
    assert record["nodes"]


def test_the_script_and_the_style_are_made_from_the_sources_as_they_are_now():
    """`.ci/run` makes them anew and compares every byte; here, without npm, what they say they were made from."""
    sources = sorted(path for path in (FOLDER / "page").iterdir() if path.suffix in (".css", ".js", ".jsx", ".json", ".mjs"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    for name in ("page.js", "page.css"):
        assert (FOLDER / name).read_text(encoding="utf-8").startswith(f"/* made by page/build.mjs from {digest} */"), (
            "run `npm install --no-package-lock && npm run build` in tinygrad_edu/drawing/explorer/page")


def test_an_entry_that_had_no_part_in_the_result_is_a_number_and_no_node():
    w = Value([1.0, 2.0], name="w")
    record = written_down(w[0] * 3.0)
    entries = next(group["entries"] for group in record["groups"] if group["label"][0] == "w")
    assert [type(entry) for entry in entries] == [int, list]
    assert entries[1] == [2.0]


def test_infinite_numbers_and_nan_go_to_the_page_as_text():
    record = written_down(Value(np.inf, name="a") * Value(-np.inf) + np.nan)
    assert [node["value"] for node in record["nodes"] if node["kind"] != "operation"] == ["NaN", "Infinity", "-Infinity"]


@pytest.mark.parametrize(("value", "path", "error", "says"), [
    (3.0, "p.html", TypeError, "this is a float, which has no record"),
    (Value(1.0, name="w"), "p.html", ValueError, "w was not made from"),
    (Value([1.0, 2.0]) * 2.0, "p.html", ValueError, "Sum it first"), (Value(1.0) * 2.0, "p.svg", ValueError, "must end in .html"),
    (Value(1.0) * 2.0, "nowhere/p.html", FileNotFoundError, "no folder"),
    (Value(np.zeros(0)).sum() * 1.0, "p.html", ValueError, "no entry of a Value had a part in this value"),
    (inv(Value(np.eye(12))).sum(), "p.html", ValueError, "inv is not made of steps with single numbers, and has more than 20,000"),
    (Value(np.ones(2001)).sum(), "p.html", ValueError, "numbers, which nobody can look at"),
    ((Value(np.ones((20, 20))) @ np.ones((20, 20))).sum(), "p.html", ValueError, "at most 5,000"),
])
def test_what_cannot_be_explored_is_refused_in_one_sentence_and_nothing_is_written(tmp_path, monkeypatch, value, path, error, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=re.escape(says)):
        explore(value, path)
    assert not list(tmp_path.iterdir())
