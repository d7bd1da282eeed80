"""The lecture's words hold for the run they stand beside: numbers come from the results, and claims
are checks."""

import ast
import inspect
import re
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest

from tinygrad_edu.drawing import canvas
from tinygrad_edu.lecture import SECTIONS, backprop, deep, fitting, gan, one_weight, reinforcement
from tinygrad_edu.lecture.page import page
from tinygrad_edu.lecture.run import Given
from tinygrad_edu.network import delta

ROOT = Path(__file__).parents[2]
BY_NAME = {section.name: section for section in SECTIONS}

# -- numbers in the source -----------------------------------------------------------------------

# Numbers that are names: figures and equations of the slides, sections, x1, layers such as 2-2-1.
NAMES = re.compile(r"Fig\. \d|sections? \d+|\(\d+(?:[,–] ?\d+)*\)|[Ee]q(?:uation|\.) ?\d+"
                   r"|\b[xwz][12]\b|\b\d(?:-\d)+\b|example 6\.6")
WORDS = ("three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"
         "|sixty|hundred|thousand|million|handful|dozen")
NUMBER = re.compile(rf"\d[\d.,]*|\b(?:{WORDS})\b", re.IGNORECASE)
# Reviewed: numbers that stand in the text as they are, each with what it rests on.
ALLOWED = {
    # 1/λ; the rates of WAYS; how many they are
    "one-weight": {"0", "1", "2", "6", "0.5", "2.5", "3.2", "three", "four"},
    # bounds of checks, and what they are given
    "two-weights": {"5", "360", "0.001", "three", "five"},
    "four-by-four": {"four", "16"},  # the slides' network
    # pixels from 0 to 1; CC BY 2.0; panels in a row
    "photographs": {"0", "1", "2", "2.0", "5", "0.8", "three"},
    # the slides' y(1 − y) ≤ 1/4; layers
    "backprop": {"0", "1", "4", "6", "0.01", "100", "1000", "three"},
    # hidden layers; digits
    "deep": {"0", "1", "2", "3", "4", "5", "6", "0.1", "0.25", "0.8", "50", "three", "ten"},
    # 4,000 starts had been tried when the lecture was written
    "minima": {"0", "2", "0.01", "0.5", "4,000"},
    # panels; the draws that were tried for seed 0, which is said of that seed only
    "fitting": {"three", "24"},
    "early-stopping": {"0", "0.6", "1.5", "50", "three", "four"},  # bounds of checks; panels; lines
    # β = 1; bounds of checks; pixels of the page's small VAE
    "vae": {"0", "1", "3", "0.05", "100,000", "three"},
    "gan": {"0", "1", "2", "4", "7", "0.5", "three"},  # y − 0 and y − 1; 2 ln 2; bounds of checks
    # the author's own words; docs/ten-seeds.md
    "pole-balancing": {"0", "1", "2", "1.5", "50", "3000", "three", "ten"},
    # bounds of checks, the environment's own bar
    "reinforcement": {"0", "1", "13", "15", "19", "75", "100", "110"},
}
LIBRARY = re.compile(r"^3d$|^round,pad|-v\d$|^[a-z-]+$")  # names: matplotlib's, gymnasium's, ours


def strings(tree):
    """All that a module says: its string literals, without docstrings, keys, formats and LaTeX."""
    skipped = set()
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        if documented and ast.get_docstring(node) is not None:
            skipped.add(id(node.body[0].value))
        parts = [getattr(node, "format_spec", None), getattr(node, "slice", None)]
        if isinstance(node, ast.keyword) and node.arg == "equations":
            parts.append(node.value)
        skipped |= {id(inner) for part in parts if part is not None for inner in ast.walk(part)}
    return [re.sub(r"{[^}]*}", "", node.value) for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and id(node) not in skipped
            and "\\" not in node.value and not LIBRARY.search(node.value)]


SLOW = {"minima", "reinforcement", "gan"}  # whose results take a worker ten seconds


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_no_number_stands_in_the_words_that_is_not_reviewed(section):
    tree = ast.parse(inspect.getsource(inspect.getmodule(section.compute)))
    found = {number.rstrip(".,").lower() for text in strings(tree)
             for number in NUMBER.findall(NAMES.sub(" ", text))}
    assert found == ALLOWED[section.name]


