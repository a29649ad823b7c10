"""Fitting an estimator to the rows of many files, and scoring it on them, where they are."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from numpy.typing import NDArray

from standalone_node.engines.here import threads_here
from standalone_node.errors import ArgumentError
from standalone_node.learn.explosion import warn_of_explosion
from standalone_node.learn.many_files.group import FilesGroup, Which
from standalone_node.learn.many_files.part import FilesPart
from standalone_node.learn.many_files.prepared import FilesPrepared
from standalone_node.learn.preparation import Prepared
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.applying import Tallies
from standalone_node.learn.streaming.elsewhere import Totals, Ways, fit_elsewhere
from standalone_node.learn.streaming.parts import expanded
from standalone_node.learn.streaming.problem import Posed
from standalone_node.learn.tabular import Estimator, Fitted, Prediction, estimator_of
from standalone_node.learn.terms import Terms
from standalone_node.problem.excerpt import Excerpt, evenly
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.shards.sharded import ShardedProblem, Shards
from standalone_node.problem.shards.tree import partial_sums, total

Array = NDArray[Any]

#: Arguments of an estimator that have no meaning for rows on workers, and what to do instead.
_UNHELD = {
    "batch_size": "is for rows that are gone through in batches",
    "validation_share": "is for rows in memory",
    "patience": "is for rows in memory",
    "class_weight": "is for rows in memory",
    "rtol": "chooses the time grid by looking at all rows at once",
    "atol": "chooses the time grid by looking at all rows at once",
}


def refuse_unplaced(arguments: Mapping[str, Any]) -> None:
    """ArgumentError for an argument that has no meaning for rows on workers."""
    for name, why in _UNHELD.items():
        if arguments.get(name) not in (None, 0):
            raise ArgumentError(
                f"{name} = {arguments[name]!r} {why}: leave it out, or put all rows into one CSV "
                "file"
            )


def fit_files(
    prepared: FilesPrepared,
    arguments: Mapping[str, Any] | None = None,
    *,
    refit: bool = False,
    terms: Terms | None = None,
    stage: Callable[[str], Any] | None = None,
) -> Fitted:
    """Fit an estimator to the rows of many files and score it on them, where they are.

    Parameters
    ----------
    prepared : FilesPrepared
    terms : Terms, optional
    arguments, stage
        As in `fit`; l2="auto" chooses by a sample of the rows.
    refit : bool
        Has to be False.

    Raises
    ------
    ArgumentError
        An argument cannot be used, or not for rows on workers.
    StateOverflow
        The state left the range of floating-point numbers.
    ClusterError
        The engine is lost.
    """
    if refit:
        raise ArgumentError(
            "--refit is for rows in memory; train on all rows with --test-share 0, or put them "
            "into one CSV file."
        )
    given = arguments or {}
    refuse_unplaced(given)
    began = time.perf_counter()
    estimator = estimator_of(cast(Prepared, prepared), {"random_state": prepared.seed, **given})
    warn_of_explosion(prepared.schema, estimator, len(prepared.train))
    if stage is not None:
        stage(f"Fitting on {len(prepared.train):,} rows of {prepared.files:,} files")
    facts = {"files": prepared.files}
    return fit_elsewhere(prepared, estimator, _PLACED, terms or Terms(), began, facts)


def _summed(part: FilesPart, work: Callable[..., Any], *arguments: Any) -> Any:
    """The sum over the shards, in the order of the tree, of what work finds of each."""
    rows = part.rows
    count = len(rows.sizes)
    return total(rows.each(_partial, work, count, part.schema, *arguments), count)


def _partial(
    group: FilesGroup, which: Which, work: Callable[..., Any], count: int, *arguments: Any
) -> Any:
    found = [work(rows, *arguments) for rows in getattr(group, which)]
    return partial_sums(group.first, found, count)


def _totals(rows: Array, schema: Schema) -> Totals:
    totals = Totals.none(schema)
    if len(rows):
        totals.add(schema, *expanded(schema, rows))
    return totals


def _tallied(
    rows: Array, schema: Schema, estimator: Estimator, prediction: Prediction | None
) -> Tallies:
    tallies = Tallies(schema, prediction)
    if len(rows):
        if (threads := threads_here()) is not None:
            estimator = copy.copy(estimator).set_params(threads=threads)
        tallies.add(estimator, *expanded(schema, rows))
    return tallies


def _tallies_of(estimator: Estimator, part: FilesPart, prediction: Prediction | None) -> Tallies:
    predicting = part.rows.engine.broadcast(_to_predict(estimator))
    found: Tallies = _summed(part, _tallied, predicting, prediction)
    return found


def _to_predict(estimator: Estimator) -> Estimator:
    """The estimator without what refers to the rows it was fitted to."""
    found = copy.copy(estimator)
    for name in ("result_", "_excerpt"):
        found.__dict__.pop(name, None)
    return found


def _problem(train: FilesPart, model: InverseProblem, posed: Posed) -> ShardedProblem:
    rows = train.rows
    shards = Shards(
        rows.engine,
        rows.placed,
        rows.sizes,
        read=posed,
        identity=posed.identity(rows.digest()),
        excerpt=partial(_excerpt, train, posed),
    )
    return ShardedProblem(model, shards)


def _excerpt(train: FilesPart, posed: Posed, model: InverseProblem, most: int) -> Excerpt:
    """Some of the rows, fetched, as a problem with the settings of the model."""
    states = posed.states(*train.take(evenly(len(train), most)))
    return Excerpt(lambda: model.with_rows(*states), len(train), len(train))


_PLACED = Ways(partial(_summed, work=_totals), _problem, _tallies_of)
