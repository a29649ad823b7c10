"""Evolving weights: the equation that theta solves, and the paths it can follow."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy
from numpy.typing import NDArray

import naive_tables
import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.model.following import follow, following
from standalone_node.model.tableaux import TABLEAUX

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
follow_paths: Any = importlib.import_module("follow_paths")

Array = NDArray[Any]
HORIZON, ENTRIES, WIDTH = 1.5, 3, 2


def on_grid(points: int, scheme: str = "rk4") -> Any:
    """Evolving weights of three entries on a uniform depth grid."""
    times = np.linspace(0.0, HORIZON, points)
    zero = sn.Parameters.from_values(times, np.zeros((points, ENTRIES)), (("b", (ENTRIES,)),))
    return sn.Evolving(WIDTH, scheme).on(zero)


def control(seed: int = 0) -> Array:
    """A control in which all terms of the equation matter."""
    size = ENTRIES * (WIDTH + 2) + WIDTH * (ENTRIES + 2)
    return np.random.default_rng(seed).standard_normal(size)


def exact() -> Array:
    """theta(T), with the equation written out and another solver."""
    u = control()
    start, drift = u[:3], u[9:12]
    V, rest = u[3:9].reshape(2, 3).T, u[12:].reshape(2, 5)
    U, s, c = rest[:, :3], rest[:, 3], rest[:, 4]
    solved = scipy.integrate.solve_ivp(
        lambda t, theta: V @ np.tanh(U @ theta + s * t + c) + drift,
        (0.0, HORIZON),
        start,
        method="DOP853",
        rtol=1e-13,
        atol=1e-13,
    )
    result: Array = solved.y[:, -1]
    return result


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_theta_converges_to_the_solution_of_its_equation(scheme: str) -> None:
    """With the order of the scheme, as the depth grid is refined."""
    order = naive_tables.ORDERS[scheme]
    points = np.array([81, 161, 321]) if order < 4 else np.array([21, 41, 81])
    if scheme in naive_tables.ABOVE:
        points = np.array([11, 21, 41])
    errors = [
        np.abs(on_grid(int(k), scheme).apply(control()).values[-1] - exact()).max() for k in points
    ]
    observed = np.log2(errors[-2] / errors[-1])
    assert -0.15 <= observed - order <= naive_tables.ABOVE.get(scheme, 0.15)


def test_a_control_is_the_same_equation_on_every_depth_grid() -> None:
    coarse, fine = on_grid(41).apply(control()), on_grid(161).apply(control())
    assert np.abs(fine.values[::4] - coarse.values).max() <= 1e-6


def test_weights_without_units_that_matter_move_on_a_straight_line() -> None:
    u = control()
    u[3:9] = 0.0
    path = on_grid(11).apply(u)
    line = u[:3] + np.linspace(0.0, HORIZON, 11)[:, None] * u[9:12]
    assert np.abs(path.values - line).max() <= 1e-14


def test_the_equation_is_solved_once_for_a_control(monkeypatch: pytest.MonkeyPatch) -> None:
    evolving = importlib.import_module("standalone_node.model.evolving")
    solved, original = [], evolving.direct
    monkeypatch.setattr(evolving, "direct", lambda *given: solved.append(1) or original(*given))
    weights, u = on_grid(11), control()
    path = weights.apply(u)
    derivative = sn.Derivative.from_values(path.times.copy(), path.values.copy(), path.blocks)
    weights.adjoint(u, derivative)
    weights.tangent(u, control(1))
    assert len(solved) == 1
    u[0] += 1.0
    assert weights.apply(u).values[0, 0] == u[0] and len(solved) == 2


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_the_metric_is_one_even_on_a_grid_of_two_nodes(scheme: str) -> None:
    """Euler's scheme looks at t = 0 alone there, and what s does is nothing."""
    weights = on_grid(2, scheme)
    u = control()
    gram = weights.gram(np.array([[0.0, 0.25], [0.5, 0.5]]) * HORIZON, ())
    assert gram.apply(u) @ u > 0.0
    assert gram.solve(gram.apply(u)) == pytest.approx(u, rel=1e-9)
    assert gram.unwhiten(gram.whiten(u)) == pytest.approx(u, rel=1e-9)


#: A path, a tolerance relative to its size, and the hidden units that suffice for it.
FOLLOWED = [
    ("smooth", 1e-2, 8),
    ("smooth", 1e-3, 16),
    ("oscillating", 1e-2, 16),
    ("oscillating", 1e-3, 32),
    ("with a kink", 1e-2, 64),
    ("with a kink", 1e-3, 256),
]


@pytest.mark.parametrize(("name", "tolerance", "width"), FOLLOWED)
def test_continuous_paths_are_followed_to_a_tolerance(
    name: str, tolerance: float, width: int
) -> None:
    """[HXL]: whatever continuous path of weights there is, an equation is near it."""
    target = follow_paths.path(name, points=401)
    assert follow_paths.relative_error(target, width) <= tolerance


def test_every_path_of_the_table_is_followed_in_a_test() -> None:
    assert {name for name, _, _ in FOLLOWED} == set(follow_paths.PATHS)


@pytest.mark.parametrize("name", follow_paths.PATHS)
def test_wider_weights_follow_more_closely(name: str) -> None:
    target = follow_paths.path(name, points=201)
    errors = [follow_paths.relative_error(target, width) for width in (4, 16, 64)]
    assert errors[1] <= 0.5 * errors[0] and errors[2] <= 0.5 * errors[1]


def test_the_narrowest_weights_within_a_tolerance_are_found() -> None:
    target = follow_paths.path("smooth", points=101)
    followed = follow(target, 1e-2)
    width = followed.weights.width
    assert followed.error <= 1e-2 < following(target, width // 2).error
    again = followed.weights.on(target).apply(followed.control)
    assert np.abs(again.values - target.values).max() == followed.error


def test_a_path_that_its_grid_does_not_resolve_is_refused() -> None:
    rough = np.random.default_rng(0).standard_normal((21, 2))
    path = sn.Parameters.from_values(np.linspace(0.0, 1.0, 21), rough, (("b", (2,)),))
    with pytest.raises(ArgumentError, match="no width up to 20 follows the path"):
        follow(path, 1e-2)
    with pytest.raises(ArgumentError, match="tolerance"):
        follow(path, 0.0)
