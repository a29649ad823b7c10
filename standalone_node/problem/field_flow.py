"""The flow of a batch under a user's field: the generic sweeps between nodal values and states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model import sweeps
from standalone_node.model.depth import Interpolation, interpolation
from standalone_node.model.field import FlatField
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.model.stage_grid import StageGrid
from standalone_node.problem.arguments import read_horizon, whole_number

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class FieldTrajectory:
    """A direct solve: whose parameters, those at the stage times (Q, P), and what it left."""

    parameters: Parameters
    theta: Array
    solution: sweeps.Solution

    @property
    def states(self) -> Array:
        """x_n, (N + 1, B, d)."""
        return self.solution.states

    @property
    def final(self) -> Array:
        """x(T), (B, d)."""
        return self.solution.states[-1]


class FieldFlow:
    """The discrete map from parameters and x(0) to the states, its tangent and its transpose.

    Parameters
    ----------
    field : Field
        As `standalone_node.model.field.field_blocks` asks for.
    times : ndarray, shape (N + 1,)
    scheme : str
    """

    def __init__(self, field: Any, times: Array, scheme: str) -> None:
        self._field, self._grid = FlatField(field), StageGrid.of(times, scheme)
        self._hats: Interpolation | None = None

    def direct(self, p: Parameters, initial: Array) -> FieldTrajectory:
        """Solve the direct problem; where the state overflows, it is not finite."""
        theta = self._at_stages(p)
        with np.errstate(all="ignore"):
            return FieldTrajectory(p, theta, sweeps.direct(self._field, self._grid, theta, initial))

    def sensitivity(
        self, trajectory: FieldTrajectory, change: Parameters, initial: Array | None
    ) -> Array:
        """xi_n, (N + 1, B, d), for changes of the parameters and of x(0)."""
        solution, tangent = trajectory.solution, self._at_stages(change)
        start = np.zeros_like(solution.states[0]) if initial is None else initial
        with np.errstate(all="ignore"):
            return sweeps.sensitivity(
                self._field, self._grid, trajectory.theta, solution, tangent, start
            )

    def adjoint(self, trajectory: FieldTrajectory, sources: Array) -> tuple[Array, Derivative]:
        """lambda_n, (N + 1, B, d), and the partials at the nodes, from dE/dx_n (N + 1, B, d)."""
        p = trajectory.parameters
        with np.errstate(all="ignore"):
            states, partials = sweeps.adjoint(
                self._field, self._grid, trajectory.theta, trajectory.solution, sources
            )
        nodal = self._interpolation(p).transpose(partials, np.empty_like(p.values))
        return states, Derivative.from_values(p.times, nodal, p.blocks)

    def halfway(self, trajectory: FieldTrajectory) -> tuple[float, Array, Array]:
        """t, x (B, d) and p (P,) of a step in the middle of a trajectory."""
        n = self._grid.steps.size // 2
        q = self._grid.stage[n, 0]
        return float(self._grid.at[q]), trajectory.solution.stages[n, 0], trajectory.theta[q]

    def velocity_jacobians(self, p: Parameters, t: float, states: Array) -> Array:
        """f_x at time t and states (B, d), (B, d, d), a column a call of the field's jvp."""
        theta = (interpolation(p.times, [t]) @ p.values)[0]
        theta.setflags(write=False)
        zero, found = np.zeros_like(theta), np.empty((*states.shape, states.shape[1]))
        for j, unit in enumerate(np.eye(states.shape[1])):
            along = np.broadcast_to(unit, states.shape)
            found[:, :, j] = self._field.jvp(t, states, theta, along, zero)
        return found

    def _interpolation(self, p: Parameters) -> Interpolation:
        """The hat functions of the depth grid of p at the stage times; the last one is kept."""
        if self._hats is None or not self._hats.is_on(p.times):
            self._hats = Interpolation(p.times, self._grid.at)
        return self._hats

    def _at_stages(self, p: Parameters) -> Array:
        """The parameters at the distinct stage times, (Q, P), for users to read only."""
        out = np.empty((self._grid.at.size, p.values.shape[1]))
        values = self._interpolation(p).apply(p.values, out)
        values.setflags(write=False)
        return values


def observed_grid(observed: Array, horizon: float | None, steps: int) -> Array:
    """The time grid of observations: 0, their times, the horizon, and equal steps between.

    No step is longer than horizon / steps; the horizon is the last observation if not given.

    Examples
    --------
    >>> observed_grid(np.array([0.5, 0.75]), 1.0, 4)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    end = read_horizon(observed[-1] if horizon is None else horizon)
    if observed[-1] > end:
        raise ArgumentError(
            f"something is observed at {observed[-1]:g}, after the horizon {end:g}: give a "
            "larger horizon, or none"
        )
    longest = end / whole_number("steps", steps, 1)
    ends = np.unique(np.concatenate([[0.0], observed, [end]]))
    # An interval that is a whole number of steps but for rounding takes no step more.
    counts = np.maximum(1, np.ceil(np.diff(ends) / longest * (1.0 - 1e-12))).astype(int)
    parts = [
        np.linspace(a, b, n + 1)[:-1] for a, b, n in zip(ends[:-1], ends[1:], counts, strict=True)
    ]
    return np.concatenate([*parts, ends[-1:]])