def test_a_number_that_was_typed_into_a_caption_is_found():
    tree = ast.parse('"""Doc 9."""\ndef f(x):\n    return f"{x:.2f} of 2500 units, fifteen dots,'
                     ' Fig. 3, (33), section 9"')
    found = [number for text in strings(tree) for number in NUMBER.findall(NAMES.sub(" ", text))]
    assert found == ["2500", "fifteen"]


def test_a_section_that_is_named_by_its_number_is_the_one_that_is_meant():
    about = {"photographs": {"9": "early-stopping"}, "early-stopping": {"8": "fitting"},
             "minima": {"1": "one-weight"}, "pole-balancing": {"1": "one-weight"}}
    for section in SECTIONS:
        for text in strings(ast.parse(inspect.getsource(inspect.getmodule(section.compute)))):
            for number in re.findall(r"section (\d+)", text):
                assert SECTIONS[int(number) - 1].name == about[section.name][number]


# -- numbers in the words, computed again --------------------------------------------------------


def rms(x):
    return float(np.sqrt(np.mean(np.square(x))))


def of_one_weight(r):
    x, target, w = 0.8, 0.2, 0.4
    E = lambda w: 0.5 * (w * x - target) ** 2  # noqa: E731
    slope = (w * x - target) * x
    chord = lambda h: (E(w + h) - E(w)) / h  # noqa: E731
    return [f"Δw = {h:g} makes it {chord(h) - slope:.3g}" for h in (0.4, 0.2)] + [
        f"from {0.4 * (chord(0.4) - slope):.3g} to {0.2 * (chord(0.2) - slope):.3g}",
        "1 − 0.64 ε", "2/λ = 3.125"]


def of_photographs(r):
    x, side = r["x"], 24
    I, y = side * side, r["completed"][0]
    return [f"{I} units", f"{I * I:,} weights", f"{side} × {side} pixels",
            f"1/√{I} = {1 / side:.2g}",
            f"rms error of {rms(r['recalls'] - x):.3f}",
            f"noise has an rms of {rms(r['cues'] - x):.2f}",
            f"by {np.corrcoef(y, x[0])[0, 1]:.2f} and has {y @ x[0] / (x[0] @ x[0]):.2f}"]


def of_backprop(r):
    network, E = r["network"], np.array(r["history"].E)
    corners = network([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]).data.ravel() > 0.5
    assert corners.tolist() == [False, True, True, False]
    inside = int(network([[0.5, 0.5]]).data[0, 0] > 0.5)
    words = [f"band with the two corners of target {inside} in it",
             f"below 0.05 after {np.flatnonzero(E < 0.05)[0]} passes"]
    near = np.abs(E - 0.5) < 0.05
    if near[:100].all():  # from the first pass on, as from seed 0
        words.append(f"From pass 0 to {np.flatnonzero(~near)[0] - 1} it lingers")
    return words


def of_deep(r):
    words = [f"after {len(r['usual'].E) - 1} passes"]
    for name in ("usual", "wider"):
        start, end = r[f"{name} one"]
        words.append(f"from {rms(start[-1]):.2g} to {rms(end[-1]):.2g}, that of the first hidden "
                     f"layer from {rms(start[0]):.1g} "
                     f"to {rms(end[0]):.1g}")
        first, last = (r[f"{name} units"][n] for n in (0, len(r["usual"].E) - 1))
        words.append(f"{rms(last[-1]) / rms(first[-1]):.0%}")
    units = r["usual units"][0]
    return [*words, f"{rms(units[-1]) / rms(units[0]):.0f} times smaller than the outputs'",
            "4,096 weights"]


def of_minima(r):
    solved = [h for h in r["atlas"].values() if h.E[-1] < 0.02]
    stuck = [h for h in r["atlas"].values() if h.E[-1] >= 0.02]
    words = [f"{len(r['atlas'])} starts", f"{len(solved)} solved", "stops, with 0.001 for “≈ 0”: "]
    if stuck:
        norms = [h.gradient_norm[-1] for h in solved]
        words.append(f"{min(norms):.2g} to {max(norms):.2g} where XOR is solved")
    return words


