"""Section 2, two input units: the error surface, the direction of steepest descent, and the solution it finds."""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.derivatives import grad
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing import canvas, motion, surface, units
from tinygrad_edu.learning.descent import learn_two_inputs
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network import delta

x = np.array([[1.0, 0.8], [-0.2, 0.7]])  # x_1 and x_2, one row each: ours, the slide does not give them
target = np.array([0.6, 0.5])
w_start = np.array([-0.8, -1.6])  # the slide's
epsilon = 0.2
BOX = (-2.2, 2.6, -2.2, 2.6)


def E_of(w):
    """E = ½ Σ_t (w·x_t - target_t)².  (22)"""
    return 0.5 * ((x @ w - target) ** 2).sum()


def by_machine() -> ndarray:
    """∇E at the start; E_of is the only thing that was written down."""
    return grad(E_of)(w_start)


def steepest(w: ndarray, directions: int = 360) -> float:
    """The angle between -∇E and the best of many directions, found by walking a little way in each, in degrees."""
    angles = np.linspace(0, 2 * np.pi, directions, endpoint=False)
    steps = 1e-5 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    best = steps[np.argmin([E_of(w + step) for step in steps])]
    down = -delta.two_weights(x, w, target)
    return angle(best, down)


def compute(seed: int, fast: bool) -> Results:
    rng = np.random.default_rng(seed)
    n = 5
    many_x, many_target = np.linalg.qr(rng.normal(size=(n, n)))[0] * rng.uniform(0.7, 1.3, (n, 1)), rng.normal(size=n)
    parallel = np.array([[1.0, 0.5], [2.0, 1.0]])
    return {
        "loops": delta.two_weights_by_loops(x, w_start, target), "vectorised": delta.two_weights(x, w_start, target),
        "machine": by_machine(), "solution": np.linalg.solve(x, target), "steepest": steepest(w_start),
        "run": learn_two_inputs(x, target, w_start, epsilon, Stopping(1e-8)),
        "parallel": learn_two_inputs(parallel, target, w_start, 0.1, Stopping(1e-8)),
        "many": learn_two_inputs(many_x, many_target, np.zeros(n), 0.5, Stopping(1e-8)),
        "too many": learn_two_inputs(np.vstack([x, [[0.4, -1.0]]]), np.append(target, 0.9), w_start, epsilon, Stopping(1e-8)),
    }


def checks(results: Results) -> list[Check]:
    run, parallel, many, too_many = (results[name] for name in ("run", "parallel", "many", "too many"))
    gap = lambda a, b: float(np.abs(np.subtract(a, b)).max())  # noqa: E731
    aside, lengths = angle(-results["machine"],
                           results["solution"] - w_start), step_lengths(results)
    return [
        Check("∇E: sums spelled out against vectorised", 0.0, gap(results["loops"], results["vectorised"]), 1e-14),
        Check("∇E: by hand against autodiff", 0.0, gap(results["loops"], results["machine"]), 1e-14),
        Check("−∇E against the steepest of 360 directions, degrees", 0.0, results["steepest"], 0.5),
        Check("−∇E at the start against the straight way to the solution, degrees", "> 5",
              f"{aside:.1f}", holds=aside > 5),
        Check("both starting weights are negative, and w2 is the larger one", "yes",
              f"{w_start[0]:g}, {w_start[1]:g}", holds=w_start[1] < w_start[0] < 0),
        Check("steps that are not shorter than the one before", 0,
              int((np.diff(lengths) >= 0).sum())),
        Check("descent against the two equations (17), distance", 0.0, gap(run.weights[-1], results["solution"]), 1e-6),
        Check("two weights learn two associations, final E", 0.0, run.E[-1], 1e-12),
        Check("five weights learn five independent inputs, final E", 0.0, many.E[-1], 1e-12),
        Check("two weights, three associations: final E", "> 0.001", f"{too_many.E[-1]:.4f}",
              holds=too_many.E[-1] > 1e-3),
        Check("x1 parallel to x2, targets in another ratio: final E", "> 0.001",
              f"{parallel.E[-1]:.4f}",
              holds=parallel.E[-1] > 1e-3),
    ]


def angle(a: ndarray, b: ndarray) -> float:
    """The angle between two vectors in degrees."""
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def step_lengths(results: Results) -> ndarray:
    """How far the weights move at each step."""
    return np.linalg.norm(np.diff(results["run"].weights, axis=0), axis=1)


