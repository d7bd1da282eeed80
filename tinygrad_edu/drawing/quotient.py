"""Quotients of a computation graph: nodes in groups, the arrows between them, order and cycles."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from tinygrad_edu.autodiff.value import Value


class Quotient:
    """Nodes in groups, by the key of each node. Groups are numbered from 0, by their first nodes.

    keys, members: of each group. group: of each node. users: for each group the other groups that
    an arrow leads to from it. inner: the groups of which a node is made from another one.
    """

    def __init__(self, nodes: Sequence[Value], key_of: Mapping[Value, Hashable]) -> None:
        numbers: dict[Hashable, int] = {}
        self.group = {node: numbers.setdefault(key_of[node], len(numbers)) for node in nodes}
        self.keys = list(numbers)
        self.members: list[list[Value]] = [[] for _ in numbers]
        self.users: list[dict[int, None]] = [
            {} for _ in numbers
        ]  # not sets: the same program gives the same order
        self.inner: set[int] = set()
        for node in nodes:
            user = self.group[node]
            self.members[user].append(node)
            for parent in node.parents:
                if parent is not None and self.group[parent] != user:
                    self.users[self.group[parent]][user] = None
                elif parent is not None:
                    self.inner.add(user)

    def ordered(self) -> list[int]:
        """The groups, each after those that lead into it, as far as possible by their last nodes.

        Raises ValueError if there is a cycle of several groups.
        """
        ages = [members[-1].born for members in self.members]
        group_of_age = {age: n for n, age in enumerate(ages)}
        missing = [0] * len(ages)
        for users in self.users:
            for user in users:
                missing[user] += 1
        ready = [age for age, n in zip(ages, missing) if not n]
        heapify(ready)
        order = []
        while ready:
            group = group_of_age[heappop(ready)]
            order.append(group)
            for user in self.users[group]:
                missing[user] -= 1
                if not missing[user]:
                    heappush(ready, ages[user])
        if len(order) < len(ages):
            raise ValueError("groups that lead into one another have no order.")
        return order

    def cycles(self) -> list[list[int]]:
        """Groups that lead into one another, and each group of which a node is made from another
        one, by itself."""
        return [found for found in self._components() if len(found) > 1 or found[0] in self.inner]

    def _components(self) -> Iterator[list[int]]:
        """Strongly connected components, by Tarjan's algorithm without recursion."""
        found: dict[int, int] = {}  # when a group was found
        oldest: dict[int, int] = {}  # that it leads back to, as far as is known
        path: list[int] = []
        done: set[int] = set()
        for start in range(len(self.users)):
            pending = [] if start in found else [(start, iter(self.users[start]))]
            while pending:
                group, users = pending[-1]
                if group not in found:
                    found[group] = oldest[group] = len(found)
                    path.append(group)
                user = next((user for user in users if user not in done), None)
                if user is None:
                    pending.pop()
                    if pending:
                        before = pending[-1][0]
                        oldest[before] = min(oldest[before], oldest[group])
                    if oldest[group] == found[group]:
                        component = [path.pop()]
                        while component[-1] != group:
                            component.append(path.pop())
                        done.update(component)
                        yield component[::-1]
                elif user in found:
                    oldest[group] = min(oldest[group], found[user])
                else:
                    pending.append((user, iter(self.users[user])))
