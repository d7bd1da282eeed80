"""Section 7, global and local minima: Fig. 4 and Fig. 5 from real networks, and fifty starts of XOR, each with its verdict."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.derivatives import grad, hessian
from tinygrad_edu.autodiff.operations import sigmoid
from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.drawing import canvas, curves, motion, surface
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import GradientDescent, Momentum
from tinygrad_edu.learning.progress import progress
from tinygrad_edu.lecture import backprop
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network

# Fig. 4: one sigmoid unit with two weights, and a bias that stays at 2. The six associations were searched for; they are ours.
x = np.array([[0.1, -0.7], [0.2, -1.7], [0.7, 0.4], [-3.5, -3.0], [1.6, 1.3], [-0.4, 5.0]])
target = np.array([0.5, 0.3, 0.7, 0.1, 0.2, 0.2])
BIAS, BOX = 2.0, (-5.0, 4.0, -4.0, 4.0)
STARTS = np.array([[3.0, -3.0], [2.5, -0.2], [-0.2, 0.3], [1.5, 3.0], [-3.0, -3.0], [-4.5, 3.0]])
LOW, HIGH = 4, 18  # Fig. 5: seeds of a network that finds the lower minimum, and of one that finds the higher
DECAY = 1e-4  # makes true minima of what would be valleys that go on for ever
PASSES, RULE = 7000, 1e-3  # passes of XOR's starts; what the slides' rule |∇E| ≈ 0 means here
MANY_STARTS, FEW_STARTS = 50, 12  # of XOR; the few with --fast
STUCK = [7, 18, 29, 35, 47, 48]  # READING.md: the author's starts of XOR that stay near E = 1/4


def E_of(w):
    """E = ½ Σ_t (y_t - target_t)² for one unit y = f(w·x + 2)."""
    return half_squared_error(sigmoid(x @ w + BIAS), target)


def downhill(E, w: ndarray, epsilon: float, tolerance: float = 1e-4, most: int = 5000) -> ndarray:
    """The way of gradient descent from w until |∇E| < tolerance; (steps, ...)."""
    gradient, way = grad(E), [w]
    while np.linalg.norm(slope := gradient(way[-1])) > tolerance and len(way) < most:
        way.append(way[-1] - epsilon * slope)  # (30)
    return np.array(way)


def xor(seed: int) -> History:
    """XOR with sigmoid output units and a little weight decay, learnt to the end."""
    network = Network(2, 2, 1, bias=True, output="sigmoid", seed=seed)
    return fit(network, backprop.x, backprop.target, Momentum(0.2), decay=DECAY, epochs=20_000)


def from_start(seed: int, passes: int) -> tuple[History, History]:
    """XOR from a start of the slides' author: (stopped by the slides' rule, with 0.001 for "≈ 0"; gone on with from there)."""
    network = backprop.authors_network(seed, output="sigmoid")
    task = network, backprop.x, backprop.target, GradientDescent(0.5)
    by_the_rule = fit(*task, epochs=passes, tolerance=RULE)
    return by_the_rule, fit(*task, epochs=passes, tolerance=1e-6, resume=by_the_rule)


def compute(seed: int, fast: bool) -> Results:
    ways = [downhill(E_of, start, 1.0) for start in STARTS]
    low, high = xor(LOW), xor(HIGH)
    ends = ErrorSurface(low.network, backprop.x, backprop.target, decay=DECAY)
    w_low, w_high = ends.joined(low.last[1]), ends.joined(high.last[1])
    across = lambda s: ends.of(w_low + s * (w_high - w_low))  # noqa: E731 - E along the line through both
    seeds = range(MANY_STARTS * seed, MANY_STARTS * seed + (FEW_STARTS if fast else MANY_STARTS))
    top = downhill(lambda w: -E_of(w), STARTS[2], 1.0)[-1]  # the hill in the middle
    rule, found = zip(*(from_start(start, PASSES) for start in progress(seeds, "start", len(seeds))))
    return {"ways": ways, "curvatures": [hessian(E_of)(way[-1]) for way in ways], "low": low, "high": high, "across": across,
            "top": np.linalg.eigvalsh(hessian(E_of)(top)), "top E": E_of(top).item(),
            "disc": downhill(across, np.array(1.4), 0.01), "downhill": downhill(across, np.array(-0.35), 0.01),
            "atlas": dict(zip(seeds, found)), "rule": dict(zip(seeds, rule))}


def at_the_end(history: History) -> Network:
    """The network with the weights that a run ended with, also after the run was gone on with."""
    return history.network.at(history.last[1])


def solved(history: History) -> bool:
    """Whether every output is on its target's side of ½."""
    y = at_the_end(history)(backprop.x)
    return bool(((y > 0.5) == (backprop.target > 0.5)).all())


