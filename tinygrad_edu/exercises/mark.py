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
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import DERIVED, RIGHT, check
from tinygrad_edu.exercises.desk import NAMES, NotThere, named
from tinygrad_edu.exercises.sandbox import LARGEST, visible
from tinygrad_edu.exercises.submissions import Submission, handed_in

POINTS = {DERIVED: 4, RIGHT: 6}  # a mistake with a name earns 4, a right answer both
PARTS = {DERIVED: "it is derived, with a known mistake at most", RIGHT: "it is right"}
RULE = 2  # of how points are given; a mark that was kept under another rule does not count


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
    found = handed_in(path)
    work = [_Attempt.of(one, seed) for one in found.work if one.exercise.name in wanted]
    if not any(attempt.submission.file for attempt in work):
        others = "".join(f" {visible(str(file.relative_to(path)))} is there: {why}."
                         for file, why in list(found.not_marked.items())[:1])
        raise NotThere(f"there is nothing to mark in {str(path)!r}: files are called like {NAMES[0]}.py or 01-{NAMES[0]}.py, "
                       f"in one folder for each student.{others}")
    known, begun = _remembered(memory)

    def remember(line: dict) -> None:
        if memory is not None:
            with memory.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    unfinished: set[str] = set()

    def one(attempt: _Attempt) -> None:
        if attempt.key not in known:
            unfinished.add(attempt.key)
            remember({"begun": attempt.key})
            known[attempt.key] = (_marked(attempt) if begun[attempt.key] < TRIES
                                  else replace(attempt.mark(ENDED_US), handed_in=False))
            remember(asdict(known[attempt.key]))
            unfinished.discard(attempt.key)

    suspect = [attempt for attempt in work if begun[attempt.key]]
    try:
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, [attempt for attempt in work if not begun[attempt.key]]))
        for attempt in suspect:  # at last, and one by one: one of them may have ended the marking
            one(attempt)
    except BaseException:  # Ctrl-C, or being asked to stop: no submission's fault
        for key in tuple(unfinished):
            remember({"stopped": key})
        raise
    return [known[attempt.key] for attempt in work]


@dataclass(frozen=True)
class _Attempt:
    """own: the seed of this student's numbers. key: stands for what is in the file and these numbers."""

    submission: Submission
    own: int
    key: str

    @classmethod
    def of(cls, submission: Submission, seed: int) -> _Attempt:
        student, file = submission.student, submission.file
        own = int.from_bytes(hashlib.sha256(f"{seed} {student}".encode()).digest()[:4], "big")
        content = b""
        with contextlib.suppress(OSError):  # what it is, the check says
            if file is not None and stat.S_ISREG(file.lstat().st_mode):
                with file.open("rb") as opened:
                    content = opened.read(LARGEST + 1)
        head = f"{RULE}\0{student}\0{submission.exercise.name}\0{own}\0{submission.instead}\0"
        return cls(submission, own, hashlib.sha256(head.encode() + content).hexdigest())

    def mark(self, sentence: str, reached: tuple[str, ...] = ()) -> Mark:
        one = self.submission
        is_there = one.file is not None
        return Mark(one.student, one.exercise.name, reached, sentence, self.key, is_there)


def _marked(attempt: _Attempt) -> Mark:
    exercise, file = attempt.submission.exercise, attempt.submission.file
    if file is None:
        instead = attempt.submission.instead
        return attempt.mark(f"It was not handed in{f': {instead}' if instead else ''}.")
    try:
        result = check(exercise, file, attempt.own)
    except Exception as error:  # ours, and no reason to leave the others unmarked
        return attempt.mark(f"It could not be marked ({type(error).__name__}: {error}): mark it by "
                            f"hand.")
    return attempt.mark(result.sentence, result.reached)


