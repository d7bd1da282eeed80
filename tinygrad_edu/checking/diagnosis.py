"""Says which mistake explains a wrong gradient, with the evidence and the slide; and says so if none does.

    diagnosis = diagnose(claim, Derivation(x, target, weights))     # claim: the gradients of the weights, and of the biases if any
    print(diagnosis)        # The hidden slope dy/du = y(1 − y) is missing: ... See eq. 32 and 33.

Nothing is guessed: each mistake of the table (`mistakes.py`) is made with the numbers at hand, and explains the claim if what comes
of it is the claim, to rounding. If several do, the diagnosis says so, and `next` is a point at which they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.checking.mistakes import MISTAKES, RIGHT, Derivation, Mistake, distance

SAME, SINGLE = 1e-7, 1e-4  # how far a claim may be from what explains it; and how far float32 may be off
LOOSE = 1e-6  # the same as SAME, where the right gradient itself comes from differences


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, in sentences. mistakes: the names of those that explain it; none if nothing known does.

    right: whether the claim is right after all. next: where several mistakes explain it, a point that tells them apart.
    """

    sentences: tuple[str, ...]
    mistakes: tuple[str, ...] = ()
    right: bool = False
    next: Derivation | None = None

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def diagnose(claim: Any, derivation: Derivation) -> Diagnosis:
    """What is wrong with a claimed gradient of this network at this point.

    claim: arrays in the order weights, biases (or one array, if there is only one). Never raises for what is in it.
    """
    with np.errstate(all="ignore"):
        return _diagnosed(claim, derivation)


def _diagnosed(claim: Any, derivation: Derivation) -> Diagnosis:
    right = RIGHT.gradient(derivation)
    came = _arrays(claim, right)
    if isinstance(came, str):
        return Diagnosis((came,))
    off = distance(came, right)
    if off <= SAME:
        return Diagnosis(("Your gradient is right.", *_but_too_few(derivation)), right=True)
    if not list(_wrong(came, right)):
        return Diagnosis(_nearly(right) or ("Your gradient is right.", *_but_too_few(derivation)), right=True)
    found = [mistake for mistake in MISTAKES if (made := mistake.gradient(derivation)) is not None and distance(came, made) <= SAME]
    if found:
        return _explained(found, derivation)
    if off <= SINGLE and _is_noise(came, right):
        return Diagnosis((f"Your gradient is off by {off:.0e} of its size, everywhere a little. Float32 rounds so coarsely; if you "
                          "used float64, something small is wrong.",), ("float32",))
    return _one_entry(came, right) or _factors(came, right, derivation) or _known(came, right)


def _but_too_few(derivation: Derivation) -> tuple[str, ...]:
    """A warning where so few associations cannot tell a sum from a mean."""
    if derivation.T == 1:
        return ("With one association a mean over associations is right too: check it with three "
                "or more.",)
    if derivation.T == 2:
        return ("With two associations the gradient of the mean of δ² is right too, by 2/T = 1: "
                "check it with three or more.",)
    return ()


def _nearly(right: Sequence[ndarray]) -> tuple[str, ...]:
    """A sentence where a gradient is right only because it is tiny."""
    if max(float(np.abs(g).max(initial=0.0)) for g in right) > 1e-7:
        return ()
    return ("Your gradient is right, but only because it is tiny here: errors below 1e-14 count as 0. "
            "Check at another point, at which the output is farther from the target.",)


# What can be wrong with a gradient of which one knows nothing else: a claim is one of these, made of the right one.
RELATIONS: tuple[tuple[str, Callable[[ndarray], ndarray]], ...] = (
    ("the right one with its sign turned", lambda g: -g),
    ("the right one, transposed", lambda g: g.T),
    ("the right one with its rows in the opposite order", lambda g: g[::-1]),
    ("the right one with its columns in the opposite order", lambda g: g[:, ::-1]),
    ("the right one, off by one", lambda g: np.roll(g, 1, axis=0)),
    ("the right one, off by one", lambda g: np.roll(g, -1, axis=0)),
    ("the right one, off by one column", lambda g: np.roll(g, 1, axis=-1)),
    ("the right one, off by one column", lambda g: np.roll(g, -1, axis=-1)),
    ("the square of the right one", lambda g: g**2),
    ("the size of the right one, without its sign", np.abs),
    ("0 everywhere", np.zeros_like),
)


