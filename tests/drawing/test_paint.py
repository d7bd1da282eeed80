"""Graphs painted with matplotlib: everything that the engine lays out is there, in its place, and text means nothing but itself."""

import html
import io
import unicodedata

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.path import Path

from tinygrad_edu import Value
from tinygrad_edu.drawing.engine import EngineFailed
from tinygrad_edu.drawing.graph import draw
from tinygrad_edu.drawing.paint import BOLD, MARGIN, Pen, _layout, _letter, _shapes_and_texts, _text, paint

TABLE = """digraph {{ node [shape=plain, fontname="Courier"]
  a [label=<<TABLE BORDER="1" BGCOLOR="#d6e6f4" COLOR="#2b5c8a"><TR><TD WIDTH="80">{}</TD></TR></TABLE>>] {} }}"""
HOSTILE = ["$x^2$", "a_1", "back\\\\slash", "∇E δ₁", "“quoted”", "日本", "𝄞", "e\u0301", "&lt;b&gt;", "M" * 24,
           r"\\\\server\\share", r"\\\\\\", r"\\N", r"\\frac{1}{2}", "$", "%s", "🎉 party"]


def painted(dot):
    """(the shapes, the texts) of a DOT text."""
    return _shapes_and_texts(_layout(dot))


def first_contact():
    w = Value(0.4, name="w")
    E = 0.5 * (w * 0.8 - 0.2) ** 2
    E.backward()
    return draw(E).dot


def test_a_point_of_the_layout_is_a_point_on_paper():
    figure = paint(first_contact())
    left, bottom, right, top = map(float, _layout(first_contact())["bb"].split(","))
    np.testing.assert_allclose(72 * figure.get_size_inches(), [right - left + 2 * MARGIN, top - bottom + 2 * MARGIN])
    corners = figure.axes[0].transData.transform([(left, bottom), (right, top)]) * 72 / figure.dpi
    np.testing.assert_allclose(corners, [(MARGIN, MARGIN), (MARGIN + right - left, MARGIN + top - bottom)])


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_inside_its_box(text):
    shapes, texts = painted(TABLE.format(text, ""))
    box = max((shape.outline.get_extents() for shape in shapes), key=lambda extents: extents.width)
    ink = texts[0].outline.get_extents()
    assert ink.width > 0
    assert box.x0 <= ink.x0
    assert ink.x1 <= box.x1
    assert box.y0 <= ink.y0
    assert ink.y1 <= box.y1


@pytest.mark.parametrize("text", HOSTILE)
def test_text_means_nothing_but_its_letters(text):
    _, [line] = painted(TABLE.format(text, ""))
    shown = unicodedata.normalize("NFC", html.unescape(text).replace("\\\\", "\\"))
    letters = [_letter(letter, 0) for letter in shown]
    assert line.outline.codes.tolist() == [code for _, codes, _ in letters for code in codes]


def test_text_is_made_smaller_where_it_would_be_wider_than_its_room():
    line = {"text": "MMMM", "pt": [10.0, 0.0], "align": "c", "width": 12.0}
    ink = _text(line, Pen(size=14)).outline.get_extents()
    assert 4 <= ink.x0 < ink.x1 <= 16
    wide = _text(line | {"width": 100.0}, Pen(size=14)).outline.get_extents()
    assert wide.width == pytest.approx(4 * 14 * 0.602, rel=0.05)  # and never larger than its size


def test_lines_stand_left_in_the_middle_or_right_as_the_graph_says():
    shapes, texts = painted(r'digraph { a [shape=box, width=4, fontname="Courier", label="MM\lMM\nMM\r"] }')
    box = max((shape.outline.get_extents() for shape in shapes), key=lambda extents: extents.height)
    left, middle, right = (line.outline.get_extents() for line in texts)
    assert left.x0 - box.x0 == pytest.approx(box.x1 - right.x1, abs=1)
    assert middle.x0 + middle.x1 == pytest.approx(box.x0 + box.x1, abs=1)
    assert left.x1 < middle.x0 < middle.x1 < right.x0
    assert left.y0 > middle.y1 > middle.y0 > right.y1  # y points upwards


