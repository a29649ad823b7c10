"""Rows that are fetched from a source to measure a solution on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.problem.excerpt import Excerpt, evenly

Array = NDArray[Any]


def fetched(source: Any, model: Any, chunk: int, most: int) -> Excerpt:
    """At most so many rows of the source, evenly chosen of those with a weight.

    Parameters
    ----------
    source : Source
    model : InverseProblem
        Whose settings the rows get.
    chunk : int
        Rows that are in memory at a time.
    most : int
    """
    index = evenly(source.samples, most)
    inputs, targets, weights = source.take(index)
    counting = source.samples
    if index.size < counting and weights is not None:
        weighing = np.flatnonzero(np.concatenate(list(_weighing(source, chunk))))
        if weighing.size:
            counting = weighing.size
            inputs, targets, weights = source.take(weighing[evenly(counting, most)])
            # As in an excerpt of rows in memory: the balance with the penalties stays.
            weights = weights * (counting / source.samples)
    found: Excerpt = model.with_rows(inputs, targets, weights).excerpt(most)
    if index.size == source.samples:
        counting = found.counting
    return replace(found, counting=counting, of_rows=source.samples)


def _weighing(source: Any, chunk: int) -> Iterator[Array]:
    """Which rows have a weight, chunk by chunk."""
    for first in range(0, source.samples, chunk):
        index = np.arange(first, min(first + chunk, source.samples))
        yield source.take(index)[2] > 0.0
