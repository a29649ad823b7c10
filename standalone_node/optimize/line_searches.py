"""The line searches of `minimize`: which step to try first, and how to check and repair it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from standalone_node.optimize.approximate_wolfe import approximate_wolfe
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.step_length import Array, Trial, proposed_step, strong_wolfe

#: The first step of "wolfe" grows and shrinks by at most this factor from one line to the next.
CHANGE = 10.0


@dataclass(frozen=True)
class Last:
    """The step done last: its length, and the slope of its line at the start.

    Before the first step the length is a mere guess and there is no slope.
    """

    eta: float = 1.0
    slope: float = float("nan")


#: The step to try first: (objective, start, direction, the last step) -> eta.
Proposal = Callable[[Objective, Trial, Array, Last], float]
#: A search: (objective, start, direction, the step to try first) -> Trial or None.
Search = Callable[[Objective, Trial, Array, float], Trial | None]


@dataclass(frozen=True)
class LineSearch:
    """A proposal, and the search that checks and repairs it."""

    proposal: Proposal
    search: Search

    def __call__(
        self, objective: Objective, start: Trial, direction: Array, last: Last
    ) -> Trial | None:
        """The step that is taken, None if none lowers the cost."""
        return self.search(
            objective, start, direction, self.proposal(objective, start, direction, last)
        )


def from_sensitivity(objective: Objective, start: Trial, direction: Array, last: Last) -> float:
    """The minimiser of the model of the line, by one sensitivity sweep."""
    return proposed_step(objective.line(start.u, direction), guess=last.eta)


def from_last_step(objective: Objective, start: Trial, direction: Array, last: Last) -> float:
    """The step that promises, to first order, the decrease that the last one did; by no sweep.

    The first one of all is Polyak's E / |slope|, which would lead to 0 if the line were straight.

    References
    ----------
    Nocedal and Wright, Numerical Optimization, 2nd ed., section 3.5, "Initial step length".
    """
    if not isfinite(last.slope):
        polyak = abs(start.cost) / -start.slope
        return polyak if isfinite(polyak) and polyak > 0.0 else last.eta
    ratio = last.slope / start.slope
    return last.eta * min(CHANGE, max(1.0 / CHANGE, ratio))


#: The table: a name and its line search.
LINE_SEARCHES: dict[str, LineSearch] = {
    "sensitivity": LineSearch(from_sensitivity, strong_wolfe),
    "approximate-wolfe": LineSearch(from_sensitivity, approximate_wolfe),
    "wolfe": LineSearch(from_last_step, strong_wolfe),
}
