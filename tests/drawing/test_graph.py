"""The graph of a computation: what is in it, what hostile names can do to it (nothing), and how it is kept."""

import re
import xml.etree.ElementTree as ET
from time import perf_counter

import numpy as np
import pytest

from tinygrad_edu import Value, concatenate, matmul, maximum, where
from tinygrad_edu.autodiff.walk import ancestors
from tinygrad_edu.drawing import engine
from tinygrad_edu.drawing.boxes import boxes, columns_passed, numbers_text
from tinygrad_edu.drawing.engine import EngineFailed, EngineMissing
from tinygrad_edu.drawing.graph import MOST_NODES, MOST_READ, Drawing, draw

SVG = "{http://www.w3.org/2000/svg}"


def groups(drawing, kind):
    """{id: texts} of the nodes or edges in the SVG, in the order drawn."""
    found = ET.fromstring(drawing.svg).iter(f"{SVG}g")
    return {g.get("id"): [t.text for t in g.iter(f"{SVG}text")] for g in found if g.get("class") == kind}


def ends(drawing):
    """[(from, to, port)] of the edges in the DOT text."""
    return re.findall(r"^  (\w+) -> (\w+)(?::(p\d+):w)? ", drawing.dot, re.MULTILINE)


def first_contact():
    w = Value(0.4, name="w")
    return 0.5 * (w * 0.8 - 0.2) ** 2


