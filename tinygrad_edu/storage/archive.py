"""How arrays lie in a zip: each an .npy file, stored as it is, one behind the other, without pickle.

What is read here may be hostile: all that it says of itself is held against the bytes that are there.
"""

from __future__ import annotations

import math
from ast import literal_eval
from collections.abc import Mapping
from io import BytesIO
from struct import unpack
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy import ndarray
from numpy.lib import format as npy

from tinygrad_edu.autodiff.value import plain

LONGEST_NAME = 65_000  # bytes: a zip has two for the length
LONGEST_HEADER = 10_000  # bytes, as for numpy.load: Python's parser could crash on more
LONGEST_SHAPE = 1_500  # of these: 64 sizes of 20 digits


def entry(name: Any, names: Mapping[str, Any]) -> ZipInfo:
    """The zip's entry for an array of that name, the same on each day and on every system."""
    if not isinstance(name, str):
        raise TypeError(f"the name of an array is a text, and {name!r} is none: {str(name)!r}")
    try:
        fits = 0 < len(name.encode()) <= LONGEST_NAME and "\0" not in name
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise ValueError(f"{name[:40]!r} cannot name an array: a name has 1 to {LONGEST_NAME} bytes of UTF-8, and no 0 in it.")
    if f"{name}.npy" in names:
        raise ValueError(f"{name!r} and {name + '.npy'!r} cannot be in one file: numpy.load takes the one for the other.")
    info = ZipInfo()
    info.filename, info.create_system = f"{name}.npy", 3  # ZipInfo(filename) would turn its backslashes on Windows
    return info


def storable(name: str, x: Any) -> ndarray:
    """x as an array, if a file gives back what it is. Raises TypeError."""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name!r} has a mask, which a file cannot keep: save its .data and its .mask, each by a name of its own.")
    try:
        array = np.asarray(plain(x))
        if array.dtype.hasobject:
            raise ValueError("it holds objects, which only pickle could write, and to read a pickle is to run it")
        proof = BytesIO()
        write(proof, np.ndarray(0, array.dtype))
        proof.seek(0)
        if _header(proof, LONGEST_HEADER - LONGEST_SHAPE)[2] != array.dtype:
            raise ValueError(f"its dtype {array.dtype} would come back as another one")
    except ValueError as error:
        raise TypeError(f"{name!r} is a {type(x).__name__} that cannot be saved: {error}.") from error
    return array


def write(file: IO[bytes], array: ndarray) -> None:
    """Writes an .npy file: of version 1.0, or 3.0, which has all letters, if there are fields with names."""
    npy.write_array(file, array, (3, 0) if array.dtype.names else (1, 0), allow_pickle=False)


def places(archive: ZipFile, file: IO[bytes]) -> dict[str, tuple[int, int]]:
    """Where each array begins and ends. Raises ValueError unless they are stored one behind the other, with nothing between."""
    found: dict[str, tuple[int, int]] = {}
    end = 0
    for info in archive.infolist():
        member = info.orig_filename  # as it is in the file
        name = member.removesuffix(".npy")
        if name == member or name in found:
            raise ValueError(f"{member!r} is there twice, or is no .npy")
        if info.compress_type != ZIP_STORED or info.file_size != info.compress_size:
            raise ValueError(f"{member!r} is compressed")
        if info.header_offset != end:
            raise ValueError(f"{member!r} does not begin where the one before it ends")
        archive.open(info).close()  # raises if it is encrypted, or is called something else where it lies
        file.seek(end)
        begin = end + 30 + sum(unpack("<26xHH", file.read(30)))  # behind its name and an extra field
        end = begin + info.file_size
        found[name] = begin, end
    if end != archive.start_dir:
        raise ValueError("its last array does not end where the directory begins")
    return found


def read(file: IO[bytes], begin: int, end: int) -> ndarray:
    """The array of the .npy file that lies there in the file. Raises ValueError, before memory is taken, if it is not so long."""
    file.seek(begin)
    shape, fortran, dtype = _header(file)
    size = math.prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise ValueError(f"dtype {dtype} holds objects, which only pickle could read")
    if size != end - file.tell():
        raise ValueError(f"an array of shape {shape} and dtype {dtype} has not {end - file.tell()} bytes")
    data = np.fromfile(file, np.uint8, size)
    return np.ndarray(shape, dtype, data, order="F" if fortran else "C")  # knows what else a shape must not be


def _header(file: IO[bytes], longest: int = LONGEST_HEADER) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """The shape, whether in Fortran's order, and the dtype that an .npy file says it has. Raises ValueError."""
    magic, version = unpack("<6sBx", file.read(8))
    length = int.from_bytes(file.read(2 if version == 1 else 4), "little")
    if magic != npy.MAGIC_PREFIX or version not in (1, 2, 3) or length > longest:
        raise ValueError(f"an .npy header of version {version} with {length} bytes is none")
    try:
        header = literal_eval(file.read(length).decode("utf-8" if version == 3 else "latin-1"))
        return header["shape"], header["fortran_order"], npy.descr_to_dtype(header["descr"])
    except Exception as error:  # even MemoryError: brackets in brackets in brackets
        raise ValueError(f"an .npy header cannot be read: {error!r}") from error
