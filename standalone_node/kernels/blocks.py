"""Cutting a batch into blocks of samples, and working on the blocks with threads.

The blocks depend on the batch alone, never on the number of threads, and results come back in
block order: whoever adds them up in that order gets the same bits on any number of threads.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import scipy.linalg.cython_blas  # noqa: F401  (loads the BLAS the kernels call, so that it is seen below)
from threadpoolctl import ThreadpoolController

#: Columns of a block: enough to fill vector registers, few enough for a block to stay in cache.
BLOCK = 256
#: A batch is cut in two from this many samples on, so that a second thread has something to do.
SMALLEST = 32

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def cut(samples: int) -> list[slice]:
    """Slices that cut `samples` into an even number of nearly equal blocks (one if it is small)."""
    if samples < 2 * SMALLEST:
        return [slice(0, samples)]
    pairs = -(-samples // (2 * BLOCK))
    size = -(-samples // (2 * pairs))
    size += -size % 8
    return [slice(first, min(first + size, samples)) for first in range(0, samples, size)]


def default_threads() -> int:
    """The number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _libraries() -> list[Any]:
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _set_threads(counts: list[int]) -> None:
    for library, count in zip(_libraries(), counts, strict=True):
        # Recent versions of threadpoolctl let one thread alone set the number, and silently ignore
        # the others; here the lock of the caller sees to it that they take turns.
        release = getattr(library, "clear_controlling_thread", lambda **options: None)
        release(force=True)
        library.set_num_threads(count)
        release(force=True)


class _SingleThreadedBlas:
    """Holds BLAS to one thread while anybody computes: the blocks are the parallelism.

    The limit is one of the process, and several threads may be computing: whoever comes first sets
    it, whoever leaves last restores what was there before.
    """

    def __init__(self) -> None:
        self._lock, self._users = threading.Lock(), 0
        self._before: list[int] = []

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._before = [library.get_num_threads() for library in _libraries()]
                _set_threads([1] * len(self._before))
            self._users += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                _set_threads(self._before)


single_threaded_blas = _SingleThreadedBlas()


def run(work: Callable[[Item], Outcome], items: list[Item], threads: int) -> Iterator[Outcome]:
    """work(item) for every item, in order, on at most `threads` threads."""
    with single_threaded_blas:
        if threads == 1 or len(items) == 1:
            yield from map(work, items)
            return
        with ThreadPoolExecutor(min(threads, len(items))) as pool:
            yield from pool.map(work, items)
