"""What the sweeps have to know of a scheme on a time grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.sweeps import Plan
from standalone_node.model.tableaux import tableau

Array = NDArray[Any]


def plan_of(times: Array, scheme: str, dtype: np.dtype[Any]) -> tuple[Plan, Array]:
    """The plan of the sweeps, and the distinct stage times (Q,)."""
    a, b, c = tableau(scheme).arrays()
    h = np.diff(times)
    at = times[:-1, None] + c[None, :] * h[:, None]
    # t_n + h_n may differ from t_{n+1} by a rounding error, and the two are one stage time.
    at[:, c == 1.0] = times[1:, None]
    distinct, index = np.unique(at, return_inverse=True)
    stage = np.ascontiguousarray(index.reshape(at.shape), dtype=np.int64)

    def real(array: Array) -> Array:
        return np.ascontiguousarray(array, dtype=dtype)

    backwards = stage[::-1, ::-1].ravel()
    first = np.zeros(stage.size, dtype=np.bool_)
    first[np.unique(backwards, return_index=True)[1]] = True
    first = np.ascontiguousarray(first.reshape(stage.shape)[::-1, ::-1])
    plan = Plan(real(a), real(a.T), real(b), real(np.ones_like(b)), real(h), stage, first)
    return plan, distinct
