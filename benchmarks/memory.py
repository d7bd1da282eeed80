"""What 10,000 training steps of XOR leave behind with the garbage collector off: a dropped record is freed at once."""

from __future__ import annotations

import gc
import os
import tracemalloc
from pathlib import Path

from benchmarks import xor
from benchmarks.table import Row

STEPS, LIMIT = 10_000, 1000  # kB
STATM = Path("/proc/self/statm")  # Linux: the pages this process has in memory


def measure(turns):
    figures = {"growth, tracemalloc": growth(traced)}
    if STATM.exists():
        figures["growth, resident set"] = growth(resident)
    return [Row(name, kilobytes, "kB", target=f"< {LIMIT:,} kB", reached=kilobytes < LIMIT)
            for name, kilobytes in figures.items()]


def growth(bytes_now):
    """Kilobytes more after the steps than after a warm-up."""
    step = xor.tinygrad_edu()
    gc.collect()
    gc.disable()
    if bytes_now is traced:
        tracemalloc.start()
    try:
        repeat(step, STEPS // 10)
        before = bytes_now()
        repeat(step, STEPS)
        return (bytes_now() - before) / 1e3
    finally:
        tracemalloc.stop()
        gc.enable()


def repeat(step, times):
    for _ in range(times):
        step()


def traced():
    return tracemalloc.get_traced_memory()[0]


def resident():
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
