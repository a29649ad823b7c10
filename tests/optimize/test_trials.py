"""Which steps a line search tries, one after the other, and how many it takes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from curves import CURVES, Curve

from standalone_node.optimize.approximate_wolfe import approximate_wolfe
from standalone_node.optimize.step_length import (
    DECREASE,
    ROUNDING,
    TRIALS,
    Trial,
    proposed_step,
    strong_wolfe,
)

SEARCHES: dict[str, Any] = {"strong": strong_wolfe, "approximate": approximate_wolfe}
every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


class Watched(Curve):
    """Notes the points at which it is asked for its cost, and for its slope."""

    def __init__(self, value: Callable[[float], float], slope: Callable[[float], float]) -> None:
        super().__init__(value, slope)
        self.tried: list[float] = []
        self.ahead: list[bool] = []
        self.slopes = 0

    def cost(self, u: Any, *, ahead: bool = False) -> float:
        self.tried.append(float(u[0]))
        self.ahead.append(ahead)
        return super().cost(u)

    def derivative(self, u: Any) -> Any:
        self.slopes += 1
        return super().derivative(u)


def tried(name: str, eta: float, search: Any = strong_wolfe) -> list[float]:
    curve = Watched(CURVES[name].value, CURVES[name].slope)
    curve.search(eta, search)
    return curve.tried


# ------------------------------------------------- the strong conditions


@pytest.mark.parametrize(
    "name, eta, expected",
    [
        # Four times as far while the line falls,
        ("parabola", 1e-3, [0.001, 0.004, 0.016, 0.064, 0.256, 1.024]),
        # and then where a parabola through what is known has its minimum,
        ("parabola", 0.1, [0.1, 0.4, 1.6, 1.0]),
        ("parabola", 2.5, [2.5, 1.0]),
        # but no nearer to an end than a tenth of the way,
        ("parabola", 1e3, [1e3, 1e2, 10.0, 1.0]),
        # which is where infinite costs lead to.
        ("overflow", 20.0, [20.0, 2.0, 0.2, 0.38, 0.542, 0.6878]),
        ("not a number", 20.0, [20.0, 2.0, 0.2, 0.38, 0.542, 0.6878]),
    ],
)
def test_the_strong_conditions_are_sought_by_fours_and_parabolas(
    name: str, eta: float, expected: list[float]
) -> None:
    assert tried(name, eta) == pytest.approx(expected, rel=1e-9)


def test_a_step_that_is_higher_than_the_best_one_so_far_is_an_upper_end() -> None:
    """Though it is far below the start, and slopes down: what is looked for lies before it."""
    curve = Watched(lambda x: {0.0: 0.0, 1.0: -10.0, 4.0: -5.0}.get(x, -11.0), lambda x: -20.0)
    curve.slope = lambda x: {0.0: -20.0, 1.0: -10.0, 4.0: -10.0}.get(x, 0.0)
    step = curve.search(1.0)
    assert curve.tried[:2] == [1.0, 4.0] and 1.0 < curve.tried[2] < 4.0
    assert step is not None and step.cost == -11.0


def test_near_the_upper_end_a_trial_stays_a_tenth_away_from_it() -> None:
    """The parabola through a cost that is hardly too high would lead nearly there."""
    steep = Watched(lambda x: -x if x <= 1.0 else -1.0 + 50.0 * (x - 1.0), lambda x: -1.0)
    steep.search(1.02)
    low, high = 0.0, 1.02
    assert low + 0.1 * high <= steep.tried[1] <= low + 0.9 * high
    flat = Watched(
        lambda x: -x if x < 0.5 else 0.0 if x < 0.6 else 1e-9, lambda x: -1.0 if x < 0.5 else 1.0
    )
    flat.search(0.7)
    assert flat.tried[1] == pytest.approx(0.35, rel=1e-6)  # a parabola as high at both ends


# ------------------------------------------------- the approximate ones


@pytest.mark.parametrize(
    "name, eta, expected",
    [
        # Five times as far while the line falls,
        ("parabola", 1e-3, [0.001, 0.005, 0.025, 0.125]),
        # then where the straight line through two slopes vanishes,
        ("parabola", 50.0, [50.0, 1.0]),
        # or half way, where there are no slopes to go by.
        ("overflow", 10.0, [10.0, 5.0, 2.5, 1.25]),
        ("not a number", 10.0, [10.0, 5.0, 2.5, 1.25]),
    ],
)
def test_the_approximate_conditions_are_sought_by_fives_and_secants(
    name: str, eta: float, expected: list[float]
) -> None:
    assert tried(name, eta, approximate_wolfe) == pytest.approx(expected, rel=1e-9)


# ------------------------------------------------- both

COSTS = {
    ("strong", "steep side"): (6, 4, 1, 2, 4),
    ("strong", "waves"): (10, 5, 5, 6, 8),
    ("strong", "Moré-Thuente 1"): (6, 3, 1, 1, 4),
    ("strong", "Moré-Thuente 2"): (14, 10, 13, 12, 14),
    ("approximate", "steep side"): (4, 1, 1, 3, 13),
    ("approximate", "waves"): (6, 8, 7, 2, 5),
    ("approximate", "Moré-Thuente 1"): (5, 2, 1, 1, 1),
    ("approximate", "Moré-Thuente 2"): (8, 7, 8, 10, 19),
}


@pytest.mark.parametrize("search, name", COSTS)
def test_a_search_takes_so_many_evaluations_and_no_more(search: str, name: str) -> None:
    counts = tuple(len(tried(name, eta, SEARCHES[search])) for eta in (1e-3, 0.1, 1.0, 10.0, 1e3))
    assert counts == COSTS[search, name]


@every_search
@pytest.mark.parametrize("lowest", [0.3, 1.7, 40.0])
def test_where_no_step_meets_the_conditions_the_lowest_one_is_taken(
    search: Any, lowest: float
) -> None:
    """A slope that is none of this curve: -1 everywhere."""
    curve = Watched(lambda x: (x - lowest) ** 2, lambda x: -1.0)
    step = curve.search(1.0, search)
    assert step is not None and step.derivative is not None
    costs = [curve.value(eta) for eta in curve.tried]
    assert step.cost == curve.value(step.eta) == min(costs) < curve.value(0.0)
    assert len(curve.tried) <= TRIALS


@every_search
def test_a_line_that_falls_for_ever_is_followed_for_so_many_trials(search: Any) -> None:
    curve = Watched(lambda x: -x, lambda x: -1.0)
    step = curve.search(1.0, search)
    assert len(curve.tried) == TRIALS == 30
    assert step is not None and step.eta == max(curve.tried)


@every_search
def test_the_slope_is_likely_to_be_asked_for_at_the_first_step_only(search: Any) -> None:
    curve = Watched(CURVES["waves"].value, CURVES["waves"].slope)
    curve.search(1e-3, search)
    assert curve.ahead == [True] + [False] * (len(curve.tried) - 1)


def test_a_trial_that_is_too_high_costs_no_adjoint_sweep() -> None:
    curve = Watched(CURVES["parabola"].value, CURVES["parabola"].slope)
    curve.search(1e3)
    assert len(curve.tried) == 4 and curve.slopes == 1 + 1  # of the start, and of the step


@every_search
def test_a_slope_that_is_no_number_is_no_place_to_end(search: Any) -> None:
    curve = Watched(
        lambda x: (x - 1.0) ** 2, lambda x: np.nan if 0.8 < x < 1.3 else 2.0 * (x - 1.0)
    )
    step = curve.search(1.0, search)
    assert step is not None and np.isfinite(step.slope) and step.cost < 1.0


@every_search
def test_a_step_is_where_it_says_it_is(search: Any) -> None:
    step = CURVES["waves"].search(0.1, search)
    assert step is not None and step.derivative is not None
    assert step.u[0] == step.eta and step.slope == step.derivative[0]
    assert step.slope == CURVES["waves"].slope(step.eta)


# ------------------------------------------------- a decrease that rounding hides


def first_trial(rise: float, slope: float, cost: float = 1.0) -> Trial | None:
    """What is said of a step of 1 to a cost `rise` higher, where the slope is nearly nothing."""
    curve = Curve(
        lambda x: cost + (rise if x == 1.0 else 0.0 if x == 0.0 else 1.0), lambda x: slope * 1e-3
    )
    zero = Trial(0.0, np.zeros(1), cost, np.array([slope]), slope)
    return strong_wolfe(curve, zero, np.ones(1), 1.0)  # type: ignore[arg-type]


def test_a_decrease_below_the_last_places_need_not_show() -> None:
    small = ROUNDING / DECREASE
    assert first_trial(0.0, -0.99 * small) is not None  # as low as the start, to the last bit
    assert first_trial(0.0, -1.01 * small) is None  # it should be lower by now
    assert first_trial(2e-16, -0.99 * small) is None  # it never rises
    assert first_trial(0.0, -99.0 * small, cost=100.0) is not None
    assert first_trial(0.0, -99.0 * small, cost=-100.0) is not None


def test_the_decrease_asked_for_is_a_share_of_the_one_that_the_slope_promises() -> None:
    assert first_trial(-1.01 * DECREASE, -1.0) is not None
    assert first_trial(-0.99 * DECREASE, -1.0) is None


# ------------------------------------------------- the proposal


class Model:
    """A line model that counts how often it is asked."""

    def __init__(self, slope: Callable[[float], float], curvature: Callable[[float], float]):
        self._slope, self._curvature, self.asked = slope, curvature, 0

    def slope(self, eta: float) -> float:
        self.asked += 1
        return self._slope(eta)

    def curvature(self, eta: float) -> float:
        return self._curvature(eta)


def test_a_parabola_takes_one_step_of_newton() -> None:
    model = Model(lambda eta: 4.0 * eta - 6.0, lambda eta: 4.0)
    assert proposed_step(model) == 1.5 and model.asked == 2


def test_a_line_that_falls_for_ever_is_followed_by_a_bounded_number_of_eights() -> None:
    straight = Model(lambda eta: -1.0, lambda eta: 0.0)
    assert proposed_step(straight) == 8.0**50
    assert proposed_step(straight, guess=1e-6) == pytest.approx(1e-6 * 8.0**50, rel=1e-12)


@pytest.mark.parametrize("kink", [0.3, 77.0, 1e3])
def test_a_kink_is_enclosed_to_the_last_digits(kink: float) -> None:
    model = Model(lambda eta: -1.0 if eta < kink else 1.0, lambda eta: 0.0)
    assert proposed_step(model) == pytest.approx(kink, rel=2e-12)
    assert model.asked < 50


def test_newtons_method_takes_its_usual_few_steps() -> None:
    model = Model(lambda eta: np.sinh(eta - 2.0), lambda eta: np.cosh(eta - 2.0))
    assert proposed_step(model) == pytest.approx(2.0, rel=1e-7)
    assert model.asked <= 7


def test_newtons_method_is_at_home_where_the_curvature_varies() -> None:
    """Each step doubles the digits; a bisection would take some twenty more."""
    for lowest in (0.5, 3.0, 20.0):
        model = Model(
            lambda eta, lowest=lowest: np.arctan(eta - lowest),
            lambda eta, lowest=lowest: 1.0 / (1.0 + (eta - lowest) ** 2),
        )
        assert proposed_step(model) == pytest.approx(lowest, rel=1e-6)
        assert model.asked <= 12


def test_a_slope_of_nothing_is_the_end() -> None:
    model = Model(lambda eta: 0.0 if eta == 1.5 else eta - 1.5, lambda eta: 1.0)
    assert proposed_step(model) == 1.5 and model.asked == 2


def test_a_proposal_is_right_to_a_share_of_the_slope() -> None:
    model = Model(lambda eta: eta**3 - 8.0, lambda eta: 3.0 * eta**2)
    eta = proposed_step(model)
    assert abs(eta**3 - 8.0) <= 8e-8 and model.asked <= 12


def test_newtons_step_is_not_trusted_far_beyond_what_is_known() -> None:
    """The curvature at 0 says nothing of a line that bends further on."""
    model = Model(lambda eta: -1.0 if eta < 1e4 else eta - 1e4 - 1.0, lambda eta: 1e-9)
    asked: list[float] = []
    slope = model._slope
    model._slope = lambda eta: (asked.append(eta), slope(eta))[1]  # type: ignore[func-returns-value]
    assert proposed_step(model) == pytest.approx(1e4 + 1.0, rel=1e-6)
    growing = [eta for eta in asked[1:] if eta <= 1e9]
    assert all(after <= 8.0 * before * (1.0 + 1e-12) for before, after in pairwise(growing))


def test_an_overflowing_first_guess_is_replaced_by_the_one_given() -> None:
    model = Model(lambda eta: eta - 3.0 if eta > 0.0 else -1e300, lambda eta: 1e-300)
    asked: list[float] = []
    slope = model._slope
    model._slope = lambda eta: (asked.append(eta), slope(eta))[1]  # type: ignore[func-returns-value]
    proposed_step(model, guess=0.25)
    assert asked[1] == 0.25
