"""What the sweeps have to know of a scheme on a time grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.sweeps import Plan
from standalone_node.model.stage_grid import StageGrid

Array = NDArray[Any]


def plan_of(times: Array, scheme: str, dtype: np.dtype[Any]) -> tuple[Plan, Array]:
    """The plan of the sweeps, and the distinct stage times (Q,)."""
    grid = StageGrid.of(times, scheme)
    stage = np.ascontiguousarray(grid.stage)

    def real(array: Array) -> Array:
        return np.ascontiguousarray(array, dtype=dtype)

    backwards = stage[::-1, ::-1].ravel()
    first = np.zeros(stage.size, dtype=np.bool_)
    first[np.unique(backwards, return_index=True)[1]] = True
    first = np.ascontiguousarray(first.reshape(stage.shape)[::-1, ::-1])
    a, b, h = real(grid.a), real(grid.b), real(grid.steps)
    return Plan(a, real(grid.a.T), b, real(np.ones_like(b)), h, stage, first), grid.at
