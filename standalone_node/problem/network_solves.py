"""The direct problem of a network and what hangs on it: adjoint, sensitivity, cost, derivative."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.flow import Flow, Memory, Trajectory
from standalone_node.problem.line import LineModel, WithPenalty
from standalone_node.problem.misfit import Misfit
from standalone_node.problem.penalties import Penalty
from standalone_node.problem.shared import (
    Solving,
    SweepCounts,
    checked_direction,
    checked_functional,
    one_at_a_time,
)

Array = NDArray[Any]


class NetworkSolves(Solving):
    """What can be asked of a network's flow, misfit and penalty, whatever they were made from.

    The last direct solve is kept, and its memory serves the next one.
    """

    flow: Flow
    penalty: Penalty
    _misfit: Misfit
    _last: Trajectory | None
    _memory: Memory | None
    counts: SweepCounts

    def _check(self, p: Parameters) -> None:
        """ArgumentError if p does not fit; may choose the time grid, and with it the flow."""
        raise NotImplementedError

    @one_at_a_time
    def solve_direct(self, p: Parameters) -> Array:
        """The states x_n of the direct problem, (N + 1, B, d)."""
        self._check(p)
        self.counts.direct += 1
        return self.flow.states(p, self.inputs)

    @one_at_a_time
    def solve_adjoint(self, p: Parameters) -> Array:
        """The adjoint states lambda_n = dE/dx_n, (N + 1, B, d)."""
        trajectory = self._trajectory(p)
        self.counts.adjoint += 1
        states, _ = self.flow.adjoint(trajectory, self._misfit.derivative, keep=True)
        assert states is not None
        return states

    @one_at_a_time
    def pull_back(self, p: Parameters, functional: ArrayLike) -> tuple[Derivative, Array]:
        """The transpose of `solve_sensitivity` at T, applied to a functional (B, d) of x(T).

        Returns its derivative with respect to the parameters, and to the inputs (B, d).
        """
        given = checked_functional(functional, self.inputs.shape)
        self.counts.adjoint += 1
        states, derivative = self.flow.adjoint(
            self._trajectory(p), lambda final, rows: given[rows], keep=True
        )
        assert states is not None
        return derivative, states[0]

    @one_at_a_time
    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        """E(p) and its partials dE/dtheta_k.

        Raises
        ------
        ArgumentError
            If p does not fit the problem.
        """
        self._check(p)  # may choose the grid, and with it the flow
        self.counts.adjoint += 1
        if self.is_solved(p):
            trajectory = self._trajectory(p)
            _, derivative = self.flow.adjoint(trajectory, self._misfit.derivative)
        else:
            trajectory, derivative = self._solved(
                p, self.flow.direct_and_adjoint, self._misfit.derivative
            )
        if self.penalty.restrains:
            derivative = derivative + self.penalty.derivative(p)
        return self._cost(trajectory), derivative

    @property
    def recomputes(self) -> bool:
        """Whether trajectories do not fit into memory, so that cost and derivative come cheaper
        together than one after the other.
        """
        return not self.flow.keeps(self.inputs.shape)

    @one_at_a_time
    def line_model(self, p: Parameters, direction: Parameters) -> WithPenalty:
        """The cost of p + eta direction, with x(T) replaced by x(T) + eta xi(T)."""
        rows = self.line_of_rows(p, direction)
        return WithPenalty(rows, self.penalty.line(p, direction))

    @one_at_a_time
    def line_of_rows(self, p: Parameters, direction: Parameters) -> LineModel:
        """The same without the penalties on the parameters."""
        final, xi = self._final_and_sensitivity(p, checked_direction(p, direction))
        return self._misfit.line(final, xi)

    def _final_and_sensitivity(self, p: Parameters, change: Parameters) -> tuple[Array, Array]:
        """x(T) and xi(T)."""
        self._check(p)  # may choose the grid, and with it the flow
        if self.is_solved(p) or not self.recomputes:
            return self._trajectory(p).final, self._sensitivity(p, change, final=True)
        self.counts.direct += 1
        self.counts.sensitivity += 1
        return self.flow.direct_and_sensitivity(p, self.inputs, change)

    @one_at_a_time
    def gauss_newton(self, p: Parameters, direction: Parameters) -> Derivative:
        """J^T L'' J times a direction, by one sensitivity and one adjoint sweep.

        J is the derivative of x(T) with respect to the parameters, L'' the second derivative of
        the loss and of the output penalty; the other penalties enter with their second
        derivative. Symmetric and positive semidefinite, as all losses are convex. It is the
        second derivative of the cost where the loss has no slope, in particular where a squared
        loss has no residual.

        Parameters
        ----------
        p : Parameters
        direction : Parameters
            On the depth grid of p.

        References
        ----------
        Schraudolph: Fast Curvature Matrix-Vector Products for Second-Order Gradient Descent,
        Neural Computation 14 (2002): the same product for networks of finitely many layers.
        """
        trajectory, change = self._trajectory(p), checked_direction(p, direction)
        xi = self._sensitivity(p, change, final=True)
        self.counts.adjoint += 1
        _, product = self.flow.adjoint(trajectory, partial(self._misfit.change, xi))
        return product + self.penalty.second_derivative(change)

    @one_at_a_time
    def residual(self, p: Parameters) -> float:
        """The root mean square residual of an observed entry; for losses of values only."""
        return self._misfit.residual(self._trajectory(p).final)

    @one_at_a_time
    def residual_squares(self, p: Parameters) -> tuple[float, float]:
        """The weighted sum of the mean squares of the rows' residuals, and that of the weights."""
        return self._misfit.squares(self._trajectory(p).final)

    def _sensitivity(
        self,
        p: Parameters,
        change: Parameters | None,
        initial: Array | None = None,
        *,
        final: bool = False,
    ) -> Array:
        trajectory = self._trajectory(p)
        self.counts.sensitivity += 1
        return self.flow.sensitivity(trajectory, checked_direction(p, change), initial, final=final)

    def _trajectory(self, p: Parameters) -> Trajectory:
        if not self.is_solved(p):
            self._solved(p, lambda *given, old: (self.flow.direct(*given, old=old), None))
        assert self._last is not None
        return self._last

    def _solved(self, p: Parameters, solve: Callable[..., Any], *more: Any) -> Any:
        """What `solve` gives, a trajectory first; this one is kept, in the memory of the last."""
        self._check(p)
        old, self._last = self._last.memory if self._last else self._memory, None
        self._memory = None
        self.counts.direct += 1
        found = solve(p, self.inputs, *more, old=old)
        self._last = found[0]
        return found

    def _cost(self, trajectory: Trajectory) -> float:
        if not np.isfinite(trajectory.final).all():
            return float("inf")
        return self._misfit.value(trajectory.final) + self.penalty.value(trajectory.parameters)
