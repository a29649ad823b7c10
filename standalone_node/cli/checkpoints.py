"""Checkpoints of a fit on the command line, and what signals do meanwhile."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from standalone_node.cli.failures import HungUp, Interrupted, Terminated
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import as_options
from standalone_node.errors import ClusterError

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

    folder = options["checkpoint"]
    checkpoint = Checkpoint(
        f"{model}.checkpoint" if folder is None else folder,
        options["every"],
        resume=options["resume"],
        after=None if asked_for(options) else UNASKED,
        tell=lambda sentence: messages.note(as_options(sentence)),
        warn=lambda sentence: messages.warning(as_options(sentence)),
    )
    checkpoint.describe({f"--{name.replace('_', '-')}": options[name] for name in _ROWS})
    return checkpoint


def asked_for(options: Mapping[str, Any]) -> bool:
    """Whether checkpoints were asked for; the others are deleted when the model is written."""
    return options["checkpoint"] is not None or options["every"] is not None


@contextmanager
def ends_after_the_iteration(checkpoint: Checkpoint) -> Iterator[None]:
    """Signals let a run finish its iteration and write; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return

    def handler(number: int, frame: FrameType | None) -> None:
        error = _ERRORS[number]()
        if checkpoint.ending or not checkpoint.running:
            raise error
        checkpoint.end_with(error)
        # Not by way of sys.stderr, in the midst of whose writing this may be; and whoever reads
        # it may be gone, by the same Ctrl-C.
        with suppress(OSError):
            os.write(2, b"\nFinishing the iteration; once more ends at once.\n")

    before = {number: signal.getsignal(number) for number in _ERRORS}
    # What the parent wants to be ignored (nohup) stays so.
    ours = [number for number, old in before.items() if old not in (signal.SIG_IGN, None)]
    for number in ours:
        signal.signal(number, handler)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(_sentence("interrupted", checkpoint)) from None
    except Terminated as error:
        raise type(error)(_sentence("terminated", checkpoint)) from None
    except ClusterError as error:
        raise ClusterError(_with_remedy(as_options(str(error)), checkpoint)) from error
    finally:
        for number in ours:
            signal.signal(number, before[number])


#: The table: a signal that ends a fit, and how.
_ERRORS: dict[int, type[BaseException]] = {
    signal.SIGINT: KeyboardInterrupt,
    signal.SIGTERM: Terminated,
}
if hasattr(signal, "SIGHUP"):
    _ERRORS[signal.SIGHUP] = HungUp

#: The options that say which rows are learnt from, beside the arguments of the estimators.
_ROWS = (
    *("target", "ignore", "weight", "date", "missing", "na", "no_default_na", "task"),
    *("test_share", "test_file", "group", "time", "cv"),
)


def _sentence(what: str, checkpoint: Checkpoint) -> str:
    if not checkpoint.written:
        return f"{what}."
    return f"{what}; {_remedy(checkpoint)}."


def _with_remedy(sentence: str, checkpoint: Checkpoint) -> str:
    """A sentence on why a fit cannot go on, and how it can, if there is a checkpoint of it."""
    return f"{sentence} Then {_remedy(checkpoint)}." if checkpoint.written else sentence


def _remedy(checkpoint: Checkpoint) -> str:
    return f"the same command with --resume goes on from {checkpoint.folder}"
