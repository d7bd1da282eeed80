"""A student's desk: a folder with a file for each exercise, and what has been solved so far.

Each command takes (the folder, a name or None) and gives (what to say, whether all is well). A file that is there is never written
over: `reset` keeps it under another name.
"""

from __future__ import annotations

import difflib
import json
import re
import secrets
import shlex
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import check
from tinygrad_edu.exercises.exercise import EMPTY, Exercise
from tinygrad_edu.exercises.filenames import exercise_in
from tinygrad_edu.storage.whole import whole

USUAL = Path("exercises")
MEMORY = "progress.json"
NAMES = list(EXERCISES)
WIDTH = 96
PAUSE = 0.3  # seconds between looks at the files


class NotThere(ValueError):
    """There is no such exercise, or no desk yet."""


@dataclass
class Desk:
    """folder: where the files are. seed: of this student's numbers. solved: names. hints: how many were given for each."""

    folder: Path
    seed: int
    solved: list[str] = field(default_factory=list)
    hints: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Desk:
        """The desk in this folder. A memory that is broken is put aside and begun anew; what was solved is soon solved again."""
        if not folder.is_dir():
            raise NotThere(f"there is no folder {str(folder)!r}: begin with `tinygrad-edu exercises start`.")
        memory = folder / MEMORY
        try:
            known = json.loads(memory.read_text(encoding="utf-8"))
            return cls(folder, abs(int(known["seed"])), [name for name in EXERCISES if name in known["solved"]],
                       {name: max(0, int(n)) for name, n in known["hints"].items() if name in EXERCISES})
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            print(f"{MEMORY} is broken: it is now called {_aside(memory).name}, and a new one is begun.", file=sys.stderr)
            cls(folder, secrets.randbelow(10**6)).keep()
            return cls.of(folder)
        return cls(folder, secrets.randbelow(10**6))

    def keep(self) -> None:
        with whole(self.folder / MEMORY) as part:
            part.write_text(json.dumps({"seed": self.seed, "solved": self.solved, "hints": self.hints}), encoding="utf-8")

    def file(self, exercise: Exercise) -> Path:
        return self.folder / f"{NAMES.index(exercise.name) + 1:02}-{exercise.name}.py"

    def next(self) -> Exercise | None:
        """The first that has not been solved."""
        return next((exercise for name, exercise in EXERCISES.items() if name not in self.solved), None)

    def check(self, exercise: Exercise, other: Path | None = None) -> tuple[str, bool]:
        """What is to be said of the file, and whether it is right. other: one in another folder, which is not kept in mind."""
        file = other or self.file(exercise)
        if not file.exists():
            again = "" if other else f": `tinygrad-edu exercises reset {exercise.name}` writes it anew"
            raise NotThere(f"there is no file {str(file)!r}{again}.")
        result = check(exercise, file, self.seed)
        mark = "✓" if result.passed else "…" if result.is_empty else "✗"
        if other:
            return f"{mark} {other}: {result.sentence}", result.passed
        if result.passed and exercise.name not in self.solved:
            self.solved.append(exercise.name)
        if not result.passed and exercise.name in self.solved:
            self.solved.remove(exercise.name)
        self.keep()
        more = "" if result.passed or self.hints.get(exercise.name, 0) >= len(exercise.hints) else (
            f"\n  (a hint: tinygrad-edu exercises hint {exercise.name})")
        return f"{mark} {file.name}: {result.sentence}{more}", result.passed


def named(name: str) -> Exercise:
    """The exercise with this name, number or file."""
    if (known := exercise_in(Path(name).name)) is not None:
        return EXERCISES[known]
    stem = Path(name).name.lower().removesuffix(".py")
    plain = re.sub(r"^\d+-", "", re.sub(r"[\s_]", "-", stem))
    if stem.isdigit() and 1 <= int(stem) <= len(NAMES):
        return EXERCISES[NAMES[int(stem) - 1]]
    near = difflib.get_close_matches(plain, NAMES, 1)
    raise NotThere(f"there is no exercise {name!r}. " + (f"Did you mean {near[0]}?" if near else f"They are {', '.join(NAMES)}."))


def _aside(path: Path) -> Path:
    """Gives what is there another name, and says which."""
    kept = next(kept for n in range(1, 10_000) if not (kept := path.with_name(f"{path.name}.{n}")).exists())
    return path.rename(kept)


def _elsewhere(desk: Desk, name: str | None) -> Path | None:
    """The file that was named, if it is one in another folder than the desk's."""
    path = Path(name or "")
    return path if path.parent != Path() and path.parent.resolve() != desk.folder.resolve() else None


def _asked(desk: Desk, name: str | None) -> Exercise | None:
    return desk.next() if name is None else named(name)


def home(folder: Path | None, name: str | None) -> Path:
    """The folder of the desk: the one that is asked for, that of the file that was named, this one here, or the only one here."""
    if folder is not None:
        return folder
    if name is not None and _is_desk(Path(name).parent):
        return Path(name).parent
    if _is_desk(Path()) or USUAL.exists():
        return Path() if _is_desk(Path()) else USUAL
    here = [one for one in Path().iterdir() if _is_desk(one)]
    return here[0] if len(here) == 1 else USUAL


def _is_desk(folder: Path) -> bool:
    """Whether a student works there: what has been solved may have been lost, and a file or two."""
    return sum(any(folder.glob(f"{n:02}-{name}.py*")) for n, name in enumerate(NAMES, start=1)) > len(NAMES) / 2


ALL_SOLVED = "All exercises are solved."


# -- the commands --------------------------------------------------------------------------------------------------


