"""Compares a gradient that someone claims with what the function itself says.

    check = check_gradient(f, my_gradient, at=w)        # f(w) is one number; my_gradient is a function or an array
    check.verdict                                       # "pass", "fail" or "inconclusive"
    print(check)                                        # why: the worst entry, with an error bar, and what other witnesses say

There are up to three witnesses, which share no code: differences with an error bar (`difference.py`), reverse mode if f works on
Values, and a complex step if f is analytic (Squire and Trapp, SIAM Review 40, 1998). The differences judge; where they cannot see
well enough, the others are asked. Nothing that f or the claim does makes the check raise: what is wrong becomes the verdict.
"""

from __future__ import annotations

import contextlib
import io
import math
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.checking.diagnosis import relation
from tinygrad_edu.checking.difference import Slope, slope

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"
RELATIVE, ABSOLUTE, BARS = 1e-7, 1e-12, 3.0  # what a claim may be off: a share of it, next to nothing, and so many error bars
BLUNT, FINE = 1e-4, 1e-2  # a bar larger than this share of the slope says too little, or of this share of the largest one
FAILURES = (Exception, SystemExit)  # what f and the claim may raise
ALL, SAMPLED, PROJECTIONS = 200, 60, 20  # entries that are all looked at; of more, so many, and so many directions across all
BUDGET = 20.0  # seconds
ComplexStep = 1e-20
ALONG = "along"  # begins the name of a direction


class Place(NamedTuple):
    """One direction in which f is differentiated: an entry, or a random one across all entries."""

    name: str
    direction: list[ndarray]
    scales: tuple[float, ...]


@dataclass(frozen=True)
class Finding:
    """What was found in one direction. verdict: of this direction alone."""

    where: str
    claim: float
    numerical: Slope
    autodiff: float | None
    complex_step: float | None
    verdict: str

    @property
    def error(self) -> float:
        """How far the claim is from the differences."""
        low, high = self.numerical.between
        return max(low - self.claim, self.claim - high, 0.0) if math.isfinite(low + high) else math.nan

    def __str__(self) -> str:
        text = f"{self.where}: the claim is {self.claim:.8g}, and differences say {self.numerical}"
        text += f", reverse mode {self.autodiff:.8g}" if self.autodiff is not None else ""
        return text + (f", a complex step {self.complex_step:.8g}" if self.complex_step is not None else "")


@dataclass(frozen=True)
class GradientCheck:
    """The verdict on a claim. sentences: why, in words. worst: the finding that speaks most against it. findings: all of them."""

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


class _Stop(Exception):
    """The check ends with this verdict and sentence."""

    def __init__(self, verdict: str, sentence: str) -> None:
        super().__init__(sentence)
        self.check = GradientCheck(verdict, (sentence,))


def check_gradient(f: Callable[..., Any], gradient: Any, at: Any, *, seed: int = 0) -> GradientCheck:
    """Whether `gradient` is the gradient of f at `at`.

    f: takes an array, or several, and gives one number. at: that array (or number), or a tuple of them. gradient: a function of the
    same arguments, or what it gives: an array of the shape of `at`, or a tuple. seed: for the directions that are tried where there
    are more than 200 entries, and for a second point, at which a function has to be right too. A claim may be off by 1e-7 of its
    size, by 1e-12, and by three error bars of the differences; so scale an f that is tiny throughout.
    """
    try:
        with _undisturbed():
            return _checked(f, gradient, at, np.random.default_rng(seed))
    except _Stop as stop:
        return stop.check