def of_fitting(r):
    x, target, large = r["x"], r["target"], r["runs"][30]
    close = int((abs(large.network(x).data - target) < 0.1).sum())
    wave = np.sin(2 * np.pi * r["along"])
    off = {hidden: rms(r["runs"][hidden].network(r["along"]).data - wave) for hidden in (1, 4, 30)}
    return [f"{close} of the {len(x)} dots", f"without noise is {off[30]:.2f}",
            f"smaller network {off[4]:.2f}",
            f"falls from {rms(r['runs'][1].network(x).data - target):.2f} with 1",
            f"E is {large.E[-1]:.2g}"]


def of_early_stopping(r):
    whole, hasty = r["to the end"], r["stopped"][0]
    best = int(np.argmin(whole.validation))
    return [f"({best} of {len(whole.E) - 1})", f"after {best} passes",
            f"Patience 0 stops after {len(hasty.E) - 1} pass",
            f"ends at {r['decayed'].validation[-1] / 15:.3f} and not at "
            f"{whole.validation[-1] / 15:.3f}",
            f"validation error of {min(hasty.validation) / 15:.3f} per association"]


def of_vae(r):
    kl, flat = (r[name].log["held-out KL"] for name in ("course", "flat"))
    z = list(r["frames"].values())[-1][0]
    nearest = [int(np.argmin([np.inf if i == j else np.hypot(*(z[i] - z[j]))
                              for j in range(len(z))])) for i in range(len(z))]
    return [f"from {kl[0]:.1f} nats after the first pass to {kl[-1]:.1f}",
            f"{flat[0]:.2g} after the first pass and {flat[-1]:.2g}",
            f"{np.mean(r['digit'] == r['digit'][nearest]):.0%} of the digits",
            f"{np.sum((r['PCA'] - r['test']) ** 2) / len(r['test']):.2f} with PCA"]


def of_gan(r):
    log_ = r["ring"][2].log
    half = len(log_["generator"]) // 2
    near = [np.hypot(*(r["made"] - mode).T) < 0.3 for mode in gan.modes()]
    return [f"to {sum(n.sum() >= len(r['made']) / 32 for n in near)} of the 8 clusters",
            f"{np.mean(log_['discriminator'][half:]):.2f} and the generator's "
            f"{np.mean(log_['generator'][half:]):.2f}",
            f"2 ln 2 = {2 * log(2):.2f}", f"at more than {max(r['hasty found'])} of the clusters"]


def of_pole_balancing(r):
    tenth = len(r["returns"]) // 10
    return [f"in {len(r['returns'])} episodes: a mean return of {r['returns'][:tenth].mean():.0f}",
            f"table in {len(r['table'])}: ",
            f"without chance {sum(r['table judged']) / 20:.0f} on average over 20 episodes",
            "in the end: {} steps".format(len(r["episodes"]["in the end"].rewards))]


def of_reinforcement(r):
    trip = r["trips"][0]
    turns = int(np.sum(np.diff(trip.x[:, 1] > 0) & (trip.x[1:, 1] != 0)))
    return [f"{r['falls']['Q-learning']} times and not {r['falls']['SARSA']}",
            f"to the goal in {len(trip.rewards)} steps",
            f"with {turns} turns", f"number ({-1 + 0.98 * 0.5 * 1.5:.3f})"]


AGAIN = {"one-weight": of_one_weight, "photographs": of_photographs, "backprop": of_backprop,
         "deep": of_deep, "minima": of_minima,
         "fitting": of_fitting, "early-stopping": of_early_stopping, "vae": of_vae, "gan": of_gan,
         "pole-balancing": of_pole_balancing, "reinforcement": of_reinforcement}


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.long] * (name in SLOW)) for name in AGAIN])
def test_the_numbers_in_the_words_are_those_of_the_run(name, results_of, words_of):
    section = BY_NAME[name]
    words = words_of(section)
    for number in AGAIN[name](results_of(section)):
        assert number in words


@pytest.mark.seeds
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", AGAIN)
def test_the_numbers_in_the_words_are_those_of_the_run_from_other_seeds_too(name, seed, results_of,
                                                                            words_of):
    words = words_of(BY_NAME[name], seed)
    for number in AGAIN[name](results_of(BY_NAME[name], seed)):
        assert number in words

