"""Section 9, preventing over-fitting: early stopping on a validation set, and weight decay."""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing import canvas, curves, scenes
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import Momentum
from tinygrad_edu.learning.stopping import EarlyStopping
from tinygrad_edu.lecture.fitting import LARGE, T, associations, network, wave
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network import delta
from tinygrad_edu.network.error import half_squared_error, weight_decay

NOISE, DATA, DECAY = 0.25, 11, 1e-3
PATIENCE = (0, 50, 200)


def validation_set(seed: int) -> tuple[ndarray, ndarray]:
    """As many other points of the wave, with noise of their own."""
    rng = np.random.default_rng(1000 + seed)
    x = np.sort(rng.uniform(0, 1, T))[:, None]
    return x, wave(x) + rng.normal(scale=NOISE, size=x.shape)


def learn(seed: int, passes: int, decay: float = 0.0, patience: int | None = None) -> History:
    """The over-large network of section 8, watched on the validation set."""
    x, target = associations(DATA + seed, NOISE)
    stop = None if patience is None else EarlyStopping(patience)
    return fit(network(LARGE, seed), x, target, Momentum(0.01), epochs=passes, decay=decay,
               validation=validation_set(DATA + seed), early_stopping=stop)


def gradients_with_decay(history: History) -> tuple[list[ndarray], list[ndarray]]:
    """(by hand, by machine): ∂E/∂w with the term λw, which belongs to (35) and to every check of it."""
    net = history.network
    states = delta.states(history.x, net.weights, net.biases)
    by_hand = delta.gradients(states, delta.deltas(states, net.weights, history.target), net.weights, DECAY)
    (half_squared_error(net(history.x), history.target) + weight_decay([layer.w for layer in net.layers], DECAY)).backward()
    return by_hand, [layer.w.grad for layer in net.layers]


def compute(seed: int, fast: bool) -> Results:
    passes = 4000 if fast else 12_000
    stopped = {patience: learn(seed, passes, patience=patience) for patience in PATIENCE}
    to_the_end, decayed = learn(seed, passes), learn(seed, passes, DECAY)
    by_hand, by_machine = gradients_with_decay(decayed)
    return {"chosen": seed == 0, "passes": passes, "stopped": stopped, "to the end": to_the_end,
            "decayed": decayed,
            "difference": max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(by_hand, by_machine))}


def checks(results: Results) -> list[Check]:
    whole, decayed, stopped = results["to the end"], results["decayed"], results["stopped"]
    at_best = {patience: history.validation[history.best_epoch] for patience, history in stopped.items()}
    E, v = np.array(whole.E), np.array(whole.validation)
    best, patient = whole.best_epoch, stopped[max(PATIENCE)]
    bends = {name: bend(history) for name, history in runs_of(results).items()}
    weights, gaps = [sum_of_squares(whole), sum_of_squares(decayed)], [gap(whole), gap(decayed)]
    put_back = half_squared_error(patient.network(patient.validation_set[0]), patient.validation_set[1]).item()
    return [
        Check("training error falls on after the best pass, to less than 0.6 of what it was there",
              f"< {0.6 * E[best]:.3f}",
              f"{E[-1]:.3f}", holds=E[-1] < 0.6 * E[best]),
        Check("validation error rises again, by a tenth at least", f"> {1.1 * v[best]:.3f}",
              f"{v[-1]:.3f}",
              holds=v[-1] > 1.1 * v[best]),
        Check("patience 0, the slides' rule to the letter, stops after so few passes", "< 50", f"{stopped[0].stop_epoch}",
              holds=stopped[0].stop_epoch < 50),
        Check("patience 0 gives up early: its validation error ÷ that of the most patient", "> 1.5",
              f"{at_best[0] / at_best[max(PATIENCE)]:.1f}",
              holds=at_best[0] > 1.5 * at_best[max(PATIENCE)]),
        Check("more patience never ends at a worse validation error", "falls", " ≥ ".join(f"{e:.3f}" for e in at_best.values()),
              holds=all(later <= earlier for earlier, later in zip(list(at_best.values()), list(at_best.values())[1:]))),
        Check(f"patience {max(PATIENCE)} stops so many passes after the best", max(PATIENCE) + 1,
              patient.stop_epoch - patient.best_epoch),
        Check("and the best weights are put back: validation error", patient.validation[patient.best_epoch], put_back, 1e-12),
        Check("weight decay: validation error in the end", f"< {0.95 * v[-1]:.3f}",
              f"{decayed.validation[-1]:.3f}",
              holds=decayed.validation[-1] < 0.95 * v[-1]),
        Check("weight decay: the weights fade, Σw² in the end", f"< {weights[0]:.0f}",
              f"{weights[1]:.0f}",
              holds=weights[1] < weights[0]),
        Check("weight decay: gap between validation and training error in the end",
              f"< {gaps[0]:.3f}", f"{gaps[1]:.3f}",
              holds=gaps[1] < gaps[0]),
        Check("the line bends most at the end: stopped early, to the end, with weight decay",
              "the second is the largest",
              ", ".join(f"{b:.2f}" for b in bends.values()),
              holds=max(bends, key=lambda name: bends[name]) == "to the end"),
        Check("∂E/∂w with the term λw: by hand against autodiff, relative", 0.0, results["difference"], 1e-11),
    ]


