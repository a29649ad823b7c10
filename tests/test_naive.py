"""The reference implementation is held against what needs no implementation at all:
the complex step, finite differences and quadrature."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import naive
from naive import Array, Problem, Theta
from naive_tables import ACTIVATIONS, LOSSES, ORDERS, TABLEAUX

FORMS = ("inside", "outside", "bottleneck", "mean-field")
PIECEWISE = ("relu", "leaky-relu", "elu")
SMOOTH = tuple(name for name in ACTIVATIONS if name not in PIECEWISE)
STEP = 1e-30  # of the complex step; no subtraction, so it may be as small as one likes
d, B, N, K = 3, 3, 4, 3
TIMES = np.array([0.0, 0.2, 0.55, 0.8, 1.3])
DEPTH = np.array([0.0, 0.35, 0.9, 1.3])
INNER = 4


def random_theta(
    rng: np.random.Generator, nodes: int = K + 1, width: int = d, form: str = "inside"
) -> Theta:
    shapes: tuple[tuple[int, ...], ...] = {
        "bottleneck": ((INNER, width), (INNER,), (width, INNER), (width,)),
        "mean-field": ((INNER, width), (INNER,), (width, INNER)),
    }.get(form, ((width, width), (width,)))
    return tuple(rng.normal(size=(nodes, *shape)) for shape in shapes)


def a_problem(loss: str = "squared", seed: int = 0, **changes: Any) -> Problem:
    """Every term of the cost switched on, both grids uneven and not nested."""
    rng = np.random.default_rng(seed)
    m = 2
    targets = {
        "squared": rng.normal(size=(B, m)),
        "huber": 3.0 * rng.normal(size=(B, m)),
        "cross-entropy": np.array([1, 0, 1]),
        "logistic": np.array([1, 0, 1]),
    }[loss]
    given: dict[str, Any] = {
        "inputs": rng.normal(size=(B, d)),
        "targets": targets,
        "times": TIMES,
        "depth": DEPTH,
        "outputs": m,
        "loss": loss,
        "sample_weight": np.array([0.5, 2.0, 1.2]),
        "alpha": 0.3,
        "gamma": 0.2,
        "mu": 0.7,
        "reference": random_theta(rng, form=changes.get("form", "inside")),
    }
    return Problem(**(given | changes))


def along(partials: Theta, direction: Theta) -> Any:
    return sum(np.sum(p * v) for p, v in zip(partials, direction, strict=True))


def shifted(theta: Theta, direction: Theta, eps: Any) -> Theta:
    return tuple(block + eps * change for block, change in zip(theta, direction, strict=True))


def norm(*arrays: Array) -> float:
    return math.sqrt(sum(float(np.sum(a**2)) for a in arrays))


# ------------------------------------------------------------------ activations and losses


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slope_of_an_activation_is_its_complex_step_derivative(name: str) -> None:
    sigma, dsigma = ACTIVATIONS[name]
    for x in (-30.0, -3.0, -0.7, -1e-3, 1e-3, 0.4, 2.0, 30.0):
        slope = np.imag(sigma(complex(x, STEP))) / STEP
        assert dsigma(x) == pytest.approx(slope, rel=1e-14, abs=1e-15)


def test_activations_have_their_textbook_values() -> None:
    x, sigma = 0.6, {name: pair[0] for name, pair in ACTIVATIONS.items()}
    e = math.exp
    expected = {
        "identity": (0.6, -0.6),
        "tanh": (math.tanh(x), -math.tanh(x)),
        "sigmoid": (1 / (1 + e(-x)), 1 / (1 + e(x))),
        "relu": (0.6, 0.0),
        "leaky-relu": (0.6, -0.006),
        "elu": (0.6, e(-x) - 1),
        "softplus": (math.log(1 + e(x)), math.log(1 + e(-x))),
        "silu": (x / (1 + e(-x)), -x / (1 + e(x))),
        "sine": (math.sin(x), -math.sin(x)),
    }
    assert set(expected) == set(sigma)
    for name, values in expected.items():
        assert (sigma[name](x), sigma[name](-x)) == pytest.approx(values, rel=1e-14), name


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.filterwarnings("error")
def test_activations_survive_large_arguments(name: str) -> None:
    sigma, dsigma = ACTIVATIONS[name]
    for x in (-1e4, -800.0, 800.0, 1e4):
        assert math.isfinite(sigma(x)) and math.isfinite(dsigma(x))


def test_losses_have_their_textbook_values() -> None:
    z, value = np.array([0.5, -1.0]), {name: pair[0] for name, pair in LOSSES.items()}
    e = math.exp
    assert value["squared"](z, [0.0, 1.0]) == pytest.approx(0.125 + 2.0)
    assert value["huber"](z, [0.0, 1.0]) == pytest.approx(0.125 + 1.5)
    assert value["huber"](-z, [0.0, -1.0]) == pytest.approx(0.125 + 1.5)
    assert value["cross-entropy"](z, 1) == pytest.approx(-math.log(e(-1) / (e(0.5) + e(-1))))
    assert value["logistic"](z, 1) == pytest.approx(-math.log(1 / (1 + e(-0.5))))
    assert value["logistic"](z, 0) == pytest.approx(-math.log(1 - 1 / (1 + e(-0.5))))
    assert value["cross-entropy"](np.array([900.0, -900.0]), 1) == pytest.approx(1800.0)
    assert value["logistic"](np.array([-900.0]), 1) == pytest.approx(900.0)


@pytest.mark.parametrize("name", LOSSES)
def test_the_partials_of_a_loss_are_its_complex_step_derivatives(name: str) -> None:
    loss, dloss = LOSSES[name]
    rng = np.random.default_rng(1)
    for y in (0, 1):
        z = 2.0 * rng.normal(size=3)
        target = z + np.array([0.3, 2.0, -4.0]) if name in ("squared", "huber") else y
        slopes = [np.imag(loss(z + 1j * STEP * unit, target)) / STEP for unit in np.eye(3)]
        assert np.allclose(dloss(z, target), slopes, rtol=1e-13, atol=1e-15)


# ------------------------------------------------------------------ hat functions


def test_nodal_values_are_interpolated_linearly() -> None:
    values = np.random.default_rng(0).normal(size=(K + 1, 2))
    for t in (*DEPTH, 0.1, 0.4, 1.29, *TIMES):
        expected = [np.interp(t, DEPTH, values[:, j]) for j in range(2)]
        assert np.allclose(naive.theta_at(DEPTH, values, t), expected, rtol=1e-15)


def integral(function: Any, order: int = 4) -> Any:
    """Gauss-Legendre on every depth interval: exact for the polynomials met here."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    total = 0.0
    for left, right in pairwise(DEPTH):
        h = right - left
        for node, weight in zip(nodes, weights, strict=True):
            total = total + 0.5 * h * weight * function(left + 0.5 * h * (1.0 + node))
    return total


