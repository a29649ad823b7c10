"""The time grid of a problem: frozen, unless a tolerance says that another one may be better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from standalone_node.model.nodal import Parameters
from standalone_node.problem.flow import Flow, Trajectory
from standalone_node.problem.grids import GridChange, plain_grids, recalled_grids, reconsider
from standalone_node.problem.network_solves import NetworkSolves
from standalone_node.problem.shared import one_at_a_time

Array = NDArray[Any]


class OnAGrid(NetworkSolves):
    """What belongs to the time grid: choosing it anew, remembering it, going back to one."""

    depth_times: Array
    tolerance: Any
    grids: list[GridChange]
    settings: dict[str, Any]

    def _afford(self, steps: int, points: int) -> None:
        """Refuse what does not fit into the memory."""
        raise NotImplementedError

    def _flow(self, times: Array) -> Flow:
        """The flow on this time grid."""
        raise NotImplementedError

    @one_at_a_time
    def regrid(self, p: Parameters) -> bool:
        """Choose the time grid anew for p, if that is worth it; whether it has changed.

        A problem without tolerance has a fixed grid. Otherwise the grid is kept as long as the
        largest error of its steps under p is within the tolerance and not much smaller. A new one
        is taken if the cost of p does not rise by that, or if the old one's error is ten times what
        is tolerated; then cost, derivative and sensitivity are those on the new grid. What was
        decided is the last entry of `grids`. A method that compares costs calls this between two
        lines only, as conjugate gradients do where they restart.
        """
        if self.tolerance is None:
            return False
        fresh = not self.grids
        self._check(p)
        return fresh or reconsider(self, p)

    def remembered(self) -> dict[str, Any] | None:
        """The time grid as plain values, for a run that goes on later; None if it is fixed."""
        return None if self.tolerance is None else plain_grids(self.times, self.grids)

    @one_at_a_time
    def recall(self, memory: Mapping[str, Any]) -> None:
        """Solve on the grid that `remembered` gave, with what became of those before."""
        times, grids = recalled_grids(memory)
        self.use_grid(times)
        self.grids = grids

    def use_grid(self, times: Array) -> tuple[Flow, Array, Trajectory | None]:
        """Solve on this time grid from now on; what `restore` needs to go back."""
        self._afford(times.size - 1, self.depth_times.size)
        before = self.flow, self.times, self._last
        self.flow, self.times, self._last = self._flow(times), times, None
        self._memory = None  # of other shapes
        return before

    def restore(self, before: tuple[Flow, Array, Trajectory | None]) -> None:
        """Go back to the grid before."""
        self.flow, self.times, self._last = before
