"""Monte Carlo estimates of the covariance of outputs, and how far they can be trusted."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.stats
import sklearn.datasets
from numpy.typing import NDArray

import standalone_node as sn
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives.jacobians import output_jacobians
from standalone_node.sensitivity.subject import network_of
from standalone_node.sensitivity.uncertainty.monte_carlo import (
    covariances,
    monte_carlo,
    noisy_outputs,
    variance_interval,
)
from standalone_node.sensitivity.uncertainty.propagation import propagate, root_of

Array = NDArray[Any]
DATA = ("iris", "breast_cancer", "diabetes", "digits")


def linear(matrix: Array, outputs: int) -> Network:
    """The network of features x with the first components of M x as outputs."""
    d = len(matrix)
    problem = sn.InverseProblem(
        np.zeros((1, d)), np.zeros((1, outputs)), steps=1, scheme="euler", activation="identity"
    )
    weights = np.stack([matrix - np.eye(d)] * 2)
    return network_of(problem, sn.Parameters(np.array([0.0, 1.0]), weights, np.zeros((2, d))))


@cache
def fitted(data: str) -> tuple[Any, Array]:
    """A model of a data set, and some of its rows."""
    X, y = getattr(sklearn.datasets, f"load_{data}")(return_X_y=True)
    estimator: Any = sn.NodeRegressor if data == "diabetes" else sn.NodeClassifier
    rows = np.random.default_rng(0).permutation(len(X))
    return estimator(random_state=0, max_iterations=20).fit(X[rows], y[rows]), X[rows[:20]]


def a_small_level(network: Network, X: Array, samples: int) -> float:
    """The share of the scale at which J S J^T is right to a tenth of a standard error.

    The covariance lies between E[J] S E[J]^T and E[J S J^T] (Cacoullos 1982), J at noisy features.
    How far both are from J S J^T grows with the square of the level, so it is measured at one level
    and carried over to the one at which it is a tenth of 1 / sqrt(samples), the least standard
    error of an entry relative to the deviations.
    """
    level, rng = 1e-2, np.random.default_rng(7)
    root = level * np.diag(network.scale)
    claimed = propagate(network, X, level).output_covariance
    mean, upper = 0.0, 0.0
    draws = rng.standard_normal((16, X.shape[1])) @ root
    for noise in np.concatenate([draws, -draws]):
        moved = output_jacobians(network, X + noise) @ root
        mean, upper = mean + moved / 32, upper + moved @ moved.swapaxes(1, 2) / 32
    lower = mean @ np.swapaxes(mean, 1, 2)
    ends = np.abs(np.stack([lower - claimed, upper - claimed]))
    error = np.einsum("kbii->bi", ends) / np.einsum("bii->bi", claimed)
    return float(level * np.sqrt(0.1 / np.sqrt(samples) / error.max()))


@pytest.mark.parametrize("data", DATA)
def test_the_first_order_lies_within_the_interval_for_small_noise(data: str) -> None:
    """At a level that the theory chooses, and as often as the intervals claim."""
    model, X = fitted(data)
    samples = 1000
    level = a_small_level(model.network_, X, samples)
    linearised, sampled = propagate(model, X, level), monte_carlo(model, X, level, samples=samples)
    claimed = linearised.output_covariance
    # Either would fail in one of a thousand cases.
    least = scipy.stats.binom.ppf(1e-3, len(X), 0.95)
    assert sampled.contains(claimed, 0.95).sum() >= least
    assert sampled.contains(claimed, 1.0 - 1e-3 / len(X)).all()
    assert not sampled.contains(1.5 * claimed).any()


@pytest.mark.parametrize("data", DATA)
def test_it_does_not_for_large_noise(data: str) -> None:
    model, X = fitted(data)
    linearised, sampled = propagate(model, X, 10.0), monte_carlo(model, X, 10.0, samples=200)
    assert not sampled.contains(linearised.output_covariance, 0.99).any()


def test_an_interval_has_the_coverage_it_claims() -> None:
    """Of a linear network the truth is known: 1000 rows are 1000 independent trials."""
    trials, level = 1000, 0.9
    network = linear(np.array([[1.0, -0.7], [0.0, 1.0]]), outputs=1)
    X, s = np.zeros((trials, 2)), np.array([[2.0, 0.4], [0.4, 0.3]])
    for samples in (50, 500):
        inside = monte_carlo(network, X, s, samples=samples).contains(
            propagate(network, X, s).output_covariance, level
        )
        # Three standard errors of a share, and a percent for an estimated fourth moment.
        allowed = 3.0 * np.sqrt(level * (1.0 - level) / trials) + (0.01 if samples < 100 else 0.0)
        assert inside.mean() == pytest.approx(level, abs=allowed)


@pytest.mark.parametrize("angle", [0.0, 0.7, 1.5])
def test_intervals_of_all_entries_hold_at_once(angle: float) -> None:
    """Outputs from independent to nearly the same, in three dimensions."""
    trials, level = 600, 0.95
    mixed = np.array([[1.0, 0.0, 0.0], [np.sin(angle), np.cos(angle), 0.0], [-1.0, -1.0, 0.5]])
    network, X = linear(mixed, outputs=3), np.zeros((trials, 3))
    inside = monte_carlo(network, X, np.ones(3), samples=300).contains(
        propagate(network, X, np.ones(3)).output_covariance, level
    )
    # Bonferroni's intervals are rather too wide, so only from below.
    assert inside.mean() >= level - 3.0 * np.sqrt(level * (1.0 - level) / trials)


def test_the_standard_error_is_the_spread_of_the_estimates() -> None:
    """Unbiased for a small sample of a skewed distribution, too."""
    rng = np.random.default_rng(0)
    normal = rng.standard_normal((40_000, 12, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])
    for cloud in (normal, np.exp(0.3 * normal)):
        found, error = covariances(cloud)
        np.testing.assert_allclose((error**2).mean(axis=0), found.var(axis=0), rtol=0.05)


def test_the_covariance_is_the_unbiased_one() -> None:
    cloud = np.random.default_rng(0).normal(size=(2, 9, 3))
    found, _ = covariances(cloud)
    for each, expected in zip(found, cloud, strict=True):
        np.testing.assert_allclose(each, np.cov(expected.T), rtol=1e-12)


def test_the_interval_of_a_variance_is_exact_for_its_degrees_of_freedom() -> None:
    rng = np.random.default_rng(0)
    variance = rng.chisquare(5.0, size=20_000) / 5.0
    low, high = variance_interval(variance, variance * np.sqrt(2.0 / 5.0), 0.05)
    assert ((low <= 1.0) & (high >= 1.0)).mean() == pytest.approx(0.9, abs=0.01)


def test_outputs_that_noise_does_not_reach_have_no_covariance() -> None:
    network = linear(np.array([[0.3, 0.0], [0.0, 1.0]]), outputs=2)
    found = monte_carlo(network, [[0.1, 0.2]], [0.0, 1.0])
    assert found.covariance[0, 0, 0] == 0.0 and found.covariance_error[0, 0, 0] == 0.0
    assert found.contains(propagate(network, [[0.1, 0.2]], [0.0, 1.0]).output_covariance).all()


def test_the_same_draws_serve_all_levels() -> None:
    network = linear(np.array([[1.0, 2.0], [0.5, 1.0]]), outputs=2)
    row, levels = np.array([1.0, -1.0]), np.array([0.5, 1.0, 4.0])
    cloud = noisy_outputs(network, row, np.eye(2), levels, 40, (3, 0)) - network.solve(row[None])
    np.testing.assert_allclose(cloud, levels[:, None, None] * cloud[1], rtol=1e-9, atol=1e-12)


def test_rows_have_draws_of_their_own_which_a_seed_repeats() -> None:
    network, X = linear(np.eye(2), outputs=2), np.ones((2, 2))
    first, same = (monte_carlo(network, X, 0.1, samples=50, seed=4) for _ in range(2))
    other = monte_carlo(network, X, 0.1, samples=50, seed=5)
    np.testing.assert_array_equal(first.covariance, same.covariance)
    assert not np.isclose(first.covariance[0], first.covariance[1]).any()
    assert not np.isclose(first.covariance, other.covariance).any()


def test_many_samples_in_parts_are_those_of_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    network, row = linear(np.eye(2), outputs=2), np.ones(2)
    whole = noisy_outputs(network, row, np.eye(2), np.ones(1), 100, (0, 0))
    monkeypatch.setattr("standalone_node.sensitivity.uncertainty.monte_carlo._MOST", 14)
    np.testing.assert_array_equal(
        whole, noisy_outputs(network, row, np.eye(2), np.ones(1), 100, (0, 0))
    )


def test_samples_follow_a_singular_covariance() -> None:
    s = np.outer([1.0, -2.0], [1.0, -2.0])
    cloud = noisy_outputs(
        linear(np.eye(2), outputs=2), np.zeros(2), root_of(s), np.ones(1), 500, (0, 0)
    )[0]
    np.testing.assert_allclose(cloud[:, 1], -2.0 * cloud[:, 0], atol=1e-6)


def test_flips_and_probabilities_are_counted() -> None:
    model, X = fitted("iris")
    found = monte_carlo(model, X, 1.0, samples=400)
    assert found.flips is not None and found.probabilities is not None
    assert 0.0 < found.flips.mean() < 1.0
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0)
    quiet = monte_carlo(model, X, 0.0, samples=30)
    np.testing.assert_array_equal(quiet.flips, 0.0)


def test_as_many_classes_change_as_the_first_order_says() -> None:
    model, X = fitted("iris")
    level = 0.05
    stays, sampled = propagate(model, X, level).stays, monte_carlo(model, X, level, samples=2000)
    assert stays is not None and sampled.flips is not None
    assert 1.0 - stays.mean() == pytest.approx(sampled.flips.mean(), abs=2e-3)


def test_quantities_have_neither() -> None:
    model, X = fitted("diabetes")
    found = monte_carlo(model, X[:2], 0.1, samples=30)
    assert found.flips is None and found.probabilities is None


def test_too_few_samples_and_impossible_levels_are_refused() -> None:
    network = linear(np.eye(2), outputs=1)
    with pytest.raises(ArgumentError, match="samples = 5 has to be a whole number of at least 30"):
        monte_carlo(network, np.ones((1, 2)), 0.1, samples=5)
    with pytest.raises(ArgumentError, match="level = 95 has to lie between 0 and 1"):
        monte_carlo(network, np.ones((1, 2)), 0.1).contains(np.eye(1)[None], 95)


class Amplifier:
    """(x, y)' = (x^3 y^2, 0): nothing moves without y."""

    varying = {"unused": ()}  # noqa: RUF012
    constant: dict[str, tuple[int, ...]] = {}  # noqa: RUF012

    def f(self, t: float, x: Array, p: dict[str, Array]) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.column_stack([x[:, 0] ** 3 * x[:, 1] ** 2, 0.0 * x[:, 1]])

    def jvp(self, *arguments: Any) -> Array:
        raise NotImplementedError

    vjp: Any = jvp


def test_a_sample_that_overflows_is_named_by_its_row() -> None:
    seen = sn.Observations([1.0], np.zeros((1, 1, 2)))
    problem = sn.FieldProblem(Amplifier(), np.zeros((1, 2)), seen, steps=8, scheme="euler")
    rows, p = [[0.0, 0.0], [9.0, 0.0]], problem.initial_parameters()
    with pytest.raises(StateOverflow, match=r"at row 2 overflows .* take less noise"):
        monte_carlo(problem, rows, [0.0, 3.0], parameters=p)
