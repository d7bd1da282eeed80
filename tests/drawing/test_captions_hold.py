"""Every equation that a page of `explore` shows is read as it stands and computed again."""

import re

import numpy as np
import pytest

from tests.autodiff import programs
from tests.autodiff.programs.rows import function
from tests.drawing import reading
from tests.drawing.browser import Page, browser
from tests.drawing.test_apart import values
from tests.drawing.test_explorer_unknown import MADE, added
from tinygrad_edu import Network, Value, explore, half_squared_error, sigmoid
from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.autodiff.primitive import OPERATIONS, elementwise
from tinygrad_edu.drawing.caption import Captions
from tinygrad_edu.drawing.explorer import record
from tinygrad_edu.lecture import SECTIONS


def few_of(n):
    """n parts of a test, of which a third is always run, and the others with -m long."""
    return [pytest.param(i, marks=[pytest.mark.long] * (i % 3 != 1)) for i in range(n)]


@pytest.fixture(scope="module")
def chromium():
    with browser() as program:
        yield program


@pytest.fixture
def lines(chromium, tmp_path, monkeypatch):
    """All captions of the page of a Value, and what the names in them stand for."""

    def shown(value, address=""):
        monkeypatch.setattr(record, "laid_out", placed)
        page = Page(chromium, explore(value, tmp_path / "page.html"), address)
        found = reading.captions(page)
        assert page.said == []
        page.close()
        return found, known_by_name(value)

    return shown


def placed(boxes, edges):
    """A layout that costs nothing: where things lie does not matter here."""
    return {
        "size": [100, 100],
        "boxes": [[0, 0, box.width, box.height] for box in boxes],
        "edges": [{"to": to, "from": source, "k": k, "path": "M0,0"} for to, source, k, _ in edges],
    }


def known_by_name(value):
    """The number of each name: values, cotangents, and tangents from the first leaf."""
    captions = Captions(value)
    names = {node: called(label) for node, label in captions.labels.items()}
    known = {name: float(node.output) for node, name in names.items()}
    assert len(known) == len(names), "two nodes have one name"
    root = names[captions.taken.root]
    seed = next(
        node for node in captions.nodes if node.op is None and node not in captions.constants
    )
    for node, tangent in tangents(captions, seed).items():
        known["∂", names[node], names[seed]] = tangent
    for node, name in names.items():
        known["∂", root, name] = 0.0 if node.grad is None else float(node.grad)
    return known | {
        called(label): 0.0 if u.grad is None else float(u.grad)
        for u, label in captions.deltas.items()
    }


def called(label):
    return (
        label.text
        if label.text == f"{label.base}[{label.sub}]" and label.sub
        else "_".join(filter(None, label[:2]))
    )


def tangents(captions, seed):
    found = {seed: 1.0}
    for node in captions.nodes:
        for k, parent in enumerate(node.parents):
            xdot, slope = found.get(parent, 0.0), None
            if xdot != 0:
                slope = captions.slope(node, k)
                selected_out = slope == 0 and node.op.selects
                found[node] = found.get(node, 0.0) + (0.0 if selected_out else xdot * slope)
    return {
        node: found.get(node, 0.0)
        for node in captions.nodes
        if node in captions.labels and node not in captions.constants
    }


def hold(shown):
    """Checks all lines. Returns how many have something left out."""
    found, known = shown
    assert found, "the page says nothing"
    elided = 0
    for where, tree in found:
        try:
            elided += reading.check(tree, known)
        except Exception as error:
            raise AssertionError(
                f"{where}: {reading.row_text(reading.flat(tree))}: {error!r}"
            ) from error
    return elided


def of_operation(op, n):
    """A number made by the operation, from inputs that have names of their own."""
    rng, (shapes, parameters) = np.random.default_rng(n), op.samples[n]
    xs = values(rng, op, shapes)
    for k, x in enumerate(xs):
        x.name = f"{op.name}{n}.{k}"
    y = op.on(xs, parameters)
    return (y * rng.normal(size=y.shape)).sum() if y.ndim else y * 1.5


SAMPLES = [
    (op, n)
    for op in OPERATIONS.values()
    for n in range(len(op.samples))
    if n < 2 or op.partials is None
]
FIRST = [(op, n) for op, n in SAMPLES if n == 0]


def added_up(samples):
    E = Value(0.5, name="start")
    for op, n in samples:
        E = E + of_operation(op, n)
    return E


@pytest.mark.parametrize("part", few_of(8))
def test_every_equation_about_every_operation_holds(lines, part):
    hold(lines(added_up(FIRST[part::8])))


@pytest.mark.long
@pytest.mark.parametrize("part", range(16))
def test_every_equation_about_operations_with_other_shapes_and_parameters_holds(lines, part):
    hold(lines(added_up(SAMPLES[part::16])))


