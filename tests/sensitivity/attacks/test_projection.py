"""Projections onto half-spaces in a box, and into balls."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize

from standalone_node.sensitivity.attacks.projection import into_ball, nearest_change
from standalone_node.sensitivity.geometry import Geometry


@pytest.mark.parametrize("count", [1, 3])
def test_the_nearest_change_is_that_of_a_solver_for_convex_problems(count):
    rng, compared = np.random.default_rng(count), 0
    slopes, limits = rng.standard_normal((40, count, 6)), -rng.random((40, count))
    low, high = -1.5 * rng.random((40, 6)), 1.5 * rng.random((40, 6))
    found = nearest_change(slopes, limits, low, high)
    for b in range(40):
        solved = minimize(
            lambda u: u @ u,
            np.zeros(6),
            jac=lambda u: 2.0 * u,
            bounds=list(zip(low[b], high[b], strict=True)),
            constraints=LinearConstraint(slopes[b], ub=limits[b]),
            method="SLSQP",
            options={"ftol": 1e-15},
        )
        if solved.success:
            compared += 1
            np.testing.assert_allclose(found[b], solved.x, atol=1e-6)
    assert compared > 25
    assert (found >= low).all() and (found <= high).all()


def test_no_change_is_needed_where_zero_will_do():
    slopes, limits = np.ones((2, 2, 3)), np.array([[0.0, 1.0], [2.0, 0.5]])
    free = np.full((2, 3), np.inf)
    np.testing.assert_array_equal(nearest_change(slopes, limits, -free, free), np.zeros((2, 3)))


def test_a_half_space_out_of_reach_leads_as_far_as_the_box_goes():
    box = np.ones((1, 2))
    found = nearest_change(np.array([[[1.0, -2.0]]]), np.array([[-9.0]]), -box, box)
    np.testing.assert_array_equal(found, [[-1.0, 1.0]])


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_points_come_into_the_ball_to_the_last_bit(norm):
    rng = np.random.default_rng(0)
    unit = 10.0 ** rng.uniform(-3, 3, 7)
    geometry = Geometry(unit, np.zeros(7), 5.0 * unit)
    rows = rng.uniform(0.0, 5.0, (3000, 7)) * unit
    radius = 10.0 ** rng.uniform(-12, 0, 3000)
    points = rows + rng.standard_normal((3000, 7)) * unit
    found = into_ball(rows, points, radius, norm, geometry)
    size = np.linalg.norm((found - rows) / unit, ord=np.inf if norm == "linf" else 2, axis=1)
    assert (size <= radius).all() and (size > 0.5 * radius).mean() > 0.99
    assert (found >= geometry.low).all() and (found <= geometry.high).all()
