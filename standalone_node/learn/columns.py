"""One column of a table, its cells read as far as they go, and the errors that name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from standalone_node.errors import DataError
from standalone_node.learn.cells import listed, missing_cells, parse_numbers, quoted, suggestion
from standalone_node.learn.table import Table

NUMERIC_SHARE = 0.9
"""From this share of numbers among its cells on, a column is numeric."""


@dataclass(frozen=True)
class Column:
    """One input column of a schema.

    Attributes
    ----------
    name : str
    kind : {"numeric", "categorical", "boolean", "date"}
        See `kinds`.
    categories : tuple of str
        The values of a categorical column, sorted; each becomes a feature of zeros and ones. How
        a boolean one spells false and true.
    fill : float, str or None
        What stands in for a missing cell, dates in seconds; None if none was determined.
    format : str or None
        How dates are written.
    origin : float or None
        From when their days are counted, in seconds since the beginning of 1970; None before the
        training rows are known.
    parts : tuple of str
        The cyclic parts of dates that are features too.
    """

    name: str
    kind: Literal["numeric", "categorical", "boolean", "date"]
    categories: tuple[str, ...] = ()
    fill: float | str | None = None
    format: str | None = None
    origin: float | None = None
    parts: tuple[str, ...] = ()


def require(table: Table, names: Iterable[str]) -> None:
    """Raise `DataError` if the table lacks one of these columns."""
    present = table.names
    known = set(present)
    absent = [name for name in names if name not in known]
    if len(absent) == 1:
        raise DataError(
            f"{table.source}: the needed column {quoted(absent[0])} is absent; "
            f"{suggestion(absent[0], present)}"
        )
    if absent:
        raise DataError(
            f"{table.source}: {len(absent)} needed columns are absent ({listed(absent, 6)}); "
            f"add them; the columns are {listed(present)}."
        )


def at(table: Table, position: int, name: str) -> str:
    """How a message names a cell: "data.csv: row 7 (line 8), column 'age'"."""
    return f"{table.source}: {table.where(position)}, column {quoted(name)}"


@dataclass(frozen=True)
class Reading:
    """The cells of one column, read as far as they go; every array of shape (rows,).

    Attributes
    ----------
    cells : ndarray of object
        The text.
    missing : ndarray of bool
        Empty cells and missing-value tokens.
    values : ndarray of float64
        The numbers; NaN where missing or no number.
    numeric : ndarray of bool
        Which cells are numbers; infinite ones too.
    """

    cells: np.ndarray
    missing: np.ndarray
    values: np.ndarray
    numeric: np.ndarray

    def rows(self, positions: np.ndarray) -> Reading:
        """These rows; cells that were read as numbers have no text."""
        cells = self.cells[positions] if self.cells.size else self.cells
        rest = (field[positions] for field in (self.missing, self.values, self.numeric))
        return Reading(cells, *rest)

    @property
    def share(self) -> float:
        """The share of numbers among the cells that are not missing."""
        present = int((~self.missing).sum())
        return float(self.numeric.sum()) / present if present else 0.0

    def no_number(self) -> int | None:
        """The position of the first cell that is neither missing nor a finite number."""
        bad = ~self.missing & ~np.isfinite(self.values)
        return int(bad.argmax()) if bad.any() else None


def read_column(table: Table, name: str, na: Iterable[str], decimals: tuple[str, ...]) -> Reading:
    """Read a column, numbers included.

    Of several decimal marks the first counts under which every cell is a number, else the first.
    """
    cells = table.cells(name)
    missing = missing_cells(cells, na)
    present = np.flatnonzero(~missing)
    values = np.full(len(cells), np.nan)
    numeric = np.zeros(len(cells), dtype=bool)
    tried = (parse_numbers(cells[present], mark) for mark in decimals)
    first = next(tried)
    complete = first if first[1].all() else next((t for t in tried if t[1].all()), first)
    values[present], numeric[present] = complete
    return Reading(cells, missing, values, numeric)


def require_numbers(table: Table, name: str, reading: Reading, remedy: str | None = None) -> None:
    """Raise `DataError` for the first cell that is no finite number, with the remedies."""
    position = reading.no_number()
    if position is not None:
        number = bool(reading.numeric[position])
        place, text = at(table, position, name), str(reading.cells[position])
        raise no_number(place, name, text, number, reading.share, remedy)


def no_number(
    place: str, name: str, cell: str, number: bool, share: float, remedy: str | None = None
) -> DataError:
    """The error for a cell that is no finite number, though perhaps a `number`."""
    text = quoted(cell)
    if number:
        problem = f"{text} is not a finite number"
    elif share >= NUMERIC_SHARE:
        problem = f"{text} is not a number, as {int(100 * share)} % of the column are"
    else:
        problem = f"{text} is not a number"
    return DataError(
        f"{place}: {problem}; correct it, fit with --na {text} if it means "
        f"missing, or {remedy or f'leave the column out with --ignore {quoted(name)}'}."
    )


def no_date(place: str, name: str, cell: str, format: str) -> DataError:
    """The error for a cell that is no date of a format."""
    return DataError(
        f"{place}: {quoted(cell)} is no date as {format} writes it; correct it, fit with "
        f"--na {quoted(cell)} if it means missing, or leave the column out with "
        f"--ignore {quoted(name)}."
    )


def no_boolean(place: str, column: Column, cell: str) -> DataError:
    """The error for a cell that is neither of the two spellings of a truth value."""
    false, true = column.categories
    return DataError(
        f"{place}: {quoted(cell)} is neither {quoted(false)} nor {quoted(true)}; correct it, or "
        f"fit again with rows that have it, which makes categories of the column."
    )


def as_spelt(cells: np.ndarray, labels: Sequence[object]) -> np.ndarray:
    """The cells, truth values spelt as the labels are: pandas reads "true" as True."""
    spellings = {label.casefold(): label for label in labels if isinstance(label, str)}
    if not spellings or not set(spellings) <= {"true", "false"} or len(spellings) < len(labels):
        return cells
    return np.array([spellings.get(str(cell).casefold(), cell) for cell in cells], dtype=object)


def category_codes(table: Table, column: Column, cells: np.ndarray) -> np.ndarray:
    """The places of cells, of which none is missing, among the categories of a column, (rows,).

    Raises
    ------
    DataError
        A cell is none of the column's categories; the message names it and them.
    """
    cells = as_spelt(cells, column.categories)
    codes = pd.Index(column.categories, dtype=object).get_indexer(pd.Index(cells, dtype=object))
    if (codes < 0).any():
        unseen = int((codes < 0).argmax())
        raise DataError(
            f"{at(table, unseen, column.name)}: the category {quoted(cells[unseen])} is unknown "
            f"to the model; use one of {listed(column.categories)}, or fit again with it."
        )
    found: np.ndarray = codes
    return found


def refuse_missing(table: Table, name: str, position: int, count: int) -> DataError:
    """The error for a missing cell where every cell is needed."""
    return missing_cell(at(table, position, name), str(table.cells(name)[position]), count)


def missing_cell(place: str, text: str, count: int) -> DataError:
    """The error for one of so many missing cells, what stands there being this text."""
    shown = "the cell is empty" if text == "" else f"{quoted(text)} counts as missing"
    others = f" ({count} cells are missing in all)" if count > 1 else ""
    return DataError(
        f"{place}: {shown}{others}; fit with --missing drop to leave "
        "such rows out or with --missing impute to fill them in."
    )
