"""A scheme on a time grid: its steps, and the distinct times at which it evaluates f."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.tableaux import tableau

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class StageGrid:
    """The coefficients of a scheme, the steps of a grid, and where its stages stand.

    Attributes
    ----------
    times : ndarray, shape (N + 1,)
    a, b, c : ndarray, shapes (s, s), (s,), (s,)
        Of the stages that are used.
    steps : ndarray, shape (N,)
        h_n.
    at : ndarray, shape (Q,)
        The distinct stage times, increasing.
    stage : ndarray of int64, shape (N, s)
        ``at[stage[n, i]]`` is t_n + c_i h_n.
    """

    times: Array
    a: Array
    b: Array
    c: Array
    steps: Array
    at: Array
    stage: Array

    @classmethod
    def of(cls, times: Array, scheme: str) -> StageGrid:
        """That scheme on the grid `times` (N + 1,); ArgumentError if there is no such scheme.

        Examples
        --------
        >>> StageGrid.of(np.array([0.0, 1.0, 2.0]), "midpoint").at
        array([0. , 0.5, 1. , 1.5])
        """
        a, b, c = tableau(scheme).arrays()
        h = np.diff(times)
        at = times[:-1, None] + c[None, :] * h[:, None]
        # t_n + h_n may differ from t_{n+1} by a rounding error, and the two are one stage time.
        at[:, c == 1.0] = times[1:, None]
        distinct, index = np.unique(at, return_inverse=True)
        return cls(times, a, b, c, h, distinct, index.reshape(at.shape).astype(np.int64))
