"""Associations: an input x_t and the target it should give, one row each; from arrays or from a CSV file, checked and split."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of

Associations = tuple[ndarray, ndarray]  # x: (T, I) and target: (T, K)


def associations(x: Any, target: Any) -> Associations:
    """x and target as arrays that nobody can write into, so that they need not be copied at each step.

    x: (T, I). target: (T, K), or (T,) labels where the error takes those. Raises ShapeError for other shapes, or if there is
    not one target for each input; ValueError for nan and infinity; DTypeError for what is not a number.
    """
    x, target = constant(x), constant(target)
    if len(shape_of(x)) != 2 or not x.size:
        raise ShapeError(f"x is {shape_of(x)}; it needs one row per association, at least one, and one column per unit: "
                         "for one unit, x.reshape(-1, 1).")
    if not shape_of(target) or len(x) != len(target):
        raise ShapeError(f"there are {len(x)} inputs and {len(target) if shape_of(target) else 1} targets: "
                         "each association needs one of both.")
    for name, numbers in (("x", x), ("target", target)):
        if not np.isfinite(numbers).all():
            where = tuple(np.argwhere(~np.isfinite(numbers))[0].tolist())
            raise ValueError(f"{name}[{', '.join(map(str, where))}] is {numbers[where]} ({(~np.isfinite(numbers)).sum()} of "
                             f"{numbers.size} are no finite numbers). Leave such associations out, or put numbers there.")
        numbers.setflags(write=False)
    return x, target


def held_out(x: Any, target: Any, share: float, seed: int = 0) -> tuple[Associations, Associations]:
    """(training set, validation set): the share of the associations that is held out is chosen by the seed.

    Raises ValueError for a share that leaves one of the two empty, ShapeError.
    """
    x, target = np.asarray(x), np.asarray(target)
    if not x.ndim or not target.ndim or len(x) != len(target):
        raise ShapeError(f"x is {x.shape} and target {target.shape}: each association needs a row in both.")
    held = round(share * len(x)) if 0 < share < 1 else 0
    if not 0 < held < len(x):
        raise ValueError(f"a share of {share} of {len(x)} associations leaves nothing to {'learn' if share > 0.5 else 'validate'} "
                         "with; 0.2 holds out a fifth.")
    order = np.random.default_rng(seed).permutation(len(x))
    kept, out = np.sort(order[held:]), np.sort(order[:held])
    return (x[kept], target[kept]), (x[out], target[out])


def batches(x: ndarray, target: ndarray, size: int | None, seed: int, epoch: int) -> Iterable[Associations]:
    """All associations at once (size None, as on the slides), or in mini-batches of that size in an order of the epoch's own.

    The order follows from the seed and the epoch alone, so a run can be taken up again at any epoch.
    """
    return ((x, target),) if size is None or size >= len(x) else _dealt(x, target, size, seed, epoch)


def _dealt(x: ndarray, target: ndarray, size: int, seed: int, epoch: int) -> Iterator[Associations]:
    order = np.random.default_rng([seed, epoch]).permutation(len(x))
    for start in range(0, len(x), size):
        chosen = order[start : start + size]
        batch = x[chosen], target[chosen]
        for numbers in batch:
            numbers.setflags(write=False)  # nobody else has them, so they need not be copied again
        yield batch


# -- from a file ------------------------------------------------------------------------------------------------


def read_csv(path: str | Path, target: str | int | Sequence[str | int] = -1, separator: str = ",") -> Associations:
    """(x, target) from a CSV file of numbers, (T, I) and (T, K); a first line without a number has the columns' names.

    target: the column or the columns to learn, by name or by place (-1 is the last); all others are x. Raises ValueError that
    names line and column for a missing value or one that is no number, and for a column that is not there; FileNotFoundError.
    """
    if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
        raise ValueError(f"the separator is {separator!r}; it is one character between the columns, such as ',' or ';'.")
    lines = _lines(Path(path), separator)
    _, first = lines[0]
    other = next((mark for mark in ";\t|" if mark in first[0]), None)
    if other and len(first) == 1:
        raise ValueError(f"{path} seems to have {other!r} between its columns: read_csv(..., separator={other!r}).")
    named = all(_number(cell) is None for cell in first)  # one number among them, and it is the first row with a mistake in it
    names = [(named and cell.strip()) or f"column {i}" for i, cell in enumerate(first, start=1)]
    rows = lines[named:]
    if not rows:
        raise ValueError(f"{path} has the names of columns and no numbers below them.")
    numbers = np.array([_row(path, line, cells, names) for line, cells in rows])
    chosen = [_place(path, column, names) for column in (target if isinstance(target, (list, tuple)) else [target])]
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"a column of {path} is named twice as the target: {target!r}.")
    if not chosen:
        raise ValueError(f"no column is the target. {path} has {', '.join(names)}.")
    others = [i for i in range(len(names)) if i not in chosen]
    if not others:
        raise ValueError(f"{path} has {len(names)} column{'s' * (len(names) > 1)}, and all of it is the target: nothing is left "
                         "for x. Are the columns separated by commas?")
    return numbers[:, others], numbers[:, chosen]


def _lines(path: Path, separator: str) -> list[tuple[int, list[str]]]:
    """The lines that are not empty, with their numbers."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=separator, strict=True)
            lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8. Save it as CSV (UTF-8).") from None
    except csv.Error as error:
        raise ValueError(f"{path} cannot be read as CSV: {error}.") from None
    if not lines:
        raise ValueError(f"{path} is empty.")
    return lines


def _row(path: Any, line: int, cells: list[str], names: list[str]) -> list[float]:
    if len(cells) != len(names):
        raise ValueError(f"{path}, line {line}: {len(cells)} value{'s' * (len(cells) > 1)} where there are {len(names)} columns.")
    row = []
    for name, cell in zip(names, cells):
        number = _number(cell)
        if number is None or not np.isfinite(number):
            text = f"{cell.strip()!r:.40}"
            what = f"{text} is not a number. Write classes as 0, 1, 2" if cell.strip() else "there is no value. Fill it in"
            raise ValueError(f"{path}, line {line}, {name}: {what}, or leave the line or the column out.")
        row.append(number)
    return row


def _number(cell: str) -> float | None:
    try:
        return float(cell) if "_" not in cell else None  # Python takes 1_000 for a number
    except ValueError:
        return None


def _place(path: Any, column: Any, names: list[str]) -> int:
    if isinstance(column, str) and names.count(column) == 1:
        return names.index(column)
    if isinstance(column, (int, np.integer)) and not isinstance(column, bool) and -len(names) <= column < len(names):
        return int(column) % len(names)
    several = "several columns" if column in names else "no column"
    raise ValueError(f"{path} has {several} {column!r}. It has {', '.join(names)}.")
