"""What kind of place the weights are at: minimum, saddle, plateau or slope.

minimum   the surface curves up in all directions, and along -∇E its bottom is near; or E is as
          good as 0
saddle    it curves down in some direction: with patience, learning would find the way out
plateau   it is level because units are saturated: where y(1 - y) is nearly 0, no delta term
          passes (33). The bottom along -∇E stays one or two weight units away however long one
          walks: it lies at infinity
slope     it is still steep

Where the curvatures are all 0 they say nothing, and E is evaluated around the place instead: a kink
is a minimum if E rises on all sides of it. A saddle of higher order passes for a minimum. The
thresholds were found on XOR, 2-2-1, from 50 starts, and tried on 400 others;
docs/decisions/5-why-it-stopped.md has the counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.history import History
from tinygrad_edu.network.error import ERRORS, half_squared_error, name_of
from tinygrad_edu.network.layer import Network

SATURATED = 0.01  # a unit's slope y(1 - y), which is at most 0.25
MANY = 0.25  # as a share of saturated units: they are why it is level
MOST = 0.5  # as a share of saturated units, or of blame on them: level is not the bottom
SOLVED = 0.01  # of E at the start, or of E without a network, if that is less
NEAR = 0.1  # in weights: how far from the bottom a minimum may still be
STEEP = 0.17  # |∇E| per weight: a curvature down that soon outgrows the gradient
LEVEL = 1e-9  # of λmax: a curvature that is no more than rounding
SHALLOW = 1e-5  # of λmax: a curvature that leads nowhere soon
FLAT = 1e-12  # of E: curvatures with which E is the same, to its last digits, one weight unit away
FEW = 400  # weights; of a larger network λmin and λmax are estimated, and only where |∇E| ≈ 0

# The slope of a unit with state y, on the sigmoid's scale: at most 1/4. Linear units have none.
SLOPES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda y: y * (1 - y),
    "tanh": lambda y: (1 - y * y) / 4,
    "relu": lambda y: (y > 0) / 4,
}


def place_of(history: History, surface: ErrorSurface, numbers: dict[str, float]) -> tuple[str, str]:
    """(minimum, plateau, saddle or slope; why). Enters what it finds among the numbers."""
    lowest, highest = _extremes(surface)
    gradient, along = downhill(surface)
    far = gradient / along if along > 0 else np.inf if gradient else 0.0
    share, blocked = saturated_share(surface.network, surface.x), blocked_shares(surface)
    numbers |= {"λmin": lowest, "λmax": highest, "saturated": share, "bottom": far}
    if np.isnan(share):
        del numbers["saturated"]  # no unit could be
    E, rounding, solved = numbers["E"], LEVEL * abs(highest), _is_solved(history, surface)
    if max(-lowest, highest) <= FLAT * abs(E) and not solved:
        return _around(surface, E, share)
    leads_out = -lowest > max(STEEP * numbers["|∇E|"], SHALLOW * abs(highest))
    if leads_out and blocked[-1] < MOST:
        return "saddle", (
            f"E is {E:.3g}, but the surface curves down in some direction "
            f"(λmin = {lowest:.2g}): there is a way out"
        )
    if solved:
        start = f"{history.E[0]:.2g} at the start"
        return "minimum", f"E is {E:.2g}, after {start}, and cannot be less than 0"
    no_blame = lowest <= rounding and (share >= MOST or max(blocked) >= MOST)
    if lowest >= -rounding and far < NEAR and not no_blame:
        few = (
            "curves down"
            if surface.size <= FEW
            else "was found to curve down, in 50 steps of power iteration"
        )
        return "minimum", (
            f"E is {E:.3g}, and no direction {few}: "
            f"the curvatures λ lie between {lowest:.2g} and {highest:.2g}"
        )
    if share >= MANY:
        return "plateau", f"E is {E:.3g}, but {_saturated(share)}"
    if no_blame:
        return "plateau", (
            f"E is {E:.3g}, but {max(blocked):.0%} of the blame on a layer's units is "
            f"on saturated ones (slope < {SATURATED}), which pass on next to none"
        )
    place = "slope" if lowest > rounding else "plateau"
    return place, (
        f"E is {E:.3g}, but by slope and curvature the bottom along −∇E "
        f"is still {far:.2g} away, in weights"
    )


def _saturated(share: float) -> str:
    return f"{share:.0%} of the units are saturated (slope < {SATURATED}) and pass on no blame"


def _extremes(surface: ErrorSurface) -> tuple[float, float]:
    """(λmin, λmax)."""
    w = surface.weights
    if surface.size > FEW:
        return surface.lowest_eigenvalue(w, most=50), surface.highest_eigenvalue(w, most=50)
    eigenvalues = surface.eigenvalues(w)
    return float(eigenvalues[0]), float(eigenvalues[-1])


def downhill(surface: ErrorSurface) -> tuple[float, float]:
    """(|∇E|, the curvature along -∇E)."""
    w = surface.weights
    gradient = surface.gradient(w)
    norm = float(np.linalg.norm(gradient))
    direction = gradient / (norm or 1.0)
    return norm, float(direction @ surface.hvp(w, direction))


def best_step(surface: ErrorSurface) -> float:
    """The most that one step along -∇E takes off E, of forty lengths at which E is evaluated.

    The longest are four times as far as the bottom of the parabola with this slope and curvature.
    Where it has none, they end where slope and curvature count alike, or where a straight line
    would have taken E to 0.
    """
    w, (norm, along) = surface.weights, downhill(surface)
    if not norm:
        return 0.0
    E, direction = surface(w), -surface.gradient(w) / norm
    length = norm / abs(along) if along else abs(E) / norm
    there = [
        surface(w + step * direction)
        for step in np.geomspace(1e-3, 4.0 if along > 0 else 1.0, 40) * length
    ]
    return max(0.0, E - min(filter(np.isfinite, there), default=E))


def _around(surface: ErrorSurface, E: float, share: float) -> tuple[str, str]:
    """The place where all curvatures are 0, from E at some distance in many directions."""
    w = surface.weights
    random = np.random.default_rng(0).normal(size=(20, len(w)))
    ways = np.concatenate([np.eye(len(w)), random / np.linalg.norm(random, axis=1, keepdims=True)])
    rises = np.array([surface(w + NEAR * way) - surface(w) for way in (*ways, *-ways)])
    tried = f"{NEAR} away in each of {len(rises)} directions"
    if (np.abs(rises) <= LEVEL * abs(E)).all():
        why = f"; {_saturated(share)}" if share > 0 else ""
        return "plateau", f"E is {E:.3g}, and the same {tried}{why}"
    if (rises >= -LEVEL * abs(E)).all():
        return (
            "minimum",
            f"E is {E:.3g}; all curvatures are 0, but it is no lower {tried}, and higher in some",
        )
    return (
        "slope",
        f"E is {E:.3g}; all curvatures are 0, and it is {-rises.min():.2g} lower {NEAR} "
        f"away in some direction",
    )


def _is_solved(history: History, surface: ErrorSurface) -> bool:
    """Whether E, of an error that cannot be less than 0, is as good as 0.

    That is beside E at the start, or beside E of the best outputs that are all alike, if that is
    less: after a start far out everything is small.
    """
    if name_of(surface.error) not in ERRORS:
        return False
    y = np.zeros((len(surface.x), surface.shapes[-1][-1]))
    if surface.error is half_squared_error:
        y = y + surface.target.mean(axis=0)
    with no_record():
        alike = surface.error(y, surface.target).item()
    return history.E[-1] <= SOLVED * min(history.E[0], alike or history.E[0])


def saturated_share(network: Network, x: ndarray) -> float:
    """The share of units, counted for each association, whose slope is below 0.01.

    A slope is at most 0.25, as y(1 - y) is. Linear units do not count; nan if there are no others.
    A relu unit is saturated where it is off.
    """
    with no_record():
        network(x)
    slopes = [
        SLOPES[layer.activation](plain(layer.y)).ravel()
        for layer in network.layers
        if layer.activation in SLOPES
    ]
    return float(np.mean(np.concatenate(slopes) < SATURATED)) if slopes else float("nan")


def blocked_shares(surface: ErrorSurface) -> list[float]:
    """For each layer, the share of the blame (∂E/∂y)² that is on saturated units."""
    network = surface.network.at([Value(plain(w)) for w in surface.network.parameters])
    surface.error(network(surface.x), surface.target).backward()
    shares = []
    for layer in network.layers:
        assert layer.y is not None
        blame, slopes = (
            np.square(layer.y.grad),
            SLOPES.get(layer.activation, np.ones_like)(plain(layer.y)),
        )
        shares.append(float(np.sum(blame[slopes < SATURATED]) / (np.sum(blame) or 1.0)))
    return shares
