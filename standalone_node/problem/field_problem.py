"""Inverse problems for right-hand sides that a user gives, observed at any times."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.kernels.sums import inner
from standalone_node.model.blockwise import Blockwise
from standalone_node.model.depth import uniform_grid
from standalone_node.model.field import field_blocks
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.arguments import numbers, read_inputs, whole_number
from standalone_node.problem.description import depth_words, penalty_words
from standalone_node.problem.excerpt import MOST_ROWS, Excerpt, halved_grid
from standalone_node.problem.field_check import check_transposition
from standalone_node.problem.field_flow import FieldFlow, FieldTrajectory, observed_grid
from standalone_node.problem.guesses import Guess, guessed, random_start
from standalone_node.problem.line import Parabola
from standalone_node.problem.needs import Size, require_field
from standalone_node.problem.observations import Observations
from standalone_node.problem.penalties import Penalty
from standalone_node.problem.shared import (
    Solving,
    SweepCounts,
    check_parameters,
    checked_direction,
    checked_functional,
    one_at_a_time,
)
from standalone_node.summary import counted

Array = NDArray[Any]


class FieldProblem(Solving):
    """Find the parameters p of x' = f(t, x, p) from observations of the state.

    Parameters
    ----------
    field : Field
        Or any object with f, jvp, vjp, varying and constant: see `Field`.
    initial_states : array_like, shape (B, d) or (d,)
        x(0), known.
    observations : Observations
    horizon : float, optional
        T; the last time of an observation if not given.
    steps : int
        No time step is longer than T / steps. The times of observations are grid points, and
        between two of them (and 0 and T) the steps are equal.
    scheme : str
        "rk4", "dopri5" and the others of the table of tableaux.
    penalty : Penalty, optional
        `l2` and `h1` may be numbers for all parameters or mappings from their names.
    depth_points : int, optional
        K + 1, the nodes of a uniform depth grid; the time grid itself if not given.
    check : bool
        Whether the first derivative compares vjp with jvp, part by part, at a state of the
        trajectory, at the price of a few evaluations. `check_field` tests more.

    Attributes
    ----------
    weights : Blockwise
        Which parameters are constants, and their scales, as the field says: what `minimize` takes.
    times : ndarray, shape (N + 1,)
        The time grid.

    Raises
    ------
    ArgumentError
        If an argument cannot be used; the message names it.
    NotEnoughMemory
        If what the arguments ask for does not fit into the memory that is free.

    Notes
    -----
    The cost is the mean over the B samples of sum_m w_m |C x(t_m) - y_m|^2, without a factor of one
    half, plus the penalties, which have theirs. It is differentiated exactly as discretised, for
    every scheme; the derivative holds partials for all nodes, of constants too. The last direct
    solve is kept, so that a derivative after a cost takes an adjoint sweep only.

    References
    ----------
    Baravdish, Eilertsen, Jaroudi, Johansson, Malý, Unger: A Hybrid Sobolev Gradient Method for
    Learning NODEs, SN Oper. Res. Forum 5 (2024), doi 10.1007/s43069-024-00377-x.

    Examples
    --------
    >>> from standalone_node import Field
    >>> growth = Field(
    ...     lambda t, x, p: p["rate"] * x,
    ...     jvp=lambda t, x, p, dx, dp: p["rate"] * dx + dp["rate"] * x,
    ...     vjp=lambda t, x, p, kappa: (p["rate"] * kappa, {"rate": np.sum(kappa * x)}),
    ...     varying={"rate": ()},
    ... )
    >>> seen = Observations([0.5, 1.0], [1.3, 1.5])
    >>> problem = FieldProblem(growth, [1.0], seen, steps=10)
    >>> p = problem.initial_parameters({"rate": 0.4})
    >>> round(problem.cost(p), 4)
    0.0062
    """

    def __init__(
        self,
        field: Any,
        initial_states: ArrayLike,
        observations: Observations,
        *,
        horizon: float | None = None,
        steps: int = 100,
        scheme: str = "rk4",
        penalty: Penalty | None = None,
        depth_points: int | None = None,
        check: bool = True,
    ) -> None:
        self.settings: dict[str, Any] = {
            "field": field,
            "initial_states": initial_states,
            "observations": observations,
            "horizon": horizon,
            "steps": steps,
            "scheme": scheme,
            "penalty": penalty,
            "depth_points": depth_points,
            "check": check,
        }
        self.blocks = field_blocks(field)
        self.inputs = read_inputs(np.atleast_2d(numbers("initial_states", initial_states)))
        if not isinstance(observations, Observations):
            raise ArgumentError(f"observations = {observations!r} have to be Observations")
        steps = whole_number("steps", steps, 1)
        if depth_points is not None:
            depth_points = whole_number("depth_points", depth_points, 2)
        most = steps + observations.times.size
        size = Size(most, depth_points or most + 1, self.samples, self.width)
        require_field(size, scheme, sum(prod(shape) for _, shape in self.blocks))
        self.times = observed_grid(observations.times, horizon, steps)
        self.observed = np.searchsorted(self.times, observations.times)
        self._seen = observations.of(self.samples, self.width)
        self._factor = self._seen.weights / self.samples
        self.depth_times = self.times
        if depth_points is not None:
            self.depth_times = uniform_grid(self.horizon, depth_points)
        self.penalty = Penalty() if penalty is None else penalty
        if self.penalty.output:
            raise ArgumentError("a penalty on the output belongs to networks: use l2 and h1")
        self.penalty.check(self.blocks)
        scale = dict(getattr(field, "scale", None) or {})
        self.weights = Blockwise(tuple(getattr(field, "constant", None) or ()), scale)
        self.counts = SweepCounts()
        self._flow = FieldFlow(field, self.times, scheme)
        self._last: FieldTrajectory | None = None
        self._unchecked = bool(check)
        self._lock = RLock()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.settings,)

    def replaced(self, **changes: Any) -> FieldProblem:
        """The same problem with some arguments of the constructor changed."""
        return FieldProblem(**{**self.settings, **changes})

    @property
    def noise_level(self) -> float:
        """The residual to be expected of the true parameters where weights are 1 / variance."""
        weights = self._seen.weights
        return float(np.sqrt(np.count_nonzero(weights) / weights.sum()))

    def initial_parameters(
        self,
        values: Mapping[str, Guess] | None = None,
        *,
        seed: int = 0,
        scale: float | None = None,
    ) -> Parameters:
        """A start: what is known of the parameters, or smooth random functions.

        Parameters
        ----------
        values : mapping, optional
            For each name a number (an array of its shape), taken for all t, or a function of t.
        seed : int
        scale : float, optional
            Without `values`: the standard deviation of the constant part of each entry, times the
            field's scale of that parameter; 0.5 if not given.

        Raises
        ------
        ArgumentError
            If a name is missing or unknown, a shape does not fit, or a constant is given as a
            function.
        """
        if values is None:
            spread = 0.5 if scale is None else float(scale)
            return random_start(self.depth_times, self.blocks, self.weights, spread, seed)
        if scale is not None:
            raise ArgumentError("scale belongs to a random start: leave it out where values are")
        return guessed(self.depth_times, self.blocks, self.weights.constant, values)

    # What it is, and some of it to measure a solution on.

    def described(self) -> tuple[tuple[str, str], ...]:
        """What the problem is: names, and what is said of them."""
        settings, seen = self.settings, self.settings["observations"].times
        names = ", ".join(
            f"{name} {'(constant)' if name in self.weights.constant else 'of t'}"
            for name, _ in self.blocks
        )
        times = f"{counted(seen.size, 'time')}, from {seen[0]:.4g} to {seen[-1]:.4g}"
        components = counted(len(self._seen.operator), "component")
        return (
            ("right-hand side", f"{type(settings['field']).__name__} of {names}"),
            ("states", f"{counted(self.samples, 'sample')} of {counted(self.width, 'component')}"),
            ("depth", depth_words(self.times.size - 1, {**settings, "horizon": self.horizon})),
            ("observations", f"{components} at {times}"),
            ("penalty", penalty_words(self.penalty)),
        )

    def excerpt(self, most: int = MOST_ROWS) -> Excerpt:
        """All rows, however many: the field is the user's, and may know how many there are.

        Of the initial states it holds the copy that the problem has.
        """
        settings = {**self.settings, "initial_states": self.inputs, "check": False}
        return Excerpt(partial(type(self), **settings), self.samples, self.samples)

    @one_at_a_time
    def observed_outputs(self, p: Parameters) -> Array:
        """C x at the times of observation, (M, B, m)."""
        return self._seen_of(self._trajectory(p).states)

    def smooth_direction(self, p: Parameters, seed: int) -> Parameters:
        """A smooth random change of p, on its grid, in the scales of the field."""
        return random_start(p.times, self.blocks, self.weights, 1.0, seed)

    def halved(self) -> FieldProblem:
        """The same problem with every time step cut in two."""
        finer = self.replaced(depth_points=self.settings["depth_points"] or 2, check=False)
        finer.use_grid(halved_grid(self.times))
        return finer

    # The direct problem and what hangs on it.

    @one_at_a_time
    def solve_direct(self, p: Parameters) -> Array:
        """The states x_n of the direct problem, (N + 1, B, d)."""
        return self._trajectory(p).solution.states.copy()

    @one_at_a_time
    def solve_adjoint(self, p: Parameters) -> Array:
        """The adjoint states lambda_n = dE/dx_n, (N + 1, B, d)."""
        trajectory = self._trajectory(p)
        return self._adjoint(trajectory, self._sources(self._residuals(trajectory)))[0]

    @one_at_a_time
    def pull_back(self, p: Parameters, functional: ArrayLike) -> tuple[Derivative, Array]:
        """The transpose of `solve_sensitivity` at T, applied to a functional (B, d) of x(T).

        Returns its derivative with respect to the parameters, and to the initial states (B, d).
        """
        given = checked_functional(functional, self.inputs.shape)
        trajectory = self._trajectory(p)
        sources = np.zeros_like(trajectory.states)
        sources[-1] = given
        states, derivative = self._adjoint(trajectory, sources)
        return derivative, states[0]

    @one_at_a_time
    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        """E(p) and its partials dE/dp_k at the nodes.

        Raises
        ------
        ArgumentError
            If p does not fit the problem.
        FieldError
            If what the field returns has the wrong shape, or vjp is not the transpose of jvp.
        """
        trajectory = self._trajectory(p)
        self._check_field(trajectory)
        _, derivative = self._adjoint(trajectory, self._sources(self._residuals(trajectory)))
        if self.penalty.restrains:
            derivative = derivative + self.penalty.derivative(p)
        return self._cost(trajectory), derivative

    @one_at_a_time
    def line_model(self, p: Parameters, direction: Parameters) -> Parabola:
        """The cost of p + eta direction, with x replaced by x + eta xi."""
        trajectory, seen = self._trajectory(p), self._seen_of(self._sensitivity(p, direction))
        residuals = self._residuals(trajectory)
        weighted = 2.0 * self._factor * seen
        slope = inner(weighted, residuals)
        if self.penalty.restrains:
            slope += self.penalty.derivative(p).apply(direction)
        curvature = inner(weighted, seen) + self.penalty.curvature(direction)
        return Parabola(self._cost(trajectory), slope, curvature)

    @one_at_a_time
    def gauss_newton(self, p: Parameters, direction: Parameters) -> Derivative:
        """The Gauss-Newton matrix times a direction: a sensitivity and an adjoint sweep."""
        seen = self._seen_of(self._sensitivity(p, direction))
        _, product = self._adjoint(self._trajectory(p), self._sources(seen))
        return (
            product + self.penalty.second_derivative(direction)
            if self.penalty.restrains
            else product
        )

    @one_at_a_time
    def residual(self, p: Parameters) -> float:
        """The root of the weighted mean square residual of the observed entries."""
        residuals, weights = self._residuals(self._trajectory(p)), self._seen.weights
        return float(np.sqrt(inner(weights, residuals**2) / weights.sum()))

    def _cost(self, trajectory: FieldTrajectory) -> float:
        if not np.isfinite(trajectory.states).all():
            return float("inf")
        with np.errstate(over="ignore"):
            residuals = self._residuals(trajectory)
            misfit = inner(self._factor, residuals**2)
        return misfit + self.penalty.value(trajectory.parameters)

    def _seen_of(self, states: Array) -> Array:
        """C x at the times of observation, (M, B, m)."""
        with np.errstate(over="ignore", invalid="ignore"):
            found: Array = states[self.observed] @ self._seen.operator.T
        return found

    def _residuals(self, trajectory: FieldTrajectory) -> Array:
        return self._seen_of(trajectory.states) - self._seen.values

    def _sources(self, residuals: Array) -> Array:
        """The derivative of the weighted squares of (M, B, m) at each state, (N + 1, B, d)."""
        sources = np.zeros((self.times.size, *self.inputs.shape))
        sources[self.observed] = (2.0 * self._factor * residuals) @ self._seen.operator
        return sources

    def _sensitivity(
        self, p: Parameters, change: Parameters | None, initial: Array | None = None
    ) -> Array:
        trajectory, direction = self._trajectory(p), checked_direction(p, change)
        self.counts.sensitivity += 1
        return self._flow.sensitivity(trajectory, direction, initial)

    def _adjoint(self, trajectory: FieldTrajectory, sources: Array) -> tuple[Array, Derivative]:
        self.counts.adjoint += 1
        return self._flow.adjoint(trajectory, sources)

    def _trajectory(self, p: Parameters) -> FieldTrajectory:
        if not self.is_solved(p):
            check_parameters(p, self.blocks, self.horizon, lambda: f"a field with {self.blocks}")
            self._last = None  # one trajectory is in memory at a time
            self.counts.direct += 1
            self._last = self._flow.direct(p, self.inputs)
        assert self._last is not None
        return self._last

    def use_grid(self, times: Array) -> None:
        """Solve on this time grid from now on, which has to contain the times of observation."""
        self.times, self._last = times, None
        self.observed = np.searchsorted(times, self.settings["observations"].times)
        self._flow = FieldFlow(self.settings["field"], times, self.settings["scheme"])

    def _check_field(self, trajectory: FieldTrajectory) -> None:
        """Once, halfway through the depth, where the field is certainly defined."""
        t, x, p = self._flow.halfway(trajectory)
        if self._unchecked and np.isfinite(x).all():
            self._unchecked = False
            check_transposition(self.settings["field"], t, x, p)


def _rebuilt(settings: dict[str, Any]) -> FieldProblem:
    return FieldProblem(**settings)
