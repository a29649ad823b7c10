"""What all progress with a live display on a terminal shares: it comes and goes with the work."""

from __future__ import annotations

from typing import Protocol, Self

from rich.console import Console


class Display(Protocol):
    """What rich shows and refreshes."""

    def start(self) -> None:
        """Show it."""
        ...

    def stop(self) -> None:
        """Take it away, or leave it as it stands."""
        ...


class WhileAtWork:
    """A context that starts its display, if it has one by then, and stops it."""

    _display: Display | None = None

    def __enter__(self) -> Self:
        if self._display is not None:
            self._display.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._display is not None:
            self._display.stop()


def is_live(console: Console) -> bool:
    """Whether a console can show what changes."""
    return console.is_terminal and not console.is_dumb_terminal
