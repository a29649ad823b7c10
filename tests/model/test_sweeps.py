"""The generic sweeps: any field, in plain NumPy, against the reference and against themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from twins import UNEVEN, relative_error, twins

import naive
import naive_tables
from standalone_node.model.depth import interpolation
from standalone_node.model.stage_grid import StageGrid
from standalone_node.model.sweeps import adjoint, direct, sensitivity
from standalone_node.model.tableaux import TABLEAUX

Array = NDArray[Any]


class Inside:
    """f = tanh(W x + b) with flat parameters, as a user would write it."""

    def __init__(self, width: int) -> None:
        self.width = width

    def _split(self, p: Array) -> tuple[Array, Array]:
        d = self.width
        return p[: d * d].reshape(d, d), p[d * d :]

    def f(self, t: float, x: Array, p: Array) -> Array:
        W, b = self._split(p)
        return np.tanh(x @ W.T + b)

    def jvp(self, t: float, x: Array, p: Array, dx: Array, dp: Array) -> Array:
        (W, _), (dW, db) = self._split(p), self._split(dp)
        return (1.0 - self.f(t, x, p) ** 2) * (dx @ W.T + x @ dW.T + db)

    def vjp(self, t: float, x: Array, p: Array, kappa: Array) -> tuple[Array, Array]:
        W, _ = self._split(p)
        inner = (1.0 - self.f(t, x, p) ** 2) * kappa
        return inner @ W, np.concatenate([(inner.T @ x).ravel(), inner.sum(axis=0)])


class Clock:
    """x' = cos(t) x: a field that looks at the time and has no parameters."""

    def f(self, t: float, x: Array, p: Array) -> Array:
        return np.cos(t) * x


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_the_generic_sweeps_agree_with_the_reference(scheme: str) -> None:
    pair = twins(scheme=scheme, form="inside", activation="tanh", penalised=False)
    problem, p = pair.problem, pair.parameters
    field, grid = Inside(problem.width), StageGrid.of(problem.times, scheme)
    hats = interpolation(p.times, grid.at)
    theta, tangent = hats @ p.values, hats @ pair.direction.values
    solution = direct(field, grid, theta, problem.inputs)
    assert relative_error(solution.states, naive.direct(pair.reference, *pair.theta)) <= 1e-12
    xi = sensitivity(field, grid, theta, solution, tangent, pair.change)
    expected = naive.sensitivity(pair.reference, *pair.theta, *pair.dtheta, pair.change)
    assert relative_error(xi, expected) <= 1e-12
    lam, by_W, by_b = naive.adjoint(pair.reference, *pair.theta)
    sources = np.zeros_like(lam)
    sources[-1] = lam[-1]
    found, partials = adjoint(field, grid, theta, solution, sources)
    assert relative_error(found, lam) <= 1e-12
    nodal = hats.T @ partials
    by_both = np.concatenate([by_W.reshape(len(by_W), -1), by_b], axis=1)
    assert relative_error(nodal, by_both) <= 1e-12


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_the_adjoint_sweep_is_the_transpose_with_sources_at_all_times(scheme: str) -> None:
    rng = np.random.default_rng(3)
    field, grid = Inside(3), StageGrid.of(np.array(UNEVEN), scheme)
    theta, tangent = rng.normal(size=(2, grid.at.size, 12))
    initial, change = rng.normal(size=(2, 4, 3))
    solution = direct(field, grid, theta, initial)
    xi = sensitivity(field, grid, theta, solution, tangent, change)
    sources = rng.normal(size=xi.shape)
    lam, partials = adjoint(field, grid, theta, solution, sources)
    left, right = np.vdot(sources, xi), np.vdot(partials, tangent) + np.vdot(lam[0], change)
    assert abs(left - right) <= 1e-13 * np.abs(sources * xi).sum()


@pytest.mark.parametrize("scheme", TABLEAUX.values(), ids=TABLEAUX.keys())
def test_a_field_that_depends_on_time_itself_is_solved_with_the_order_of_the_scheme(
    scheme: Any,
) -> None:
    errors = []
    for steps in (40, 80):
        grid = StageGrid.of(np.linspace(0.0, 1.5, steps + 1), scheme.name)
        field: Any = Clock()
        final = direct(field, grid, np.empty((grid.at.size, 0)), np.ones((1, 1))).states[-1]
        errors.append(abs(float(final[0, 0]) - np.exp(np.sin(1.5))))
    observed = np.log2(errors[0] / errors[1])
    assert -0.1 <= observed - scheme.order <= naive_tables.ABOVE.get(scheme.name, 0.1)