def checks(results: Results) -> list[Check]:
    ways, low, high = results["ways"], results["low"], results["high"]
    minima = np.unique([np.round(way[-1], 2) for way in ways], axis=0)
    depths = np.sort([E_of(w).item() for w in minima])
    lowest = min(float(np.linalg.eigvalsh(H)[0]) for H in results["curvatures"])
    rises = max(float(np.diff([E_of(w).item() for w in way]).max()) for way in ways)
    rolls = max(float(np.diff([results["across"](s).item() for s in results[way]]).max())
                for way in ("disc", "downhill"))
    s = np.linspace(0, 1, 201)
    hill = max(float(results["across"](t).item()) for t in s)
    found, rule = results["atlas"], results["rule"]
    stuck = unsolved(results)
    expected = [seed for seed in STUCK if seed in found]
    wanted = len(found) // 2 if min(found) else len(found) - len(expected)  # of the starts 0 to 49: 44
    tricked = [history for history in rule.values() if history.converged and history.E[-1] > 0.1]
    return [
        Check(f"Fig. 4: minima that gradient descent reaches from {len(STARTS)} starts", 4,
              len(minima)),
        Check("Fig. 4: they are of different depth, smallest difference of E", "> 0.01",
              f"{np.diff(depths).min():.3f}", holds=np.diff(depths).min() > 0.01),
        Check("Fig. 4: the hill between them: E, and its curvatures, all negative",
              f"E > {depths[-1]:.2f}",
              f"{results['top E']:.2f}; {', '.join(f'{c:.2f}' for c in results['top'])}",
              holds=results["top E"] > depths[-1] and results["top"].max() < 0),
        Check("Fig. 4: at each the surface curves up in all directions, λmin", "> 0.01",
              f"{lowest:.3f}", holds=lowest > 0.01),
        Check("Fig. 4: on the way down E never rises, largest step up", 0.0, max(rises, 0.0), 1e-12),
        Check("Fig. 5: E in the lower minimum", 0.0145, low.E[-1], 1e-4),
        Check("Fig. 5: E in the higher one", 0.2624, high.E[-1], 1e-4),
        Check("Fig. 5: verdicts on both", "minimum, minimum", f"{low.verdict.kind}, {high.verdict.kind}",
              holds=low.verdict.kind == high.verdict.kind == "minimum"),
        Check("Fig. 5: the hill between them is higher than both", "> 0.5", f"{hill:.2f}", holds=hill > 0.5),
        Check("Fig. 5: the disc comes to rest in the higher minimum, s", 1.0, float(results["disc"][-1]), 0.01),
        Check("Fig. 5: from the other start it comes to rest in the lower one, s", 0.0,
              float(results["downhill"][-1]), 0.01),
        Check("Fig. 5: the disc only rolls down, largest step up", 0.0, max(rolls, 0.0), 1e-12),
        Check(f"XOR: starts that are solved, of {len(found)}", f"≥ {wanted}", f"{len(found) - len(stuck)}",
              holds=len(found) - len(stuck) >= wanted),
        *(_of_the_first_fifty(stuck, expected, tricked) if min(found) == 0 else []),
        *([_not_told_apart(results)] if stuck else []),
        Check("XOR: where those that stay unsolved are", "no minimum",
              _kinds(found[seed] for seed in stuck),
              holds=all(found[seed].verdict.place in ("plateau", "saddle") for seed in stuck)),
        Check("XOR: where the rule stops short of a solution, those that the verdict calls a minimum", 0,
              sum(history.verdict.kind == "minimum" for history in tricked)),
    ]


