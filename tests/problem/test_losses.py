"""Losses: partials, curvature along a direction, convexity, and no overflow."""

from __future__ import annotations

import numpy as np
import pytest
from twins import Array, random_targets, relative_error

import naive_tables
from standalone_node.problem.losses import LOSSES

STEP = 1e-6
B, M = 40, 3
every_loss = pytest.mark.parametrize("loss", LOSSES)


def draw(loss: str, spread: float = 2.0) -> tuple[Array, Array, Array]:
    """z, y and a direction; no residual within a step of Huber's kink."""
    rng = np.random.default_rng(7)
    m = 1 if loss == "logistic" else M
    y = random_targets(rng, loss, B, m)
    y = y[:, None].astype(float) if loss == "logistic" else y
    return spread * rng.normal(size=(B, m)), y, rng.normal(size=(B, m))


@every_loss
def test_values_and_partials_are_those_of_the_reference(loss: str) -> None:
    z, y, _ = draw(loss)
    value, partials = naive_tables.LOSSES[loss]
    pairs = [(zi, yi[0] if loss == "logistic" else yi) for zi, yi in zip(z, y, strict=True)]
    assert relative_error(LOSSES[loss].value(z, y), [value(*pair) for pair in pairs]) <= 1e-14
    expected = [partials(*pair) for pair in pairs]
    assert relative_error(LOSSES[loss].derivative(z, y), expected) <= 1e-14


@every_loss
def test_partials_are_the_slopes_of_the_values(loss: str) -> None:
    z, y, xi = draw(loss)
    f = LOSSES[loss]
    difference = (f.value(z + STEP * xi, y) - f.value(z - STEP * xi, y)) / (2.0 * STEP)
    assert relative_error((f.derivative(z, y) * xi).sum(axis=1), difference) <= 1e-8


@every_loss
def test_the_curvature_is_the_slope_of_the_partials(loss: str) -> None:
    z, y, xi = draw(loss)
    f = LOSSES[loss]
    change = (f.derivative(z + STEP * xi, y) - f.derivative(z - STEP * xi, y)) / (2.0 * STEP)
    first, second = f.along(z, y, xi)
    assert relative_error(first, (f.derivative(z, y) * xi).sum(axis=1)) <= 1e-14
    assert relative_error(second, (change * xi).sum(axis=1)) <= 1e-8


@every_loss
def test_the_second_derivative_is_the_change_of_the_partials(loss: str) -> None:
    z, y, xi = draw(loss)
    f = LOSSES[loss]
    xi = xi[:, : z.shape[1]]
    change = (f.derivative(z + STEP * xi, y) - f.derivative(z - STEP * xi, y)) / (2.0 * STEP)
    found = f.curvature(z, y, xi)
    assert found.shape == xi.shape
    assert relative_error(found, change) <= 1e-8
    assert relative_error((found * xi).sum(axis=1), f.along(z, y, xi)[1]) <= 1e-14


@every_loss
@pytest.mark.parametrize("spread", [0.1, 2.0, 1e4])
def test_every_loss_is_convex_and_not_negative(loss: str, spread: float) -> None:
    z, y, xi = draw(loss, spread)
    other, f = spread * xi, LOSSES[loss]
    assert (f.along(z, y, xi)[1] >= 0.0).all()
    middle = f.value(0.5 * (z + other), y)
    ends = 0.5 * (f.value(z, y) + f.value(other, y))
    assert (middle <= ends * (1.0 + 1e-14) + 1e-14).all()
    assert (f.value(z, y) >= 0.0).all()


@every_loss
@pytest.mark.parametrize("size", [1e4, 1e100])
@pytest.mark.filterwarnings("error")
def test_extreme_outputs_give_finite_losses(loss: str, size: float) -> None:
    z, y, xi = draw(loss)
    for found in (
        LOSSES[loss].value(size * z, y),
        LOSSES[loss].derivative(size * z, y),
        LOSSES[loss].curvature(size * z, y, xi[:, : z.shape[1]]),
        *LOSSES[loss].along(size * z, y, xi),
    ):
        assert np.isfinite(found).all()


@pytest.mark.parametrize("loss", ["cross-entropy", "logistic"])
def test_a_sure_and_right_answer_costs_nothing_and_a_wrong_one_its_logit(loss: str) -> None:
    z = np.array([[1e4, 0.0], [0.0, 1e4]]) if loss == "cross-entropy" else np.array([[1e4], [1e4]])
    y = np.array([0, 0]) if loss == "cross-entropy" else np.array([[1.0], [0.0]])
    assert LOSSES[loss].value(z, y).tolist() == [0.0, 1e4]


def test_huber_joins_its_branches_without_a_jump() -> None:
    huber, y = LOSSES["huber"], np.zeros((4, 1))
    z = np.array([[1.0], [np.nextafter(1.0, 2.0)], [-1.0], [np.nextafter(-1.0, -2.0)]])
    assert np.allclose(huber.value(z, y), 0.5, rtol=1e-15)
    assert np.allclose(np.abs(huber.derivative(z, y)), 1.0, rtol=1e-15)


def test_arguments_are_not_written_to() -> None:
    for loss, f in LOSSES.items():
        z, y, xi = draw(loss)
        copies = z.copy(), y.copy(), xi.copy()
        f.value(z, y), f.derivative(z, y), *f.along(z, y, xi), f.curvature(z, y, xi)
        assert all(map(np.array_equal, (z, y, xi), copies))
