"""Section 6, the deep network: who is to blame? Three hidden layers learn handwritten digits, and their δ can be watched."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing import canvas, curves, surface, units
from tinygrad_edu.drawing.movie import Movie
from tinygrad_edu.learning.association import Associations, held_out
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import GradientDescent
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network import delta
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network

SIZES = (64, 32, 32, 32, 10)
epsilon, BATCH, WIDER = 0.02, 8, 4  # WIDER: the better start has hidden weights 4 times as large


def digits(seed: int) -> tuple[Associations, Associations]:
    """(training set, held out): scikit-learn's handwritten digits, 8 × 8 pixels from 0 to 1, and a 1 for the unit of the digit."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return held_out(found.data / 16, np.eye(10)[found.target], 0.25, seed)


def network(seed: int, wider: float = 1) -> Network:
    """Weights start with the usual standard deviation 1/√I; those of the hidden layers `wider` times as large."""
    *hidden, out = Network(*SIZES, seed=seed).weights
    return Network(*SIZES, bias=True, weights=[*(wider * w for w in hidden), out])


def learn(start: Network, training: Associations, passes: int, seed: int) -> History:
    """The slides' gradient descent, eight associations at a time."""
    return fit(start, *training, GradientDescent(epsilon), batch=BATCH, epochs=passes, seed=seed)


def blame(net: Network, x: ndarray, target: ndarray) -> list[ndarray]:
    """δ of every unit of every layer for every association, by eq. 33 again and again."""
    states = delta.states(x, net.weights, net.biases)
    return delta.deltas(states, net.weights, target)


def per_unit(deltas: list[ndarray]) -> list[ndarray]:
    """The size of δ of each unit: the root of the mean square over associations."""
    return [np.sqrt(np.mean(d**2, axis=0)) for d in deltas]


def per_layer(sizes: list[ndarray]) -> list[float]:
    """The same for all units of a layer together."""
    return [float(np.sqrt(np.mean(size**2))) for size in sizes]


def right(net: Network, x: ndarray, target: ndarray) -> ndarray:
    """For each association, whether the output unit that answers most is the digit's."""
    return net(x).data.argmax(axis=1) == target.argmax(axis=1)


def compute(seed: int, fast: bool) -> Results:
    passes = 30 if fast else 150
    training, test = digits(seed)
    usual = learn(network(seed), training, passes, seed)
    wider = learn(network(seed, WIDER), training, passes, seed)
    found: Results = {"usual": usual, "wider": wider, "test": test, "right": right(wider.network, *test),
                      "constant": 0.5 * float(((training[1] - training[1].mean(axis=0)) ** 2).sum())}
    for name, history in (("usual", usual), ("wider", wider)):
        nets = [history.network.at(weights) for weights in history.weights]
        shown = np.unique((np.linspace(0, 1, 100) ** 1.5 * (len(nets) - 1)).round().astype(int))  # more of the early ones
        found[f"{name} units"] = {history.kept[i]: per_unit(blame(nets[i], *training)) for i in shown}
        found[f"{name} one"] = [[d[0] for d in blame(net, training[0][:1], training[1][:1])] for net in (nets[0], nets[-1])]
    start = network(seed)
    deltas = blame(start, *training)
    found["broken bounds"] = sum(int((np.linalg.norm(before, axis=1) > 0.25 * np.linalg.norm(w, 2) * np.linalg.norm(d, axis=1)
                                      * (1 + 1e-9)).sum()) for before, d, w in zip(deltas, deltas[1:], start.weights[1:]))
    found["slope"] = max(float((z * (1 - z)).max()) for z in delta.states(training[0], start.weights, start.biases)[1:-1])
    found["difference"] = max(_difference(net, *training) for net in (start, network(seed, WIDER), wider.network))
    return found


def _difference(net: Network, x: ndarray, target: ndarray) -> float:
    """The largest difference between δ by hand and by machine, relative to the largest δ of its layer."""
    half_squared_error(net(x), target).backward()
    return max(float(np.abs(ours - theirs).max() / np.abs(theirs).max()) for ours, theirs in zip(blame(net, x, target), net.deltas))


