"""The cost along a direction, to first order in the state."""

from __future__ import annotations

import numpy as np
import pytest
from twins import Twins, twins

from standalone_node.problem.losses import LOSSES

every_loss = pytest.mark.parametrize("loss", LOSSES)


def draw(loss: str, **options: object) -> Twins:
    """With an activation whose network of zero weights moves, for the output penalty's sake."""
    given = {"activation": "sigmoid", "samples": 20, "seed": 11, **options}
    return twins(loss=loss, **given)  # type: ignore[arg-type]


@every_loss
def test_at_zero_the_model_has_the_cost_and_its_slope(loss: str) -> None:
    pair = draw(loss)
    line = pair.problem.line_model(pair.parameters, pair.direction)
    cost, derivative = pair.problem.cost_and_derivative(pair.parameters)
    assert line.value(0.0) == pytest.approx(cost, rel=1e-13)
    assert line.slope(0.0) == pytest.approx(derivative.apply(pair.direction), rel=1e-12)


@every_loss
def test_the_model_departs_from_the_cost_with_the_square_of_the_step(loss: str) -> None:
    pair = draw(loss)
    line = pair.problem.line_model(pair.parameters, pair.direction)
    errors = [
        line.value(eta) - pair.problem.cost(pair.parameters + eta * pair.direction)
        for eta in (1e-3, 5e-4)
    ]
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.05)


@every_loss
def test_slope_and_curvature_are_the_derivatives_of_the_model(loss: str) -> None:
    pair = draw(loss)
    line, step = pair.problem.line_model(pair.parameters, pair.direction), 1e-6
    for eta in (0.0, 0.3, 1.7):
        rise = (line.value(eta + step) - line.value(eta - step)) / (2.0 * step)
        bend = (line.slope(eta + step) - line.slope(eta - step)) / (2.0 * step)
        assert line.slope(eta) == pytest.approx(rise, rel=1e-7)
        assert line.curvature(eta) == pytest.approx(bend, rel=1e-7)


def test_the_model_is_the_cost_where_the_flow_is_linear_in_the_parameters() -> None:
    pair = draw("squared", activation="identity", scheme="euler", steps=1, shares=(0.0, 1.0))
    line = pair.problem.line_model(pair.parameters, pair.direction)
    for eta in (-1.0, 0.4, 2.0):
        cost = pair.problem.cost(pair.parameters + eta * pair.direction)
        assert line.value(eta) == pytest.approx(cost, rel=1e-12)


@every_loss
def test_the_model_is_convex(loss: str) -> None:
    line = draw(loss).problem.line_model(draw(loss).parameters, draw(loss).direction)
    slopes = [line.slope(eta) for eta in np.linspace(-5.0, 5.0, 101)]
    assert (np.diff(slopes) >= 0.0).all()