def check_format(format: str, path: Path) -> None:
    """Raises NotThere, before anything is marked, if the format cannot hold the marks of what is there."""
    if format in OF_ONE_STUDENT and len({one.student for one in handed_in(path).work}) > 1:
        raise NotThere(f"the format {format} is for one student: give a file, or the folder of one student.")


def left_out(path: Path) -> dict[Path, str]:
    """Files there that no mark is for, each with the reason."""
    return handed_in(path).not_marked


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

NotMarked = Mapping[Path, str]  # the reason for each file
NOTHING: NotMarked = {}


def as_text(marks: Sequence[Mark], not_marked: NotMarked = NOTHING) -> str:
    """A line for each mark, the statistics of each exercise, and what was not marked."""
    width = max(len(one.student) for one in marks)
    lines = [f"{one.student.ljust(width)}  {one.exercise:16}  {one.points:2} of {MOST}  {one.sentence}" for one in marks]
    return "\n".join([*lines, "", *_statistics_text(marks), *not_marked_lines(not_marked)])


def not_marked_lines(not_marked: NotMarked) -> list[str]:
    """A line for each file that was not marked, with the reason."""
    return [f"not marked: {_printable(file)} ({visible(reason)})"
            for file, reason in not_marked.items()]


def _printable(file: Path) -> str:
    """The path of a file in letters that can be printed."""
    return visible(os.fsencode(file).decode(errors="replace"))


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


def as_json(marks: Sequence[Mark], not_marked: NotMarked = NOTHING) -> str:
    rows = [{"student": one.student, "exercise": one.exercise, "points": one.points, "of": MOST, "passed": one.passed,
             "parts": {PARTS[part]: part in one.reached for part in POINTS}, "reason": one.sentence} for one in marks]
    others = [{"file": _printable(file), "reason": visible(reason)}
              for file, reason in not_marked.items()]
    report = {"marks": rows, "statistics": statistics(marks), "not_marked": others}
    return json.dumps(report, indent=1, ensure_ascii=False)


def as_gradescope(marks: Sequence[Mark], not_marked: NotMarked = NOTHING) -> str:
    """results.json of one student."""
    tests = [{"name": one.exercise, "score": one.points, "max_score": MOST, "output": one.sentence,
              "status": "passed" if one.passed else "failed"} for one in marks]
    output = "\n".join(not_marked_lines(not_marked))
    return json.dumps({"output": output, "tests": tests}, indent=1, ensure_ascii=False)


def as_prairielearn(marks: Sequence[Mark], not_marked: NotMarked = NOTHING) -> str:
    """results.json of one student."""
    tests = [{"name": one.exercise, "points": one.points, "max_points": MOST, "message": one.sentence}
             for one in marks]
    score = sum(one.points for one in marks) / (MOST * len(marks))
    output = "\n".join(not_marked_lines(not_marked))
    report = {"gradable": True, "score": score, "output": output, "tests": tests}
    return json.dumps(report, indent=1, ensure_ascii=False)


def as_junit(marks: Sequence[Mark], not_marked: NotMarked = NOTHING) -> str:
    cases = []
    for one in marks:
        failure = "" if one.passed else f"<failure message={quoteattr(_visible(one.sentence))}/>"
        cases.append(f"<testcase classname={quoteattr(_visible(one.student))} name={quoteattr(one.exercise)}>{failure}</testcase>")
    failed = sum(not one.passed for one in marks)
    head = f'<testsuite name="exercises" tests="{len(marks)}" failures="{failed}">'
    lines = [escape(_visible(line)) for line in not_marked_lines(not_marked)]
    others = ["<system-out>" + "\n".join(lines) + "</system-out>"] if lines else []
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *cases, *others,
                     "</testsuite>"])


def _visible(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


FORMATS: dict[str, Callable[..., str]] = {  # of the marks, and of the files that were not marked
    "text": as_text, "json": as_json, "gradescope": as_gradescope, "prairielearn": as_prairielearn, "junit": as_junit,
}
OF_ONE_STUDENT = ("gradescope", "prairielearn")
