"""The compiled problem against the slow reference: states, sensitivities, adjoints, derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from checks import TOLERANCE, check
from twins import HORIZON, UNEVEN, random_parameters, relative_error, twins

import naive
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.stages import FORMS
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.problem.flow import Flow
from standalone_node.problem.losses import LOSSES


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", TABLEAUX)
def test_every_scheme_and_form_agrees_with_the_reference(scheme: str, form: str) -> None:
    check(twins(scheme=scheme, form=form))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_agrees_with_the_reference(activation: str, form: str) -> None:
    check(twins(activation=activation, form=form, scheme="heun", seed=1))


@pytest.mark.parametrize("penalised", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_agrees_with_the_reference(loss: str, penalised: bool) -> None:
    check(twins(loss=loss, penalised=penalised, scheme="midpoint", samples=5))


EDGES: dict[str, dict[str, Any]] = {
    "one component": {"width": 1, "outputs": 1},
    "one sample": {"samples": 1},
    "one step": {"steps": 1},
    "one of each": {"width": 1, "samples": 1, "steps": 1, "shares": (0.0, 1.0)},
    "all components observed": {"width": 3, "outputs": 3},
    "depth grid coarser than the time grid": {"steps": 6, "shares": (0.0, 0.5, 1.0)},
    "depth grid finer than the time grid": {"steps": 2, "shares": np.linspace(0.0, 1.0, 9)},
    "depth grid of the time grid": {"steps": 3, "shares": np.linspace(0.0, 1.0, 4)},
    "depth grid not nested": {"steps": 3, "shares": np.linspace(0.0, 1.0, 5)},
    "depth nodes no stage touches": {"steps": 1, "shares": (0.0, 0.1, 0.2, 0.3, 1.0)},
    "two blocks": {"samples": 65, "steps": 1, "width": 2},
    "tiles of half the height": {"width": 6, "steps": 2, "samples": 2},
    "one tile and a rest": {"width": 11, "steps": 1, "samples": 2},
    "several tiles": {"width": 26, "steps": 1, "samples": 2, "outputs": 4},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", ["euler", "bs3"])
@pytest.mark.parametrize("edge", EDGES)
def test_no_size_is_a_special_case(edge: str, scheme: str, form: str) -> None:
    check(twins(scheme=scheme, form=form, seed=2, **EDGES[edge]))


@pytest.mark.parametrize("form", FORMS)
def test_a_batch_of_many_uneven_blocks_agrees_with_the_reference(form: str) -> None:
    check(twins(samples=701, width=2, steps=1, scheme="midpoint", form=form, threads=2))


def test_a_batch_of_many_blocks_agrees_in_several_blocks_of_several_tiles() -> None:
    check(twins(samples=131, width=25, steps=1, scheme="euler", threads=2))


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_the_time_grid_need_not_be_uniform(scheme: str) -> None:
    rng = np.random.default_rng(3)
    times, depth = HORIZON * np.array([0.0, 0.15, 0.2, 0.8, 1.0]), HORIZON * np.array(UNEVEN)
    inputs, terminal, change = rng.normal(size=(3, 4, 2))
    p, v = (random_parameters(rng, depth, 2) for _ in range(2))
    reference = naive.Problem(
        inputs=inputs, targets=inputs, times=times, depth=depth, outputs=2, scheme=scheme
    )
    flow = Flow(times, scheme=scheme)
    theta, dtheta = (p.weights, p.biases), (v.weights, v.biases)
    assert relative_error(flow.states(p, inputs), naive.direct(reference, *theta)) <= TOLERANCE
    trajectory = flow.direct(p, inputs)
    xi = naive.sensitivity(reference, *theta, *dtheta, change)
    assert relative_error(flow.sensitivity(trajectory, v, change), xi) <= TOLERANCE
    adjoint, by_W, by_b = naive.adjoint_sweep(reference, *theta, terminal)
    states, derivative = flow.adjoint(trajectory, lambda final, rows: terminal[rows], keep=True)
    assert relative_error(states, adjoint) <= TOLERANCE
    assert relative_error(derivative.weights, by_W) <= TOLERANCE
    assert relative_error(derivative.biases, by_b) <= TOLERANCE


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("loss", LOSSES)
def test_single_precision_agrees_with_double(loss: str, form: str) -> None:
    pair = twins(dtype="float32", loss=loss, form=form, samples=70)
    twin = twins(loss=loss, form=form, samples=70)
    p, v = pair.parameters, pair.direction
    states = pair.problem.solve_direct(p)
    assert states.dtype == np.float32
    assert relative_error(states, twin.problem.solve_direct(p)) <= 1e-5
    xi = pair.problem.solve_sensitivity(p, v, pair.change)
    assert relative_error(xi, twin.problem.solve_sensitivity(p, v, pair.change)) <= 1e-5
    adjoint = pair.problem.solve_adjoint(p)
    assert relative_error(adjoint, twin.problem.solve_adjoint(p)) <= 1e-5
    (cost, derivative), (cost64, derivative64) = (
        q.problem.cost_and_derivative(p) for q in (pair, twin)
    )
    assert cost == pytest.approx(cost64, rel=1e-5)
    assert derivative.values.dtype == np.float64
    assert relative_error(derivative.values, derivative64.values) <= 1e-5
