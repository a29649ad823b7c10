"""Covariances of outputs to first order, and what normal outputs say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray
from sklearn.datasets import load_iris

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.problem.network import Network
from standalone_node.sensitivity.subject import network_of
from standalone_node.sensitivity.uncertainty.monte_carlo import monte_carlo, noisy_outputs
from standalone_node.sensitivity.uncertainty.propagation import covariance_of, propagate, root_of

Array = NDArray[Any]


def linear(matrix: Array, classes: bool = False) -> Network:
    """The network x(T) = M x, (d, d) of its features, with all of x(T) as outputs."""
    d = len(matrix)
    targets: Any = np.arange(1) if classes else np.zeros((1, d))
    options = {"loss": "cross-entropy", "outputs": d} if classes else {}
    problem = sn.InverseProblem(
        np.zeros((1, d)), targets, steps=1, scheme="euler", activation="identity", **options
    )
    weights = np.stack([matrix - np.eye(d)] * 2)
    return network_of(problem, sn.Parameters(np.array([0.0, 1.0]), weights, np.zeros((2, d))))


def random_covariance(rng: np.random.Generator, p: int, rank: int) -> Array:
    factor = rng.normal(size=(p, rank))
    return np.asarray(factor @ factor.T)


def test_a_linear_network_takes_a_covariance_s_to_m_s_mt() -> None:
    rng = np.random.default_rng(0)
    m, s = rng.normal(size=(3, 3)), random_covariance(rng, 3, 3)
    found = propagate(linear(m), rng.normal(size=(4, 3)), s)
    np.testing.assert_allclose(found.output_covariance, np.tile(m @ s @ m.T, (4, 1, 1)), rtol=1e-12)
    np.testing.assert_allclose(found.standard_deviation[0], np.sqrt(np.diag(m @ s @ m.T)))


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_the_root_of_a_covariance_that_may_be_singular_gives_it_back(rank: int) -> None:
    units = np.array([1e-6, 1.0, 1e3, 1e6])
    s = random_covariance(np.random.default_rng(rank), 4, rank) * units * units[:, None]
    root = root_of(s)
    np.testing.assert_allclose(
        root @ root.T / units / units[:, None], s / units / units[:, None], atol=1e-12
    )


def test_a_feature_without_noise_stays_without() -> None:
    s = np.array([[4.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 9.0]])
    root = root_of(s)
    assert not root[1].any()
    np.testing.assert_allclose(root @ root.T, s, atol=1e-14)


def test_a_number_is_a_share_of_the_scale_and_a_row_are_deviations() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2)) * [1.0, 50.0]
    model = sn.NodeRegressor(max_iterations=2).fit(X, X.sum(axis=1))
    network = network_of(model)
    np.testing.assert_allclose(covariance_of(network, 0.1), np.diag((0.1 * network.scale) ** 2))
    np.testing.assert_allclose(covariance_of(network, [0.2, 3.0]), np.diag([0.04, 9.0]))


def test_the_data_themselves_may_be_the_noise() -> None:
    """Every row as uncertain as a row that is not known, correlations included."""
    rng = np.random.default_rng(3)
    A, X = rng.normal(size=(3, 3)), rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3))
    X[:, 1] = 4.0  # and a feature that never changes has none
    S = np.cov(X, rowvar=False)
    np.testing.assert_allclose(covariance_of(linear(A), "data", X), S, rtol=1e-13, atol=1e-15)
    found = propagate(linear(A), X, "data")
    np.testing.assert_allclose(found.output_covariance[0], A @ S @ A.T, rtol=1e-11, atol=1e-12)
    drawn = monte_carlo(linear(A), X[:2], "data", samples=30)
    same = monte_carlo(linear(A), X[:2], np.cov(X[:2], rowvar=False), samples=30)
    np.testing.assert_allclose(drawn.covariance, same.covariance, rtol=1e-9, atol=1e-12)
    with pytest.raises(ArgumentError, match="at least two"):
        propagate(linear(A), X[:1], "data")


@pytest.mark.parametrize(
    ("spec", "remedy"),
    [
        ([0.1, 0.1], "standard deviations or a"),
        ([[1.0, 0.0], [0.0, 1.0]], "standard deviations or a"),
        ([0.1, -0.1, 0.1], "0 is no noise"),
        (np.nan, "not finite"),
        ("loud", "made of numbers"),
        ([[1.0, 0.5, 0.0], [0.4, 1.0, 0.0], [0.0, 0.0, 1.0]], r"give \(C \+ C.T\) / 2"),
        ([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]], "set its negative eigenvalues"),
        ([[0.0, 0.1, 0.0], [0.1, 1.0, 0.0], [0.0, 0.0, 1.0]], "set its negative eigenvalues"),
        ([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], "variance of feature 1"),
    ],
)
def test_what_is_no_covariance_is_refused_with_a_remedy(spec: Any, remedy: str) -> None:
    with pytest.raises(ArgumentError, match=remedy):
        covariance_of(linear(np.eye(3)), spec)


def test_whether_a_covariance_is_definite_does_not_depend_on_units() -> None:
    """An impossible correlation is found beside a feature with a million times the spread."""
    units = np.array([1e-6, 1e-6, 1e6])
    impossible = np.array([[1.0, 1.1, 0.0], [1.1, 1.0, 0.0], [0.0, 0.0, 1.0]])
    network = linear(np.eye(3))
    with pytest.raises(ArgumentError, match="positive semidefinite"):
        covariance_of(network, impossible * units * units[:, None])
    possible = np.clip(impossible, None, 1.0) * units * units[:, None]
    np.testing.assert_array_equal(covariance_of(network, possible), possible)


def test_rounding_of_a_covariance_is_forgiven() -> None:
    s = random_covariance(np.random.default_rng(1), 3, 1)
    rounded = s + 1e-13 * np.random.default_rng(2).normal(size=(3, 3))
    found = covariance_of(linear(np.eye(3)), rounded)
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_allclose(found, s, atol=1e-12)


def test_two_classes_change_where_a_normal_margin_changes_its_sign() -> None:
    m, s = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([[1.0, 0.3], [0.3, 0.5]])
    X = np.random.default_rng(0).normal(size=(20, 2))
    found = propagate(linear(m, classes=True), X, s)
    margin = np.array([1.0, -1.0]) @ m
    expected = scipy.stats.norm.cdf(np.abs(X @ margin) / np.sqrt(margin @ s @ margin))
    np.testing.assert_allclose(found.stays, expected, rtol=1e-12)


def test_the_class_stays_with_the_probability_of_a_polyhedron() -> None:
    """Deák's average over directions against the distribution function of a normal variable."""
    rng = np.random.default_rng(3)
    m, s = rng.normal(size=(4, 4)), random_covariance(rng, 4, 4)
    X = 2.0 * rng.normal(size=(10, 4))
    found = propagate(linear(m, classes=True), X, s)
    stays = found.stays
    assert stays is not None
    for z, probability in zip(X @ m.T, stays, strict=True):
        best = int(z.argmax())
        faces = np.delete(np.eye(4)[best] - np.eye(4), best, axis=0)
        c = faces @ m @ s @ m.T @ faces.T
        expected = scipy.stats.multivariate_normal.cdf(faces @ z, np.zeros(3), c)
        assert probability == pytest.approx(expected, abs=3e-3)


