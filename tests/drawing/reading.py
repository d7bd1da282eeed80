"""Reads the captions of a page of `explore` as a person would, and computes them again.

    lines = captions(page)              # all that can be shown: every step, in every view and mode
    for line in lines:
        check(line, known)              # AssertionError for an equation that is not so

A line is the MathML as it stands: brackets that are not written are not there. What is left out is
marked by ⋯ and counts as nothing, so such a line has to say the same with names and with numbers,
and to claim the right value.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tinygrad_edu.autodiff.primitive import OPERATIONS, quietly

COLLECT = (Path(__file__).parent / "collect.js").read_text(encoding="utf-8")
CALLED = {"ln": "log", "σ": "sigmoid", "max": "maximum", "min": "minimum"}


def captions(page):
    """[[where, line], ...] of all that the page can show in captions and details.

    A line is a tree of elements.
    """
    return json.loads(page.tab.evaluate(COLLECT))


class Recorded(Exception):
    """A formula holds a result that the page cannot compute, and neither can we."""


class Text:
    """A row of elements, read from left to right."""

    def __init__(self, row, known, shift):
        self.row, self.known, self.shift, self.at = row, known, shift, 0
        self.elided = False

    def peek(self):
        return self.row[self.at] if self.at < len(self.row) else ("end", "")

    def take(self, text=None):
        tag, content = self.peek()
        assert tag != "end", "it ends too early"
        assert text is None or content == text, f"{text} was expected and not {content}"
        self.at += 1
        return tag, content

    def sum(self):
        total = self.term()
        while self.peek() in (("mo", "+"), ("mo", "−")):
            sign = self.take()[1]
            if self.peek() == ("mo", "⋯"):
                self.take()
                self.elided = True
                continue
            term = self.term()
            total = total + term if sign == "+" else total - term
        return total

    def term(self):
        product = self.factor()
        while self.peek() == ("mo", "·"):
            self.take()
            if self.peek() == ("mo", "⋯"):
                self.take()
                self.elided = True
                continue
            factor = self.factor()
            product = (
                0.0
                if 0 in (product, factor) and np.isinf(product + factor)
                else product * factor
            )
        return product

    def factor(self):
        tag, content = self.take()
        if (tag, content) == ("mo", "−"):
            return -self.factor()
        if tag == "mn":
            return self.shift(number(content))
        if tag == "msup":
            base, power = content
            assert len(base) == 1 or closed(base), f"a power of something without brackets: {base}"
            if base == (("mi", "e"),):
                return self.within(power, lambda b: quietly(np.exp, b))
            a = self.within(base)
            return self.within(power, lambda b: OPERATIONS["power"].compute(float(a), float(b)))
        if tag == "mfrac":
            above, below = content
            if above[0] == ("mi", "∂"):
                return self.known["∂", row_text(above[1:]), row_text(below[1:])]
            a = self.within(above)
            return self.within(below, lambda b: OPERATIONS["divide"].compute(float(a), float(b)))
        if tag == "msqrt":
            return self.within(content, lambda a: OPERATIONS["sqrt"].compute(float(a)))
        if tag == "msub":
            return self.known[row_text([(tag, content)])]
        if content == "(":
            inside = self.sum()
            self.take(")")
            return inside
        if content == "|":
            inside = self.sum()
            self.take("|")
            return abs(inside)
        if content == "[":
            return self.test()
        assert tag == "mi", f"what does {content} stand for?"
        if self.peek() == ("mo", "("):
            return self.call(content)
        if self.peek()[0] == "mtext":
            content += self.take()[1]
        return self.known[content]

    def within(self, row, then=lambda x: x):
        text = Text(row, self.known, self.shift)
        x = text.sum()
        assert text.peek()[0] == "end", f"what comes after {text.at} in {row}?"
        self.elided |= text.elided
        return then(x)

    def test(self):
        a, sign = self.sum(), self.take()[1]
        if sign == "or":
            holds = a != 0 or self.sum() != 0
        else:
            b = self.sum()
            holds = {"=": a == b, "≠": a != b, "<": a < b, "≤": a <= b, ">": a > b, "≥": a >= b}[
                sign
            ]
        self.take("]")
        return float(holds)

    def call(self, name):
        self.take("(")
        given, xs = {}, []
        while True:
            if self.peek() == ("mo", "⋯"):
                self.take()
                self.elided = True
            elif self.peek()[0] == "mi" and self.row[self.at + 1] == ("mo", "="):
                parameter = self.take()[1]
                self.take("=")
                given[parameter] = value_of(self.take()[1])
            else:
                xs.append(self.sum())
            if self.take()[1] == ")":
                break
            assert self.row[self.at - 1] == ("mo", ",")
        op = OPERATIONS[CALLED.get(name, name)]
        if name in ("max", "min"):
            return quietly({"max": np.max, "min": np.min}[name], xs)
        if (
            self.peek()[0] == "mtext"
            or op.partials is None
            or any(str(x).startswith("[") for x in given.values())
        ):
            raise Recorded
        return float(quietly(op.forward, *map(np.float64, xs), **given))


def closed(row):
    """Whether it is one thing: in one pair of brackets, a function of something, or an entry."""
    if [tag for tag, _ in row] == ["mi", "mtext"]:
        return True
    if row[0][0] == "mi" and row[1] == ("mo", "("):
        row = row[1:]
    if row[0] == ("mo", "|"):
        return row[-1] == ("mo", "|")
    depth = [
        (1 if x in (("mo", "("), ("mo", "[")) else -1 if x in (("mo", ")"), ("mo", "]")) else 0)
        for x in row
    ]
    return depth[0] == 1 and all(sum(depth[:k]) > 0 for k in range(1, len(row))) and sum(depth) == 0


def number(text):
    return float(text.replace("−", "-").replace("∞", "inf"))


def value_of(text):
    """A parameter: a number, or a word."""
    try:
        return number(text)
    except ValueError:
        return text


def flat(tree):
    """A tree of elements as one row of (element, content), without the rows in it."""
    tag, *parts = tree
    if tag in ("mrow", "math", "p", "li"):
        return [x for part in parts for x in flat(part)]
    if tag in ("msup", "mfrac", "msub"):
        return [(tag, tuple(tuple(flat(part)) for part in parts))]
    if tag == "msqrt":
        return [(tag, tuple(x for part in parts for x in flat(part)))]
    return [(tag, "".join(parts).strip())]


def row_text(row):
    """A name in a row as text."""
    return "".join(
        content
        if isinstance(content, str)
        else f"√{{{row_text(content)}}}"
        if tag == "msqrt"
        else {"msub": "_", "msup": "^", "mfrac": "/"}[tag].join(map(row_text, content))
        for tag, content in row
    )


def parts_of(tree):
    """left = part = ... = x, as rows."""
    parts, depth = [[]], 0
    for x in flat(tree):
        depth += {("mo", "["): 1, ("mo", "]"): -1, ("mo", "("): 1, ("mo", ")"): -1}.get(x, 0)
        if x == ("mo", "=") and not depth:
            parts.append([])
        else:
            parts[-1].append(x)
    return parts


def worth(row, known):
    """(its value, how far off that may be by the digits that are not printed, whether it has a ⋯)."""
    digits = sum(str(row).count(f"'mn', '{start}") for start in "−0123456789")

    def evaluated(which=-1, by=0.0):
        seen = iter(range(10_000))

        def shift(x):
            if next(seen) != which or not np.isfinite(x) or x == 0:
                return x
            return x + by * 10.0 ** (math.floor(math.log10(abs(x))) - 3)

        text = Text(row, known, shift)
        x = text.sum()
        assert text.peek()[0] == "end", f"{text.peek()} comes after the end of it"
        return float(x), text.elided

    x, elided = evaluated()
    moved = [abs(evaluated(which, 0.5)[0] - x) for which in range(digits)] if np.isfinite(x) else []
    return x, sum(m for m in moved if np.isfinite(m)), elided


def check(tree, known):
    """Raises AssertionError for an equation that does not hold, to the digits that are printed."""
    left, *parts = parts_of(tree)
    assert parts, "it says nothing"
    claimed = number(parts[-1][0][1]) if len(parts[-1]) == 1 else worth(parts[-1], known)[0]
    exact, rough, _ = worth(left, known)  # rough only where the left side is numbers too
    try:
        written = [worth(part, known) for part in parts[:-1]]
    except Recorded:
        return False
    last = (
        abs(exact) * 1.1e-3
        if (exact and abs(exact) < 1e-4) or abs(exact) >= 99995
        else abs(exact) * 5.1e-4
    )
    assert claimed == pytest.approx(exact, abs=last + 1.2 * rough + 1e-12, nan_ok=True), (
        f"it comes to {exact} and not to {claimed}"
    )
    for x, off, elided in written:
        if not elided:
            near = pytest.approx(
                exact, abs=1.2 * (off + rough) + 1e-6 * abs(exact) + 1e-12, nan_ok=True
            )
            assert x == near, f"{x} ± {off} is not {exact}"
    if len(written) == 2 and written[0][2]:
        assert written[1][2], "⋯ is in one of the two only"
        off = 1.2 * (written[0][1] + written[1][1]) + 1e-9
        assert written[0][0] == pytest.approx(written[1][0], rel=1e-2, abs=off, nan_ok=True), (
            "the terms differ"
        )
    return any(elided for _, _, elided in written)
