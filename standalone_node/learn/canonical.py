"""Rows in an order that their contents alone decide, equal rows as one.

Splits, folds and batches go by the position of a row. On rows in this order they go by what a row
holds: a table whose rows come in another order gives the same fit, and so does one where a row
stands twice instead of having the weight 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]
Words = NDArray[np.uint64]

#: Words that are hashed at once: few enough to stay in the cache of a processor.
BLOCK = 1 << 15
#: Bits that are kept of a weight; arithmetic with it changes the last few of 53.
WEIGHT_BITS = 36
#: 2^64 divided by the golden ratio: the words of each column begin elsewhere.
_GOLDEN = 0x9E3779B97F4A7C15
#: Shifts and factors of splitmix64.
_MIXES = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def canonical(rows: Array, targets: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Rows without those of weight 0, equal ones as one, in the order of their contents.

    Parameters
    ----------
    rows : ndarray, shape (B, p)
        Numbers. 0.0 and -0.0 are equal.
    targets : ndarray, shape (B,) or (B, m)
        Numbers. Rows are equal if their targets are, too.
    weights : ndarray, shape (B,)
        0 or larger.

    Returns
    -------
    rows, targets, weights : ndarray
        Of n rows, n at most B. The weight of a row is the sum of those of its equals, which are
        added from the smallest to the largest.

    Examples
    --------
    >>> x, y = np.array([[1.0], [2.0], [1.0], [3.0]]), np.array([0, 1, 0, 1])
    >>> rows, targets, weights = canonical(x, y, np.array([1.0, 1.0, 1.0, 0.0]))
    >>> sorted(zip(rows[:, 0].tolist(), targets.tolist(), weights.tolist()))
    [(1.0, 0, 2.0), (2.0, 1, 1.0)]
    """
    kept = np.flatnonzero(weights > 0.0)
    if kept.size < weights.size:
        rows, targets, weights = rows[kept], targets[kept], weights[kept]
    order, first = content_order(rows, targets)
    weights = weights[order]
    if not first.all():
        weights = weights[np.lexsort((weights, np.cumsum(first)))]
        starts = np.flatnonzero(first)
        order, weights = order[starts], np.add.reduceat(weights, starts)
    rows, targets = rows.take(order, axis=0), targets.take(order, axis=0)
    # Of the two zeros one: it must not matter which of its equals a row is taken from.
    rows += 0
    targets += 0
    return rows, targets, weights


def even(weights: Array) -> NDArray[np.float64]:
    """Weights by the largest of them, without the last bits, which come of arithmetic.

    A common factor, or a sum in another order, changes these bits, and minimisers may turn a
    change of the last bit into another result.

    Parameters
    ----------
    weights : ndarray, shape (B,)
        0 or larger, and one of them positive.

    Examples
    --------
    >>> w = np.array([1.0, 2.0, 3.0])
    >>> bool((0.1 * w / 0.3 == w / 3).all()), bool((even(0.1 * w) == even(w)).all())
    (False, True)
    """
    # By the largest and not by the mean: ratios of small whole numbers are far from where the
    # rounding goes up or down.
    mantissas, exponents = np.frexp(weights / weights.max())
    return np.ldexp(np.rint(np.ldexp(mantissas, WEIGHT_BITS)), exponents - WEIGHT_BITS)


def mean_one(weights: Array) -> Array:
    """Weights (B,) in proportion, with mean 1: beside a penalty rows then count as ever."""
    normalised: Array = weights / weights.mean()
    return normalised


def content_groups(*arrays: Array) -> NDArray[np.intp]:
    """The number of the group of equal rows that each row belongs to.

    Parameters
    ----------
    *arrays : ndarray, shape (B,) or (B, p)
        Numbers, truth values, texts, or objects such as the cells of a table. Missing values, NaN
        or None, are equal to each other.

    Returns
    -------
    ndarray of int, shape (B,)
        From 0 to the number of groups less one, in an order that contents alone decide.

    Examples
    --------
    >>> a, b, again = content_groups(np.array([1.5, 2.5, 1.5]), np.array(["x", "y", "x"]))
    >>> bool(a == again), sorted({int(a), int(b)})
    (True, [0, 1])
    """
    order, first = content_order(*arrays)
    groups = np.empty(order.size, np.intp)
    groups[order] = np.cumsum(first) - 1
    return groups


