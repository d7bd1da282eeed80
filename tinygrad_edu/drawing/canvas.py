"""The paper that figures are drawn on: sizes, colours that colour-blind people can tell apart, and saving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinygrad_edu.storage.whole import check_writable, whole

# Okabe and Ito's palette (2008), which survives the common kinds of colour blindness and grey print.
BLUE, ORANGE, GREEN, RED, INK, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#222222", "#888888"

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans", "font.size": 11, "axes.titlesize": 12, "axes.labelsize": 11, "legend.fontsize": 10,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": GREY, "axes.labelcolor": INK, "text.color": INK,
    "xtick.color": INK, "ytick.color": INK, "legend.frameon": False, "lines.linewidth": 2, "figure.constrained_layout.use": True,
    "svg.hashsalt": "tinygrad_edu", "svg.fonttype": "path",
}
SUFFIXES: dict[str, Any] = {".svg": {"Date": None}, ".png": None, ".pdf": {"CreationDate": None}}  # the same figure, the same bytes


def style() -> Any:
    """`with style(): ...` draws in the style of the lecture."""
    return _matplotlib().rc_context(STYLE)


def figure(rows: int = 1, columns: int = 1, width: float = 7.0, height: float = 4.0, **options: Any) -> tuple[Any, Any]:
    """(figure, axes) of the size in inches, without a window behind it."""
    _matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    paper = Figure(figsize=(width, height))
    FigureCanvasAgg(paper)
    return paper, paper.subplots(rows, columns, **options)


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ModuleNotFoundError:
        lesson = "figures and movies need matplotlib: pip install 'tinygrad-edu[draw]'"
        raise ModuleNotFoundError(lesson, name="matplotlib") from None
    return matplotlib


def save(paper: Any, path: Path) -> None:
    """The figure as .svg, .png or .pdf, by the suffix of the path, whole or not at all. Raises ValueError, OSError."""
    check(path)
    with whole(path) as part:
        paper.savefig(part, dpi=160, metadata=SUFFIXES[path.suffix.lower()])


def check(path: Path) -> None:
    """Raises what `save` raises, before anything is drawn."""
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a figure is saved as {', '.join(SUFFIXES)}, and not as {path.suffix or 'a name without a suffix'}.")
    check_writable(path)