def of_program(seed):
    """The result of a random program, from inputs that have its names."""
    program = programs.make(seed)
    shapes = {name: np.shape(x) for name, x in programs.evaluated(program).items()}
    return function(program, "ours", shapes)(
        *[Value(x, name=name) for name, x in program.inputs.items()]
    )


@pytest.mark.parametrize("seed", [1, 23])
def test_every_equation_about_a_random_program_holds(lines, seed):
    hold(lines(of_program(seed)))


@pytest.mark.long
@pytest.mark.parametrize("seed", [3, 4, 7, 16, *range(24, 60)])
def test_every_equation_about_many_random_programs_holds(lines, seed):
    E = of_program(seed)
    if isinstance(E, Value):
        hold(lines(E))


@pytest.mark.long
def test_every_equation_about_a_network_with_several_associations_holds(lines):
    x = np.random.default_rng(0).normal(size=(9, 2))
    E = half_squared_error(Network(2, 3, 1, bias=True, seed=1)(x), x[:, :1] * x[:, 1:])
    assert hold(lines(E)) > 5  # the sums over nine associations are shortened


def at_edges(ops):
    """A sum over the operations at the inputs that are always tried: 0, ties, ±1000."""
    E = Value(0.0, name="start")
    for op in ops:
        for i, xs in enumerate(op.special if op.partials else ()):
            y = op.on(
                [Value(float(x), name=f"{op.name}{i}.{k}") for k, x in enumerate(xs)],
                op.samples[0][1],
            )
            if np.isfinite(y.data) and max(map(abs, xs)) < 1e100:  # whose squares are no floats
                E = E + y
    return E


@pytest.mark.parametrize("part", few_of(4))
def test_every_equation_holds_at_zeros_ties_and_large_numbers(lines, part):
    hold(lines(at_edges(list(OPERATIONS.values())[part::4])))


@pytest.mark.parametrize(("build", "forward", "make"), MADE)
def test_every_equation_about_an_operation_of_ones_own_holds(lines, build, forward, make):
    with added(build, forward) as f:
        w, b = Value([0.5, -1.5, 2.0], name="w"), Value(0.25, name="b")
        hold(lines(make(f, w) * b + b * 3.0))


@pytest.mark.parametrize("name", ["length", "product", "given", "result", "toString"])
def test_an_operation_of_ones_own_may_be_called_as_the_page_calls_its_parts(lines, name):
    def odd(u):
        """2u + 1."""
        return 2 * u + 1

    odd.__name__ = name
    with added(elementwise("2u + 1", dy_du=lambda y, u: 2.0 + 0 * u), odd) as f:
        found, known = lines(f(Value([0.5, -2.0], name="a")).sum() * Value(3.0, name="b"))
        hold((found, known))
    assert any(f"={name}(a[0])=" in reading.row_text(reading.flat(tree)) for _, tree in found)


def test_every_equation_holds_with_a_leaf_that_was_changed_on_the_page(lines):
    def program(w):
        a, w = Value([0.5, -1.0, 2.0], name="a"), Value(w, name="w")
        return (sigmoid(a * w) / (a**2 + 1.0)).sum() - np.max(a * w) + w.mean() * np.linalg.norm(a)

    found, known = lines(
        program(0.25),
        f"#set={[node.name for node in Captions(program(1.0)).nodes].index('w')}:0.25",
    )
    changed, _ = lines(
        program(1.0), f"#set={[node.name for node in Captions(program(1.0)).nodes].index('w')}:0.25"
    )
    assert sorted(map(str, changed)) == sorted(map(str, found))
    hold((changed, known))


@pytest.mark.long
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_every_equation_on_the_step_pages_of_the_lecture_holds(lines, section):
    try:
        value, _ = section.steps({})
    except KeyError:
        value, _ = section.steps(section.compute(0, True))
    hold(lines(value))


def test_a_gradient_that_is_no_number_times_zero_is_not_said_to_be_zero(lines):
    """The walk passes nan on; only a gradient of exactly 0 passes nothing."""
    start, w, b = Value(1.0, name="start"), Value(2.0, name="w"), Value(0.0, name="b")
    found, known = lines(start + w * b * Value(float("nan"), name="a"))
    hold((found, known))
    texts = {reading.row_text(reading.flat(tree)) for _, tree in found}
    assert "nan·0=nan" in texts
    assert "0=nan" not in texts


# -- long rows -----------------------------------------------------------------------------

LENGTHS = (7,)
OTHERS = [pytest.param(n, marks=pytest.mark.long) for n in (*range(1, 16), 100) if n not in LENGTHS]


def rows(n, sign, entry):
    """What a row of n terms looks like: all of up to six, else the first four and the last."""
    terms = [entry(i) for i in range(n)]
    return sign.join(terms if n <= 6 else [*terms[:4], "⋯", terms[-1]])


