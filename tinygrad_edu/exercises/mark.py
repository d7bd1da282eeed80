"""Marks submissions: one file, one student's folder, or a folder with a folder for each student.

    marks = mark(Path("submissions"), seed=2026, jobs=2)        # [Mark, ...], in the order of students and exercises
    print(FORMATS["text"](marks))

Each file runs in a process of its own (`sandbox.py`), and nothing that one does touches the next. With `memory`, each mark is
written down as soon as it is there, and a run that was killed goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import RIGHT, RUNS, SHAPE, check
from tinygrad_edu.exercises.desk import NAMES, NotThere, named
from tinygrad_edu.exercises.exercise import Exercise
from tinygrad_edu.exercises.sandbox import LARGEST, visible

POINTS = {RUNS: 2, SHAPE: 2, RIGHT: 6}  # what a file earns that gives numbers, of the right shape, and the right ones
PARTS = {RUNS: "it gives numbers", SHAPE: "they have the right shape", RIGHT: "they are right"}


@dataclass(frozen=True)
class Mark:
    """What one file of one student earned, and why. reached: the parts that it has. key: stands for the file and the numbers that
    it was tried with. handed_in: whether it counts in the statistics."""

    student: str
    exercise: str
    reached: tuple[str, ...]
    sentence: str
    key: str
    handed_in: bool = True

    @property
    def points(self) -> int:
        return sum(POINTS[part] for part in self.reached)

    @property
    def passed(self) -> bool:
        return RIGHT in self.reached


MOST = sum(POINTS.values())
TRIES = 3  # after so many runs that ended at a file, it is left to the teacher
ENDED_US = f"The marking itself ended {TRIES} times while this was tried: read it, and mark it by hand."


def mark(path: Path, seed: int = 0, jobs: int = 1, memory: Path | None = None,
         exercises: Sequence[str] | None = None) -> list[Mark]:
    """The marks of all submissions there. seed: of the hidden numbers, which differ from student to student.

    exercises: the names of those that were set; all if None. Raises NotThere if there is nothing to mark, or no such exercise.
    """
    wanted = {named(name).name for name in exercises} if exercises is not None else set(EXERCISES)
    work = [_Submission.of(*one, seed) for one in _handed_in(path)[0] if one[1].name in wanted]
    if not any(submission.is_there for submission in work):
        raise NotThere(f"there is nothing to mark in {str(path)!r}: files are called like {NAMES[0]}.py or 01-{NAMES[0]}.py, "
                       "in one folder for each student.")
    known, begun = _remembered(memory)

    def remember(line: dict) -> None:
        if memory is not None:
            with memory.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    unfinished: set[str] = set()

    def one(submission: _Submission) -> None:
        if submission.key not in known:
            unfinished.add(submission.key)
            remember({"begun": submission.key})
            known[submission.key] = (_marked(submission) if begun[submission.key] < TRIES
                                     else replace(submission.mark(ENDED_US), handed_in=False))
            remember(asdict(known[submission.key]))
            unfinished.discard(submission.key)

    suspect = [submission for submission in work if begun[submission.key]]
    try:
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, [submission for submission in work if not begun[submission.key]]))
        for submission in suspect:  # at last, and one by one: one of them may be what ended the marking
            one(submission)
    except BaseException:  # Ctrl-C, or being asked to stop: no submission's fault
        for key in tuple(unfinished):
            remember({"stopped": key})
        raise
    return [known[submission.key] for submission in work]


@dataclass(frozen=True)
class _Submission:
    """own: the seed of this student's numbers. key: stands for what is in the file and these numbers."""

    student: str
    exercise: Exercise
    file: Path
    own: int
    key: str
    is_there: bool

    @classmethod
    def of(cls, student: str, exercise: Exercise, file: Path, seed: int) -> _Submission:
        own = int.from_bytes(hashlib.sha256(f"{seed} {student}".encode()).digest()[:4], "big")
        content = b""
        with contextlib.suppress(OSError):  # what it is, the check says
            if stat.S_ISREG(file.lstat().st_mode):
                with file.open("rb") as opened:
                    content = opened.read(LARGEST + 1)
        key = hashlib.sha256(f"{student}\0{exercise.name}\0{own}\0".encode() + content).hexdigest()
        return cls(student, exercise, file, own, key, os.path.lexists(file))

    def mark(self, sentence: str, reached: tuple[str, ...] = ()) -> Mark:
        return Mark(self.student, self.exercise.name, reached, sentence, self.key, self.is_there)


def _marked(submission: _Submission) -> Mark:
    if not submission.is_there:
        return submission.mark("It was not handed in.")
    try:
        result = check(submission.exercise, submission.file, submission.own)
    except Exception as error:  # ours, and no reason to leave the others unmarked
        return submission.mark(f"It could not be marked ({type(error).__name__}: {error}): mark it by hand.")
    return submission.mark(result.sentence, result.reached)


def check_format(format: str, path: Path) -> None:
    """Raises NotThere, before anything is marked, if the format cannot hold the marks of what is there."""
    if format in OF_ONE_STUDENT and len({student for student, _, _ in _handed_in(path)[0]}) > 1:
        raise NotThere(f"the format {format} is for one student: give a file, or the folder of one student.")


def left_out(path: Path) -> dict[Path, str]:
    """Programs there that no mark is for, each with the reason."""
    return _handed_in(path)[1]


