"""Rows of results and the Markdown table they make."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = """\
| case | contender | median | ÷ the first | ours ÷ it | target | reached |
|---|---|---:|---:|---:|---|---|"""


@dataclass(frozen=True)
class Row:
    """One measurement. A target is about what stands left of it: the ratio, where there is one, else the value."""

    contender: str
    value: float
    unit: str = "s"
    to_first: float | None = None  # its time as a multiple of the first contender's
    ours_to_it: float | None = None  # our time as a multiple of its
    target: str = ""
    reached: bool | None = None


def markdown(results: dict[str, list[Row]]) -> str:
    """The table, one line for each row of each case."""
    return "\n".join([HEAD, *(_line(case, row) for case, rows in results.items() for row in rows)])


def _line(case: str, row: Row) -> str:
    ratios = ["" if ratio is None else f"{ratio:.2f}" for ratio in (row.to_first, row.ours_to_it)]
    reached = {True: "yes", False: "**no**", None: ""}[row.reached]
    return f"| {' | '.join([case, row.contender, _quantity(row.value, row.unit), *ratios, row.target, reached])} |"


def _quantity(x: float, unit: str) -> str:
    """Three digits, and seconds as the prefix that suits them: 0.0000226 s is 22.6 µs."""
    if unit != "s":
        return f"{x:,.0f} {unit}" if abs(x) >= 100 else f"{x:.3g} {unit}"
    scale, prefix = next((s, p) for s, p in ((1, ""), (1e3, "m"), (1e6, "µ"), (1e9, "n")) if abs(x) * s >= 1 or s == 1e9)
    return f"{x * scale:.3g} {prefix}s"
