"""Runs in a process of its own: loads a student's file, calls a function in it, hands back what it gave. Nothing is judged here.

    python child.py FILE FUNCTION SECONDS MEGABYTES      cases as JSON on stdin; what came, as JSON on stdout

It is started with an empty folder to work in and a clean environment. The file runs in a second process, with limits that are set
before it is loaded; the first one guards it: when the second has ended or its time is up, all that it has started is ended too,
whatever has become of whoever started the guard. The expected answers never come here.
"""

import contextlib
import json
import os
import signal
import sys
import time
import tokenize
import types

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import runtime_errors  # they lie beside this file
import syntax_errors

del sys.path[0]

LONGEST = 200  # characters of an error
BECOME_THE_PARENT_OF_ORPHANS = 36  # prctl's PR_SET_CHILD_SUBREAPER, on Linux


def main():
    path, name, seconds, megabytes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if hasattr(os, "fork"):
        adopt()
        child = os.fork()
        if child:
            guard(child, seconds + 3)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what the file prints
    cases = json.load(sys.stdin)
    limit(seconds, megabytes)
    json.dump(answers(path, name, cases), out)
    out.flush()
    os._exit(0)  # nothing of the student's runs after this


def adopt():
    """Makes this process the parent of all descendants whose own parent has ended, so that none gets lost; on Linux."""
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).prctl(BECOME_THE_PARENT_OF_ORPHANS, 1, 0, 0, 0)


def guard(child, seconds):
    """Waits for the child, ends it when its time is up, ends or deletes all that it has left behind, and then itself in the same
    way."""
    import shutil

    end, status = time.monotonic() + seconds, None
    while status is None:
        ended, how = os.waitpid(child, os.WNOHANG)
        if ended:
            status = how
        elif time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            status = os.waitpid(child, 0)[1]
        else:
            time.sleep(0.005)
    while left := orphans():
        for orphan in left:
            with contextlib.suppress(OSError):
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)
    shutil.rmtree(os.getcwd(), ignore_errors=True)
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 255)


def orphans():
    """The children of this process, as Linux tells them; none elsewhere."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(number) for number in file.read().split()]
    except OSError:
        return []


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
    sys.modules["tinygrad_edu"] = None  # type: ignore[assignment]  # which has the solutions: a door that is closed, not locked
    try:
        with open(path, "rb") as file:  # bytes: they may say themselves how they are to be read
            exec(compile(file.read(), os.path.basename(path), "exec"), names)
    except SyntaxError as error:
        return {"error": not_python(error, path)}
    except BaseException as error:
        return {"error": f"before {name} could be called, the file raised {said(error)}"}
    function = names.get(name)
    if not callable(function):
        return {"error": f"there is no function {name} in the file{renamed(names)}"}
    return {"answers": [called(function, case) for case in cases]}


def renamed(names):
    """The sentence about the one function of a file, if it is called something else."""
    others = [name for name, thing in names.items()
              if isinstance(thing, types.FunctionType) and not name.startswith("_")]
    if len(others) != 1:
        return ""
    return f": there is one that is called {others[0][:40]}, and the name has to stay"


def called(function, case):
    """{"value": as JSON} or {"error": in words}."""
    try:
        inputs = [read(x) for x in case]
        before = [x.tobytes() for x in inputs if hasattr(x, "tobytes")]
        answer = written(function(*inputs))
        after = [x.tobytes() for x in inputs if hasattr(x, "tobytes")]
        return {**answer, "changes": True} if after != before else answer
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
        return {"error": "it gave nothing (None): is there a return, on every way through, and not only a print?"}
    import numpy as np

    if isinstance(x, type(np)) or callable(x):
        return {"error": "it gave a function, and not a number: are brackets missing, with what "
                         "goes into the function?"}
    if isinstance(x, types.GeneratorType):
        return {"error": "it gave a generator, and not a number: is a sum(...) missing around it?"}
    is_tuple = isinstance(x, tuple) and len(x) > 1
    try:
        x = np.asarray(x)
    except ValueError:  # rows of different lengths
        return {"error": f"it gave a {type(x).__name__} of things of different shapes, and not one array of numbers"}
    if x.dtype.kind not in "fiub":
        what = {"c": "complex numbers", "O": f"an object ({type(x.flat[0]).__name__})" if x.size else "nothing", "U": "text (str)"}
        if x.dtype == object and x.size and isinstance(x.flat[0], int):
            what["O"] = "an integer that is too large"
        return {"error": f"it gave {what.get(x.dtype.kind, f'an array of dtype {x.dtype}')}, and not ordinary numbers"}
    if x.size > 10_000:
        return {"error": f"it gave {x.size} numbers, which are far too many"}
    return {"shape": list(x.shape), "array": [float(number) for number in x.ravel()],
                          "is_tuple": is_tuple}


def said(error):
    """The error in words; of the usual slips in plainer ones than Python's and NumPy's."""
    try:
        text = " ".join(str(error).split())[:LONGEST]
    except Exception:
        text = ""
    place = runtime_errors.Place(error, os.path.basename(sys.argv[1]), source_of(sys.argv[1]))
    if isinstance(error, ImportError):
        ours = (error.name or "").split(".")[0] == "tinygrad_edu"
        text = "an exercise may not use tinygrad_edu, leave it out" if ours else f"{text} (a file is run alone, with NumPy at hand)"
    elif isinstance(error, EOFError):
        text = "it asks for input, and nobody is there to type"
    elif isinstance(error, BlockingIOError) or "can't start new thread" in text:
        text = "it may start no other process or thread"
    else:
        with contextlib.suppress(Exception):
            text = runtime_errors.in_running(error, place)[:LONGEST] or text
    line = f" in line {place.line}" if place.line else ""
    return f"{type(error).__name__}{line}{f': {text}' if text else ''}"


def not_python(error, path):
    """What is wrong with a file that Python cannot read."""
    text = ""
    with contextlib.suppress(Exception):
        text = syntax_errors.in_syntax(error, source_of(path))
    line = f"in line {error.lineno}" if error.lineno else ""
    if not text:
        return f"this is not Python: {str(error.msg).rstrip('.')} {line}".rstrip()
    return f"this is not Python: {line}, {text}" if line else f"this is not Python: {text}"


def source_of(path):
    """The text of a file, or nothing if it cannot be read."""
    with contextlib.suppress(Exception), tokenize.open(path) as file:
        return file.read()
    return ""


if __name__ == "__main__":
    main()
