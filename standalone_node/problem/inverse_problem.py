"""The inverse problem: cost, derivative and sensitivity of the parameters of a standalone NODE."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.memory import Need, require
from standalone_node.model.depth import uniform_grid
from standalone_node.model.forms import form_blocks, start_spreads
from standalone_node.model.nodal import Parameters
from standalone_node.problem.adaptive import read_tolerance
from standalone_node.problem.arguments import (
    read_index,
    read_inputs,
    read_weights,
    time_grid,
    whole_number,
)
from standalone_node.problem.flow import Flow, Memory, Trajectory
from standalone_node.problem.grids import (
    GridChange,
    chosen_grid,
)
from standalone_node.problem.losses import LOSSES
from standalone_node.problem.measured_network import MeasuredNetwork, rebuilt
from standalone_node.problem.misfit import Misfit
from standalone_node.problem.needs import Size, network_needs
from standalone_node.problem.penalties import Penalty
from standalone_node.problem.reversible import FLOW_ARGUMENTS, flow_of
from standalone_node.problem.shared import (
    SweepCounts,
    check_parameters,
    one_at_a_time,
)
from standalone_node.problem.start import smooth_start
from standalone_node.problem.targets import read_targets

Array = NDArray[Any]


class InverseProblem(MeasuredNetwork):
    """Find theta(t) such that the flow of x' = f(t, x, theta(t)) carries inputs to targets.

    Parameters
    ----------
    inputs : array_like, shape (B, d)
        The initial states x(0) as they stand.
    targets : array_like
        (B, m) or (B,) floats for the first m (1) components of x(T); or (B,) integer classes,
        which the squared and Huber loss read as one-hot rows; for "logistic" labels 0 and 1.
    horizon : float
        T, the depth of the network.
    steps : int
        N, the number of equal steps of the time grid. With `rtol` or `atol` it only says how many
        intervals the depth grid has unless `depth_points` does.
    scheme, form, activation, loss : str
        See the tables of `standalone_node`: "rk4", "inside", "tanh", "squared" and others.
    inner : int, optional
        The inner width of the forms "bottleneck" and "mean-field" (its M); 2 d if not given, with
        which relu can carry every component on: x = relu(x) - relu(-x).
    outputs : int, optional
        m; the largest class + 1 (or the width of the targets) if not given.
    penalty : Penalty, optional
    depth_points : int, optional
        K + 1, the nodes of the depth grid of `initial_parameters`; steps + 1 if not given.
    sample_weight : array_like, shape (B,), optional
        Weights w of the loss, which is sum(w * loss) / B.
    dtype : {"float64", "float32"}
        The precision of the states. Parameters, cost and derivative are float64 always.
    threads : int, optional
        All processors if not given. The results have the same bits for any number.
    memory_limit : int or str, optional
        Bytes of trajectories to keep between the sweeps, or a size as "500MB"; what does not fit
        is computed again when it is needed, with the same bits, which takes between a fifth and a
        half more time. A sixteenth of the machine's memory if not given, between 64 MB and
        2 GB, but of states of up to 12 components no more than stays in the caches.
    rtol, atol : float, optional
        If one of them is given (the other is equal to it then), the time grid is not that of
        `steps`, but chosen so that no sample's error in a step, estimated by the scheme, exceeds
        atol + rtol \\|x\\|, root mean square over the components. The grid is chosen for the
        first parameters the problem is asked about, and frozen: see `regrid`. Only for schemes
        with an error estimate, "bs3", "dopri5" and "tsit5".
    reversible : bool or float
        Whether the scheme is made reversible [MF]: the adjoint problem then reconstructs the states
        and nothing is kept, at twice the work of a sweep. A number is the coupling, above 0 and up
        to 1; True means exp(-6 / N). The sensitivity problem costs a direct sweep beside its own.

    Raises
    ------
    ArgumentError
        If an argument cannot be used; the message names it.
    NotEnoughMemory
        If what the arguments ask for does not fit into the memory that is free: an ArgumentError
        that names the figures and what to lower.

    Notes
    -----
    Discretised first: `cost_and_derivative` is the exact derivative of the discrete cost, and
    `solve_sensitivity` the exact tangent of the discrete map, for every scheme. The last direct
    solve is kept, so that asking for the derivative after the cost costs one adjoint sweep only
    (and a direct one if `recomputes`). Several threads may use one problem; they take turns.

    References
    ----------
    Baravdish, Eilertsen, Jaroudi, Johansson, Malý, Unger: A Hybrid Sobolev Gradient Method for
    Learning NODEs, SN Oper. Res. Forum 5 (2024), doi 10.1007/s43069-024-00377-x.

    Examples
    --------
    >>> import numpy as np
    >>> problem = InverseProblem(np.array([[1.0], [2.0]]), np.array([0.5, 1.0]), steps=4)
    >>> p = problem.initial_parameters(seed=0)
    >>> problem.solve_direct(p).shape
    (5, 2, 1)
    """

    def __init__(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        *,
        horizon: float = 1.0,
        steps: int = 20,
        scheme: str = "rk4",
        form: str = "inside",
        inner: int | None = None,
        activation: str = "tanh",
        loss: str = "squared",
        outputs: int | None = None,
        penalty: Penalty | None = None,
        depth_points: int | None = None,
        sample_weight: ArrayLike | None = None,
        dtype: str = "float64",
        threads: int | None = None,
        memory_limit: int | str | None = None,
        rtol: float | None = None,
        atol: float | None = None,
        reversible: bool | float = False,
    ) -> None:
        self.settings: dict[str, Any] = {
            "inputs": inputs,
            "targets": targets,
            "horizon": horizon,
            "steps": steps,
            "scheme": scheme,
            "form": form,
            "inner": inner,
            "activation": activation,
            "loss": loss,
            "outputs": outputs,
            "penalty": penalty,
            "depth_points": depth_points,
            "sample_weight": sample_weight,
            "dtype": dtype,
            "threads": threads,
            "memory_limit": memory_limit,
            "rtol": rtol,
            "atol": atol,
            "reversible": reversible,
        }
        self.inputs = read_inputs(inputs)
        if loss not in LOSSES:
            raise ArgumentError(f"unknown loss {loss!r}: choose one of {', '.join(LOSSES)}")
        points = whole_number("steps", steps, 1) + 1
        if depth_points is not None:
            points = whole_number("depth_points", depth_points, 2)
        self._afford(steps, points)
        self.times = time_grid(horizon, steps)
        self.depth_times = uniform_grid(self.horizon, points)
        self._set_flow(scheme, rtol, atol)
        self._set_misfit(targets, loss, outputs, penalty, sample_weight)

    def _set_flow(self, scheme: str, rtol: float | None, atol: float | None) -> None:
        """The flow, what is kept of its solves, and who may ask."""
        self.flow = self._flow(self.times)
        self.tolerance = read_tolerance(rtol, atol, scheme, self.flow.dtype)
        #: What became of the time grids that were thought of, if they are adaptive.
        self.grids: list[GridChange] = []
        self.blocks = form_blocks(self.flow.form, self.width, self.flow.inner)
        self.counts = SweepCounts()
        self._last: Trajectory | None = None
        self._memory: Memory | None = None
        self._batch: InverseProblem | None = None
        self._lock = RLock()

    def _set_misfit(
        self,
        targets: ArrayLike,
        loss: str,
        outputs: int | None,
        penalty: Penalty | None,
        sample_weight: ArrayLike | None,
    ) -> None:
        """What is asked of the final states, and of the parameters."""
        self.loss = loss
        self.penalty = Penalty() if penalty is None else penalty
        self.penalty.check(self.blocks)
        self.targets, self.outputs = read_targets(targets, self.samples, self.width, loss, outputs)
        self.sample_weight = read_weights(sample_weight, self.samples)
        rest = self.horizon * self.flow.resting_slope
        self._misfit = Misfit(
            loss, self.targets, self.outputs, self.sample_weight, self.penalty.output, rest
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuilt, (type(self), self.settings, self.times, self.grids)

    def _afford(self, steps: int, points: int) -> None:
        """Refuse, before anything large is made, what does not fit into the memory."""
        require(network_needs(Size(steps, points, self.samples, self.width), self.settings))

    def _flow(self, times: Array) -> Flow:
        return flow_of(times, **{name: self.settings[name] for name in FLOW_ARGUMENTS})

    def replaced(self, **changes: Any) -> InverseProblem:
        """The same problem with some arguments of the constructor changed.

        Examples
        --------
        >>> import numpy as np
        >>> InverseProblem(np.ones((2, 1)), np.zeros(2)).replaced(steps=5).times.size
        6
        """
        return InverseProblem(**{**self.settings, **changes})

    @one_at_a_time
    def rows(self, index: ArrayLike) -> InverseProblem:
        """Some of the rows as a problem of their own: a batch.

        Its cost is the mean over these rows with their sample weights, and the same penalties. It
        shares the flow, and counts its own sweeps. An adaptive grid is that of all rows if they
        have one by now.

        Parameters
        ----------
        index : array_like
            Row numbers (n,), or a boolean (B,).

        Raises
        ------
        ArgumentError
            If there is no row, or one that the problem does not have.

        Examples
        --------
        >>> import numpy as np
        >>> InverseProblem(np.ones((5, 1)), np.arange(5.0)).rows([0, 3]).targets.ravel()
        array([0., 3.])
        """
        chosen = read_index(index, self.samples)
        return self._sharing(self.inputs[chosen], self._misfit.of(chosen))

    @one_at_a_time
    def with_rows(
        self, inputs: ArrayLike, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> InverseProblem:
        """The same problem of other rows, with the same flow: as `rows`, for rows it never had.

        Parameters
        ----------
        inputs : array_like, shape (n, d)
        targets : array_like
            As in the constructor, for n rows.
        sample_weight : array_like, shape (n,), optional
            All may be zero, for rows that are a part only.

        Raises
        ------
        ArgumentError
            If the rows do not fit the problem.

        Examples
        --------
        >>> import numpy as np
        >>> InverseProblem(np.ones((2, 1)), np.zeros(2)).with_rows([[3.0]], [0.5]).samples
        1
        """
        given = read_inputs(inputs)
        if given.shape[1] != self.width:
            raise ArgumentError(f"inputs have {given.shape[1]} components instead of {self.width}")
        known, _ = read_targets(targets, len(given), self.width, self.loss, self.outputs)
        weights = read_weights(sample_weight, len(given), some=False)
        return self._sharing(given, replace(self._misfit, targets=known, sample_weight=weights))

    def _sharing(self, inputs: Array, misfit: Misfit) -> InverseProblem:
        """The problem of these rows: all but them, the counts and the last solve is shared."""
        batch = object.__new__(type(self))
        batch.__dict__.update(self.__dict__)
        batch.inputs = inputs
        batch.inputs.setflags(write=False)
        batch._misfit = misfit
        batch.targets, batch.sample_weight = misfit.targets, misfit.sample_weight
        batch.settings = self.settings | {
            "inputs": batch.inputs,
            "targets": batch.targets,
            "outputs": self.outputs,
            "sample_weight": batch.sample_weight,
        }
        batch.counts, batch._lock = SweepCounts(), RLock()
        batch._last, batch._batch, batch.grids = None, None, list(self.grids)
        # Batches come one after the other: each has the memory of the one before it.
        batch._memory = self._batch._handed_over(batch) if self._batch is not None else None
        self._batch = batch
        return batch

    @one_at_a_time
    def _handed_over(self, other: InverseProblem) -> Memory | None:
        """The memory of the trajectory, for another batch of the same size."""
        if self._last is None or self.flow is not other.flow:
            return None
        if self.inputs.shape != other.inputs.shape:
            return None
        memory, self._last = self._last.memory, None
        return memory

    def coarse(self, layers: int, scheme: str | None = "euler") -> InverseProblem:
        """The same problem with `layers` equal steps: a finite ResNet, if by Euler's scheme.

        `scheme` is the problem's own if None.
        """
        fixed = {"rtol": None, "atol": None, "reversible": False}
        own = self.settings["scheme"] if scheme is None else scheme
        return self.replaced(scheme=own, steps=layers, depth_points=layers + 1, **fixed)

    def placed(self, engine: Any) -> Any:
        """The problem as a sum over shards of its rows, where an engine has placed them.

        Parameters
        ----------
        engine : Engine

        Returns
        -------
        ShardedProblem or InverseProblem
            See `standalone_node.problem.shards.placing.sharded`.
        """
        from standalone_node.problem.shards.placing import sharded  # which knows this class

        return sharded(self, engine)

    def needs(self) -> list[Need]:
        """What the problem takes of the memory for cost and derivative, an estimate."""
        size = Size(self.times.size - 1, self.depth_times.size, self.samples, self.width)
        return network_needs(size, self.settings)

    @property
    def stage_count(self) -> int:
        """How often a sweep evaluates f for a sample: steps times stages."""
        return self.flow.stage_count

    def _layout(self) -> str:
        """What parameters have to fit."""
        blocks = ", ".join(f"{name} {shape}" for name, shape in self.blocks)
        return (
            f"a state of {self.width} components: the form {self.flow.form!r} has the blocks "
            f"{blocks}, in this order"
        )

    def initial_parameters(self, seed: int = 0, scale: float | None = None) -> Parameters:
        """A smooth random start: a constant plus a few cosines in depth.

        Parameters
        ----------
        seed : int
        scale : float, optional
            Standard deviation of the entries' constant part, of those that are multiplied with
            the state or stand beside it; 0.5 / sqrt(d) if not given. The block W2 of the form
            "bottleneck" has sqrt(d / inner) of that, A of "mean-field" sqrt(d).
        """
        spread = 0.5 / np.sqrt(self.width) if scale is None else float(scale)
        shares = start_spreads(self.flow.form, self.width, self.flow.inner)
        return smooth_start(self.depth_times, self.blocks, spread * shares, seed)

    def _check(self, p: Parameters) -> None:
        check_parameters(p, self.blocks, self.horizon, self._layout)
        if self.tolerance is not None and not self.grids:
            change = chosen_grid(self, p)
            self.use_grid(change.times)
            self.grids.append(change)
