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


def sizes_of(results: Results, name: str) -> dict[int, list[float]]:
    """{passes: the size of δ in each layer over all digits, input side first}."""
    return {passes: per_layer(units) for passes, units in results[f"{name} units"].items()}


def fading(results: Results, name: str) -> tuple[float, float, float]:
    """How many times smaller δ becomes before learning: (from the outputs to the last hidden layer,
    from one hidden layer to the one before, from the outputs to the first hidden layer)."""
    first, *_, last, output = sizes_of(results, name)[0]
    hidden = len(SIZES) - 2
    return output / last, (last / first) ** (1 / (hidden - 1)), output / first


def awakening(results: Results) -> tuple[int, int, int]:
    """After how many passes, with the usual start: δ of the first hidden layer was smallest, was
    three times as large again, and E was a tenth below that of the best constant answer."""
    first = {passes: layers[0] for passes, layers in sizes_of(results, "usual").items()}
    low = min(first, key=lambda passes: first[passes])
    grown = next((n for n in first if n > low and first[n] > 3 * first[low]), -1)
    E = results["usual"].E
    return low, grown, next((n for n, e in enumerate(E) if e < 0.9 * results["constant"]), -1)


def alike(results: Results, passes: int) -> float:
    """How much the answers to different digits differ after so many passes with the usual start:
    their standard deviation over the digits, as a share of that of the targets."""
    usual = results["usual"]
    y = usual.network.at(usual.weights[usual.kept.index(passes)])(usual.x)
    return float(np.std(y, axis=0).mean() / np.std(usual.target, axis=0).mean())


def checks(results: Results) -> list[Check]:
    usual, wider = results["usual"], results["wider"]
    sizes = {name: sizes_of(results, name) for name in ("usual", "wider")}
    (_, factor, far), (first_step, milder, _) = fading(results, "usual"), fading(results, "wider")
    grown = sizes["usual"][usual.stop_epoch][0] / min(layers[0] for layers in sizes["usual"].values())
    low, woken, falls = awakening(results)
    share, wanted = float(np.mean(results["right"])), 0.95 if wider.stop_epoch >= 150 else 0.92
    return [
        Check("held-out digits answered rightly", f"≥ {wanted:.0%}", f"{share:.1%}", holds=share >= wanted),
        Check("δ by (33), three layers deep, against autodiff, relative", 0.0, results["difference"], 1e-10),
        Check("largest slope, y(1 − y) ≤ 1/4", "≤ 0.25", f"{results['slope']:.6f}", holds=results["slope"] <= 0.25),
        Check("digits and layers that break |δ| ≤ ¼ ‖w‖ |δ of the next layer|", 0, results["broken bounds"]),
        Check("usual start: a hidden layer back, δ is smaller by a factor of", "3 to 6",
              f"{factor:.2f}",
              holds=3 < factor < 6),
        Check("usual start: from outputs to first hidden layer, by", "> 50", f"{far:.0f}",
              holds=far > 50),
        Check(f"weights {WIDER} times as large: a hidden layer back, smaller by", "< 2",
              f"{milder:.2f}", holds=milder < 2),
        Check(f"weights {WIDER} times as large: from the outputs to the last hidden layer, no less "
              "than with the usual start",
              f"≥ {fading(results, 'usual')[0]:.1f}", f"{first_step:.1f}",
              holds=first_step >= fading(results, "usual")[0]),
        Check("usual start: E after 5 passes, ÷ E of the best constant answer", 1.0, usual.E[5] / results["constant"], 0.05),
        Check("usual start: differences of the answers after 5 passes, ÷ those of the targets",
              "< 0.1",
              f"{alike(results, 5):.3f}", holds=alike(results, 5) < 0.1),
        Check(f"weights {WIDER} times as large: E after 5 passes, ÷ E of the best constant answer",
              "< 0.8",
              f"{wider.E[5] / results['constant']:.2f}",
              holds=wider.E[5] < 0.8 * results["constant"]),
        Check("usual start: passes until δ of the first hidden layer is smallest, 3 times that, "
              "and until E falls",
              "the first is the least", f"{low}, {woken}, {falls}",
              holds=0 < low < min(woken, falls)),
        Check("the pictures' digit before learning: layers whose δ is not smaller than that of "
              "the next one", 0,
              sum(int((np.diff(one_digit(results, name)[0]) <= 0).sum()) for name in sizes)),
        Check(f"the pictures' digit: δ fades less with weights {WIDER} times as large, from "
              "outputs to first hidden layer by",
              f"< {_fades(results, 'usual'):.0f}", f"{_fades(results, 'wider'):.0f}",
              holds=_fades(results, "wider") < _fades(results, "usual")),
        Check("δ of the output units, over all digits, is smaller in the end", "< 1",
              ", ".join(f"{output_left(results, name):.2f}" for name in sizes),
              holds=all(output_left(results, name) < 1 for name in sizes)),
        Check("usual start: δ of the first hidden layer has grown since, by", "> 3", f"{grown:.1f}", holds=grown > 3),
    ]


