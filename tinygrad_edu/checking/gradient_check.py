"""Compares a gradient that someone claims with what the function itself says.

    check = check_gradient(f, my_gradient, at=w)        # f(w) is one number; my_gradient is a function or an array
    check.verdict                                       # "pass", "fail" or "inconclusive"
    print(check)                                        # why: the worst entry, with an error bar, and what other witnesses say

There are up to three witnesses, which share no code: differences with an error bar (`difference.py`), reverse mode if f works on
Values, and a complex step if f is analytic (Squire and Trapp, SIAM Review 40, 1998). The differences judge; where they cannot see
well enough, the others are asked. Nothing that f or the claim does makes the check raise: what is wrong becomes the verdict.

Where f has a kink, the claim has to be a subgradient of all entries together: it is compared with f
along directions that join them too (`directions.py`, `subgradient.py`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.checking.arguments import Function, Stop, claim_of, point_of, undisturbed
from tinygrad_edu.checking.diagnosis import relation
from tinygrad_edu.checking.directions import Place, places, signs, sizes
from tinygrad_edu.checking.kinks import judged_at_kinks
from tinygrad_edu.checking.report import FAIL, PASS, Finding, GradientCheck, report, verdict_of
from tinygrad_edu.checking.witnesses import Point, shaped

BUDGET = 20.0  # seconds


def check_gradient(f: Callable[..., Any], gradient: Any, at: Any, *, seed: int = 0) -> GradientCheck:
    """Whether `gradient` is the gradient of f at `at`.

    f: takes an array, or several, and gives one number. at: that array (or number), or a tuple of them. gradient: a function of the
    same arguments, or what it gives: an array of the shape of `at`, or a tuple. seed: for the directions that are tried where there
    are more than 200 entries, and for a second point, at which a function has to be right too. A claim may be off by 1e-7 of its
    size, by 1e-12, and by three error bars of the differences; so scale an f that is tiny throughout.
    """
    try:
        with undisturbed():
            return _checked(f, gradient, at, np.random.default_rng(seed))
    except Stop as stop:
        return stop.check


def _checked(f: Any, gradient: Any, at: Any, rng: np.random.Generator) -> GradientCheck:
    xs, several = point_of(at)
    function = Function(f)
    seconds = function.look_at(xs)
    claim = claim_of(gradient, xs, several)
    total = sum(x.size for x in xs)
    if not total:
        raise Stop(PASS, "there are no entries, so nothing can be wrong with them.")
    point = Point(function, xs, claim, time.perf_counter() + BUDGET)
    most = max(3, int(BUDGET / (80 * seconds + 1e-9)))
    findings: list[Finding] = []
    for place in places(point.x, point.names, rng, most):
        findings.append(point.finding(place))
        if not point.has_time():
            break
    check = report(judged_at_kinks(point, findings, rng), total)
    kinks = any(finding.numerical.is_kink for finding in findings)
    if check.verdict == FAIL and len(findings) == total and not kinks:
        return _related(check, claim, findings)
    if check.verdict != FAIL and callable(gradient) and point.has_time():
        return _elsewhere(check, point, gradient, several, rng)
    return check


def _related(check: GradientCheck, claim: Sequence[ndarray], findings: Sequence[Finding]
             ) -> GradientCheck:
    """With a sentence on what the claim has to do with the right gradient, if it has."""
    right = [finding.numerical.value if finding.autodiff is None else finding.autodiff
             for finding in findings]
    related = relation(claim, shaped(np.array(right), claim))
    said = [f"The claim is {related}."] if related else []
    return replace(check, sentences=(*check.sentences, *said))


# -- elsewhere -----------------------------------------------------------------------------------


def _elsewhere(check: GradientCheck, point: Point, gradient: Any, several: bool,
               rng: np.random.Generator) -> GradientCheck:
    """A function that is the gradient is so at another point too; an array that was worked out once
    is not."""
    sized = sizes(point.x)
    x = point.x + 0.01 * sized * signs(point.x, rng) * rng.uniform(0.5, 1.0, point.x.shape)
    if not math.isfinite(point.f(x)):
        return check
    xs = shaped(x, point.xs)
    there = Point(point.function, xs, claim_of(gradient, xs, several), point.end)
    ways = [Place("along a direction at a second point", sized * signs(x, rng)) for _ in range(3)]
    found = [replace(finding, verdict=verdict_of(finding)) for finding in map(there.finding, ways)]
    wrong = [one for one in found if one.verdict == FAIL and not one.numerical.is_kink]
    if not wrong:
        return check
    same = np.array_equal(there.claim, point.claim)
    here = "right" if check.verdict == PASS else "not proved wrong"
    reason = f"the gradient is {here} at this point, and " + (
        "the same at every other: it does not follow its argument." if same
        else "wrong at another one nearby.")
    return GradientCheck(FAIL, (reason, f"{wrong[0]}."), wrong[0], (*check.findings, *wrong))
