"""The rows of a big file with one purpose, on the disk, and what an estimator sees of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import DataError
from standalone_node.learn.cells import quoted
from standalone_node.learn.columns import Column
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
        A number a column of the schema, the place of the category or NaN for a missing cell, and
        the target behind them: the place of the class, or a quantity.
    seed : int
        Of `sample`.
    """

    schema: Schema
    store: Store
    seed: int

    def __len__(self) -> int:
        return self.store.rows

    def take(self, index: Array) -> tuple[Array, Array]:
        """Features (n, p) and targets (n,) of rows: int64 classes, or float64 quantities."""
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
    """Features (n, p) and targets (n,) of rows as a store has them, see `StoredPart`."""
    features = np.empty((len(rows), len(schema.feature_names)))
    begin = 0
    for j, column in enumerate(schema.columns):
        values, width = rows[:, j], 1
        gaps = np.isnan(values)
        if gaps.any():
            values = np.where(gaps, _place(column), values)
        if column.kind == "numeric":
            features[:, begin] = values
        else:
            width = len(column.categories)
            features[:, begin : begin + width] = np.eye(width)[values.astype(np.intp)]
        begin += width
    goal = rows[:, -1]
    return features, goal.astype(np.int64) if schema.target.classes else goal.copy()


def _place(column: Column) -> float:
    """The number that stands in for a missing cell of a column."""
    if column.kind == "numeric":
        assert isinstance(column.fill, float)
        return column.fill
    return float(column.categories.index(str(column.fill)))


def filled(schema: Schema, source: str, store: Store) -> Schema:
    """The schema with the fill values of these rows, as `Schema.fitted`.

    Raises
    ------
    DataError
        A column is missing in every row.
    """
    if schema.missing != "impute":
        return schema
    numeric = [j for j, column in enumerate(schema.columns) if column.kind == "numeric"]
    found = medians(lambda: (rows[:, numeric] for rows in store.slices()), len(numeric))
    fills: dict[int, float | str | None] = dict(zip(numeric, map(float, found), strict=True))
    fills |= _most_frequent(schema.columns, store)
    for j, column in enumerate(schema.columns):
        fill = fills[j]
        if fill is None or fill != fill:
            raise DataError(
                f"{source}: column {quoted(column.name)} is missing in every training row, "
                f"so nothing can be filled in; leave it out with --ignore {quoted(column.name)}."
            )
    columns = (replace(column, fill=fills[j]) for j, column in enumerate(schema.columns))
    return replace(schema, columns=tuple(columns))


def _most_frequent(columns: Sequence[Column], store: Store) -> dict[int, float | str | None]:
    """Of each categorical column, by its place; None if all cells are missing."""
    counts = {
        j: np.zeros(len(column.categories), dtype=np.int64)
        for j, column in enumerate(columns)
        if column.kind != "numeric"
    }
    for rows in store.slices() if counts else ():
        for j, count in counts.items():
            present = rows[:, j][~np.isnan(rows[:, j])].astype(np.int64)
            count += np.bincount(present, minlength=count.size)
    # Categories are sorted: of equally frequent ones it is the first in alphabetical order.
    return {
        j: columns[j].categories[int(count.argmax())] if count.any() else None
        for j, count in counts.items()
    }
