"""The flow of a batch through the depth: direct, sensitivity, adjoint problem by blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.blocks import (
    Pool,
    Workspace,
    aligned_empty,
    cut,
    padded,
    to_block,
)
from standalone_node.kernels.jit import PRECISIONS
from standalone_node.kernels.stages import FORMS, Heights
from standalone_node.kernels.sweeps import WORK, Plan, sweeps
from standalone_node.kernels.views import writable
from standalone_node.kernels.workers import Workers, default_threads, ignore
from standalone_node.model.depth import Interpolation
from standalone_node.model.forms import inner_width
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.memory import Budget, budget, bytes_of
from standalone_node.problem.needs import require_states
from standalone_node.problem.partials import Partials
from standalone_node.problem.passage import Passage, Stages
from standalone_node.problem.plan import plan_of

Array = NDArray[Any]
#: As many processors as no machine that this is made for has; the system has a limit, too.
MOST_THREADS = 1024
#: dE/dx(T) of some rows of the batch (a slice), given their x(T).
Terminal = Callable[[Array, slice], Array]


class Memory(NamedTuple):
    """The parts of a trajectory whose memory the next one of the same batch may use."""

    theta: Array
    kept: list[Stages]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What a direct solve leaves behind for the adjoint and the sensitivity problem.

    `final` is x(T), (B, d); `kept` holds the stages of the first blocks, as many as are kept;
    `inputs` (B, d) are there to compute the others again; `theta` (Q, P) are the parameters at the
    distinct stage times.
    """

    parameters: Parameters
    theta: Array
    inputs: Array
    kept: list[Stages]
    final: Array

    @property
    def memory(self) -> Memory:
        """What may be used again once the trajectory is needed no more."""
        return Memory(self.theta, self.kept)


