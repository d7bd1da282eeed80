r"""Reads an operation's own rules with names in place of numbers, so that what runs is also what is printed.

    partials(divide)                   # (1/b, -y/b), as formulas: the rules of the record, called with y, a and b
    latex(partials(sigmoid)[0])        # y \, (1 - y)

Formulas are trees, made as numbers are: by Python's operators and by our operations, which hand over to whatever records.
`simplified` makes them what a book prints: it takes for granted that inputs differ from 0 and from one another, where a rule
looks at ties and at 0⁰.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinygrad_edu.autodiff.primitive import OPERATIONS, Operation


def _operator(head: str) -> Any:
    return lambda self, other: Formula(head, (self, other))


def _reflected(head: str) -> Any:
    return lambda self, other: Formula(head, (other, self))


class Unreadable(TypeError):
    """A rule that gives no formula when it is read with names."""


@dataclass(frozen=True, eq=False)
class Formula:
    """An operation by name and what it is applied to: formulas and numbers; or a name, whose LaTeX is its only part."""

    head: str
    parts: tuple[Any, ...]

    __add__, __radd__ = _operator("add"), _reflected("add")
    __sub__, __rsub__ = _operator("subtract"), _reflected("subtract")
    __mul__, __rmul__ = _operator("multiply"), _reflected("multiply")
    __truediv__, __rtruediv__ = _operator("divide"), _reflected("divide")
    __pow__, __rpow__ = _operator("power"), _reflected("power")
    __eq__, __ne__ = _operator("="), _operator(r"\ne")
    __lt__, __le__ = _operator("<"), _operator(r"\le")
    __gt__, __ge__ = _operator(">"), _operator(r"\ge")
    __or__, __ror__ = _operator(r"\lor"), _reflected(r"\lor")
    __mod__, __rmod__ = _operator("remainder"), _reflected("remainder")
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _reflected("floor_divide")
    __hash__ = object.__hash__

    def __neg__(self) -> Formula:
        return Formula("negative", (self,))

    def __pos__(self) -> Formula:
        return self

    def __abs__(self) -> Formula:
        return Formula("absolute", (self,))

    def __bool__(self) -> bool:
        raise Unreadable("a rule that goes one way or the other by a number is no formula.")

    def __record__(self, op: Operation, xs: Sequence[Any], parameters: Mapping[str, Any]) -> Formula:
        if op.partials is None or op.parameters:
            raise Unreadable(f"{op.name} has no place in a formula.")
        return Formula(op.name, tuple(xs))

    def __repr__(self) -> str:
        return latex(self)


TESTS = {"=", r"\ne", "<", r"\le", ">", r"\ge", r"\lor"}  # heads that are true or false, 1 or 0 as numbers


def named(name: str) -> Formula:
    """A name as a formula; name is LaTeX."""
    return Formula("name", (name,))


def partials(op: Operation, y: Any = None, xs: Sequence[Any] | None = None,
             parameters: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
    """dy/dx for each input of an elementwise operation, simplified: formulas, or floats where the slope is a number.

    y, xs: formulas or numbers to write the rules with; y and the record's own names, if they are left out.
    parameters: the record's defaults, if they are left out. Raises TypeError for an operation that has no partials.
    """
    if op.partials is None:
        raise TypeError(f"{op.name} is not elementwise: its rule is no formula in its inputs, entry by entry.")
    return tuple(partial(op, k, y, xs, parameters) for k in range(len(op.partials)))


def partial(op: Operation, k: int, y: Any = None, xs: Sequence[Any] | None = None,
            parameters: Mapping[str, Any] | None = None) -> Any:
    """One of the `partials`: dy/d(input k)."""
    y = named("y") if y is None else y
    xs = tuple(named(x if len(x) == 1 else rf"\text{{{x}}}") for x in op.inputs) if xs is None else tuple(xs)
    chosen = [x for x, slope in zip(xs, op.rules.values()) if slope == 0.0]  # such as the condition of `where`: tests on it stay
    return simplified(as_formula(op, k, y, xs, parameters), Formula(op.name, xs), y, chosen)


def as_formula(op: Operation, k: int, y: Any, xs: Sequence[Any],
               parameters: Mapping[str, Any] | None = None) -> Any:
    """The rule for dy/d(input k), read with formulas or numbers in place of arrays."""
    assert op.partials is not None
    rule, given = op.partials[k], op.parameters if parameters is None else parameters
    return 1.0 if rule is None else rule(y, *xs, **given)


def readable(read: Callable[..., Any], *given: Any) -> Any:
    """What `partial` or `as_formula` gives; None for a rule that is no formula.

    A user-defined rule may do with its inputs what only numbers allow: any exception means that.

    Args:
        read: `partial` or `as_formula`.
        given: its arguments.

    Returns:
        A formula, a number, or None.
    """
    try:
        found = read(*given)
        return found if isinstance(found, Formula) else float(found)
    except Exception:
        return None


# -- to what a book prints -----------------------------------------------------------------------------------------


def simplified(f: Any, known: Formula | None = None, y: Any = None, chosen: Sequence[Any] = ()) -> Any:
    """The same formula, shorter; where it holds `known`, with y in its place. Tests for equality on `chosen` inputs are kept."""
    if not isinstance(f, Formula):
        return float(f)
    if f.head == "name":
        return f
    f = Formula(f.head, tuple(simplified(part, known, y, chosen) for part in f.parts))
    if known is not None and same(f, known):
        return y
    if f.head in IDENTITIES:
        return simplified(IDENTITIES[f.head](*f.parts), known, y, chosen)
    if f.head == "square" and isinstance(f.parts[0], Formula) and f.parts[0].head in SQUARES:
        return simplified(_square(f.parts[0]), known, y, chosen)
    if f.head in ("=", r"\ne") and not any(same(part, x) for part in f.parts for x in chosen):
        return float(f.head == r"\ne")
    return RULES[f.head](*f.parts) if f.head in RULES else f


def same(f: Any, g: Any) -> bool:
    """Whether two formulas are written alike."""
    if isinstance(f, Formula) and isinstance(g, Formula):
        return f.head == g.head and len(f.parts) == len(g.parts) and all(map(same, f.parts, g.parts))
    return type(f) is type(g) and f == g


def _is(f: Any, head: str) -> bool:
    return isinstance(f, Formula) and f.head == head


def _number(f: Any, number: float) -> bool:
    return isinstance(f, float) and f == number


def _sum(a: Any, b: Any) -> Any:
    if isinstance(a, float) and isinstance(b, float):
        return a + b
    if _number(a, 0.0) or _number(b, 0.0):
        return b if _number(a, 0.0) else a
    if same(a, b):
        return _product(2.0, a)
    return _difference(a, b.parts[0]) if _is(b, "negative") else Formula("add", (a, b))


def _difference(a: Any, b: Any) -> Any:
    if isinstance(a, float) and isinstance(b, float):
        return a - b
    if _number(a, 0.0) or _number(b, 0.0):
        return _negative(b) if _number(a, 0.0) else a
    return _sum(a, b.parts[0]) if _is(b, "negative") else Formula("subtract", (a, b))


def _product(a: Any, b: Any) -> Any:
    if isinstance(a, float) and isinstance(b, float):
        return a * b
    if isinstance(b, float):  # the number first
        a, b = b, a
    if isinstance(a, float) and a in (0.0, 1.0):
        return b if a else 0.0
    if _below_zero(a) or _below_zero(b):
        product = _product(_negative(a) if _below_zero(a) else a, _negative(b) if _below_zero(b) else b)
        return _negative(product) if _below_zero(a) != _below_zero(b) else product
    if _is(b, "divide") and _number(b.parts[0], 1.0):
        return _quotient(a, b.parts[1])
    if _is(a, "multiply") and isinstance(a.parts[0], float):
        return _product(a.parts[0], _product(a.parts[1], b))
    if isinstance(a, float) and _is(b, "multiply") and isinstance(b.parts[0], float):
        return _product(a * b.parts[0], b.parts[1])
    return _square(a) if same(a, b) else Formula("multiply", (a, b))


def _square(a: Formula) -> Formula:
    return SQUARES[a.head](*a.parts) if a.head in SQUARES else Formula("square", (a,))


def _below_zero(f: Any) -> bool:
    """Whether it is written with a minus in front."""
    return f < 0 if isinstance(f, float) else _is(f, "negative")


def _quotient(a: Any, b: Any) -> Any:
    if isinstance(a, float) and isinstance(b, float) and b:
        return a / b
    if _number(b, 1.0):
        return a
    if _below_zero(a):
        return _negative(_quotient(_negative(a), b))
    if isinstance(a, float) and 0 < a < 1 and abs(1 / a - round(1 / a)) < 1e-9:  # 0.5 / y is 1 / (2 y)
        return _quotient(1.0, _product(float(round(1 / a)), b))
    if _is(a, "divide"):
        return _quotient(a.parts[0], _product(a.parts[1], b))
    return Formula("divide", (a, b))


def _negative(a: Any) -> Any:
    return -a if isinstance(a, float) else a.parts[0] if _is(a, "negative") else Formula("negative", (a,))


def _power(a: Any, b: Any) -> Any:
    return a if _number(b, 1.0) else Formula("power", (a, b))


def _or(a: Any, b: Any) -> Any:
    return 1.0 if _number(a, 1.0) or _number(b, 1.0) else Formula(r"\lor", (a, b))


RULES: dict[str, Callable[..., Any]] = {"add": _sum, "subtract": _difference, "multiply": _product, "divide": _quotient,
                                        "negative": _negative, "power": _power, r"\lor": _or}
IDENTITIES: dict[str, Callable[..., Any]] = {  # what the rules compute to more digits than the book's form would give
    "one_minus_sigmoid": lambda u: 1.0 - Formula("sigmoid", (u,)),
}
SQUARES: dict[str, Callable[..., Any]] = {
    "sech": lambda u: 1.0 - Formula("square", (Formula("tanh", (u,)),)),
    "hypot": lambda a, b: Formula("square", (a,)) + Formula("square", (b,)),
}


# -- to LaTeX ------------------------------------------------------------------------------------------------------

SUM, PRODUCT, ATOM = 1, 2, 3  # how tightly what is written holds together
CONSTANTS = {math.log(2.0): r"\ln 2", math.log(10.0): r"\ln 10", math.sqrt(2.0): r"\sqrt{2}",
             2.0 / math.sqrt(math.pi): r"\frac{2}{\sqrt{\pi}}", math.sqrt(2.0 * math.pi): r"\sqrt{2 \pi}"}
LETTERS = re.compile(r"\\(?:operatorname|text)\{[^}]*\}|\\[A-Za-z]+|[A-Za-z]+")


def latex(f: Any) -> str:
    """A formula or a number in LaTeX."""
    return _written(f)[0]


def number(x: float) -> str:
    """A number to four digits, as in 0.32 or 1.5 · 10⁻⁷; some by their names."""
    if x in CONSTANTS:
        return CONSTANTS[x]
    text = f"{x:.4g}"
    if "e" in text:
        digits, power = text.split("e")
        return rf"{digits} \cdot 10^{{{int(power)}}}"
    return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\text{nan}"}.get(text, text)


def _written(f: Any) -> tuple[str, int]:
    if not isinstance(f, Formula):
        return number(f), SUM if f < 0 else ATOM if "e" not in f"{f:.4g}" else PRODUCT
    if f.head == "name":
        return f.parts[0], ATOM
    if f.head in TESTS:
        return rf"[{latex(f.parts[0])} {f.head} {latex(f.parts[1])}]", ATOM  # Iverson's brackets: 1 where it holds, else 0
    if f.head in WRITTEN:
        return WRITTEN[f.head](*f.parts)
    return _by_the_record(OPERATIONS[f.head], f.parts)


def _in(f: Any, least: int) -> str:
    """The formula, in brackets if it holds together less tightly."""
    text, tightness = _written(f)
    return text if tightness >= least else f"({text})"


def _times(a: Any, b: Any) -> tuple[str, int]:
    if isinstance(a, float) and number(a).startswith(r"\ln"):  # ln 2 u would be the logarithm of 2 u
        a, b = b, a
    left, right = _in(a, PRODUCT), _in(b, PRODUCT)
    return left + (r" \cdot " if right[0].isdigit() or (right[0] == "(" and left[-1] == ")") else r" \, ") + right, PRODUCT


def _squared(a: Any) -> tuple[str, int]:
    text = _in(a, ATOM)
    return (f"({text})^2" if "^" in text and not text.startswith("(") else f"{text}^2"), ATOM


WRITTEN: dict[str, Callable[..., tuple[str, int]]] = {
    "add": lambda a, b: (f"{latex(a)} + {_in(b, PRODUCT)}", SUM),
    "subtract": lambda a, b: (f"{latex(a)} - {_in(b, PRODUCT)}", SUM),
    "multiply": _times,
    "divide": lambda a, b: (rf"\frac{{{latex(a)}}}{{{latex(b)}}}", ATOM),
    "negative": lambda a: (f"-{_in(a, PRODUCT)}", SUM),
    "power": lambda a, b: (f"{_in(a, ATOM)}^{{{latex(b)}}}", ATOM),
    "square": _squared,
    "sigmoid": lambda u: (rf"\sigma({latex(u)})", ATOM),
}


def _by_the_record(op: Operation, xs: Sequence[Any]) -> tuple[str, int]:
    """The record's own formula, with what the operation is applied to in the places of its inputs."""
    inputs = dict(zip(op.inputs, xs))

    def put(match: re.Match[str]) -> str:
        if match[0] not in inputs:
            return match[0]
        before, after = op.formula[: match.start()][-1:], op.formula[match.end() :][:1]
        enclosed = (before + after) in ("{}", "()", "")
        return latex(inputs[match[0]]) if enclosed else _in(inputs[match[0]], ATOM)

    text = LETTERS.sub(put, op.formula)
    bare = re.sub(r"\{[^{}]*\}|\([^()]*\)", "", re.sub(r"\{[^{}]*\}|\([^()]*\)", "", text))
    return text, SUM if re.search(r"[+-]", bare) else PRODUCT if " " in bare.strip() else ATOM
