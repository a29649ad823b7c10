"""Give the package inputs that nobody would write, many of them, and count what becomes of them.

Usage::

    python scripts/fuzz.py csv --count 20000 --seed 0
    python scripts/fuzz.py model --count 20000
    python scripts/fuzz.py command --count 5000
    python scripts/fuzz.py config field --count 5000

An input may be taken, or refused by one sentence. Counted as failures are tracebacks, inputs that
take more than 5 s of work, code that is executed (an audit hook sees what is compiled, executed,
unpickled, started or connected to), memory that exceeds the base of the process by more than 10
times the input, and processes that die. Inputs depend on the seed and their number alone; those
that fail are written to a folder. The exit code is 1 if there is one. Linux only: the memory of a
process is read from /proc.

The work is done in a process apart, which is ended and begun anew when it hangs. Its base is what
it took at the most for inputs that are as they should be, or for what is constant in reading any
(SLACK). Its address space is bounded, so that nobody suffers from what it asks for.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fuzzing.outcomes import REFUSED, TAKEN
from fuzzing.targets import TARGETS
from fuzzing.watch import Watch, peak, reset_peak, virtual

#: Seconds of work after which an input counts as one that hangs; on a machine that is busy with
#: other things they may last this many times as long. And those a process has to get ready.
LIMIT, BUSY, READY = 5.0, 12.0, 300.0
#: Memory may exceed the base by this many times the input, and by this many bytes beside.
FACTOR, SLACK = 10, 16 * 2**20
#: The ratio of memory to input is told of inputs of at least so many bytes.
LARGE = 100_000
#: Address space that a process may take beyond what it has when it is ready, in bytes.
ROOM = 3 * 2**30
#: Inputs that a process takes before it counts: modules are imported, kernels compiled.
WARM = 150
#: Inputs after which a process is replaced, so that memory that is only kept does not count.
SHIFT = 4000


@dataclass
class Tally:
    """What became of the inputs of one kind."""

    counts: Counter[str] = field(default_factory=Counter)
    ratio: float = 0.0
    over: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    failures: list[tuple[int, str]] = field(default_factory=list)

    def fail(self, number: int, what: str, words: str) -> None:
        """Count a failure."""
        self.counts[what] += 1
        self.failures.append((number, f"{what}: {words}"))


def made(kind: str, seed: int, number: int, known: Any) -> bytes:
    """The input of that number."""
    return TARGETS[kind].make(Random(f"{kind} {seed} {number}"), known)


# The process that does the work.


def work(kind: str, seed: int, begin: int, end: int) -> None:
    """Take inputs, and tell on standard output what becomes of each, a line of JSON each."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    target, watch = TARGETS[kind], Watch()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        known = target.prepared(folder)
        base = _warmed(kind, known)
        resource.setrlimit(resource.RLIMIT_AS, (virtual() + ROOM,) * 2)
        print(json.dumps({"ready": base}), file=out)
        for number in range(begin, end):
            data = made(kind, seed, number, known)
            print(json.dumps({"number": number}), file=out)
            print(json.dumps(_one(kind, data, known, watch, base)), file=out)
        os.chdir("/")


def _warmed(kind: str, known: Any) -> int:
    """The largest memory of the process over inputs that are not counted."""
    largest = reset_peak()
    for number in range(WARM):
        data = made(kind, -1, number, known)
        try:
            TARGETS[kind].run(data, known)
        except Exception:  # it is found again when it counts
            continue
        if TARGETS[kind].size(data) < 2**16:
            largest = max(largest, peak())
        reset_peak()
    return largest


def _one(kind: str, data: bytes, known: Any, watch: Watch, base: int) -> dict[str, Any]:
    """What becomes of one input."""
    before = reset_peak()
    began = time.perf_counter()
    watch.begin()
    raised = None
    try:
        outcome = TARGETS[kind].run(data, known)
    except BaseException as error:
        outcome, raised = "traceback", error
    code = watch.end()
    words = "" if raised is None else "".join(traceback.format_exception(raised, limit=-6))
    seconds = time.perf_counter() - began
    size = max(1, TARGETS[kind].size(data))
    over = peak() - max(base, before)
    return {
        "outcome": outcome,
        "words": words[-3000:],
        "code": code[:5],
        "seconds": seconds,
        "size": size,
        "over": over,
        "memory": over > FACTOR * size + SLACK,
    }


# The process that watches it.


