"""Finds what was handed in, by the names of files and folders; and what no mark is for.

    found = handed_in(Path("submissions"))
    found.work          # [Submission(student, exercise, file), ...], for all exercises and students
    found.not_marked    # {file: why}

A class is a folder with a folder for each student, or the files of all in one folder, with the
students' names in front, as Canvas and Moodle write them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.desk import MEMORY, NotThere, named
from tinygrad_edu.exercises.exercise import Exercise
from tinygrad_edu.exercises.filenames import Sender, exercise_in, is_copy, sender_in
from tinygrad_edu.exercises.sandbox import visible

NOBODYS = {MEMORY, "thumbs.db", "desktop.ini"}  # what programs write beside a student's files
NOTEBOOK = "a notebook, and only .py files are marked: export it as one"
ARCHIVE = "an archive: unpack it, and mark what is in it"
EARLIER = "an earlier version, which `exercises reset` has kept"
ONLINE_TEXT = "_assignsubmission_onlinetext"


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one exercise. file: None if it is missing. instead: what there
    is in its place, and why that is not marked."""

    student: str
    exercise: Exercise
    file: Path | None
    instead: str = ""


@dataclass
class HandedIn:
    """work: a submission for each exercise of each student, whether its file is there or not.
    not_marked: files that no mark is for, and why."""

    work: list[Submission] = field(default_factory=list)
    not_marked: dict[Path, str] = field(default_factory=dict)

    def add(self, student: str, folder: Path, files: Sequence[Path]) -> None:
        """Add the files of a student, those first that count if several are for an exercise."""
        marked: dict[str, Path] = {}
        instead: dict[str, str] = {}
        for file in files:
            name = _exercise_of(file)
            if name is None:
                self.not_marked[file] = _why_not(file)
                instead.setdefault(
                    exercise_in(file.stem) or "", f"{visible(file.name)} is {_why_not(file)}"
                )
            elif name in marked:
                self.not_marked[file] = f"{marked[name].relative_to(folder)} is marked"
            else:
                marked[name] = file
        self.work += [
            Submission(student, exercise, marked.get(name), instead.get(name, ""))
            for name, exercise in EXERCISES.items()
        ]


def handed_in(path: Path) -> HandedIn:
    """What was handed in there: one file, the folder of one student, or that of a class."""
    found = HandedIn()
    if path.is_file():
        if path.suffix.lower() != ".py":
            raise NotThere(f"{str(path)!r} cannot be marked, it is {_why_not(path)}.")
        sender = sender_in(path.name)
        student = visible(sender.name) if sender else _called(path.parent)
        found.work.append(Submission(student, named(path.name), path))
        return found
    if not path.is_dir():
        raise NotThere(f"there is nothing called {str(path)!r} to mark.")
    folders = sorted(
        folder for folder in path.iterdir() if folder.is_dir() and not _is_hidden(folder.name)
    )
    if not any(_is_program(file) for folder in folders for file in _files(folder)):
        _add_folder(found, path, _files(path), is_class=True)
        return found
    _add_strays(found, path)
    for folder in folders:
        if (
            ONLINE_TEXT in folder.name
            and folder.with_name(folder.name.replace(ONLINE_TEXT, "_assignsubmission_file"))
            in folders
        ):
            found.not_marked |= {file: _why_not(file) for file in _files(folder)}
        else:
            _add_folder(found, folder, _files(folder))
    return found


def _add_folder(
    found: HandedIn, folder: Path, files: Sequence[Path], is_class: bool = False
) -> None:
    """Add a folder as that of one student, or of several if its files say so.

    is_class: whether it lies beside no others, so that files with different numbers alone are those
    of different students.
    """
    senders = sorted(
        {
            sender
            for file in files
            if (sender := sender_in(file.name)) and (is_class or sender.name != sender.number)
        }
    )
    if len(senders) < 2:
        found.add(_called(folder), folder, files)
        return
    for sender in senders:
        found.add(
            _label(sender, senders), folder, [one for one in files if sender_in(one.name) == sender]
        )
    found.not_marked |= {
        file: _stray(file, "it does not say whose it is, as those beside it do")
        for file in files
        if sender_in(file.name) not in senders
    }


def _add_strays(found: HandedIn, path: Path) -> None:
    """Add the files beside the students' folders: somebody's if they say whose, else nobody's."""
    strays = [file for file in _files(path) if file.parent == path]
    senders = sorted({sender for file in strays if (sender := sender_in(file.name))})
    for sender in senders:
        found.add(
            _label(sender, senders), path, [one for one in strays if sender_in(one.name) == sender]
        )
    found.not_marked |= {
        file: _stray(file, "it lies in no student's folder")
        for file in strays
        if sender_in(file.name) is None
    }


def _stray(file: Path, where: str) -> str:
    """Why a file that is nobody's is not marked; of an archive, also what to do with it."""
    return f"{where}, and is {ARCHIVE}" if _why_not(file) == ARCHIVE else where


def _label(sender: Sender, senders: Sequence[Sender]) -> str:
    """The sender's name, with the number where another has the same name."""
    alone = sum(other.name == sender.name for other in senders) == 1
    return visible(sender.name if alone else f"{sender.name}_{sender.number}")


def _files(folder: Path) -> list[Path]:
    """The files there, those first that count: high up, and with a plain name."""
    return sorted(_found(folder), key=lambda file: (len(file.parts), is_copy(file.name), str(file)))


def _found(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if any(_is_hidden(part) for part in file.relative_to(folder).parts[:-1]):
            continue
        is_work = (
            not _is_hidden(file.name) and file.name.lower() not in NOBODYS and not file.is_dir()
        )
        if is_work or _is_program(file):
            yield file


def _is_program(file: Path) -> bool:
    return file.suffix.lower() == ".py"


def _is_hidden(name: str) -> bool:
    """Whether a folder or file is a program's own, as .ipynb_checkpoints and __MACOSX are."""
    return name.startswith((".", "__"))


def _why_not(file: Path) -> str:
    """Why a file is not marked."""
    suffix = file.suffix.lower()
    if suffix == ".py":
        return "no exercise has this name"
    if suffix == ".ipynb":
        return NOTEBOOK
    if suffix in (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z"):
        return ARCHIVE
    if re.search(r"\.py\.\d+$", file.name, re.IGNORECASE):
        return EARLIER
    return "not a Python file, whose name ends in .py"


def _called(folder: Path) -> str:
    """The name of a student's folder, in letters that can be printed."""
    return visible(os.fsencode(folder.resolve().name).decode(errors="replace")) or "student"


def _exercise_of(file: Path) -> str | None:
    try:
        return named(file.name).name if _is_program(file) else None
    except NotThere:
        return None
