"""From text to arrays: the schema of a table, inferred once and kept in the model.

A schema knows which columns are inputs, of what kind, which is the target, what counts as missing
and what is done about it. It turns any `Table` with those columns, in any order and among others,
into the same float64 matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

import numpy as np

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.cells import DEFAULT_NA, missing_cells, quoted
from standalone_node.learn.columns import (
    Column,
    category_codes,
    fill_value,
    read_column,
    refuse_missing,
    require,
    require_numbers,
)
from standalone_node.learn.infer import infer_columns
from standalone_node.learn.room import require_features
from standalone_node.learn.schema_json import schema_from_json, schema_to_json
from standalone_node.learn.table import Table
from standalone_node.learn.targets import Target, Task, class_positions

__all__ = ["DEFAULT_NA", "Column", "Missing", "Schema", "Target", "infer_schema"]

Missing = Literal["error", "drop", "impute"]


@dataclass(frozen=True)
class Schema:
    """The columns of a model and how their cells are read.

    Attributes
    ----------
    columns : tuple of Column
        The inputs, in the order of the features.
    target : Target
    na : tuple of str
        The texts that count as missing; the empty cell does in any case.
    missing : {"error", "drop", "impute"}
        What happens to a missing cell: it is an error, its row is left out, or it is filled in
        with the median or the most frequent category.
    decimal : {".", ","}
        The decimal mark of the table the schema was inferred from. A table is read with its own
        mark first, and with this one where that fails.
    """

    columns: tuple[Column, ...]
    target: Target
    na: tuple[str, ...] = DEFAULT_NA
    missing: Missing = "error"
    decimal: str = "."

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One name a feature: "petal length" of a number, "colour=red" of a category."""
        return tuple(
            name
            for column in self.columns
            for name in (
                [column.name]
                if column.kind == "numeric"
                else [f"{column.name}={category}" for category in column.categories]
            )
        )

    def complete(self, table: Table, *, need_target: bool = True) -> Table:
        """The rows that can be used, as `missing` says.

        Parameters
        ----------
        table : Table
        need_target : bool
            Whether the target must be there too; False for predictions.

        Returns
        -------
        Table
            Its `notes` are those of `table` and, if rows were left out, one sentence more.

        Raises
        ------
        DataError
            A needed column is absent, a cell is missing under "error" (under "impute" a missing
            target only leaves its row out), or no row is left.
        """
        goal = [self.target.name] if need_target else []
        require(table, [*goal, *(column.name for column in self.columns)])
        imputed = self.missing == "impute"
        needed = goal if imputed else [*goal, *(column.name for column in self.columns)]
        masks = {name: missing_cells(table.cells(name), self.na) for name in needed}
        gone = np.zeros(len(table.frame), dtype=bool)
        for mask in masks.values():
            gone |= mask
        if not gone.any():
            return table
        if self.missing == "error":
            position = int(gone.argmax())
            name = next(n for n in table.names if n in masks and masks[n][position])
            count = int(sum(mask.sum() for mask in masks.values()))
            raise refuse_missing(table, name, position, count)
        what = f"target {quoted(self.target.name)}" if imputed else "cell"
        if gone.all():
            raise DataError(
                f"{table.source}: every row has a missing {what}, so none is left; fill cells in, "
                "or leave out the columns that miss most with --ignore."
            )
        note = f"{table.source}: {_rows(int(gone.sum()))} left out for a missing {what}."
        kept = table.rows(~gone)
        return replace(kept, notes=(*kept.notes, note))

    def fitted(self, table: Table) -> Schema:
        """This schema with the fill values of these rows: medians and most frequent categories.

        Under "error" and "drop" nothing is ever filled in, so the schema stays as it is.

        Raises
        ------
        DataError
            A column is absent, holds what its kind does not allow, or is missing in every row.
        """
        if self.missing != "impute":
            return self
        require(table, (column.name for column in self.columns))
        columns = []
        for column in self.columns:
            reading = read_column(table, column.name, self.na, self._decimals(table))
            columns.append(replace(column, fill=fill_value(table, column, reading)))
        return replace(self, columns=tuple(columns))

    def _decimals(self, table: Table) -> tuple[str, ...]:
        return tuple(dict.fromkeys((table.decimal, self.decimal)))

    def features(self, table: Table) -> np.ndarray:
        """The inputs as numbers.

        Parameters
        ----------
        table : Table
            Columns are matched by name; their order and further columns do not matter.

        Returns
        -------
        ndarray of float64, (rows, len(feature_names))

        Raises
        ------
        DataError
            A column is absent, a cell is missing and not to be filled in, is no finite number in
            a numeric column, or is an unknown category.
        """
        require(table, (column.name for column in self.columns))
        widths = [1 if c.kind == "numeric" else len(c.categories) for c in self.columns]
        widest = max(zip(widths, self.columns, strict=True), key=lambda pair: pair[0])
        shape = len(table.frame), sum(widths)
        require_features(table.source, *shape, (widest[1].name, widest[0]))
        matrix = np.empty(shape)
        begin = 0
        for column, width in zip(self.columns, widths, strict=True):
            matrix[:, begin : begin + width] = self._feature(table, column)
            begin += width
        return matrix

    def _feature(self, table: Table, column: Column) -> np.ndarray:
        reading = read_column(table, column.name, self.na, self._decimals(table))
        missing = reading.missing
        if missing.any() and (self.missing != "impute" or column.fill is None):
            raise refuse_missing(table, column.name, int(missing.argmax()), int(missing.sum()))
        if column.kind == "numeric":
            require_numbers(table, column.name, reading)
            reading.values[missing] = column.fill
            return reading.values[:, np.newaxis]
        cells = reading.cells.copy()  # they belong to the table
        cells[missing] = column.fill
        return np.eye(len(column.categories))[category_codes(table, column, cells)]

    def targets(self, table: Table) -> np.ndarray:
        """The target column: int64 positions in `target.classes`, or float64 quantities, (rows,).

        Raises
        ------
        DataError
            The column is absent, a cell is missing, an unknown class, or no finite number.
        """
        name = self.target.name
        require(table, [name])
        reading = read_column(table, name, self.na, self._decimals(table))
        if reading.missing.any():
            position, count = int(reading.missing.argmax()), int(reading.missing.sum())
            raise refuse_missing(table, name, position, count)
        if self.target.task == "classification":
            return class_positions(table, self.target, reading)
        require_numbers(table, name, reading, "leave the row out")
        return reading.values

    def labels(self, positions: Sequence[int] | np.ndarray) -> np.ndarray:
        """The classes at these positions, an object array of the shape of `positions`."""
        classes = np.empty(len(self.target.classes), dtype=object)
        classes[:] = self.target.classes
        return classes[np.asarray(positions, dtype=np.intp)]

    def to_json(self) -> dict[str, Any]:
        """The schema as a dict of JSON types; `from_json` reads it back."""
        return schema_to_json(self.columns, self.target, self.na, self.missing, self.decimal)

    @classmethod
    def from_json(cls, data: object) -> Schema:
        """A schema from what `to_json` wrote.

        Raises
        ------
        ModelFileError
            A key is absent, unknown or of the wrong type or value; the message names it.
        """
        columns, target, na, missing, decimal = schema_from_json(data)
        return cls(columns, target, na, cast(Missing, missing), decimal)


