"""The depth profile against brute force: every entry of every node is moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fields import epidemic
from twins import relative_error, twins

import naive
import standalone_node as sn
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.kernels.stages import FORMS
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives.depth import depth_profile
from standalone_node.sensitivity.subject import network_of

RNG = np.random.default_rng(9)


def brute_force(network: Network, rows: np.ndarray, centred: bool) -> np.ndarray:
    """|d outputs / d theta_k| over the integral of phi_k, (B, K + 1), by differences."""
    p, h = network.parameters, 1e-3
    total = np.zeros((len(rows), p.times.size))
    for k, i in np.ndindex(p.values.shape):
        unit = np.zeros(p.values.shape)
        unit[k, i] = h

        def moved(
            eta: float,
            direction: sn.Parameters = p.like(unit),  # noqa: B008
        ) -> np.ndarray:
            outputs = network.with_parameters(p + eta * direction).solve(rows)
            return outputs - outputs.mean(axis=1, keepdims=True) if centred else outputs

        change = (8.0 * (moved(1.0) - moved(-1.0)) - (moved(2.0) - moved(-2.0))) / (12.0 * h)
        total[:, k] += np.sum(change**2, axis=1)
    at = np.linspace(0.0, p.times[-1], 20001)
    integrals = [
        np.trapezoid([naive.hat(p.times, k, t) for t in at], at) for k in range(p.times.size)
    ]
    return np.sqrt(total) / integrals


@pytest.mark.parametrize("reversible", [False, 0.95])
@pytest.mark.parametrize("form", FORMS)
def test_of_quantities_it_is_the_change_of_the_outputs(form: str, reversible: Any) -> None:
    pair = twins(form=form, width=2, samples=2, scheme="rk4", reversible=reversible)
    found = depth_profile(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    network = network_of(pair.problem, pair.parameters)
    expected = brute_force(network, pair.problem.inputs, centred=False)
    assert relative_error(found.sensitivity, expected) <= 1e-7
    assert np.array_equal(found.times, pair.parameters.times)
    size = np.sqrt(np.sum(pair.parameters.values**2, axis=1))
    assert np.allclose(found.relative, found.sensitivity * size, rtol=1e-13)


def test_of_classes_it_is_the_change_of_the_centred_logits() -> None:
    pair = twins(width=3, outputs=3, samples=2, loss="cross-entropy", scheme="midpoint")
    found = depth_profile(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    network = network_of(pair.problem, pair.parameters)
    assert (
        relative_error(found.sensitivity, brute_force(network, pair.problem.inputs, centred=True))
        <= 1e-7
    )


@pytest.mark.filterwarnings("ignore:not converged")
def test_of_an_estimator_it_is_in_the_units_of_the_target() -> None:
    X = RNG.normal(size=(30, 1)) * 7.0
    y = 1000.0 * np.sin(X[:, 0] / 7.0)
    model = sn.NodeRegressor(l2=1e-3, max_iterations=3, steps=2).fit(X, y)
    found = depth_profile(model, X[:3])
    expected = brute_force(model.network_, X[:3], centred=False)
    assert relative_error(found.sensitivity, expected) <= 1e-7


def test_of_a_field_it_is_the_change_of_the_final_state() -> None:
    problem = epidemic(depth_points=4)
    p = problem.initial_parameters({"beta": lambda t: 0.6 + 0.2 * np.cos(t), "gamma": 0.2})
    found = depth_profile(problem, problem.inputs, parameters=p)
    network = network_of(problem, p)
    expected = brute_force(network, problem.inputs, centred=False)
    assert relative_error(found.sensitivity, expected) <= 1e-6


def test_it_does_not_depend_on_how_fine_the_depth_grid_is() -> None:
    pair = twins(steps=160, shares=np.linspace(0.0, 1.0, 6), samples=2)
    profiles = []
    for points in (41, 81):
        p = pair.parameters.refined(np.linspace(0.0, pair.parameters.horizon, points))
        found = depth_profile(pair.problem, pair.problem.inputs, parameters=p)
        profiles.append(found.sensitivity[:, :: (points - 1) // 40])
    assert relative_error(*profiles) <= 0.03


def test_a_node_that_no_stage_touches_has_no_influence() -> None:
    pair = twins(steps=1, scheme="euler", shares=(0.0, 0.4, 1.0))
    found = depth_profile(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    assert (found.sensitivity[:, 0] > 0.0).all() and not found.sensitivity[:, 1:].any()


def test_of_many_rows_some_are_drawn_the_same_ones_for_a_seed() -> None:
    pair = twins(samples=12, steps=1, scheme="euler")
    ask = {"parameters": pair.parameters}
    rows = pair.problem.inputs
    whole = depth_profile(pair.problem, rows, **ask)
    assert np.array_equal(whole.index, np.arange(12))
    some = depth_profile(pair.problem, rows, most_rows=5, seed=3, **ask)
    assert some.index.size == 5 and (np.diff(some.index) > 0).all()
    assert np.array_equal(some.rows, rows[some.index])
    assert np.array_equal(some.sensitivity, whole.sensitivity[some.index])
    again = depth_profile(pair.problem, rows, most_rows=5, seed=3, **ask)
    other = depth_profile(pair.problem, rows, most_rows=5, seed=4, **ask)
    assert np.array_equal(again.index, some.index)
    assert not np.array_equal(other.index, some.index)


def test_single_precision_has_the_profile_of_double() -> None:
    single, double = (
        depth_profile(pair.problem, pair.problem.inputs, parameters=pair.parameters).sensitivity
        for pair in (twins(dtype="float32"), twins())
    )
    assert relative_error(single, double) <= 1e-5


def test_what_cannot_be_answered_is_refused() -> None:
    pair = twins(activation="softplus", samples=3)
    rows = np.array(pair.problem.inputs)
    with pytest.raises(ArgumentError, match="most_rows"):
        depth_profile(pair.problem, rows, parameters=pair.parameters, most_rows=0)
    rows[1] = 1e308
    with pytest.raises(StateOverflow, match="row 2"):
        depth_profile(pair.problem, rows, parameters=pair.parameters)
