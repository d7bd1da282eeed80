"""The cells of a CSV file: which line has the names, which column is an index, which are numbers.

What a file leaves open is decided by its content, and `Table.decided` says how; what is no number
is refused with its line, its column and the likely cause.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.learning.csv_cell import (
    NUMERAL,
    cause_of,
    is_finite,
    is_number,
    is_whole,
    number_of,
)
from tinygrad_edu.learning.settings import listed, near
from tinygrad_edu.storage.paths import must_exist, path_of

YEARS = range(1900, 2101)  # whole numbers that may be the names of columns
SAMPLE_LINES = 20  # in which another separator is looked for
INDEX_NAME = re.compile(r"(unnamed: 0(\.\d+)*)?", re.I)  # none: so pandas and R write an index
QUIET = "index_column={} leaves it out, index_column=False says that this is right."
COUNTER_NAMES = {"index", "id", "row", "rownames", "level_0"}


@dataclass
class Table:
    """The cells below the header. decided: what the content of the file decided, in sentences."""

    file: str
    names: list[str]
    rows: list[tuple[int, list[str]]]  # the number of the line, its cells
    decimal: str
    first_is_data: bool  # by decision, so that a mistake in line 1 may be a name
    decided: list[str] = field(default_factory=list)

    def place(self, column: Any) -> int:
        """The place of a column that is named, or counted from 0 or from the end (-1)."""
        names = self.names
        if isinstance(column, str) and names.count(column) == 1:
            return names.index(column)
        whole = isinstance(column, (int, np.integer)) and not isinstance(column, bool)
        if whole and -len(names) <= column < len(names):
            return int(column) % len(names)
        several = "several columns" if column in names else "no column"
        advice = near(column, names) if isinstance(column, str) and column not in names else ""
        if whole and str(column) in names:
            advice = f" Did you mean the name, {str(column)!r}?"
        elif whole:
            advice = f" Places are counted from 0 to {len(names) - 1}, or from the end by -1."
        raise ValueError(f"{self.file} has {several} {column!r}. It has {self.columns}.{advice}")

    @property
    def columns(self) -> str:
        """The names for a message."""
        return listed(map(self.label, range(len(self.names))))

    def label(self, place: int) -> str:
        return self.names[place] or f"column {place + 1}"

    def column(self, place: int) -> list[str]:
        return [cells[place].strip() for _, cells in self.rows]

    def numbers(self, places: Sequence[int]) -> ndarray:
        """These columns, (rows, columns). Raises ValueError for what is no number."""
        try:
            numbers = np.array([[number_of(cells[i], self.decimal) for i in places]
                                for _, cells in self.rows])
        except ValueError:
            numbers = np.array(np.nan)
        if not np.isfinite(numbers).all():
            raise ValueError(self._mistake(places))
        return numbers

    def _mistake(self, places: Sequence[int]) -> str:
        """The first cell that is no number, and why."""
        for line, cells in self.rows:
            for i in places:
                if is_finite(cells[i], self.decimal):
                    continue
                what = cause_of(cells[i].strip())
                advice = ""
                if line == 1 and self.first_is_data:
                    advice = " If line 1 has the names of the columns, say header=True."
                return (f"{self.file}, line {line}, {self.label(i)}: {what}, or leave the line or "
                        f"the column out.{advice}")
        raise AssertionError("there was a cell that is no number")


def read_table(path: Any, separator: Any, decimal: Any, header: Any) -> Table:
    """Read the cells of a file, and find out whether its first line has the names of the columns.

    Raises:
        TypeError, ValueError: an argument is none, or the file is no table.
        OSError: it is not there or cannot be read.
    """
    _check(separator, decimal, header)
    file, text = _text(path)
    if excel := re.match(r"sep=(.)\r?\n", text):  # its own first line for the separator
        separator, text = excel[1], text[3 + len(excel[1]) + 1 :]
    if separator == decimal and '"' not in text:
        raise ValueError(f"{separator!r} cannot separate columns and decimals, unless the numbers "
                         "are in quotes: with decimal commas, columns need ';' or tabs.")
    lines = _lines(file, text, separator)
    _check_separator(file, [separator.join(cells) for _, cells in lines[:SAMPLE_LINES]], separator)
    first = lines[0][1]
    named, why = (header, "") if header is not None else _has_header(lines, decimal)
    names = _names(first) if named else [f"column {i}" for i in range(1, len(first) + 1)]
    rows = lines[named:]
    if not rows:
        raise ValueError(f"{file} has the names of columns and no numbers below them.")
    if named and _one_more(names, rows, decimal):
        names = ["", *names]
    for line, cells in rows:
        if len(cells) != len(names):
            raise ValueError(_ragged(file, line, len(cells), len(names)))
    return Table(file, names, rows, decimal, header is None and not named, [why] if why else [])


def index_columns(table: Table, index: Any, targets: Sequence[int]) -> list[int]:
    """The places of the columns that are left out. index: as `read_csv` takes it."""
    if index is True:
        raise ValueError("index_column is True; it is the name or the place of a column, as 0.")
    if index is None:
        return _found_index(table, targets)
    if index is False:
        return []
    places = [table.place(column) for column in listed_columns(index)]
    both = [table.names[i] for i in places if i in targets]
    if both:
        raise ValueError(f"{both[0]!r} of {table.file} is both the target and the index.")
    return places


def listed_columns(columns: Any) -> list[Any]:
    """The columns as a list: one name or place, or several."""
    several = isinstance(columns, Iterable) and not isinstance(columns, str)
    return list(columns) if several else [columns]


def _found_index(table: Table, targets: Sequence[int]) -> list[int]:
    """The first columns that have no name and can be an index; says so."""
    index = []
    for place, name in enumerate(table.names):
        if not INDEX_NAME.fullmatch(name):
            break
        cells, label = table.column(place), f"{table.label(place)} has no name"
        if place in targets:
            table.decided.append(f"{label}, and is the target.")
        elif _may_be_index(cells, table.decimal):
            table.decided.append(f"{label}, as pandas and R write an index ({listed(cells[:3])}, "
                                 "...), and is left out. index_column=False learns from it.")
            index.append(place)
        else:
            table.decided.append(f"{label}, and is learnt from. {QUIET.format(place)}")
    _say_that_it_counts(table, targets)
    return index


def _say_that_it_counts(table: Table, targets: Sequence[int]) -> None:
    """A sentence on a first column that counts the rows but need not be an index."""
    name, cells = table.names[0], table.column(0)
    likely = name.lower() in COUNTER_NAMES or (name == "column 1" and cells[0] == "0")
    if likely and _counts(cells) and 0 not in targets and min(len(table.names), len(cells)) > 2:
        table.decided.append(f"{name} counts the rows, and is learnt from. {QUIET.format(0)}")


# -- lines ----------------------------------------------------------------------------------------


def _check(separator: Any, decimal: Any, header: Any) -> None:
    if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
        raise ValueError(f"the separator is {separator!r}; it is one character between the "
                         "columns, such as ',' or ';'.")
    if decimal not in (".", ","):
        raise ValueError(f"decimal is {decimal!r}; it is '.' or ','.")
    if not (header is None or isinstance(header, (bool, np.bool_))):
        raise ValueError(f"header is {header!r}; it is True if the first line has the names of the "
                         "columns, False if there are none, or None: the file's content decides.")


def _lines(file: str, text: str, separator: str) -> list[tuple[int, list[str]]]:
    """The lines that are not empty, with their numbers and cells."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True,
                            skipinitialspace=separator == " ")
        lines = [(reader.line_num, cells) for cells in reader if _filled(cells)]
    except csv.Error as error:
        raise ValueError(f"{file} cannot be read as CSV: {error}.") from None
    lines = _without_comments(lines)
    if not lines:
        raise ValueError(f"{file} is empty.")
    width = max(_filled(cells) for _, cells in lines)  # a separator at the end of each line is none
    return [(line, cells[:max(width, _filled(cells))]) for line, cells in lines]