def checks(results: Results) -> list[Check]:
    usual, wider = results["usual"], results["wider"]
    sizes = {name: {passes: per_layer(units) for passes, units in results[f"{name} units"].items()} for name in ("usual", "wider")}
    at_first, later = sizes["usual"][0], sizes["wider"][0]
    factor, milder = (at_first[2] / at_first[0]) ** 0.5, (later[2] / later[0]) ** 0.5
    grown = sizes["usual"][usual.stop_epoch][0] / min(layers[0] for layers in sizes["usual"].values())
    share, wanted = float(np.mean(results["right"])), 0.95 if wider.stop_epoch >= 150 else 0.92
    return [
        Check("held-out digits answered rightly", f"≥ {wanted:.0%}", f"{share:.1%}", holds=share >= wanted),
        Check("δ by (33), three layers deep, against autodiff, relative", 0.0, results["difference"], 1e-10),
        Check("largest slope, y(1 − y) ≤ 1/4", "≤ 0.25", f"{results['slope']:.6f}", holds=results["slope"] <= 0.25),
        Check("digits and layers that break |δ| ≤ ¼ ‖w‖ |δ of the next layer|", 0, results["broken bounds"]),
        Check("usual start: a layer back, δ is smaller by a factor of", "about 4", f"{factor:.2f}", holds=3 < factor < 6),
        Check("usual start: from outputs to first hidden layer, by", "> 50", f"{at_first[3] / at_first[0]:.0f}",
              holds=at_first[3] / at_first[0] > 50),
        Check("weights 4 times as large: a layer back, smaller by", "< 2", f"{milder:.2f}", holds=milder < 2),
        Check("usual start: E after 5 passes, ÷ E of the best constant answer", 1.0, usual.E[5] / results["constant"], 0.05),
        Check("weights 4 times as large: the same", "< 0.8", f"{wider.E[5] / results['constant']:.2f}",
              holds=wider.E[5] < 0.8 * results["constant"]),
        Check("usual start: δ of the first hidden layer has grown since, by", "> 3", f"{grown:.1f}", holds=grown > 3),
    ]


def figures(results: Results) -> dict[str, Picture]:
    x, target = results["test"]
    wrong = np.flatnonzero(~results["right"])[:3]
    chosen = [*np.flatnonzero(results["right"])[: 10 - len(wrong)], *wrong]
    said = results["wider"].network(x[chosen]).data.argmax(axis=1)
    samples, axes = canvas.figure(2, 5, width=7, height=3.6)
    surface.pictures(axes.ravel(), {(f"“{y}”" if y == t.argmax() else f"“{y}”, but it is {t.argmax()}") + " " * i: row.reshape(8, 8)
                                    for i, (row, y, t) in enumerate(zip(x[chosen], said, target[chosen]))})
    titles = {"usual": "usual start", "wider": "hidden weights 4 times as large"}
    largest = max(float(np.abs(d).max()) for name in titles for d in results[f"{name} one"][0])
    credit, later = (units.blame_strips({title: results[f"{name} one"][when] for name, title in titles.items()}, largest)[0]
                     for when in (0, 1))
    sizes, axes = canvas.figure(1, 2, width=8.6, height=3.8, sharey=True)
    for axis, name in zip(axes, titles):
        found = results[f"{name} units"]
        curves.layers(axis, list(found), np.transpose([per_layer(sizes) for sizes in found.values()]))
        axis.set_title(titles[name])
    axes[0].set_ylabel("size of δ (rms)")
    axes[1].legend(loc="lower right", ncols=2)
    learning, axis = canvas.figure(height=3.4)
    curves.falling(axis, {titles[name]: results[name].E for name in titles})
    axis.axhline(results["constant"], color=canvas.GREY, lw=1, zorder=0)
    axis.text(axis.get_xlim()[1], results["constant"] * 1.06, "the best constant answer", ha="right", color=canvas.GREY)
    return {
        "credit": Picture(credit, "Credit assignment before learning: δ of each unit for one handwritten digit. The output units "
                                  "know what they did wrong; from layer to layer, back through the slopes y(1 − y), the blame "
                                  "fades. With the usual start (left) the first hidden layer gets about a hundredth of it.",
                          "Two stacks of coloured strips, one strip for each layer: strong colours for the ten output units, "
                          "paler ones for each hidden layer below; on the left they fade much faster.", panels=True),
        "shrinking": Picture(sizes, "How large δ is in each layer while the network learns, over all digits. On the left the "
                                    "lower layers hardly learn at first: their δ are tiny. When these grow, E falls.",
                             "Four lines each in two panels; on the left they start far apart, by factors of four, and come "
                             "together late; on the right they are close from the start.", panels=True),
        "later": Picture(later, f"The same digit after {results['wider'].stop_epoch} passes, in the same colours: little is left "
                                "to be blamed for.",
                         "The same strips, nearly all of them pale.", panels=True),
        "learning": Picture(learning, "E while the digits are learnt. With the usual start the network first answers the same to "
                                      "every digit, and has to wait for its lower layers.",
                            "Two falling lines; one of them stays at the level of the best constant answer for some passes."),
        "movie": Picture(_movie(results, titles), "How much each unit is to blame, over all digits, while the networks learn. On "
                                                  "the left the lower layers wake up one after the other; then all fade, as less "
                                                  "and less is wrong.",
                         "Strips of coloured cells, one for each unit: on the left the lower layers are pale for some time, then "
                         "gain colour; on the right they have it from the start.", panels=True),
        "answers": Picture(samples, "Held-out digits and what the network says they are, its first mistakes last.",
                           "Ten small pictures of handwritten digits, each with an answer above it."),
    }


