"""A row of the table of operations; and a program as text in our words, in HIPS autograd's and in torch's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import autograd.numpy as anp
import numpy as np

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.primitive import OPERATIONS
from tinygrad_edu.autodiff.value import Value, detach

from .others import HIPS, TORCH, tensor, torch
from .program import Program, Step


@dataclass(frozen=True)
class Row:
    """How an operation is called, and with what."""

    record: str  # its name among the operations
    choose: Callable[..., Any]  # (maker) -> (arguments, parameters)
    fits: Callable[..., bool]  # (*arguments, **parameters) -> whether it can take these numbers
    ours: tuple[str, ...]  # the ways to write it; {0}, {1} are its arguments, {axis} a parameter
    hips: str
    torch: str
    often: int  # how many times as often as others


TABLE: dict[str, Row] = {}
LEFT_OUT = {  # records that are in no program, and why
    "ratio": "nobody calls it by name: it is the slope of norm, hypot and std, which are in programs",
    "indeterminate": "nobody calls it by name: it marks results of a pass that is traced",
}


def row(name: str, call: str, choose: Callable[..., Any], fits: Callable[..., bool] = lambda *xs, **parameters: True, *,
        record: str = "", ours: Sequence[str] = (), only: Sequence[str] = (), hips: str = "", torch: str = "",
        often: int = 1) -> None:
    """Enters an operation that is called so, such as "sum({0}, axis={axis})".

    We write it as ops.sum(x, ...), by the NumPy functions that the record answers to, as a method where Value has one, and in the
    ways given as `ours`; or in those given as `only`. The others write it hips.sum or torch_.sum if `others.py` has it, np.sum or
    torch.sum if not.
    """
    function, arguments = call.split("(", 1)
    record = record or name
    ways = [*ours, *only]
    if not only:
        ways.append(f"ops.{call}")
        for f in OPERATIONS[record].numpy if record in OPERATIONS else ():
            where = "np.linalg" if getattr(np.linalg, f.__name__, None) is f else "np"
            ways.append(f"{where}.{f.__name__}({arguments}")
        if hasattr(Value, function) and arguments.startswith("{0}"):
            ways.append(f"{{0}}.{function}({arguments[3:].removeprefix(', ')}")
    TABLE[name] = Row(record, choose, fits, tuple(ways), hips or f"{'hips' if hasattr(HIPS, function) else 'np'}.{call}",
                      torch or f"{'torch_' if hasattr(TORCH, function) else 'torch'}.{call}", often)


# -- a program as text ------------------------------------------------------------------------------------------------


def expression(step: Step, library: str) -> str:
    """The right-hand side of a step, in the words of "ours", "hips" or "torch"."""
    entry, choice = TABLE[step.operation], step.way
    if library == "ours":
        ways = [way for way in entry.ours if not way.startswith("{0}.") or isinstance(step.arguments[0], str)] or entry.ours
        way = ways[step.way % len(ways)]
        choice = 0 if way.startswith(("{0}.", "{0}[", "{0} >", "{0} <")) or "({0} <" in way or "({0} >" in way else step.way
    else:
        way = entry.hips if library == "hips" else entry.torch
    texts = [constant(x, library, choice) for x in step.arguments]
    parameters = {name: x if name == "index" else repr(x) for name, x in step.parameters.items()}
    return way.format(*texts, all=", ".join(texts), **parameters)


def constant(x: Any, library: str, choice: int = 0) -> str:
    """An argument as text: a name, or a constant; ours may be lists and numbers of NumPy's."""
    if isinstance(x, str):
        return x
    if library == "torch":
        return f"tensor({x.tolist() if isinstance(x, np.ndarray) else x!r})"
    if isinstance(x, np.ndarray):
        return repr(x.tolist()) if library == "ours" and choice % 7 == 1 else f"array({x.tolist()!r})"
    return f"np.float64({x!r})" if library == "ours" and choice % 5 == 1 else f"float64({x!r})" if library == "hips" else repr(x)


def body(program: Program, library: str, shapes: dict[str, tuple[int, ...]]) -> list[str]:
    """The lines that compute the program."""
    total = {"ours": "ops.sum", "hips": "np.sum", "torch": "torch.sum"}[library]
    terms = [f"{coefficient!r} * {name}" if not shapes[name] else
             f"{coefficient!r} * {total}(W({', '.join(map(str, shapes[name]))}) * {name})" for name, coefficient in program.ends]
    return [*(f"{s.name} = {expression(s, library)}" for s in program.steps), f"return {' + '.join(terms)}"]


def weights(*shape: int) -> Any:
    """Weights that are all different, so that an entry in the wrong place shows."""
    return np.cos(np.arange(1.0, 1 + math.prod(shape))).reshape(shape)


NAMES: dict[str, dict[str, Any]] = {
    "ours": {"np": np, "ops": ops, "array": np.array, "detach": detach, "W": weights},
    "hips": {"np": anp, "hips": HIPS, "array": np.array, "float64": np.float64, "s_": np.s_, "W": weights},
    "torch": {"torch": torch, "torch_": TORCH, "tensor": tensor, "s_": np.s_, "W": lambda *shape: tensor(weights(*shape))},
}


def function(program: Program, library: str, shapes: dict[str, tuple[int, ...]], seen: bool = False) -> Callable[..., Any]:
    """The program as a function of its inputs; with `seen`, it puts all that it computes into a dictionary, its last argument."""
    *lines, last = body(program, library, shapes)
    lines += ["seen.update(locals())"] if seen else []
    source = "\n    ".join([f"def f({', '.join([*program.inputs, *(['seen'] if seen else [])])}):", *lines, last])
    space: dict[str, Any] = {}
    exec(compile(source, f"program {program.seed}", "exec"), NAMES[library], space)
    return space["f"]
