"""Associations: an input x_t and the target it should give, one row each; from arrays or from a CSV file, checked and split."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from os import PathLike
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of
from tinygrad_edu.autodiff.value import plain
from tinygrad_edu.learning.csv_file import index_columns, listed_columns, read_table
from tinygrad_edu.learning.settings import real_number
from tinygrad_edu.network.settings import whole_number

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
    """Hold out a share of the associations, chosen by the seed.

    Returns:
        (training set, validation set), each a pair (x, target)

    Raises:
        ValueError: the share leaves one of the two empty, or share or seed is no number.
        ShapeError: there is not one target for each input.
    """
    share, seed = real_number("share", share), whole_number("the seed", seed)
    try:
        x, target = np.asarray(plain(x)), np.asarray(plain(target))
    except ValueError:
        raise ShapeError("the rows of x or of target are not equally long.") from None
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


def read_csv(path: str | PathLike[str] | Any, target: Any = -1, separator: str = ",", *,
             header: bool | None = None, index_column: Any = None,
             decimal: str = ".") -> Associations:
    """Read associations from a CSV file of numbers.

    What the file leaves open is decided by its content; a decision that is no matter of course,
    such as a header of numbers or an index column, is said in a warning, which header and
    index_column silence.

    Args:
        path: a text, a Path or a text file that is open.
        target: the column or the columns to learn, by name or by place among all columns of the
            file (-1 is the last); all others are x.
        separator: the character between the columns.
        header: whether the first line has the names of the columns. None: it has if it is texts,
            or whole numbers that are names: 0, 1, 2 as pandas writes them, years, or whole numbers
            above none.
        index_column: columns that are left out, by name or place. False: none. None: the first ones
            without a name, if they hold whole numbers or texts, as pandas and R write an index.
        decimal: "." or ",".

    Returns:
        x: (T, I) and target: (T, K)

    Raises:
        ValueError: a value is missing or no number (with line and column), a column is not there,
            or nothing is left for x.
        TypeError, OSError: the path is none, or the file cannot be read.
    """
    table = read_table(path, separator, decimal, header)
    chosen = [table.place(column) for column in listed_columns(target)]
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"a column of {table.file} is named twice as the target: {target!r}.")
    if not chosen:
        raise ValueError(f"no column is the target. {table.file} has {table.columns}.")
    index = index_columns(table, index_column, chosen)
    others = [i for i in range(len(table.names)) if i not in chosen and i not in index]
    if not others:
        what = "of which the first is the index and the rest" if index else "all of it"
        advice = ("index_column=False learns from it." if index else "Are the columns separated by "
                  f"{'commas' if separator == ',' else repr(separator)}?")
        count = f"{len(table.names)} column{'s' * (len(table.names) > 1)}"
        raise ValueError(f"{table.file} has {count}, {what} the target: nothing is left for x. "
                         f"{advice}")
    read = table.numbers(others), table.numbers(chosen)
    for sentence in table.decided:
        warnings.warn(f"{table.file}: {sentence}", stacklevel=2)
    return read
