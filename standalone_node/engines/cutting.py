"""Pieces cut into groups of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np


def groups_of(sizes: Sequence[float], count: int) -> list[slice]:
    """At most `count` runs of neighbours that weigh about the same, none of them empty.

    Parameters
    ----------
    sizes : sequence of float
        What the pieces weigh, 0 or more.
    count : int
        1 or more.

    Examples
    --------
    >>> groups_of([1, 1, 1, 1, 1], 2)
    [slice(0, 3, None), slice(3, 5, None)]
    >>> groups_of([9, 1, 1], 2), groups_of([1], 4)
    ([slice(0, 1, None), slice(1, 3, None)], [slice(0, 1, None)])
    """
    weights = np.maximum(np.asarray(sizes, dtype=np.float64), 1e-300)
    pieces, count = weights.size, min(count, weights.size)
    ends = np.cumsum(weights)
    wanted = ends[-1] * np.arange(1, count) / max(1, count)
    # A piece belongs to the group in which its middle lies.
    cuts = np.searchsorted(ends - 0.5 * weights, wanted, side="right")
    bounds = [0, *cuts.tolist(), pieces]
    for k in range(1, count):  # none is empty
        bounds[k] = min(max(bounds[k], bounds[k - 1] + 1), pieces - (count - k))
    return [slice(a, b) for a, b in pairwise(bounds)]
