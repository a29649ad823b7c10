"""Up to which noise the first order holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
import sklearn.datasets
from numpy.typing import NDArray

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.problem.network import Network
from standalone_node.sensitivity.subject import network_of
from standalone_node.sensitivity.uncertainty.validity import Validity, validity

Array = NDArray[Any]


def one_step(activation: str, weight: float) -> Network:
    """x(T) = x + sigma(w x): a curve whose spread under noise is an integral."""
    problem = sn.InverseProblem(
        np.zeros((1, 1)), np.zeros((1, 1)), steps=1, scheme="euler", activation=activation
    )
    weights = np.full((2, 1, 1), weight)
    return network_of(problem, sn.Parameters(np.array([0.0, 1.0]), weights, np.zeros((2, 1))))


def true_deviation(network: Network, row: float, deviation: float) -> float:
    """Of the output, by Gauss and Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    values = network.solve(row + deviation * nodes[:, None])[:, 0]
    weights = weights / weights.sum()
    return float(np.sqrt(weights @ values**2 - (weights @ values) ** 2))


def a_result(error: Array, levels: Array) -> Validity:
    one = np.ones(levels.size)
    found = validity(one_step("tanh", 1.0), [[0.0]], [1.0], levels=levels, samples=30)
    return replace(found, first_order=1.0 + error, monte_carlo=one, low=0.98 * one, high=1.02 * one)


def test_a_linear_network_is_its_first_order_at_every_level() -> None:
    found = validity(one_step("identity", 0.5), np.ones((50, 1)), [1.0], samples=500, seed=1)
    # The ratio of the two is the same at all levels, as the draws are.
    np.testing.assert_allclose(found.error, found.error[0], atol=1e-9)
    assert found.leaves_at is None and found.valid_up_to == 10.0
    assert found.inside.min() >= 0.9
    np.testing.assert_allclose(found.first_order, 1.5 * found.levels)


def test_the_interval_holds_the_true_spread_of_a_curve_as_often_as_it_claims() -> None:
    """99 % of 200 seeds, at two levels; fewer than that many in one of a thousand cases."""
    network, X, levels = one_step("tanh", 3.0), np.full((5, 1), 0.2), np.array([0.1, 1.0])
    studies = [validity(network, X, [1.0], levels=levels, samples=60, seed=s) for s in range(200)]
    least = scipy.stats.binom.ppf(1e-3, 200, 0.99)
    for k, level in enumerate(levels):
        truth = true_deviation(network, 0.2, float(level))
        assert sum(s.low[k] <= truth <= s.high[k] for s in studies) >= least
        # And it is no wider than the spread of the estimates asks for.
        width = np.mean([s.high[k] - s.low[k] for s in studies])
        spread = np.std([s.monte_carlo[k] for s in studies])
        assert width == pytest.approx(2.0 * scipy.stats.norm.isf(0.005) * spread, rel=0.2)


def test_it_is_valid_up_to_the_level_at_which_the_error_is_ten_percent() -> None:
    network = one_step("tanh", 3.0)
    found = validity(network, np.full((40, 1), 0.2), [1.0], samples=2000)
    slope = 1.0 + 3.0 * (1.0 - np.tanh(0.6) ** 2)
    level = scipy.optimize.brentq(
        lambda s: abs(slope * s / true_deviation(network, 0.2, s) - 1.0) - 0.1, 1e-2, 10.0
    )
    # 5 % for the interpolation, and 5 % for samples that see the deviation to 0.5 %.
    assert found.valid_up_to == pytest.approx(level, rel=0.1)


def test_a_smaller_unit_of_noise_moves_the_levels_and_nothing_else() -> None:
    network, X = one_step("tanh", 3.0), np.full((10, 1), 0.2)
    levels = np.geomspace(0.02, 5.0, 6)
    one = validity(network, X, [1.0], levels=levels, samples=100)
    half = validity(network, X, [0.5], levels=2.0 * levels, samples=100)
    for name in ("first_order", "monte_carlo", "low", "high", "inside"):
        np.testing.assert_allclose(getattr(one, name), getattr(half, name), rtol=1e-9)


