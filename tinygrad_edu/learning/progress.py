"""A progress bar for what takes more than a second, and none for what does not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")
PATIENCE = 1.0  # seconds


def progress(items: Iterable[Item], unit: str, total: int | None = None) -> Iterator[Item]:
    """The items one by one; after a second a bar appears, if tqdm is installed and somebody is looking at a terminal."""
    start, bar = time.perf_counter(), None
    try:
        for done, item in enumerate(items, start=1):
            yield item
            if bar is not None:
                bar.update()
            elif time.perf_counter() - start > PATIENCE:
                bar = _bar(unit, total, done)
                start = float("inf")  # asked once: there may be no tqdm
    finally:
        if bar is not None:
            bar.close()


def _bar(unit: str, total: int | None, done: int) -> Any:
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        return None
    return tqdm(total=total, initial=done, unit=f" {unit}", disable=None, leave=False)
