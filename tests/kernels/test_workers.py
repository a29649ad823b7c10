"""Threads work on the blocks, and what they find is collected in block order."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from standalone_node.kernels.workers import Workers, default_threads


def squares(workers: Workers, count: int) -> list[int]:
    def work(item: int) -> int:
        time.sleep(0.001 * (count - item))  # later items are ready earlier
        return item * item

    found: list[int] = []
    workers.each(work, count, found.append)
    return found


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_results_come_in_order_whoever_is_first(threads: int) -> None:
    workers = Workers(threads)
    for count in (0, 1, 2, 6):
        assert squares(workers, count) == [n * n for n in range(count)]


def test_there_are_no_more_threads_than_asked_for() -> None:
    for threads in (1, 2):
        seen, workers = set(), Workers(threads)

        def work(_: int, seen: set[int] = seen) -> None:
            time.sleep(0.002)
            seen.add(threading.get_ident())

        for _ in range(3):
            workers.each(work, 12)
        assert threading.get_ident() in seen and len(seen) == threads


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_inside_a_block_reaches_the_caller_and_ends_the_work(threads: int) -> None:
    done = []

    def work(item: int) -> None:
        if item == 3:
            raise ZeroDivisionError("block 3")
        time.sleep(0.001)
        done.append(item)

    workers = Workers(threads)
    with pytest.raises(ZeroDivisionError, match="block 3"):
        workers.each(work, 1000)
    assert len(done) < 10
    assert squares(workers, 4) == [0, 1, 4, 9]  # they are of use afterwards


def test_few_outcomes_wait_for_their_turn() -> None:
    alive, most = 0, 0

    def work(item: int) -> int:
        nonlocal alive, most
        alive += 1
        most = max(most, alive)
        return item

    def collect(_: int) -> None:
        nonlocal alive
        alive -= 1

    Workers(1).each(work, 100, collect)
    assert alive == 0 and most == 1


def test_several_callers_may_share_them() -> None:
    workers, found = Workers(2), []
    callers = [threading.Thread(target=lambda: found.append(squares(workers, 5))) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [[0, 1, 4, 9, 16]] * 6


def test_they_survive_pickling() -> None:
    workers = Workers(2)
    squares(workers, 3)
    assert pickle.loads(pickle.dumps(workers)).threads == 2


def _child(workers: Workers, answer: object) -> None:
    answer.put(squares(workers, 4))  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_workers_too() -> None:
    workers = Workers(2)
    squares(workers, 4)
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()
    child = context.Process(target=_child, args=(workers, answer))
    child.start()
    child.join(20)
    assert not child.is_alive() and child.exitcode == 0
    assert answer.get() == [0, 1, 4, 9]


def test_the_default_is_every_processor_this_process_may_use() -> None:
    assert default_threads() >= 1


def test_where_nothing_is_known_of_the_processors_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert default_threads() == 1
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    assert default_threads() == 6


@pytest.mark.parametrize("threads, count, helpers", [(1, 5, 0), (3, 5, 2), (9, 3, 2), (4, 1, 0)])
def test_there_are_no_more_helpers_than_blocks_beside_the_caller(
    threads: int, count: int, helpers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    submit = ThreadPoolExecutor.submit

    def counted(pool: ThreadPoolExecutor, work: Any) -> Any:
        asked.append(pool._max_workers)
        return submit(pool, work)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", counted)
    assert squares(Workers(threads), count) == [n * n for n in range(count)]
    assert asked == [threads - 1] * helpers
