"""The rows a fitted model is judged on, and what it says to them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import DataError
from standalone_node.learn.columns import require
from standalone_node.learn.prediction import evaluate_table, predict_table, schema_of
from standalone_node.learn.preparation import Part, part_of
from standalone_node.learn.row_keys import Parting, with_keys
from standalone_node.learn.schema import Schema
from standalone_node.learn.splitting import split_by_position, split_rows
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Estimator, labels_of

Array = NDArray[Any]


@dataclass(frozen=True)
class Judged:
    """Rows, their targets if they are known, and how the model does on them.

    Attributes
    ----------
    schema : Schema or None
        None for a model that was fitted to arrays.
    numbers : ndarray of int, shape (B,)
        The numbers of the rows in their table.
    inputs : ndarray, shape (B, p)
    labels : ndarray, shape (B,), or None
        As `fit` takes them; None if the table has no target column.
    scores, baseline : dict or None
        As in `Evaluation`.
    fit : tuple of X and labels, or None
        The rows of the fit, where they are known.
    words : str
        What the rows are: "rows", "held-out rows".
    notes : tuple of str
    """

    schema: Schema | None
    numbers: Array
    inputs: Array
    labels: Array | None
    scores: dict[str, Any] | None
    baseline: dict[str, Any] | None
    fit: tuple[Array, Array] | None
    words: str
    notes: tuple[str, ...]

    @property
    def target(self) -> str:
        """The name of the target."""
        return "the target" if self.schema is None else ", ".join(self.schema.target_names)

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of the columns that hold categories, truth values among them."""
        columns = () if self.schema is None else self.schema.columns
        return tuple(column.name for column in columns if column.categories)


def judged_rows(
    estimator: Estimator,
    table: Table,
    *,
    source: str = "the model",
    held_out: bool = False,
    train: Table | None = None,
) -> Judged:
    """Read the rows of a table as a model does.

    Parameters
    ----------
    estimator : NodeClassifier or NodeRegressor
        Fitted on a table.
    table : Table
        With or without the target column.
    source : str
        What a message calls the model.
    held_out : bool
        Take only those rows that `fit` held out: the table has to be the one of the fit.
    train : Table, optional
        The rows of the fit, with the target column.

    Raises
    ------
    DataError, ModelFileError, StateOverflow
        As `predict_table`; or the table is not the one of the fit.
    """
    schema = schema_of(estimator, source)
    words, fit, notes = "rows", None, list(table.notes)
    if train is not None:
        fit = _labelled(schema, part_of(schema, schema.complete(train)))
    if held_out:
        table, rest = _held_out(estimator, schema, table)
        words = "held-out rows"
        fit = fit or _labelled(schema, part_of(schema, rest))
    elif _same_size(estimator, schema, table):
        notes.append(
            f"{table.source}: as many rows as the fit was given, so that most of them may have "
            "been trained on; take those it has not seen with --held-out."
        )
    if not set(schema.target_names) <= set(table.names):
        predictions = predict_table(estimator, table, source=source)
        usable = predictions.table
        numbers, inputs = np.asarray(usable.frame.index), schema.features(usable)
        return Judged(schema, numbers, inputs, None, None, None, fit, words, tuple(notes))
    found = evaluate_table(estimator, table, source=source)
    inputs, labels = _labelled(schema, found.part)
    numbers = np.asarray(found.part.table.frame.index)
    said = tuple(notes)
    return Judged(schema, numbers, inputs, labels, found.scores, found.baseline, fit, words, said)


def _labelled(schema: Schema, part: Part) -> tuple[Array, Array]:
    return part.inputs, labels_of(schema, part.targets)


def _same_size(estimator: Estimator, schema: Schema, table: Table) -> bool:
    facts = estimator.summary_
    if not set(schema.target_names) <= set(table.names) or facts.get("test_rows") is None:
        return False
    total = facts["train_rows"] + facts["test_rows"] + facts.get("left_out_rows", 0)
    return len(table.frame) == total


def _held_out(estimator: Estimator, schema: Schema, table: Table) -> tuple[Table, Table]:
    """The rows that `fit` held out, and the others, by the seed in the model."""
    facts = estimator.summary_
    held, trained = facts.get("test_rows"), facts.get("train_rows")
    if not held or trained is None:
        raise DataError(
            f"{table.source}: the fit held no rows out; leave --held-out away, and give rows that "
            "were not trained on."
        )
    if facts.get("refit"):
        raise DataError(
            f"{table.source}: the model was fitted again on all rows (--refit), so that none are "
            "held out; leave --held-out away."
        )
    if facts.get("chunked"):
        raise DataError(
            f"{table.source}: the fit read the file in chunks and drew the held-out rows as they "
            "passed by, so that they are not known here; leave --held-out away, and give rows that "
            "were not trained on (fit with --test FILE to keep them apart)."
        )
    if "files" in facts:
        raise DataError(
            f"{table.source}: the fit read many files and drew the held-out rows where these were, "
            "so that they are not known here; leave --held-out away, and give rows that were not "
            "trained on."
        )
    parting = _parting(facts)
    require(table, parting.columns)
    usable = schema.complete(with_keys(parting, schema.missing, schema.na, table))
    total = len(usable.frame)
    if total != held + trained:
        raise DataError(
            f"{table.source}: {total:,} usable rows, but the fit had {held + trained:,}: "
            "--held-out needs the file that was fitted, whole; leave it away for other rows."
        )
    train, test = _parted(facts, schema, usable, held / total)
    return usable.rows(test), usable.rows(train)


def _parted(
    facts: Mapping[str, Any], schema: Schema, usable: Table, share: float
) -> tuple[Array, Array]:
    """The positions of the rows of the fit, and of those that it held out."""
    if "split" not in facts:
        return split_by_position(schema, usable, share, facts["seed"])
    parting = _parting(facts)
    return split_rows(schema, usable, facts["held_out_share"], facts["seed"], parting)


def _parting(facts: Mapping[str, Any]) -> Parting:
    """By what the fit parted its rows."""
    if "split" not in facts:
        return Parting()
    return Parting(facts["split"], facts["split_column"], facts.get("split_format"))


def digest(path: str | Path) -> str | None:
    """The SHA-256 of a file, None for what is none (standard input)."""
    place = Path(path)
    if not place.is_file():
        return None
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
