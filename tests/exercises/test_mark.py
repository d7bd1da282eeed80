"""`tinygrad-edu mark`: a class of fifty, half of which broke something; every one is marked, with a reason."""

import json
import os
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

from tinygrad_edu.cli import main
from tinygrad_edu.exercises import mark as marking
from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import Result
from tinygrad_edu.exercises.mark import FORMATS, MOST, left_out, mark, statistics

DELTA = EXERCISES["delta"]
BROKEN = ["", "def delta(y, target)", "import os\nos._exit(0)", "raise SystemExit", "delta = 1", "\x00", "1 / 0",
          "def delta(y, target):\n    return None", "def delta(y, target):\n    return [y, target]", DELTA.source("..."),
          DELTA.source("target - y"), DELTA.source("y"), "def delta(y, target):\n    while True: pass"]


def class_of(folder, sources):
    for n, source in enumerate(sources):
        (folder / f"student{n:02}").mkdir(parents=True)
        (folder / f"student{n:02}" / "01-delta.py").write_text(source)
    return folder


@pytest.fixture
def quick(monkeypatch):
    from tinygrad_edu.exercises import check, sandbox

    monkeypatch.setattr(check, "call", lambda *args: sandbox.call(*args, seconds=1))


def test_every_submission_of_a_class_is_marked_and_has_a_reason(tmp_path, quick):
    sources = BROKEN + [DELTA.source(DELTA.solution)] * 12
    marks = [one for one in mark(class_of(tmp_path / "all", sources), jobs=2) if one.exercise == "delta"]
    assert [one.student for one in marks] == [f"student{n:02}" for n in range(len(sources))]
    assert [one.points for one in marks] == [0] * 8 + [0, 0, 4, 0, 0] + [10] * 12
    assert all(one.sentence[-1] in ".?" and one.sentence[-2] not in ".?" for one in marks)
    assert "the sign is turned" in marks[10].sentence.lower()
    assert "longer than" in marks[12].sentence


def test_what_was_not_handed_in_has_no_points_and_is_not_counted(tmp_path):
    marks = mark(class_of(tmp_path / "all", [DELTA.source(DELTA.solution)]))
    assert len(marks) == len(EXERCISES)
    assert [one.sentence for one in marks[1:]] == ["It was not handed in."] * (len(EXERCISES) - 1)
    assert statistics(marks)["error"]["handed in"] == 0


def test_the_statistics_say_what_was_wrong_most_often(tmp_path):
    sources = [DELTA.source(hole) for hole in ("y - target", "target - y", "target - y",
                            "abs(y - target)")]
    known = statistics(mark(class_of(tmp_path / "all", sources)))["delta"]
    assert (known["handed in"], known["right"], known["mean"]) == (4, 1, (10 + 4 * 3) / 4)
    assert known["mistakes"][0] == ("The sign is turned: δ is output minus target. See eq. 3.", 2)


def test_a_run_that_was_killed_goes_on_where_it_was(tmp_path, monkeypatch):
    folder, memory = class_of(tmp_path / "all", [DELTA.source("y - target"), DELTA.source("y"), ""]), tmp_path / "marked"
    whole = mark(folder, memory=memory)
    lines = memory.read_text().splitlines()
    n = len(EXERCISES) + 1  # the first student, and what the second has handed in: each is begun, and then marked
    memory.write_text("\n".join(lines[:2 * n]) + "\n" + lines[2 * n][:20])  # killed while it wrote
    tried = []
    monkeypatch.setattr(marking, "check", lambda exercise, file, seed: tried.append(file.parent.name) or Result("Again."))
    assert mark(folder, memory=memory)[:n] == whole[:n]
    assert tried == ["student02"]


KILLER = """
import os, signal
marker = int(open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()[1])
os.kill(marker, signal.SIGKILL)
"""


def marking_of(folder, *arguments):
    command = [sys.executable, "-m", "tinygrad_edu.cli", "mark", "all", "--out", "marks.json", "--format", "json", *arguments]
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "TMPDIR": str(folder / "tmp")})


def delta_marks(folder):
    return [one for one in json.loads((folder / "marks.json").read_text())["marks"] if one["exercise"] == "delta"]


@pytest.mark.skipif("sys.platform != 'linux'", reason="it is told by /proc who started whom")
def test_a_file_that_ends_the_marking_itself_is_left_to_the_teacher_and_the_others_are_marked(tmp_path):
    class_of(tmp_path / "all", [KILLER, DELTA.source("y - target"), DELTA.source("target - y")])
    statuses = []
    for _ in range(4):
        with marking_of(tmp_path, "--jobs", "2") as marking:
            statuses.append(marking.wait(60))
    assert statuses == [-9, -9, -9, 0]
    marks = delta_marks(tmp_path)
    assert [one["points"] for one in marks] == [0, 10, 4]
    assert not list((tmp_path / "tmp").iterdir())
    assert marks[0]["reason"] == "The marking itself ended 3 times while this was tried: read it, and mark it by hand."


