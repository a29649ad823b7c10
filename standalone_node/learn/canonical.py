"""Rows by what they hold, not by where they stand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Constants of the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
_WEYL, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def content_groups(*arrays: Array) -> Array:
    """The group of equal rows that each row belongs to, numbered as contents alone decide.

    Parameters
    ----------
    *arrays : ndarray, shape (B,) or (B, ...)
        Numbers. Rows are equal if they are in all of them; 0.0 and -0.0 are, and NaN and NaN.

    Returns
    -------
    ndarray of int, shape (B,)
        From 0 on. Rows in another order have the same numbers in that order.

    Examples
    --------
    >>> x, y = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]), np.array([0, 1, 0])
    >>> groups = content_groups(x, y)
    >>> bool(groups[0] == groups[2] != groups[1])
    True
    >>> np.array_equal(content_groups(x[::-1], y[::-1]), groups[::-1])
    True
    """
    columns = [column for array in arrays for column in _columns(array)]
    hashes = _hashes(columns)
    order = np.argsort(hashes, kind="stable")
    if not _told_apart(columns, hashes, order):
        # Rows that differ under one hash: their bits decide, for all rows alike.
        order = np.lexsort((*columns, hashes))
    new = np.zeros(len(order), dtype=np.intp)
    for column in columns:
        ranked = column[order]
        new[1:] |= ranked[1:] != ranked[:-1]
    groups = np.empty_like(new)
    groups[order] = np.cumsum(new)
    return groups


def _columns(array: Array) -> list[Array]:
    """The columns of an array as bits, uint64 (B,) each."""
    flat = np.asarray(array).reshape(len(array), -1)
    if flat.dtype.kind == "f":
        flat = flat.astype(np.float64) + 0.0  # there is one zero, and one NaN
        flat[np.isnan(flat)] = np.nan
    else:
        flat = flat.astype(np.int64)
    return [np.ascontiguousarray(column).view(np.uint64) for column in flat.T]


def _hashes(columns: list[Array]) -> Array:
    found = np.zeros(len(columns[0]), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in columns:
            found = (found + np.uint64(_WEYL)) ^ column
            found = (found ^ (found >> np.uint64(30))) * np.uint64(_FIRST)
            found = (found ^ (found >> np.uint64(27))) * np.uint64(_SECOND)
            found ^= found >> np.uint64(31)
    return found


def _told_apart(columns: list[Array], hashes: Array, order: Array) -> bool:
    """Whether rows of one hash are equal."""
    ranked = hashes[order]
    same = ranked[1:] == ranked[:-1]
    first, second = order[:-1][same], order[1:][same]
    return all(np.array_equal(column[first], column[second]) for column in columns)
