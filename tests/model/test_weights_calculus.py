"""Tangent, adjoint and metric of every choice of what is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from weight_choices import CHOICES, HORIZON, TIMES, placed, template

import standalone_node as sn
from standalone_node.model.evolving import RIDGE
from standalone_node.optimize.objective import Objective

Array = NDArray[Any]
every_choice = pytest.mark.parametrize("name", CHOICES)
SERIES = [name for name in CHOICES if not name.startswith("evolving")]
METRICS = {"Sobolev": sn.Sobolev(0.7), "L2": sn.L2(), "Euclidean": sn.Euclidean()}
every_metric = pytest.mark.parametrize("metric", METRICS)


def derivative(seed: int = 5) -> sn.Derivative:
    values = np.random.default_rng(seed).standard_normal(template().values.shape)
    return sn.Derivative.from_values(TIMES.copy(), values, template().blocks)


def objective(name: str) -> Objective:
    rng = np.random.default_rng(7)
    problem = sn.InverseProblem(
        rng.standard_normal((20, 2)),
        rng.standard_normal((20, 2)),
        horizon=HORIZON,
        steps=12,
        penalty=sn.Penalty(l2=0.1, h1=0.05, output=0.1),
    )
    return Objective(problem, placed(name)[0])


@every_choice
def test_the_adjoint_is_the_transpose_of_the_tangent(name: str) -> None:
    parametrisation, u, du = placed(name)
    forward = parametrisation.tangent(u, du)
    back = parametrisation.adjoint(u, derivative())
    sizes = np.linalg.norm(derivative().values) * np.linalg.norm(forward.values)
    assert abs(derivative().apply(forward) - back @ du) <= 1e-13 * sizes


@every_choice
def test_the_tangent_is_linear_in_the_direction(name: str) -> None:
    parametrisation, u, du = placed(name)
    other = placed(name, seed=2)[2]
    both = parametrisation.tangent(u, 2.0 * du - other).values
    apart = 2.0 * parametrisation.tangent(u, du) - parametrisation.tangent(u, other)
    assert np.abs(both - apart.values).max() <= 1e-13 * np.abs(both).max()


@every_choice
def test_the_tangent_is_the_derivative_of_the_map(name: str) -> None:
    parametrisation, u, du = placed(name)
    eta = 1e-4
    ahead, behind = parametrisation.apply(u + eta * du), parametrisation.apply(u - eta * du)
    tangent = parametrisation.tangent(u, du).values
    assert np.abs((ahead - behind).values / (2.0 * eta) - tangent).max() <= 1e-6


@every_choice
def test_the_cost_is_of_second_order_beside_its_derivative(name: str) -> None:
    """Taylor's test of u -> E(theta(u)), through whatever equations there are."""
    _, u, du = placed(name)
    seen = objective(name)
    cost, slope = seen.cost(u), seen.derivative(u) @ du
    etas = 1e-3 * 0.5 ** np.arange(4)
    rest = np.array([abs(seen.cost(u + eta * du) - cost - eta * slope) for eta in etas])
    assert np.abs(np.log2(rest[:-1] / rest[1:]) - 2.0).max() <= 0.05


@every_choice
def test_the_line_model_begins_with_the_slope_of_the_cost(name: str) -> None:
    _, u, du = placed(name)
    seen = objective(name)
    slope = seen.derivative(u) @ du
    assert seen.line(u, du).slope(0.0) == pytest.approx(slope, rel=1e-11)


@every_choice
@every_metric
def test_solving_undoes_applying(name: str, metric: str) -> None:
    parametrisation, u, _ = placed(name)
    gram = parametrisation.gram(METRICS[metric].matrix(TIMES), ())
    assert np.abs(gram.solve(gram.apply(u)) - u).max() <= 1e-9 * np.abs(u).max()


@every_choice
@every_metric
def test_the_metric_is_symmetric_and_positive(name: str, metric: str) -> None:
    parametrisation, u, v = placed(name)
    gram = parametrisation.gram(METRICS[metric].matrix(TIMES), ())
    norms = np.sqrt((gram.apply(u) @ u) * (gram.apply(v) @ v))
    assert norms > 0.0 and abs(gram.apply(u) @ v - gram.apply(v) @ u) <= 1e-13 * norms


