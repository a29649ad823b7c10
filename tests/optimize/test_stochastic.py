"""Gradient descent and Adam against what the textbook writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from quadratic import quadratic

from standalone_node import Batches, Euclidean, InverseProblem, Sobolev, minimize
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.parametrisation import Free
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.options import Options
from standalone_node.optimize.stochastic import Plain, adam, evaluated, sgd


def steps(method: str, count: int = 7, **options: Any) -> tuple[Any, Any]:
    problem = quadratic()
    start = 0.0 * problem.minimiser
    options = {"tolerance": 0.0, "cost_tolerance": 0.0, "max_iterations": count} | options
    return problem, minimize(problem, start, method=method, **options)


def test_sgd_on_all_rows_is_gradient_descent() -> None:
    problem, result = steps("sgd", rate=0.01)
    goal, u = problem.minimiser.values.ravel(), 0.0
    for _ in range(7):
        u = u - 0.01 * problem.A @ (u - goal)
    assert np.allclose(result.x, u, rtol=1e-13, atol=0.0)


def test_adam_is_that_of_kingma_and_ba() -> None:
    problem, result = steps("adam", rate=0.05)
    u = m = v = np.zeros(10)
    for t in range(1, 8):
        g = problem.A @ (u - problem.minimiser.values.ravel())
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        u = u - 0.05 * (m / (1.0 - 0.9**t)) / (np.sqrt(v / (1.0 - 0.999**t)) + 1e-8)
    assert np.allclose(result.x, u, rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("method", ["sgd", "adam"])
def test_the_partials_are_the_gradient_unless_a_metric_is_given(method: str) -> None:
    plain, euclidean, smooth = (
        steps(method, rate=0.01, metric=metric)[1].x for metric in (None, Euclidean(), Sobolev(0.5))
    )
    assert np.array_equal(plain, euclidean) and not np.allclose(plain, smooth)


def test_the_partials_are_those_of_what_is_learnt() -> None:
    problem = quadratic()
    start = 0.0 * problem.minimiser
    result = minimize(
        problem, start, method="sgd", rate=0.01, weights="constant", max_iterations=1, tolerance=0.0
    )
    assert np.allclose(result.x, -0.01 * problem.partials(start).reshape(5, 2).sum(axis=0))


@pytest.mark.parametrize("method", ["sgd", "adam"])
def test_a_step_costs_a_direct_and_an_adjoint_sweep(method: str) -> None:
    rng = np.random.default_rng(0)
    problem = InverseProblem(rng.normal(size=(20, 2)), rng.normal(size=20), steps=3)
    start = problem.initial_parameters()
    options: dict[str, Any] = {"method": method, "tolerance": 0.0, "cost_tolerance": 0.0}
    whole = minimize(problem, start, max_iterations=4, **options).history
    assert whole["direct"].tolist() == whole["adjoint"].tolist() == [1, 2, 3, 4, 5]
    assert not whole["sensitivity"].any()
    parts = minimize(problem, start, batches=Batches(size=5, epochs=3), **options).history
    assert parts["direct"].tolist() == parts["adjoint"].tolist() == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("method", ["sgd", "adam"])
def test_one_batch_of_all_rows_goes_on_where_the_last_one_stopped(method: str) -> None:
    rng = np.random.default_rng(0)
    problem = InverseProblem(rng.normal(size=(20, 2)), rng.normal(size=20), steps=3)
    start = problem.initial_parameters()
    options: dict[str, Any] = {"method": method, "tolerance": 0.0, "cost_tolerance": 0.0}
    whole = minimize(problem, start, max_iterations=6, **options)
    for batches in (Batches(epochs=6), Batches(epochs=3, iterations=2)):
        parts = minimize(problem, start, batches=batches, **options)
        assert np.array_equal(whole.x, parts.x)


@pytest.mark.parametrize("method, rate", [("sgd", 0.3), ("adam", 0.01)])
def test_the_rate_that_is_not_given_is_that_of_the_table(method: str, rate: float) -> None:
    given, default = (steps(method, count=3, **options)[1] for options in ({"rate": rate}, {}))
    assert np.array_equal(given.x, default.x) and default.history["step"][1] == rate


def test_adam_remembers_and_gradient_descent_does_not() -> None:
    assert adam.remembers and not sgd.remembers
    first, g = adam.begun(Options()), np.array([1.0, -2.0])
    assert not np.array_equal(first(g), first(0.5 * g))
    assert np.allclose(adam.begun(Options())(g), [-0.01, 0.01], rtol=1e-7)
    assert np.allclose(adam.begun(Options(rate=0.5))(g), [-0.5, 0.5], rtol=1e-7)
    descent = sgd.begun(Options(rate=0.5))
    assert np.array_equal(descent(g), [-0.5, 1.0]) and np.array_equal(descent(g), [-0.5, 1.0])


def test_where_adams_gradients_vanish_its_steps_are_bounded_by_the_tiny_number() -> None:
    step = adam.begun(Options(rate=1.0))(np.array([1e-8, 0.0, 1e-12]))
    assert np.allclose(step, [-0.5, 0.0, -1e-4 / (1.0 + 1e-4)], rtol=1e-9)


def test_in_the_dot_product_every_vector_is_its_own_functional() -> None:
    u = np.arange(3.0)
    for seen in ("apply", "solve", "whiten", "unwhiten", "whiten_functional"):
        assert getattr(Plain(), seen)(u) is u


@pytest.mark.parametrize("broken", ["cost", "partial"])
def test_what_has_overflowed_is_said_and_not_stepped_on(broken: str) -> None:
    problem = quadratic()
    if broken == "cost":
        problem.cost = lambda p: np.inf  # type: ignore[method-assign]
    else:
        partials = problem.partials
        problem.partials = lambda p: np.where(  # type: ignore[method-assign]
            np.arange(10) == 7, np.inf, partials(p)
        )
    objective = Objective(problem, Free(problem.minimiser))
    before = problem.counts.adjoint
    with pytest.raises(StateOverflow, match="steps are too long"):
        evaluated(objective, np.zeros(10))
    assert problem.counts.adjoint - before == (broken == "partial")


def test_a_problem_that_would_solve_twice_is_asked_for_both_at_once() -> None:
    problem = quadratic()
    problem.recomputes = True  # type: ignore[attr-defined]
    evaluated(Objective(problem, Free(problem.minimiser)), np.zeros(10))
    assert (problem.counts.direct, problem.counts.adjoint) == (1, 1)


def test_cost_and_derivative_of_a_step_are_those_of_its_point() -> None:
    problem, u = quadratic(), np.arange(10.0)
    objective = Objective(problem, Free(problem.minimiser))
    cost, derivative = evaluated(objective, u)
    assert cost == objective.cost(u) and np.array_equal(derivative, objective.derivative(u))


def test_the_history_has_the_rate_as_the_length_of_a_step() -> None:
    _, result = steps("sgd", count=2, rate=0.01)
    assert result.history["step"].tolist() == [0.0, 0.01, 0.01]


@pytest.mark.parametrize("method", ["sgd", "adam"])
@pytest.mark.parametrize("batches", [None, Batches(size=1)])
def test_a_rate_that_is_too_large_ends_the_run_with_the_lowest_cost_so_far(
    method: str, batches: Batches | None
) -> None:
    problem = InverseProblem([[1.0], [2.0]], [9.0, 9.0], activation="relu", horizon=9.0)
    start = problem.initial_parameters()
    result = minimize(problem, start, method=method, rate=1e160, batches=batches)
    assert result.reason == "overflow" and not result.success and "Lower rate" in result.message
    assert result.cost == result.history["cost"].min() == problem.cost(result.parameters)


def test_a_start_that_overflows_is_no_fault_of_the_rate() -> None:
    problem = InverseProblem([[1.0]], [9.0], activation="relu", horizon=9.0)
    with pytest.raises(StateOverflow, match="already at the start"):
        minimize(problem, 1e300 * problem.initial_parameters(), method="sgd")


def test_a_cost_that_rises_is_not_one_that_stands_still() -> None:
    _, result = steps("sgd", count=30, rate=0.025, cost_tolerance=1e-6)  # curvatures up to 100
    assert result.reason == "iterations" and result.history["cost"][-1] > result.history["cost"][0]


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, np.inf])
def test_a_rate_has_to_be_positive(rate: float) -> None:
    with pytest.raises(ArgumentError, match="rate"):
        steps("adam", rate=rate)


def test_a_rate_is_nothing_for_a_method_that_searches() -> None:
    with pytest.raises(ArgumentError, match="rate"):
        steps("ncg", rate=0.1)


def test_a_proximal_term_that_would_do_nothing_is_refused() -> None:
    problem = InverseProblem(np.ones((4, 1)), np.zeros(4))
    batches = Batches(proximal=1.0)
    with pytest.raises(ArgumentError, match="proximal"):
        minimize(problem, problem.initial_parameters(), method="adam", batches=batches)
