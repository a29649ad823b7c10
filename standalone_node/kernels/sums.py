"""Sums over long vectors, by the thread that asks for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
    return float(np.einsum("i,i->", u.reshape(-1), v.reshape(-1)))
