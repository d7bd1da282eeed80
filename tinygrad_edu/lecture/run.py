"""Gives the lecture: runs sections, compares them with the slides, draws their figures and writes the page."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.graph import Drawing
from tinygrad_edu.lecture.page import page
from tinygrad_edu.lecture.section import Check, Picture, Section


@dataclass(frozen=True)
class Given:
    """A section that has been given: its checks, its pictures with the files they are in, and the seconds it took."""

    section: Section
    checks: list[Check]
    pictures: list[tuple[str, Picture]]
    seconds: float


def give(section: Section, out: Path, seed: int, fast: bool) -> Given:
    """Runs one section and saves its figures in out/figures."""
    start = time.perf_counter()
    results = section.compute(seed, fast)
    checks = section.checks(results)
    pictures = []
    with canvas.style():
        for name, picture in section.figures(results).items():
            file = f"figures/{section.name}-{name}.svg"
            save = picture.figure.save if isinstance(picture.figure, Drawing) else partial(canvas.save, picture.figure)
            save(out / file)
            pictures.append((file, picture))
    return Given(section, checks, pictures, time.perf_counter() - start)


def prepare(out: Path) -> None:
    """Makes the folder, and finds out now and not at the end whether it can be written into. Raises OSError."""
    (out / "figures").mkdir(parents=True, exist_ok=True)
    trial = out / "index.html.part"
    trial.write_text("")
    trial.unlink()


def write_page(given: Iterable[Given], out: Path) -> Path:
    """Writes out/index.html whole or not at all, and returns its path."""
    part, index = out / "index.html.part", out / "index.html"
    part.write_text(page(given), encoding="utf-8")
    part.replace(index)
    return index


def table(checks: Iterable[Check]) -> str:
    """The checks as a plain table with one line each."""
    rows = [("check", "expected", "found", "within", ""), *(check.row for check in checks)]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
