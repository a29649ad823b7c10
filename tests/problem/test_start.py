"""The start of a run: a smooth random function of depth, the same on every grid."""

from __future__ import annotations

import numpy as np
import pytest

from standalone_node import InverseProblem, Parameters


def start(points: int, *, width: int = 3, horizon: float = 2.0, **options: float) -> Parameters:
    inputs = np.zeros((2, width))
    problem = InverseProblem(inputs, np.zeros(2), horizon=horizon, steps=4, depth_points=points)
    return problem.initial_parameters(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_same_function_on_every_depth_grid(seed: int) -> None:
    finest = start(121, seed=seed)
    for points in (2, 3, 5, 11, 41, 61):
        coarse = start(points, seed=seed)
        at_its_nodes = finest.values[:: 120 // (points - 1)]
        assert np.allclose(coarse.values, at_its_nodes, rtol=1e-12, atol=1e-14)


def test_the_horizon_stretches_it() -> None:
    assert np.allclose(start(9, horizon=2.0).values, start(9, horizon=0.5).values, rtol=1e-12)


def test_it_is_smooth() -> None:
    """Finer grids bring smaller jumps: halving the spacing halves them."""
    jumps = [np.abs(np.diff(start(points).values, axis=0)).max() for points in (41, 81, 161)]
    assert jumps[0] / jumps[1] == pytest.approx(2.0, rel=0.1)
    assert jumps[1] / jumps[2] == pytest.approx(2.0, rel=0.1)


def test_it_varies_with_depth_and_with_the_seed() -> None:
    p = start(9)
    assert not np.allclose(p.values[0], p.values[-1])
    assert not np.allclose(p.values, start(9, seed=1).values)
    assert np.array_equal(p.values, start(9).values)


def test_scale_is_the_spread_of_the_entries() -> None:
    assert np.allclose(start(9, scale=0.2).values, 0.1 * start(9, scale=2.0).values, rtol=1e-13)
    spread = np.std([start(9, width=20, seed=seed).values.mean(axis=0) for seed in range(5)])
    assert spread == pytest.approx(0.5 / np.sqrt(20), rel=0.1)
