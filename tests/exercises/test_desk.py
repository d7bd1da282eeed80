"""`tinygrad-edu exercises`: from start to the last exercise, with mistakes on the way; and nothing that a student wrote is lost."""

import threading
import time

import pytest

from tinygrad_edu.cli import main
from tinygrad_edu.exercises import desk
from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.desk import Desk


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        status = main(["exercises", *arguments])
        said = capsys.readouterr()
        return status, said.out + said.err

    command.folder = tmp_path / "exercises"
    return command


def write(folder, name, hole):
    exercise = EXERCISES[name]
    Desk.of(folder).file(exercise).write_text(exercise.source(hole))


def test_a_student_goes_from_the_first_exercise_to_the_last_with_mistakes_on_the_way(run):
    status, said = run("start")
    assert status == 0
    assert f"{len(EXERCISES)} files written into exercises." in said
    assert "Next: exercises/01-delta.py" in said
    for n, (name, exercise) in enumerate(EXERCISES.items()):
        status, said = run("check")
        assert status == 1
        assert said.startswith(f"… {n + 1:02}-{name}.py: " + ("The hole is not filled yet" if exercise.starts_with == "..." else
                                                              "Nothing is changed yet. As it is, "))
        write(run.folder, name, exercise.mutants[0].code)
        status, said = run("check")
        assert status == 1
        assert exercise.mutants[0].sentence.lower() in said.lower()
        assert f"exercises hint {name}" in said
        write(run.folder, name, exercise.solution)
        status, said = run("check")
        assert status == 0
        assert said.startswith(f"✓ {n + 1:02}-{name}.py: Right.")
    assert "All exercises are solved." in said
    assert run("next") == (0, "All exercises are solved.\n")
    assert f"{len(EXERCISES)} of {len(EXERCISES)} solved" in run("progress")[1]


def test_list_shows_all_and_what_is_solved(run):
    assert len(run("list")[1].splitlines()) == len(EXERCISES)
    assert "✓" not in run("list")[1]
    run("start")
    write(run.folder, "error", EXERCISES["error"].solution)
    run("check", "error")
    assert [line.split()[2] for line in run("list")[1].splitlines() if "✓" in line] == ["error"]


@pytest.mark.parametrize("name", ["slope", "3", "03-slope.py", "exercises/03-slope.py"])
def test_an_exercise_is_called_by_name_number_or_file(run, name):
    run("start")
    assert "03-slope.py" in run("check", name)[1]


def test_hints_come_one_after_the_other(run):
    run("start")
    hints = EXERCISES["delta"].hints
    assert run("hint")[1].splitlines() == ["The delta term", f"1 of {len(hints)}: {hints[0]}"]
    assert run("hint", "delta")[1].splitlines()[-1] == f"2 of {len(hints)}: {hints[1]}"
    assert run("hint", "delta")[1].splitlines()[-1] == f"3 of {len(hints)}: {hints[2]}"
    for _ in range(5):
        assert run("hint", "delta")[1].splitlines()[-2:] == [f"3 of {len(hints)}: {hints[2]}", "There are no more."]
    assert "3 hints taken" in run("progress")[1]


def test_start_and_reset_never_write_over_what_a_student_wrote(run):
    run("start")
    path = run.folder / "01-delta.py"
    path.write_text("mine")
    assert f"{len(EXERCISES)} were there and stay as they are" in run("start")[1]
    assert path.read_text() == "mine"
    for n in (1, 2):
        assert f"What was there is 01-delta.py.{n}." in run("reset", "delta")[1]
        path.write_text(f"again {n}")
    assert (run.folder / "01-delta.py.1").read_text() == "mine"
    assert (run.folder / "01-delta.py.2").read_text() == "again 1"


@pytest.mark.parametrize("memory", [
    "", "not JSON", "[]", '{"seed": "x"}', '{"seed": 1, "solved": 3, "hints": {}}', "null",
    '{"seed": 1e400, "solved": [], "hints": {}}', "[" * 9999,
])
def test_a_broken_memory_loses_no_file(run, memory):
    run("start")
    write(run.folder, "delta", EXERCISES["delta"].solution)
    (run.folder / desk.MEMORY).write_text(memory)
    said = run("progress")[1]
    assert "progress.json is broken: it is now called progress.json.1, and a new one is begun." in said
    assert (run.folder / "progress.json.1").read_text() == memory
    assert run("check", "delta")[0] == 0
    assert "1 of" in run("progress")[1]


def test_the_files_may_be_in_another_folder_and_the_commands_find_them(run, monkeypatch, tmp_path):
    assert "files written into mine/here." in run("start", "mine/here")[1]
    assert "cd mine/here" in run("start", "mine/here")[1]
    assert run("check", "mine/here/02-error.py")[1].startswith("… 02-error.py")
    assert "files written into other." in run("start", "other")[1]
    assert "cd " not in run("start", "other")[1]
    assert run("check")[1].startswith("… 01-delta.py")
    assert not run.folder.exists()


