"""What an iteration over many workers costs: bytes and seconds, on paper.

    python scripts/cluster_model.py                      # the tables of docs/cluster.md
    python scripts/cluster_model.py --page docs/cluster.md   # put into the page
    python scripts/cluster_model.py --rows 1e9 --width 64 --workers 200 --threads 16

An iteration of nonlinear conjugate gradients sends parameters and direction once to every worker,
then one small task a worker in each of its rounds: the line at its beginning and at the step, a
trial of the step, the derivative. Only the derivative comes back as more than a few numbers, as the
partial sums over the largest nodes of a binary tree that a worker's shards fill.
`scripts/bench_cluster.py` measures the same and compares.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, log2
from pathlib import Path

from standalone_node.engines.cutting import groups_of
from standalone_node.problem.shards.group import ENTRIES

#: Tasks a worker in an iteration: the line where it begins and at the step, one trial, the
#: derivative.
ROUNDS = 4


@dataclass(frozen=True)
class Case:
    """A problem, and how many workers share its rows.

    Attributes
    ----------
    rows, width, steps : int
        B, d and N.
    depth_points : int
        K + 1, the nodes of the parameters.
    workers, threads : int
        Worker processes, and the threads of each.
    stages : int
        Of the scheme; 4 for rk4.
    outputs : int
        m.
    direct : bool
        Whether the client talks to the workers itself, as with those that it has started; to others
        data goes through the scheduler, a wire more.
    """

    rows: int
    width: int
    steps: int
    workers: int
    depth_points: int
    threads: int = 1
    stages: int = 4
    outputs: int = 1
    direct: bool = True

    @property
    def hops(self) -> int:
        """Wires between the client and a worker."""
        return 1 if self.direct else 2

    @property
    def vector(self) -> int:
        """D: bytes of the parameters, of a direction, of a derivative; forms inside and outside."""
        return 8 * self.depth_points * (self.width * self.width + self.width)

    @property
    def rows_a_shard(self) -> int:
        """Of all but the last one."""
        return ceil(self.rows / ceil(self.rows / max(1, ENTRIES // self.width)))

    @property
    def shards(self) -> int:
        """How many shards the rows make; the data alone decide."""
        return ceil(self.rows / self.rows_a_shard)

    @property
    def busy(self) -> int:
        """Workers that have rows."""
        return min(self.workers, self.shards)

    @property
    def share(self) -> float:
        """Bytes of the rows of a worker."""
        return 8.0 * self.rows * (self.width + self.outputs) / self.busy


def segments(first: int, end: int, count: int) -> int:
    """How many of the largest nodes of a binary tree over `count` shards cover a run of them.

    Examples
    --------
    >>> segments(0, 8, 8), segments(1, 7, 8), segments(4, 6, 6)
    (1, 4, 1)
    """
    number, place = 0, first
    while place < end:
        size = place & -place or 1 << (count - 1).bit_length()
        while min(place + size, count) > end:
            size //= 2
        place, number = place + size, number + 1
    return number


def cuts(case: Case) -> list[int]:
    """Where the shards are cut into groups, a worker each, both ends included."""
    rest = case.rows - (case.shards - 1) * case.rows_a_shard
    sizes = [float(case.rows_a_shard)] * (case.shards - 1) + [float(rest)]
    return [0, *(part.stop for part in groups_of(sizes, [1.0] * case.workers))]


def partial_sums(case: Case) -> int:
    """The derivatives that come back from all workers together."""
    return sum(segments(a, b, case.shards) for a, b in pairwise(cuts(case)))


def most_segments(count: int) -> int:
    """What no run of shards exceeds, 2 log2(count)."""
    return max(1, 2 * ceil(log2(max(2, count))))


@dataclass(frozen=True)
class Machine:
    """What was measured; `python scripts/bench_cluster.py --constants` measures it anew.

    Attributes
    ----------
    flops : float
        Of the products, a second and thread.
    element : float
        Seconds for a component of the state a stage: activations, and passes through memory.
    latency : float
        Seconds of a round, however many workers.
    task : float
        Seconds of the client and the scheduler for one task.
    message : int
        Bytes of all messages about one task, its small arguments and its small result included.
    copy : int
        Bytes of the messages about one copy of what is sent to all.
    link : float
        Bytes a second of a network interface.
    """

    flops: float = 18e9
    element: float = 1.3e-8
    latency: float = 3.2e-3
    task: float = 5.4e-3
    message: int = 4_400
    copy: int = 1_500
    link: float = 1.25e9


#: As measured on two cores of a virtual machine (AVX2) that had nothing else to do: work in
#: processor seconds of one thread; the seconds of a task those of one process that is client and
#: scheduler; the link is one of 10 Gbit/s.
MEASURED = Machine()


@dataclass(frozen=True)
class Bytes:
    """What an iteration sends over all wires, heartbeats apart.

    Attributes
    ----------
    down : float
        Parameters and direction, to every worker, most of them from other workers.
    up : float
        The partial sums of the derivative.
    messages : float
        About tasks.
    client : float
        What of all this goes through the link of the client.
    """

    down: float
    up: float
    messages: float
    client: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.down + self.up + self.messages


def bytes_sent(
    case: Case, machine: Machine = MEASURED, *, rounds: float = ROUNDS, derivatives: float = 1.0
) -> Bytes:
    """Bytes of an iteration.

    Parameters
    ----------
    case : Case
    machine : Machine
    rounds : float
        Rounds of tasks; more than four if a step was repaired or the loss is not squared.
    derivatives : float
        How many of them came back.
    """
    pair = 2.0 * case.vector
    sums = derivatives * partial_sums(case) * case.vector
    messages = rounds * case.busy * machine.message + case.workers * machine.copy
    return Bytes(
        down=pair * (case.workers + case.hops - 1),
        up=sums * case.hops,
        messages=messages,
        client=pair + sums + messages,
    )


@dataclass(frozen=True)
class Seconds:
    """Where the time of an iteration goes."""

    work: float
    rounds: float
    link: float

    @property
    def total(self) -> float:
        """All of it, nothing overlapping."""
        return self.work + self.rounds + self.link

    @property
    def bound(self) -> str:
        """What takes most of it."""
        return max(("work", "rounds", "link"), key=lambda name: getattr(self, name))


def generations(workers: int) -> int:
    """How often the number of those who have a copy triples until all do: two copies a holder."""
    found, holders = 0, 1
    while holders < workers:
        found, holders = found + 1, 3 * holders
    return found


def row_seconds(case: Case, machine: Machine = MEASURED) -> float:
    """Seconds of one thread for an iteration of one row: 10 d^2 flops a stage, and the rest."""
    d = case.width
    a_stage = 10.0 * d * d / machine.flops + d * machine.element
    return case.steps * case.stages * a_stage


def seconds(case: Case, machine: Machine = MEASURED, *, rounds: float = ROUNDS) -> Seconds:
    """Seconds of an iteration: the worker with most shards, the rounds, the links.

    Of the links: the client's, as often as there are wires, and two copies in each generation of
    those who pass parameters and direction on.
    """
    most = max(b - a for a, b in pairwise(cuts(case))) / case.shards
    sent = bytes_sent(case, machine, rounds=rounds)
    passed = 2.0 * generations(case.workers) * 2.0 * case.vector
    return Seconds(
        work=most * case.rows * row_seconds(case, machine) / case.threads,
        rounds=rounds * (machine.latency + case.busy * machine.task),
        link=(sent.client * case.hops + passed) / machine.link,
    )


def speed_up(case: Case, machine: Machine = MEASURED) -> float:
    """Against one machine with as many threads as a worker, which sends nothing."""
    alone = case.rows * row_seconds(case, machine) / case.threads
    return alone / seconds(case, machine).total


def shown(amount: float, unit: str) -> str:
    """Three figures with a prefix: 1.23 MB, 45.6 ms."""
    scale = (("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0), ("m", 1e-3), ("µ", 1e-6))
    prefix, size = next(((p, s) for p, s in scale if amount >= s), scale[-1])
    value = amount / size
    digits = max(0, 2 - int(f"{value:e}".split("e")[1]))
    return f"{value:.{digits}f} {prefix}{unit}"


def table(cases: Iterable[Case], machine: Machine = MEASURED) -> str:
    """Cases as a table in Markdown."""
    lines = [
        "| B | d | K + 1 | workers × threads | D | down | up | work | rounds | link | iteration "
        "| times as fast |",
        "| --- " * 12 + "|",
    ]
    for case in cases:
        sent, spent = bytes_sent(case, machine), seconds(case, machine)
        cells = [
            f"{case.rows:.0e}".replace("e+0", "e"),
            *map(str, (case.width, case.depth_points)),
            f"{case.workers:,} × {case.threads}",
            *(shown(n, "B") for n in (case.vector, sent.down, sent.up)),
            *(shown(s, "s") for s in (spent.work, spent.rounds, spent.link, spent.total)),
            f"{speed_up(case, machine):.3g}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


#: What the tables of the page vary, one thing at a time.
BASE = Case(rows=10**6, width=20, steps=20, workers=2, depth_points=21)
LARGE = replace(BASE, rows=10**9, width=64, workers=100, depth_points=21, threads=16)


def tables() -> dict[str, list[Case]]:
    """The cases of each table of docs/cluster.md, by what varies."""
    return {
        "workers": [replace(BASE, workers=w) for w in (1, 2, 4, 16, 64)],
        "width": [replace(BASE, width=d, workers=16) for d in (5, 20, 64, 196)],
        "depth points": [replace(BASE, width=64, workers=16, depth_points=k) for k in (3, 6, 21)],
        "rows": [replace(BASE, rows=b, workers=16) for b in (10**5, 10**6, 10**7, 10**8)],
        "many workers": [
            *(replace(LARGE, workers=w) for w in (10, 100, 1000)),
            replace(LARGE, workers=1000, depth_points=6),
            replace(LARGE, workers=1000, threads=1),
        ],
    }


def filled(page: str, machine: Machine = MEASURED) -> str:
    """A page whose tables, each behind its `<!-- table: NAME -->`, are those of now."""
    for name, cases in tables().items():
        mark = f"<!-- table: {name} -->\n"
        before, found, after = page.partition(mark)
        if found:
            rest = re.sub(r"^\n?(\|.*\n)*\n*", "", after)
            page = f"{before}{mark}\n{table(cases, machine).rstrip()}\n\n{rest}"
    return page


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or the one case asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=float)
    for name, value in (("width", 20), ("steps", 20), ("workers", 2), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--depth-points", type=int, help="steps + 1 if not given")
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args(arguments)
    if asked.page is not None:
        asked.page.write_text(filled(asked.page.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    if asked.rows is None:
        for name, cases in tables().items():
            print(f"\n{name}\n\n{table(cases)}")
        return 0
    points = asked.depth_points or asked.steps + 1
    case = Case(int(asked.rows), asked.width, asked.steps, asked.workers, points, asked.threads)
    print(table([case]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