def _checked(f: Any, gradient: Any, at: Any, rng: np.random.Generator) -> GradientCheck:
    xs, several = _point(at)
    function = _Function(f)
    seconds = function.look_at(xs)
    claim = _claim(gradient, xs, several)
    total = sum(x.size for x in xs)
    if not total:
        raise _Stop(PASS, "there are no entries, so nothing can be wrong with them.")
    backward, end = _reverse(f, xs), time.perf_counter() + BUDGET
    findings: list[Finding] = []
    for place in _places(xs, rng, seconds):
        findings.append(_finding(function, xs, claim, place, backward))
        if time.perf_counter() > end:
            break
    check = _judged(_all_told(findings, claim), total)
    if check.verdict == FAIL and len(findings) == total and not any(finding.numerical.is_kink for finding in findings):
        right = _shaped([finding.numerical.value if finding.autodiff is None else finding.autodiff for finding in findings], xs)
        related = relation(claim, right)
        check = replace(check, sentences=(*check.sentences, *([f"The claim is {related}."] if related else [])))
    if check.verdict != FAIL and callable(gradient) and time.perf_counter() < end:
        return _elsewhere(check, function, gradient, xs, several, claim, rng)
    return check


# -- what came -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """What f prints is not shown a hundred times, nor what NumPy warns of."""
    nowhere = io.StringIO()
    with (contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere), warnings.catch_warnings(),
          np.errstate(all="ignore")):
        warnings.simplefilter("ignore")
        yield


def _point(at: Any) -> tuple[list[ndarray], bool]:
    """(the arrays, whether there are several)."""
    several = isinstance(at, tuple) or (isinstance(at, list) and any(isinstance(x, (ndarray, Value)) for x in at))
    try:
        xs = [_real(x) for x in (at if several else [at])]
    except FAILURES:
        raise _Stop(INCONCLUSIVE, f"`at` has to be an array of real numbers, or a tuple of them, and is {_described(at)}."
                    ) from None
    if not all(np.isfinite(x).all() for x in xs):
        raise _Stop(INCONCLUSIVE, "there is a nan or an infinity in `at`, and f has no slope there.")
    return xs, several


def _real(x: Any) -> ndarray:
    """As an array of floats. Raises TypeError for what is not made of real numbers, and whatever else NumPy raises."""
    array = np.asarray(plain(x))
    if array.dtype.kind not in "fiub":
        raise TypeError(array.dtype)
    return np.array(array, dtype=float)


class _Function:
    """f with all its arguments as copies, so that it cannot change them; nan where it raises."""

    def __init__(self, f: Any) -> None:
        self.f = f
        self.rounding = 2.0**-52  # of what it gives, as a share

    def look_at(self, xs: Sequence[ndarray]) -> float:
        """The seconds that a call takes. Stops the check if f is no function that can be differentiated."""
        if not callable(self.f):
            raise _Stop(INCONCLUSIVE, f"f has to be a function, and this is a {type(self.f).__name__}.")
        copies = [x.copy() for x in xs]
        try:
            found = plain(self.f(*copies))
        except FAILURES as error:
            raise _Stop(INCONCLUSIVE, f"f raised {_said(error)} at this point, so there is no slope to compare with.") from None
        if not _is_number(found):
            raise _Stop(INCONCLUSIVE, f"f gave {_described(found)}, and only one number has a gradient. Sum it first.")
        if np.asarray(found).dtype in (np.float16, np.float32):
            self.rounding = float(np.finfo(np.asarray(found).dtype).eps)
        start = time.perf_counter()  # the first call may have loaded something
        once, again = _number(found), self(xs)
        if not math.isfinite(once):
            raise _Stop(INCONCLUSIVE, f"f is {once} at this point, so there is no slope to compare with.")
        if again != once:
            raise _Stop(INCONCLUSIVE, f"f gave {once:.10g} and then {again:.10g} for the same argument: it is random, or "
                                      "remembers something, and differences say nothing about it.")
        return time.perf_counter() - start

    def __call__(self, xs: Sequence[ndarray]) -> float:
        try:
            return _number(plain(self.f(*[x.copy() for x in xs])))
        except FAILURES:
            return math.nan


def _number(found: Any) -> float:
    return float(np.asarray(found, dtype=float).reshape(()))


