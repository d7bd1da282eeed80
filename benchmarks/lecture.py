"""The whole lecture, `tinygrad-edu lecture`, and with --fast: once each, with as many threads as the machine likes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from benchmarks import ONE_THREAD
from benchmarks.table import Row

LIMITS = {"": 240, "--fast": 60}  # seconds, on two cores; 150 and 30 before there were sections 10-13


def measure(turns):
    return [Row(f"lecture {flag}".strip(), seconds, target=f"< {limit} s", reached=seconds < limit)
            for flag, limit in LIMITS.items() for seconds in [seconds_for(flag)]]


def seconds_for(flag):
    unpinned = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "tinygrad_edu", "lecture", "--out", folder, *flag.split()],
                       check=True, stdout=subprocess.DEVNULL, env=unpinned)
        return time.perf_counter() - start
