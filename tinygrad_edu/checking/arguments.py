"""What comes to a gradient check: the function, the point and the claim, each looked at before use.

What cannot be checked stops the check, with a verdict and a sentence.
"""

from __future__ import annotations

import contextlib
import io
import math
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.checking.directions import indexed
from tinygrad_edu.checking.report import FAIL, INCONCLUSIVE, GradientCheck

FAILURES = (Exception, SystemExit)  # what f and the claim may raise


class Stop(Exception):
    """The check ends with this verdict and sentence."""

    def __init__(self, verdict: str, sentence: str) -> None:
        super().__init__(sentence)
        self.check = GradientCheck(verdict, (sentence,))


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """What f prints is not shown a hundred times, nor what NumPy warns of."""
    nowhere = io.StringIO()
    with (contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere),
          warnings.catch_warnings(), np.errstate(all="ignore")):
        warnings.simplefilter("ignore")
        yield


def point_of(at: Any) -> tuple[list[ndarray], bool]:
    """(the arrays, whether there are several)."""
    several = isinstance(at, tuple) or (
        isinstance(at, list) and any(isinstance(x, (ndarray, Value)) for x in at))
    try:
        xs = [_real(x) for x in (at if several else [at])]
    except FAILURES:
        raise Stop(INCONCLUSIVE, "`at` has to be an array of real numbers, or a tuple of them, and "
                                 f"is {_described(at)}.") from None
    if not all(np.isfinite(x).all() for x in xs):
        raise Stop(INCONCLUSIVE, "there is a nan or an infinity in `at`, and f has no slope there.")
    return xs, several


def _real(x: Any) -> ndarray:
    """As an array of floats. Raises TypeError for what is not made of real numbers, and whatever
    else NumPy raises."""
    array = np.asarray(plain(x))
    if array.dtype.kind not in "fiub":
        raise TypeError(array.dtype)
    return np.array(array, dtype=float)


class Function:
    """f with all its arguments as copies, so that it cannot change them; nan where it raises."""

    def __init__(self, f: Any) -> None:
        self.f = f
        self.rounding = 2.0**-52  # of what it gives, as a share

    def look_at(self, xs: Sequence[ndarray]) -> float:
        """The seconds that a call takes. Stops the check if f cannot be differentiated."""
        if not callable(self.f):
            raise Stop(INCONCLUSIVE,
                       f"f has to be a function, and this is a {type(self.f).__name__}.")
        copies = [x.copy() for x in xs]
        try:
            found = plain(self.f(*copies))
        except FAILURES as error:
            raise Stop(INCONCLUSIVE, f"f raised {_said(error)} at this point, so there is no slope "
                                     "to compare with.") from None
        if not _is_number(found):
            raise Stop(INCONCLUSIVE, f"f gave {_described(found)}, and only one number has a "
                                     "gradient. Sum it first.")
        if np.asarray(found).dtype in (np.float16, np.float32):
            self.rounding = float(np.finfo(np.asarray(found).dtype).eps)
        start = time.perf_counter()  # the first call may have loaded something
        once, again = _number(found), self(xs)
        if not math.isfinite(once):
            raise Stop(INCONCLUSIVE,
                       f"f is {once} at this point, so there is no slope to compare with.")
        if again != once:
            raise Stop(INCONCLUSIVE,
                       f"f gave {once:.10g} and then {again:.10g} for the same argument: it is "
                       "random, or remembers something, and differences say nothing about it.")
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
        array = np.asarray(found)
        return np.size(found) == 1 and np.isrealobj(array) and array.dtype.kind in "fiub"
    except FAILURES:
        return False


def claim_of(gradient: Any, xs: Sequence[ndarray], several: bool) -> list[ndarray]:
    """The claimed gradient as arrays. Stops the check if it cannot be one, or differs each time."""
    claims = _called(gradient, xs, several)
    if callable(gradient):
        for once, again in zip(claims, _called(gradient, xs, several)):
            if not np.array_equal(once, again, equal_nan=True):
                raise Stop(FAIL, "the gradient is not the same when it is asked for twice at the "
                                 "same point.")
    for n, (claim, x) in enumerate(zip(claims, xs)):
        which = f" of argument {n}" if several else ""
        if claim.shape != x.shape:
            raise Stop(FAIL, f"the gradient{which} has shape {claim.shape}, and should have that "
                             f"of the argument, {x.shape}.")
        if not np.isfinite(claim).all():
            wrong = np.argwhere(~np.isfinite(claim))
            entries = "entry" if len(wrong) == 1 else "entries"
            raise Stop(FAIL, f"the gradient{which} has {len(wrong)} {entries} that are no numbers, "
                             f"the first {indexed(wrong[0])} is {claim[tuple(wrong[0])]}.")
    return claims


def _called(gradient: Any, xs: Sequence[ndarray], several: bool) -> list[ndarray]:
    try:
        found = gradient(*[x.copy() for x in xs]) if callable(gradient) else gradient
    except FAILURES as error:
        raise Stop(FAIL, f"the gradient raised {_said(error)}.") from None
    parts = list(found) if several and isinstance(found, (tuple, list)) else [found]
    if len(parts) != len(xs):
        raise Stop(FAIL, f"the gradient has {len(parts)} parts, and there are {len(xs)} arguments.")
    try:
        return [_real(part) for part in parts]
    except FAILURES:
        raise Stop(FAIL, f"the gradient is {_described(found)}, and not an array of real "
                         "numbers.") from None


def _said(error: BaseException) -> str:
    try:
        said = " ".join(str(error).split())[:120]
    except FAILURES:
        said = ""
    return f"{type(error).__name__}{said and ': '}{said}"


def _described(found: Any) -> str:
    shape = getattr(found, "shape", None)
    if shape:
        of = " of complex numbers" if np.iscomplexobj(found) else ""
        return f"an array of shape {shape}{of}"
    return f"a {type(found).__name__}"