def _is_number(found: Any) -> bool:
    try:
        return np.size(found) == 1 and np.isrealobj(np.asarray(found)) and np.asarray(found).dtype.kind in "fiub"
    except FAILURES:
        return False


def _claim(gradient: Any, xs: Sequence[ndarray], several: bool) -> list[ndarray]:
    """The claimed gradient as arrays. Stops the check if it cannot be one, or is not the same each time."""
    claims = _called(gradient, xs, several)
    if callable(gradient):
        for once, again in zip(claims, _called(gradient, xs, several)):
            if not np.array_equal(once, again, equal_nan=True):
                raise _Stop(FAIL, "the gradient is not the same when it is asked for twice at the same point.")
    for n, (claim, x) in enumerate(zip(claims, xs)):
        which = f" of argument {n}" if several else ""
        if claim.shape != x.shape:
            raise _Stop(FAIL, f"the gradient{which} has shape {claim.shape}, and should have that of the argument, {x.shape}.")
        if not np.isfinite(claim).all():
            wrong = np.argwhere(~np.isfinite(claim))
            raise _Stop(FAIL, f"the gradient{which} has {len(wrong)} entr{'y' if len(wrong) == 1 else 'ies'} that are no numbers, "
                              f"the first {_indexed(wrong[0])} is {claim[tuple(wrong[0])]}.")
    return claims


def _called(gradient: Any, xs: Sequence[ndarray], several: bool) -> list[ndarray]:
    try:
        found = gradient(*[x.copy() for x in xs]) if callable(gradient) else gradient
    except FAILURES as error:
        raise _Stop(FAIL, f"the gradient raised {_said(error)}.") from None
    parts = list(found) if several and isinstance(found, (tuple, list)) else [found]
    if len(parts) != len(xs):
        raise _Stop(FAIL, f"the gradient has {len(parts)} parts, and there are {len(xs)} arguments.")
    try:
        return [_real(part) for part in parts]
    except FAILURES:
        raise _Stop(FAIL, f"the gradient is {_described(found)}, and not an array of real numbers.") from None


# -- where to look -------------------------------------------------------------------------------------------------


def _places(xs: Sequence[ndarray], rng: np.random.Generator, seconds: float) -> Iterator[Place]:
    """All entries, or some and directions across all, as many as there is time for."""
    total = sum(x.size for x in xs)
    most = max(3, int(BUDGET / (60 * seconds + 1e-9)))
    numbers = list(range(total))
    if total > min(ALL, most):
        usual = float(np.median(np.concatenate([np.abs(x).ravel() for x in xs]))) or 1.0
        for n in range(min(PROJECTIONS, most)):  # every second one does not leave out entries that are tiny
            least = 0.0 if n % 2 else usual
            direction = [np.where(x == 0, 1.0, np.maximum(np.abs(x), least)) * rng.choice([-1.0, 1.0], x.shape) for x in xs]
            yield Place(f"{ALONG} random direction {n}", direction, (1.0,))
        numbers = rng.choice(total, min(SAMPLED, max(most - PROJECTIONS, 0), total), replace=False).tolist()
    for number in numbers:
        yield _entry(xs, number)


def _entry(xs: Sequence[ndarray], number: int) -> Place:
    direction = [np.zeros_like(x) for x in xs]
    for n, x in enumerate(xs):
        if number < x.size:
            direction[n].flat[number] = 1.0
            size = abs(float(x.flat[number]))
            name = _indexed(np.unravel_index(number, x.shape)) if x.ndim else "the number"
            scales = (1.0,) if size < 1e-300 else (size,) if 1e-3 < size < 1e3 else (size, 1.0)
            return Place(name if len(xs) == 1 else f"argument {n}, {name}", direction, scales)
        number -= x.size
    raise AssertionError("no such entry")


def _indexed(index: Any) -> str:
    return f"entry [{', '.join(str(int(i)) for i in index)}]"


