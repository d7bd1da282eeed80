"""Runs a Python file, as `python FILE` would, and hands over what it calls NAME: for the commands that draw.

    named_in("net.py:E")        -> the Value that net.py calls E
"""

from __future__ import annotations

import difflib
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

from tinygrad_edu.autodiff.value import Value

LONGEST = 200  # letters of another program's message


class NotGiven(ValueError):
    """The file did not give what was asked for; the message is a sentence that says why."""


def named_in(target: str) -> Any:
    """What the file calls NAME, for a target FILE.py:NAME. Raises NotGiven."""
    file, colon, name = target.rpartition(":")
    if not colon or not file or not name.isidentifier():
        raise NotGiven(f"{target!r} does not say which value of which file to draw. Write FILE.py:NAME, such as net.py:E.")
    path = Path(file)
    if not path.is_file():
        raise NotGiven(f"there is no file {file!r}." if not path.exists() else f"{file!r} is not a file.")
    given = _run(path)
    if name in given:
        return given[name]
    names = [name for name, value in given.items() if isinstance(value, Value)]
    near = difflib.get_close_matches(name, given, 1)
    raise NotGiven(f"{path.name} has run and calls nothing {name!r}. " + (
        f"Did you mean {near[0]}?" if near else f"Its Values are {', '.join(names[:10])}." if names else "It has no Values."))


def _run(path: Path) -> dict[str, Any]:
    """The names in the file when it has ended. What the file prints is printed."""
    arguments, folders = sys.argv, sys.path[:]
    sys.argv, sys.path[:] = [str(path)], [str(path.resolve().parent), *folders]
    try:
        return runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        raise NotGiven(f"{path.name} ended itself, with exit status {end.code!r:.50}, before it came to its end.") from end
    except SyntaxError as error:
        raise NotGiven(f"{path.name} is not Python: {error.msg} in line {error.lineno}.") from error
    except Exception as error:
        said = " ".join(str(error).split())[:LONGEST]
        raise NotGiven(f"{path.name} raised {type(error).__name__}{_line(error, path)}{said and ': '}{said}") from error
    finally:
        sys.argv, sys.path[:] = arguments, folders


def _line(error: BaseException, path: Path) -> str:
    """Where in the file it came from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f" in line {lines[-1]}" if lines else ""
