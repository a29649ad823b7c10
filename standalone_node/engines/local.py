"""The engine that is always there: this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from standalone_node.engines.engine import Done


class Local:
    """All pieces are one group, and work is done by who asks for it, with the kernels' threads.

    Examples
    --------
    >>> engine = Local()
    >>> placed = engine.place(lambda first, pieces: list(pieces), [1, 2, 3])
    >>> engine.each(lambda group, factor: factor * sum(group), placed, 10)
    [60]
    """

    name = "local"
    frugal = False

    def place(
        self,
        make: Callable[..., Any],
        pieces: Sequence[Any],
        *shared: Any,
        sizes: Sequence[float] | None = None,
        ship: bool = False,
    ) -> list[Any]:
        """One group."""
        return [make(0, tuple(pieces), *shared)]

    def broadcast(self, value: Any) -> Any:
        """The value itself."""
        return value

    def each(self, work: Callable[..., Any], placed: list[Any], *arguments: Any) -> list[Any]:
        """The result of the one group."""
        return [work(group, *arguments) for group in placed]

    def over(
        self,
        function: Callable[..., Any],
        items: Sequence[Any],
        *shared: Any,
        done: Done | None = None,
    ) -> list[Any]:
        """The results, one after the other."""
        results = []
        for place, item in enumerate(items):
            results.append(function(item, *shared))
            if done is not None:
                done(place, results[-1])
        return results

    def close(self) -> None:
        """Nothing was opened."""
