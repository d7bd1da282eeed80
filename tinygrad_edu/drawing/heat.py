"""Small heat maps of arrays: which entries are shown, and in which colour."""

from __future__ import annotations

import numpy as np

MOST = 8  # cells in each direction
POSITIVE, NEGATIVE, WHITE = np.array([0, 114, 178]), np.array([213, 94, 0]), np.array([255, 255, 255])


def cells(shape: tuple[int, ...]) -> list[list[int]]:
    """Rows of entries, by their number, of an array that has any; of a large one a selection, evenly spread.

    The last axis goes to the right, all others down.
    """
    rows = int(np.prod(shape[:-1]))
    grid = np.arange(rows * shape[-1]).reshape(rows, shape[-1])
    chosen = [np.unique(np.linspace(0, n - 1, min(n, MOST)).round().astype(int)) for n in grid.shape]
    return grid[np.ix_(*chosen)].tolist()


def colour(x: float, largest: float) -> str:
    """White for 0, blue for positive, orange for negative, the darker the nearer to the largest; grey for nan."""
    if x != x:
        return "#999999"
    share = min(abs(x) / largest, 1.0) if largest else float(x != 0)
    red, green, blue = (WHITE + share * ((POSITIVE if x > 0 else NEGATIVE) - WHITE)).round().astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"
