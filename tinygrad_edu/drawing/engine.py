"""Turns DOT text into a picture with whichever Graphviz there is on this machine.

    render("digraph {a -> b}", "svg")   -> bytes

Looked for in this order: the program that the environment variable TINYGRAD_EDU_DOT names, `dot` on the PATH, and the
program that `pip install graphviz-pure` brings. That package is a program and no Python code: its path stands in the
list of its files. It needs no plugins, no fonts and no environment variables.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, files

VARIABLE = "TINYGRAD_EDU_DOT"
SECONDS = 60  # 2,000 nodes take one or two


class EngineMissing(RuntimeError):
    """There is no Graphviz here to lay a graph out."""


class EngineFailed(RuntimeError):
    """Graphviz was there and did not give the picture."""


def render(dot: str, format: str) -> bytes:
    """The picture of a DOT text as "svg", "json" or another format that the engine knows.

    Raises EngineMissing if there is no engine, and EngineFailed, with what it said, if it gives no picture.
    """
    command = [find(), f"-T{format}"]
    no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=SECONDS, creationflags=no_window)
    except subprocess.TimeoutExpired:
        raise EngineFailed(f"{command[0]} had not laid out the graph after {SECONDS} seconds; "
                           "a smaller graph is quicker.") from None
    except OSError as error:
        raise EngineFailed(f"{command[0]} cannot be run: {error.strerror}.") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip()[:500] or "nothing"
        raise EngineFailed(f"{command[0]} gave no {format} (exit status {done.returncode}); it said: {said}")
    return done.stdout


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