def infer_schema(
    table: Table,
    target: str | None,
    *,
    ignore: Sequence[str] = (),
    missing: Missing = "error",
    na: Sequence[str] = DEFAULT_NA,
    task: Task | None = None,
) -> tuple[Schema, list[str]]:
    """Recognise the columns of a table.

    A column of which at least 90 % of the cells that are not missing are numbers is numeric, any
    other categorical. The target holds classes if it is text, booleans ("True" and "False") or
    at most 20 distinct whole numbers, else quantities. Columns that are constant, missing in
    every row, or text that is nearly all distinct are left out.

    Parameters
    ----------
    table : Table
    target : str or None
        The column to learn; None is an error that lists the columns.
    ignore : sequence of str
        Columns to leave out.
    missing : {"error", "drop", "impute"}
        See `Schema`.
    na : sequence of str
        What counts as missing besides the empty cell.
    task : {"classification", "regression"}, optional
        Overrides what is recognised.

    Returns
    -------
    schema : Schema
        Without fill values; see `Schema.fitted`.
    notes : list of str
        One sentence on the target, and one for each warning.

    Raises
    ------
    DataError
        The columns or the target cannot be used; the message says where and what to do.
    ArgumentError
        An argument is none of the choices, or the target is to be ignored.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"x": [1.5, 2, 3, 4], "kind": ["a", "b", "a", "b"], "y": [0, 1, 0, 1]}
    >>> schema, notes = infer_schema(Table.from_frame(pd.DataFrame(rows)), "y")
    >>> schema.feature_names, schema.target.classes
    (('x', 'kind=a', 'kind=b'), (0, 1))
    """
    if missing not in get_args(Missing):
        raise ArgumentError(f"missing is {missing!r}; choose error, drop or impute (--missing).")
    if task is not None and task not in get_args(Task):
        raise ArgumentError(f"task is {task!r}; choose classification or regression (--task).")
    tokens = tuple(dict.fromkeys(("", *(token.strip() for token in na))))
    columns, recognised, notes = infer_columns(
        table, target, ignore=tuple(ignore), drop=missing == "drop", na=tokens, task=task
    )
    return Schema(columns, recognised, tokens, missing, table.decimal), notes


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count} rows were"
