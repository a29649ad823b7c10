"""What a network's problem offers to whoever describes it, or measures how exact a solution is."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.model.nodal import Blocks, Parameters
from standalone_node.problem.description import depth_words, network_words, penalty_words
from standalone_node.problem.excerpt import MOST_ROWS, Excerpt, evenly, halved_grid
from standalone_node.problem.grids import GridChange
from standalone_node.problem.shared import one_at_a_time
from standalone_node.problem.start import smooth_start
from standalone_node.problem.time_grid import OnAGrid

Array = NDArray[Any]


class MeasuredNetwork(OnAGrid):
    """A problem that says what it is, and gives some of its rows to measure on."""

    blocks: Blocks
    loss: str
    targets: Array
    outputs: int
    sample_weight: Array

    def described(self) -> tuple[tuple[str, str], ...]:
        """What the problem is: names, and what is said of them."""
        settings = self.settings
        seen = "component" if self.outputs == 1 else f"{self.outputs} components"
        weighted = (self.sample_weight != 1.0).any()
        return (
            ("right-hand side", network_words(settings["form"], self.flow.activation, self.width)),
            ("depth", depth_words(self.times.size - 1, settings)),
            ("rows", f"{self.samples:,}{', weighted' if weighted else ''}"),
            ("loss", f"{self.loss}, of the first {seen} of x(T)"),
            ("penalty", penalty_words(self.penalty)),
            ("precision", str(self.flow.dtype)),
        )

    @one_at_a_time
    def excerpt(self, most: int = MOST_ROWS) -> Excerpt:
        """At most so many rows, evenly chosen of those that count; the problem is not changed.

        The cost of all rows that count is that of the problem: what is left of the weights is
        multiplied by their share of the rows, so that the balance with the penalties stays. Rows
        without a weight count where x(T) is penalised, unless there are more than are taken.

        They are copied, so that they hold nothing of the problem in memory but the settings.
        """
        weighing = np.flatnonzero(self.sample_weight > 0.0)
        all_count = self.penalty.output > 0.0 and self.samples <= most
        some = weighing if weighing.size and not all_count else np.arange(self.samples)
        chosen = some[evenly(some.size, most)]
        share = some.size / self.samples
        rows = {
            "inputs": self.inputs[chosen],
            "targets": self.targets[chosen],
            "outputs": self.outputs,
            "sample_weight": self.sample_weight[chosen] * share if weighing.size else None,
        }
        settings = {**self.settings, **rows}
        make = partial(rebuilt, type(self), settings, self.times, list(self.grids))
        return Excerpt(make, some.size, self.samples)

    @one_at_a_time
    def observed_outputs(self, p: Parameters) -> Array:
        """The components of x(T) that the loss sees, (B, m)."""
        final: Array = self._trajectory(p).final
        return final[:, : self.outputs].astype(np.float64)

    def smooth_direction(self, p: Parameters, seed: int) -> Parameters:
        """A smooth random change of p, on its grid, of the size of a start."""
        return smooth_start(p.times, self.blocks, 1.0 / np.sqrt(self.width), seed)

    def halved(self) -> Any:
        """The same problem with every time step cut in two, on a grid that stays as it is."""
        return self._on(halved_grid(self.times))

    def doubled(self) -> Any:
        """The same problem in double precision, on the same grid, which stays as it is."""
        return self._on(self.times, dtype="float64")

    def _on(self, times: Array, **changes: Any) -> Any:
        """This problem, of its own class, on a grid that stays as it is."""
        fixed = {"rtol": None, "atol": None, "depth_points": self.depth_times.size}
        made = type(self)(**{**self.settings, **fixed, **changes})
        made.use_grid(times)
        return made


def rebuilt(kind: Any, settings: dict[str, Any], times: Array, grids: list[GridChange]) -> Any:
    """A problem of that kind, on the grid that one with these settings had."""
    problem = kind(**settings)
    if grids:
        problem.use_grid(times)
        problem.grids = list(grids)
    return problem
