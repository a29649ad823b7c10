"""What ties rows together or puts them in order: their contents, a group, or a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.canonical import content_groups
from standalone_node.learn.cells import missing_cells, quoted, suggestion
from standalone_node.learn.columns import Reading, at, read_column
from standalone_node.learn.dates import cells_as_seconds
from standalone_node.learn.infer import unambiguous
from standalone_node.learn.schema import Schema
from standalone_node.learn.table import Table
from standalone_node.learn.tally import Tally

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
    format : str or None
        How the dates of a time are written; None for numbers, or where it is not known yet.
    """

    kind: str = "content"
    column: str | None = None
    format: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are no inputs."""
        return () if self.column is None else (self.column,)

    @property
    def note(self) -> tuple[str, ...]:
        """What is to be said of it."""
        if self.column is None:
            return ()
        name = quoted(self.column)
        said = f"column {name} {_WORDS[self.kind]}, and is no input."
        if self.format is None:
            return (said,)
        return (said, f"column {name} holds dates as {self.format} writes them.")


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


def distinct_rows(parting: Parting, schema: Schema, table: Table, keys: Array) -> Array:
    """One row of each key and content, (n,): positions, in an order that contents decide.

    Whatever counts rows counts these, so that a row of weight 2 counts as much as the row twice.

    Parameters
    ----------
    parting : Parting
    schema : Schema
    table : Table
    keys : ndarray, shape (B,)
        As `row_keys` gives them.
    """
    pairs = keys
    if parting.kind != "content":  # where keys are contents already
        contents = _contents(parting, schema, table)
        pairs = keys * (int(contents.max()) + 1) + contents
    found: Array = np.unique(pairs, return_index=True)[1]
    return found


def _contents(parting: Parting, schema: Schema, table: Table) -> Array:
    # With the fill values of all these rows: here they only serve to tell rows apart.
    schema = schema.fitted(table)
    return content_groups(schema.features(table), schema.targets(table))


def _groups(parting: Parting, schema: Schema, table: Table) -> Array:
    reading = _read(parting, schema, table)
    return _ranks(reading.values if reading.numeric.all() else reading.cells.astype(str))


def _times(parting: Parting, schema: Schema, table: Table) -> Array:
    assert parting.column is not None
    reading = _read(parting, schema, table)
    format = parting.format or _format(parting.column, reading, table)
    if format is None:
        return _ranks(reading.values)
    seconds = cells_as_seconds(reading.cells, format)
    _refuse_unread(table, parting.column, reading, np.isnan(seconds), f" as {format} writes it")
    return _ranks(seconds)


def _format(column: str, reading: Reading, table: Table) -> str | None:
    """How the dates of a time are written, recognised as those of inputs are; None for numbers.

    DataError if they are neither, or may be written in two ways.
    """
    bad = ~np.isfinite(reading.values) & ~reading.missing
    if not bad.any():
        return None
    tally = Tally(column, True)
    tally.add(table, reading, ~reading.missing)
    if not tally.dates.best or reading.numeric.mean() > 0.5:
        _refuse_unread(table, column, reading, bad, "")
    return unambiguous(table.source, tally, "put the rows in order by another column")


def _refuse_unread(
    table: Table, column: str, reading: Reading, unread: Array, written: str
) -> None:
    """DataError for the first cell of which no time can be made."""
    if unread.any():
        place = int(unread.argmax())
        raise DataError(
            f"{at(table, place, column)}: {quoted(reading.cells[place])} is neither a number nor a "
            f"date{written}, so that --time cannot put the rows in order; write all times in one "
            "way, and say which it is with --date if it is not recognised."
        )


def with_format(
    parting: Parting, dates: Mapping[str, str], schema: Schema, table: Table
) -> Parting:
    """The parting, and how the dates of its time are written: as told, else as recognised.

    Raises
    ------
    DataError
        They are neither numbers nor dates, or may be written in two ways.
    """
    if parting.kind != "time" or parting.column is None:
        return parting
    format = dates.get(parting.column)
    if format is None:
        format = _format(parting.column, _read(parting, schema, table), table)
    return replace(parting, format=format)


def with_keys(parting: Parting, missing: str, na: Sequence[str], table: Table) -> Table:
    """The rows that can be parted: under "drop" without those of no group or time; a note says so.

    DataError if none is left.
    """
    if parting.column is None or missing != "drop":
        return table
    gone = missing_cells(table.cells(parting.column), na)
    if not gone.any():
        return table
    if gone.all():
        raise DataError(
            f"{table.source}: every row has a missing {parting.kind} (column "
            f"{quoted(parting.column)}), so none is left; leave --{parting.kind} out."
        )
    count = int(gone.sum())
    rows = "1 row was" if count == 1 else f"{count} rows were"
    note = f"{table.source}: {rows} left out for a missing {parting.kind}."
    kept = table.rows(~gone)
    return replace(kept, notes=(*kept.notes, note))


def _read(parting: Parting, schema: Schema, table: Table) -> Reading:
    """The column of a group or a time; DataError if a cell of it is missing."""
    name = str(parting.column)
    reading = read_column(table, name, schema.na, (table.decimal,))
    if reading.missing.any():
        place = int(reading.missing.argmax())
        raise DataError(
            f"{at(table, place, name)}: the {parting.kind} of the row is missing, by which --"
            f"{parting.kind} parts the rows; fill it in, or leave such rows out with "
            "--missing drop."
        )
    return reading


def _ranks(values: Array) -> Array:
    ranks: Array = np.unique(values, return_inverse=True)[1].reshape(-1)
    return ranks


#: The table: how rows are parted, and what makes their keys.
PARTINGS: dict[str, Callable[[Parting, Schema, Table], Array]] = {
    "content": _contents,
    "group": _groups,
    "time": _times,
}
