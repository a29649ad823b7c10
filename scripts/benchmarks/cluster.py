"""A fit on the workers of a cluster beside the same one in this process: seconds, bytes, memory."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from cluster_model import MEASURED, Case, Machine, bytes_sent
from numpy.typing import NDArray

import standalone_node as sn
from benchmarks.memory import forget_peak, status
from benchmarks.targets import Verdict
from benchmarks.wire import Wires, work_bytes
from standalone_node.problem.shards.placing import sharded

Array = NDArray[Any]

#: What the figures are held against.
TIME, BYTES, MEMORY = 1.2, 1.2, 1.5
#: Rows of the fits that load and compile everything before anything is measured.
FEW = 600


def problem(case: Case, seed: int = 0, **settings: Any) -> sn.InverseProblem:
    """Rows of a smooth function of the inputs, one target, as so many threads as workers sweep."""
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((case.rows, case.width))
    targets = np.tanh(inputs[:, :1] - 0.5 * inputs[:, -1:])
    return sn.InverseProblem(
        inputs,
        targets,
        steps=case.steps,
        depth_points=case.depth_points,
        threads=case.workers * case.threads,
        penalty=sn.Penalty(h1=1e-3),
        **settings,
    )


class Counted:
    """An engine, and how often it was asked for what."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.rounds = self.broadcasts = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def each(self, *arguments: Any) -> Any:
        """As the engine's, counted."""
        self.rounds += 1
        return self._engine.each(*arguments)

    def broadcast(self, value: Any) -> Any:
        """As the engine's, counted."""
        self.broadcasts += 1
        return self._engine.broadcast(value)


def run(rows: Any, start: Any, iterations: int) -> Any:
    """So many iterations, none fewer."""
    return sn.minimize(rows, start, max_iterations=iterations, tolerance=0.0)


def iteration_seconds(result: Any) -> list[float]:
    """Of each iteration."""
    return [float(s) for s in np.diff(result.history["seconds"])]


@dataclass
class Found:
    """What was measured.

    Attributes
    ----------
    cluster, local : list of float
        Seconds of the iterations on the workers, and in this process.
    same : bool
        Whether both ended in the same bits.
    bytes_sent, bytes_modelled : float
        Of an iteration.
    by_subject : dict
        Bytes of an iteration by what the messages were about, background and all.
    rounds : float
        Rounds of tasks an iteration.
    memory : list of int
        Bytes by which the peak of each worker rose above what it held when idle.
    share : float
        Bytes of the rows of a worker.
    """

    cluster: list[float] = field(default_factory=list)
    local: list[float] = field(default_factory=list)
    same: bool = False
    bytes_sent: float = float("nan")
    bytes_modelled: float = float("nan")
    by_subject: dict[str, float] = field(default_factory=dict)
    rounds: float = float("nan")
    memory: list[int] = field(default_factory=list)
    share: float = float("nan")

    def verdicts(self) -> list[Verdict]:
        """Beside what is wanted."""
        ratio = statistics.median(self.cluster) / statistics.median(self.local)
        return [
            Verdict("time of an iteration, workers / threads", ratio, TIME, at_most=True),
            Verdict("bytes / model", self.bytes_sent / self.bytes_modelled, BYTES, at_most=True),
            Verdict("model / bytes", self.bytes_modelled / self.bytes_sent, BYTES, at_most=True),
            Verdict("peak memory / share", max(self.memory) / self.share, MEMORY, at_most=True),
            Verdict("same bits", float(self.same), 1.0),
        ]


def measure(
    case: Case,
    engine: Any,
    local: Any,
    *,
    iterations: int = 3,
    rounds: int = 3,
    budget: float = 200.0,
    machine: Machine = MEASURED,
    say: Callable[[str], None] = lambda text: None,
) -> Found:
    """The figures of a case, by turns on a cluster of its own and in this process.

    Parameters
    ----------
    case : Case
    engine : Dask
        With as many workers as the case says, started by this process.
    local : Local
    iterations, rounds : int
        So many timed iterations a turn, and turns.
    budget : float
        Seconds for these; there are fewer turns if they would take longer, one at the least.
    machine : Machine
        For the modelled bytes.
    say : callable
        Told of the progress.
    """
    client, found = engine.client, Found(share=case.share)
    warm(case, (engine, local))
    idle = _idle(client)
    say("placing the rows")
    whole = problem(case)
    start = whole.initial_parameters(seed=0)
    counted = Counted(engine)
    placed, here = sharded(whole, counted), sharded(whole, local)
    wires = Wires(client)
    began = time.perf_counter()
    one = _counted_run(counted, wires, placed, start, 1)
    found.memory = _risen(client, idle)
    run(here, start, 1)
    # A start takes nearly an iteration, too.
    turn_seconds = (time.perf_counter() - began) * (1.7 + iterations) / 1.7
    rounds = max(1, min(rounds, int(budget / turn_seconds)))
    for turn in range(rounds):
        say(f"turn {turn + 1} of {rounds}")
        many = _counted_run(counted, wires, placed, start, 1 + iterations)
        found.cluster += iteration_seconds(many.result)[1:]
        mine = run(here, start, 1 + iterations)
        found.local += iteration_seconds(mine)[1:]
    found.memory = [max(pair) for pair in zip(found.memory, _risen(client, idle), strict=True)]
    found.same = bool(
        np.array_equal(many.result.parameters.values, mine.parameters.values)
    ) and bool(many.result.cost == mine.cost)
    found.bytes_sent = (many.bytes - one.bytes) / iterations
    found.rounds = (many.rounds - one.rounds) / iterations
    found.by_subject = {
        name: (sent - one.subjects.get(name, 0)) / iterations
        for name, sent in many.subjects.items()
    }
    found.bytes_modelled = bytes_sent(case, machine, rounds=found.rounds).total
    return found


@dataclass
class _Run:
    result: Any
    bytes: int
    rounds: int
    subjects: Counter[str]


def _counted_run(counted: Counted, wires: Wires, rows: Any, start: Any, iterations: int) -> _Run:
    before, rounds = wires.read(), counted.rounds
    result = run(rows, start, iterations)
    after = wires.read()
    subjects = Counter({name: after[name] - before[name] for name in after})
    return _Run(result, work_bytes(before, after), counted.rounds - rounds, subjects)


def warm(case: Case, engines: Sequence[Any]) -> None:
    """Load and compile everything everywhere, on a few rows each."""
    few = replace(case, rows=FEW, workers=1)
    for engine in engines:
        engine.each(_warmed, engine.place(_recipe, list(range(case.workers))), few)


def _recipe(first: int, pieces: Any) -> list[Any]:
    return list(pieces)


def _warmed(group: list[Any], few: Case) -> float:
    whole = problem(few)
    return float(run(whole, whole.initial_parameters(seed=0), 1).cost)


def _idle(client: Any) -> dict[str, int]:
    client.run(_collected)
    found: dict[str, int] = client.run(_resident)
    return found


def _collected() -> None:
    import gc

    gc.collect()
    forget_peak()


def _resident() -> int:
    return status("VmRSS")


def _peak() -> int:
    return status("VmHWM")


def _risen(client: Any, idle: dict[str, int]) -> list[int]:
    return [peak - idle[worker] for worker, peak in client.run(_peak).items()]
