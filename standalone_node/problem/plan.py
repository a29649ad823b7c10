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
    return _plan(grid, grid.steps, grid.stage, dtype), grid.at


def reversible_plan_of(times: Array, scheme: str, dtype: np.dtype[Any]) -> tuple[Plan, Array]:
    """The same for a reversible scheme: each step is followed by the same step backwards."""
    grid = StageGrid.of(times, scheme)
    back = times[:-1, None] + (1.0 - grid.c)[None, :] * grid.steps[:, None]
    back[:, grid.c == 0.0] = times[1:, None]
    both = np.stack([grid.at[grid.stage], back], axis=1).reshape(-1, grid.c.size)
    at, index = np.unique(both, return_inverse=True)
    steps = np.column_stack([grid.steps, -grid.steps]).ravel()
    return _plan(grid, steps, index.reshape(both.shape), dtype), at


def _plan(grid: StageGrid, steps: Array, stages: Array, dtype: np.dtype[Any]) -> Plan:
    stage = np.ascontiguousarray(stages, dtype=np.int64)

    def real(array: Array) -> Array:
        return np.ascontiguousarray(array, dtype=dtype)

    backwards = stage[::-1, ::-1].ravel()
    first = np.zeros(stage.size, dtype=np.bool_)
    first[np.unique(backwards, return_index=True)[1]] = True
    first = np.ascontiguousarray(first.reshape(stage.shape)[::-1, ::-1])
    b = real(grid.b)
    return Plan(real(grid.a), real(grid.a.T), b, real(np.ones_like(b)), real(steps), stage, first)
