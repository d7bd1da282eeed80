"""Runs the cases and prints their table: `python -m benchmarks [CASE ...] [--turns N] [--json FILE] [--write]`."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from benchmarks import chain, checkers, drawing, fit, games, importing, layer, lecture, memory, moons, xor
from benchmarks.machine import machine
from benchmarks.runner import MISSING
from benchmarks.table import Row, markdown

# A case is a module whose docstring says what is measured, with `measure(turns) -> list of Rows`.
CASES = {module.__name__.rpartition(".")[2]: module
         for module in (xor, layer, fit, moons, chain, importing, memory, drawing, checkers, lecture, games)}
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- the last run: begin -->\n", "<!-- the last run: end -->\n"


def main() -> int:
    options = parse()
    results: dict[str, list[Row]] = {}
    for name in options.cases:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            results[name] = CASES[name].measure(options.turns)
        except Exception:  # the others still run, and the exit status tells
            traceback.print_exc()
    failed = [name for name in options.cases if name not in results]
    text = report(results, failed)
    print(text)
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "failed": failed, "results": {
            name: [asdict(row) for row in rows] for name, rows in results.items()}}, indent=1))
    if options.write:
        before, rest = README.read_text(encoding="utf-8").split(BEGIN)
        README.write_text(before + BEGIN + text + "\n" + END + rest.split(END)[1], encoding="utf-8")
    return 1 if failed else 0


def report(results: dict[str, list[Row]], failed: list[str]) -> str:
    """The run in Markdown: when and where, the table, and what is not in it."""
    lines = ["; ".join(f"{what}: {is_}" for what, is_ in machine().items()) + ".", "", markdown(results)]
    lines += ["", f"Not installed and left out: {', '.join(MISSING)} (`pip install tinygrad-edu[peers]`)."] if MISSING else []
    lines += ["", f"Failed: {', '.join(failed)}."] if failed else []
    return "\n".join(lines)


def parse() -> argparse.Namespace:
    about = "\n".join(f"  {name:10} {module.__doc__.splitlines()[0]}" for name, module in CASES.items())
    parser = argparse.ArgumentParser(prog="python -m benchmarks", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description="Races tinygrad_edu against its peers and prints the table.",
                                     epilog=f"cases:\n{about}")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="the cases to run; all of them if none is named")
    parser.add_argument("--turns", type=int, default=15, metavar="N", help="turns of each contender (15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md; takes all the cases")
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"there is no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    if options.turns < 1:
        parser.error("--turns: at least 1")
    if options.write and options.cases:
        parser.error("--write is for a run of all the cases: name none")
    options.cases = options.cases or list(CASES)
    return options


if __name__ == "__main__":
    sys.exit(main())
