"""Section 8, under-fitted, good and over-fitted: the same noisy associations learnt by networks of growing size."""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing import canvas, curves, scenes
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import Adam
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network

SMALL, GOOD, LARGE = 1, 4, 30  # hidden units
SIZES = (1, 2, 3, 4, 6, 10, 20, 30)
T, NOISE, DATA = 15, 0.3, 15  # associations, standard deviation of the noise, the seed of the noise


def wave(x: ndarray) -> ndarray:
    """What the noise hides."""
    return np.sin(2 * np.pi * x)


def associations(seed: int, noise: float = NOISE) -> tuple[ndarray, ndarray]:
    """x evenly from 0 to 1, (T, 1), and the wave with noise, (T, 1)."""
    x = np.linspace(0, 1, T)[:, None]
    return x, wave(x) + np.random.default_rng(seed).normal(scale=noise, size=x.shape)


def network(hidden: int, seed: int) -> Network:
    """1-hidden-1, with steep hidden units that are at ½ at evenly spread places: they can wiggle, if there are many."""
    rng = np.random.default_rng(seed)
    w = rng.normal(scale=20, size=(1, hidden))
    places = (np.arange(hidden) + 0.5) / hidden
    return Network(1, hidden, 1, weights=[w, rng.normal(scale=hidden**-0.5, size=(hidden, 1))], biases=[-w[0] * places, [0.0]])


def learn(hidden: int, x: ndarray, target: ndarray, seed: int, passes: int) -> History:
    """All associations at once, with Adam: over-fitting takes patience, and gradient descent would take too much."""
    return fit(network(hidden, seed), x, target, Adam(0.03), epochs=passes)


def rms(difference: ndarray) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.mean(difference**2)))


def compute(seed: int, fast: bool) -> Results:
    x, target = associations(DATA + seed)
    runs = {hidden: learn(hidden, x, target, seed, 3000 if fast else 4000) for hidden in ((SMALL, GOOD, LARGE) if fast else SIZES)}
    along = np.linspace(0, 1, 201)[:, None]
    draws = range(DATA + seed + 1, DATA + seed + (5 if fast else 9))  # the same again with other noise: one draw proves little
    elsewhere = {hidden: [rms(learn(hidden, *associations(draw), draw, 2500).network(along).data - wave(along)) for draw in draws]
                 for hidden in (SMALL, GOOD, LARGE)}
    answers = {hidden: history.network(along).data for hidden, history in runs.items()}
    return {"x": x, "target": target, "runs": runs, "along": along, "answers": answers,
            "elsewhere": {hidden: float(np.mean(errors)) for hidden, errors in elsewhere.items()}, "draws": len(draws),
            "training": {hidden: rms(history.network(x).data - target) for hidden, history in runs.items()},
            "fresh": {hidden: rms(y - wave(along)) for hidden, y in answers.items()}}


def checks(results: Results) -> list[Check]:
    training, fresh, draws = results["training"], results["elsewhere"], f"mean of {results['draws']} draws of the noise"
    turns = {hidden: int((np.diff(np.sign(np.diff(y.ravel()))) != 0).sum()) for hidden, y in results["answers"].items()}
    errors = [training[hidden] for hidden in (SMALL, GOOD, LARGE)]
    return [
        Check(f"training error falls: {SMALL}, {GOOD}, {LARGE} hidden units", "falls", " > ".join(f"{e:.2f}" for e in errors),
              holds=errors[0] > errors[1] > errors[2]),
        Check(f"error without noise, {draws}: {SMALL} hidden unit", f"> {GOOD} units' {fresh[GOOD]:.3f}", f"{fresh[SMALL]:.3f}",
              holds=fresh[SMALL] > fresh[GOOD]),
        Check(f"error without noise, {draws}: {LARGE} hidden units", f"> {GOOD} units' {fresh[GOOD]:.3f}", f"{fresh[LARGE]:.3f}",
              holds=fresh[LARGE] > fresh[GOOD]),
        Check(f"{LARGE} hidden units learn the noise: their training error is less than it, rms", f"< {NOISE / 2}",
              f"{training[LARGE]:.3f}", holds=training[LARGE] < NOISE / 2),
        Check(f"turns of the curve, {SMALL} < {GOOD} < {LARGE} hidden units", "more and more", f"{turns[SMALL]} < {turns[GOOD]} < "
              f"{turns[LARGE]}", holds=turns[SMALL] < turns[GOOD] < turns[LARGE]),
    ]


def figures(results: Results) -> dict[str, Picture]:
    x, target, along = results["x"], results["target"], results["along"]
    triptych, axes = canvas.figure(1, 3, width=9.4, height=3.4, sharey=True)
    for axis, hidden, name in zip(axes, (SMALL, GOOD, LARGE), ("under-fitted", "good fit, robust", "over-fitted")):
        axis.plot(along, wave(along), ":", color=canvas.GREY, lw=1.8, label="without noise")
        axis.plot(x, target, "o", color=canvas.BLUE, ms=6, label="associations")
        axis.plot(along, results["answers"][hidden], color=canvas.RED, lw=2.2, label="network")
        axis.set(title=f"{name}\n{hidden} hidden unit{'s' * (hidden > 1)}", xlabel="x", ylim=(-1.6, 1.6))
    axes[0].set_ylabel("y")
    axes[0].legend(loc="lower left", fontsize=9)
    growing, axis = canvas.figure(height=3.6)
    curves.against_size(axis, {"on the associations": results["training"], "without noise, in between": results["fresh"]})
    return {
        "triptych": Picture(triptych, "The same fifteen noisy associations, learnt by three networks. One hidden unit cannot "
                                      "bend as the wave does. Four can. Thirty can also bend to the noise, and they do.",
                            "Three panels with the same dots: a single step that misses most of them, a smooth wave near them, "
                            "and a wiggly line through all of them.", panels=True),
        "growing": Picture(growing, "The larger the network, the smaller the error on what it learns from. The error on what "
                                    "lies in between is smallest for a network of the right size.",
                           "Two lines over the number of hidden units: one falls all the way, the other falls and then rises."),
        "movie": Picture(scenes.curve(results["runs"][LARGE]), "Thirty hidden units while they learn. First the wave, which all "
                                                               "the dots "
                         "agree on; then the wiggles, dot by dot. Someone should stop it in time: that is the next section.",
                         "A line that comes to follow the wave of the dots, then bends ever more to pass through each of them."),
    }


def steps(results: Results) -> tuple[Value, str]:
    every_third = slice(None, None, 3)
    E = half_squared_error(network(GOOD, 0)(results["x"][every_third]), results["target"][every_third])
    return E, f"the network with {GOOD} hidden units as it starts, with every third association"


SECTION = Section(
    name="fitting", title="Under-fitted, good, over-fitted",
    text="Associations come with noise. A network that is too small cannot follow what is behind the noise; one that is too "
         "large follows the noise as well. In between, Goldilocks finds one that is just right.",
    equations=(("4, 22", r"E = \tfrac{1}{2} \sum_{t=1}^{T} (y_t - \text{target}_t)^2"),),
    look_for="The right-hand panel. Every dot is nearly on the line, so E is almost 0, and between the dots the line is worse "
             "than that of the small network in the middle. E alone cannot show it: it is measured on the dots.",
    aside="The slides have three pictures and no numbers; the wave, the noise and the sizes are ours, and the noise in the "
          "pictures was chosen (one of 24 draws) to make them clear; the checks are over other draws. The hidden units start "
          "steep and spread out: with the usual small start, even thirty units would take very long to wiggle.",
    compute=compute, checks=checks, figures=figures, steps=steps, code=(associations, network, learn),
)
