"""Writes a small GIF: one palette for all frames, and only the pixels that changed.

A pixel that is right on the screen is left as it was, which costs next to nothing. Right is told from what the screen shows, not
from the frame before, so errors never add up; and the last frame, on which the movie rests, is as right as can be.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy import ndarray

COLOURS = 127  # of the palette, and a last one means "as it was"; more of them make a GIF larger and hardly prettier
HOLD = 1.5  # seconds that a GIF rests on its last frame before it starts again
CALM, BUSY = 4, 20  # grey levels by which a pixel on the screen may be wrong, and by which it may be amid noise
ROUGH = 2  # grey levels between a pixel and the next, on average over a square, from which on it is noise


def write(path: Path, pictures: Iterable[ndarray], frames: int, fps: float, sample: ndarray) -> None:
    """Writes the pictures, (height, width, 3) uint8 each and `frames` in all, at fps a second.

    sample: some of them, (n, height, width, 3), that the palette is made from.
    """
    palette, nearest = _palette(sample)
    screen, paper = np.empty(0), 0
    with path.open("wb") as file:
        for n, picture in enumerate(pictures):
            wanted = nearest[_cell(picture)]
            if n == 0:
                height, width = wanted.shape
                file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF6, 0, 0) + palette.astype(np.uint8).tobytes())
                file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0")  # play for ever
                paper, screen, changed = int(np.bincount(wanted.ravel()).argmax()), wanted, np.ones_like(wanted, bool)
            else:
                changed = wanted != screen
                if n < frames - 1:
                    wrong = np.abs(picture[changed] - palette[screen[changed]]).max(1)
                    noise = (_rough(picture) & (wanted != paper))[changed]  # on blank paper, a shadow of old text would be seen
                    changed[changed] = wrong > np.where(noise, BUSY, CALM)
                screen = np.where(changed, wanted, screen)
            start, end = (round(100 * moment / fps) for moment in (n, n + 1))
            _write_frame(file, np.where(changed, wanted, COLOURS), changed, end - start + (100 * HOLD if n == frames - 1 else 0))
        file.write(b";")


def _write_frame(file: BinaryIO, numbers: ndarray, changed: ndarray, duration: float) -> None:
    """The smallest rectangle that holds every changed pixel. numbers: those of the colours. duration: hundredths of a second."""
    from PIL import GifImagePlugin, Image

    (rows,), (columns,) = np.nonzero(changed.any(1)), np.nonzero(changed.any(0))
    top, bottom, left, right = map(int, (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1) if len(rows) else (0, 1, 0, 1))
    part = Image.fromarray(np.ascontiguousarray(numbers[top:bottom, left:right], np.uint8))
    file.writelines(GifImagePlugin.getdata(part, (left, top), transparency=COLOURS, disposal=1, duration=10 * duration))


def _rough(picture: ndarray, side: int = 16) -> ndarray:
    """Where neighbours differ much, as in noise, which no GIF compresses and in which no eye misses a few grey levels."""
    green = picture[..., 1].astype(np.int16)  # it makes most of the brightness
    (height, width), steps = green.shape, np.abs(np.diff(green, axis=1, append=green[:, -1:]))
    squares = np.add.reduceat(np.add.reduceat(steps, range(0, height, side), 0), range(0, width, side), 1)
    return (squares > ROUGH * side**2).repeat(side, 0).repeat(side, 1)[:height, :width]


def _palette(sample: ndarray) -> tuple[ndarray, ndarray]:
    """(COLOURS + 1, 3), the last unused; and for each cell of colours, which is nearest.

    If there are too many, the commonest are a third of it, so that flat areas stay flat; the rest is spread over the rare."""
    from PIL import Image

    packed, counts = np.unique(sample.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_counts=True)
    found = (packed[np.argsort(-counts, kind="stable"), None] >> [16, 8, 0] & 255).astype(np.uint8)  # the commonest first
    kept = len(found) if len(found) <= COLOURS else COLOURS // 3
    palette = np.zeros((COLOURS + 1, 3), np.int16)
    palette[:kept] = found[:kept]
    if kept < len(found):
        mixed: Any = Image.fromarray(found[None, kept:]).quantize(COLOURS - kept, Image.Quantize.MAXCOVERAGE).getpalette()
        palette[kept:kept + len(mixed) // 3] = np.reshape(mixed, (-1, 3))
    cells, known = np.arange(1 << 16), palette[:COLOURS].astype(np.float32)
    colours = np.stack([(cells >> 11) / 31, (cells >> 5 & 63) / 63, (cells & 31) / 31], 1).astype(np.float32) * 255
    nearest = ((known**2).sum(1) - 2 * colours @ known.T).argmin(1)  # |colour - known|² without |colour|²
    for n in reversed(range(kept)):  # the cell of a colour that is there as it is belongs to it
        nearest[_cell(found[n])] = n
    return palette, nearest.astype(np.uint8)


def _cell(colours: ndarray) -> ndarray:
    """16 bits that say a colour nearly: 5 of red, 6 of green, 5 of blue."""
    red, green, blue = np.moveaxis(colours.astype(np.uint16), -1, 0)
    return (red >> 3 << 11) | (green >> 2 << 5) | (blue >> 3)
