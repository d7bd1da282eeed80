"""A course of learning with steps of your own: what happened is noted, and a course that was interrupted goes on where it was.

    course = Course({"generator": generator, "discriminator": discriminator}, file="unfinished.npz")

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
import os
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from os import PathLike
from typing import Any, Protocol

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import plain
from tinygrad_edu.learning.player import Diverged, Player
from tinygrad_edu.learning.progress import progress
from tinygrad_edu.learning.settings import listed
from tinygrad_edu.network.settings import whole_number
from tinygrad_edu.storage.arrays import FileError, load, save
from tinygrad_edu.storage.paths import npz_path
from tinygrad_edu.storage.whole import check_writable

PATIENCE = 3.0  # seconds from one time that it is written down to the next
State = dict[str, ndarray]


class Part(Protocol):
    """What a course keeps and takes up again."""

    def state(self) -> State: ...

    def restore(self, state: State) -> None: ...


class Kept(dict[Any, Any]):
    """A dict whose KeyError says what there is instead."""

    def __missing__(self, key: Any) -> Any:
        raise KeyError(f"there is no {key!r}; there is {listed(self) or 'nothing yet'}")


class Course:
    """A loop over steps of your own, which can be interrupted and taken up again.

    Args:
        parts: what goes on from step to step, by name.
        file: an .npz for what is unfinished. A file of another course is not taken up, which is
            said in a warning, and is written over.
        about: what the course depends on, such as its seed and sizes; the optimizers of the parts
            count without being named.
        shown: the names of the parts whose state is kept for pictures; all if None.

    Attributes:
        log: for each number that a step gives, one entry a step.
        kept: the state of the parts before those steps that were to be kept.

    Raises:
        TypeError, ValueError: a part has no state() and restore(), a name or the file cannot be
            used, or `about` holds what is neither text nor number.
    """

    def __init__(self, parts: Mapping[str, Part], file: str | PathLike[str] | None = None,
                 about: Mapping[str, Any] | None = None,
                 shown: Collection[str] | None = None) -> None:
        self.parts = _parts(parts)
        self.file = None
        if file is not None:
            self.file = npz_path(file, "a course is", 'Course(parts, "unfinished.npz")')
        self.about = _described(about or {}, self.parts)
        self.shown = list(self.parts) if shown is None else _shown(shown, self.parts)
        self.steps, self.reason = 0, ""
        self.log: dict[str, list[float]] = Kept()
        self.kept: dict[int, dict[str, State]] = Kept()

    def learn(self, step: Callable[[int], Mapping[str, float] | None], steps: int,
              keep: Iterable[int] = (), enough: Callable[[Course], bool] | None = None) -> Course:
        """Take the steps that are not taken yet, up to `steps` in all, or until it is enough.

        Where E is no number any more the course ends, and its reason says at which step and for
        whom. Ctrl-C writes down what there is, if there is a file, and goes on up. After either
        the parts are as they were before the step that was not finished.

        Args:
            step: takes the number of the step, and gives numbers for the log by name, or None.
            steps: how many in all, those of an interrupted run included.
            keep: the numbers of the steps before which the state is kept.
            enough: takes the course; it is asked before each step but the first.

        Raises:
            TypeError, ValueError: an argument is none, or a step gives what is no number.
            OSError: the file cannot be written; before the first step.
        """
        steps, keep = whole_number("steps", steps), _numbers_to_keep(keep)
        for name, function in (("step", step), ("enough", enough)):
            if not callable(function) and (function is not None or name == "step"):
                raise TypeError(f"{name} is {function!r:.60}; it is a function.")
        if self.file is not None:
            check_writable(self.file)
        self._take_up()
        written = time.monotonic()
        try:
            for n in progress(range(self.steps, steps), "step", steps - self.steps):
                if self.reason or (enough is not None and self.steps and enough(self)):
                    break
                self._keep(keep)
                if not self._taken(step, n):
                    break
                if self.file is not None and time.monotonic() - written > PATIENCE:
                    self.write()
                    written = time.monotonic()
            self._keep(keep)
        finally:
            if self.file is not None:
                self.write()
        return self

    def _taken(self, step: Callable[[int], Mapping[str, float] | None], n: int) -> bool:
        """Takes step n, and says whether it was taken; if it was not, all is as it was before."""
        before = self._states(self.parts)
        try:
            noted = _noted(n, step(n))
        except BaseException as error:
            self._put_back(before)
            if not isinstance(error, Diverged):
                raise
            self.reason = f"step {n}: {error}."
            return False
        for name, number in noted.items():
            self.log.setdefault(name, []).append(number)
        self.steps = n + 1
        return True

    def _keep(self, keep: Collection[int]) -> None:
        if self.steps in keep and self.steps not in self.kept:
            self.kept[self.steps] = self._states(self.shown)

    def _states(self, names: Iterable[str]) -> dict[str, State]:
        """Copies of the states of these parts: a part may write into its arrays later."""
        return {name: _copied(name, self.parts[name].state()) for name in names}

    def _put_back(self, states: Mapping[str, State]) -> None:
        for name, part in self.parts.items():
            part.restore(states[name])

    def weights(self, n: int, name: str) -> list[ndarray]:
        """The weights of that player or average before step n. Raises KeyError if not kept."""
        kept = Kept(self.kept[n])[name]
        return [kept[f"w/{i}"] for i in range(sum(key.startswith("w/") for key in kept))]

    # -- on disk -------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Writes it all into the file, whole or not at all. Raises ValueError, OSError."""
        if self.file is None:
            raise ValueError('the course has no file: Course(parts, "unfinished.npz").')
        states = {("now", name): state for name, state in self._states(self.parts).items()}
        states |= {(str(n), name): state for n, kept in self.kept.items() for name, state in kept.items()}
        arrays: dict[str, Any] = {"about": self.about, "steps": self.steps, "reason": self.reason}
        arrays |= {f"log/{name}": np.array(numbers) for name, numbers in self.log.items()}
        arrays |= {f"{when}/{name}/{key}": array for (when, name), state in states.items() for key, array in state.items()}
        save(self.file, arrays)

    def _take_up(self) -> None:
        """Goes back to what the file says, if it is there and of this course; else says why not."""
        if self.file is None or self.steps or not self.file.exists():
            return
        before = self._states(self.parts)
        try:
            found = load(self.file)
            if (about := found.pop("about").item()) != self.about:
                raise ValueError(_difference(about, self.about))
            steps, reason = int(found.pop("steps")), str(found.pop("reason").item())
            log, states = _sorted(found)
            self._put_back(states.pop("now"))
            kept = {int(when): state for when, state in states.items()}
        except (FileError, KeyError, ValueError, TypeError) as error:
            self._put_back(before)
            why = f"it is of another course: {'it lacks ' * isinstance(error, KeyError)}{error}"
            if isinstance(error, FileError):
                why = error.reason
            warnings.warn(f"{self.file} is not taken up, and will be written over: "
                          f"{why.removesuffix('.')}.", stacklevel=3)
            return
        self.steps, self.reason = steps, reason
        self.log, self.kept = Kept(log), Kept(kept)


