"""Checks of the numbers that a network and a run are set up with: counts, seeds, learning rates."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np


def whole_number(name: str, number: Any, least: int = 0) -> int:
    """The number as an int, whichever kind of integer it came as.

    Raises ValueError for anything else, or below `least`.
    """
    try:
        whole = index(number)
    except TypeError:
        whole = least - 1
    if isinstance(number, (bool, np.bool_)) or whole < least:
        raise ValueError(f"{name} is {number!r:.60}; it is a whole number from {least}.")
    return whole


def check_number(name: str, number: Any) -> None:
    """Raises ValueError for what is not a finite number from 0."""
    if not is_real(number) or not 0 <= number < float("inf"):
        raise ValueError(f"{name} is {number!r:.60}; it is a number from 0.")


def check_epsilon(epsilon: Any) -> None:
    """Raises ValueError for a learning rate that is not a finite number above 0."""
    if not is_real(epsilon) or not 0 < epsilon < float("inf"):
        raise ValueError(f"ε is {epsilon!r:.60}; a learning rate is a number above 0, such as 0.1.")


def check_share(name: str, share: Any) -> None:
    """Raises ValueError for what is not a number from 0 to just below 1."""
    if not is_real(share) or not 0 <= share < 1:
        raise ValueError(
            f"{name} is {share!r:.60}; it says how much is kept at each step: from 0 to just "
            f"below 1, such as 0.9."
        )


def is_real(number: Any) -> bool:
    """Whether it is one real number, of Python's or of NumPy's; a bool is none."""
    return isinstance(number, (int, float, np.integer, np.floating)) and not isinstance(
        number, bool
    )