def relation(came: Sequence[ndarray], right: Sequence[ndarray]) -> str | None:
    """What a wrong gradient has to do with the right one, in a few words; None if nothing that is known here."""
    for words, made in RELATIONS:
        try:
            parts = [made(g) if g.ndim else g for g in right] if words != RELATIONS[0][0] else [-g for g in right]
        except IndexError:  # no columns
            continue
        if [part.shape for part in parts] == [g.shape for g in came] and distance(came, parts) < LOOSE < distance(parts, right):
            return words
    factor = sum(float(np.sum(a * b)) for a, b in zip(came, right)) / (sum(float(np.sum(b * b)) for b in right) or np.nan)
    if np.isfinite(factor) and abs(factor - 1) > 1e-3 and distance(came, [factor * g for g in right]) < LOOSE:
        everywhere = ", in every entry" if sum(np.count_nonzero(g) for g in right) > 1 else ""
        return f"{factor:.6g} times the right one{everywhere}"
    return None


def _arrays(claim: Any, right: Sequence[ndarray]) -> list[ndarray] | str:
    listed = isinstance(claim, (list, tuple))
    several = listed and (len(right) > 1 or any(isinstance(part, (ndarray, Value)) for part in claim))
    parts = list(claim) if several else [claim]
    try:
        if any(np.asarray(plain(part)).dtype.kind not in "fiub" for part in parts):
            raise TypeError
        arrays = [np.array(plain(part), dtype=float) for part in parts]
    except Exception:
        return "Your gradient is not made of arrays of real numbers."
    if len(arrays) != len(right):
        return (f"Your gradient has {len(arrays)} parts, and there should be {len(right)}: one for each array of weights, then one "
                "for each of biases.")
    for n, (came, wanted) in enumerate(zip(arrays, right)):
        if came.shape != wanted.shape:
            turned = came.shape == wanted.shape[::-1] and np.allclose(came.T, wanted, rtol=1e-6)
            return f"Part {n} of your gradient has shape {came.shape}, and its weights have {wanted.shape}." + (
                " It is right but transposed." if turned else "")
        if not np.isfinite(came).all():
            return f"Part {n} of your gradient has entries that are no numbers."
    return arrays


def _explained(found: Sequence[Mistake], derivation: Derivation) -> Diagnosis:
    names = tuple(mistake.name for mistake in found)
    found = list({mistake.sentence: mistake for mistake in found}.values())
    if len(found) == 1:
        return Diagnosis((_sentence(found[0]),), names)
    elsewhere = next((point for seed in range(20) if _differ(found, point := derivation.again(seed))), None)
    last = ("At another point they differ: check again with the numbers of `next`." if elsewhere is not None else
            "With a network of these sizes they come to the same.")
    return Diagnosis((f"{len(found)} mistakes explain this, and this point cannot tell them apart.",
                      *(f"Perhaps {mistake.sentence}. {_see(mistake)}" for mistake in found), last), names, next=elsewhere)


def _sentence(mistake: Mistake) -> str:
    return f"{_capital(mistake.sentence)}{'' if mistake.sentence.endswith('?') else '.'} {_see(mistake)}"


def _see(mistake: Mistake) -> str:
    return f"See eq. {mistake.slide.replace(', ', ' and ')}."


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:] if sentence[0] != "δ" else sentence


def _differ(mistakes: Sequence[Mistake], point: Derivation) -> bool:
    """Whether no two of them come to the same there."""
    made = [mistake.gradient(point) for mistake in mistakes]
    return all(a is not None and b is not None and distance(a, b) > 1e-3 for n, a in enumerate(made) for b in made[:n])