def slope_at(values: Array, t: float) -> Array:
    """theta'(t) inside an interval, from a difference that is exact for straight lines."""
    k = int(np.searchsorted(DEPTH, t)) - 1
    p, q = 0.75 * DEPTH[k] + 0.25 * DEPTH[k + 1], 0.25 * DEPTH[k] + 0.75 * DEPTH[k + 1]
    change = naive.theta_at(DEPTH, values, q) - naive.theta_at(DEPTH, values, p)
    return change / (q - p)


def test_mass_and_stiffness_are_the_integrals_they_stand_for() -> None:
    M, S = naive.mass(DEPTH), naive.stiffness(DEPTH)
    unit = np.eye(K + 1)
    for k in range(K + 1):
        for j in range(K + 1):
            products = integral(lambda t, k=k, j=j: naive.hat(DEPTH, k, t) * naive.hat(DEPTH, j, t))
            slopes = integral(lambda t, k=k, j=j: slope_at(unit[k], t) * slope_at(unit[j], t))
            assert M[k, j] == pytest.approx(products, rel=1e-13, abs=1e-15)
            assert S[k, j] == pytest.approx(slopes, rel=1e-13, abs=1e-14)


def test_the_penalties_equal_their_quadrature() -> None:
    problem = a_problem()
    W, b = random_theta(np.random.default_rng(2))
    assert problem.reference is not None
    W_ref, b_ref = problem.reference
    away = [W - W_ref, b - b_ref]
    alpha = integral(lambda t: sum(np.sum(naive.theta_at(DEPTH, v, t) ** 2) for v in away))
    gamma = integral(lambda t: sum(np.sum(slope_at(v, t) ** 2) for v in (W, b)))
    final = naive.direct(problem, W, b)[-1]
    rest = sum(np.sum((x - problem.rest) ** 2) for x in final) / B
    bare = replace(problem, alpha=0.0, gamma=0.0, mu=0.0)
    added = naive.cost(problem, W, b) - naive.cost(bare, W, b)
    assert added == pytest.approx(0.5 * (0.3 * alpha + 0.2 * gamma + 0.7 * rest), rel=1e-13)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_network_of_zero_weights_rests_where_the_output_penalty_vanishes(
    activation: str,
) -> None:
    zero = np.zeros((K + 1, d, d)), np.zeros((K + 1, d))
    problem = a_problem(activation=activation, inputs=np.zeros((B, d)))
    assert np.allclose(naive.direct(problem, *zero)[-1], problem.rest, rtol=1e-14)


