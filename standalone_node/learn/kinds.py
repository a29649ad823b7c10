"""The kinds of columns: what a cell is as one number, and what features that number becomes.

A file that is read in chunks keeps the one number a cell on the disk; in memory the features are
made of it at once. So the rules are written once, and say the same of a file however it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standalone_node.errors import DataError
from standalone_node.learn.cells import quoted
from standalone_node.learn.columns import (
    Column,
    Reading,
    at,
    category_codes,
    no_boolean,
    no_date,
    require_numbers,
)
from standalone_node.learn.cycles import date_features, feature_names
from standalone_node.learn.dates import cells_as_seconds
from standalone_node.learn.table import Table

Array = NDArray[Any]


@dataclass(frozen=True)
class Kind:
    """What a kind of column is made into.

    Attributes
    ----------
    names : callable
        Of a column, the names of its features.
    code : callable
        From the cells of rows, a column and its reading, to a number a row, (n,); NaN where a
        cell is missing. DataError for a cell that it does not take.
    features : callable
        From a column and codes (n,), none of them NaN, to features (n, width).
    fill : {"median", "most frequent"}
        What stands in for a missing cell.
    measured : bool
        Whether it is a quantity with an error.
    """

    names: Callable[[Column], tuple[str, ...]]
    code: Callable[[Table, Column, Reading], Array]
    features: Callable[[Column, Array], Array]
    fill: Literal["median", "most frequent"]
    measured: bool = False


def _number_codes(table: Table, column: Column, reading: Reading) -> Array:
    require_numbers(table, column.name, reading)
    return reading.values


def _category_codes(table: Table, column: Column, reading: Reading) -> Array:
    return _coded_present(table, column, reading, category_codes)


def _boolean_codes(table: Table, column: Column, reading: Reading) -> Array:
    return _coded_present(table, column, reading, _truths)


def _truths(table: Table, column: Column, cells: Array) -> Array:
    places = {text.casefold(): i for i, text in enumerate(column.categories)}
    codes, distinct = pd.factorize(cells, use_na_sentinel=False)
    found: Array = np.array([places.get(str(text).casefold(), -1) for text in distinct], dtype=int)
    found = found[codes]
    if (found < 0).any():
        position = int((found < 0).argmax())
        raise no_boolean(at(table, position, column.name), column, str(cells[position]))
    return found


def _date_codes(table: Table, column: Column, reading: Reading) -> Array:
    return _coded_present(table, column, reading, _seconds)


def _seconds(table: Table, column: Column, cells: Array) -> Array:
    assert column.format is not None
    found = cells_as_seconds(cells, column.format)
    if np.isnan(found).any():
        position = int(np.isnan(found).argmax())
        place, cell = at(table, position, column.name), str(cells[position])
        raise no_date(place, column.name, cell, column.format)
    return found


def _coded_present(
    table: Table,
    column: Column,
    reading: Reading,
    code: Callable[[Table, Column, Array], Array],
) -> Array:
    """The codes of the cells that are there, NaN for the others."""
    if not reading.missing.any():
        return code(table, column, reading.cells).astype(np.float64)
    present = np.flatnonzero(~reading.missing)
    found = np.full(reading.missing.size, np.nan)
    found[present] = code(table.rows(present), column, reading.cells[present])
    return found


def _one_hot(column: Column, codes: Array) -> Array:
    found: Array = np.eye(len(column.categories))[codes.astype(np.intp)]
    return found


def _as_it_is(column: Column, codes: Array) -> Array:
    return codes[:, np.newaxis]


def _from_origin(column: Column, codes: Array) -> Array:
    return date_features(codes, column.origin or 0.0, column.parts)


def _category_names(column: Column) -> tuple[str, ...]:
    return tuple(f"{column.name}={category}" for category in column.categories)


#: The table: a kind, as model files call it, and what it means.
KINDS = {
    "numeric": Kind(
        names=lambda column: (column.name,),
        code=_number_codes,
        features=_as_it_is,
        fill="median",
        measured=True,
    ),
    "categorical": Kind(
        names=_category_names, code=_category_codes, features=_one_hot, fill="most frequent"
    ),
    "boolean": Kind(
        names=lambda column: _category_names(column)[1:],
        code=_boolean_codes,
        features=_as_it_is,
        fill="most frequent",
    ),
    "date": Kind(
        names=lambda column: feature_names(column.name, column.parts),
        code=_date_codes,
        features=_from_origin,
        fill="median",
    ),
}


def kind_of(column: Column) -> Kind:
    """What a column is made into."""
    return KINDS[column.kind]


def width_of(column: Column) -> int:
    """How many features a column becomes."""
    return len(kind_of(column).names(column))


def fill_code(column: Column) -> float:
    """The number of what stands in for a missing cell; the column has a fill value."""
    if isinstance(column.fill, str):
        return float(column.categories.index(column.fill))
    assert column.fill is not None
    return column.fill


def fill_of(column: Column, code: float) -> float | str:
    """The fill value that a number is the code of."""
    median = kind_of(column).fill == "median"
    return float(code) if median else column.categories[int(code)]


def nothing_to_fill(source: str, column: Column) -> DataError:
    """The error for a column of whose cells there is none."""
    return DataError(
        f"{source}: column {quoted(column.name)} is missing in every training row, "
        f"so nothing can be filled in; leave it out with --ignore {quoted(column.name)}."
    )
