"""An objective asks its problem for what it does not know yet, and for nothing twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from quadratic import Quadratic, quadratic

from standalone_node import Parameters
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.parametrisation import Free
from standalone_node.optimize.objective import Objective


class Asked(Quadratic):
    """Notes what it is asked for."""

    def __init__(self, recomputes: bool = False) -> None:
        plain = quadratic()
        super().__init__(plain.A, plain.minimiser)
        self.recomputes, self.calls = recomputes, []

    def cost(self, p: Parameters) -> float:
        self.calls.append("cost")
        return super().cost(p)

    def cost_and_derivative(self, p: Parameters) -> Any:
        found = super().cost_and_derivative(p)
        self.calls[-1] = "both"  # instead of the cost that it takes
        return found


def seen(problem: Any) -> tuple[Objective, Any]:
    return Objective(problem, Free(problem.minimiser)), np.arange(10.0)


def test_the_parameters_of_a_point_are_one_object_until_another_is_asked_for() -> None:
    objective, u = seen(quadratic())
    first = objective.parameters(u)
    assert objective.parameters(u) is first
    objective.parameters(u.copy())
    assert objective.parameters(u) is not first


@pytest.mark.parametrize("ahead", [True, False])
def test_a_problem_that_keeps_its_trajectory_is_asked_one_after_the_other(ahead: bool) -> None:
    objective, u = seen(problem := Asked())
    cost, derivative = objective.cost(u, ahead=ahead), objective.derivative(u)
    assert problem.calls == ["cost", "both"]
    assert cost == quadratic().cost(objective.parameters(u))
    assert np.array_equal(derivative, problem.partials(objective.parameters(u)))


def test_a_problem_that_would_compute_twice_is_asked_for_both_at_once() -> None:
    objective, u = seen(problem := Asked(recomputes=True))
    objective.cost(u, ahead=True), objective.derivative(u)
    assert problem.calls == ["both"]
    objective.derivative(u)  # it is not kept for ever
    assert problem.calls == ["both", "both"]


def test_only_where_the_derivative_will_be_asked_for_it_is_computed_along() -> None:
    objective, u = seen(problem := Asked(recomputes=True))
    objective.cost(u)
    assert problem.calls == ["cost"]
    objective.cost(u, ahead=True)
    objective.cost(u, ahead=True)  # known by now
    assert problem.calls == ["cost", "both", "cost"]


def test_what_was_computed_along_is_of_use_at_its_point_alone() -> None:
    objective, u = seen(problem := Asked(recomputes=True))
    objective.cost(u, ahead=True)
    other = u + 1.0
    assert np.array_equal(
        objective.derivative(other), problem.partials(objective.parameters(other))
    )
    assert problem.calls == ["both", "both"]


def test_a_derivative_that_is_foreseen_costs_nothing() -> None:
    objective, u = seen(problem := Asked())
    known = np.full(10, 7.0)
    objective.foresee(u, known)
    assert objective.derivative(u) is known and problem.calls == []
    objective.derivative(u)
    assert problem.calls == ["both"]


def test_a_start_is_finite_or_refused() -> None:
    objective, u = seen(quadratic())
    cost, derivative = objective.start(u)
    assert cost == objective.cost(u) and np.array_equal(derivative, objective.derivative(u))
    for broken in (np.inf, np.nan):
        problem = quadratic()
        problem.cost = lambda p, broken=broken: broken  # type: ignore[method-assign]
        with pytest.raises(StateOverflow, match="at the start"):
            seen(problem)[0].start(u)


def test_one_partial_that_is_no_number_is_enough_to_refuse_a_start() -> None:
    problem = quadratic()
    partials = problem.partials
    problem.partials = lambda p: np.where(  # type: ignore[method-assign]
        np.arange(10) == 4, np.nan, partials(p)
    )
    objective, u = seen(problem)
    with pytest.raises(StateOverflow, match="smaller horizon"):
        objective.start(u)


class Regridding(Quadratic):
    """Chooses its grid whenever it may, as a problem with an adaptive time grid."""

    def __init__(self, chosen: bool = True) -> None:
        plain = quadratic()
        super().__init__(plain.A, plain.minimiser)
        self.asked: list[Parameters] = []
        self.chosen = chosen

    def regrid(self, p: Parameters) -> bool:
        self.asked.append(p)
        return self.chosen


def test_a_grid_is_chosen_anew_after_ten_derivatives_and_not_before() -> None:
    objective, u = seen(problem := Regridding())
    for count in range(1, 31):
        objective.derivative(u)
        assert objective.renewed(u) == (count % 10 == 0)
    assert len(problem.asked) == 3 and problem.asked[0] is objective.parameters(u)


def test_at_the_start_of_a_run_a_grid_is_chosen_at_once_and_then_not_soon_again() -> None:
    objective, u = seen(problem := Regridding())
    for _ in range(9):
        objective.derivative(u)
    assert objective.renewed(u, at_once=True)
    objective.derivative(u)
    assert not objective.renewed(u) and len(problem.asked) == 1


def test_a_grid_that_stays_and_a_problem_without_one_renew_nothing() -> None:
    objective, u = seen(Regridding(chosen=False))
    assert objective.renewed(u, at_once=True) is False
    assert seen(quadratic())[0].renewed(u, at_once=True) is False


def test_the_gauss_newton_product_is_that_of_the_problem_in_its_coordinates() -> None:
    problem = quadratic()
    problem.gauss_newton = lambda p, change: SimpleNamespace(  # type: ignore[attr-defined]
        values=(problem.A @ change.values.ravel()).reshape(change.values.shape)
    )
    objective, u = seen(problem)
    d = np.cos(u)
    assert np.allclose(objective.gauss_newton(u, d), problem.A @ d, rtol=1e-14)
    with pytest.raises(ArgumentError, match="Quadratic has no Gauss-Newton product"):
        seen(quadratic())[0].gauss_newton(u, d)
