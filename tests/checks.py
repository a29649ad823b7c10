"""What holds for every problem: it is the slow reference's twin, and its adjoint a transpose."""

from __future__ import annotations

import numpy as np
import pytest
from twins import Twins, blocks_of, relative_error

import naive

TOLERANCE = 1e-12


def check(pair: Twins, tolerance: float = TOLERANCE) -> None:
    """Everything the problem can say, against the reference."""
    problem, p = pair.problem, pair.parameters
    assert relative_error(problem.solve_direct(p), naive.direct(pair.reference, *pair.theta)) <= (
        tolerance
    )
    xi = naive.sensitivity(pair.reference, *pair.theta, *pair.dtheta, pair.change)
    found = problem.solve_sensitivity(p, pair.direction, pair.change)
    assert relative_error(found, xi) <= tolerance
    adjoint, *partials = naive.adjoint(pair.reference, *pair.theta)
    assert relative_error(problem.solve_adjoint(p), adjoint) <= tolerance
    cost, derivative = problem.cost_and_derivative(p)
    expected = naive.cost(pair.reference, *pair.theta)
    assert cost == pytest.approx(expected, rel=tolerance)
    assert problem.cost(p) == cost
    for found, by_block in zip(blocks_of(derivative), partials, strict=True):
        assert relative_error(found, by_block) <= tolerance


def defect_of_the_flow(pair: Twins) -> float:
    """The defect for a random w, relative to |J v| |w|."""
    problem, p = pair.problem, pair.parameters
    w = np.random.default_rng(9).normal(size=pair.change.shape)
    Jv = problem.solve_sensitivity(p, pair.direction, pair.change)[-1].astype(float)
    flow = problem.flow
    states, derivative = flow.adjoint(
        flow.direct(p, problem.inputs), lambda final, rows: w[rows], keep=True
    )
    assert states is not None
    transposed = derivative.apply(pair.direction) + np.vdot(states[0].astype(float), pair.change)
    return abs(np.vdot(Jv, w) - transposed) / float(np.linalg.norm(Jv) * np.linalg.norm(w))


def defect_of_the_cost(pair: Twins) -> float:
    """The same with w = dE/dx(T), for a problem whose cost sees theta through x(T) alone."""
    problem, p = pair.problem, pair.parameters
    Jv = problem.solve_sensitivity(p, pair.direction, pair.change)[-1].astype(float)
    adjoint = problem.solve_adjoint(p).astype(float)
    _, derivative = problem.cost_and_derivative(p)
    transposed = derivative.apply(pair.direction) + np.vdot(adjoint[0], pair.change)
    size = float(np.linalg.norm(Jv) * np.linalg.norm(adjoint[-1]))
    return abs(np.vdot(Jv, adjoint[-1]) - transposed) / size
