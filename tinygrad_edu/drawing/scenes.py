"""Movies of learning: what a network answers, where its weights go, which blame its units get, while it learns.

    movie(history, "xor.gif")                            # what suits the network; .mp4 with the `video` extra
    movie(history, "weights.gif", scene=scenes.weights)  # or choose: answers, curve, stopping, descent, weights, deltas
    scenes.answers(history).save("xor.gif")              # the same, in two steps; .still("xor.png") is its last frame

A scene takes a History and gives a Movie. Half of its frames go evenly over the passes, half over the way of the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.drawing import canvas, curves, motion, surface, units
from tinygrad_edu.drawing.canvas import BLUE, ORANGE, RED
from tinygrad_edu.drawing.movie import Movie, check
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.history import History
from tinygrad_edu.network.delta import sigmoid
from tinygrad_edu.network.error import name_of
from tinygrad_edu.network.layer import Network

Scene = Callable[[History, int], Movie]
MANY = 400  # weights, more of which make a grey cloud of a network's picture
SIDE = 51  # points along an edge of what is shown over a plane


def movie(history: History, path: str | Path, scene: Scene | None = None, frames: int = 100) -> Path:
    """Writes a movie of learning, .gif or .mp4 by the suffix, of at most `frames` frames; returns the path.

    scene: one of the functions below (from tinygrad_edu.drawing import scenes); without one, what suits the network. Raises
    ValueError for a history with nothing in it, for frames < 1 and for another suffix, OSError where nothing can be written: all
    before anything is drawn.
    """
    if not isinstance(history, History) or not (scene is None or callable(scene)):
        raise TypeError("movie takes a History and a scene, which is a function such as scenes.answers: "
                        "movie(fit(...), 'xor.gif', scene=scenes.answers).")
    check(path)
    with canvas.style():
        return (scene or suitable(history))(history, frames).save(path)


def suitable(history: History) -> Scene:
    """The scene that shows most of a network of this kind. Raises ValueError if there is none."""
    _check(history, 1)
    network = history.network
    I, K, hidden = len(network.weights[0]), network.weights[-1].shape[1], len(network.layers) > 1
    if K == 1 and I == 2:
        return answers if hidden or network.biases else descent
    if K == I == 1:
        return curve if hidden or network.biases else descent
    return deltas if hidden or network.weights[0].size > MANY else weights


def answers(history: History, frames: int = 100) -> Movie:
    """What a network of two inputs and one output answers over the plane of its inputs; on the black line it is undecided."""
    networks = _networks(history, frames, "answers", 2, 1)
    state = _answer
    if name_of(history.error) == "binary_cross_entropy":  # the states of its unit are wanted
        state = lambda network, x: sigmoid(_answer(network, x))  # noqa: E731
    x, target = history.x, np.ravel(history.target)
    (left, right), (bottom, top) = motion.around(x[:, 0], 0.3), motion.around(x[:, 1], 0.3)
    x1, x2 = np.meshgrid(np.linspace(left, right, SIDE), np.linspace(bottom, top, SIDE))
    plane, middle = np.stack([x1.ravel(), x2.ravel()], axis=1), (target.min() + target.max()) / 2
    spread = (target.max() - target.min()) / 2 or 1.0
    paper, axis = canvas.figure(width=4.0, height=3.6)
    shades = surface.shades(middle - 1.6 * spread, middle + 1.6 * spread)
    image = axis.imshow(np.zeros((SIDE, SIDE)), extent=(left, right, bottom, top), origin="lower", aspect="auto", **shades)
    line = surface.contour_line(axis)
    for chosen, marker, colour in ((target < middle, "o", ORANGE), (target >= middle, "s", BLUE)):
        axis.plot(*x[chosen].T, marker, color="white", mec=colour, mew=2 if len(x) > 20 else 3, ms=6 if len(x) > 20 else 11)
    axis.set(xlabel="$x_1$", ylabel="$x_2$")
    title = axis.set_title(_title(history, networks[0][0]))
    paper.colorbar(image, ax=axis, label="output y", ticks=[middle - spread, middle, middle + spread])

    def update(n: int) -> list[Any]:
        epoch, network = networks[n]
        y = state(network, plane).reshape(SIDE, SIDE)
        image.set_data(y)
        line.set_segments(surface.contour(x1, x2, y, middle))
        title.set_text(_title(history, epoch))
        return [image, line, title]

    return Movie(paper, update, len(networks))


def curve(history: History, frames: int = 100) -> Movie:
    """The curve that a network of one input and one output draws through its associations."""
    networks = _networks(history, frames, "curve", 1, 1)
    x, target = history.x, history.target
    along = np.linspace(*motion.around(x, 0.05), 201)
    paper, axis = canvas.figure(width=5.2, height=3.4)
    curves.points(axis, history)
    (line,) = axis.plot(along, along, color=RED, lw=2.5)
    axis.set(xlabel="x", ylabel="y", xlim=(along[0], along[-1]), ylim=motion.around(target, 0.4))
    title = axis.set_title(_title(history, networks[0][0]))

    def update(n: int) -> list[Any]:
        epoch, network = networks[n]
        line.set_ydata(_answer(network, along[:, None]))
        title.set_text(_title(history, epoch))
        return [line, title]

    return Movie(paper, update, len(networks))


def stopping(history: History, frames: int = 100) -> Movie:
    """The curve of a network of one input and one output, and the errors on training and validation set up to then."""
    networks = _networks(history, frames, "stopping", 1, 1, slowly=True)
    if not history.validation:
        raise ValueError("there is no validation error to show: give fit validation=0.2, or choose the scene `curve`.")
    along = np.linspace(*motion.around(history.x, 0.05), 201)
    paper, (left, right) = canvas.figure(1, 2, width=7.2, height=3.2)
    curves.points(left, history)
    (line,) = left.plot(along, along, color=RED, lw=2.5)
    left.set(xlabel="x", ylabel="y", xlim=(along[0], along[-1]), ylim=motion.around(history.target, 0.4))
    last = networks[-1][0] + 1
    errors = [np.divide(E, count)[:last] for E, count in
              zip((history.E, history.validation), history.counts)]
    lines = [right.plot([], [], color=colour, linestyle=style, label=name)[0] for colour, style, name in
             ((BLUE, "-", "training set"), (RED, "--", "validation set"))]
    right.set(xscale="symlog", yscale="log", xlim=(0, max(1, last - 1)), xlabel="passes of learning",
              ylabel="error E per association",
              ylim=(0.7 * min(float(e.min()) for e in errors), 1.2 * max(float(e.max()) for e in errors)))
    right.legend(loc="lower left")
    title = paper.suptitle(_title(history, networks[0][0]), fontsize=11)

    def update(n: int) -> list[Any]:
        epoch, network = networks[n]
        line.set_ydata(_answer(network, along[:, None]))
        for one, error in zip(lines, errors):
            one.set_data(np.arange(epoch + 1), error[: epoch + 1])
        title.set_text(_title(history, epoch))
        return [line, *lines, title]

    return Movie(paper, update, len(networks))


def descent(history: History, frames: int = 100) -> Movie:
    """The way of the weights of a network that has one or two of them: over its error curve or on its error surface."""
    networks = _networks(history, frames)
    titles = [_title(history, epoch) for epoch, _ in networks]
    path = np.array([ErrorSurface.joined(network.parameters) for _, network in networks])
    E = ErrorSurface(history.network, history.x, history.target, _error(history), history.settings.get("decay", 0.0))
    if path.shape[1] == 1:
        return motion.rolling(lambda w: E(np.array([w])), {"": path[:, 0].tolist()}, titles)
    if path.shape[1] != 2:
        raise ValueError(f"descent shows networks with one or two weights, and this one has {path.shape[1]}: "
                         "there is no picture of so many dimensions. Choose another scene.")
    low, high = path.min(axis=0), path.max(axis=0)
    margin = 0.35 * max(float((high - low).max()), 1e-6)
    box = (low[0] - margin, high[0] + margin, low[1] - margin, high[1] + margin)
    return motion.paths(lambda w1, w2: E(np.array([w1, w2])), box, [path], titles)


def weights(history: History, frames: int = 100) -> Movie:
    """The network's picture, with lines as thick as the weights: blue and whole for positive ones, red and dashed for negative."""
    networks = _networks(history, frames)
    sizes = [len(w) for w in history.network.weights]
    if sum(w.size for w in history.network.weights) > MANY:
        raise ValueError(f"a picture of over {MANY} weights is a grey cloud. Choose another scene, such as deltas.")
    largest = max(float(np.abs(w).max()) for _, network in networks for w in network.weights) or 1.0
    names = ["x", *("z" + "'" * n for n in range(len(sizes) - 1)), "y"]
    paper, axis = canvas.figure(width=max(3.2, 1.2 + 0.75 * max(sizes)), height=1.4 + 1.1 * len(sizes))
    units.units(axis, networks[0][1].weights, names, largest=largest)
    lines = axis.lines[: sum(w.size for w in history.network.weights)]
    title = axis.set_title(_title(history, networks[0][0]))

    def update(n: int) -> list[Any]:
        epoch, network = networks[n]
        for line, w in zip(lines, np.concatenate([w.ravel() for w in network.weights])):
            line.set(**units.look(w, largest))
        title.set_text(_title(history, epoch))
        return [*lines, title]

    return Movie(paper, update, len(networks))


