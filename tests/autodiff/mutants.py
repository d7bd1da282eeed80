"""Tampers with the rules of the operations, one change at a time, and sees whether a law notices.

    python -m tests.autodiff.mutants                      # every mutant of every rule
    python -m tests.autodiff.mutants power matmul         # of these records alone
    python -m tests.autodiff.mutants --sample 200 --seed 1

A mutant is the source of a rule (a partial, a transpose, a vjp or a jvp, or a function that these use) with one thing
changed: + for -, a constant that is off, one input in place of another, an axis that is forgotten. It is killed when one of
the laws fails on a record that has it. A mutant that no law kills is either as good as the original, and then `survivors.py`
says why, or there is a law missing.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import inspect
import itertools
import pkgutil
import random
import re
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from types import ModuleType
from typing import Any
from unittest import mock

from tests.autodiff.laws import LAWS, Law, label
from tests.autodiff.survivors import SURVIVORS
from tinygrad_edu.autodiff import operations, primitive
from tinygrad_edu.autodiff.primitive import OPERATIONS, Operation

BUILDERS = ("elementwise", "multilinear", "primitive")
RULES = re.compile("dy_d.*|transposes|vjp|jvp|slope")  # the arguments of builders that are tampered with
SECONDS = 4.0  # of the processor, for one law in one case: what takes longer hangs, and is killed

OTHER_OPERATOR = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.MatMult: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}
NEIGHBOURS = {
    ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.GtE], ast.Gt: [ast.GtE, ast.Lt], ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq, ast.LtE, ast.GtE], ast.NotEq: [ast.Eq, ast.Lt, ast.Gt],
    ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn], ast.NotIn: [ast.In],
}
SIBLINGS = [  # operations that are easily taken for each other
    ["sin", "cos", "tan"], ["sinh", "cosh", "tanh"], ["arcsin", "arccos", "arctan"], ["exp", "log", "expm1", "log1p"],
    ["max", "min"], ["maximum", "minimum"], ["sum", "mean"], ["sqrt", "square"], ["tanh", "sigmoid"], ["floor", "ceil"],
    ["cumsum", "cumprod"], ["tril", "triu"], ["zeros", "ones"], ["argmax", "argmin"],
]
# What is large enough to know a change by: a + 1 -> a + 2 rather than 1 -> 2.
ENOUGH = (ast.BinOp, ast.Compare, ast.BoolOp, ast.Call, ast.IfExp, ast.Subscript, ast.Lambda, ast.stmt)
# A whole rule, replaced by one that hands on what it is given.
HANDED_ON = {
    "transposes": "lambda ybar, *_, **__: ybar",
    "transposes of variadic": "lambda ybar, *xs, **__: [ybar] * len(xs)",
    "vjp": "lambda ybar, y, *xs, **__: [ybar] * len(xs)",
    "jvp": "lambda xdots, *_, **__: next(xdot for xdot in xdots if xdot is not None)",
    "dy": "1",
    "slope": "lambda y, *_, **__: y == y",
}


# -- changing one thing ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scope:
    """What the names in a piece of source stand for."""

    inputs: tuple[str, ...]  # the arguments of the innermost function or lambda that may stand in for another
    numbers: frozenset[str]  # what they may stand in for: they, and what is computed of them
    parameters: frozenset[str]  # of the records: these are neither
    callables: frozenset[str]  # names whose call may be left out: operations and functions of the module

    def inside(self, function: ast.FunctionDef | ast.Lambda) -> Scope:
        inputs = [a.arg for a in (*function.args.posonlyargs, *function.args.args) if a.arg not in self.parameters]
        computed = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        return replace(self, inputs=tuple(inputs), numbers=frozenset(inputs) | computed | self.numbers)


@dataclass(frozen=True)
class Change:
    """A piece of source with one thing changed; `was` and `now` say it in the words around it."""

    after: Any
    was: str = ""
    now: str = ""


def changes(node: ast.AST, scope: Scope) -> Iterator[Change]:
    """Every way to change one thing in a piece of source."""
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        inside = scope.inside(node)
        if isinstance(node, ast.Lambda):
            for change in changes(node.body, inside):
                yield _told(change, node, _with(node, "body", change.after))
        else:
            yield from _in_block(node, "body", inside)
        return
    if isinstance(node, (ast.Raise, ast.Assert, ast.Pass)) or getattr(getattr(node, "func", None), "id", None) in BUILDERS:
        return
    if isinstance(node, ast.stmt):
        yield from _in_statement(node, scope)
        return
    for after in _here(node, scope):
        yield _told(Change(after), node, after)
    for name, child in ast.iter_fields(node):
        if isinstance(child, ast.expr_context) or name == "annotation" or getattr(node, "arg", None) == "strict":
            continue  # zip(strict=True) is for the reader
        if isinstance(child, ast.AST) and not (name == "slice" and isinstance(child, ast.Constant) and child.value == 0):
            for change in changes(child, scope):
                yield _told(change, node, _with(node, name, change.after))
        elif isinstance(child, list):
            for i, item in enumerate(child):
                if isinstance(item, ast.AST):
                    for change in changes(item, scope):
                        yield _told(change, node, _with(node, name, [*child[:i], change.after, *child[i + 1 :]]))


def _told(change: Change, node: ast.AST, after: ast.AST) -> Change:
    """A change as one of this node, and in its words if they are enough to know it by and it has none yet."""
    if change.was or not isinstance(node, ENOUGH):
        return replace(change, after=after)
    return Change(after, ast.unparse(node), ast.unparse(after))


def _in_block(node: ast.AST, name: str, scope: Scope) -> Iterator[Change]:
    block = getattr(node, name)
    for i, statement in enumerate(block):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # a docstring
        for change in changes(statement, scope):
            yield replace(change, after=_with(node, name, [*block[:i], change.after, *block[i + 1 :]]))


def _in_statement(node: ast.stmt, scope: Scope) -> Iterator[Change]:
    if isinstance(node, (ast.If, ast.While)):
        for other in (ast.UnaryOp(ast.Not(), node.test), ast.Constant(True), ast.Constant(False)):
            yield Change(_with(node, "test", other), f"if {ast.unparse(node.test)}", f"if {ast.unparse(other)}")
    if isinstance(node, ast.AugAssign) and type(node.op) in OTHER_OPERATOR:
        after = _with(node, "op", OTHER_OPERATOR[type(node.op)]())
        yield Change(after, ast.unparse(node), ast.unparse(after))
    for name in ("test", "iter", "value"):
        if getattr(node, name, None) is not None:
            for change in changes(getattr(node, name), scope):
                yield _told(change, node, _with(node, name, change.after))
    for name in ("body", "orelse"):
        if getattr(node, name, None):
            yield from _in_block(node, name, scope)


def _here(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """The changes of this very node, whatever is in it."""
    if isinstance(node, ast.BinOp):
        if type(node.op) in OTHER_OPERATOR:
            yield _with(node, "op", OTHER_OPERATOR[type(node.op)]())
        yield node.left
        yield node.right
        if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.Pow)):
            yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.BoolOp):
        yield _with(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        yield from node.values
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in NEIGHBOURS[type(op)]:
                yield _with(node, "ops", [*node.ops[:i], other(), *node.ops[i + 1 :]])
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == 0:
        yield _with(node, "slice", ast.Constant(1))  # and not -1, since [0] is most often of the only one
    elif isinstance(node, ast.Constant):
        yield from map(ast.Constant, _other_constants(node.value))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if node.id in scope.numbers:
            yield from (ast.Name(name, ast.Load()) for name in scope.inputs if name != node.id)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        for sibling in _siblings(node.func.id):
            yield _with(node, "func", ast.parse(sibling, mode="eval").body)
        if node.func.id in scope.callables and node.args and not isinstance(node.args[0], ast.Starred):
            yield node.args[0]
        op = OPERATIONS.get(node.func.id)
        for i, keyword in enumerate(node.keywords):
            if op is not None and op.parameters.get(keyword.arg, inspect.Parameter.empty) is not inspect.Parameter.empty:
                yield _with(node, "keywords", node.keywords[:i] + node.keywords[i + 1 :])


def _other_constants(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        others = [value + 1.0, 0.0] if 2 * value == round(2 * value) else [value * 1.0001, 0.0]
        return [other for other in others if other != value]
    return []


def _siblings(name: str) -> list[str]:
    return [f"ops.{other}" for group in SIBLINGS if name in group for other in group if other != name and other in OPERATIONS]


def _with(node: Any, name: str, value: Any) -> Any:
    """The node with another value in one field."""
    other = copy.copy(node)
    setattr(other, name, value)
    return other


# -- the source of the rules -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Source:
    """One module of operations, taken apart."""

    module: ModuleType
    records: dict[str, ast.FunctionDef]  # the decorated functions
    others: dict[str, ast.stmt]  # functions and constants that rules may use
    imported: dict[str, tuple[str, str]]  # name here -> the module it is from, its name there

    def rules(self, record: str) -> dict[str, ast.expr]:
        """The keywords of the builder that hold the rules."""
        return {k.arg: k.value for k in self.builder(record).keywords if k.arg and RULES.fullmatch(k.arg)}

    def builder(self, record: str) -> ast.Call:
        """The call that decorates the record."""
        (builder,) = [d for d in self.records[record].decorator_list if isinstance(d, ast.Call)]
        return builder

    def uses(self, node: ast.AST) -> set[tuple[str, str]]:
        """What a piece of source uses of `others`, here or in another module, and what those use in turn: (module, name)."""
        found: set[tuple[str, str]] = set()
        pending: list[tuple[Source, ast.AST]] = [(self, node)]
        for source, piece in pending:  # the list grows while we walk it
            names = {n.id for n in ast.walk(piece) if isinstance(n, ast.Name)}
            for module, name in {source.imported.get(name, (source.module.__name__, name)) for name in names} - found:
                if module in sources() and name in sources()[module].others:
                    found.add((module, name))
                    pending.append((sources()[module], sources()[module].others[name]))
        return found


@cache
def sources() -> dict[str, Source]:
    """The modules of operations by name."""
    found = {}
    for info in pkgutil.iter_modules(operations.__path__, operations.__name__ + "."):
        module = importlib.import_module(info.name)
        tree = ast.parse(inspect.getsource(module))
        records = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name in OPERATIONS}
        others: dict[str, ast.stmt] = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name not in records}
        others |= {target.id: s for s in tree.body if isinstance(s, ast.Assign) for target in s.targets
                   if isinstance(target, ast.Name) and isinstance(s.value, (ast.Lambda, ast.Constant, ast.BinOp, ast.UnaryOp))}
        imported = {alias.asname or alias.name: (s.module, alias.name) for s in tree.body
                    if isinstance(s, ast.ImportFrom) and s.module for alias in s.names}
        found[info.name] = Source(module, records, others, imported)
    return found


@dataclass(frozen=True, eq=False)
class Unit:
    """A piece of source that is tampered with: the rules of a record, or something that the rules of some records use."""

    source: Source
    name: str  # in its module
    records: tuple[str, ...]  # that have it

    @property
    def label(self) -> str:
        """power, reductions._share."""
        return self.name if self.name in self.source.records else f"{self.source.module.__name__.rpartition('.')[2]}.{self.name}"

    def scope(self) -> Scope:
        parameters = {name for record in self.records for name in OPERATIONS[record].parameters}
        return Scope((), frozenset(), frozenset(parameters), frozenset(OPERATIONS) | frozenset(self.source.others))


@dataclass(frozen=True, eq=False)
class Mutant:
    """A unit with one thing changed."""

    unit: Unit
    definition: ast.stmt  # the whole function, decorators and all
    was: str
    now: str
    nth: int = 1  # of those of the unit that are told in the same words

    def __str__(self) -> str:
        return f"{self.unit.label} {self.was} -> {self.now}" + (f" ({self.nth})" if self.nth > 1 else "")


@cache
def units() -> list[Unit]:
    """All of them: the rules of every record, then what they share."""
    found, users = [], {}
    for source in sources().values():
        for record in source.records:
            found.append(Unit(source, record, (record,)))
            for place in set().union(*map(source.uses, [*source.rules(record).values(), source.builder(record).func])):
                users.setdefault(place, []).append(record)
    return found + [Unit(sources()[module], name, tuple(records)) for (module, name), records in sorted(users.items())]


@cache
def mutants_of(unit: Unit) -> tuple[Mutant, ...]:
    """Every mutant of a unit, each once."""
    found: dict[str, Mutant] = {}
    original = unit.source.records.get(unit.name) or unit.source.others[unit.name]
    before = ast.unparse(original)
    for mutant in _mutants_of_rules(unit) if unit.name in unit.source.records else _mutants_of_other(unit, original):
        text = ast.unparse(mutant.definition)
        if text != before and text not in found:
            times = sum((m.was, m.now) == (mutant.was, mutant.now) for m in found.values())
            found[text] = replace(mutant, nth=times + 1)
    return tuple(found.values())


def _mutants_of_other(unit: Unit, original: ast.stmt) -> Iterator[Mutant]:
    for change in changes(original, unit.scope()):
        yield Mutant(unit, change.after, change.was, change.now)


def _mutants_of_rules(unit: Unit) -> Iterator[Mutant]:
    rules, scope = unit.source.rules(unit.name), unit.scope()

    def mutant(name: str, value: ast.expr, was: str, now: str, **also: ast.expr) -> Mutant:
        return Mutant(unit, _with_rules(unit.source, unit.name, {name: value, **also}), f"{name}: {was}", now)

    for name, value in rules.items():
        for change in changes(value, scope):
            yield mutant(name, change.after, change.was or ast.unparse(value), change.now or ast.unparse(change.after))
        one_by_one = list(value.elts) if isinstance(value, (ast.List, ast.Tuple)) else [value]
        kind = "dy" if name.startswith("dy_d") else name
        if kind == "transposes" and OPERATIONS[unit.name].variadic:
            kind = "transposes of variadic"
        handed_on = ast.parse(HANDED_ON[kind], mode="eval").body
        for i, old in enumerate(one_by_one):
            new = handed_on if one_by_one == [value] else _with(value, "elts", [*one_by_one[:i], handed_on, *one_by_one[i + 1 :]])
            if not (isinstance(old, ast.Lambda) and ast.unparse(old.body) == old.args.args[0].arg):  # it does just that already
                yield mutant(name, new, ast.unparse(old), HANDED_ON[kind])
        if len(one_by_one) > 1:
            for i, j in itertools.combinations(range(len(one_by_one)), 2):
                swapped = list(one_by_one)
                swapped[i], swapped[j] = swapped[j], swapped[i]
                yield mutant(name, _with(value, "elts", swapped), f"number {i} and number {j}", "swapped")
    partials = {name: value for name, value in rules.items() if name.startswith("dy_d")}
    for (a, slope_a), (b, slope_b) in itertools.combinations(partials.items(), 2):
        yield mutant(a, slope_b, f"and {b}", "swapped", **{b: slope_a})


def _with_rules(source: Source, record: str, rules: dict[str, ast.expr]) -> ast.FunctionDef:
    """The decorated function with other rules."""
    builder = source.builder(record)
    keywords = [_with(k, "value", rules.get(k.arg or "", k.value)) for k in builder.keywords]
    return _with(source.records[record], "decorator_list", [_with(builder, "keywords", keywords)])


# -- trying them -------------------------------------------------------------------------------------------------


def built(unit: Unit, definition: ast.stmt | None = None) -> dict[str, Operation]:
    """The records that have the unit, built anew with this definition of it; the real ones stay as they are."""
    table: dict[str, Operation] = {}
    anew: dict[tuple[str, str], Any] = {}
    with mock.patch.object(primitive, "OPERATIONS", table):
        for name, source in sources().items():
            records = [record for record in unit.records if record in source.records]
            if source is not unit.source and not records:
                continue
            definitions = {**source.others, **{record: source.records[record] for record in records}}
            if source is unit.source and definition is not None:
                definitions[unit.name] = definition
            body = [ast.parse("from __future__ import annotations").body[0], *definitions.values()]
            namespace = {**vars(source.module), **{n: anew[place] for n, place in source.imported.items() if place in anew}}
            namespace.setdefault("ops", operations)
            exec(compile(ast.fix_missing_locations(ast.Module(body, [])), source.module.__file__ or name, "exec"), namespace)
            anew |= {(name, n): namespace[n] for n in source.others}
    return table


class Hangs(BaseException):
    """A law takes too long. (No Exception, so that nothing on the way catches it.)"""


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """Raises Hangs after so many seconds of the processor, however busy it is with others."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def hangs(*_: Any) -> None:
        raise Hangs

    before = signal.signal(signal.SIGPROF, hangs)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def breaks(law: Law, op: Operation, sample: Any) -> str:
    """How the law fails on a record; "" where it holds."""
    try:
        with no_longer_than(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("error")
            law(op, *sample)
    except (Exception, Hangs) as error:
        return f"{type(error).__name__} in {law.sentence}: {label(op, *sample)}"
    return ""


@cache
def untouched(unit: Unit) -> dict[str, Operation]:
    """The records that have the unit, built anew as they are."""
    return built(unit)


@cache
def holds_untouched(law: Law, unit: Unit, record: str, number: int) -> bool:
    """Whether a law says anything: one that fails on the untouched record too kills nothing."""
    op = untouched(unit)[record]
    return not breaks(law, op, op.samples[number])


def killed_by(mutant: Mutant) -> str:
    """What kills a mutant, in words; "" if nothing does."""
    try:
        ops = built(mutant.unit, mutant.definition)
    except Exception as error:
        return f"{type(error).__name__} when it was built"
    for law in LAWS:
        if not law.of_copies:
            continue
        for name, op in ops.items():
            for number, sample in enumerate(op.samples):
                if law.applies(op, *sample):
                    how = breaks(law, op, sample)
                    if how and holds_untouched(law, mutant.unit, name, number):
                        return how
    return ""


def spread_over_units(chosen: Iterable[Unit], sample: int | None, seed: int) -> list[Mutant]:
    """All mutants of the units, or a sample that takes one from each unit in turn until there are enough."""
    of_each = [list(mutants_of(unit)) for unit in chosen]
    if sample is None:
        return [mutant for mutants in of_each for mutant in mutants]
    rng = random.Random(seed)
    for mutants in of_each:
        rng.shuffle(mutants)
    in_turn = [mutant for turn in itertools.zip_longest(*of_each) for mutant in turn if mutant is not None]
    return in_turn[:sample]


@dataclass
class Tally:
    """How many mutants there were, and which lived."""

    total: Counter[str] = field(default_factory=Counter)
    killers: Counter[str] = field(default_factory=Counter)
    alive: list[Mutant] = field(default_factory=list)

    @property
    def killed(self) -> int:
        return self.total.total() - len(self.alive)

    @property
    def share(self) -> float:
        return self.killed / max(self.total.total(), 1)

    @property
    def unexplained(self) -> list[str]:
        """The survivors for which `survivors.py` has no reason."""
        return [str(mutant) for mutant in self.alive if str(mutant) not in SURVIVORS]


def tried(mutants: Iterable[Mutant]) -> Tally:
    """What became of the mutants."""
    tally = Tally()
    for mutant in mutants:
        tally.total[mutant.unit.label] += 1
        how = killed_by(mutant)
        if how:
            tally.killers[how.partition(":")[0].partition(" in ")[2] or how] += 1
        else:
            tally.alive.append(mutant)
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what became of the mutants; 1 if there is a survivor without a reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.autodiff.mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="records, or modules of operations (all of them if there is none)")
    parser.add_argument("--sample", type=int, help="try only so many, spread over the records")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    chosen = [unit for unit in units() if not given.names
              or {*unit.label.split("."), *unit.records, unit.source.module.__name__.rpartition(".")[2]} & set(given.names)]
    began = time.perf_counter()
    tally = tried(spread_over_units(chosen, given.sample, given.seed))
    alive = Counter(mutant.unit.label for mutant in tally.alive)
    for unit in chosen:
        if total := tally.total[unit.label]:
            used_by = "" if unit.name in unit.records else f"   (used by {', '.join(unit.records)})"
            print(f"{total - alive[unit.label]:4d} of {total:3d}   {unit.label}{used_by}")
    print("\nkilled by")
    for killer, n in tally.killers.most_common():
        print(f"{n:5d}   {killer}")
    print("\nsurvivors")
    for mutant in tally.alive:
        print(f"  {mutant}\n      {SURVIVORS.get(str(mutant), 'NO REASON GIVEN')}")
    print(f"\n{tally.killed} of {tally.total.total()} killed, {100 * tally.share:.1f} %, in {time.perf_counter() - began:.1f} s; "
          f"{len(tally.unexplained)} survivors without a reason")
    return 1 if tally.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
