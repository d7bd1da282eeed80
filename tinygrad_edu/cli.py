"""The command `tinygrad-edu`."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEFAULT_OUT = Path("lecture")


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns 0, 1 if a check failed, 2 for bad arguments or a missing package."""
    chosen = _parser().parse_args(arguments)
    try:
        with _ctrl_c_stops_everything():
            return chosen.run(chosen)
    except ModuleNotFoundError as error:
        extra = "lecture" if chosen.run is _lecture else "draw"
        return _refuse(f"{chosen.command} needs the package {error.name}. Install it with: pip install 'tinygrad-edu[{extra}]'")
    except BrokenPipeError:  # of what comes after us: `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python is quiet about it too
        return 1
    except OSError as error:  # of a file in the middle of the work, such as a disk that is full
        what = f"{str(error.filename)!r}: {error.strerror}" if error.filename else str(error)
        return _refuse(f"a file cannot be read or written: {what.removesuffix('.')}.")
    except (KeyboardInterrupt, _Stopped):
        return _refuse("stopped")


class _Stopped(BaseException):
    """Ctrl-C, under a name that `fit` does not take for the end of learning alone."""


@contextmanager
def _ctrl_c_stops_everything() -> Iterator[None]:
    def stop(*signal_and_frame: Any) -> None:
        if hasattr(signal, "setitimer"):  # Python ignores what is raised in some places, when an object is freed: then again
            signal.setitimer(signal.ITIMER_REAL, 0.5)
        raise _Stopped

    if threading.current_thread() is not threading.main_thread():  # which signals go to
        yield
        return
    signals = [signal.SIGINT, signal.SIGTERM, *([signal.SIGALRM] if hasattr(signal, "setitimer") else [])]
    before = [signal.signal(number, stop) for number in signals]
    try:
        yield
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in zip(signals, before):
            signal.signal(number, handler)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tinygrad-edu", description="The backprop lecture that you can run.", allow_abbrev=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    lecture = commands.add_parser("lecture", help="run the lecture and write it as a page", allow_abbrev=False,
                                  description="Runs the sections of the lecture, checks them against the slides and writes a page.")
    lecture.add_argument("sections", nargs="*", metavar="SECTION",
                         help="the sections to run, by name or number (all if none is named)")
    lecture.add_argument("--out", type=_folder, default=DEFAULT_OUT, metavar="DIR",
                         help="where the page goes (default: %(default)s)")
    lecture.add_argument("--seed", type=_seed, default=0, metavar="N", help="for everything random (default: %(default)s)")
    lecture.add_argument("--fast", action="store_true", help="smaller pictures, fewer steps")
    lecture.add_argument("--list", action="store_true", help="list the sections and stop")
    lecture.set_defaults(run=_lecture)
    draw = commands.add_parser("draw", help="run a file and draw the graph of one of its values", allow_abbrev=False,
                               description="Runs a Python file and draws what it calls NAME: a Value as its computation graph, "
                                           "a Network as units and weights.")
    draw.add_argument("target", metavar="FILE.py:NAME", help="the file, and the name of a Value or a Network in it")
    draw.add_argument("-o", "--out", type=_file, default=Path("graph.svg"), metavar="PICTURE",
                      help="where the picture goes; its suffix is the format (default: %(default)s)")
    draw.add_argument("--level", help="operation, layer (one box for each), or scalar (number by number); by size if left out")
    draw.set_defaults(run=_draw)
    explore = commands.add_parser("explore", help="run a file and write a page to step through one of its values",
                                  allow_abbrev=False,
                                  description="Runs a Python file and writes a page on which the computation of the Value that it "
                                              "calls NAME can be stepped through, in any browser.")
    explore.add_argument("target", metavar="FILE.py:NAME", help="the file, and the name of a Value in it")
    explore.add_argument("-o", "--out", type=_file, default=Path("backprop.html"), metavar="PAGE",
                         help="where the page goes (default: %(default)s)")
    explore.set_defaults(run=_explore)
    exercises = commands.add_parser("exercises", help="derive the slides' gradients by hand, and be told what is wrong",
                                    allow_abbrev=False, description="Exercises on the slides' derivations: programs with a hole.")
    exercises.add_argument("what", choices=("list", "start", "next", "check", "watch", "hint", "reset", "progress"),
                           help="list: all exercises; start: write their files, into the folder NAME; next: which one is "
                                "next; check: one, or the next; watch: check whatever is saved; hint: for one, or the next; "
                                "reset: begin one again; progress")
    exercises.add_argument("name", nargs="?", metavar="NAME", help="an exercise, by name, number or file; for start, a folder")
    exercises.add_argument("--dir", type=_folder, metavar="DIR",
                           help="the folder of your files (default: exercises, or the one that you are in)")
    exercises.set_defaults(run=_exercises)
    mark = commands.add_parser("mark", help="mark exercises: of one student, or of a whole class", allow_abbrev=False,
                               description="Marks a file, the folder of a student, or a folder with one for each student.")
    mark.add_argument("path", type=_handed_in, metavar="FILE|DIR", help="what was handed in")
    mark.add_argument("--format", default="text", choices=("text", "json", "gradescope", "prairielearn", "junit"),
                      help="how the marks are written (default: %(default)s)")
    mark.add_argument("--out", type=_file, metavar="PATH", help="where they go; a run that was stopped then goes on where it was")
    mark.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="how many files are tried at once (default: %(default)s)")
    mark.add_argument("--seed", type=_seed, default=0, metavar="N", help="of the hidden numbers (default: %(default)s)")
    mark.add_argument("--exercises", type=lambda text: text.split(","), metavar="NAME,NAME",
                      help="those that were set, by name or number (all if left out)")
    mark.set_defaults(run=_mark)
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage in front of it."""

    def error(self, message: str) -> None:  # type: ignore[override]
        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)$", message)
        near = wrong and difflib.get_close_matches(wrong[1], re.findall(r"[\w-]+", wrong[2]), 1)
        advice = f" Did you mean {near[0]}?" if near else ""
        sys.exit(_refuse(f"{message}.{advice} See {self.prog} --help."))


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed; a seed is a whole number from 0")
    return int(text)


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of jobs; it is a whole number from 1 to 64")
    return int(text)


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("the folder has no name")
    return Path(text)


def _handed_in(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("what was handed in has no name; . is this folder")
    return Path(text)


def _file(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("the file to write has no name")
    return Path(text)


def _lecture(chosen: argparse.Namespace) -> int:
    from tinygrad_edu.learning.episode import NoEnvironment
    from tinygrad_edu.lecture import SECTIONS
    from tinygrad_edu.lecture.run import give, prepare, table, write_page

    numbers = {str(number): section.name for number, section in enumerate(SECTIONS, start=1)}
    named = [numbers.get(name, name) for name in chosen.sections]
    unknown = [name for name in named if name not in numbers.values()]
    if unknown:
        names = [section.name for section in SECTIONS]
        near = difflib.get_close_matches(unknown[0].lower(), names, 1)
        return _refuse(f"there is no section {unknown[0]!r}. "
                       + (f"Did you mean {near[0]}?" if near else f"The sections are {', '.join(names)}."))
    if chosen.list:
        width = max(len(section.name) for section in SECTIONS)
        for number, section in enumerate(SECTIONS, start=1):
            print(f"{number}  {section.name.ljust(width)}  {section.title}")
        return 0
    try:
        prepare(chosen.out)
    except OSError as error:
        why = (error.strerror or str(error)).removesuffix(".")
        return _refuse(f"cannot write into {str(chosen.out)!r}: {why}. Choose another folder with "
                       "--out.")

    from tqdm import tqdm

    wanted = [(number, section) for number, section in enumerate(SECTIONS, start=1) if not named or section.name in named]
    given = []
    with tqdm(wanted, unit="section", disable=None, leave=False) as bar:
        for number, section in bar:
            bar.set_description(section.name)
            try:
                given.append(give(number, section, chosen.out, chosen.seed, chosen.fast))
            except NoEnvironment as error:
                bar.write(f"{section.title}: left out, for {error}\n")
                continue
            bar.write(f"{section.title} ({given[-1].seconds:.1f} s)\n{table(given[-1].checks)}\n")
    some = f" (with {len(given)} of {len(SECTIONS)} sections)" if len(given) < len(SECTIONS) else ""
    print(f"The page is {write_page(given, chosen.out)}{some}")
    failed = [f"{one.section.name}: {check.name}" for one in given for check in one.checks if not check.passed]
    for name in failed:
        print(f"FAILED {name}", file=sys.stderr)
    print(f"{sum(len(one.checks) for one in given) - len(failed)} checks hold, {len(failed)} failed")
    return 1 if failed else 0


def _draw(chosen: argparse.Namespace) -> int:
    from tinygrad_edu.drawing.graph import check, draw
    from tinygrad_edu.drawing.network_picture import draw_network
    from tinygrad_edu.network.layer import Network

    def write(value: Any) -> None:
        picture = draw_network(value) if isinstance(value, Network) else draw(value, level=chosen.level)
        picture.save(chosen.out)

    return _written(chosen, "picture", check, write)


def _explore(chosen: argparse.Namespace) -> int:
    from tinygrad_edu.drawing.explorer.explore import check, explore

    return _written(chosen, "page", check, lambda value: explore(value, chosen.out))


def _exercises(chosen: argparse.Namespace) -> int:
    from tinygrad_edu.exercises.desk import COMMANDS, NotThere, home

    try:
        text, good = COMMANDS[chosen.what](home(chosen.dir, chosen.name), chosen.name)
    except NotThere as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"cannot use {error.filename or str(chosen.dir)!r}: {error.strerror or error}")
    print(text)
    return 0 if good else 1


def _mark(chosen: argparse.Namespace) -> int:
    from tinygrad_edu.exercises.desk import NotThere
    from tinygrad_edu.exercises.mark import FORMATS, check_format, left_out, mark, not_marked_lines
    from tinygrad_edu.storage.whole import check_writable, whole

    memory = None if chosen.out is None else chosen.out.with_name(f"{chosen.out.name}.marked")
    try:
        if chosen.out is not None:
            check_writable(chosen.out)
        check_format(chosen.format, chosen.path)
        others = left_out(chosen.path)  # before the report is there
        marks = mark(chosen.path, chosen.seed, chosen.jobs, memory, chosen.exercises)
        text = FORMATS[chosen.format](marks, others)
        if chosen.out is not None and memory is not None:
            with whole(chosen.out) as part:
                part.write_text(text + "\n", encoding="utf-8")
            memory.unlink(missing_ok=True)
    except NotThere as error:
        return _refuse(str(error))
    except OSError as error:
        what = f"write {str(chosen.out)!r}"
        if chosen.out is None:
            what = f"read {str(error.filename or chosen.path)!r}"
        return _refuse(f"cannot {what}: {error.strerror or error}")
    print(text if chosen.out is None else f"The marks are {chosen.out}")
    for line in not_marked_lines(others):
        print(line, file=sys.stderr)
    return 0


def _written(chosen: argparse.Namespace, what: str, check: Callable[[Path], Any], write: Callable[[Any], Any]) -> int:
    """Runs the file that was named and writes what it calls NAME; what goes wrong is said in one sentence."""
    from tinygrad_edu.drawing.engine import EngineFailed, EngineMissing
    from tinygrad_edu.running import NotGiven, named_in

    try:
        check(chosen.out)  # now, and not when the program has run for an hour
        write(named_in(chosen.target))
    except OSError as error:
        return _refuse(f"cannot write {str(chosen.out)!r}: {error.strerror or error}")
    except (NotGiven, TypeError, ValueError, EngineMissing, EngineFailed) as error:
        return _refuse(str(error))
    print(f"The {what} is {chosen.out}")
    return 0


def _refuse(sentence: str) -> int:
    print(f"tinygrad-edu: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