def deltas(history: History, frames: int = 100, t: int = 0) -> Movie:
    """The δ of every unit for association t, layer above layer, and how large they are in each layer (root of the mean square)."""
    networks = _networks(history, frames)
    if not 0 <= t < len(history.x):
        raise IndexError(f"there is no association {t}: they are numbered from 0 to {len(history.x) - 1}.")
    found = [blame(network, history, t) for _, network in networks]
    paper, update = units.blame_strips({"": found[0]}, max(float(np.abs(d).max()) for layers in found for d in layers) or 1.0)
    name = f"association {t}, {{}}".format
    title = paper.suptitle(name(_title(history, networks[0][0])), fontsize=11)

    def changed(n: int) -> list[Any]:
        title.set_text(name(_title(history, networks[n][0])))
        return [*update(found[n]), title]

    return Movie(paper, changed, len(networks))


def blame(network: Network, history: History, t: int) -> list[ndarray]:
    """[δ of the first hidden layer, ..., δ of the output layer] for association t, one number for each unit."""
    network = network.at([Value(plain(w)) for w in network.parameters])
    _error(history)(network(history.x[t : t + 1]), history.target[t : t + 1]).backward()
    return [delta.ravel() for delta in network.deltas]


# -- what they share ------------------------------------------------------------------------------------------------


