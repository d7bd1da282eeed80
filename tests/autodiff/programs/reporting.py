"""A program as lines of Python that run as they stand, and what is wrong with it."""

from __future__ import annotations

import json
import re

import numpy as np

from .comparing import disagreements
from .making import evaluated
from .program import Program, as_data
from .rows import body, constant
from .shrinking import shrunk


def as_python(program: Program) -> str:
    """Its inputs, and f of them."""
    lines = body(program, "ours", {name: np.shape(x) for name, x in evaluated(program).items()})
    inputs = [f"{name} = {constant(x, 'ours')}" for name, x in program.inputs.items()]
    text = "\n".join([*inputs, *lines])
    head = [f"# program {program.seed}", "import numpy as np", *["from numpy import array"] * ("array(" in text),
            f"from tinygrad_edu import {'detach, ' * ('detach(' in text)}grad, hvp, jvp, vjp",
            "from tinygrad_edu.autodiff import operations as ops"]
    if "W(" in text:
        head.append("W = lambda *shape: np.cos(np.arange(1.0, 1 + np.prod(shape))).reshape(shape)")
    return "\n".join([*head, *inputs, f"def f({', '.join(program.inputs)}):", *(f"    {line}" for line in lines)])


def report(program: Program, with_torch: bool = True) -> tuple[Program, str] | None:
    """A small program with the first fault of this one, and both as text; None if it has none."""

    def faults(p: Program) -> list[str]:  # without the numbers in them
        return [re.sub(r"[^a-z ]", "", line) for line in disagreements(p, with_torch)]

    found = faults(program)
    if not found:
        return None
    small = shrunk(program, lambda p: found[0] in faults(p))
    words = [f"#   {line}" for line in disagreements(small, with_torch)]
    return small, "\n".join([as_python(small), *words, f"# as data: {json.dumps(as_data(small))}"])