def output_left(results: Results, name: str) -> float:
    """The size of δ of the output units in the end, as a share of what it was before learning."""
    sizes = list(sizes_of(results, name).values())
    return sizes[-1][-1] / sizes[0][-1]


def figures(results: Results) -> dict[str, Picture]:
    x, target = results["test"]
    wrong = np.flatnonzero(~results["right"])[:3]
    chosen = [*np.flatnonzero(results["right"])[: 10 - len(wrong)], *wrong]
    said = results["wider"].network(x[chosen]).data.argmax(axis=1)
    samples, axes = canvas.figure(2, 5, width=7, height=3.6)
    surface.pictures(axes.ravel(), {(f"“{y}”" if y == t.argmax() else f"“{y}”, but it is {t.argmax()}") + " " * i: row.reshape(8, 8)
                                    for i, (row, y, t) in enumerate(zip(x[chosen], said, target[chosen]))})
    titles = {"usual": "usual start", "wider": f"hidden weights {WIDER} times as large"}
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
                                  f"fades. {_credit(results)}",
                          "Two stacks of coloured strips, one strip for each layer: strong colours for the ten output units, "
                          "paler ones for each hidden layer below; on the left they fade much faster.", panels=True),
        "shrinking": Picture(sizes,
                             "How large δ is in each layer while the network learns, over all "
                             f"digits. {_shrinking(results)}",
                             f"{len(SIZES) - 1} lines each in two panels; before learning the "
                             "hidden layers' are farther apart on the left than on the "
                             "right.", panels=True),
        "later": Picture(later,
                         f"The same digit after {results['wider'].stop_epoch} passes, in the same "
                         f"colours. {_later(results)}",
                         f"The same strips after learning. {_later(results)}", panels=True),
        "learning": Picture(learning, "E while the digits are learnt. With the usual start the network first answers the same to "
                                      "every digit, and has to wait for its lower layers.",
                            "Two falling lines; one of them stays at the level of the best constant answer for some passes."),
        "movie": Picture(_movie(results, titles), "How much each unit is to blame, over all digits, while the networks learn. On "
                                                  "the left the lower layers are pale at first "
                                                  "and gain colour later. δ of the output units "
                                                  "fades, as less and less is wrong: to "
                                                  f"{output_left(results, 'usual'):.0%} of what it "
                                                  "was (left) and "
                                                  f"{output_left(results, 'wider'):.0%} (right).",
                         "Strips of coloured cells, one for each unit: on the left the lower layers are pale for some time, then "
                         "gain colour; on the right they have it from the start.", panels=True),
        "answers": Picture(samples,
                           "Held-out digits and what the network with the larger hidden weights "
                           "says they are" +
                           (f", {len(wrong)} of its {np.sum(~results['right'])} mistakes last."
                            if len(wrong) else
                            "; it made no mistake."),
                           f"{len(chosen)} small pictures of handwritten digits, each with an "
                           "answer above it."),
    }


