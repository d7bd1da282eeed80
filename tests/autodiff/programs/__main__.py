"""The command line: prints one program, or compares many. Ends with 1 if any disagree."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from . import __doc__ as described
from .comparing import beyond_tolerance, disagreements, errors, torch
from .making import make
from .program import KEPT, keep
from .reporting import as_python, report


def main(words: Sequence[str] | None = None) -> int:
    """The command, with these words after its name."""
    parser = argparse.ArgumentParser(prog="python -m tests.autodiff.programs", description=(described or "").split("\n")[0])
    parser.add_argument("seed", type=int, nargs="?", help="print this program")
    parser.add_argument("--compare", action="store_true", help="compare it, and if it disagrees make it small")
    parser.add_argument("--from", type=int, dest="first", default=0, metavar="SEED", help="the first seed of many")
    parser.add_argument("--count", type=int, default=0, help="how many to compare")
    parser.add_argument("--keep", action="store_true", help=f"add what disagrees to {KEPT.name}")
    parser.add_argument("--without-torch", action="store_true", help="compare with HIPS autograd alone")
    options = parser.parse_args(words)
    seeds = range(options.first, options.first + options.count)
    if options.seed is not None:
        print(as_python(make(options.seed)))
        seeds = range(options.seed, options.seed + options.compare)
    return compare(seeds, torch is not None and not options.without_torch, options.keep) if seeds else 0


def compare(seeds: range, with_torch: bool, keep_them: bool) -> int:
    """Compares these programs and prints what came of it."""
    began, failed = time.perf_counter(), 0
    largest: dict[str, tuple[float, int]] = {}
    for seed in seeds:
        program = make(seed)
        found = errors(program, with_torch)
        for what, error in found.items():
            largest[what] = max(largest.get(what, (0.0, 0)), (error, seed))
        if beyond_tolerance(found):
            failed += 1
            small, text = report(program, with_torch) or (program, as_python(program))
            print(f"\n{text}", flush=True)
            if keep_them:
                keep(disagreements(small, with_torch)[0], small)
    print(f"\n{len(seeds)} programs in {time.perf_counter() - began:.0f} s, {failed} of them disagree"
          f"{'' if with_torch else '; torch was not asked'}. The largest errors, and the seeds of their programs:")
    for what, (error, seed) in sorted(largest.items()):
        print(f"  {error:.1e}  {seed:<8} {what}")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
