"""A batch is cut into blocks by its shape alone, and their memory is used again."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from standalone_node.kernels.blocks import (
    ALIGNMENT,
    BLOCK,
    ENTRIES,
    NARROW,
    NARROW_BLOCK,
    ROUND,
    SMALLEST,
    SMALLEST_BLOCK,
    SPARE,
    Pool,
    Workspace,
    aligned_empty,
    cut,
    padded,
    to_block,
)
from standalone_node.kernels.tiles import lanes
from standalone_node.kernels.views import writable


@pytest.mark.parametrize("width", [1, 300, 5000])
@pytest.mark.parametrize("samples", [*range(1, 600), 700, 1023, 1025, 4999, 8929, 100_003])
def test_the_blocks_cover_every_sample_once_and_in_order(samples: int, width: int) -> None:
    blocks = cut(samples, width)
    covered = np.concatenate([np.arange(samples)[block] for block in blocks])
    assert np.array_equal(covered, np.arange(samples))
    widest = NARROW_BLOCK if width <= NARROW else BLOCK
    largest = ROUND + max(2 * SMALLEST, min(widest, max(SMALLEST_BLOCK, ENTRIES // width)))
    assert all(0 < block.stop - block.start <= largest for block in blocks)
    assert all(block.start % ROUND == 0 for block in blocks)


def test_a_second_thread_gets_work_as_soon_as_it_pays() -> None:
    assert len(cut(2 * SMALLEST - 1)) == 1
    for samples in range(2 * SMALLEST, 5000):
        assert len(cut(samples)) % 2 == 0


@pytest.mark.parametrize(
    "samples, width, expected",
    [
        (63, 3, [63]),
        (64, 3, [32, 32]),
        (1024, 12, [128] * 8),  # narrow states
        (1024, 13, [256] * 4),
        (1024, 256, [256] * 4),  # 2^16 numbers in an array
        (1024, 512, [128] * 8),
        (1056, 5000, [48] * 22),  # no fewer than 48 samples
        (65, 3, [40, 25]),  # ends at multiples of 8
        (1025, 13, [176, 168, 176, 168, 168, 169]),
    ],
)
def test_the_sizes_of_the_blocks_are_those_that_the_bits_of_earlier_results_came_from(
    samples: int, width: int, expected: list[int]
) -> None:
    assert [block.stop - block.start for block in cut(samples, width)] == expected


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_block_is_filled_up_to_whole_vectors(dtype: str) -> None:
    batch = np.arange(21.0).reshape(7, 3)
    samples = padded(7, dtype)
    assert samples >= 7 and samples % lanes(dtype) == 0
    block = np.empty((3, samples), dtype)
    to_block(batch, block)
    assert np.array_equal(block[:, :7], batch.T)
    assert (block[:, 7:] == batch[6][:, None]).all()
    to_block(batch, block, repeat=False)
    assert (block[:, 7:] == 0.0).all()


def test_a_workspace_gives_aligned_arrays_that_do_not_overlap() -> None:
    memory = Workspace()
    for shapes in ([(3, 5), (0, 2), (7,)], [(40, 9), (1,)], [(2,)]):
        arrays = memory.arrays("float64", *shapes)
        assert [array.shape for array in arrays] == shapes
        for n, array in enumerate(arrays):
            assert array.ctypes.data % ALIGNMENT == 0
            array[:] = n
        assert all((array == n).all() for n, array in enumerate(arrays))


def test_a_workspace_takes_no_new_memory_for_what_fits() -> None:
    memory = Workspace()
    (large,) = memory.arrays("float64", (100,))
    (small,) = memory.arrays("float32", (50,))
    assert np.shares_memory(large, small)
    (same,) = memory.arrays("float64", (100,))
    assert same is large
    (larger,) = memory.arrays("float64", (10_000,))
    assert not np.shares_memory(larger, large)
    (anew,) = memory.arrays("float64", (100,))
    assert np.shares_memory(anew, larger)  # the old memory is nobody's any more


def test_a_workspace_is_no_larger_than_its_arrays_and_their_alignment() -> None:
    memory = Workspace()
    memory.arrays("float64", (3,), (8,), (1,))
    assert memory._memory.size == 3 * ALIGNMENT


def test_a_pool_gives_again_what_it_got_back() -> None:
    pool = Pool()
    first = pool.take((3, 4), np.dtype("float64"))
    assert first.ctypes.data % ALIGNMENT == 0
    assert not np.shares_memory(first, pool.take((3, 4), np.dtype("float64")))
    pool.give(first)
    assert pool.take((4, 3), np.dtype("float64")) is not first
    assert pool.take((3, 4), np.dtype("float32")) is not first
    assert pool.take((3, 4), np.dtype("float64")) is first


def test_a_pool_keeps_no_more_than_it_is_made_for() -> None:
    pool, dtype = Pool(), np.dtype("float64")
    taken = [pool.take((5,), dtype) for _ in range(SPARE + 2)]
    addresses = {array.ctypes.data for array in taken}
    other = pool.take((6,), dtype)
    pool.give(other)  # one of another shape takes nobody's place
    for array in taken:
        pool.give(array)
        pool.give(array)  # a second time it is no longer the pool's
    again = [pool.take((5,), dtype) for _ in range(SPARE)]
    assert {array.ctypes.data for array in again} <= addresses
    assert len({array.ctypes.data for array in again}) == SPARE
    assert len(pool._arrays) == 1 and pool.take((6,), dtype) is other


def test_what_is_lent_may_outlive_the_pool() -> None:
    pool = Pool()
    lent = pool.lend((3,), np.dtype("float64"))
    lent[:] = 2.0
    del pool
    gc.collect()
    assert (lent == 2.0).all()
    del lent  # nobody is left to take it back, which is no error


def test_a_pool_takes_back_only_its_own() -> None:
    pool = Pool()
    stranger = np.zeros((2, 2))
    pool.give(stranger)
    assert pool.take((2, 2), np.dtype("float64")) is not stranger


def test_what_is_lent_comes_back_with_the_last_view() -> None:
    pool = Pool()
    lent = pool.lend((4, 3), np.dtype("float64"))
    lent[:] = 7.0
    lent.setflags(write=False)
    address, part = lent.ctypes.data, lent[1:].reshape(9)
    del lent
    gc.collect()
    assert pool.take((4, 3), np.dtype("float64")).ctypes.data != address
    assert (part == 7.0).all()
    del part
    gc.collect()
    assert len(pool._arrays) == 1
    assert pool.take((4, 3), np.dtype("float64")).ctypes.data == address


def test_a_writable_array_is_the_same_memory() -> None:
    array = np.arange(6.0).reshape(2, 3)
    array.setflags(write=False)
    same = writable(array[1:])
    assert same.flags.writeable and same.flags.c_contiguous
    assert np.shares_memory(same, array) and np.array_equal(same, array[1:])


def test_arrays_begin_at_a_cache_line() -> None:
    assert ALIGNMENT % 64 == 0
    assert all(aligned_empty((n,), "float32").ctypes.data % 64 == 0 for n in range(1, 20))
