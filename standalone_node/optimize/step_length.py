"""The step length: proposed by the sensitivity problem, checked and repaired on the true cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.sums import inner
from standalone_node.optimize.objective import Line, Objective

Array = NDArray[Any]

#: Sufficient decrease: E(u + eta d) <= E(u) + DECREASE * eta * slope.
DECREASE = 1e-4
#: Curvature: the slope at the end is at most this share of the slope at the start. Below 1/2, as
#: Fletcher-Reeves directions need to be directions of descent (Al-Baali 1985).
CURVATURE = 0.4
#: The proposed step is where the slope of the model has fallen to this share.
FLAT = 1e-8
#: Direct sweeps one line search may take.
TRIALS = 30
#: Changes of the cost below this share of it are rounding.
ROUNDING = 4.0 * float(np.finfo(np.float64).eps)


def proposed_step(line: Line, *, guess: float = 1.0) -> float:
    """The minimiser over eta > 0 of the convex `line`, by Newton's method inside a bracket.

    One Newton step for a parabola, a few for the other losses; no sweep is needed. Where the model
    falls for ever (separable data without penalty) the last of a bounded number of doublings.
    """
    start = line.slope(0.0)
    low, high = 0.0, np.inf
    curvature = line.curvature(0.0)
    eta = -start / curvature if curvature > 0.0 and isfinite(start / curvature) else guess
    for _ in range(50):
        slope, curvature = line.slope(eta), line.curvature(eta)
        if abs(slope) <= FLAT * abs(start) or high - low <= 1e-12 * eta:
            break
        low, high = (eta, high) if slope < 0.0 else (low, eta)
        newton = eta - slope / curvature if curvature > 0.0 else np.inf
        # Outside the bracket, or far beyond what is known, Newton's step is not trusted.
        limit = min(high, 8.0 * eta)
        eta = (
            newton
            if low < newton < limit
            else (8.0 * eta if high == np.inf else 0.5 * (low + high))
        )
    return float(eta)


@dataclass(frozen=True, eq=False)
class Trial:
    """A point u + eta d on the line: its cost, and if it was worth an adjoint sweep, its slope."""

    eta: float
    u: Array
    cost: float
    derivative: Array | None = None
    slope: float = float("nan")


def strong_wolfe(objective: Objective, start: Trial, direction: Array, eta: float) -> Trial | None:
    """A step that satisfies the strong Wolfe conditions, tried first at `eta`.

    Parameters
    ----------
    objective : Objective
    start : Trial
        eta = 0, with derivative and negative slope.
    direction : ndarray
    eta : float
        The step to try first.

    Returns
    -------
    Trial or None
        With derivative; its cost is not above that of the start. If no trial meets the curvature
        condition, the best one with sufficient decrease that is below the start; None if there is
        none.

    References
    ----------
    Nocedal and Wright, Numerical Optimization, 2nd ed., algorithms 3.5 and 3.6, in one loop.
    """
    low, high, best = start, None, None
    for count in range(TRIALS):
        # The proposed step is nearly always accepted, and then its derivative is needed.
        trial = evaluate(objective, start, direction, eta, ahead=count == 0)
        if _too_high(trial, start) or (low is not start and trial.cost > low.cost):
            high = trial
        else:
            trial = with_slope(objective, trial, direction)
            if not isfinite(trial.slope):
                trial = replace(trial, cost=np.inf)
            elif abs(trial.slope) <= -CURVATURE * start.slope:
                return trial
            if trial.cost < (start if best is None else best).cost:
                best = trial
            low, high = (trial, high) if trial.slope < 0.0 else (low, trial)
        eta = _next(low, high)
        if high is not None and abs(high.eta - low.eta) <= 1e-10 * high.eta:
            break
    return best


def evaluate(
    objective: Objective, start: Trial, direction: Array, eta: float, *, ahead: bool
) -> Trial:
    """A trial without slope; `ahead` if the slope will most likely be asked for next."""
    u = objective.step(start.u, direction, eta, ahead=ahead)
    return Trial(eta, u, objective.cost(u, ahead=ahead))


def with_slope(objective: Objective, trial: Trial, direction: Array) -> Trial:
    """The trial with derivative and slope, by an adjoint sweep."""
    derivative = objective.derivative(trial.u)
    slope = inner(derivative, direction)
    return Trial(trial.eta, trial.u, trial.cost, derivative, slope)


def _too_high(trial: Trial, start: Trial) -> bool:
    """Whether the cost fails to decrease sufficiently, and that not by rounding alone."""
    if not trial.cost <= start.cost:
        return True
    required = -DECREASE * trial.eta * start.slope
    return trial.cost > start.cost - required and required > ROUNDING * abs(start.cost)


def _next(low: Trial, high: Trial | None) -> float:
    """The next trial: beyond `low` while nothing bounds the line, else between the two."""
    if high is None:
        return 4.0 * low.eta
    width = high.eta - low.eta
    if not isfinite(high.cost):
        return low.eta + 0.1 * width
    # The parabola through both costs and the slope at `low`, kept away from the ends.
    bend = high.cost - low.cost - low.slope * width
    share = -0.5 * low.slope * width / bend if bend > 0.0 else 0.5
    return low.eta + min(0.9, max(0.1, share)) * width
