"""Fitting an estimator to rows on the disk, and scoring it on them: `fit`, for `StoredPrepared`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from standalone_node.errors import ArgumentError
from standalone_node.learn.defaults import CLASSIFIER
from standalone_node.learn.explosion import warn_of_explosion
from standalone_node.learn.preparation import Prepared
from standalone_node.learn.streaming.applying import Tallies
from standalone_node.learn.streaming.elsewhere import Totals, Ways, fit_elsewhere
from standalone_node.learn.streaming.parts import StoredPart
from standalone_node.learn.streaming.prepared import StoredPrepared
from standalone_node.learn.streaming.problem import Posed, States, StoredProblem
from standalone_node.learn.tabular import (
    Estimator,
    Fitted,
    Prediction,
    estimator_of,
)
from standalone_node.learn.terms import Terms
from standalone_node.learn.where import is_local
from standalone_node.problem.inverse_problem import InverseProblem

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
    count, batch = len(prepared.train), estimator.batch_size
    warn_of_explosion(prepared.schema, estimator, count)
    if stage is not None:
        stage(f"Fitting on {count:,} rows, {batch:,} at a time")
    return fit_elsewhere(prepared, estimator, _ON_DISK, terms or Terms(), began, {"chunked": True})


def _gone_through(train: StoredPart) -> Totals:
    totals = Totals.none(train.schema)
    for rows, targets in train.slices():
        totals.add(train.schema, rows, targets)
    return totals


def _of_the_disk(train: StoredPart, model: InverseProblem, posed: Posed) -> Any:
    return StoredProblem.like(model, States(train, posed))


def tallied(
    estimator: Estimator, part: StoredPart, prediction: Prediction | None = None
) -> Tallies:
    """The scores of a model on rows on the disk, and of one and the same prediction for each."""
    tallies = Tallies(part.schema, prediction)
    for inputs, targets in part.slices():
        tallies.add(estimator, inputs, targets)
    return tallies


_ON_DISK = Ways(_gone_through, _of_the_disk, tallied)