def _check(history: History, frames: int) -> None:
    if not history.E or not history.weights:
        raise ValueError("this history is empty: there is nothing to show before the first pass of learning.")
    if not isinstance(frames, (int, np.integer)) or frames < 1:
        raise ValueError(f"a movie of {frames} frames shows nothing; it needs one frame at least.")
    if history.network is None or history.weights[0] is None:
        raise ValueError("this history has kept no weights, so there is nothing to show. Learn with keep_weights=True.")


def _networks(history: History, frames: int, scene: str = "", *units: int, slowly: bool = False) -> list[tuple[int, Network]]:
    """(after how many passes, the network as it was then), for each frame.

    units: the inputs and outputs that the scene needs. slowly: slower at first, evenly over the logarithm of the passes.
    """
    _check(history, frames)
    found = len(history.network.weights[0]), history.network.weights[-1].shape[1]
    if units and found != units:
        raise ValueError(f"the scene {scene} shows networks of {units[0]} input{'s' * (units[0] > 1)} and {units[1]} output, and "
                         f"this one has {found[0]} and {found[1]}. Choose another scene, or none: then one that suits is chosen.")
    shape = history.network.weights[0].shape
    kept = [w if isinstance(w, list) else [np.reshape(w, shape)] for w in history.weights]
    kept = kept[: _lost(history)]
    return [(history.kept[i], history.network.at(kept[i])) for i in _evenly(kept, frames, slowly)]


def _lost(history: History) -> int:
    """How many of the weights kept can be shown: a run that diverges flies out of every picture."""
    E = np.array([history.E[epoch] for epoch in history.kept])
    gone = ~(1000 * max(history.E[0], np.finfo(float).tiny) >= E)  # also where E is nan
    return max(1, int(gone.argmax())) if gone.any() else len(E)


def _evenly(kept: Sequence[list[ndarray]], frames: int, slowly: bool) -> ndarray:
    """Which of the weights to show: half of the frames go evenly over time and half over the way, so that nothing rushes by."""
    vectors = np.array([ErrorSurface.joined(numbers) for numbers in kept])
    lengths = np.linalg.norm(np.diff(vectors, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(lengths)]) / (lengths.sum() or 1.0)
    time = np.linspace(0, 1, len(kept))
    if slowly:
        time = np.log1p(99 * time) / np.log(100)
    progress = (way + time) / 2
    wanted = np.linspace(0, progress[-1], frames) if frames > 1 else progress[-1:]
    return np.unique(np.searchsorted(progress, wanted).clip(0, len(kept) - 1))


def _answer(network: Network, x: ndarray) -> ndarray:
    with no_record():
        return plain(network(x)).ravel()


def _title(history: History, epoch: int) -> str:
    return f"after {epoch} pass{'es' * (epoch != 1)}, E = {history.E[min(epoch, history.steps - 1)]:.3g}"


def _error(history: History) -> Any:
    if history.error is None:
        raise ValueError("this history was learnt with an error function of your own, which its file does not hold: set "
                         "history.error to it first.")
    return history.error
