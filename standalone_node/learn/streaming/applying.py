"""A fitted model on a big file: scores and predictions, chunk by chunk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
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
from standalone_node.learn.tabular import Estimator, class_positions, probabilities_of
from standalone_node.learn.targets import ClassLabel


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

    def __init__(self, schema: Schema, prediction: ClassLabel | float | None) -> None:
        self._schema, self._prediction = schema, prediction
        self._classes = schema.target.classes
        self._own, self._base = self._tally(), self._tally()

    def _tally(self) -> ClassTally | QuantityTally:
        return ClassTally(self._classes) if self._classes else QuantityTally()

    def add(self, estimator: Estimator, inputs: np.ndarray, targets: np.ndarray) -> None:
        """Further rows, which the model predicts."""
        predicted = estimator.predict(inputs)
        if isinstance(self._own, QuantityTally):
            self._own.add(targets, predicted)
        else:
            chances = probabilities_of(estimator, inputs)
            self._own.add(targets, class_positions(estimator, predicted), chances)
        if self._prediction is None:
            return
        if isinstance(self._base, QuantityTally):
            self._base.add(targets, np.full(len(targets), float(self._prediction)))
        else:
            place = next(i for i, one in enumerate(self._classes) if one == self._prediction)
            self._base.add(targets, np.full(len(targets), place), None)

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
        for chunk in chunks.read(expected(schema), advance):
            rows = coded(schema, chunk)
            if len(rows):
                _scored(tallies, estimator, schema, chunk, rows)
            used += len(rows)
        return tallies, used

    tallies, used = _forgiving(chunks, looked)
    notes = (*chunks.notes, *left_out_notes(chunks.source, chunks.rows - used, schema))
    if not used:
        schema.complete(next(iter(chunks.read())).table)  # says that no row is left
    return StoredEvaluation(schema, chunks.source, tallies.scores(), tallies.baseline(), notes)


def _scored(
    tallies: Tallies, estimator: Estimator, schema: Schema, chunk: Chunk, rows: np.ndarray
) -> None:
    try:
        tallies.add(estimator, *expanded(schema, rows))
    except StateOverflow:
        predict_table(estimator, chunk.as_text().table)  # names the row
        raise


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
        if schema.missing == "drop":
            require(chunk.table, (column.name for column in schema.columns))
            cells = (chunk.table.cells(column.name) for column in schema.columns)
            if not kept_rows([missing_cells(column, schema.na) for column in cells]).any():
                continue
        yield predict_table(estimator, chunk.table, source=source)


def _forgiving(chunks: Chunks, look: Callable[[], Any]) -> Any:
    """What `look` finds, which reads a file once or, if it is not quite tidy, twice."""
    try:
        return look()
    except Untidy:
        chunks.forgive()
        return look()
