"""Threads that work on the blocks of a batch, and hand over what they find in block order."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def default_threads() -> int:
    """The number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ignore(outcome: Any) -> None:
    """What is done with outcomes that are not collected."""


class Workers:
    """A number of threads: the caller's own, and others that wait between the calls.

    Parameters
    ----------
    threads : int
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._process = os.getpid()

    def __reduce__(self) -> tuple[Any, ...]:
        return Workers, (self.threads,)

    def each(
        self,
        work: Callable[[int], Any],
        count: int,
        collect: Callable[[Any], None] = ignore,
    ) -> None:
        """Call work(0) … work(count - 1), and collect(outcome) for each, in this order.

        Outcomes are collected as soon as it is their turn, one at a time, so that few of them exist
        at once. The first error ends it all and is raised.
        """
        helpers = min(self.threads, count) - 1
        if helpers <= 0:
            for item in range(count):
                collect(work(item))
            return
        queue, turn = deque(range(count)), _Turn(collect)

        def run() -> None:
            try:
                while (item := _taken(queue)) is not None:
                    turn.hand_over(item, work(item))
            except BaseException:
                queue.clear()
                raise

        others = [self._executor().submit(run) for _ in range(helpers)]
        try:
            run()
        finally:
            errors = [other.exception() for other in others]
        for error in errors:
            if error is not None:
                raise error

    def _executor(self) -> ThreadPoolExecutor:
        # A forked child inherits the pool but not its threads.
        if self._pool is None or self._process != os.getpid():
            self._pool, self._process = ThreadPoolExecutor(self.threads - 1), os.getpid()
        return self._pool


def _taken(queue: deque[int]) -> int | None:
    try:
        return queue.popleft()
    except IndexError:
        return None


class _Turn:
    """Puts outcomes back into their order."""

    def __init__(self, collect: Callable[[Any], None]) -> None:
        self._collect, self._next = collect, 0
        self._early: dict[int, Any] = {}
        self._lock = threading.Lock()

    def hand_over(self, item: int, outcome: Any) -> None:
        """Collect this one and those that waited for it, or let it wait."""
        with self._lock:
            self._early[item] = outcome
            while self._next in self._early:
                self._collect(self._early.pop(self._next))
                self._next += 1
