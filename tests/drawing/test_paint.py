"""Graphs painted with matplotlib: everything that the engine lays out is there, in its place, and text means nothing but itself."""

import json

import numpy as np
import pytest

from tinygrad_edu import Value
from tinygrad_edu.drawing.engine import render
from tinygrad_edu.drawing.graph import draw
from tinygrad_edu.drawing.paint import BOLD, MARGIN, _letter, _shapes_and_texts, paint

TABLE = """digraph {{ node [shape=plain, fontname="Courier"]
  a [label=<<TABLE BORDER="1" BGCOLOR="#d6e6f4" COLOR="#2b5c8a"><TR><TD WIDTH="80">{}</TD></TR></TABLE>>] {} }}"""
HOSTILE = ["$x^2$", "a_1", "back\\\\slash", "∇E δ₁", "“quoted”", "日本", "𝄞", "e\u0301", "&lt;b&gt;", "M" * 24]


def painted(dot):
    """(the shapes, the texts) of a DOT text."""
    return _shapes_and_texts(json.loads(render(dot, "json"), strict=False))


def first_contact():
    w = Value(0.4, name="w")
    E = 0.5 * (w * 0.8 - 0.2) ** 2
    E.backward()
    return draw(E).dot


def test_a_point_of_the_layout_is_a_point_on_paper():
    figure = paint(first_contact())
    left, bottom, right, top = map(float, json.loads(render(first_contact(), "json"))["bb"].split(","))
    np.testing.assert_allclose(72 * figure.get_size_inches(), [right - left + 2 * MARGIN, top - bottom + 2 * MARGIN])


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_inside_its_box_and_is_painted_letter_by_letter(text):
    shapes, texts = painted(TABLE.format(text, ""))
    box = max((shape.outline.get_extents() for shape in shapes), key=lambda extents: extents.width)
    ink = texts[0].outline.get_extents()
    assert ink.width > 0
    assert box.x0 <= ink.x0
    assert ink.x1 <= box.x1
    assert box.y0 <= ink.y0
    assert ink.y1 <= box.y1


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


def test_a_graph_as_long_as_a_street_is_painted_smaller():
    figure = paint("digraph { rankdir=LR a [width=300] }")
    assert max(figure.get_size_inches()) == pytest.approx(200)


def test_what_is_painted_is_not_empty():
    figure = paint(first_contact())
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    assert 0.01 < (pixels < 128).any(axis=2).mean() < 0.5
