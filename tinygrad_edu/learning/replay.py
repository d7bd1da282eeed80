"""What an agent has been through, to be learnt from again and again, in an order that is not that of life (Lin 1992)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray


class Replay:
    """The last `room` transitions. names: of what each is made of, and its shape: Replay(10_000, x=(4,), action=(), reward=()).

    Raises ValueError for a transition that lacks something or has something else.
    """

    def __init__(self, room: int, **names: tuple[int, ...]) -> None:
        if isinstance(room, bool) or not isinstance(room, (int, np.integer)) or room < 1:
            raise ValueError(f"room is {room!r}; it is a whole number of transitions, from 1.")
        self.arrays = {name: np.zeros((room, *shape)) for name, shape in names.items()}
        self.room, self.seen = int(room), 0

    def __len__(self) -> int:
        return min(self.seen, self.room)

    def add(self, **transition: Any) -> None:
        """One more, in the place of the oldest if there is no room."""
        if transition.keys() != self.arrays.keys():
            raise ValueError(f"a transition has {', '.join(self.arrays)}, and this one {', '.join(transition)}.")
        for name, what in transition.items():
            self.arrays[name][self.seen % self.room] = what
        self.seen += 1

    def sample(self, size: int, generator: np.random.Generator) -> dict[str, ndarray]:
        """So many of them by chance, each as likely as any other, by name. Raises ValueError while there is none."""
        if not self.seen:
            raise ValueError("the replay buffer is empty: add a transition first.")
        chosen = generator.integers(len(self), size=size)
        return {name: array[chosen] for name, array in self.arrays.items()}

    def state(self) -> dict[str, ndarray]:
        return {"seen": np.array(self.seen), **{name: array[:len(self)].copy() for name, array in self.arrays.items()}}

    def restore(self, state: dict[str, ndarray]) -> None:
        for name, array in self.arrays.items():
            array[:len(state[name])] = state[name]
        self.seen = int(state["seen"])