def test_noise_along_one_direction_only_is_no_exception() -> None:
    """A singular covariance: the class changes where the line leaves the polyhedron."""
    direction = np.array([1.0, -0.5, 0.2])
    X = np.array([[1.0, 0.2, -0.3], [0.0, 2.0, 1.0]])
    found = propagate(linear(np.eye(3), classes=True), X, np.outer(direction, direction))
    t = np.linspace(-8.0, 8.0, 160_001)
    for x, probability in zip(X, np.asarray(found.stays), strict=True):
        same = (x + t[:, None] * direction).argmax(axis=1) == x.argmax()
        expected = np.trapezoid(scipy.stats.norm.pdf(t) * same, t)
        assert probability == pytest.approx(expected, abs=5e-3)


def test_without_noise_nothing_changes() -> None:
    network = linear(np.eye(3), classes=True)
    found = propagate(network, np.eye(3), 0.0)
    np.testing.assert_array_equal(found.stays, 1.0)
    np.testing.assert_allclose(found.probabilities(10), network.probabilities(np.eye(3)))
    np.testing.assert_array_equal(found.intervals()[..., 0], found.outputs)


def test_intervals_of_quantities_hold_the_share_of_samples_they_claim() -> None:
    """Ten thousand samples at each of five rows, at a noise that hardly sees the curvature."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = np.column_stack([np.sin(X[:, 0]) + X[:, 1], 100.0 * X[:, 1] * X[:, 2]])
    model = sn.NodeRegressor(max_iterations=30).fit(X, y)
    found, samples = propagate(model, X[:5], 1e-3), 10_000
    root, one = root_of(found.covariance), np.ones(1)
    for level in (0.5, 0.95):
        for b, (low, high) in enumerate(found.intervals(level).transpose(0, 2, 1)):
            cloud = noisy_outputs(found.network, X[b], root, one, samples, (1, b))[0]
            share = ((cloud >= low) & (cloud <= high)).mean(axis=0)
            # Four standard errors of a share: 20 of them all fit in 999 of 1000 cases.
            allowed = 4.0 * np.sqrt(level * (1.0 - level) / samples)
            np.testing.assert_allclose(share, level, atol=allowed)


def test_mean_probabilities_are_those_of_the_samples() -> None:
    """Of a linear network, whose logits are normal at any noise."""
    rng = np.random.default_rng(0)
    m, s = rng.normal(size=(3, 3)), random_covariance(rng, 3, 2)
    found, samples = propagate(linear(m, classes=True), rng.normal(size=(4, 3)), s), 20_000
    likely = found.probabilities(samples)
    sampled = monte_carlo(found.network, found.rows, s, samples=samples, seed=1)
    # Two independent means of numbers between 0 and 1: four times their error at the most.
    np.testing.assert_allclose(likely, sampled.probabilities, atol=4.0 * np.sqrt(0.5 / samples))
    np.testing.assert_allclose(likely.sum(axis=1), 1.0)
    unmoved = found.network.probabilities(found.outputs)
    assert np.abs(likely - unmoved).max() > 0.1


def test_mean_probabilities_of_a_fitted_network_follow_its_samples() -> None:
    X, y = load_iris(return_X_y=True)
    model = sn.NodeClassifier(random_state=0, max_iterations=20).fit(X, y)
    found, sampled = propagate(model, X[::10], 0.1), monte_carlo(model, X[::10], 0.1)
    before = np.abs(found.network.probabilities(found.outputs) - sampled.probabilities)
    after = np.abs(found.probabilities() - sampled.probabilities)
    assert np.sqrt((after**2).mean()) < 0.5 * np.sqrt((before**2).mean())


def test_quantities_have_no_classes_to_stay_in() -> None:
    found = propagate(linear(np.eye(2)), np.ones((1, 2)), 0.1)
    assert found.stays is None
    with pytest.raises(ArgumentError, match="no logits"):
        found.probabilities()
