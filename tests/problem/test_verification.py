"""The tests offered to users tell right derivatives from wrong ones."""

from __future__ import annotations

import numpy as np
import pytest

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.model.forms import FORM_BLOCKS
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.model.tableaux import TABLEAUX
from standalone_node.problem.losses import LOSSES
from standalone_node.problem.selfcheck import verify

SMOOTH = ("identity", "tanh", "sigmoid", "softplus", "silu", "sine")


def problem_of(seed: int = 0, **options: object) -> tuple[sn.InverseProblem, Parameters]:
    rng = np.random.default_rng(seed)
    loss = str(options.get("loss", "squared"))
    targets = {
        "squared": rng.standard_normal((6, 2)),
        "huber": 3.0 * rng.standard_normal((6, 2)),
        "cross-entropy": rng.integers(0, 3, 6),
        "logistic": rng.integers(0, 2, 6),
    }[loss]
    settings: dict[str, object] = {
        "steps": 4,
        "outputs": 3 if loss == "cross-entropy" else None,
        "penalty": sn.Penalty(l2=0.1, h1=0.1, output=0.1),
        **options,
    }
    problem = sn.InverseProblem(rng.standard_normal((6, 3)), targets, **settings)  # type: ignore[arg-type]
    return problem, problem.initial_parameters(seed=seed, scale=0.7)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("form", FORM_BLOCKS)
def test_the_taylor_remainder_is_of_second_order(form: str, activation: str, loss: str) -> None:
    problem, p = problem_of(form=form, activation=activation, loss=loss)
    direction = problem.initial_parameters(seed=9, scale=1.0)
    order = sn.taylor_test(problem, p, direction)
    assert abs(order - 2.0) <= 0.02


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_the_taylor_remainder_is_of_second_order_for_every_scheme(scheme: str) -> None:
    problem, p = problem_of(scheme=scheme)
    assert abs(sn.taylor_test(problem, p, p) - 2.0) <= 0.02


@pytest.mark.parametrize("points", [2, 3, 17])
@pytest.mark.parametrize("steps", [1, 4])
def test_the_dot_test_holds_whatever_the_depth_grid(points: int, steps: int) -> None:
    problem, p = problem_of(steps=steps, depth_points=points)
    assert sn.dot_test(problem, p) <= 1e-13


class Distorted(sn.InverseProblem):
    """A problem whose adjoint has a wrong factor in one block."""

    factor = 1.01

    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        cost, right = super().cost_and_derivative(p)
        blocks = {"W": right.weights, "b": self.factor * right.biases}
        return cost, Derivative.from_blocks(right.times, blocks)


def distorted() -> tuple[Distorted, Parameters]:
    problem, p = problem_of()
    return Distorted(**problem.settings), p


def test_the_taylor_test_shows_order_one_for_a_derivative_that_is_slightly_wrong() -> None:
    problem, p = distorted()
    assert abs(sn.taylor_test(problem, p, p) - 1.0) < 0.1


def test_the_dot_test_sees_an_error_of_one_per_cent_in_the_adjoint() -> None:
    problem, p = distorted()
    assert sn.dot_test(problem, p) > 1e-6


def test_a_cost_that_is_linear_along_the_direction_has_no_remainder() -> None:
    problem = sn.InverseProblem(np.zeros((2, 1)), np.array([50.0, 80.0]), loss="huber", steps=2)
    p = problem.initial_parameters(scale=0.0)
    direction = Parameters(p.times, np.zeros_like(p.weights), 0.5 + 0.0 * p.biases)
    identity = problem.replaced(activation="identity")
    assert sn.taylor_test(identity, p, direction) == float("inf")


def test_a_direction_of_zeros_is_refused() -> None:
    problem, p = problem_of()
    with pytest.raises(ArgumentError, match="direction"):
        sn.taylor_test(problem, p, 0.0 * p)


@pytest.mark.parametrize("form", FORM_BLOCKS)
@pytest.mark.parametrize("activation", SMOOTH)
def test_states_sensitivities_adjoints_and_derivatives_have_the_order_of_the_tableau(
    activation: str, form: str
) -> None:
    problem, _ = problem_of(form=form, activation=activation, depth_points=3, scheme="rk4")
    p = problem.initial_parameters(seed=2, scale=0.5)
    study = sn.convergence_study(problem, p, steps=(32, 64, 128))
    assert study.orders.keys() == {"states", "sensitivities", "adjoints", "derivatives"}
    for observed in study.orders.values():
        assert abs(observed - 4.0) <= 0.05


def test_a_time_grid_that_misses_a_depth_node_is_refused() -> None:
    problem, p = problem_of(depth_points=4)
    with pytest.raises(ArgumentError, match="does not contain the depth grid"):
        sn.convergence_study(problem, p, steps=(4, 8))


def test_a_depth_grid_that_moves_with_the_steps_would_cap_the_order() -> None:
    """Why the depth grid has to be fixed: hat functions follow a smooth theta to order two only."""
    reference, _ = problem_of(steps=256, depth_points=257)
    errors = []
    smooth = reference.initial_parameters(seed=3, scale=0.7)
    exact = reference.solve_direct(smooth)[-1]
    for steps in (8, 16, 32):
        problem = reference.replaced(steps=steps, depth_points=steps + 1)
        states = problem.solve_direct(smooth.refined(problem.depth_times))
        errors.append(np.linalg.norm(states[-1] - exact))
    order = np.log2(errors[1] / errors[2])
    assert 1.8 < order < 2.2


@pytest.mark.parametrize("scheme", TABLEAUX)
def test_every_scheme_passes_the_self_check(scheme: str) -> None:
    checks = list(verify((scheme,)))
    assert [check.scheme for check in checks] == 6 * [scheme] + 3 * [f"{scheme} reversible"]
    assert [check.check for check in checks if not check.ok] == []


def test_the_self_check_fails_for_a_scheme_with_a_wrong_weight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dataclasses import replace
    from fractions import Fraction

    right = TABLEAUX["heun"]
    wrong = replace(right, weights=(Fraction(4, 10), Fraction(6, 10)))
    monkeypatch.setitem(TABLEAUX, "heun", wrong)
    failed = {check.check for check in verify(("heun",)) if not check.ok}
    assert "order of states" in failed
    assert "dot test" not in failed  # the adjoint is the transpose of the wrong scheme all the same
