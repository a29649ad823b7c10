"""The inverse problem: cost, derivative and sensitivity of the parameters of a standalone NODE."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.sums import inner, parts
from standalone_node.model.depth import uniform_grid
from standalone_node.model.forms import form_blocks
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.arguments import (
    read_inputs,
    read_weights,
    time_grid,
    whole_number,
)
from standalone_node.problem.flow import Flow, Trajectory
from standalone_node.problem.line import LineModel
from standalone_node.problem.losses import LOSSES
from standalone_node.problem.penalties import Penalty
from standalone_node.problem.shared import (
    SweepCounts,
    check_parameters,
    checked_change,
    checked_direction,
    one_at_a_time,
)
from standalone_node.problem.start import smooth_start
from standalone_node.problem.targets import read_targets

Array = NDArray[Any]


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
        self.penalty.check(form_blocks(form, self.width))
        self.targets, self.outputs = read_targets(targets, self.samples, self.width, loss, outputs)
        self.sample_weight = read_weights(sample_weight, self.samples)
        self._weights = (self.sample_weight / self.samples)[:, None]
        self.blocks = form_blocks(form, self.width)
        self.counts = SweepCounts()
        self._last: Trajectory | None = None
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
        states, _ = self.flow.adjoint(trajectory, self._terminal, keep=True)
        assert states is not None
        return states

    @one_at_a_time
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
        change = checked_change(initial, self.inputs.shape)
        return self.flow.sensitivity(trajectory, checked_direction(p, direction), change)

    @one_at_a_time
    def pull_back(self, p: Parameters, functional: ArrayLike) -> tuple[Derivative, Array]:
        """The transpose of `solve_sensitivity` at T, applied to a functional (B, d) of x(T).

        Returns its derivative with respect to the parameters, and to the inputs (B, d).
        """
        given = np.asarray(functional, dtype=np.float64)
        if given.shape != self.inputs.shape:
            raise ArgumentError(f"the functional has shape {given.shape}, not {self.inputs.shape}")
        self.counts.adjoint += 1
        states, derivative = self.flow.adjoint(
            self._trajectory(p), lambda final, rows: given[rows], keep=True
        )
        assert states is not None
        return derivative, states[0]

    @one_at_a_time
    def cost(self, p: Parameters) -> float:
        """E(p); infinite if the state overflows."""
        return self._cost(self._trajectory(p))

    @one_at_a_time
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

    @one_at_a_time
    def line_model(self, p: Parameters, direction: Parameters) -> LineModel:
        """The cost of p + eta direction, with x(T) replaced by x(T) + eta xi(T)."""
        trajectory = self._trajectory(p)
        self.counts.sensitivity += 1
        change = checked_direction(p, direction)
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

    @one_at_a_time
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
        old, self._last = self._last.memory if self._last else None, None
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

    def _observed(self, final: Array) -> Array:
        return final[:, : self.outputs].astype(np.float64, copy=False)

    def _offset(self, final: Array) -> Array:
        """x(T) - x_rest, in double precision."""
        return final.astype(np.float64) - self._rest()

    def _rest(self) -> float:
        """The components of x_rest = T sigma(0)."""
        return self.horizon * self.flow.resting_slope

    def _check(self, p: Parameters) -> None:
        fit = f"a state of {self.width} components"
        check_parameters(p, self.blocks, self.horizon, fit)


def _rebuilt(settings: dict[str, Any]) -> InverseProblem:
    return InverseProblem(**settings)
