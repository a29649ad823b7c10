"""Engines to test with: one of several groups in this process, which sends everything as bytes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any

from standalone_node.engines.cutting import groups_of


class Several:
    """As many groups as one likes, each of which sees copies of what it is sent.

    Attributes
    ----------
    calls : list of (str, list)
        What was called of each, with the arguments that were not broadcast.
    sent : list
        What was broadcast.
    """

    name = "several"

    def __init__(self, groups: int, *, frugal: bool = True) -> None:
        self.groups, self.frugal = groups, frugal
        self.calls: list[tuple[str, list[Any]]] = []
        self.sent: list[Any] = []

    def place(
        self,
        make: Callable[..., Any],
        pieces: Sequence[Any],
        *shared: Any,
        sizes: Sequence[float] | None = None,
        ship: bool = False,
    ) -> list[Any]:
        parts = groups_of(sizes or [1.0] * len(pieces), [1.0] * self.groups)
        given = [one.value if isinstance(one, Copied) else one for one in shared]
        return [copied(make(part.start, tuple(pieces[part]), *given)) for part in parts]

    def broadcast(self, value: Any) -> Copied:
        self.sent.append(value)
        return Copied(value)

    def each(self, work: Callable[..., Any], placed: list[Any], *arguments: Any) -> list[Any]:
        small = [one for one in arguments if not isinstance(one, Copied)]
        self.calls.append((work.__name__, small))
        found = []
        for k, group in enumerate(placed):
            given = [one.of(k) if isinstance(one, Copied) else one for one in arguments]
            found.append(copied(work(group, *given)))
        return found

    def over(
        self,
        function: Callable[..., Any],
        items: Sequence[Any],
        *shared: Any,
        done: Callable[[int, Any], None] | None = None,
    ) -> list[Any]:
        given = [one.value if isinstance(one, Copied) else one for one in shared]
        return [copied(function(copied(item), *given)) for item in items]

    def close(self) -> None:
        pass


class Copied:
    """A value of which each group has a copy of its own."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self._copies: dict[int, Any] = {}

    def of(self, group: int) -> Any:
        if group not in self._copies:
            self._copies[group] = copied(self.value)
        return self._copies[group]


def copied(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value, protocol=5))
