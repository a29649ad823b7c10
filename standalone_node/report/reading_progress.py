"""The progress of reading a big file on stderr: one live line, or one every few seconds."""

from __future__ import annotations

import time

from rich.console import Console
from rich.status import Status
from rich.text import Text

from standalone_node.report.live import WhileAtWork, is_live

#: Seconds between two lines where nobody watches.
EVERY = 10.0


class ReadingProgress(WhileAtWork):
    """What is told while a file is read; a context that takes the live line away.

    Parameters
    ----------
    console : Console
    quiet : bool
        Whether nothing is told.
    """

    _display: Status | None = None

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console, self._quiet = console, quiet
        self._live = is_live(console)
        self._words, self._began, self._told = "", time.perf_counter(), time.perf_counter()

    def read(self, words: str, done: int, size: int) -> None:
        """So many bytes of a file are read."""
        now = time.perf_counter()
        if words != self._words:
            self._words, self._began = words, now
        self._show(self._line(done, size, now - self._began), now)

    def files(self, words: str, done: int, count: int) -> None:
        """So many files of all are read."""
        self._show(f"{words}: {done:,} of {count:,} files", time.perf_counter())

    def _show(self, words: str, now: float) -> None:
        if self._quiet:
            return
        line = Text(words)
        if self._live:
            if self._display is None:
                self._display = self._console.status(line)
                self._display.start()
            self._display.update(line)
        elif now - self._told >= EVERY:
            self._told = now
            self._console.print(line, soft_wrap=True)

    def _line(self, done: int, size: int, seconds: float) -> str:
        speed = f", {done / 1e6 / seconds:.0f} MB/s" if seconds > 1.0 else ""
        return f"{self._words}: {done / 1e6:,.0f} of {size / 1e6:,.0f} MB{speed}"


def reading_progress(console: Console, *, quiet: bool = False) -> ReadingProgress:
    """The progress that fits a console."""
    return ReadingProgress(console, quiet=quiet)
