"""Turns DOT text into a picture with whichever Graphviz there is on this machine.

    render("digraph {a -> b}", "svg")   -> bytes

Looked for in this order: the program that the environment variable TINYGRAD_EDU_DOT names, `dot` on the PATH, and the
program that `pip install graphviz-pure` brings. That package is a program and no Python code: its path stands in the
list of its files. It needs no plugins, no fonts and no environment variables.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, files

VARIABLE = "TINYGRAD_EDU_DOT"
SECONDS = 60  # 2,000 nodes take one or two


class EngineMissing(RuntimeError):
    """There is no Graphviz here to lay a graph out."""


class EngineFailed(RuntimeError):
    """Graphviz was there and did not give the picture."""


class EngineTooSlow(EngineFailed):
    """Graphviz was stopped before it had the picture."""


def render(dot: str, format: str, seconds: float | None = None) -> bytes:
    """The picture of a DOT text as "svg", "json" or another format that the engine knows.

    Args:
        dot: the graph in the DOT language.
        format: what `dot -T` takes.
        seconds: the time after which the engine is killed, with all that it started; 60 if left
            out.

    Raises:
        EngineMissing: there is no engine.
        EngineTooSlow: the time was over.
        EngineFailed: the engine gives no picture; with what it wrote.
    """
    command, seconds = [find(), f"-T{format}"], SECONDS if seconds is None else seconds
    no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only
    try:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, creationflags=no_window,
                              start_new_session=True) as process:
            try:
                picture, errors = process.communicate(dot.encode(), timeout=seconds)
            except BaseException:
                _kill(process)
                raise
    except subprocess.TimeoutExpired:
        raise EngineTooSlow(f"{command[0]} had not laid out the graph after {seconds:.3g} seconds; "
                            "a smaller graph is quicker.") from None
    except OSError as error:
        raise EngineFailed(f"{command[0]} cannot be run: {error.strerror}.") from error
    if process.returncode or not picture:
        said = errors.decode(errors="replace").strip()[:500] or "nothing"
        raise EngineFailed(f"{command[0]} gave no {format} (exit status {process.returncode}); "
                           f"it said: {said}")
    return picture


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and what it started: `dot` may be a script that runs another program."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def find() -> str:
    """The path of the engine. Raises EngineMissing, and says there what to install."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return shutil.which(chosen) or _missing(f"{VARIABLE} is {chosen!r}, which is no program that can be run")
    return shutil.which("dot") or _packaged() or shutil.which("graphviz-pure") or _missing("there is no Graphviz here")


def _packaged() -> str | None:
    """The program in the package graphviz-pure, also where the folder for scripts is not on the PATH."""
    try:
        paths = [path.locate() for path in files("graphviz-pure") or () if path.stem == "graphviz-pure"]
    except PackageNotFoundError:
        return None
    return next((program for path in paths if (program := shutil.which(os.path.abspath(path)))), None)


def _missing(why: str) -> str:
    raise EngineMissing(f"A picture needs the program that lays it out, and {why}: pip install graphviz-pure, "
                        f"or install Graphviz, or set {VARIABLE} to the path of its dot.")
