"""Marks submissions: one file, one student's folder, or a folder with a folder for each student.

    marks = mark(Path("submissions"), seed=2026, jobs=2)        # [Mark, ...], in the order of students and exercises
    print(FORMATS["text"](marks))

Each file runs in a process of its own (`sandbox.py`), and nothing that one does touches the next. With `memory`, each mark is
written down as soon as it is there, and a run that was killed goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import RIGHT, RUNS, SHAPE, check
from tinygrad_edu.exercises.desk import NotThere, named
from tinygrad_edu.exercises.exercise import Exercise
from tinygrad_edu.exercises.sandbox import LARGEST, visible

POINTS = {RUNS: 2, SHAPE: 2, RIGHT: 6}  # what a file earns that gives numbers, of the right shape, and the right ones
PARTS = {RUNS: "it gives numbers", SHAPE: "they have the right shape", RIGHT: "they are right"}


@dataclass(frozen=True)
class Mark:
    """What one file of one student earned, and why. reached: the parts that it has. key: stands for the file and the numbers that
    it was tried with."""

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


def mark(path: Path, seed: int = 0, jobs: int = 1, memory: Path | None = None) -> list[Mark]:
    """The marks of all submissions there. seed: of the hidden numbers, which differ from student to student.

    Raises NotThere if there is nothing to mark.
    """
    work = list(_submissions(path))
    known = {one.key: one for one in _remembered(memory)}

    def one(submission: tuple[str, Exercise, Path]) -> Mark:
        found = _marked(*submission, seed, known)
        if memory is not None and found.key not in known:
            with memory.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found)) + "\n")
        return found

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, work))


def _submissions(path: Path) -> Iterator[tuple[str, Exercise, Path]]:
    """(student, exercise, file): every exercise of every student, handed in or not."""
    if path.is_file():
        yield _called(path.parent), named(path.name), path
        return
    if not path.is_dir():
        raise NotThere(f"there is nothing called {str(path)!r} to mark.")
    folders = sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith((".", "__")))
    if not any(file for folder in folders for file in folder.rglob("*.py")):
        folders = [path]
    for folder in folders:
        files = {_exercise_of(file): file for file in sorted(folder.rglob("*.py"), reverse=True)}  # of several the first counts
        for exercise in EXERCISES.values():
            yield _called(folder), exercise, files.get(exercise.name, folder / f"{exercise.name}.py")


def _called(folder: Path) -> str:
    """The name of a student's folder, in letters that can be printed."""
    return visible(os.fsencode(folder.resolve().name).decode(errors="replace")) or "student"


def _exercise_of(file: Path) -> str | None:
    try:
        return named(file.name).name
    except NotThere:
        return None


def _marked(student: str, exercise: Exercise, file: Path, seed: int, known: dict[str, Mark]) -> Mark:
    try:
        content = file.read_bytes()[: LARGEST + 1] if stat.S_ISREG(file.lstat().st_mode) else b""
    except OSError:
        content = None
    own = int.from_bytes(hashlib.sha256(f"{seed} {student}".encode()).digest()[:4], "big")
    key = hashlib.sha256(f"{student}\0{exercise.name}\0{own}\0".encode() + (content or b"")).hexdigest()
    if key in known:
        return known[key]
    if content is None:
        return Mark(student, exercise.name, (), "It was not handed in.", key, handed_in=False)
    try:
        result = check(exercise, file, own)
    except Exception as error:  # ours, and no reason to leave the others unmarked
        return Mark(student, exercise.name, (), f"It could not be marked ({type(error).__name__}: {error}): mark it by hand.", key)
    return Mark(student, exercise.name, result.reached, result.sentence, key)


def _remembered(memory: Path | None) -> Iterator[Mark]:
    """The marks of a run that was killed; a line that was cut off is left out."""
    if memory is None or not memory.exists():
        return
    for line in memory.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            known = json.loads(line)
            yield Mark(known["student"], known["exercise"], tuple(known["reached"]), known["sentence"], known["key"],
                       known["handed_in"])
        except (ValueError, KeyError, TypeError):
            continue


# -- how it is written ---------------------------------------------------------------------------------------------


def as_text(marks: Sequence[Mark]) -> str:
    """A line for each mark, and the statistics of each exercise."""
    width = max(len(one.student) for one in marks)
    lines = [f"{one.student.ljust(width)}  {one.exercise:15}  {one.points:2} of {MOST}  {one.sentence}" for one in marks]
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
              "status": "passed" if one.passed else "failed"} for one in _of_one_student(marks)]
    return json.dumps({"tests": tests}, indent=1, ensure_ascii=False)


def as_prairielearn(marks: Sequence[Mark]) -> str:
    """results.json of one student."""
    tests = [{"name": one.exercise, "points": one.points, "max_points": MOST, "message": one.sentence}
             for one in _of_one_student(marks)]
    score = sum(one.points for one in marks) / (MOST * len(marks))
    return json.dumps({"gradable": True, "score": score, "tests": tests}, indent=1, ensure_ascii=False)


def _of_one_student(marks: Sequence[Mark]) -> Iterable[Mark]:
    if len({one.student for one in marks}) > 1:
        raise NotThere("this format is for one student: give a file, or the folder of one student.")
    return marks


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
