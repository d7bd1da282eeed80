"""Judges a claim where f has kinks: whether it is a subgradient of all entries together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tinygrad_edu.checking.directions import Place, combined, entry, joint, scales, signs, sizes
from tinygrad_edu.checking.report import ABSOLUTE, BARS, FAIL, INCONCLUSIVE, PASS, Finding
from tinygrad_edu.checking.subgradient import Neighbourhood, kinked_entries
from tinygrad_edu.checking.witnesses import Point

ROUNDS = 40  # of the search for a direction in which a claim is wrong
FEW = 30  # up to so many entries, all are looked at together; of more, those at kinks
DOUBTED = 3  # findings that fail, though points beside this one were looked at; then it is sure
SEARCHED = 12  # entries in a direction: with more, points beside may have been missed
UNEQUAL = 1e-5  # slopes that differ by more than this share do not add up


def judged_at_kinks(point: Point, findings: Sequence[Finding], rng: np.random.Generator
                    ) -> list[Finding]:
    """The findings, and those along directions that join the entries at kinks.

    A claim outside the slopes of f at the point fails only if it is outside those beside the point
    as well. A random direction through many entries does not judge where it crosses kinks: it may
    cross too many of them for the points beside to show them all.
    """
    findings = _located(point, findings)
    if not any(finding.numerical.is_kink for finding in findings) and _add_up(point, findings, rng):
        return list(findings)
    rises = {finding.place.entry: _rise(finding) for finding in findings
             if finding.place.entry is not None
             and (finding.is_off or finding.numerical.is_kink)}
    kinked = sorted(number for number, rise in rises.items() if rise)
    numbers = range(point.x.size) if point.x.size <= FEW else sorted(rises)
    if not numbers:
        return [finding for finding in findings if not _crosses(finding)] or list(findings)
    bends = {number: rises.get(number, 0.0) for number in numbers}
    beside = Neighbourhood(point.f, point.x, scales(point.x, list(numbers))[0],
                           point.function.rounding, bends, rng, point.has_time,
                           point.arguments())
    judged = _doubted(point, beside, [finding for finding in findings if not _crosses(finding)])
    if len(numbers) > 1 and not _fails(judged):
        judged += _together(point, beside, kinked, rng)
    return judged


def _located(point: Point, findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings, and those of entries at kinks that a direction through all has crossed."""
    across = [finding.place.direction for finding in findings
              if finding.place.entry is None and finding.numerical.is_kink]
    if not across:
        return findings
    error = point.function.rounding * abs(point.f(point.x))
    numbers = kinked_entries(point.f, point.x, across[0], error, point.has_time)
    known = {finding.place.entry for finding in findings}
    return [*findings, *(point.finding(entry(point.x, point.names, number))
                         for number in numbers if number not in known)]


def _add_up(point: Point, findings: Sequence[Finding], rng: np.random.Generator) -> bool:
    """Whether the slopes of all entries add up to those along directions through all of them, as
    they do where f has a gradient. At the median of three equal numbers each slope is 0, and that
    along their sum is 1."""
    values = np.array([finding.numerical.value for finding in findings])
    bars = np.array([finding.numerical.bar for finding in findings])
    if not 1 < point.x.size == len(findings) or not np.isfinite(values).all():
        return True
    sized = sizes(point.x)
    for direction in (sized, sized * signs(point.x, rng), sized * signs(point.x, rng)):
        found = point.finding(Place("", direction)).numerical
        parts = values * direction
        slack = BARS * (found.bar + float(bars @ np.abs(direction))) + ABSOLUTE
        off = abs(found.value - parts.sum())
        if found.is_kink or found.missing or off > slack + UNEQUAL * np.abs(parts).sum():
            return False
    return True


def _rise(finding: Finding) -> float:
    """By how much the slope rises at a kink."""
    return (finding.numerical.right or 0.0) - (finding.numerical.left or 0.0)


def _crosses(finding: Finding) -> bool:
    return finding.place.entry is None and finding.numerical.is_kink and finding.is_off


def _fails(findings: Sequence[Finding]) -> bool:
    return any(finding.verdict == FAIL for finding in findings)


def _doubted(point: Point, beside: Neighbourhood, findings: Sequence[Finding]
             ) -> list[Finding]:
    """The findings; those that are off pass if the claim is among the slopes beside."""
    judged, left = [], DOUBTED
    for finding in findings:
        if finding.is_off and left:
            direction = finding.place.direction
            size = max(finding.size, float(np.abs(point.claim) @ np.abs(direction)))
            low, high = beside.slopes(direction, finding.claim, size)
            inside = low <= finding.claim <= high
            sure = point.has_time() and _is_seen(beside, finding, low <= high)
            verdict = PASS if inside else finding.verdict if sure else INCONCLUSIVE
            finding = replace(finding, beside=(low, high), verdict=verdict)
            left -= not inside
        judged.append(finding)
    return judged


def _is_seen(beside: Neighbourhood, finding: Finding, any_beside: bool) -> bool:
    """Whether a claim that was not found among the slopes beside is wrong for sure."""
    if finding.place.entry is not None and not finding.numerical.is_kink:
        return True
    few = int(np.count_nonzero(finding.place.direction)) <= SEARCHED
    return any_beside and (few or beside.bends_one_way)


def _together(point: Point, beside: Neighbourhood, kinked: Sequence[int],
              rng: np.random.Generator) -> list[Finding]:
    """Along directions that join these entries, until the claim fails in one."""
    findings: list[Finding] = []
    for place in joint(point.x, point.names, kinked, rng):
        findings += _clear(_doubted(point, beside, [point.finding(place)]))
        if _fails(findings) or not point.has_time():
            return findings
    factors = beside.separating(point.claim[beside.numbers], ROUNDS)
    if factors is not None:
        place = combined(point.x, point.names, beside.numbers, factors)
        findings += _clear(_doubted(point, beside, [point.finding(place)]))
    return findings


def _clear(findings: Sequence[Finding]) -> list[Finding]:
    """Without those whose differences see too little."""
    return [finding for finding in findings
            if finding.verdict != INCONCLUSIVE or finding.is_off or finding.numerical.missing]