@pytest.mark.parametrize("ends", ["natural", "fixed", "fixed-start", "fixed-end"])
@pytest.mark.parametrize("length", [0.0, 0.8])
def test_the_gradient_represents_the_derivative(ends: str, length: float) -> None:
    rng = np.random.default_rng(3)
    derivative = rng.normal(size=(K + 1, d))
    held = {"natural": [], "fixed": [0, K], "fixed-start": [0], "fixed-end": [K]}[ends]
    g = naive.riesz(DEPTH, derivative, length, ends)
    assert not np.any(g[held])
    for _ in range(5):
        v = rng.normal(size=(K + 1, d))
        v[held] = 0.0
        inner = integral(
            lambda t, v=v: (
                np.sum(naive.theta_at(DEPTH, g, t) * naive.theta_at(DEPTH, v, t))
                + length**2 * np.sum(slope_at(g, t) * slope_at(v, t))
            )
        )
        error = abs(inner - np.sum(derivative * v))
        assert error <= 1e-13 * norm(derivative) * norm(v)


# ------------------------------------------------------------------ the direct problem


def test_two_euler_steps_are_what_one_writes_by_hand() -> None:
    W, b = np.array([[[0.5]], [[1.5]]]), np.array([[0.2], [-0.4]])
    problem = Problem(
        inputs=np.array([[0.3]]),
        targets=np.array([[1.0]]),
        times=np.array([0.0, 0.25, 1.0]),
        depth=np.array([0.0, 1.0]),
        outputs=1,
        scheme="euler",
    )
    first = 0.3 + 0.25 * math.tanh(0.5 * 0.3 + 0.2)
    second = first + 0.75 * math.tanh(0.75 * first + 0.05)
    states = naive.direct(problem, W, b)[:, 0, 0]
    assert states == pytest.approx([0.3, first, second], rel=1e-15)
    assert naive.cost(problem, W, b) == pytest.approx(0.5 * (second - 1.0) ** 2)
    outside = naive.direct(replace(problem, form="outside"), W, b)[1, 0, 0]
    assert outside == pytest.approx(0.3 + 0.25 * (0.5 * math.tanh(0.3) + 0.2), rel=1e-15)
    # Two neurons: W1 = (0.5, -1), b = (0.2, 0.1), W2 = (2, 3), c = 0.7, constant in depth.
    W1, b, W2, c = (
        np.array([block, block]) for block in ([[0.5], [-1.0]], [0.2, 0.1], [[2.0, 3.0]], [0.7])
    )
    velocity = 2.0 * math.tanh(0.5 * 0.3 + 0.2) + 3.0 * math.tanh(-0.3 + 0.1)
    bottleneck = naive.direct(replace(problem, form="bottleneck"), W1, b, W2, c)[1, 0, 0]
    assert bottleneck == pytest.approx(0.3 + 0.25 * (velocity + 0.7), rel=1e-15)
    mean_field = naive.direct(replace(problem, form="mean-field"), W1, b, W2)[1, 0, 0]
    assert mean_field == pytest.approx(0.3 + 0.25 * velocity / 2.0, rel=1e-15)


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_a_scheme_converges_with_its_order_when_the_parameters_vary(scheme: str) -> None:
    W, b = np.array([[[1.0]], [[2.0]]]), np.zeros((2, 1))
    exact = 0.8 * math.exp(1.5)  # x' = (1 + t) x
    errors = []
    for steps in (30, 60):
        problem = Problem(
            inputs=np.array([[0.8]]),
            targets=np.array([[0.0]]),
            times=np.linspace(0.0, 1.0, steps + 1),
            depth=np.array([0.0, 1.0]),
            outputs=1,
            scheme=scheme,
            activation="identity",
        )
        errors.append(abs(naive.direct(problem, W, b)[-1, 0, 0] - exact))
    assert math.log2(errors[0] / errors[1]) == pytest.approx(ORDERS[scheme], abs=0.1)


