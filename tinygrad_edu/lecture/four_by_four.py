"""Section 3, four inputs and four outputs: a 4-4 network is four 4-1 networks, to the last bit."""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing import canvas, scenes, units
from tinygrad_edu.learning.descent import backprop
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network import delta
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network

T, STEPS, epsilon = 4, 100, 0.5


def learn(x: ndarray, target: ndarray, w: ndarray) -> ndarray:
    """Algorithm 2 with any number of output units, all sums written as loops so that their order is fixed."""
    for _ in range(STEPS):
        states = delta.states_by_loops(x, [w])
        deltas = delta.deltas_by_loops(states, [w], target)
        w = w - epsilon * delta.gradients_by_loops(states, deltas)[0]
    return w


def compute(seed: int, fast: bool) -> Results:
    rng = np.random.default_rng(seed)
    x = np.linalg.qr(rng.normal(size=(T, 4)))[0] * rng.uniform(0.7, 1.3, (T, 1))  # not too parallel: ε suits every seed
    target, w = rng.normal(size=(T, 4)), rng.normal(size=(4, 4))
    four = [learn(x, target[:, k : k + 1], w[:, k : k + 1]) for k in range(4)]
    network = Network(4, 4, weights=[w])
    history = backprop(network, x, target, epsilon, Stopping(0.0, STEPS + 1))
    return {"start": w, "one": learn(x, target, w), "four": np.hstack(four), "machine": network.weights[0], "history": history}


def checks(results: Results) -> list[Check]:
    one, four, E = results["one"], results["four"], results["history"].E
    before, last = (weights[0] for weights in results["history"].weights[-2:])
    return [
        Check("weights that differ between one 4-4 and four 4-1", 0, int(np.sum(one != four))),
        Check("all 16 weights were changed by learning", 16, int(np.sum(one != results["start"]))),
        Check("by hand against autodiff, largest difference", 0.0, float(np.abs(one - results["machine"]).max()), 1e-12),
        Check("E falls to less than a tenth", f"< {0.1 * E[0]:.3g}", f"{E[-1]:.3g}",
              holds=E[-1] < 0.1 * E[0]),
        Check("the weights settle: the last pass changes none by more than", 0.0,
              float(np.abs(last - before).max()), 1e-3),
    ]


def figures(results: Results) -> dict[str, Picture]:
    paper, axes = canvas.figure(rows=2, width=8.6, height=3.7)
    largest = float(np.abs(results["one"]).max())
    units.units(axes[0], [results["one"]], ["x", "y"], largest=largest)
    axes[0].set_title("(a) one 4-4 network")
    for k in range(4):
        units.units(axes[1], [results["four"][:, k : k + 1]], ["x", f"y_{k + 1}"], left=4.8 * k, largest=largest)
    axes[1].set_title("(b) four 4-1 networks, trained one by one")
    return {"networks": Picture(
        paper, "Fig. 3, with the weights after learning: blue is positive, orange and dashed negative, thick is large. Each "
               "output unit of (a) has the four weights of its own network in (b).",
        "Above, a network with four input and four output units; below, four networks of four input units and one output unit.",
        panels=True),
        "movie": Picture(scenes.weights(results["history"]),
                         f"All {results['one'].size} weights while they are learnt. Watch the "
                         f"{len(results['one'])} lines into one output unit: they do not care what "
                         "the other "
                         f"{results['one'].size - len(results['one'])} do.",
                         "The picture of the 4-4 network, its lines growing thicker and thinner and changing colour until they "
                         "settle.")}


def look_for(results: Results) -> str:
    differ, size = int(np.sum(results["one"] != results["four"])), results["one"].size
    same = " Not “nearly the same”: the same bits." if differ == 0 else ""
    return f"The check says that {differ} of {size} weights differ.{same}"


def steps(results: Results) -> tuple[Value, str]:
    history = results["history"]
    network = Network(4, 4, weights=[results["start"]])
    return half_squared_error(network(history.x[:1]), history.target[:1]), "the 4-4 network as it starts, with one association"


SECTION = Section(
    name="four-by-four", title="A network with four input and four output units",
    text="Output units do not share weights, so none can notice that the others are there. A network with four output units is "
         "four networks with one, side by side; what we know about one output unit is all there is to know.",
    equations=(("15", r"y_k = \mathbf{w}_k \cdot \mathbf{x}"), ("20", r"E = \sum_k E_k"),
               ("28", r"\frac{\partial E}{\partial w_{ik}} = \frac{\partial E_k}{\partial w_{ik}} = \sum_t \delta_{kt} x_{it}")),
    look_for=look_for,
    aside="Bit for bit holds when sums are added up in the same order, which loops do. The matrix products inside Network may "
          "add in another order for another shape, and then agree to the last digit or two.",
    compute=compute, checks=checks, figures=figures, steps=steps, code=(learn, delta.deltas_by_loops, delta.gradients_by_loops),
)
