"""From what a user says to an engine, which is given back at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from standalone_node.engines import terminal
from standalone_node.engines.cluster import TIMEOUT, Dask
from standalone_node.engines.engine import Engine
from standalone_node.engines.here import in_task
from standalone_node.engines.local import Local
from standalone_node.errors import ArgumentError, ClusterError

#: What to do where it is not there.
INSTALL = "pip install 'standalone-node[dask]'"
#: How a cluster is set that is started for the purpose. What everybody has been sent is not to be
#: taken back while it is in use, and groups are not to be moved. Dask looks a hundred times a
#: second at what a worker does, and ten times at its memory, which costs more than it tells here.
SETTINGS = {
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "500ms",
    "distributed.admin.system-monitor.interval": "2s",
}
#: Where dashboards listen: to this machine, at any port.
HERE = "127.0.0.1:0"
#: Seconds to wait for the connection to a scheduler, at the most.
CONNECTION = 30.0


def _local(client: Any, workers: int | None, timeout: float) -> Engine:
    if client is not None:
        raise ArgumentError(
            "client is for engine = 'dask', and the engine is 'local': give one, or leave it out"
        )
    if workers is not None:
        raise ArgumentError(
            f"workers = {workers} is for engine = 'dask': give threads, or another engine"
        )
    return Local()


def _dask(client: Any, workers: int | None, timeout: float) -> Engine:
    distributed = _distributed()
    if in_task():
        raise ArgumentError(
            "engine = 'dask' in a task of a cluster would wait for the thread that the task itself "
            "has: leave it at 'local' where others run the fits"
        )
    if client is None:
        try:
            client = distributed.get_client()
        except ValueError:
            return _own_cluster(workers, timeout)
    if workers is not None:
        raise ArgumentError(
            f"workers = {workers} is for a cluster that is started for the purpose, and there is "
            "one already: leave it out"
        )
    if isinstance(client, distributed.Client):
        if client.status != "running" or client.asynchronous:
            raise ArgumentError(
                f"client is {client.status}{', asynchronous' if client.asynchronous else ''}: give "
                "one that is connected, not asynchronous"
            )
        return Dask(client, timeout=timeout)
    if not isinstance(client, str):
        raise ArgumentError(
            f"client = {client!r} is none: give a distributed.Client, or an address as "
            "'tcp://host:8786'"
        )
    connected = _connected(distributed, client, timeout)
    return Dask(connected, timeout=timeout, close=connected.close)


#: The table: a name, and what makes the engine of a client, a number of workers and a time-out.
ENGINES: dict[str, Callable[[Any, int | None, float], Engine]] = {"local": _local, "dask": _dask}


@contextmanager
def opened(
    engine: str | Engine = "local",
    client: Any = None,
    *,
    workers: int | None = None,
    timeout: float = TIMEOUT,
) -> Iterator[Engine]:
    """An engine while it is needed; what was opened for it is closed, what was there stays.

    Parameters
    ----------
    engine : {"local", "dask"} or Engine
        An `Engine` is taken as it is.
    client : distributed.Client or str, optional
        For "dask": whose cluster is used, or the address of its scheduler. If not given, the
        current client if there is one, else a cluster of processes on this machine is started.
    workers : int, optional
        How many processes that has, each with one thread; all processors if not given.
    timeout : float
        Seconds without an answer after which a cluster is given up. A task may take longer, as
        long as the worker that has it lives.

    Raises
    ------
    ArgumentError
        If an argument cannot be used.
    ClusterError
        If Dask is not installed, or a cluster is not reached.

    Examples
    --------
    >>> with opened("local") as engine:
    ...     engine.over(abs, [-1, 2])
    [1, 2]
    """
    if not isinstance(engine, str):
        if not hasattr(engine, "each"):
            names = " or ".join(map(repr, ENGINES))
            raise ArgumentError(f"engine = {engine!r} is none: give {names}, or an Engine")
        yield engine
        return
    if engine not in ENGINES:
        raise ArgumentError(f"unknown engine {engine!r}: choose one of {', '.join(ENGINES)}")
    if not 0.0 < timeout < float("inf"):
        raise ArgumentError(f"timeout = {timeout!r} has to be a number of seconds above 0")
    made = ENGINES[engine](client, workers, timeout)
    try:
        yield made
    finally:
        made.close()


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(
            f"engine = 'dask' needs Dask, which cannot be imported ({error}): {INSTALL}."
        ) from None
    return distributed


def _connected(distributed: Any, address: str, timeout: float) -> Any:
    try:
        # Of an address that is none, a client complains once more when it is thrown away.
        distributed.comm.get_address_host_port(address)
        return distributed.Client(
            address, timeout=min(timeout, CONNECTION), set_as_default=False, name="standalone-node"
        )
    # A RuntimeError is about encryption that is required, or not to be had.
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(
            f"the scheduler at {address} is not reached ({_first_line(error)}): is it running, and "
            "is the address the one that it tells?"
        ) from None


def _own_cluster(workers: int | None, timeout: float) -> Dask:
    """Processes on this machine, one thread each, that end with the engine."""
    import dask
    import distributed

    from standalone_node.kernels.workers import default_threads

    number = default_threads() if workers is None else workers
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ArgumentError(f"workers = {workers!r} has to be a whole number of at least 1")
    with dask.config.set(SETTINGS):
        try:
            cluster = distributed.LocalCluster(
                n_workers=number,
                threads_per_worker=1,
                processes=True,
                dashboard_address=HERE,  # and nobody else's
                worker_dashboard_address=HERE,
                silence_logs=_quiet(),
                preload=terminal.__name__,
            )
        except (OSError, RuntimeError, TimeoutError) as error:
            raise ClusterError(
                f"no cluster of {number} processes could be started here ({_first_line(error)})"
            ) from None
    client = distributed.Client(cluster, direct_to_workers=True, set_as_default=False)

    def close() -> None:
        client.close()
        cluster.close()

    return Dask(client, timeout=timeout, close=close)


def _quiet() -> int:
    """Of its logs only what nobody could do without is told: we say ourselves what is wrong."""
    import logging

    return logging.CRITICAL


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