def list_all(folder: Path, name: str | None) -> tuple[str, bool]:
    solved = Desk.of(folder).solved if folder.is_dir() else []
    rows = [f"{n:2}  {'✓' if exercise.name in solved else ' '}  {exercise.name.ljust(max(map(len, NAMES)))}  {exercise.title} "
            f"({exercise.place})" for n, exercise in enumerate(EXERCISES.values(), start=1)]
    return "\n".join(rows), True


def start(folder: Path, name: str | None) -> tuple[str, bool]:
    """Writes the files that are not there yet. name: the folder, if it is to be another."""
    folder = folder if name is None else Path(name)
    folder.mkdir(parents=True, exist_ok=True)
    desk = Desk.of(folder)
    written = 0
    for exercise in EXERCISES.values():
        if not desk.file(exercise).exists():
            with whole(desk.file(exercise)) as part:
                part.write_text(exercise.file(), encoding="utf-8")
            written += 1
    desk.keep()
    kept = len(EXERCISES) - written
    said = f"{written} file{'s' * (written != 1)} written into {folder}"
    said += f", {kept} were there and stay as they are." if kept else "."
    if home(None, None).resolve() != folder.resolve():
        said += f" Go there for the other commands: cd {shlex.quote(str(folder))}"
    return f"{said}\n\n{show_next(folder, None)[0]}", True


def show_next(folder: Path, name: str | None) -> tuple[str, bool]:
    desk = Desk.of(folder)
    exercise = _asked(desk, name)
    if exercise is None:
        return ALL_SOLVED, True
    text = textwrap.fill(f"{exercise.title} ({exercise.place}). {exercise.text}", WIDTH)
    if not desk.file(exercise).exists():
        return f"Next: {desk.file(exercise)}, which is not there: tinygrad-edu exercises reset {exercise.name}\n{text}", True
    fill = f"fill the hole ({exercise.size})" if exercise.starts_with == EMPTY else f"find the bug (in {exercise.size})"
    return f"Next: {desk.file(exercise)}\n{text}\nOpen it, {fill}, then: tinygrad-edu exercises check", True


def check_one(folder: Path, name: str | None) -> tuple[str, bool]:
    desk = Desk.of(folder)
    exercise = _asked(desk, name)
    if exercise is None:
        return ALL_SOLVED, True
    said, good = desk.check(exercise, _elsewhere(desk, name))
    return f"{said}\n\n{show_next(folder, None)[0]}" if good else said, good


def hint(folder: Path, name: str | None) -> tuple[str, bool]:
    """The next hint, and those before it."""
    desk = Desk.of(folder)
    exercise = _asked(desk, name)
    if exercise is None:
        return ALL_SOLVED, True
    given, most = desk.hints.get(exercise.name, 0), len(exercise.hints)
    desk.hints[exercise.name] = min(given + 1, most)
    desk.keep()
    lines = [f"{n} of {most}: {text}" for n, text in enumerate(exercise.hints[:given + 1], start=1)]
    return "\n".join([exercise.title, *lines, *(["There are no more."] if given == most else [])]), True


def reset(folder: Path, name: str | None) -> tuple[str, bool]:
    """Begins one again; the file that was there is kept under another name."""
    if name is None:
        raise NotThere("say which exercise: tinygrad-edu exercises reset NAME.")
    desk, exercise = Desk.of(folder), named(name)
    if other := _elsewhere(desk, name):
        raise NotThere(f"{str(other)!r} is not in the folder of the exercises, {str(folder)!r}.")
    path, said = desk.file(exercise), ""
    if path.exists():
        said = f" What was there is {_aside(path).name}."
    with whole(path) as part:
        part.write_text(exercise.file(), encoding="utf-8")
    desk.solved = [solved for solved in desk.solved if solved != exercise.name]
    desk.keep()
    return f"{path.name} is as it was at the beginning.{said}", True


def progress(folder: Path, name: str | None) -> tuple[str, bool]:
    desk = Desk.of(folder)
    done, total = len(desk.solved), len(EXERCISES)
    given = sum(desk.hints.values())
    bar = "█" * round(20 * done / total) + "░" * (20 - round(20 * done / total))
    return f"{bar} {done} of {total} solved, {given} hint{'s' * (given != 1)} taken", True


def watch(folder: Path, name: str | None) -> tuple[str, bool]:
    """Checks a file whenever it has been saved, until Ctrl-C."""
    desk = Desk.of(folder)
    print(f"Watching {folder}. Save a file, and it is checked; Ctrl-C ends this.\n\n{show_next(folder, None)[0]}", flush=True)
    seen = _times(desk)
    while desk.next() is not None:
        time.sleep(PAUSE)
        now = _times(desk)
        for exercise in EXERCISES.values():
            if now.get(exercise.name, seen.get(exercise.name)) != seen.get(exercise.name):
                desk = Desk.of(folder)  # other commands may have been given meanwhile
                said, good = desk.check(exercise)
                print(f"\n{said}" + (f"\n\n{show_next(folder, None)[0]}" if good and desk.next() else ""), flush=True)
        seen |= now
    return ALL_SOLVED, True


def _times(desk: Desk) -> dict[str, float]:
    """When each file was last changed."""
    return {name: desk.file(exercise).stat().st_mtime for name, exercise in EXERCISES.items() if desk.file(exercise).exists()}


COMMANDS: dict[str, Callable[[Path, str | None], tuple[str, bool]]] = {
    "list": list_all, "start": start, "next": show_next, "check": check_one, "watch": watch, "hint": hint, "reset": reset,
    "progress": progress,
}