def _without_comments(lines: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The lines from the first that is no comment on, or from the one above if that has the names,
    as numpy.savetxt writes them."""
    first = next((n for n, (_, cells) in enumerate(lines) if cells[0].lstrip()[:1] != "#"), None)
    if first is None:
        return []
    names = first > 0 and len(lines[first - 1][1]) == len(lines[first][1]) > 1
    return lines[first - names :]


def _filled(cells: Sequence[str]) -> int:
    """How many cells there are without the empty ones at the end."""
    return next((i for i in range(len(cells), 0, -1) if cells[i - 1].strip()), 0)


def _text(path: str | PathLike[str] | Any) -> tuple[str, str]:
    """(the name, the text) of a file, given as a path or opened."""
    if hasattr(path, "read"):
        name, text = str(getattr(path, "name", "the file")), path.read()
        if not isinstance(text, str):
            raise TypeError(f"{name} is open for bytes; open it as text, or give its path.")
        return name, text.removeprefix("\ufeff")
    path = path_of(path, 'read_csv("data.csv")')
    must_exist(path)
    if path.is_dir():
        files = listed(sorted(file.name for file in path.glob("*.csv"))) or "none"
        raise IsADirectoryError(f"{path} is a folder; give a file. Its CSV files: {files}.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return str(path), file.read()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8. Save it as CSV (UTF-8).") from None
    except OSError as error:
        raise type(error)(f"{path} cannot be read: {error.strerror}.") from None


def _check_separator(file: str, sample: list[str], separator: str) -> None:
    """Refuses a file whose lines are separated by something else, and says by what."""
    for mark in [mark for mark in ";\t|, " if mark != separator]:
        split = [re.split(r" +" if mark == " " else re.escape(mark), line.strip(" "))
                 for line in sample]
        if len({len(cells) for cells in split}) > 1 or len(split[0]) < 2:
            continue
        if mark == "," and any(separator in line for line in sample):
            continue  # decimal commas
        below = [cell for cells in split[1:] or split for cell in cells]
        if mark == " " and not all(re.fullmatch(NUMERAL, cell) for cell in below):
            continue
        commas = mark != "," and any(is_number(cell, ",") and "," in cell for cell in below)
        raise ValueError(f"{file} seems to have {mark!r} between its columns: read_csv(..., "
                         f"separator={mark!r}{', decimal=' + repr(',') if commas else ''}).")


def _ragged(file: str, line: int, cells: int, columns: int) -> str:
    advice = ""
    if cells == 2 * columns:
        advice = " Twice as many: numbers with decimal commas need another separator, such as ';'."
    elif cells == columns + 1:
        advice = " Either a name is missing in the first line, or a value has a comma in it."
    there_are = f"there {'are' if columns > 1 else 'is'} {columns} column{'s' * (columns > 1)}"
    return f"{file}, line {line}: {cells} value{'s' * (cells > 1)} where {there_are}.{advice}"


# -- the header and the index ---------------------------------------------------------------------


def _has_header(lines: Sequence[tuple[int, list[str]]], decimal: str) -> tuple[bool, str]:
    """Whether the first line has the names of the columns, and a sentence if that is no matter of
    course: if all the names are numbers, or some of them."""
    first, below = [cell.strip() for cell in lines[0][1]], [cells for _, cells in lines[1:]]
    if first[0].startswith("#") or not any(is_number(cell, decimal) for cell in first):
        return True, ""
    numbers = [cell for cell in first if is_number(cell, decimal)]
    if not below or not all(map(is_whole, numbers)):
        return False, ""
    shown = f"line 1, {listed(first)!r:.60},"
    if _are_names(list(map(int, numbers)), first, below, decimal):
        names = f"{shown} is taken for the names of the columns. header=False takes it for numbers."
        return True, names if len(numbers) == len(first) else ""
    numbers_too = f"{shown} is taken for numbers. header=True takes it for the columns' names."
    return False, numbers_too if first == ["0", "1"] else ""


def _are_names(numbers: list[int], first: list[str], below: list[list[str]], decimal: str) -> bool:
    """Whether whole numbers in the first line are names: 0, 1, 2, as pandas numbers columns, years,
    or labels above numbers of which none is whole."""
    consecutive = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    years = consecutive and len(numbers) > 1 and numbers[0] in YEARS and numbers[-1] in YEARS
    from_0 = consecutive and numbers[0] == 0
    if len(numbers) < len(first):  # a text or nothing beside the numbers
        counted = not first[0] and _counts([cells[0].strip() for cells in below])
        return (years or from_0) and (len(numbers) > 1 or counted)
    if years:
        return not any(all(is_whole(cell) and int(cell) in YEARS for cell in row) for row in below)
    ascending = len(numbers) > 1 and all(a < b for a, b in zip(numbers, numbers[1:]))
    if ascending and all(is_number(cell, decimal) and not is_whole(cell)
                         for row in below for cell in row):
        return True
    return from_0 and (len(numbers) > 2 or not _is_data_from_0(below, decimal))


def _is_data_from_0(below: list[list[str]], decimal: str) -> bool:
    """Whether a row 0, 1 goes on below: by an x that ascends, or by zeros and ones alone."""
    cells = [cell for row in below for cell in row]
    if not all(is_number(cell, decimal) for cell in cells):
        return True  # which is said later
    x = [0.0, *(number_of(row[0], decimal) for row in below)]
    ascending = all(a < b for a, b in zip(x, x[1:]))
    return ascending or all(number_of(cell, decimal) in (0, 1) for cell in cells)


def _names(cells: Sequence[str]) -> list[str]:
    """The names; one that is missing is empty if it is among the first, else told by its place."""
    names = [cell.strip() for cell in cells]
    names[0] = names[0].lstrip("# ")  # as numpy.savetxt writes them
    named = next((i for i, name in enumerate(names) if name), 0)
    return [name or (f"column {i + 1}" if i > named else "") for i, name in enumerate(names)]


def _one_more(names: list[str], rows: Sequence[tuple[int, list[str]]], decimal: str) -> bool:
    """Whether each row begins with a name of its own that has none above it, as R writes it."""
    if len(names) < 2 or any(len(cells) != len(names) + 1 for _, cells in rows):
        return False
    own = [cells[0].strip() for _, cells in rows]
    return len(set(own)) == len(own) and _may_be_index(own, decimal)


def _may_be_index(cells: Sequence[str], decimal: str) -> bool:
    """Whether these are whole numbers, or texts among them."""
    texts = any(cell and not is_number(cell, decimal) for cell in cells)
    return texts or all(map(is_whole, cells))


def _counts(cells: Sequence[str]) -> bool:
    """Whether the cells are 0, 1, 2, ... or 1, 2, 3, ..."""
    return bool(cells) and cells[0] in ("0", "1") and list(cells) == [
        str(i) for i in range(int(cells[0]), int(cells[0]) + len(cells))]
