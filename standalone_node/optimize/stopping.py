"""The named end states of a run, and the tests that lead to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    EndState(
        "stationary",
        "The gradient at the start is zero: there is nothing to descend. If the cost is not small, "
        "activations are saturated there, or it is a saddle: scale the inputs, or start elsewhere.",
        True,
    ),
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
    EndState(
        "epochs",
        "All epochs of batches were done: raise epochs if the cost should fall further.",
        True,
    ),
    EndState("time", "The time limit was reached before the tolerance: raise time_limit.", False),
    EndState(
        "validation",
        "The validation score has not risen for `patience` iterations; the best iterate is kept.",
        True,
    ),
    EndState(
        "overflow",
        "The state left the range of floating-point numbers after steps that were too long; the "
        "parameters of the lowest cost are kept. Lower rate, add a proximal term or a penalty, or "
        "use a smaller horizon.",
        False,
    ),
    EndState(
        "saturated",
        "The gradient vanished although the cost is above that of the start: steps that were too "
        "long have saturated the activations; the parameters of the lowest cost are kept. Lower "
        "rate, or add a penalty.",
        False,
    ),
    EndState("callback", "The callback asked to stop.", False),
)

#: The table: the name of an end state, and what it means.
END_STATES = {state.name: state for state in _ALL}

#: The ends that are limits: a run that is taken up with other ones goes on.
LIMITS = ("iterations", "time", "epochs")

#: Iterations over which the cost has to stand still.
WINDOW = 5
#: The discrepancy principle stops at this multiple of the noise level.
SAFETY = 1.1


@dataclass(frozen=True)
class Stopping:
    """The bounds of a run; None where there is none.

    Attributes
    ----------
    tolerance, cost_tolerance : float
        Of the relative gradient norm and the relative change of the cost.
    max_iterations : int
    residual : float, optional
        The root mean square residual to stop at: tau times the noise level.
    seconds : float, optional
    patience : int, optional
        Iterations without a better score.
    """

    tolerance: float
    cost_tolerance: float
    max_iterations: int
    residual: float | None = None
    seconds: float | None = None
    patience: int | None = None

    def verdict(
        self,
        norms: Sequence[float],
        costs: Sequence[float],
        *,
        residual: Callable[[], float],
        seconds: float,
        since_best: int,
    ) -> str | None:
        """The end state reached after the iterations so far, None if there is none yet.

        Parameters
        ----------
        norms, costs : sequence of float
            Of all iterates, the start first.
        residual : callable
            The residual of the newest iterate, asked for if there is a bound on it.
        seconds : float
            Since the start.
        since_best : int
            Iterations since the best score.
        """
        if self.residual is not None and residual() <= self.residual:
            return "discrepancy"
        if norms[0] == 0.0:
            return "stationary"
        if norms[-1] <= self.tolerance * norms[0]:
            return "gradient"
        if len(costs) > WINDOW:
            # Either way: with batches the cost may also rise.
            change, before = abs(costs[-1 - WINDOW] - costs[-1]), abs(costs[-1 - WINDOW])
            if change <= self.cost_tolerance * before:
                return "cost"
        if self.patience is not None and since_best >= self.patience:
            return "validation"
        return self.limit(len(costs), seconds)

    def limit(self, rows: int, seconds: float) -> str | None:
        """The limit that is reached after so many rows, the start included, and seconds."""
        if rows > self.max_iterations:
            return "iterations"
        return "time" if self.seconds is not None and seconds >= self.seconds else None
