"""Some of the rows, where all of them would take too long."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.problem.arguments import whole_number

Array = NDArray[Any]


def drawn(total: int, most: int, seed: int, name: str = "most_rows") -> Array:
    """At most so many of the row numbers 0 … total - 1, drawn at random and in their order.

    Parameters
    ----------
    total : int
    most : int
    seed : int
    name : str
        What an error calls `most`.

    Raises
    ------
    ArgumentError
        If `most` is no whole number of at least 1.

    Examples
    --------
    >>> drawn(3, 5, seed=0), drawn(100, 2, seed=0).size
    (array([0, 1, 2]), 2)
    """
    if total <= whole_number(name, most, 1):
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).choice(total, most, replace=False))
