"""Section 4, learning photographs: a linear network that stores two pictures and recalls them from noisy cues."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing import canvas, curves, motion, surface
from tinygrad_edu.learning.descent import backprop
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.optimizer import GradientDescent
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network import delta
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network

NOISE = 0.3  # standard deviation; pixels lie between 0 (black) and 1 (white)
STARTS = (0.0, 0.05, 0.5, 1.0)  # random starts, in units of the usual standard deviation 1/√I: 0.02 for 2500 pixels
BLANKED = 0.4  # of a picture, from its top
CREDIT = ("Photographs: Grace Hopper (US Navy, public domain, distributed with matplotlib); flower (by vultilion on Flickr, CC "
          "BY 2.0, distributed with scikit-learn; cut to a square, in grey).")


def photographs(side: int) -> ndarray:
    """Two real photographs as rows of side² grey pixels, (2, side²): from matplotlib's and scikit-learn's own sample data."""
    import matplotlib
    import sklearn.datasets

    hopper = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    flower = Path(sklearn.datasets.__file__).parent / "images" / "flower.jpg"
    return np.stack([_grey(path, side).ravel() for path in (hopper, flower)])


def _grey(path: Path, side: int) -> ndarray:
    """The largest square at the top middle of a picture, in side × side grey pixels."""
    from PIL import Image

    with Image.open(path) as image:
        width, height = image.size
        size = min(width, height)
        left = (width - size) // 2
        square = image.convert("L").crop((left, 0, left + size, size)).resize((side, side), Image.Resampling.LANCZOS)
    return np.asarray(square, dtype=float) / 255


def best_epsilon(x: ndarray) -> float:
    """The ε that learns a linear network fastest: 2 / (λmin + λmax) for the eigenvalues λ of x @ x.T."""
    eigenvalues = np.linalg.eigvalsh(x @ x.T)
    return float(2 / (eigenvalues[0] + eigenvalues[-1]))


def learn_from(start: ndarray, x: ndarray, passes: int) -> ndarray:
    """W after learning to give back x, by eq. 35 by hand and in place; start is used up."""
    for _ in range(passes):
        deltas = delta.deltas([x, x @ start], [start], x)
        start += delta.changes(delta.gradients([x, x], deltas), best_epsilon(x))[0]
    return start


def recalls_while_learning(start: ndarray, x: ndarray, cues: ndarray, passes: int, fading: float) -> list[ndarray]:
    """What a network that starts at random gives back for the cues, before and after each pass, with weight decay.

    Learning alone leaves the random part of W as it is for ever; weight decay takes the share `fading` of it away at each pass.
    """
    network, epsilon = Network(*start.shape, weights=[start]), best_epsilon(x)
    recalls = [cues @ start]
    fit(network, x, x, GradientDescent(epsilon), epochs=passes, decay=fading / epsilon, tolerance=0,
        report=lambda history: recalls.append(cues @ network.weights[0]))
    return recalls


def compute(seed: int, fast: bool) -> Results:
    side = 24 if fast else 50
    x, passes = photographs(side), 20
    I = x.shape[1]
    rng = np.random.default_rng(seed)
    cues = x + rng.normal(scale=NOISE, size=x.shape)
    network = Network(I, I, weights=[np.zeros((I, I))])  # each photograph is associated with itself
    history = backprop(network, x, x, best_epsilon(x), Stopping(0.0, passes + 1), keep_weights=False)
    W = network.weights[0]
    fading = recalls_while_learning(rng.normal(scale=1 / side, size=(I, I)), x, cues, 60, 0.06)
    blanked = np.where(np.arange(I) < BLANKED * I, 0.0, x)
    recalls = {start: cues @ learn_from(rng.normal(scale=start / side, size=(I, I)), x, passes) for start in STARTS}
    return {"side": side, "x": x, "cues": cues, "recalls": cues @ W, "history": history, "from": recalls, "fading": fading,
            "stored": x @ W, "blanked": blanked, "completed": blanked @ W,
            "by hand": float(np.abs(recalls[0.0] - cues @ W).max())}


def rms(difference: ndarray) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.mean(np.square(difference))))


def checks(results: Results) -> list[Check]:
    x, recalls = results["x"], results["from"]
    errors = {start: rms(y - x) for start, y in recalls.items()}
    correlation, amplitude = completion(results)
    faded, part = results["fading"], f"{BLANKED * 100:.0f} %"
    strength = float(np.mean([strength_of(y, stored) for y, stored in zip(faded[-1], x)]))
    swaps = [int(np.argmin([rms(y - stored) for stored in x])) for y in results["recalls"]]
    bound = 0.02 if results["side"] == 50 else 0.04  # twice the noise in the pictures' span
    E = np.array(results["history"].E)
    return [
        Check("stored pictures come back, rms error", 0.0, rms(results["stored"] - x), 1e-3),
        Check("noise in the cue, rms", NOISE, rms(results["cues"] - x), 0.02),
        Check("a noisy cue recalls the clean picture, rms error", 0.0, rms(results["recalls"] - x), bound),
        Check("each cue recalls its own picture", "a → a, d → d", f"{'ad'[swaps[0]]}, {'ad'[swaps[1]]}", holds=swaps == [0, 1]),
        Check("by hand against autodiff, largest difference", 0.0, results["by hand"], 1e-9),
        Check("random start, sd 1/√pixels: no denoising, rms error", NOISE, errors[1.0], 0.05),
        Check("the same with weight decay: the noise fades, rms error",
              f"< {0.5 * errors[1.0]:.3f}",
              f"{rms(faded[-1] - x):.3f}", holds=rms(faded[-1] - x) < 0.5 * errors[1.0]),
        Check("with weight decay the pictures are slightly fainter: their strength", "0.8 to 1",
              f"{strength:.2f}", holds=0.8 < strength < 1),
        Check("before learning, the start with weight decay recalls noise: rms error ÷ that at "
              "the end", "> 5",
              f"{rms(faded[0] - x) / rms(faded[-1] - x):.0f}",
              holds=rms(faded[0] - x) > 5 * rms(faded[-1] - x)),
        Check("passes from W = 0 at which E did not fall", 0, int((np.diff(E) >= 0).sum())),
        Check("the smaller the random start, the smaller the rms error", "falls",
              " > ".join(f"{errors[start]:.3f}" for start in reversed(STARTS)),
              holds=errors[1.0] > errors[0.5] > errors[0.05] > errors[0.0]),
        Check(f"cue with {part} blanked: correlation with the picture", 0.94, correlation, 0.06),
        Check(f"cue with {part} blanked: amplitude", 0.56, amplitude, 0.2),
    ]


def strength_of(y: ndarray, stored: ndarray) -> float:
    """How much of a stored picture is in y: 1 for the picture itself."""
    return float(y @ stored / (stored @ stored))


def completion(results: Results) -> tuple[float, float]:
    """(correlation, strength) of what comes back for the first picture with its top blanked."""
    completed, stored = results["completed"][0], results["x"][0]
    return float(np.corrcoef(completed, stored)[0, 1]), strength_of(completed, stored)


def figures(results: Results) -> dict[str, Picture]:
    side = results["side"]
    show = lambda row: np.clip(row, 0, 1).reshape(side, side)  # noqa: E731
    panels, axes = canvas.figure(2, 3, width=7, height=5)
    titles = ("(a) stored", "(b) = (a) + noise", "(c) output for (b)"), ("(d) stored", "(e) = (d) + noise", "(f) output for (e)")
    for t, names in enumerate(titles):
        images = (results["x"][t], results["cues"][t], results["recalls"][t])
        surface.pictures(axes[t], dict(zip(names, map(show, images))))
    starts, axes = canvas.figure(1, 4, width=9, height=2.7)
    surface.pictures(axes, {f"start sd {start / side:.2g}\nrms error {rms(y - results['x']):.3f}": show(y[0])
                            for start, y in results["from"].items()})
    blanked, axes = canvas.figure(1, 3, width=7, height=2.7)
    surface.pictures(axes,
                     {"stored": show(results["x"][0]),
                      f"cue, {BLANKED * 100:.0f} % blanked": show(results["blanked"][0]),
                            "output": show(results["completed"][0])})
    learning, axis = canvas.figure(height=3.2)
    curves.falling(axis, {"E": results["history"].E})
    frames = [[show(recall[t]) for recall in results["fading"]] for t in range(2)]
    movie = motion.developing({"cue (b)": [show(results["cues"][0])], "output (c)": frames[0],
                               "cue (e)": [show(results["cues"][1])], "output (f)": frames[1]},
                              [f"passes of learning: {n}" for n in range(len(results["fading"]))], scale=150 // side)
    return {
        "recall": Picture(panels, f"Two photographs of {side} × {side} pixels are each associated with themselves. A noisy cue "
                                  f"brings the clean picture back: the memory is content addressable. {CREDIT}",
                          "Two rows of three pictures: a portrait and a flower as stored, with noise, and recalled without it."),
        "learning": Picture(learning, "E over the passes of learning, from W = 0.",
                            "A line that falls at each pass, on a logarithmic axis."),
        "starts": Picture(starts, "What a random start does. Learning changes W only in the span of the two pictures; the rest "
                                  "of the random start stays for ever and is added to what is recalled.",
                          "The recalled portrait, clean from a start at zero and ever noisier for larger random starts.",
                          panels=True),
        "movie": Picture(movie, "The photographs come out of the noise while W is learnt, from the "
                                "usual random start. They do so because of weight decay (½λΣw², "
                                "section 9): it lets the random part of W fade, at the price of "
                                f"slightly fainter pictures ({_strengths(results)} of their "
                                "strength). Without it, the noise would stay.",
                         "A portrait and a flower appear in what is pure noise at first, while the noisy cues beside them stay "
                         "as they are.", panels=True),
        "blanked": Picture(blanked, "A cue with its top blanked out comes back whole but faint: it "
                                    "correlates with the stored picture by {:.2f} and has {:.2f} "
                                    "of its strength. A linear memory does not snap to a "
                                    "picture.".format(*completion(results)),
                           "A portrait, the portrait with its upper part black, and a fainter whole portrait."),
    }


def _strengths(results: Results) -> str:
    return " and ".join(f"{strength_of(y, x):.2f}"
                        for y, x in zip(results["fading"][-1], results["x"]))


def text(results: Results) -> str:
    I = results["x"].shape[1]
    return (f"The 4-4 network with {I} units on each side: each unit is a pixel, each picture is "
            f"an association of a picture with itself, and {I * I:,} weights are learnt by the "
            "same rule as the one weight at the start.")


def look_for(results: Results) -> str:
    x, noise = results["x"], results["cues"] - results["x"]
    return (f"In (b) and (e) the noise has an rms of {rms(noise):.2f}; in "
            f"{np.mean(np.abs(noise) > x):.0%} of the pixels there is more noise than picture. In "
            f"(c) and (f) an rms error of {rms(results['recalls'] - x):.3f} is left: two stored "
            "pictures span a plane, and the network throws away all noise that does not lie in it.")


def aside(results: Results) -> str:
    I, x = results["x"].shape[1], results["x"]
    return ("“Initialise to random values” spoils this network. With the usual start, standard "
            f"deviation 1/√{I} = {I**-0.5:.2g}, the output is as noisy as the cue: its rms error "
            f"is {rms(results['from'][1.0] - x):.2f}, the cue's {rms(results['cues'] - x):.2f}. "
            "Start at zero (here, where there are no hidden units: those would all stay alike). "
            "Pixels here go from 0 to 1, and the step size is the best one for a linear network.")


def steps(results: Results) -> tuple[Value, str]:
    side = results["side"]
    tiny = results["x"].reshape(2, 2, side // 2, 2, side // 2).mean(axis=(2, 4)).reshape(2, 4)
    return half_squared_error(Network(4, 4, weights=[np.zeros((4, 4))])(tiny), tiny), (
        "the two photographs with 2×2 pixels, and a 4-4 network that has learnt nothing yet")


SECTION = Section(
    name="photographs", title="Learning photographs",
    text=text,
    equations=(("15", r"\mathbf{y} = \mathbf{x} W"), ("35", r"\Delta w_{ij} = -\epsilon \sum_{t=1}^{2} \delta_{jt} x_{it}")),
    look_for=look_for,
    aside=aside,
    compute=compute, checks=checks, figures=figures, steps=steps, code=(photographs, learn_from, backprop),
)
