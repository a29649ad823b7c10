"""One block's way through the depth: kept in memory, or computed again a segment at a time.

The adjoint and the sensitivity problem need what the direct problem left behind at every stage.
Where this does not fit into memory, the states at which segments begin are kept instead, and each
segment is computed again when it is needed: by the same kernel, hence with the same bits.

References
----------
A. Griewank and A. Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, chapter 12 (checkpoints).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.blocks import Workspace
from standalone_node.kernels.stages import Heights
from standalone_node.kernels.sweeps import WORK, Plan, Sweeps

Array = NDArray[Any]


class Stages(NamedTuple):
    """What the direct problem leaves behind of some steps: two arrays (steps, s, rows, S)."""

    features: Array
    slopes: Array


class Passage:
    """The three problems of one block (d, S) under given parameters.

    Parameters
    ----------
    sweeps : Sweeps
    plan : Plan
    theta : ndarray, shape (Q, P)
        The parameters at the distinct stage times.
    shape : (d, S)
    heights : Heights
        The rows of the arrays of the form.
    kept : Stages or None
        Where the stages of all steps are kept, if they are.
    segment : int
        Steps of a segment, if they are not.
    memory : Workspace
        Holds everything else; the passage ends when it is used for another one.

    Attributes
    ----------
    state : ndarray, shape (1, d, S)
        To be filled with the initial state; x(T) after `direct`.
    other : ndarray, shape (1, d, S)
        Room for an adjoint state or a sensitivity.
    """

    def __init__(
        self,
        sweeps: Sweeps,
        plan: Plan,
        theta: Array,
        shape: tuple[int, int],
        heights: Heights,
        kept: Stages | None,
        segment: int,
        memory: Workspace,
    ) -> None:
        self._sweeps, self._plan, self._theta, self._kept = sweeps, plan, theta, kept
        steps, stages = plan.stage.shape
        length = steps if kept else segment
        self._segments = [slice(n, min(n + length, steps)) for n in range(0, steps, length)]
        rows = 0 if kept else length
        samples = shape[1]
        self.state, self.other, scratch, work, features, slopes, self._starts = memory.arrays(
            theta.dtype,
            (1, *shape),
            (1, *shape),
            (stages + WORK, *shape),
            (heights.work, samples),
            (rows, stages, heights.feature, samples),
            (rows, stages, heights.slope, samples),
            (0 if kept else len(self._segments), *shape),
        )
        self._scratch = scratch, work
        self._room = Stages(features, slopes)

    def every(self, rows: int) -> Array:
        """Room for an adjoint state or a sensitivity at all times, (N + 1, d, S)."""
        return np.empty((rows, *self.state.shape[1:]), self.state.dtype)

    def direct(self) -> None:
        """Carry `state` from 0 to the horizon."""
        for j, part in enumerate(self._segments):
            if self._kept is None:
                self._starts[j] = self.state[0]
            self._forward(part)

    def adjoint(self, adjoint: Array, partials: Array) -> None:
        """Carry the adjoint state back from dE/dx(T), which is in the last row of `adjoint`.

        Parameters
        ----------
        adjoint : ndarray, shape (N + 1, d, S) or (1, d, S)
            Filled with dE/dx_n, or left with dE/dx_0 alone.
        partials : ndarray, shape (Q, P)
            Filled with the partials with respect to theta.

        Notes
        -----
        Comes after `direct`; if the stages are kept, not necessarily in the same passage.
        """
        last = len(self._segments) - 1
        for j in range(last, -1, -1):
            part = self._segments[j]
            if self._kept is None and j < last:  # of the last one the stages are still there
                self.state[0] = self._starts[j]
                self._forward(part)
            plan, stages = self._steps(part), self._stages(part)
            rows = rows_of(adjoint, part)
            self._sweeps.adjoint(plan, self._theta, *stages, rows, partials, *self._scratch)

    def sensitivity(self, tangent: Array, xi: Array) -> None:
        """Carry the tangent along, from the change of the initial state in the first row of `xi`.

        Parameters
        ----------
        tangent : ndarray, shape (Q, P)
            The change of theta.
        xi : ndarray, shape (N + 1, d, S) or (1, d, S)

        Notes
        -----
        Unless the stages are kept, `state` has to hold the initial state, and is carried along.
        """
        for part in self._segments:
            if self._kept is None:
                self._forward(part)
            plan, stages, rows = self._steps(part), self._stages(part), rows_of(xi, part)
            self._sweeps.sensitivity(plan, self._theta, tangent, *stages, rows, *self._scratch)

    def _forward(self, part: slice) -> None:
        plan, stages = self._steps(part), self._stages(part)
        self._sweeps.direct(plan, self._theta, self.state, *stages, *self._scratch)

    def _steps(self, part: slice) -> Plan:
        plan = self._plan
        if len(self._segments) == 1:
            return plan
        return plan._replace(h=plan.h[part], stage=plan.stage[part], first=plan.first[part])

    def _stages(self, part: slice) -> Stages:
        return self._kept or Stages(*(array[: part.stop - part.start] for array in self._room))


def rows_of(states: Array, part: slice) -> Array:
    """The rows at both ends of some steps and within, of an array with all rows or with one."""
    return states if states.shape[0] == 1 else states[part.start : part.stop + 1]
