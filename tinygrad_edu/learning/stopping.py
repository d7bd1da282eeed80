"""When to stop: the slides' |∇E| ≈ 0 and their early stopping, a cap that they leave out, and E running away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tinygrad_edu.learning.history import History
from tinygrad_edu.network.settings import check_number, whole_number


@dataclass(frozen=True)
class Stopping:
    """Stop when |∇E| < tolerance, after `cap` passes (the last of which changes nothing), or when E is not a finite number.

    The slides write `if |∇E| ≈ 0 then set learning to false`, Algorithm 1 without the bars and outside the loop; here it
    stands inside the loop. The tolerance is in the units of E per weight.
    Raises ValueError for a tolerance below 0 and for a cap that is no whole number from 1.
    """

    tolerance: float = 1e-6
    cap: int = 10_000

    def __post_init__(self) -> None:
        check_number("tolerance", self.tolerance)
        object.__setattr__(self, "cap", whole_number("cap", self.cap, least=1))

    def reason(self, history: History) -> str:
        """Why to stop now, or "" to go on."""
        E, gradient = history.E[-1], history.gradient_norm[-1]
        if not math.isfinite(E):
            return f"diverged: E is {E} after {history.steps} steps; make ε smaller"
        if not math.isfinite(gradient):
            return f"diverged: |∇E| is {gradient} after {history.steps} steps, where E is {E:.3g}"
        if gradient < self.tolerance:
            return f"|∇E| ≈ 0: {gradient:.2g} < {self.tolerance:g}"
        if history.steps >= self.cap:
            return f"cap: {passes(self.cap)}"
        return ""


def passes(n: int) -> str:
    """n passes, in words."""
    return f"{n} pass{'es' * (n != 1)}"


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the validation error has not been lower than ever before for more than `patience` passes.

    Patience 0 is the slides' rule to the letter: "training is stopped when the validation error stops decreasing". The error is
    seldom so smooth that this is wise; with patience, the best weights are remembered, and they are put back in the end.
    Raises ValueError for a patience that is no whole number from 0.
    """

    patience: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "patience", whole_number("patience", self.patience))

    def reason(self, history: History, weights: Any) -> str:
        """Why to stop now, or "" to go on; remembers the weights if they are the best so far.

        An error of nan or infinity is not lower than any other, and is never the best.
        """
        now = len(history.validation) - 1
        lowest = history.validation[history.best[0]] if history.best else math.inf
        if history.validation[now] < lowest:
            history.best = now, weights
        waited = now - history.best[0] if history.best else now + 1
        if waited <= self.patience:
            return ""
        if history.best is None:
            return f"validation error: never a finite number, in {passes(waited)}"
        lowest_after = history.best[0]
        return f"validation error: not lower for {passes(waited)}, and lowest after {lowest_after}"
