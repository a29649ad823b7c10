"""One iteration, contender against contender: check all, then time them turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks import dgemm
from benchmarks.agreement import check
from benchmarks.contenders import CONTENDERS, OURS, Contender, Missing
from benchmarks.targets import Verdict, ratio_verdict, share_verdict
from benchmarks.task import Answer, Size, Task, make_task
from benchmarks.timing import Fresh, pilot, take_turns

Record = dict[str, Any]
Say = Callable[[str], None]
#: Threads that spin for longer than this (seconds) after a turn take a core from what follows.
LONG_BUSY = 0.01


@dataclass(frozen=True)
class Options:
    """How long, with how many threads, and with whom."""

    threads: int
    budget: float
    rounds: int | None
    contenders: tuple[str, ...]


@dataclass(frozen=True)
class Entrant:
    """A contender with its fastest program, and the quick times of all of them."""

    contender: Contender
    program: str
    fresh: Fresh
    pilots: dict[str, float]
    differences: dict[str, float]


def without_missing(names: tuple[str, ...], say: Say) -> tuple[str, ...]:
    """The contenders whose packages are here; the others are named."""
    smallest, present = make_task(Size(1, 2, 1), "euler"), []
    for name in names:
        try:
            CONTENDERS[name].programs(smallest, 1)
            present.append(name)
        except Missing as missing:
            say(f"left out: {missing}")
    return tuple(present)


def measure(size: Size, scheme: str, options: Options, say: Say) -> Record:
    """The record of one size and scheme.

    Raises
    ------
    Disagreement
        If two contenders do not find the same; nothing of this size has been timed then.
    """
    task = make_task(size, scheme)
    entrants = list(_entrants(task, options))
    products = {name: _repeated(run) for name, run in dgemm.runs(size, options.threads).items()}
    runs = {entrant.contender.name: entrant.fresh for entrant in entrants} | products
    estimates = {e.contender.name: e.pilots[e.program] for e in entrants}
    estimates |= {name: pilot(run) for name, run in products.items()}
    times = take_turns(runs, estimates, budget=options.budget, rounds=options.rounds)
    summaries = {name: found.summary() for name, found in times.items()}
    record: Record = {"size": str(size), "scheme": scheme, "contenders": {}}
    ours = summaries[OURS]["median"]
    for entrant in entrants:
        name = entrant.contender.name
        record["contenders"][name] = {
            "program": entrant.program,
            "sensitivity": entrant.contender.sensitivity,
            "ratio": summaries[name]["median"] / ours,
            **summaries[name],
            "differences": entrant.differences,
            "pilots": entrant.pilots,
        }
        say(_progress(record, name))
    record["dgemm"] = _dgemm_record(task, ours, {name: summaries[name] for name in products})
    return record


def _entrants(task: Task, options: Options) -> Iterator[Entrant]:
    """The contenders that agree with the first one, which is ours."""
    expected: Answer | None = None
    for name in options.contenders:
        contender, pilots, differences = CONTENDERS[name], {}, {}
        programs = contender.programs(task, options.threads)
        for program, (fresh, answer) in programs.items():
            found = answer()
            expected = expected or found
            label = f"{name} ({program}) at {task.size}, {task.scheme}:"
            differences = check(label, found, expected, sensitivity=contender.sensitivity)
            pilots[program] = pilot(fresh)
        fastest = min(pilots, key=pilots.__getitem__)
        yield Entrant(contender, fastest, programs[fastest].fresh, pilots, differences)


def _progress(record: Record, name: str) -> str:
    entry = record["contenders"][name]
    text = f"{record['size']} {record['scheme']}: {name} {1e3 * entry['median']:.3g} ms"
    if entry["busy_after"] > LONG_BUSY:
        text += f"; its threads spin for {1e3 * entry['busy_after']:.0f} ms after a turn"
    return text


def _repeated(run: dgemm.Run) -> Fresh:
    return lambda: run


def _dgemm_record(task: Task, ours: float, summaries: dict[str, Record]) -> Record:
    fastest = min(summaries, key=lambda name: summaries[name]["median"])
    rate = dgemm.flops(task.size) / summaries[fastest]["median"]
    return {
        "fastest": fastest,
        "rate": rate,
        "our_rate": task.flops / ours,
        "share": task.flops / ours / rate,
        "runs": summaries,
    }


def verdicts(record: Record) -> list[Verdict]:
    """What the record is held against."""
    size, scheme = record["size"], record["scheme"]
    found = [
        ratio_verdict(name, size, scheme, entry["ratio"])
        for name, entry in record["contenders"].items()
    ]
    found.append(share_verdict(size, scheme, record["dgemm"]["share"]))
    return [verdict for verdict in found if verdict is not None]
