"""From text to arrays: the schema of a table, inferred once and kept in the model.

A schema knows which columns are inputs, of what kind, which is the target, what counts as missing
and what is done about it. It turns any `Table` with those columns, in any order and among others,
into the same float64 matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from standalone_node.errors import DataError
from standalone_node.learn.asked import Asked, Missing
from standalone_node.learn.cells import DEFAULT_NA, listed, missing_cells
from standalone_node.learn.columns import (
    Column,
    read_column,
    refuse_missing,
    require,
    require_numbers,
)
from standalone_node.learn.fills import with_fill
from standalone_node.learn.infer import infer_columns
from standalone_node.learn.kinds import fill_code, kind_of, width_of
from standalone_node.learn.room import require_features
from standalone_node.learn.schema_json import schema_from_json, schema_to_json
from standalone_node.learn.table import Table
from standalone_node.learn.targets import Target, Task, class_positions
from standalone_node.learn.weighing import read_weights, without_weightless

__all__ = ["DEFAULT_NA", "Column", "Missing", "Schema", "Target", "infer_schema", "inferred"]


@dataclass(frozen=True)
class Schema:
    """The columns of a model and how their cells are read.

    Attributes
    ----------
    columns : tuple of Column
        The inputs, in the order of the features.
    target : Target
        The first one, should there be several.
    na : tuple of str
        The texts that count as missing; the empty cell does in any case.
    missing : {"error", "drop", "impute"}
        What happens to a missing cell: it is an error, its row is left out, or it is filled in
        with the median or the most frequent category.
    decimal : {".", ","}
        The decimal mark of the table the schema was inferred from. A table is read with its own
        mark first, and with this one where that fails.
    further : tuple of str
        The names of further targets, all of them quantities.
    weight : str or None
        The column of sample weights the model was fitted with.
    """

    columns: tuple[Column, ...]
    target: Target
    na: tuple[str, ...] = DEFAULT_NA
    missing: Missing = "error"
    decimal: str = "."
    further: tuple[str, ...] = ()
    weight: str | None = None

    @property
    def target_names(self) -> tuple[str, ...]:
        """The names of all targets."""
        return (self.target.name, *self.further)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names such as "petal length" of a number, "colour=red", or "when[days]" of a date."""
        return tuple(name for column in self.columns for name in kind_of(column).names(column))

    def complete(self, table: Table, *, need_target: bool = True) -> Table:
        """The rows that can be used, as `missing` says.

        Parameters
        ----------
        table : Table
        need_target : bool
            Whether the targets must be there too; False for predictions.

        Returns
        -------
        Table
            Its `notes` are those of `table` and, if rows were left out, one sentence more. Rows
            of weight 0 are left out, too, where the targets are needed and the weights are there.

        Raises
        ------
        DataError
            A needed column is absent, a cell is missing under "error" (under "impute" a missing
            target only leaves its row out), a weight is none, or no row is left.
        """
        goals = list(self.target_names) if need_target else []
        require(table, [*goals, *(column.name for column in self.columns)])
        weights = self.weights(table) if need_target else None
        if weights is not None:
            table = without_weightless(table, weights)
        imputed = self.missing == "impute"
        needed = goals if imputed else [*goals, *(column.name for column in self.columns)]
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
        what = self.what_is_missing
        if gone.all():
            raise DataError(
                f"{table.source}: every row has a missing {what}, so none is left; fill cells in, "
                "or leave out the columns that miss most with --ignore."
            )
        note = f"{table.source}: {_rows(int(gone.sum()))} left out for a missing {what}."
        kept = table.rows(~gone)
        return replace(kept, notes=(*kept.notes, note))

    @property
    def what_is_missing(self) -> str:
        """What is missing in the rows that are left out, in words."""
        return f"target {listed(self.target_names)}" if self.missing == "impute" else "cell"

    def fitted(self, table: Table) -> Schema:
        """This schema with what these rows tell: fill values, and from when dates are counted.

        Fill values are medians and most frequent categories, under the weights if there are any;
        under "error" and "drop" nothing is ever filled in, and there are none.

        Raises
        ------
        DataError
            A column is absent, holds what its kind does not allow, or is missing in every row.
        """
        filled = self.missing == "impute"
        learnt = [c for c in self.columns if filled or c.kind == "date"]
        require(table, (column.name for column in learnt))
        weights = self.weights(table)
        found = {
            column.name: with_fill(
                table.source, column, self._codes(table, column), weights, filled=filled
            )
            for column in learnt
        }
        return replace(self, columns=tuple(found.get(c.name, c) for c in self.columns))

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
            A column is absent, a cell is missing and not to be filled in, or is none of its
            column: no finite number, an unknown category, no date.
        """
        require(table, (column.name for column in self.columns))
        widths = [width_of(column) for column in self.columns]
        widest = max(zip(widths, self.columns, strict=True), key=lambda pair: pair[0])
        shape = len(table.frame), sum(widths)
        require_features(table.source, *shape, (widest[1].name, widest[0]))
        matrix = np.empty(shape)
        begin = 0
        for column, width in zip(self.columns, widths, strict=True):
            codes = self._codes(table, column)
            missing = np.isnan(codes)
            if missing.any():
                if self.missing != "impute" or column.fill is None:
                    position, count = int(missing.argmax()), int(missing.sum())
                    raise refuse_missing(table, column.name, position, count)
                codes = np.where(missing, fill_code(column), codes)
            matrix[:, begin : begin + width] = kind_of(column).features(column, codes)
            begin += width
        return matrix

    def _codes(self, table: Table, column: Column) -> np.ndarray:
        """A number a cell, see `kinds`; NaN where it is missing."""
        reading = read_column(table, column.name, self.na, self._decimals(table))
        return kind_of(column).code(table, column, reading)

    def targets(self, table: Table) -> np.ndarray:
        """The target: int64 positions in `target.classes`, or float64 quantities, (rows,).

        Several targets are as many columns, (rows, len(target_names)).

        Raises
        ------
        DataError
            A column is absent, a cell is missing, an unknown class, or no finite number.
        """
        require(table, self.target_names)
        found = [self._target(table, name) for name in self.target_names]
        return np.column_stack(found) if self.further else found[0]

    def _target(self, table: Table, name: str) -> np.ndarray:
        reading = read_column(table, name, self.na, self._decimals(table))
        if reading.missing.any():
            position, count = int(reading.missing.argmax()), int(reading.missing.sum())
            raise refuse_missing(table, name, position, count)
        if self.target.task == "classification":
            return class_positions(table, self.target, reading)
        require_numbers(table, name, reading, "leave the row out")
        return reading.values

    def weights(self, table: Table, *, whole: bool = True) -> np.ndarray | None:
        """The sample weights, (rows,), see `read_weights`; None if model or table has none.

        Raises
        ------
        DataError
            A weight is missing, negative, no finite number, or too small beside the others.
        """
        if self.weight is None or self.weight not in table.names:
            return None
        return read_weights(table, self.weight, self.na, self._decimals(table), whole=whole)

    def labels(self, positions: Sequence[int] | np.ndarray) -> np.ndarray:
        """The classes at these positions, an object array of the shape of `positions`."""
        classes = np.empty(len(self.target.classes), dtype=object)
        classes[:] = self.target.classes
        return classes[np.asarray(positions, dtype=np.intp)]

    def to_json(self) -> dict[str, Any]:
        """The schema as a dict of JSON types; `from_json` reads it back."""
        return schema_to_json(self)

    @classmethod
    def from_json(cls, data: object) -> Schema:
        """A schema from what `to_json` wrote.

        Raises
        ------
        ModelFileError
            A key is absent, unknown or of the wrong type or value; the message names it.
        """
        parts = schema_from_json(data)
        return cls(**{**parts, "missing": cast(Missing, parts["missing"])})


def infer_schema(
    table: Table,
    target: str | Sequence[str] | None,
    *,
    ignore: Sequence[str] = (),
    missing: Missing = "error",
    na: Sequence[str] = DEFAULT_NA,
    task: Task | None = None,
    dates: Mapping[str, str] | None = None,
    weight: str | None = None,
) -> tuple[Schema, list[str]]:
    """Recognise the columns of a table.

    A column of which at least 90 % of the cells that are not missing are numbers is numeric, one
    of which as many are dates holds dates, one of two spellings of true and false is boolean, and
    any other categorical. The target holds classes if it is text, booleans ("True" and "False")
    or at most 20 distinct whole numbers, else quantities. Columns that are constant, missing in
    every row, or text that is nearly all distinct are left out.

    Parameters
    ----------
    table : Table
    target : str, sequence of str, or None
        The column to learn, or several of numbers; None is an error that lists the columns.
    ignore : sequence of str
        Columns to leave out.
    missing : {"error", "drop", "impute"}
        See `Schema`.
    na : sequence of str
        What counts as missing besides the empty cell.
    task : {"classification", "regression"}, optional
        Overrides what is recognised.
    dates : mapping, optional
        Columns of dates and the format each is written in, such as "%d/%m/%Y".
    weight : str, optional
        A column of sample weights, which is no input. Rows of weight 0 count as any other here;
        `prepare` leaves them out before.

    Returns
    -------
    schema : Schema
        Without fill values; see `Schema.fitted`.
    notes : list of str
        One sentence on the target, one on each column of dates, one on booleans, and one for each
        warning.

    Raises
    ------
    DataError
        The columns or the target cannot be used; the message says where and what to do.
    ArgumentError
        An argument is none of the choices, or a column is asked to be two things.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"x": [1.5, 2, 3, 4], "kind": ["a", "b", "a", "b"], "y": [0, 1, 0, 1]}
    >>> schema, notes = infer_schema(Table.from_frame(pd.DataFrame(rows)), "y")
    >>> schema.feature_names, schema.target.classes
    (('x', 'kind=a', 'kind=b'), (0, 1))
    """
    asked = Asked(target, ignore, missing, na, task, dates or {}, weight)
    schema, notes, warnings = inferred(table, asked)
    return schema, [*notes, *warnings]


def inferred(table: Table, asked: Asked) -> tuple[Schema, list[str], list[str]]:
    """The schema of a table, what was recognised, and what looks wrong; see `infer_schema`."""
    found = infer_columns(table, asked)
    schema = Schema(
        columns=found.columns,
        target=found.targets[0],
        na=asked.tokens,
        missing=asked.missing,
        decimal=table.decimal,
        further=tuple(target.name for target in found.targets[1:]),
        weight=found.roles.weight,
    )
    return schema, found.notes, found.warnings


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count} rows were"
