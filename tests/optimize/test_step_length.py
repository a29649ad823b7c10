"""The step length: proposed by the model of the line, checked on the true cost."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from curves import CURVES, Curve
from quadratic import quadratic
from twins import random_targets, twins

from standalone_node import InverseProblem, Penalty
from standalone_node.model.parametrisation import Free
from standalone_node.optimize.objective import Objective
from standalone_node.optimize.step_length import (
    CURVATURE,
    DECREASE,
    Trial,
    proposed_step,
    strong_wolfe,
)
from standalone_node.problem.line import LineModel, Parabola
from standalone_node.problem.losses import LOSSES


def a_line(loss: str, seed: int, spread: float, bend: float = 0.0) -> LineModel:
    """A random line that falls at 0."""
    rng = np.random.default_rng(seed)
    m = 1 if loss == "logistic" else 3
    y = random_targets(rng, loss, 30, m)
    y = y[:, None].astype(float) if loss == "logistic" else y
    z, xi = spread * rng.normal(size=(2, 30, m))
    weights = rng.uniform(0.5, 2.0, size=30) / 30
    line = LineModel(LOSSES[loss], z, xi, y, weights, Parabola(0.0, 0.1, bend))
    if line.slope(0.0) < 0.0:
        return line
    return LineModel(LOSSES[loss], z, -xi, y, weights, Parabola(0.0, -0.1, bend))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("spread", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("guess", [1e-6, 1.0, 1e6])
def test_the_proposal_minimises_the_model(loss: str, spread: float, guess: float) -> None:
    for seed in range(10):
        line = a_line(loss, seed, spread, bend=0.01)
        eta = proposed_step(line, guess=guess)
        assert eta > 0.0
        # As near as two neighbouring numbers can tell, should the slope jump between them.
        before, after = line.slope(eta * (1.0 - 1e-9)), line.slope(eta * (1.0 + 1e-9))
        small = abs(line.slope(eta)) <= 1e-7 * abs(line.slope(0.0))
        assert small or before <= 0.0 <= after


def test_for_squared_loss_the_proposal_is_the_closed_form() -> None:
    line = a_line("squared", 3, 1.0, bend=0.5)
    exact = -line.slope(0.0) / line.curvature(0.0)
    assert proposed_step(line) == pytest.approx(exact, rel=1e-14)


def test_where_the_model_falls_for_ever_the_proposal_is_finite() -> None:
    """All samples on the right side: the cross-entropy sinks without end."""
    z, xi = np.zeros((3, 2)), np.tile([1.0, -1.0], (3, 1))
    y = np.zeros(3, dtype=np.int64)
    line = LineModel(
        LOSSES["cross-entropy"], z, xi, y, np.full(3, 1.0 / 3), Parabola(0.0, 0.0, 0.0)
    )
    eta = proposed_step(line)
    assert np.isfinite(eta) and abs(line.slope(eta)) < 1e-7


def test_a_model_without_curvature_gives_a_finite_proposal() -> None:
    flat = SimpleNamespace(slope=lambda eta: -1.0, curvature=lambda eta: 0.0)
    assert 0.0 < proposed_step(flat) < np.inf
    assert 0.0 < proposed_step(flat, guess=1e-3) < np.inf


def test_a_kink_far_away_is_found() -> None:
    """Huber's loss is a straight line until the residual is small again."""
    z, y = np.full((1, 1), 1e6), np.zeros((1, 1))
    line = LineModel(LOSSES["huber"], z, -np.ones((1, 1)), y, np.ones(1), Parabola(0.0, 0.0, 0.0))
    assert proposed_step(line) == pytest.approx(1e6, rel=1e-6)


def test_where_the_flow_is_linear_the_proposal_minimises_the_true_cost() -> None:
    rng = np.random.default_rng(5)
    problem = InverseProblem(
        rng.normal(size=(20, 3)),
        rng.normal(size=(20, 2)),
        activation="identity",
        scheme="euler",
        steps=1,
        penalty=Penalty(l2=0.1, h1=0.05, output=0.02),
    )
    p = problem.initial_parameters()
    _, derivative = problem.cost_and_derivative(p)
    objective = Objective(problem, Free(p))
    u, d = p.values.ravel(), -derivative.values.ravel()
    eta = proposed_step(objective.line(u, d))
    assert abs(objective.derivative(u + eta * d) @ d) <= 1e-12 * abs(derivative.values.ravel() @ d)


def test_the_conditions_are_those_under_which_fletcher_and_reeves_descend() -> None:
    assert 0.0 < DECREASE < CURVATURE < 0.5  # Al-Baali 1985


@pytest.mark.parametrize("eta", [1e-3, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("name", CURVES)
def test_the_step_satisfies_the_strong_wolfe_conditions(name: str, eta: float) -> None:
    curve = CURVES[name]
    start, slope = curve.value(0.0), curve.slope(0.0)
    step = curve.search(eta)
    assert step is not None and step.eta > 0.0
    assert step.cost == curve.value(step.eta)
    assert step.cost <= start + DECREASE * step.eta * slope
    assert abs(curve.slope(step.eta)) <= CURVATURE * abs(slope)


def test_a_proposal_that_is_right_costs_one_evaluation() -> None:
    curve = Curve(CURVES["parabola"].value, CURVES["parabola"].slope)
    step = curve.search(1.0)
    assert step is not None and step.eta == 1.0 and curve.costs == 1


def test_where_nothing_is_lower_there_is_no_step() -> None:
    wrong_sign = Curve(lambda x: x, lambda x: -1.0)
    assert wrong_sign.search(1.0) is None
    overflowing = Curve(lambda x: 1.0 if x == 0.0 else np.nan, lambda x: -1.0)
    assert overflowing.search(1.0) is None


def test_a_step_that_moves_nothing_is_no_step() -> None:
    """Only the start itself, which the smallest steps round to, is as low as the start."""
    start, lowest = np.ones(1), Curve(lambda x: 1.0 if x == 1.0 else 2.0, lambda x: -1.0)
    zero = Trial(0.0, start, 1.0, np.array([-1.0]), -1.0)
    assert strong_wolfe(lowest, zero, np.ones(1), 1.0) is None  # type: ignore[arg-type]


def test_a_curve_that_falls_for_ever_gives_a_lower_point() -> None:
    step = Curve(lambda x: -x, lambda x: -1.0).search(1.0)
    assert step is not None and step.cost < 0.0


def test_the_objective_asks_the_problem_for_one_direct_sweep_a_point() -> None:
    pair = twins()
    objective = Objective(pair.problem, Free(pair.parameters))
    u = pair.parameters.values.ravel().copy()
    objective.cost(u), objective.derivative(u), objective.line(u, u)
    counts = pair.problem.counts
    assert (counts.direct, counts.adjoint, counts.sensitivity) == (1, 1, 1)


def test_the_proposal_of_a_quadratic_objective_is_exact() -> None:
    problem = quadratic()
    start = 0.0 * problem.minimiser
    objective = Objective(problem, Free(start))
    u = start.values.ravel()
    d = -objective.derivative(u)
    eta = proposed_step(objective.line(u, d))
    assert abs(objective.derivative(u + eta * d) @ d) <= 1e-12 * (d @ d)
