"""A fitted network as a map from features to outputs: units, answers, derivatives, errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fields import Network as NetworkField
from numpy.typing import NDArray
from twins import HORIZON, Twins, blocks_of, relative_error, twins

import naive
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.kernels.stages import FORMS
from standalone_node.problem.network import FieldDynamics, Network

Array = NDArray[Any]
RNG = np.random.default_rng(11)
SCALE, MEAN = np.array([0.1, 30.0]), np.array([5.0, -200.0])
ROWS = MEAN + SCALE * RNG.normal(size=(5, 2))


def network_in_units(pair: Twins, first: int = 1, **changes: Any) -> Network:
    """Two features in the middle of a state of four components, two outputs, all in odd units."""
    settings: dict[str, Any] = {
        "dynamics": pair.problem.flow,
        "parameters": pair.parameters,
        "width": 4,
        "first": first,
        "mean": MEAN,
        "scale": SCALE,
        "outputs": 2,
        "output_mean": np.array([7.0, -1.0]),
        "output_scale": np.array([1000.0, 0.01]),
        "classes": 0,
        "logits": False,
        "feature_names": ("a", "b"),
        "output_names": ("u", "v"),
    }
    return Network(**{**settings, **changes})


@pytest.fixture(params=["built in", "reversible", "field"])
def network(request: pytest.FixtureRequest) -> Network:
    options = {"reversible": 0.9} if request.param == "reversible" else {}
    pair = twins(width=4, steps=5, **options)
    dynamics: Any = pair.problem.flow
    if request.param == "field":
        dynamics = FieldDynamics(NetworkField(4), pair.problem.times, "rk4")
    return network_in_units(pair, dynamics=dynamics)


def test_outputs_are_those_of_the_scaled_states_in_their_own_units() -> None:
    pair = twins(width=4, steps=5)
    network = network_in_units(pair)
    inputs = np.zeros((5, 4))
    inputs[:, 1:3] = (ROWS - MEAN) / SCALE
    assert np.array_equal(network.initial(ROWS), inputs)
    final = naive.direct(replace(pair.reference, inputs=inputs), *pair.theta)[-1]
    expected = np.array([7.0, -1.0]) + np.array([1000.0, 0.01]) * final[:, :2]
    assert np.allclose(network.solve(ROWS), expected, rtol=1e-12)
    assert np.allclose(network.final(ROWS), final[:, :2], rtol=1e-12)
    assert (network.inputs, network.features) == (2, slice(1, 3))
    assert np.array_equal(network.times, pair.problem.times)


def test_a_trajectory_ends_where_the_states_do(network: Network) -> None:
    trajectory = network.trajectory(ROWS)
    assert np.allclose(network.outputs_of(trajectory), network.solve(ROWS), rtol=1e-14)
    states = network.dynamics.states(network.parameters, network.initial(ROWS))
    assert states.shape == (6, 5, 4)
    assert np.allclose(states[-1], trajectory.final, rtol=1e-14)
    last = network.dynamics.states(network.parameters, network.initial(ROWS), final=True)
    assert np.array_equal(last, states[-1])


def test_pushing_forward_is_the_derivative_along_features_and_parameters(network: Network) -> None:
    change, direction = SCALE * RNG.normal(size=(5, 2)), twins(width=4).direction
    trajectory = network.trajectory(ROWS)

    def moved(eta: float, features: float, theta: float) -> Array:
        other = network.with_parameters(network.parameters + eta * theta * direction)
        return other.solve(ROWS + eta * features * change)

    for features, theta in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
        h, ask = 1e-3, (features, theta)
        near, far = moved(h, *ask) - moved(-h, *ask), moved(2 * h, *ask) - moved(-2 * h, *ask)
        expected = (8.0 * near - far) / (12.0 * h)
        found = network.push_forward(
            trajectory, change if features else None, direction if theta else None
        )
        for k in range(2):  # units differ
            assert relative_error(found[:, k], expected[:, k]) <= 1e-8


def test_a_change_that_all_rows_share_may_be_given_once(network: Network) -> None:
    trajectory = network.trajectory(ROWS)
    shared = network.push_forward(trajectory, SCALE)
    assert np.array_equal(shared, network.push_forward(trajectory, np.tile(SCALE, (5, 1))))


def test_pulling_back_is_the_transpose_of_pushing_forward(network: Network) -> None:
    change, functional = SCALE * RNG.normal(size=(5, 2)), RNG.normal(size=(5, 2))
    direction, trajectory = twins(width=4).direction, network.trajectory(ROWS)
    forward = network.push_forward(trajectory, change)
    back = network.pull_back(trajectory, functional)
    size = np.linalg.norm(forward) * np.linalg.norm(functional)
    assert abs(np.vdot(forward, functional) - np.vdot(back, change)) <= 1e-12 * size
    for b in range(5):  # row by row
        one = abs(forward[b] @ functional[b] - back[b] @ change[b])
        assert one <= 1e-12 * size
    along = network.push_forward(trajectory, None, direction)
    derivative = network.parameter_derivative(trajectory, functional)
    size = np.linalg.norm(along) * np.linalg.norm(functional)
    assert abs(np.vdot(along, functional) - derivative.apply(direction)) <= 1e-12 * size
    adjoint = network.adjoint_states(trajectory, functional)
    assert adjoint.shape == (6, 5, 4)
    assert np.array_equal(adjoint[0][:, 1:3] / SCALE, back)
    end = np.zeros((5, 4))
    end[:, :2] = functional * network.output_scale
    assert np.array_equal(adjoint[-1], end)


@pytest.mark.parametrize("form", FORMS)
def test_the_jacobian_of_the_velocity_is_that_of_the_reference(form: str) -> None:
    pair = twins(form=form, width=4)
    states, t = RNG.normal(size=(5, 4)), 0.4 * HORIZON
    theta = tuple(
        naive.theta_at(pair.reference.depth, block, t) for block in blocks_of(pair.parameters)
    )
    expected = np.array([naive.field_x(form, "tanh", theta, x) for x in states])
    found = network_in_units(pair).velocity_jacobians(t, states)
    assert relative_error(found, expected) <= 1e-13
    if form == "inside":
        dynamics = FieldDynamics(NetworkField(4), pair.problem.times, "rk4")
        field = network_in_units(pair, dynamics=dynamics)
        assert relative_error(field.velocity_jacobians(t, states), expected) <= 1e-13


def test_single_precision_answers_in_double() -> None:
    single, double = (
        network_in_units(twins(width=4, dtype=dtype)) for dtype in ("float32", "float64")
    )
    found, expected = (
        [
            network.solve(ROWS),
            network.push_forward(network.trajectory(ROWS), SCALE),
            network.pull_back(network.trajectory(ROWS), np.ones((5, 2))),
            network.velocity_jacobians(0.0, network.trajectory(ROWS).final),
        ]
        for network in (single, double)
    )
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == np.float64 and relative_error(a, b) <= 1e-5


# Answers.


def test_the_largest_logit_decides_or_the_sign_of_a_single_one() -> None:
    pair = twins(width=4)
    many = network_in_units(pair, outputs=3, classes=3, logits=True)
    outputs = np.array([[0.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    assert many.decided(outputs).tolist() == [1, 0]
    expected = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    assert np.allclose(many.probabilities(outputs), expected, rtol=1e-14)
    one = network_in_units(pair, outputs=1, classes=2, logits=True)
    outputs = np.array([[-1.0], [0.0], [2.0]])
    assert one.decided(outputs).tolist() == [0, 0, 1]
    found = one.probabilities(outputs)
    assert np.allclose(found[:, 1], 1.0 / (1.0 + np.exp(-outputs[:, 0])), rtol=1e-14)
    assert np.allclose(found.sum(axis=1), 1.0, rtol=1e-14)
    huge = np.array([[1e4, -1e4, 0.0]])
    assert np.array_equal(many.probabilities(huge), [[1.0, 0.0, 0.0]])


def test_quantities_decide_nothing_and_have_no_probabilities() -> None:
    network = network_in_units(twins(width=4))
    with pytest.raises(ArgumentError, match="no classes"):
        network.decided(np.zeros((1, 2)))
    with pytest.raises(ArgumentError, match="no probabilities"):
        network.probabilities(np.zeros((1, 2)))


# Rows.


def test_one_row_may_come_without_its_brackets_and_rows_are_copied() -> None:
    network = network_in_units(twins(width=4))
    assert network.rows([1, 2]).tolist() == [[1.0, 2.0]]
    given = np.ones((2, 2))
    assert not np.shares_memory(network.rows(given), given)


@pytest.mark.parametrize(
    "rows, message",
    [
        (np.ones((3, 3)), r"shape \(3, 3\), but the network takes \(B, 2\)"),
        (np.ones((0, 2)), "shape"),
        (np.ones((1, 1, 2)), "shape"),
        ([["a", "b"]], "array of numbers"),
        ([[1.0, 2.0], [1.0]], "array of numbers"),
        ([[1.0, 2.0], [np.nan, 1.0]], "row 2 holds a number that is not finite"),
        ([[np.inf, 1.0]], "row 1"),
    ],
)
def test_rows_that_are_none_are_refused(rows: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        network_in_units(twins(width=4)).rows(rows)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_row_whose_state_overflows_is_named(dtype: str) -> None:
    network = network_in_units(twins(width=4, activation="softplus", dtype=dtype))
    rows = np.array(ROWS)
    rows[3, 0] = 1.5e308
    for ask in (network.solve, network.final, network.trajectory):
        with pytest.raises(StateOverflow, match="row 4 overflows"):
            ask(rows)


def test_an_output_that_overflows_only_in_its_own_unit_is_an_error_too() -> None:
    network = network_in_units(twins(width=4, activation="softplus"))
    rows = np.array(ROWS)
    rows[3, 0] = 1e306
    assert np.isfinite(network.trajectory(rows).final).all()
    for ask in (network.solve, lambda rows: network.outputs_of(network.trajectory(rows))):
        with pytest.raises(StateOverflow, match="row 4 overflows"):
            ask(rows)
