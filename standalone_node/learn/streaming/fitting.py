"""Fitting an estimator to rows on the disk, and scoring it on them: `fit`, for `StoredPrepared`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from standalone_node.errors import ArgumentError
from standalone_node.learn.base import report_end, settings_of
from standalone_node.learn.defaults import CLASSIFIER
from standalone_node.learn.explosion import warn_of_explosion
from standalone_node.learn.preparation import Prepared
from standalone_node.learn.scaling import Moments
from standalone_node.learn.streaming.applying import Tallies
from standalone_node.learn.streaming.parts import StoredPart
from standalone_node.learn.streaming.prepared import StoredPrepared
from standalone_node.learn.streaming.problem import States, StoredProblem
from standalone_node.learn.tabular import (
    Estimator,
    Fitted,
    Prediction,
    estimator_of,
    labels_of,
    plain_means,
    summary,
)
from standalone_node.learn.terms import Terms
from standalone_node.learn.training import fitted
from standalone_node.learn.where import is_local

Array = NDArray[Any]

#: Rows of a batch, if that is not given: enough for the gradient to be that of all rows nearly.
BATCH_SIZE = 16_384
#: As many epochs, if that is not given, as go through so many rows, one at the least.
ROWS_SEEN = 2_000_000


def stored_defaults(rows: int, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an estimator of so many training rows, with those that were not given.

    Examples
    --------
    >>> stored_defaults(400_000, {"batch_size": 1000})
    {'epochs': 5, 'batch_size': 1000}
    """
    epochs = min(CLASSIFIER.epochs, max(1, round(ROWS_SEEN / max(1, rows))))
    return {"epochs": epochs, "batch_size": BATCH_SIZE, **arguments}


def refuse_unheld(arguments: Mapping[str, Any]) -> None:
    """ArgumentError for an argument that has no meaning for rows on the disk."""
    for name in ("validation_share", "patience", "class_weight"):
        if arguments.get(name):
            raise ArgumentError(
                f"{name} = {arguments[name]!r} is for rows in memory: leave it out, or read the "
                "file whole with --chunked no"
            )
    engine = arguments.get("engine", "local")
    if not is_local(engine):
        raise ArgumentError(
            f"engine = {engine!r} is for rows in memory, or in many files, and these are gone "
            "through by batches in this process: leave it out, or read the file whole with "
            "--chunked no"
        )
    for name in ("rtol", "atol"):
        if arguments.get(name) is not None:
            raise ArgumentError(
                f"{name} = {arguments[name]!r} chooses the time grid by looking at all rows at "
                "once: give steps, or read the file whole with --chunked no"
            )


def fit_stored(
    prepared: StoredPrepared,
    arguments: Mapping[str, Any] | None = None,
    *,
    refit: bool = False,
    terms: Terms | None = None,
    stage: Callable[[str], Any] | None = None,
) -> Fitted:
    """Fit an estimator by batches of rows on the disk and score it chunk by chunk.

    Parameters
    ----------
    prepared : StoredPrepared
    terms : Terms, optional
    arguments, stage
        As in `fit`. `batch_size` and `epochs` have defaults of their own, see `stored_defaults`;
        l2="auto" chooses by a sample of the rows.
    refit : bool
        Has to be False.

    Raises
    ------
    ArgumentError
        An argument cannot be used, or not for rows on the disk.
    StateOverflow
        The state left the range of floating-point numbers.
    """
    if refit:
        raise ArgumentError(
            "--refit is for rows in memory; train on all rows with --test-share 0, or read the "
            "file whole with --chunked no."
        )
    given = arguments or {}
    refuse_unheld(given)
    options = {"random_state": prepared.seed, **stored_defaults(len(prepared.train), given)}
    began = time.perf_counter()
    estimator = estimator_of(cast(Prepared, prepared), options)
    warn_of_explosion(prepared.schema, estimator, len(prepared.train))
    count, batch = len(prepared.train), estimator.batch_size
    if stage is not None:
        stage(f"Fitting on {count:,} rows, {batch:,} at a time")
    prediction = _fit(estimator, prepared.train, terms or Terms())
    seconds = time.perf_counter() - began
    schema = prepared.schema
    train_scores = tallied(estimator, prepared.train).scores()
    test_scores = baseline = None
    if prepared.test is not None:
        held_out = tallied(estimator, prepared.test, prediction)
        test_scores, baseline = held_out.scores(), held_out.baseline()
    estimator.schema_ = schema
    found = Fitted(
        estimator, cast(Prepared, prepared), train_scores, test_scores, baseline, False, seconds
    )
    estimator.summary_ = {**estimator.summary_, **summary(found, prediction), "chunked": True}
    return found


def _fit(estimator: Estimator, train: StoredPart, terms: Terms) -> Prediction:
    """Fit on all training rows; the prediction of the baseline."""
    schema = train.schema
    features, goal = Moments(), Moments()
    counts = np.zeros(max(1, len(schema.target.classes)), dtype=np.int64)
    for rows, targets in train.slices():
        features.add(rows)
        if schema.target.classes:
            counts += np.bincount(targets, minlength=counts.size)
        else:
            goal.add(targets.reshape(len(targets), -1))
    if terms.checkpoint is not None:
        terms.checkpoint.describe(settings_of(estimator))
    l2 = _begun(estimator, train, terms)
    estimator.scaling_ = features.features()
    if schema.target.classes:
        estimator._set_classes(np.array(schema.target.classes))
        prediction: Prediction = schema.target.classes[int(counts.argmax())]
    else:
        estimator.target_scaling_ = goal.targets()
        prediction = plain_means(estimator.target_scaling_.mean)
    estimator.layout_ = estimator._layout(train.inputs)
    _solve(estimator, train, l2, terms)
    return prediction


def _begun(estimator: Estimator, train: StoredPart, terms: Terms) -> float:
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


def _solve(estimator: Estimator, train: StoredPart, l2: float, terms: Terms) -> None:
    targets = None if train.schema.target.classes else estimator.target_scaling_
    source = States(train, estimator.scaling_, estimator.layout_, targets)
    states, goal, _ = source.take(np.arange(1))
    model, start = estimator._posed(states, goal, np.ones(1), l2)
    problem = cast(Any, StoredProblem.like(model, source))
    estimator._keep(*fitted(estimator, problem, start, terms), l2)
    report_end(estimator.result_, estimator.verbose, stacklevel=3)


def tallied(
    estimator: Estimator, part: StoredPart, prediction: Prediction | None = None
) -> Tallies:
    """The scores of a model on rows on the disk, and of one and the same prediction for each."""
    tallies = Tallies(part.schema, prediction)
    for inputs, targets in part.slices():
        tallies.add(estimator, inputs, targets)
    return tallies
