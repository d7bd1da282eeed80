"""Keeps arrays in a file that gives back every bit of them, or says why it does not.

    save("weights.npz", {"w": w, "b": b})      # arrays, numbers and Values
    load("weights.npz")["w"]                   # the array: its dtype, its shape, its bits

The file is an .npz that numpy.load reads too: a zip of .npy files, not compressed and without pickle. The comment of the zip,
which ends the file, holds the SHA-256 of all the bytes before it. That shows damage, but anybody can compute it: so `load`
checks all that a file says of itself against the bytes that are there, before it takes memory for them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile

from numpy import ndarray

from tinygrad_edu.storage.archive import entry, places, read, storable, write
from tinygrad_edu.storage.paths import must_exist, npz_path, path_of
from tinygrad_edu.storage.whole import whole

TAG = b"tinygrad_edu 1 sha256 "
DIGITS = 64  # of the SHA-256, behind the tag
PIECE = 1 << 20  # bytes of a file that are in memory while its checksum is made


class FileError(ValueError):
    """A file that cannot be loaded: `path` says which and `reason` why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path} cannot be loaded: {self.reason}"


def save(path: str | PathLike[str], arrays: Mapping[str, Any]) -> Path:
    """Writes arrays, numbers and Values (their data) by name. A kill at any moment leaves the old file or the new one, whole.

    path: ends in .npz, which says how to open it. The same arrays make the same bytes.
    Raises TypeError or ValueError for what would not come back as it is, OSError if nothing can be written there.
    """
    path = npz_path(path, "arrays are", 'save("weights.npz", {"w": w, "b": b})')
    if not isinstance(arrays, Mapping):
        raise TypeError(f'arrays are saved by name: save("weights.npz", {{"w": w, "b": b}}). This is a {type(arrays).__name__}.')
    arrays = dict(arrays)
    members = [(entry(name, arrays), storable(name, x)) for name, x in arrays.items()]
    with whole(path) as part:
        with ZipFile(part, "w", ZIP_STORED) as archive:
            archive.comment = TAG + b"0" * DIGITS
            for info, array in members:
                with archive.open(info, "w", force_zip64=True) as file:
                    write(file, array)
        with part.open("r+b") as file:
            size = file.seek(-DIGITS, os.SEEK_END)
            checksum = _checksum(file, size)
            file.seek(size)
            file.write(checksum)
    return path


def load(path: str | PathLike[str]) -> dict[str, ndarray]:
    """The arrays that were saved there, by name and in their order, open to writing.

    Raises FileError if `save` did not write the file or it was changed since, OSError if it is not
    there or cannot be read at all, TypeError if the path is none.
    """
    path = path_of(path, 'load("weights.npz")')
    must_exist(path)
    if path.exists() and not path.is_file():
        raise FileError(path, "it is a folder or a device, and no file.")
    with _opened(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(TAG) - DIGITS))
        comment = file.read()
        if comment[:-DIGITS] != TAG:
            raise FileError(path, f"its {size} bytes do not end with a checksum. It was damaged or cut off, or `save` did not "
                                  "write it (what numpy.savez wrote, numpy.load reads).")
        if comment[-DIGITS:] != _checksum(file, size - DIGITS):
            raise FileError(path, "it was damaged. Its bytes are not those that its checksum was made of.")
        try:
            with ZipFile(file) as archive:
                if archive.comment != comment:
                    raise ValueError("its comment is more than the checksum")
                return {name: read(file, *place) for name, place in places(archive, file).items()}
        except MemoryError:  # such a file has as many bytes as it says; it is the memory that is too small
            raise
        except Exception as error:  # zipfile, NumPy and Python's parser complain in a dozen ways
            raise FileError(path, f"its checksum is right, but `save` writes no such file: {error}.") from error


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise type(error)(f"{path} cannot be read: {error.strerror}.") from None


def _checksum(file: IO[bytes], size: int) -> bytes:
    """The SHA-256 of the first bytes of a file."""
    digest = sha256()
    file.seek(0)
    while size > 0 and (piece := file.read(min(size, PIECE))):
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest().encode()
