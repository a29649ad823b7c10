"""Hat functions on a depth grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from standalone_node.errors import ArgumentError
from standalone_node.model.depth import (
    Array,
    banded_product,
    checked_grid,
    interpolation,
    mass,
    stiffness,
    uniform_grid,
)

NODES = np.array([0.0, 0.2, 0.3, 1.1, 1.7])
TIMES = np.array([0.0, 0.05, 0.2, 0.25, 0.3, 0.9, 1.1, 1.6999, 1.7])


def full(banded: Array) -> Array:
    return banded_product(banded, np.eye(banded.shape[1]))


@st.composite
def grids(draw: st.DrawFn) -> Array:
    steps = draw(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=12))
    return np.concatenate([[0.0], np.cumsum(steps)])


@given(grids(), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8))
def test_hat_functions_sum_to_one_and_reproduce_straight_lines(
    nodes: Array, shares: list[float]
) -> None:
    times = nodes[-1] * np.array(shares)
    hats = interpolation(nodes, times)
    assert np.allclose(hats @ np.ones(nodes.size), 1.0, rtol=1e-14)
    assert np.allclose(hats @ (3.0 * nodes - 1.0), 3.0 * times - 1.0, rtol=1e-12, atol=1e-12)
    assert (hats.toarray() >= 0.0).all()


def test_hat_functions_are_those_of_the_reference() -> None:
    expected = [[naive.hat(NODES, k, t) for k in range(NODES.size)] for t in TIMES]
    assert np.allclose(interpolation(NODES, TIMES).toarray(), expected, rtol=1e-14, atol=1e-16)


def test_at_a_node_only_its_own_hat_function_is_stored() -> None:
    hats = interpolation(NODES, NODES)
    assert np.array_equal(hats.toarray(), np.eye(NODES.size))
    assert hats.nnz == NODES.size


def test_a_time_beyond_the_grid_by_rounding_belongs_to_its_end() -> None:
    beyond = np.array([-1e-17, np.nextafter(1.7, 2.0)])
    assert np.array_equal(interpolation(NODES, beyond).toarray(), np.eye(5)[[0, -1]])


def test_the_transpose_pairs_with_the_interpolation() -> None:
    rng = np.random.default_rng(0)
    values, dual = rng.normal(size=(NODES.size, 4)), rng.normal(size=(TIMES.size, 4))
    hats = interpolation(NODES, TIMES)
    assert np.vdot(hats @ values, dual) == pytest.approx(np.vdot(values, hats.T @ dual), rel=1e-13)


@pytest.mark.parametrize("nodes", [NODES, np.array([0.0, 2.0]), uniform_grid(1000.0, 40)])
def test_mass_and_stiffness_are_those_of_the_reference(nodes: Array) -> None:
    assert np.allclose(full(mass(nodes)), naive.mass(nodes), rtol=1e-14)
    assert np.allclose(full(stiffness(nodes)), naive.stiffness(nodes), rtol=1e-14)


def test_a_banded_product_is_the_product_with_the_full_matrix() -> None:
    values = np.random.default_rng(1).normal(size=(5, 3))
    assert np.allclose(banded_product(mass(NODES), values), full(mass(NODES)) @ values, rtol=1e-13)


def test_a_uniform_grid_ends_exactly_at_the_horizon() -> None:
    for points in (2, 3, 7, 50, 321):
        grid = uniform_grid(0.7, points)
        assert grid.size == points and grid[0] == 0.0 and grid[-1] == 0.7


@pytest.mark.parametrize(
    "times",
    [0.0, [0.0], [], [[0.0, 1.0]], [0.1, 1.0], [0.0, 1.0, 1.0], [0.0, 2.0, 1.0], [0.0, np.nan],
     [0.0, np.inf]],
)  # fmt: skip
def test_what_is_no_grid_is_refused(times: object) -> None:
    with pytest.raises(ArgumentError, match="depth"):
        checked_grid(times, "depth")  # type: ignore[arg-type]


def test_a_checked_grid_is_a_copy() -> None:
    times = np.array([0.0, 1.0])
    checked_grid(times)[1] = 5.0
    assert times[1] == 1.0
