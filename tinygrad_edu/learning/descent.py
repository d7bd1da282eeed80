"""The slides' three learning algorithms, each line beside the line of pseudo-code it comes from.

All three return a History: the weights, E and |∇E| at each pass through the loop, and a verdict on why it stopped. ε is
`epsilon`, the size of a step. The slides change the weights and then test the gradient that they had before; here the
test comes first, so that the last weights in the History are those whose gradient was found to be small.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.constant import constant
from tinygrad_edu.autodiff.mistakes import ShapeError, shape_of, shortened
from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.learning.association import associations
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.history import History, norm
from tinygrad_edu.learning.progress import progress
from tinygrad_edu.learning.stopping import Stopping
from tinygrad_edu.learning.verdict import judge
from tinygrad_edu.network.error import check_paired, half_squared_error
from tinygrad_edu.network.layer import Network
from tinygrad_edu.network.settings import check_epsilon

Report = Callable[[History], None]


def learn_one_association(x: float, target: float, w: float, epsilon: float, stopping: Stopping = Stopping()) -> History:
    """Algorithm 1: one weight, one association. x, target and w are numbers, not arrays.

    Raises ValueError for ε ≤ 0 and for a number that is not finite, ShapeError for an array.
    """
    epsilon = _checked(epsilon, stopping, x=x, target=target, w=w)
    history, learning = History(), True      # initialise w; set learning to true
    while learning:                          # while learning do
        y = w * x                            #   get state of output unit y = wx
        delta = y - target                   #   get delta term δ = y - target
        dE_dw = delta * x                    #   get weight gradient for input vector dE/dw = δx
        history.note(w, 0.5 * delta * delta, abs(dE_dw))
        if reason := stopping.reason(history):   # if |dE/dw| ≈ 0 then set learning to false
            history.reason, learning = reason, False
            continue
        change_w = -epsilon * dE_dw          #   get change in weight Δw = -ε dE/dw
        w = w + change_w                     #   update weight w ← w + Δw
    return _judged(history, Network(1, 1, weights=[[[w]]]), [[x]], [[target]], epsilon)


def learn_two_inputs(x: ndarray, target: ndarray, w: ndarray, epsilon: float, stopping: Stopping = Stopping()) -> History:
    """Algorithm 2: one output unit, any number of input units and associations. x: (T, I), target: (T,), w: (I,)."""
    epsilon = _checked(epsilon, stopping)
    w = constant(w)
    shapes = shape_of(constant(x)), shape_of(constant(target)), shape_of(w)
    if len(shapes[0]) != 2 or shapes[1:] != (shapes[0][:1], shapes[0][1:]):
        raise ShapeError("x is {}, target {} and w {}; x: (T, I) needs target: (T,) and w: (I,).".format(*shapes))
    x, target = associations(x, target)
    history, learning = History(), True      # initialise weights; set learning to true
    while learning:                          # while learning do
        change_w = np.zeros_like(w)          #   set recorder of weight change vectors Δw to zero
        gradient, E = np.zeros_like(w), 0.0
        for x_t, target_t in zip(x, target):  #  foreach association: set input unit states to x_t
            y_t = w @ x_t                    #     get state of output unit y_t = w·x_t
            delta_t = y_t - target_t         #     get delta term δ_t = y_t - target_t
            gradient_t = delta_t * x_t       #     get weight gradient ∇E_t = δ_t x_t
            change_w_t = -epsilon * gradient_t   # get change in weights Δw_t = -ε ∇E_t
            change_w += change_w_t           #     accumulate Δw ← Δw + Δw_t
            gradient += gradient_t           #     (∇E, which the slide tests without forming it)
            E += 0.5 * float(delta_t * delta_t)
        history.note(w, E, norm(gradient))
        if reason := stopping.reason(history):   # if |∇E| ≈ 0 then set learning to false
            history.reason, learning = reason, False
            continue
        w = w + change_w                     #   update weights w ← w + Δw
    return _judged(history, Network(len(w), 1, weights=[w[:, None]]), x, target[:, None], epsilon)


def backprop(network: Network, x: Any, target: Any, epsilon: float, stopping: Stopping = Stopping(), *,
             keep_weights: bool = True, report: Report | None = None) -> History:
    """Algorithm 3, backprop (short version), on any network. x: (T, I), target: (T, K). Changes the network's weights.

    keep_weights=False leaves the weights out of the History (a big network would fill the memory); report is called with
    the History after each step. Raises ShapeError, ValueError.
    """
    epsilon = _checked(epsilon, stopping)
    check_kinds(network, report)
    for name, given in (("x", x), ("target", target)):
        if len(np.shape(constant(given))) != 2 or not len(given):
            raise ShapeError(f"{name} is {np.shape(constant(given))}; it needs one row per "
                             f"association, at least one, and one "
                             f"column per unit: for one unit, {name}.reshape(-1, 1).")
    x, target = associations(x, target)
    check_paired((len(x), network.layers[-1].w.shape[1]), target.shape)
    history, learning = History(), True      # initialise network weights (Network did); set learning to true
    passes = progress(itertools.count(), "pass", stopping.cap)
    while learning:                          # while learning do
        next(passes)                         #   (a progress bar, should it take longer than a second)
        for w in network.parameters:
            w.grad = None                    #   set vector of gradients ∇E to zero
        E = 0.0
        for t in range(len(x)):              #   foreach association from t = 1 to N do
            x_t, target_t = x[t : t + 1], target[t : t + 1]   # set input unit states to tth training vector
            y_t = network(x_t)               #     get state of output units
            E_t = half_squared_error(y_t, target_t)
            E_t.backward(accumulate=True)    #     get delta terms of output units, use them to get those of hidden units,
            E += E_t.item()                  #     use these to get ∇E_t, accumulate gradient ∇E ← ∇E + ∇E_t
        gradient = [w.grad for w in network.parameters]
        history.note([w.data for w in network.parameters] if keep_weights else None, E, norm(*gradient))
        if report is not None:
            report(history)
        if reason := stopping.reason(history):   # if |∇E| ≈ 0 then set learning to false
            history.reason, learning = reason, False
            continue
        for w in network.parameters:
            change_w = -epsilon * w.grad     #   get weight change Δw = -ε ∇E
            w.data = w.data + change_w       #   update weights w ← w + Δw
    return _judged(history, network, x, target, epsilon)


def _judged(history: History, network: Network, x: Any, target: Any, epsilon: float) -> History:
    """The history with what it was about, and the verdict on it."""
    surface = ErrorSurface(network, x, target)
    history.network, history.x, history.target = network, surface.x, surface.target
    history.settings = {"optimizer": "GradientDescent", "epsilon": epsilon}
    history.judge = partial(judge, surface=surface.at([plain(w) for w in network.parameters]))
    return history


def check_kinds(network: Any, report: Any) -> None:
    """Raises TypeError for a network that cannot learn and for a report that is no function."""
    if not isinstance(network, Network):
        raise TypeError("learning changes the weights of a Network, such as Network(2, 2, 1), and "
                        "got "
                        f"{type(network).__name__}.")
    if not all(isinstance(w, Value) for w in network.parameters):
        raise TypeError("this network's weights are plain arrays (network.at gives such ones, to "
                        "be looked at).")
    if report is not None and not callable(report):
        raise TypeError(f"report is {shortened(report)}; give a function that takes the History, "
                        f"such as print.")


def _checked(epsilon: Any, stopping: Stopping, **numbers: Any) -> float:
    """ε as a float: that of an unsigned integer of NumPy's would have no negative."""
    check_epsilon(epsilon)
    if not isinstance(stopping, Stopping):
        raise TypeError(f"stopping is {stopping!r:.60}; write Stopping(tolerance=1e-6, "
                        f"cap=10_000).")
    for name, number in numbers.items():
        if shape := shape_of(constant(number)):
            raise ShapeError(f"{name} is {shape}; with one weight and one association it is one "
                             f"number. "
                             "learn_two_inputs and backprop take arrays.")
        if not np.isfinite(constant(number)):
            raise ValueError(f"{name} is {number}, which is no finite number.")
    return float(epsilon)