# -- the witnesses -------------------------------------------------------------------------------------------------


def _reverse(f: Any, xs: Sequence[ndarray]) -> list[ndarray] | None:
    """What reverse mode says, if f works on Values."""
    try:
        values = [Value(x) for x in xs]
        E = f(*values)
        if not isinstance(E, Value):
            return None
        E.backward()
        return [np.zeros_like(x) if v.grad is None else np.asarray(v.grad) for v, x in zip(values, xs)]
    except FAILURES:
        return None


def _complex(f: Any, xs: Sequence[ndarray], direction: Sequence[ndarray]) -> float | None:
    """What a complex step says, if f takes complex numbers."""
    try:
        found = np.asarray(plain(f(*[x + 1j * ComplexStep * d for x, d in zip(xs, direction)])))
        slope_ = float(found.reshape(()).imag) / ComplexStep
        return slope_ if np.iscomplexobj(found) and math.isfinite(slope_) else None
    except FAILURES:
        return None


def _shaped(numbers: Sequence[float], xs: Sequence[ndarray]) -> list[ndarray]:
    """One number for each entry, as arrays of the shapes of xs."""
    ends = np.cumsum([x.size for x in xs])[:-1]
    return [part.reshape(x.shape) for part, x in zip(np.split(np.array(numbers), ends), xs)]


def _finding(function: _Function, xs: Sequence[ndarray], claim: Sequence[ndarray], place: Place,
             backward: list[ndarray] | None) -> Finding:
    along = lambda t: function([x + t * d for x, d in zip(xs, place.direction)])  # noqa: E731 - f on a line
    numerical = _finest([slope(along, scale, function.rounding) for scale in sorted(place.scales)])
    dot = lambda arrays: float(sum(np.sum(a * d) for a, d in zip(arrays, place.direction)))  # noqa: E731
    finding = Finding(place.name, dot(claim), numerical, None if backward is None else dot(backward),
                      _complex(function.f, xs, place.direction), PASS)
    return finding


def _finest(found: Sequence[Slope]) -> Slope:
    """The most exact one; but that with the smallest steps, the first, if it says something else, for others may step over it."""
    best = min(found, key=lambda one: one.bar if math.isfinite(one.bar) else math.inf)
    first = found[0]
    agree = not math.isfinite(first.bar) or abs(best.value - first.value) <= BARS * (best.bar + first.bar)
    return best if agree or first.is_kink or best.is_kink else first


def _all_told(findings: Sequence[Finding], claim: Sequence[ndarray]) -> list[Finding]:
    """The findings with their verdicts. A direction across kinks of several entries says nothing: at each of them a claim may
    choose another number between the slopes."""
    largest = max((float(np.abs(part).max()) for part in claim if part.size), default=0.0)
    judged = [replace(finding, verdict=_verdict(finding, largest)) for finding in findings]
    return [finding for finding in judged
            if finding.verdict != FAIL or not (finding.where.startswith(ALONG) and finding.numerical.is_kink)] or judged


def _verdict(finding: Finding, largest: float = 0.0) -> str:
    """What the witnesses say together: the differences judge, if they see well enough. largest: of the entries of the claim."""
    numerical, size = finding.numerical, max(abs(finding.claim), abs(finding.numerical.value))
    if not math.isfinite(numerical.value):
        return INCONCLUSIVE
    near = RELATIVE * size + ABSOLUTE
    right = finding.error <= near + BARS * numerical.bar
    witnesses = [finding.autodiff, finding.complex_step if not numerical.is_kink else None]
    supported = any(witness is not None and abs(witness - finding.claim) <= near for witness in witnesses)
    if right and finding.claim != numerical.value and BARS * numerical.bar > BLUNT * max(size, FINE * largest) + ABSOLUTE:
        return PASS if supported else INCONCLUSIVE
    return PASS if right else INCONCLUSIVE if supported and not numerical.is_kink else FAIL