def _parts(parts: Any) -> dict[str, Part]:
    if not isinstance(parts, Mapping) or not parts:
        raise TypeError(f'a course has parts by name, {{"player": player}}; this is {parts!r:.60}.')
    for name, part in parts.items():
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"a part is called {name!r:.60}; its name is a text without a /.")
        if not all(callable(getattr(part, method, None)) for method in ("state", "restore")):
            raise TypeError(f"the part {name!r} is a {type(part).__name__}, which has no state() "
                            "and restore(state). For weights, give the Player that changes them.")
    return dict(parts)


def _described(about: Any, parts: Mapping[str, Part]) -> str:
    """What a course depends on, as text: one is taken up only if that is the same."""
    if not isinstance(about, Mapping):
        raise TypeError(f'about is a dict, such as {{"seed": 0}}, and this is {about!r:.60}.')
    settings = {name: part.settings for name, part in parts.items() if isinstance(part, Player)}
    try:
        description = {"about": dict(about), "players": settings}
        return json.dumps(description, sort_keys=True, default=_plainly)
    except TypeError as error:
        raise TypeError(f"about holds texts, numbers, lists and dicts of them: {error}.") from None


def _plainly(x: Any) -> Any:
    """A setting that JSON does not know."""
    if isinstance(x, (ndarray, np.generic)):
        return x.tolist()
    if isinstance(x, PathLike):
        return os.fspath(x)
    raise TypeError(f"a {type(x).__name__} is none")


