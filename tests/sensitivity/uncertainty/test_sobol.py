"""Sobol' indices: shares of the variance of outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes, load_iris

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.problem.network import Network
from standalone_node.sensitivity.subject import network_of
from standalone_node.sensitivity.uncertainty.sobol import SobolIndices, sobol_indices

Array = NDArray[Any]


class OfFeatures:
    """(y, x)' = (g(x), 0): after one step of Euler's scheme y = y(0) + g(x)."""

    varying = {"unused": ()}  # noqa: RUF012
    constant: dict[str, tuple[int, ...]] = {}  # noqa: RUF012

    def __init__(self, g: Callable[[Array], Array]) -> None:
        self.g = g

    def f(self, t: float, x: Array, p: dict[str, Array]) -> Array:
        return np.column_stack([self.g(x[:, 1:]), 0.0 * x[:, 1:]])

    def jvp(self, *arguments: Any) -> Array:
        raise NotImplementedError

    vjp: Any = jvp


def of_function(g: Callable[[Array], Array], X: Array, **options: Any) -> SobolIndices:
    """The indices of y = g(x) for the features in X; y(0), the first feature, is zero."""
    states = np.column_stack([np.zeros(len(X)), X])
    seen = sn.Observations([1.0], np.zeros((1, 1, states.shape[1])))
    problem = sn.FieldProblem(OfFeatures(g), states[:1], seen, steps=1, scheme="euler")
    p = problem.initial_parameters()
    return sobol_indices(problem, states, parameters=p, **{"output": 0, **options})


def linear(matrix: Array, outputs: int) -> Network:
    """The network of features x with the first components of M x as outputs."""
    d = len(matrix)
    problem = sn.InverseProblem(
        np.zeros((1, d)), np.zeros((1, outputs)), steps=1, scheme="euler", activation="identity"
    )
    weights = np.stack([matrix - np.eye(d)] * 2)
    return network_of(problem, sn.Parameters(np.array([0.0, 1.0]), weights, np.zeros((2, d))))


def assert_covered(found: SobolIndices, first: Any, total: Any, width: float) -> None:
    """The known indices lie within the intervals, and these are narrower than a number."""
    assert ((found.first_low <= first) & (first <= found.first_high)).all()
    assert ((found.total_low <= total) & (total <= found.total_high)).all()
    assert (found.first_high - found.first_low).max() < width
    assert (found.total_high - found.total_low).max() < width
    np.testing.assert_allclose(found.first, first, atol=0.5 * width)
    np.testing.assert_allclose(found.total, total, atol=0.5 * width)


def test_the_function_of_ishigami_and_homma_has_its_known_indices() -> None:
    grid = np.linspace(-np.pi, np.pi, 2001)
    X = np.column_stack([0.5 * (grid[1:] + grid[:-1])] * 3)
    found = of_function(
        lambda x: np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]),
        X,
        samples=4096,
    )
    v1, v2 = 0.5 * (1.0 + 0.1 * np.pi**4 / 5.0) ** 2, 49.0 / 8.0
    v13 = 0.01 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    v = v1 + v2 + v13
    first, total = np.array([0.0, v1, v2, 0.0]) / v, np.array([0.0, v1 + v13, v2, v13]) / v
    assert_covered(found, first, total, width=0.15)
    assert found.variance == pytest.approx(v, rel=0.02)
    assert found.first[0] == found.total[0] == found.total_high[0] == 0.0  # y(0) is constant


def test_a_linear_network_has_the_variances_of_its_terms() -> None:
    """The variances are those of the features as they are in X."""
    rng = np.random.default_rng(0)
    X, m = rng.exponential(size=(50, 3)) * [1.0, 2.0, 5.0], rng.normal(size=(3, 3))
    shares = m[0] ** 2 * X.var(axis=0)
    shares /= shares.sum()
    assert_covered(sobol_indices(linear(m, 1), X), shares, shares, width=0.5)


def test_indices_of_several_outputs_are_of_the_sum_of_their_variances() -> None:
    rng = np.random.default_rng(0)
    X, m = rng.normal(size=(50, 3)), np.array([[1.0, 0.5, 0.0], [0.0, 2.0, 0.3], [0.0, 0.0, 1.0]])
    shares = (m[:2] ** 2).sum(axis=0) * X.var(axis=0)
    found = sobol_indices(linear(m, 2), X)
    assert_covered(found, shares / shares.sum(), shares / shares.sum(), width=0.5)
    assert found.output == "all outputs"
    assert found.variance == pytest.approx(shares.sum(), rel=0.01)


def test_the_indices_of_all_outputs_are_a_mean_of_those_of_each() -> None:
    X, y = load_iris(return_X_y=True)
    model = sn.NodeClassifier(random_state=0, max_iterations=5).fit(X, y)
    together = sobol_indices(model, X, samples=64)
    each = [sobol_indices(model, X, samples=64, output=k) for k in range(3)]
    for name in ("first", "total"):
        mean = sum(e.variance * getattr(e, name) for e in each) / sum(e.variance for e in each)
        np.testing.assert_allclose(getattr(together, name), mean, rtol=1e-10)


def test_first_order_indices_of_an_additive_function_sum_to_one() -> None:
    X = np.random.default_rng(1).normal(size=(200, 3))
    found = of_function(lambda x: np.sin(x[:, 0]) + x[:, 1] ** 2 + np.abs(x[:, 2]), X, samples=1024)
    np.testing.assert_allclose(found.first.sum(), 1.0, atol=0.02)
    assert found.first_low.sum() <= 1.0 <= found.first_high.sum()
    np.testing.assert_allclose(found.first, found.total, atol=0.05)


def test_what_two_features_do_together_counts_for_both_totals_and_for_no_first() -> None:
    x = np.linspace(-1.0, 1.0, 101)
    X = np.column_stack([x, 3.0 * x, 0.5 * x])
    found = of_function(lambda x: x[:, 0] * x[:, 1] + x[:, 2], X, samples=1024)
    v = np.var(x)
    both, alone = 9.0 * v**2, 0.25 * v
    first, total = np.array([0.0, 0.0, 0.0, alone]), np.array([0.0, both, both, alone])
    assert_covered(found, first / (both + alone), total / (both + alone), width=0.3)


def test_a_constant_added_to_the_output_changes_nothing() -> None:
    X = np.random.default_rng(1).normal(size=(50, 2))
    plain, shifted = (
        of_function(lambda x, c=c: c + np.sin(x[:, 0]) * x[:, 1], X, samples=64)
        for c in (0.0, 100.0)
    )
    for name in ("first", "first_low", "first_high", "total", "total_low", "total_high"):
        np.testing.assert_allclose(getattr(plain, name), getattr(shifted, name), atol=1e-9)


def test_a_negative_estimate_is_reported_as_it_is() -> None:
    """Of first-order indices that are zero about half are."""
    X = np.tile(np.linspace(-1.0, 1.0, 50)[:, None], 6)
    found = of_function(lambda x: np.prod(2.0 * x, axis=1), X, samples=128)
    negative = found.first < 0.0
    assert negative.any()
    assert (found.first_low[negative] < 0.0).all() and (found.first_high[negative] > 0.0).any()


def test_the_intervals_cover_as_often_as_they_claim() -> None:
    """Sobol' points are better than the bootstrap knows: 90 % is what is held at least."""
    rng = np.random.default_rng(0)
    X, m = rng.normal(size=(40, 3)), np.array([[1.0, 2.0, 0.4], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    shares = m[0] ** 2 * X.var(axis=0)
    shares /= shares.sum()
    network = linear(m, 1)
    runs = [sobol_indices(network, X, samples=128, confidence=0.9, seed=s) for s in range(60)]
    for name in ("first", "total"):
        low, high = (
            np.array([getattr(r, f"{name}_{end}") for r in runs]) for end in ("low", "high")
        )
        assert ((low <= shares) & (shares <= high)).mean(axis=0).min() >= 0.9
    mean = np.mean([r.first for r in runs], axis=0)
    np.testing.assert_allclose(mean, shares, atol=0.01)


def test_a_higher_confidence_and_fewer_samples_make_intervals_wider() -> None:
    network, X = linear(np.ones((3, 3)), 1), np.random.default_rng(0).normal(size=(30, 3))

    def width(**options: Any) -> float:
        found = sobol_indices(network, X, **options)
        return float((found.first_high - found.first_low).mean())

    assert width(confidence=0.99) > 1.2 * width(confidence=0.9)
    assert width(samples=128) > 1.5 * width(samples=512)


def test_one_feature_explains_everything() -> None:
    found = sobol_indices(linear(np.array([[2.0]]), 1), np.arange(9.0)[:, None], samples=64)
    assert found.total == pytest.approx(1.0, abs=0.05)
    assert found.first == pytest.approx(1.0, abs=0.1)


def test_outputs_that_do_not_vary_have_indices_of_zero() -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    for found in (
        sobol_indices(linear(np.diag([0.0, 1.0]), 1), X, samples=32),
        sobol_indices(linear(np.eye(2), 1), np.ones((20, 2)), samples=32),
    ):
        assert not found.first.any() and not found.total_high.any() and found.variance == 0.0


def test_a_seed_repeats_everything() -> None:
    network, X = linear(np.ones((2, 2)), 1), np.random.default_rng(0).normal(size=(30, 2))
    first, same, other = (sobol_indices(network, X, samples=64, seed=s) for s in (3, 3, 4))
    for name in ("first", "first_low", "first_high", "total", "total_low", "total_high"):
        np.testing.assert_array_equal(getattr(first, name), getattr(same, name))
        assert (getattr(first, name) != getattr(other, name)).all()


def test_an_output_is_chosen_by_name_or_number() -> None:
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    model = sn.NodeClassifier(random_state=0, max_iterations=5).fit(X, names[y])
    by_name = sobol_indices(model, X, samples=32, output="versicolor")
    by_number = sobol_indices(model, X, samples=32, output=1)
    np.testing.assert_array_equal(by_name.first, by_number.first)
    assert by_name.output == "probability of versicolor"
    assert sobol_indices(model, X, samples=32).output == "probabilities of all classes"


def test_both_probabilities_of_two_classes_have_the_indices_of_one() -> None:
    X, y = load_iris(return_X_y=True)
    model = sn.NodeClassifier(random_state=0, max_iterations=5).fit(X[:100], y[:100])
    both, one = (sobol_indices(model, X[:100], samples=64, output=o) for o in (None, 1))
    np.testing.assert_allclose(both.first, one.first, rtol=1e-9)


def test_classes_without_probabilities_are_seen_less_what_is_common_to_all() -> None:
    """A feature that moves all outputs alike decides nothing."""
    m = np.array([[1.0, 0.0, 5.0], [-1.0, 0.0, 5.0], [0.0, 1.0, 5.0]])
    network = replace(linear(m, 3), classes=3, output_names=("a", "b", "c"))
    X = np.random.default_rng(0).normal(size=(30, 3))
    found = sobol_indices(network, X, samples=64)
    assert found.output == "all centred outputs"
    np.testing.assert_allclose(found.total[2], 0.0, atol=1e-12)
    assert sobol_indices(network, X, samples=16, output="b").output == "centred output of b"


def test_units_of_several_quantities_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = np.column_stack([X[:, 0], X[:, 1] * X[:, 2]])
    found = [
        sobol_indices(sn.NodeRegressor(l2=1e-3, max_iterations=5).fit(X, y * units), X, samples=32)
        for units in ([1.0, 1.0], [1.0, 1e6])
    ]
    np.testing.assert_allclose(found[0].total, found[1].total, rtol=1e-6)


def test_only_the_features_that_matter_most_get_indices_if_asked_for() -> None:
    """The same as among all of them, as the others vary all the same."""
    X, y = load_diabetes(return_X_y=True)
    model = sn.NodeRegressor(random_state=0, max_iterations=5).fit(X, y)
    every, some = (sobol_indices(model, X, samples=128, most_features=k) for k in (None, 3))
    assert some.features.size == 3 and len(some.feature_names) == 3
    assert some.feature_names == tuple(np.array(every.feature_names)[some.features])
    np.testing.assert_allclose(some.first, every.first[some.features], rtol=1e-10)
    np.testing.assert_allclose(some.total_high, every.total_high[some.features], rtol=1e-10)
    assert np.argmax(every.total) in some.features


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 100}, "samples = 100 has to be a power of two"),
        ({"samples": 4}, "samples = 4 has to be a whole number of at least 16"),
        ({"confidence": 95}, "confidence = 95 has to lie between 0 and 1"),
        ({"output": "x9"}, r"output = 'x9' has to be one of x0\(T\), x1\(T\), or a number"),
        ({"output": 2}, "output = 2 has to be one of"),
        ({"most_features": 0}, "most_features = 0 has to be a whole number of at least 1"),
    ],
)
def test_what_cannot_be_asked_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        sobol_indices(linear(np.eye(2), 2), np.eye(2), **options)
