"""How this thread is recording: as usual, not at all, or watched for nan and infinity; and whether it is in a derivative."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from threading import get_ident
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """How a thread records."""

    record: bool = True
    watch: Any = None  # what `detect_anomaly` looks with


USUAL = Mode()
unusual: dict[int, Mode] = {}  # thread -> its mode, where that is not the usual one; empty almost always
differentiating = threading.local()  # .depth: how many derivatives are being taken on this thread, one inside the other


def mode() -> Mode:
    """How this thread is recording now."""
    return unusual.get(get_ident(), USUAL)


@contextmanager
def recording(on: bool | None = None, **changes: Any) -> Iterator[None]:
    """Switches recording on or off, or changes the mode otherwise, for this thread and until the end of the block."""
    thread, before = get_ident(), unusual.get(get_ident())
    if on is not None:
        changes["record"] = on
    now = replace(before or USUAL, **changes)
    try:
        _enter(thread, now)
        yield
    finally:
        _enter(thread, before or USUAL)


def _enter(thread: int, now: Mode) -> None:
    if now.record and now.watch is None:
        unusual.pop(thread, None)
    else:
        unusual[thread] = now


def no_record() -> AbstractContextManager[None]:
    """`with no_record(): ...`: Values made inside remember nothing (this thread only)."""
    return recording(False)