def one_digit(results: Results, name: str) -> tuple[list[float], list[float]]:
    """The size of δ in each layer for the digit of the pictures: (before learning, in the end)."""
    before, after = (per_layer([np.abs(delta) for delta in deltas])
                     for deltas in results[f"{name} one"])
    return before, after


def _fades(results: Results, name: str) -> float:
    """How many times smaller δ of the first hidden layer is than that of the outputs, for that
    digit before learning."""
    before, _ = one_digit(results, name)
    return before[-1] / before[0]


def _credit(results: Results) -> str:
    return ("With the usual start (left) the first hidden layer's δ is "
            f"{_fades(results, 'usual'):.0f} times smaller than that of the outputs; with hidden "
            f"weights {WIDER} times as large, {_fades(results, 'wider'):.0f} times.")


def _shrinking(results: Results) -> str:
    low, grown, falls = awakening(results)
    far = fading(results, "usual")[2]
    words = (f"On the left the first hidden layer hardly learns at first: its δ starts {far:.0f} "
             f"times smaller than the outputs' and is smallest after {low} passes.")
    if grown < 0 or falls < 0:
        return words
    return (f"{words} It is three times as large after {grown}; E is a tenth below that of the "
            f"best constant answer after {falls}.")


def _later(results: Results) -> str:
    """What has become of δ of the outputs and of the first hidden layer for the digit of the
    pictures."""
    words = []
    for side, name in (("left", "usual"), ("right", "wider")):
        before, after = one_digit(results, name)
        words.append(f"On the {side} δ of the outputs has gone from {before[-1]:.2g} to "
                     f"{after[-1]:.2g}, that of the first hidden layer from {before[0]:.1g} to "
                     f"{after[0]:.1g}.")
    return " ".join(words)


def text(results: Results) -> str:
    below = sum(w.size for w in results["usual"].network.weights[:-1])
    return ("Three hidden layers between picture and answer. An output unit sees its own mistake. "
            f"But which of the {below:,} weights of the layers below are to blame? (33) answers "
            "that, layer after layer: the δ of a layer is made from the δ of the next one, "
            "whatever that is. Nothing new is needed for a deep network.")


def look_for(results: Results) -> str:
    first_step, back, far = fading(results, "usual")
    return ("Each layer of sigmoid units multiplies δ by y(1 − y), which is at most ¼. With "
            "weights of the usual size nothing makes up for that: over all digits, δ becomes "
            f"{first_step:.1f} times smaller from the outputs to the last hidden layer and "
            f"{back:.1f} times with each hidden layer before it. So the δ of the first hidden "
            f"layer is {far:.0f} times smaller than the outputs' δ, and the changes of its weights "
            "are small with it.")


def aside(results: Results) -> str:
    (usual, _, _), (first_step, back, _) = fading(results, "usual"), fading(results, "wider")
    return ("The slides' picture of a deep network gives no sizes; the digits are scikit-learn's "
            f"and the {'-'.join(map(str, SIZES))} network is ours. “Output layer” in (33) reads "
            "“next layer”, again and again. The slides update the weights after a pass over all "
            f"associations; here it is done for every {BATCH} of them, which gets further in a "
            f"pass. “Initialise to random values” hides a choice: with hidden weights {WIDER} "
            f"times as large as usual δ becomes only {back:.1f} times smaller from one hidden "
            "layer to the one before (but on the first step, from the outputs to the last hidden "
            f"layer, {first_step:.0f} times, against {usual:.0f} times with the usual start).")


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
    text=text,
    equations=(("33", r"\delta_{jt} = y_{jt} (1 - y_{jt}) \sum_{k=1}^{K} \delta_{kt} w_{jk}, \quad y_{jt} (1 - y_{jt}) \le "
                       r"\tfrac{1}{4}"),
               ("35", r"\Delta w_{ij} = -\epsilon \sum_{t=1}^{T} \delta_{jt} x_{it}")),
    look_for=look_for,
    aside=aside,
    compute=compute, checks=checks, figures=figures, steps=steps, code=(blame, network, learn, delta.deltas),
)
