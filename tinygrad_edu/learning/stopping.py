"""When to stop: the slides' |∇E| ≈ 0, a cap that the slides leave out, and E running away."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinygrad_edu.learning.history import History


@dataclass(frozen=True)
class Stopping:
    """Stop when |∇E| < tolerance, after `cap` passes (the last of which changes nothing), or when E is not a finite number.

    The slides write `if |∇E| ≈ 0 then set learning to false`, Algorithm 1 without the bars and outside the loop; here it
    stands inside the loop. The tolerance is in the units of E per weight.
    """

    tolerance: float = 1e-6
    cap: int = 10_000

    def reason(self, history: History) -> str:
        """Why to stop now, or "" to go on."""
        E, gradient = history.E[-1], history.gradient_norm[-1]
        if not math.isfinite(E):
            return f"diverged: E is {E} after {history.steps} steps; make ε smaller"
        if gradient < self.tolerance:
            return f"|∇E| ≈ 0: {gradient:.2g} < {self.tolerance:g}"
        if history.steps >= self.cap:
            return f"cap: {self.cap} passes, with |∇E| still {gradient:.2g}"
        return ""
