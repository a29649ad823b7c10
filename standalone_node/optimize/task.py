"""A run of `minimize` whose arguments are checked: begun or taken up, and carried to its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from standalone_node.errors import StateOverflow
from standalone_node.kernels.processors import held
from standalone_node.model.nodal import Parameters
from standalone_node.model.parametrisation import Gram, Parametrisation
from standalone_node.optimize.batches import Batches
from standalone_node.optimize.epochs import Epochs
from standalone_node.optimize.methods import Method
from standalone_node.optimize.metrics import Metric, Sobolev
from standalone_node.optimize.objective import Objective, Problem
from standalone_node.optimize.options import Options
from standalone_node.optimize.record import Record, Watch
from standalone_node.optimize.state import State
from standalone_node.optimize.stochastic import Plain
from standalone_node.optimize.stopping import Stopping
from standalone_node.optimize.trail import Keeper, Memory, Trail

if TYPE_CHECKING:
    from standalone_node.optimize.result import Result

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Task:
    """What `minimize` is asked to do; `identity` tells the keeper what that is."""

    problem: Problem
    start: Parameters
    parametrisation: Parametrisation
    method: Method
    metric: Metric | None
    options: Options
    batches: Batches | None
    stopping: Stopping
    watch: Watch
    keeper: Keeper | None
    identity: Callable[[], Memory]

    def done(self) -> Result:
        """The outcome."""
        with held(), nullcontext() if self.keeper is None else self.keeper:
            return self._done()

    def _done(self) -> Result:
        objective = Objective(self.problem, self.parametrisation)
        epochs = None
        if self.batches is not None:
            epochs = Epochs(objective, self.parametrisation, self.batches)
        counts = None if epochs is None else epochs.counts
        trail = Trail(objective, Record(objective, self.stopping, self.watch, counts), self.keeper)
        begin = self._begin(objective, trail)
        metric, gram = self._metric(objective, begin, trail)
        if self.stopping.residual is not None and not isinstance(begin, State):
            self.problem.residual(objective.parameters(begin))  # says so if the loss has none
        if trail.record.verdict is None:
            self._run(objective, gram, begin, epochs, trail)
        trail.ended()
        return trail.record.result(metric)

    def _begin(self, objective: Objective, trail: Trail) -> Array | State:
        """The start, or the state where the keeper has seen the run before."""
        u: Array = self.parametrisation.coordinates(self.start)
        state = trail.recalled(self.identity, u.shape)
        if state is not None:
            return state
        objective.renewed(u, at_once=True)  # the time grid may be that of an earlier run
        return u

    def _metric(
        self, objective: Objective, begin: Array | State, trail: Trail
    ) -> tuple[Metric | None, Gram]:
        """The metric with the length that it chooses at the start, or chose when the run began."""
        metric = self.metric
        if metric is None:
            return None, Plain()
        if not isinstance(begin, State):
            metric = metric.resolved(objective, begin)
            trail.length = getattr(metric, "length", None)
        elif isinstance(metric, Sobolev) and trail.length is not None:
            metric = replace(metric, length=trail.length)
        return metric, self.parametrisation.gram(metric.matrix(self.start.times), metric.fixed)

    def _run(
        self,
        objective: Objective,
        gram: Gram,
        begin: Array | State,
        epochs: Epochs | None,
        trail: Trail,
    ) -> None:
        try:
            if epochs is not None:
                epochs.run(self.method, gram, begin, self.options, trail)
            elif isinstance(begin, State) and not begin.memory:
                self.method(objective, gram, begin.u, self.options, trail.report_anew())
            else:
                self.method(objective, gram, begin, self.options, trail.report)
        except StateOverflow:
            if not trail.record.begun:
                raise
            trail.record.verdict = "overflow"
