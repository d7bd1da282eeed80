"""What a gradient check found, its verdict, and the sentences that give the reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinygrad_edu.checking.difference import NoSlope, Slope
from tinygrad_edu.checking.directions import Place

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"
# What a claim may be off: a share of it, next to nothing, and so many error bars.
RELATIVE, ABSOLUTE, BARS = 1e-7, 1e-12, 3.0
BLUNT, FINE = 1e-4, 1e-2  # a bar above this share of the slope, or of the largest, is too large

NO_DERIVATIVE = {
    NoSlope.JUMP: "it has no derivative there, and no number is right. Check at another point.",
    NoSlope.VERTICAL: "it has no derivative there, and no number is right. Check at another point.",
    NoSlope.EDGE: "it has no slope on both sides there. Check at a point within its domain.",
}


@dataclass(frozen=True)
class Finding:
    """What was found in one direction. verdict: of this direction alone.

    beside: at a kink, the least and the greatest slope at points beside this one, if they were
    asked for, because the claim lies outside the slopes at the point itself.
    """

    place: Place
    claim: float
    numerical: Slope
    autodiff: float | None
    complex_step: float | None
    verdict: str = PASS
    beside: tuple[float, float] | None = None

    @property
    def where(self) -> str:
        return self.place.name

    @property
    def error(self) -> float:
        """How far the claim is from the differences."""
        low, high = self.numerical.between
        if not math.isfinite(low + high):
            return math.nan
        return max(low - self.claim, self.claim - high, 0.0)

    @property
    def size(self) -> float:
        """Of the claim and the slopes, whichever is largest."""
        return max(abs(self.claim), *map(abs, self.numerical.between))

    @property
    def is_off(self) -> bool:
        """Whether the differences contradict the claim."""
        return self.error > RELATIVE * self.size + ABSOLUTE + BARS * self.numerical.bar

    @property
    def is_tiny(self) -> bool:
        """Whether the claim passes only because so small an error counts as none."""
        off = self.error > RELATIVE * self.size + BARS * self.numerical.bar
        return off and not self.is_off

    @property
    def support(self) -> str:
        """Which other witness agrees with the claim, if one does. Against reverse mode a complex
        step does not count: it is wrong where f takes the size of a number."""
        reverse = self.autodiff is not None and math.isfinite(self.autodiff)
        said = self.autodiff if reverse else self.complex_step
        if said is None or abs(said - self.claim) > RELATIVE * self.size + ABSOLUTE:
            return ""
        return "reverse mode" if reverse else "a complex step"

    def __str__(self) -> str:
        text = f"{self.where}: the claim is {self.claim:.8g}, and differences say {self.numerical}"
        if self.autodiff is not None:
            text += f", reverse mode {self.autodiff:.8g}"
        if self.complex_step is not None:
            text += f", a complex step {self.complex_step:.8g}"
        return text


@dataclass(frozen=True)
class GradientCheck:
    """The verdict on a claim.

    sentences: why, in words. worst: the finding that speaks most against it. findings: all of them.
    """

    verdict: str
    sentences: tuple[str, ...]
    worst: Finding | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        return self.verdict == PASS

    def __bool__(self) -> bool:
        raise TypeError("a check has three verdicts: ask check.passed, or look at check.verdict.")

    def __str__(self) -> str:
        return "\n".join([self.verdict, *self.sentences])


def verdict_of(finding: Finding, largest: float = 0.0) -> str:
    """What the witnesses say together: the differences judge, if they see well enough.

    largest: of the entries of the claim.
    """
    numerical = finding.numerical
    if not math.isfinite(numerical.value):
        return INCONCLUSIVE
    if finding.is_off:
        return INCONCLUSIVE if finding.support and not numerical.is_kink else FAIL
    low, high = numerical.between
    share = max(BLUNT * max(finding.size, FINE * largest), FINE * (high - low))
    blunt = BARS * numerical.bar > share + ABSOLUTE
    exact = finding.claim == numerical.value
    return INCONCLUSIVE if blunt and not exact and not finding.support else PASS


def report(findings: Sequence[Finding], total: int) -> GradientCheck:
    """The verdict that the findings have together. total: the number of entries."""
    verdict = next(v for v in (FAIL, INCONCLUSIVE, PASS) if any(f.verdict == v for f in findings))
    those = [finding for finding in findings if finding.verdict == verdict]
    alone = [finding for finding in those if finding.place.entry is not None]
    worst = max(alone or those, key=_badness)
    sentences = [f"{worst}.", *_reasons(worst, those, findings, total)]
    sentences += [*_kinks(findings, verdict), *_tiny(findings)]
    entries = sum(finding.place.entry is not None for finding in findings)
    if entries < total:
        across = sum(finding.place.entry is None for finding in findings)
        sentences.append(f"Looked at were {entries} of {total} entries, and f along {across} "
                         "directions through all of them.")
    return GradientCheck(verdict, tuple(sentences), worst, tuple(findings))


def _reasons(worst: Finding, those: Sequence[Finding], findings: Sequence[Finding], total: int
             ) -> list[str]:
    """those: the findings that have the verdict of all."""
    entries = [finding for finding in findings if finding.place.entry is not None]
    if worst.verdict == FAIL:
        alone = sum(finding.place.entry is not None for finding in those)
        kinks = any(finding.numerical.is_kink for finding in entries)
        if not alone and (kinks or len(entries) == total):
            return ["f has a kink here. The claim is possible for each of these entries alone, and "
                    "not for all of them together: no mix of the gradients beside this point has "
                    "these entries."]
        of = f"{len(those)} of {len(findings)} places"
        if len(entries) == total:
            of, those = f"{alone} of {len(entries)} entries", those[:alone]
        return [f"{of} that were looked at {'is' if len(those) == 1 else 'are'} wrong."]
    return _undecided(worst, those, findings) if worst.verdict == INCONCLUSIVE else []


def _undecided(worst: Finding, those: Sequence[Finding], findings: Sequence[Finding]) -> list[str]:
    """Why it cannot be told whether the claim is right."""
    at, missing = f"At {len(those)} of {len(findings)} places", worst.numerical.missing
    if missing:
        same = sum(finding.numerical.missing == missing for finding in those)
        return [f"f {missing.value} (at {same} of {len(findings)} places): "
                f"{NO_DERIVATIVE[missing]}"]
    if worst.is_off and worst.beside:
        return [f"{at} it cannot be told whether the claim is a mix of the gradients on the sides "
                "of f's kinks: there are too many of them to look at, or f is slow or rough."]
    if worst.error > BARS * worst.numerical.bar + ABSOLUTE:
        why = "detach something" if worst.support == "reverse mode" else "take the size of a number"
        return [f"{at} {worst.support or 'another witness'} agrees with the claim and differences "
                f"do not: does f {why}, or round?"]
    return [f"{at} the differences cannot tell: f is too rough, too steep or not a number nearby."]


def _kinks(findings: Sequence[Finding], verdict: str) -> list[str]:
    kinks = [finding for finding in findings if finding.place.entry is not None
             and finding.numerical.is_kink and finding.verdict == PASS]
    if not kinks or verdict == FAIL:
        return []
    joint = len(kinks) > 1 and any(finding.place.entry is None for finding in findings)
    which = "a mix of the slopes on its sides" if joint else "between the slopes on both sides"
    together = " in these entries together" if joint else ""
    return [f"f has a kink at {len(kinks)} of these, the first {kinks[0].where}: the claim is "
            f"{which}, so it is let pass as a subgradient{together}."]


def _tiny(findings: Sequence[Finding]) -> list[str]:
    """A word on claims that pass only because they are tiny beside 1, and beside all others."""
    largest = max(finding.size for finding in findings)
    tiny = [finding for finding in findings if finding.verdict == PASS and finding.is_tiny
            and finding.error > ABSOLUTE * largest]
    if not tiny:
        return []
    which = tiny[0]
    return [f"At {len(tiny)} of {len(findings)} places the claim passes only because it is tiny: "
            f"errors below {ABSOLUTE:.0e} count as 0 ({which.where}: {which.claim:.3g} for "
            f"{which.numerical.value:.3g}). Multiply f and the claim by a large number, and check "
            "again."]


def _badness(finding: Finding) -> float:
    """The error as a share of the slope, to a few digits, so that the first of those that are
    equally bad is the worst."""
    share = finding.error / (abs(finding.numerical.value) + ABSOLUTE)
    return float(f"{share:.6g}") if math.isfinite(share) else math.inf
