"""A plugin of pytest: runs given tests in a given order, and notes what they do."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest


class Chosen:
    """Only the tests in `order`, in this order; all that are collected if there is none.

    Parameters
    ----------
    order : list of str, optional
    each : float, optional
        Seconds after which a test is broken off and counts as skipped.

    Attributes
    ----------
    failed : str or None
        The first test that failed.
    seconds : dict
        How long each test took that passed.
    """

    def __init__(self, order: list[str] | None, each: float | None = None) -> None:
        self._each = each
        self._rank = None if order is None else {test: n for n, test in enumerate(order)}
        self.failed: str | None = None
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        rank = self._rank
        if rank is not None:
            items[:] = sorted((i for i in items if i.nodeid in rank), key=lambda i: rank[i.nodeid])

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Break off what takes too long."""
        if self._each is not None:
            signal.signal(signal.SIGALRM, _break_off)
            signal.setitimer(signal.ITIMER_REAL, self._each)
        yield
        if self._each is not None:
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome."""
        if report.failed and self.failed is None:
            self.failed = report.nodeid
        if report.skipped:
            self.seconds.pop(report.nodeid, None)
        elif report.passed and (report.when == "setup" or report.nodeid in self.seconds):
            self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported any more has noticed, too."""
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def _break_off(number: int, frame: FrameType | None) -> None:
    pytest.skip("takes too long")


class Reach:
    """Which lines of the files below some folders each test comes to.

    Attributes
    ----------
    lines : dict
        By test: a set of (path relative to the root, line).
    """

    def __init__(self, root: Path, folders: list[str]) -> None:
        self._files = {
            str(f): f.relative_to(root).as_posix() for p in folders for f in _files(root / p)
        }
        self._found: set[tuple[str, int]] = set()
        self.lines: dict[str, set[tuple[str, int]]] = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Trace a test with its fixtures."""
        self._found = set()
        sys.settrace(self._entered)
        threading.settrace(self._entered)
        yield
        sys.settrace(None)
        threading.settrace(None)
        self.lines[item.nodeid] = self._found

    def _entered(self, frame: FrameType, event: str, argument: Any) -> Any:
        name = self._files.get(frame.f_code.co_filename)
        if name is None:
            return None
        found = self._found

        def stepped(frame: FrameType, event: str, argument: Any) -> Any:
            found.add((name, frame.f_lineno))
            return stepped

        return stepped(frame, event, argument)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else list(path.rglob("*.py"))
