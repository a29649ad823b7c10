"""How much of the trajectories is kept in memory, and what is computed again instead."""

from __future__ import annotations

import re
from math import ceil, sqrt
from typing import Any, NamedTuple

import numpy as np

from standalone_node.errors import ArgumentError
from standalone_node.kernels.blocks import NARROW, padded
from standalone_node.memory import machine_memory

#: Bytes of trajectories of narrow states that are kept, as many as stay in the caches.
NARROW_LIMIT = 16_000_000


class Budget(NamedTuple):
    """The first `kept` blocks are kept; the others run in segments of `segment` steps."""

    kept: int
    segment: int


#: What may stand behind the number of a limit.
UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def bytes_of(limit: object) -> int:
    """The bytes that a memory limit means: a whole number, or text as "500 MB" or "2GB".

    Examples
    --------
    >>> bytes_of("1.5 GB")
    1500000000
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([a-zA-Z]*)\s*", str(limit))
    number = isinstance(limit, str | int | np.integer) and not isinstance(limit, bool)
    if number and found and found[2].upper() in UNITS:
        size = float(found[1]) * UNITS[found[2].upper()]
        if 1.0 <= size < 2.0**62:
            return int(size)
    raise ArgumentError(
        f"memory_limit = {limit!r} has to be a number of bytes or a size as '500MB' or '2GB'"
    )


def default_limit() -> int:
    """A sixteenth of the machine's memory, between 64 MB and 2 GB.

    Computing a trajectory again costs between a fifth and a half of the time of an iteration for
    wide states, and nothing for narrow ones, of which `budget` keeps less. Either way memory stops
    growing with the batch where it ends.
    """
    return min(2_000_000_000, max(64_000_000, machine_memory() // 16))


def budget(
    limit: int | None,
    blocks: list[slice],
    width: int,
    stage: tuple[int, int],
    dtype: Any,
    threads: int,
    rows: int | None = None,
) -> Budget:
    """What fits into `limit` bytes of trajectories.

    Parameters
    ----------
    limit : int, optional
        `default_limit()` if None, and then of narrow states no more is kept than stays in the
        caches: to compute the rest again is faster.
    blocks : list of slices
    width : int
        d.
    stage : (N, s)
        Steps, and stages of a step.
    dtype : dtype
    threads : int
        Each of them needs room for one block that is not kept.
    rows : int, optional
        Numbers that a stage leaves behind of a sample; 2 d if not given.

    Notes
    -----
    A block that is not kept costs, for every iteration, one or two further direct sweeps. If even
    a single one a thread does not fit, its steps are cut into as few segments as possible; with
    square roots of their number there is least to keep, and that is taken if nothing fits.
    """
    steps, stages = stage
    asked = limit is not None
    limit = limit or default_limit()
    rows = 2 * width if rows is None else rows
    of_step = stages * rows
    keep = limit if asked or rows > 2 * NARROW else min(limit, NARROW_LIMIT)
    samples = [padded(b.stop - b.start, dtype) * np.dtype(dtype).itemsize for b in blocks]
    sizes = [size * of_step * steps for size in samples]
    if sum(sizes) <= keep:
        return Budget(len(blocks), steps)
    busy, largest = min(threads, len(blocks)), max(samples)
    segment = _segment(limit / busy / largest, width, of_step, steps)
    left = keep - busy * largest * _room(segment, width, of_step, steps)
    kept = int(np.searchsorted(np.cumsum(sizes), left, side="right")) if left > 0.0 else 0
    return Budget(kept, segment)


def budget_size(
    plan: Budget,
    blocks: list[slice],
    width: int,
    stage: tuple[int, int],
    dtype: Any,
    threads: int,
    rows: int,
) -> int:
    """The bytes that a budget takes: what is kept, and the rooms of the threads; see `budget`."""
    steps, stages = stage
    samples = [padded(b.stop - b.start, dtype) * np.dtype(dtype).itemsize for b in blocks]
    kept = sum(samples[: plan.kept]) * stages * rows * steps
    if plan.kept == len(blocks):
        return kept
    busy = min(threads, len(blocks))
    return kept + busy * max(samples) * _room(plan.segment, width, stages * rows, steps)


def _room(segment: int, width: int, of_step: int, steps: int) -> int:
    """Numbers of a sample: the stages of a segment and the states at which segments begin."""
    return of_step * segment + width * ceil(steps / segment)


def _segment(share: float, width: int, of_step: int, steps: int) -> int:
    smallest = max(1, round(sqrt(steps * width / of_step)))
    segment = steps
    while segment > smallest and _room(segment, width, of_step, steps) > share:
        segment = max(smallest, ceil(segment / 2))
    return segment
