"""Submissions are found by the names that platforms give files; what is not marked is reported."""

import json
from xml.etree import ElementTree

import pytest

from tinygrad_edu.cli import main
from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.filenames import exercise_in, sender_in
from tinygrad_edu.exercises.mark import FORMATS, MOST, left_out, mark
from tinygrad_edu.exercises.submissions import handed_in

DELTA = EXERCISES["delta"]
RIGHT, WRONG = DELTA.source("y - target"), DELTA.source("target - y")


def lay(folder, files):
    """Write these files: {path: text}."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def points(folder, exercise="delta"):
    return {one.student: one.points for one in mark(folder, exercises=[exercise])}


def reasons(folder):
    return {str(file.relative_to(folder)): reason for file, reason in left_out(folder).items()}


@pytest.mark.parametrize(
    "name",
    [
        "delta.py",
        "delta-1.py",
        "delta_2.py",
        "delta (2).py",
        "delta(2).py",
        "delta (2) (1).py",
        "delta-1 (3).py",
        "delta2.py",
        "12345_67890_delta.py",
        "LATE_delta.py",
        "late-01-delta.py",
        "delta_LATE.py",
        "LATE_12345_67890_delta.py",
        "doejane_12345_67890_delta-2.py",
        "doejane_LATE_12345_67890_01-delta.py",
        "doejane_12345_LATE_67890_delta.py",
        "Doe Jane_12345_assignsubmission_file_delta.py",
        "Exercises 1_jdoe7_attempt_2026-11-28-10-00-00_delta.py",
        "DELTA.PY",
        "Delta.py",
        "01 Delta.py",
        "1. delta.py",
        "01_DELTA (1).PY",
        "delta - Copy.py",
        "delta - Kopie (2).py",
        "Copy of delta.py",
        "delta copy 2.py",
        "delta_v2.py",
        "delta.py.py",
        " delta.py",
    ],
)
def test_a_file_is_recognised_by_the_name_that_a_platform_gives_it(name, tmp_path):
    assert exercise_in(name) == "delta"
    assert set(points(lay(tmp_path / "all", {f"jane/{name}": RIGHT})).values()) == {MOST}


@pytest.mark.parametrize(
    "name",
    [
        "Hidden-Delta.py",
        "hidden_delta-1.py",
        "hidden delta (2).py",
        "hiddenDelta.py",
        "12345_67890_08-hidden-delta-1.py",
        "HIDDEN DELTA.PY",
    ],
)
def test_the_whole_name_of_an_exercise_counts(name):
    assert exercise_in(name) == "hidden-delta"


@pytest.mark.parametrize(
    "name",
    [
        "delta-final.py",
        "my-delta.py",
        "deltas.py",
        "deltaerror.py",
        "hidden.py",
        "delta-error.py",
        "roster.py",
        "12345_67890_.py",
        ".py",
        "not_a_delta.py",
        "(1).py",
    ],
)
def test_a_name_that_says_something_else_is_that_of_no_exercise(name):
    assert exercise_in(name) is None


def test_every_exercise_is_found_by_the_number_of_its_file_and_by_all_that_platforms_add():
    for n, name in enumerate(EXERCISES, start=1):
        for pattern in (
            "{n:02}-{name}.py",
            "doe_12345_67890_{n:02}-{name}-3.py",
            "{n}_{name} (4).py",
            "LATE_{name}.py",
        ):
            assert exercise_in(pattern.format(n=n, name=name)) == name
            assert exercise_in(pattern.format(n=n, name=name.replace("-", "_").upper())) == name


def test_the_files_of_a_class_in_one_folder_are_told_apart_by_the_names_in_front(tmp_path):
    folder = lay(
        tmp_path / "all",
        {
            "doejane_12345_67890_delta.py": RIGHT,
            "doejane_12345_67891_02-error.py": EXERCISES["error"].source("0.5 * (y - target) ** 2"),
            "roejohn_LATE_22345_67892_delta-1.py": WRONG,
            "poejim_32345_67893_delta.ipynb": "{}",
            "roster.csv": "",
            "delta.py": RIGHT,
        },
    )
    assert points(folder) == {"doejane": MOST, "poejim": 0, "roejohn": 4}
    assert points(folder, "error") == {"doejane": MOST, "poejim": 0, "roejohn": 0}
    assert reasons(folder) == {
        "poejim_32345_67893_delta.ipynb": "a notebook, and only .py files are marked: export it as "
                                          "one",
        "roster.csv": "it does not say whose it is, as those beside it do",
        "delta.py": "it does not say whose it is, as those beside it do",
    }


def test_so_it_is_with_moodle_and_with_numbers_alone(tmp_path):
    moodle = lay(
        tmp_path / "moodle",
        {
            "Doe Jane_1_assignsubmission_file_delta.py": RIGHT,
            "Roe John_2_assignsubmission_file_delta.py": WRONG,
        },
    )
    assert points(moodle) == {"Doe Jane": MOST, "Roe John": 4}
    numbers = lay(
        tmp_path / "numbers", {"12345_67890_delta.py": RIGHT, "22345_67890_delta.py": WRONG}
    )
    assert points(numbers) == {"12345": MOST, "22345": 4}


def test_two_students_of_one_name_are_two_students(tmp_path):
    folder = lay(
        tmp_path / "all",
        {
            "doe_111_900_delta.py": RIGHT,
            "doe_222_901_delta.py": WRONG,
            "roe_333_902_delta.py": RIGHT,
        },
    )
    assert points(folder) == {"doe_111": MOST, "doe_222": 4, "roe": MOST}


def test_the_folders_of_moodle_are_students_and_a_text_written_online_is_none(tmp_path):
    folder = lay(
        tmp_path / "all",
        {
            "Doe Jane_1_assignsubmission_file_/delta.py": RIGHT,
            "Doe Jane_1_assignsubmission_onlinetext_/onlinetext.html": "<p>see file</p>",
            "Roe John_2_assignsubmission_file_/LATE_delta (2).py": WRONG,
        },
    )
    assert points(folder) == {
        "Doe Jane_1_assignsubmission_file_": MOST,
        "Roe John_2_assignsubmission_file_": 4,
    }
    assert reasons(folder) == {
        "Doe Jane_1_assignsubmission_onlinetext_/onlinetext.html": "not a Python file, whose name "
                                                                   "ends in .py"
    }


def test_a_student_whose_uploads_have_different_numbers_is_one_student(tmp_path):
    folder = lay(
        tmp_path / "all",
        {
            "jane/12345_67890_delta.py": RIGHT,
            "jane/22345_67891_error.py": "",
            "john/delta.py": WRONG,
        },
    )
    assert points(folder) == {"jane": MOST, "john": 4}


def test_of_two_files_for_an_exercise_the_plain_name_counts_and_it_is_said(tmp_path):
    folder = lay(
        tmp_path / "all",
        {
            "a/delta.py": RIGHT,
            "a/delta-1.py": WRONG,
            "a/delta (2).py": WRONG,
            "a/delta - Copy.py": WRONG,
            "b/delta-2.py": WRONG,
            "b/delta-1.py": RIGHT,
            "c/old/delta.py": WRONG,
            "c/delta-1.py": RIGHT,
        },
    )
    assert points(folder) == {"a": MOST, "b": MOST, "c": MOST}
    assert reasons(folder) == {
        **{
            f"a/{name}": "delta.py is marked"
            for name in ("delta-1.py", "delta (2).py", "delta - Copy.py")
        },
        "b/delta-2.py": "delta-1.py is marked",
        "c/old/delta.py": "delta-1.py is marked",
    }
    assert "not marked: " + str(folder / "b/delta-2.py") + " (delta-1.py is marked)" in FORMATS[
        "text"
    ](mark(folder), left_out(folder))


STRAYS = {
    "jane/delta.py": RIGHT,
    "jane/error.ipynb": "{}",
    "jane/notes.txt": "",
    "jane/all.zip": "",
    "jane/essay.docx": "",
    "jane/delta-final.py": "",
    "jane/slope.py.txt": "",
    "jane/02-error.py.1": "",
}
REASONS = {
    "error.ipynb": "a notebook, and only .py files are marked: export it as one",
    "notes.txt": "not a Python file, whose name ends in .py",
    "essay.docx": "not a Python file, whose name ends in .py",
    "all.zip": "an archive: unpack it, and mark what is in it",
    "delta-final.py": "no exercise has this name",
    "slope.py.txt": "not a Python file, whose name ends in .py",
    "02-error.py.1": "an earlier version, which `exercises reset` has kept",
}


def test_what_is_not_marked_is_named_with_a_reason_and_what_programs_leave_is_not(tmp_path):
    folder = lay(
        tmp_path / "all",
        {
            **STRAYS,
            "jane/progress.json": "{}",
            "jane/.DS_Store": "",
            "jane/__pycache__/x.pyc": "",
            "jane/.ipynb_checkpoints/delta-checkpoint.ipynb": "",
            "jane/Thumbs.db": "",
        },
    )
    assert reasons(folder) == {f"jane/{name}": reason for name, reason in REASONS.items()}


@pytest.mark.parametrize("format", list(FORMATS))
def test_every_report_names_what_is_not_marked(format, tmp_path, capsys):
    folder = lay(tmp_path / "all", {**STRAYS, 'jane/<&>".txt': ""})
    for arguments in ([], ["--out", str(tmp_path / "report")]):
        assert main(["mark", str(folder), "--format", format, *arguments]) == 0
        said = capsys.readouterr()
        report = (tmp_path / "report").read_text() if arguments else said.out
        if format == "junit":
            report = ElementTree.fromstring(report.rstrip()).find("system-out").text
        elif format != "text":
            report = str(json.loads(report))
        for name, reason in {
            **REASONS,
            '<&>".txt': "not a Python file, whose name ends in .py",
        }.items():
            assert name in report
            assert reason in report
            assert name in said.err


def test_where_nothing_is_left_out_the_reports_say_nothing_of_it(tmp_path):
    folder = lay(tmp_path / "all", {"jane/delta.py": RIGHT})
    marks = mark(folder)
    assert "not marked" not in FORMATS["text"](marks, left_out(folder))
    assert json.loads(FORMATS["json"](marks, left_out(folder)))["not_marked"] == []
    assert (
        ElementTree.fromstring(FORMATS["junit"](marks, left_out(folder))).find("system-out") is None
    )


def test_a_notebook_in_the_place_of_a_file_is_said_in_the_mark(tmp_path):
    folder = lay(
        tmp_path / "all",
        {"jane/01-delta.ipynb": "{}", "jane/error.py": "x = 1\n", "john/delta.py": RIGHT},
    )
    sentences = {one.student: one.sentence for one in mark(folder, exercises=["delta"])}
    assert sentences["jane"] == (
        "It was not handed in: 01-delta.ipynb is a notebook, and only .py files are marked: export "
        "it "
        "as one."
    )


def test_a_class_of_notebooks_is_refused_with_the_reason(tmp_path, capsys):
    folder = lay(tmp_path / "all", {"jane/delta.ipynb": "{}", "john/delta.ipynb": "{}"})
    assert main(["mark", str(folder)]) == 2
    assert (
        "jane/delta.ipynb is there: a notebook, and only .py files are marked"
        in capsys.readouterr().err
    )
    assert main(["mark", str(folder / "jane/delta.ipynb")]) == 2
    assert "jane/delta.ipynb' cannot be marked, it is a notebook" in capsys.readouterr().err


def test_a_file_of_nobody_stands_for_no_student(tmp_path):
    folder = lay(
        tmp_path / "all",
        {"doe_111_900_error.py": "", "roe_222_901_error.py": "", "delta.py": RIGHT},
    )
    assert points(folder, "error") == {"doe": 0, "roe": 0}
    assert all(one.file is None for one in handed_in(folder).work if one.exercise.name == "delta")


def test_who_has_sent_a_file_is_known_only_where_a_platform_has_written_it():
    assert sender_in("delta-2.py") is None
    assert sender_in("01_02_delta.py") is None
    assert sender_in("a_b_12345_67890_delta.py") == ("a_b", "12345")
    assert sender_in("LATE_12345_67890_delta.py") == ("12345", "12345")
    assert sender_in("Doe Jane_1_assignsubmission_file_delta.py") == ("Doe Jane", "1")


@pytest.mark.parametrize("name", [
    "Kopie von delta.py", "Copie de delta.py", "Copia de delta.py", "Cópia de delta.py",
    "delta[1].py", "delta~1.py", "delta%20(1).py",
    "12345-67890 - Jane Doe - Jan 2, 2024 1011 AM - delta.py",
])
def test_a_copy_in_another_language_or_with_a_platforms_mark_is_recognised(name):
    assert exercise_in(name) == "delta"


def test_a_sender_before_dashes_is_recognised():
    name = "12345-67890 - Jane Doe - Jan 2, 2024 1011 AM - delta.py"
    assert sender_in(name) == ("Jane Doe", "67890")


def test_an_archive_beside_the_students_folders_is_called_one(tmp_path):
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / "delta.py").write_text("")
    (tmp_path / "bob.zip").write_bytes(b"PK")
    assert "an archive: unpack it" in handed_in(tmp_path).not_marked[tmp_path / "bob.zip"]
