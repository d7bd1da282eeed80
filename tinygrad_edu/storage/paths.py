"""Paths as they are given: a text or a Path, of a file that is there or of one to be written."""

from __future__ import annotations

import difflib
import os
from os import PathLike
from pathlib import Path


def path_of(path: str | PathLike[str], call: str) -> Path:
    """The path, given as a text or a Path.

    Raises:
        TypeError: it is something else; the message shows the call.
        ValueError: it is empty.
    """
    if not isinstance(path, (str, PathLike)) or not isinstance(os.fspath(path), str):
        raise TypeError(f"a path is a text or a Path, and this is {path!r:.40}: {call}.")
    if not os.fspath(path).strip() or "\0" in os.fspath(path):
        raise ValueError(f"{os.fspath(path)!r} names no file: {call}.")
    return Path(path)


def npz_path(path: str | PathLike[str], what: str, call: str) -> Path:
    """The path of an .npz file to be written. what: what is in it, such as "arrays are".

    Raises:
        TypeError: it is no path.
        ValueError: it has another suffix.
    """
    path = path_of(path, call)
    if not path.name:
        raise ValueError(f"{str(path)!r} names no file: {call}.")
    if path.suffix.lower() != ".npz":
        raise ValueError(f"{what} saved as .npz, and not as "
                         f"{path.suffix or 'a name without a suffix'}: "
                         f"{path.with_suffix('.npz').name}")
    return path


def must_exist(path: Path) -> None:
    """Raises FileNotFoundError in one sentence, with the name that is near, if nothing is there."""
    if path.exists():
        return
    folder = path.parent
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {str(folder)!r} for the file {path.name!r}.")
    names = {file.name.lower(): file.name for file in sorted(folder.iterdir())}
    near = [name for name in names if name.startswith(f"{path.name.lower()}.")]
    near += difflib.get_close_matches(path.name.lower(), names, 1)
    advice = f" Did you mean {names[near[0]]}?" if near else ""
    raise FileNotFoundError(f"there is no file {str(path)!r}.{advice}")
