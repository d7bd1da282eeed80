"""Runs in a process of its own: loads a student's file, calls a function in it, hands back what it gave. Nothing is judged here.

    python child.py FILE FUNCTION SECONDS MEGABYTES      cases as JSON on stdin; what came, as JSON on stdout

It is started with an empty folder to work in and a clean environment. The limits are set before the student's code is loaded, and
the expected answers never come here.
"""

import contextlib
import json
import os
import sys
import types

LONGEST = 200  # characters of an error


def main():
    path, name, seconds, megabytes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what the file prints
    cases = json.load(sys.stdin)
    limit(seconds, megabytes)
    json.dump(answers(path, name, cases), out)
    out.flush()
    os._exit(0)  # nothing of the student's runs after this


def limit(seconds, megabytes):
    """Less time, memory, files and processes than a student's mistake would take."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock alone
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # first a signal that tells what it was, then the end
    for what, most in ((resource.RLIMIT_AS, megabytes * 2**20), (resource.RLIMIT_FSIZE, 2**20), (resource.RLIMIT_CORE, 0),
                       (resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_NPROC, 0)):  # no children, unless the superuser runs this
        with contextlib.suppress(ValueError, OSError):  # macOS does not know them all
            resource.setrlimit(what, (most, most))


def answers(path, name, cases):
    """{"answers": [...]}, or {"error": what went wrong, in words}."""
    module = types.ModuleType("exercise")  # known by name, which dataclasses ask for
    module.__file__ = path
    names = module.__dict__
    sys.modules["exercise"] = module
    sys.modules["tinygrad_edu"] = None  # type: ignore[assignment]  # whose exercises come with their solutions; a door that is closed, not locked
    try:
        with open(path, encoding="utf-8-sig") as file:  # editors of Windows put a mark in front
            exec(compile(file.read(), os.path.basename(path), "exec"), names)
    except SyntaxError as error:
        return {"error": f"this is not Python: {error.msg} in line {error.lineno}"}
    except BaseException as error:
        return {"error": f"the file raised {said(error)} before {name} could be called"}
    function = names.get(name)
    if not callable(function):
        return {"error": f"there is no function {name} in the file"}
    return {"answers": [called(function, case) for case in cases]}


def called(function, case):
    """{"value": as JSON} or {"error": in words}."""
    try:
        return written(function(*map(read, case)))
    except BaseException as error:
        return {"error": f"it raised {said(error)}"}


def read(x):
    if not isinstance(x, dict):
        return x
    import numpy as np

    return np.array(x["array"], dtype=float).reshape(x["shape"])


def written(x):
    if x is ...:
        return {"hole": True}
    if x is None:
        return {"error": "it gave nothing (None): is there a return, and not only a print?"}
    import numpy as np

    try:
        x = np.asarray(x)
    except ValueError:  # rows of different lengths
        return {"error": f"it gave a {type(x).__name__} of things of different shapes, and not one array of numbers"}
    if x.dtype.kind not in "fiub":
        return {"error": f"it gave a {type(x.item() if x.ndim == 0 else x).__name__}, and not numbers"}
    if x.size > 10_000:
        return {"error": f"it gave {x.size} numbers"}
    return {"shape": list(x.shape), "array": [float(number) for number in x.ravel()]}


def said(error):
    text = " ".join(str(error).split())[:LONGEST]
    lines = []
    trace = error.__traceback__
    while trace is not None:
        lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    where = [line for file, line in lines if file.endswith(os.path.basename(sys.argv[1]))]
    return f"{type(error).__name__}{f' in line {where[-1]}' if where else ''}{f': {text}' if text else ''}"


if __name__ == "__main__":
    main()
