"""The progress of an analysis on stderr: a bar a question on a terminal, else a line."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from standalone_node.report.live import WhileAtWork, is_live
from standalone_node.report.numbers import seconds


class AnalysisProgress(WhileAtWork):
    """What an analysis tells while it runs; a context.

    Parameters
    ----------
    console : Console
    words : mapping
        From the names of questions to what is shown.
    quiet : bool
        Whether to tell nothing at all.
    """

    def __init__(self, console: Console, words: dict[str, str], *, quiet: bool = False) -> None:
        self._console, self._words, self._quiet = console, words, quiet
        live = is_live(console) and not quiet
        columns = (TextColumn("{task.description}"), BarColumn(24), TimeElapsedColumn())
        self._display: Progress | None = Progress(*columns, console=console) if live else None
        self._tasks: dict[str, TaskID] = {}
        self._begun: dict[str, float] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        """So much of a step is done; it begins with nothing done and ends with all."""
        if self._quiet:
            return
        words = self._words.get(name, name)
        if self._display is not None:
            if name not in self._tasks:
                self._tasks[name] = self._display.add_task(words, total=total)
            self._display.update(self._tasks[name], completed=done, total=total)
            return
        if done == 0:
            self._begun[name] = time.perf_counter()
        elif done >= total and name in self._begun:
            took = seconds(time.perf_counter() - self._begun.pop(name))
            self._console.print(Text(f"{words} {took}"), soft_wrap=True)
