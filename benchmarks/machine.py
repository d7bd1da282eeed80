"""Where and when a run took place: a figure without them says nothing."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks.runner import MISSING, PEERS


def machine() -> dict[str, str]:
    """The date, the machine and the versions, and nothing of where things lie on it."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", *PEERS) if name not in MISSING)
    return {
        "date": datetime.date.today().isoformat(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "versions": versions,
    }


def _processor() -> str:
    """The name on the box: Linux writes it into a file, the others tell `platform`."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
