"""A fitted model on a table: predictions beside its columns, and scores against known targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standalone_node.errors import DataError, ModelFileError, StateOverflow
from standalone_node.learn.cells import quoted
from standalone_node.learn.schema import Schema
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import (
    Estimator,
    Part,
    baseline_scores,
    part_of,
    probabilities_of,
    scores,
)

Array = NDArray[Any]


@dataclass(frozen=True)
class Predictions:
    """What a model says to the rows of a table.

    Attributes
    ----------
    table : Table
        The rows that could be used, cells as they were read.
    values : ndarray, (rows,), or (rows, m) of several targets
        Labels, or quantities in the unit of the target.
    probabilities : ndarray of float64, (rows, classes), or None
        None for quantities, and for classes if the loss has no probabilities.
    names : tuple of str
        "predicted_<target>" of each target and, if there are probabilities,
        "probability_<class>" for every class.
    """

    table: Table
    values: Array
    probabilities: Array | None
    names: tuple[str, ...]

    def columns(self) -> list[list[Any]]:
        """The values of each of `names`, a list of plain Python values."""
        both = [self.values, *([] if self.probabilities is None else [self.probabilities])]
        return [column.tolist() for block in both for column in block.reshape(len(block), -1).T]

    def frame(self) -> pd.DataFrame:
        """The cells of the table and, in further columns, the predictions; all text.

        Numbers are written with the decimal mark of the table, and so that they read back as the
        same float64.
        """
        columns = [
            [_text(value, self.table.decimal) for value in column] for column in self.columns()
        ]
        added = dict(zip(self.names, columns, strict=True))
        return pd.concat(
            [self.table.frame, pd.DataFrame(added, index=self.table.frame.index, dtype=object)],
            axis=1,
        )


def predict_table(estimator: Estimator, table: Table, *, source: str = "the model") -> Predictions:
    """Predict the target for the rows of a table, whether it has a target column or not.

    Parameters
    ----------
    estimator : NodeClassifier or NodeRegressor
        Fitted on a table.
    table : Table
        Columns are matched by name.
    source : str
        What a message calls the model.

    Raises
    ------
    DataError
        A column is absent or holds what the model cannot use, or there is a column already that
        is called as the predictions are.
    ModelFileError
        The model was fitted on arrays, so that it knows no columns.
    StateOverflow
        The state of a row left the range of floating-point numbers; the message names the row.
    """
    schema = schema_of(estimator, source)
    classes = schema.target.classes if hasattr(estimator, "predict_proba") else ()
    names = (
        *(f"predicted_{name}" for name in schema.target_names),
        *(f"probability_{label}" for label in classes),
    )
    for name in names:
        if name in table.names:
            raise DataError(
                f"{table.source}: there is a column {quoted(name)} already, as the predictions are "
                "to be called; rename it or take it out."
            )
    usable = schema.complete(table, need_target=False)
    inputs = schema.features(usable)
    try:
        values = np.asarray(estimator.predict(inputs))
    except StateOverflow:
        raise _located(estimator, usable, inputs) from None
    probabilities = probabilities_of(estimator, inputs) if classes else None
    return Predictions(usable, values, probabilities, names)


@dataclass(frozen=True)
class Evaluation:
    """The scores of a model on labelled rows, beside those of the baseline it was fitted with."""

    schema: Schema
    part: Part
    scores: dict[str, Any]
    baseline: dict[str, Any] | None

    @property
    def source(self) -> str:
        """Where the rows are from."""
        return self.part.table.source

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of them."""
        return self.part.table.notes


def evaluate_table(estimator: Estimator, table: Table, *, source: str = "the model") -> Evaluation:
    """Score a model on a table that has the target column.

    Raises
    ------
    DataError
        As `predict_table`; or the target is absent or holds a class the model does not know.
    ModelFileError, StateOverflow
        As `predict_table`.
    """
    schema = schema_of(estimator, source)
    usable = schema.complete(table)
    part = part_of(schema, usable)
    prediction = estimator.summary_.get("baseline_prediction")
    baseline = None
    if prediction is not None:
        baseline = baseline_scores(schema, prediction, part)
    try:
        found = scores(schema, estimator, part)
    except StateOverflow:
        raise _located(estimator, usable, part.inputs) from None
    return Evaluation(schema, part, found, baseline)


def schema_of(estimator: Estimator, source: str) -> Schema:
    """The schema of a model; ModelFileError if it was fitted on arrays."""
    schema = getattr(estimator, "schema_", None)
    if schema is None:
        raise ModelFileError(
            f"{source}: this model was fitted on arrays and knows no column names; load it in "
            "Python with standalone_node.load, or fit it with node-fit."
        )
    return schema


def _located(estimator: Estimator, table: Table, inputs: Array) -> StateOverflow:
    """The error that names the first row whose state overflows, found by bisection."""
    good, bad = 0, len(inputs)
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            estimator.predict(inputs[:middle])
        except StateOverflow:
            bad = middle
        else:
            good = middle
    return StateOverflow(
        f"{table.source}: the state of {table.where(bad - 1)} overflows on its way through the "
        "depth; look for a value far outside the training data, or fit with a smaller --horizon."
    )


def _text(value: Any, decimal: str) -> str:
    if not isinstance(value, float):
        return str(value)
    text = repr(value)
    return text if decimal == "." else text.replace(".", decimal)
