"""Writes a file whole or not at all: what was there before stays until what replaces it is complete and on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from stat import S_IMODE
from uuid import uuid4

from tinygrad_edu.storage.paths import path_of

FILE = 'such as "result.npz"'


@contextmanager
def whole(path: str | PathLike[str]) -> Iterator[Path]:
    """`with whole(path) as part: ...` writes part, of the same suffix, which takes the place of path at the end.

    If anything is raised before, part goes and what was at path stays; a kill leaves part too, whose name begins with a dot.
    Raises OSError at once, and says which folder, if nothing can be written there.
    """
    target = path_of(path, FILE).resolve()  # a link stays a link
    part = _begun(target)
    try:
        yield part
        with suppress(OSError):  # who may read the old one may read the new one, and nobody else
            part.chmod(S_IMODE(target.stat().st_mode))
        _sync(part)  # or the new name could reach the disk before what it stands for
        part.replace(target)
        with suppress(OSError):  # not every system can sync a folder; the file is whole in any case
            _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)


def check_writable(path: str | PathLike[str]) -> None:
    """Raises OSError, and says which folder, if nothing can be written there: to be asked before the work begins."""
    _begun(path_of(path, FILE).resolve()).unlink()


def _begun(target: Path) -> Path:
    """An empty file beside the target, of the same suffix."""
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder; a file cannot take its place.")
    part = target.with_name(f".{uuid4().hex}{target.suffix.lower()}")
    try:
        part.touch(exist_ok=False)
    except OSError as error:
        raise type(error)(f"nothing can be written into the folder {target.parent}: {error.strerror}.") from None
    return part


def _sync(path: Path) -> None:
    """Waits until the disk has the file, or the folder's list of names."""
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)  # Windows syncs only what is open for writing
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
