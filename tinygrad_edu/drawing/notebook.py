"""What a notebook shows of a Value at the end of a cell: its graph within a second, or text.

This picture is not asked for, so it must not take long. `draw(value)` takes the time that it needs.
"""

from __future__ import annotations

from time import perf_counter

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing.engine import EngineFailed, EngineMissing, EngineTooSlow
from tinygrad_edu.drawing.graph import draw, nodes_of

SECONDS = 1.0  # for all of it
MOST_QUICK, MOST_NUMBERS = 5_000, 1_000_000  # nodes, and entries of arrays: read in a fraction of it


def mimebundle(value: Value) -> dict[str, str]:
    """The graph as SVG with the list for a terminal, or the repr and how to draw the graph."""
    end = perf_counter() + SECONDS
    try:
        nodes, _ = nodes_of(value, MOST_QUICK)
    except ValueError:
        return _too_many(value)
    if sum(node.size for node in nodes) > MOST_NUMBERS:
        return _text(value, f"holds more than {MOST_NUMBERS:,} numbers")
    drawing = draw(value)
    try:
        return {
            "image/svg+xml": drawing.laid_out(max(end - perf_counter(), 0.0)),
            "text/plain": drawing.text,
        }
    except EngineTooSlow:
        return _text(value, f"takes longer than {SECONDS:.3g} s to lay out")
    except (EngineMissing, EngineFailed) as error:
        return {"text/plain": f"{drawing.text}\n\n{error}"}


def _too_many(value: Value) -> dict[str, str]:
    """For a graph of too many nodes: how to draw it, or why draw refuses it too."""
    try:
        nodes_of(value)
    except ValueError as error:
        return {"text/plain": f"{value!r}\n\nIts graph is not drawn: {error}"}
    return _text(value, f"has more than {MOST_QUICK:,} nodes")


def _text(value: Value, why: str) -> dict[str, str]:
    return {
        "text/plain": f"{value!r}\n\nIts graph {why}, so it is not drawn unasked. "
        'draw(value) shows it, draw(value).save("graph.svg") keeps it.'
    }
