"""What everybody who has shards must know of the problem: all but the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from threading import local
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from standalone_node.engines.here import threads_here
from standalone_node.model.nodal import Parameters
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.memory import NARROW_LIMIT
from standalone_node.problem.shards.group import Group

Array = NDArray[Any]
#: Bytes of trajectories at a time where memory is for the rows: one block of rows or few.
LEAN_LIMIT = 10_000_000
#: From what holds the rows of a shard to initial states (n, d), targets and weights or None.
Read = Callable[[Any], tuple[Array, Array, Array | None]]


def _token() -> str:
    return uuid4().hex


@dataclass(eq=False)
class Model:
    """The settings of a problem, and how the rows of a shard are read.

    Attributes
    ----------
    template : InverseProblem
        With all settings; its rows do not matter.
    samples, count : int
        B, the rows of all shards, and how many shards there are.
    read : callable
    frugal : bool
        Whether trajectories are kept only if `memory_limit` was given.
    """

    template: InverseProblem
    samples: int
    count: int
    read: Read
    frugal: bool
    token: str = field(default_factory=_token)
    _here: local = field(default_factory=local, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        given = (self.template, self.samples, self.count, self.read, self.frugal, self.token)
        return Model, given

    def problems(self, group: Group) -> Iterable[InverseProblem]:
        """The problems of the shards, without the penalties on the parameters, which are nobody's.

        With their trajectories, if these are to be kept; made anew otherwise, one at a time when
        their turn comes, so that no more than one is there beside the rows.
        """
        token, found = group.notes.get("problems", ("", None))
        template, keeping = self._of_thread()
        if token != self.token:
            found = self._kept(group, keeping)
            group.notes["problems"] = self.token, found
        return self._one_by_one(group, template) if found is None else found

    def _kept(self, group: Group, template: InverseProblem) -> list[InverseProblem] | None:
        """The problems with their trajectories; None if these do not fit."""
        if self.frugal and template.settings["memory_limit"] is None:
            return None
        rows = [self.read(shard) for shard in group.shards]
        if not template.flow.keeps((sum(len(one[0]) for one in rows), template.width)):
            return None
        return [template.with_rows(*one) for one in rows]

    def _of_thread(self) -> tuple[InverseProblem, InverseProblem]:
        """The problem for shards whose trajectories are not kept, and for those whose are."""
        known: tuple[InverseProblem, InverseProblem] | None = getattr(self._here, "made", None)
        if known is None:
            settings = self.template.settings
            changes = {
                "penalty": replace(self.template.penalty, l2=0.0, h1=0.0, reference=None),
                "threads": threads_here() or settings["threads"],
            }
            keeping = self.template.replaced(**changes)
            limit = LEAN_LIMIT if self.frugal else NARROW_LIMIT
            known = keeping.replaced(memory_limit=limit), keeping
            self._here.made = known
        return known

    def _one_by_one(self, group: Group, template: InverseProblem) -> Iterator[InverseProblem]:
        """The problems of shards, each made when it is wanted."""
        for shard in group.shards:
            yield template.with_rows(*self.read(shard))


@dataclass(eq=False)
class Way:
    """Parameters, and a direction that leads away from them: where work is done next.

    Attributes
    ----------
    start : Parameters
    direction : Parameters or None
        On the depth grid of the start; None if there is only that.
    token : str
        What tells it from others.
    origin : (str, float) or None
        If the start is a point of an earlier way: its token, and eta.
    """

    start: Parameters
    direction: Parameters | None = None
    token: str = field(default_factory=_token)
    origin: tuple[str, float] | None = None
    _last: tuple[float, Parameters] | None = field(default=None, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Way, (self.start, self.direction, self.token, self.origin)

    def __sizeof__(self) -> int:
        return int((1 + (self.direction is not None)) * self.start.values.nbytes)

    def at(self, eta: float) -> Parameters:
        """start + eta direction, the same object if asked again for the last one."""
        if self.direction is None or eta == 0.0:
            return self.start
        known = self._last
        if known is None or known[0] != eta:
            known = self._last = eta, self.start + eta * self.direction
        return known[1]

    def leads_to(self, eta: float, p: Parameters) -> bool:
        """Whether start + eta direction is p, bit for bit."""
        if self.direction is None:
            return False
        values = self.start.values + eta * self.direction.values
        return bool(np.array_equal(values, p.values))