@pytest.fixture
def no_engine(monkeypatch, tmp_path):
    def no_files(package):
        raise engine.PackageNotFoundError(package)

    monkeypatch.delenv(engine.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(engine, "files", no_files)


# -- what is in it -------------------------------------------------------------------------------------------------


def test_boxes_show_name_operation_value_and_gradient():
    E = first_contact()
    E.backward()
    assert groups(draw(E), "node") == {
        "v1": ["w", "0.4", "grad 0.096"],
        "v2": ["×", "0.32", "grad 0.12"], "c2_1": ["0.8"],
        "v3": ["1", "2", "−", "0.12", "grad 0.12"], "c3_1": ["0.2"],
        "v4": ["²", "0.0144", "grad 0.5"],
        "v5": ["×", "0.0072", "grad 1"], "c5_0": ["0.5"],
    }


def test_gradients_appear_only_after_backward():
    E = first_contact()
    assert "grad" not in draw(E).svg
    E.backward()
    assert "grad" in draw(E).svg


def contributions(drawing):
    """{(number of a box, of the box that its arrow enters): [what flows back along it]}"""
    texts = groups(drawing, "edge")
    return {edge: text for edge, text in texts.items() if text}


def test_what_flows_back_along_the_arrows_adds_up_to_the_gradient():
    a, b = Value(2.0, name="a"), Value(3.0, name="b")
    s = a * b + a
    f = s * s
    f.backward()
    assert contributions(draw(f)) == {"e3_0": ["48"], "e3_1": ["32"], "e4_0": ["16"], "e4_1": ["16"], "e5_0": ["8"], "e5_1": ["8"]}
    assert (a.grad, b.grad, s.grad) == (48 + 16, 32, 8 + 8)


def test_nothing_flows_back_before_backward_nor_into_constants():
    E = first_contact()
    assert contributions(draw(E)) == {}
    E.backward()
    assert contributions(draw(E)) == {"e2_0": ["0.096"], "e3_0": ["0.12"], "e4_0": ["0.12"], "e5_1": ["0.5"]}


def test_what_flows_back_to_an_array_that_was_repeated_is_collected_first():
    b, w = Value([1.0, 2.0], name="b"), Value(3.0, name="w")
    E = ((np.ones((4, 2)) + b) * w).sum()
    E.backward()
    assert contributions(draw(E)) == {"e3_1": ["all 12"], "e4_0": ["all 3"], "e4_1": ["20"], "e5_0": ["all 1"]}


def test_where_a_branch_was_not_taken_0_flows_back_and_not_nan():
    x = Value(-1.0, name="x")
    y = where(x.data > 0, np.sqrt(x), x)
    y.backward()
    assert contributions(draw(y)) == {"e2_0": ["0"], "e3_1": ["0"], "e3_2": ["1"]}


def test_an_array_shows_its_shape_and_its_range():
    w = Value([[1.0, -2.0, 3.0]], name="w")
    (w * w).sum().backward()
    assert groups(draw(w), "node") == {"v1": ["w", "(1, 3)", "-2 to 3", "grad -4 to 6"]}
    assert groups(draw(Value(np.ones((2, 2)))), "node") == {"v1": ["(2, 2)", "all 1"]}
    assert groups(draw(Value([7.0])), "node") == {"v1": ["(1,)", "7"]}
    assert groups(draw(Value(np.ones((0, 2)))), "node") == {"v1": ["(0, 2)", "empty"]}


@pytest.mark.parametrize(("x", "text"), [(np.pi, "3.142"), (1e-9, "1e-09"), (-0.0, "0"), (1e300, "1e+300"),
                                         (np.inf, "inf"), (np.nan, "nan"), (np.float32(0.1), "0.1")])
def test_numbers_have_four_digits(x, text):
    assert groups(draw(Value(x)), "node") == {"v1": [text]}


def test_a_value_used_twice_is_one_box_with_two_arrows():
    s = Value(2.0, name="a") * 3.0
    assert ends(draw(s * s))[-2:] == [("v2", "v3", ""), ("v2", "v3", "")]
    assert len(groups(draw(s * s), "node")) == 4


def test_a_constant_used_twice_is_drawn_twice():
    w = Value(2.0)
    assert [i for i in groups(draw(w * 3.0 + 3.0), "node") if i.startswith("c")] == ["c2_1", "c3_1"]


@pytest.mark.parametrize("f", [lambda a, b: a - b, lambda a, b: a / b, lambda a, b: a**b, lambda a, b: concatenate([a, b])])
def test_operands_are_numbered_where_their_order_counts(f):
    a, b = Value([1.0], name="a"), Value([2.0], name="b")
    for first, second in ((a, b), (b, a)):
        drawing = draw(f(first, second))
        sources = {"v1": "a", "v2": "b"}
        assert [(sources[source], port) for source, _, port in ends(drawing)] == [(first.name, "p0"), (second.name, "p1")]
        assert groups(drawing, "node")["v3"][:2] == ["1", "2"]


def test_matmul_and_where_are_numbered_and_sums_and_products_are_not():
    a = Value(np.eye(2))
    assert [port for *_, port in ends(draw(matmul(a, a)))] == ["p0", "p1"]
    assert [port for *_, port in ends(draw(where([True, False], a, 0.0)))] == ["p0", "p1", "p2"]
    for y in (a + a, a * a, maximum(a, 1.0)):
        assert [port for *_, port in ends(draw(y))] == ["", ""]


def test_the_first_operand_enters_above_the_second():
    a, b = Value(1.0, name="a"), Value(2.0, name="b")
    paths = {g.get("id"): g.find(f"{SVG}path").get("d") for g in ET.fromstring(draw(b - a).svg).iter(f"{SVG}g")
             if g.get("class") == "edge"}
    height = {edge: float(d.split(",")[-1]) for edge, d in paths.items()}
    assert height["e3_0"] < height["e3_1"]  # y grows downwards


def test_a_named_result_shows_its_name_and_its_operation():
    y = Value(2.0) * 3.0
    y.name = "y"
    assert groups(draw(y), "node")["v2"] == ["y = ×", "6"]


def test_a_value_without_a_record_is_one_box():
    assert groups(draw(Value(3.0, name="w")), "node") == {"v1": ["w", "3"]}
    assert draw(Value(3.0)).text == "v1 = 3"


def test_the_drawing_shows_the_data_that_were_computed_with():
    w = Value(0.4, name="w")
    y = w * 2.0
    w.data = 100.0
    assert groups(draw(y), "node")["v1"] == ["w", "0.4"]
    assert groups(draw(w), "node")["v1"] == ["w", "100"]


def test_the_same_program_draws_the_same_text():
    assert draw(first_contact()).dot == draw(first_contact()).dot


def test_the_list_for_a_terminal_reads_like_the_computation():
    assert draw(first_contact()).text.splitlines() == [
        "w = 0.4", "v2 = ×(w, 0.8) = 0.32", "v3 = −(v2, 0.2) = 0.12", "v4 = ²(v3) = 0.0144", "v5 = ×(0.5, v4) = 0.0072"]


def test_the_list_of_a_long_computation_shows_its_end():
    y = Value(1.0)
    for _ in range(99):
        y = -y
    lines = repr(draw(y, level="operation")).splitlines()
    assert len(lines) == 41
    assert lines[0] == "... 60 more before these"
    assert lines[-1] == "v100 = neg(v99) = -1"


# -- too large, or no Value -----------------------------------------------------------------------------------------


def test_two_thousand_nodes_are_drawn_one_by_one_if_asked_for_and_more_are_not():
    y = Value(1.0)
    for _ in range(MOST_NODES - 1):
        y = -y
    assert len(groups(draw(y, level="operation"), "node")) == MOST_NODES
    larger = draw(-y, level="operation")
    assert larger.text.splitlines()[-1] == "2,001 nodes: those that are alike are drawn as one box, which says how many they are"
    assert "2,001 nodes" in larger.svg
    assert len(groups(larger, "node")) == 5


def test_constants_count_as_nodes():
    y = Value(1.0)
    for _ in range(MOST_NODES // 2):
        y = y * 1.0
    assert "2,001 nodes" in draw(y, level="operation").text


def test_too_large_a_graph_is_refused_without_walking_all_of_it():
    class Trap:
        def __iter__(self):
            raise AssertionError("it walked to the oldest node")

    y = oldest = Value(1.0)
    for _ in range(MOST_READ + 1):
        y = -y
    oldest.parents = Trap()
    with pytest.raises(ValueError, match="more than 100,000 nodes"):
        draw(y)


def shared(steps, leaves=30):
    z, s = [Value(0.5 + 0.01 * i, name=f"z{i}") for i in range(leaves)], Value(1.0, name="s")
    for i in range(steps):
        s = s * z[i % leaves] + 1
    return s


def test_columns_are_counted_that_an_arrow_passes_over():
    a, b = Value(1.0), Value(2.0)
    counted = lambda y: columns_passed(boxes(ancestors(y)))  # noqa: E731
    assert [counted(y) for y in (a, a + b, -a + a, -np.exp(-a) + a, -np.exp(-a) + b, np.exp(-a) * 2.0 + -b)] == [0, 0, 1, 3, 0, 2]


def test_a_tangled_graph_has_straight_arrows_and_is_laid_out_in_seconds():
    assert "splines=line" not in draw(shared(40), level="operation").dot
    drawing, start = draw(shared(120), level="operation"), perf_counter()
    assert "splines=line" in drawing.dot
    assert len(groups(drawing, "node")) == 30 + 1 + 3 * 120
    assert perf_counter() - start < 10  # a minute was not enough


def test_where_arrows_pass_over_too_many_columns_what_is_alike_is_drawn_as_one():
    assert "alike" not in draw(shared(220), level="operation").text
    assert "alike" in draw(shared(300), level="operation").text


def test_of_a_large_array_only_the_cells_that_are_shown_are_read_one_by_one():
    y, start = Value(np.ones((2000, 2000)), name="y").sum(), perf_counter()
    assert "(2000, 2000)" in draw(y).dot
    assert perf_counter() - start < 1.5


def test_what_is_no_value_is_refused():
    with pytest.raises(TypeError, match="this is a float"):
        draw(3.0)


# -- hostile names --------------------------------------------------------------------------------------------------

HOSTILE = {  # a name, and how it is to be read in the picture
    'a"b': 'a"b', "a'b": "a'b", "a\\": "a\\", "\\": "\\", '\\"': '\\"', "\\N": "\\N", "\\G\\n\\l": "\\G\\n\\l",
    "<b>": "<b>", "<<TABLE>>": "<<TABLE>>", "<script>alert(1)</script>": "<script>alert(1)</scrip…", "</text>": "</text>",
    "' onload='f()": "' onload='f()", "--><!--": "--><!--", "]]>": "]]>", "&lt;": "&lt;", "&": "&", "&#38;amp;": "&#38;amp;",
    "x\ny": "x y", "x\r\n\ty": "x y", "\x00\x07\x1b[31m": "���[31m", "\ud800": "�", "\ufffe": "�", "\u202elive": "�live",
    "}": "}", "|{<p> a}": "|{<p> a}", "];": "];", "%s{0}": "%s{0}", "a" * 24: "a" * 24, "a" * 25: "a" * 23 + "…",
    "é日本🎉": "é日本🎉", "<" * 100_000: "<" * 23 + "…",
}


def structure(element):
    """Tags, attribute names and ids, all the way down."""
    return element.tag, sorted(element.attrib), element.get("id"), [structure(child) for child in element]


def named(name):
    return draw(Value(1.0, name=name) * 2.0)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:20]))