def _handed_in(path: Path) -> tuple[list[tuple[str, Exercise, Path]], dict[Path, str]]:
    """((student, exercise, file) for every exercise of every student, handed in or not; files that are none of these, and why)."""
    if path.is_file():
        return [(_called(path.parent), named(path.name), path)], {}
    if not path.is_dir():
        raise NotThere(f"there is nothing called {str(path)!r} to mark.")
    folders = sorted(folder for folder in path.iterdir() if folder.is_dir() and not _is_hidden(folder.name))
    if not any(_programs(folder) for folder in folders):
        folders = [path]
    work, others = [], {file: "it lies in no student's folder" for file in _programs(path) if folders != [path]}
    for folder in folders:
        files: dict[str, Path] = {}
        for file in _programs(folder):
            name = _exercise_of(file)
            if name is None or name in files:
                others[file] = "no exercise has this name" if name is None else f"{files[name].relative_to(folder)} is marked"
            else:
                files[name] = file
                others.pop(file, None)
        work += [(_called(folder), exercise, files.get(name, folder / f"{name}.py")) for name, exercise in EXERCISES.items()]
    return work, others


def _programs(folder: Path) -> list[Path]:
    """The Python files there, those first that count if there are several for an exercise: high up, and with a plain name."""
    found = [file for file in folder.rglob("*") if file.suffix.lower() == ".py"
             and not any(_is_hidden(part) for part in file.relative_to(folder).parts[:-1])]
    return sorted(found, key=lambda file: (len(file.parts), "(" in file.name, str(file)))


def _is_hidden(name: str) -> bool:
    """Whether a folder is a program's own, as .ipynb_checkpoints and __MACOSX are."""
    return name.startswith((".", "__"))


def _called(folder: Path) -> str:
    """The name of a student's folder, in letters that can be printed."""
    return visible(os.fsencode(folder.resolve().name).decode(errors="replace")) or "student"


def _exercise_of(file: Path) -> str | None:
    try:
        return named(file.name).name
    except NotThere:
        return None


def _remembered(memory: Path | None) -> tuple[dict[str, Mark], Counter[str]]:
    """(the marks of a run that was ended, by their keys; how often one was begun and came to no end)."""
    known: dict[str, Mark] = {}
    begun: Counter[str] = Counter()
    lines = memory.read_text(encoding="utf-8", errors="replace").splitlines() if memory is not None and memory.exists() else []
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError):  # a line that was cut off
            found = json.loads(line)
            if "begun" in found:
                begun[str(found["begun"])] += 1
            elif "stopped" in found:
                begun[str(found["stopped"])] -= 1
            else:
                known[found["key"]] = Mark(found["student"], found["exercise"], tuple(found["reached"]), found["sentence"],
                                           found["key"], found["handed_in"])
    for key in known:
        del begun[key]
    return known, begun


# -- how it is written ---------------------------------------------------------------------------------------------


def as_text(marks: Sequence[Mark]) -> str:
    """A line for each mark, and the statistics of each exercise."""
    width = max(len(one.student) for one in marks)
    lines = [f"{one.student.ljust(width)}  {one.exercise:16}  {one.points:2} of {MOST}  {one.sentence}" for one in marks]
    return "\n".join([*lines, "", *_statistics_text(marks)])


def _statistics_text(marks: Sequence[Mark]) -> Iterator[str]:
    for name, known in statistics(marks).items():
        if known["handed in"]:
            yield f"{name}: {known['right']} of {known['handed in']} right, {known['mean']:.1f} of {MOST} points on average"
            yield from (f"    {count} × {sentence}" for sentence, count in known["mistakes"])


def statistics(marks: Sequence[Mark]) -> dict[str, dict]:
    """For each exercise: how many were handed in and how many are right, the mean, and what was wrong most often."""
    found = {}
    for name in EXERCISES:
        of_it = [one for one in marks if one.exercise == name and one.handed_in]
        mistakes = Counter(one.sentence for one in of_it if not one.passed)
        found[name] = {"handed in": len(of_it), "right": sum(one.passed for one in of_it),
                       "mean": sum(one.points for one in of_it) / len(of_it) if of_it else 0.0, "mistakes": mistakes.most_common(5)}
    return found


def as_json(marks: Sequence[Mark]) -> str:
    rows = [{"student": one.student, "exercise": one.exercise, "points": one.points, "of": MOST, "passed": one.passed,
             "parts": {PARTS[part]: part in one.reached for part in POINTS}, "reason": one.sentence} for one in marks]
    return json.dumps({"marks": rows, "statistics": statistics(marks)}, indent=1, ensure_ascii=False)


def as_gradescope(marks: Sequence[Mark]) -> str:
    """results.json of one student."""
    tests = [{"name": one.exercise, "score": one.points, "max_score": MOST, "output": one.sentence,
              "status": "passed" if one.passed else "failed"} for one in marks]
    return json.dumps({"tests": tests}, indent=1, ensure_ascii=False)


def as_prairielearn(marks: Sequence[Mark]) -> str:
    """results.json of one student."""
    tests = [{"name": one.exercise, "points": one.points, "max_points": MOST, "message": one.sentence}
             for one in marks]
    score = sum(one.points for one in marks) / (MOST * len(marks))
    return json.dumps({"gradable": True, "score": score, "tests": tests}, indent=1, ensure_ascii=False)


def as_junit(marks: Sequence[Mark]) -> str:
    cases = []
    for one in marks:
        failure = "" if one.passed else f"<failure message={quoteattr(_visible(one.sentence))}/>"
        cases.append(f"<testcase classname={quoteattr(_visible(one.student))} name={quoteattr(one.exercise)}>{failure}</testcase>")
    failed = sum(not one.passed for one in marks)
    head = f'<testsuite name="exercises" tests="{len(marks)}" failures="{failed}">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *cases, "</testsuite>"])


def _visible(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


FORMATS: dict[str, Callable[[Sequence[Mark]], str]] = {
    "text": as_text, "json": as_json, "gradescope": as_gradescope, "prairielearn": as_prairielearn, "junit": as_junit,
}
OF_ONE_STUDENT = ("gradescope", "prairielearn")
