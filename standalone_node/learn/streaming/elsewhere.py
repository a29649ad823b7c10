"""Fitting to rows that are not in memory, wherever they are, and scoring on them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from standalone_node.learn.base import report_end, settings_of
from standalone_node.learn.defaults import CLASSIFIER
from standalone_node.learn.preparation import Prepared
from standalone_node.learn.scaling import Moments
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.applying import Tallies
from standalone_node.learn.streaming.prepared import StoredPrepared
from standalone_node.learn.streaming.problem import Posed
from standalone_node.learn.tabular import (
    Estimator,
    Fitted,
    Prediction,
    labels_of,
    plain_means,
    summary,
)
from standalone_node.learn.terms import Terms
from standalone_node.learn.training import fitted
from standalone_node.problem.inverse_problem import InverseProblem

Array = NDArray[Any]


@dataclass(frozen=True)
class Totals:
    """What training rows come to.

    Attributes
    ----------
    features, goal : Moments
        Those of the features, and of targets that are quantities.
    counts : ndarray of int, (classes,)
        The rows of each class.
    """

    features: Moments
    goal: Moments
    counts: Array

    @classmethod
    def none(cls, schema: Schema) -> Totals:
        """Those of no rows."""
        counts = np.zeros(max(1, len(schema.target.classes)), dtype=np.int64)
        return cls(Moments(), Moments(), counts)

    def add(self, schema: Schema, features: Array, targets: Array) -> None:
        """Further rows, one at the least."""
        self.features.add(features)
        if schema.target.classes:
            self.counts[:] += np.bincount(targets, minlength=self.counts.size)
        else:
            self.goal.add(targets.reshape(len(targets), -1))

    def __add__(self, other: Totals) -> Totals:
        """Those of both."""
        return Totals(
            self.features + other.features, self.goal + other.goal, self.counts + other.counts
        )


@dataclass(frozen=True)
class Ways:
    """How to go about rows that are not in memory.

    Attributes
    ----------
    totals : callable
        From a part to its `Totals`.
    problem : callable
        From training rows, an `InverseProblem` of one of them, and `Posed`, to the problem of all.
    tallied : callable
        From an estimator, a part and the prediction of a baseline or None, to `Tallies`.
    """

    totals: Callable[[Any], Totals]
    problem: Callable[[Any, InverseProblem, Posed], Any]
    tallied: Callable[[Estimator, Any, Prediction | None], Tallies]


def fit_elsewhere(
    prepared: StoredPrepared,
    estimator: Estimator,
    ways: Ways,
    terms: Terms,
    began: float,
    facts: Mapping[str, Any],
) -> Fitted:
    """Fit and score an estimator on rows that are not in memory.

    Parameters
    ----------
    prepared : StoredPrepared
        Or another one whose parts have `schema`, `take`, `sample` and `inputs`.
    estimator : NodeClassifier or NodeRegressor
    ways : Ways
    terms : Terms
    began : float
        When, by `time.perf_counter`.
    facts : mapping
        Further ones for the summary.
    """
    prediction = _fit(estimator, prepared.train, ways, terms)
    seconds = time.perf_counter() - began
    schema = prepared.schema
    train_scores = ways.tallied(estimator, prepared.train, None).scores()
    test_scores = baseline = None
    if prepared.test is not None:
        held_out = ways.tallied(estimator, prepared.test, prediction)
        test_scores, baseline = held_out.scores(), held_out.baseline()
    estimator.schema_ = schema
    found = Fitted(
        estimator, cast(Prepared, prepared), train_scores, test_scores, baseline, False, seconds
    )
    estimator.summary_ = {**estimator.summary_, **summary(found, prediction), **facts}
    return found


def _fit(estimator: Estimator, train: Any, ways: Ways, terms: Terms) -> Prediction:
    """Fit on all training rows; the prediction of the baseline."""
    schema, totals = train.schema, ways.totals(train)
    if terms.checkpoint is not None:
        terms.checkpoint.describe(settings_of(estimator))
    l2 = _begun(estimator, train, terms)
    estimator.scaling_ = totals.features.features()
    if schema.target.classes:
        estimator._set_classes(np.array(schema.target.classes))
        prediction: Prediction = schema.target.classes[int(totals.counts.argmax())]
    else:
        estimator.target_scaling_ = totals.goal.targets()
        prediction = plain_means(estimator.target_scaling_.mean)
    estimator.layout_ = estimator._layout(train.inputs)
    targets = None if schema.target.classes else estimator.target_scaling_
    posed = Posed(schema, estimator.scaling_, estimator.layout_, targets)
    states, goal, _ = posed.states(*train.take(np.arange(1)))
    model, start = estimator._posed(states, goal, np.ones(1), l2)
    problem = ways.problem(train, model, posed)
    estimator._keep(*fitted(estimator, problem, start, terms), l2)
    report_end(estimator.result_, estimator.verbose, stacklevel=3)
    return prediction


def _begun(estimator: Estimator, train: Any, terms: Terms) -> float:
    """The weight l2, chosen by a sample if it is "auto"; a fit on the sample is begun for it.

    What is left of that is what does not depend on the rows.
    """
    inputs, targets = train.sample
    labels = labels_of(train.schema, targets)
    whole = {"batch_size": None, "epochs": CLASSIFIER.epochs, "proximal": 0.0}
    chooser = clone(estimator).set_params(**whole)
    if train.schema.target.classes:
        # A rare class may have no row in the sample.
        labels = np.array(train.schema.target.classes)
        inputs = inputs[np.arange(len(labels)) % len(inputs)]
    _, _, _, l2 = chooser._learnable(inputs, labels, None, terms)
    for name in ("n_features_in_", "_flat", "l2_errors_", "_l2_chosen"):
        if hasattr(chooser, name):
            setattr(estimator, name, getattr(chooser, name))
    return float(l2)