def test_a_hostile_name_is_only_text(name):
    svg = ET.fromstring(named(name).svg)
    assert structure(svg) == structure(ET.fromstring(named("w").svg))
    assert next(svg.iter(f"{SVG}text")).text.replace("\xa0", " ") == HOSTILE[name]
    assert len(named(name).dot) < 3000
    assert len(named(name).text.splitlines()) == 2


@pytest.mark.parametrize("name", [None, "", "  \n "])
def test_a_name_of_nothing_is_no_name(name):
    assert groups(draw(Value(1.0, name=name)), "node") == {"v1": ["1"]}


# -- keeping it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<svg "), (".SVG", b"<svg "), (".png", b"\x89PNG"), (".pdf", b"%PDF"),
                                               (".dot", b"digraph {")])
def test_save_writes_the_format_of_the_suffix(tmp_path, suffix, start):
    path = tmp_path / f"graph{suffix}"
    path.write_text("old")
    draw(first_contact()).save(path)
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["graph.jpeg", "graph", ".svg", "svg"])
def test_save_names_the_suffixes_it_knows(tmp_path, name):
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot"):
        draw(first_contact()).save(str(tmp_path / name))
    assert not list(tmp_path.iterdir())


def test_a_failed_save_leaves_nothing_behind(tmp_path, monkeypatch):
    (tmp_path / "there.dot").mkdir()
    with pytest.raises(OSError, match=r"there\.dot"):
        draw(first_contact()).save(tmp_path / "there.dot")
    path = tmp_path / "graph.svg"
    path.write_text("old")
    with pytest.raises(EngineFailed):
        Drawing("no DOT", "").save(path)
    assert path.read_text() == "old"
    assert {p.name for p in tmp_path.iterdir()} == {"there.dot", "graph.svg"}


