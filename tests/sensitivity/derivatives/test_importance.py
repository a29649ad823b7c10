"""Which features matter: known functions, the definition itself, and who is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fields import epidemic
from twins import relative_error, twins

import standalone_node as sn
from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.problem.network import Network
from standalone_node.sensitivity.derivatives import parts
from standalone_node.sensitivity.derivatives.importance import importance
from standalone_node.sensitivity.derivatives.jacobians import jacobians
from standalone_node.sensitivity.subject import network_of

RNG = np.random.default_rng(8)


def linear(weights: np.ndarray) -> Network:
    """x -> (1 + W) x, by one Euler step."""
    d = len(weights)
    problem = sn.InverseProblem(
        np.ones((1, d)),
        np.zeros((1, d)),
        activation="identity",
        form="inside",
        steps=1,
        scheme="euler",
    )
    W = np.broadcast_to(weights, (2, d, d))
    return network_of(problem, sn.Parameters([0.0, 1.0], W, np.zeros((2, d))))


def test_of_a_linear_map_the_effect_is_the_slope_times_the_spread() -> None:
    W = np.array([[2.0, -1.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, -1.0]])
    rows = RNG.normal(size=(50, 3)) * np.array([1.0, 10.0, 100.0])
    found = importance(linear(W), rows)
    assert np.allclose(found.spread, rows.std(axis=0), rtol=1e-14)
    assert np.allclose(found.effect, (np.eye(3) + W) * rows.std(axis=0), rtol=1e-13)
    assert np.allclose(found.magnitude, np.sqrt(np.mean(np.square(found.effect), axis=0)))
    assert found.order.tolist() == [1, 0, 2] and found.magnitude[2] == 0.0
    assert np.array_equal(found.agreement, np.ones(3))  # also of the feature without effect


@pytest.mark.filterwarnings("ignore:not converged")
def test_a_regressor_has_learnt_which_way_each_feature_goes() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(150, 3)) * np.array([1.0, 5.0, 0.1])
    y = 100.0 + 30.0 * X[:, 0] - 2.0 * X[:, 1]
    model = sn.NodeRegressor(l2=1e-3, max_iterations=30).fit(X, y)
    found = importance(model, X)
    spread = X.std(axis=0)
    expected = np.array([30.0, -2.0, 0.0]) * spread
    assert np.allclose(found.effect, [expected], atol=0.05 * expected[0])
    assert found.order.tolist() == [0, 1, 2]
    assert found.agreement[:2].min() > 0.95 and found.magnitude[2] < 0.1 * found.magnitude[1]
    assert found.feature_names == ("x0", "x1", "x2") and found.output_names == ("y",)


def by_definition(effects: np.ndarray) -> tuple[np.ndarray, ...]:
    """Mean, root mean square, agreement of effects (B, q, p), entry by entry."""
    _, _, p = effects.shape
    agreement = np.empty(p)
    for j in range(p):
        leading = max(range(effects.shape[1]), key=lambda k: np.sum(effects[:, k, j] ** 2))
        one = effects[:, leading, j]
        same = one[np.sign(one) == np.sign(one.mean())]
        agreement[j] = np.sum(same**2) / np.sum(one**2)
    return effects.mean(axis=0), np.sqrt(np.mean(effects**2, axis=(0, 1))), agreement


def test_of_quantities_it_is_what_the_definition_says() -> None:
    pair = twins(samples=9, outputs=2, activation="sine", seed=3)
    found = importance(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    outputs = jacobians(pair.problem, pair.problem.inputs, parameters=pair.parameters).outputs
    effects = outputs * pair.problem.inputs.std(axis=0)
    for a, b in zip(
        (found.effect, found.magnitude, found.agreement), by_definition(effects), strict=True
    ):
        assert relative_error(a, b) <= 1e-12
    assert found.agreement.min() < 1.0
    assert found.output_names == ("x0(T)", "x1(T)")


def test_of_classes_it_is_that_of_the_centred_logits() -> None:
    pair = twins(samples=9, outputs=3, loss="cross-entropy")
    found = importance(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    outputs = jacobians(pair.problem, pair.problem.inputs, parameters=pair.parameters).outputs
    effects = (outputs - outputs.mean(axis=1, keepdims=True)) * pair.problem.inputs.std(axis=0)
    for a, b in zip(
        (found.effect, found.magnitude, found.agreement), by_definition(effects), strict=True
    ):
        assert relative_error(a, b) <= 1e-12
    assert np.abs(found.effect.sum(axis=0)).max() <= 1e-13
    assert found.output_names == ("0", "1", "2")


def test_one_logit_counts_as_one_and_speaks_for_the_second_class() -> None:
    pair = twins(samples=5, loss="logistic")
    found = importance(pair.problem, pair.problem.inputs, parameters=pair.parameters)
    assert found.effect.shape == (1, 3) and found.output_names == ("1",)
    assert found.magnitude.min() > 0.0


@pytest.mark.filterwarnings("ignore:not converged")
def test_names_are_those_of_the_table_and_of_the_labels() -> None:
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(RNG.normal(size=(40, 2)), columns=["width", "height"])
    y = np.where(X["width"] > 0.0, "wide", "narrow")
    model = sn.NodeClassifier(max_iterations=10).fit(X, y)
    found = importance(model, X)
    assert found.feature_names == ("width", "height")
    assert found.output_names == ("narrow", "wide")
    assert found.effect[1, 0] > 0.0 > found.effect[0, 0] and found.order[0] == 0
    single = sn.NodeClassifier(max_iterations=10, loss="logistic").fit(X, y)
    found = importance(single, X)
    assert found.output_names == ("wide",) and found.effect[0, 0] > 0.0


def test_the_spread_may_be_given_and_is_the_scale_for_a_single_row() -> None:
    network, rows = linear(np.eye(2)), np.ones((3, 2))
    assert np.allclose(importance(network, rows, spread=[3.0, 0.0]).effect, np.diag([6.0, 0.0]))
    assert np.allclose(importance(network, rows, spread=2.0).effect, 4.0 * np.eye(2))
    assert np.allclose(importance(network, rows[:1]).effect, 2.0 * np.eye(2))
    assert np.array_equal(importance(network, rows).magnitude, [0.0, 0.0])  # equal rows
    bad: Any
    for bad in ([1.0, 2.0, 3.0], [-1.0, 1.0], [np.nan, 1.0], np.ones((2, 2)), "much"):
        with pytest.raises(ArgumentError, match="spread"):
            importance(network, rows, spread=bad)


def test_of_a_field_the_components_of_the_state_are_asked() -> None:
    problem = epidemic()
    p = problem.initial_parameters({"beta": 0.6, "gamma": 0.2})
    found = importance(problem, problem.inputs, parameters=p)
    assert found.effect.shape == (3, 3) and found.feature_names == ("x0", "x1", "x2")
    assert found.effect[2, 1] > 0.0 > found.effect[0, 1]  # infected people infect


def test_the_parts_in_which_rows_are_taken_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = twins(samples=7)
    network, rows = network_of(pair.problem, pair.parameters), pair.problem.inputs
    whole = importance(network, rows)
    monkeypatch.setattr(parts, "BYTES", 1)
    found = importance(network, rows)
    assert relative_error(found.effect, whole.effect) <= 1e-13
    assert relative_error(found.magnitude, whole.magnitude) <= 1e-13
    assert relative_error(found.agreement, whole.agreement) <= 1e-13
    rows = np.array(rows)
    rows[4] = 1e308
    unbounded = twins(samples=7, activation="softplus")
    with pytest.raises(StateOverflow, match="row 5"):
        importance(unbounded.problem, rows, parameters=unbounded.parameters)
