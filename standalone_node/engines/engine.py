"""What an engine is: the seam between sums over the data and where they are worked out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

#: Called in the client when a task has ended: its place among the items, and its result.
Done = Callable[[int, Any], None]


class Engine(Protocol):
    """Where work is done.

    Attributes
    ----------
    name : str
        What a user calls it.
    frugal : bool
        Whether memory where the shards are is for the shards alone unless somebody grants more.
    """

    name: str
    frugal: bool

    def place(
        self,
        make: Callable[..., Any],
        pieces: Sequence[Any],
        *shared: Any,
        sizes: Sequence[float] | None = None,
        ship: bool = False,
    ) -> Any:
        """Have pieces of the data made into groups that stay where they are.

        Parameters
        ----------
        make : callable
            ``make(first, pieces, *shared)`` gives the object of a group: of pieces that follow one
            another, the first of which has the number `first`.
        pieces : sequence
            In an order that the data alone decide.
        *shared
            What `broadcast` gave, or small values.
        sizes : sequence of float, optional
            What the pieces weigh; all alike if not given. Groups weigh about the same.
        ship : bool
            Whether pieces hold the data themselves, so that they have to be sent; else they are
            recipes, and whoever has a group makes it.

        Returns
        -------
        placed
            For `each`; the groups are given up when it is no longer referred to.
        """
        ...

    def broadcast(self, value: Any) -> Any:
        """Send a value to everybody, once; what is returned stands for it in arguments."""
        ...

    def each(self, work: Callable[..., Any], placed: Any, *arguments: Any) -> list[Any]:
        """The results of ``work(group, *arguments)``, called where each group is, in their order.

        `work` gives the same for the same arguments, as it may be called again.
        """
        ...

    def over(
        self,
        function: Callable[..., Any],
        items: Sequence[Any],
        *shared: Any,
        done: Done | None = None,
    ) -> list[Any]:
        """The results of ``function(item, *shared)``, in the order of the items.

        They do not depend on one another, and may be worked out in any order. `done` is told of
        each as it ends.
        """
        ...

    def close(self) -> None:
        """Give back what the engine itself has opened."""
        ...