def test_the_png_is_what_is_saved_as_one(tmp_path):
    draw(first_contact()).save(tmp_path / "graph.png")
    assert draw(first_contact()).png == (tmp_path / "graph.png").read_bytes()


def test_a_notebook_gets_the_picture_and_a_terminal_the_list():
    drawing = draw(first_contact())
    assert drawing._repr_mimebundle_() == {"image/svg+xml": drawing.svg, "text/plain": drawing.text}


# -- the engine -----------------------------------------------------------------------------------------------------


def test_without_an_engine_there_is_still_the_text(no_engine, tmp_path):
    drawing = draw(first_contact())
    with pytest.raises(EngineMissing, match="pip install graphviz-pure"):
        _ = drawing.svg
    with pytest.raises(EngineMissing):
        drawing.save(tmp_path / "graph.svg")
    drawing.save(tmp_path / "graph.dot")
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == drawing.dot
    shown = drawing._repr_mimebundle_()
    assert shown.keys() == {"text/plain"}
    assert "pip install graphviz-pure" in shown["text/plain"]


def test_the_packaged_engine_is_found_off_the_path(monkeypatch, tmp_path):
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "graphviz-pure" in engine.find()
    assert draw(first_contact()).svg.startswith("<svg ")


def program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif("os.name == 'nt'", reason="a program here is a shell script")
def test_the_variable_comes_before_dot_on_the_path(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    dot = program(tmp_path / "dot", "echo '<svg>dot</svg>'")
    assert engine.find() == dot
    mine = program(tmp_path / "mine", "echo '<svg>mine</svg>'")
    monkeypatch.setenv(engine.VARIABLE, mine)
    assert engine.render("", "svg") == b"<svg>mine</svg>\n"


def test_a_variable_that_names_no_program_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv(engine.VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(EngineMissing, match=r"TINYGRAD_EDU_DOT is .*nowhere"):
        engine.render("digraph {}", "svg")


def test_what_the_engine_says_is_in_the_error():
    with pytest.raises(EngineFailed, match=r"said: .*syntax error"):
        engine.render("digraph {", "svg")
    with pytest.raises(EngineFailed, match=r"said: .*foo"):
        engine.render("digraph {}", "foo")


@pytest.mark.skipif("os.name == 'nt'", reason="a program here is a shell script")
def test_an_engine_that_hangs_is_stopped(monkeypatch, tmp_path):
    monkeypatch.setenv(engine.VARIABLE, program(tmp_path / "slow", "exec sleep 60"))
    monkeypatch.setattr(engine, "SECONDS", 0.1)
    with pytest.raises(EngineFailed, match=r"not laid out the graph after 0\.1 seconds"):
        engine.render("digraph {}", "svg")


@pytest.mark.parametrize(("x", "text"), [
    ([1.0, 2.0], "1 to 2"), ([1.0, 1.0], "all 1"), ([1.0, 1.00001], "about 1"), ([1.0], "1"),
    ([np.nan, 1.0, 2.0], "1 to 2, 1 of 3 nan"), ([np.nan, np.nan], "all 2 nan"), ([np.nan], "nan"),
    ([np.nan, 1.0, 1.0], "1, 1 of 3 nan"), ([np.inf, 1.0], "1 to inf"), ([-0.0, 0.0], "all 0"),
    ([], "empty")])
def test_a_summary_of_an_array_counts_and_says_all_only_of_equal_entries(x, text):
    assert numbers_text(np.array(x)) == text
