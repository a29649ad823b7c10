"""SciPy's optimisers: in the metric, under our own end states, with no sweep done twice."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from quadratic import Quadratic, quadratic
from small_problems import PROBLEMS, regression, run
from weight_choices import CHOICES

from standalone_node import L2, Euclidean, InverseProblem, Penalty, Result, Sobolev, minimize
from standalone_node.errors import ArgumentError
from standalone_node.model.parametrisation import Free
from standalone_node.optimize.methods import METHODS
from standalone_node.optimize.metrics import ENDS
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.scipy_methods import SciPyMethod, Whitened
from standalone_node.optimize.state import State

SCIPY = [name for name, method in METHODS.items() if isinstance(method, SciPyMethod)]
SECOND_ORDER = [name for name in SCIPY if METHODS[name].curved]  # type: ignore[attr-defined]
every_method = pytest.mark.parametrize("method", SCIPY)


def test_these_are_they() -> None:
    assert SCIPY == ["lbfgs", "gauss-newton", "trust-krylov"] and SCIPY[1:] == SECOND_ORDER


@pytest.mark.parametrize("name", PROBLEMS)
@every_method
def test_the_cost_never_rises(method: str, name: str) -> None:
    problem = PROBLEMS[name]()
    result, rows = run(problem, problem.initial_parameters(), method=method, max_iterations=40)
    assert (np.diff(result.history["cost"]) <= 0.0).all()
    assert result.cost < 0.6 * result.history["cost"][0]
    for row in rows:  # what is told of an iterate is true of it
        cost, derivative = problem.cost_and_derivative(row.parameters)
        gradient = Sobolev(1.0).gradient(derivative)
        assert row.cost == cost
        assert row.gradient_norm == pytest.approx(np.sqrt(derivative.apply(gradient)), rel=1e-10)
    assert all(after.parameters is not before.parameters for before, after in pairwise(rows))


@every_method
def test_it_finds_the_minimum_that_conjugate_gradients_find(method: str) -> None:
    problem = regression().replaced(penalty=Penalty(l2=0.1, h1=0.1))
    start = problem.initial_parameters()
    options: Any = {"tolerance": 1e-7, "cost_tolerance": 0.0, "max_iterations": 500}
    costs = [minimize(problem, start, method=name, **options).cost for name in ("ncg", method)]
    assert costs[1] == pytest.approx(costs[0], rel=1e-6)


class Curved(Quadratic):
    """A quadratic that knows its second derivative."""

    def gauss_newton(self, p: Any, direction: Any) -> Any:
        _, derivative = self.cost_and_derivative(p)
        values = (self.A @ direction.values.ravel()).reshape(direction.values.shape)
        return 0.0 * derivative + type(derivative).from_values(p.times, values, p.blocks)


@pytest.mark.parametrize("metric", [Euclidean(), L2(), Sobolev(0.7)])
@every_method
def test_a_quadratic_is_solved(method: str, metric: Any) -> None:
    plain = quadratic(condition=10.0)
    problem = Curved(plain.A, plain.minimiser)
    result = minimize(
        problem,
        0.0 * plain.minimiser,
        method=method,
        metric=metric,
        tolerance=1e-8,
        cost_tolerance=0.0,
    )
    assert result.reason == "gradient" and result.nit < 40
    assert np.allclose(result.parameters.values, plain.minimiser.values, atol=1e-7)


# ------------------------------------------------------------------ sweeps


@every_method
@pytest.mark.parametrize("memory", [None, 1])
def test_the_sweeps_are_counted_and_none_is_done_twice(method: str, memory: int | None) -> None:
    problem = regression().replaced(memory_limit=memory)
    points: list[Any] = []
    solve = problem.flow.direct_and_adjoint if memory else problem.flow.direct

    def solved(p: Any, *given: Any, **more: Any) -> Any:
        points.append(p)
        return solve(p, *given, **more)

    setattr(problem.flow, solve.__name__, solved)
    result, _ = run(problem, problem.initial_parameters(), method=method, max_iterations=12)
    history, counts = result.history, problem.counts
    done = [history[name][-1] for name in ("direct", "adjoint", "sensitivity")]
    # What SciPy does after it was told to stop is nothing.
    assert done == [counts.direct, counts.adjoint, counts.sensitivity]
    # A point is solved for again only where a refused one has come between.
    refused = done[0] - result.nit - 1
    assert 0 <= refused <= 12
    again = len(points) - len({p.values.tobytes() for p in points})
    assert again <= refused
    if method == "lbfgs":
        # Cost and derivative of a trial, and the step length at the start: nothing else.
        assert done[1] == done[0] and done[2] == 1.0 and again == 0
    elif method == "gauss-newton":
        assert again == 0


def test_the_first_step_of_all_has_the_length_that_the_sensitivity_problem_proposes() -> None:
    problem = regression()
    start = problem.initial_parameters()
    objective, gram = Objective(problem, Free(start)), Free(start).gram(*_sobolev(start))
    cost, derivative = objective.start(start.values.ravel())
    state = State(start.values.ravel(), cost, derivative, gram.solve(derivative))
    seen = Whitened(objective, gram, state, lambda state: False)
    slope = seen.slope(np.zeros_like(state.u))
    step = -slope / np.linalg.norm(slope)
    along = [seen.slope(eta * step) @ step for eta in (0.0, 1.0)]
    assert abs(along[1]) < 0.5 * abs(along[0])


def _sobolev(start: Any) -> tuple[Any, tuple[int, ...]]:
    return Sobolev(1.0).matrix(start.times), ()


def test_scipy_sees_a_function_and_its_derivatives() -> None:
    problem = regression()
    start = problem.initial_parameters()
    objective, gram = Objective(problem, Free(start)), Free(start).gram(*_sobolev(start))
    cost, derivative = objective.start(start.values.ravel())
    state = State(start.values.ravel(), cost, derivative, gram.solve(derivative))
    seen = Whitened(objective, gram, state, lambda state: False)
    rng = np.random.default_rng(0)
    v, d = 0.1 * rng.normal(size=(2, state.u.size))
    step = 1e-5
    difference = (seen.cost(v + step * d) - seen.cost(v - step * d)) / (2.0 * step)
    assert seen.slope(v) @ d == pytest.approx(difference, rel=1e-7)
    assert seen.both(v)[0] == seen.cost(v)
    e = rng.normal(size=v.shape)
    assert seen.product(v, d) @ e == pytest.approx(seen.product(v, e) @ d, rel=1e-12)


# ------------------------------------------------------------------ the end


@every_method
def test_our_own_tests_end_it(method: str) -> None:
    def ended(**options: Any) -> Result:
        problem = PROBLEMS["classification"]()
        return minimize(problem, problem.initial_parameters(), method=method, **options)

    assert ended(tolerance=0.1).reason == "gradient"
    assert ended(tolerance=0.0, cost_tolerance=0.1, max_iterations=2000).reason == "cost"
    limited = ended(max_iterations=3)
    assert limited.reason == "iterations" and limited.nit == 3
    assert ended(time_limit=0.0).reason == "time"
    watched = ended(monitor=lambda p: 0.0, patience=2, tolerance=0.0)
    assert watched.reason == "validation" and watched.nit == 2

    def stop(row: Any) -> None:
        if row.nit == 2:
            raise StopIteration

    assert ended(callback=stop).reason == "callback" and ended(callback=stop).nit == 2


@every_method
def test_with_all_tests_off_it_runs_into_the_digits_and_says_so(method: str) -> None:
    problem = InverseProblem(
        np.linspace(-1.0, 1.0, 20)[:, None], np.linspace(-0.5, 0.5, 20), steps=4
    ).replaced(penalty=Penalty(l2=0.1))
    result = minimize(
        problem,
        problem.initial_parameters(),
        method=method,
        tolerance=0.0,
        cost_tolerance=0.0,
        max_iterations=500,
    )
    assert result.reason == "precision" and result.success
    assert (np.diff(result.history["cost"]) <= 0.0).all()


@every_method
def test_an_error_of_the_callback_is_not_swallowed(method: str) -> None:
    def broken(row: Any) -> None:
        if row.nit == 2:
            raise KeyError("mine")

    problem = regression()
    with pytest.raises(KeyError, match="mine"):
        minimize(problem, problem.initial_parameters(), method=method, callback=broken)


@every_method
def test_at_the_minimum_there_is_nothing_to_do(method: str) -> None:
    problem = quadratic()
    result = minimize(problem, problem.minimiser, method=method)
    assert result.reason == "stationary" and result.nit == 0


@every_method
@pytest.mark.filterwarnings("error")
def test_a_state_that_overflows_leads_back_to_shorter_steps(method: str) -> None:
    class Cliff(Curved):
        def cost(self, p: Any) -> float:
            return float("inf") if np.abs(p.values).max() > 1.5 * far else super().cost(p)

    plain = quadratic(condition=300.0)
    far = np.abs(plain.minimiser.values).max()
    problem = Cliff(plain.A, plain.minimiser)
    result = minimize(
        problem,
        0.0 * plain.minimiser,
        method=method,
        tolerance=1e-6,
        cost_tolerance=0.0,
        metric=Euclidean(),
    )
    assert result.reason == "gradient"
    assert (np.diff(result.history["cost"]) <= 0.0).all()


# ------------------------------------------------------------------ the metric


@pytest.mark.parametrize("ends", ENDS)
@every_method
def test_fixed_ends_stay_where_they_were(method: str, ends: str) -> None:
    problem = regression()
    start = problem.initial_parameters()
    result = minimize(
        problem, start, method=method, metric=Sobolev(0.5, ends=ends), max_iterations=8
    )
    moved = (result.parameters.values != start.values).any(axis=1)
    fixed = {k % moved.size for k in ENDS[ends]}
    assert [k for k in range(moved.size) if not moved[k]] == sorted(fixed)
    assert result.cost < result.history["cost"][0]


@pytest.mark.parametrize("method", SECOND_ORDER)
def test_gauss_newton_converges_faster_than_any_line_where_there_is_no_residual(
    method: str,
) -> None:
    rng = np.random.default_rng(5)
    problem = InverseProblem(
        rng.uniform(-1.0, 1.0, size=(60, 2)), np.zeros((60, 2)), steps=8, scheme="midpoint"
    )
    true = problem.initial_parameters(seed=3, scale=0.7)
    problem = problem.replaced(
        targets=problem.solve_direct(true)[-1], penalty=Penalty(l2=1e-2, reference=true)
    )
    result = minimize(
        problem,
        problem.initial_parameters(seed=0),
        method=method,
        tolerance=1e-10,
        cost_tolerance=0.0,
    )
    norms = result.history["gradient_norm"]
    assert result.reason == "gradient" and result.nit <= 20
    rates = norms[1:] / norms[:-1]
    assert rates[-1] < 0.05 and rates[-1] < 0.2 * rates[:3].min()
    assert np.abs((result.parameters - true).values).max() <= 1e-6


@pytest.mark.parametrize("weights", CHOICES)
@every_method
def test_whatever_is_learnt_the_cost_falls(method: str, weights: str) -> None:
    problem = regression()
    result = minimize(
        problem,
        problem.initial_parameters(),
        method=method,
        weights=CHOICES[weights],
        max_iterations=8,
    )
    assert (np.diff(result.history["cost"]) <= 0.0).all()
    assert result.cost < 0.8 * result.history["cost"][0]


# ------------------------------------------------------------------ refusals


@every_method
@pytest.mark.parametrize("option", [{"beta": "FR"}, {"line_search": "wolfe"}, {"restart": 5}])
def test_options_that_a_method_does_not_read_are_refused(method: str, option: Any) -> None:
    problem = regression()
    with pytest.raises(ArgumentError, match=f"{method!r} has no {next(iter(option))}.*'ncg'"):
        minimize(problem, problem.initial_parameters(), method=method, **option)


@pytest.mark.parametrize("method", SECOND_ORDER)
def test_a_problem_without_products_is_refused(method: str) -> None:
    problem = quadratic()
    with pytest.raises(ArgumentError, match=r"Quadratic has no Gauss-Newton product.*'lbfgs'"):
        minimize(problem, 0.0 * problem.minimiser, method=method)
