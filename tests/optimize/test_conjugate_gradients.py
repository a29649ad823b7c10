"""Nonlinear conjugate gradients in a metric."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from quadratic import Quadratic, quadratic
from small_problems import PROBLEMS, regression, run

from standalone_node import L2, Euclidean, Parameters, Sobolev, minimize
from standalone_node.optimize.betas import BETAS
from standalone_node.optimize.metrics import ENDS
from standalone_node.optimize.step_length import CURVATURE, DECREASE

CONJUGATE = sorted(set(BETAS) - {"SD"})
METRICS: dict[str, Any] = {
    "Euclidean": Euclidean(),
    "L2": L2(),
    "Sobolev": Sobolev(0.7),
    "Sobolev with fixed ends": Sobolev(0.7, ends="fixed"),
}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("beta", CONJUGATE)
def test_a_quadratic_in_n_unknowns_takes_at_most_n_plus_one_iterations(
    beta: str, metric: str
) -> None:
    for seed in range(3):
        problem = quadratic(condition=10.0, seed=seed)
        start = 0.0 * problem.minimiser
        if metric == "Sobolev with fixed ends":  # the minimiser has to be within reach
            values = problem.minimiser.values.copy()
            values[[0, -1]] = 0.0
            problem = Quadratic(problem.A, problem.minimiser.like(values))
        result = minimize(
            problem, start, beta=beta, metric=METRICS[metric], tolerance=1e-7, cost_tolerance=0.0
        )
        assert result.reason == "gradient"
        assert result.nit <= start.values.size + 1
        # Nothing was repaired: one direct, one adjoint, one sensitivity sweep an iteration.
        assert result.history["adjoint"][-1] == result.nit + 1
        assert result.history["sensitivity"][-1] == result.nit


def test_steepest_descent_takes_many_more() -> None:
    problem = quadratic()
    options = {"metric": Sobolev(0.7), "tolerance": 1e-6, "cost_tolerance": 0.0}
    counts = [
        minimize(problem, 0.0 * problem.minimiser, beta=beta, **options).nit  # type: ignore[arg-type]
        for beta in ("SD", "PR+")
    ]
    assert counts[0] > 3 * counts[1]


def test_successive_gradients_are_orthogonal_and_directions_conjugate_in_the_metric() -> None:
    """What makes it conjugate gradients: with Euclidean products of Sobolev gradients it fails."""
    problem, metric = quadratic(), Sobolev(0.7)
    _, rows = run(
        problem, 0.0 * problem.minimiser, metric=metric, beta="FR", max_iterations=6, tolerance=0.0
    )
    points = [row.parameters for row in rows]
    gradients = [metric.gradient(problem.cost_and_derivative(p)[1]) for p in points]
    steps = [(q - p).values.ravel() for p, q in pairwise(points)]
    for i in range(len(gradients)):
        for j in range(i):
            g, h = gradients[i], gradients[j]
            size = np.sqrt(metric.inner(g, g) * metric.inner(h, h))
            assert abs(metric.inner(g, h)) <= 1e-8 * size
    for i in range(len(steps)):
        for j in range(i):
            size = np.linalg.norm(steps[i]) * np.linalg.norm(steps[j])
            assert abs(steps[i] @ problem.A @ steps[j]) <= 1e-8 * size


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("beta", BETAS)
def test_the_cost_never_rises_and_every_step_satisfies_the_wolfe_conditions(
    beta: str, name: str
) -> None:
    problem = PROBLEMS[name]()
    result, rows = run(problem, problem.initial_parameters(), beta=beta, max_iterations=40)
    assert (np.diff(result.history["cost"]) <= 0.0).all()
    assert result.cost < 0.6 * result.history["cost"][0]
    kinked = name == "a kinked field"
    for before, after in pairwise(rows):
        direction = (after.parameters - before.parameters) / after.step
        (_, there), (_, here) = (
            problem.cost_and_derivative(row.parameters) for row in (before, after)
        )
        slope, new_slope = there.apply(direction), here.apply(direction)
        assert slope < 0.0 < after.step
        assert after.cost <= before.cost + DECREASE * after.step * slope + 1e-15 * before.cost
        if not kinked:  # where the slope jumps, no step may meet this
            assert abs(new_slope) <= CURVATURE * abs(slope) * (1.0 + 1e-6)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_directions_are_those_the_history_tells(name: str) -> None:
    """d_0 = -g_0 and d_k = beta_k d_(k-1) - g_k, in the metric of the run."""
    problem, metric = PROBLEMS[name](), Sobolev(0.5)
    _, rows = run(problem, problem.initial_parameters(), metric=metric, max_iterations=12)
    direction = None
    for before, after in pairwise(rows):
        cost, derivative = problem.cost_and_derivative(before.parameters)
        gradient = metric.gradient(derivative)
        assert cost == before.cost
        norm = np.sqrt(derivative.apply(gradient))
        assert before.gradient_norm == pytest.approx(norm, rel=1e-10)
        direction = -gradient if direction is None else before.beta * direction - gradient
        taken = (after.parameters - before.parameters) / after.step
        scale = np.abs(direction.values).max()
        assert np.allclose(taken.values, direction.values, rtol=1e-6, atol=1e-8 * scale)


@pytest.mark.parametrize("ends", ENDS)
def test_fixed_ends_stay_where_they_were(ends: str) -> None:
    problem = regression()
    start = problem.initial_parameters()
    result = minimize(problem, start, metric=Sobolev(0.5, ends=ends), max_iterations=10)
    moved = (result.parameters.values != start.values).any(axis=1)
    fixed = {k % moved.size for k in ENDS[ends]}
    assert [k for k in range(moved.size) if not moved[k]] == sorted(fixed)
    assert result.cost < result.history["cost"][0]


def test_for_squared_loss_nearly_every_step_is_right_at_the_first_trial() -> None:
    for beta in BETAS:
        problem = regression()
        result = minimize(
            problem, problem.initial_parameters(), beta=beta, max_iterations=40, tolerance=0.0
        )
        first = np.diff(result.history["direct"]) == 1
        assert first.mean() >= 0.7


class Crooked(Quadratic):
    """Its gradient is turned about at random: conjugate directions lead nowhere."""

    def __init__(self, plain: Quadratic) -> None:
        super().__init__(plain.A, plain.minimiser)

    def cost(self, p: Parameters) -> float:
        away = (p - self.minimiser).values.ravel()
        return super().cost(p) + float(np.sum(np.abs(away) ** 1.5 * np.cos(9.0 * away)))

    def partials(self, p: Parameters) -> Any:
        away = (p - self.minimiser).values.ravel()
        root = np.sign(away) * np.sqrt(np.abs(away))
        waves = 1.5 * root * np.cos(9.0 * away) - 9.0 * np.abs(away) ** 1.5 * np.sin(9.0 * away)
        return super().partials(p) + waves


@pytest.mark.parametrize("beta", BETAS)
def test_on_rough_ground_it_restarts_and_still_never_rises(beta: str) -> None:
    problem = Crooked(quadratic(condition=5.0))
    result = minimize(
        problem, 0.0 * problem.minimiser, beta=beta, tolerance=1e-8, max_iterations=300
    )
    cost, betas = result.history["cost"], result.history["beta"]
    assert (np.diff(cost) <= 0.0).all() and cost[-1] < cost[0]
    if beta in ("FR", "PR+", "HS+", "DY"):
        assert (betas[1:-1] == 0.0).any(), "no restart"
        assert (betas[1:] != 0.0).any(), "nothing but restarts"
