"""Cutting a batch into blocks of samples, and the memory their sweeps work in.

The blocks depend on the shape of the batch alone, never on the number of threads: whoever adds up
what they contribute in their order gets the same bits on any number of threads.
"""

from __future__ import annotations

import math
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.kernels.tiles import lanes
from standalone_node.kernels.views import writable

Array = NDArray[Any]

#: States of no more components than this are narrow: what the direct problem leaves behind is
#: computed again as fast as it is read from memory (measured, see docs/performance.md).
NARROW = 12
#: Samples of a block: enough to make much of every parameter loaded …
BLOCK = 256
#: (of narrow states: few enough for what is left behind to stay in the caches)
NARROW_BLOCK = 128
#: … and few enough for one array of the block to stay in the second level of cache (in numbers).
ENTRIES = 1 << 16
#: But no fewer than this.
SMALLEST_BLOCK = 48
#: A batch is cut in two from twice as many samples on, so that a second thread has work.
SMALLEST = 32
#: Samples of a block are rounded up to a multiple of this, wherever a block ends within the batch.
ROUND = 8
#: Arrays start at a multiple of this many bytes: vectors that straddle cache lines load slowly.
ALIGNMENT = 64


def cut(samples: int, width: int = 1) -> list[slice]:
    """Slices that cut `samples` into an even number of nearly equal blocks (one if it is small)."""
    if samples < 2 * SMALLEST:
        return [slice(0, samples)]
    widest = NARROW_BLOCK if width <= NARROW else BLOCK
    largest = min(widest, max(SMALLEST_BLOCK, ENTRIES // width))
    count = 2 * -(-samples // (2 * largest))
    ends = [ROUND * -(-samples * (n + 1) // (count * ROUND)) for n in range(count)]
    starts = [0, *ends[:-1]]
    return [slice(start, min(end, samples)) for start, end in zip(starts, ends, strict=True)]


def padded(samples: int, dtype: Any) -> int:
    """`samples`, rounded up to whole vectors."""
    return samples + -samples % lanes(dtype)


def to_block(batch: Array, out: Array, *, repeat: bool = True) -> None:
    """Rows of a batch (n, d) as a block (d, S >= n), filled up by copies of the last, or zeros.

    Copies of a sample that is there overflow only if that one does.
    """
    samples = batch.shape[0]
    out[:, :samples] = batch.T
    out[:, samples:] = out[:, samples - 1 : samples] if repeat else 0.0


def aligned_empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """An uninitialised array that starts at the beginning of a cache line."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + ALIGNMENT, dtype=np.uint8)
    first = -memory.ctypes.data % ALIGNMENT
    array: Array = memory[first : first + size].view(dtype).reshape(shape)
    return array


class Workspace:
    """Memory that is used again and again: fresh memory costs as much as a sweep through it."""

    def __init__(self) -> None:
        self._memory = aligned_empty((0,), np.uint8)
        self._layouts: dict[tuple[Any, ...], list[Array]] = {}

    def arrays(self, dtype: Any, *shapes: tuple[int, ...]) -> list[Array]:
        """Uninitialised arrays of these shapes; those given before are overwritten."""
        asked = (dtype, *shapes)
        if asked not in self._layouts:
            self._layouts[asked] = self._laid_out(dtype, shapes)
        return self._layouts[asked]

    def _laid_out(self, dtype: Any, shapes: tuple[tuple[int, ...], ...]) -> list[Array]:
        places, end = [], 0
        for shape in shapes:
            size = math.prod(shape) * np.dtype(dtype).itemsize
            places.append(slice(end, end + size))
            end += size + -size % ALIGNMENT
        if self._memory.size < end:
            self._layouts.clear()
            self._memory = aligned_empty((0,), np.uint8)  # frees the old before it takes the new
            self._memory = aligned_empty((end,), np.uint8)
        return [
            self._memory[place].view(dtype).reshape(shape)
            for place, shape in zip(places, shapes, strict=True)
        ]


#: Arrays of one shape that a pool holds for later: more than that were lent for good.
SPARE = 8


class Pool:
    """Arrays of a few shapes that are given back and taken again; threads may share it."""

    def __init__(self) -> None:
        self._arrays: list[Array] = []
        self._taken: dict[int, weakref.ref[Array]] = {}

    def take(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """An uninitialised array."""
        array = self._found(shape, dtype)
        self._taken[id(array)] = weakref.ref(array)
        return array

    def give(self, array: Array) -> None:
        """Back an array that nobody reads any more; one that comes from elsewhere is let go."""
        taken = self._taken.pop(id(array), None)
        spare = sum(kept.shape == array.shape for kept in list(self._arrays))
        if taken is not None and taken() is array and spare < SPARE:
            self._arrays.append(array)

    def lend(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """An uninitialised array that comes back when nobody holds it or a view of it any more."""
        memory = self.take(shape, dtype)
        # NumPy lets views of this array hold the array itself, since its base is no array.
        lent, pool = writable(memory), weakref.ref(self)
        weakref.finalize(lent, _given_back, pool, memory).atexit = False
        return lent

    def _found(self, shape: tuple[int, ...], dtype: Any) -> Array:
        for _ in range(len(self._arrays)):
            try:
                array = self._arrays.pop()  # atomic
            except IndexError:
                break
            if array.shape == shape and array.dtype == dtype:
                return array
            self._arrays.insert(0, array)
        return aligned_empty(shape, dtype)


def _given_back(pool: weakref.ref[Pool], array: Array) -> None:
    living = pool()
    if living is not None:
        living.give(array)
