"""Section 1, the simplest network: one weight, one association, and every number that stands on the slides."""

from __future__ import annotations

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
WAYS = {0.5: "smooth", 1.5625: "one step", 2.5: "zig-zag", 3.2: "divergent"}
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
            for epsilon in (*STEPS_TO_LEARN, 1.5625, 2.5, 3.2)}
    slope = delta.one_weight(x, w_start, target)[3]
    chords = {h: (E_of(w_start + h) - E_of(w_start)) / h for h in (0.4, 0.2, 0.1)}
    return {"by hand": delta.one_weight(x, w_start, target), "by machine": (y.data, y.grad, E.data, w.grad),
            "limit": largest_stable_epsilon(), "runs": runs, "slope": slope, "chords": chords}


def checks(results: Results) -> list[Check]:
    y, delta_, E, dE_dw = results["by hand"]
    runs, chords = results["runs"], results["chords"]
    difference = max(abs(a - b) for a, b in zip(results["by hand"], results["by machine"]))
    gaps = [chord - results["slope"] for chord in chords.values()]
    found = [
        Check("output y = wx", 0.32, y, 1e-15),
        Check("delta term δ", 0.12, delta_, 1e-15),
        Check("error E", 0.0072, E, 1e-15),
        Check("gradient dE/dw = δx", 0.096, dE_dw, 1e-15),
        Check("by hand against autodiff, largest difference", 0.0, difference, 1e-15),
        Check("w* found by learning", 0.25, runs[0.5].weights[-1], 2e-6),
        Check("the chord nears the tangent: its gap over Δw, x²/2", x**2 / 2, gaps[-1] / 0.1, 1e-12),
        Check("ε = 1/x² = 1.5625 arrives in one step", 0.25, runs[1.5625].weights[1], 1e-15),
        Check("largest stable ε, 2/λmax by power iteration", 3.125, results["limit"], 1e-9),
        Check("ε = 3.2, above it, diverges", "E grows", f"E {runs[3.2].E[0]:.2g} → {runs[3.2].E[-1]:.2g}",
              holds=not runs[3.2].converged),
    ]
    return found + [Check(f"passes until |dE/dw| < 1e-6, ε = {epsilon:g}", steps, runs[epsilon].steps)
                    for epsilon, steps in STEPS_TO_LEARN.items()]


def figures(results: Results) -> dict[str, Picture]:
    _, E, _ = by_machine()
    runs = results["runs"]
    paper, axis = canvas.figure(height=4.2)
    curves.error_curve(axis, E_of, -0.2, 0.85, best=0.25)
    curves.chord_and_tangent(axis, E_of, w_start, results["slope"], step=0.3, reach=0.2)
    axis.set_ylim(-0.012, 0.075)
    axis.legend(loc="upper center")
    learning, left = canvas.figure(height=3.8)
    curves.falling(left, {f"ε = {epsilon:g}": results["runs"][epsilon].E[:60] for epsilon in STEPS_TO_LEARN})
    left.set_ylim(1e-14, 1e-1)
    ways, axis = canvas.figure(height=3.6)
    curves.falling(axis, {f"ε = {epsilon:g}, {what}": runs[epsilon].weights[:13] for epsilon, what in WAYS.items()},
                   ylabel="weight w", log=False)
    axis.axhline(0.25, color=canvas.GREY, lw=1, zorder=0)
    axis.legend(loc="upper right", ncols=2, fontsize=9)
    axis.set_ylim(-0.08, 0.72)
    rolling = motion.rolling(E_of, {f"ε = {epsilon:g}, {what}": runs[epsilon].weights[:25] for epsilon, what in WAYS.items()
                                    if epsilon != 1.5625}, span=(-0.05, 0.55), highest=0.03)
    return {
        "graph": Picture(draw(E), "What was recorded while the program below ran. Each box shows a value and, after the walk back, "
                         "its gradient: that of the box before the square is δ, and w's is dE/dw = δx.",
                         "A chain of boxes from w through times 0.8, minus 0.2, squared and times one half to E."),
        "parabola": Picture(paper, "E as a function of the one weight. The slope at w = 0.4 is measured by a chord (two values "
                                   "of E) and by calculus (the tangent). It is positive, so E falls to the left, towards w*.",
                            "A parabola E of w with its lowest point at w star = 0.25, and at w = 0.4 a tangent and a steeper "
                            "chord."),
        "learning": Picture(learning, "E during learning for five learning rates, up to pass 60. Each pass multiplies the "
                                      "distance w − w* by 1 − 0.64 ε: below ε = 1.5625 w goes straight to w*, up to 3.125 it "
                                      "zig-zags around it (E, a square, does not show that), and beyond it there is no learning "
                                      "at all.",
                            "Five falling lines on a logarithmic axis; the one for ε = 2 falls fastest, those for 0.1 and 3 "
                            "slowest."),
        "ways": Picture(ways, "How large may ε be? The curvature of E(w) is λ = x² = 0.64. Up to 1/λ = 1.5625 the weight goes "
                              f"straight to w* = 0.25, up to 2/λ = {results['limit']:.4g} it zig-zags, and above that it flies "
                              "away. For a large network the same holds with λmax, its largest curvature.",
                        "Four lines of the weight over the passes: one bends smoothly to 0.25, one arrives at once, one zig-zags "
                        "around 0.25 ever closer, one zig-zags ever wider."),
        "movie": Picture(rolling, "The three ways of learning: smooth, zig-zag, and out of the valley.",
                         "Three parabolas with a black disc each: it slides to the bottom, jumps from side to side towards it, "
                         "and jumps higher and higher.", panels=True),
    }


def steps(results: Results) -> tuple[Value, str]:
    y, E, _ = by_machine()
    y.name, E.name = "y", "E"
    return E, "one weight and one association, with the numbers of the slides"


SECTION = Section(
    name="one-weight", title="The simplest network",
    text="One input unit, one weight, one output unit, and one association to learn: an input of 0.8 should give 0.2. The weight "
         "starts at 0.4, so the output is 0.32 and the delta term 0.12. Everything that follows is this, many times over.",
    equations=(("1", r"u = w x"), ("2", r"y = f(u)"), ("3", r"\delta = y - \text{target} = 0.32 - 0.2 = 0.12"),
               ("4–6", r"E = \tfrac{1}{2} (w x - \text{target})^2 = \tfrac{1}{2} \delta^2"),
               ("8, 9", r"\frac{dE}{dw} = (w x - \text{target})\, x = \delta x \approx \frac{\Delta E}{\Delta w}"),
               ("10, 11", r"\Delta w = -\epsilon \frac{dE}{dw} = -\epsilon \delta x")),
    look_for="The chord is a gradient check: halve Δw and its distance from the tangent halves too. The sign of the slope says "
             "which way to go, its size how steep it is.",
    aside="The slide tests dE/dw ≈ 0 without |·| and after the loop. Read literally, a large negative gradient would end "
          "learning. Here |dE/dw| is tested inside the loop, with a cap on the number of passes.",
    compute=compute, checks=checks, figures=figures, steps=steps,
    code=(by_machine, delta.one_weight, learn_one_association, largest_stable_epsilon),
)
