"""The states of nonlinear conjugate gradients, one by one: restarts, and what is told of a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from quadratic import Quadratic, quadratic

from standalone_node import Parameters
from standalone_node.model.parametrisation import Free
from standalone_node.optimize.betas import BETAS, Products
from standalone_node.optimize.line_searches import LINE_SEARCHES, Last
from standalone_node.optimize.metrics import Euclidean, Sobolev
from standalone_node.optimize.ncg import DESCENT, iterate, ncg
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.options import Options
from standalone_node.optimize.step_length import Trial, evaluate, with_slope

METRIC = Sobolev(0.7)


class Search:
    """A line search of fixed steps that notes what it is given; None where a step is None."""

    def __init__(self, *steps: float | None) -> None:
        self.steps, self.starts = list(steps), []
        self.directions: list[Any] = []
        self.lasts: list[Last] = []

    def __call__(self, objective: Any, start: Trial, direction: Any, last: Last) -> Trial | None:
        eta = self.steps[len(self.starts)]
        self.starts.append(start)
        self.directions.append(direction)
        self.lasts.append(last)
        if eta is None:
            return None
        trial = evaluate(objective, start, direction, eta, ahead=False)
        return with_slope(objective, trial, direction)


def states(
    problem: Any, search: Any, count: int, metric: Any = METRIC, **options: Any
) -> tuple[list[Any], Any]:
    """The first states, and the metric in the coordinates of the problem."""
    p = problem.minimiser
    objective, gram = Objective(problem, Free(p)), Free(p).gram(metric.matrix(p.times), ())
    given = Options(line_search=search, **options)
    found = []
    for state in iterate(objective, gram, np.zeros(p.values.size), given):
        found.append(state)
        if len(found) == count:
            break
    return found, gram


def test_a_state_tells_of_its_point() -> None:
    problem, search = quadratic(), Search(0.01, 0.02, 0.03)
    found, gram = states(problem, search, 4, beta=lambda p: 0.4)
    for state in found:
        p = problem.minimiser.like(state.u.reshape(problem.minimiser.values.shape))
        assert state.cost == problem.cost(p)
        assert np.array_equal(state.derivative, problem.partials(p))
        assert np.allclose(gram.apply(state.gradient), state.derivative)
    assert [state.step for state in found] == [0.0, 0.01, 0.02, 0.03]


def test_a_line_search_is_told_where_it_starts_and_of_the_step_before() -> None:
    problem, search = quadratic(), Search(0.01, 0.02, 0.03)
    found, _ = states(problem, search, 4, beta=lambda p: 0.4)
    assert search.lasts[0].eta == 1.0 and np.isnan(search.lasts[0].slope)
    for k, (start, direction) in enumerate(zip(search.starts, search.directions, strict=True)):
        assert start.eta == 0.0 and start.u is found[k].u and start.cost == found[k].cost
        assert start.derivative is found[k].derivative
        assert start.slope == pytest.approx(found[k].derivative @ direction, rel=1e-12)
        if k > 0:
            assert search.lasts[k] == Last(search.steps[k - 1], search.starts[k - 1].slope)


def test_a_formula_is_given_the_products_of_the_metric() -> None:
    given: list[Products] = []

    def formula(p: Products) -> float:
        given.append(p)
        return 0.3

    search = Search(0.01, 0.02, 0.01, 0.02)
    found, gram = states(quadratic(), search, 5, beta=formula)

    def product(u: Any, v: Any) -> float:
        return float(gram.apply(u) @ v)

    for k, p in enumerate(given):
        g, old, d = found[k + 1].gradient, found[k].gradient, search.directions[k]
        assert found[k + 1].beta == 0.3
        assert p.new == pytest.approx(product(g, g), rel=1e-9)
        assert p.old == pytest.approx(product(old, old), rel=1e-9)
        assert p.cross == pytest.approx(product(g, old), rel=1e-9)
        assert p.slope == pytest.approx(product(g, d), rel=1e-9)
        assert p.old_slope == pytest.approx(product(old, d), rel=1e-9)
        assert p.direction == pytest.approx(product(d, d), rel=1e-9)  # by its recurrence


def test_directions_follow_from_the_betas_that_are_told() -> None:
    search = Search(0.01, 0.02, 0.01, 0.02)
    found, _ = states(quadratic(), search, 5, beta=BETAS["PR+"])
    expected = -found[0].gradient
    for state, direction in zip(found, search.directions, strict=False):
        if state is not found[0]:
            expected = state.beta * expected - state.gradient
        assert np.allclose(direction, expected, rtol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 1e-12])
@pytest.mark.parametrize("share, kept", [(0.5, True), (0.9, True), (1.1, False), (30.0, False)])
def test_a_direction_at_a_right_angle_to_the_gradient_is_none_of_descent(
    share: float, kept: bool, scale: float
) -> None:
    """After an exact step <g, d> = 0, so that the cosine is |g| / sqrt(beta^2 |d|^2 + |g|^2)."""

    def formula(p: Products) -> float:
        assert abs(p.slope) < 1e-9 * abs(p.old_slope)
        return share / DESCENT * float(np.sqrt(p.new / p.direction))

    plain = quadratic()
    problem = Quadratic(scale * plain.A, plain.minimiser)
    found, _ = states(problem, LINE_SEARCHES["sensitivity"], 2, beta=formula)
    assert (found[1].beta != 0.0) == kept


def test_a_direction_uphill_is_replaced_by_the_gradient() -> None:
    search = Search(1e-4, 1e-4)  # short steps, hence <g, d> < 0, and a negative beta turns it round
    found, _ = states(quadratic(), search, 3, beta=lambda p: -5.0)
    assert found[1].beta == 0.0
    assert np.array_equal(search.directions[1], -found[1].gradient)


def test_where_the_slope_fell_along_the_line_no_formula_is_asked() -> None:
    """On a hill the change <y, d> is negative, and most formulas divide by it."""
    plain = quadratic()
    hill = Quadratic(-plain.A, plain.minimiser)

    def formula(p: Products) -> float:
        raise AssertionError("asked on a hill")

    found, _ = states(hill, Search(0.01), 2, beta=formula)
    assert found[1].beta == 0.0


def test_where_the_slope_is_the_same_everywhere_no_formula_is_asked() -> None:
    class Plane(Quadratic):
        def partials(self, p: Parameters) -> Any:
            return np.arange(1.0, 1.0 + p.values.size)

    def formula(p: Products) -> float:
        raise AssertionError("would divide by zero")

    plain = quadratic()
    found, _ = states(Plane(plain.A, plain.minimiser), Search(0.01), 2, beta=formula)
    assert found[1].beta == 0.0


def test_where_a_conjugate_direction_leads_nowhere_the_gradient_is_tried() -> None:
    search = Search(0.01, None, 0.02)
    found, _ = states(quadratic(), search, 3, beta=lambda p: 0.4)
    assert found[1].beta != 0.0
    assert not np.array_equal(search.directions[1], -found[1].gradient)
    assert np.array_equal(search.directions[2], -found[1].gradient)
    assert search.starts[2].u is found[1].u
    assert np.array_equal(found[2].u, found[1].u + 0.02 * search.directions[2])


def test_after_such_a_restart_the_products_are_those_of_the_new_direction() -> None:
    given: list[Products] = []

    def formula(p: Products) -> float:
        given.append(p)
        return 0.4

    search = Search(0.01, None, 0.02)
    found, gram = states(quadratic(), search, 3, beta=formula)
    g = found[1].gradient
    assert given[1].direction == pytest.approx(float(gram.apply(g) @ g), rel=1e-12)


@pytest.mark.parametrize("steps", [(None,), (0.01, None, None)])
def test_where_the_gradient_leads_nowhere_too_it_ends(steps: tuple[Any, ...]) -> None:
    found, _ = states(quadratic(), Search(*steps), 9, beta=lambda p: 0.4)
    assert len(found) == (1 if len(steps) == 1 else 2)


def test_a_step_without_a_derivative_is_the_end() -> None:
    def search(objective: Any, start: Trial, direction: Any, last: Last) -> Trial:
        return Trial(1.0, start.u, start.cost)

    assert len(states(quadratic(), search, 9)[0]) == 1


def test_at_the_minimum_nothing_is_searched() -> None:
    problem = quadratic()
    problem.minimiser = 0.0 * problem.minimiser
    assert len(states(problem, Search(), 9)[0]) == 1


def test_restarts_are_counted_from_the_last_one() -> None:
    search = Search(*[0.001] * 9)
    found, _ = states(quadratic(), search, 9, beta=lambda p: 0.1, restart=3, metric=Euclidean())
    conjugate = [state.beta != 0.0 for state in found[1:]]
    assert conjugate == [True, True, False, True, True, False, True, True]


def test_a_direction_that_led_nowhere_begins_the_count_anew() -> None:
    search = Search(0.001, None, *[0.001] * 6)
    found, _ = states(quadratic(), search, 8, beta=lambda p: 0.1, restart=3)
    conjugate = [state.beta != 0.0 for state in found[1:]]
    # The second direction leads nowhere; from the gradient taken instead, the third step restarts.
    assert conjugate == [True, True, True, False, True, True, False]


def test_in_place_of_a_direction_uphill_the_gradients_own_product_is_told() -> None:
    given: list[Products] = []

    def formula(p: Products) -> float:
        given.append(p)
        return -5.0

    found, gram = states(quadratic(), Search(1e-4, 1e-4), 3, beta=formula)
    g = found[1].gradient
    assert given[1].direction == pytest.approx(float(gram.apply(g) @ g), rel=1e-12)


def test_it_stops_when_it_is_told_to() -> None:
    problem = quadratic()
    p, seen = problem.minimiser, []
    gram = Free(p).gram(METRIC.matrix(p.times), ())

    def report(state: Any) -> bool:
        seen.append(state)
        return len(seen) == 3

    ncg(Objective(problem, Free(p)), gram, np.zeros(10), Options(), report)
    assert len(seen) == 3


class Regridding(Quadratic):
    """From the third derivative on its cost is another one, if it may choose a grid."""

    asked = 0

    def regrid(self, p: Parameters) -> bool:
        self.asked += 1
        self.floor += 1.0
        return True


def test_another_grid_is_another_cost_and_the_run_begins_anew_on_it() -> None:
    plain = quadratic()
    problem = Regridding(plain.A, plain.minimiser)
    search = Search(*[0.01] * 25)
    found, _ = states(problem, search, 25, beta=BETAS["SD"])
    renewed = [k for k in range(1, 25) if found[k].cost > found[k - 1].cost + 0.5]
    assert problem.asked == len(renewed) == 2
    for k in renewed:
        assert found[k].step == 0.01 and found[k].beta == 0.0
        assert np.array_equal(search.directions[k], -found[k].gradient)


def test_between_restarts_no_grid_is_chosen() -> None:
    plain = quadratic()
    problem = Regridding(plain.A, plain.minimiser)
    states(problem, Search(*[0.001] * 25), 25, beta=lambda p: 0.1)
    assert problem.asked == 0
