"""`import tinygrad_edu` against `import numpy`, each in a fresh interpreter, whose start is in both times.

Both find their bytecode, as they do from the second import on; the first, untimed import writes it, into a folder of its own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from benchmarks.runner import in_turns, paired
from benchmarks.table import Row

HEAVY = ["matplotlib", "graphviz", "tinygrad_edu.lecture"]  # loaded when they are used, not before
MILLISECONDS = 60


def measure(turns):
    with tempfile.TemporaryDirectory() as bytecode:
        os.environ["PYTHONPYCACHEPREFIX"] = bytecode
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        times = in_turns({name: lambda name=name: python(f"import {name}") for name in ("numpy", "tinygrad_edu")}, turns=turns)
    more = 1e3 * statistics.median(ours - numpys for ours, numpys in zip(times["tinygrad_edu"], times["numpy"]))
    loaded = python(f"import sys, tinygrad_edu; print(*[name for name in {HEAVY} if name in sys.modules])").split()
    return [*(Row(name, statistics.median(ts), to_first=paired(ts, times["numpy"])) for name, ts in times.items()),
            Row("tinygrad_edu − numpy", more, "ms", target=f"≤ {MILLISECONDS} ms", reached=more <= MILLISECONDS),
            Row(f"loaded of {', '.join(HEAVY)}", len(loaded), "modules", target="0", reached=not loaded)]


def python(program):
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
