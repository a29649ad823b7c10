"""The flow of a batch by a reversible scheme: no stage is kept, states are reconstructed backwards.

What a block needs does not grow with the number of steps: two states, the stages of one step, and
the parameters at the stage times of a few steps, which are interpolated as they are needed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.blocks import Workspace, padded, to_block
from standalone_node.kernels.reversible import reversible_sweeps
from standalone_node.kernels.sweeps import WORK
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.flow import Flow, Memory, Terminal, Trajectory
from standalone_node.problem.parts import Part, parts_of
from standalone_node.problem.passage import rows_of

Array = NDArray[Any]

#: -N log(lambda) where no lambda is given: over all steps, what is wrong in the reconstruction is
#: amplified by exp(6) = 400, and what sets y and z apart is damped by as much.
DAMPING = 6.0
#: A relative error of reconstructed states, of each precision, that the derivative suffers from.
RECONSTRUCTED = {"float64": 1e-6, "float32": 1e-2}


def coupling_of(reversible: object, steps: int) -> float | None:
    """The coupling that the argument `reversible` means, None for a scheme that is not.

    Examples
    --------
    >>> round(coupling_of(True, 100), 3), coupling_of(0.99, 100), coupling_of(False, 100)
    (0.942, 0.99, None)
    """
    if isinstance(reversible, bool | np.bool_):
        return exp(-DAMPING / steps) if reversible else None
    if isinstance(reversible, int | float | np.number) and 0.0 < float(reversible) <= 1.0:
        return float(reversible)
    raise ArgumentError(
        f"reversible = {reversible!r} has to be True, False, or a coupling above 0 and up to 1"
    )


@dataclass(frozen=True, eq=False)
class ReversibleTrajectory(Trajectory):
    """The final pair of states: y_N is `final`, and z_N is `partner`, (B, d)."""

    partner: Array


class ReversibleFlow(Flow):
    """The discrete map x(0) -> y_N of a scheme made reversible.

    Parameters
    ----------
    times, **options
        As for `Flow`, `memory_limit` has nothing to limit.
    coupling : float
        lambda, above 0 and up to 1.

    Attributes
    ----------
    reconstruction_error : float
        By how much the initial states, as the last adjoint sweep has reconstructed them, differ
        from the inputs, relative to the largest input. About as wrong is the derivative.
    """

    def __init__(self, times: Array, *, coupling: float, scheme: str, **options: Any) -> None:
        super().__init__(times, scheme=scheme, **options)
        self._scheme = scheme
        self._coupling = np.array([coupling, 1.0 - coupling], dtype=self.dtype)
        self._reversible = reversible_sweeps(self.form, self.activation, self.dtype)
        self._parted: tuple[Array, list[Part]] | None = None
        self.reconstruction_error = 0.0

    @property
    def stage_count(self) -> int:
        """Steps times stages, there and back."""
        return 2 * super().stage_count

    def keeps(self, shape: tuple[int, int]) -> bool:
        """True: nothing is computed again that was not going to be."""
        return True

    def direct(
        self, p: Parameters, inputs: Array, *, old: Memory | None = None
    ) -> ReversibleTrajectory:
        """Solve the direct problem from `inputs` (B, d); only the final pair is kept."""
        final, partner = np.empty((2, *inputs.shape), self.dtype)
        self._forwards(p, inputs, final[None], partner)
        return ReversibleTrajectory(p, np.empty((0, 0)), inputs, [], final, partner)

    def direct_and_adjoint(
        self, p: Parameters, inputs: Array, terminal: Terminal, *, old: Memory | None = None
    ) -> tuple[Trajectory, Derivative]:
        """Solve both."""
        trajectory = self.direct(p, inputs)
        return trajectory, self.adjoint(trajectory, terminal)[1]

    def states(self, p: Parameters, inputs: Array, *, final: bool = False) -> Array:
        """The states y_n (N + 1, B, d) of the direct problem, or y_N (B, d) alone."""
        found = self._all_states(inputs.shape, final=final)
        self._forwards(p, inputs, found, np.empty(inputs.shape, self.dtype))
        return found[0] if final else found

    def _forwards(self, p: Parameters, inputs: Array, found: Array, partner: Array) -> None:
        blocks, parts = self._cut(inputs.shape)[0], self._parts(p)

        def work(k: int) -> None:
            rows = found[:, blocks[k]]
            n = rows.shape[1]
            with self._workspace() as memory:
                y, z, scratch, theta, *_ = self._room(memory, p, inputs, blocks[k], len(rows))
                to_block(inputs[blocks[k]], z)
                y[0] = z
                for part in parts:
                    values = part.theta(p, theta)
                    some = rows_of(y, part.steps)
                    self._reversible.direct(part.plan, values, self._coupling, some, z, *scratch)
                rows[:] = y.transpose(0, 2, 1)[:, :n]
                partner[blocks[k]] = z.T[:n]

        self._hands(inputs.shape).each(work, len(blocks))

    def sensitivity(
        self,
        trajectory: Trajectory,
        direction: Parameters,
        initial: Array | None,
        *,
        final: bool = False,
    ) -> Array:
        """xi (N + 1, B, d), the change of y, along a direction and a change of the inputs.

        The states are computed again along with it.
        """
        p, inputs = trajectory.parameters, trajectory.inputs
        blocks, parts = self._cut(inputs.shape)[0], self._parts(p)
        found = self._all_states(inputs.shape, final=final)

        def work(k: int) -> None:
            rows = found[:, blocks[k]]
            with self._workspace() as memory:
                xi, z, scratch, theta, change, y, zeta, _ = self._room(
                    memory, p, inputs, blocks[k], len(rows)
                )
                to_block(inputs[blocks[k]], z)
                if initial is None:
                    zeta[:] = 0.0
                else:
                    to_block(initial[blocks[k]], zeta)
                y[0], xi[0] = z, zeta
                for part in parts:
                    values, tangent = part.theta(p, theta), part.theta(direction, change)
                    self._reversible.sensitivity(
                        part.plan, values, tangent, self._coupling, y, z,
                        rows_of(xi, part.steps), zeta, *scratch,
                    )  # fmt: skip
                rows[:] = xi.transpose(0, 2, 1)[:, : rows.shape[1]]

        self._hands(inputs.shape).each(work, len(blocks))
        return found[0] if final else found

    def adjoint(
        self, trajectory: Trajectory, terminal: Terminal, *, keep: bool = False
    ) -> tuple[Array | None, Derivative]:
        """Solve the adjoint problem from dE/dy_N, reconstructing the states.

        Returns the adjoint states (N + 1, B, d), what a common change of y_n and z_n costs, None
        unless `keep`; and the derivative of the cost with respect to the nodal parameters.
        """
        assert isinstance(trajectory, ReversibleTrajectory)
        p, inputs = trajectory.parameters, trajectory.inputs
        blocks, parts = self._cut(inputs.shape)[0], self._parts(p)
        found = self._all_states(inputs.shape) if keep else None
        total, errors = np.zeros(p.values.shape), [0.0]

        def work(k: int) -> tuple[Array, float]:
            block, nodal = blocks[k], np.zeros(p.values.shape)
            with self._workspace() as memory:
                adjoint, z, scratch, theta, partials, y, zeta, eta = self._room(
                    memory, p, inputs, block, self.times.size if keep else 1
                )
                to_block(trajectory.final[block], y[0])
                to_block(trajectory.partner[block], z)
                to_block(terminal(trajectory.final[block], block), eta, repeat=False)
                zeta[:] = 0.0
                adjoint[-1] = eta
                for part in reversed(parts):
                    values = part.theta(p, theta)
                    here = partials[: len(values)]
                    self._reversible.adjoint(
                        part.plan, values, self._coupling, y, z, eta, zeta,
                        rows_of(adjoint, part.steps), here, *scratch,
                    )  # fmt: skip
                    part.add_nodal(here, nodal)
                n = block.stop - block.start
                if found is not None:
                    found[:, block] = adjoint.transpose(0, 2, 1)[:, :n]
                return nodal, _distance(y[0, :, :n].T, inputs[block])

        def add(outcome: tuple[Array, float]) -> None:
            np.add(total, outcome[0], out=total)
            errors.append(outcome[1])

        self._hands(inputs.shape).each(work, len(blocks), add)
        self._judge(float(np.max(errors)), trajectory.final)
        return found, Derivative.from_values(p.times, total, p.blocks)

    def _judge(self, error: float, final: Array) -> None:
        self.reconstruction_error = error
        if not error <= RECONSTRUCTED[self.dtype.name] and np.isfinite(final).all():
            warnings.warn(
                f"the reversible scheme has reconstructed the inputs with a relative error of "
                f"{error:.1e}, and its derivative is about as wrong: give a coupling nearer to 1, "
                "or reversible=False",
                RuntimeWarning,
                stacklevel=2,
            )

    def _parts(self, p: Parameters) -> list[Part]:
        """The steps in parts; those of the last depth grid are kept."""
        nodes, known = p.times, self._parted
        if known is None or not np.array_equal(known[0], nodes):
            width = p.values.shape[1]
            parts = list(parts_of(self.times, self._scheme, nodes, width, self.dtype))
            known = self._parted = nodes, parts
        return known[1]

    def _room(
        self, memory: Workspace, p: Parameters, inputs: Array, block: slice, rows: int
    ) -> tuple[Any, ...]:
        """(rows, d, S); (d, S); scratch; (Q, P) twice; (1, d, S); (d, S) twice."""
        s, d, samples = (
            self._plan.b.size,
            inputs.shape[1],
            padded(block.stop - block.start, self.dtype),
        )
        heights, most = self.heights(d), max(part.plan.stage.max() + 1 for part in self._parts(p))
        values, state = (most, p.values.shape[1]), (d, samples)
        many, z, features, slopes, scratch, work, theta, other, one, zeta, eta = memory.arrays(
            self.dtype,
            (rows, *state),
            state,
            (1, s, heights.feature, samples),
            (1, s, heights.slope, samples),
            (2 * s + WORK, *state),
            (heights.work, samples),
            values,
            values,
            (1, *state),
            state,
            state,
        )
        return many, z, (features, slopes, scratch, work), theta, other, one, zeta, eta


def _distance(states: Array, inputs: Array) -> float:
    """The largest difference, relative to the largest of the inputs."""
    size = float(np.abs(inputs).max())
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.abs(states - inputs).max()) / (size or 1.0)


#: The arguments of `flow_of` beside the times.
FLOW_ARGUMENTS = (
    "scheme",
    "form",
    "inner",
    "activation",
    "dtype",
    "threads",
    "memory_limit",
    "reversible",
)


def flow_of(times: Array, *, reversible: bool | float = False, **options: Any) -> Flow:
    """The flow on a time grid, of the scheme itself or made reversible.

    Parameters
    ----------
    times : ndarray, shape (N + 1,)
    reversible : bool or float
        See `coupling_of`.
    **options
        Of `Flow`.
    """
    coupling = coupling_of(reversible, times.size - 1)
    return (
        Flow(times, **options)
        if coupling is None
        else ReversibleFlow(times, coupling=coupling, **options)
    )