def test_combining_marks_stand_over_the_letter_before():
    line = {"text": "m\u0304m", "pt": [0.0, 0.0], "align": "l", "width": 100.0}  # there is no such letter in one piece
    plain = _text(line | {"text": "mm"}, Pen()).outline.get_extents()
    assert _text(line, Pen()).outline.get_extents().width == pytest.approx(plain.width, abs=0.5)


def test_a_letter_in_two_pieces_is_the_letter_in_one():
    line = {"text": "E\u0301", "pt": [0.0, 0.0], "align": "l", "width": 100.0}
    np.testing.assert_array_equal(_text(line, Pen()).outline.vertices, _text(line | {"text": "É"}, Pen()).outline.vertices)


def test_subscripts_are_lower_and_superscripts_higher_than_the_line():
    _, texts = painted("digraph { a [label=<x<SUB>x</SUB><SUP>x</SUP>>] }")
    line, low, high = (text.outline.get_extents() for text in texts)
    assert low.y0 < line.y0 < low.y1 < high.y1
    assert high.y0 > line.y0
    assert max(low.height, high.height) < line.height


def test_a_letter_that_no_font_has_is_an_empty_box_and_no_warning():
    np.testing.assert_array_equal(_letter("\U000f0000", 0)[0], _letter("□", 0)[0])


def test_symbols_of_the_slides_have_letters_of_their_own():
    outlines = [_letter(letter, 0)[0].tobytes() for letter in "∇δ∂εσ₁²×−Σ□"]
    assert len(set(outlines)) == len(outlines)


def test_every_box_arrow_and_line_of_text_is_there():
    shapes, texts = painted('digraph { a -> b [label="0.1"] a -> b [style=dashed color="#ff0000"] }')
    assert len(texts) == 3
    assert len(shapes) == 2 + 2 * 2 + sum(shape.fill[:3] == (1, 1, 1) for shape in shapes)  # ellipses, lines with heads, the paper
    assert [shape.ink for shape in shapes if shape.dashes != "solid"] == [(1.0, 0.0, 0.0, 1.0)]


def test_colours_and_widths_are_those_of_the_graph():
    shapes, texts = painted(TABLE.format('<FONT COLOR="#8a3800"><B>grad</B></FONT>', ""))
    blue = (0xd6 / 255, 0xe6 / 255, 0xf4 / 255, 1.0)
    assert [shape.fill for shape in shapes].count(blue) == 1
    assert texts[0].fill == (0x8a / 255, 0x38 / 255, 0.0, 1.0)


def test_bold_letters_have_outlines_of_their_own():
    assert _letter("g", BOLD)[0].tobytes() != _letter("g", 0)[0].tobytes()


def test_every_node_is_where_and_as_large_as_the_layout_says():
    dot = ("digraph { node [style=filled label=\"\"] a [fillcolor=red width=2] c [fillcolor=lime shape=box height=1]"
           " a -> b [style=invis] b [fillcolor=blue] }")
    figure = paint(dot)
    figure.dpi = 72
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())
    shapes, _ = painted(dot)
    for node, color in zip(_layout(dot)["objects"], [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)]):
        x, y = map(float, node["pos"].split(","))
        [outline] = [shape.outline for shape in shapes if shape.fill == tuple(c / 255 for c in color)]
        size = 72 * float(node["width"]), 72 * float(node["height"])
        np.testing.assert_allclose(outline.get_extents().bounds, [x - size[0] / 2, y - size[1] / 2, *size], atol=0.02)
        assert Path.CLOSEPOLY in outline.codes
        assert tuple(pixels[len(pixels) - round(y + MARGIN), round(x + MARGIN)]) == color  # rows of pixels count downwards


def test_a_thick_dashed_line_leaves_the_next_as_it_was():
    shapes, _ = painted("digraph { edge [dir=none] a -> b [penwidth=4 style=dashed] c -> d }")
    assert [(shape.width, shape.dashes == "solid") for shape in shapes[-2:]] == [(4, False), (1, True)]


def test_of_a_gradient_the_first_colour_is_painted():
    shapes, _ = painted('digraph { a [style=filled fillcolor="red:blue"] }')
    assert shapes[-1].fill == (1, 0, 0, 1)


