"""The history of a run, its best iterate, and the tests that end it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from standalone_node.model.nodal import Parameters
from standalone_node.optimize.iteration import Iteration
from standalone_node.optimize.metrics import Metric
from standalone_node.optimize.objective import Counts, Objective
from standalone_node.optimize.state import State, plain_state, recalled_state
from standalone_node.optimize.stopping import END_STATES, LIMITS, Stopping

if TYPE_CHECKING:
    from standalone_node.optimize.result import Result

#: A run that cannot lower its cost any more has reached rounding only if its gradient has fallen to
#: this share.
UNRESOLVED = 1e-2

#: The ends of steps that led astray, upwards: the lowest cost is then better than the last.
ASTRAY = ("overflow", "saturated")

#: The columns of the history: the numbers of an Iteration but its own.
COLUMNS = [f.name for f in fields(Iteration) if f.name not in ("nit", "parameters")]

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
        self._columns: dict[str, list[float]] = {name: [] for name in COLUMNS}
        self._last: Iteration | None = None
        self._scores: list[float] = []
        self._newest: State | None = None
        self._best: State | None = None
        self._lowest: State | None = None
        self._highest = -np.inf
        self._since_best = 0
        self.verdict: str | None = None

    @property
    def begun(self) -> bool:
        """Whether there is a row yet."""
        return self._last is not None

    @property
    def newest(self) -> State:
        """The newest state."""
        assert self._newest is not None
        return self._newest

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
        row = vars(self._last)
        for name, column in self._columns.items():
            column.append(row[name])
        self._newest = state
        if self._lowest is None or state.cost < self._lowest.cost:
            self._lowest = state
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

    def end(self) -> str:
        """The end state; "stuck" if the cost stands still though the gradient is large, and
        "saturated" if the gradient vanishes though the cost has risen.
        """
        end = self.verdict or "precision"
        start, now = self._columns["gradient_norm"][0], self.last.gradient_norm
        if end == "precision" and (self.last.nit == 0 or now > UNRESOLVED * start):
            return "stuck"
        costs = self._columns["cost"]
        if end == "gradient" and costs[-1] > costs[0]:
            return "saturated"
        return "stuck" if end == "cost" and now > start else end

    def memory(self, state: State) -> dict[str, Any]:
        """All that was taken down, as plain values, when the run stands at `state`."""
        counts, began = self._counts, self._sweeps
        now = (counts.direct, counts.adjoint, counts.sensitivity)
        remembered = getattr(counts, "remembered", None)
        monitor = getattr(self._watch.monitor, "remembered", None)
        return {
            "columns": {name: np.array(column) for name, column in self._columns.items()},
            "scores": np.array(self._scores, dtype=np.float64),
            "elapsed": time.perf_counter() - self._began,
            "watched": self._watched,
            "sweeps": [done - before for done, before in zip(now, began, strict=True)],
            "sweeps_before": list(began),
            "counts": None if remembered is None else remembered(),
            "monitor": None if monitor is None else monitor(),
            "highest": self._highest,
            "since_best": self._since_best,
            **{
                name: None if kept is state else plain_state(kept)
                for name, kept in self._kept().items()
            },
        }

    def recall(self, memory: Mapping[str, Any], state: State, end: str | None) -> None:
        """Be as when `memory` was asked for at `state`, the run having ended or not."""
        columns = {name: column.tolist() for name, column in memory["columns"].items()}
        self._columns, self._scores = columns, memory["scores"].tolist()
        self._began = time.perf_counter() - float(memory["elapsed"])
        self._watched = float(memory["watched"])
        self._highest, self._since_best = memory["highest"], int(memory["since_best"])
        counts: Any = self._counts
        monitor: Any = self._watch.monitor
        if memory["counts"] is not None:
            counts.recall(memory["counts"])
            self._sweeps = tuple(memory["sweeps_before"])
        else:
            now = (counts.direct, counts.adjoint, counts.sensitivity)
            self._sweeps = tuple(a - b for a, b in zip(now, memory["sweeps"], strict=True))
        if memory["monitor"] is not None:
            monitor.recall(memory["monitor"])
        newest, best, lowest = (
            state if memory[name] is None else recalled_state(memory[name])
            for name in ("newest", "best", "lowest")
        )
        self._newest, self._best, self._lowest = newest, best, lowest
        row = {name: column[-1] for name, column in columns.items()}
        parameters = self._objective.parameters(newest.u)
        self._last = Iteration(nit=len(columns["cost"]) - 1, parameters=parameters, **row)
        limit = self._stopping.limit(len(columns["cost"]), float(memory["elapsed"]))
        self.verdict = limit if end is None or end in LIMITS else end

    def _kept(self) -> dict[str, State]:
        assert self._newest is not None and self._best is not None and self._lowest is not None
        return {"newest": self._newest, "best": self._best, "lowest": self._lowest}

    def result(self, metric: Metric | None) -> Result:
        """The Result of the run, which was done in that metric."""
        from standalone_node.optimize.result import Result  # SciPy's optimisers come with it

        best, end = self._best, END_STATES[self.end()]
        if end.name in ASTRAY and not self._scores:
            best = self._lowest
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
