"""Whether this thread is recording, and whether it is in the middle of a derivative."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import get_ident

not_recording: dict[int, bool] = {}  # thread -> True while it is inside no_record(); empty almost always
differentiating = threading.local()  # .depth: how many derivatives are being taken on this thread, one inside the other


@contextmanager
def recording(on: bool) -> Iterator[None]:
    """Switches recording on or off, for this thread and until the end of the block."""
    thread, before = get_ident(), not_recording.get(get_ident())
    try:
        if on:
            not_recording.pop(thread, None)
        else:
            not_recording[thread] = True
        yield
    finally:
        if before:
            not_recording[thread] = True
        else:
            not_recording.pop(thread, None)


def no_record() -> AbstractContextManager[None]:
    """`with no_record(): ...`: Values made inside remember nothing (this thread only)."""
    return recording(False)