@every_choice
@every_metric
def test_the_representative_of_the_derivative_is_its_gradient(name: str, metric: str) -> None:
    """<g, v>_H = dE.v for every v."""
    parametrisation, u, v = placed(name)
    gram = parametrisation.gram(METRICS[metric].matrix(TIMES), ())
    functional = objective(name).derivative(u)
    norms = np.sqrt((gram.apply(v) @ v) * (functional @ gram.solve(functional)))
    assert abs(gram.apply(gram.solve(functional)) @ v - functional @ v) <= 1e-12 * norms


@every_choice
@every_metric
def test_in_whitened_coordinates_the_metric_is_the_dot_product(name: str, metric: str) -> None:
    parametrisation, u, v = placed(name)
    gram: Any = parametrisation.gram(METRICS[metric].matrix(TIMES), ())
    product = gram.apply(u) @ v
    norms = np.sqrt((gram.apply(u) @ u) * (gram.apply(v) @ v))
    assert abs(gram.whiten(u) @ gram.whiten(v) - product) <= 1e-12 * norms
    assert np.abs(gram.unwhiten(gram.whiten(u)) - u).max() <= 1e-10 * np.abs(u).max()
    functional = gram.apply(v)
    assert abs(gram.whiten_functional(functional) @ gram.whiten(u) - product) <= 1e-12 * norms
    again = gram.unwhiten(gram.whiten_functional(functional))
    assert np.abs(again - v).max() <= 1e-9 * np.abs(v).max()


@pytest.mark.parametrize("name", SERIES)
@every_metric
def test_the_metric_of_a_series_is_that_of_the_functions(name: str, metric: str) -> None:
    parametrisation, u, v = placed(name)
    gram = parametrisation.gram(METRICS[metric].matrix(TIMES), ())
    functions = METRICS[metric].inner(parametrisation.apply(u), parametrisation.apply(v))
    assert gram.apply(u) @ v == pytest.approx(functions, rel=1e-11)


def test_the_metric_of_constants_is_the_horizon() -> None:
    gram = sn.Constant().on(template()).gram(sn.Sobolev(2.0).matrix(TIMES), ())
    assert np.allclose(gram.apply(np.ones(6)), HORIZON, rtol=1e-13)


@every_metric
def test_the_metric_of_evolving_weights_bounds_the_change_of_the_path(metric: str) -> None:
    """At the start, for changes of theta_0, V and e: within the share that keeps it positive."""
    parametrisation = sn.Evolving(3).on(template())
    start = parametrisation.coordinates(template())
    gram = parametrisation.gram(METRICS[metric].matrix(TIMES), ())
    for seed in range(5):
        du = np.random.default_rng(seed).standard_normal(start.size)
        du[(3 + 2) * 6 :] = 0.0
        change = parametrisation.tangent(start, du)
        square = METRICS[metric].inner(change, change)
        assert (
            square
            <= gram.apply(du) @ du
            <= square + 1.01 * RIDGE * _separately(parametrisation, start, du, METRICS[metric])
        )


def _separately(parametrisation: Any, start: Array, du: Array, metric: Any) -> float:
    """The squares of the changes of the path that theta_0, each row of V and e make alone."""
    total = 0.0
    for row in range(5):
        alone = np.zeros_like(du)
        alone[row * 6 : (row + 1) * 6] = du[row * 6 : (row + 1) * 6]
        change = parametrisation.tangent(start, alone)
        total += metric.inner(change, change)
    return total


@every_metric
def test_the_metric_of_evolving_weights_knows_the_size_that_they_grow_to(metric: str) -> None:
    """A change of U, s or c moves the path by less than its norm, there as at the start."""
    small = 1e-3 * template()
    parametrisation = sn.Evolving(3).on(small)
    gram = parametrisation.gram(METRICS[metric].matrix(TIMES), ())
    u = parametrisation.coordinates(small)
    u[:6] *= 6.0**0.25 / np.linalg.norm(u[:6])
    rng = np.random.default_rng(0)
    u[6:24] = (rng.standard_normal((3, 6)) / np.sqrt(3.0 * 6.0) / HORIZON).ravel()
    for _ in range(5):
        du = np.zeros_like(u)
        du[30:] = rng.standard_normal(u.size - 30)
        change = parametrisation.tangent(u, du)
        assert METRICS[metric].inner(change, change) <= gram.apply(du) @ du
