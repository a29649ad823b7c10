"""What ties rows together or puts them in order: their contents, a group, or a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.canonical import content_groups
from standalone_node.learn.cells import quoted, suggestion
from standalone_node.learn.columns import at, read_column
from standalone_node.learn.schema import Schema
from standalone_node.learn.table import Table

Array = NDArray[Any]


@dataclass(frozen=True)
class Parting:
    """By what rows are parted into those to train on and those to score on.

    Attributes
    ----------
    kind : {"content", "group", "time"}
        Equal rows stay together; so do rows of one value of a column; or the last rows by a
        column are those to score on.
    column : str or None
        The column of a group or a time, which is no input.
    """

    kind: str = "content"
    column: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are no inputs."""
        return () if self.column is None else (self.column,)

    @property
    def note(self) -> tuple[str, ...]:
        """What is to be said of it."""
        if self.column is None:
            return ()
        return (f"column {quoted(self.column)} {_WORDS[self.kind]}, and is no input.",)


_WORDS = {
    "group": "says which rows belong together",
    "time": "says in which order the rows came",
}


def parting_of(
    table: Table, target: str | Sequence[str] | None, group: str | None, time: str | None
) -> Parting:
    """How the rows of a table are to be parted.

    Raises
    ------
    ArgumentError
        There is a group and a time, or the column is a target.
    DataError
        There is no such column.
    """
    if group is not None and time is not None:
        raise ArgumentError(
            "rows are parted by group or by time: leave one of --group and --time out."
        )
    for kind, name in (("group", group), ("time", time)):
        if name is None:
            continue
        if name not in table.names:
            raise DataError(
                f"{table.source}: there is no column {quoted(name)} for --{kind}; "
                f"{suggestion(name, table.names)}"
            )
        if name in ((target,) if isinstance(target, str) else target or ()):
            raise ArgumentError(
                f"the target {quoted(name)} is also the column of --{kind}; name another one."
            )
        return Parting(kind, name)
    return Parting()


def row_keys(parting: Parting, schema: Schema, table: Table) -> Array:
    """A whole number for each row (B,), from 0 on: rows of one number are not to be parted.

    They are numbered as contents alone decide; for a time, in its order.

    Raises
    ------
    DataError
        A cell of the column is missing, or no time.
    """
    return PARTINGS[parting.kind](parting, schema, table)


def distinct_rows(schema: Schema, table: Table, keys: Array) -> Array:
    """One row of each key and content, (n,): positions, in an order that contents decide.

    Whatever counts rows counts these, so that a row of weight 2 counts as much as the row twice.

    Parameters
    ----------
    schema : Schema
    table : Table
    keys : ndarray, shape (B,)
        As `row_keys` gives them.
    """
    contents = _contents(Parting(), schema, table)
    pairs = keys * (int(contents.max()) + 1) + contents
    found: Array = np.unique(pairs, return_index=True)[1]
    return found


def _contents(parting: Parting, schema: Schema, table: Table) -> Array:
    # With the fill values of all these rows: here they only serve to tell rows apart.
    schema = schema.fitted(table)
    return content_groups(schema.features(table), schema.targets(table))


def _groups(parting: Parting, schema: Schema, table: Table) -> Array:
    assert parting.column is not None
    reading = read_column(table, parting.column, schema.na, (table.decimal,))
    _refuse_missing(table, parting, reading.missing)
    return _ranks(reading.values if reading.numeric.all() else reading.cells.astype(str))


def _times(parting: Parting, schema: Schema, table: Table) -> Array:
    assert parting.column is not None
    reading = read_column(table, parting.column, schema.na, (table.decimal,))
    _refuse_missing(table, parting, reading.missing)
    if np.isfinite(reading.values).all():
        return _ranks(reading.values)
    dates = pd.to_datetime(pd.Series(reading.cells), format="ISO8601", errors="coerce", utc=True)
    bad: Array = dates.isna().to_numpy()
    if not reading.numeric.all():
        bad = (
            bad | reading.numeric
        )  # among dates a number is none, although it could be read as a year
    if bad.any():
        place = int(bad.argmax())
        raise DataError(
            f"{at(table, place, parting.column)}: {quoted(reading.cells[place])} is neither a "
            "number nor a date such as 2024-01-31 or 2024-01-31 12:00, so that --time cannot put "
            "the rows in order; write all times in one of these ways."
        )
    return _ranks(dates.astype("int64").to_numpy())


def _refuse_missing(table: Table, parting: Parting, missing: Array) -> None:
    if missing.any():
        place, name = int(missing.argmax()), str(parting.column)
        raise DataError(
            f"{at(table, place, name)}: the {parting.kind} of the row is missing, by which --"
            f"{parting.kind} parts the rows; fill it in, or take the row out."
        )


def _ranks(values: Array) -> Array:
    ranks: Array = np.unique(values, return_inverse=True)[1].reshape(-1)
    return ranks


#: The table: how rows are parted, and what makes their keys.
PARTINGS: dict[str, Callable[[Parting, Schema, Table], Array]] = {
    "content": _contents,
    "group": _groups,
    "time": _times,
}
