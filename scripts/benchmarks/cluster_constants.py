"""The constants of scripts/cluster_model.py, measured on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from cluster_model import Case

from benchmarks.cluster import problem, run
from benchmarks.wire import Wires, work_bytes
from standalone_node.engines.opening import opened
from standalone_node.problem.memory import NARROW_LIMIT

#: Workers of the clusters whose rounds are timed, and the rounds.
WORKERS, ROUNDS = (1, 2, 4, 8), 40
#: Width and rows of the iterations that are timed on one thread, and how many of these.
SIZES, ITERATIONS = ((5, 40_000), (20, 20_000), (64, 6_000), (128, 2_000)), 4


def constants(say: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Flops, element, latency, task, message and copy, with what they were made from.

    Work and tasks are counted in seconds of processors, which others on the machine hardly change;
    the latency is what the quickest rounds take beyond that.
    """
    say(f"rounds of {', '.join(map(str, WORKERS))} workers")
    rounds = [timed_rounds(workers) for workers in WORKERS]
    say(f"iterations at width {', '.join(str(width) for width, _ in SIZES)}")
    works = [timed_work(*size) for size in SIZES]
    task, _ = np.polyfit(WORKERS, [one["processor"] for one in rounds], 1)
    return {
        **fitted(SIZES, works),
        "latency": min(one["seconds"] - one["workers"] * float(task) for one in rounds),
        "task": float(task),
        "message": statistics.median(one["message"] for one in rounds),
        "copy": statistics.median(one["copy"] for one in rounds),
        "rounds": rounds,
        "row_seconds": works,
    }


def fitted(sizes: Sequence[tuple[int, int]], works: Sequence[float]) -> dict[str, float]:
    """flops and element from seconds a row and stage: 10 d^2 / flops + d element.

    Least squares of the relative errors.
    """
    widths = np.array([width for width, _ in sizes], dtype=float)
    matrix = np.stack([10.0 * widths**2, widths], axis=1) / np.asarray(works)[:, None]
    (inverse, element), *_ = np.linalg.lstsq(matrix, np.ones(len(works)), rcond=None)
    return {"flops": float(1.0 / inverse), "element": float(element)}


def timed_work(width: int, rows: int) -> float:
    """Processor seconds a row and stage of an iteration on one thread, no trajectory being kept."""
    case = Case(rows, width, 20, 1, 21)
    whole = problem(case, memory_limit=NARROW_LIMIT)
    start, seconds = whole.initial_parameters(seed=0), []
    run(whole, start, 1)
    for iterations in (1, 1 + ITERATIONS):
        began = time.process_time()
        run(problem(case, memory_limit=NARROW_LIMIT), start, iterations)
        seconds.append(time.process_time() - began)
    return (seconds[1] - seconds[0]) / (ITERATIONS * rows * case.steps * case.stages)


def timed_rounds(workers: int) -> dict[str, float]:
    """Seconds and bytes of a round of tasks that do nothing, and bytes about a copy."""
    opening: Any = opened("dask", workers=workers)
    with opening as engine:
        placed = engine.place(_nothing, list(range(workers)))
        sent = engine.broadcast(0.5)
        engine.each(_add, placed, sent, 0.5)
        wires, times = Wires(engine.client), []
        before, busy = wires.read(), time.process_time()
        for _ in range(ROUNDS):
            began = time.perf_counter()
            engine.each(_add, placed, sent, 0.5)
            times.append(time.perf_counter() - began)
        processor = (time.process_time() - busy) / ROUNDS
        between = wires.read()
        for _ in range(ROUNDS):
            engine.broadcast(0.5)
        after = wires.read()
    return {
        "workers": workers,
        "seconds": min(times),
        "processor": processor,
        "message": work_bytes(before, between) / (ROUNDS * workers),
        "copy": work_bytes(between, after) / (ROUNDS * workers),
    }


def _nothing(first: int, pieces: Any) -> list[Any]:
    return [0.0]


def _add(group: list[Any], value: float, eta: float) -> float:
    return value + eta