# ------------------------------------------------------------------ tangent and adjoint


def check_derivative(problem: Problem, seed: int = 4) -> None:
    """Sensitivity, adjoint and lambda_0 against the complex step along random directions."""
    rng = np.random.default_rng(seed)
    theta, dtheta = (random_theta(rng, form=problem.form) for _ in range(2))
    dx0 = rng.normal(size=(B, d))
    moved = replace(problem, inputs=problem.inputs + 1j * STEP * dx0)
    moved_theta = shifted(theta, dtheta, 1j * STEP)

    xi = naive.sensitivity(problem, *theta, *dtheta, dx0)
    expected = np.imag(naive.direct(moved, *moved_theta)) / STEP
    assert np.max(abs(xi - expected)) <= 1e-12 * np.max(abs(expected))

    lam, *partials = naive.adjoint(problem, *theta)
    by_theta = np.imag(naive.cost(problem, *moved_theta)) / STEP
    error = abs(along(tuple(partials), dtheta) - by_theta)
    assert error <= 1e-12 * norm(*partials) * norm(*dtheta)
    by_inputs = np.imag(naive.cost(moved, *theta)) / STEP
    assert abs(np.sum(lam[0] * dx0) - by_inputs) <= 1e-12 * norm(lam[0]) * norm(dx0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", TABLEAUX)
def test_derivatives_are_exact_for_every_scheme(scheme: str, form: str) -> None:
    check_derivative(a_problem(scheme=scheme, form=form))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_derivatives_are_exact_for_every_activation(activation: str, form: str) -> None:
    check_derivative(a_problem(activation=activation, form=form))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("loss", LOSSES)
def test_derivatives_are_exact_for_every_loss(loss: str, form: str) -> None:
    check_derivative(a_problem(loss, scheme="heun", form=form))


def test_every_partial_derivative_is_exact() -> None:
    problem = a_problem("cross-entropy", scheme="bs3", form="inside")
    W, b = random_theta(np.random.default_rng(5))
    _, dE_dW, dE_db = naive.adjoint(problem, W, b)
    scale = norm(dE_dW, dE_db)
    for entry in np.ndindex(W.shape):
        moved = W.astype(complex)
        moved[entry] += 1j * STEP
        assert abs(np.imag(naive.cost(problem, moved, b)) / STEP - dE_dW[entry]) <= 1e-12 * scale
    for entry in np.ndindex(b.shape):
        moved = b.astype(complex)
        moved[entry] += 1j * STEP
        assert abs(np.imag(naive.cost(problem, W, moved)) / STEP - dE_db[entry]) <= 1e-12 * scale


def test_the_adjoint_state_is_the_derivative_in_the_state_at_every_time() -> None:
    """Start again at t_n from x_n: the cost of the rest of the way is a function of x_n."""
    problem = a_problem("huber", scheme="ssprk3", activation="silu")
    W, b = random_theta(np.random.default_rng(6))
    states, lam = naive.direct(problem, W, b), naive.adjoint(problem, W, b)[0]
    for n in range(N):
        for entry in np.ndindex(B, d):
            x_n = states[n].astype(complex)
            x_n[entry] += 1j * STEP
            rest_of_the_way = replace(problem, times=TIMES[n:], inputs=x_n)
            slope = np.imag(naive.cost(rest_of_the_way, W, b)) / STEP
            assert abs(lam[n][entry] - slope) <= 1e-12 * norm(lam[n])


def distance_to_a_kink(problem: Problem, theta: Theta) -> float:
    """Least distance of an argument of the activation, or of a huber residual, to its kink."""
    states = naive.direct(problem, *theta)
    distances = []
    for n in range(N):
        for sample in range(B):
            for stage in naive.stages(problem, theta, n, states[n, sample]):
                matrix, vector, *_ = stage["theta"]
                argument = stage["X"]
                if problem.form != "outside":
                    argument = matrix @ argument + vector
                distances.extend(abs(argument))
    if problem.loss == "huber":
        residuals = states[-1][:, : problem.outputs] - problem.targets
        distances.extend(abs(abs(residuals.ravel()) - 1.0))
    return min(distances)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("activation", "loss"),
    [("relu", "squared"), ("leaky-relu", "squared"), ("elu", "squared"), ("tanh", "huber")],
)
def test_piecewise_functions_agree_with_central_differences_away_from_kinks(
    activation: str, loss: str, form: str
) -> None:
    problem = a_problem(loss, activation=activation, form=form, scheme="midpoint")
    rng = np.random.default_rng(7)
    theta, dtheta = (random_theta(rng, form=form) for _ in range(2))
    dx0, eps = rng.normal(size=(B, d)), 1e-6
    assert distance_to_a_kink(problem, theta) > 100.0 * eps
    ahead, behind = (
        (replace(problem, inputs=problem.inputs + step * dx0), *shifted(theta, dtheta, step))
        for step in (eps, -eps)
    )

    xi = naive.sensitivity(problem, *theta, *dtheta, dx0)
    expected = (naive.direct(*ahead) - naive.direct(*behind)) / (2.0 * eps)
    assert np.max(abs(xi - expected)) <= 1e-8 * np.max(abs(expected))

    lam, *partials = naive.adjoint(problem, *theta)
    slope = along(tuple(partials), dtheta) + np.sum(lam[0] * dx0)
    difference = (naive.cost(*ahead) - naive.cost(*behind)) / (2.0 * eps)
    assert slope == pytest.approx(difference, rel=1e-8)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", TABLEAUX)
