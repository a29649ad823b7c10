"""The progress of a fit on stderr: a table that grows, or sparse lines where nobody watches.

Both show the iterations 0, 1, 2, 5, 10, 20, 50, ... and the newest one, so that what remains is a
short history of the convergence.
"""

from __future__ import annotations

from typing import Protocol

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from standalone_node.optimize.iteration import Iteration
from standalone_node.report.live import is_live
from standalone_node.report.numbers import number

#: Seconds after which a plain log has another line, whatever the iteration.
PATIENCE = 5.0

_HEADERS = ("iteration", "cost", "gradient norm", "step", "seconds")
_WIDTHS = (9, 11, 13, 11, 8)
#: The columns of the live table on a terminal narrower than this.
_WIDE, _NARROW = 60, (0, 1, 2)
_START = "the first fit after an installation compiles its kernels, which takes a while"


class Progress(Protocol):
    """What a fit tells while it runs; a context that ends with the last line."""

    def __enter__(self) -> Progress: ...

    def __exit__(self, *error: object) -> None: ...

    def stage(self, words: str) -> None:
        """A fit is about to begin."""

    def iteration(self, iteration: Iteration) -> None:
        """An iteration was done."""

    def told(self, words: str) -> None:
        """What became of a fit whose iterations are not shown."""


def progress(console: Console, *, quiet: bool = False) -> Progress:
    """The progress that fits a console: live on a terminal, lines elsewhere, or nothing."""
    if quiet:
        return Silence()
    if is_live(console):
        return LiveProgress(console)
    return LogProgress(console)


def is_milestone(nit: int) -> bool:
    """Whether an iteration is one of 0, 1, 2, 5, 10, 20, 50, 100, ..."""
    digits = str(nit)
    return digits[0] in "0125" and not digits[1:].strip("0")


def _cells(row: Iteration) -> tuple[str, ...]:
    step = number(row.step) if row.nit else ""
    return (
        str(row.nit),
        number(row.cost),
        number(row.gradient_norm),
        step,
        f"{row.seconds:.1f}" if row.seconds < 1000 else f"{row.seconds:.0f}",
    )


class Silence:
    """No progress at all."""

    def __enter__(self) -> Silence:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def stage(self, words: str) -> None:
        """Nothing."""

    def iteration(self, iteration: Iteration) -> None:
        """Nothing."""

    def told(self, words: str) -> None:
        """Nothing."""


class LogProgress(Silence):
    """Plain lines, a few a decade of iterations and one every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._words = ""
        self._newest: Iteration | None = None
        self._shown, self._seconds = -1, 0.0

    def __exit__(self, *error: object) -> None:
        self._finish()

    def stage(self, words: str) -> None:
        """Remember the headline, which comes with the first line."""
        self._finish()
        self._words = words

    def iteration(self, iteration: Iteration) -> None:
        """A line, if it is due."""
        if self._newest is None:
            self._line(f"{self._words}:")
            self._line(_aligned(_HEADERS))
        self._newest = iteration
        if is_milestone(iteration.nit) or iteration.seconds - self._seconds >= PATIENCE:
            self._show(iteration)

    def told(self, words: str) -> None:
        """A line with the headline in front."""
        self._line(f"{self._words}: {words}")

    def _finish(self) -> None:
        if self._newest is not None and self._newest.nit != self._shown:
            self._show(self._newest)
        self._newest, self._shown, self._seconds = None, -1, 0.0

    def _show(self, row: Iteration) -> None:
        self._line(_aligned(_cells(row)))
        self._shown, self._seconds = row.nit, row.seconds

    def _line(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)


def _aligned(cells: tuple[str, ...]) -> str:
    return "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))


class LiveProgress(Silence):
    """A table on a terminal whose last row is the newest iteration."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._words = ""
        self._kept: list[Iteration] = []
        self._newest: Iteration | None = None
        self._spinner = Spinner("dots")

    def __exit__(self, *error: object) -> None:
        self._stop()

    def stage(self, words: str) -> None:
        """Start a table of its own, below a finished one."""
        self._stop()
        self._words, self._kept, self._newest = words, [], None
        self._live = Live(
            console=self._console,
            refresh_per_second=8,
            get_renderable=self._renderable,
            redirect_stdout=False,
        )
        self._live.start(refresh=True)

    def iteration(self, iteration: Iteration) -> None:
        """Show it on the next refresh."""
        self._newest = iteration
        if is_milestone(iteration.nit):
            self._kept.append(iteration)

    def told(self, words: str) -> None:
        """A line below the headline."""
        self._stop()
        self._console.print(Text(f"  {words}"), soft_wrap=True)

    def _stop(self) -> None:
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()

    def _renderable(self) -> RenderableType:
        if self._newest is None:
            if self._live is None:
                return Text(f"{self._words}.", style="bold")
            self._spinner.update(text=Text.assemble((self._words, "bold"), f" ({_START})"))
            return self._spinner
        return Group(Text(self._words, style="bold"), self._table(self._newest))

    def _table(self, newest: Iteration) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        places = range(len(_HEADERS)) if self._console.width >= _WIDE else _NARROW
        for place in places:
            table.add_column(_HEADERS[place], justify="right", overflow="fold")
        running = self._live is not None
        for row in self._kept:
            if row.nit < newest.nit:
                cells = _cells(row)
                table.add_row(*(cells[i] for i in places), style="dim" if running else "")
        cells = _cells(newest)
        table.add_row(*(cells[i] for i in places), style="bold")
        return table
