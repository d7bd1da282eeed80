"""A course of learning with steps of your own: what happened is noted, and a course that was interrupted goes on where it was.

    course = Course({"generator": generator, "discriminator": discriminator}, file=Path("unfinished.npz"))

    def step(n):                                   # the n-th step: its random numbers should follow from n alone
        ...
        return {"E": generator.step(E)}

    course.learn(step, 5000, keep=range(0, 5001, 100))
    course.log["E"], course.kept[100]["generator"]["w/0"], course.reason

What goes on from step to step has to be in the parts: players, averages, a replay buffer; whatever has `state()`, which gives
arrays by name, and `restore(state)`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy import ndarray

from tinygrad_edu.learning.player import Diverged
from tinygrad_edu.learning.progress import progress
from tinygrad_edu.storage.arrays import FileError, load, save

PATIENCE = 3.0  # seconds from one time that it is written down to the next
State = dict[str, ndarray]


class Part(Protocol):
    """What a course keeps and takes up again."""

    def state(self) -> State: ...

    def restore(self, state: State) -> None: ...


class Course:
    """parts: by name. file: an .npz for what is unfinished. about: what the course depends on, such as its seed and sizes: a file
    of another course is left alone until it is written over. shown: the parts whose state is kept for pictures; all if None.

    log: for each number that a step gives, one entry a step. kept: the state of the parts before those steps that were to be kept.
    """

    def __init__(self, parts: Mapping[str, Part], file: Path | None = None, about: Mapping[str, Any] | None = None,
                 shown: Collection[str] | None = None) -> None:
        self.parts, self.file, self.about = dict(parts), file, json.dumps(dict(about or {}), sort_keys=True)
        self.shown = list(self.parts) if shown is None else list(shown)
        self.steps, self.reason = 0, ""
        self.log: dict[str, list[float]] = {}
        self.kept: dict[int, dict[str, State]] = {}

    def learn(self, step: Callable[[int], Mapping[str, float] | None], steps: int, keep: Collection[int] = (),
              enough: Callable[[Course], bool] | None = None) -> Course:
        """Takes the steps that are not taken yet, up to `steps` in all, or until it is enough.

        Where E is no number any more the course ends, and its reason says at which step and for whom. Ctrl-C writes down what there
        is, if there is a file, and goes on up. After either the parts are as they were before the step that was not finished.
        """
        self._take_up()
        keep, written = set(keep), time.monotonic()
        try:
            for n in progress(range(self.steps, steps), "step", steps - self.steps):
                if self.reason or (enough is not None and enough(self)):
                    break
                self._keep(keep)
                before = {name: part.state() for name, part in self.parts.items()}
                try:
                    noted = step(n) or {}
                except BaseException as error:
                    for name, part in self.parts.items():
                        part.restore(before[name])
                    if not isinstance(error, Diverged):
                        raise
                    self.reason = f"step {n}: {error}."
                    break
                for name, number in noted.items():
                    self.log.setdefault(name, []).append(float(number))
                self.steps = n + 1
                if self.file is not None and time.monotonic() - written > PATIENCE:
                    self.write()
                    written = time.monotonic()
            self._keep(keep)
        finally:
            if self.file is not None:
                self.write()
        return self

    def _keep(self, keep: Collection[int]) -> None:
        if self.steps in keep and self.steps not in self.kept:
            self.kept[self.steps] = {name: self.parts[name].state() for name in self.shown}

    def weights(self, n: int, name: str) -> list[ndarray]:
        """The weights of that player or average before step n, if that was kept."""
        kept = self.kept[n][name]
        return [kept[f"w/{i}"] for i in range(sum(key.startswith("w/") for key in kept))]

    # -- on disk -------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Writes it all into the file, whole or not at all."""
        assert self.file is not None
        states = {("now", name): part.state() for name, part in self.parts.items()}
        states |= {(str(n), name): state for n, kept in self.kept.items() for name, state in kept.items()}
        arrays: dict[str, Any] = {"about": self.about, "steps": self.steps, "reason": self.reason}
        arrays |= {f"log/{name}": np.array(numbers) for name, numbers in self.log.items()}
        arrays |= {f"{when}/{name}/{key}": array for (when, name), state in states.items() for key, array in state.items()}
        save(self.file, arrays)

    def _take_up(self) -> None:
        """Goes back to what the file says, if it is there and of this course."""
        if self.file is None or self.steps or not self.file.exists():
            return
        try:
            found = load(self.file)
            if found.pop("about").item() != self.about:
                return
            steps, reason = int(found.pop("steps")), str(found.pop("reason").item())
            states: dict[str, dict[str, State]] = {}
            for key, array in found.items():
                when, name, *rest = key.split("/", 2)
                states.setdefault(when, {}).setdefault(name, {})["/".join(rest)] = array
            for name, part in self.parts.items():
                part.restore(states["now"][name])
        except (FileError, KeyError, ValueError, TypeError):
            return
        self.steps, self.reason = steps, reason
        self.log = {name: numbers[""].tolist() for name, numbers in states.pop("log", {}).items()}
        del states["now"]
        self.kept = {int(when): kept for when, kept in states.items()}
