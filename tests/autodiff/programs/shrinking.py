"""Makes a program that fails small: by leaving out, by putting constants for results, by fewer entries and fewer digits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_edu.autodiff import operations as ops

from .making import evaluated
from .program import Program, as_data, plain
from .rows import TABLE


def substituted(program: Program, name: str, by: Any) -> Program:
    """The program with another result, or a constant, in the place of this one, and without what is no longer needed."""
    steps = tuple(replace(s, arguments=tuple(by if isinstance(x, str) and x == name else x for x in s.arguments))
                  for s in program.steps if s.name != name)
    ends = tuple((by if end == name else end, c) for end, c in program.ends if end != name or isinstance(by, str))
    return needed(replace(program, inputs={k: x for k, x in program.inputs.items() if k != name}, steps=steps, ends=ends))


def needed(program: Program) -> Program:
    """The program without what does not go into its result."""
    wanted, steps = {name for name, _ in program.ends}, []
    for step in reversed(program.steps):
        if step.name in wanted:
            steps.insert(0, step)
            wanted.update(step.names())
    return replace(program, steps=tuple(steps), inputs={k: x for k, x in program.inputs.items() if k in wanted})


def folded(program: Program) -> Program:
    """The program with constants for what no input goes into, and for operations of the table that we have not got."""
    values, constants = evaluated(program), {}
    for step in program.steps:
        given = step.arguments[step.operation == "where" :]  # a condition alone makes no Value
        recorded = [x for x in given if isinstance(x, str) and x not in constants]
        if not recorded or not hasattr(ops, TABLE[step.operation].record):
            constants[step.name] = plain(values[step.name])
    for name, x in constants.items():
        program = substituted(program, name, x)
    return program


def shrunk(program: Program, fails: Callable[[Program], bool]) -> Program:
    """A smaller program that fails too, such that none of the simplifications of it does."""
    program, found = folded(program), True
    while found:
        found = False
        for candidate in simplifications(program):
            try:
                smaller = folded(candidate)
                found = _size(smaller) < _size(program) and fails(smaller)
            except Exception:  # not fit, or the shapes no longer do, or it is nothing that the others can do
                continue
            if found:
                program = smaller
                break
    return program


def _size(program: Program) -> tuple[int, ...]:
    """Steps count before inputs, inputs before entries, entries before digits."""
    data = as_data(program)
    constants = [x for s in program.steps for x in s.arguments if not isinstance(x, str)]
    return (len(program.steps), len(program.inputs) + len(program.ends),
            sum(np.size(x) + np.ndim(x) for x in [*program.inputs.values(), *constants]),
            len(json.dumps([data["inputs"], data["steps"], data["ends"]])))


def simplifications(program: Program) -> Iterator[Program]:
    """Programs that are a little simpler, those that leave out most first. Some make no sense."""
    values = {name: plain(x) for name, x in evaluated(program).items()}
    for end in program.ends:
        yield needed(replace(program, ends=(end,)))
    for step in reversed(program.steps):  # what it gave becomes an input
        cut = replace(program, steps=tuple(s for s in program.steps if s.name != step.name))
        given = values[step.name]
        yield from (needed(replace(cut, inputs={**cut.inputs, step.name: x})) for x in [*_rounded(given), given])
    for step in program.steps:
        yield from (substituted(program, step.name, x) for x in [*step.names(), values[step.name]])
    for name, x in program.inputs.items():
        yield from (substituted(program, name, other) for other in [x, *program.inputs] if other is not name)
    for i in range(len(program.ends)):
        yield needed(replace(program, ends=program.ends[:i] + program.ends[i + 1 :]))
    yield replace(program, ends=tuple((name, 1.0) for name, _ in program.ends))
    for i, step in enumerate(program.steps):
        simpler = [replace(step, way=way) for way in range(min(step.way, 4))]
        for name, now in step.parameters.items():
            inside = [*dict.fromkeys(now), now[1:], now[:-1]] if isinstance(now, tuple) else []
            simpler += [replace(step, parameters={**step.parameters, name: new})
                        for new in (None, False, 0, 1, (0,), (1,), -1, 1.0, "0", ":", *inside)
                        if new in inside or type(new) is type(now) or (new is None and name in ("axis", "axes"))]
        for j, x in enumerate(step.arguments):
            if not isinstance(x, str):
                simpler += [replace(step, arguments=(*step.arguments[:j], new, *step.arguments[j + 1 :])) for new in _smaller(x)]
        yield from (replace(program, steps=(*program.steps[:i], new, *program.steps[i + 1 :])) for new in simpler)
    for n in sorted({n for x in program.inputs.values() for n in np.shape(x)}, reverse=True):  # all axes of this size at once
        yield replace(program, inputs={name: _cut(x, n) for name, x in program.inputs.items()},
                      steps=tuple(replace(s, arguments=tuple(_cut(x, n) for x in s.arguments)) for s in program.steps))
    for name, x in program.inputs.items():
        yield from (replace(program, inputs={**program.inputs, name: new}) for new in _smaller(x))


def _smaller(x: Any) -> Iterator[Any]:
    """The same without an axis, or shorter along one, or of fewer digits."""
    for axis, n in enumerate(np.shape(x)):
        yield from (plain(np.take(x, i, axis)) for i in range(n))
        if n > 1:
            yield from (np.delete(x, i, axis) for i in range(n))
    yield from _rounded(x)


def _rounded(x: Any) -> Iterator[Any]:
    yield from (plain(np.round(x, digits) + 0.0) for digits in (0, 1, 2, 4))


def _cut(x: Any, n: int) -> Any:
    """An array with its axes of size n one shorter."""
    for axis in range(np.ndim(x)):
        if np.shape(x)[axis] == n > 1:
            x = np.take(x, range(n - 1), axis)
    return x
