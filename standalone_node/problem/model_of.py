"""A problem whose rows are elsewhere: all that does not depend on them is that of a model."""

from __future__ import annotations

from threading import RLock
from typing import Any

from numpy.typing import NDArray

from standalone_node.memory import Need
from standalone_node.model.nodal import Blocks, Parameters
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.needs import Size, network_needs
from standalone_node.problem.shared import SweepCounts

Array = NDArray[Any]


class OfModel:
    """What a model with the settings and other rows says of a problem."""

    _model: InverseProblem
    counts: SweepCounts

    def _set_model(self, model: InverseProblem) -> None:
        self._model = model
        self.counts = SweepCounts()
        self._solved_at: Parameters | None = None
        self._lock = RLock()

    @property
    def blocks(self) -> Blocks:
        """Names and shapes of the parameters."""
        return self._model.blocks

    @property
    def width(self) -> int:
        """d."""
        return self._model.width

    @property
    def horizon(self) -> float:
        """T."""
        return self._model.horizon

    @property
    def times(self) -> Array:
        """The time grid (N + 1,)."""
        return self._model.times

    @property
    def depth_times(self) -> Array:
        """The depth grid of `initial_parameters`."""
        return self._model.depth_times

    @property
    def stage_count(self) -> int:
        """How often a sweep evaluates f for a sample."""
        return self._model.stage_count

    @property
    def penalty(self) -> Any:
        """The penalties."""
        return self._model.penalty

    def initial_parameters(self, seed: int = 0, scale: float | None = None) -> Parameters:
        """A smooth random start, that of `InverseProblem.initial_parameters`."""
        return self._model.initial_parameters(seed, scale)

    def _settings(self) -> dict[str, Any]:
        """The settings of the model that tell its problem from another one: not the rows."""
        left_out = ("inputs", "targets", "sample_weight", "threads", "memory_limit")
        given = self._model.settings.items()
        return {name: value for name, value in given if name not in left_out}

    def _needs_of(self, rows: int) -> list[Need]:
        """What so many rows at a time take of the memory for cost and derivative."""
        size = Size(self.times.size - 1, self.depth_times.size, rows, self.width)
        return network_needs(size, self._model.settings)

    def _described(self, rows: str) -> tuple[tuple[str, str], ...]:
        """What the problem is, as `InverseProblem.described`, with these words for the rows."""
        told = self._model.described()
        return tuple((name, rows if name == "rows" else words) for name, words in told)

    def _count(self, p: Parameters, adjoint: int = 0, sensitivity: int = 0) -> None:
        """Count sweeps over all rows; a direct one that is done again does not count."""
        self.counts.direct += self._solved_at is not p
        self.counts.adjoint += adjoint
        self.counts.sensitivity += sensitivity
        self._solved_at = p
