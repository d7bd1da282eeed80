"""What a random program is: inputs, steps, and the results that are added up at the end; and the file of those that failed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

KEPT = Path(__file__).parents[1] / "failing_programs.json"


@dataclass(frozen=True)
class Step:
    """name = operation(*arguments, **parameters); an argument is the name of an earlier result, or a constant."""

    name: str
    operation: str  # a row of TABLE
    arguments: tuple[Any, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    way: int = 0  # which of the ways to write it

    def names(self) -> list[str]:
        """The results that it takes."""
        return [x for x in self.arguments if isinstance(x, str)]


@dataclass(frozen=True)
class Program:
    """The inputs, the steps, and the results that are added up at the end, each with its coefficient."""

    seed: int | None
    inputs: dict[str, Any]
    steps: tuple[Step, ...]
    ends: tuple[tuple[str, float], ...]


def as_data(program: Program) -> dict[str, Any]:
    """The program in what JSON has."""
    return {"seed": program.seed, "inputs": {name: _lists(x) for name, x in program.inputs.items()},
            "steps": [[s.name, s.operation, [_lists(x) for x in s.arguments], s.parameters, s.way] for s in program.steps],
            "ends": [list(end) for end in program.ends]}


def from_data(data: dict[str, Any]) -> Program:
    """The program again."""
    steps = [Step(name, operation, tuple(map(_arrays, arguments)), {k: _tuples(x) for k, x in parameters.items()}, way)
             for name, operation, arguments, parameters, way in data["steps"]]
    return Program(data["seed"], {name: _arrays(x) for name, x in data["inputs"].items()}, tuple(steps),
                   tuple((name, coefficient) for name, coefficient in data["ends"]))


def _lists(x: Any) -> Any:
    return x.tolist() if isinstance(x, np.ndarray) else x


def _arrays(x: Any) -> Any:
    return np.array(x, dtype=float) if isinstance(x, list) else x


def _tuples(x: Any) -> Any:
    return tuple(map(_tuples, x)) if isinstance(x, list) else x


def plain(x: Any) -> Any:
    """An array, or a Python float for a number."""
    return x if np.ndim(x) else float(x)


def kept() -> list[dict[str, Any]]:
    """The programs that have failed once: each with why, and the program as data."""
    return json.loads(KEPT.read_text()) if KEPT.exists() else []


def keep(why: str, program: Program) -> None:
    """Adds a program to those that every run tries again."""
    entries = [*kept(), {"why": why, "program": as_data(program)}]
    KEPT.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")
