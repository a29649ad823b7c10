"""What training rows that are not in memory tell of the columns: `Schema.fitted` of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.columns import Column
from standalone_node.learn.fills import origin_of
from standalone_node.learn.kinds import fill_of, kind_of, nothing_to_fill
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.medians import counted, medians_by

Array = NDArray[Any]
#: Runs of rows (n, width), codes as a store has them.
Parts = Iterable[Array]
#: ``everywhere(function, *arguments)`` is the list of ``function(parts, *arguments)`` for the parts
#: of the rows in each place where there are some.
Everywhere = Callable[..., list[Any]]


def filled(schema: Schema, source: str, everywhere: Everywhere) -> Schema:
    """The schema with the fill values and the origins of dates of these rows: `Schema.fitted`.

    Parameters
    ----------
    schema : Schema
    source : str
        What messages call the rows.
    everywhere : callable

    Raises
    ------
    DataError
        A column is missing in every row.
    """
    dates = [j for j, column in enumerate(schema.columns) if column.kind == "date"]
    origins = _origins(dates, everywhere)
    columns = [
        replace(column, origin=origins.get(j, column.origin))
        for j, column in enumerate(schema.columns)
    ]
    if schema.missing == "impute":
        codes = _medians(schema.columns, everywhere) | _most_frequent(schema.columns, everywhere)
        for j, column in enumerate(columns):
            if np.isnan(codes[j]):
                raise nothing_to_fill(source, column)
            columns[j] = replace(column, fill=fill_of(column, codes[j]))
    return replace(schema, columns=tuple(columns))


def _origins(dates: list[int], everywhere: Everywhere) -> dict[int, float]:
    """From when the days of columns of dates are counted, by their places."""
    if not dates:
        return {}
    ranges = np.array(everywhere(_ranges, dates))
    low, high = ranges[:, 0].min(axis=0), ranges[:, 1].max(axis=0)
    return {
        j: origin_of(float(low[i]), float(high[i]))
        for i, j in enumerate(dates)
        if low[i] <= high[i]
    }


def _ranges(parts: Parts, places: list[int]) -> Array:
    """The least and the largest of some columns, (2, columns); infinite where there is none."""
    found: Array = np.array([[np.inf], [-np.inf]]) * np.ones(len(places))
    for rows in parts:
        found[0] = np.fmin(found[0], np.fmin.reduce(rows[:, places], axis=0))
        found[1] = np.fmax(found[1], np.fmax.reduce(rows[:, places], axis=0))
    return found


def _medians(columns: Sequence[Column], everywhere: Everywhere) -> dict[int, float]:
    """Of the columns that are filled in with it, by their places; NaN if all cells are missing."""
    places = [j for j, column in enumerate(columns) if kind_of(column).fill == "median"]
    if not places:
        return {}

    def count(some: slice, digit: int, prefix: Array) -> Array:
        total: Array = np.sum(everywhere(_counted, places[some], digit, prefix), axis=0)
        return total

    return dict(zip(places, map(float, medians_by(count, len(places))), strict=True))


def _counted(parts: Parts, places: list[int], digit: int, prefix: Array) -> Array:
    return counted((rows[:, places] for rows in parts), slice(None), digit, prefix)


def _most_frequent(columns: Sequence[Column], everywhere: Everywhere) -> dict[int, float]:
    """The code of the most frequent category, as `_medians`."""
    sizes = {
        j: len(column.categories)
        for j, column in enumerate(columns)
        if kind_of(column).fill == "most frequent"
    }
    if not sizes:
        return {}
    found = everywhere(_frequencies, sizes)
    counts = {j: np.sum([each[j] for each in found], axis=0) for j in sizes}
    # Categories are sorted: of equally frequent ones it is the first in alphabetical order.
    return {j: float(count.argmax()) if count.any() else np.nan for j, count in counts.items()}


def _frequencies(parts: Parts, sizes: dict[int, int]) -> dict[int, Array]:
    """How many rows have each code of some columns."""
    counts = {j: np.zeros(size, dtype=np.int64) for j, size in sizes.items()}
    for rows in parts:
        for j, count in counts.items():
            present = rows[:, j][~np.isnan(rows[:, j])].astype(np.int64)
            count += np.bincount(present, minlength=count.size)
    return counts
