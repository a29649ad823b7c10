"""The kernels against JAX, diffrax, torchdiffeq and the DGEMM rate; threads, memory, start-up.

    python scripts/bench.py [--size 10x500x100]... [--scheme euler,rk4] [--json FILE]
    python scripts/bench.py --scaling --memory --startup

One iteration is the cost, its derivative (direct and adjoint problem) and the sensitivity along a
direction, at given parameters, in float64. All contenders get the same arrays and are timed turn
by turn in one process; nothing is timed before they agree to 1e-10. Contenders come with the
extra: pip install -e '.[bench]'. Exit codes: 0 done, 1 the results differ or a process failed,
2 wrong usage, a contender asked for that is not installed included.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import iteration, machine, memory, scaling, startup, tables
from benchmarks.agreement import Disagreement
from benchmarks.children import Failed
from benchmarks.contenders import CONTENDERS, OURS, Missing
from benchmarks.targets import Verdict
from benchmarks.task import SIZES, STAGES, Size, parse_size
from rich.console import Console

PARTS = ("iteration", "scaling", "memory", "startup")
Arguments = argparse.Namespace


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for; the exit code."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    parts = [part for part in PARTS if getattr(arguments, part) or arguments.all] or PARTS[:1]
    _check(parser, arguments, parts)
    with machine.cores(arguments.threads):
        try:
            record, shown = run(arguments, tuple(parts))
        except Missing as missing:
            parser.error(str(missing))
        except (Disagreement, Failed) as failure:
            say(f"bench: {failure}")
            return 1
    console = Console(width=max(100, Console().width))
    for item in shown:
        console.print(item, highlight=False)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def _check(parser: argparse.ArgumentParser, arguments: Arguments, parts: Sequence[str]) -> None:
    """Usage errors that are better told before an hour of work than after."""
    if "scaling" in parts and arguments.threads < 2:
        parser.error("--scaling needs --threads 2 or more")
    if "iteration" not in parts and (arguments.size or arguments.contenders):
        parser.error("--size and --contenders are for --iteration, which was not asked for")
    if arguments.json is not None and not arguments.json.resolve().parent.is_dir():
        parser.error(f"--json: there is no folder {arguments.json.resolve().parent}")


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    parts = parser.add_argument_group("parts (default: --iteration)")
    helps = {
        "iteration": "one iteration, contender against contender",
        "scaling": "two threads against one, and whether the bits are the same",
        "memory": "peak memory against the number of samples",
        "startup": "node-fit --help, the first and the second fit",
    }
    for part, text in helps.items():
        parts.add_argument(f"--{part}", action="store_true", help=text)
    parts.add_argument("--all", action="store_true", help="all parts")
    add("--size", type=_size, action="append", metavar="dxBxN", help="may be repeated")
    add("--scheme", type=_names("scheme", tuple(STAGES)), default=tuple(STAGES), metavar="NAME,…")
    add(
        "--contenders",
        type=_names("contender", tuple(CONTENDERS)),
        metavar="NAME,…",
        help=f"beside {OURS}: {', '.join(name for name in CONTENDERS if name != OURS)}",
    )
    add("--threads", type=_positive, default=2, help="cores for everybody (default 2)")
    add("--budget", type=float, default=20.0, help="seconds of timing a cell (default 20)")
    add("--rounds", type=_positive, help="this many rounds instead")
    add("--json", type=Path, metavar="FILE", help="write everything, single times included")
    return parser


def run(arguments: Arguments, parts: tuple[str, ...]) -> tuple[dict[str, Any], list[Any]]:
    """The record for JSON and what to print; Missing if a contender asked for is missing."""
    asked = arguments.contenders or tuple(CONTENDERS)
    names = (OURS, *(name for name in asked if name != OURS)) if "iteration" in parts else ()
    present = iteration.without_missing(names, say)
    if arguments.contenders and len(present) < len(names):
        absent = ", ".join(name for name in names if name not in present)
        raise Missing(f"not installed: {absent}; pip install -e '.[bench]'")
    found = machine.describe()
    warning = machine.noise_warning(found)
    if warning is not None:
        say(f"WARNING: {warning}")
    record: dict[str, Any] = {
        "machine": found,
        "threads": arguments.threads,
        "missing": [name for name in names if name not in present],
    }
    shown: list[Any] = [*tables.machine_lines(found, warning)]
    if record["missing"]:
        shown.append(f"not installed, left out: {', '.join(record['missing'])}")
    verdicts: list[Verdict] = []
    for part in parts:
        record[part], printed, judged = RUNNERS[part](arguments, present)
        shown += printed
        verdicts += judged
    record["targets"] = [verdict.record() for verdict in verdicts]
    return record, shown


Outcome = tuple[Any, list[Any], list[Verdict]]


def run_iteration(arguments: Arguments, present: tuple[str, ...]) -> Outcome:
    """All sizes and schemes."""
    options = iteration.Options(
        arguments.threads, arguments.budget, arguments.rounds, contenders=present
    )
    cells = [
        iteration.measure(size, scheme, options, say)
        for size in arguments.size or SIZES
        for scheme in arguments.scheme
    ]
    shown = [tables.iteration_table(cells), tables.program_table(cells), tables.share_table(cells)]
    return cells, shown, [verdict for cell in cells for verdict in iteration.verdicts(cell)]


def run_scaling(arguments: Arguments, present: tuple[str, ...]) -> Outcome:
    """Both schemes."""
    records = []
    for scheme in arguments.scheme:
        say(f"scaling, {scheme}")
        records.append(scaling.measure(scheme, budget=arguments.budget, rounds=arguments.rounds))
    verdicts = [verdict for record in records for verdict in scaling.verdicts(record)]
    return records, [tables.scaling_table(records, verdicts)], verdicts


def run_memory(arguments: Arguments, present: tuple[str, ...]) -> Outcome:
    """All calls with both schemes."""
    records = []
    for call in memory.CALLS:
        for scheme in arguments.scheme:
            say(f"memory of {call}, {scheme}")
            records.append(memory.measure(call, scheme))
    verdicts = [verdict for record in records for verdict in memory.verdicts(record)]
    return records, [tables.memory_table(records, verdicts)], verdicts


def run_startup(arguments: Arguments, present: tuple[str, ...]) -> Outcome:
    """All of it."""
    say("start-up")
    record = startup.measure(arguments.rounds)
    verdicts = startup.verdicts(record)
    return record, [tables.startup_table(record, verdicts)], verdicts


RUNNERS = {
    "iteration": run_iteration,
    "scaling": run_scaling,
    "memory": run_memory,
    "startup": run_startup,
}


def _size(text: str) -> Size:
    try:
        return parse_size(text)
    except ValueError as error:
        message = f"{text!r} is not a size: write width x samples x steps, as 10x500x100"
        raise argparse.ArgumentTypeError(message) from error


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def _names(kind: str, known: tuple[str, ...]) -> Any:
    def split(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(
                    f"unknown {kind} {name!r}: choose from {', '.join(known)}"
                )
        return names

    return split


if __name__ == "__main__":
    sys.exit(main())
