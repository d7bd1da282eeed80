"""Calls a function of a file that nobody has read, in a process of its own with limits; whatever it does, an answer comes back.

    outcome = call(Path("delta.py"), "delta", cases)        # Outcome(answers=[...]), or Outcome(error="it took longer than ...")

What this protects against: endless loops, memory that runs out, large files, printed noise, children that go on, a process that
ends itself, deleted files of its own folder, forged verdicts (the child knows none). What it does not: a program that sets out to
read or write elsewhere with the rights of whoever runs it, or to reach the network. For files of strangers use a container as well.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

CHILD = Path(__file__).with_name("child.py")
SECONDS, MEGABYTES = 5, 1024
LARGEST = 100_000  # bytes of a file
MOST_SAID = 2**20  # bytes of an answer
LONGEST = 300  # characters of an error


@dataclass(frozen=True)
class Outcome:
    """What came of it. answers: for each case an array, or a sentence if there is none. error: one for all cases."""

    answers: list[ndarray | str] = field(default_factory=list)
    error: str = ""
    is_empty: bool = False  # whether the hole has not been filled yet
    is_tuple: bool = False  # whether an answer was several things with commas between them
    changes: bool = False  # whether it changed an array that it was given


def call(path: Path, function: str, cases: Sequence[Sequence[Any]], seconds: int = SECONDS) -> Outcome:
    """The function of that file, called with each of the cases."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return Outcome(error="this is no file of its own, but a folder, a link or a device")
        with path.open("rb") as file:
            source = file.read(LARGEST + 1)
    except OSError as error:
        return Outcome(error=f"the file cannot be read: {error.strerror or error}")
    refused = _refused(source)
    if refused:
        return Outcome(error=refused)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(source)
        said, reason = _run(copy, function, json.dumps([[_written(x) for x in case] for case in cases]), folder, seconds)
    if said is None:
        return Outcome(error=reason)
    return _read(said, len(cases))


def _refused(source: bytes) -> str:
    """Why a file is not even tried."""
    if not source.strip():
        return "the file is empty"
    if len(source) > LARGEST:
        return f"the file has more than {LARGEST:,} bytes, and an exercise has a few hundred"
    try:
        text = source.decode(tokenize.detect_encoding(io.BytesIO(source).readline)[0])
    except (SyntaxError, UnicodeDecodeError):
        return "the file is not saved in UTF-8, as a Python program is"
    return "the file is no text: there is a 0 in it" if "\0" in text else ""


def _run(path: Path, function: str, cases: str, folder: str, seconds: int) -> tuple[str | None, str]:
    """(what the child wrote, "") or (None, why there is nothing)."""
    environment = {"PATH": os.defpath, "HOME": folder, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
                   **({"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {})}
    command = [sys.executable, "-I", "-B", str(CHILD), str(path), function, str(seconds), str(MEGABYTES)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder,
                             env=environment, start_new_session=True)
    return _collected(child, cases, seconds)


def _collected(child: subprocess.Popen[bytes], cases: str, seconds: int) -> tuple[str | None, str]:
    assert child.stdin is not None
    said: list[bytes] = []

    def listen(pipe: Any) -> None:
        with pipe:
            said.append(pipe.read(MOST_SAID))

    listener = threading.Thread(target=listen, args=[child.stdout], daemon=True)
    listener.start()
    begun = time.monotonic()
    with contextlib.suppress(OSError), child.stdin:
        child.stdin.write(cases.encode())
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds + 5)
    took = time.monotonic() - begun
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL) if hasattr(os, "killpg") else child.kill()  # with all that it has started
    child.wait()
    listener.join(2)
    if said and said[0]:
        return said[0].decode(errors="replace"), ""
    return None, _ending(child.returncode, took, seconds)


def _ending(status: int, took: float, seconds: int) -> str:
    """How a process ended that said nothing."""
    name = {one.value: one.name for one in signal.Signals}.get(-status, "")
    if name == "SIGXCPU" or (took > seconds and name in ("", "SIGKILL")):  # the second is for those who ignore the first
        return f"it took longer than {seconds} seconds: is there a loop that does not end?"
    if status >= 0:
        return "it ended itself before it gave an answer"
    return "it was ended, perhaps because it took too much memory" if name == "SIGKILL" else f"it crashed ({name or status})"


def _written(x: Any) -> Any:
    return {"array": [float(number) for number in x.ravel()], "shape": list(x.shape)} if isinstance(x, ndarray) else x


def _read(said: str, cases: int) -> Outcome:
    """What the child wrote, which may be anything."""
    try:
        found = json.loads(said)
        if "error" in found:
            return Outcome(error=visible(str(found["error"])))
        answers = [_answer(one) for one in found["answers"]]
        if len(answers) != cases:
            raise ValueError
        is_empty, is_tuple, changes = (any(one.get(what) for one in found["answers"])
                                       for what in ("hole", "is_tuple", "changes"))
        return Outcome(answers, "", is_empty, is_tuple, changes)
    except Exception:
        return Outcome(error="what it gave back is no answer")


def _answer(one: dict[str, Any]) -> ndarray | str:
    if "array" in one:
        return np.array(one["array"], dtype=float).reshape(one["shape"])
    return "the hole is not filled yet" if one.get("hole") else visible(str(one["error"]))


def visible(text: str) -> str:
    """Words of a student's as one short line, in which nothing is hidden."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:LONGEST])
