"""What the name of a file says: which exercise it is for, and who has sent it.

    exercise_in("doejane_LATE_12345_67890_01-delta-2.py"), sender_in("doejane_LATE_12345_...")
    # "delta", Sender("doejane", "12345")

Learning platforms write their own words around the name that a student gave; browsers and file
managers number what they save twice.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from tinygrad_edu.exercises.bank import EXERCISES

_LETTERS = {name.replace("-", ""): name for name in EXERCISES}
_SENT_BY = re.compile(
    r"(?:(?P<name>.+?)_)??(?:late_)?(?P<id>\d{3,})_(?:late_)?\d{3,}_"  # Canvas
    r"|(?P<moodle_name>.+?)_(?P<moodle_id>\d+)_assignsubmission_(?:file|onlinetext)_"
    r"|\d+-(?P<d2l_id>\d+) ?- (?P<d2l_name>.+?) ?- .+? ?- "
    r"|.+_(?P<blackboard_name>[^_]+)_attempt_[\d-]+_",
    re.IGNORECASE,
)
_COPY_OF = r"copy of|copie de|c[oó]pia de|kopie von"
_BEFORE = re.compile(rf"(?:(?:{_COPY_OF}|late|\d+)[\s._-]+)+", re.IGNORECASE)
_BEHIND = re.compile(  # numbers and words for a copy
    r"(?:[\s._~-]*(?:\(\d+\)|\[\d+\]|v?\d+)"
    r"|[\s._-]+(?:late|copy|copie|c[oó]pia|kopie|kopia|kopi))+$",
    re.IGNORECASE,
)


class Sender(NamedTuple):
    """A student as a platform writes one: by name, by number, or both."""

    name: str
    number: str


def exercise_in(file: str) -> str | None:
    """The name of the exercise that a file with this name is for; None if it is for none."""
    stem = re.sub(r"(\.py)+$", "", unquote(file).strip(), flags=re.IGNORECASE)
    plain = _BEHIND.sub("", _BEFORE.sub("", _SENT_BY.sub("", stem, count=1), count=1))
    return _LETTERS.get(re.sub(r"[\s_‐-–-]", "", plain.lower()))


def sender_in(file: str) -> Sender | None:
    """Who has sent a file with this name, if a platform has written it there."""
    match = _SENT_BY.match(file)
    if match is None:
        return None
    number = match["id"] or match["moodle_id"] or match["d2l_id"] or ""
    names = ("name", "moodle_name", "d2l_name", "blackboard_name")
    return Sender(next((match[name] for name in names if match[name]), number), number)


def is_copy(file: str) -> bool:
    """Whether a file with this name is numbered, or called a copy."""
    stem = re.sub(r"(\.py)+$", "", file, flags=re.IGNORECASE)
    return bool(_BEHIND.search(stem) or re.match(_COPY_OF, stem, re.IGNORECASE))
