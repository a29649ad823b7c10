"""Going through the rows batch by batch, a method started again on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.parametrisation import Gram, Parametrisation
from standalone_node.optimize.batches import Batches
from standalone_node.optimize.objective import Objective, Problem
from standalone_node.optimize.options import Options
from standalone_node.optimize.proximal import Proximal
from standalone_node.optimize.record import Record
from standalone_node.optimize.state import State, begun
from standalone_node.optimize.stochastic import Step, Stepwise, evaluated

if TYPE_CHECKING:
    from standalone_node.optimize.methods import Method
    from standalone_node.optimize.trail import Trail

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

    def remembered(self) -> list[int]:
        """The rows swept so far."""
        return list(self._rows)

    def recall(self, memory: Sequence[int]) -> None:
        """Go on counting from what `remembered` gave."""
        self._rows = [int(rows) for rows in memory]

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


@dataclass(frozen=True)
class _Place:
    """The epoch and the batch that come next."""

    epoch: int = 0
    batch: int = 0


class Epochs:
    """A run by batches.

    Parameters
    ----------
    objective : Objective
        Of all rows. Its problem has to have `samples`, their number B, and `rows(index)`, the
        problem of some of them.
    parametrisation : Parametrisation
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
        batches: Batches,
    ) -> None:
        problem: Any = objective.problem
        if not hasattr(problem, "rows"):
            raise ArgumentError(
                f"{type(problem).__name__} has no rows to cut into batches: leave batches out"
            )
        self._problem, self._samples = problem, int(problem.samples)
        self._objective, self._parametrisation = objective, parametrisation
        self._batches = batches
        self.counts = Shares(self._samples)

    def run(
        self, method: Method, gram: Gram, start: Array | State, options: Options, trail: Trail
    ) -> None:
        """Report the start and every epoch, until told to stop or the epochs are over.

        Parameters
        ----------
        method : callable
        gram : Gram
            The metric, also of the proximal term.
        start : ndarray or State
            The start u; or a state that was kept before, at the end of a batch, to go on from.
        options : Options
        trail : Trail
        """
        on_batch, place = self._on_batch(method, gram, options), _Place()
        if isinstance(start, State):
            u, place = start.u, self._recall(start.memory, on_batch)
        else:
            u = start
            state = self._whole(u, gram, trail.record)
            if trail.report(replace(state, memory=self._memory(place, on_batch))):
                return
        for epoch in range(place.epoch, self._batches.epochs):
            u = self._epoch(u, _Place(epoch, place.batch), gram, on_batch, trail)
            place = _Place(epoch + 1)
            self._objective.renewed(u, at_once=True)
            state = self._whole(u, gram, trail.record)
            if trail.report(replace(state, memory=self._memory(place, on_batch))):
                return
        trail.record.verdict = trail.record.verdict or "epochs"

    def _epoch(
        self, u: Array, place: _Place, gram: Gram, on_batch: _OnBatch, trail: Trail
    ) -> Array:
        """u after the batches of an epoch from a place on, or after those there is time for."""
        batches = self._batches.cut(self._samples, place.epoch)
        for number in range(place.batch, len(batches)):
            index = batches[number]
            batch = self._problem.rows(index)
            u = on_batch(self._of(batch, gram, u), u)
            self.counts.add(batch.counts, index.size)
            if trail.record.late:
                break
            if number + 1 < len(batches):
                after = _Place(place.epoch, number + 1)
                trail.between(u, partial(self._memory, after, on_batch))
        return u

    def _memory(self, place: _Place, on_batch: _OnBatch) -> dict[str, Any]:
        return {
            "epoch": place.epoch,
            "batch": place.batch,
            "step": on_batch.memory(),
        }

    def _recall(self, memory: Mapping[str, Any], on_batch: _OnBatch) -> _Place:
        on_batch.recall(memory["step"])
        return _Place(int(memory["epoch"]), int(memory["batch"]))

    def _on_batch(self, method: Method, gram: Gram, options: Options) -> _OnBatch:
        """(objective of a batch, u) -> u after the iterations on it."""
        count = self._batches.iterations
        if not isinstance(method, Stepwise):
            return _Restarted(method, gram, options, count or ITERATIONS)
        if self._batches.proximal > 0.0 and (count or 1) == 1:
            raise ArgumentError(
                "a proximal term does nothing in the first step on a batch: give batches more "
                "iterations, or no proximal"
            )
        return _Steps(method.begun(options), gram, count or 1)

    def _of(self, batch: Problem, gram: Gram, u: Array) -> Objective:
        if self._batches.proximal == 0.0:
            return Objective(batch, self._parametrisation)
        rho = self._batches.proximal
        return Proximal(batch, self._parametrisation, gram, rho, u)

    def _whole(self, u: Array, gram: Gram, record: Record) -> State:
        """The state of all rows, for the record."""
        with record.aside():
            return begun(self._objective, gram, u)


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

    def memory(self) -> dict[str, Any]:
        """Nothing: every batch is a beginning."""
        return {}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Nothing to remember."""


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

    def memory(self) -> dict[str, Any]:
        """What the step remembers of earlier batches."""
        return self.step.memory()

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Remember what `memory` gave."""
        self.step.recall(memory)


_OnBatch = _Restarted | _Steps
