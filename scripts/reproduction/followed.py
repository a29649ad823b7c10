"""Runs followed by a clock of their own, and when they reach a cost.

The clock is that of the processor: on one thread, these are the seconds that a run takes on a
machine that does nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class Course:
    """Iteration by iteration: the cost, seconds since the call, and sweeps of all kinds."""

    costs: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    sweeps: list[float] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)

    def first(self, cost: float, level: int | None = None) -> int | None:
        """The first iteration with that cost or a lower one, on that level if one is given."""
        low = np.asarray(self.costs) <= cost
        if level is not None:
            low &= np.asarray(self.levels) == level
        return int(np.argmax(low)) if low.any() else None

    def when(self, what: str, cost: float, level: int | None = None) -> float:
        """Seconds, sweeps or costs there; nan if the cost is not reached."""
        found = self.first(cost, level)
        return np.nan if found is None else float(getattr(self, what)[found])

    def iterations_to(self, cost: float) -> float:
        """Iterations to that cost; nan if it is not reached."""
        found = self.first(cost)
        return np.nan if found is None else float(found)


def follow(
    run: Callable[..., Any], *, until: float = -np.inf, level: int | None = None
) -> tuple[Course, Any]:
    """Call `run(callback)`; what is in between counts, making the problems included.

    The run is stopped where its cost is `until` or lower, on that level if one is given.
    """
    seen, began = Course(), process_time()

    def look(it: Any) -> None:
        seen.seconds.append(process_time() - began)
        seen.costs.append(it.cost)
        seen.sweeps.append(float(it.direct + it.adjoint + it.sensitivity))
        seen.levels.append(it.parameters.times.size - 1)
        if it.cost <= until and level in (None, seen.levels[-1]):
            raise StopIteration

    return seen, run(look)