class Worker:
    """A process that takes the inputs from `begin` on, and how far it has come."""

    _gone = False

    def __init__(self, kind: str, seed: int, begin: int, end: int) -> None:
        own = ["--worker", kind, str(seed), str(begin), str(end)]
        self._process = subprocess.Popen(
            [sys.executable, __file__, *own], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._rest = b""

    def line(self, seconds: float) -> dict[str, Any] | None:
        """The next line; None if there is none within the seconds, or never will be."""
        assert self._process.stdout is not None
        work, until = self._worked() + seconds, time.monotonic() + BUSY * seconds
        while b"\n" not in self._rest:
            if not select.select([self._process.stdout], [], [], 0.2)[0]:
                if self._worked() > work or time.monotonic() > until:
                    return None
                continue
            more = os.read(self._process.stdout.fileno(), 2**16)
            if not more:
                self._gone = True
                return None
            self._rest += more
        line, self._rest = self._rest.split(b"\n", 1)
        found: dict[str, Any] = json.loads(line)
        return found

    def _worked(self) -> float:
        """The seconds of processors that the process has taken."""
        try:
            text = Path(f"/proc/{self._process.pid}/stat").read_text()
        except OSError:
            return 0.0
        user, system = text.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stopped(self) -> tuple[int | None, str]:
        """End it: its exit code if it had ended by itself, and its last words."""
        # Its output ends before it does: the system may be writing down what it died of.
        code = self._process.wait(60.0) if self._gone else self._process.poll()
        self._process.kill()
        _, said = self._process.communicate()
        return code, said.decode(errors="replace")[-2000:]


def watched(kind: str, seed: int, count: int) -> Tally:
    """All inputs of a kind, in as many processes as it takes."""
    tally, number, began = Tally(), 0, time.perf_counter()
    while number < count:
        number = _shift(kind, seed, number, min(count, number + SHIFT), tally)
        print(f"{kind}: {number} of {count}", file=sys.stderr)
    tally.seconds = time.perf_counter() - began
    return tally


def _shift(kind: str, seed: int, begin: int, end: int, tally: Tally) -> int:
    """Inputs in one process, until it is done or has to be stopped; the next number."""
    worker = Worker(kind, seed, begin, end)
    try:
        if worker.line(READY) is None:
            raise SystemExit(f"the process is never ready: {worker.stopped()[1]}")
        for number in range(begin, end):
            if worker.line(LIMIT) is None or (facts := worker.line(LIMIT)) is None:
                code, said = worker.stopped()
                tally.fail(number, "hang" if code is None else "death", f"{code} {said}")
                return number + 1
            _count(tally, number, facts)
    finally:
        worker.stopped()
    return end


def _count(tally: Tally, number: int, facts: dict[str, Any]) -> None:
    tally.over = max(tally.over, facts["over"])
    if facts["size"] >= LARGE:
        tally.ratio = max(tally.ratio, facts["over"] / facts["size"])
    tally.slowest = max(tally.slowest, facts["seconds"])
    if facts["outcome"] in (TAKEN, REFUSED):
        tally.counts[facts["outcome"]] += 1
    else:
        tally.fail(number, "traceback", facts["words"])
    if facts["code"]:
        tally.fail(number, "code", "; ".join(facts["code"]))
    if facts["memory"]:
        times = facts["over"] / facts["size"]
        tally.fail(number, "memory", f"{times:.1f} times the input beyond the base")


# What is told.


def table(tallies: dict[str, Tally]) -> str:
    """The outcome, a row a kind."""
    head = ("", "cases", "ok", "sentence", "traceback", "hang", "death", "code", "memory")
    rows = [[*head, "most MiB", "worst ratio", "slowest s", "minutes"]]
    for kind, tally in tallies.items():
        counted = [str(tally.counts[name]) for name in head[2:]]
        cases = sum(tally.counts[name] for name in ("ok", "sentence", "traceback", "hang", "death"))
        more = [f"{tally.over / 2**20:.1f}", f"{tally.ratio:.1f}" if tally.ratio else "-"]
        more += [f"{tally.slowest:.2f}", f"{tally.seconds / 60.0:.1f}"]
        rows.append([kind, str(cases), *counted, *more])
    widths = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def kept(kind: str, seed: int, tally: Tally, folder: Path) -> None:
    """Write down the inputs that failed, and why."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        here = Path.cwd()
        known = TARGETS[kind].prepared(Path(name).resolve())
        os.chdir(here)
        for number, why in tally.failures[:100]:
            place = folder / f"{kind}-{seed}-{number}"
            place.with_suffix(".input").write_bytes(made(kind, seed, number, known))
            place.with_suffix(".txt").write_text(why, encoding="utf-8")
            print(f"{kind} {number}: {why.strip()[-400:]}", file=sys.stderr)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="+", choices=list(TARGETS))
    parser.add_argument("--count", type=int, default=1000, help="inputs of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    options = parser.parse_args()
    tallies = {}
    for kind in options.kinds:
        tallies[kind] = watched(kind, options.seed, options.count)
        if tallies[kind].failures:
            kept(kind, options.seed, tallies[kind], options.failures)
    print(table(tallies))
    return int(any(tally.failures for tally in tallies.values()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], *map(int, sys.argv[3:6]))
        sys.exit(0)
    sys.exit(main())