def _of_the_first_fifty(stuck: list[int], expected: list[int], tricked: list[History]) -> list[Check]:
    """What is known of the starts from 0 to 49, or of those of them that were tried."""
    return [
        Check("XOR: the seeds of the starts that stay unsolved, as with the author's own program",
              _seeds(expected), _seeds(stuck), holds=stuck == expected),
        Check(f"XOR: the rule |∇E| < {RULE:g} stops at places that are no solution", "> 0",
              _kinds(tricked), holds=len(tricked) > 0),
    ]


def _seeds(seeds: list[int]) -> str:
    """The seeds in words that are no count: "seed 7", "seeds 7, 18"."""
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}" if seeds else "none"


def unsolved(results: Results) -> list[int]:
    """The seeds of XOR's starts that are not solved in the end."""
    return [seed for seed, history in results["atlas"].items() if not solved(history)]


def _between(values: Iterable[float], digits: int = 2) -> str:
    values = list(values)
    low, high = (f"{value:.{digits}g}" for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _norms(results: Results) -> tuple[list[float], list[float]]:
    """The final |∇E| of the runs that are solved, and of those that are not."""
    stuck = unsolved(results)
    norms = {seed: history.gradient_norm[-1] for seed, history in results["atlas"].items()}
    return [norms[seed] for seed in norms if seed not in stuck], [norms[seed] for seed in stuck]


def _not_told_apart(results: Results) -> Check:
    """That the gradients of solved and unsolved runs are of one size."""
    of_solved, of_stuck = _norms(results)
    return Check("XOR: |∇E| of the runs that are not solved is of the size of those that are",
                 _between(of_solved, 1), _between(of_stuck, 1),
                 holds=bool(of_solved) and max(of_stuck) > min(of_solved)
                 and min(of_stuck) < max(of_solved))


def _kinds(histories: Iterable[History]) -> str:
    """How many of which place: "6 plateaus, 1 saddle"."""
    places = [history.verdict.place for history in histories if history.verdict]
    return ", ".join(f"{places.count(place)} {place}{'s' * (places.count(place) > 1)}" for place in sorted(set(places))) or "none"


def figures(results: Results) -> dict[str, Picture]:
    ways = results["ways"]
    minima = np.unique([np.round(way[-1], 2) for way in ways], axis=0)
    E = lambda w1, w2: E_of(np.array([w1, w2])).item()  # noqa: E731
    tall, axis = canvas.figure(width=6.6, height=5.4, subplot_kw={"projection": "3d"})
    surface.landscape(axis, E, BOX, ways)
    above, axis = canvas.figure(width=5.8, height=5.0)
    surface.contours(axis, E, BOX, levels=22)
    for way in ways:
        axis.plot(*way.T, color=canvas.INK, lw=1.3)
        axis.plot(*way[0], "o", color="white", mec=canvas.INK, ms=8)
    for w in minima:
        axis.plot(*w, "*", color=canvas.GREEN, mec=canvas.INK, mew=0.6, ms=16)
        axis.annotate(f"E {E(*w):.2f}", w, (7, 7), textcoords="offset points", fontsize=10,
                      bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8})
    s = np.linspace(-0.4, 1.45, 301)
    across = np.array([results["across"](t).item() for t in s])
    section, axis = canvas.figure(height=3.8)
    bottoms = {"global minimum": (0.0, results["low"].E[-1]), "local minimum": (1.0, results["high"].E[-1])}
    curves.cross_section(axis, s, across, bottoms,
                         results["disc"][0], results["across"](results["disc"][0]).item())
    found, rule = results["atlas"], results["rule"]
    charts, axes = canvas.figure(1, 2, width=8.6, height=3.8, sharey=True)
    stopped = {start: history for start, history in rule.items() if history.converged}
    for axis, runs, title in zip(axes, (found, stopped),
                                 (f"after {PASSES} passes", f"stopped by |∇E| < {RULE:g}")):
        if runs:
            curves.places(axis, list(runs.values()))
        axis.set_title(title)
    axes[0].set_ylabel("final E")
    chosen = _representatives(found, rule)
    portraits, axes = canvas.figure(1, len(chosen), width=3.1 * len(chosen), height=3.5, squeeze=False)
    for axis, (title, history) in zip(axes[0], chosen.items()):
        surface.answers(axis, at_the_end(history), backprop.x, backprop.target, small=True)
        axis.set_title(title, fontsize=10)
    frames = np.unique(np.geomspace(1, len(results["disc"]), 70).round().astype(int)) - 1  # it rolls ever more slowly
    rolling = motion.rolling(lambda s: results["across"](s).item(), {"into the local minimum": results["disc"][frames].tolist(),
                             "into the global one": results["downhill"][frames.clip(max=len(results["downhill"]) - 1)].tolist()},
                             [f"steps down: {n}" for n in frames], span=(-0.45, 1.5), xlabel="s, along the line")
    return {
        "surface": Picture(tall, "Fig. 4, of a real network: E over the two weights of one sigmoid "
                                 f"unit that has to please {len(x)} associations. There are "
                                 f"{len(minima)} valleys, of different depth, around a hill.",
                           f"A surface with a peak in the middle and {len(minima)} valleys around "
                           "it; lines run down into different valleys."),
        "above": Picture(above, f"The same from above. {len(STARTS)} starts (white) lead to "
                                f"{len(minima)} minima (stars). Only one of them is the lowest; "
                                "which one learning finds depends on where it starts.",
                         f"Contours with {len(STARTS)} white discs, from each of which a line runs "
                         f"to one of {len(minima)} green stars."),
        "section": Picture(section, "Fig. 5, of a real network: E of a 2-2-1 network along the straight line through two weight "
                                    "vectors that were both found by learning XOR. The disc can only roll down: from here, into "
                                    "the local minimum.",
                           "A curve with two valleys, the left one deep and the right one shallow, and a hill between them; a "
                           "black disc stands high on the right-hand slope."),
        "movie": Picture(rolling, "The disc of Fig. 5 from two starts. It does not know that there is a deeper valley behind the "
                                  "hill.",
                         "Two curves with a deep and a shallow valley; on the left a disc rolls into the shallow one, on the "
                         "right into the deep one."),
        "atlas": Picture(charts, f"Where XOR ends up from {len(found)} starts. On the left, after "
                                 f"{PASSES} passes: {_ends(found)}. On the right, those "
                                 f"{len(stopped)} that the slides' rule stops, with {RULE:g} for "
                                 f"“≈ 0”: {_ends(stopped)}. By |∇E| they are all alike; whether an "
                                 "end with a larger E is a minimum, a plateau or a saddle only the "
                                 "curvatures tell. (Discs lie on top of each other: their numbers "
                                 "are in the legend.)",
                         "Two charts of final E against the size of the gradient. On the left: "
                         f"{_ends(found)}; on the right: {_ends(stopped)}.", panels=True),
        "portraits": Picture(portraits,
                             "One network of each kind, and what it answers." + _plateau(chosen),
                             f"Squares in two colours: {_portraits(chosen)}.", panels=True),
    }


