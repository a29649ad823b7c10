"""Logarithmic norms against the reference's f_x, and Grönwall's inequality."""

from __future__ import annotations

import numpy as np
import pytest
from fields import Network as NetworkField
from fields import epidemic
from twins import HORIZON, Twins, blocks_of, relative_error, twins

import naive
import standalone_node as sn
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.stages import FORMS
from standalone_node.sensitivity.derivatives import parts
from standalone_node.sensitivity.derivatives.lognorms import logarithmic_norms
from standalone_node.sensitivity.derivatives.matrices import logarithmic_norm
from standalone_node.sensitivity.derivatives.stretching import stretching
from standalone_node.sensitivity.subject import network_of

RNG = np.random.default_rng(6)


def reference(pair: Twins) -> np.ndarray:
    """The largest eigenvalue of the symmetric part of f_x along the reference's states."""
    problem, states = pair.reference, naive.direct(pair.reference, *pair.theta)
    found = np.empty(states.shape[:2])
    for n, t in enumerate(problem.times):
        theta = tuple(
            naive.theta_at(problem.depth, block, t) for block in blocks_of(pair.parameters)
        )
        for b, x in enumerate(states[n]):
            f_x = naive.field_x(problem.form, problem.activation, theta, x)
            found[n, b] = np.linalg.eigvalsh((f_x + f_x.T) / 2.0)[-1]
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_logarithmic_norms_are_those_of_the_reference(activation: str, form: str) -> None:
    pair = twins(form=form, activation=activation, scheme="heun", seed=1)
    found = logarithmic_norms(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    assert np.array_equal(found.times, pair.problem.times)
    assert relative_error(found.values, reference(pair)) <= 1e-12


def test_growth_is_the_exponential_of_the_integral() -> None:
    pair = twins()
    found = logarithmic_norms(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    for n in range(found.times.size):
        integral = np.trapezoid(found.values[: n + 1], found.times[: n + 1], axis=0)
        assert np.allclose(found.growth[n], np.exp(integral), rtol=1e-14)


@pytest.mark.parametrize(
    "activation, form", [*(("sine", form) for form in FORMS), ("tanh", "inside")]
)
def test_nothing_grows_faster_than_groenwall_allows_on_a_fine_grid(
    activation: str, form: str
) -> None:
    pair = twins(form=form, activation=activation, steps=2000, samples=2, seed=2)
    model, rows, p = pair.problem, pair.problem.inputs, pair.parameters
    growth = logarithmic_norms(model, rows, parameters=p).growth
    found = stretching(model, rows, parameters=p)
    assert (found.largest <= growth * (1.0 + 1e-5)).all()  # of the trapezoidal rule
    assert (found.largest[-1] < growth[-1]).all()


def linear(weights: np.ndarray, steps: int = 500) -> tuple[sn.InverseProblem, sn.Parameters]:
    """x' = W x + b with W constant in depth."""
    d = len(weights)
    problem = sn.InverseProblem(
        np.ones((1, d)), np.zeros((1, 1)), activation="identity", form="inside", steps=steps
    )
    W = np.broadcast_to(weights, (2, d, d))
    return problem, sn.Parameters([0.0, 1.0], W, np.ones((2, d)))


def test_groenwall_is_sharp_for_a_constant_symmetric_matrix() -> None:
    half = RNG.normal(size=(4, 4))
    W = half + half.T
    problem, p = linear(W)
    rows = RNG.normal(size=(3, 4))
    found = logarithmic_norms(problem, rows, parameters=p)
    most = np.linalg.eigvalsh(W)[-1]
    assert np.allclose(found.values, most, rtol=1e-13)
    assert np.allclose(found.growth, np.exp(most * found.times)[:, None], rtol=1e-12)
    stretched = stretching(problem, rows, parameters=p).largest
    assert np.allclose(stretched, found.growth, rtol=1e-8)


def test_a_rotation_does_not_stretch() -> None:
    problem, p = linear(np.array([[0.0, 3.0], [-3.0, 0.0]]))
    found = logarithmic_norms(problem, np.ones((2, 2)), parameters=p)
    assert np.abs(found.values).max() <= 1e-14
    assert np.allclose(stretching(problem, np.ones((2, 2)), parameters=p).largest, 1.0, rtol=1e-8)


def test_the_discrete_map_can_exceed_the_bound_of_the_equation_on_a_coarse_grid() -> None:
    problem, p = linear(np.array([[0.0, 3.0], [-3.0, 0.0]]), steps=1)
    problem = problem.replaced(scheme="euler")
    growth = logarithmic_norms(problem, np.ones((1, 2)), parameters=p).growth
    found = stretching(problem, np.ones((1, 2)), parameters=p)
    assert found.largest[-1, 0] == pytest.approx(np.sqrt(10.0)) and growth[-1, 0] == 1.0


def test_a_network_given_as_a_field_has_the_norms_of_the_built_in_one() -> None:
    pair = twins(samples=4)
    seen = sn.Observations([HORIZON], np.zeros((1, 4, 2)), operator=[0, 1])
    problem = sn.FieldProblem(NetworkField(3), pair.problem.inputs, seen, steps=4, horizon=HORIZON)
    found = logarithmic_norms(problem, pair.problem.inputs, parameters=pair.parameters)
    assert relative_error(found.values, reference(pair)) <= 1e-12


def test_the_norm_of_an_epidemic_depends_on_the_season() -> None:
    problem = epidemic()
    p = problem.initial_parameters({"beta": 0.6, "gamma": 0.2})
    found = logarithmic_norms(problem, problem.inputs, parameters=p)
    states = problem.solve_direct(p)
    for n, t in enumerate(found.times):
        rate = 0.6 * (1.0 + 0.3 * np.cos(t))
        s, i, _ = states[n, 0]
        f_x = np.array([[-rate * i, -rate * s, 0], [rate * i, rate * s - 0.2, 0], [0, 0.2, 0]])
        assert found.values[n, 0] == pytest.approx(np.linalg.eigvalsh((f_x + f_x.T) / 2.0)[-1])


@pytest.mark.filterwarnings("ignore:not converged")
def test_an_estimator_is_asked_in_its_scaled_states() -> None:
    X = RNG.normal(size=(30, 2)) * np.array([1.0, 50.0])
    model = sn.NodeClassifier(max_iterations=3, dtype="float32").fit(X, X[:, 0] > 0.0)
    network = model.network_
    found = logarithmic_norms(model, X[:5])
    states = network.dynamics.states(network.parameters, network.initial(X[:5]))
    for n, t in enumerate(network.times):
        f_x = network.velocity_jacobians(float(t), states[n])
        assert np.allclose(found.values[n], logarithmic_norm(f_x), rtol=1e-12)


def test_the_parts_in_which_rows_are_taken_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = twins(samples=7)
    network, rows = network_of(pair.problem, pair.parameters), pair.problem.inputs
    whole = logarithmic_norms(network, rows).values
    monkeypatch.setattr(parts, "BYTES", 1)
    assert relative_error(logarithmic_norms(network, rows).values, whole) <= 1e-13


def test_a_growth_beyond_all_numbers_is_infinite() -> None:
    problem, p = linear(np.diag([-1.0, 800.0]))
    found = logarithmic_norms(problem.replaced(steps=1), np.zeros((1, 2)), parameters=p)
    assert found.growth[-1, 0] == np.inf


def test_what_cannot_be_answered_is_refused() -> None:
    problem, p = linear(np.eye(2))
    with pytest.raises(StateOverflow, match="row 2"):
        logarithmic_norms(problem, [[1.0, 1.0], [1e308, 1e308]], parameters=p)
    with pytest.raises(ArgumentError, match="rows have shape"):
        logarithmic_norms(problem, np.ones((1, 3)), parameters=p)
