"""Going through the rows batch by batch, a method started again on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from standalone_node.errors import ArgumentError, StateOverflow
from standalone_node.model.parametrisation import Gram, Parametrisation
from standalone_node.optimize.batches import Batches
from standalone_node.optimize.objective import Objective, Problem
from standalone_node.optimize.options import Options
from standalone_node.optimize.proximal import Proximal
from standalone_node.optimize.record import Record
from standalone_node.optimize.state import State
from standalone_node.optimize.stochastic import Step, Stepwise, evaluated

if TYPE_CHECKING:
    from standalone_node.optimize.methods import Method

Array = NDArray[Any]

#: Iterations on a batch, unless they are given.
ITERATIONS = 6


class Shares:
    """Sweeps so far, one over a batch counted as its share of all rows."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._rows = [0, 0, 0]

    def add(self, counts: Any, rows: int) -> None:
        """Add the sweeps of a batch of so many rows."""
        for k, sweeps in enumerate((counts.direct, counts.adjoint, counts.sensitivity)):
            self._rows[k] += rows * sweeps

    @property
    def direct(self) -> float:
        """Direct sweeps."""
        return self._rows[0] / self._samples

    @property
    def adjoint(self) -> float:
        """Adjoint sweeps."""
        return self._rows[1] / self._samples

    @property
    def sensitivity(self) -> float:
        """Sensitivity sweeps."""
        return self._rows[2] / self._samples


class Epochs:
    """A run by batches.

    Parameters
    ----------
    objective : Objective
        Of all rows. Its problem has to have `samples`, their number B, and `rows(index)`, the
        problem of some of them.
    parametrisation : Parametrisation
    gram : Gram
        The metric, also of the proximal term.
    batches : Batches

    Attributes
    ----------
    counts : Shares

    Raises
    ------
    ArgumentError
        If the problem cannot be cut into batches.
    """

    def __init__(
        self,
        objective: Objective,
        parametrisation: Parametrisation,
        gram: Gram,
        batches: Batches,
    ) -> None:
        problem: Any = objective.problem
        if not hasattr(problem, "rows"):
            raise ArgumentError(
                f"{type(problem).__name__} has no rows to cut into batches: leave batches out"
            )
        self._problem, self._samples = problem, int(problem.samples)
        self._objective, self._parametrisation = objective, parametrisation
        self._gram, self._batches = gram, batches
        self._begun = False
        self.counts = Shares(self._samples)

    def run(self, method: Method, u: Array, options: Options, record: Record) -> None:
        """Report the start and every epoch, until told to stop or the epochs are over."""
        on_batch = self._on_batch(method, options)
        stop = record.report(self._whole(u, record))
        for epoch in range(self._batches.epochs):
            if stop:
                return
            for index in self._batches.cut(self._samples, epoch):
                batch = self._problem.rows(index)
                u = on_batch(self._of(batch, u), u)
                self.counts.add(batch.counts, index.size)
                if record.late:
                    break
            stop = record.report(self._whole(u, record))
        record.verdict = record.verdict or "epochs"

    def _on_batch(self, method: Method, options: Options) -> Any:
        """(objective of a batch, u) -> u after the iterations on it."""
        count = self._batches.iterations
        if not isinstance(method, Stepwise):
            return _Restarted(method, self._gram, options, count or ITERATIONS)
        if self._batches.proximal > 0.0 and (count or 1) == 1:
            raise ArgumentError(
                "a proximal term does nothing in the first step on a batch: give batches more "
                "iterations, or no proximal"
            )
        return _Steps(method.begun(options), self._gram, count or 1)

    def _of(self, batch: Problem, u: Array) -> Objective:
        if self._batches.proximal == 0.0:
            return Objective(batch, self._parametrisation)
        rho = self._batches.proximal
        return Proximal(batch, self._parametrisation, self._gram, rho, u)

    def _whole(self, u: Array, record: Record) -> State:
        """The state of all rows, for the record."""
        with record.aside():
            try:
                cost, derivative = self._objective.start(u)
            except StateOverflow as overflow:
                if not self._begun:
                    raise
                raise StateOverflow(
                    "the state of some rows overflows after the batches without them: use a "
                    "proximal term, a larger penalty, or a smaller horizon"
                ) from overflow
            self._begun = True
            return State(u, cost, derivative, self._gram.solve(derivative))


@dataclass(frozen=True)
class _Restarted:
    """A method that begins anew on every batch."""

    method: Method
    gram: Gram
    options: Options
    count: int

    def __call__(self, objective: Objective, u: Array) -> Array:
        newest, done = u, -1  # the start is reported, too

        def report(state: State) -> bool:
            nonlocal newest, done
            newest, done = state.u, done + 1
            return done >= self.count

        self.method(objective, self.gram, u, self.options, report)
        return newest


@dataclass(frozen=True)
class _Steps:
    """Single steps, which remember those on earlier batches."""

    step: Step
    gram: Gram
    count: int

    def __call__(self, objective: Objective, u: Array) -> Array:
        for _ in range(self.count):
            _, derivative = evaluated(objective, u)
            u = u + self.step(self.gram.solve(derivative))
        return u
