"""Checkpoints of a fit on the command line, and what signals do meanwhile."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from standalone_node.cli.failures import Terminated
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import as_options

if TYPE_CHECKING:
    from standalone_node.learn.checkpoint import Checkpoint

F = TypeVar("F", bound=Callable[..., Any])

#: Seconds after which a fit keeps checkpoints without being told to.
UNASKED = 60.0


def checkpoint_options(command: F) -> F:
    """`--checkpoint`, `--every` and `--resume`."""
    options = (
        click.option(
            "--checkpoint",
            metavar="FOLDER",
            help="Keep there where the fit stands.  [default: MODEL.checkpoint, after a minute]",
        ),
        click.option(
            "--every",
            type=click.IntRange(min=1),
            metavar="N",
            help="Iterations between two checkpoints.  [default: 10]",
        ),
        click.option(
            "--resume",
            is_flag=True,
            help="Go on from the newest checkpoint, with the same data and options.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def checkpoint_of(options: Mapping[str, Any], model: str, messages: Messages) -> Checkpoint:
    """The checkpoint of a fit: from its first iterations on if asked for, else after a minute."""
    from standalone_node.learn.checkpoint import Checkpoint

    asked = options["checkpoint"] is not None or options["every"] is not None
    return Checkpoint(
        options["checkpoint"] or f"{model}.checkpoint",
        options["every"],
        resume=options["resume"],
        after=None if asked else UNASKED,
        tell=lambda sentence: messages.note(as_options(sentence)),
    )


@contextmanager
def ends_after_the_iteration(checkpoint: Checkpoint) -> Iterator[None]:
    """SIGINT and SIGTERM let a run finish its iteration and write; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return

    def handler(number: int, frame: FrameType | None) -> None:
        error = KeyboardInterrupt() if number == signal.SIGINT else Terminated()
        if checkpoint.ending or not checkpoint.running:
            raise error
        checkpoint.end_with(error)
        # Not by way of sys.stderr, in the midst of whose writing this may be.
        os.write(2, b"\nFinishing the iteration; once more ends at once.\n")

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, handler) for number in numbers]
    try:
        yield
    except (KeyboardInterrupt, Terminated) as error:
        raise type(error)(_sentence(error, checkpoint)) from None
    finally:
        for number, previous in zip(numbers, before, strict=True):
            signal.signal(number, previous)


def _sentence(error: BaseException, checkpoint: Checkpoint) -> str:
    what = "terminated" if isinstance(error, Terminated) else "interrupted"
    if not checkpoint.written:
        return f"{what}."
    return f"{what}; the same command with --resume goes on from {checkpoint.folder}."
