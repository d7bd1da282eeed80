"""A student's desk: a folder with a file for each exercise, and what has been solved so far.

Each command takes (the folder, a name or None) and gives (what to say, whether all is well). A file that is there is never written
over: `reset` keeps it under another name.
"""

from __future__ import annotations

import difflib
import json
import re
import secrets
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import check
from tinygrad_edu.exercises.exercise import Exercise
from tinygrad_edu.storage.whole import whole

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
        """The desk in this folder. A memory that is broken is begun anew; what was solved is soon solved again."""
        if not folder.is_dir():
            raise NotThere(f"there is no folder {str(folder)!r}: begin with `tinygrad-edu exercises start`.")
        try:
            known = json.loads((folder / MEMORY).read_text(encoding="utf-8"))
            return cls(folder, abs(int(known["seed"])), [name for name in EXERCISES if name in known["solved"]],
                       {name: max(0, int(n)) for name, n in known["hints"].items() if name in EXERCISES})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            return cls(folder, secrets.randbelow(10**6))

    def keep(self) -> None:
        with whole(self.folder / MEMORY) as part:
            part.write_text(json.dumps({"seed": self.seed, "solved": self.solved, "hints": self.hints}), encoding="utf-8")

    def file(self, exercise: Exercise) -> Path:
        return self.folder / f"{NAMES.index(exercise.name) + 1:02}-{exercise.name}.py"

    def next(self) -> Exercise | None:
        """The first that has not been solved."""
        return next((exercise for name, exercise in EXERCISES.items() if name not in self.solved), None)

    def check(self, exercise: Exercise) -> tuple[str, bool]:
        result = check(exercise, self.file(exercise), self.seed)
        if result.passed and exercise.name not in self.solved:
            self.solved.append(exercise.name)
        if not result.passed and exercise.name in self.solved:
            self.solved.remove(exercise.name)
        self.keep()
        mark = "✓" if result.passed else "…" if result.is_empty else "✗"
        return f"{mark} {self.file(exercise).name}: {result.sentence}", result.passed


def named(name: str) -> Exercise:
    """The exercise with this name, number or file."""
    stem = re.sub(r"[\s_-]*\(\d+\)$", "", Path(name).stem.lower()).replace("_", "-").replace(" ", "-")  # 01_Delta (1).py
    plain = re.sub(r"^\d+-", "", stem)
    if plain in EXERCISES:
        return EXERCISES[plain]
    if stem.isdigit() and 1 <= int(stem) <= len(NAMES):
        return EXERCISES[NAMES[int(stem) - 1]]
    near = difflib.get_close_matches(plain, NAMES, 1)
    raise NotThere(f"there is no exercise {name!r}. " + (f"Did you mean {near[0]}?" if near else f"They are {', '.join(NAMES)}."))


def _asked(desk: Desk, name: str | None) -> Exercise | None:
    return desk.next() if name is None else named(name)


def home(folder: Path) -> Path:
    """The folder of the desk: this one here, for a student who is in it already."""
    return Path() if not folder.exists() and Path(MEMORY).exists() and any(Path().glob(f"01-{NAMES[0]}.py*")) else folder


ALL_SOLVED = "All exercises are solved."


# -- the commands --------------------------------------------------------------------------------------------------


def list_all(folder: Path, name: str | None) -> tuple[str, bool]:
    solved = Desk.of(folder).solved if folder.is_dir() else []
    rows = [f"{n:2}  {'✓' if exercise.name in solved else ' '}  {exercise.name.ljust(max(map(len, NAMES)))}  {exercise.title} "
            f"(eq. {exercise.slide})" for n, exercise in enumerate(EXERCISES.values(), start=1)]
    return "\n".join(rows), True


def start(folder: Path, name: str | None) -> tuple[str, bool]:
    """Writes the files that are not there yet."""
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
    said = f"{written} files written into {folder}" + (f", {kept} were there and stay as they are" if kept else "") + "."
    return f"{said}\n\n{show_next(folder, None)[0]}", True


def show_next(folder: Path, name: str | None) -> tuple[str, bool]:
    desk = Desk.of(folder)
    exercise = _asked(desk, name)
    if exercise is None:
        return ALL_SOLVED, True
    text = textwrap.fill(f"{exercise.title} (eq. {exercise.slide}). {exercise.text}", WIDTH)
    return f"Next: {desk.file(exercise)}\n{text}\nOpen it, fill the hole, then: tinygrad-edu exercises check", True


def check_one(folder: Path, name: str | None) -> tuple[str, bool]:
    desk = Desk.of(folder)
    exercise = _asked(desk, name)
    if exercise is None:
        return ALL_SOLVED, True
    said, good = desk.check(exercise)
    after = desk.next()
    return (f"{said}\n\n{ALL_SOLVED if after is None else show_next(folder, None)[0]}" if good else
            f"{said}\n  (a hint: tinygrad-edu exercises hint {exercise.name})"), good


def hint(folder: Path, name: str | None) -> tuple[str, bool]:
    """The next hint, and those before it."""
    desk = Desk.of(folder)
    exercise = _asked(desk, name)
    if exercise is None:
        return ALL_SOLVED, True
    given = min(desk.hints.get(exercise.name, 0) + 1, len(exercise.hints))
    desk.hints[exercise.name] = given
    desk.keep()
    lines = [f"{n} of {len(exercise.hints)}: {text}" for n, text in enumerate(exercise.hints[:given], start=1)]
    return "\n".join([f"{exercise.title}", *lines]), True


def reset(folder: Path, name: str | None) -> tuple[str, bool]:
    """Begins one again; the file that was there is kept under another name."""
    if name is None:
        raise NotThere("say which exercise: tinygrad-edu exercises reset NAME.")
    desk, exercise = Desk.of(folder), named(name)
    path, said = desk.file(exercise), ""
    if path.exists():
        kept = next(kept for n in range(1, 10_000) if not (kept := path.with_suffix(f".py.{n}")).exists())
        path.rename(kept)
        said = f" What was there is {kept.name}."
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
            if now.get(exercise.name) != seen.get(exercise.name):
                print(f"\n{desk.check(exercise)[0]}", flush=True)
        seen = now
    return ALL_SOLVED, True


def _times(desk: Desk) -> dict[str, float]:
    """When each file was last changed."""
    return {name: desk.file(exercise).stat().st_mtime for name, exercise in EXERCISES.items() if desk.file(exercise).exists()}


COMMANDS: dict[str, Callable[[Path, str | None], tuple[str, bool]]] = {
    "list": list_all, "start": start, "next": show_next, "check": check_one, "watch": watch, "hint": hint, "reset": reset,
    "progress": progress,
}
