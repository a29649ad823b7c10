"""`minimize`: from a problem, a start and a metric to a Result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.model.parametrisation import Free
from standalone_node.optimize.betas import BETAS
from standalone_node.optimize.iteration import Iteration
from standalone_node.optimize.metrics import Metric, Sobolev
from standalone_node.optimize.ncg import State, iterate
from standalone_node.optimize.objective import Objective, Problem
from standalone_node.optimize.stopping import END_STATES, SAFETY, Stopping

if TYPE_CHECKING:
    from standalone_node.optimize.result import Result

#: The table: a method and its iteration.
METHODS = {"ncg": iterate}

#: A run that cannot lower its cost any more has reached rounding only if its gradient has fallen to
#: this share.
UNRESOLVED = 1e-2

#: The columns of the history: the numbers of an Iteration but its own.
_COLUMNS = [f.name for f in fields(Iteration) if f.name not in ("nit", "parameters")]

Array = NDArray[Any]
Monitor = Callable[[Parameters], float]
Callback = Callable[[Iteration], Any]


def minimize(
    problem: Problem,
    start: Parameters,
    *,
    method: str = "ncg",
    metric: Metric | None = None,
    beta: str = "PR+",
    max_iterations: int = 200,
    tolerance: float = 1e-6,
    cost_tolerance: float = 1e-10,
    noise_level: float | None = None,
    monitor: Monitor | None = None,
    callback: Callback | None = None,
) -> Result:
    """Minimise the cost of a problem over depth-varying parameters.

    Parameters
    ----------
    problem : InverseProblem
        Or whatever offers cost, cost_and_derivative, line_model and residual.
    start : Parameters
    method : {"ncg"}
    metric : metric, optional
        Sobolev(1.0) if not given; L2(), Euclidean() and other lengths are there to compare.
    beta : {"SD", "FR", "PR+", "FR-PR", "HS+", "DY", "HZ"}
        The formula of the conjugate direction; "SD" is steepest descent.
    max_iterations : int
    tolerance : float
        Ends with "gradient" when the gradient norm is this share of its start.
    cost_tolerance : float
        Ends with "cost" when five iterations lower the cost by less than this share of it.
    noise_level : float, optional
        Ends with "discrepancy" when the root mean square residual is 1.1 times this or less.
    monitor : callable, optional
        Called with the parameters of every iterate, returns a score. The result holds the
        parameters of the highest score instead of the last.
    callback : callable, optional
        Called with an `Iteration` after every iteration; StopIteration ends with "callback".

    Returns
    -------
    Result

    Raises
    ------
    ArgumentError
        If an argument cannot be used.
    StateOverflow
        If the cost of the start is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from standalone_node import InverseProblem, minimize
    >>> problem = InverseProblem(np.array([[0.1], [0.4]]), np.array([0.3, 0.6]), steps=8)
    >>> result = minimize(problem, problem.initial_parameters())
    >>> result.success, bool(result.cost < 1e-6)
    (True, True)
    """
    stopping = _checked(method, beta, max_iterations, tolerance, cost_tolerance)
    metric = Sobolev(1.0) if metric is None else metric
    if not isinstance(start, Parameters):
        raise ArgumentError(
            f"start has to be Parameters, not {type(start).__name__}: take initial_parameters()"
        )
    parametrisation = Free(start)
    objective = Objective(problem, parametrisation)
    gram = parametrisation.gram(metric.matrix(start.times), metric.fixed)
    record = Record(objective, monitor, stopping, noise_level)
    u = parametrisation.coordinates(start)
    _check_noise_level(objective, u, noise_level)
    verdict: str | None = None
    for state in METHODS[method](objective, gram, u, BETAS[beta]):
        verdict = record.add(state)
        if callback is not None:
            try:
                callback(record.last)
            except StopIteration:
                verdict = verdict or "callback"
        if verdict is not None:
            break
    return record.result(record.confirmed(verdict or "precision"))


class Record:
    """The history of a run, its best iterate, and the tests that end it."""

    def __init__(
        self,
        objective: Objective,
        monitor: Monitor | None,
        stopping: Stopping,
        noise_level: float | None,
    ) -> None:
        self._objective, self._monitor = objective, monitor
        self._stopping, self._noise_level = stopping, noise_level
        counts = objective.problem.counts
        self._sweeps = (counts.direct, counts.adjoint, counts.sensitivity)
        self._began = time.perf_counter()
        self._columns: dict[str, list[float]] = {name: [] for name in _COLUMNS}
        self._last: Iteration | None = None
        self._scores: list[float] = []
        self._best: State | None = None
        self._highest = -np.inf

    @property
    def last(self) -> Iteration:
        """The newest row."""
        assert self._last is not None
        return self._last

    def add(self, state: State) -> str | None:
        """Record a state; the name of the end state it meets, if any."""
        parameters, counts = self._objective.parameters(state.u), self._objective.problem.counts
        if self._monitor is not None:
            self._scores.append(float(self._monitor(parameters)))
        if self._best is None or not self._scores or self._scores[-1] > self._highest:
            self._best = state
            # A first score that is no number must not stay the best for ever.
            self._highest = (
                np.nan_to_num(self._scores[-1], nan=-np.inf) if self._scores else -np.inf
            )
        self._last = Iteration(
            nit=len(self._columns["cost"]),
            cost=state.cost,
            gradient_norm=state.norm,
            step=state.step,
            beta=state.beta,
            seconds=time.perf_counter() - self._began,
            direct=counts.direct - self._sweeps[0],
            adjoint=counts.adjoint - self._sweeps[1],
            sensitivity=counts.sensitivity - self._sweeps[2],
            parameters=parameters,
        )
        for name, column in self._columns.items():
            column.append(getattr(self._last, name))
        return self._verdict(parameters)

    def _verdict(self, parameters: Parameters) -> str | None:
        if (
            self._noise_level is not None
            and self._objective.problem.residual(parameters) <= SAFETY * self._noise_level
        ):
            return "discrepancy"
        return self._stopping.verdict(self._columns["gradient_norm"], self._columns["cost"])

    def confirmed(self, end: str) -> str:
        """That end state, or "stuck" if the cost stands still though the gradient is large."""
        start, now = self._columns["gradient_norm"][0], self.last.gradient_norm
        if end == "precision" and (self.last.nit == 0 or now > UNRESOLVED * start):
            return "stuck"
        return "stuck" if end == "cost" and now > start else end

    def result(self, end: str) -> Result:
        """The Result of a run with that end state."""
        from standalone_node.optimize.result import Result  # SciPy's optimisers come with it

        best, state = self._best, END_STATES[end]
        assert best is not None
        history = {name: np.array(column) for name, column in self._columns.items()}
        if self._scores:
            history["score"] = np.array(self._scores)
        return Result(
            parameters=self._objective.parameters(best.u),
            cost=best.cost,
            success=state.success,
            reason=state.name,
            message=state.sentence,
            nit=self.last.nit,
            history=history,
            x=best.u,
            fun=best.cost,
            jac=best.derivative,
            nfev=self.last.direct,
            njev=self.last.adjoint,
            status=0 if state.success else 1,
        )


def _checked(
    method: str, beta: str, max_iterations: int, tolerance: float, cost_tolerance: float
) -> Stopping:
    if method not in METHODS:
        raise ArgumentError(f"unknown method {method!r}: choose one of {', '.join(METHODS)}")
    if beta not in BETAS:
        raise ArgumentError(f"unknown beta {beta!r}: choose one of {', '.join(BETAS)}")
    if isinstance(max_iterations, bool) or not isinstance(max_iterations, int | np.integer):
        raise ArgumentError(f"max_iterations = {max_iterations!r} has to be a whole number")
    if max_iterations < 0:
        raise ArgumentError(f"max_iterations = {max_iterations} has to be 0 or larger")
    for name, bound in (("tolerance", tolerance), ("cost_tolerance", cost_tolerance)):
        if not 0.0 <= bound < np.inf:
            raise ArgumentError(f"{name} = {bound!r} has to be a finite number, 0 or larger")
    return Stopping(float(tolerance), float(cost_tolerance), int(max_iterations))


def _check_noise_level(objective: Objective, u: Array, noise_level: float | None) -> None:
    if noise_level is None:
        return
    if not 0.0 < noise_level < np.inf:
        raise ArgumentError(f"noise_level = {noise_level!r} has to be a positive number")
    objective.problem.residual(objective.parameters(u))  # says so if the loss has no residual
