"""Where a fit runs: `--engine` and what belongs to it, and the engine while it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from standalone_node.cli.kinds import Listed
from standalone_node.cli.messages import Messages

if TYPE_CHECKING:
    from standalone_node.engines.engine import Engine

F = TypeVar("F", bound=Callable[..., Any])

#: The table: an option that says something of a cluster, and nothing of this process.
_OF_A_CLUSTER = {
    "scheduler": "names a cluster",
    "workers": "starts worker processes",
    "timeout": "is how long to wait for a cluster",
}


def engine_options(command: F) -> F:
    """`--engine`, `--scheduler`, `--workers` and `--timeout`."""
    options = (
        click.option(
            "--engine",
            type=Listed("engines.opening", "ENGINES"),
            default="local",
            show_default=True,
            help="Where the sums over rows run: in this process, or on a Dask cluster, to the same "
            "bits.",
        ),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Of the cluster, as tcp://host:8786.  [default: worker processes are started on "
            "this machine, and ended with the fit]",
        ),
        click.option(
            "--workers",
            type=click.IntRange(min=1),
            metavar="N",
            help="Processes to start without --scheduler.  [default: as many as processors]",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0.0, min_open=True),
            metavar="SECONDS",
            help="How long to wait for the scheduler, for workers and for a sign of life of those "
            "that work.  [default: 600]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def check_engine(options: Mapping[str, Any]) -> None:
    """UsageError or ArgumentError for options of the engine that contradict others."""
    for name, what in _OF_A_CLUSTER.items():
        if options[name] is not None and options["engine"] == "local":
            raise click.UsageError(
                f"--{name} {what}, and the fit runs in this process: add --engine dask, or leave "
                f"--{name} out."
            )
    if options["workers"] is not None and options["scheduler"] is not None:
        raise click.UsageError(
            "--workers starts processes on this machine, and --scheduler names a cluster that has "
            "its own: leave one of the two out."
        )
    if options["engine"] != "local":
        from standalone_node.learn.where import refuse_local_only

        refuse_local_only(options["engine"], options)


@contextmanager
def engine_for(options: Mapping[str, Any], messages: Messages) -> Iterator[Engine | None]:
    """The engine that the options name, while it is needed; None for this process.

    What is opened here is closed, whatever happens meanwhile.

    Raises
    ------
    ClusterError
        There is no Dask, or no cluster that answers in time.
    """
    if options["engine"] == "local":
        yield None
        return
    from standalone_node.engines.opening import TIMEOUT, opened
    from standalone_node.engines.quiet import quiet_dask

    scheduler, workers = options["scheduler"], options["workers"]
    timeout = TIMEOUT if options["timeout"] is None else options["timeout"]
    if scheduler is None:
        messages.note(f"starting {_processes(workers)} on this machine.")
    with (
        quiet_dask(),
        opened(options["engine"], scheduler, workers=workers, timeout=timeout) as engine,
    ):
        if scheduler is not None:
            messages.note(_found(scheduler, engine))
        yield engine


def _processes(workers: int | None) -> str:
    """What is started, in words."""
    if workers is None:
        from standalone_node.kernels.workers import default_threads

        workers = default_threads()
    return f"{workers} worker process{'es' * (workers != 1)}"


def _found(scheduler: str, engine: Any) -> str:
    """What there is at an address, and where to look at it."""
    count = len(engine.workers())
    served = "dashboard" in engine.client.scheduler_info().get("services", {})
    dashboard = engine.client.dashboard_link if served else ""
    said = f"{count} worker{'s' * (count != 1)} of {scheduler}"
    return f"{said}, dashboard {dashboard}." if dashboard else f"{said}."
