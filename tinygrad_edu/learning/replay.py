"""What an agent has been through, to be learnt from again and again, in an order that is not that of life (Lin 1992)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.value import plain
from tinygrad_edu.network.sampling import check_generator
from tinygrad_edu.network.settings import whole_number


class Replay:
    """The last `room` transitions, each a copy: Replay(10_000, x=(4,), action=(), reward=()).

    A transition is kept as it came: of the shape that was announced, in a dtype that holds all
    numbers so far exactly, so that integers come back as integers.

    Args:
        room: how many transitions there is room for; the oldest makes room for a new one.
        names: of what each transition is made of, with its shape; () is one number.

    Raises:
        ValueError: room or a shape is no whole number from 1, or there are no names.
    """

    def __init__(self, room: int, **names: tuple[int, ...]) -> None:
        self.room, self.seen = whole_number("room", room, 1), 0
        if not names:
            raise ValueError("a replay buffer keeps parts by name and shape: "
                             "Replay(10_000, x=(4,), action=(), reward=()).")
        self.arrays = {name: np.zeros((self.room, *_shape(name, shape)), bool)  # the dtype widens
                       for name, shape in names.items()}

    def __len__(self) -> int:
        return min(self.seen, self.room)

    def add(self, **transition: Any) -> None:
        """Keep a copy of one more transition.

        Raises:
            ValueError: it lacks something or has something else, or is of another shape, or has
                a number that is not finite; nothing has been kept then.
        """
        if transition.keys() != self.arrays.keys():
            raise ValueError(f"a transition has {', '.join(self.arrays)}, "
                             f"and this one {', '.join(transition)}.")
        checked = {name: _checked(name, part, self.arrays[name].shape[1:])
                   for name, part in transition.items()}
        widened = {name: _holding(name, self.arrays[name], part) for name, part in checked.items()}
        for name, part in checked.items():
            widened[name][self.seen % self.room] = part
        self.arrays = widened
        self.seen += 1

    def sample(self, size: int, generator: np.random.Generator) -> dict[str, ndarray]:
        """Draw transitions by chance, each as likely as any other.

        Returns:
            {name: (size, ...)}

        Raises:
            ValueError: there is none yet, or size is no whole number from 1.
            TypeError: the generator is not NumPy's.
        """
        check_generator(generator)
        size = whole_number("size", size, 1)
        if not self.seen:
            raise ValueError("the replay buffer is empty: add a transition first.")
        chosen = generator.integers(len(self), size=size)
        return {name: array[chosen] for name, array in self.arrays.items()}

    def state(self) -> dict[str, ndarray]:
        return {"seen": np.array(self.seen),
                **{name: array[:len(self)].copy() for name, array in self.arrays.items()}}

    def restore(self, state: dict[str, ndarray]) -> None:
        """Go back to a state.

        Raises:
            ValueError: it is of another buffer; nothing has been changed then.
        """
        lacking = [name for name in ("seen", *self.arrays) if name not in (state or {})]
        if lacking:
            raise ValueError(f"the state lacks {lacking[0]!r}, which this buffer keeps.")
        seen = int(state["seen"])
        shapes = {name: (min(seen, self.room), *array.shape[1:])
                  for name, array in self.arrays.items()}
        kept = {name: np.asarray(state[name]) for name in self.arrays}
        if {name: array.shape for name, array in kept.items()} != shapes:
            raise ValueError("the state is of a replay buffer with another room or other shapes.")
        self.arrays = {name: _holding(name, array, kept[name])
                       for name, array in self.arrays.items()}
        for name, array in kept.items():
            self.arrays[name][:len(array)] = array
        self.seen = seen


def _shape(name: str, shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, (tuple, list)):
        raise ValueError(f"{name} is {shape!r:.60}; it is a shape: (4,) for four numbers, () for "
                         "one.")
    return tuple(whole_number(f"the shape {shape} of {name}: a size", size, 1) for size in shape)


def _checked(name: str, part: Any, shape: tuple[int, ...]) -> ndarray:
    """The part as an array of finite numbers of that shape; NumPy would stretch (1,) to (4,)."""
    try:
        array = np.asarray(plain(part))
    except ValueError:
        raise ShapeError(f"{name} is ragged, {part!r:.60}; the buffer keeps arrays of shape "
                         f"{shape}.") from None
    if array.dtype.kind not in "biuf" or np.ma.isMaskedArray(part):
        raise ValueError(f"{name} is {part!r:.60}; the buffer keeps numbers, integers or floats.")
    if array.shape != shape:
        kept = f"arrays of shape {shape}" if shape else "one number of it, such as float(v[0])"
        raise ShapeError(f"{name} is of shape {array.shape}; the buffer keeps {kept}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} is {part!s:.60}; only finite numbers can be learnt from.")
    return array


def _holding(name: str, array: ndarray, part: ndarray) -> ndarray:
    """The array, in a dtype that holds the part's numbers as well."""
    dtype = np.result_type(array, part)
    for old in (array, part):
        if old.dtype != dtype and not _exact(old, dtype):
            raise ValueError(f"{name} comes as {part.dtype} after {array.dtype}, and {dtype} does "
                             "not hold both exactly. Give one dtype from the start.")
    return array if array.dtype == dtype else array.astype(dtype)


@np.errstate(invalid="ignore")  # an integer that is too large for the way back
def _exact(numbers: ndarray, dtype: np.dtype[Any]) -> bool:
    return bool((numbers.astype(dtype).astype(numbers.dtype) == numbers).all())
