"""Where tables and progress go: the terminal, or a pipe that stays plain."""

from __future__ import annotations

import os
import sys

from rich.console import Console, RenderableType


class Terminal(Console):
    """A console that leaves a broken pipe to whoever runs the command, and needs no stderr."""

    def on_broken_pipe(self) -> None:
        """Pass it on, where rich would end the process with exit code 1.

        Progress that nobody reads any more is no reason to stop: there the console falls silent.
        """
        if not self.stderr:
            raise BrokenPipeError
        self.quiet = True


#: A pipe or a file has no width to fold lines at: names of files and numbers stay in one piece, for
#: whoever looks for them. Where the variable COLUMNS is set, it is that of the result.
_UNFOLDED = 1000


def terminal(*, stderr: bool = False) -> Terminal:
    """A console on stdout or stderr."""
    stream = sys.stderr if stderr else sys.stdout
    width = _UNFOLDED if stderr else _columns()
    return Terminal(stderr=stderr, width=None if stream.isatty() else width, highlight=False)


def _columns() -> int:
    """What COLUMNS says, if it is a width; else more than any line has."""
    told = os.environ.get("COLUMNS", "")
    return int(told) if told.isdecimal() and int(told) > 0 else _UNFOLDED


def show(part: RenderableType) -> None:
    """A table on stdout; in a pipe or a file without blanks at the ends of lines."""
    console = terminal()
    if console.is_terminal:
        console.print(part)
    else:
        sys.stdout.write(plain(console, part))


def plain(console: Console, part: RenderableType) -> str:
    """A part as text, with no blanks at the ends of lines."""
    with console.capture() as capture:
        console.print(part)
    return "\n".join(line.rstrip() for line in capture.get().rstrip().split("\n")) + "\n"
