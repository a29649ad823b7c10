"""A line search for the approximate Wolfe conditions of Hager and Zhang."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from math import isfinite, nan

from standalone_node.optimize.objective import Objective
from standalone_node.optimize.step_length import (
    ROUNDING,
    TRIALS,
    Array,
    Trial,
    evaluate,
    with_slope,
)

#: delta and sigma of the conditions.
DECREASE, CURVATURE = 0.1, 0.9
#: gamma: by how much two secant steps have to shrink the interval, or it is bisected.
SHRINKAGE = 0.66
#: rho: the factor of the step while nothing bounds the line.
GROWTH = 5.0

#: A part of the search: yields the step to try next, is sent the trial, returns what it found.
Interval = tuple[Trial, Trial]
Search = Generator[float, Trial, Interval]


def approximate_wolfe(
    objective: Objective, start: Trial, direction: Array, eta: float
) -> Trial | None:
    """A step that satisfies the Wolfe or the approximate Wolfe conditions, `eta` tried first.

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
        With derivative; its cost is not above that of the start. If no trial meets the
        conditions, the lowest one that is below the start; None if there is none.

    Notes
    -----
    CG_DESCENT accepts a rise of the cost by eps_k. Here a step is accepted only if the cost does
    not rise: eps_k is a few units in the last place, and only the bookkeeping of the interval
    knows it, where the slopes still tell what the costs, by rounding, do not.

    References
    ----------
    Hager and Zhang: A new conjugate gradient method with guaranteed descent and an efficient line
    search, SIAM J. Optim. 16 (2005), section 4; the first bracket as in Algorithm 851,
    ACM Trans. Math. Softw. 32 (2006).
    """
    best: Trial | None = None
    search = _search(start, eta)
    eta = next(search)
    for count in range(TRIALS):
        # Every trial needs its slope, so that no adjoint sweep is done in vain.
        trial = evaluate(objective, start, direction, eta, ahead=count == 0)
        if isfinite(trial.cost):
            trial = with_slope(objective, trial, direction)
        if not isfinite(trial.cost) or not isfinite(trial.slope):
            trial = replace(trial, cost=float("inf"), slope=nan)
        if _is_accepted(trial, start):
            return trial
        if trial.cost < (start if best is None else best).cost:
            best = trial
        try:
            eta = search.send(trial)
        except StopIteration:
            break
    return best


def _is_accepted(trial: Trial, start: Trial) -> bool:
    if not (trial.cost <= start.cost and trial.slope >= CURVATURE * start.slope):
        return False
    decreases = trial.cost - start.cost <= DECREASE * trial.eta * start.slope
    return decreases or trial.slope <= (2.0 * DECREASE - 1.0) * start.slope


def _search(start: Trial, eta: float) -> Search:
    """The line search of the paper, steps L0 to L3."""
    low, high = yield from _bracket(start, eta)
    while high.eta - low.eta > 1e-10 * high.eta:
        width = high.eta - low.eta
        low, high = yield from _secant_twice(start, low, high)
        if high.eta - low.eta > SHRINKAGE * width:
            low, high = yield from _updated(start, low, high, 0.5 * (low.eta + high.eta))
    return low, high


def _bracket(start: Trial, eta: float) -> Search:
    """An interval with a slope down at its lower end, not above the start there, and up at its
    upper end (steps B1 to B3).
    """
    low = start
    while True:
        trial = yield eta
        if trial.slope >= 0.0:
            return low, trial
        if not _is_low(trial, start):
            return (yield from _bisected(start, start, trial))
        low, eta = trial, GROWTH * eta


def _secant_twice(start: Trial, a: Trial, b: Trial) -> Search:
    """The interval after one or two secant steps (S1 to S4)."""
    c = _secant(a, b)
    low, high = yield from _updated(start, a, b, c)
    again = nan
    if high is not b and high.eta == c:
        again = _secant(b, high)
    elif low is not a and low.eta == c:
        again = _secant(a, low)
    return (yield from _updated(start, low, high, again))


def _secant(a: Trial, b: Trial) -> float:
    """Where the straight line through both slopes vanishes."""
    rise = b.slope - a.slope
    return (a.eta * b.slope - b.eta * a.slope) / rise if rise != 0.0 else nan


def _updated(start: Trial, a: Trial, b: Trial, c: float) -> Search:
    """The interval [a, b] narrowed by a point c (U0 to U3); as it was if c is not inside."""
    if not a.eta < c < b.eta:
        return a, b
    trial = yield c
    if trial.slope >= 0.0:
        return a, trial
    if _is_low(trial, start):
        return trial, b
    return (yield from _bisected(start, a, trial))


def _bisected(start: Trial, a: Trial, b: Trial) -> Search:
    """A point with a slope upwards is sought below b, which is too high (U3)."""
    while b.eta - a.eta > 1e-10 * b.eta:
        trial = yield 0.5 * (a.eta + b.eta)
        if trial.slope >= 0.0:
            return a, trial
        a, b = (trial, b) if _is_low(trial, start) else (a, trial)
    return a, b


def _is_low(trial: Trial, start: Trial) -> bool:
    return trial.cost <= start.cost + ROUNDING * abs(start.cost)
