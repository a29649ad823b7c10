"""Workers killed at random moments of a fit: does it end in the bits of one that was left alone?"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cluster_model import Case

from benchmarks.cluster import problem, run, warm
from standalone_node.errors import NodeError
from standalone_node.problem.shards.placing import sharded

#: Iterations of a fit.
ITERATIONS = 6


@dataclass
class Count:
    """What became of the fits."""

    fits: int = 0
    during: int = 0
    same: int = 0
    failed: list[str] = field(default_factory=list)


def killed(
    case: Case,
    engine: Any,
    fits: int,
    *,
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> Count:
    """So many fits, in each of which a random worker gets kill -9 at a random moment.

    Parameters
    ----------
    case : Case
    engine : Dask
        With workers on this machine that are started again when they end.
    """
    whole, chance, count = problem(case), random.Random(seed), Count()
    warm(case, [engine])
    start = whole.initial_parameters(seed=0)
    began = time.perf_counter()
    wanted = run(sharded(whole, engine), start, ITERATIONS)
    length = time.perf_counter() - began
    for number in range(fits):
        engine.client.wait_for_workers(case.workers, timeout=60)
        count.fits += 1
        moment = _Killing(engine.client, chance, chance.uniform(0.0, length))
        try:
            found = _fit(whole, engine, start, moment)
        except NodeError as error:
            count.failed.append(f"fit {number + 1}, killed at {moment.after:.2f} s: {error}")
            continue
        count.during += moment.during
        same = np.array_equal(found.parameters.values, wanted.parameters.values)
        same = same and np.array_equal(found.history["cost"], wanted.history["cost"])
        count.same += bool(same)
        if not same:
            count.failed.append(f"fit {number + 1}, killed at {moment.after:.2f} s: other bits")
        say(f"fit {number + 1}: killed at {moment.after:.2f} of {length:.2f} s, same {bool(same)}")
    return count


def _fit(whole: Any, engine: Any, start: Any, moment: _Killing) -> Any:
    """A fit, a worker of which is killed at a moment after the rows are placed."""
    try:
        rows = sharded(whole, engine)
        moment.start()
        return run(rows, start, ITERATIONS)
    finally:
        moment.during = moment.killed
        if moment.ident is not None:
            moment.join()


class _Killing(threading.Thread):
    """Kills a worker after some seconds."""

    def __init__(self, client: Any, chance: random.Random, after: float) -> None:
        super().__init__(daemon=True)
        pids = client.run(os.getpid)
        self.pid, self.after = pids[chance.choice(sorted(pids))], after
        self.killed = self.during = False

    def run(self) -> None:
        """Wait, and kill."""
        time.sleep(self.after)
        os.kill(self.pid, signal.SIGKILL)
        self.killed = True
