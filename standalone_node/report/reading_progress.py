"""The progress of reading a big file on stderr: one live line, or one every few seconds."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text

#: Seconds between two lines where nobody watches.
EVERY = 10.0


class ReadingProgress:
    """What is told while a file is read; a context that takes the live line away.

    Parameters
    ----------
    console : Console
    quiet : bool
        Whether nothing is told.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console, self._quiet = console, quiet
        self._live = console.is_terminal and not console.is_dumb_terminal
        self._status: Status | None = None
        self._words, self._began, self._told = "", time.perf_counter(), time.perf_counter()

    def __enter__(self) -> ReadingProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def read(self, words: str, done: int, size: int) -> None:
        """So many bytes of a file are read."""
        now = time.perf_counter()
        if words != self._words:
            self._words, self._began = words, now
        if self._quiet:
            return
        line = Text(self._line(done, size, now - self._began))
        if self._live:
            if self._status is None:
                self._status = self._console.status(line)
                self._status.start()
            self._status.update(line)
        elif now - self._told >= EVERY:
            self._told = now
            self._console.print(line, soft_wrap=True)

    def _line(self, done: int, size: int, seconds: float) -> str:
        speed = f", {done / 1e6 / seconds:.0f} MB/s" if seconds > 1.0 else ""
        return f"{self._words}: {done / 1e6:,.0f} of {size / 1e6:,.0f} MB{speed}"


def reading_progress(console: Console, *, quiet: bool = False) -> ReadingProgress:
    """The progress that fits a console."""
    return ReadingProgress(console, quiet=quiet)
