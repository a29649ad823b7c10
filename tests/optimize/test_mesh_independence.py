"""Sobolev gradients make the number of iterations independent of the depth grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from standalone_node import Euclidean, InverseProblem, Penalty, Result, Sobolev, minimize

POINTS = (11, 21, 41, 81)


def fitted(
    metric: Any, points: int, seed: int, method: str = "ncg", tolerance: float = 1e-2
) -> Result:
    """Until the gradient norm has fallen to the tolerance; every depth node is a time node."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.0, 1.0, size=(40, 2))
    y = np.column_stack([np.sin(2.0 * x[:, 0]), x[:, 0] * x[:, 1]])
    problem = InverseProblem(
        x, y, steps=80, scheme="midpoint", horizon=1.0, penalty=Penalty(h1=1e-2)
    )
    start = problem.initial_parameters(seed=seed).refined(np.linspace(0.0, 1.0, POINTS[0]))
    return minimize(
        problem,
        start.refined(np.linspace(0.0, 1.0, points)),
        method=method,
        metric=metric,
        tolerance=tolerance,
        max_iterations=200,
    )


def iterations(metric: Any, points: int, seed: int) -> int:
    return fitted(metric, points, seed).nit


def sweeps(metric: Any, points: int, method: str) -> int:
    """All of them: the inner iterations of the methods of second order are sweeps."""
    history = fitted(metric, points, 0, method, 1e-3).history
    return int(sum(history[name][-1] for name in ("direct", "adjoint", "sensitivity")))


@pytest.mark.parametrize("seed", [0, 1])
def test_with_the_sobolev_gradient_finer_grids_take_no_more_iterations(seed: int) -> None:
    counts = [iterations(Sobolev(1.0), points, seed) for points in POINTS]
    assert max(counts) - min(counts) <= max(1, 0.2 * counts[0]), counts


def test_with_the_euclidean_gradient_they_do() -> None:
    counts = [iterations(Euclidean(), points, 0) for points in (POINTS[0], POINTS[-1])]
    assert counts[1] > 2 * counts[0], counts


@pytest.mark.parametrize("method", ["lbfgs", "gauss-newton", "trust-krylov"])
def test_scipys_methods_see_the_metric(method: str) -> None:
    """They know nothing of depth: their coordinates make them independent of its grid."""
    counts = [sweeps(Sobolev(1.0), points, method) for points in POINTS]
    assert max(counts) - min(counts) <= 0.1 * counts[0], counts


@pytest.mark.parametrize("method", ["lbfgs", "gauss-newton", "trust-krylov"])
def test_without_it_they_need_more_sweeps_the_finer_the_grid(method: str) -> None:
    counts = [sweeps(Euclidean(), points, method) for points in (POINTS[0], POINTS[1])]
    assert counts[1] > 2.0 * counts[0] > 4.0 * sweeps(Sobolev(1.0), POINTS[0], method), counts