@pytest.mark.skipif("os.name == 'nt'", reason="signals are those of Unix")
def test_marking_that_is_asked_to_stop_forgets_nothing_and_blames_nobody(tmp_path):
    class_of(tmp_path / "all", ["import time\ntime.sleep(3)\n" + DELTA.source("y - target")])
    memory = tmp_path / "marks.json.marked"
    for n in range(3):
        with marking_of(tmp_path, "--exercises", "delta") as marking:
            while not memory.exists() or memory.read_text().count("begun") <= n:
                time.sleep(0.05)
            time.sleep(0.2)
            marking.terminate()
            assert marking.wait(60) == 2
    with marking_of(tmp_path, "--exercises", "delta") as marking:
        assert marking.wait(60) == 0
    assert [(one["points"], one["reason"]) for one in delta_marks(tmp_path)] == [(10, "Right.")]


def test_what_was_changed_since_is_marked_again(tmp_path):
    folder, memory = class_of(tmp_path / "all", [DELTA.source("target - y")]), tmp_path / "marked"
    assert mark(folder, memory=memory)[0].points == 4
    (folder / "student00" / "01-delta.py").write_text(DELTA.source("y - target"))
    assert mark(folder, memory=memory)[0].points == MOST


def test_files_are_found_by_names_that_people_give_them_and_strays_do_no_harm(tmp_path):
    for n, name in enumerate(("01-Delta.py", "01_delta.py", "1-delta.py", "01-delta (1).py", "exercises/01-delta.py", "delta.py")):
        path = tmp_path / "all" / f"s{n}" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"\xef\xbb\xbf" + DELTA.source("y - target").encode())  # as Notepad saves it
    (tmp_path / "all" / "roster.py").write_text("x = 1")
    (tmp_path / "all" / "s0" / "delta.py").write_text("the second for this exercise")
    marks = [one for one in mark(tmp_path / "all") if one.exercise == "delta"]
    assert [(one.student, one.points) for one in marks] == [(f"s{n}", MOST) for n in range(6)]
    others = {str(file.relative_to(tmp_path / "all")): reason for file, reason in left_out(tmp_path / "all").items()}
    assert others == {"roster.py": "it lies in no student's folder", "s0/delta.py": "01-Delta.py is marked"}


def test_of_several_files_for_an_exercise_that_counts_which_the_student_means(tmp_path):
    for n, others in enumerate(([".ipynb_checkpoints/01-delta.py"], ["Archive/01-delta.py", "__MACOSX/01-delta.py"],
                                ["01-delta (1).py"], [])):
        for name in [*others, "01-delta.PY" if not others else "01-delta.py"]:
            path = tmp_path / "all" / f"s{n}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(DELTA.source("y" if name in others else "y - target"))
    assert [one.points for one in mark(tmp_path / "all", exercises=["delta"])] == [MOST] * 4


def test_only_what_was_set_is_asked_for(tmp_path):
    marks = mark(class_of(tmp_path / "all", [DELTA.source("y - target")] * 2), exercises=["1", "error"])
    assert [(one.student, one.exercise) for one in marks] == [(f"student0{n}", name) for n in (0, 1) for name in ("delta", "error")]


@pytest.mark.skipif("os.name == 'nt'", reason="such files and names are those of Unix")
def test_links_pipes_and_names_that_are_no_text_end_as_marks(tmp_path):
    folder = class_of(tmp_path / "all", [DELTA.source("y - target"), "", ""])
    for n, make in ((1, os.mkfifo), (2, lambda path: path.symlink_to(folder / "student00" / "01-delta.py"))):
        (folder / f"student0{n}" / "01-delta.py").unlink()
        make(folder / f"student0{n}" / "01-delta.py")
    os.makedirs(os.fsencode(folder) + b"/caf\xe9")
    marks = {one.student: one for one in mark(folder) if one.exercise == "delta"}
    assert [marks[name].points for name in ("student00", "student01", "student02")] == [MOST, 0, 0]
    assert "no file of its own" in marks["student01"].sentence
    FORMATS["text"](list(marks.values())).encode()


def test_what_a_student_says_cannot_forge_a_line_nor_break_the_report(tmp_path):
    source = 'def delta(y, target):\n    raise ValueError("\\ud800\\nalice  10 of 10\\x1b[31m")\n'
    marks = mark(class_of(tmp_path / "all", [source]))
    text = FORMATS["text"](marks)
    text.encode()
    assert "\x1b" not in text
    assert not any(line.startswith("alice") for line in text.splitlines())


