"""`node-fit`: the group of commands, and what becomes of whatever goes wrong in one.

Nothing here imports NumPy, so that `--help` and `--version` answer at once; the module of a command
is imported when the command is used.
"""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from standalone_node._version import __version__
from standalone_node.cli.failures import (
    BROKEN_PIPE,
    FAILED,
    HUNG_UP,
    INTERRUPTED,
    TERMINATED,
    USAGE,
    Failure,
    PipeClosed,
    Terminated,
    failure,
    sigterm_raises,
)
from standalone_node.cli.messages import error

#: The table: a command, and what it does. Its module, of the same name, has a `command`.
COMMANDS = {
    "fit": "Fit a model to a CSV file.",
    "predict": "Predict the target for the rows of a CSV file.",
    "evaluate": "Score a model on a CSV file with known targets.",
    "sensitivity": "Report how far the outputs of a model can be trusted.",
    "compare": "Train one network by several methods and compare them.",
    "plot": "Draw a figure of a model, or of rows on their way through it.",
    "info": "Show what a model file holds.",
    "demo": "Fit a bundled data set, to see how it goes.",
    "verify": "Check the numerics of this installation.",
    "doctor": "Show what this installation runs on, and what ails it.",
    "completion": "Print a script by which a shell completes command lines.",
}


#: Where a shell that completes a command line puts its question.
COMPLETE = "_NODE_FIT_COMPLETE"


class Settings:
    """What main has to know of a command line after it has run."""

    debug = False


class NodeFit(click.Group):
    """A group that imports a command when it is used and turns errors into sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"standalone_node.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        if ctx.resilient_parsing:  # a shell asks, nothing is run
            from standalone_node.cli.completion import completing

            return completing(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands in `--help`, without an import."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise PipeClosed from None

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,
    ) -> NoReturn:
        """Run a command line and leave with its exit code; no traceback unless `--debug`."""
        settings = Settings()
        _forgive_encoding()
        if COMPLETE in os.environ:
            from standalone_node.cli.completion import answer_shells

            answer_shells()
        # Where there is no home, it says in two lines that it has found another place.
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        try:
            with sigterm_raises():
                extra |= {"standalone_mode": False, "obj": settings}
                code = super().main(args, prog_name or "node-fit", **extra)
            sys.stdout.flush()
        except (Exception, KeyboardInterrupt, Terminated) as raised:
            outcome = failure(raised)
            if settings.debug and outcome.code in (FAILED, USAGE):
                import traceback

                traceback.print_exc()
            code = _end(outcome)
        _drop_what_cannot_be_written()
        sys.exit(code if isinstance(code, int) else 0)


def _forgive_encoding() -> None:
    """Where stdout cannot write a character of a table, it writes a question mark instead."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _end(outcome: Failure) -> int:
    """Say what went wrong; the exit code."""
    if outcome.code == BROKEN_PIPE:
        return outcome.code
    if outcome.code in (HUNG_UP, INTERRUPTED, TERMINATED):
        _leave_in_peace()
    if outcome.sentence:
        error(outcome.sentence)
    if outcome.hint:
        click.echo(outcome.hint, err=True)
    return outcome.code


def _drop_what_cannot_be_written() -> None:
    """Python flushes both streams once more at its end; where that fails, so does the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())


def _leave_in_peace() -> None:
    """No further signal changes the exit code, now that there is one."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


@click.group(
    cls=NodeFit,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 the data or the run failed, 2 wrong usage, 3 not converged under "
    "--strict, 130 or 143 interrupted.",
)
@click.version_option(__version__, message="node-fit %(version)s")
def main() -> None:
    """Fit standalone neural ODEs with depth-varying parameters to CSV files.

    Results go to stdout; progress, notes and warnings to stderr.

    \b
    Examples:
      node-fit demo
      node-fit fit data.csv --target species
      node-fit predict data.node.npz new.csv -o predicted.csv
    """
