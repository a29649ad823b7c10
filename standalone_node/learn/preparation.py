"""From a table to rows that an estimator can learn from, and rows that are held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.asked import Asked, Missing
from standalone_node.learn.schema import DEFAULT_NA, Schema, inferred
from standalone_node.learn.table import Table
from standalone_node.learn.targets import Task
from standalone_node.learn.weighing import read_weights, without_weightless

Array = NDArray[Any]

_REMEDY = "add rows, give a file of them with --test, or train on all with --test-share 0."


@dataclass(frozen=True)
class Part:
    """Rows with one purpose.

    Attributes
    ----------
    table : Table
    inputs : ndarray, (rows, features)
    targets : ndarray, (rows,), or (rows, m) if there are several
        Positions in the classes, int64, or quantities, float64.
    weights : ndarray, (rows,), or None
        Sample weights, if a column of them was named and is there.
    """

    table: Table
    inputs: Array
    targets: Array
    weights: Array | None = None

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Prepared:
    """What a table offers to learn from.

    Attributes
    ----------
    schema : Schema
        With the fill values of the training rows.
    train : Part
    test : Part or None
        The held-out rows; None if there are none.
    usable : Table
        All rows that can be used, in the order of the file; without those of a test file.
    left_out : int
        Rows that were left out for a missing cell, those of a test file included.
    test_source : str or None
        The file the held-out rows are from; None if they are of the same table.
    seed : int
        What the rows were drawn with.
    notes, warnings : tuple of str
        What was recognised, and what looks wrong: a sentence each.
    """

    schema: Schema
    train: Part
    test: Part | None
    usable: Table
    left_out: int
    test_source: str | None
    seed: int
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def task(self) -> Task:
        """ "classification" or "regression"."""
        return self.schema.target.task


def prepare(
    table: Table,
    target: str | Sequence[str] | None,
    *,
    ignore: Sequence[str] = (),
    missing: Missing = "error",
    na: Sequence[str] = DEFAULT_NA,
    task: Task | None = None,
    dates: Mapping[str, str] | None = None,
    weight: str | None = None,
    test_share: float = 0.2,
    test: Table | None = None,
    seed: int = 0,
) -> Prepared:
    """Recognise the columns of a table and hold rows out.

    Parameters
    ----------
    table : Table
    target : str, sequence of str, or None
        The column to learn, or several of numbers.
    ignore, missing, na, task, dates
        As in `infer_schema`.
    weight : str, optional
        A column of sample weights, which is no input; rows of weight 0 are left out.
    test_share : float
        The share of the rows that is held out, drawn with `seed`, class by class if there are
        classes; 0 holds none out. Without meaning if `test` is given.
    test : Table, optional
        Held-out rows of their own; columns and classes are then those of `table` alone.
    seed : int

    Raises
    ------
    DataError
        The tables cannot be used, or have too few rows to hold some out.
    ArgumentError
        An argument cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"x": [0.5, 1, 2.5, 4, 5, 6, 7, 8, 9, 10], "y": list("abababbaba")}
    >>> prepared = prepare(Table.from_frame(pd.DataFrame(rows)), "y")
    >>> prepared.task, len(prepared.train), len(prepared.test)
    ('classification', 8, 2)
    """
    check_share(test_share)
    asked = Asked(target, ignore, missing, na, task, dates or {}, weight)
    schema, recognised, warnings = inferred(_of_weight(table, asked), asked)
    usable = schema.complete(table)
    left_out = len(table.frame) - len(usable.frame)
    notes, held = list(usable.notes), None
    if test is not None:
        held = schema.complete(test)
        left_out += len(test.frame) - len(held.frame)
        notes += held.notes
        rows = usable
    elif test_share > 0.0:
        places = split_rows(schema, usable, test_share, seed)
        rows, held = usable.rows(places[0]), usable.rows(places[1])
    else:
        rows = usable
    schema = schema.fitted(rows)
    return Prepared(
        schema=schema,
        train=part_of(schema, rows),
        test=None if held is None else part_of(schema, held),
        usable=usable,
        left_out=left_out,
        test_source=None if test is None else test.source,
        seed=seed,
        notes=(*notes, *recognised),
        warnings=tuple(warnings),
    )


def _of_weight(table: Table, asked: Asked) -> Table:
    """The rows of a positive weight, all if there is no column of them."""
    column = asked.roles(table.source, table.names).weight
    if column is None:
        return table
    return without_weightless(table, read_weights(table, column, asked.tokens))


def check_share(test_share: float) -> None:
    """ArgumentError unless this is a share of rows that can be held out."""
    if not 0.0 <= test_share < 1.0:
        raise ArgumentError(
            f"test_share = {test_share:g} has to be at least 0 and less than 1; it is the share "
            "of the rows that is held out."
        )


def part_of(schema: Schema, table: Table) -> Part:
    """The rows of a table as a schema with fill values reads them."""
    return Part(table, schema.features(table), schema.targets(table), schema.weights(table))


def split_rows(schema: Schema, table: Table, share: float, seed: int) -> tuple[Array, Array]:
    """The positions of the training and of the held-out rows, in the order they were drawn in.

    DataError if there are too few rows, or a class is left without one.
    """
    targets = schema.targets(table)
    classes, total = len(schema.target.classes), len(targets)
    held = held_out_rows(table.source, total, classes, share)
    train, test = train_test_split(
        np.arange(total), test_size=held, random_state=seed, stratify=targets if classes else None
    )
    absent = np.setdiff1d(np.arange(classes), targets[train])
    if absent.size:
        label = schema.target.classes[int(absent[0])]
        raise DataError(
            f"{table.source}: a test share of {share:g} leaves no row of the class {label!r} to "
            f"train on; make it smaller, or {_REMEDY}"
        )
    return train, test


def held_out_rows(source: str, total: int, classes: int, share: float) -> int:
    """How many of so many usable rows a share is; DataError if too few are left on one side."""
    held = int(np.ceil(share * total - 1e-9))
    # One row a class is the least for a score of classes; R2 needs a mean and a departure from it.
    least = max(classes, 2)
    if held < least or total - held < least:
        parts = f"{total - held} to train on and {held} to test on"
        raise DataError(
            f"{source}: of {total} usable rows a test share of {share:g} leaves {parts}, and "
            f"{least} are needed in each; {_REMEDY}"
        )
    return held
