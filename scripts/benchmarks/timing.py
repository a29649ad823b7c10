"""Timing turn by turn: whatever else the machine does hits all contenders alike."""

from __future__ import annotations

import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Fresh = Callable[[], Callable[[], object]]

#: A turn holds iterations for about this long, if the most allows it.
TURN, MOST_A_TURN = 0.02, 10
#: Iterations below this are done once untimed at the start of a turn: caches and threads are cold.
QUICK = 0.05
FEWEST_ROUNDS, MOST_ROUNDS = 5, 60


@dataclass
class Times:
    """Seconds of each iteration by rounds, and for how long threads stayed busy after a turn."""

    rounds: list[list[float]] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Median, quartiles, extremes (seconds), counts and all the times, for JSON."""
        every = [seconds for turn in self.rounds for seconds in turn]
        quartiles = statistics.quantiles(every, n=4) if len(every) > 1 else every * 3
        return {
            "median": statistics.median(every),
            "quartiles": [quartiles[0], quartiles[2]],
            "range": [min(every), max(every)],
            "iterations": len(every),
            "busy_after": statistics.median(self.busy),
            "times": self.rounds,
        }


def settle(limit: float = 0.3) -> float:
    """Wait until no thread of this process is busy; the seconds it took.

    Thread pools spin for a while in the hope of more work, and would take a core away from
    whoever is next.
    """
    began = time.perf_counter()
    while time.perf_counter() - began < limit:
        before = time.process_time()
        time.sleep(0.002)
        if time.process_time() - before < 0.0005:
            break
    return time.perf_counter() - began


def pilot(fresh: Fresh, repeats: int = 3) -> float:
    """The least of a few times, everything being compiled; for an estimate."""
    settle()
    return min(_turn(fresh, repeats, warm=False))


def take_turns(
    runs: Mapping[str, Fresh],
    estimates: Mapping[str, float],
    *,
    budget: float,
    rounds: int | None = None,
) -> dict[str, Times]:
    """Time all runs turn by turn, in another order each round.

    Parameters
    ----------
    runs : mapping of str to callable
        Each gives an iteration to be called once; making it is not timed.
    estimates : mapping of str to float
        Seconds of an iteration, from `pilot`.
    budget : float
        Seconds for everything; at least FEWEST_ROUNDS are done whatever it is.
    rounds : int, optional
        The number of rounds, whatever the budget is.
    """
    repeats = {name: turn_length(estimates[name]) for name in runs}
    warm = {name: estimates[name] < QUICK for name in runs}
    if rounds is None:
        a_round = sum(estimates[name] * (repeats[name] + warm[name]) for name in runs)
        rounds = number_of_rounds(a_round, budget)
    found = {name: Times() for name in runs}
    order = list(runs)
    shuffle = random.Random(0).shuffle
    for _ in range(rounds):
        shuffle(order)
        for name in order:
            found[name].rounds.append(_turn(runs[name], repeats[name], warm=warm[name]))
            found[name].busy.append(settle())
    return found


def turn_length(estimate: float) -> int:
    """How many iterations of about `estimate` seconds make a turn."""
    return min(MOST_A_TURN, max(1, math.ceil(TURN / max(estimate, 1e-9))))


def number_of_rounds(a_round: float, budget: float) -> int:
    """How many rounds of `a_round` seconds fit into the budget, within bounds."""
    return min(MOST_ROUNDS, max(FEWEST_ROUNDS, int(budget / max(a_round, 1e-9))))


def _turn(fresh: Fresh, repeats: int, *, warm: bool) -> list[float]:
    if warm:
        fresh()()
    seconds = []
    for _ in range(repeats):
        iterate = fresh()
        gc.disable()
        began = time.perf_counter()
        found = iterate()
        seconds.append(time.perf_counter() - began)
        gc.enable()
        del found
    return seconds
