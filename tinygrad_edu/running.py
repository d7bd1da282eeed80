"""Runs a Python file, as `python FILE` would, and hands over what it calls NAME: for the commands that draw.

    named_in("net.py:E")        -> the Value that net.py calls E

Values that the file gave no name are then called by its variables.
"""

from __future__ import annotations

import ast
import runpy
import sys
import traceback
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.learning.settings import near
from tinygrad_edu.storage.paths import must_exist

LONGEST = 200  # letters of another program's message


class NotGiven(ValueError):
    """The file did not give what was asked for; the message is a sentence that says why."""


def named_in(target: str) -> Any:
    """What the file calls NAME, for a target FILE.py:NAME. Raises NotGiven."""
    file, colon, name = target.rpartition(":")
    if not colon or not file or not name.isidentifier():
        raise NotGiven(f"{target!r} does not say which value of which file to draw. Write FILE.py:NAME, such as net.py:E.")
    path = Path(file)
    try:
        must_exist(path)
    except OSError as error:
        raise NotGiven(str(error)) from None
    if not path.is_file():
        raise NotGiven(f"{file!r} is not a file.")
    given = _run(path)
    if name in given:
        _name_by_variables(given, name, _second_hand(path))
        return given[name]
    names = [name for name, value in given.items() if isinstance(value, Value)]
    advice = near(name, [other for other in given if not other.startswith("__")]).strip() or (
        f"Its Values are {', '.join(names[:10])}." if names else "It has no Values.")
    raise NotGiven(f"{path.name} has run and calls nothing {name!r}. {advice}")


def _second_hand(path: Path) -> set[str]:
    """The variables that a loop or another variable gave their values to: p after `for p in [w, b]`
    and v after `v = w`."""
    tree, found = ast.parse(path.read_bytes()), set()
    for step in ast.walk(tree):
        if isinstance(step, (ast.For, ast.AsyncFor)):
            found |= {x.id for x in ast.walk(step.target) if isinstance(x, ast.Name)}
        elif isinstance(step, ast.Assign) and isinstance(step.value, ast.Name):
            found |= {x.id for x in step.targets if isinstance(x, ast.Name)}
    return found


def _name_by_variables(given: Mapping[str, Any], target: str, second_hand: Set[str]) -> None:
    """Gives a Value without a name that of its variable, so that pictures call it as the program does.

    The value of `target` is called so, whatever other variables it has. Any other with several
    variables that are not second hand keeps no name, nor does one whose variable is the name of
    something else.
    """
    values = {name: value for name, value in given.items() if isinstance(value, Value)}
    taken = {value.name for value in values.values() if value.name}
    variables: dict[Value, list[str]] = {}
    for name, value in values.items():
        if not name.startswith("_"):
            variables.setdefault(value, []).append(name)
    for value, names in variables.items():
        names = [name for name in names if name not in second_hand or name == target] or names
        name = target if target in names else names[0]
        if not value.name and name not in taken and (name == target or len(names) == 1):
            value.name = name


def _run(path: Path) -> dict[str, Any]:
    """The names in the file when it has ended. What the file prints is printed."""
    arguments, folders = sys.argv, sys.path[:]
    sys.argv, sys.path[:] = [str(path)], [str(path.resolve().parent), *folders]
    try:
        return runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        raise NotGiven(f"{path.name} ended itself, with exit status {end.code!r:.50}, before it came to its end.") from end
    except SyntaxError as error:
        where = f" in line {error.lineno}" if error.lineno else ""
        raise NotGiven(f"{path.name} is not Python: {error.msg}{where}.") from error
    except Exception as error:
        said = " ".join(str(error).split())[:LONGEST]
        raise NotGiven(f"{path.name} raised {type(error).__name__}{_line(error, path)}{said and ': '}{said}") from error
    finally:
        sys.argv, sys.path[:] = arguments, folders


def _line(error: BaseException, path: Path) -> str:
    """Where in the file it came from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f" in line {lines[-1]}" if lines else ""
