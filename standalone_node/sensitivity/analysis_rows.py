"""Rows in chunks while there is time, and their results put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.sensitivity.study import Study

Array = NDArray[Any]
#: Rows that are asked about at once: between two chunks the clock is looked at.
CHUNK = 125
#: What is told along the depth, (N + 1, B): its rows are in the second place.
ALONG_DEPTH = ("growth",)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two results on the same rows."""

    first: Any
    second: Any


def in_chunks(
    study: Study, ask: Callable[[Array], Any], tell: Callable[[int], Any], most: int | None = None
) -> tuple[Array, Any]:
    """Ask about all rows, some at a time, until the time is over.

    The rows come in a random order, so that those that are left out are missing at random.

    Parameters
    ----------
    study : Study
    ask : callable
        From row numbers to a result.
    tell : callable
        Told how many rows are done.
    most : int, optional
        Rows at the most.

    Returns
    -------
    index : ndarray of int
        The rows that were asked about, increasing: at least one chunk.
    found : result
        With an entry for each of these rows.
    """
    order = np.random.default_rng(study.seed).permutation(len(study))[:most]
    found: list[Any] = []
    counts: list[int] = []
    while sum(counts) < order.size and not (found and study.clock.expired):
        chunk = order[sum(counts) :][:CHUNK]
        found.append(ask(chunk))
        counts.append(chunk.size)
        tell(sum(counts))
    done = sum(counts)
    places = np.argsort(order[:done])
    return order[:done][places], picked(joined(found, counts), places, done)


def joined(results: Sequence[Any], counts: Sequence[int]) -> Any:
    """One result of the kind of several: arrays with an entry a row are put together.

    `counts` are the numbers of their rows.
    """
    first = results[0]
    if isinstance(first, Pair):
        return Pair(
            joined([r.first for r in results], counts), joined([r.second for r in results], counts)
        )
    merged = {
        name: np.concatenate([getattr(result, name) for result in results], axis=axis)
        for name, axis in _by_row(first, counts[0])
    }
    return replace(first, **merged)


def picked(result: Any, index: Array, count: int) -> Any:
    """The result for some of its `count` rows, in the order of `index`."""
    if isinstance(result, Pair):
        return Pair(picked(result.first, index, count), picked(result.second, index, count))
    taken = {
        name: getattr(result, name).take(index, axis=axis) for name, axis in _by_row(result, count)
    }
    return replace(result, **taken)


def _by_row(result: Any, count: int) -> Iterator[tuple[str, int]]:
    """The arrays of a result with an entry a row, and the axis of the rows."""
    for field in fields(result):
        value, axis = getattr(result, field.name), 1 if field.name in ALONG_DEPTH else 0
        if isinstance(value, np.ndarray) and value.shape[axis : axis + 1] == (count,):
            yield field.name, axis
