"""Wrong gradients that pass, and right ones that are refused: by our checker, torch's and HIPS autograd's, as they come."""

from __future__ import annotations

import time
import warnings

import numpy as np

from benchmarks.table import Row


def measure(turns):
    from tests.checking.claims import MISTAKES, RIGHT, RIGHT_AT_TIES, WRONG_AT_TIES

    rows = []
    for name, accepts in (("tinygrad_edu", ours()), ("torch", torchs()), ("autograd", hips())):
        if accepts is None:
            continue
        start = time.perf_counter()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            missed = sum(accepts(claim) for claim in MISTAKES)
            refused = sum(not accepts(claim) for claim in RIGHT)
            seconds = time.perf_counter() - start
            missed_at_ties = sum(accepts(claim) for claim in WRONG_AT_TIES)
            refused_at_ties = sum(not accepts(claim) for claim in RIGHT_AT_TIES)
        for what, count in ((f"of {len(MISTAKES)} wrong gradients passed", missed),
                            (f"of {len(RIGHT)} right ones refused", refused),
                            (f"of {len(WRONG_AT_TIES)} wrong ones at ties passed", missed_at_ties),
                            (f"of {len(RIGHT_AT_TIES)} right ones at ties refused", refused_at_ties)):
            wanted = {"target": "0", "reached": count == 0} if name == "tinygrad_edu" else {}
            rows.append(Row(f"{name}: {what}", count, "", **wanted))
        rows.append(Row(f"{name}: time for those that are not at ties", seconds))
    return rows


def ours():
    from tinygrad_edu import check_gradient

    return lambda claim: check_gradient(claim.f, claim.gradient, claim.at).passed


def torchs():
    try:
        import torch
    except ModuleNotFoundError:
        return None

    def accepts(claim):
        class Claimed(torch.autograd.Function):
            @staticmethod
            def forward(context, w):
                context.save_for_backward(w)
                return torch.tensor(float(claim.f(w.detach().numpy())), dtype=torch.float64)

            @staticmethod
            def backward(context, ybar):
                (w,) = context.saved_tensors
                return ybar * torch.tensor(np.array(claim.gradient(w.numpy())))

        return torch.autograd.gradcheck(Claimed.apply, torch.tensor(claim.at, requires_grad=True), raise_exception=False)

    return accepts


def hips():
    try:
        from autograd.extend import defvjp, primitive
        from autograd.test_util import check_grads
    except ModuleNotFoundError:
        return None

    def accepts(claim):
        @primitive
        def f(w):
            return float(claim.f(w))

        defvjp(f, lambda y, w: lambda ybar: ybar * claim.gradient(w))
        np.random.seed(0)
        try:
            check_grads(f, modes=["rev"], order=1)(claim.at)
        except AssertionError:
            return False
        return True

    return accepts
