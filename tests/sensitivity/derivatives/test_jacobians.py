"""Jacobians of the discrete map, in the units of features and outputs, and what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fields import Network as NetworkField
from fields import epidemic
from numpy.typing import NDArray
from tangents import complex_step, differences, naive_fundamental
from twins import HORIZON, UNEVEN, random_parameters, relative_error, twins

import naive
import standalone_node as sn
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.kernels.stages import FORMS
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.problem.flow import Flow
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives import parts
from standalone_node.sensitivity.derivatives.jacobians import jacobians, output_jacobians
from standalone_node.sensitivity.derivatives.stretching import stretching
from standalone_node.sensitivity.subject import network_of

Array = NDArray[Any]
RNG = np.random.default_rng(3)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", TABLEAUX)
def test_every_scheme_and_form_has_the_jacobian_of_the_reference(scheme: str, form: str) -> None:
    pair = twins(scheme=scheme, form=form, samples=2, steps=3, seed=4)
    found = jacobians(pair.problem, pair.problem.inputs, parameters=pair.parameters, along=True)
    assert found.along is not None
    assert relative_error(found.along, naive_fundamental(pair)) <= 1e-12
    assert relative_error(found.along, complex_step(pair)) <= 1e-12
    assert np.array_equal(found.states, found.along[-1])
    assert np.array_equal(found.along[0], np.broadcast_to(np.eye(3), (2, 3, 3)))
    network = network_of(pair.problem, pair.parameters)
    by_sweeps = output_jacobians(network, pair.problem.inputs)
    assert relative_error(by_sweeps, naive_fundamental(pair)[-1, :, :2]) <= 1e-12
    assert relative_error(found.outputs, by_sweeps) <= 1e-12


CASES: dict[str, dict[str, Any]] = {
    "one component": {"width": 1, "outputs": 1},
    "one row": {"samples": 1},
    "a narrow bottleneck": {"form": "bottleneck", "inner": 1},
    "a wide mean field": {"form": "mean-field", "inner": 7},
    "all components observed": {"width": 3, "outputs": 3},
    "depth grid finer than the time grid": {"steps": 2, "shares": np.linspace(0.0, 1.0, 9)},
    "two blocks of rows": {"samples": 65, "steps": 1, "width": 2},
    "several tiles": {"width": 26, "steps": 1, "samples": 2, "outputs": 4},
    "nothing kept": {"memory_limit": 1},
    "kinks": {"activation": "leaky-relu"},
}


@pytest.mark.parametrize("case", CASES)
def test_no_size_is_a_special_case(case: str) -> None:
    pair = twins(scheme="heun", seed=5, **CASES[case])
    found = jacobians(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    assert found.along is None
    assert relative_error(found.states, complex_step(pair)[-1]) <= 1e-12
    network = network_of(pair.problem, pair.parameters)
    assert relative_error(output_jacobians(network, pair.problem.inputs), found.outputs) <= 1e-12


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", ["euler", "rk4", "dopri5"])
def test_a_reversible_scheme_has_the_jacobian_of_its_own_map(scheme: str, form: str) -> None:
    pair = twins(scheme=scheme, form=form, samples=2, reversible=0.9)
    expected = complex_step(pair, lambda moved: naive.reversible_direct(moved, pair.theta, 0.9)[0])
    found = jacobians(pair.problem, pair.problem.inputs, parameters=pair.parameters, along=True)
    assert found.along is not None
    assert relative_error(found.along, expected) <= 1e-12
    network = network_of(pair.problem, pair.parameters)
    assert relative_error(output_jacobians(network, pair.problem.inputs), found.outputs) <= 1e-12


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_the_time_grid_need_not_be_uniform(scheme: str) -> None:
    pair = twins(scheme=scheme, samples=2)
    times = HORIZON * np.array([0.0, 0.15, 0.2, 0.8, 1.0])
    network = replace(
        network_of(pair.problem, pair.parameters), dynamics=Flow(times, scheme=scheme)
    )
    pair = replace(pair, reference=replace(pair.reference, times=times))
    found = jacobians(network, pair.problem.inputs, along=True)
    assert found.along is not None
    assert np.array_equal(found.times, times)
    assert relative_error(found.along, naive_fundamental(pair)) <= 1e-12


def test_single_precision_has_the_jacobian_of_double() -> None:
    single, double = (twins(dtype=dtype, samples=5) for dtype in ("float32", "float64"))
    found, expected = (
        jacobians(pair.problem, pair.problem.inputs, parameters=pair.parameters)
        for pair in (single, double)
    )
    assert found.states.dtype == found.outputs.dtype == np.float64
    assert relative_error(found.states, expected.states) <= 1e-5
    assert relative_error(found.singular_values, expected.singular_values) <= 1e-5
    network = network_of(single.problem, single.parameters)
    assert relative_error(output_jacobians(network, found.rows), expected.outputs) <= 1e-5


# Estimators: features as the user has them.

FEATURES = RNG.normal(size=(40, 3)) * np.array([1.0, 20.0, 0.01]) + np.array([0.0, 300.0, 5.0])
CLASSES = (FEATURES[:, 0] + (FEATURES[:, 1] - 300.0) / 20.0 > 0.0).astype(int) + (
    FEATURES[:, 2] > 5.0
)
QUANTITIES = np.column_stack(
    [50.0 + 10.0 * np.sin(FEATURES[:, 0]), 1e-3 * FEATURES[:, 1] * FEATURES[:, 2]]
)
MODELS: dict[str, Any] = {
    "own channels": sn.NodeClassifier(),
    "shared channels": sn.NodeClassifier(channels="shared"),
    "shared and augmented": sn.NodeClassifier(channels="shared", augment=2, form="inside"),
    "augmented": sn.NodeClassifier(augment=1, form="bottleneck", inner=4),
    "chosen steps": sn.NodeClassifier(rtol=1e-3, scheme="bs3"),
    "reversible": sn.NodeClassifier(reversible=True),
    "constant weights": sn.NodeClassifier(weights="constant"),
    "logistic": sn.NodeClassifier(loss="logistic"),
    "one-hot rows": sn.NodeClassifier(loss="squared"),
    "quantities": sn.NodeRegressor(l2=1e-3),
    "quantities in shared channels": sn.NodeRegressor(l2=1e-3, channels="shared"),
}


def fitted(name: str) -> Any:
    model = MODELS[name].set_params(max_iterations=4)
    if isinstance(model, sn.NodeRegressor):
        return model.fit(FEATURES, QUANTITIES)
    return model.fit(FEATURES, CLASSES % 2 if name == "logistic" else CLASSES)


@pytest.mark.filterwarnings("ignore:not converged")
@pytest.mark.parametrize("name", MODELS)
def test_a_fitted_model_has_jacobians_in_the_units_of_the_user(name: str) -> None:
    model, rows = fitted(name), FEATURES[:4]
    answer = model.predict if isinstance(model, sn.NodeRegressor) else model.decision_function
    expected = differences(answer, rows, 1e-3 * FEATURES.std(axis=0))
    found = jacobians(model, rows)
    by_sweeps = output_jacobians(model.network_, rows)
    size = FEATURES.std(axis=0)
    for outputs in (found.outputs, by_sweeps):
        assert relative_error(outputs * size, expected * size) <= 1e-7
        for k in range(outputs.shape[1]):  # units differ: each output by itself
            assert relative_error(outputs[:, k] * size, expected[:, k] * size) <= 1e-7


@pytest.mark.filterwarnings("ignore:not converged")
@pytest.mark.parametrize("features, cheaper", [(2, "push_forward"), (3, "pull_back")])
def test_the_problem_that_takes_fewer_sweeps_is_solved(
    features: int, cheaper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = FEATURES[:, :features]
    model = sn.NodeClassifier(max_iterations=3).fit(X, CLASSES)  # three classes
    network, rows, calls = model.network_, X[:4], []
    for name in ("push_forward", "pull_back"):
        original = getattr(Network, name)

        def counted(*given: Any, name: str = name, original: Any = original) -> Array:
            calls.append(name)
            return original(*given)

        monkeypatch.setattr(Network, name, counted)
    found = output_jacobians(network, rows)
    assert calls == [cheaper] * min(3, features)
    size = X.std(axis=0)
    expected = differences(network.solve, rows, 1e-3 * size)
    assert relative_error(found * size, expected * size) <= 1e-7


@pytest.mark.filterwarnings("ignore:not converged")
def test_the_directions_of_the_outputs_are_those_of_features_in_their_scale() -> None:
    model = fitted("quantities")
    found, scale = jacobians(model, FEATURES[:5]), model.network_.scale
    values, directions = found.output_singular_values, found.output_directions
    assert values.shape == (5, 2) and directions.shape == (5, 2, 3)
    unit = directions / scale
    assert np.allclose(unit @ unit.transpose(0, 2, 1), np.eye(2), atol=1e-12)
    moved = np.einsum("bmp,bkp->bkm", found.outputs, directions)
    assert np.allclose(np.linalg.norm(moved, axis=2), values, rtol=1e-12)
    expected = np.linalg.svd(found.outputs * scale, compute_uv=False)
    assert np.allclose(values, expected, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:not converged")
def test_the_directions_of_the_state_are_also_those_of_features_in_their_units() -> None:
    model = fitted("quantities")
    network, rows = model.network_, FEATURES[:5]
    found, scale = jacobians(model, rows), network.scale
    final = differences(lambda x: network.trajectory(x).final, rows, 1e-3 * scale)
    assert relative_error(found.by_features * scale, final * scale) <= 1e-7
    values, directions = found.feature_singular_values, found.feature_directions
    assert values.shape == (5, 3) and directions.shape == (5, 3, 3)
    assert np.allclose(np.linalg.norm(directions / scale, axis=2), 1.0, rtol=1e-12)
    moved = np.einsum("bdp,bkp->bkd", found.by_features, directions)
    assert np.allclose(np.linalg.norm(moved, axis=2), values, rtol=1e-12)
    assert (values[:, 0] <= found.singular_values[:, 0] * (1.0 + 1e-12)).all()


# A user's field.


def test_a_network_given_as_a_field_has_the_jacobian_of_the_built_in_one() -> None:
    pair = twins(samples=4)
    seen = sn.Observations([HORIZON], np.zeros((1, 4, 2)), operator=[0, 1])
    problem = sn.FieldProblem(NetworkField(3), pair.problem.inputs, seen, steps=4, horizon=HORIZON)
    found = jacobians(problem, pair.problem.inputs, parameters=pair.parameters, along=True)
    assert found.along is not None
    assert relative_error(found.along, naive_fundamental(pair)) <= 1e-12
    network = network_of(problem, pair.parameters)
    assert relative_error(output_jacobians(network, pair.problem.inputs), found.states) <= 1e-12


def test_an_epidemic_has_the_jacobian_of_differences() -> None:
    problem = epidemic()
    p = problem.initial_parameters({"beta": lambda t: 0.6 + 0.2 * np.cos(t), "gamma": 0.2})
    network = network_of(problem, p)
    expected = differences(network.solve, problem.inputs, np.full(3, 1e-4))
    found = jacobians(problem, problem.inputs, parameters=p)
    assert relative_error(found.outputs, expected) <= 1e-7
    assert np.allclose(found.states.sum(axis=1), 1.0, rtol=1e-12)  # nobody is lost


# What the matrices say.


def test_singular_values_directions_condition_and_rates_are_those_of_the_reference() -> None:
    pair = twins(samples=6)
    found = jacobians(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    matrices = naive_fundamental(pair)[-1]
    u, values, v = np.linalg.svd(matrices)
    assert np.allclose(found.singular_values, values, rtol=1e-11)
    assert np.allclose(found.condition, np.linalg.cond(matrices), rtol=1e-10)
    growth = np.linalg.eigvalsh(matrices.transpose(0, 2, 1) @ matrices)[:, ::-1]
    assert np.allclose(found.lyapunov, 0.5 * np.log(growth) / HORIZON, rtol=1e-8)
    for b in range(6):
        for i in range(3):
            carried = matrices[b] @ found.right[b, i]
            assert np.allclose(carried, found.singular_values[b, i] * found.left[b, i], atol=1e-11)
            assert abs(found.right[b, i] @ v[b, i]) == pytest.approx(1.0, rel=1e-10)
            assert abs(found.left[b, i] @ u[b, :, i]) == pytest.approx(1.0, rel=1e-10)


def test_a_map_that_forgets_a_direction_has_no_condition_number() -> None:
    problem = sn.InverseProblem(
        [[1.0, 2.0]], [[0.0]], steps=1, scheme="euler", activation="identity", form="inside"
    )
    p = sn.Parameters([0.0, 1.0], -np.eye(2)[None] * [[[1.0]], [[1.0]]], np.zeros((2, 2)))
    found = jacobians(problem, [[1.0, 2.0]], parameters=p)  # 1 - h W = 0
    assert np.array_equal(found.condition, [np.inf])
    assert np.array_equal(found.lyapunov, [[-np.inf, -np.inf]])


def test_stretching_follows_the_singular_values_along_the_depth() -> None:
    pair = twins(samples=4, width=3, form="outside")
    found = stretching(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    values = np.linalg.svd(naive_fundamental(pair), compute_uv=False)
    assert np.array_equal(found.times, pair.problem.times)
    assert np.allclose(found.largest, values[..., 0], rtol=1e-11)
    assert np.allclose(found.smallest, values[..., -1], rtol=1e-10)
    assert (found.largest[0] == 1.0).all() and (found.smallest[0] == 1.0).all()


def test_the_parts_in_which_rows_are_taken_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = twins(samples=7)
    network, rows = network_of(pair.problem, pair.parameters), pair.problem.inputs

    def everything() -> list[Array]:
        found, s = jacobians(network, rows, along=True), stretching(network, rows)
        assert found.along is not None
        return [found.states, found.along, output_jacobians(network, rows), s.largest, s.smallest]

    whole = everything()
    monkeypatch.setattr(parts, "BYTES", 1)
    assert len(parts.parts_of(network, rows, 100)) == 7
    for a, b in zip(whole, everything(), strict=True):
        assert relative_error(a, b) <= 1e-13


# What cannot be answered.


def growing(width: int = 2, rate: float = 1.0) -> tuple[sn.InverseProblem, sn.Parameters]:
    """x' = rate x."""
    problem = sn.InverseProblem(
        np.ones((1, width)), np.zeros((1, 1)), activation="identity", form="inside", horizon=50.0
    )
    times, d = problem.depth_times, width
    weights = np.broadcast_to(rate * np.eye(d), (times.size, d, d))
    return problem, sn.Parameters(times, weights, np.zeros((times.size, d)))


