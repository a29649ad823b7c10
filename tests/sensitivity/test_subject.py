"""Whose sensitivity is asked for: estimators, problems, networks, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fields import epidemic
from twins import HORIZON, twins

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.sensitivity.subject import network_of, positions_of, rows_of, subject

pytestmark = pytest.mark.filterwarnings("ignore:not converged")
RNG = np.random.default_rng(12)
X = RNG.normal(size=(40, 3)) * np.array([1.0, 20.0, 0.1])
LABELS = np.array(["low", "middle", "high"])[np.digitize(X[:, 0], [-0.5, 0.5])]
QUICK: dict[str, Any] = {"max_iterations": 3}


def test_a_classifier_is_its_logits() -> None:
    model = sn.NodeClassifier(augment=1, **QUICK).fit(X, LABELS)
    network, rows = subject(model, X[:5])
    assert np.allclose(network.solve(rows), model.decision_function(X[:5]), rtol=1e-14)
    assert np.allclose(network.probabilities(network.solve(rows)), model.predict_proba(X[:5]))
    assert (model.classes_[network.decided(network.solve(rows))] == model.predict(X[:5])).all()
    assert network.output_names == ("high", "low", "middle") and network.classes == 3
    assert (network.width, network.inputs, network.outputs) == (7, 3, 3)


def test_a_logistic_classifier_is_one_logit_between_two_classes() -> None:
    model = sn.NodeClassifier(loss="logistic", **QUICK).fit(X, X[:, 0] > 0.0)
    network, rows = subject(model, X)
    assert (network.outputs, network.classes, network.output_names) == (1, 2, ("False", "True"))
    assert (model.classes_[network.decided(network.solve(rows))] == model.predict(X)).all()


def test_a_regressor_is_its_predictions() -> None:
    y = np.column_stack([1000.0 + X[:, 0], 1e-3 * X[:, 1]])
    model = sn.NodeRegressor(l2=1e-3, **QUICK).fit(X, y)
    network, rows = subject(model, X[:5])
    assert np.allclose(network.solve(rows), model.predict(X[:5]), rtol=1e-13)
    assert network.classes == 0 and network.output_names == ("y0", "y1")


def test_other_parameters_may_take_the_place_of_an_estimators_own() -> None:
    model = sn.NodeClassifier(**QUICK).fit(X, LABELS)
    network = network_of(model, 0.0 * model.parameters_)
    assert not network.solve(X[:2]).any()
    assert network_of(network) is network
    again = network_of(network, model.parameters_)
    assert np.array_equal(again.solve(X[:2]), model.network_.solve(X[:2]))


def test_a_table_is_read_by_its_names() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    model = sn.NodeClassifier(**QUICK).fit(frame, LABELS)
    network = network_of(model)
    assert network.feature_names == ("a", "b", "c")
    assert np.array_equal(rows_of(model, network, frame), X)
    with pytest.raises(ValueError, match="feature names"):
        rows_of(model, network, frame[["c", "b", "a"]])


@pytest.mark.parametrize("loss", ["squared", "cross-entropy", "huber", "logistic"])
def test_of_a_problem_the_rows_are_initial_states(loss: str) -> None:
    pair = twins(loss=loss, outputs=2)
    network, rows = subject(pair.problem, pair.problem.inputs, pair.parameters)
    final = pair.problem.solve_direct(pair.parameters)[-1]
    assert np.array_equal(network.solve(rows), final[:, : network.outputs])
    expected = {"squared": (2, 0), "huber": (2, 0), "cross-entropy": (2, 2), "logistic": (1, 2)}
    assert (network.outputs, network.classes) == expected[loss]
    assert network.logits == (loss in ("cross-entropy", "logistic"))
    assert network.feature_names == ("x0", "x1", "x2")
    assert network.output_names == (("0", "1") if network.classes else ("x0(T)", "x1(T)"))


def test_of_a_field_all_components_are_outputs() -> None:
    problem = epidemic()
    p = problem.initial_parameters({"beta": 0.6, "gamma": 0.2})
    network, rows = subject(problem, problem.inputs, p)
    assert np.array_equal(network.solve(rows), problem.solve_direct(p)[-1])
    assert (network.outputs, network.classes, network.logits) == (3, 0, False)


def test_a_problem_asks_for_parameters_that_fit() -> None:
    pair = twins()
    for wrong, message in (
        (None, "give parameters="),
        (twins(width=2).parameters, "do not fit"),
        (pair.parameters.values, "expected Parameters"),
        (
            sn.Parameters([0.0, 2 * HORIZON], np.zeros((2, 3, 3)), np.zeros((2, 3))),
            "the horizon is",
        ),
    ):
        with pytest.raises(ArgumentError, match=message):
            network_of(pair.problem, wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", [sn.NodeClassifier(), sn.NodeRegressor(), 3, None])
def test_nothing_else_has_a_network(model: Any) -> None:
    with pytest.raises((ArgumentError, ValueError), match="fitted"):
        network_of(model)


def test_labels_become_positions_whatever_their_type() -> None:
    assert positions_of(object(), None) is None
    assert positions_of(object(), [2, 0]).tolist() == [2, 0]  # type: ignore[union-attr]
    for classes in (
        np.array(["a", "b", "c"]),
        np.array([-5, 2, 10]),
        np.array([0.5, 1.5, 9.0]),
        np.array(["x", "y", "z"], dtype=object),
    ):

        class Model:
            classes_ = classes

        order = [2, 0, 1, 1]
        found = positions_of(Model(), classes[order])
        assert found is not None and found.tolist() == order and found.dtype.kind == "i"


def test_a_label_that_the_model_does_not_know_is_refused() -> None:
    model = sn.NodeClassifier(**QUICK).fit(X, np.arange(40) % 11)
    found = positions_of(model, [10, 3])
    assert found is not None and found.tolist() == [10, 3]
    for labels, name in (([0, 11], "11"), (["10"], "'10'"), ([0.5], "0.5"), ([np.nan], "nan")):
        with pytest.raises(ArgumentError, match=f"label {name} is none"):
            positions_of(model, labels)
    with pytest.raises(ArgumentError, match="one label a row"):
        positions_of(model, [[0], [1]])
