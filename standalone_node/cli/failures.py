"""From an exception to an exit code and a sentence."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import click

from standalone_node.cli.options import as_options
from standalone_node.errors import ArgumentError, ClusterError, NodeError

FAILED, USAGE, NOT_CONVERGED = 1, 2, 3
#: 128 + the number of the signal.
HUNG_UP, INTERRUPTED, BROKEN_PIPE, TERMINATED = 129, 130, 141, 143


class Terminated(BaseException):
    """SIGTERM arrived. Like KeyboardInterrupt no Exception, so that nothing swallows it.

    Attributes
    ----------
    code : int
        The exit code it stands for.
    """

    code = TERMINATED


class Interrupted(Terminated):
    """SIGINT arrived, and there is more to say than that.

    Not a KeyboardInterrupt, of which click makes an Abort, and writes to a stderr that may be gone.
    """

    code = INTERRUPTED


class HungUp(Terminated):
    """SIGHUP arrived: the terminal is gone."""

    code = HUNG_UP


class PipeClosed(Exception):
    """Whoever read our output has enough of it.

    A type of its own because click, given a BrokenPipeError, ends the process with exit code 1.
    """


@dataclass(frozen=True)
class Failure:
    """How a command that failed ends: exit code, sentence, and perhaps a line of help."""

    code: int
    sentence: str = ""
    hint: str = ""


def failure(raised: BaseException) -> Failure:
    """The end that an exception stands for."""
    if isinstance(raised, click.exceptions.Exit):
        return Failure(raised.exit_code)
    if isinstance(raised, KeyboardInterrupt | click.Abort):
        return Failure(INTERRUPTED, "interrupted.")
    if isinstance(raised, Terminated):
        return Failure(raised.code, str(raised) or "terminated.")
    if isinstance(raised, BrokenPipeError | PipeClosed):
        return Failure(BROKEN_PIPE)
    if isinstance(raised, click.exceptions.NoArgsIsHelpError):
        return Failure(USAGE, hint=raised.format_message())
    if isinstance(raised, click.UsageError):
        return Failure(USAGE, raised.format_message(), _hint(raised))
    if isinstance(raised, click.ClickException):
        return Failure(raised.exit_code, raised.format_message())
    if isinstance(raised, ArgumentError):
        return Failure(USAGE, as_options(str(raised)))
    if isinstance(raised, ClusterError):
        return Failure(FAILED, as_options(str(raised)))
    if isinstance(raised, NodeError):
        return Failure(FAILED, str(raised))
    if isinstance(raised, OSError) and raised.filename is not None:
        reason = raised.strerror or type(raised).__name__
        return Failure(FAILED, f"{raised.filename}: {reason}; name another file, or another place.")
    if isinstance(raised, OSError):
        return Failure(
            FAILED,
            f"something cannot be written or read ({raised.strerror or raised}): standard output, "
            "or the folder for temporary files; free some space, or name another (-o, TMPDIR).",
        )
    if isinstance(raised, MemoryError):
        return Failure(
            FAILED, "there is not enough memory; use fewer rows or columns, or fewer --steps."
        )
    return Failure(
        FAILED,
        f"something unforeseen went wrong ({type(raised).__name__}: {raised}); run the command "
        "again with --debug and report what it prints.",
    )


def _hint(raised: click.UsageError) -> str:
    return "" if raised.ctx is None else f"See '{raised.ctx.command_path} --help'."


@contextmanager
def sigterm_raises() -> Iterator[None]:
    """SIGTERM raises `Terminated` meanwhile, so that temporary files are cleaned up."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return

    def handler(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
