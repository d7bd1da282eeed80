"""Why did it stop, and where? The slides' rule, |∇E| ≈ 0, holds at a minimum, a saddle, a plateau.

`place` tells these apart. A run that reached its cap is judged by its course first:

rising    E is larger than at the start: ε is too large
slope     it was still going down, or one step along -∇E would go down a good deal
"""

from __future__ import annotations

import numpy as np

from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.history import History, Verdict
from tinygrad_edu.learning.place import FEW, best_step, place_of
from tinygrad_edu.learning.stopping import passes

FALLING = 0.01  # of E in the last tenth of the passes: then it was still going down
ONE_STEP = (
    0.05  # of E, if the best step along -∇E would take that much away: then it is not at rest
)


@np.errstate(all="ignore")
def judge(history: History, surface: ErrorSurface) -> Verdict:
    """The verdict on a run that has stopped for history.reason.

    Args:
        history: the run, with its reason.
        surface: its E; the network of the surface has the last weights.
    """
    kind, _, how = history.reason.partition(": ")
    numbers = {"E": history.E[-1], "|∇E|": history.gradient_norm[-1]}
    try:
        if kind == "diverged":
            return _diverged(history, surface, numbers)
        if kind == "validation error":
            back = ", whose weights were put back" if history.best else ""
            return Verdict("validation", f"the validation error was {how}{back}.", numbers)
        if kind.startswith("interrupted"):
            return Verdict(
                "interrupted",
                f"by Ctrl-C after {passes(history.stop_epoch)}.{_put_back(history)}",
                numbers,
            )
        surface = _in_float64(surface)
        _check_same_E(surface, numbers)
        if kind == "|∇E| ≈ 0":
            place, why = place_of(history, surface, numbers)
            if numbers["|∇E|"] >= history.settings.get("tolerance", np.inf):
                how += f", added up over mini-batches; it is {numbers['|∇E|']:.2g} for all at once"
            return Verdict(
                place, f"|∇E| ≈ 0 ({how}), and {why}.{_put_back(history)}", numbers, place
            )
        place, why = _at_the_cap(history, surface, numbers)
        return Verdict(
            "cap",
            f"{how}, with |∇E| still {numbers['|∇E|']:.2g}{why}.{_put_back(history)}",
            numbers,
            place,
        )
    except Exception as error:  # an error function that cannot be differentiated twice, say: the run is not lost for it
        return Verdict(
            "unknown",
            f"{history.reason}; what kind of place it is could not be found out ({error})",
            numbers,
        )


def _at_the_cap(
    history: History, surface: ErrorSurface, numbers: dict[str, float]
) -> tuple[str, str]:
    """(rising, slope, or what else the place is like; the end of the sentence)."""
    E, before = history.E[-1], history.E[-1 - max(1, history.steps // 10)]
    if E - history.E[0] > FALLING * abs(history.E[0]):
        return "rising", f"; E rose from {history.E[0]:.3g} to {E:.3g}: ε is too large"
    if before - E > FALLING * abs(before):
        fall = _amount(before - E, before)
        return "slope", f"; E had fallen to {E:.3g}, by {fall} in the last tenth of them"
    if (drop := best_step(surface)) > ONE_STEP * abs(E) > 0:
        return "slope", f"; one good step along −∇E would take {_amount(drop, E)} off E"
    if surface.size > FEW:
        return "", ""
    place, why = place_of(history, surface, numbers)
    return place, f"; it is at a {place}: {why}"


def _amount(drop: float, E: float) -> str:
    """A drop as a share of E, or, where E is negative or would be, as it is."""
    return f"{drop / E:.0%}" if 0 < drop <= E else f"{drop:.2g}"


def _in_float64(surface: ErrorSurface) -> ErrorSurface:
    """The surface with all the digits that second derivatives need, around the same weights."""
    exact = surface.at([np.asarray(w, dtype=float) for w in surface.split(surface.weights)])
    exact.x = np.asarray(surface.x, dtype=float)
    if surface.target.dtype.kind == "f":  # labels stay whole numbers
        exact.target = np.asarray(surface.target, dtype=float)
    return exact


def _check_same_E(surface: ErrorSurface, numbers: dict[str, float]) -> None:
    """Raises ValueError if E or |∇E| is not what the run found: E depends on something else too."""
    w = surface.weights
    for name, now in (("E", surface(w)), ("|∇E|", float(np.linalg.norm(surface.gradient(w))))):
        if abs(now - numbers[name]) > 0.01 * max(abs(now), abs(numbers[name])) + 1e-4 * (
            1 + abs(numbers["E"])
        ):
            raise ValueError(
                f"{name} was {numbers[name]:.3g}, and at the same weights it is {now:.3g} now: "
                f"does "
                "the error function depend on chance, or on the weights in another way than by y?"
            )


def _put_back(history: History) -> str:
    """A sentence on the weights that early stopping put back, if they are not the last ones."""
    if history.best is None or history.best[0] == history.stop_epoch:
        return ""
    best = passes(history.best[0])
    return f" The weights from after {best}, with the lowest validation error, were put back."


def _diverged(history: History, surface: ErrorSurface, numbers: dict[str, float]) -> Verdict:
    E, gradient, stop = history.E[-1], history.gradient_norm[-1], history.stop_epoch
    epsilon, advice = history.settings.get("epsilon"), "Make ε smaller."
    sentence = f"E was {E} after {passes(stop)}"
    if not stop or (np.isfinite(E) and history.E[0] >= E):  # no ε is to blame
        sentence = f"E was {E:.3g} and |∇E| {gradient:.3g} " + (
            f"after {passes(stop)}" if stop else "at the starting weights"
        )
        advice = ("The error function, or its slope, is not a finite number there: look at what it "
                  "does with these outputs.")
    elif epsilon:
        sentence += f" with ε = {epsilon:g}"
        numbers |= {"step": stop, "ε": epsilon}
        limit = _stable_epsilon(history, surface)
        if np.isfinite(limit):
            numbers["2/λmax"] = limit
            sentence += f"; at the start, the largest stable ε was 2/λmax = {limit:.3g}"
    back = history.best or history.last  # the slides' algorithms have neither
    again = f" The weights are those from after {passes(back[0])} again." if back else ""
    return Verdict("diverged", f"{sentence}. {advice}{again}", numbers)


def _stable_epsilon(history: History, surface: ErrorSurface) -> float:
    """2/λmax at the start, for gradient descent; nan where that says nothing."""
    start = history.weights[0]
    if (
        surface.size > FEW
        or history.settings.get("optimizer") != "GradientDescent"
        or start is None
    ):
        return float("nan")
    return surface.largest_stable_epsilon(
        surface.joined(start if isinstance(start, list) else [start])
    )
