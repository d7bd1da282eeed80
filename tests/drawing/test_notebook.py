"""A Value at the end of a notebook cell: a picture within a second, or how to draw it."""

import os
import time

import numpy as np
import pytest

import tinygrad_edu
from tests.drawing.test_graph import no_engine, program  # noqa: F401 - a fixture
from tests.drawing.test_quotient import array_program, number_program
from tinygrad_edu import Value, draw
from tinygrad_edu.drawing import engine, notebook
from tinygrad_edu.drawing.engine import EngineTooSlow

SLACK = 0.6  # seconds, for a machine that has other work to do
NEEDS_SH = pytest.mark.skipif("os.name == 'nt'", reason="a program here is a shell script")


def chain(steps, leaves=30):
    z, s = [Value(0.5 + 0.01 * i, name=f"z{i}") for i in range(leaves)], Value(1.0, name="s")
    for i in range(steps):
        s = s * z[i % leaves] + 1
    return s


def shown(value):
    """What a notebook shows, and that it takes no longer than it may."""
    start = time.perf_counter()
    bundle = value._repr_mimebundle_(include=None, exclude=None)
    assert time.perf_counter() - start < notebook.SECONDS + SLACK
    return bundle


def is_text(value, bundle, why):
    return bundle == {
        "text/plain": f"{value!r}\n\nIts graph {why}, so it is not drawn unasked. "
        "draw(value) shows it, "
        'draw(value).save("graph.svg") keeps it.'
    }


def slow_engine(monkeypatch, tmp_path):
    """An engine that is a script and takes a minute; the file has the process id of what it runs."""
    script = f"sleep 60 & echo $! > {tmp_path / 'child'}; wait"
    monkeypatch.setenv(engine.VARIABLE, program(tmp_path / "slow", script))
    return tmp_path / "child"


def runs(process_id):
    try:
        os.kill(process_id, 0)
        with open(f"/proc/{process_id}/stat") as file:
            return (
                file.read().rpartition(")")[2].split()[0] != "Z"
            )  # it has ended, and nobody has asked how
    except OSError:
        return False


@pytest.mark.parametrize(
    "make",
    [
        lambda: Value(1.0),
        lambda: chain(3),
        lambda: chain(100),
        lambda: chain(200),
        lambda: chain(1500),
        lambda: number_program([(1, 0), (5, 1), (2, 2)], 60),
        lambda: number_program([(n, n % 3) for n in range(12)], 40),
        lambda: array_program([(1, 0), (3, 2), (5, 1), (15, 2)], 60),
        lambda: array_program([(n, n % 3) for n in range(18)], 9),
    ],
)
def test_a_value_is_shown_as_a_picture_within_a_second(make):
    value = make()
    bundle = shown(value)
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == draw(value).text


@NEEDS_SH
def test_an_engine_that_takes_longer_is_stopped_with_all_that_it_started(monkeypatch, tmp_path):
    child, value = slow_engine(monkeypatch, tmp_path), chain(3)
    assert is_text(value, shown(value), "takes longer than 1 s to lay out")
    for _ in range(100):  # until the system has taken it away
        if not runs(int(child.read_text())):
            return
        time.sleep(0.1)
    raise AssertionError("the engine's own child runs on")


@NEEDS_SH
def test_the_time_that_the_drawing_takes_is_part_of_the_second(monkeypatch, tmp_path):
    slow_engine(monkeypatch, tmp_path)
    monkeypatch.setattr(notebook, "draw", lambda value: time.sleep(0.8) or draw(value))
    value = chain(3)
    assert is_text(value, shown(value), "takes longer than 1 s to lay out")


@NEEDS_SH
def test_what_is_drawn_on_request_gets_the_time_it_needs(monkeypatch, tmp_path):
    monkeypatch.setattr(notebook, "SECONDS", 0.0)
    assert "image/svg+xml" not in chain(3)._repr_mimebundle_()
    assert "image/svg+xml" in draw(chain(3))._repr_mimebundle_()
    slow_engine(monkeypatch, tmp_path)
    with pytest.raises(EngineTooSlow, match=r"after 0\.2 seconds"):
        draw(chain(3)).laid_out(0.2)


@pytest.mark.parametrize("steps", [2501, 20_000])
def test_a_graph_of_very_many_nodes_is_text_at_once(steps):
    y = Value(0.5, name="y")
    for _ in range(steps):
        y = y * 0.5 + 1.0
    assert is_text(y, shown(y), "has more than 5,000 nodes")


def test_a_graph_that_cannot_be_drawn_at_all_says_so_at_once():
    y = Value(0.5, name="y")
    for _ in range(300_000):
        y = y * 0.5 + 1.0
    text = shown(y)["text/plain"]
    assert text.startswith(f"{y!r}\n\nIts graph is not drawn: this computation has more than 100,000")
    assert "draw one of the values it was made from" in text


@pytest.mark.parametrize("shape", [(3_000_000,), (2000, 1000)])
def test_a_graph_of_very_large_arrays_is_text_at_once(shape):
    y = (Value(np.ones(shape), name="y") * 2.0).sum()
    assert is_text(y, shown(y), "holds more than 1,000,000 numbers")
    y.backward()
    assert set(shown(y)) == {"text/plain"}


def test_without_an_engine_the_list_is_shown_and_what_to_install(no_engine):  # noqa: F811 - the fixture
    bundle = shown(value := chain(3))
    assert bundle.keys() == {"text/plain"}
    assert bundle["text/plain"].startswith(draw(value).text)
    assert "pip install graphviz-pure" in bundle["text/plain"]


def test_an_engine_that_fails_is_quoted_beside_the_list(monkeypatch, tmp_path):
    monkeypatch.setenv(engine.VARIABLE, program(tmp_path / "broken", "echo no fonts >&2; exit 3"))
    assert "it said: no fonts" in shown(chain(3))["text/plain"]


def test_no_other_object_of_ours_draws_unasked():
    public = [getattr(tinygrad_edu, name) for name in tinygrad_edu.__all__]
    drawing = [
        thing
        for thing in public
        if isinstance(thing, type)
        and any(name.startswith("_repr_") and name.endswith("_") for name in dir(thing))
    ]
    assert drawing == [Value]
