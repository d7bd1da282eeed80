"""Why did it stop, and where? The slides' rule, |∇E| ≈ 0, holds at a minimum, at a saddle and on a plateau: this tells them apart.

minimum   the surface curves up in all directions, and along -∇E its bottom is near; or E is as good as 0
saddle    it curves down in some direction: with patience, learning would find the way out
plateau   it is level because units are saturated: where y(1 - y) is nearly 0, no delta term passes (33). The bottom along -∇E
          stays one or two weight units away however long one walks: it lies at infinity

Second derivatives are all that is looked at, so a saddle of higher order passes for a minimum. The thresholds were found on
XOR, 2-2-1, from 50 starts, and tried on 400 others; docs/decisions/5-why-it-stopped.md has the counts.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.history import History, Verdict
from tinygrad_edu.network.layer import Network

SATURATED = 0.01  # a unit's slope y(1 - y), which is at most 0.25
MANY, MOST = 0.25, 0.5  # shares of saturated units: with many, they are why it is level; with most, level is not the bottom
SOLVED = 0.01  # of E at the start
NEAR = 0.1  # in weights: how far from the bottom a minimum may still be
STEEP = 0.17  # |∇E| per weight: a curvature down that soon outgrows the gradient
LEVEL = 1e-9  # of λmax: a curvature that is no more than rounding
FALLING = 0.01  # of E in the last tenth of the passes: then it was still going down
FEW = 100  # weights; of a larger network the curvature is estimated, and only where |∇E| ≈ 0


def judge(history: History, surface: ErrorSurface) -> Verdict:
    """The verdict on a run that has stopped for history.reason, with the network at the last weights."""
    kind, _, how = history.reason.partition(": ")
    numbers = {"E": history.E[-1], "|∇E|": history.gradient_norm[-1]}
    if kind == "diverged":
        return _diverged(history, surface, numbers)
    if kind == "|∇E| ≈ 0":
        place, why = _place(history, surface, numbers)
        return Verdict(place, f"|∇E| ≈ 0 ({how}), and {why}.", numbers, place)
    if kind == "validation error":
        return Verdict("validation", f"the validation error was {how}.", numbers)
    if kind.startswith("interrupted"):
        return Verdict("interrupted", f"by Ctrl-C after {history.stop_epoch} passes.", numbers)
    sentence, place = f"{how}, with |∇E| still {numbers['|∇E|']:.2g}", ""
    if surface.size <= FEW:
        before = history.E[-1 - history.steps // 10]
        if before - history.E[-1] > FALLING * before and history.E[-1] > SOLVED * history.E[0]:
            place, why = "slope", f"E had fallen by {1 - history.E[-1] / before:.0%} in the last tenth of them"
        else:
            place, why = _place(history, surface, numbers)
            why = f"it is at a {place}: {why}"
        sentence += f"; {why}"
    return Verdict("cap", f"{sentence}.", numbers, place)


def saturated_share(network: Network, x: ndarray) -> float:
    """The share of sigmoid units, counted for each association, whose slope y(1 - y) is below 0.01; nan if there are none."""
    with no_record():
        network(x)
    states = [layer.y.data.ravel() for layer in network.layers if layer.activation == "sigmoid" and layer.y is not None]
    if not states:
        return float("nan")
    y = np.concatenate(states)
    return float(np.mean(y * (1 - y) < SATURATED))


def _place(history: History, surface: ErrorSurface, numbers: dict[str, float]) -> tuple[str, str]:
    """(minimum, plateau or saddle; why). Enters what it finds among the numbers."""
    w = surface.weights
    if surface.size <= FEW:
        eigenvalues = surface.eigenvalues(w)
        lowest, highest = float(eigenvalues[0]), float(eigenvalues[-1])
    else:
        lowest, highest = surface.lowest_eigenvalue(w, most=50), surface.highest_eigenvalue(w, most=50)
    gradient = surface.gradient(w)
    downhill = gradient / (np.linalg.norm(gradient) or 1.0)
    along = float(downhill @ surface.hvp(w, downhill))
    far = float(np.linalg.norm(gradient) / along) if along > 0 else 0.0 if not gradient.any() else np.inf
    share = saturated_share(surface.network, surface.x)
    numbers |= {"λmin": lowest, "λmax": highest, "saturated": share, "bottom": far}
    E, level = numbers["E"], lowest <= LEVEL * abs(highest)
    if E / (history.E[0] or 1.0) <= SOLVED:
        return "minimum", f"E is {E:.2g}, after {history.E[0]:.2g} at the start, and cannot be less than 0"
    if lowest >= -LEVEL * abs(highest) and far < NEAR and not (level and share >= MOST):
        return "minimum", f"E is {E:.3g}, and no direction curves down: the curvatures λ lie between {lowest:.2g} and {highest:.2g}"
    if -lowest > STEEP * numbers["|∇E|"]:
        return "saddle", f"E is {E:.3g}, but the surface curves down in some direction (λmin = {lowest:.2g}): there is a way out"
    if share >= MANY:
        return "plateau", f"E is {E:.3g}, but {share:.0%} of the units are saturated (y(1 − y) < {SATURATED}) and pass on no blame"
    return "plateau", f"E is {E:.3g}, but along −∇E the bottom is still {far:.2g} away, in weights"


def _diverged(history: History, surface: ErrorSurface, numbers: dict[str, float]) -> Verdict:
    sentence = f"E was {history.E[-1]} after {history.stop_epoch} passes"
    epsilon = history.settings.get("epsilon")
    if epsilon:
        sentence += f" with ε = {epsilon:g}"
        numbers |= {"step": history.stop_epoch, "ε": epsilon}
    if surface.size <= FEW and history.settings.get("optimizer") == "GradientDescent" and history.weights[0] is not None:
        start = history.weights[0]
        limit = surface.largest_stable_epsilon(surface.joined(start if isinstance(start, list) else [start]))
        numbers["2/λmax"] = limit
        sentence += f"; at the start, the largest stable ε was 2/λmax = {limit:.3g}"
    return Verdict("diverged", f"{sentence}. Make ε smaller.", numbers)
