"""A fit that has a process to itself, and the threads that there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from standalone_node.engines.here import threads_here

#: Warnings that are caught and threads of BLAS that are held are those of a whole process.
_PROCESS = RLock()


@contextmanager
def alone() -> Iterator[int | None]:
    """No other fit of this kind in this process meanwhile; gives the threads of the worker.

    A worker with several threads begins several tasks at once: they take turns, each with all of
    its threads. None outside a cluster.
    """
    with _PROCESS:
        yield threads_here()


@contextmanager
def on_threads(estimator: Any, most: int | None) -> Iterator[None]:
    """The estimator works on no more threads than that meanwhile, which changes no bit."""
    asked = estimator.threads
    if most is not None:
        estimator.threads = most if asked is None else min(asked, most)
    try:
        yield
    finally:
        estimator.threads = asked
