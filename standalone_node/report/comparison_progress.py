"""The progress of a comparison on stderr: a line a method, and meanwhile where the run stands."""

from __future__ import annotations

from rich.console import Console
from rich.status import Status
from rich.text import Text

from standalone_node.learn.runs import Run
from standalone_node.optimize.iteration import Iteration
from standalone_node.report.live import WhileAtWork, is_live
from standalone_node.report.numbers import count, number, seconds


class ComparisonProgress(WhileAtWork):
    """What a comparison tells while it runs; a context.

    Parameters
    ----------
    console : Console
        Where a terminal has a spinner that shows the newest iteration, and anything else only
        lines.
    quiet : bool
        Whether to tell nothing at all.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console, self._quiet = console, quiet
        live = is_live(console) and not quiet
        self._display: Status | None = Status("", console=console) if live else None
        self._words, self._shown = "", 0.0

    def stage(self, words: str) -> None:
        """A run is about to begin."""
        self._words, self._shown = words, 0.0
        if self._display is not None:
            self._display.update(Text(words, style="bold"))

    def iteration(self, row: Iteration) -> None:
        """An iteration was done."""
        # Ten times a second at most, so that the fastest runs are not slowed down by their watch.
        if self._display is None or row.seconds - self._shown < 0.1:
            return
        self._shown = row.seconds
        where = f": iteration {row.nit}, cost {number(row.cost)}, {row.seconds:.1f} s"
        self._display.update(Text.assemble((self._words, "bold"), where))

    def done(self, run: Run) -> None:
        """A method is finished, with whatever learning rates it tried."""
        if not self._quiet:
            self._console.print(Text(line(run)), soft_wrap=True)


def line(run: Run) -> str:
    """How a method did, in a line."""
    kept = run.kept
    rate = "" if kept.rate is None else f" (rate {kept.rate:g}, the best of {len(run.attempts)})"
    if kept.overflowed:
        return f"{run.contender.label}{rate}: {kept.end.sentence}"
    return (
        f"{run.contender.label}{rate}: cost {number(kept.cost)} after {count(round(kept.sweeps))} "
        f"sweeps, {seconds(kept.seconds)}; {kept.end.name}"
    )