def drawn_by_content(rows: Array, share: float, seed: int) -> NDArray[np.bool_]:
    """Rows drawn by what each holds: about this share of many, the same wherever a row stands.

    Parameters
    ----------
    rows : ndarray of float64, shape (B, p)
        Missing values, NaN, are equal to each other, and so are the two zeros.
    share : float
        The probability of a row, from 0 to 1; what comes of it is near only if rows are many.
    seed : int
        0 or larger.

    Examples
    --------
    >>> rows = np.arange(4000.0).reshape(2000, 2)
    >>> drawn = drawn_by_content(rows, 0.25, seed=0)
    >>> bool((drawn[::-1] == drawn_by_content(rows[::-1], 0.25, seed=0)).all())
    True
    >>> bool(abs(drawn.mean() - 0.25) < 0.05)
    True
    """
    if share <= 0.0:
        return np.zeros(len(rows), np.bool_)
    limit = np.uint64(min(2**64 - 1, round(share * 2.0**64)))
    hashes = np.empty(len(rows), np.uint64)
    places = np.arange(1, rows.shape[1] + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
    places += _mixed(np.array([seed + 1], np.uint64))
    step = max(1, BLOCK // max(1, rows.shape[1]))
    for start in range(0, len(rows), step):
        block = _bits(rows[start : start + step])
        hashes[start : start + step] = _mixed(block + places).sum(axis=1)
    return _mixed(hashes) < limit


def content_order(*arrays: Array) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The order of rows by their contents, and which are the first of their equals.

    Parameters
    ----------
    *arrays : ndarray, shape (B,) or (B, p)
        As in `content_groups`.

    Returns
    -------
    order : ndarray of int, shape (B,)
        A permutation: rows by the hash of their bits, those of equal hash by their bits.
    first : ndarray of bool, shape (B,)
        In that order: whether a row differs from the one before it.
    """
    parts = [_numbers(array) for array in arrays]
    hashes = _hashes(parts)
    order = np.argsort(hashes)
    ranked = hashes[order]
    alike = np.flatnonzero(ranked[1:] == ranked[:-1]) + 1
    first = np.ones(order.size, np.bool_)
    first[alike] = _differ(parts, order[alike - 1], order[alike])
    for value in np.unique(ranked[alike[first[alike]]]):  # one hash, different contents
        low, high = (int(np.searchsorted(ranked, value, side)) for side in ("left", "right"))
        run = order[low:high]
        order[low:high] = run = run[np.lexsort(_words(parts, run).T)]
        first[low + 1 : high] = _differ(parts, run[:-1], run[1:])
    return order, first


def _numbers(array: Array) -> Array:
    """An array as numbers of 64 bits, (B, q), equal where the entries are; no copy if it is."""
    kind = array.dtype.kind
    if kind in "mM":
        array = array.view(np.int64)
    elif kind == "f":
        array = array.astype(np.float64, copy=False)
    elif kind not in "biu":
        array = _ranks(array.reshape(-1)).reshape(array.shape)
    return array if array.ndim == 2 else array[:, None]


def _ranks(entries: Array) -> NDArray[np.int64]:
    """The places of entries among the different ones, by type and text; of missing ones -1."""
    codes, different = pd.factorize(entries)
    by_text = sorted(range(len(different)), key=lambda i: _said(different[i]))
    places = np.empty(len(different) + 1, np.int64)
    places[by_text], places[-1] = np.arange(len(different)), -1
    return places[codes]


def _said(entry: Any) -> tuple[str, str]:
    return type(entry).__name__, str(entry)


def _words(parts: list[Array], rows: Any) -> Words:
    """The bits of some rows of all parts, (n, q), as words; those of equal numbers are equal."""
    return np.hstack([_bits(part[rows]) for part in parts])


def _bits(numbers: Array) -> Words:
    if numbers.dtype.kind != "f":
        return numbers.astype(np.uint64)
    numbers = numbers + 0.0  # of the two zeros one
    numbers[np.isnan(numbers)] = np.nan
    return numbers.view(np.uint64)


def _differ(parts: list[Array], one: Array, other: Array) -> NDArray[np.bool_]:
    """Whether rows differ, pair by pair."""
    return np.asarray((_words(parts, one) != _words(parts, other)).any(axis=1))


def _hashes(parts: list[Array]) -> Words:
    """A hash of 64 bits of each row."""
    rows, width = parts[0].shape[0], sum(part.shape[1] for part in parts)
    places = np.arange(1, width + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
    units = [_unit(part) for part in parts]
    hashes, step = np.empty(rows, np.uint64), max(1, BLOCK // max(1, width))
    for start in range(0, rows, step):
        block = [part[start : start + step] * unit for part, unit in zip(parts, units, strict=True)]
        hashes[start : start + step] = _mixed(_words(block, slice(None)) + places).sum(axis=1)
    return _mixed(hashes)


def _unit(numbers: Array) -> Array | int:
    """Powers of two by which columns become of size one: other units shall not change the order.

    What vanishes beside the largest of its column has the hash of 0, which only costs time.
    """
    if numbers.dtype.kind != "f" or not numbers.size:
        return 1
    largest = np.maximum(np.fmax.reduce(numbers), -np.fmin.reduce(numbers))
    exponent = np.frexp(np.where(np.isfinite(largest), largest, 1.0))[1]
    return np.ldexp(1.0, -np.clip(exponent, -1000, 1000))


def _mixed(words: Words) -> Words:
    """Words, in place, each made another one by all of its bits."""
    for shift, factor in _MIXES:
        words ^= words >> np.uint64(shift)
        words *= np.uint64(factor)
    words ^= words >> np.uint64(31)
    return words
