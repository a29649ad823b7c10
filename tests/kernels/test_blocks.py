"""A batch is cut into blocks by its size alone, and worked on in their order."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from standalone_node.kernels.blocks import BLOCK, SMALLEST, cut, default_threads, run


@pytest.mark.parametrize("samples", [*range(1, 600), 700, 1023, 1025, 4999, 8929, 100_003])
def test_the_blocks_cover_every_sample_once_and_in_order(samples: int) -> None:
    blocks = cut(samples)
    covered = np.concatenate([np.arange(samples)[block] for block in blocks])
    assert np.array_equal(covered, np.arange(samples))
    assert all(0 < block.stop - block.start <= BLOCK for block in blocks)


def test_a_second_thread_gets_work_as_soon_as_it_pays() -> None:
    assert len(cut(2 * SMALLEST - 1)) == 1
    for samples in range(2 * SMALLEST, 5000):
        assert len(cut(samples)) % 2 == 0


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_results_come_back_in_order_whoever_is_first(threads: int) -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (5 - item))  # later items are ready earlier
        return item * item

    assert list(run(work, list(range(6)), threads)) == [0, 1, 4, 9, 16, 25]


def test_there_are_no_more_threads_than_asked_for() -> None:
    seen = set()

    def work(_: int) -> None:
        time.sleep(0.002)
        seen.add(threading.get_ident())

    list(run(work, list(range(12)), 2))
    assert len(seen) <= 2
    seen.clear()
    list(run(work, list(range(3)), 1))
    assert seen == {threading.get_ident()}


def blas_threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.mark.parametrize("threads", [1, 2])
def test_blas_is_held_to_one_thread_meanwhile_and_let_go_afterwards(threads: int) -> None:
    before = blas_threads()
    during = list(run(lambda _: blas_threads(), [0, 1], threads))
    assert during and all(count == 1 for counts in during for count in counts)
    assert blas_threads() == before


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_inside_a_block_reaches_the_caller(threads: int) -> None:
    def work(item: int) -> int:
        return 1 // item

    before = blas_threads()
    with pytest.raises(ZeroDivisionError):
        list(run(work, [1, 0, 1], threads))
    assert blas_threads() == before


def test_the_default_is_every_processor_this_process_may_use() -> None:
    assert default_threads() >= 1


def test_blas_has_its_threads_back_after_overlapping_computations() -> None:
    from concurrent.futures import ThreadPoolExecutor

    from threadpoolctl import threadpool_info

    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = threads()
    inside: list[list[int]] = []

    def work(item: int) -> int:
        inside.append(threads())
        return item

    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(lambda: list(run(work, [1, 2, 3, 4], 2))) for _ in range(8)]
        assert [future.result() for future in runs] == [[1, 2, 3, 4]] * 8
    assert all(set(found) == {1} for found in inside)
    assert threads() == before
