"""Sums over long vectors, by the thread that asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Rows that are looked at together where a whole batch of temporary arrays is too much.
ROWS = 8192


def parts(rows: int) -> Iterator[slice]:
    """Slices of at most `ROWS` rows.

    Examples
    --------
    >>> [part.stop for part in parts(20_000)]
    [8192, 16384, 20000]
    """
    for first in range(0, rows, ROWS):
        yield slice(first, min(first + ROWS, rows))


def inner(u: NDArray[Any], v: NDArray[Any]) -> float:
    """The sum of the products of the entries of two arrays of one shape.

    Not by BLAS: from some ten thousand entries on it would call its own threads, which keep
    spinning for a tenth of a second and take the processors away from ours; and the last bits
    would depend on their number.

    Examples
    --------
    >>> inner(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    11.0
    """
    # Of vectors, for which there is nothing to reshape, this is asked many times an iteration.
    if u.ndim != 1:
        u = u.reshape(-1)
    if v.ndim != 1:
        v = v.reshape(-1)
    return float(np.einsum("i,i->", u, v))
