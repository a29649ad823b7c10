"""The interval of Hager and Zhang: what it must keep, and how it is narrowed.

Its lower end is not above the start and slopes down, its upper end slopes up (4.4 of their paper);
so there is a point between them that satisfies the approximate Wolfe conditions.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from typing import Any

import numpy as np
import pytest

from standalone_node.optimize import approximate_wolfe as hz
from standalone_node.optimize.step_length import ROUNDING, Trial

START = Trial(0.0, np.zeros(1), 1.0, None, -1.0)


def point(eta: float, cost: float, slope: float) -> Trial:
    return Trial(eta, np.array([eta]), cost, None, slope)


class Line:
    """Answers the questions of a part of the search, and notes them."""

    def __init__(self, cost: Callable[[float], float], slope: Callable[[float], float]) -> None:
        self.cost, self.slope = cost, slope
        self.tried: list[float] = []

    def at(self, eta: float) -> Trial:
        return point(eta, self.cost(eta), self.slope(eta))

    def answer(self, part: Any) -> tuple[Trial, Trial]:
        try:
            eta = next(part)
            while True:
                self.tried.append(eta)
                eta = part.send(self.at(eta))
        except StopIteration as end:
            found: tuple[Trial, Trial] = end.value
            return found


def parabola(lowest: float = 1.0) -> Line:
    return Line(lambda x: (x - lowest) ** 2, lambda x: 2.0 * (x - lowest))


# ------------------------------------------------------------------ one point more


@pytest.mark.parametrize("c", [0.0, -1.0, 3.0, 3.5, float("nan")])
def test_a_point_that_is_not_inside_leaves_the_interval_as_it_is(c: float) -> None:
    line = parabola()
    a, b = line.at(0.0), line.at(3.0)
    assert line.answer(hz._updated(START, a, b, c)) == (a, b) and line.tried == []


@pytest.mark.parametrize("c, side", [(0.5, "lower"), (2.0, "upper"), (1.0, "upper")])
def test_a_point_inside_takes_the_place_of_the_end_on_its_side(c: float, side: str) -> None:
    """Where the slope is nothing it counts as one upwards."""
    line = parabola()
    a, b = line.at(0.0), line.at(3.0)
    low, high = line.answer(hz._updated(START, a, b, c))
    assert line.tried == [c]
    assert (low.eta, high.eta) == ((c, 3.0) if side == "lower" else (0.0, c))
    assert (low is a) == (side == "upper") and (high is b) == (side == "lower")


def hill(x: float) -> float:
    """Down to 0.5, up to a hill at 2 that is higher than the start, down, and up from 4 on."""
    return float(1.0 - x + (3.0 * np.exp(-((x - 2.0) ** 2) / 0.3)) + 0.05 * x**3)


def hill_slope(x: float) -> float:
    bump = 3.0 * np.exp(-((x - 2.0) ** 2) / 0.3)
    return float(-1.0 - 2.0 * (x - 2.0) / 0.3 * bump + 0.15 * x**2)


def test_behind_a_hill_the_search_goes_back_before_it() -> None:
    """2.2 slopes down, but from a cost above the start: half way to the lower end is next."""
    line = Line(hill, hill_slope)
    a, b = line.at(0.0), line.at(6.0)
    assert hill(2.2) > 1.0 and hill_slope(2.2) < 0.0 < hill_slope(6.0)
    low, high = line.answer(hz._updated(START, a, b, 2.2))
    assert hill_slope(1.1) > 0.0
    assert line.tried == [2.2, 1.1] and (low.eta, high.eta) == (0.0, 1.1)


def test_half_way_points_above_the_start_move_the_upper_end_and_lower_ones_the_lower() -> None:
    high_points = Line(lambda x: 2.0 if x > 0.3 else 0.5, lambda x: -1.0 if x < 0.25 else 1.0)
    high_points.slope = lambda x: 1.0 if 0.25 <= x <= 0.3 else -1.0
    low, high = high_points.answer(hz._bisected(START, high_points.at(0.0), high_points.at(2.0)))
    assert high_points.tried == [1.0, 0.5, 0.25]
    assert (low.eta, high.eta) == (0.0, 0.25)
    steps = Line(lambda x: 0.5 if x < 1.2 else 2.0, lambda x: -1.0)
    low, high = steps.answer(hz._bisected(START, steps.at(0.0), steps.at(2.0)))
    assert steps.tried[:4] == [1.0, 1.5, 1.25, 1.125]
    # Without any slope upwards the interval ends at the last digits.
    assert low.eta < 1.2 <= high.eta and high.eta - low.eta <= 1e-10 * high.eta
    assert 0.25e-10 * high.eta <= high.eta - low.eta


def test_what_is_low_is_so_to_the_last_places() -> None:
    for cost in (1.0, -1.0, 100.0):
        start = point(0.0, cost, -1.0)
        edge = cost + ROUNDING * abs(cost)
        assert hz._is_low(point(1.0, edge, -1.0), start)
        assert hz._is_low(point(1.0, cost, -1.0), start)
        assert not hz._is_low(point(1.0, float(np.nextafter(edge, np.inf)), -1.0), start)
    assert hz._is_low(point(1.0, 0.0, -1.0), point(0.0, 0.0, -1.0))


# ------------------------------------------------------------------ secants


def test_a_secant_vanishes_where_its_straight_line_does() -> None:
    assert hz._secant(point(1.0, 0.0, -2.0), point(3.0, 0.0, 2.0)) == 2.0
    assert hz._secant(point(0.0, 0.0, -1.0), point(4.0, 0.0, 3.0)) == 1.0
    assert isnan(hz._secant(point(1.0, 0.0, 2.0), point(3.0, 0.0, 2.0)))


def root(slope: Callable[[float], float], x: float, y: float) -> float:
    return (x * slope(y) - y * slope(x)) / (slope(y) - slope(x))


@pytest.mark.parametrize("bend", [1.0, -1.0])
def test_the_second_secant_starts_from_the_end_that_the_first_one_moved(bend: float) -> None:
    """A slope that bends upwards puts the first point below the minimum, else above it."""

    def slope(x: float) -> float:
        return float(x - 1.0 + 0.3 * bend * (x * x - 1.0))

    line = Line(lambda x: 0.5 * x * x - x + 0.1 * bend * (x**3 - 3.0 * x) + 1.0, slope)
    a, b = line.at(0.0), line.at(1.5)
    low, high = line.answer(hz._secant_twice(START, a, b))
    c = root(slope, 0.0, 1.5)
    assert (slope(c) < 0.0) == (bend > 0.0)
    expected = [c, root(slope, 0.0, c) if bend > 0.0 else root(slope, 1.5, c)]
    inside = expected[1] if c < expected[1] < 1.5 or 0.0 < expected[1] < c else None
    assert line.tried == pytest.approx([c] if inside is None else expected)
    assert low.slope < 0.0 <= high.slope and high.eta - low.eta < 1.5


def test_where_the_first_secant_meets_the_minimum_there_is_no_second() -> None:
    line = parabola()
    low, high = line.answer(hz._secant_twice(START, line.at(0.0), line.at(3.0)))
    assert line.tried == [1.0] and (low.eta, high.eta) == (0.0, 1.0)


# ------------------------------------------------------------------ the first interval


def test_the_first_interval_grows_by_fives_until_the_slope_rises() -> None:
    falling = Line(lambda x: -x if x < 30.0 else x, lambda x: -1.0 if x < 30.0 else 1.0)
    low, high = falling.answer(hz._bracket(START, 1.0))
    assert falling.tried == [1.0, 5.0, 25.0, 125.0] and (low.eta, high.eta) == (25.0, 125.0)


def test_a_slope_of_nothing_ends_the_first_interval() -> None:
    line = parabola()
    low, high = line.answer(hz._bracket(START, 1.0))
    assert line.tried == [1.0] and low is START and high.eta == 1.0


def test_a_first_step_that_is_too_high_is_halved_from_the_start() -> None:
    line = Line(hill, hill_slope)
    low, high = line.answer(hz._bracket(START, 2.2))
    assert line.tried == [2.2, 1.1] and (low.eta, high.eta) == (0.0, 1.1)


def test_whatever_the_line_the_interval_keeps_what_it_must() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        a, b, phase = rng.uniform(0.5, 3.0, size=3)

        def cost(x: float, a: float = a, b: float = b, phase: float = phase) -> float:
            return float(0.02 * x * x - 0.3 * x + a * (np.cos(b * x + phase) - np.cos(phase)) + 1.0)

        def slope(x: float, a: float = a, b: float = b, phase: float = phase) -> float:
            return float(0.04 * x - 0.3 - a * b * np.sin(b * x + phase))

        if slope(0.0) >= 0.0:
            continue
        line, start = Line(cost, slope), point(0.0, 1.0, slope(0.0))
        low, high = line.answer(hz._search(start, float(rng.uniform(0.1, 9.0))))
        assert low.eta < high.eta and high.eta - low.eta <= 1e-9 * high.eta
        assert low.slope < 0.0 <= high.slope and low.cost <= 1.0 + ROUNDING
        assert len(line.tried) < 60


# ------------------------------------------------------------------ what is accepted


@pytest.mark.parametrize(
    "cost, slope, accepted",
    [
        (0.9, -0.9, True),  # as steep as allowed
        (0.9, -0.9001, False),
        (0.8999, 5.0, True),  # a steep rise is no harm where the cost fell by a tenth of the slope
        (0.9001, 5.0, False),
        (1.0, -0.8, True),  # not lower, but flat enough: between -0.9 and 0.8 of the slope
        (1.0, 0.8, True),
        (1.0, 0.8001, False),
        (1.0000001, 0.0, False),  # it never rises
    ],
)
def test_a_step_is_accepted_by_the_wolfe_or_the_approximate_conditions(
    cost: float, slope: float, accepted: bool
) -> None:
    assert bool(hz._is_accepted(point(1.0, cost, slope), START)) == accepted
    twice = point(0.0, 1.0, -2.0)
    assert bool(hz._is_accepted(point(0.5, cost, 2.0 * slope), twice)) == accepted