def _shown(shown: Any, parts: Mapping[str, Part]) -> list[str]:
    if not isinstance(shown, Iterable):
        raise TypeError(f"shown is {shown!r:.60}; it is a list of names of parts.")
    shown = [shown] if isinstance(shown, str) else list(shown)
    unknown = [name for name in shown if name not in parts]
    if unknown:
        raise ValueError(f"there is no part {unknown[0]!r} to show; the parts are {listed(parts)}.")
    return shown


def _numbers_to_keep(keep: Any) -> set[int]:
    if isinstance(keep, str) or not isinstance(keep, Iterable):
        raise TypeError(f"keep is {keep!r:.60}; it is a list of step numbers, such as "
                        "range(0, 1000, 100).")
    return {int(n) if isinstance(n, (float, np.floating)) and n.is_integer()
            else whole_number("a step to keep", n) for n in keep}


def _noted(n: int, noted: Any) -> dict[str, float]:
    """What a step gave for the log. Raises TypeError, ValueError."""
    if noted is None:
        return {}
    if not isinstance(noted, Mapping):
        raise TypeError(f"step {n} gave {noted!r:.60}; a step gives numbers by name, such as "
                        '{"E": 0.5}, or None.')
    numbers = {name: np.asarray(plain(number)) for name, number in noted.items()}
    for name, number in numbers.items():
        if not isinstance(name, str) or number.size != 1 or number.dtype.kind not in "biuf":
            raise ValueError(f"step {n} gave {noted[name]!r:.60} as {name!r}; it is one number, "
                             "with a text for its name.")
    return {name: float(number.item()) for name, number in numbers.items()}


def _copied(name: str, state: Any) -> State:
    if not isinstance(state, Mapping):
        raise TypeError(f"the state of {name!r} is a {type(state).__name__}; it is a dict of "
                        "arrays.")
    return {key: np.array(plain(array)) for key, array in state.items()}


States = dict[str, dict[str, State]]  # {when: {part: its state}}


def _sorted(found: Mapping[str, ndarray]) -> tuple[dict[str, list[float]], States]:
    """The log and the states among a file's arrays."""
    log: dict[str, list[float]] = {}
    states: States = {}
    for key, array in found.items():
        when, _, name = key.partition("/")
        if when == "log":
            log[name] = array.tolist()
        else:
            name, _, key = name.partition("/")
            states.setdefault(when, {}).setdefault(name, {})[key] = array
    return log, states


def _difference(theirs: str, ours: str) -> str:
    """The settings in which two descriptions differ."""
    there, here = _flat(json.loads(theirs)), _flat(json.loads(ours))
    names = [name for name in sorted({*there, *here}) if there.get(name) != here.get(name)]
    return listed(f"{name.removeprefix('about/')} was {there.get(name, 'not set')} and is "
                  f"{here.get(name, 'not set')}" for name in names)


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, setting in settings.items():
        if isinstance(setting, dict):
            flat |= {f"{name}/{inner}": value for inner, value in _flat(setting).items()}
        else:
            flat[name] = setting
    return flat