def _movie(results: Results, titles: dict[str, str]) -> Movie:
    shown = [results[f"{name} units"] for name in titles]
    passes = list(shown[0])
    paper, show = units.blame_strips({title: found[0] for title, found in zip(titles.values(), shown)}, 1.0, signed=False,
                                     label="size of δ of each unit, over all digits (rms)")
    counter = paper.suptitle("passes of learning: 0", fontsize=11)

    def update(n: int) -> list[Any]:
        counter.set_text(f"passes of learning: {passes[n]}")
        return [*show(*(found[passes[n]] for found in shown)), counter]

    return Movie(paper, update, len(passes), fps=8)


def steps(results: Results) -> tuple[Value, str]:
    small = Network(2, 3, 3, 3, 1, bias=True, seed=1)
    return half_squared_error(small([[1.0, 0.0]]), [[1.0]]), (
        "a small network with three hidden layers and one association; watch δ fade from layer to layer")


SECTION = Section(
    name="deep", title="A deep network: who is to blame?",
    text="Three hidden layers between picture and answer. An output unit sees its own mistake. But which of the thousands of "
         "weights below are to blame? (33) answers that, layer after layer: the δ of a layer is made from the δ of the next one, "
         "whatever that is. Nothing new is needed for a deep network.",
    equations=(("33", r"\delta_{jt} = y_{jt} (1 - y_{jt}) \sum_{k=1}^{K} \delta_{kt} w_{jk}, \quad y_{jt} (1 - y_{jt}) \le "
                       r"\tfrac{1}{4}"),
               ("35", r"\Delta w_{ij} = -\epsilon \sum_{t=1}^{T} \delta_{jt} x_{it}")),
    look_for="Each layer of sigmoid units multiplies δ by y(1 − y), which is at most ¼. With weights of the usual size nothing "
             "makes up for that: the δ of the first hidden layer is a hundredth of the outputs' δ, and so are the changes of its "
             "weights.",
    aside="The slides' picture of a deep network gives no sizes; the digits are scikit-learn's and the 64-32-32-32-10 network is "
          "ours. “Output layer” in (33) reads “next layer”, again and again. The slides update the weights after a pass over all "
          "associations; here it is done for every eight of them, which gets further in a pass. “Initialise to random values” "
          "hides a choice: with hidden weights four times as large as usual the blame fades far less from one hidden layer to "
          "the next (though no less on the first step, from the outputs to the last hidden layer).",
    compute=compute, checks=checks, figures=figures, steps=steps, code=(blame, network, learn, delta.deltas),
)