def test_heat_maps_have_each_cell_in_its_place_and_of_its_size():
    colors = [[f"#{60 * row:02x}{60 * column:02x}80" for column in range(4)] for row in range(3)]
    cell = '<TD BGCOLOR="{}" WIDTH="12" HEIGHT="10" FIXEDSIZE="TRUE"></TD>'
    cells = "".join(f"<TR>{''.join(map(cell.format, row))}</TR>" for row in colors)
    shapes, _ = painted(f'digraph {{ a [shape=plain label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0">{cells}</TABLE>>] }}')
    cells = {shape.fill: shape.outline.get_extents() for shape in shapes if shape.fill[:3] != (1, 1, 1)}
    assert len(cells) == 12
    first = cells[0, 0, 0x80 / 255, 1]
    for (red, green, *_), cell in cells.items():
        row, column = round(red * 255 / 60), round(green * 255 / 60)
        np.testing.assert_allclose([cell.width, cell.height], [12, 10], atol=0.02)
        np.testing.assert_allclose([cell.x0 - first.x0, first.y0 - cell.y0], [12 * column, 10 * row], atol=0.02)
    assert not any(shape.width for shape in shapes)  # cells without a border have none


def test_dashes_do_not_grow_with_the_width_of_the_line():
    for width in (1, 2, 4):
        shapes, _ = painted(f'digraph {{ a -> b [style=dashed penwidth={width}] }}')
        [dashed] = [shape for shape in shapes if shape.dashes != "solid"]
        assert dashed.width == width
        assert [width * length for length in dashed.dashes[1]] == [5, 2]  # matplotlib counts in widths


def test_rounded_tables_are_round_and_borders_as_thick_as_the_graph_says():
    table = '<TABLE STYLE="ROUNDED" BORDER="2" CELLBORDER="0" BGCOLOR="red"><TR><TD>a</TD></TR></TABLE>'
    shapes, _ = painted(f"digraph {{ a [shape=plain label=<{table}>] }}")
    fill, border = shapes[-2:]
    assert Path.CURVE4 in fill.outline.codes
    assert (fill.fill, fill.width) == ((1, 0, 0, 1), 0)
    assert (border.fill[3], border.width) == (0, 2)
    np.testing.assert_allclose(fill.outline.get_extents().bounds, border.outline.get_extents().bounds)


def test_operations_we_do_not_know_are_left_out():
    picture = {"op": "I", "pt": [0, 0], "size": [1, 1], "name": "cat.png"}
    polyline = {"op": "L", "points": [[0, 0], [1, 1]]}
    shapes, texts = _shapes_and_texts({"objects": [{"_draw_": [picture, polyline]}]})
    assert (len(shapes), shapes[0].fill[3], texts) == (1, 0, [])


def test_all_shapes_are_one_collection_and_all_texts_another_on_top():
    [sheet] = paint(first_contact()).axes
    shapes, texts = painted(first_contact())
    assert [len(collection.get_paths()) for collection in sheet.collections] == [len(shapes), len(texts)]
    assert len(texts) == first_contact().count("<FONT") + first_contact().count(', label="')  # in the boxes, on the edges


@pytest.mark.parametrize("format", ["png", "pdf"])
def test_hostile_names_are_saved_without_a_warning_whatever_the_settings(format):
    total = sum((Value(1.0, name=name) for name in HOSTILE), start=Value(0.0))
    with rc_context({"text.usetex": True, "figure.constrained_layout.use": True, "figure.facecolor": "black"}):
        figure = paint(draw(total).dot)
        size = figure.get_size_inches().tolist()
        figure.savefig(io.BytesIO(), format=format, dpi=40)
    assert figure.get_facecolor() == (1, 1, 1, 1)
    assert figure.axes[0].get_position().bounds == (0, 0, 1, 1)
    assert figure.get_size_inches().tolist() == size


def test_an_empty_graph_is_an_empty_sheet_and_a_broken_one_an_error():
    assert 72 * paint("digraph {}").get_size_inches() == pytest.approx([2 * MARGIN] * 2)
    with pytest.raises(EngineFailed):
        paint("digraph {")


def test_a_graph_as_long_as_a_street_is_painted_smaller():
    figure = paint("digraph { rankdir=LR a [width=300] }")
    assert max(figure.get_size_inches()) == pytest.approx(200)


def test_what_is_painted_is_not_empty():
    figure = paint(first_contact())
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    assert 0.01 < (pixels < 128).any(axis=2).mean() < 0.5
