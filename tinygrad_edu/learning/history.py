"""What happened during learning: the weights, E and |∇E| at each step, and why it stopped; to be plotted, shown as a movie, saved.

    history = fit(network, x, target, GradientDescent(0.3))
    history.E, history.gradient_norm, history.validation
    print(history.verdict)
    history.save("xor.npz")                    # History.load("xor.npz") gives it back, network and all, to go on from
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.primitive import quietly
from tinygrad_edu.autodiff.value import plain
from tinygrad_edu.network.error import ERRORS, half_squared_error
from tinygrad_edu.network.layer import Layer, Network
from tinygrad_edu.storage.arrays import FileError, load, save
from tinygrad_edu.storage.paths import npz_path, path_of

MEMORY = 64e6  # bytes of weights that a History keeps: beyond that, those of every second, fourth, eighth ... pass only
MOST_KEPT = 500  # and no more of them than that
FORMAT = "tinygrad_edu history 2"


@dataclass(frozen=True)
class Verdict:
    """Why learning stopped: in one word, in a sentence, and with the numbers that it rests on."""

    kind: str  # minimum, plateau, saddle or slope, where |∇E| ≈ 0; cap, diverged, validation, interrupted; unknown
    sentence: str
    evidence: dict[str, float] = field(default_factory=dict)
    place: str = ""  # what the surface is like there, if that was looked at: minimum, plateau, saddle, slope, rising

    def __str__(self) -> str:
        return f"{self.kind}: {self.sentence}"


@dataclass
class History:
    """One entry for each pass through the loop: entry 0 is the start, entry n is what n passes of learning led to.

    `weights` holds what is learnt: a float, an array or a list of arrays; weights[0] is where learning started and weights[-1]
    where it ended. A long run keeps those of some passes only, `kept` says which. With mini-batches an E was added up while
    the weights moved; the last one is always that of the last weights. `penalty` is the part of E that is weight decay;
    `validation` is E on the validation set, without any. `reason` says in words why it stopped, `verdict` where that is.
    """

    weights: list[Any] = field(default_factory=list)
    E: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)  # |∇E|
    reason: str = ""
    penalty: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    network: Network = field(default=None, repr=False)  # type: ignore[assignment]
    x: Any = field(default=None, repr=False)
    target: Any = field(default=None, repr=False)
    validation_set: Any = field(default=None, repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    error: Any = field(default=half_squared_error, repr=False)  # the function; None after loading if it was not one of ours
    last: Any = field(default=None, repr=False)  # (entry, weights, the optimizer's memory) to go on from
    best: Any = field(default=None, repr=False)  # (entry, weights) with the lowest validation error, with early stopping
    judge: Any = field(default=None, repr=False)  # (history) -> Verdict, until that has been read
    judged: Verdict | None = field(default=None, repr=False)

    @property
    def verdict(self) -> Verdict:
        """The verdict on the weights that the run ended with; None before it has ended.

        It is found when it is first read, from one Hessian: the network may have learnt on since.
        """
        if self.judged is None and self.judge is not None:
            self.verdict = self.judge(self)
        return self.judged  # type: ignore[return-value]

    @verdict.setter
    def verdict(self, verdict: Verdict | None) -> None:
        self.judged, self.judge = verdict, None

    @property
    def lowest_validation(self) -> float:
        """The lowest validation error, of those that are finite; infinity if there is none."""
        return min(filter(math.isfinite, self.validation), default=math.inf)

    @property
    def counts(self) -> tuple[int, int]:
        """By what E and the validation error are divided to be E per association.

        The numbers of associations, or 1 for an error that is a mean.
        """
        validation = len(self.validation_set[0]) if self.validation_set else 0
        return (1, 1) if self.settings.get("mean") else (len(self.x), validation)

    @property
    def steps(self) -> int:
        """The passes through the loop; the last one finds that learning is over and changes nothing."""
        return len(self.E)

    @property
    def stop_epoch(self) -> int:
        """How many passes had changed the weights when learning stopped."""
        return max(0, len(self.E) - 1)

    @property
    def best_epoch(self) -> int:
        """After how many passes the validation error was lowest; the last one without a validation set.

        With early stopping, the pass whose weights were put back.
        """
        if self.best is not None:
            return self.best[0]
        return int(np.nanargmin(self.validation)) if np.isfinite(self.validation).any() else self.stop_epoch

    @property
    def converged(self) -> bool:
        """Whether |∇E| ≈ 0 was reached. It was reached on a plateau too: the slides' rule cannot tell, `verdict` tries."""
        return self.reason.startswith("|∇E|")

    def note(self, weights: Any, E: float, gradient_norm: float) -> None:
        """Enters a pass with its weights (None: they are not kept)."""
        self.kept.append(self.steps)
        self.weights.append(weights)
        self.enter(E, 0.0, gradient_norm)

    def enter(self, E: float, penalty: float, gradient_norm: float) -> None:
        """Enters a pass."""
        self.E.append(E)
        self.penalty.append(penalty)
        self.gradient_norm.append(gradient_norm)

    def keep(self, epoch: int, weights: list[Any], most: int) -> None:
        """Keeps the weights before a pass if it is their turn: `most` of them, evenly spaced, however long the run."""
        stride = self.kept[1] - self.kept[0] if len(self.kept) > 1 else 1
        if epoch % stride:
            return
        self.weights.append(list(map(_frozen, weights)))
        self.kept.append(epoch)
        if len(self.weights) > most:
            del self.weights[1::2], self.kept[1::2]

    def keep_last(self, weights: list[Any]) -> None:
        """Keeps the weights that learning ended with, whether it is their turn or not."""
        if self.kept[-1:] != [self.stop_epoch]:
            self.weights.append(list(map(_frozen, weights)))
            self.kept.append(self.stop_epoch)

    def cut(self, epoch: int) -> None:
        """Forgets all entries from this one on."""
        for entries in (self.E, self.penalty, self.gradient_norm, self.validation):
            del entries[epoch:]
        self.kept[:] = [kept for kept in self.kept if kept < epoch]
        del self.weights[len(self.kept) :]
        if self.best is not None and self.best[0] >= epoch:
            self.find_best()

    def find_best(self) -> None:
        """Makes `best` the pass with the lowest validation error, of those whose weights were kept."""
        errors = [self.validation[kept] for kept in self.kept if kept < len(self.validation)]
        self.best = None
        if np.isfinite(errors).any():
            best = int(np.nanargmin(errors))
            self.best = self.kept[best], self.weights[best]

    def copy(self) -> History:
        """Another history with the same entries."""
        own: dict[str, Any] = {name: list(entries) for name, entries in vars(self).items() if isinstance(entries, list)}
        return replace(self, **own)

    def __repr__(self) -> str:
        end = f"E {self.E[0]:.4g} -> {self.E[-1]:.4g}" if self.E else "empty"
        if self.validation:
            end += f", validation {self.validation[self.best_epoch]:.4g} at best, after {self.best_epoch}"
        return f"History({self.steps} steps, {end}, stopped: {self.verdict or self.reason})"

    # -- on disk -------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Writes it all into an .npz file, whole or not at all; numbers and text only. Raises ValueError, OSError."""
        path = npz_path(path, "a history is", 'history.save("run.npz")')
        if self.network is None or self.last is None:
            raise ValueError("this history could not be gone on with: save those that `fit` gave.")
        lists = ("E", "gradient_norm", "penalty", "validation", "kept")
        arrays: dict[str, Any] = {name: np.array(getattr(self, name)) for name in lists}
        arrays |= {"x": self.x, "target": self.target}
        arrays |= dict(zip(("validation x", "validation target"), self.validation_set or ()))
        epoch, last, memory = self.last
        for group, items in {"weights": list(zip(*self.weights)), "now": self.network.parameters, "last": last,
                             **{f"memory {i}": part for i, part in enumerate(memory)},
                             "best": self.best[1] if self.best else ()}.items():
            arrays |= {f"{group}/{i}": np.array(plain(item)) for i, item in enumerate(items)}
        about = {"format": FORMAT, "reason": self.reason, "settings": self.settings,
                 "verdict": asdict(self.verdict) if self.verdict else None,
                 "last": epoch, "best": self.best[0] if self.best else None,
                 "layers": [[layer.activation, layer.b is not None] for layer in self.network.layers]}
        return save(path, {"about": json.dumps(about, default=float), **arrays})

    @classmethod
    def load(cls, path: str | Path) -> History:
        """The history that was saved there, with its network. Raises FileError for a file that is none or is damaged, OSError."""
        path = path_of(path, 'History.load("run.npz")')
        try:
            return cls._of({name: _frozen(array) for name, array in load(path).items()})
        except (OSError, MemoryError):
            raise
        except Exception as error:  # a file that holds something else lacks this name or that
            reason = error.reason if isinstance(error, FileError) else "its arrays are others."
            raise FileError(path, f"it is no history, or it was damaged: {reason}") from error

    @classmethod
    def _of(cls, found: dict[str, ndarray]) -> History:
        """The history that these arrays were made from."""
        about = json.loads(found.pop("about").item())
        if about["format"] != FORMAT:
            raise ValueError
        group = lambda name: _in_order(found, name)  # noqa: E731
        history = cls(reason=about["reason"], settings=about["settings"], kept=found["kept"].tolist(), x=found["x"],
                      target=found["target"])
        if about["verdict"]:
            history.verdict = Verdict(**about["verdict"])
        for name in ("E", "gradient_norm", "penalty", "validation"):
            getattr(history, name).extend(found[name].tolist())
        history.error = ERRORS.get(about["settings"]["error"])
        if history.error is not None and about["settings"].get("mean"):
            history.error = partial(history.error, mean=True)
        history.weights = [list(weights) for weights in zip(*group("weights"))]
        if "validation x" in found:
            history.validation_set = found["validation x"], found["validation target"]
        memory = [group(f"memory {i}") for i in range(len({name.split("/")[0] for name in found if name.startswith("memory ")}))]
        history.last = about["last"], group("last"), tuple(memory)
        history.best = (about["best"], group("best")) if about["best"] is not None else None
        now = iter(group("now"))
        history.network = Network.of([Layer(next(now), next(now) if bias else None, f, name=str(n))
                                      for n, (f, bias) in enumerate(about["layers"], start=1)])
        return history


def room_for(weights: list[Any]) -> int:
    """Of how many passes weights of this size are kept."""
    return max(2, min(MOST_KEPT, int(MEMORY / sum(w.nbytes for w in weights))))


def norm(*gradients: ndarray) -> float:
    """|∇E| over all the weights together."""
    parts: list[float] = []
    for gradient in gradients:
        if gradient.size < 50:  # `hypot` of a few floats takes less than one call of NumPy's norm
            parts += gradient.ravel().tolist()
        else:
            parts.append(quietly(np.linalg.norm, gradient))
    return math.hypot(*parts)


def _in_order(found: dict[str, ndarray], group: str) -> list[ndarray]:
    return [found[f"{group}/{i}"] for i in range(sum(name.startswith(f"{group}/") for name in found))]


def _frozen(x: ndarray) -> ndarray:
    x.setflags(write=False)
    return x
