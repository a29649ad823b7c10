"""The named end states of a run, and the tests that lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class EndState:
    """How a run ended: a name, a sentence, and whether the run reached what it was asked for."""

    name: str
    sentence: str
    success: bool


_ALL = (
    EndState(
        "gradient", "The gradient norm fell to the tolerance times its value at the start.", True
    ),
    EndState("stationary", "The gradient at the start is zero: there is nothing to descend.", True),
    EndState(
        "cost", "The cost changed by less than the bound, relatively, over five iterations.", True
    ),
    EndState("discrepancy", "The residual reached the noise level (discrepancy principle).", True),
    EndState(
        "precision",
        "No step lowers the cost any further in floating-point numbers; more iterations would "
        "not help.",
        True,
    ),
    EndState(
        "stuck",
        "The cost falls no further although the gradient has not: the scale of the problem is out "
        "of range (a smaller horizon or scaled inputs would help), or the start is a solution.",
        False,
    ),
    EndState(
        "iterations",
        "The iteration limit was reached before the tolerance: raise max_iterations to go on.",
        False,
    ),
    EndState("callback", "The callback asked to stop.", False),
)

#: The table: the name of an end state, and what it means.
END_STATES = {state.name: state for state in _ALL}

#: Iterations over which the cost has to stand still.
WINDOW = 5
#: The discrepancy principle stops at this multiple of the noise level.
SAFETY = 1.1


@dataclass(frozen=True)
class Stopping:
    """The bounds of a run: relative gradient norm, relative cost change, iterations."""

    tolerance: float
    cost_tolerance: float
    max_iterations: int

    def verdict(self, norms: Sequence[float], costs: Sequence[float]) -> str | None:
        """The end state reached after the iterations so far, None if there is none yet."""
        if norms[0] == 0.0:
            return "stationary"
        if norms[-1] <= self.tolerance * norms[0]:
            return "gradient"
        if len(costs) > WINDOW and costs[-1 - WINDOW] - costs[-1] <= self.cost_tolerance * abs(
            costs[-1 - WINDOW]
        ):
            return "cost"
        return "iterations" if len(costs) > self.max_iterations else None
