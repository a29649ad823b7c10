"""An inverse problem whose rows come from a source, a chunk at a time: they need not fit in memory.

The cost is a mean over the rows plus penalties, so it is the mean of the costs of chunks, weighted
by how many rows they have; and so are its derivative, its line and its Gauss-Newton products.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.memory import Need
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.arguments import read_index, whole_number
from standalone_node.problem.excerpt import MOST_ROWS, Unfetched
from standalone_node.problem.fetching import fetched
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.line import Line
from standalone_node.problem.model_of import OfModel
from standalone_node.problem.shared import one_at_a_time

Array = NDArray[Any]

#: Numbers in the initial states of a chunk: what its sweeps need is a small multiple of that. The
#: chunks depend on the width of the state alone, hence the bits of the sums, too.
ENTRIES = 1 << 20


class Source(Protocol):
    """Where rows come from."""

    @property
    def samples(self) -> int:
        """B, the number of rows."""
        ...

    def take(self, index: Array) -> tuple[Array, Array, Array | None]:
        """Initial states (n, d), targets and sample weights (n,) or None of rows, in this order.

        A source may also say by a method `identity` what its rows are, as a dict of plain values
        and arrays: then a checkpoint of others is refused.
        """
        ...


@dataclass(frozen=True, eq=False)
class ArrayRows:
    """Rows in arrays, such as memory maps: a `Source`.

    Parameters
    ----------
    inputs : ndarray, shape (B, d)
        The initial states.
    targets : ndarray, shape (B,) or (B, m)
    sample_weight : ndarray, shape (B,), optional
    """

    inputs: Array
    targets: Array
    sample_weight: Array | None = None

    @property
    def samples(self) -> int:
        """B."""
        return len(self.inputs)

    def identity(self) -> dict[str, Any]:
        """What tells the rows from others: the arrays."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def take(self, index: Array) -> tuple[Array, Array, Array | None]:
        """Some of the rows, copied."""
        weights = None if self.sample_weight is None else self.sample_weight[index]
        return self.inputs[index], self.targets[index], weights


@dataclass(frozen=True, eq=False)
class SumOfLines:
    """The lines of chunks, each with its share of the rows, as one line."""

    lines: tuple[tuple[float, Line], ...]

    def value(self, eta: float) -> float:
        """The modelled cost at eta."""
        return sum(share * line.value(eta) for share, line in self.lines)

    def slope(self, eta: float) -> float:
        """Its derivative at eta."""
        return sum(share * line.slope(eta) for share, line in self.lines)

    def curvature(self, eta: float) -> float:
        """Its second derivative at eta, never negative."""
        return sum(share * line.curvature(eta) for share, line in self.lines)


