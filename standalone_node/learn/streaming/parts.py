"""The rows of a big file with one purpose, on the disk, and what an estimator sees of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.kinds import fill_code, kind_of, width_of
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.store import Store

Array = NDArray[Any]

#: Rows that are drawn where a few have to stand for all: to choose l2 by, and in figures.
SAMPLE = 5_000


class Sampled:
    """Rows that are not in memory, of which a few stand for all where that is enough."""

    seed: int
    #: What rows weigh, as in `Part`: they all weigh the same.
    weights = None

    def __len__(self) -> int:
        raise NotImplementedError

    def take(self, index: Array) -> tuple[Array, Array]:
        """Features (n, p) and targets of rows as in `Part`: int64 classes, or quantities."""
        raise NotImplementedError

    @cached_property
    def sample(self) -> tuple[Array, Array]:
        """Features and targets of some rows, drawn with the seed, in order."""
        drawn = np.random.default_rng([self.seed, 1])
        rows = drawn.choice(len(self), min(SAMPLE, len(self)), replace=False)
        return self.take(np.sort(rows))

    @property
    def inputs(self) -> Array:
        """The features of the sample."""
        return self.sample[0]

    @property
    def targets(self) -> Array:
        """The targets of the sample."""
        return self.sample[1]


@dataclass(frozen=True, eq=False)
class StoredPart(Sampled):
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