def _ends(runs: dict[int, History]) -> str:
    """How many runs ended as what, and at which E: "11 solved (E 0.00087 to 0.002), 1 plateau (E
    0.25)"."""
    kinds: dict[str, list[float]] = {}
    for history in runs.values():
        kinds.setdefault(curves.place_of(history), []).append(history.E[-1])
    return ", ".join(f"{len(E)} {place}{'s' * (len(E) > 1 and place != 'solved')} (E {_between(E)})"
                     for place, E in sorted(kinds.items(), key=lambda kind: min(kind[1]))) or "none"


def undecided(history: History) -> tuple[int, float]:
    """(how many associations a network answers ½ to, the largest difference between their hidden
    states)."""
    network = at_the_end(history)
    y = network(backprop.x)
    hidden = plain(network.layers[0].y)[np.abs(plain(y).ravel() - 0.5) < 0.05]
    return len(hidden), float(np.ptp(hidden, axis=0).max()) if len(hidden) else 0.0


def _plateau(chosen: dict[str, History]) -> str:
    """What the plateau's picture shows, if there is one."""
    for title, history in chosen.items():
        number, apart = undecided(history)
        if title.startswith("plateau") and number:
            return (f" On the plateau {number} associations have nearly one hidden state (their "
                    f"states differ by {apart:.1g} at most), and the network answers ½ to all of "
                    "them: next to no δ gets through to part them.")
    return ""