# -- the verdict ---------------------------------------------------------------------------------------------------


def _judged(findings: Sequence[Finding], total: int) -> GradientCheck:
    looked = len(findings)
    by_verdict = {verdict: [finding for finding in findings if finding.verdict == verdict]
                  for verdict in (FAIL, INCONCLUSIVE, PASS)}
    verdict = next(verdict for verdict, some in by_verdict.items() if some)
    worst = max(by_verdict[verdict], key=_badness)
    sentences = [f"{worst}."]
    wrong = len(by_verdict[FAIL])
    if verdict == FAIL:
        sentences.append(f"{wrong} of {len(findings)} {'entries' if looked == total else 'places'} that were looked at "
                         f"{'is' if wrong == 1 else 'are'} wrong.")
    if verdict == INCONCLUSIVE:
        at = f"At {len(by_verdict[INCONCLUSIVE])} of {len(findings)} places"
        sentences.append(f"{at} reverse mode agrees with the claim and differences do not: does f detach something, or round?"
                         if worst.error > BARS * worst.numerical.bar + ABSOLUTE else
                         f"{at} the differences cannot tell: f is too rough, too steep or not a number nearby.")
    kinks = [finding for finding in findings if finding.numerical.is_kink and finding.verdict == PASS]
    if kinks:
        sentences.append(f"f has a kink at {len(kinks)} of these, the first {kinks[0].where}: there any number between the slopes "
                         "on the two sides, a subgradient in this entry alone, is let pass, and the claim is one.")
    entries = sum(not finding.where.startswith(ALONG) for finding in findings)
    if entries < total:
        sentences.append(f"Looked at were {entries} of {total} entries, and f along {looked - entries} directions through all of "
                         "them.")
    return GradientCheck(verdict, tuple(sentences), worst, tuple(findings))


def _badness(finding: Finding) -> float:
    """The error as a share of the slope, to a few digits, so that the first of those that are equally bad is the worst."""
    share = finding.error / (abs(finding.numerical.value) + ABSOLUTE)
    return float(f"{share:.6g}") if math.isfinite(share) else math.inf


def _elsewhere(check: GradientCheck, function: _Function, gradient: Any, xs: Sequence[ndarray], several: bool,
               claim: Sequence[ndarray], rng: np.random.Generator) -> GradientCheck:
    """A function that is the gradient is so at another point too; an array that was worked out once is not."""
    signs = lambda: [np.where(x == 0, 1.0, np.abs(x)) * rng.choice([-1.0, 1.0], x.shape) for x in xs]  # noqa: E731
    others = [x + 0.01 * sign * rng.uniform(0.5, 1.0, x.shape) for x, sign in zip(xs, signs())]
    if not math.isfinite(function(others)):
        return check
    there = _claim(gradient, others, several)
    places = [Place(f"{ALONG} a direction at a second point", signs(), (1.0,)) for _ in range(3)]
    backward = _reverse(function.f, others)
    found = [_finding(function, others, there, place, backward) for place in places]
    wrong = [finding for finding in found if _verdict(finding) == FAIL and not finding.numerical.is_kink]
    if not wrong:
        return check
    same = all(np.array_equal(a, b) for a, b in zip(there, claim))
    reason = ("the gradient is right at this point, and the same at every other: it does not follow its argument." if same
              else "the gradient is right at this point, and wrong at another one nearby.")
    return GradientCheck(FAIL, (reason, f"{wrong[0]}."), wrong[0], (*check.findings, *wrong))


def _said(error: BaseException) -> str:
    try:
        said = " ".join(str(error).split())[:120]
    except FAILURES:
        said = ""
    return f"{type(error).__name__}{said and ': '}{said}"


def _described(found: Any) -> str:
    shape = getattr(found, "shape", None)
    if shape:
        return f"an array of shape {shape}" + (" of complex numbers" if np.iscomplexobj(found) else "")
    return f"a {type(found).__name__}"
