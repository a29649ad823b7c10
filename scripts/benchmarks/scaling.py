"""Two threads against one, and the same bits on one, two and three."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks import ours
from benchmarks.agreement import Disagreement
from benchmarks.targets import SPEED_UP, Verdict
from benchmarks.task import Answer, Size, make_task
from benchmarks.timing import pilot, take_turns

SIZE = Size(10, 5000, 100)
THREADS = (1, 2, 3)


def measure(scheme: str, *, budget: float, rounds: int | None, size: Size = SIZE) -> dict[str, Any]:
    """The record of one scheme; Disagreement if the bits depend on the number of threads."""
    task = make_task(size, scheme)
    programs = {count: ours.programs(task, count)["InverseProblem"] for count in THREADS}
    expected = programs[1].answer()
    for count in THREADS[1:]:
        check_bits(programs[count].answer(), expected, count)
    runs = {str(count): programs[count].fresh for count in (1, 2)}
    estimates = {name: pilot(fresh) for name, fresh in runs.items()}
    times = take_turns(runs, estimates, budget=budget, rounds=rounds)
    summaries = {name: found.summary() for name, found in times.items()}
    return {
        "size": str(size),
        "scheme": scheme,
        "same_bits": list(THREADS),
        "threads": summaries,
        "speed_up": summaries["1"]["median"] / summaries["2"]["median"],
    }


def check_bits(found: Answer, expected: Answer, threads: int) -> None:
    """Disagreement unless every bit is the same."""
    parts = {
        "cost": (found.cost, expected.cost),
        "derivative by the weights": (found.weights, expected.weights),
        "derivative by the biases": (found.biases, expected.biases),
        "sensitivity": (found.sensitivity, expected.sensitivity),
    }
    for part, (a, b) in parts.items():
        if np.asarray(a).tobytes() != np.asarray(b).tobytes():
            raise Disagreement(f"{threads} threads give other bits of the {part} than one thread")


def verdicts(record: dict[str, Any]) -> list[Verdict]:
    """What the record is held against."""
    what = f"two threads / one at {record['size']}, {record['scheme']}"
    return [Verdict(what, record["speed_up"], SPEED_UP)]
