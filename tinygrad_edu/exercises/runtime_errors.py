"""Says in a beginner's words what Python and NumPy say of a usual slip in a program that runs.

    in_running(error, place)        # "you wrote y(1 - y) as a call: * is missing"

It runs beside a student's file (`child.py`), and needs nothing but the standard library.
"""

import builtins
import difflib
import inspect
import math
import re
import sys
import unicodedata

IMPORT_NUMPY = "write import numpy as np at the top"
SIGMOID = "the sigmoid of u is 1 / (1 + np.exp(-u))"
ONE_NUMBER = {"float", "int", "float64", "float32", "int64", "bool"}
LISTS = {"list", "tuple"}
FUNCTIONS = {"function", "builtin_function_or_method", "method", "method-wrapper", "type"} | {
    "numpy.ufunc", "_ArrayFunctionDispatcher", "numpy._ArrayFunctionDispatcher"}
OTHER_ARGUMENTS = (
    "the function takes other arguments than it had: leave the line with def as it was"
)
OPERANDS = (  # what is said where one of the two is of such a kind
    (
        {"NoneType"},
        "one of the two is nothing (None): is it from a function without a return, or from a "
        "print?",
    ),
    ({"ellipsis"}, "there is a ... left in it"),
    ({"str"}, "there is text in quotes, and no number: leave the quotes out"),
    (FUNCTIONS, "a function is no number: are the brackets missing, with what goes into it?"),
    (LISTS, "there is a list, and no array: np.array(...) makes one"),
    ({"dict", "set"}, "there are curly brackets, and no array: np.array([...]) makes one"),
    ({"module"}, "np is no number: is the name of one of its functions missing?"),
)
GIVEN = (  # the sentence about an error of this kind
    (
        r"only (?:length-1|0-dimensional|integer scalar) arrays",
        "one number is needed, and there is an array: functions of math take numbers, and those of "
        "np arrays",
    ),
    (
        r"data type",
        "several sizes or entries need a bracket of their own: np.zeros((2, 3)), np.array([1, 2])",
    ),
    (r"cannot be interpreted as an integer", "a whole number is needed, and there is a fraction"),
    (
        r"Cannot cast ufunc",
        "an array of whole numbers takes up no fractions: make it with np.zeros(n), or of 0.0",
    ),
    (
        r"does not support item assignment",
        "an entry of it cannot be changed: make an array of it with np.array(...)",
    ),
)


class Place:
    """Where a file raised an error.

    line: 0 if none of the file's lines was reached. code: the expression. known: the names that are
    at hand there; local: those of the function.
    """

    def __init__(self, error, path, source):
        self.line, self.code, self.known, self.local = 0, "", {}, []
        trace = error.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            if frame.f_code.co_filename == path:
                self.line = trace.tb_lineno
                self.code = _expression(frame.f_code, trace.tb_lasti, source)
                of_module = "__file__" in frame.f_locals
                own = [name for name in frame.f_locals if not name.startswith("_")]
                self.local = [] if of_module else own
                self.known = {**frame.f_globals, **frame.f_locals}
            trace = trace.tb_next