def figures(results: Results) -> dict[str, Picture]:
    network, axis = canvas.figure(width=2.8, height=2.8)
    units.units(axis, [w_start[:, None]], ["x", "y"])
    path = np.array(results["run"].weights)
    E = lambda w1, w2: E_of(np.array([w1, w2]))  # noqa: E731
    tall, axis = canvas.figure(width=6.4, height=5.6, subplot_kw={"projection": "3d"})
    surface.error_surface(axis, E, BOX, path, results["machine"])
    above, axis = canvas.figure(width=5.6, height=5.4)
    surface.error_contours(axis, E, BOX, path, results["machine"], results["solution"])
    movie = motion.paths(E, BOX, [path[:60]])
    return {
        "network": Picture(network, "Fig. 1: two input units and one output unit. Both starting "
                                    "weights are negative (orange, dashed); w2 = "
                                    f"{_minus(w_start[1])} is drawn thicker than w1 = "
                                    f"{_minus(w_start[0])}.",
                           "Two circles x1 and x2, each joined by a line to a circle y."),
        "surface": Picture(tall, "Fig. 2: the error surface. The arrow −∇E lies on the ground plane, because it is a "
                                 "direction for the weights; the white dots are E at the start and after each step. (The "
                                 "plane is lowered, so that it can be seen.)",
                           "A bowl-shaped surface over the plane of two weights; white dots run down to its lowest point, "
                           "an orange arrow lies on the plane below."),
        "above": Picture(above, "The same from above. −∇E stands at right angles to the contour, "
                                "not towards the lowest point: at the start it is "
                                f"{angle(-results['machine'], results['solution'] - w_start):.1f}° "
                                "off. Steepest is not the same as straight there.",
                         "Elliptical contours, a path of white dots curving from the lower left to a green star at the solution."),
        "movie": Picture(movie, "The weights on their way: each step is at right angles to the contour it starts from.",
                         "A disc that leaves a curved line behind it on its way to the middle of elliptical contours."),
    }


def _minus(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def look_for(results: Results) -> str:
    lengths = step_lengths(results)
    return (f"The first step is {lengths[0]:.2g} long, the tenth {lengths[9]:.2g} and the last "
            f"{lengths[-1]:.1g}, though ε never changes: a step is ε times the gradient, and the "
            "gradient shrinks on the way down.")


def steps(results: Results) -> tuple[Value, str]:
    return E_of(Value(w_start, name="w")), "two weights and two associations; the error surface is the one above"


SECTION = Section(
    name="two-weights", title="Gradient descent with two input units",
    text="With two weights E is a surface, and the gradient is a vector on the ground below it. Two associations are two equations "
         "with two unknowns, so we can check where gradient descent arrives.",
    equations=(("12, 15", r"y = w_1 x_1 + w_2 x_2 = \mathbf{w} \cdot \mathbf{x}"),
               ("17", r"\text{target}_1 = w_1 x_{11} + w_2 x_{21}, \quad \text{target}_2 = w_1 x_{12} + w_2 x_{22}"),
               ("22", r"E = \tfrac{1}{2} \sum_{t=1}^{2} (\mathbf{w} \cdot \mathbf{x}_t - \text{target}_t)^2"),
               ("25", r"\delta_t = \mathbf{w} \cdot \mathbf{x}_t - \text{target}_t"),
               ("27, 28", r"\frac{\partial E}{\partial w_1} = \sum_{t=1}^{2} \delta_t x_{1t}, \quad "
                          r"\frac{\partial E}{\partial w_2} = \sum_{t=1}^{2} \delta_t x_{2t}"),
               ("29, 30", r"\nabla_{\mathbf{w}} E = "
                          r"\left( \frac{\partial E}{\partial w_1}, \frac{\partial E}{\partial w_2} \right), \quad "
                          r"\mathbf{w}_{\text{new}} = \mathbf{w}_{\text{old}} - \epsilon \nabla E")),
    look_for=look_for,
    aside=f"The slides give only the start ({_minus(w_start[0])}, {_minus(w_start[1])}); inputs, "
          f"targets and ε = {epsilon:g} are ours. What the slides call y on the left of (16, 17) "
          "and inside the brackets of (18–22) is the target. “A solution usually exists” leaves "
          "out two parallel inputs: then there is none, or, if the targets have the inputs' ratio, "
          "a whole line of solutions.",
    compute=compute, checks=checks, figures=figures, steps=steps,
    code=(E_of, by_machine, delta.two_weights_by_loops, learn_two_inputs),
)
