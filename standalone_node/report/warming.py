"""The progress of `node-fit doctor --warm` on stderr: a bar, or lines where nobody watches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text


def followed(work: Sequence[Any], console: Console, *, quiet: bool = False) -> Iterator[Any]:
    """Each of the things to do, with what is being done shown meanwhile; tuples of words."""
    if quiet:
        yield from work
    elif console.is_terminal and not console.is_dumb_terminal:
        yield from _bar(work, console)
    else:
        for number, item in enumerate(work, 1):
            line = f"compiling {number} of {len(work)}: {', '.join(item)}"
            console.print(Text(line), soft_wrap=True)
            yield item


def _bar(work: Sequence[Any], console: Console) -> Iterator[Any]:
    columns = (
        TextColumn("Compiling {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as shown:
        task = shown.add_task("", total=len(work))
        for item in work:
            shown.update(task, description=", ".join(item))
            yield item
            shown.advance(task)
