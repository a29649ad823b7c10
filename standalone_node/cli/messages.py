"""Notes, warnings and errors on stderr: one line each."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

# What would begin a second line, or send codes to the terminal: names and cells come from files.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def error(sentence: str) -> None:
    """What went wrong and what to do."""
    _say("error", "red", sentence)


class Messages:
    """Notes and warnings of a run; the warnings are kept, and none is said twice.

    Parameters
    ----------
    quiet : bool
        Whether notes are kept to themselves. Warnings are said in any case.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self.warnings: list[str] = []

    def note(self, sentence: str) -> None:
        """Something that was recognised or decided."""
        if not self._quiet:
            _say("note", "cyan", sentence)

    def warning(self, sentence: str) -> None:
        """Something that looks wrong."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)
            _say("warning", "yellow", sentence)

    @contextmanager
    def catching(self, rewrite: Callable[[str], str] = str) -> Iterator[None]:
        """Say the warnings of Python meanwhile in our way, when it is over.

        Those meant for users (UserWarning and its kin, such as scikit-learn's ConvergenceWarning)
        become `warning:` lines; those for developers, and what NumPy says of overflows that are
        dealt with, are dropped.
        """
        caught: list[str] = []

        def keep(message: Warning | str, *rest: Any, **named: Any) -> None:
            caught.append(rewrite(str(message)))

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.filterwarnings("always", category=UserWarning)
                warnings.showwarning = keep
                yield
        finally:
            # Not at once: a line in the midst of a live table would tear it apart.
            for sentence in caught:
                self.warning(sentence)


def _say(kind: str, colour: str, sentence: str) -> None:
    shown = _CONTROLS.sub(" ", sentence).strip()
    shown += "" if shown.endswith((".", "!", "?")) else "."
    prefix = click.style(f"{kind}:", fg=colour, bold=True) if _coloured() else f"{kind}:"
    with suppress(BrokenPipeError):  # nobody listens any more, which is no reason to stop
        click.echo(f"{prefix} {shown}", err=True, color=_coloured())


def _coloured() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")
