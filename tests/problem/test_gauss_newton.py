"""Gauss-Newton products: J^T L'' J by one sensitivity and one adjoint sweep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twins import random_targets

from standalone_node import Euclidean, InverseProblem, Parameters, Penalty
from standalone_node.errors import ArgumentError
from standalone_node.model.parametrisation import Free
from standalone_node.optimize.objective import Objective
from standalone_node.problem.losses import LOSSES

B, D = 30, 3


def a_problem(loss: str, **options: Any) -> InverseProblem:
    rng = np.random.default_rng(2)
    targets = random_targets(rng, loss, B, 1 if loss == "logistic" else 2)
    return InverseProblem(
        rng.normal(size=(B, D)),
        targets,
        loss=loss,
        horizon=1.5,
        steps=6,
        sample_weight=rng.uniform(0.5, 2.0, size=B),
        **{"penalty": Penalty(l2=0.1, h1=0.05, output=0.2), **options},
    )


def directions(problem: InverseProblem, count: int) -> list[Parameters]:
    return [problem.initial_parameters(seed=k, scale=1.0) for k in range(1, count + 1)]


every_loss = pytest.mark.parametrize("loss", LOSSES)


@every_loss
def test_it_is_the_transpose_times_the_curvature_times_the_tangent(loss: str) -> None:
    """<v, G w> from the sensitivities of both alone."""
    problem = a_problem(loss)
    p, m = problem.initial_parameters(), problem.outputs
    v, w = directions(problem, 2)
    z = problem.solve_direct(p)[-1]
    xi, zeta = (problem.solve_sensitivity(p, d)[-1] for d in (v, w))
    rows = LOSSES[loss].curvature(z[:, :m], problem.targets, zeta[:, :m])
    weights = problem.sample_weight[:, None] / B
    expected = (weights * xi[:, :m] * rows).sum() + 0.2 / B * (xi * zeta).sum()
    mixed = [problem.penalty.curvature(d) for d in (v + w, v, w)]
    expected += 0.5 * (mixed[0] - mixed[1] - mixed[2])
    assert problem.gauss_newton(p, w).apply(v) == pytest.approx(expected, rel=1e-12)


@every_loss
def test_it_is_symmetric_and_positive_semidefinite(loss: str) -> None:
    problem = a_problem(loss, penalty=Penalty())
    p, directed = problem.initial_parameters(), directions(problem, 4)
    products = [problem.gauss_newton(p, d) for d in directed]
    matrix = np.array([[product.apply(d) for d in directed] for product in products])
    assert np.abs(matrix - matrix.T).max() <= 1e-13 * np.abs(matrix).max()
    assert np.linalg.eigvalsh(matrix).min() >= -1e-13 * np.abs(matrix).max()


@every_loss
def test_along_a_direction_it_is_the_curvature_of_the_line_of_the_step_length(loss: str) -> None:
    problem = a_problem(loss)
    p, (d,) = problem.initial_parameters(), directions(problem, 1)
    curvature = problem.line_model(p, d).curvature(0.0)
    assert problem.gauss_newton(p, d).apply(d) == pytest.approx(curvature, rel=1e-12)


def test_without_residual_it_is_the_second_derivative_of_the_cost() -> None:
    problem = a_problem("squared", penalty=Penalty(l2=0.1, h1=0.05))
    p, (d,) = problem.initial_parameters(), directions(problem, 1)
    problem = problem.replaced(targets=problem.solve_direct(p)[-1])
    step = 1e-5
    ahead, behind = (
        problem.cost_and_derivative(p + sign * step * d)[1].values for sign in (1.0, -1.0)
    )
    found, expected = problem.gauss_newton(p, d).values, (ahead - behind) / (2.0 * step)
    assert np.abs(found - expected).max() <= 1e-8 * np.abs(expected).max()


@pytest.mark.parametrize("memory", [None, 1])
def test_it_costs_a_sensitivity_and_an_adjoint_sweep(memory: int | None) -> None:
    problem = a_problem("cross-entropy", memory_limit=memory)
    p, (d,) = problem.initial_parameters(), directions(problem, 1)
    problem.cost(p)
    problem.gauss_newton(p, d)
    counts = problem.counts
    assert (counts.direct, counts.adjoint, counts.sensitivity) == (1, 1, 1)


@pytest.mark.usefixtures("many_hands")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("memory", [None, 1])
def test_threads_and_memory_do_not_change_a_bit(threads: int, memory: int | None) -> None:
    problem = a_problem("huber")
    p, (d,) = problem.initial_parameters(), directions(problem, 1)
    other = problem.replaced(threads=threads, memory_limit=memory)
    assert np.array_equal(problem.gauss_newton(p, d).values, other.gauss_newton(p, d).values)


def test_the_objective_offers_it_in_its_own_coordinates() -> None:
    problem = a_problem("squared")
    p, (d,) = problem.initial_parameters(), directions(problem, 1)
    flat = Objective(problem, Free(p)).gauss_newton(p.values.ravel(), d.values.ravel())
    assert np.array_equal(flat, problem.gauss_newton(p, d).values.ravel())


def test_a_direction_on_another_grid_is_refused() -> None:
    problem = a_problem("squared")
    p = problem.initial_parameters()
    with pytest.raises(ArgumentError, match="grid"):
        problem.gauss_newton(p, p.refined(np.linspace(0.0, 1.5, 3)))


def test_it_is_a_functional_as_a_derivative_is() -> None:
    """So that a metric makes a gradient of it."""
    problem = a_problem("squared")
    p, (d,) = problem.initial_parameters(), directions(problem, 1)
    product = problem.gauss_newton(p, d)
    assert np.array_equal(Euclidean().gradient(product).values, product.values)