def test_the_error_grows_with_the_square_of_the_level() -> None:
    """What the bounds of Cacoullos say; the draws are common, so that a ratio shows it."""
    network, levels = one_step("tanh", 1.0), np.array([1e-4, 0.05, 0.1, 0.2])
    found = validity(network, np.full((40, 1), 0.4), [1.0], levels=levels, samples=500)
    error = found.error - found.error[0]  # what the draws themselves are wrong by
    np.testing.assert_allclose(error[2] / error[1], 4.0, rtol=0.15)
    np.testing.assert_allclose(error[3] / error[2], 4.0, rtol=0.15)


@pytest.mark.parametrize("data", ["iris", "breast_cancer", "diabetes"])
def test_the_first_order_holds_at_the_lowest_level_and_not_at_the_highest(data: str) -> None:
    X, y = getattr(sklearn.datasets, f"load_{data}")(return_X_y=True)
    estimator: Any = sn.NodeRegressor if data == "diabetes" else sn.NodeClassifier
    model = estimator(random_state=0, max_iterations=20).fit(X, y)
    found = validity(model, X, 1.0, most_rows=30, samples=300)
    assert found.inside[0] >= 0.9 and found.inside[-1] <= 0.1
    assert found.low[0] <= found.first_order[0] <= found.high[0]
    assert found.valid_up_to is not None and found.leaves_at is not None
    assert found.levels[0] < found.leaves_at < found.levels[-1]
    assert found.levels[0] < found.valid_up_to < found.levels[-1]
    assert (found.flips is None) == (data == "diabetes")


def test_the_end_lies_between_two_levels() -> None:
    levels = np.array([1.0, 10.0, 100.0])
    found = a_result(np.array([0.0, 0.05, 0.25]), levels)
    assert found.valid_up_to == pytest.approx(32.5)
    assert found.leaves_at == 10.0


def test_a_return_into_the_band_does_not_count() -> None:
    levels = np.array([1.0, 10.0, 100.0, 1000.0])
    found = a_result(np.array([0.0, 0.2, 0.0, -0.3]), levels)
    assert found.valid_up_to == pytest.approx(5.5)


def test_it_may_be_valid_nowhere_or_everywhere() -> None:
    levels = np.array([1.0, 10.0])
    nowhere = a_result(np.array([0.3, 0.4]), levels)
    assert nowhere.valid_up_to is None and nowhere.leaves_at == 1.0
    everywhere = a_result(np.array([0.0, 0.01]), levels)
    assert everywhere.valid_up_to == 10.0 and everywhere.leaves_at is None


def test_without_noise_there_is_nothing_to_be_wrong_about() -> None:
    found = validity(one_step("tanh", 1.0), [[0.3]], [0.0], levels=[1.0, 2.0], samples=30)
    np.testing.assert_array_equal(found.error, 0.0)
    assert found.leaves_at is None and found.valid_up_to == 2.0


def test_of_many_rows_some_are_drawn() -> None:
    X = np.linspace(-1.0, 1.0, 50)[:, None]
    found = validity(one_step("tanh", 1.0), X, [0.1], levels=[1.0], samples=30, most_rows=7)
    assert found.rows.size == 7 and np.unique(found.rows).size == 7


def test_quantities_count_in_their_scales() -> None:
    """A unit a million times smaller leaves the study as it is."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    y = np.column_stack([np.sin(X[:, 0]), X[:, 0] * X[:, 1]])
    studies = [
        validity(
            sn.NodeRegressor(random_state=0, max_iterations=5).fit(X, y * units),
            X[:5],
            1.0,
            levels=[0.1, 1.0],
            samples=50,
        )
        for units in ([1.0, 1.0], [1e6, 1.0])
    ]
    np.testing.assert_allclose(studies[0].monte_carlo, studies[1].monte_carlo, rtol=1e-6)
    np.testing.assert_allclose(studies[0].first_order, studies[1].first_order, rtol=1e-6)


@pytest.mark.parametrize("levels", [[], [1.0, 0.5], [0.0, 1.0], [1.0, np.inf], [[1.0]]])
def test_levels_have_to_rise(levels: Any) -> None:
    with pytest.raises(ArgumentError, match="levels have to be"):
        validity(one_step("tanh", 1.0), [[0.3]], [0.1], levels=levels)
