"""`tinygrad-edu draw FILE.py:NAME`: what it draws, and the one sentence that bad input gets."""

from xml.etree import ElementTree

import pytest

from tinygrad_edu.cli import main

PROGRAM = """
import sys
from tinygrad_edu import Network, Value
import beside
assert sys.argv == [__file__] and __name__ == "__main__"
w = Value(0.4, name="w")
E = 0.5 * (w * beside.x - 0.2) ** 2
E.backward()
network = Network(2, 2, 1)
number = 3.0
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beside.py").write_text("x = 0.8\n")
    (tmp_path / "net.py").write_text(PROGRAM)
    return tmp_path


def texts(path):
    return [text.text for text in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def test_a_value_of_a_file_is_drawn_as_its_graph(program, capsys):
    assert main(["draw", "net.py:E"]) == 0
    assert "grad 0.096" in texts("graph.svg")
    assert capsys.readouterr().out == "The picture is graph.svg\n"


def test_a_network_of_a_file_is_drawn_as_units(program):
    assert main(["draw", "net.py:network", "-o", "net.png"]) == 0
    assert (program / "net.png").read_bytes().startswith(b"\x89PNG")


def test_the_level_can_be_chosen(program):
    (program / "array.py").write_text("from tinygrad_edu import Value\nE = (Value([1.0, 2.0], name='w') ** 2).sum()\n")
    assert main(["draw", "array.py:E", "--level", "scalar", "-o", "numbers.svg"]) == 0
    assert {"w[0]", "w[1]"} <= set(texts("numbers.svg"))


@pytest.mark.parametrize(("source", "target", "says"), [
    (PROGRAM, "net.py", "does not say which value"), (PROGRAM, "net.py:", "does not say which value"),
    (PROGRAM, "net.py:a-b", "does not say which value"), (PROGRAM, "nowhere.py:E", "no file 'nowhere.py'"),
    (PROGRAM, ".:E", "'.' is not a file"), (PROGRAM, "net.py:EE", "Did you mean E?"),
    (PROGRAM, "net.py:e", "Did you mean E?"),
    (PROGRAM, "nett.py:E", "no file 'nett.py'. Did you mean net.py?"),
    (PROGRAM, "net:E", "no file 'net'. Did you mean net.py?"),
    (PROGRAM, "none/net.py:E", "no folder 'none'"),
    ("x\0y\n", "net.py:E", "net.py is not Python"),
    ("x = 1\n", "net.py:__name", "It has no Values."),
    (PROGRAM, "net.py:something", "Its Values are w, E."), ("a = 1\n", "net.py:something", "It has no Values."),
    (PROGRAM, "net.py:number", "draw shows how a Value was made, and this is a float"),
    ("x = 1\nx = x / 0\n", "net.py:E", "net.py raised ZeroDivisionError in line 2: division by zero"),
    ("raise KeyError\n", "net.py:E", "net.py raised KeyError in line 1\n"),
    ("x = = 1\n", "net.py:E", "net.py is not Python: invalid syntax in line 1"),
    ("import sys\nsys.exit(3)\n", "net.py:E", "ended itself, with exit status 3"),
])
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_written(program, capsys, source, target, says):
    (program / "net.py").write_text(source)
    assert main(["draw", target]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not (program / "graph.svg").exists()


@pytest.mark.parametrize(("options", "says"), [
    (["-o", "graph.bmp"], "its suffix must be"), (["-o", "none/graph.svg"], "no folder 'none'"),
    (["--level", "atoms"], "'operation', 'scalar' or 'layer', and not 'atoms'"),
])
def test_a_picture_that_cannot_be_written_is_refused_in_one_sentence(program, capsys, options, says):
    (program / "net.py").write_text("open('it-ran', 'w')\n" * (options[0] == "-o") + PROGRAM)
    assert main(["draw", "net.py:E", *options]) == 2
    assert says in capsys.readouterr().err
    assert {path.name for path in program.iterdir()} - {"__pycache__"} == {"beside.py", "net.py"}  # nor has it run


def refused(arguments, capsys):
    """(exit status, what was said on stderr) of a command that is refused."""
    try:
        status = main(arguments)
    except SystemExit as end:
        status = end.code
    said = capsys.readouterr()
    assert said.err.startswith("tinygrad-edu: ")
    assert said.err.count("\n") == 1
    assert not said.out
    return status, said.err


@pytest.mark.parametrize(("arguments", "says"), [
    ([], "required: COMMAND"), (["drow", "net.py:E"], "Did you mean draw?"),
    (["lectur"], "Did you mean lecture?"),
    (["exercises", "chek"], "Did you mean check?"),
    (["mark", ".", "--format", "jsn"], "Did you mean json?"),
    (["draw"], "required: FILE.py:NAME"),
    (["draw", "net.py:E", "--lvel", "x"], "unrecognized arguments: --lvel x"),
    (["draw", "net.py:E", "-o", "beside.py/x.svg"], "beside.py/x.svg"),
    (["explore", "net.py:E", "-o", "x.pdf"], ".html"),
    (["explore", "net.py:number"], "this is a float"),
    (["explore", "nett.py:E"], "Did you mean net.py?"),
    (["lecture", "one-wieght"], "Did you mean one-weight?"),
    (["lecture", "--list", "14"], "there is no section '14'"),
    (["lecture", "1", "--seed", "1.5"], "'1.5' is not a seed"),
    (["lecture", "1", "--out", "net.py"], "cannot write into 'net.py'"),
    (["lecture", "1", "--out", "taken"],
        "is a folder; a file cannot take its place. Choose another"),
    (["exercises", "check", "delt"], "tinygrad-edu exercises start"),
    (["exercises", "start", "net.py"], "cannot use 'net.py'"),
    (["exercises", "check", "--dir", ""], "the folder has no name"),
    (["mark", ""], "what was handed in has no name"),
    (["mark", "none"], "nothing called 'none' to mark"),
    (["mark", ".", "--jobs", "0"], "'0' is no number of jobs"),
    (["mark", "delta.py", "--out", "none/marks.txt"], "cannot write 'none/marks.txt'"),
])
def test_wrong_arguments_are_refused_in_one_sentence_with_status_2(program, capsys, arguments,
    says):
    (program / "taken" / "index.html").mkdir(parents=True)
    (program / "delta.py").write_text("")
    status, said = refused(arguments, capsys)
    assert status == 2
    assert says in said


@pytest.mark.parametrize("error",
    [OSError(28, "No space left on device", "lecture/x.svg"), OSError("no room")])
def test_a_disk_that_is_full_in_the_middle_is_one_sentence(program, capsys, monkeypatch, error):
    def full(*how):
        raise error

    monkeypatch.setattr("tinygrad_edu.lecture.run.give", full)
    status, said = refused(["lecture", "1", "--out", "there"], capsys)
    assert (status, "a file cannot be read or written: " in said) == (2, True)
    assert ("'lecture/x.svg': No space left on device." in said) == (error.errno == 28)


def test_a_picture_without_a_name_is_refused(program, capsys):
    with pytest.raises(SystemExit):
        main(["draw", "net.py:E", "-o", ""])
    assert "the file to write has no name" in capsys.readouterr().err


def test_the_arguments_and_folders_of_the_command_are_put_back(program):
    import sys

    before = sys.argv, sys.path[:]
    main(["draw", "net.py:E"])
    assert (sys.argv, sys.path) == before
