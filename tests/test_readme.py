"""What the README promises and a doctest cannot see: its picture, its two commands, its folders and its sections."""

import re
from pathlib import Path
from xml.etree import ElementTree

from tinygrad_edu import Value, draw
from tinygrad_edu.lecture import SECTIONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_in_the_readme_is_what_the_program_above_it_draws():
    x, target = 0.8, 0.2
    w = Value(0.4, name="w")
    y = w * x
    E = 0.5 * (y - target) ** 2
    E.name = "E"
    E.backward()
    assert texts((ROOT / "docs" / "first-graph.svg").read_text(encoding="utf-8")) == texts(draw(E).svg)


def test_there_are_two_commands_and_each_is_complete_on_a_fresh_machine():
    commands = re.findall(r"^    (python3 -m venv .*)$", README, flags=re.MULTILINE)
    start = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[all]' && .venv/bin/"
    assert [command.removeprefix(start) for command in commands] == ["tinygrad-edu lecture", "pytest -n 2"]


def test_the_folders_and_the_sections_that_it_names_are_there():
    folders = re.findall(r"^\| (`[a-z_/]+/`(?:, `[a-z_/]+/`)*) \|", README, flags=re.MULTILINE)
    named = [name for row in folders for name in re.findall(r"`([^`]+)`", row)]
    assert len(named) >= 9
    assert all((ROOT / name).is_dir() for name in named)
    assert re.findall(r"^\| `([a-z-]+)` \|", README, flags=re.MULTILINE) == [section.name for section in SECTIONS]


def test_a_notebook_shows_a_value_as_its_drawing_and_a_huge_one_as_text():
    y = Value(2.0, name="w") * 3.0
    assert y._repr_mimebundle_()["image/svg+xml"].startswith("<svg")
    for _ in range(60_000):
        y = y + 1.0
    shown = y._repr_mimebundle_()
    assert list(shown) == ["text/plain"]
    assert shown["text/plain"].startswith(f"{y!r}\n\nIts graph is not drawn: ")
