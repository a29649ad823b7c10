"""A fitted model on a big file: scores and predictions, chunk by chunk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from standalone_node.errors import StateOverflow
from standalone_node.learn.cells import missing_cells
from standalone_node.learn.columns import require
from standalone_node.learn.infer import kept_rows
from standalone_node.learn.prediction import Predictions, predict_table, schema_of
from standalone_node.learn.schema import Schema
from standalone_node.learn.scores import ClassTally, QuantityTally
from standalone_node.learn.streaming.chunks import Chunk, Chunks, Untidy
from standalone_node.learn.streaming.encoded import Advance
from standalone_node.learn.streaming.parts import expanded
from standalone_node.learn.streaming.survey import left_out_notes
from standalone_node.learn.streaming.writing import coded, expected
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import (
    Estimator,
    Prediction,
    class_positions,
    part_of,
    probabilities_of,
)


@dataclass(frozen=True)
class StoredEvaluation:
    """`Evaluation` of a file that was read in chunks.

    Attributes
    ----------
    schema : Schema
    source : str
    scores, baseline : dict
        As in `Evaluation`.
    notes : tuple of str
    """

    schema: Schema
    source: str
    scores: dict[str, Any]
    baseline: dict[str, Any] | None
    notes: tuple[str, ...]


class Tallies:
    """The scores of a model, and of one and the same prediction, row by row."""

    def __init__(self, schema: Schema, prediction: Prediction | None) -> None:
        self._schema, self._prediction = schema, prediction
        self._classes = schema.target.classes
        self._own, self._base = self._tally(), self._tally()

    def _tally(self) -> ClassTally | QuantityTally:
        if self._classes:
            return ClassTally(self._classes)
        return QuantityTally(self._schema.target_names)

    def add(
        self,
        estimator: Estimator,
        inputs: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray | None = None,
    ) -> None:
        """Further rows, which the model predicts."""
        predicted = estimator.predict(inputs)
        if isinstance(self._own, QuantityTally):
            self._own.add(targets, predicted, weights)
        else:
            chances = probabilities_of(estimator, inputs)
            self._own.add(targets, class_positions(estimator, predicted), chances, weights)
        if self._prediction is None:
            return
        if isinstance(self._base, QuantityTally):
            same = np.broadcast_to(np.array(self._prediction, dtype=np.float64), targets.shape)
            self._base.add(targets, same, weights)
        else:
            place = next(i for i, one in enumerate(self._classes) if one == self._prediction)
            self._base.add(targets, np.full(len(targets), place), None, weights)

    def __add__(self, other: Tallies) -> Tallies:
        """The rows of both."""
        found = Tallies(self._schema, self._prediction)
        for one in (self, other):
            found._own.merge(one._own)  # type: ignore[arg-type]  # of the same schema
            found._base.merge(one._base)  # type: ignore[arg-type]
        return found

    def scores(self) -> dict[str, Any]:
        """Those of the model."""
        return self._own.scores()

    def baseline(self) -> dict[str, Any] | None:
        """Those of the prediction, and that; None without one."""
        if self._prediction is None:
            return None
        found = self._base.scores()
        kept = ("rows", "accuracy") if self._classes else tuple(found)
        return {"prediction": self._prediction, **{name: found[name] for name in kept}}


def evaluate_chunks(
    estimator: Estimator,
    chunks: Chunks,
    *,
    source: str = "the model",
    advance: Advance | None = None,
) -> StoredEvaluation:
    """As `evaluate_table`, chunk by chunk.

    Raises
    ------
    DataError, ModelFileError, StateOverflow
        As `evaluate_table`.
    """
    schema = schema_of(estimator, source)
    _forgiving(chunks, chunks.recognise_decimal)

    def looked() -> tuple[Tallies, int]:
        tallies, used = Tallies(schema, estimator.summary_.get("baseline_prediction")), 0
        weighted = schema.weight is not None and schema.weight in chunks.header
        for chunk in chunks.read(None if weighted else expected(schema), advance):
            used += (_weighed if weighted else _scored)(tallies, estimator, schema, chunk)
        return tallies, used

    tallies, used = _forgiving(chunks, looked)
    notes = (*chunks.notes, *left_out_notes(chunks.source, chunks.rows - used, schema))
    if not used:
        schema.complete(next(iter(chunks.read())).table)  # says that no row is left
    return StoredEvaluation(schema, chunks.source, tallies.scores(), tallies.baseline(), notes)


def _scored(tallies: Tallies, estimator: Estimator, schema: Schema, chunk: Chunk) -> int:
    """Score the rows of a chunk; how many of them could be used."""
    rows = coded(schema, chunk)
    if len(rows):
        with _named_overflow(estimator, chunk):
            tallies.add(estimator, *expanded(schema, rows))
    return len(rows)


def _weighed(tallies: Tallies, estimator: Estimator, schema: Schema, chunk: Chunk) -> int:
    """As `_scored`, with the weights of the rows."""
    table = chunk.table
    if not _usable(schema, table, [*schema.target_names], weighted=True):
        return 0
    part = part_of(schema, schema.complete(table))
    with _named_overflow(estimator, chunk):
        tallies.add(estimator, part.inputs, part.targets, part.weights)
    return len(part)


@contextmanager
def _named_overflow(estimator: Estimator, chunk: Chunk) -> Iterator[None]:
    """A state that overflows is named with its row."""
    try:
        yield
    except StateOverflow:
        predict_table(estimator, chunk.as_text().table)
        raise


def _usable(schema: Schema, table: Table, goals: list[str], *, weighted: bool = False) -> bool:
    """Whether any row of a chunk can be used, which need not be so in every one.

    Nothing is said of what is wrong with a row: who reads it does that.
    """
    columns = [column.name for column in schema.columns]
    require(table, [*columns, *goals])
    needed = {"drop": [*columns, *goals], "impute": goals, "error": []}[schema.missing]
    kept = np.ones(len(table.frame), dtype=bool)
    if needed:
        kept = kept_rows([missing_cells(table.cells(name), schema.na) for name in needed])
    weights = schema.weights(table, whole=False) if weighted else None
    return bool((kept if weights is None else kept & (weights > 0.0)).any())


def predict_chunks(
    estimator: Estimator,
    chunks: Chunks,
    *,
    source: str = "the model",
    advance: Advance | None = None,
) -> Iterator[Predictions]:
    """As `predict_table`, chunk by chunk; chunks without a row that can be used are left out.

    Raises
    ------
    DataError, ModelFileError, StateOverflow
        As `predict_table`.
    """
    schema = schema_of(estimator, source)
    _forgiving(chunks, chunks.recognise_decimal)
    if chunks.quoted:
        # Whether it is tidy has to be known before the first rows are given away.
        _forgiving(chunks, lambda: deque(chunks.read(), maxlen=0))
    for chunk in chunks.read(None, advance):
        if _usable(schema, chunk.table, []):
            yield predict_table(estimator, chunk.table, source=source)


def _forgiving(chunks: Chunks, look: Callable[[], Any]) -> Any:
    """What `look` finds, which reads a file once or, if it is not quite tidy, twice."""
    try:
        return look()
    except Untidy:
        chunks.forgive()
        return look()
