"""Nested lists, tuples and dicts of arrays, flattened to their leaves and rebuilt (JAX's pytrees).

A list or tuple of plain numbers is not a container: as in `Value([1.0, 2.0])` it is one array.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from numbers import Real
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.mistakes import ShapeError


def is_container(tree: Any) -> bool:
    """Return whether tree has leaves of its own, rather than being one."""
    if isinstance(tree, dict) or hasattr(tree, "_fields"):
        return True
    return isinstance(tree, (list, tuple)) and not all(map(_is_numeric, tree))


def _is_numeric(x: Any) -> bool:
    """Return whether x is a number or a nested list of numbers."""
    if isinstance(x, (list, tuple)):
        return not is_container(x)
    return isinstance(x, (Real, np.generic)) or (isinstance(x, np.ndarray) and not x.ndim)


def _children(tree: Any) -> list[tuple[str, Any]]:
    """The children of a container with their place in it, as it is written in Python."""
    if isinstance(tree, dict):
        return [(f"[{key!r}]", child) for key, child in tree.items()]
    return [(f"[{i}]", child) for i, child in enumerate(tree)]


def flatten(tree: Any, path: str = "") -> list[tuple[str, Any]]:
    """The leaves of a tree, depth first, each with its path such as "['w'][0]"."""
    if not is_container(tree):
        return [(path, tree)]
    return [leaf for place, child in _children(tree) for leaf in flatten(child, path + place)]


def flatten_like(tree: Any, like: Any, what: str, path: str = "") -> list[Any]:
    """The leaves of a tree in the order of those of `like`.

    Raises:
        ShapeError: where the two differ in structure, or in the shape of a leaf.
    """
    if not is_container(like):
        if is_container(tree) or np.shape(_numbers(tree)) != np.shape(_numbers(like)):
            came = f"a {type(tree).__name__}" if is_container(tree) else np.shape(_numbers(tree))
            raise ShapeError(f"{what}{path} is {came}, and {np.shape(_numbers(like))} is needed: "
                             "they must have the same shape.")
        return [tree]
    ours, theirs = dict(_children(like)), dict(_children(tree)) if is_container(tree) else {}
    if ours.keys() != theirs.keys():
        came = f"has the entries {', '.join(theirs)}" if theirs else f"is {tree!r:.40}"
        raise ShapeError(f"{what}{path} {came}, and the entries {', '.join(ours)} are needed: "
                         "they must have the same structure.")
    return [leaf for place, child in ours.items()
            for leaf in flatten_like(theirs[place], child, what, path + place)]


def _numbers(x: Any) -> Any:
    return x.output if hasattr(x, "__record__") else x


def rebuild(like: Any, leaves: Iterator[Any]) -> Any:
    """A tree of the structure of `like` with these leaves in their order."""
    if not is_container(like):
        return next(leaves)
    if isinstance(like, dict):
        tree = copy(like)  # an OrderedDict stays one
        tree.update((key, rebuild(child, leaves)) for key, child in like.items())
        return tree
    children = [rebuild(child, leaves) for child in like]
    return type(like)(*children) if hasattr(like, "_fields") else type(like)(children)


