"""The rows of some files where they stay: numbers, in shards; those held out are apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import DataError
from standalone_node.learn.canonical import drawn_by_content
from standalone_node.learn.many_files.looking import File
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.writing import coded, expected
from standalone_node.problem.shards.group import Group, bytes_of_rows, cut

Array = NDArray[Any]
#: The rows to fit to, or those that are held out, as attributes of a group.
Which = Literal["shards", "held"]


@dataclass(frozen=True)
class Recipe:
    """How files become shards.

    Attributes
    ----------
    schema : Schema
        Fill values and origins do not matter.
    usable : tuple of int
        The rows of each file that can be used.
    width : int
        Of the state: shards are cut by it.
    share : float
        Of the rows that are held out.
    seed : int
    """

    schema: Schema
    usable: tuple[int, ...]
    width: int
    share: float
    seed: int

    def cuts(self, file: int) -> list[slice]:
        """The usable rows of each shard of a file: the files alone decide."""
        rows = self.usable[file]
        return cut(rows, self.width) if rows else []

    def shards_before(self, file: int) -> int:
        """How many shards the files have that come before one."""
        return sum(len(self.cuts(k)) for k in range(file))

    @property
    def count(self) -> int:
        """How many shards there are."""
        return self.shards_before(len(self.usable))


@dataclass(eq=False)
class FilesGroup(Group):
    """The shards of some files.

    Attributes
    ----------
    shards : tuple of ndarray, (n, columns + targets)
        The rows to fit to, one at the least in each: see `coded`.
    held : tuple of ndarray
        Those that are held out of each shard.
    """

    held: tuple[Array, ...] = field(default=())

    def __reduce__(self) -> tuple[Any, ...]:
        return FilesGroup, (self.first, self.shards, {}, self.held)

    def __sizeof__(self) -> int:
        return super().__sizeof__() + sum(bytes_of_rows(rows) for rows in self.held)


def loaded(first: int, files: tuple[File, ...], recipe: Recipe) -> FilesGroup:
    """The shards of files that follow one another, the first of which has this number.

    Raises
    ------
    DataError
        A cell is none of its column, or a file is not the one that was looked through.
    """
    shards, held = [], []
    for number, file in enumerate(files, start=first):
        for rows in _in_shards(file, recipe.schema, recipe.cuts(number)):
            kept, apart = parted(rows, recipe.share, recipe.seed)
            shards.append(kept)
            held.append(apart)
    return FilesGroup(recipe.shards_before(first), tuple(shards), held=tuple(held))


def parted(rows: Array, share: float, seed: int) -> tuple[Array, Array]:
    """The rows of a shard to fit to, and those that are held out.

    By what a row holds, so that equal rows stay together. A shard of a few rows that would all be
    held out keeps the last of them.
    """
    drawn = drawn_by_content(rows, share, seed)
    if drawn.all():
        drawn[-1] = False
    return rows[~drawn], rows[drawn]


def _in_shards(file: File, schema: Schema, runs: Sequence[slice]) -> Iterator[Array]:
    """The usable rows of each shard of a file, as `coded`.

    As they are read: a file need not be held beside the shards that it becomes.
    """
    sizes, left = [run.stop - run.start for run in runs], len(runs)
    rows, count = np.empty(0), 0
    for chunk in file.read(expected(schema)):
        found = coded(schema, chunk)
        while len(found):
            if not left:
                raise _changed(file)
            if not count:
                rows = np.empty((sizes[-left], found.shape[1]))
            some = found[: len(rows) - count]
            rows[count : count + len(some)] = some
            count, found = count + len(some), found[len(some) :]
            if count == len(rows):
                yield rows
                left, count = left - 1, 0
    if left:
        raise _changed(file)


def _changed(file: File) -> DataError:
    return DataError(
        f"{file.source}: the file was changed while it was read (it has other rows now); run the "
        "command again."
    )


def sizes_of(group: FilesGroup, which: Which) -> list[int]:
    """The rows of each shard."""
    return [len(rows) for rows in getattr(group, which)]


def digests_of(group: FilesGroup) -> list[bytes]:
    """A checksum of the rows to fit to, of each shard."""
    return [
        blake2b(np.ascontiguousarray(rows).data.cast("B"), digest_size=16).digest()
        for rows in group.shards
    ]


def taken_from(group: FilesGroup, which: Which, starts: Array, index: Array) -> Array:
    """The rows of these numbers that the group has, in order.

    Parameters
    ----------
    group : FilesGroup
    which : {"shards", "held"}
    starts : ndarray of int
        The number of the first row of each shard, of all groups.
    index : ndarray of int
        In order.
    """
    shards = getattr(group, which)
    found = []
    for start, rows in zip(starts[group.first :], shards, strict=False):
        low, high = np.searchsorted(index, [start, start + len(rows)])
        found.append(rows[index[low:high] - start])
    return np.concatenate(found) if found else np.empty((0, 0))


def applied(group: FilesGroup, which: Which, function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function makes of an iterable of the rows of each shard."""
    rows: Iterable[Array] = (rows for rows in getattr(group, which) if len(rows))
    return function(rows, *arguments)
