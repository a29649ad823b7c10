"""The runs: first of the tree as it is, then of one change after the other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutants.changes import Change
from mutants.suite import Suite
from mutants.tree import environment, written

#: Seconds that a run may take: this much, and as many times what it takes without a change.
START, PATIENCE = 30.0, 4.0
#: Seconds that a run of the whole suite may take.
WHOLE = 1800.0


class Unsound(Exception):
    """The tests fail although nothing was changed."""


class Warm:
    """A process that runs tests of the copy, see `warm`; a context manager."""

    def __init__(self, place: Path, compiled: bool) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mutants.warm"],
            cwd=place,
            env=environment(place, compiled),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def run(self, tests: Iterable[str], limit: float, **others: Any) -> dict[str, Any]:
        """What the tests say of the copy as it is now; `others` as in `warm`."""
        nothing = dict.fromkeys(("order", "each", "trace", "cache"))
        request = {**nothing, "tests": list(tests), "limit": limit, **others}
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Unsound("the process that runs the tests has ended by itself")
        found: dict[str, Any] = json.loads(line)
        return found


@dataclass(frozen=True)
class Verdict:
    """What became of a change.

    `outcome` is "killed", "hang", "survived" or "unreached" (no test comes to the line, which is as
    good as "survived"); `by` the first test that failed, `seconds` the time it took.
    """

    change: Change
    outcome: str
    by: str | None
    seconds: float

    @property
    def noticed(self) -> bool:
        """Whether a test told that something is wrong."""
        return self.outcome in ("killed", "hang")


class Baseline:
    """What the tests do without a change: how long each takes, and which lines it comes to.

    Parameters
    ----------
    warm : Warm
    suite : Suite
    files : list of str
        Whose lines are traced; none for tests that are run whatever the line.
    cache : str, optional
        The folder for compiled kernels, if all runs may share one.

    Raises
    ------
    Unsound
        If a test fails.
    """

    def __init__(
        self, warm: Warm, suite: Suite, files: list[str], cache: str | None = None
    ) -> None:
        self._warm, self._cache = warm, cache
        found = warm.run(suite.tests, WHOLE, each=suite.each, trace=files or None, cache=cache)
        if found["outcome"] != "passed":
            raise Unsound(f"without any change: {found['by'] or found['outcome']} fails")
        self.seconds: dict[str, float] = found["seconds"]
        self._at: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._of: dict[str, list[str]] = {}
        self._note(found.get("lines", {}))

    def _note(self, lines: dict[str, list[tuple[str, int]]]) -> None:
        of: dict[str, dict[str, None]] = defaultdict(dict)
        for test, reached in lines.items():
            for path, line in reached:
                if test in self.seconds:
                    self._at[path, line].append(test)
                    of[path][test] = None
        self._of = {path: list(tests) for path, tests in of.items()}

    def judged(self, change: Change, source: Path, budget: float) -> Verdict:
        """Run the tests that come to the changed line, up to `budget` seconds of them.

        What the import runs, such as a table, is read by tests that come to no line of the file:
        it is looked at by all tests that stand beside one that does.
        """
        reaching = self._beside(change.path) if change.outside else self._reaching(change)
        order = self._ordered(reaching, budget)
        if not order:
            return Verdict(change, "unreached", None, 0.0)
        return self._run(change, source, order)

    def judged_by_all(self, change: Change, source: Path) -> Verdict:
        """Run all tests."""
        return self._run(change, source, sorted(self.seconds, key=self.seconds.__getitem__))

    def _beside(self, path: str) -> list[str]:
        files = {test.partition("::")[0] for test in self._of.get(path, ())}
        return [test for test in self.seconds if test.partition("::")[0] in files]

    def _reaching(self, change: Change) -> list[str]:
        # A statement of several lines is noted by some of them only.
        first, last = change.lines
        found = (self._at.get((change.path, line), ()) for line in range(first, last + 1))
        return list(dict.fromkeys(test for tests in found for test in tests))

    def _ordered(self, tests: Iterable[str], budget: float) -> list[str]:
        """One case of every test function first, the quickest, then a second one, …"""
        cases: dict[str, int] = defaultdict(int)
        ranked = []
        for test in sorted(tests, key=self.seconds.__getitem__):
            function = test.partition("[")[0]
            ranked.append((cases[function], self.seconds[test], test))
            cases[function] += 1
        order: list[str] = []
        total = 0.0
        for _, seconds, test in sorted(ranked):
            if not order or total + seconds <= budget:
                order.append(test)
                total += seconds
        return order

    def _run(self, change: Change, source: Path, order: list[str]) -> Verdict:
        files = sorted({test.partition("::")[0] for test in order})
        limit = START + PATIENCE * sum(self.seconds[test] for test in order)
        with written(source, change.applied(source.read_bytes())):
            found = self._warm.run(files, limit, order=order, cache=self._cache)
        outcome = {"failed": "killed", "passed": "survived"}.get(found["outcome"], "hang")
        return Verdict(change, outcome, found["by"], found["took"])
