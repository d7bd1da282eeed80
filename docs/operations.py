"""Writes docs/operations.md from the records: `python docs/operations.py`. The tests fail when it is out of date."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

import tinygrad_edu
from tinygrad_edu.autodiff import operations
from tinygrad_edu.autodiff.primitive import OPERATIONS, Operation

PAGE = Path(__file__).with_name("operations.md")
HEAD = """# The operations

Written by `docs/operations.py` from the records in `tinygrad_edu/autodiff/operations/`, {count} of them; do not edit it by hand.

Every operation works on numbers, arrays and Values, in reverse and in forward mode, and to any order. A rule is shown as it is
written: `ybar` is the cotangent of the result y. A partial such as `dy_du`, or the `slope` of a reduction, is multiplied by it,
entry
by entry; for an operation that is linear in each input, `abar` is the cotangent of a. Domain is where the tests sample an input,
away
from kinks and poles, (-3, 3) where nothing is said; at the edge values the gradient is always tried and must be finite.
A cotangent of exactly 0 passes on nothing, however steep the slope. All are in `tinygrad_edu` itself if no other place is named.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD.format(count=len(OPERATIONS))]
    for module, ops in by_module().items():
        parts.append(f"## {module.rpartition('.')[2].capitalize()}\n\n{first_sentence(inspect.getmodule(ops[0].forward))}\n")
        parts += [entry(op) for op in ops]
    composed = {name: getattr(operations, name) for name in operations.__all__ if name not in OPERATIONS}
    parts.append("## Made of others\n\n" + "\n".join(
        f"* `{name}{inspect.signature(function)}`: {inspect.getdoc(function)}" for name, function in composed.items()) + "\n")
    return "\n".join(parts)


def by_module() -> dict[str, list[Operation]]:
    """The records under the name of the module that they stand in."""
    modules: dict[str, list[Operation]] = {}
    for op in OPERATIONS.values():
        modules.setdefault(op.forward.__module__, []).append(op)
    return modules


def first_sentence(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def entry(op: Operation) -> str:
    """One operation: how it is called, what it is, and a line for each thing that the record says."""
    lines = [f"### `{op.name}`\n", f"`{call(op)}`: {' '.join(op.doc.split())}\n", f"$${op.formula}$$\n"]
    written = rules(op)
    lines += [f"* {name}: `{rule}`" for name, rule in written]
    module = inspect.getmodule(op.forward)
    for name in dict.fromkeys(re.findall(r"\b_[a-z]\w+", " ".join(rule for _, rule in written))):
        if sentence := first_sentence(getattr(module, name)):
            lines.append(f"* where `{name}` is: {sentence}")
    if getattr(tinygrad_edu, op.name, None) is not op:
        lines.append(f"* Import: `from tinygrad_edu.autodiff.operations import {op.name}`" + (
            f" (`tinygrad_edu.{op.name}` is another one: {first_sentence(getattr(tinygrad_edu, op.name))})"
            if hasattr(tinygrad_edu, op.name) else ""))
    if op.domain:
        lines.append("* Domain: " + "; ".join(f"{name} in {' or '.join(f'({low:g}, {high:g})' for low, high in intervals)}"
                                              for name, intervals in op.domain.items()))
    if op.special:
        lines.append("* Edge values: " + ", ".join("(" + ", ".join(f"{x:g}" for x in xs) + ")" for xs in op.special))
    if op.equation:
        lines.append(f"* Slides: eq. {op.equation}")
    if op.numpy:
        names = [f"`np.{'linalg.' if 'linalg' in f.__module__ else ''}{f.__name__}`" for f in op.numpy]
        lines.append(f"* NumPy: {', '.join(dict.fromkeys(names))}")
    return "\n".join(lines) + "\n"


def call(op: Operation) -> str:
    """How a program calls it."""
    signature = inspect.signature(op.reads) if op.reads else None
    if signature:
        return f"{op.name}{signature}"
    inputs = ["[a, b, ...]"] if op.variadic else list(op.inputs)
    given = [name if default is inspect.Parameter.empty else f"{name}={default!r}" for name, default in op.parameters.items()]
    return f"{op.name}({', '.join(inputs + given)})"


def rules(op: Operation) -> list[tuple[str, str]]:
    """The rules, by name, in the words of the source."""
    written = {}
    for name, rule in op.rules.items():
        for i, part in enumerate(rule if isinstance(rule, (list, tuple)) else [rule]):
            label = f"{op.inputs[i] if i < len(op.inputs) else ''}bar" if name == "transposes" else name
            written[label] = source(part)
    return list(written.items())


def source(rule: Any) -> str:
    """The expression of a lambda; the name of a function, with its arguments; a number as it is."""
    if not callable(rule):
        return repr(rule)
    if rule.__name__ != "<lambda>":
        return f"{rule.__name__}{inspect.signature(rule)}"
    code = rule.__code__
    lambdas = [node for node in ast.walk(module_tree(inspect.getsourcefile(rule))) if isinstance(node, ast.Lambda)
               and node.lineno == code.co_firstlineno
               and [a.arg for a in node.args.posonlyargs + node.args.args] == list(code.co_varnames[: code.co_argcount])]
    matching = [node for node in lambdas if compiled(node) == code.co_code] or lambdas
    return " ".join(ast.unparse(matching[0].body).split())


def compiled(node: ast.Lambda) -> bytes:
    return eval(compile(ast.Expression(node), "", "eval")).__code__.co_code


@cache
def module_tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