def runs_of(results: Results) -> dict[str, History]:
    """The three runs whose curves are drawn, by name."""
    return {"stopped early": results["stopped"][max(PATIENCE)], "to the end": results["to the end"],
            "with weight decay": results["decayed"]}


def bend(history: History) -> float:
    """How much the slope of the curve changes on the way from x = 0 to 1, all changes added up, in
    units of 0.005 for x."""
    y = history.network(np.linspace(0, 1, 201)[:, None]).data.ravel()
    return float(np.abs(np.diff(y, 2)).sum())


def sum_of_squares(history: History) -> float:
    """Σw² of a run's last weights."""
    return float(sum((w**2).sum() for w in history.network.weights))


def gap(history: History) -> float:
    """The validation error in the end, less the training error."""
    return history.validation[-1] - (history.E[-1] - history.penalty[-1])


def figures(results: Results) -> dict[str, Picture]:
    whole, decayed = results["to the end"], results["decayed"]
    bends = {name: bend(history) for name, history in runs_of(results).items()}
    errors, axis = canvas.figure(width=7.4, height=4.2)
    curves.learning(axis, whole, {f"patience {patience}": history.stop_epoch for patience, history in results["stopped"].items()})
    axis.set(xscale="symlog", xlim=(0, whole.steps))
    both, axis = canvas.figure(width=7.4, height=3.8)
    curves.falling(axis, {"training, λ = 0": per(whole.E, whole.penalty), "validation, λ = 0": per(whole.validation),
                          f"training, λ = {DECAY:g}": per(decayed.E, decayed.penalty),
                          f"validation, λ = {DECAY:g}": per(decayed.validation)}, ylabel="error E per association")
    axis.set(xscale="symlog", ylim=(1e-3, 0.3))
    axis.set_xlim(10, whole.steps)
    fits, axes = canvas.figure(1, 3, width=9.4, height=3.4, sharey=True)
    along = np.linspace(0, 1, 201)[:, None]
    for axis, (title, history) in zip(axes, runs_of(results).items()):
        axis.plot(along, wave(along), ":", color=canvas.GREY, lw=1.8, label="without noise")
        curves.points(axis, history)
        axis.plot(along, history.network(along).data, color=canvas.RED, lw=2.2, label="network")
        axis.set(title=title, xlabel="x", ylim=(-1.7, 1.7))
    axes[0].set_ylabel("y")
    axes[0].legend(loc="lower left", fontsize=8)
    return {
        "errors": Picture(errors, "Error on the training set, which is learnt, and on the "
                                  "validation set, which is only watched. The first goes on "
                                  "falling; the second turns. Marked are the best pass "
                                  f"({whole.best_epoch} of {results['passes']}), and where "
                                  f"learning stops for {len(PATIENCE)} amounts of patience.",
                          "Two lines over the passes, on logarithmic axes: both fall, then one goes on falling and the other "
                          "rises; a star marks its lowest place."),
        "fits": Picture(fits, "The curves that belong to it: the weights that early stopping puts back, those after all passes, "
                              "and those learnt with weight decay.",
                        "Three panels with dots and a line, which bends most in the middle one; "
                        "added up, its slope changes by "
                        f"{', '.join(f'{b:.2f} {name}' for name, b in bends.items())}.",
                        panels=True),
        "decay": Picture(both, "The same with weight decay, ½λΣw²: weights that are not needed "
                               f"fade (Σw² is {sum_of_squares(decayed):.0f} in the end, and "
                               f"{sum_of_squares(whole):.0f} without), and the validation error "
                               f"per association ends at {decayed.validation[-1] / T:.3f} and not "
                               f"at {whole.validation[-1] / T:.3f}.",
                         "Four lines over the passes; with weight decay the two for training and validation stay closer together."),
        "movie": Picture(scenes.stopping(whole), "The curve and the two errors while the network learns: watch the moment when "
                                                 f"the dashed line turns, after {whole.best_epoch} "
                                                 "passes.",
                         "On the left a line that becomes wiggly; on the right two lines that grow from left to right, one "
                         "falling, one falling and rising.", panels=True),
    }


