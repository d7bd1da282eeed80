"""Checks of settings: rates and names, each refused in one sentence; see also network/settings."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.value import plain

SHOWN_NAMES = 10  # in a message; a file may have a thousand columns


def real_number(name: str, number: Any, least: float = -math.inf, most: float = math.inf) -> float:
    """The number as a float, from `least` to `most`; an array of one entry is a number.

    Raises:
        ValueError: it is no number, nan, or outside.
    """
    number = plain(number)
    numbers = int, float, np.number, np.ndarray
    array = np.asarray(number if isinstance(number, numbers) else [])
    if array.size != 1 or array.dtype.kind not in "iuf" or not least <= array.item() <= most:
        bounds = [f"from {least:g}"] * (least > -math.inf) + [f"up to {most:g}"] * (most < math.inf)
        raise ValueError(f"{name} is {number!r:.60}; it is {' '.join(['one number', *bounds])}.")
    return float(array.item())


def listed(names: Iterable[Any]) -> str:
    """The names for a message, the first ten of them."""
    names = list(map(str, names))
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def near(name: Any, names: Iterable[str]) -> str:
    """" Did you mean X?" for the name that comes next to this one, or nothing."""
    lower = {other.lower(): other for other in names}
    found = difflib.get_close_matches(str(name).strip().lower(), lower, 1)
    return f" Did you mean {lower[found[0]]}?" if found else ""
