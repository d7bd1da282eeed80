"""What happened during learning: the weights, E and |∇E| at each step, and why it stopped."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.primitive import quietly


@dataclass
class History:
    """One entry for each pass through the loop. `weights` holds what is learnt: a float, an array or a list of arrays.

    weights[0] is where learning started and weights[-1] where it ended; reason says in words why it stopped there.
    """

    weights: list[Any] = field(default_factory=list)
    E: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)  # |∇E|
    reason: str = ""

    @property
    def steps(self) -> int:
        """The passes through the loop; the last one finds that learning is over and changes nothing."""
        return len(self.E)

    @property
    def converged(self) -> bool:
        """Whether |∇E| ≈ 0 was reached. It was reached on a plateau too: the slides' rule cannot tell."""
        return self.reason.startswith("|∇E|")

    def __repr__(self) -> str:
        end = f"E {self.E[0]:.4g} -> {self.E[-1]:.4g}" if self.E else "empty"
        return f"History({self.steps} steps, {end}, stopped: {self.reason})"


def norm(*gradients: Any) -> float:
    """|∇E| over all the weights together."""
    return math.hypot(*(quietly(np.linalg.norm, gradient) for gradient in gradients))
