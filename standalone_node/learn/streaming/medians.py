"""Exact medians of columns that do not fit into memory, digit by digit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

_BITS, _DIGITS = 16, 4
#: Columns that are counted together; each takes a megabyte for its counts.
_TOGETHER = 32


def medians(slices: Callable[[], Iterator[np.ndarray]], width: int) -> np.ndarray:
    """The median of each column, NaN left out; NaN if nothing else is in it.

    Parameters
    ----------
    slices : callable
        Gives the rows (n, width), some at a time; called four times for each 32 columns.
    width : int

    Notes
    -----
    The bits of a float64, turned round where it is negative, are a whole number that is ordered as
    the floats are. The digit of 16 bits that the wanted one begins with is the one below which
    fewer, and up to which enough numbers begin; then the next digit, among those that begin so.

    Examples
    --------
    >>> medians(lambda: iter([np.array([[3.0], [1.0]]), np.array([[2.0], [8.0]])]), 1).tolist()
    [2.5]
    """
    return medians_by(lambda *asked: counted(slices(), *asked), width)


def medians_by(count: Callable[[slice, int, np.ndarray], np.ndarray], width: int) -> np.ndarray:
    """The medians of columns whose rows are counted by a function, wherever they are.

    Parameters
    ----------
    count : callable
        Of some columns, a digit and the digits before it: `counted`, of all rows.
    width : int
    """
    groups = [slice(first, min(first + _TOGETHER, width)) for first in range(0, width, _TOGETHER)]
    return np.concatenate([_medians(count, group) for group in groups])


def counted(
    parts: Iterable[np.ndarray], columns: slice, digit: int, prefix: np.ndarray
) -> np.ndarray:
    """How many numbers of rows (n, width) have each next digit, (2, columns, 65536).

    Parameters
    ----------
    parts : iterable of ndarray
    columns : slice
    digit : int
    prefix : ndarray of uint64, (2, columns)
        The digits before it.
    """
    counts = np.zeros((*prefix.shape, 1 << _BITS), dtype=np.int64)
    for part in parts:
        _count(part[:, columns], digit, prefix, counts)
    return counts


def _medians(count: Callable[[slice, int, np.ndarray], np.ndarray], columns: slice) -> np.ndarray:
    # Two places a column: of an even number of rows the median is the mean of two.
    width = columns.stop - columns.start
    prefix = np.zeros((2, width), dtype=np.uint64)
    rank = np.zeros((2, width), dtype=np.int64)
    total = rank[0]
    for digit in range(_DIGITS):
        counts = count(columns, digit, prefix)
        if digit == 0:
            total = counts[0].sum(axis=1)
            rank[0], rank[1] = (total - 1) // 2, total // 2
        upto = counts.cumsum(axis=2)
        place = np.minimum((upto <= rank[:, :, None]).sum(axis=2), (1 << _BITS) - 1)
        below = np.take_along_axis(upto - counts, place[:, :, None], 2)[:, :, 0]
        rank = rank - below
        prefix = (prefix << np.uint64(_BITS)) | place.astype(np.uint64)
    low, high = _floats(prefix)
    with np.errstate(over="ignore"):
        mean = (low + high) * 0.5
    # Halves first, where the sum of two would overflow.
    found = np.where(np.isfinite(mean), mean, 0.5 * low + 0.5 * high)
    return np.where(total > 0, found, np.nan)


def _count(part: np.ndarray, digit: int, prefix: np.ndarray, counts: np.ndarray) -> None:
    """Add the next digits of those numbers that begin with the prefixes."""
    shift, digits = np.uint64(_BITS * (_DIGITS - 1 - digit)), np.uint64((1 << _BITS) - 1)
    for j in range(part.shape[1]):
        values = part[:, j]
        keys = _keys(values[~np.isnan(values)]) >> shift
        for k in range(2):
            own = keys[keys >> np.uint64(_BITS) == prefix[k, j]] if digit else keys
            counts[k, j] += np.bincount((own & digits).astype(np.int64), minlength=1 << _BITS)


def _keys(values: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(values + 0.0, dtype=np.float64).view(np.uint64)
    negative = bits >> np.uint64(63) == 1
    return np.where(negative, ~bits, bits | np.uint64(1 << 63))


def _floats(keys: np.ndarray) -> np.ndarray:
    positive = keys >> np.uint64(63) == 1
    bits = np.where(positive, keys & np.uint64((1 << 63) - 1), ~keys)
    return bits.view(np.float64)
