"""Scores against scikit-learn's, and what they are where a quotient is 0/0."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from standalone_node.learn.scores import class_scores, quantity_scores, scalars


def test_class_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 60)
    probabilities = rng.dirichlet(np.ones(3), 60)
    predicted = probabilities.argmax(axis=1)
    scores = class_scores(truth, predicted, probabilities, ["a", "b", "c"])
    assert scores["accuracy"] == metrics.accuracy_score(truth, predicted)
    assert scores["log_loss"] == pytest.approx(metrics.log_loss(truth, probabilities))
    assert scores["confusion"] == metrics.confusion_matrix(truth, predicted).tolist()
    recalls = metrics.recall_score(truth, predicted, average=None)
    assert [entry["recall"] for entry in scores["classes"]] == recalls.tolist()


def test_what_is_undefined_is_none_and_not_zero() -> None:
    scores = class_scores(np.array([0, 0]), np.array([0, 0]), None, ["a", "b"])
    assert scores["classes"][1] == {
        "class": "b",
        "rows": 0,
        "precision": None,
        "recall": None,
        "f1": None,
    }
    assert "log_loss" not in scores
    assert quantity_scores(np.array([2.0, 2.0]), np.array([1.0, 3.0]))["r2"] is None


def test_a_certain_mistake_has_a_large_but_finite_log_loss() -> None:
    scores = class_scores(np.array([0]), np.array([1]), np.array([[0.0, 1.0]]), ["a", "b"])
    assert 500.0 < scores["log_loss"] < 1000.0


def test_quantity_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    truth = rng.standard_normal(40)
    predicted = truth + 0.3 * rng.standard_normal(40)
    scores = quantity_scores(truth, predicted)
    assert scores["r2"] == pytest.approx(metrics.r2_score(truth, predicted))
    assert scores["rmse"] == pytest.approx(metrics.root_mean_squared_error(truth, predicted))
    assert scores["mae"] == pytest.approx(metrics.mean_absolute_error(truth, predicted))


def test_scalars_leaves_lists_out() -> None:
    assert scalars({"accuracy": 1.0, "confusion": [[1]]}, "test") == {"test_accuracy": 1.0}
