"""The choice of a time grid by the estimated error of its steps.

An embedded Runge-Kutta pair estimates the error of a step. The controller makes steps whose error
is within the tolerance and hardly smaller, with a proportional-integral rule, which rejects fewer
steps than one that looks at the last error alone. It knows nothing of fields and batches: it asks
a `Stepper` for the error of a step that is tried.

References
----------
E. Hairer, S. P. Norsett and G. Wanner, Solving Ordinary Differential Equations I, 2nd ed.,
Springer 1993, section II.4. K. Gustafsson, Control-theoretic techniques for stepsize selection in
explicit Runge-Kutta methods, ACM Trans. Math. Softw. 17 (1991).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.tableaux import EMBEDDED, tableau

Array = NDArray[Any]

#: Aim at this share of the step at which the error would meet the tolerance.
SAFETY = 0.9
#: Share of the integral part; 0 would look at the last error alone.
INTEGRAL = 0.2
#: A step is at most this many times shorter or longer than the one before.
SHORTER, LONGER = 0.2, 10.0
#: Trial steps a grid may take.
MOST_TRIALS = 20_000
#: A step below this share of the horizon is none.
LEAST_SHARE = 1e-13


@dataclass(frozen=True)
class Tolerance:
    """What the error of a step in a component x of the state has to stay below: atol + rtol |x|."""

    rtol: float
    atol: float

    def scale(self, *states: Array) -> Array:
        """The bound for each entry, from the larger one of the states."""
        largest = np.abs(states[0])
        for state in states[1:]:
            np.maximum(largest, np.abs(state), out=largest)
        return self.atol + self.rtol * largest


def read_tolerance(
    rtol: float | None, atol: float | None, scheme: str, dtype: np.dtype[Any]
) -> Tolerance | None:
    """The tolerance that two arguments mean, None if both are None.

    Where one is given, the other one is equal to it: states are of the order of one.
    """
    if rtol is None and atol is None:
        return None
    rtol, atol = atol if rtol is None else rtol, rtol if atol is None else atol
    for name, value in (("rtol", rtol), ("atol", atol)):
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not 0.0 <= float(value) < inf:  # type: ignore[arg-type]
            raise ArgumentError(f"{name} = {value!r} has to be a finite number, 0 or larger")
    assert rtol is not None and atol is not None
    if atol == 0.0:
        raise ArgumentError("atol = 0 asks for no error at all where the state is 0: raise it")
    least = 100.0 * float(np.finfo(dtype).eps)
    if max(rtol, atol) < least:
        raise ArgumentError(
            f"rtol = {rtol:g} and atol = {atol:g} ask for more than {dtype} can tell: "
            f"one of them has to be at least {least:.1g}"
        )
    if not tableau(scheme).embedded:
        raise ArgumentError(
            f"the scheme {scheme!r} does not estimate its error, which rtol and atol need: "
            f"choose one of {', '.join(EMBEDDED)}"
        )
    return Tolerance(float(rtol), float(atol))


class Stepper(Protocol):
    """A state that can be carried along by steps that are tried first."""

    def first_step(self) -> float:
        """A length of the first step that is likely to be accepted."""
        ...

    def attempt(self, t: float, end: float) -> float:
        """The error of the step from t to `end` in units of the tolerance, inf if it overflows."""
        ...

    def accept(self) -> None:
        """Take the step that was tried last."""
        ...


@dataclass(frozen=True, eq=False)
class Chosen:
    """A grid: its times (N + 1,), the number of steps that were tried, the largest error."""

    times: Array
    trials: int
    error: float


def choose_grid(stepper: Stepper, horizon: float, order: int, stops: Array) -> Chosen:
    """A grid from 0 to the horizon on which the error of each step is within the tolerance.

    Parameters
    ----------
    stepper : Stepper
        At t = 0.
    horizon : float
    order : int
        Of the scheme; the error of a step is estimated to this order.
    stops : ndarray
        Times inside at which a step has to end.

    Raises
    ------
    StateOverflow
        If no step is short enough for the state to stay finite.
    ArgumentError
        If the tolerance asks for steps of no length, or for more than `MOST_TRIALS`.
    """
    goals = [t for t in np.unique(stops) if 0.0 < t < horizon] + [horizon]
    times, worst, previous = [0.0], 0.0, 1.0
    h, rejected, trials = min(horizon, stepper.first_step()), False, 0
    for goal in goals:
        while times[-1] < goal:
            t = times[-1]
            end, free = _end(t, h, goal)
            trials += 1
            error = stepper.attempt(t, end)
            _check(t, end - t, horizon, trials, error)
            factor = _factor(error, previous, order)
            if error <= 1.0:
                stepper.accept()
                times.append(end)
                worst, previous = max(worst, error), max(error, 1e-4)
                longer = (end - t) * min(factor, 1.0 if rejected else LONGER)
                # A step cut short by a goal says nothing against the length it would have had.
                h = longer if free else max(h, longer)
                rejected = False
            else:
                h, rejected = (end - t) * min(factor, SAFETY), True
    return Chosen(np.array(times), trials, worst)


def _end(t: float, h: float, goal: float) -> tuple[float, bool]:
    """Where a step of about h ends, and whether this is h: at the goal, or half way to it."""
    left = goal - t
    if h >= left * (1.0 - 1e-10):
        return goal, h <= left * (1.0 + 1e-10)
    if 2.0 * h > left:
        return t + 0.5 * left, False
    return t + h, True


def _factor(error: float, previous: float, order: int) -> float:
    """How many times longer the next step should be."""
    if not isfinite(error):
        return SHORTER
    share = INTEGRAL / order
    power = 1.0 / order - 0.75 * share
    factor = SAFETY * max(error, 1e-10) ** -power * previous**share
    return min(LONGER, max(SHORTER, factor))


def _check(t: float, h: float, horizon: float, trials: int, error: float) -> None:
    if error <= 1.0 and trials < MOST_TRIALS:
        return
    if h > LEAST_SHARE * horizon and trials < MOST_TRIALS:
        return
    if not isfinite(error):
        raise StateOverflow(
            f"the state overflows at t = {t:g} however short the steps are: use a smaller "
            "horizon, scale the inputs down, or start from smaller parameters"
        )
    what = f"more than {MOST_TRIALS} steps" if trials >= MOST_TRIALS else "steps of no length"
    raise ArgumentError(f"rtol and atol ask for {what} at t = {t:g}: use larger ones")


def error_on(stepper: Stepper, times: Array) -> float:
    """The largest error of a step of a given grid, in units of the tolerance."""
    worst = 0.0
    for t, end in pairwise(times):
        error = stepper.attempt(float(t), float(end))
        if not isfinite(error):
            return inf
        worst = max(worst, error)
        stepper.accept()
    return worst
