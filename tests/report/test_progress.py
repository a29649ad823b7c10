"""Progress: a table that grows on a terminal, sparse lines elsewhere, nothing if quiet."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from standalone_node.optimize.iteration import Iteration
from standalone_node.report.progress import LiveProgress, LogProgress, is_milestone, progress


def row(nit: int, seconds: float = 0.0) -> Iteration:
    nothing: Any = None
    return Iteration(nit, 1.0 / (nit + 1), 0.5, 0.25, 0.0, seconds, nit, nit, nit, nothing)


def console(*, terminal: bool, width: int = 80) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, no_color=True)


def text(of: Console) -> str:
    assert isinstance(of.file, io.StringIO)
    return of.file.getvalue()


def numbers(log: str) -> list[int]:
    return [int(line.split()[0]) for line in log.splitlines() if line.split()[:1][0].isdigit()]


def test_the_milestones_are_a_few_a_decade() -> None:
    assert [n for n in range(1200) if is_milestone(n)] == [
        0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000
    ]  # fmt: skip


def test_a_log_has_a_few_lines_and_always_the_last() -> None:
    out = console(terminal=False, width=1000)
    with progress(out) as shown:
        assert isinstance(shown, LogProgress)
        shown.stage("Fitting on 9 rows")
        for nit in range(18):
            shown.iteration(row(nit))
    lines = text(out).splitlines()
    assert lines[0] == "Fitting on 9 rows:"
    assert lines[1].split() == ["iteration", "cost", "gradient", "norm", "step", "seconds"]
    assert numbers(text(out)) == [0, 1, 2, 5, 10, 17]


def test_a_slow_fit_has_a_line_every_few_seconds() -> None:
    out = console(terminal=False)
    with progress(out) as shown:
        shown.stage("Slow")
        for nit in range(11, 20):
            shown.iteration(row(nit, seconds=2.0 * nit))
    assert numbers(text(out)) == [11, 14, 17, 19]


def test_a_second_fit_has_a_headline_of_its_own() -> None:
    out = console(terminal=False)
    with progress(out) as shown:
        for words in ("First", "Second"):
            shown.stage(words)
            for nit in range(4):
                shown.iteration(row(nit))
    assert numbers(text(out)) == [0, 1, 2, 3, 0, 1, 2, 3]
    assert text(out).count("iteration") == 2 and "Second:" in text(out)


def test_a_fit_that_never_began_leaves_no_line() -> None:
    out = console(terminal=False)
    with progress(out) as shown:
        shown.stage("Fitting")
    assert text(out) == ""


@pytest.mark.parametrize("width", [80, 40])
def test_a_terminal_ends_with_the_table_of_the_milestones(width: int) -> None:
    out = console(terminal=True, width=width)
    with progress(out) as shown:
        assert isinstance(shown, LiveProgress)
        shown.stage("Fitting on 9 rows")
        for nit in range(13):
            shown.iteration(row(nit))
    final = re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", text(out).rsplit("iteration", 1)[1])
    assert [line.split()[0] for line in final.splitlines() if "0." in line] == [
        "0", "1", "2", "5", "10", "12"
    ]  # fmt: skip
    assert max(map(len, final.splitlines()[:8])) <= width


def test_an_error_leaves_the_terminal_as_it_was() -> None:
    out = console(terminal=True)
    with pytest.raises(ZeroDivisionError), progress(out) as shown:
        shown.stage("Fitting")
        shown.iteration(row(0))
        raise ZeroDivisionError
    assert text(out).count("\x1b[?25h") == text(out).count("\x1b[?25l")  # the cursor is back


def test_quiet_says_nothing() -> None:
    out = console(terminal=True)
    with progress(out, quiet=True) as shown:
        shown.stage("Fitting")
        shown.iteration(row(0))
    assert text(out) == ""
