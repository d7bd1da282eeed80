"""Why did it stop, and where? The slides' rule, |∇E| ≈ 0, holds at a minimum, at a saddle and on a plateau: this tells them apart.

minimum   the surface curves up in all directions, and along -∇E its bottom is near; or E is as good as 0
saddle    it curves down in some direction: with patience, learning would find the way out
plateau   it is level because units are saturated: where y(1 - y) is nearly 0, no delta term passes (33). The bottom along -∇E
          stays one or two weight units away however long one walks: it lies at infinity
slope     it was still going down, or is still steep
rising    E is larger than at the start: ε is too large

Second derivatives are all that is looked at, so a saddle of higher order passes for a minimum. The thresholds were found on
XOR, 2-2-1, from 50 starts, and tried on 400 others; docs/decisions/5-why-it-stopped.md has the counts.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import plain
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.history import History, Verdict
from tinygrad_edu.learning.stopping import passes
from tinygrad_edu.network.error import ERRORS
from tinygrad_edu.network.layer import Network

SATURATED = 0.01  # a unit's slope y(1 - y), which is at most 0.25
MANY, MOST = 0.25, 0.5  # shares of saturated units: with many, they are why it is level; with most, level is not the bottom
SOLVED = 0.01  # of E at the start
NEAR = 0.1  # in weights: how far from the bottom a minimum may still be
STEEP = 0.17  # |∇E| per weight: a curvature down that soon outgrows the gradient
LEVEL, SHALLOW = 1e-9, 1e-5  # of λmax: a curvature that is no more than rounding; one that leads nowhere soon
FALLING = 0.01  # of E in the last tenth of the passes: then it was still going down
ONE_STEP = 0.05  # of E, if the best step along -∇E would take that much away: then it is not at rest
FEW = 400  # weights; of a larger network λmin and λmax are estimated, and only where |∇E| ≈ 0

# The slope of a unit with state y, on the sigmoid's scale: at most 1/4. A linear unit is never saturated.
SLOPES = {"sigmoid": lambda y: y * (1 - y), "tanh": lambda y: (1 - y * y) / 4, "relu": lambda y: (y > 0) / 4}


def judge(history: History, surface: ErrorSurface) -> Verdict:
    """The verdict on a run that has stopped for history.reason, with the network at the last weights."""
    kind, _, how = history.reason.partition(": ")
    numbers = {"E": history.E[-1], "|∇E|": history.gradient_norm[-1]}
    try:
        if kind == "diverged":
            return _diverged(history, surface, numbers)
        if kind == "|∇E| ≈ 0":
            place, why = _place(history, surface, numbers)
            if numbers["|∇E|"] >= history.settings.get("tolerance", np.inf):
                how += f", added up over mini-batches; it is {numbers['|∇E|']:.2g} for all at once"
            return Verdict(place, f"|∇E| ≈ 0 ({how}), and {why}.", numbers, place)
        if kind == "validation error":
            return Verdict("validation", f"the validation error was {how}, whose weights were put back.", numbers)
        if kind.startswith("interrupted"):
            return Verdict("interrupted", f"by Ctrl-C after {passes(history.stop_epoch)}.", numbers)
        place, why = _at_the_cap(history, surface, numbers)
        return Verdict("cap", f"{how}, with |∇E| still {numbers['|∇E|']:.2g}{why}.", numbers, place)
    except Exception as error:  # an error function that cannot be differentiated twice, say: the run is not lost for it
        return Verdict("unknown", f"{history.reason}; what kind of place it is could not be found out ({error})", numbers)


def _at_the_cap(history: History, surface: ErrorSurface, numbers: dict[str, float]) -> tuple[str, str]:
    """(rising, slope, or what else the place is like; the end of the sentence)."""
    E, before = history.E[-1], history.E[-1 - max(1, history.steps // 10)]
    if E - history.E[0] > FALLING * abs(history.E[0]):
        return "rising", f"; E rose from {history.E[0]:.3g} to {E:.3g}: ε is too large"
    if before - E > FALLING * abs(before):
        return "slope", f"; E had fallen to {E:.3g}, by {1 - E / before:.0%} in the last tenth of them"
    gradient, along = _downhill(surface)
    if along > 0 and gradient**2 / (2 * along) > ONE_STEP * abs(E) > 0:
        return "slope", f"; one good step along −∇E would take {min(1.0, gradient**2 / (2 * along * abs(E))):.0%} off E"
    if surface.size > FEW:
        return "", ""
    place, why = _place(history, surface, numbers)
    return place, f"; it is at a {place}: {why}"


def _downhill(surface: ErrorSurface) -> tuple[float, float]:
    """(|∇E|, the curvature along -∇E)."""
    w = surface.weights
    gradient = surface.gradient(w)
    norm = float(np.linalg.norm(gradient))
    direction = gradient / (norm or 1.0)
    return norm, float(direction @ surface.hvp(w, direction))


def saturated_share(network: Network, x: ndarray) -> float:
    """The share of units, counted for each association, whose slope is below 0.01 (of at most 0.25, as y(1 - y) is).

    Linear units do not count; nan if there are no others. A relu unit is saturated where it is off.
    """
    with no_record():
        network(x)
    slopes = [SLOPES[layer.activation](plain(layer.y)).ravel() for layer in network.layers if layer.activation in SLOPES]
    return float(np.mean(np.concatenate(slopes) < SATURATED)) if slopes else float("nan")


def _place(history: History, surface: ErrorSurface, numbers: dict[str, float]) -> tuple[str, str]:
    """(minimum, plateau or saddle; why). Enters what it finds among the numbers."""
    w, found = surface.weights, "curves down"
    if surface.size <= FEW:
        eigenvalues = surface.eigenvalues(w)
        lowest, highest = float(eigenvalues[0]), float(eigenvalues[-1])
    else:
        lowest, highest = surface.lowest_eigenvalue(w, most=50), surface.highest_eigenvalue(w, most=50)
        found = "was found to curve down, in 50 steps of power iteration"
    gradient, along = _downhill(surface)
    far = gradient / along if along > 0 else np.inf if gradient else 0.0
    share = saturated_share(surface.network, surface.x)
    numbers |= {"λmin": lowest, "λmax": highest, "saturated": share, "bottom": far}
    E, rounding = numbers["E"], LEVEL * abs(highest)
    if -lowest > max(STEEP * numbers["|∇E|"], SHALLOW * abs(highest)):
        return "saddle", f"E is {E:.3g}, but the surface curves down in some direction (λmin = {lowest:.2g}): there is a way out"
    if history.settings.get("error", "half_squared_error") in ERRORS and E / (history.E[0] or 1.0) <= SOLVED:
        return "minimum", f"E is {E:.2g}, after {history.E[0]:.2g} at the start, and cannot be less than 0"
    if lowest >= -rounding and far < NEAR and not (lowest <= rounding and share >= MOST):
        return "minimum", f"E is {E:.3g}, and no direction {found}: the curvatures λ lie between {lowest:.2g} and {highest:.2g}"
    if share >= MANY:
        return "plateau", f"E is {E:.3g}, but {share:.0%} of the units are saturated (slope < {SATURATED}) and pass on no blame"
    place = "slope" if lowest > rounding else "plateau"
    return place, f"E is {E:.3g}, but along −∇E the bottom is still {far:.2g} away, in weights"


def _diverged(history: History, surface: ErrorSurface, numbers: dict[str, float]) -> Verdict:
    sentence = f"E was {history.E[-1]} after {passes(history.stop_epoch)}"
    epsilon = history.settings.get("epsilon")
    if epsilon:
        sentence += f" with ε = {epsilon:g}"
        numbers |= {"step": history.stop_epoch, "ε": epsilon}
    if surface.size <= FEW and history.settings.get("optimizer") == "GradientDescent" and history.weights[0] is not None:
        start = history.weights[0]
        limit = surface.largest_stable_epsilon(surface.joined(start if isinstance(start, list) else [start]))
        numbers["2/λmax"] = limit
        sentence += f"; at the start, the largest stable ε was 2/λmax = {limit:.3g}"
    back = history.best or history.last  # the slides' algorithms have neither
    again = f" The weights are those from after {passes(back[0])} again." if back else ""
    return Verdict("diverged", f"{sentence}. Make ε smaller.{again}", numbers)
