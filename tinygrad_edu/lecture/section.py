"""A section of the lecture: what it is about, what it computes, what it checks and what it draws.

A section is data plus four functions. `compute(seed, fast) -> results` takes numbers and gives numbers, `checks(results)`
compares them with the slides, `figures(results)` draws them, and `steps(results)` gives a computation that can be stepped
through by hand. The command line, the page and the tests loop over sections.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tinygrad_edu.autodiff.value import Value

Results = dict[str, Any]
Words = str | Callable[[Results], str]  # a function where they depend on what was computed


@dataclass(frozen=True)
class Check:
    """One number or claim of the slides beside ours: either |ours - slide| ≤ tolerance, or a claim that `holds` or not."""

    name: str
    slide: float | str
    ours: float | str
    tolerance: float = 0.0
    holds: bool | None = None

    @property
    def passed(self) -> bool:
        if self.holds is not None:
            return bool(self.holds)
        return abs(float(self.ours) - float(self.slide)) <= self.tolerance  # False for nan

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        """Name, slide, ours, tolerance and verdict, as text."""
        within = f"±{self.tolerance:.3g}" if self.tolerance else "exact"
        tolerance = "" if self.holds is not None else within
        return self.name, _text(self.slide), _text(self.ours), tolerance, "ok" if self.passed else "FAILED"


@dataclass(frozen=True)
class Picture:
    """A figure or a movie with the words that go with it: a caption for all, a description for those who cannot see it.

    figure: a matplotlib Figure, a Drawing or a Movie. A wide one keeps its size and is scrolled sideways; one of several
    panels does so on a narrow page only. Their text would be too small to read otherwise.
    """

    figure: Any
    caption: str
    alt: str
    wide: bool = False
    panels: bool = False


@dataclass(frozen=True)
class Section:
    """One section; equations are pairs (number on the slides or "", LaTeX), aside is what the slides leave out or get wrong.

    Words that depend on the run (text, look_for, aside, captions and descriptions) take their
    numbers from the results. A claim that could fail in another run is one of the checks, or is
    worded by the results.

    One that `resumes` takes long: its `compute` has a third argument, a folder for what is unfinished, from which it goes on.
    """

    name: str
    title: str
    text: Words
    equations: tuple[tuple[str, str], ...]
    look_for: Words
    aside: Words
    compute: Callable[..., Results]
    checks: Callable[[Results], list[Check]]
    figures: Callable[[Results], dict[str, Picture]]
    steps: Callable[[Results], tuple[Value, str]]  # what can be stepped through, or a small model of it; and what it is
    code: tuple[Callable[..., Any], ...] = ()  # the functions whose source the page shows
    resumes: bool = False

    def words(self, results: Results) -> tuple[str, str, str]:
        """Return text, look_for and aside with the numbers of these results."""
        text, look_for, aside = (part if isinstance(part, str) else part(results)
                                 for part in (self.text, self.look_for, self.aside))
        return text, look_for, aside


def _text(x: float | str) -> str:
    return x if isinstance(x, str) else f"{x:.6g}"