class Flow:
    """The discrete map x(0) -> x(T) of a scheme on a time grid.

    Parameters
    ----------
    times : ndarray, shape (N + 1,)
        The time grid, from 0 to the horizon, increasing; need not be uniform.
    scheme, form, activation : str
        Keys of the tables of tableaux, forms and activations.
    inner : int, optional
        The inner width of the form, if it has an inner layer; 2 d if not given.
    dtype : str
        "float64" or "float32", the precision of the states.
    threads : int, optional
        Number of threads; all processors if None. The bits do not depend on it.
    memory_limit : int or str, optional
        Bytes of stages to keep, or a size as "500MB"; `problem.memory.default_limit()` if None.
        What does not fit is computed again. The bits do not depend on it.

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
        inner: int | None = None,
        activation: str = "tanh",
        dtype: str = "float64",
        threads: int | None = None,
        memory_limit: int | str | None = None,
    ) -> None:
        if activation not in ACTIVATIONS:
            names = ", ".join(ACTIVATIONS)
            raise ArgumentError(f"unknown activation {activation!r}: choose one of {names}")
        if str(dtype) not in PRECISIONS:
            raise ArgumentError(f"dtype has to be 'float64' or 'float32', not {dtype!r}")
        if threads is not None and (not isinstance(threads, int | np.integer) or threads < 1):
            raise ArgumentError(f"threads = {threads!r} has to be a whole number of at least 1")
        if threads is not None and threads > MOST_THREADS:
            raise ArgumentError(
                f"threads = {threads} are more than can be of use: give at most {MOST_THREADS}"
            )
        inner_width(form, 1, inner)
        self.times, self.form, self.inner, self.activation = times, form, inner, activation
        self.dtype = np.dtype(dtype)
        self.threads = threads or default_threads()
        self.memory_limit = None if memory_limit is None else bytes_of(memory_limit)
        self._sweeps = sweeps(form, activation, self.dtype)
        self._plan, self._stage_times = plan_of(times, scheme, self.dtype)
        self._workers = Workers(self.threads)
        self._spare: list[Workspace] = []
        self._pool = Pool()
        self._last: Interpolation | None = None
        self._heights: dict[int, Heights] = {}
        self._cuts: dict[tuple[int, int], tuple[list[slice], Budget]] = {}
        zero, rest, slope = np.zeros((3, 1))
        ACTIVATIONS[activation](zero, rest, slope)
        #: sigma(0), the velocity of a network of zero weights.
        self.resting_slope = float(rest[0])

    def heights(self, width: int) -> Heights:
        """The rows of the arrays that the sweeps keep and work in, for states of that width."""
        known = self._heights.get(width)
        if known is None:
            inner = inner_width(self.form, width, self.inner)
            known = self._heights[width] = FORMS[self.form].heights(width, inner)
        return known

    def _interpolation(self, nodes: Array) -> Interpolation:
        """The hat functions of a depth grid at the stage times; the last one is kept."""
        known = self._last
        if known is None or not known.is_on(nodes):
            known = self._last = Interpolation(nodes, self._stage_times)
        return known

    def stage_values(self, p: Parameters) -> Array:
        """theta at the distinct stage times, (Q, P)."""
        shape = (self._stage_times.size, p.values.shape[1])
        interpolation = self._interpolation(p.times)
        if interpolation.run is not None and self.dtype == p.values.dtype:
            return writable(p.values[interpolation.run])
        values = self._pool.take(shape, self.dtype)
        if interpolation.run is None:
            return interpolation.apply(p.values, values, self._workers)
        values[:] = p.values[interpolation.run]
        return values

    @property
    def plan(self) -> Plan:
        """The coefficients of the scheme and its steps, as the sweeps take them."""
        return self._plan

    @property
    def stage_times(self) -> Array:
        """The distinct stage times (Q,), which `plan.stage` counts."""
        return self._stage_times

    @property
    def stage_count(self) -> int:
        """Steps times stages."""
        return int(self._plan.stage.size)

    def keeps(self, shape: tuple[int, int]) -> bool:
        """Whether the trajectory of a batch of this shape (B, d) is kept whole."""
        blocks, (kept, _) = self._cut(shape)
        return kept == len(blocks)

    def direct(self, p: Parameters, inputs: Array, *, old: Memory | None = None) -> Trajectory:
        """Solve the direct problem from `inputs` (B, d), keeping what the other two need.

        `old` is the memory of a trajectory of the same batch that is needed no more.
        """
        return self._solve(p, inputs, None, old)[0]

    def direct_and_adjoint(
        self, p: Parameters, inputs: Array, terminal: Terminal, *, old: Memory | None = None
    ) -> tuple[Trajectory, Derivative]:
        """Solve both, block by block: no stage is computed twice, whether it is kept or not."""
        trajectory, total = self._solve(p, inputs, terminal, old)
        assert total is not None
        return trajectory, Derivative.from_values(p.times, total.nodal(), p.blocks)

    def _solve(
        self, p: Parameters, inputs: Array, terminal: Terminal | None, old: Memory | None
    ) -> tuple[Trajectory, Partials | None]:
        blocks, (count, segment) = self._cut(inputs.shape)
        if old is not None:
            self._pool.give(old.theta)
        theta = self.stage_values(p)
        kept = old.kept if old is not None else [self._stages(inputs, b) for b in blocks[:count]]
        trajectory = Trajectory(p, theta, inputs, kept, np.empty(inputs.shape, self.dtype))

        def work(k: int) -> Array | None:
            with self._passage(trajectory, k, blocks[k], segment) as passage:
                to_block(inputs[blocks[k]], passage.state[0])
                passage.direct()
                rows = trajectory.final[blocks[k]]
                rows[:] = passage.state[0].T[: len(rows)]
                if terminal is None or total is None:
                    return None
                to_block(terminal(rows, blocks[k]), passage.other[0], repeat=False)
                partials = total.room(k)
                passage.adjoint(passage.other, partials)
                return partials

        total = None if terminal is None else self._partials(trajectory)
        self._workers.each(work, len(blocks), ignore if total is None else total.add)
        return trajectory, total

    def states(self, p: Parameters, inputs: Array, *, final: bool = False) -> Array:
        """The states (N + 1, B, d) of the direct problem, or x(T) (B, d) alone."""
        theta, (blocks, _) = self.stage_values(p), self._cut(inputs.shape)
        found = self._all_states(inputs.shape, final=final)
        stages, d = self._plan.b.size, inputs.shape[1]
        heights = self.heights(d)

        def work(k: int) -> None:
            block = inputs[blocks[k]]
            samples = padded(len(block), self.dtype)
            with self._workspace() as memory:
                states, features, slopes, scratch, room = memory.arrays(
                    self.dtype,
                    (found.shape[0], d, samples),
                    (1, stages, heights.feature, samples),
                    (1, stages, heights.slope, samples),
                    (stages + WORK, d, samples),
                    (heights.work, samples),
                )
                to_block(block, states[0])
                self._sweeps.direct(self._plan, theta, states, features, slopes, scratch, room)
                found[:, blocks[k]] = states.transpose(0, 2, 1)[:, : len(block)]

        self._workers.each(work, len(blocks))
        self._pool.give(theta)
        return found[0] if final else found

    def sensitivity(
        self,
        trajectory: Trajectory,
        direction: Parameters,
        initial: Array | None,
        *,
        final: bool = False,
    ) -> Array:
        """xi (N + 1, B, d) along a direction and a change of the inputs, or xi(T) (B, d) alone.

        `initial` is that change, (B, d), or None if they do not change.
        """
        tangent, inputs = self.stage_values(direction), trajectory.inputs
        blocks, (_, segment) = self._cut(inputs.shape)
        found = self._all_states(inputs.shape, final=final)

        def work(k: int) -> None:
            with self._passage(trajectory, k, blocks[k], segment) as passage:
                if k >= len(trajectory.kept):
                    to_block(inputs[blocks[k]], passage.state[0])
                xi = passage.other if final else passage.every(self.times.size)
                if initial is None:
                    xi[0] = 0.0
                else:
                    to_block(initial[blocks[k]], xi[0])
                passage.sensitivity(tangent, xi)
                rows = found[:, blocks[k]]
                rows[:] = xi.transpose(0, 2, 1)[:, : rows.shape[1]]

        self._workers.each(work, len(blocks))
        self._pool.give(tangent)
        return found[0] if final else found

    def direct_and_sensitivity(
        self, p: Parameters, inputs: Array, direction: Parameters
    ) -> tuple[Array, Array]:
        """x(T) and xi(T), (B, d) each, in one go: nothing is kept, and nothing computed twice."""
        theta, tangent = self.stage_values(p), self.stage_values(direction)
        blocks, (_, segment) = self._cut(inputs.shape)
        trajectory = Trajectory(p, theta, inputs, [], np.empty(inputs.shape, self.dtype))
        found = np.empty(inputs.shape, self.dtype)

        def work(k: int) -> None:
            with self._passage(trajectory, k, blocks[k], segment) as passage:
                to_block(inputs[blocks[k]], passage.state[0])
                passage.other[0] = 0.0
                passage.sensitivity(tangent, passage.other)
                for rows, state in ((trajectory.final, passage.state), (found, passage.other)):
                    here = rows[blocks[k]]
                    here[:] = state[0].T[: len(here)]

        self._workers.each(work, len(blocks))
        self._pool.give(theta)
        self._pool.give(tangent)
        return trajectory.final, found

    def adjoint(
        self, trajectory: Trajectory, terminal: Terminal, *, keep: bool = False
    ) -> tuple[Array | None, Derivative]:
        """Solve the adjoint problem from dE/dx(T).

        Returns the adjoint states (N + 1, B, d), None unless `keep`, and the derivative of the
        cost with respect to the nodal parameters.
        """
        p, inputs = trajectory.parameters, trajectory.inputs
        blocks, (_, segment) = self._cut(inputs.shape)
        found = self._all_states(inputs.shape) if keep else None

        def work(k: int) -> Array:
            with self._passage(trajectory, k, blocks[k], segment) as passage:
                if k >= len(trajectory.kept):
                    to_block(inputs[blocks[k]], passage.state[0])
                    passage.direct()
                adjoint = passage.every(self.times.size) if keep else passage.other
                end = terminal(trajectory.final[blocks[k]], blocks[k])
                to_block(end, adjoint[-1], repeat=False)
                partials = total.room(k)
                passage.adjoint(adjoint, partials)
                if found is not None:
                    rows = found[:, blocks[k]]
                    rows[:] = adjoint.transpose(0, 2, 1)[:, : rows.shape[1]]
                return partials

        total = self._partials(trajectory)
        self._workers.each(work, len(blocks), total.add)
        return found, Derivative.from_values(p.times, total.nodal(), p.blocks)

    def _all_states(self, shape: tuple[int, int], *, final: bool = False) -> Array:
        """Room for the states at all times (N + 1, B, d), or for x(T) alone (1, B, d)."""
        times = 1 if final else self.times.size
        require_states(times, *shape, self.dtype.itemsize)
        return np.empty((times, *shape), self.dtype)

    def _partials(self, trajectory: Trajectory) -> Partials:
        nodes, shape = trajectory.parameters.times, trajectory.theta.shape
        return Partials(
            self._pool, self._workers, self._interpolation(nodes), nodes.size, shape, self.dtype
        )

    def _cut(self, shape: tuple[int, int]) -> tuple[list[slice], Budget]:
        """The blocks of a batch of this shape, and how many of them are kept."""
        if shape not in self._cuts:
            samples, width = shape
            heights, stage = self.heights(width), self._plan.stage.shape
            blocks = cut(samples, max(width, heights.work))
            limit, threads, rows = self.memory_limit, self.threads, heights.kept
            plan = budget(limit, blocks, width, stage, self.dtype, threads, rows)
            self._cuts[shape] = blocks, plan
        return self._cuts[shape]

    def _stages(self, inputs: Array, block: slice) -> Stages:
        samples = padded(block.stop - block.start, self.dtype)
        heights, stage = self.heights(inputs.shape[1]), self._plan.stage.shape
        return Stages(
            aligned_empty((*stage, heights.feature, samples), self.dtype),
            aligned_empty((*stage, heights.slope, samples), self.dtype),
        )

    @contextmanager
    def _workspace(self) -> Iterator[Workspace]:
        # Appending and popping are atomic, so that threads may share the list.
        try:
            memory = self._spare.pop()
        except IndexError:
            memory = Workspace()
        try:
            yield memory
        finally:
            self._spare.append(memory)

    @contextmanager
    def _passage(
        self, trajectory: Trajectory, k: int, block: slice, segment: int
    ) -> Iterator[Passage]:
        kept = trajectory.kept[k] if k < len(trajectory.kept) else None
        d, theta = trajectory.inputs.shape[1], trajectory.theta
        shape, heights = (d, padded(block.stop - block.start, self.dtype)), self.heights(d)
        with self._workspace() as memory:
            yield Passage(self._sweeps, self._plan, theta, shape, heights, kept, segment, memory)
