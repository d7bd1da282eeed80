"""Section 1, the simplest network: one weight, one association, and every number that stands on the slides."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing import canvas, curves, motion
from tinygrad_edu.drawing.graph import draw
from tinygrad_edu.learning.descent import learn_one_association
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network import delta
from tinygrad_edu.network.layer import Network

x, target, w_start = 0.8, 0.2, 0.4
best, one_step = target / x, 1.5625  # w*, and the ε = 1/x² that gets there at once
WAYS = {0.5: "smooth", one_step: "one step", 2.5: "zig-zag", 3.2: "divergent"}
PASSES = 60  # of learning that are drawn
STEPS_TO_LEARN = {0.1: 175, 0.5: 31, 1.0: 13, 2.0: 11, 3.0: 139}  # READING.md: steps to |dE/dw| < 1e-6


def E_of(w):
    """E(w) = ½ (wx - target)².  (4)"""
    return 0.5 * (w * x - target) ** 2


def by_machine():
    """The program that a student writes: nothing is derived by hand."""
    w = Value(w_start, name="w")
    y = w * x
    E = 0.5 * (y - target) ** 2
    E.backward()
    return y, E, w  # y.grad is δ, w.grad is dE/dw


def largest_stable_epsilon() -> float:
    """2/λmax, where λmax is the curvature of E(w), found by power iteration with Hessian-vector products."""
    surface = ErrorSurface(Network(1, 1, weights=[[[w_start]]]), [[x]], [[target]])
    return surface.largest_stable_epsilon()


def compute(seed: int, fast: bool) -> Results:
    y, E, w = by_machine()
    runs = {epsilon: learn_one_association(x, target, w_start, epsilon, Stopping(1e-6))
            for epsilon in {*STEPS_TO_LEARN, *WAYS}}
    slope = delta.one_weight(x, w_start, target)[3]
    chords = {h: (E_of(w_start + h) - E_of(w_start)) / h for h in (0.4, 0.2, 0.1)}
    return {"by hand": delta.one_weight(x, w_start, target), "by machine": (y.data, y.grad, E.data, w.grad),
            "limit": largest_stable_epsilon(), "runs": runs, "slope": slope, "chords": chords}


def checks(results: Results) -> list[Check]:
    y, delta_, E, dE_dw = results["by hand"]
    runs, chords = results["runs"], results["chords"]
    difference = max(abs(a - b) for a, b in zip(results["by hand"], results["by machine"]))
    gaps = gaps_of(results)
    slopes, ends = ([near[i] / far[i] for far, near in zip(gaps, gaps[1:])] for i in (0, 1))
    smooth, zigzag, wild = (np.array(runs[epsilon].weights[:13]) - best
                            for epsilon in (0.5, 2.5, 3.2))
    found = [
        Check("output y = wx", 0.32, y, 1e-15),
        Check("delta term δ", 0.12, delta_, 1e-15),
        Check("error E", 0.0072, E, 1e-15),
        Check("gradient dE/dw = δx", 0.096, dE_dw, 1e-15),
        Check("by hand against autodiff, largest difference", 0.0, difference, 1e-15),
        Check("w* found by learning", 0.25, runs[0.5].weights[-1], 2e-6),
        Check("the chord nears the tangent: its gap over Δw, x²/2", x**2 / 2,
              gaps[-1][0] / min(chords), 1e-12),
        Check("Δw is halved: the difference of the slopes becomes", 0.5,
              max(slopes, key=lambda r: abs(r - 0.5)), 1e-9),
        Check("Δw is halved: the distance drawn at its end becomes", 0.25,
              max(ends, key=lambda r: abs(r - 0.25)), 1e-9),
        Check("the slope at the start is positive, so E falls to the left", "> 0",
              f"{results['slope']:.3g}", holds=results["slope"] > 0),
        Check(f"ε = 1/x² = {one_step:g} arrives in one step", 0.25, runs[one_step].weights[1],
              1e-15),
        Check("ε = 0.5, below 1/λ: passes after which w is beyond w*", 0, int((smooth < 0).sum())),
        Check("ε = 2.5, from 1/λ to 2/λ: w changes sides at each pass and comes nearer", "yes",
              _sides(zigzag), holds=_alternates(zigzag) and _shrinks(zigzag)),
        Check("ε = 3.2, above 2/λ: w changes sides at each pass and goes farther", "yes",
              _sides(wild), holds=_alternates(wild) and _shrinks(1 / wild)),
        Check("largest stable ε, 2/λmax by power iteration", 3.125, results["limit"], 1e-9),
        Check("ε = 3.2, above it, diverges", "E grows", f"E {runs[3.2].E[0]:.2g} → {runs[3.2].E[-1]:.2g}",
              holds=runs[3.2].E[-1] > runs[3.2].E[0] and not runs[3.2].converged),
    ]
    return found + [Check(f"passes until |dE/dw| < 1e-6, ε = {epsilon:g}", steps, runs[epsilon].steps)
                    for epsilon, steps in STEPS_TO_LEARN.items()]


def gaps_of(results: Results) -> list[tuple[float, float]]:
    """For each Δw, the largest first: (slope of the chord less that of the tangent, the distance
    between their far ends)."""
    slopes = {h: chord - results["slope"] for h, chord in results["chords"].items()}
    return [(gap, gap * h) for h, gap in slopes.items()]


def _alternates(distance: np.ndarray) -> bool:
    return bool((distance[1:] * distance[:-1] < 0).all())


def _shrinks(distance: np.ndarray) -> bool:
    return bool((np.abs(distance[1:]) < np.abs(distance[:-1])).all())


def _sides(distance: np.ndarray) -> str:
    """The distance w − w* after the first passes."""
    return ", ".join(f"{d:.3f}" for d in distance[:3]) + ", …"


def figures(results: Results) -> dict[str, Picture]:
    _, E, _ = by_machine()
    runs = results["runs"]
    paper, axis = canvas.figure(height=4.2)
    curves.error_curve(axis, E_of, -0.2, 0.85, best=best)
    far = max(results["chords"])  # the tangent reaches the chord's far end: the distance is drawn
    curves.chord_and_tangent(axis, E_of, w_start, results["slope"], step=far, reach=far)
    axis.set_ylim(-0.012, 0.105)
    axis.legend(loc="upper center")
    learning, left = canvas.figure(height=3.8)
    curves.falling(left,
                   {f"ε = {epsilon:g}": results["runs"][epsilon].E[: PASSES + 1]
                    for epsilon in STEPS_TO_LEARN})
    left.set_ylim(1e-14, 1e-1)
    ways, axis = canvas.figure(height=3.6)
    curves.falling(axis, {f"ε = {epsilon:g}, {what}": runs[epsilon].weights[:13] for epsilon, what in WAYS.items()},
                   ylabel="weight w", log=False)
    axis.axhline(best, color=canvas.GREY, lw=1, zorder=0)
    axis.legend(loc="upper right", ncols=2, fontsize=9)
    axis.set_ylim(-0.08, 0.72)
    rolling = motion.rolling(E_of, {f"ε = {epsilon:g}, {what}": runs[epsilon].weights[:25] for epsilon, what in WAYS.items()
                                    if epsilon != one_step}, span=(-0.05, 0.55), highest=0.03)
    return {
        "graph": Picture(draw(E), "What was recorded while the program below ran. Each box shows a value and, after the walk back, "
                         "its gradient: that of the box before the square is δ, and w's is dE/dw = δx.",
                         f"A chain of boxes from w through times {x:g}, minus {target:g}, squared "
                         "and times one half to E."),
        "parabola": Picture(paper, "E as a function of the one weight. The slope at w = "
                                   f"{w_start:g} is measured by a chord (two values of E) and by "
                                   "calculus (the tangent). It is positive, so E falls to the "
                                   "left, towards w*.",
                            f"A parabola E of w with its lowest point at w star = {best:g}, and at "
                            f"w = {w_start:g} a tangent and a steeper chord."),
        "learning": _learning(learning, results),
        "ways": Picture(ways, f"How large may ε be? The curvature of E(w) is λ = x² = {x * x:.3g}. "
                              f"Up to 1/λ = {one_step:g} the weight goes straight to w* = "
                              f"{best:g}, up to 2/λ = {results['limit']:.4g} it zig-zags, and "
                              "above that it flies away. For a large network learning diverges "
                              "above 2/λmax, where λmax is its largest curvature.",
                        "Four lines of the weight over the passes: one bends smoothly to "
                        f"{best:g}, one arrives at once, one zig-zags around {best:g} ever closer, "
                        "one zig-zags ever wider."),
        "movie": Picture(rolling, "The three ways of learning: smooth, zig-zag, and out of the valley.",
                         "Three parabolas with a black disc each: it slides to the bottom, jumps from side to side towards it, "
                         "and jumps higher and higher.", panels=True),
    }


def _learning(figure: Any, results: Results) -> Picture:
    """E over the passes, with its words."""
    by_speed = sorted(STEPS_TO_LEARN, key=lambda epsilon: results["runs"][epsilon].steps)
    fastest, slowest = by_speed[0], sorted(by_speed[-2:])
    return Picture(
        figure, f"E during learning for {len(STEPS_TO_LEARN)} learning rates, up to pass {PASSES}. "
                f"Each pass multiplies the distance w − w* by 1 − {x * x:.3g} ε: below ε = "
                f"{one_step:g} w goes straight to w*, up to {results['limit']:.4g} it zig-zags "
                "around it (E, a square, does not show that), and beyond it there is no learning "
                "at all.",
        f"{len(STEPS_TO_LEARN)} falling lines on a logarithmic axis; the one for ε = {fastest:g} "
        f"falls fastest, those for {slowest[0]:g} and {slowest[1]:g} slowest.")


def text(results: Results) -> str:
    y, delta_, _, _ = results["by hand"]
    return ("One input unit, one weight, one output unit, and one association to learn: an input "
            f"of {x:g} should give {target:g}. The weight starts at {w_start:g}, so the output is "
            f"{y:.3g} and the delta term {delta_:.3g}. Everything that follows is this, many times "
            "over.")


def look_for(results: Results) -> str:
    far, near, *_ = results["chords"]
    (slope_far, end_far), (slope_near, end_near), *_ = gaps_of(results)
    return ("The chord is a gradient check. Halve Δw, and the difference between its slope and the "
            f"tangent's halves: Δw = {far:g} makes it {slope_far:.3g}, Δw = {near:g} makes it "
            f"{slope_near:.3g}. (The distance at the chord's far end, which is drawn, quarters: "
            f"from {end_far:.3g} to {end_near:.3g}.) The sign of the slope says which way to go, "
            "its size how steep it is.")


def steps(results: Results) -> tuple[Value, str]:
    y, E, _ = by_machine()
    y.name, E.name = "y", "E"
    return E, "one weight and one association, with the numbers of the slides"


SECTION = Section(
    name="one-weight", title="The simplest network",
    text=text,
    equations=(("1", r"u = w x"), ("2", r"y = f(u)"), ("3", r"\delta = y - \text{target} = 0.32 - 0.2 = 0.12"),
               ("4–6", r"E = \tfrac{1}{2} (w x - \text{target})^2 = \tfrac{1}{2} \delta^2"),
               ("8, 9", r"\frac{dE}{dw} = (w x - \text{target})\, x = \delta x \approx \frac{\Delta E}{\Delta w}"),
               ("10, 11", r"\Delta w = -\epsilon \frac{dE}{dw} = -\epsilon \delta x")),
    look_for=look_for,
    aside="The slide tests dE/dw ≈ 0 without |·| and after the loop. Read literally, a large negative gradient would end "
          "learning. Here |dE/dw| is tested inside the loop, with a cap on the number of passes.",
    compute=compute, checks=checks, figures=figures, steps=steps,
    code=(by_machine, delta.one_weight, learn_one_association, largest_stable_epsilon),
)
