"""The rows of a big file with one purpose, on the disk, and what an estimator sees of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.columns import Column
from standalone_node.learn.fills import origin_of
from standalone_node.learn.kinds import fill_code, fill_of, kind_of, nothing_to_fill, width_of
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.medians import medians
from standalone_node.learn.streaming.store import Store

Array = NDArray[Any]

#: Rows that are drawn where a few have to stand for all: to choose l2 by, and in figures.
SAMPLE = 5_000


@dataclass(frozen=True, eq=False)
class StoredPart:
    """Rows on the disk as the arrays a fit needs, some at a time.

    Attributes
    ----------
    schema : Schema
        With its fill values.
    store : Store
        A number a column of the schema, its code or NaN for a missing cell, and the targets behind
        them: the place of the class, or quantities.
    seed : int
        Of `sample`.
    """

    schema: Schema
    store: Store
    seed: int

    #: What rows weigh, as in `Part`: rows on the disk all weigh the same.
    weights = None

    def __len__(self) -> int:
        return self.store.rows

    def take(self, index: Array) -> tuple[Array, Array]:
        """Features (n, p) and targets of rows as in `Part`: int64 classes, or quantities."""
        return self._read(self.store.take(index))

    def slices(self) -> Iterator[tuple[Array, Array]]:
        """Those of all rows, some at a time."""
        # Categories become as many features; what is read is to be as large as ever.
        wider = max(1, len(self.schema.feature_names) // self.store.width)
        return (self._read(rows) for rows in self.store.slices((1 << 20) // wider))

    @cached_property
    def sample(self) -> tuple[Array, Array]:
        """Features and targets of some rows, drawn with the seed, in the order of the file."""
        count = min(SAMPLE, len(self))
        rows = np.random.default_rng([self.seed, 1]).choice(len(self), count, replace=False)
        return self.take(np.sort(rows))

    @property
    def inputs(self) -> Array:
        """The features of the sample."""
        return self.sample[0]

    @property
    def targets(self) -> Array:
        """The targets of the sample."""
        return self.sample[1]

    def _read(self, rows: Array) -> tuple[Array, Array]:
        return expanded(self.schema, rows)


def expanded(schema: Schema, rows: Array) -> tuple[Array, Array]:
    """Features (n, p) and targets of rows as a store has them, see `StoredPart`."""
    features = np.empty((len(rows), len(schema.feature_names)))
    begin = 0
    for j, column in enumerate(schema.columns):
        codes, width = rows[:, j], width_of(column)
        gaps = np.isnan(codes)
        if gaps.any():
            codes = np.where(gaps, fill_code(column), codes)
        features[:, begin : begin + width] = kind_of(column).features(column, codes)
        begin += width
    goal = rows[:, len(schema.columns) :]
    if schema.target.classes:
        return features, goal[:, 0].astype(np.int64)
    return features, goal.copy() if schema.further else goal[:, 0].copy()


def filled(schema: Schema, source: str, store: Store) -> Schema:
    """The schema with the fill values and the origins of dates of these rows: `Schema.fitted`.

    Raises
    ------
    DataError
        A column is missing in every row.
    """
    dates = [j for j, column in enumerate(schema.columns) if column.kind == "date"]
    origins = _origins(dates, store)
    columns = [
        replace(column, origin=origins.get(j, column.origin))
        for j, column in enumerate(schema.columns)
    ]
    if schema.missing == "impute":
        codes = _medians(schema.columns, store) | _most_frequent(schema.columns, store)
        for j, column in enumerate(columns):
            if np.isnan(codes[j]):
                raise nothing_to_fill(source, column)
            columns[j] = replace(column, fill=fill_of(column, codes[j]))
    return replace(schema, columns=tuple(columns))


def _origins(dates: list[int], store: Store) -> dict[int, float]:
    """From when the days of columns of dates are counted, by their places."""
    low, high = np.full(len(dates), np.inf), np.full(len(dates), -np.inf)
    for rows in store.slices() if dates else ():
        low = np.fmin(low, np.fmin.reduce(rows[:, dates], axis=0))
        high = np.fmax(high, np.fmax.reduce(rows[:, dates], axis=0))
    return {
        j: origin_of(float(low[i]), float(high[i]))
        for i, j in enumerate(dates)
        if low[i] <= high[i]
    }


def _medians(columns: Sequence[Column], store: Store) -> dict[int, float]:
    """Of the columns that are filled in with it, by their places; NaN if all cells are missing."""
    places = [j for j, column in enumerate(columns) if kind_of(column).fill == "median"]
    found = medians(lambda: (rows[:, places] for rows in store.slices()), len(places))
    return dict(zip(places, map(float, found), strict=True))


def _most_frequent(columns: Sequence[Column], store: Store) -> dict[int, float]:
    """The code of the most frequent category, as `_medians`."""
    counts = {
        j: np.zeros(len(column.categories), dtype=np.int64)
        for j, column in enumerate(columns)
        if kind_of(column).fill == "most frequent"
    }
    for rows in store.slices() if counts else ():
        for j, count in counts.items():
            present = rows[:, j][~np.isnan(rows[:, j])].astype(np.int64)
            count += np.bincount(present, minlength=count.size)
    # Categories are sorted: of equally frequent ones it is the first in alphabetical order.
    return {j: float(count.argmax()) if count.any() else np.nan for j, count in counts.items()}
