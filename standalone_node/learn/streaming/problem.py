"""The inverse problem of rows on the disk, and batches that read them in runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.layout import Layout
from standalone_node.learn.scaling import Scaling
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.parts import StoredPart, expanded
from standalone_node.optimize.batches import SMALLEST, Batches
from standalone_node.problem.chunked import ChunkedProblem

Array = NDArray[Any]

#: Rows that go into a batch together: a run of neighbours is read from the disk at once.
RUN = 64
#: But a batch is of so many runs at least, from as many places of the file.
RUNS = 16


class RunBatches(Batches):
    """Batches of runs of neighbouring rows, drawn from all over the rows.

    The order of the runs is random in each epoch, as that of the rows is in `Batches`; they are
    not remembered, but made when they are asked for.

    Examples
    --------
    >>> [len(part) for part in RunBatches(size=1000, seed=1).cut(rows=2500, epoch=0)]
    [992, 950, 558]
    """

    def cut(self, rows: int, epoch: int) -> Any:
        """The row numbers of the batches of an epoch, every row once."""
        run = min(RUN, max(1, self.size // RUNS))
        order = np.random.default_rng([self.seed, epoch]).permutation(-(-rows // run))
        together = max(1, round(self.size / run))
        ends = list(range(together, order.size, together))
        if ends and order.size - ends[-1] < SMALLEST * together:
            ends.pop()
        return _Cut([np.sort(part) for part in np.split(order, ends)], run, rows)


class _Cut(Sequence[Array]):
    """The rows of runs, batch by batch."""

    def __init__(self, runs: list[Array], run: int, rows: int) -> None:
        self._runs, self._run, self._rows = runs, run, rows

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, place: int) -> Array: ...

    @overload
    def __getitem__(self, place: slice) -> _Cut: ...

    def __getitem__(self, place: int | slice) -> Array | _Cut:
        if isinstance(place, slice):
            return _Cut(self._runs[place], self._run, self._rows)
        index = (self._runs[place][:, None] * self._run + np.arange(self._run)).ravel()
        return index[index < self._rows]

    def __iter__(self) -> Iterator[Array]:
        return (self[place] for place in range(len(self)))


@dataclass(frozen=True, eq=False)
class Posed:
    """How rows become initial states and scaled targets."""

    schema: Schema
    scaling: Scaling
    layout: Layout
    targets: Scaling | None

    def states(self, features: Array, goal: Array) -> tuple[Array, Array, None]:
        """The states (n, d) of rows, their classes (n,) or scaled targets (n, m), no weights."""
        states = self.layout.states(self.scaling.apply(features))
        if self.targets is not None:
            goal = self.targets.apply(goal.reshape(len(goal), -1))
        return states, goal, None

    def __call__(self, codes: Array) -> tuple[Array, Array, None]:
        """Those of rows as a store has them."""
        return self.states(*expanded(self.schema, codes))

    def identity(self, digest: str) -> dict[str, Any]:
        """What tells rows of this checksum from others, and what becomes of them."""
        return {
            "inputs": f"array (of the disk) {digest}",
            "schema": self.schema.to_json(),
            "mean": self.scaling.mean,
            "scale": self.scaling.scale,
        }


@dataclass(frozen=True, eq=False)
class States:
    """Stored rows as initial states and scaled targets: a `Source` of a problem."""

    part: StoredPart
    posed: Posed

    @property
    def samples(self) -> int:
        """B."""
        return len(self.part)

    def identity(self) -> dict[str, Any]:
        """What tells the rows from others: a checksum, and what becomes of them."""
        return self.posed.identity(self.part.store.digest)

    def take(self, index: Array) -> tuple[Array, Array, None]:
        """Those of some rows, as `Posed.states`."""
        return self.posed.states(*self.part.take(index))


class StoredProblem(ChunkedProblem):
    """A `ChunkedProblem` whose batches are made of runs."""

    batches = RunBatches