def _expression(code, instruction, source):
    """The expression of a file that an instruction belongs to, on one line."""
    try:
        first, last, begin, end = list(code.co_positions())[instruction // 2]
        lines = source.splitlines()[first - 1 : last]
        lines[-1] = lines[-1].encode()[:end].decode()
        lines[0] = lines[0].encode()[begin:].decode()
        text = " ".join(" ".join(lines).split())
    except Exception:
        return ""
    return text if len(text) <= 60 else f"{text[:57]}..."


def in_running(error, place):
    """What is wrong where a file raised an error; "" if Python's own words are as good."""
    text = " ".join(str(error).split())
    if isinstance(error, NameError):
        return _name(error, text, place)
    if isinstance(error, AttributeError):
        return _attribute(error, place)
    if isinstance(error, RecursionError):
        return (
            "it calls itself without end: is the function's own name in it, where something "
            "else is meant?"
        )
    if isinstance(error, ZeroDivisionError):
        return "division by zero" + (f" (in {place.code})" if place.code else "")
    if isinstance(error, OverflowError):
        return "a number became too large: is something missing, as a minus in an exponent?"
    if isinstance(error, TypeError):
        return _kind(text, place) or _arguments(text, place)
    return _shape(text, place) if isinstance(error, (ValueError, IndexError)) else ""


def _name(error, text, place):
    name = error.name or (re.findall(r"'([^']+)'", text) or [""])[0]
    if isinstance(error, UnboundLocalError) or "free variable" in text:
        near = difflib.get_close_matches(name, [one for one in place.local if one != name], 1, 0.5)
        return f"{name} has no value yet in this line: " + (
            f"did you mean {near[0]}?"
            if near
            else "is the line that gives it one missing, or further down?"
        )
    known = _known_elsewhere(name, place) or _composed(name, place)
    if known:
        return f"name '{name}' is not defined: {known}"
    ours = [one for one in place.known if not one.startswith("__")]
    near = (
        difflib.get_close_matches(name, place.local, 1, 0.7)
        or [one for one in ours if one.lower() == name.lower()]
        or difflib.get_close_matches(name, [*ours, *dir(builtins)], 1, 0.7)
    )
    if near:
        return f"name '{name}' is not defined: did you mean {near[0]}?"
    at_hand = ", ".join(place.local[:8])
    return f"name '{name}' is not defined{f'; these are: {at_hand}' if at_hand else ''}"


def _known_elsewhere(name, place):
    """The sentence about a name that is one of NumPy's, of Python's, or of the slides."""
    with_import = "" if "np" in place.known else f", with {IMPORT_NUMPY.removeprefix('write ')}"
    said = {
        "np": IMPORT_NUMPY,
        "math": "write import math at the top, or use NumPy's functions, as np.exp",
        "numpy": f"NumPy is called np, as in np.exp{with_import}",
        "e": f"a power of e is np.exp(...){with_import}",
        "true": "True has a capital letter",
        "false": "False has a capital letter",
        "null": "it is called None",
        "none": "None has a capital letter",
        "sigmoid": SIGMOID,
        "σ": SIGMOID,
        "pi": f"it is np.pi{with_import}",
        "π": f"it is np.pi{with_import}",
        "ln": f"the logarithm is np.log(...){with_import}",
        "Sum": "it is called sum",
    }.get(name)
    if said:
        return said
    numpy = sys.modules.get("numpy") or __import__("numpy")
    if not name.startswith("_") and callable(getattr(numpy, name, None)):
        return f"it is NumPy's: np.{name}{with_import}"
    return (
        f"write import math at the top, and math.{name}"
        if hasattr(math, name) and not name.startswith("_")
        else ""
    )


def _composed(name, place):
    """The sentence about a name that is two, or has a letter in it that is none of Python's."""
    if "·" in name:
        return "· is no operator, a product is written *"
    spelled = "".join(
        unicodedata.name(c).split()[-1].lower().replace("lamda", "lambda")
        if "GREEK" in unicodedata.name(c, "")
        else c
        for c in name
    )
    if spelled != name:
        spelled = "decay" if spelled == "lambda" and "decay" in place.known else spelled
        near = difflib.get_close_matches(spelled, place.local, 1, 0.6)
        return (
            f"it is called {near[0]} here"
            if near
            else f"Greek letters are written out here, as in {spelled}"
        )
    for n in range(1, len(name)):
        a, b = name[:n], name[n:]
        if a in place.local and b == "T":
            return f"the transpose of {a} is {a}.T"
        if a in place.local and b in place.local:
            return f"it is one name for Python: is it {a} * {b}?"
    return ""


def _attribute(error, place):
    name, thing = str(error.name), error.obj
    kind = type(thing).__name__
    if inspect.ismodule(thing):
        near = difflib.get_close_matches(name, dir(thing), 1, 0.7)
        called = "np" if thing.__name__ == "numpy" else thing.__name__
        return (
            f"there is no {called}.{name}: {SIGMOID}"
            if name == "sigmoid"
            else (
                f"there is no {called}.{name}"
                + (f": did you mean {called}.{near[0]}?" if near else "")
            )
        )
    if thing is None:
        return (
            f"there is nothing (None) in front of .{name}: has a function that gives nothing "
            f"been called there?"
        )
    if kind in LISTS:
        return f"a {kind} has no .{name}: np.array(...) makes an array of it"
    if kind in FUNCTIONS:
        return f"brackets are missing in front of .{name}, with what goes into the function"
    if name in ("t", "transposed", "Transpose", "TT") and kind == "ndarray":
        return "the transpose is written .T, with a capital letter"
    if kind in ("float", "int", "bool"):
        return f"there is one number in front of .{name}, and no array"
    if kind in ("ndarray", *ONE_NUMBER):
        return _of_array(name, thing, kind)
    return ""


def _of_array(name, array, kind):
    what = "an array" if kind == "ndarray" else "a number"
    if name in ("length", "len"):
        return f"{what} has no .{name}: it is len(...), or .shape"
    numpy = sys.modules["numpy"]
    near = difflib.get_close_matches(name, dir(array), 1, 0.75)
    if callable(getattr(numpy, name, None)):
        return f"{what} has no .{name}: it is np.{name}(...)"
    return f"{what} has no .{name}" + (f": did you mean .{near[0]}?" if near else "")


def _kind(text, place):
    """An operation on things of the wrong kind."""
    operands = set(re.findall(r"'([\w.-]+)'", text))
    code = place.code or "it"
    if "object is not callable" in text:
        return _called(operands, code)
    if "for ^" in text or "bitwise_xor" in text:
        return "a power is written **, and not ^"
    if re.search(r"for (?:&|\||~)|bitwise_(?:and|or)", text):
        return "and, or and not are written as words"
    if "for @" in text or "for @=" in text:
        return "@ multiplies arrays, and one of the two is a number: write *"
    if not (
        "operand" in text
        or "multiply sequence" in text
        or "not supported between" in text
        or "concatenate" in text
    ):
        return ""
    for kinds, said in OPERANDS:
        if operands & kinds or ("sequence" in text and kinds is LISTS):
            return f"in {code} {said}"
    return ""


def _called(operands, code):
    """What stands before a bracket, and is no function."""
    if "module" in operands:
        return f"in {code} the name of one of its functions is missing"
    if "NoneType" in operands or "str" in operands or "dict" in operands:
        return ""
    if re.fullmatch(r"[A-Za-z_]\w*\(\s*-?\d+\s*(,\s*-?\d+\s*)*\)", code) and operands & {
        "numpy.ndarray",
        *LISTS,
    }:
        return (
            f"you wrote {code} as a call: an entry is written "
            f"{code.replace('(', '[').replace(')', ']')}"
        )
    return f"you wrote {code} as a call: * is missing"


def _arguments(text, place):
    """What a function or an index was given."""
    if "positional argument" in text or "keyword argument" in text:
        return "" if place.line else OTHER_ARGUMENTS
    if set(re.findall(r"'([\w.-]+)'", text)) & FUNCTIONS:
        return "a function is called with round brackets" if "subscriptable" in text else ""
    if re.search(
        r"has no len\(\)|not subscriptable|not iterable|non-iterable|unsized|0-d array", text
    ):
        return _without_entries(text, place.code or "it")
    return next((said for pattern, said in GIVEN if re.search(pattern, text)), "")


def _without_entries(text, code):
    """What has no entries, and is asked for some."""
    if "NoneType" in text:
        return f"{code} needs an array or a list, and has nothing (None)"
    if "'int'" in text and "iterable" in text:
        return "a number cannot be gone through: is it for t in range(...)?"
    if not re.search(r"float|int|bool|unsized|0-d", text):
        return ""
    return f"{code} needs an array or a list, and has one number"


def _shape(text, place):
    """Arrays that do not fit, and entries that there are none of."""
    where = f" in {place.code}" if place.code else ""
    order = "is a .T missing, or are the two in the wrong order?"
    if "mismatch in its core dimension" in text:
        sizes = text.rpartition("(size ")[2].rstrip(")").replace("different from", "not")
        return f"in {place.code or 'a product @'} two sizes do not fit ({sizes}): {order}"
    if found := re.search(r"shapes (\(.*?\)) and (\(.*?\)) not aligned: (\d+) .*?!= (\d+)", text):
        return (
            f"in np.dot the shapes {found[1]} and {found[2]} do not fit, for {found[3]} is not "
            f"{found[4]}: {order}"
        )
    if "does not have enough dimensions" in text:
        return (
            f"@ multiplies arrays, and one of the two is none{where}: is it a number, where * "
            f"belongs, or are brackets missing?"
        )
    if "could not be broadcast together" in text:
        text = text.replace(
            "operands could not be broadcast together with shapes", "the shapes"
        ).strip()
        return f"{text}{where} do not fit entry by entry: is a bracket, an @ or a .T missing?"
    if found := re.search(
        r"output operand with shape (\(.*?\)) doesn't match the broadcast shape (\(.*?\))", text
    ):
        return f"an array of shape {found[2]} does not fit into one of shape {found[1]}{where}"
    if found := re.search(r"input array from shape (\(.*?\)) into shape (\(.*?\))", text):
        return f"an array of shape {found[1]} does not fit into a place of shape {found[2]}"
    if "truth value of an array" in text:
        return f"if, and, or and not take one True or False, and there is an array of them{where}"
    if "setting an array element with a sequence" in text:
        return "an array is put where one number belongs: is an index missing, or a sum?"
    return _entry(text)


def _entry(text):
    if found := re.search(r"axis (-?\d+) is out of bounds for array of dimension (\d+)", text):
        return f"there is no axis {found[1]}: the array has {found[2]}, counted from 0"
    if found := re.search(r"index (-?\d+) is out of bounds for axis \d+ with size (\d+)", text):
        return f"there is no entry {found[1]}: there are {found[2]}, counted from 0"
    if "index out of range" in text:
        return "there is no such entry: they are counted from 0"
    if found := re.search(r"array is (\d)-dimensional, but (\d) were indexed", text):
        return (
            f"the array has {found[1]} axes, and there are {found[2]} numbers in the square "
            f"brackets"
        )
    if "invalid index to scalar" in text:
        return "one number has no entries: leave the square brackets out"
    if "are valid indices" in text:
        return "what is in the square brackets has to be a whole number"
    return "there is a root or logarithm of a negative number" if "math domain" in text else ""
