"""A time grid in parts of a few steps, whose parameters are interpolated as they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.sweeps import Plan
from standalone_node.model.depth import Interpolation
from standalone_node.model.nodal import Parameters
from standalone_node.model.tableaux import tableau
from standalone_node.problem.plan import reversible_plan_of

Array = NDArray[Any]

#: Bytes of parameters at the stage times of the steps that are taken at once, and their most.
AT_ONCE, MOST_STEPS = 1 << 21, 64


class Part(NamedTuple):
    """Some steps: their number in the grid, their plan, their stage times, and theta there.

    `nodes` are those of the depth grid that the stage times lie between.
    """

    steps: slice
    plan: Plan
    nodes: slice
    values: Interpolation

    def theta(self, p: Parameters, room: Array) -> Array:
        """The parameters at the stage times, (Q, P), in this room."""
        out: Array = room[: self.plan.stage.max() + 1]
        run = self.values.run
        if run is None:
            return self.values.apply(p.values[self.nodes], out)
        out[:] = p.values[self.nodes][run]
        return out

    def add_nodal(self, partials: Array, nodal: Array) -> None:
        """Add what partials at the stage times (Q, P) are at the nodes to `nodal` (K + 1, P)."""
        mine = nodal[self.nodes]
        mine += self.values.transpose(partials.astype(np.float64, copy=False), np.empty_like(mine))


def parts_of(
    times: Array, scheme: str, nodes: Array, width: int, dtype: np.dtype[Any]
) -> Iterator[Part]:
    """The parts of a reversible scheme's grid `times` (N + 1,).

    Parameters
    ----------
    times : ndarray, shape (N + 1,)
    scheme : str
    nodes : ndarray, shape (K + 1,)
        The depth grid.
    width : int
        P, the parameters of a node.
    dtype : dtype
        Of the sweeps.
    """
    steps, rows = times.size - 1, _rows_a_step(scheme)
    size = min(MOST_STEPS, max(1, AT_ONCE // (rows * width * dtype.itemsize)))
    for start in range(0, steps, size):
        part = slice(start, min(start + size, steps))
        plan, at = reversible_plan_of(times[part.start : part.stop + 1], scheme, dtype)
        first = int(np.searchsorted(nodes, at[0], side="right")) - 1
        last = int(np.searchsorted(nodes, at[-1], side="left"))
        around = slice(min(first, nodes.size - 2), max(last, first + 1) + 1)
        yield Part(part, plan, around, Interpolation(nodes[around], at))


def _rows_a_step(scheme: str) -> int:
    """Distinct stage times of a step there and back, without its end."""
    c = tableau(scheme).arrays()[2]
    return np.setdiff1d(np.round([c, 1.0 - c], 12), [1.0]).size
