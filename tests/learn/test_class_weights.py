"""What the rows of each class weigh."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import recall_score
from sklearn.utils.class_weight import compute_class_weight

import standalone_node as sn
from standalone_node.errors import ArgumentError
from standalone_node.learn.class_weights import class_factors

X, Z = make_blobs([90, 25, 10], cluster_std=2.5, random_state=1)
LABELS = np.array(["many", "some", "few"])
Y = LABELS[Z]
QUICK: dict[str, Any] = {"max_iterations": 60, "tolerance": 0.02}


def fitted(class_weight: Any, sample_weight: Any = None, y: np.ndarray = Y) -> sn.NodeClassifier:
    model = sn.NodeClassifier(class_weight=class_weight, **QUICK)
    return model.fit(X, y, sample_weight=sample_weight)


def equal(one: sn.NodeClassifier, other: sn.NodeClassifier) -> bool:
    return np.array_equal(one.parameters_.values, other.parameters_.values)


@pytest.mark.parametrize("weights", [np.ones(125), np.random.default_rng(0).uniform(size=125)])
def test_balanced_is_what_scikit_learn_calls_so(weights: np.ndarray) -> None:
    classes, positions = np.unique(Y, return_inverse=True)
    found = class_factors("balanced", classes, positions, weights)
    totals = np.bincount(positions, weights)
    assert np.allclose(found, (weights.sum() / (3 * totals))[positions], rtol=1e-12)
    assert np.bincount(positions, found * weights) == pytest.approx(np.full(3, weights.sum() / 3))
    if (weights == 1.0).all():
        known = compute_class_weight("balanced", classes=classes, y=Y)
        assert np.allclose(found, known[positions], rtol=1e-12)


def test_a_class_of_weight_three_is_its_rows_three_times() -> None:
    times = np.where(Y == "few", 3, 1)
    repeated = sn.NodeClassifier(**QUICK).fit(np.repeat(X, times, axis=0), np.repeat(Y, times))
    assert equal(fitted({"few": 3}), repeated)
    assert equal(fitted({"few": 3}), fitted(None, sample_weight=times))


def test_class_weights_are_multiplied_with_those_of_rows() -> None:
    rows = np.random.default_rng(2).integers(0, 3, 125)
    both = fitted({"few": 4.0, "many": 0.5}, sample_weight=rows)
    by_hand = rows * np.where(Y == "few", 4.0, np.where(Y == "many", 0.5, 1.0))
    assert equal(both, fitted(None, sample_weight=by_hand))


def test_a_class_of_weight_zero_stays_a_class_without_rows() -> None:
    model = fitted({"few": 0.0})
    others = Y != "few"
    assert model.classes_.tolist() == ["few", "many", "some"]
    assert not (model.predict(X[others]) == "few").any()


def test_balanced_weights_find_more_of_the_rare() -> None:
    def recall(model: sn.NodeClassifier) -> float:
        return float(recall_score(Y, model.predict(X), labels=["few"], average="macro"))

    assert recall(fitted("balanced")) > recall(fitted(None))


def test_labels_may_be_given_by_their_texts() -> None:
    by_label, by_text = ({place: 2.5, 1: 2} for place in (0, "0"))
    assert equal(fitted(by_label, y=Z), fitted(by_text, y=Z))


def test_a_class_is_named_once() -> None:
    with pytest.raises(ArgumentError, match="names the class 0 twice, as '0' and as 0"):
        fitted({"0": 2, 0: 1}, y=Z)


def test_a_fold_may_lack_a_class_if_all_others_are_there() -> None:
    rows = Y != "few"
    model = sn.NodeClassifier(class_weight={"few": 9, "some": 2, "many": 1}, **QUICK)
    assert model.fit(X[rows], Y[rows]).classes_.size == 2


@pytest.mark.parametrize(
    "class_weight, words",
    [
        ("even", "None, 'balanced' or a mapping"),
        ([1.0, 2.0, 1.0], "None, 'balanced' or a mapping"),
        ({"rare": 2.0}, "'rare', which there is none of.*'few', 'many', 'some'"),
        ({"few": -1.0}, "-1.0 of 'few'"),
        ({"few": "much"}, "'much' of 'few'"),
        ({"few": np.inf}, "inf of 'few'"),
        ({"few": 0, "some": 0, "many": 0}, "positive"),
        ({"few": 0, "some": 0}, "leaves one class only, 'many': give rows of at least two"),
    ],
)
def test_what_cannot_be_used_is_named(class_weight: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        fitted(class_weight)


def test_parts_take_a_mapping_and_no_balance() -> None:
    model = sn.NodeClassifier(class_weight={"few": 2}, batch_iterations=2)
    model.partial_fit(X, Y, classes=LABELS)
    times = np.where(Y == "few", 2, 1)
    weighted = sn.NodeClassifier(batch_iterations=2)
    weighted.partial_fit(X, Y, classes=LABELS, sample_weight=times)
    assert equal(model, weighted)
    with pytest.raises(ArgumentError, match="no part tells"):
        model.set_params(class_weight="balanced").partial_fit(X, Y)


@pytest.mark.parametrize("class_weight", ["balanced", {"few": 3, "many": 0.5}])
def test_a_model_file_keeps_them(tmp_path: Path, class_weight: Any) -> None:
    model = fitted(class_weight)
    sn.save(model, tmp_path / "m.npz")
    again = sn.load(tmp_path / "m.npz")
    assert again.class_weight == class_weight
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_the_problem_of_a_fitted_model_has_them() -> None:
    model = fitted("balanced")
    problem = model.problem_of(X, Y)
    assert problem.cost(model.parameters_) == pytest.approx(model.result_.cost, rel=1e-12)
