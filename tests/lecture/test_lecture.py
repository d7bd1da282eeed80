"""Every section gives its checks, figures and page; the command says clearly what is wrong with its arguments."""

import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser

import numpy as np
import pytest

from tinygrad_edu.cli import main
from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.movie import Movie
from tinygrad_edu.lecture import SECTIONS, Check
from tinygrad_edu.lecture.run import table


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_holds_what_it_checks_and_shows_what_it_says(section, tmp_path, results_of,
                                                               pictures_of):
    """In one, because what a section computes takes seconds."""
    checks = section.checks(results_of(section))
    assert len(checks) >= 4
    assert not [check.row for check in checks if not check.passed]
    pictures = pictures_of(section)
    with canvas.style():
        for name, picture in pictures.items():
            every_picture_has_words_and_something_on_it(picture, tmp_path / f"{name}.png")
        movie, = [picture.figure for picture in pictures.values() if isinstance(picture.figure, Movie)]
        assert 20 <= movie.frames <= 100
        assert movie.save(tmp_path / "movie.gif").stat().st_size < (500_000 if section.resumes else 300_000)


def every_picture_has_words_and_something_on_it(picture, path):
    assert len(picture.caption) > 20
    assert len(picture.alt) > 20
    if isinstance(picture.figure, Movie):
        picture.figure.still(path)
        first, last = picture.figure.pictures([0, picture.figure.frames - 1])
        assert np.any(first != last), "nothing moves"
    else:
        getattr(picture.figure, "save", lambda path: canvas.save(picture.figure, path))(path)
    assert path.stat().st_size > 5000


def test_the_same_seed_gives_the_same_numbers():
    section = next(section for section in SECTIONS if section.name == "two-weights")
    rows = [[check.row for check in section.checks(section.compute(seed, True))] for seed in (3, 3, 4)]
    assert rows[0] == rows[1]
    assert rows[0] != rows[2]


def sections_and_seeds():
    return [pytest.param(section, seed, id=f"{section.name} {seed}", marks=[
        *[pytest.mark.seeds] * (section.resumes or seed > 1),
        *[pytest.mark.long] * (section.name == "minima" and seed == 1)])  # fifty runs of XOR
            for section in SECTIONS for seed in (1, 2, 3)]


@pytest.mark.parametrize(("section", "seed"), sections_and_seeds())
def test_the_checks_hold_from_other_seeds_too(section, seed, results_of):
    assert not [check.row for check in section.checks(results_of(section, seed))
                if not check.passed]


@pytest.mark.parametrize(("check", "passed"), [
    (Check("near", 1.0, 1.05, 0.1), True), (Check("far", 1.0, 1.2, 0.1), False), (Check("nan", 1.0, float("nan"), 1e9), False),
    (Check("claim", "so", "so", holds=True), True), (Check("claim", "so", "not so", holds=False), False),
    (Check("exact", 3, 3), True), (Check("exact", 3, 4), False),
])
def test_a_check_holds_within_its_tolerance_or_by_its_claim(check, passed):
    assert check.passed is passed
    assert check.row[-1] == ("ok" if passed else "FAILED")
    assert check.name in table([check])


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.images, self.ids, self.math, self.scripts = [], [], 0, 0

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.images.append(attributes)
        self.math += tag == "math"
        self.scripts += tag == "script"
        self.ids += [attributes["id"]] if "id" in attributes else []


def test_the_command_writes_a_page_that_is_whole_and_needs_nothing_from_elsewhere(tmp_path, capsys):
    assert main(["lecture", "one-weight", "3", "--fast", "--out", str(tmp_path / "new" / "folder")]) == 0
    out = tmp_path / "new" / "folder"
    page, tags = (out / "index.html").read_text(encoding="utf-8"), Tags()
    tags.feed(page)
    assert tags.ids == ["one-weight", "four-by-four"]
    assert tags.math == 6 + 3
    assert tags.scripts == 0
    assert not re.findall(r"(?:src|href)=\"https?:", page)
    assert tags.images
    for name in ("one-weight", "four-by-four"):
        assert f'<a href="steps/{name}.html">' in page
        assert "Step through it" not in (steps := (out / "steps" / f"{name}.html").read_text(encoding="utf-8"))
        assert '<script type="application/json" id="record">' in steps
    assert all((out / image["src"]).stat().st_size > 1000 and len(image["alt"]) > 20 for image in tags.images)
    assert "def learn_one_association" in page
    assert not list(out.glob("*.part"))
    printed = capsys.readouterr().out
    assert "0 failed" in printed
    assert "with 2 of 13 sections" in printed
    assert "<h2>3. A network with four" in page
    assert "175" in printed


def test_the_command_lists_its_sections(capsys):
    assert main(["lecture", "--list"]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == [section.name for section in SECTIONS]


def test_a_failed_check_is_named_and_ends_the_command_with_1(tmp_path, capsys, monkeypatch):
    from tinygrad_edu.lecture import one_weight

    monkeypatch.setitem(one_weight.STEPS_TO_LEARN, 0.1, 176)
    assert main(["lecture", "one-weight", "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "FAILED one-weight: passes until |dE/dw| < 1e-6, ε = 0.1" in printed.err
    assert "✗ failed" in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("arguments", "words"), [
    (["lecture", "kohonen"], ["'kohonen'", "one-weight, two-weights"]),
    (["lecture", "one_weight"], ["'one_weight'", "Did you mean one-weight?"]),
    (["lecture", "--out", ""], ["folder"]),
    (["lecture", "--seed", "x"], ["'x' is not a seed"]),
    (["lecture", "--seed", "-1"], ["seed"]),
    (["lecture", "--bogus"], ["--bogus"]),
    (["lectur"], ["lectur"]),
    ([], ["COMMAND"]),
])
def test_bad_arguments_get_one_clear_line(arguments, words, capsys):
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    error = capsys.readouterr().err
    assert code == 2
    assert error.count("\n") == 1
    assert all(word in error for word in words), error


def test_a_folder_that_cannot_be_written_into_is_found_before_any_time_is_spent(tmp_path, capsys):
    (tmp_path / "file").write_text("precious")
    assert main(["lecture", "--out", str(tmp_path / "file")]) == 2
    error = capsys.readouterr().err
    assert "cannot write into" in error
    assert error.count("\n") == 1
    assert (tmp_path / "file").read_text() == "precious"


def test_ctrl_c_stops_the_whole_lecture_and_not_only_what_is_being_learnt(tmp_path):
    command = [sys.executable, "-u", "-m", "tinygrad_edu", "lecture", "one-weight", "deep", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as lecture:
        for line in lecture.stdout:
            if line.startswith("The simplest network"):
                break
        time.sleep(1.0)  # now the deep network is learning
        lecture.send_signal(signal.SIGINT)
        _, error = lecture.communicate(timeout=30)
    assert lecture.returncode == 2
    assert "tinygrad-edu: stopped" in error
    assert "Traceback" not in error
    assert not (tmp_path / "index.html").exists()


def test_python_dash_m_is_the_command():
    done = subprocess.run([sys.executable, "-m", "tinygrad_edu", "lecture", "--list"], capture_output=True, text=True, check=True)
    assert "photographs" in done.stdout
