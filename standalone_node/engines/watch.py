"""Whether workers that take long over something still live."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: Of the time-out, the part after which the scheduler is asked again.
PART = 0.25
#: Seconds that a worker may be silent at the least, as it tells that it lives every few seconds.
SILENT = 10.0


class Watch:
    """Keeps watch over work that nothing has come of for a while.

    Every worker tells the scheduler every few seconds that it lives, also while it works, and the
    scheduler knows who has which task. So a task may take as long as it needs to, and one whose
    worker is silent for longer than the time-out is given up.

    Parameters
    ----------
    ask : callable
        Gives the keys of the tasks that each worker has, and when each was last heard of, by a
        clock that is not ours.
    ours : callable
        Whether a key is that of a task of ours.
    timeout : float
        Seconds.
    clock : callable
        Seconds that have gone by.

    Attributes
    ----------
    workers : int or None
        How many workers there were when the scheduler was last asked; None before.
    """

    def __init__(
        self,
        ask: Callable[[], tuple[Mapping[str, Sequence[Any]], Mapping[str, float]]],
        ours: Callable[[Any], bool],
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._ours, self._clock = ask, ours, clock
        self._often, self._timeout = PART * timeout, max(timeout, SILENT)
        self._asked = clock()
        self._heard: dict[str, tuple[float, float]] = {}
        self.workers: int | None = None

    def silent(self) -> list[str]:
        """The workers that have tasks of ours, and were not heard of for longer than the time-out.

        The scheduler is asked no more often than needed; no worker is silent in between.
        """
        now = self._clock()
        if now - self._asked < self._often:
            return []
        self._asked = now
        tasks, seen = self._ask()
        self.workers = len(seen)
        before, self._heard = self._heard, {}
        for worker, at in seen.items():
            known = before.get(worker)
            self._heard[worker] = known if known is not None and known[0] == at else (at, now)
        return [
            worker
            for worker, keys in sorted(tasks.items())
            if any(map(self._ours, keys)) and now - self._since(worker, now) >= self._timeout
        ]

    def _since(self, worker: str, now: float) -> float:
        return self._heard.get(worker, (0.0, now))[1]
