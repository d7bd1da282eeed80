"""Gives the lecture: runs sections, compares them with the slides, draws their figures and writes the page."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.explorer.explore import explore
from tinygrad_edu.drawing.graph import Drawing
from tinygrad_edu.drawing.movie import Movie
from tinygrad_edu.lecture.page import page
from tinygrad_edu.lecture.section import Check, Picture, Section
from tinygrad_edu.storage.whole import check_writable, whole

UNFINISHED = "unfinished"  # a folder in the lecture's


@dataclass(frozen=True)
class Given:
    """A section that has been given: its number, words, checks, pictures with their files, and
    the seconds it took.

    `words` are the section's text, look_for and aside with the numbers of this run, which had this
    `seed` and was `fast` or not.
    A movie is in two files: the movie, and its last frame for paper and for those who want no motion.
    """

    number: int
    section: Section
    words: tuple[str, str, str]
    checks: list[Check]
    pictures: list[tuple[tuple[str, ...], Picture]]
    steps: tuple[str, str]  # the page to step through, and what it shows
    seconds: float
    seed: int
    fast: bool


def give(number: int, section: Section, out: Path, seed: int, fast: bool) -> Given:
    """Runs one section, the lecture's `number`-th, and saves its figures in out/figures, its page to step through in out/steps."""
    start = time.perf_counter()
    with one_thread():
        results = section.compute(seed, fast, *([_folder(out, section)] if section.resumes else []))
    checks = section.checks(results)
    pictures = []
    with canvas.style():
        for name, picture in section.figures(results).items():
            pictures.append((_saved(picture.figure, out, f"figures/{section.name}-{name}"), picture))
    E, shown = section.steps(results)
    explore(E, out / f"steps/{section.name}.html", title=f"{number}. {section.title}, step by step")
    return Given(number, section, section.words(results), checks, pictures,
                 (f"steps/{section.name}.html", shown), time.perf_counter() - start, seed, fast)


def one_thread() -> Any:
    """`with one_thread(): ...` multiplies matrices on one thread: on small ones, several get into each other's way."""
    try:
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError:
        return nullcontext()
    return threadpool_limits(1, user_api="blas")


def _folder(out: Path, section: Section) -> Path:
    """Where a section keeps what is unfinished: a lecture that was interrupted goes on from there."""
    folder = out / UNFINISHED / section.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _saved(figure: Any, out: Path, name: str) -> tuple[str, ...]:
    """Saves a figure; returns the files it is in, as the page names them."""
    if isinstance(figure, Movie):
        figure.save(out / f"{name}.gif")
        figure.still(out / f"{name}.png")
        return f"{name}.gif", f"{name}.png"
    if isinstance(figure, Drawing):
        figure.save(out / f"{name}.svg")
    else:
        canvas.save(figure, out / f"{name}.svg")
    return (f"{name}.svg",)


def prepare(out: Path) -> None:
    """Makes the folder, and finds out now and not at the end whether it can be written into. Raises OSError."""
    for folder in ("figures", "steps"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    check_writable(out / "index.html")


def write_page(given: Iterable[Given], out: Path) -> Path:
    """Writes out/index.html whole or not at all, forgets what was unfinished, and returns the page's path."""
    index = out / "index.html"
    with whole(index) as part:
        part.write_text(page(given), encoding="utf-8")
    shutil.rmtree(out / UNFINISHED, ignore_errors=True)
    return index


def table(checks: Iterable[Check]) -> str:
    """The checks as a plain table with one line each."""
    rows = [("check", "expected", "found", "within", ""), *(check.row for check in checks)]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
