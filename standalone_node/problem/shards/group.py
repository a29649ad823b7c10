"""Shards of rows that are in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Numbers in the initial states of a shard, at the most. What a sweep needs beside the rows is a
#: small multiple of that; and a thousand workers have one shard each of rows of some gigabytes.
ENTRIES = 1 << 18


def rows_a_shard(width: int) -> int:
    """How many rows a shard has at the most, by the number of components of the state.

    Examples
    --------
    >>> rows_a_shard(20)
    13107
    """
    return max(1, ENTRIES // width)


def cut(samples: int, width: int) -> list[slice]:
    """The rows of each shard, of about the same number each.

    Examples
    --------
    >>> cut(samples=5, width=1 << 17)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    count = -(-samples // rows_a_shard(width))
    rows = -(-samples // count)
    return [slice(a, min(a + rows, samples)) for a in range(0, samples, rows)]


@dataclass(eq=False)
class Group:
    """Shards that follow one another, and what was worked out last with them.

    Attributes
    ----------
    first : int
        The number of the first of them.
    shards : tuple
        What holds the rows of each.
    notes : dict
        Results that are likely to be asked for again. They are not sent along, and whoever asks
        does without them if they are not there.
    """

    first: int
    shards: tuple[Any, ...]
    notes: dict[str, Any] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Group, (self.first, self.shards)

    def __sizeof__(self) -> int:
        return 200 + sum(bytes_of_rows(shard) for shard in self.shards)


def bytes_of_rows(shard: Any) -> int:
    """The bytes of the arrays of a shard."""
    if isinstance(shard, np.ndarray):
        return int(shard.nbytes)
    if isinstance(shard, Sequence) and not isinstance(shard, str):
        return sum(bytes_of_rows(one) for one in shard)
    return int(shard.__sizeof__())


def grouped(first: int, pieces: tuple[Any, ...]) -> Group:
    """The group of shards that are there as they are."""
    return Group(first, pieces)


def as_they_are(shard: tuple[Array, Array, Array | None]) -> tuple[Array, Array, Array | None]:
    """Initial states, targets and weights of a shard that consists of these."""
    return shard
