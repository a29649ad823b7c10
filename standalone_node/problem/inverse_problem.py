"""The inverse problem: cost, derivative and sensitivity of the parameters of a standalone NODE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from threading import RLock
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.sums import inner, parts
from standalone_node.model.depth import uniform_grid
from standalone_node.model.forms import form_blocks
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.arguments import (
    read_index,
    read_inputs,
    read_weights,
    time_grid,
    whole_number,
)
from standalone_node.problem.flow import Flow, Memory, Trajectory
from standalone_node.problem.line import LineModel
from standalone_node.problem.losses import LOSSES
from standalone_node.problem.penalties import Penalty
from standalone_node.problem.start import smooth_start
from standalone_node.problem.targets import read_targets

Array = NDArray[Any]


Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass
class SweepCounts:
    """How many direct, adjoint and sensitivity sweeps a problem has been asked for so far.

    A direct sweep that is repeated because its trajectory was not kept does not count.
    """

    direct: int = 0
    adjoint: int = 0
    sensitivity: int = 0


def _one_at_a_time(method: Method) -> Method:
    """A method that waits for those of other threads: they share one trajectory."""

    @wraps(method)
    def waiting(self: InverseProblem, *args: Any, **options: Any) -> Any:
        with self._lock:
            return method(self, *args, **options)

    return cast(Method, waiting)


class InverseProblem:
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
        N, the number of equal steps of the time grid.
    scheme, form, activation, loss : str
        See the tables of `standalone_node`: "rk4", "inside", "tanh", "squared" and others.
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

    Raises
    ------
    ArgumentError
        If an argument cannot be used; the message names it.

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
        activation: str = "tanh",
        loss: str = "squared",
        outputs: int | None = None,
        penalty: Penalty | None = None,
        depth_points: int | None = None,
        sample_weight: ArrayLike | None = None,
        dtype: str = "float64",
        threads: int | None = None,
        memory_limit: int | str | None = None,
    ) -> None:
        self.settings: dict[str, Any] = {
            "inputs": inputs,
            "targets": targets,
            "horizon": horizon,
            "steps": steps,
            "scheme": scheme,
            "form": form,
            "activation": activation,
            "loss": loss,
            "outputs": outputs,
            "penalty": penalty,
            "depth_points": depth_points,
            "sample_weight": sample_weight,
            "dtype": dtype,
            "threads": threads,
            "memory_limit": memory_limit,
        }
        self.inputs = read_inputs(inputs)
        if loss not in LOSSES:
            raise ArgumentError(f"unknown loss {loss!r}: choose one of {', '.join(LOSSES)}")
        self.times = time_grid(horizon, steps)
        points = (
            self.times.size
            if depth_points is None
            else whole_number("depth_points", depth_points, 2)
        )
        self.depth_times = uniform_grid(self.horizon, points)
        self.flow = Flow(
            self.times,
            scheme=scheme,
            form=form,
            activation=activation,
            dtype=dtype,
            threads=threads,
            memory_limit=memory_limit,
        )
        self.loss = loss
        self.penalty = Penalty() if penalty is None else penalty
        self.targets, self.outputs = read_targets(targets, self.samples, self.width, loss, outputs)
        self.sample_weight = read_weights(sample_weight, self.samples)
        self._weights = (self.sample_weight / self.samples)[:, None]
        self.blocks = form_blocks(form, self.width)
        self.counts = SweepCounts()
        self._last: Trajectory | None = None
        self._memory: Memory | None = None
        self._batch: InverseProblem | None = None
        self._lock = RLock()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.settings,)

    def replaced(self, **changes: Any) -> InverseProblem:
        """The same problem with some arguments of the constructor changed.

        Examples
        --------
        >>> import numpy as np
        >>> InverseProblem(np.ones((2, 1)), np.zeros(2)).replaced(steps=5).times.size
        6
        """
        return InverseProblem(**{**self.settings, **changes})

    def resnet(self, layers: int) -> InverseProblem:
        """The same problem for a finite ResNet: Euler's scheme with `layers` equal steps."""
        return self.replaced(scheme="euler", steps=layers, depth_points=layers + 1)

    @property
    def stage_count(self) -> int:
        """How often a sweep evaluates f for a sample: steps times stages."""
        return self.flow.stage_count

    @_one_at_a_time
    def rows(self, index: ArrayLike) -> InverseProblem:
        """Some of the rows as a problem of their own: a batch.

        Its cost is the mean over these rows with their sample weights, and the same penalties. It
        shares the flow, and counts its own sweeps.

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
        batch = object.__new__(type(self))
        batch.__dict__.update(self.__dict__)
        batch.inputs = self.inputs[chosen]
        batch.inputs.setflags(write=False)
        batch.targets, batch.sample_weight = self.targets[chosen], self.sample_weight[chosen]
        batch._weights = (batch.sample_weight / batch.samples)[:, None]
        batch.settings = self.settings | {
            "inputs": batch.inputs,
            "targets": batch.targets,
            "outputs": self.outputs,
            "sample_weight": batch.sample_weight,
        }
        batch.counts, batch._lock = SweepCounts(), RLock()
        batch._last, batch._batch = None, None
        # Batches come one after the other: each has the memory of the one before it.
        batch._memory = self._batch._handed_over(batch) if self._batch is not None else None
        self._batch = batch
        return batch

    @_one_at_a_time
    def _handed_over(self, other: InverseProblem) -> Memory | None:
        """The memory of the trajectory, for another batch of the same size."""
        if self._last is None or self.flow is not other.flow:
            return None
        if self.inputs.shape != other.inputs.shape:
            return None
        memory, self._last = self._last.memory, None
        return memory

    @property
    def samples(self) -> int:
        """B."""
        return int(self.inputs.shape[0])

    @property
    def width(self) -> int:
        """d."""
        return int(self.inputs.shape[1])

    @property
    def horizon(self) -> float:
        """T."""
        return float(self.times[-1])

    def initial_parameters(self, seed: int = 0, scale: float | None = None) -> Parameters:
        """A smooth random start: a constant plus a few cosines in depth.

        Parameters
        ----------
        seed : int
        scale : float, optional
            Standard deviation of the entries' constant part; 0.5 / sqrt(d) if not given.
        """
        spread = 0.5 / np.sqrt(self.width) if scale is None else float(scale)
        return smooth_start(self.depth_times, self.blocks, spread, seed)

    # The direct problem and what hangs on it.

    @_one_at_a_time
    def solve_direct(self, p: Parameters) -> Array:
        """The states x_n of the direct problem, (N + 1, B, d)."""
        self._check(p)
        self.counts.direct += 1
        return self.flow.states(p, self.inputs)

    @_one_at_a_time
    def solve_adjoint(self, p: Parameters) -> Array:
        """The adjoint states lambda_n = dE/dx_n, (N + 1, B, d)."""
        trajectory = self._trajectory(p)
        self.counts.adjoint += 1
        states, _ = self.flow.adjoint(trajectory, self._terminal, keep=True)
        assert states is not None
        return states

    @_one_at_a_time
    def solve_sensitivity(
        self,
        p: Parameters,
        direction: Parameters | None = None,
        initial: ArrayLike | None = None,
    ) -> Array:
        """The change xi_n of the states to first order, (N + 1, B, d).

        Parameters
        ----------
        p : Parameters
        direction : Parameters, optional
            The change of the parameters, on the grid of p; none if not given.
        initial : array_like, shape (B, d) or (d,), optional
            The change of the inputs; none if not given.
        """
        trajectory = self._trajectory(p)
        self.counts.sensitivity += 1
        change: Array | None = None
        if initial is not None:
            given, shape = np.asarray(initial, dtype=np.float64), self.inputs.shape
            if given.shape not in (shape, shape[1:]):
                raise ArgumentError(
                    f"initial has shape {given.shape}: it has to be {shape} or {shape[1:]}, "
                    "as the inputs"
                )
            change = np.broadcast_to(given, shape)
        return self.flow.sensitivity(trajectory, self._direction(p, direction), change)

    @_one_at_a_time
    def cost(self, p: Parameters) -> float:
        """E(p); infinite if the state overflows."""
        return self._cost(self._trajectory(p))

    @_one_at_a_time
    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        """E(p) and its partials dE/dtheta_k.

        Raises
        ------
        ArgumentError
            If p does not fit the problem.
        """
        self.counts.adjoint += 1
        if self._is_solved(p):
            trajectory = self._trajectory(p)
            _, derivative = self.flow.adjoint(trajectory, self._terminal)
        else:
            trajectory, derivative = self._solved(p, self.flow.direct_and_adjoint, self._terminal)
        if self.penalty.restrains:
            derivative = derivative + self.penalty.derivative(p)
        return self._cost(trajectory), derivative

    @property
    def recomputes(self) -> bool:
        """Whether trajectories do not fit into memory, so that cost and derivative come cheaper
        together than one after the other.
        """
        return not self.flow.keeps(self.inputs.shape)

    @_one_at_a_time
    def line_model(self, p: Parameters, direction: Parameters) -> LineModel:
        """The cost of p + eta direction, with x(T) replaced by x(T) + eta xi(T)."""
        trajectory = self._trajectory(p)
        self.counts.sensitivity += 1
        change = self._direction(p, direction)
        xi = self.flow.sensitivity(trajectory, change, None, final=True)
        parabola = (
            self.penalty.value(p),
            self.penalty.derivative(p).apply(change) if self.penalty.restrains else 0.0,
            self.penalty.curvature(change),
        )
        if self.penalty.output:
            offset, xi = self._offset(trajectory.final), xi.astype(np.float64, copy=False)
            mu = self.penalty.output / self.samples
            terms = (0.5 * inner(offset, offset), inner(offset, xi), inner(xi, xi))
            value, slope, curvature = (mu * term for term in terms)
            parabola = (parabola[0] + value, parabola[1] + slope, parabola[2] + curvature)
        z, dz, weights = self._observed(trajectory.final), self._observed(xi), self._weights[:, 0]
        return LineModel(LOSSES[self.loss], z, dz, self.targets, weights, parabola)

    @_one_at_a_time
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
        trajectory = self._trajectory(p)
        change = self._direction(p, direction)
        self.counts.sensitivity += 1
        xi = self.flow.sensitivity(trajectory, change, None, final=True)
        self.counts.adjoint += 1
        _, product = self.flow.adjoint(trajectory, partial(self._terminal_change, xi))
        return product + self.penalty.second_derivative(change)

    @_one_at_a_time
    def residual(self, p: Parameters) -> float:
        """The root mean square residual of an observed entry; for losses of values only."""
        if LOSSES[self.loss].takes_classes or self.loss == "logistic":
            raise ArgumentError(
                f"the loss {self.loss!r} has no residual: noise_level needs 'squared' or 'huber'"
            )
        squares = np.square(self._observed(self._trajectory(p).final) - self.targets).mean(axis=1)
        return float(np.sqrt(inner(self.sample_weight, squares) / self.sample_weight.sum()))

    def _is_solved(self, p: Parameters) -> bool:
        # Parameters are read-only, so that the object itself may serve as the key.
        return self._last is not None and self._last.parameters is p

    def _trajectory(self, p: Parameters) -> Trajectory:
        if not self._is_solved(p):
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
        cost, loss = 0.0, LOSSES[self.loss]
        for part in parts(self.samples):
            rows = loss.value(self._observed(trajectory.final[part]), self.targets[part])
            cost += inner(self._weights[part, 0], rows)
        cost += self.penalty.value(trajectory.parameters)
        if self.penalty.output:
            offset = self._offset(trajectory.final)
            cost += 0.5 * self.penalty.output * inner(offset, offset) / self.samples
        return cost

    def _terminal(self, final: Array, rows: slice) -> Array:
        """dE/dx(T) of some rows of the batch, given their x(T)."""
        with np.errstate(over="ignore", invalid="ignore"):
            if self.penalty.output:
                terminal = self.penalty.output / self.samples * (final - self._rest())
            else:
                terminal = np.zeros_like(final)
            partials = LOSSES[self.loss].derivative(self._observed(final), self.targets[rows])
            terminal[:, : self.outputs] += self._weights[rows] * partials
        return terminal

    def _terminal_change(self, xi: Array, final: Array, rows: slice) -> Array:
        """The change of dE/dx(T) of some rows of the batch along the change xi of x(T)."""
        z, dz, change = self._observed(final), self._observed(xi[rows]), xi[rows]
        terminal = self.penalty.output / self.samples * change
        curvature = LOSSES[self.loss].curvature(z, self.targets[rows], dz)
        terminal[:, : self.outputs] += self._weights[rows] * curvature
        return terminal

    def _observed(self, final: Array) -> Array:
        return final[:, : self.outputs].astype(np.float64, copy=False)

    def _offset(self, final: Array) -> Array:
        """x(T) - x_rest, in double precision."""
        return final.astype(np.float64) - self._rest()

    def _rest(self) -> float:
        """The components of x_rest = T sigma(0)."""
        return self.horizon * self.flow.resting_slope

    def _direction(self, p: Parameters, direction: Parameters | None) -> Parameters:
        if direction is None:
            return 0.0 * p
        if not isinstance(direction, Parameters) or not direction.matches(p):
            raise ArgumentError("the direction has to be Parameters on the depth grid of p")
        return direction

    def _check(self, p: Parameters) -> None:
        if not isinstance(p, Parameters):
            raise ArgumentError(f"expected Parameters, not {type(p).__name__}")
        if p.blocks != self.blocks:
            raise ArgumentError(f"parameters {p!r} do not fit a state of {self.width} components")
        if p.horizon != self.horizon:
            raise ArgumentError(
                f"the parameters end at {p.horizon:g}, the horizon is {self.horizon:g}: "
                "times[-1] has to be the horizon"
            )


def _rebuilt(settings: dict[str, Any]) -> InverseProblem:
    return InverseProblem(**settings)
