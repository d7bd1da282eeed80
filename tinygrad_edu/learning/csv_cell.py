"""One cell of a CSV file: the number in it, or why there is none."""

from __future__ import annotations

import math
import re

NUMERAL = r"[+-]?\d+([.,]\d+)?(e[+-]?\d+)?"  # with a decimal point or comma
CAUSES = {  # what a cell looks like that is no number, and what to do about it
    r"": "there is no value. Fill it in",
    r"(?i:na|n/a|nan|null|none|missing|-+|\?|\.)": "{0} stands for a missing value. Fill it in",
    r"(?i:[+-]?(inf(inity)?|[\d.]+e\+?\d+))": "{0} is not a finite number. Put a number there",
    r"(?i:true|false|yes|no)": "{0} is not a number. Write 1 and 0",
    r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?": "{0} has a comma in it. Write thousands without a separator; "
                                      "if it is a decimal comma, say decimal=','",
    r"[+-]?\d*,\d+(e[+-]?\d+)?": "{0} has a decimal comma. Say decimal=','",
    r"[+-]?\d{1,3}([.' \u00a0]\d{3})+(,\d*)?": "{0} is not a number. Write thousands without a "
                                               "separator and decimals with a point",
    r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ].*)?": "{0} is a date, not a number. Write the days since "
                                                "the first",
    r"[$€£]?\s*[+-]?[\d.]+\s*[%$€£a-zA-Z°]+|[$€£]\s*[\d.]+": "{0} is not a number. Write it "
                                                             "without the unit",
    r"[−–]\s*[\d.]+": "{0} has a dash for a minus sign. Write -",
    r"[+-]?\d*\.\d+": "{0} has a decimal point, where decimal=',' was said. Write one kind",
}


def is_number(cell: str, decimal: str) -> bool:
    """Whether there is a number in the cell."""
    try:
        number_of(cell, decimal)
    except ValueError:
        return False
    return True


def is_finite(cell: str, decimal: str) -> bool:
    """Whether there is a number in the cell, and neither nan nor infinity."""
    return is_number(cell, decimal) and math.isfinite(number_of(cell, decimal))


def number_of(cell: str, decimal: str) -> float:
    """The number in the cell. decimal: "." or ",". Raises ValueError."""
    if "_" in cell or (decimal == "," and "." in cell):  # Python takes 1_000 for a number
        raise ValueError
    return float(cell.replace(",", ".") if decimal == "," else cell)


def is_whole(cell: str) -> bool:
    """Whether there is a number without a point in the cell."""
    return re.fullmatch(r"\s*[+-]?\d{1,15}\s*", cell) is not None


def cause_of(cell: str) -> str:
    """Why a cell is no number, and what to do."""
    text = f"{cell!r:.40}"
    for pattern, cause in CAUSES.items():
        if re.fullmatch(pattern, cell):
            return cause.format(text)
    return f"{text} is not a number. Write classes as 0, 1, 2"
