"""The history of a run, its best iterate, and the tests that end it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from standalone_node.model.nodal import Parameters
from standalone_node.optimize.iteration import Iteration
from standalone_node.optimize.metrics import Metric
from standalone_node.optimize.objective import Counts, Objective
from standalone_node.optimize.state import State
from standalone_node.optimize.stopping import END_STATES, Stopping

if TYPE_CHECKING:
    from standalone_node.optimize.result import Result

#: A run that cannot lower its cost any more has reached rounding only if its gradient has fallen to
#: this share.
UNRESOLVED = 1e-2

#: The columns of the history: the numbers of an Iteration but its own.
_COLUMNS = [f.name for f in fields(Iteration) if f.name not in ("nit", "parameters")]

Monitor = Callable[[Parameters], float]
Callback = Callable[[Iteration], Any]


@dataclass(frozen=True)
class Watch:
    """Who looks on: the monitor scores parameters, the callback may end the run."""

    monitor: Monitor | None = None
    callback: Callback | None = None


class Record:
    """Takes down every state that a method reports, and says when to stop.

    Parameters
    ----------
    objective : Objective
    stopping : Stopping
    watch : Watch
    counts : Counts, optional
        Where the sweeps are counted; the counts of the problem if not given.

    Attributes
    ----------
    verdict : str or None
        The name of the end state that was met, None while there is none.
    """

    def __init__(
        self,
        objective: Objective,
        stopping: Stopping,
        watch: Watch,
        counts: Counts | None = None,
    ) -> None:
        self._objective, self._stopping, self._watch = objective, stopping, watch
        self._counts = counts = objective.problem.counts if counts is None else counts
        self._sweeps = (counts.direct, counts.adjoint, counts.sensitivity)
        self._began = time.perf_counter()
        self._watched = 0.0
        self._columns: dict[str, list[float]] = {name: [] for name in _COLUMNS}
        self._last: Iteration | None = None
        self._scores: list[float] = []
        self._best: State | None = None
        self._highest = -np.inf
        self._since_best = 0
        self.verdict: str | None = None

    @property
    def last(self) -> Iteration:
        """The newest row."""
        assert self._last is not None
        return self._last

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Not on the clock of the method: what is done for the record alone."""
        began = time.perf_counter()
        yield
        self._watched += time.perf_counter() - began

    @property
    def late(self) -> bool:
        """Whether the time limit is over."""
        limit = self._stopping.seconds
        return limit is not None and time.perf_counter() - self._began >= limit

    def report(self, state: State) -> bool:
        """Take down a state; whether the run has to stop here."""
        self.verdict = self._added(state)
        if self._watch.callback is not None:
            try:
                self._watch.callback(self.last)
            except StopIteration:
                self.verdict = self.verdict or "callback"
        return self.verdict is not None

    def _added(self, state: State) -> str | None:
        parameters, counts = self._objective.parameters(state.u), self._counts
        now = time.perf_counter()
        self._last = Iteration(
            nit=len(self._columns["cost"]),
            cost=state.cost,
            gradient_norm=state.norm,
            step=state.step,
            beta=state.beta,
            seconds=now - self._began - self._watched,
            direct=counts.direct - self._sweeps[0],
            adjoint=counts.adjoint - self._sweeps[1],
            sensitivity=counts.sensitivity - self._sweeps[2],
            parameters=parameters,
        )
        for name, column in self._columns.items():
            column.append(getattr(self._last, name))
        self._judge(state, parameters)
        self._watched += time.perf_counter() - now
        return self._verdict(parameters)

    def _judge(self, state: State, parameters: Parameters) -> None:
        """Keep the state if it is the best so far: the newest one, or that of the best score."""
        if self._watch.monitor is None:
            self._best = state
            return
        score = float(self._watch.monitor(parameters))
        self._scores.append(score)
        self._since_best += self._best is not None
        if score > self._highest:
            self._best, self._highest, self._since_best = state, score, 0
        elif self._highest == -np.inf:
            # Nothing to choose by, so far: the newest state, as without a monitor.
            self._best = state

    def _verdict(self, parameters: Parameters) -> str | None:
        return self._stopping.verdict(
            self._columns["gradient_norm"],
            self._columns["cost"],
            residual=lambda: self._objective.problem.residual(parameters),
            seconds=time.perf_counter() - self._began,
            since_best=self._since_best,
        )

    def _end(self) -> str:
        """The end state; "stuck" if the cost stands still though the gradient is large."""
        end = self.verdict or "precision"
        start, now = self._columns["gradient_norm"][0], self.last.gradient_norm
        if end == "precision" and (self.last.nit == 0 or now > UNRESOLVED * start):
            return "stuck"
        return "stuck" if end == "cost" and now > start else end

    def result(self, metric: Metric | None) -> Result:
        """The Result of the run, which was done in that metric."""
        from standalone_node.optimize.result import Result  # SciPy's optimisers come with it

        best, end = self._best, END_STATES[self._end()]
        assert best is not None
        history = {name: np.array(column) for name, column in self._columns.items()}
        if self._scores:
            history["score"] = np.array(self._scores)
        return Result(
            parameters=self._objective.parameters(best.u),
            cost=best.cost,
            success=end.success,
            reason=end.name,
            message=end.sentence,
            nit=self.last.nit,
            metric=metric,
            history=history,
            x=best.u,
            fun=best.cost,
            jac=best.derivative,
            nfev=self.last.direct,
            njev=self.last.adjoint,
            status=0 if end.success else 1,
        )
