"""On what terms a fit runs: who is told, what is kept of it, and until when."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from standalone_node.engines.engine import Engine
from standalone_node.learn.checkpoint import Checkpoint
from standalone_node.learn.checkpoint_runs import Worth
from standalone_node.optimize.identity import plain
from standalone_node.optimize.minimize import bound
from standalone_node.optimize.record import Callback

#: The share of the time that a choice by cross-validation may take.
CHOICE = 0.5


@dataclass(frozen=True)
class Terms:
    """Of all runs of one fit, those of a cross-validation included.

    Attributes
    ----------
    callback : callable, optional
    checkpoint : Checkpoint, optional
    began, limit : float
        When the fit began, and the seconds it may take; None for no limit.
    engine : Engine, optional
        Where the sums over rows run; None for this process, whatever the problem.
    """

    callback: Callback | None = None
    checkpoint: Checkpoint | None = None
    began: float = 0.0
    limit: float | None = None
    engine: Engine | None = None

    @classmethod
    def starting_now(
        cls, callback: Callback | None, checkpoint: Checkpoint | None, limit: float | None
    ) -> Terms:
        """The terms of a fit that begins; one that goes on has begun before."""
        limit = None if limit is None else bound("time_limit", limit)
        before = 0.0 if checkpoint is None else checkpoint.elapsed
        return cls(callback, checkpoint, time.perf_counter() - before, limit)

    @property
    def left(self) -> float | None:
        """Seconds that are left for the next run."""
        if self.limit is None:
            return None
        return max(0.0, self.began + self.limit - time.perf_counter())

    def is_over(self) -> float:
        """1 if no time is left, else 0."""
        return float(self.left == 0.0)

    def for_choosing(self) -> Terms:
        """Those of the runs of a cross-validation: untold, and within a share of the time."""
        limit = None if self.limit is None else CHOICE * self.limit
        return replace(self, callback=None, limit=limit)

    def for_one_of(self, runs: int) -> Terms:
        """Those of the first of so many runs yet to come: untold, and within its share of time."""
        limit = None if self.left is None else self.left / runs
        return replace(self, callback=None, began=time.perf_counter(), limit=limit)

    def worth(
        self, settings: dict[str, Any], limits: dict[str, Any], compute: Callable[[], Worth]
    ) -> Worth:
        """What takes a run, by the checkpoint if it knows it; see `Checkpoint.worth`."""
        if self.checkpoint is None:
            return compute()
        return self.checkpoint.worth(_identity(settings, limits), compute)

    def known(self, settings: dict[str, Any], limits: dict[str, Any]) -> Any:
        """What the checkpoint knows of what takes a run; None if nothing."""
        if self.checkpoint is None:
            return None
        return self.checkpoint.known(_identity(settings, limits))

    def learnt(self, settings: dict[str, Any], limits: dict[str, Any], worth: Any) -> None:
        """Have the checkpoint keep what was found of it elsewhere."""
        if self.checkpoint is not None:
            self.checkpoint.learnt(_identity(settings, limits), worth)


def _identity(settings: dict[str, Any], limits: dict[str, Any]) -> dict[str, Any]:
    return {"settings": plain(settings), "limits": limits}
