"""The flow of a batch through the depth: direct, sensitivity, adjoint problem by blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.blocks import cut, default_threads, run
from standalone_node.kernels.sweeps import Plan, sweeps
from standalone_node.model.depth import interpolation
from standalone_node.model.forms import form_blocks
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.model.tableaux import tableau

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What a direct solve leaves behind for the adjoint and the sensitivity problem.

    `final` is x(T), (B, d); `features` and `slopes` hold one array (N, s, d, S) a block; `theta`
    (Q, P) are the parameters at the distinct stage times.
    """

    parameters: Parameters
    theta: Array
    features: list[Array]
    slopes: list[Array]
    final: Array


class Flow:
    """The discrete map x(0) -> x(T) of a scheme on a time grid.

    Parameters
    ----------
    times : ndarray, shape (N + 1,)
        The time grid, from 0 to the horizon, increasing; need not be uniform.
    scheme, form, activation : str
        Keys of the tables of tableaux, forms and activations.
    dtype : str
        "float64" or "float32", the precision of the states.
    threads : int, optional
        Number of threads; all processors if None. The bits do not depend on it.

    Raises
    ------
    ArgumentError
        If an argument is not one of those.
    """

    def __init__(
        self,
        times: Array,
        *,
        scheme: str = "rk4",
        form: str = "inside",
        activation: str = "tanh",
        dtype: str = "float64",
        threads: int | None = None,
    ) -> None:
        if activation not in ACTIVATIONS:
            names = ", ".join(ACTIVATIONS)
            raise ArgumentError(f"unknown activation {activation!r}: choose one of {names}")
        if str(dtype) not in ("float64", "float32"):
            raise ArgumentError(f"dtype has to be 'float64' or 'float32', not {dtype!r}")
        if threads is not None and (not isinstance(threads, int | np.integer) or threads < 1):
            raise ArgumentError(f"threads = {threads!r} has to be a whole number of at least 1")
        form_blocks(form, 1)
        self.times, self.form, self.activation = times, form, activation
        self.dtype = np.dtype(dtype)
        self.threads = threads or default_threads()
        self._sweeps = sweeps(form, activation)
        self._plan, self._stage_times = _plan(times, scheme, self.dtype)
        self._grid: Array | None = None
        self._matrix = scipy.sparse.csr_array((0, 0))

    def _interpolation(self, nodes: Array) -> scipy.sparse.csr_array:
        """The hat functions of a depth grid at the stage times; the last one is kept."""
        known = self._grid is not None and np.array_equal(self._grid, nodes)
        if not known:
            self._matrix = interpolation(nodes, self._stage_times)
        self._grid = nodes
        return self._matrix

    @property
    def resting_slope(self) -> float:
        """sigma(0), the velocity of a network of zero weights."""
        zero, value, slope = np.zeros((3, 1))
        ACTIVATIONS[self.activation](zero, value, slope)
        return float(value[0])

    def stage_values(self, p: Parameters) -> Array:
        """theta at the distinct stage times, (Q, P), contiguous."""
        return np.ascontiguousarray(self._interpolation(p.times) @ p.values, dtype=self.dtype)

    def _blocked(self, batch: Array) -> list[Array]:
        """A batch (B, d) as blocks (d, S)."""
        return [np.ascontiguousarray(batch[b].T, dtype=self.dtype) for b in cut(batch.shape[0])]

    def direct(self, p: Parameters, inputs: Array) -> Trajectory:
        """Solve the direct problem from `inputs` (B, d), keeping what the other two need."""
        theta, (steps, stages) = self.stage_values(p), self._plan.stage.shape

        def work(block: Array) -> tuple[Array, Array, Array]:
            features = np.empty((steps, stages, *block.shape), self.dtype)
            slopes = np.empty_like(features)
            states = block[None].copy()
            self._sweeps.direct(self._plan, theta, states, features, slopes)
            return states[0].T, features, slopes

        finals, features, slopes = zip(*run(work, self._blocked(inputs), self.threads), strict=True)
        return Trajectory(p, theta, list(features), list(slopes), np.concatenate(finals))

    def states(self, p: Parameters, inputs: Array, *, final: bool = False) -> Array:
        """The states (N + 1, B, d) of the direct problem, or x(T) (B, d) alone."""
        theta, stages = self.stage_values(p), self._plan.b.size
        rows = 1 if final else self.times.size

        def work(block: Array) -> Array:
            scratch = np.empty((2, 1, stages, *block.shape), self.dtype)
            states = np.empty((rows, *block.shape), self.dtype)
            states[0] = block
            self._sweeps.direct(self._plan, theta, states, scratch[0], scratch[1])
            return states.transpose(0, 2, 1)

        found = np.concatenate(list(run(work, self._blocked(inputs), self.threads)), axis=1)
        return found[0] if final else found

    def sensitivity(
        self, trajectory: Trajectory, direction: Parameters, initial: Array, *, final: bool = False
    ) -> Array:
        """xi (N + 1, B, d) along a direction and a change (B, d) of the inputs, or xi(T) alone."""
        tangent = self.stage_values(direction)
        rows = 1 if final else self.times.size

        def work(item: tuple[Array, Array, Array]) -> Array:
            start, features, slopes = item
            xi = np.empty((rows, *start.shape), self.dtype)
            xi[0] = start
            theta = trajectory.theta
            self._sweeps.sensitivity(self._plan, theta, tangent, features, slopes, xi)
            return xi.transpose(0, 2, 1)

        items = list(
            zip(self._blocked(initial), trajectory.features, trajectory.slopes, strict=True)
        )
        found = np.concatenate(list(run(work, items, self.threads)), axis=1)
        return found[0] if final else found

    def adjoint(
        self, trajectory: Trajectory, terminal: Array, *, keep: bool = False
    ) -> tuple[Array | None, Derivative]:
        """Solve the adjoint problem from dE/dx(T), `terminal` (B, d).

        Returns the adjoint states (N + 1, B, d), None unless `keep`, and the derivative of the
        cost with respect to the nodal parameters.
        """
        theta, rows = trajectory.theta, self.times.size if keep else 1

        def work(item: tuple[Array, Array, Array]) -> tuple[Array, Array]:
            end, features, slopes = item
            adjoint = np.empty((rows, *end.shape), self.dtype)
            adjoint[-1] = end
            partials = np.zeros_like(theta)
            self._sweeps.adjoint(self._plan, theta, features, slopes, adjoint, partials)
            return adjoint.transpose(0, 2, 1), partials

        items = list(
            zip(self._blocked(terminal), trajectory.features, trajectory.slopes, strict=True)
        )
        total, kept = np.zeros(theta.shape), []
        for states, partials in run(work, items, self.threads):
            total += partials  # in block order, whichever thread was first
            if keep:
                kept.append(states)
        p = trajectory.parameters
        nodal = self._interpolation(p.times).T @ total
        derivative = Derivative.from_values(p.times, nodal, p.blocks)
        return (np.concatenate(kept, axis=1) if keep else None), derivative


def _plan(times: Array, scheme: str, dtype: np.dtype[Any]) -> tuple[Plan, Array]:
    """The plan of the sweeps, and the distinct stage times (Q,)."""
    a, b, c = tableau(scheme).arrays()
    h = np.diff(times)
    at = times[:-1, None] + c[None, :] * h[:, None]
    # t_n + h_n may differ from t_{n+1} by a rounding error, and the two are one stage time.
    at[:, c == 1.0] = times[1:, None]
    distinct, index = np.unique(at, return_inverse=True)
    stage = np.ascontiguousarray(index.reshape(at.shape), dtype=np.int64)
    return Plan(a.astype(dtype), b.astype(dtype), h.astype(dtype), stage), distinct
