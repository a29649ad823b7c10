"""The rows of many files with one purpose, where they are, and what an estimator sees of them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.engines.engine import Engine
from standalone_node.learn.many_files.group import Which, digests_of, sizes_of, taken_from
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.parts import Sampled, expanded

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class PlacedRows:
    """Rows that an engine has placed.

    Attributes
    ----------
    engine : Engine
    placed
        Of `FilesGroup`.
    which : {"shards", "held"}
        Those to fit to, or those that are held out.
    sizes : tuple of int
        The rows of each shard.
    width : int
        Numbers of a row.
    """

    engine: Engine
    placed: Any
    which: Which
    sizes: tuple[int, ...]
    width: int

    @classmethod
    def of(cls, engine: Engine, placed: Any, which: Which, width: int) -> PlacedRows:
        """Those of groups, whose sizes are asked for."""
        found = engine.each(sizes_of, placed, which)
        return cls(engine, placed, which, tuple(size for sizes in found for size in sizes), width)

    def each(self, work: Any, *arguments: Any) -> list[Any]:
        """``work(group, which, *arguments)`` of each group."""
        return self.engine.each(work, self.placed, self.which, *arguments)

    def take(self, index: Array) -> Array:
        """Rows of these numbers, (n, width), in this order, fetched from where they are."""
        starts = np.cumsum([0, *self.sizes[:-1]])
        order = np.argsort(index, kind="stable")
        found = [part for part in self.each(taken_from, starts, index[order]) if len(part)]
        rows = np.empty((index.size, self.width))
        rows[order] = np.concatenate(found) if found else rows
        return rows

    def digest(self) -> str:
        """A checksum of the rows to fit to, which does not depend on who has them."""
        content = blake2b(digest_size=16)
        for digests in self.engine.each(digests_of, self.placed):
            content.update(b"".join(digests))
        return content.hexdigest()


@dataclass(frozen=True, eq=False)
class FilesPart(Sampled):
    """Rows where an engine has placed them; with the names of `StoredPart`.

    Attributes
    ----------
    schema : Schema
        With its fill values.
    rows : PlacedRows
    seed : int
        Of `sample`.
    """

    schema: Schema
    rows: PlacedRows
    seed: int

    def __len__(self) -> int:
        return sum(self.rows.sizes)

    def take(self, index: Array) -> tuple[Array, Array]:
        """Features (n, p) and targets of rows as in `Part`, fetched."""
        return expanded(self.schema, self.rows.take(index))