def per(E: list[float], penalty: list[float] | None = None) -> list[float]:
    """The error per association, without weight decay's part of it."""
    return ((np.array(E) - (0.0 if penalty is None else np.array(penalty))) / T).tolist()


def look_for(results: Results) -> str:
    hasty, patient = results["stopped"][0], results["stopped"][max(PATIENCE)]
    passes = f"{hasty.stop_epoch} pass{'es' * (hasty.stop_epoch != 1)}"
    return (f"Patience 0 stops after {passes}, because the very first steps are rough. The slides' "
            "sentence, taken to the letter, gives up at a validation error of "
            f"{hasty.validation[hasty.best_epoch] / T:.3f} per association; with patience "
            f"{max(PATIENCE)} it comes to {patient.validation[patient.best_epoch] / T:.3f}.")


def aside(results: Results) -> str:
    chosen = f"The noise (standard deviation {NOISE}, another draw than in section 8) " + (
        "was chosen to make the turn of the validation error clear." if results["chosen"] else
        "comes from this seed.")
    return ("“Training is stopped when the validation error stops decreasing” says neither how "
            "long to wait nor which weights to keep. Here patience is how many passes without a "
            "new best are put up with, and the best weights are put back. The slides give no "
            "formula for regularisation; its term λw belongs in (35), and in every gradient check. "
            f"{chosen}")


def steps(results: Results) -> tuple[Value, str]:
    history = results["decayed"]
    small = network(2, 0)
    E = half_squared_error(small(history.x[:3]), history.target[:3]) + weight_decay([layer.w for layer in small.layers], DECAY)
    return E, "a network with two hidden units, three associations, and weight decay: each weight gets λw besides Σ δx"


SECTION = Section(
    name="early-stopping", title="Preventing over-fitting",
    text="How should a network know that it has begun to learn the noise? Keep some associations back. On this validation set "
         "the error falls as long as the network learns what all associations have in common, and stops falling when it turns to "
         "the noise of those it learns from. Then stop, and go back to the best weights.\n\nThe slides also name regularisation. "
         "The simplest is weight decay: add ½λΣw² to E, and every weight is drawn towards 0, unless the associations hold "
         "against it.",
    equations=(("", r"E = \tfrac{1}{2} \sum_t (y_t - \text{target}_t)^2 + \tfrac{1}{2} \lambda \sum_{ij} w_{ij}^2"),
               ("35", r"\Delta w_{ij} = -\epsilon \left( \sum_{t=1}^{T} \delta_{jt} x_{it} + \lambda w_{ij} \right)")),
    look_for=look_for,
    aside=aside,
    compute=compute, checks=checks, figures=figures, steps=steps, code=(learn, gradients_with_decay, EarlyStopping),
)
