"""A fit on worker processes of this machine beside the same one on its threads.

    python scripts/bench_cluster.py                 # 1,000,000 rows, 2 workers: minutes
    python scripts/bench_cluster.py --rows 1e5 --width 8 --workers 1
    python scripts/bench_cluster.py --kill 20       # kill -9: are the bits the same?
    python scripts/bench_cluster.py --constants     # those of scripts/cluster_model.py

Compared are the seconds of an iteration, by turns; the bytes that an iteration sends, counted
where Dask hands them to the sockets of all processes, heartbeats apart, with those of
scripts/cluster_model.py; and the peak memory of a worker, over what it held idle and warm, with its
share of the rows. With --kill a random worker is killed at a random moment of each of so many
fits. Needs the extra: pip install -e '.[dask]'. Exit codes: 0 all as wanted, 1 something missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.cluster import Found, measure
from benchmarks.cluster_constants import constants
from benchmarks.cluster_kill import killed
from cluster_model import Case, bytes_sent, shown

from standalone_node.engines.local import Local
from standalone_node.engines.opening import opened

#: The rows of a fit whose workers are killed: some seconds, many times over.
KILL_ROWS = 120_000


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def make_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=float)
    parser.add_argument("--width", type=int, default=20)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--depth-points", type=int, help="steps + 1 if not given")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--iterations", type=int, default=3, help="timed, a turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--budget", type=float, default=200.0, help="seconds for the turns")
    parser.add_argument("--kill", type=int, metavar="N", help="kill a worker in each of N fits")
    parser.add_argument("--seed", type=int, default=0, help="of what --kill kills, and when")
    parser.add_argument("--constants", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked for; the exit code."""
    asked = make_parser().parse_args(arguments)
    if asked.constants:
        print(json.dumps(constants(say=say), indent=1))
        return 0
    rows = asked.rows or (KILL_ROWS if asked.kill else 1e6)
    points = asked.depth_points or asked.steps + 1
    case = Case(int(rows), asked.width, asked.steps, asked.workers, points)
    with opened("dask", workers=case.workers) as engine:
        if asked.kill:
            return _killed(case, engine, asked)
        described = machine.describe()
        found = measure(
            *(case, engine, Local()),
            iterations=asked.iterations,
            rounds=asked.turns,
            budget=asked.budget,
            say=say,
        )
    for line in (*machine_words(described), *report(case, found)):
        print(line)
    if asked.json is not None:
        record = {"machine": described, "case": vars(case), "found": vars(found)}
        asked.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0 if all(verdict.met for verdict in found.verdicts()) else 1


def machine_words(described: dict[str, Any]) -> list[str]:
    """The machine in a line, and a warning if it is not quiet."""
    load = described["load_average"] or [float("nan")]
    lines = [f"{described['processor']}, {described['cores']} cores, load {load[0]:.2f}"]
    warning = machine.noise_warning(described)
    return [*lines, *([f"warning: {warning}"] if warning else [])]


def report(case: Case, found: Found) -> list[str]:
    """The figures, and whether they are as wanted."""
    modelled = bytes_sent(case, rounds=found.rounds)
    lines = [
        f"B = {case.rows:,}, d = {case.width}, {case.steps} steps, K + 1 = {case.depth_points}, "
        f"{case.workers} workers of one thread, {case.shards} shards",
        f"iteration, {case.workers} workers   {_times(found.cluster)}",
        f"iteration, {case.workers} threads   {_times(found.local)}",
        f"rounds an iteration    {found.rounds:.2f}",
        f"bytes an iteration     {found.bytes_sent:,.0f}, modelled {found.bytes_modelled:,.0f}",
        f"    of these           {modelled.down:,.0f} down, {modelled.up:,.0f} up, "
        f"{modelled.messages:,.0f} messages",
        "    by subject         "
        + ", ".join(
            f"{name or 'answers'} {number:,.0f}"
            for name, number in sorted(found.by_subject.items(), key=lambda item: -item[1])[:8]
        ),
        "memory of a worker     "
        + ", ".join(shown(n, "B") for n in found.memory)
        + f" over idle, share of the rows {shown(found.share, 'B')}",
    ]
    for verdict in found.verdicts():
        word = "PASS" if verdict.met else "FAIL"
        sign = "≤" if verdict.at_most else "≥"
        lines.append(f"{word}  {verdict.what}: {verdict.found:.3f} {sign} {verdict.wanted:g}")
    return lines


def _times(seconds: list[float]) -> str:
    median, spread = statistics.median(seconds), (min(seconds), max(seconds))
    return f"{median:.4f} s, median of {len(seconds)} ({spread[0]:.4f} … {spread[1]:.4f})"


def _killed(case: Case, engine: Any, asked: argparse.Namespace) -> int:
    count = killed(case, engine, asked.kill, seed=asked.seed, say=say)
    print(f"fits with a worker killed         {count.fits}")
    print(f"  killed while the fit was at work  {count.during}")
    print(f"  ended in the same bits            {count.same}")
    for sentence in count.failed:
        print(f"failed: {sentence}")
    return 0 if count.same == count.fits else 1


if __name__ == "__main__":
    sys.exit(main())
