"""Mutation testing: are small errors in the kernels and the optimiser noticed by their tests?

    python scripts/mutation.py [--paths FOLDER …] [--count 300] [--seed 1] [--json FILE]

Makes one small change at a time (scripts/mutants/changes.py) in a copy of the tree, runs the tests
that come to the changed line, and counts the changes after which one of them fails. Where kernels
are changed, numba's compiler is switched off, so that the changed Python is what runs; what only
exists compiled is tested with it (scripts/mutants/suite.py). Prints the survivors and the share
that was noticed, with its 95 % interval; a change that makes no difference counts as a survivor,
one without end as noticed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from mutants import tables
from mutants.changes import Change, changes
from mutants.runs import Baseline, Unsound, Verdict, Warm
from mutants.suite import COMPILED, SUITES, Suite, suite_of
from mutants.tree import copied

ROOT = Path(__file__).resolve().parents[1]
#: Seconds of a single test of what is compiled.
LONGEST = 60.0


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the changes, try them, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--paths",
        nargs="+",
        default=list(SUITES),
        metavar="PATH",
        help="files and folders to change, as seen from the root of the repository",
    )
    parser.add_argument("--count", type=int, default=300, help="changes to try (default 300)")
    parser.add_argument("--seed", type=int, default=1, help="of their choice (default 1)")
    parser.add_argument(
        "--budget",
        type=float,
        default=15.0,
        help="seconds of tests for a change, as they take without it (default 15)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all changes and outcomes")
    arguments = parser.parse_args(argv)
    drawn = sample(changes(ROOT, arguments.paths), arguments.count, arguments.seed)
    if not drawn:
        parser.error(f"--paths {' '.join(arguments.paths)}: there is nothing to change")
    began = time.perf_counter()
    try:
        verdicts = tried(ROOT, drawn, arguments.budget)
    except Unsound as error:
        say(f"{error}; repair that first: nothing can be learnt from tests that fail anyway")
        return 1
    sources = {change.path: (ROOT / change.path).read_bytes() for change in drawn}
    print("\n".join(tables.lines(verdicts, sources)))
    print(f"{(time.perf_counter() - began) / 60:.1f} minutes")
    if arguments.json is not None:
        settings = {name: getattr(arguments, name) for name in ("paths", "seed", "budget")}
        text = json.dumps(tables.record(verdicts, settings), indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    return 0


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def sample(known: list[Change], count: int, seed: int) -> list[Change]:
    """Some of the changes, in their order, the same for the same seed; all if there are fewer."""
    drawn = random.Random(seed).sample(range(len(known)), min(count, len(known)))
    return [known[n] for n in sorted(drawn)]


def tried(root: Path, drawn: list[Change], budget: float) -> list[Verdict]:
    """What becomes of the changes in a copy of the tree, in their order."""
    verdicts: dict[Change, Verdict] = {}
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        place = copied(root, Path(folder) / "tree")
        for suite in dict.fromkeys(suite_of(change.path) for change in drawn):
            if suite is not None:
                its = [change for change in drawn if suite_of(change.path) == suite]
                verdicts |= _by_the_line(place, suite, its, budget)
        left = [c for c in drawn if c in verdicts and not verdicts[c].noticed]
        verdicts |= _by_the_file(place, [c for c in left if c.path in COMPILED])
    return [verdicts[change] for change in drawn if change in verdicts]


def _by_the_line(
    place: Path, suite: Suite, its: list[Change], budget: float
) -> dict[Change, Verdict]:
    """By the tests that come to the changed lines."""
    verdicts = {}
    with Warm(place, suite.compiled) as warm:
        paths = sorted({change.path for change in its})
        say(f"{len(its)} changes of {len(paths)} files; first the tests without any")
        baseline = Baseline(warm, suite, paths, cache=str(place.parent / "cache"))
        say(f"{len(baseline.seconds)} tests, {sum(baseline.seconds.values()):.0f} s")
        for n, change in enumerate(its, 1):
            verdicts[change] = baseline.judged(change, place / change.path, budget)
            say(_progress(n, len(its), verdicts[change]))
    return verdicts


def _by_the_file(place: Path, left: list[Change]) -> dict[Change, Verdict]:
    """By all tests of what is compiled, with a cache of its own for each change."""
    verdicts: dict[Change, Verdict] = {}
    if not left:
        return verdicts
    with Warm(place, compiled=True) as warm:
        for tests in dict.fromkeys(COMPILED[change.path] for change in left):
            its = [change for change in left if COMPILED[change.path] == tests]
            say(f"{len(its)} changes left of what is compiled; first {' '.join(tests)} without any")
            baseline = Baseline(warm, Suite(tests, compiled=True, each=LONGEST), [])
            for n, change in enumerate(its, 1):
                verdicts[change] = baseline.judged_by_all(change, place / change.path)
                say(_progress(n, len(its), verdicts[change]))
    return verdicts


def _progress(n: int, count: int, verdict: Verdict) -> str:
    change, by = verdict.change, verdict.by or ""
    where = f"{change.path}:{change.line} {change.operator}"
    return f"{n}/{count} {verdict.outcome:9} {verdict.seconds:5.1f} s  {where}  {by}"


if __name__ == "__main__":
    sys.exit(main())
