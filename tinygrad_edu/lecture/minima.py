"""Section 7, global and local minima: Fig. 4 and Fig. 5 from real networks, and fifty starts of XOR, each with its verdict."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.derivatives import grad, hessian
from tinygrad_edu.autodiff.operations import sigmoid
from tinygrad_edu.autodiff.value import Value
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
PASSES = 7000  # of XOR's fifty starts
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
    by_the_rule = fit(*task, epochs=passes, tolerance=1e-3)
    return by_the_rule, fit(*task, epochs=passes, tolerance=1e-6, resume=by_the_rule)


def compute(seed: int, fast: bool) -> Results:
    ways = [downhill(E_of, start, 1.0) for start in STARTS]
    low, high = xor(LOW), xor(HIGH)
    ends = ErrorSurface(low.network, backprop.x, backprop.target, decay=DECAY)
    w_low, w_high = ends.joined(low.last[1]), ends.joined(high.last[1])
    across = lambda s: ends.of(w_low + s * (w_high - w_low))  # noqa: E731 - E along the line through both
    seeds = range(50 * seed, 50 * seed + (12 if fast else 50))
    rule, found = zip(*(from_start(start, PASSES) for start in progress(seeds, "start", len(seeds))))
    return {"ways": ways, "curvatures": [hessian(E_of)(way[-1]) for way in ways], "low": low, "high": high, "across": across,
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
    lowest = min(float(np.linalg.eigvalsh(H)[0]) for H in results["curvatures"])
    rises = max(float(np.diff([E_of(w).item() for w in way]).max()) for way in ways)
    s = np.linspace(0, 1, 201)
    hill = max(float(results["across"](t).item()) for t in s)
    found, rule = results["atlas"], results["rule"]
    stuck = [seed for seed, history in found.items() if not solved(history)]
    expected = [seed for seed in STUCK if seed in found]
    wanted = len(found) // 2 if min(found) else len(found) - len(expected)  # of the starts 0 to 49: 44
    tricked = [history for history in rule.values() if history.converged and history.E[-1] > 0.1]
    return [
        Check("Fig. 4: minima that gradient descent reaches from six starts", 4, len(minima)),
        Check("Fig. 4: at each the surface curves up in all directions, λmin", "> 0", f"{lowest:.3f}", holds=lowest > 0.01),
        Check("Fig. 4: on the way down E never rises, largest step up", 0.0, max(rises, 0.0), 1e-12),
        Check("Fig. 5: E in the lower minimum", 0.0145, low.E[-1], 1e-4),
        Check("Fig. 5: E in the higher one", 0.2624, high.E[-1], 1e-4),
        Check("Fig. 5: verdicts on both", "minimum, minimum", f"{low.verdict.kind}, {high.verdict.kind}",
              holds=low.verdict.kind == high.verdict.kind == "minimum"),
        Check("Fig. 5: the hill between them is higher than both", "> 0.5", f"{hill:.2f}", holds=hill > 0.5),
        Check("Fig. 5: the disc comes to rest in the higher minimum, s", 1.0, float(results["disc"][-1]), 0.01),
        Check(f"XOR: starts that are solved, of {len(found)}", f"≥ {wanted}", f"{len(found) - len(stuck)}",
              holds=len(found) - len(stuck) >= wanted),
        *(_of_the_first_fifty(stuck, expected, tricked) if min(found) == 0 else []),
        Check("XOR: where those that stay are", "no minimum", _kinds(found[seed] for seed in stuck),
              holds=all(found[seed].verdict.place in ("plateau", "saddle") for seed in stuck)),
        Check("XOR: where the rule stops short of a solution, those that the verdict calls a minimum", 0,
              sum(history.verdict.kind == "minimum" for history in tricked)),
    ]


def _of_the_first_fifty(stuck: list[int], expected: list[int], tricked: list[History]) -> list[Check]:
    """What is known of the starts from 0 to 49, or of those of them that were tried."""
    return [
        Check("XOR: the starts that stay, as with the author's own program", ", ".join(map(str, expected)),
              ", ".join(map(str, stuck)), holds=stuck == expected),
        Check("XOR: the rule |∇E| < 0.001 stops at places that are no solution", "> 0", _kinds(tricked), holds=len(tricked) > 0),
    ]


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
    for axis, runs, title in zip(axes, (found, stopped), (f"after {PASSES} passes", "stopped by |∇E| < 10⁻³")):
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
        "surface": Picture(tall, "Fig. 4, of a real network: E over the two weights of one sigmoid unit that has to please six "
                                 "associations. There are four valleys, of different depth, around a hill.",
                           "A surface with a peak in the middle and four valleys around it; lines run down into different "
                           "valleys."),
        "above": Picture(above, "The same from above. Six starts (white) lead to four minima (stars). Only one of them is the "
                                "lowest; which one learning finds depends on where it starts.",
                         "Contours with six white discs, from each of which a line runs to one of four green stars."),
        "section": Picture(section, "Fig. 5, of a real network: E of a 2-2-1 network along the straight line through two weight "
                                    "vectors that were both found by learning XOR. The disc can only roll down: from here, into "
                                    "the local minimum.",
                           "A curve with two valleys, the left one deep and the right one shallow, and a hill between them; a "
                           "black disc stands high on the right-hand slope."),
        "movie": Picture(rolling, "The disc of Fig. 5 from two starts. It does not know that there is a deeper valley behind the "
                                  "hill.",
                         "Two curves with a deep and a shallow valley; on the left a disc rolls into the shallow one, on the "
                         "right into the deep one."),
        "atlas": Picture(charts, f"Where XOR ends up from {len(found)} starts. On the left, after a long time: at E ≈ 0, or at E "
                                 f"≈ ¼. On the right, those {len(stopped)} that the slides' rule stops, with 0.001 for “≈ 0”: by "
                                 "|∇E| they are all alike, and only their curvatures tell them apart. (Discs lie on top of each "
                                 "other: their numbers are in the legend.)",
                         "Two charts of final E against the size of the gradient. Discs lie at 0, triangles near one quarter, "
                         "and on the right crosses at one half.", panels=True),
        "portraits": Picture(portraits, "One network of each kind, and what it answers. On the plateau two associations share "
                                        "one hidden state, and the network answers ½ to both: no blame gets through to part "
                                        "them.",
                             "Squares in two colours: a band that solves XOR, a square that gets two corners right and is "
                             "undecided about the others, and one that answers one half to everything.", panels=True),
    }


def _representatives(found: dict[int, History], rule: dict[int, History]) -> dict[str, History]:
    """One history for each kind of end, with a title for its picture."""
    ends = {f"solved, E = {h.E[-1]:.2g}": h for h in [next(h for h in found.values() if solved(h))]}
    for runs, place in ((found, "plateau"), (rule, "saddle")):
        history = next((h for h in runs.values() if h.verdict.place == place and h.E[-1] > 0.1), None)
        if history is not None:
            ends[f"{place}, E = {history.E[-1]:.2g}"] = history
    return ends


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
                    r"\text{saddle: one} < 0")),
    look_for="The charts of many starts. By the size of the gradient alone, solved and unsolved networks cannot be told apart. "
             "Those that stay at E ≈ ¼ are not in a valley: their hidden units are saturated, and the bottom is at infinity.",
    aside="“Not convex, so it has local minima” is too strong: not convex means that it may have some. In XOR none was found when "
          "this lecture was written, from 4,000 starts: all that looked like one was a plateau or a saddle. A little weight "
          "decay, λ = 10⁻⁴, turns the plateau into a true local minimum, and that is used for Fig. 5. Gradient methods only "
          "move downwards if ε is small enough: see 2/λmax in section 1. The six associations of Fig. 4 are ours, and so is its "
          "bias of 2.",
    compute=compute, checks=checks, figures=figures, steps=steps, code=(E_of, downhill, xor, from_start),
)
