"""Sobolev gradients make the number of iterations independent of the depth grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from standalone_node import Euclidean, InverseProblem, Penalty, Sobolev, minimize

POINTS = (11, 21, 41, 81)


def iterations(metric: Any, points: int, seed: int) -> int:
    """Until the gradient norm is 1e-2 of its start; every depth node is a time node."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.0, 1.0, size=(40, 2))
    y = np.column_stack([np.sin(2.0 * x[:, 0]), x[:, 0] * x[:, 1]])
    problem = InverseProblem(
        x, y, steps=80, scheme="midpoint", horizon=1.0, penalty=Penalty(h1=1e-2)
    )
    start = problem.initial_parameters(seed=seed).refined(np.linspace(0.0, 1.0, POINTS[0]))
    result = minimize(
        problem,
        start.refined(np.linspace(0.0, 1.0, points)),
        metric=metric,
        tolerance=1e-2,
        max_iterations=200,
    )
    return result.nit


@pytest.mark.parametrize("seed", [0, 1])
def test_with_the_sobolev_gradient_finer_grids_take_no_more_iterations(seed: int) -> None:
    counts = [iterations(Sobolev(1.0), points, seed) for points in POINTS]
    assert max(counts) - min(counts) <= max(1, 0.2 * counts[0]), counts


def test_with_the_euclidean_gradient_they_do() -> None:
    counts = [iterations(Euclidean(), points, 0) for points in (POINTS[0], POINTS[-1])]
    assert counts[1] > 2 * counts[0], counts
