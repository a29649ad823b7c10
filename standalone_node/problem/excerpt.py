"""Some rows of a problem, to measure a solution on when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.nodal import Parameters

if TYPE_CHECKING:
    from standalone_node.problem.accuracy import Accuracy

Array = NDArray[Any]

#: So many rows are measured on at most: the errors are means, and all rows would tell no more.
MOST_ROWS = 1000


@dataclass(frozen=True)
class Excerpt:
    """Rows of a problem, enough to measure a solution on, as a problem that is made when needed.

    Attributes
    ----------
    make : callable
        Returns the problem of these rows.
    counting : int
        How many rows of the problem count: those of weight 0 do not.
    of_rows : int
        How many rows the problem has.
    """

    make: Callable[[], Any]
    counting: int
    of_rows: int

    def fetched(self) -> Excerpt:
        """Itself: the rows are here."""
        return self

    def accuracy(self, p: Parameters) -> Accuracy:
        """How exact the solution p is on these rows."""
        from standalone_node.problem.accuracy import measured  # which knows all problems

        return measured(self.make(), p, counting=self.counting, of_rows=self.of_rows)


@dataclass(frozen=True)
class Unfetched:
    """An `Excerpt` whose rows are where they come from until somebody wants them.

    Attributes
    ----------
    fetched : callable
        Returns the excerpt.
    """

    fetched: Callable[[], Excerpt]

    def make(self) -> Any:
        """The problem of these rows, which are fetched for it."""
        return self.fetched().make()

    def accuracy(self, p: Parameters) -> Accuracy:
        """How exact the solution p is on these rows, which are fetched for it."""
        return self.fetched().accuracy(p)


def evenly(rows: int, most: int) -> Array:
    """The numbers of at most `most` of the rows, as far apart as can be.

    Examples
    --------
    >>> evenly(10, 4), evenly(3, 4)
    (array([0, 3, 6, 9]), array([0, 1, 2]))
    """
    if rows <= most:
        return np.arange(rows)
    return np.linspace(0, rows - 1, most).round().astype(np.intp)


def halved_grid(times: Array) -> Array:
    """The grid with the midpoints of its intervals.

    Examples
    --------
    >>> halved_grid(np.array([0.0, 1.0, 3.0]))
    array([0. , 0.5, 1. , 2. , 3. ])
    """
    found = np.empty(2 * times.size - 1)
    found[::2], found[1::2] = times, 0.5 * (times[:-1] + times[1:])
    return found
