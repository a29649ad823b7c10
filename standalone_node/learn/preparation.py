"""From a table to rows that an estimator can learn from, and rows that are held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.asked import Asked, Missing
from standalone_node.learn.cells import listed, quoted
from standalone_node.learn.row_keys import Parting, parting_of, with_format, with_keys
from standalone_node.learn.schema import DEFAULT_NA, Schema, inferred
from standalone_node.learn.splitting import check_share, split_rows
from standalone_node.learn.table import Table
from standalone_node.learn.targets import Task
from standalone_node.learn.weighing import read_weights, without_weightless

Array = NDArray[Any]

#: A share of held-out rows that is farther from what was asked for is told.
_NEAR = 0.05


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
    test_share : float
        The share of the rows that was to be held out.
    parting : Parting
        How rows are parted, for folds of the training rows as well.
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
    test_share: float
    parting: Parting
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
    group: str | None = None,
    time: str | None = None,
    seed: int = 0,
    known: Schema | None = None,
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
        classes; 0 holds none out. Rows that are equal stay together, and the order of the table
        does not matter. Without meaning if `test` is given.
    test : Table, optional
        Held-out rows of their own; columns and classes are then those of `table` alone.
    group, time : str, optional
        A column, no input then: rows of one value stay together, or the last rows by it are held
        out.
    seed : int
    known : Schema, optional
        Of a model that is to be fitted further: its columns, categories and fill values are taken
        as they are, and nothing is recognised.

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
    parting = parting_of(table, target, group, time)
    asked = Asked(target, ignore, missing, na, task, dates or {}, weight, parting.columns)
    parted = with_keys(parting, *_on_missing(asked, known), table)
    schema, recognised, warnings = _recognised(parted, asked, known)
    usable = schema.complete(parted)
    parting = with_format(parting, asked.dates, schema, usable)
    left_out = len(table.frame) - len(usable.frame)
    notes, held = list(usable.notes), None
    if test is not None:
        held = schema.complete(test)
        left_out += len(test.frame) - len(held.frame)
        notes += [*held.notes, *_unweighted(schema, test)]
        rows = usable
    elif test_share > 0.0:
        places = split_rows(schema, usable, test_share, seed, parting)
        rows, held = usable.rows(places[0]), usable.rows(places[1])
        notes += _other_share(usable, len(places[1]), test_share, parting)
    else:
        rows = usable
    schema = schema.fitted(rows) if known is None else known
    return Prepared(
        schema=schema,
        train=part_of(schema, rows),
        test=None if held is None else part_of(schema, held),
        usable=usable,
        left_out=left_out,
        test_source=None if test is None else test.source,
        seed=seed,
        test_share=test_share,
        parting=parting,
        notes=(*notes, *recognised, *parting.note),
        warnings=tuple(warnings),
    )


def _on_missing(asked: Asked, known: Schema | None) -> tuple[str, tuple[str, ...]]:
    """What happens to missing cells, and which are."""
    return (asked.missing, asked.tokens) if known is None else (known.missing, known.na)


def _other_share(table: Table, held: int, share: float, parting: Parting) -> list[str]:
    """A note on a held-out share that differs by more than `_NEAR` from the one asked for."""
    found = held / len(table.frame)
    if abs(found - share) <= _NEAR:
        return []
    what = "that are equal" if parting.column is None else f"of one {quoted(parting.column)}"
    return [
        f"{table.source}: {100 * found:.0f} % of the rows are held out, where {100 * share:g} % "
        f"were asked for, as rows {what} stay together."
    ]


def _unweighted(schema: Schema, test: Table) -> list[str]:
    """A note on held-out rows without the weights that there are for the others."""
    if schema.weight is None or schema.weight in test.names:
        return []
    return [
        f"{test.source} has no column {quoted(schema.weight)}, so that its rows weigh all alike in "
        "the scores."
    ]


def _recognised(
    table: Table, asked: Asked, known: Schema | None
) -> tuple[Schema, list[str], list[str]]:
    """The columns, and what is to be said of them: notes and warnings.

    ArgumentError if known columns are not those that are asked for.
    """
    if known is None:
        return inferred(_of_weight(table, asked), asked)
    targets = (asked.target,) if isinstance(asked.target, str) else tuple(asked.target or ())
    if targets and targets != known.target_names:
        raise ArgumentError(
            f"the start was fitted to {listed(known.target_names)}, not to {listed(targets)}: name "
            "the same with --target, or leave it out."
        )
    _require_weights(table, asked, known)
    for column in known.columns:
        if column.name in (*asked.ignore, *asked.aside):
            raise ArgumentError(
                f"the column {quoted(column.name)} is an input of the start, which cannot be left "
                "out or part the rows; fit without --start."
            )
    return known, [f"{table.source} is read as the start was, with its columns and categories."], []


def _require_weights(table: Table, asked: Asked, known: Schema) -> None:
    """Rows to go on with need the weights that a known model was fitted with, and no others."""
    if asked.weight not in (None, known.weight):
        fitted = "without weights" if known.weight is None else f"with {quoted(known.weight)}"
        raise ArgumentError(
            f"the start was fitted {fitted}, not with the weights {quoted(str(asked.weight))}: "
            "leave --weight out, or fit without --start."
        )
    if known.weight is not None and known.weight not in table.names:
        raise DataError(
            f"{table.source}: the start was fitted with the weights of the column "
            f"{quoted(known.weight)}, which is absent; add it, with 1 in every row if all weigh "
            "alike, or fit without --start."
        )


def _of_weight(table: Table, asked: Asked) -> Table:
    """The rows of a positive weight, all if there is no column of them."""
    column = asked.roles(table.source, table.names).weight
    if column is None:
        return table
    return without_weightless(table, read_weights(table, column, asked.tokens))


def part_of(schema: Schema, table: Table) -> Part:
    """The rows of a table as a schema with fill values reads them."""
    return Part(table, schema.features(table), schema.targets(table), schema.weights(table))
