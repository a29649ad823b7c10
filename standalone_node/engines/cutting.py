"""Pieces cut into groups of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np


def groups_of(sizes: Sequence[float], shares: Sequence[float]) -> list[slice]:
    """Runs of neighbours, none of them empty, that weigh about what their shares are.

    Parameters
    ----------
    sizes : sequence of float
        What the pieces weigh, 0 or more.
    shares : sequence of float
        Positive; one for each group. The last ones have none if there are fewer pieces.

    Examples
    --------
    >>> groups_of([1, 1, 1, 1, 1], [1, 1])
    [slice(0, 3, None), slice(3, 5, None)]
    >>> groups_of([9, 1, 1], [1, 1]), groups_of([1], [1, 1])
    ([slice(0, 1, None), slice(1, 3, None)], [slice(0, 1, None)])
    >>> groups_of([1, 1, 1, 1], [1, 3])
    [slice(0, 1, None), slice(1, 4, None)]
    """
    weights = np.maximum(np.asarray(sizes, dtype=np.float64), 1e-300)
    pieces, count = weights.size, min(len(shares), weights.size)
    if not pieces:
        return []
    ends, parts = np.cumsum(weights), np.cumsum(shares[:count])
    wanted = ends[-1] * parts[:-1] / parts[-1]
    # A piece belongs to the group in which its middle lies.
    cuts = np.searchsorted(ends - 0.5 * weights, wanted, side="right")
    bounds = [0, *cuts.tolist(), pieces]
    for k in range(1, count):  # none is empty
        bounds[k] = min(max(bounds[k], bounds[k - 1] + 1), pieces - (count - k))
    return [slice(a, b) for a, b in pairwise(bounds)]