@pytest.mark.parametrize("where", ["a student's folder", "a file"])
def test_one_student_or_one_file_can_be_marked(tmp_path, where):
    folder = class_of(tmp_path / "all", [DELTA.source("y - target")]) / "student00"
    marks = mark(folder if where == "a student's folder" else folder / "01-delta.py")
    assert (marks[0].student, marks[0].points) == ("student00", MOST)
    assert len(marks) == (len(EXERCISES) if where == "a student's folder" else 1)


def test_students_have_numbers_of_their_own(tmp_path):
    same = [DELTA.source("y - target")] * 2
    first, second = (one for one in mark(class_of(tmp_path / "all", same)) if one.exercise == "delta")
    assert first.key != second.key


# -- formats -------------------------------------------------------------------------------------------------------


@pytest.fixture
def one_student(tmp_path):
    return mark(class_of(tmp_path / "all", [DELTA.source("target - y")]))


def test_gradescope_and_prairielearn_get_what_they_read(one_student):
    grades = json.loads(FORMATS["gradescope"](one_student))
    assert grades["tests"][0] == {"name": "delta", "score": 4, "max_score": 10, "status": "failed",
                                  "output": "The sign is turned: δ is output minus target. See eq. 3."}
    grades = json.loads(FORMATS["prairielearn"](one_student))
    assert grades["gradable"] is True
    assert grades["score"] == pytest.approx(4 / (10 * len(EXERCISES)))


def test_junit_is_xml_whatever_a_student_is_called(tmp_path):
    folder = tmp_path / "all" / "<b>&\x07\"x"
    folder.mkdir(parents=True)
    (folder / "delta.py").write_text(DELTA.source("y - target"))
    suite = ElementTree.fromstring(FORMATS["junit"](mark(tmp_path / "all")))
    assert suite.get("failures") == str(len(EXERCISES) - 1)
    assert suite[0].get("classname") == "<b>&\N{REPLACEMENT CHARACTER}\"x"


def test_text_and_json_hold_all_marks_and_the_statistics(one_student):
    assert "student00  delta              4 of 10  The sign is turned" in FORMATS["text"](one_student)
    found = json.loads(FORMATS["json"](one_student))
    assert found["marks"][0]["parts"] == {"it is derived, with a known mistake at most": True,
"it is right": False}
    assert found["statistics"]["delta"]["handed in"] == 1


# -- the command ---------------------------------------------------------------------------------------------------


def test_the_command_writes_the_marks_and_forgets_what_it_kept_meanwhile(tmp_path, capsys):
    class_of(tmp_path / "all", [DELTA.source("y - target")])
    assert main(["mark", str(tmp_path / "all"), "--format", "json", "--out", str(tmp_path / "marks.json"), "--jobs", "2"]) == 0
    assert json.loads((tmp_path / "marks.json").read_text())["marks"][0]["points"] == MOST
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all", "marks.json"]
    assert main(["mark", str(tmp_path / "all" / "student00" / "01-delta.py")]) == 0
    assert "10 of 10  Right." in capsys.readouterr().out


def test_what_was_not_marked_is_named(tmp_path, capsys):
    class_of(tmp_path / "all", [DELTA.source("y - target")])
    (tmp_path / "all" / "student00" / "delta-final.py").write_text("")
    assert main(["mark", str(tmp_path / "all")]) == 0
    said = capsys.readouterr()
    assert "delta-final.py (no exercise has this name)" in said.err
    assert "delta-final.py (no exercise has this name)" in said.out  # the report has it too


@pytest.mark.skipif("os.name == 'nt'", reason="pipes are those of Unix")
def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    class_of(tmp_path / "all", [DELTA.source("y - target")])
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run([sys.executable, "-m", "tinygrad_edu.cli", "mark", "all"], cwd=tmp_path, stdout=closed,
                              stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(("arguments", "says"), [
    (["nowhere"], "there is nothing called 'nowhere' to mark"), (["all", "--out", "nofolder/marks.json"], "cannot write"),
    (["all", "--format", "gradescope"], "the format gradescope is for one student"),
    (["all", "--exercises", "delta,eror"], "there is no exercise 'eror'. Did you mean error?"),
    (["all/student00/other.py"], "there is no exercise 'other.py'"), (["none"], "there is nothing to mark in 'none'"),
])
def test_what_cannot_be_marked_is_refused_in_one_sentence(tmp_path, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(tmp_path)
    class_of(tmp_path / "all", ["", ""])
    (tmp_path / "all" / "student00" / "other.py").write_text("")
    (tmp_path / "none" / "alice").mkdir(parents=True)
    assert main(["mark", *arguments]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("jobs", ["0", "x", "1000"])
def test_a_number_of_jobs_is_a_number(jobs):
    with pytest.raises(SystemExit):
        main(["mark", "x", "--jobs", jobs])