def test_a_file_in_another_folder_is_the_one_that_is_checked(run, tmp_path):
    run("start")
    write(run.folder, "delta", EXERCISES["delta"].solution)
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "01-delta.py").write_text("def delta(y, target):\n    return target - y\n")
    assert run("check", "backup/01-delta.py")[1].startswith("✗ backup/01-delta.py: The sign is turned")
    assert "there is no file 'nowhere/01-delta.py'." in run("check", "nowhere/01-delta.py")[1]
    assert "is not in the folder of the exercises" in run("reset", "backup/01-delta.py")[1]
    assert "0 of" in run("progress")[1]


def test_a_folder_that_is_asked_for_is_the_one(run, monkeypatch):
    run("start")
    assert "there is no folder 'nowhere'" in run("--dir", "nowhere", "check")[1]
    assert "16 files written into other." in run("--dir", "other", "start")[1]
    monkeypatch.chdir(run.folder)
    assert "there is no folder 'nowhere'" in run("--dir", "nowhere", "next")[1]


@pytest.mark.parametrize("broken", ["{", None])
def test_a_student_in_the_folder_whose_memory_is_lost_goes_on_there(run, monkeypatch, broken):
    run("start")
    monkeypatch.chdir(run.folder)
    (run.folder / desk.MEMORY).unlink() if broken is None else (run.folder / desk.MEMORY).write_text(broken)
    for _ in range(2):
        assert run("check")[1].startswith("… 01-delta.py")
    assert (run.folder / desk.MEMORY).exists()
    assert "16 were there" in run("start")[1]
    assert not (run.folder / "exercises").exists()


def test_how_large_the_hole_is_is_said(run):
    assert "fill the hole (one line), then" in run("start")[1]
    assert "find the bug (in 3 lines), then" in run("next", "bug-in-the-order")[1]


def test_what_another_command_keeps_meanwhile_is_not_lost_by_watching(run):
    run("start")
    mine = Desk.of(run.folder)
    mine.solved = list(EXERCISES)[1:]
    mine.keep()
    watching = threading.Thread(target=lambda: desk.watch(run.folder, None), daemon=True)
    watching.start()
    time.sleep(0.5)
    run("hint", "delta")
    write(run.folder, "delta", EXERCISES["delta"].solution)
    watching.join(20)
    assert not watching.is_alive()
    assert Desk.of(run.folder).hints == {"delta": 1}
    assert Desk.of(run.folder).next() is None


def test_within_the_folder_the_commands_go_on_with_it(run, monkeypatch):
    run("start")
    monkeypatch.chdir(run.folder)
    assert f"{len(EXERCISES)} were there" in run("start")[1]
    assert run("check")[1].startswith("… 01-delta.py")
    assert not (run.folder / "exercises").exists()


def test_a_file_that_is_broken_or_gone_is_a_sentence(run):
    run("start")
    (run.folder / "01-delta.py").write_bytes(b"\xff\xfe")
    assert "✗ 01-delta.py: The file is not saved in UTF-8, as a Python program is." in run("check", "delta")[1]
    (run.folder / "01-delta.py").unlink()
    assert "there is no file 'exercises/01-delta.py': `tinygrad-edu exercises reset delta` writes it anew." in run("check")[1]
    assert run("reset", "delta")[0] == 0
    assert run("check", "delta")[1].startswith("… 01-delta.py")
    (run.folder / "02-error.py").unlink()
    (run.folder / "02-error.py").mkdir()
    assert "✗ 02-error.py: This is no file of its own, but a folder" in run("check", "error")[1]
    assert "What was there is 02-error.py.1." in run("reset", "error")[1]


def test_what_is_no_longer_right_is_no_longer_solved(run):
    run("start")
    write(run.folder, "delta", EXERCISES["delta"].solution)
    run("check", "delta")
    write(run.folder, "delta", "y")
    run("check", "delta")
    assert "0 of" in run("progress")[1]


@pytest.mark.parametrize(("arguments", "says"), [
    (("check",), "there is no folder 'exercises': begin with `tinygrad-edu exercises start`."),
    (("hint", "x"), "there is no folder"), (("watch",), "there is no folder"), (("reset", "delta"), "there is no folder"),
])
def test_without_a_desk_one_is_told_how_to_begin(run, arguments, says):
    status, said = run(*arguments)
    assert status == 2
    assert says in said


def test_an_unknown_exercise_is_refused_with_the_nearest(run):
    run("start")
    assert "there is no exercise 'dleta'. Did you mean delta?" in run("check", "dleta")[1]
    assert "They are delta, error" in run("check", "zzz")[1]
    assert "say which exercise" in run("reset")[1]


def test_watch_checks_a_file_when_it_is_saved(run, capsys):
    run("start")
    names = list(EXERCISES)
    for name in names[1:]:
        write(run.folder, name, EXERCISES[name].solution)
        run("check", name)
    said = []
    watching = threading.Thread(target=lambda: said.append(desk.watch(run.folder, None)))
    watching.start()
    time.sleep(1)
    write(run.folder, "delta", "target - y")
    time.sleep(3)
    write(run.folder, "delta", EXERCISES["delta"].solution)
    watching.join(20)
    assert said == [("All exercises are solved.", True)]
    out = capsys.readouterr().out
    assert "✗ 01-delta.py: The sign is turned" in out
    assert "✓ 01-delta.py: Right." in out
