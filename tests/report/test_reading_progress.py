"""The progress of reading: a line now and then, and none if it is to be quiet."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from standalone_node.report import reading_progress as module
from standalone_node.report.reading_progress import reading_progress


def told(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, quiet: bool) -> str:
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(module.time, "perf_counter", lambda: float(next(clock)))
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=100)
    with reading_progress(console, quiet=quiet) as shown:
        for step in range(1, 6):
            shown.read("Reading big.csv", step * 400_000_000, 3_000_000_000)
    return file.getvalue()


def test_a_log_has_a_line_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(monkeypatch, terminal=False, quiet=False).splitlines()
    assert len(found) == 2
    assert found[0] == "Reading big.csv: 800 of 3,000 MB, 133 MB/s"


def test_a_terminal_has_a_live_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert "Reading big.csv" in told(monkeypatch, terminal=True, quiet=False)


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_is_quiet(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert told(monkeypatch, terminal=terminal, quiet=True) == ""