def _portraits(chosen: dict[str, History]) -> str:
    """For each picture, how many corners the network gets right and how many it is undecided
    about."""
    words = []
    for title, history in chosen.items():
        y, number = at_the_end(history)(backprop.x), undecided(history)[0]
        right = int(((np.abs(plain(y) - backprop.target) < 0.45)).sum())
        words.append(f"{title.split(',')[0]}, with {right} corners right and {number} answered by "
                     "one half")
    return "; ".join(words)


def _representatives(found: dict[int, History], rule: dict[int, History]) -> dict[str, History]:
    """One history for each kind of end, with a title for its picture."""
    ends = {f"solved, E = {h.E[-1]:.2g}": h for h in [h for h in found.values() if solved(h)][:1]}
    for runs, place in ((found, "plateau"), (rule, "saddle")):
        history = next((h for h in runs.values() if h.verdict.place == place and h.E[-1] > 0.1), None)
        if history is not None:
            ends[f"{place}, E = {history.E[-1]:.2g}"] = history
    return ends or {f"not solved, E = {history.E[-1]:.2g}": history
                    for history in list(found.values())[:1]}


def look_for(results: Results) -> str:
    of_solved, of_stuck = _norms(results)
    if not of_stuck:
        return (f"The charts of {len(results['atlas'])} starts. From these starts all were solved "
                "in the end; on the right are those that the rule |∇E| ≈ 0 stops, solved or not.")
    saturated = [results["atlas"][seed].verdict.evidence.get("saturated", np.nan)
                 for seed in unsolved(results)]
    return (f"The charts of {len(results['atlas'])} starts. By the size of the gradient, solved "
            f"and unsolved networks cannot be told apart: |∇E| is {_between(of_solved)} where XOR "
            f"is solved ({len(of_solved)}) and {_between(of_stuck)} where it is not "
            f"({len(of_stuck)}). Those networks stay at E = "
            f"{_between(results['atlas'][s].E[-1] for s in unsolved(results))}: "
            f"{_kinds(results['atlas'][s] for s in unsolved(results))}, with "
            f"{_between([100 * s for s in saturated])} % of the units saturated, counted for each "
            "association. On a plateau the bottom is at infinity.")


def steps(results: Results) -> tuple[Value, str]:
    return E_of(Value(STARTS[0], name="w")), "the unit of Fig. 4 at the first of the starts; drag the point into another valley"


SECTION = Section(
    name="minima", title="Global and local minima",
    text="Hidden or output units that are not linear bend the error surface: it may have several valleys, and gradient descent "
         "only goes down, into the one it happens to stand above. Both pictures of the slides are drawn here from real "
         "networks.\n\n|∇E| ≈ 0 is where the slides stop. That holds at the bottom of the lowest valley, in any other valley, at "
         "the top of a pass and on a plain. To tell which it was, look at the curvature: the eigenvalues of the matrix of second "
         "derivatives, the Hessian.",
    equations=(("30", r"\mathbf{w}_{\text{new}} = \mathbf{w}_{\text{old}} - \epsilon \nabla E"),
               ("", r"H_{ij} = \frac{\partial^2 E}{\partial w_i \, \partial w_j}, \quad \text{minimum: all eigenvalues} > 0, \quad "
                    r"\text{saddle: some} > 0, \text{ some} < 0")),
    look_for=look_for,
    aside="“Not convex, so it has local minima” is too strong: not convex means that it may have "
          "some. In XOR none was found when this lecture was written, from 4,000 starts: all that "
          f"looked like one was a plateau or a saddle. A little weight decay, λ = {DECAY:g}, turns "
          "the plateau into a true local minimum, and that is used for Fig. 5. Gradient methods "
          "only move downwards if ε is small enough: see 2/λmax in section 1. The associations of "
          f"Fig. 4 are ours, and so is its bias of {BIAS:g}.",
    compute=compute, checks=checks, figures=figures, steps=steps, code=(E_of, downhill, xor, from_start),
)
