"""The inverse problem whose rows are in shards, wherever an engine has placed them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.engines.engine import Engine
from standalone_node.errors import ArgumentError
from standalone_node.memory import Need
from standalone_node.model.nodal import Derivative, Parameters
from standalone_node.problem.excerpt import MOST_ROWS, Excerpt, Unfetched
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.line import WithPenalty
from standalone_node.problem.model_of import OfModel
from standalone_node.problem.shards import work
from standalone_node.problem.shards.group import as_they_are
from standalone_node.problem.shards.model import Model, Read, Way
from standalone_node.problem.shards.tree import total
from standalone_node.problem.shared import (
    check_parameters,
    checked_direction,
    one_at_a_time,
)

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Shards:
    """Rows that have been placed.

    Attributes
    ----------
    engine : Engine
    placed : object
        What the engine gave for groups of them, each a `Group`.
    sizes : sequence of int
        The rows of each shard.
    read : callable
        From a shard to initial states (n, d), targets and weights or None; called where it is.
    identity : mapping
        Plain values that tell the rows from others, for checkpoints.
    whole : InverseProblem, optional
        The problem of all rows, if they are in the memory of who asks.
    excerpt : callable, optional
        At most so many of the rows as an `Excerpt`, if they are not.
    """

    engine: Engine
    placed: Any
    sizes: Sequence[int]
    read: Read = as_they_are
    identity: Mapping[str, Any] = field(default_factory=dict)
    whole: InverseProblem | None = None
    excerpt: Callable[[InverseProblem, int], Excerpt] | None = None


class ShardedProblem(OfModel):
    """`InverseProblem` as a sum over shards of rows that stay where they were placed.

    Parameters
    ----------
    template : InverseProblem
        With all settings; its rows do not matter.
    shards : Shards

    Raises
    ------
    ArgumentError
        If the template has an adaptive time grid, which is chosen by all rows.

    Notes
    -----
    Along a line, the parameters and the direction are sent once; a trial sends one number there,
    and has one for each few shards back. The derivative is asked for when a trial is taken. What
    the shards contribute is added in their order, bracketed by a tree that their number fixes, so
    that the bits do not depend on where they are.
    """

    #: A trial is its cost alone.
    recomputes = False

    def __init__(self, template: InverseProblem, shards: Shards) -> None:
        if template.tolerance is not None:
            raise ArgumentError(
                "rtol and atol choose the time grid by looking at all rows at once: give steps"
            )
        self.shards = shards
        self._set_model(template)
        count = len(shards.sizes)
        self._samples = int(sum(shards.sizes))
        model = Model(template, self._samples, count, shards.read, shards.engine.frugal)
        self._known = shards.engine.broadcast(model)
        self._way: Way | None = None
        self._sent: Any = None
        self._here: tuple[Parameters, float, bool] | None = None
        self._last_cost: tuple[Parameters, float] | None = None

    @property
    def samples(self) -> int:
        """B."""
        return self._samples

    @property
    def stands_for(self) -> InverseProblem | None:
        """The problem of all rows, if they are in the memory of who asks."""
        return self.shards.whole

    @property
    def cuts(self) -> int | None:
        """How many shards there are; None of one alone, whose sums are those of all rows."""
        count = len(self.shards.sizes)
        return count if count > 1 else None

    def identity(self) -> dict[str, Any]:
        """What tells the problem from another one: its settings, and what the rows are said to be.

        Where they are is not part of it.
        """
        return {**self._settings(), "samples": self.samples, **self.shards.identity}

    def needs(self) -> list[Need]:
        """What the problem takes of the memory where the largest shard is, beside the rows."""
        return self._needs_of(max(self.shards.sizes))

    def described(self) -> tuple[tuple[str, str], ...]:
        """What the problem is, as `InverseProblem.described`, with all rows."""
        count = len(self.shards.sizes)
        return self._described(f"{self.samples:,}, in {count} shard{'' if count == 1 else 's'}")

    def excerpt(self, most: int = MOST_ROWS) -> Excerpt | Unfetched:
        """At most so many rows, evenly chosen; fetched, when they are needed, if not here."""
        if self.shards.whole is not None:
            return self.shards.whole.excerpt(most)
        fetch, model = self.shards.excerpt, self._model
        if fetch is None:
            raise ArgumentError("the rows are elsewhere, and nobody has said how to fetch some")
        return Unfetched(lambda: fetch(model, most))

    def placed(self, engine: Engine) -> Self:
        """Itself: the rows are where they were placed."""
        return self

    def replaced(self, **changes: Any) -> Self:
        """The same rows, where they are, with some settings changed."""
        return type(self)(self._model.replaced(**changes), self.shards)

    def coarse(self, layers: int, scheme: str | None = "euler") -> Self:
        """The same problem with `layers` equal steps, as `InverseProblem.coarse`."""
        return type(self)(self._model.coarse(layers, scheme), self.shards)

    def rows(self, index: ArrayLike) -> InverseProblem:
        """Some of the rows as a problem in memory, if they are there: as `InverseProblem.rows`."""
        if self.shards.whole is None:
            raise ArgumentError("the rows are not in memory: leave batches out")
        return self.shards.whole.rows(index)

    def is_solved(self, p: Parameters) -> bool:
        """Whether the last that was asked of the shards was about p."""
        return self._solved_at is p

    @one_at_a_time
    def on_line(
        self, p: Parameters, direction: Parameters, eta: float, q: Parameters, *, ahead: bool
    ) -> None:
        """Be told that q, which will be asked about next, is p + eta direction.

        `ahead` says that the derivative there will most likely be asked for.
        """
        self._lead(p, direction)
        assert self._way is not None
        if self._way.leads_to(eta, q):
            self._here = q, eta, ahead

    @one_at_a_time
    def cost(self, p: Parameters) -> float:
        """E(p); infinite if the state of a row overflows."""
        self._count(p)
        way, eta, ahead = self._point(p)
        found = float(self._sum(work.cost, way, eta, ahead))
        value = found + self.penalty.value(p) if np.isfinite(found) else float("inf")
        self._last_cost = p, value
        return value

    @one_at_a_time
    def cost_and_derivative(self, p: Parameters) -> tuple[float, Derivative]:
        """E(p) and its partials dE/dtheta_k.

        Raises
        ------
        ArgumentError
            If p does not fit the problem.
        """
        known = self._last_cost
        value = self.cost(p) if known is None or known[0] is not p else known[1]
        return value, self.derivative(p)

    @one_at_a_time
    def derivative(self, p: Parameters) -> Derivative:
        """The partials alone."""
        self._count(p, adjoint=1)
        way, eta, _ = self._point(p)
        found: Derivative = self._sum(work.derivative, way, eta)
        return found + self.penalty.derivative(p) if self.penalty.restrains else found

    @one_at_a_time
    def line_model(self, p: Parameters, direction: Parameters) -> WithPenalty:
        """The cost of p + eta direction, with x(T) replaced by x(T) + eta xi(T)."""
        self._count(p, sensitivity=1)
        self._lead(p, direction)
        return WithPenalty(RemoteLine(self, self._sent), self.penalty.line(p, direction))

    @one_at_a_time
    def gauss_newton(self, p: Parameters, direction: Parameters) -> Derivative:
        """The Gauss-Newton product, as `InverseProblem.gauss_newton`."""
        self._count(p, adjoint=1, sensitivity=1)
        self._lead(p, direction)
        product: Derivative = self._sum(work.gauss_newton, self._sent)
        return product + self.penalty.second_derivative(direction)

    @one_at_a_time
    def residual(self, p: Parameters) -> float:
        """The root mean square residual of an observed entry; for losses of values only."""
        self._count(p)
        way, eta, _ = self._point(p)
        squares, weight = self._sum(work.residual_squares, way, eta)
        return float(np.sqrt(squares / weight))

    def _sum(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The sum over all shards of what `function` gives for them."""
        engine, placed = self.shards.engine, self.shards.placed
        return total(engine.each(function, placed, self._known, *arguments), len(self.shards.sizes))

    def _lead(self, p: Parameters, direction: Parameters) -> None:
        """Have everybody know p and a direction from there."""
        way = self._way
        if way is None or way.start is not p or way.direction is not direction:
            self._check(p)
            self._send(Way(p, checked_direction(p, direction), origin=self._origin(p)))

    def _point(self, p: Parameters) -> tuple[Any, float, bool]:
        """How everybody is told of p: as a point of the last way, or else p itself is sent."""
        if self._here is not None and self._here[0] is p:
            return self._sent, self._here[1], self._here[2]
        if self._way is None or self._way.start is not p:
            self._check(p)
            self._send(Way(p))
        return self._sent, 0.0, True

    def _origin(self, p: Parameters) -> tuple[str, float] | None:
        """The point of the last way that p is, if it is one."""
        if self._way is None:
            return None
        if self._here is not None and self._here[0] is p:
            return self._way.token, self._here[1]
        return (self._way.token, 0.0) if self._way.start is p else None

    def _send(self, way: Way) -> None:
        self._way, self._here = way, None
        self._sent = self.shards.engine.broadcast(way)

    def _check(self, p: Parameters) -> None:
        check_parameters(
            p, self.blocks, self.horizon, lambda: f"a state of {self.width} components"
        )


@dataclass(eq=False)
class RemoteLine:
    """The line of the rows, summed over the shards whenever it is asked for at another eta."""

    problem: ShardedProblem
    way: Any
    _last: tuple[float, Array] = field(default=(nan, np.empty(0)), init=False)

    def value(self, eta: float) -> float:
        """The modelled cost of the rows at eta."""
        return float(self.problem._sum(work.line_value, self.way, eta))

    def slope(self, eta: float) -> float:
        """Its derivative at eta."""
        return float(self._derivatives(eta)[0])

    def curvature(self, eta: float) -> float:
        """Its second derivative at eta, never negative."""
        return float(self._derivatives(eta)[1])

    def _derivatives(self, eta: float) -> Array:
        if self._last[0] != eta:
            self._last = eta, self.problem._sum(work.line_derivatives, self.way, eta)
        return self._last[1]