def test_the_adjoint_is_the_transpose_of_the_tangent(scheme: str, form: str) -> None:
    problem = a_problem(scheme=scheme, form=form)
    rng = np.random.default_rng(8)
    theta, dtheta = (random_theta(rng, form=form) for _ in range(2))
    dx0, w = rng.normal(size=(2, B, d))
    Jv = naive.sensitivity(problem, *theta, *dtheta, dx0)[-1]
    lam, *bars = naive.adjoint_sweep(problem, *theta, w)
    transposed = along(tuple(bars), dtheta) + np.sum(lam[0] * dx0)
    assert abs(np.sum(Jv * w) - transposed) <= 1e-13 * norm(Jv) * norm(w)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scheme", ["euler", "rk4", "dopri5"])
def test_the_adjoint_of_a_reversible_scheme_is_exact(scheme: str, form: str) -> None:
    problem, rng = a_problem(scheme=scheme, form=form), np.random.default_rng(6)
    theta, dtheta = (random_theta(rng, form=form) for _ in range(2))
    dx0, w = rng.normal(size=(2, B, d))
    moved = replace(problem, inputs=problem.inputs + 1j * STEP * dx0)
    moved_theta = tuple(a + 1j * STEP * da for a, da in zip(theta, dtheta, strict=True))
    y, _ = naive.reversible_direct(moved, moved_theta, 0.9)
    slope = np.sum(w * np.imag(y[-1])) / STEP
    both, *partials = naive.reversible_adjoint(problem, theta, 0.9, w)
    transposed = along(tuple(partials), dtheta) + np.sum(both[0] * dx0)
    assert abs(slope - transposed) <= 1e-12 * norm(*partials) * norm(*dtheta)


def test_a_reversible_scheme_can_be_solved_for_what_it_starts_from() -> None:
    problem, rng, L = a_problem(), np.random.default_rng(6), 0.9
    theta = random_theta(rng)
    y, z = (pair[:, 0] for pair in naive.reversible_direct(problem, theta, L))
    for n, (start, end) in enumerate(pairwise(problem.times)):
        before = z[n + 1] + naive.increment(problem, theta, end, start, y[n + 1])
        forth = naive.increment(problem, theta, start, end, before)
        assert before == pytest.approx(z[n], abs=1e-14)
        assert (y[n + 1] - (1.0 - L) * before - forth) / L == pytest.approx(y[n], abs=1e-13)


@pytest.mark.parametrize("nodes", [2, 10])
def test_one_sample_of_width_one_in_one_step_is_no_special_case(nodes: int) -> None:
    rng = np.random.default_rng(9)
    problem = Problem(
        inputs=np.array([[0.4]]),
        targets=np.array([0.9]),
        times=np.array([0.0, 1.0]),
        depth=np.linspace(0.0, 1.0, nodes),
        outputs=1,
        scheme="dopri5",
        mu=0.1,
    )
    (W, b), (dW, db) = random_theta(rng, nodes, 1), random_theta(rng, nodes, 1)
    lam, dE_dW, dE_db = naive.adjoint(problem, W, b)
    slope = np.imag(naive.cost(problem, W + 1j * STEP * dW, b + 1j * STEP * db)) / STEP
    assert along((dE_dW, dE_db), (dW, db)) == pytest.approx(slope, rel=1e-12)
    assert lam.shape == (2, 1, 1)