def _is_noise(came: Sequence[ndarray], right: Sequence[ndarray]) -> bool:
    """Whether all entries are a little off, some more and some less: not one of them, and not all by the same factor."""
    errors = np.concatenate([((a - b) / (np.abs(b).max() or 1.0)).ravel() for a, b in zip(came, right)])
    return bool(len(errors) > 2 and np.count_nonzero(errors) > len(errors) / 2 and abs(errors.mean()) < errors.std() * 2)


def _one_entry(came: Sequence[ndarray], right: Sequence[ndarray]) -> Diagnosis | None:
    wrong = list(_wrong(came, right))
    if len(wrong) != 1 or sum(g.size for g in right) < 3:
        return None
    n, index = wrong[0]
    return Diagnosis((f"One entry is wrong, {_at(n, index, right)}: it is {came[n][index]:.6g} with you, and should be "
                      f"{right[n][index]:.6g}. All others are right.",), ("one entry",))


def _factors(came: Sequence[ndarray], right: Sequence[ndarray], derivation: Derivation) -> Diagnosis | None:
    """The same factor everywhere, or one for each layer."""
    factors = [float(np.sum(a * b) / np.sum(b * b)) if np.any(b) else 1.0 for a, b in zip(came, right)]
    if any(distance([a], [factor * b]) > SAME if factor else np.any(a) for a, b, factor in zip(came, right, factors)):
        return None
    if any(np.count_nonzero(b) < 2 and abs(factor - 1) > SAME and factors.count(factor) < 2 for b, factor in zip(right, factors)):
        return None  # one number is always some factor of another
    if max(factors) - min(factors) < 1e-7 * max(map(abs, factors)):
        return Diagnosis((f"Your gradient is {factors[0]:.6g} times the right one, in every entry.",), ("factor",))
    layers = len(derivation.weights)
    names = [f"{'w' if n < layers else 'b'}{n % layers + 1}" for n in range(len(right))]
    wrong = ", ".join(f"{name} {factor:.6g} times" for name, factor in zip(names, factors) if abs(factor - 1) > SAME)
    return Diagnosis((f"Your gradient is right but for a factor in some layers: {wrong} the right one.",), ("factor by layer",))


def _known(came: Sequence[ndarray], right: Sequence[ndarray]) -> Diagnosis:
    """What can be said where no mistake is known that explains it."""
    wrong, total = list(_wrong(came, right)), sum(g.size for g in right)
    n, index = max(wrong, key=lambda place: abs(came[place[0]][place[1]] - right[place[0]][place[1]]))
    parts = [f"part {n}" for n in range(len(right)) if any(m == n for m, _ in wrong)]
    where = f" They are all in {parts[0]}." if len(parts) == 1 and len(right) > 1 else ""
    signs = [np.sign(came[m][i]) == np.sign(right[m][i]) for m, i in wrong]
    return Diagnosis((f"{len(wrong)} of {total} entries are wrong, most of all {_at(n, index, right)}: it is {came[n][index]:.6g} "
                      f"with you, and should be {right[n][index]:.6g}.{where}",
                      f"Of the wrong ones {sum(signs)} have the right sign. No mistake that is known here explains it."))


def _wrong(came: Sequence[ndarray], right: Sequence[ndarray]) -> Iterator[tuple[int, tuple[int, ...]]]:
    for n, (a, b) in enumerate(zip(came, right)):
        for index in np.argwhere(np.abs(a - b) > 1e-7 * (np.abs(b) + 1e-3 * np.abs(b).max(initial=0.0)) + 1e-14):
            yield n, tuple(int(i) for i in index)


def _at(n: int, index: tuple[int, ...], right: Sequence[ndarray]) -> str:
    return f"[{', '.join(map(str, index))}]" + (f" of part {n}" if len(right) > 1 else "")