@pytest.mark.parametrize("at_once", [1, 10**9])
def test_the_row_whose_state_overflows_is_named(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "BYTES", at_once)
    problem, p = growing()
    rows = np.ones((4, 2))
    rows[2, 1] = 1e300
    for question in (jacobians, stretching):
        with pytest.raises(StateOverflow, match="state of row 3 overflows"):
            question(problem, rows, parameters=p)
    with pytest.raises(StateOverflow, match="state of row 3 overflows"):
        output_jacobians(network_of(problem, p), rows)


def test_a_derivative_that_overflows_where_the_state_does_not_is_an_error() -> None:
    problem, p = growing(rate=1e5)  # at rest in the origin
    for question in (jacobians, stretching):
        with pytest.raises(StateOverflow, match="derivative at row 1 overflows"):
            question(problem, np.zeros((2, 2)), parameters=p)
    with pytest.raises(StateOverflow, match="derivative at row 1 overflows"):
        output_jacobians(network_of(problem, p), np.zeros((2, 2)))


def test_rows_that_do_not_fit_are_refused() -> None:
    problem, p = growing()
    for rows in (np.ones((3, 3)), np.ones((0, 2)), [["a", "b"]], [[np.nan, 0.0]]):
        with pytest.raises(ArgumentError, match="row"):
            jacobians(problem, rows, parameters=p)
    with pytest.raises(ArgumentError, match="parameters="):
        jacobians(problem, np.ones((1, 2)))


def test_depth_grids_may_be_uneven() -> None:
    """The twins' grid is; another one, with nodes that no stage touches."""
    rng = np.random.default_rng(0)
    pair = twins(samples=2, steps=2, scheme="euler")
    p = random_parameters(rng, HORIZON * np.array([0.0, 0.05, 0.1, *UNEVEN[1:]]), 3)
    pair = replace(
        pair, parameters=p, reference=replace(pair.reference, depth=p.times), direction=p
    )
    found = jacobians(pair.problem, pair.problem.inputs, parameters=p)
    assert relative_error(found.states, complex_step(pair)[-1]) <= 1e-12
