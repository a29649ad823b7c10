"""The line searches: what they ask of a step, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from curves import CURVES, Curve
from quadratic import quadratic
from small_problems import PROBLEMS, run

from standalone_node import Sobolev, minimize
from standalone_node.optimize import approximate_wolfe as hz
from standalone_node.optimize import step_length as strong
from standalone_node.optimize.betas import BETAS
from standalone_node.optimize.line_searches import LINE_SEARCHES, Last, from_last_step
from standalone_node.optimize.step_length import Trial

every_search = pytest.mark.parametrize("search", LINE_SEARCHES)
CONJUGATE = sorted(set(BETAS) - {"SD"})
#: Those whose first step is that of the sensitivity problem.
SENSITIVE = ("sensitivity", "approximate-wolfe")


def strong_conditions(rise: float, eta: float, slope: float, new_slope: float) -> bool:
    return rise <= strong.DECREASE * eta * slope and abs(new_slope) <= -strong.CURVATURE * slope


def approximate_conditions(rise: float, eta: float, slope: float, new_slope: float) -> bool:
    """(4.1), or (4.2) of Hager and Zhang 2005 without the eps_k of the latter."""
    wolfe = rise <= hz.DECREASE * eta * slope
    approximate = rise <= 0.0 and new_slope <= (2.0 * hz.DECREASE - 1.0) * slope
    return (wolfe or approximate) and new_slope >= hz.CURVATURE * slope


CONDITIONS: dict[str, Callable[[float, float, float, float], bool]] = {
    "sensitivity": strong_conditions,
    "approximate-wolfe": approximate_conditions,
    "wolfe": strong_conditions,
}


def test_the_conditions_of_every_search_are_known() -> None:
    assert set(CONDITIONS) == set(LINE_SEARCHES)


@every_search
@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("name", ["classification", "regression"])
def test_the_cost_never_rises_and_every_step_meets_the_conditions(
    name: str, beta: str, search: str
) -> None:
    problem = PROBLEMS[name]()
    result, rows = run(
        problem, problem.initial_parameters(), beta=beta, line_search=search, max_iterations=25
    )
    assert (np.diff(result.history["cost"]) <= 0.0).all()
    assert result.cost < 0.6 * result.history["cost"][0]
    for before, after in pairwise(rows):
        direction = (after.parameters - before.parameters) / after.step
        (_, there), (_, here) = (
            problem.cost_and_derivative(row.parameters) for row in (before, after)
        )
        slope, new_slope = there.apply(direction), here.apply(direction)
        assert slope < 0.0 < after.step
        slack = 1.0 + 1e-6  # of slopes along a difference of parameters
        rise = after.cost - before.cost
        assert CONDITIONS[search](rise, after.step, slack * slope, new_slope)


@every_search
@pytest.mark.parametrize("beta", BETAS)
def test_also_where_the_field_has_kinks_the_cost_never_rises(beta: str, search: str) -> None:
    problem = PROBLEMS["a kinked field"]()
    result, _ = run(
        problem, problem.initial_parameters(), beta=beta, line_search=search, max_iterations=40
    )
    assert (np.diff(result.history["cost"]) <= 0.0).all()
    assert result.cost < 0.6 * result.history["cost"][0]


@pytest.mark.parametrize("search", SENSITIVE)
@pytest.mark.parametrize("beta", CONJUGATE)
def test_a_quadratic_in_n_unknowns_takes_about_n_iterations_and_no_repairs(
    beta: str, search: str
) -> None:
    problem = quadratic(condition=10.0)
    result = minimize(
        problem,
        0.0 * problem.minimiser,
        beta=beta,
        line_search=search,
        metric=Sobolev(0.7),
        tolerance=1e-7,
        cost_tolerance=0.0,
    )
    assert result.reason == "gradient"
    assert result.nit <= problem.minimiser.values.size + 1
    assert result.history["adjoint"][-1] == result.nit + 1
    assert result.history["sensitivity"][-1] == result.nit


@pytest.mark.parametrize("beta", CONJUGATE)
def test_without_sensitivity_problem_a_quadratic_still_ends(beta: str) -> None:
    problem = quadratic(condition=10.0)
    result = minimize(
        problem,
        0.0 * problem.minimiser,
        beta=beta,
        line_search="wolfe",
        tolerance=1e-7,
        cost_tolerance=0.0,
    )
    assert result.reason == "gradient" and result.history["sensitivity"][-1] == 0.0
    assert result.nit > problem.minimiser.values.size


@every_search
def test_the_sweeps_are_those_of_the_problem(search: str) -> None:
    problem = PROBLEMS["regression"]()
    counts = problem.counts
    result, _ = run(
        problem, problem.initial_parameters(), line_search=search, max_iterations=15, tolerance=0.0
    )
    done = [result.history[name][-1] for name in ("direct", "adjoint", "sensitivity")]
    assert done == [counts.direct, counts.adjoint, counts.sensitivity]
    assert done[2] == (result.nit if search in SENSITIVE else 0)
    assert done[0] >= done[1] >= result.nit + 1


def test_a_proposal_from_the_sensitivity_problem_saves_direct_sweeps() -> None:
    directs = []
    for search in ("sensitivity", "wolfe"):
        problem = PROBLEMS["regression"]()
        result, _ = run(
            problem,
            problem.initial_parameters(),
            line_search=search,
            max_iterations=30,
            tolerance=0.0,
        )
        directs.append(result.history["direct"][-1])
    assert directs[1] > 1.4 * directs[0]


# ------------------------------------------------- the approximate Wolfe conditions


def search_on(curve: Curve, eta: float) -> Trial | None:
    return curve.search(eta, hz.approximate_wolfe)


@pytest.mark.parametrize("eta", [1e-3, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("name", CURVES)
def test_on_every_curve_the_step_meets_the_conditions(name: str, eta: float) -> None:
    curve = CURVES[name]
    start, slope = curve.value(0.0), curve.slope(0.0)
    step = search_on(curve, eta)
    assert step is not None and step.eta > 0.0
    assert step.cost == curve.value(step.eta) <= start
    assert step.derivative is not None
    assert approximate_conditions(step.cost - start, step.eta, slope, curve.slope(step.eta))


def test_a_proposal_that_is_right_costs_one_evaluation() -> None:
    curve = Curve(CURVES["parabola"].value, CURVES["parabola"].slope)
    step = search_on(curve, 1.0)
    assert step is not None and step.eta == 1.0 and curve.costs == 1


def test_on_a_parabola_the_secant_finds_the_minimum() -> None:
    """A first step that overshoots is the upper end of the interval."""
    curve = Curve(CURVES["parabola"].value, CURVES["parabola"].slope)
    step = search_on(curve, 50.0)
    assert step is not None and step.eta == pytest.approx(1.0) and curve.costs == 2


def test_where_nothing_is_lower_there_is_no_step() -> None:
    assert search_on(Curve(lambda x: x, lambda x: -1.0), 1.0) is None
    assert search_on(Curve(lambda x: 1.0 if x == 0.0 else np.nan, lambda x: -1.0), 1.0) is None


def test_a_curve_that_falls_for_ever_gives_a_lower_point() -> None:
    step = search_on(Curve(lambda x: -x, lambda x: -1.0), 1.0)
    assert step is not None and step.cost < 0.0


def test_slopes_lead_where_the_costs_are_rounded_away_and_the_cost_does_not_rise() -> None:
    """A parabola on a floor of 1, its height below the last place of the cost."""
    curve = Curve(
        lambda x: 1.0 + 1e-16 * (x - 1.0) ** 2 + 2e-16 * (x == 3.0), lambda x: 2e-16 * (x - 1.0)
    )
    for eta in (0.01, 1.0, 3.0):
        step = search_on(curve, eta)
        assert step is not None and step.cost <= 1.0
        assert abs(curve.slope(step.eta)) < abs(curve.slope(0.0))


# ------------------------------------------------- the first step without sensitivity


def from_last(last: Last, slope: float, cost: float = 3.0) -> float:
    start = Trial(0.0, np.zeros(1), cost, np.zeros(1), slope)
    objective: Any = None  # no sweep: it is not asked
    return from_last_step(objective, start, np.ones(1), last)


def test_the_first_step_promises_the_decrease_of_the_last_one() -> None:
    assert from_last(Last(eta=0.5, slope=-4.0), -1.0) == pytest.approx(2.0)
    assert from_last(Last(eta=0.5, slope=-4.0), -1e-9) == pytest.approx(5.0)
    assert from_last(Last(eta=0.5, slope=-1e-9), -4.0) == pytest.approx(0.05)


def test_the_first_step_of_all_is_that_of_polyak() -> None:
    assert from_last(Last(), -2.0) == pytest.approx(1.5)
    assert from_last(Last(), -2.0, cost=-3.0) == pytest.approx(1.5)
    assert from_last(Last(), -2.0, cost=0.0) == 1.0
    assert from_last(Last(eta=0.25), -2.0, cost=0.0) == 0.25
    assert from_last(Last(), -1e-300, cost=1e300) == 1.0


def test_from_one_line_to_the_next_it_changes_by_a_factor_of_ten_at_most() -> None:
    steps = [from_last(Last(eta=1.0, slope=-ratio), -1.0) for ratio in (0.05, 0.1, 1.0, 9.9, 11.0)]
    assert steps == pytest.approx([0.1, 0.1, 1.0, 9.9, 10.0])