def short(x):
    return re.sub(r"e\+?(-?)0*", r"e\1", f"{x:.4g}")  # as the page writes it: 1.015e5


@pytest.mark.parametrize("n", [*LENGTHS, *OTHERS])
def test_a_row_of_n_terms_is_whole_or_says_that_something_is_left_out(lines, n):
    """Each reduction of a = 0.3, 0.6, ... is the row of its terms, with names and with numbers."""
    w, c = Value(np.arange(1.0, n + 1) * 0.3, name="a"), np.arange(1.0, n + 1)
    made = [
        w.sum(),
        w @ c,
        w.mean(),
        w.max(),
        np.min(w),
        np.linalg.norm(w),
        np.var(w),
        np.std(w),
        np.prod(w),
        ops.logsumexp(w),
    ]
    E = Value(0.0, name="start")
    for y in made:
        E = E + y
    found, known = lines(E)
    hold((found, known))
    texts = {reading.row_text(reading.flat(tree)) for _, tree in found}
    numbers, one = [short(x) for x in w.data], n == 1
    w_row = rows(n, "+", lambda i: f"a[{i}]")
    total = rows(n, "+", numbers.__getitem__)
    assert f"v_2={w_row}={total}={short(w.data.sum())}" in texts or (
        one and "v_2=a[0]=0.3" in texts
    )
    dot = rows(n, "+", lambda i: f"{numbers[i]}·{short(c[i])}")
    assert any(text.endswith(f"={dot}={short(w.data @ c)}") for text in texts)
    if not one:
        assert any(
            text.endswith(f"={w_row}/{n}={total}/{n}={short(w.data.mean())}") for text in texts
        )
        listed = rows(n, ",", lambda i: f"a[{i}]"), rows(n, ",", numbers.__getitem__)
        for name, x in (("max", w.data.max()), ("min", w.data.min())):
            assert any(
                text.endswith(f"={name}({listed[0]})={name}({listed[1]})={short(x)}")
                for text in texts
            )
        squares = rows(n, "+", lambda i: f"a[{i}]^2"), rows(n, "+", lambda i: f"{numbers[i]}^2")
        assert any(
            f"=√{{{squares[0]}}}=√{{{squares[1]}}}={short(np.linalg.norm(w.data))}" in text
            for text in texts
        )
        assert any(
            f"={rows(n, '·', lambda i: f'a[{i}]')}={rows(n, '·', numbers.__getitem__)}=" in text
            for text in texts
        )


def test_the_example_of_the_issue_is_marked_and_comes_to_its_sum(lines):
    found, _ = lines(Value(np.arange(1.0, 13), name="w").sum())
    assert "E=w[0]+w[1]+w[2]+w[3]+⋯+w[11]=1+2+3+4+⋯+12=78" in {
        reading.row_text(reading.flat(tree)) for _, tree in found
    }


def test_a_program_that_divides_by_a_small_whole_number_shows_this_number(lines):
    """Where an operand was the plain number 4, the page took it for node 4."""
    w = Value([1.0, 2.0, 3.0, 4.0], name="w")
    found, _ = lines(w.mean() + w.var() + w.std(ddof=1))
    texts = {reading.row_text(reading.flat(tree)) for _, tree in found}
    assert any("=w[0]+w[1]+w[2]+w[3]/4=1+2+3+4/4=2.5" in text for text in texts)
    assert not any("/w[" in text for text in texts)


# -- the reader itself ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        ([["mi", "a"], "=", "2", "·", "3", "=", "6"], True),
        ([["mi", "a"], "=", "2", "·", "3.1", "=", "6"], False),
        ([["mi", "a"], "=", "1", "+", "2", "+", "⋯", "+", "3", "=", "6"], True),
        ([["mi", "a"], "=", "1", "+", "2", "=", "6"], False),
        ([["mi", "a"], "=", "2", "·", "1", "+", "2", "=", "6"], False),
        ([["mi", "a"], "=", "5.999", "=", "6"], False),
        ([["mi", "a"], "=", ["mfrac", ["mn", "12"], ["mn", "2"]], "=", "6"], True),
        ([["mi", "a"], "=", "5", "=", "5"], False),
        ([["mi", "a"], "=", "2", "·", "(", "1", "+", "2", ")", "=", "6"], True),
    ],
)
def test_the_reader_knows_a_true_equation_from_a_false_one(row, holds):
    tree = [
        "mrow",
        *(x if isinstance(x, list) else ["mn" if x[0].isdigit() else "mo", x] for x in row),
    ]
    if holds:
        reading.check(tree, {"a": 6.0})
    else:
        with pytest.raises(AssertionError):
            reading.check(tree, {"a": 6.0})