# -- what stands elsewhere -----------------------------------------------------------------------


def test_the_readme_says_of_its_deep_network_what_the_lecture_computes():
    readme, (training, _) = (ROOT / "README.md").read_text(encoding="utf-8"), deep.digits(0)
    for wider, words in ((1, "from {} at the outputs to {}"), (deep.WIDER, "from {} to {}")):
        net = deep.network(0, wider)
        deltas = delta.deltas(delta.states(training[0][:1], net.weights, net.biases), net.weights,
                              training[1][:1])
        last, first = rms(deltas[-1]), rms(deltas[0])
        assert words.format(f"{last:.2f}", f"{first:.2g}") in readme
        assert f"{last / first:.0f} times" in readme


def test_the_ten_seeds_that_are_counted_are_those_that_are_listed():
    rows = [row.split("|")
            for row in (ROOT / "docs" / "ten-seeds.md").read_text(encoding="utf-8").splitlines()
            if row[:2] == "| "]
    table = next(row for row in rows if "buckets" in row[1])
    reached = [float(number) for number in table[4].split(",")]
    assert len(reached) == 10
    assert table[3].strip() == f"{sum(mean >= 475 for mean in reached)} of 10"


def test_the_page_says_which_run_it_shows(results_of):
    section = BY_NAME["one-weight"]
    given = Given(1, section, section.words(results_of(section)),
                  section.checks(results_of(section)), [], ("a.html", "b"), 0.1, 7, True)
    assert "from seed 7 in the small version (--fast);" in " ".join(page([given]).split())
    assert "from seed 7;" in " ".join(page([replace(given, fast=False)]).split())
    assert one_weight.text(results_of(section)).split(".")[0] in page([given])


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_what_a_check_expects_is_what_it_tests(section, results_of):
    """A check that passes has found a number on the right side of the bound in the table."""
    for check in section.checks(results_of(section)):
        bound = re.fullmatch(r"([<>≤≥]) (-?[\d.]+)%?", str(check.slide))
        if bound and re.fullmatch(r"-?[\d.]+%?", str(check.ours)):
            found, than = float(str(check.ours).rstrip("%")), float(bound[2])
            assert found == than or (found < than) is (bound[1] in "<≤"), check.row


def test_fitting_turns_are_counted_where_the_curve_turns():
    y = np.sin(2 * np.pi * np.linspace(0, 1, 50))
    assert fitting.turns_of({"answers": {4: y, 1: np.arange(5.0)}}) == {4: 2, 1: 0}


def test_an_error_that_rises_again_is_not_said_to_have_fallen_for_good():
    assert backprop.falls([1.0, 0.5]) == ("", False)
    assert backprop.falls([1.0, 0.04, 0.01]) == (" E is below 0.05 after 1 pass.", False)
    assert backprop.falls([1.0, 0.04, 5.6, 0.1, 0.01]) == (
        " E is below 0.05 after 1 pass, rises again, to 5.6, and stays below from pass 4 on.", True)
    assert backprop.falls([1.0, 0.04, 0.2]) == (
        " E is below 0.05 after 1 pass, rises again, to 0.2, and does not stay there.", True)


def test_the_distance_that_the_words_say_is_drawn_is_drawn(pictures_of):
    """The chord and the tangent both end at the larger Δw of the words."""
    axis = pictures_of(BY_NAME["one-weight"])["parabola"].figure.axes[0]
    tangent, chord = (next(line for line in axis.lines if line.get_label().startswith(what))
                      for what in ("tangent", "chord"))
    assert tangent.get_xdata()[-1] == chord.get_xdata()[-1] == pytest.approx(0.4 + 0.4)
    gap = chord.get_ydata()[-1] - tangent.get_ydata()[-1]
    assert gap == pytest.approx(0.0512)
    assert max(chord.get_ydata()) < axis.get_ylim()[1]


def test_no_number_of_steps_is_minus_nothing(results_of, monkeypatch):
    monkeypatch.setattr(reinforcement, "expected_steps", lambda results: (-0.2, 41.3))
    with canvas.style():
        caption = reinforcement.figures(results_of(BY_NAME["reinforcement"]))["movie"].caption
    assert "it is 0 on average" in " ".join(caption.split())