class ChunkedProblem(OfModel):
    """`InverseProblem` for rows that are fetched when they are needed and not kept.

    Parameters
    ----------
    source : Source
        `ArrayRows` of memory maps, or anything else with `samples` and `take(index)`.
    chunk : int, optional
        Rows that are fetched at a time; by the width of the state if not given.
    **settings
        Of `InverseProblem`, all but sample_weight, rtol and atol: a time grid that suits every
        row would have to be chosen by looking at all of them. `outputs` has to be given where
        the first rows do not show the largest class.

    Raises
    ------
    ArgumentError
        If an argument cannot be used, or the source is empty.

    Notes
    -----
    Nothing is kept between two calls, so a derivative costs a direct sweep of its own; cost and
    derivative together do not. A line keeps the observed components of x(T) and of its change,
    2 m numbers a row. Batches are problems in memory, see `rows`.

    Examples
    --------
    >>> import numpy as np
    >>> from standalone_node import InverseProblem
    >>> x = np.linspace(-1.0, 1.0, 50)[:, None]
    >>> whole = InverseProblem(x, np.sin(x), steps=4)
    >>> parts = ChunkedProblem(ArrayRows(x, np.sin(x)), chunk=16, steps=4)
    >>> p = whole.initial_parameters()
    >>> bool(abs(parts.cost(p) - whole.cost(p)) < 1e-14)
    True
    """

    #: Cost and derivative come cheaper together than one after the other.
    recomputes = True

    def __init__(self, source: Source, *, chunk: int | None = None, **settings: Any) -> None:
        for name in ("sample_weight", "rtol", "atol"):
            if settings.pop(name, None) is not None:
                raise ArgumentError(
                    f"{name} is not for rows that come in chunks: "
                    + ("give it with the source" if name == "sample_weight" else "give steps")
                )
        if source.samples < 1:
            raise ArgumentError("the source has no rows: give one row at least")
        inputs, targets, _ = source.take(np.arange(1))
        self._adopt(source, InverseProblem(inputs, targets, **settings), chunk)

    @classmethod
    def like(
        cls, problem: InverseProblem, source: Source, *, chunk: int | None = None
    ) -> ChunkedProblem:
        """The problem with the settings of another one and the rows of a source."""
        if problem.tolerance is not None:
            raise ArgumentError("rtol and atol are not for rows that come in chunks: give steps")
        made = object.__new__(cls)
        made._adopt(source, problem, chunk)
        return made

    def _adopt(self, source: Source, model: InverseProblem, chunk: int | None) -> None:
        self.source = source
        self._set_model(model)
        rows = max(1, ENTRIES // model.width) if chunk is None else chunk
        self.chunk = whole_number("chunk", rows, 1)

    def identity(self) -> dict[str, Any]:
        """What tells the problem from another one: its settings, and what the source says it is."""
        rows: dict[str, Any] = getattr(self.source, "identity", dict)()
        return {**self._settings(), "samples": self.samples, "chunk": self.chunk, **rows}

    def needs(self) -> list[Need]:
        """What the problem takes of the memory for cost and derivative: what a chunk takes."""
        return self._needs_of(min(self.chunk, self.samples))

    def described(self) -> tuple[tuple[str, str], ...]:
        """What the problem is, as `InverseProblem.described`, with the rows of the source."""
        return self._described(f"{self.samples:,}, {self.chunk:,} at a time")

    @one_at_a_time
    def excerpt(self, most: int = MOST_ROWS) -> Unfetched:
        """At most so many rows, evenly chosen of those that count; fetched when they are needed.

        If there are weights, they are gone through for that, chunk by chunk.
        """
        return Unfetched(partial(fetched, self.source, self._model, self.chunk, most))

    @property
    def samples(self) -> int:
        """B."""
        return int(self.source.samples)

    def replaced(self, **changes: Any) -> ChunkedProblem:
        """The same rows with some settings changed."""
        return type(self).like(self._model.replaced(**changes), self.source, chunk=self.chunk)

    def coarse(self, layers: int, scheme: str | None = "euler") -> ChunkedProblem:
        """The same problem with `layers` equal steps, as `InverseProblem.coarse`."""
        model = self._model.coarse(layers, scheme)
        return type(self).like(model, self.source, chunk=self.chunk)

    @one_at_a_time
    def rows(self, index: ArrayLike) -> InverseProblem:
        """Some of the rows as a problem in memory: a batch, as `InverseProblem.rows`."""
        return self._model.with_rows(*self.source.take(read_index(index, self.samples)))

    def chunks(self) -> Iterator[tuple[float, InverseProblem]]:
        """All rows: the share of the rows, and their problem, chunk by chunk."""
        for first in range(0, self.samples, self.chunk):
            index = np.arange(first, min(first + self.chunk, self.samples))
            inputs, targets, weights = self.source.take(index)
            yield index.size / self.samples, self._model.with_rows(inputs, targets, weights)

    @one_at_a_time
    def cost(self, p: Parameters) -> float:
        """E(p); infinite if the state of a row overflows."""
        self._count(p)
        return float(sum(share * chunk.cost(p) for share, chunk in self.chunks()))

    @one_at_a_time
    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        """E(p) and its partials dE/dtheta_k.

        Raises
        ------
        ArgumentError
            If p does not fit the problem.
        """
        self._count(p, adjoint=1)
        cost, derivative = 0.0, None
        for share, chunk in self.chunks():
            value, partials = chunk.cost_and_derivative(p)
            cost += share * value
            derivative = _added(derivative, share * partials)
        assert derivative is not None
        return cost, derivative

    @one_at_a_time
    def line_model(self, p: Parameters, direction: Parameters) -> SumOfLines:
        """The cost of p + eta direction, with x(T) replaced by x(T) + eta xi(T)."""
        self._count(p, sensitivity=1)
        lines = ((share, chunk.line_model(p, direction)) for share, chunk in self.chunks())
        return SumOfLines(tuple(lines))

    @one_at_a_time
    def gauss_newton(self, p: Parameters, direction: Parameters) -> Derivative:
        """The Gauss-Newton product, as `InverseProblem.gauss_newton`."""
        self._count(p, adjoint=1, sensitivity=1)
        product = None
        for share, chunk in self.chunks():
            product = _added(product, share * chunk.gauss_newton(p, direction))
        assert product is not None
        return product

    @one_at_a_time
    def residual(self, p: Parameters) -> float:
        """The root mean square residual of an observed entry; for losses of values only."""
        self._count(p)
        sums = np.zeros(2)
        for _, chunk in self.chunks():
            sums += chunk.residual_squares(p)
        return float(np.sqrt(sums[0] / sums[1]))


def _added(total: Derivative | None, part: Derivative) -> Derivative:
    return part if total is None else total + part
