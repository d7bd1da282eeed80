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
CLOSE = 0.1  # from the line: a dot that is nearly on it


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
    large = runs[LARGE]
    distances = [rms(large.network.at(weights)(along).data - wave(along))
                 for weights in large.weights]
    return {"chosen": seed == 0, "to the wave": dict(zip(large.kept, distances)),
            "close": {hidden: int((np.abs(history.network(x).data - target) < CLOSE).sum())
                      for hidden, history in runs.items()},
            "x": x, "target": target, "runs": runs, "along": along, "answers": answers,
            "elsewhere": {hidden: float(np.mean(errors)) for hidden, errors in elsewhere.items()}, "draws": len(draws),
            "training": {hidden: rms(history.network(x).data - target) for hidden, history in runs.items()},
            "fresh": {hidden: rms(y - wave(along)) for hidden, y in answers.items()}}


def checks(results: Results) -> list[Check]:
    training, fresh, draws = results["training"], results["elsewhere"], f"mean of {results['draws']} draws of the noise"
    turns, to_wave = turns_of(results), results["to the wave"]
    nearest, last = min(to_wave.values()), list(to_wave.values())[-1]
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
        Check(f"dots within {CLOSE} of the line: {SMALL}, {GOOD} hidden units < {LARGE}",
              f"{LARGE}: all but one",
              ", ".join(str(results["close"][hidden]) for hidden in (SMALL, GOOD, LARGE)),
              holds=results["close"][LARGE] >= T - 1 > max(results["close"][SMALL],
                                                           results["close"][GOOD])),
        Check(f"{LARGE} hidden units learn the wave first and then the noise: error without noise, "
              "least and last",
              f"< {0.9 * last:.3f}", f"{nearest:.3f}", holds=nearest < 0.9 * last),
    ]


def turns_of(results: Results) -> dict[int, int]:
    """{hidden units: how often the curve changes between rising and falling}."""
    return {hidden: _turns(y) for hidden, y in results["answers"].items()}


def _turns(y: ndarray) -> int:
    return int((np.diff(np.sign(np.diff(y.ravel()))) != 0).sum())


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
        "triptych": Picture(triptych, _triptych(results),
                            f"Three panels with the same dots: {_close(results)}.", panels=True),
        "growing": Picture(growing, _growing(results),
                           f"Two lines over the number of hidden units. {_growing(results)}"),
        "movie": Picture(scenes.curve(results["runs"][LARGE]), _movie(results),
                         "A line that comes to follow the wave of the dots, then bends more, until "
                         f"{results['close'][LARGE]} of the {T} dots are nearly on it."),
    }


def _close(results: Results) -> str:
    return "; ".join(f"{name}: {results['close'][hidden]} of the {T} dots within {CLOSE} of the "
                     "line"
                     for name, hidden in (("left", SMALL), ("middle", GOOD), ("right", LARGE)))


def _triptych(results: Results) -> str:
    turns = turns_of(results)
    return (f"The same {T} noisy associations, learnt by three networks. The wave behind them "
            "turns "
            f"{_times(_turns(wave(results['along'])))}. "
            f"With {SMALL} hidden unit the line turns {_times(turns[SMALL])}, with {GOOD}, "
            f"{_times(turns[GOOD])}; with {LARGE}, {_times(turns[LARGE])}: it bends to the noise "
            "as well.")


def _times(number: int) -> str:
    return {0: "not at all", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _growing(results: Results) -> str:
    """How the two errors change with the size of the network, on this draw of the noise."""
    training, fresh = results["training"], results["fresh"]
    least, falls = min(fresh,
                       key=lambda hidden: fresh[hidden]), np.diff(list(training.values())) < 0
    return (f"The error on what a network learns from falls from {training[SMALL]:.2f} with "
            f"{SMALL} hidden unit to {training[LARGE]:.2g} with "
            f"{LARGE}{'' if falls.all() else ', though not at each size'}. The error without "
            f"noise, on what lies in between, is smallest with {least}, {fresh[least]:.2f}" +
            (f", and {fresh[LARGE]:.2f} with {LARGE}." if least != LARGE else "."))


def _movie(results: Results) -> str:
    to_wave = results["to the wave"]
    nearest, last = min(to_wave, key=lambda passes: to_wave[passes]), max(to_wave)
    return (f"{LARGE} hidden units while they learn. First the wave, which the dots have in "
            f"common: after {nearest} passes the line is nearest to it, {to_wave[nearest]:.2f} off "
            f"(rms). Then the wiggles; after {last} passes it is {to_wave[last]:.2f} off. Someone "
            "should stop it in time: that is the next section.")


def look_for(results: Results) -> str:
    E = {hidden: results["runs"][hidden].E[-1] for hidden in (GOOD, LARGE)}
    fresh = results["fresh"]
    worse = ("the line is worse" if fresh[LARGE] > fresh[GOOD] else
             "the line is no worse on this draw of the noise")
    return (f"The right-hand panel. {results['close'][LARGE]} of the {T} dots are within {CLOSE} "
            f"of the line, so E is {E[LARGE]:.2g}, against {E[GOOD]:.2g} in the middle. Between "
            f"the dots {worse}: its error without noise is {fresh[LARGE]:.2f}, that of the smaller "
            f"network {fresh[GOOD]:.2f}. E alone cannot show it: it is measured on the dots.")


def aside(results: Results) -> str:
    chosen = (", and the noise in the pictures was chosen (one of 24 draws) to make them "
              "clear") * results["chosen"]
    return ("The slides have three pictures and no numbers; the wave, the noise and the sizes are "
            f"ours{chosen}. One draw proves little: the checks of the error without noise are "
            f"means over {results['draws']} other draws. The hidden units start steep and spread "
            f"out: with the usual small start, even {LARGE} units would take very long to wiggle.")


def steps(results: Results) -> tuple[Value, str]:
    every_third = slice(None, None, 3)
    E = half_squared_error(network(GOOD, 0)(results["x"][every_third]), results["target"][every_third])
    return E, f"the network with {GOOD} hidden units as it starts, with every third association"


SECTION = Section(
    name="fitting", title="Under-fitted, good, over-fitted",
    text="Associations come with noise. A network that is too small cannot follow what is behind the noise; one that is too "
         "large follows the noise as well. In between, Goldilocks finds one that is just right.",
    equations=(("4, 22", r"E = \tfrac{1}{2} \sum_{t=1}^{T} (y_t - \text{target}_t)^2"),),
    look_for=look_for,
    aside=aside,
    compute=compute, checks=checks, figures=figures, steps=steps, code=(associations, network, learn),
)
