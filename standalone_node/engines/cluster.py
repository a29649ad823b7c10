"""The engine of a Dask cluster: groups of shards stay on its workers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from standalone_node.engines.cutting import groups_of
from standalone_node.engines.engine import Done
from standalone_node.errors import ClusterError

#: Seconds without any answer, or without any worker, after which a cluster is given up.
TIMEOUT = 600.0
#: Seconds between two looks at whether there are workers, while nothing comes back.
LOOK = 5.0
#: How often one and the same work is tried again because what it needs was lost with a worker.
AGAIN = 20


@dataclass(eq=False)
class Sent:
    """A value that all workers have, or can get from one another.

    Attributes
    ----------
    value : object
        As the client has it, to be sent again if all who had it are gone.
    future : Future
    """

    value: Any
    future: Any


@dataclass(eq=False)
class Group:
    """Some shards on a worker.

    Attributes
    ----------
    worker : str
        The address of the one that was chosen.
    future : Future
    held : object or None
        What is sent again if it is lost; None if the cluster itself can make it again.
    """

    worker: str
    future: Any
    held: Callable[[], Any] | None = None


@dataclass(eq=False)
class Placed:
    """Groups in order."""

    groups: list[Group] = field(default_factory=list)


class Dask:
    """Work is done by the workers of a Dask cluster.

    Parameters
    ----------
    client : distributed.Client
    timeout : float
        Seconds without an answer after which the cluster is given up.
    close : callable, optional
        Called by `close`; for who opened the client.

    Raises
    ------
    ClusterError
        In any method: the scheduler is lost, there are no workers, or no answer comes in time.

    Notes
    -----
    A group is an ordinary piece of data of the cluster, and a task that works on it is sent to
    where it is. If a worker is gone, the scheduler makes its groups again elsewhere from their
    recipe; those that were sent are sent again. Results are the same either way.
    """

    name = "dask"
    frugal = True

    def __init__(
        self, client: Any, *, timeout: float = TIMEOUT, close: Callable[[], Any] | None = None
    ) -> None:
        self.client, self.timeout, self._close = client, float(timeout), close
        self._numbers = count()

    def workers(self) -> dict[str, int]:
        """The addresses of the workers, in order, and how many threads each has.

        Waits for the first of them.
        """
        end = time.monotonic() + self.timeout
        while True:
            found = self._threads()
            if found:
                return dict(sorted(found.items()))
            if time.monotonic() > end:
                raise ClusterError(
                    f"the scheduler at {self.address} has had no workers for {self.timeout:g} s: "
                    "start some, or give them more time with timeout."
                )
            time.sleep(0.1)

    def _threads(self) -> dict[str, int]:
        """The workers that there are; ClusterError if the scheduler does not say."""
        self._require_connection()
        scheduler = self.client.scheduler
        try:
            found: dict[str, int] = self.client.sync(
                scheduler.ncores, workers=None, callback_timeout=self.timeout
            )
        except (OSError, TimeoutError, AttributeError) as error:
            raise ClusterError(
                f"the scheduler at {self.address} is lost ({_words(error)}): start it again."
            ) from error
        return found

    @property
    def address(self) -> str:
        """Of the scheduler."""
        scheduler = self.client.scheduler
        return str(scheduler.address if scheduler is not None else "an unknown address")

    def place(
        self,
        make: Callable[..., Any],
        pieces: Sequence[Any],
        *shared: Any,
        sizes: Sequence[float] | None = None,
        ship: bool = False,
    ) -> Placed:
        """As `Engine.place`: a group a worker, by their threads."""
        workers = self.workers()
        placed, parts = Placed(), groups_of(sizes or [1.0] * len(pieces), len(workers))
        for part, worker in zip(parts, workers, strict=False):
            given = (part.start, tuple(pieces[part]))
            if ship:
                group = Group(worker, None, _Making(make, given, shared))
                self._ship(group, Counter())
            else:
                group = Group(worker, self._task(make, (*given, *shared), worker))
            placed.groups.append(group)
        return placed

    def _ship(self, group: Group, load: Counter[str]) -> None:
        """Send a group to its worker, or to another one if that is gone."""
        assert group.held is not None
        value = group.held()

        def to_worker() -> Any:
            found = self.workers()
            if group.worker not in found:
                group.worker = min(found, key=lambda worker: (load[worker], worker))
            return self._scatter(value, workers=[group.worker])

        group.future = self._patiently(to_worker)

    def broadcast(self, value: Any) -> Sent:
        """As `Engine.broadcast`."""
        return Sent(value, self._broadcast(value))

    def _broadcast(self, value: Any) -> Any:
        def to_all() -> Any:
            self.workers()  # waits for one
            return self._scatter(value, broadcast=True)

        return self._patiently(to_all)

    def _scatter(self, value: Any, **how: Any) -> Any:
        return self.client.scatter([value], hash=False, timeout=self.timeout, **how)[0]

    def _patiently(self, call: Callable[[], Any]) -> Any:
        """What a call gives; again if a worker is lost meanwhile."""
        for lost in count(1):
            try:
                return call()
            except ClusterError:
                raise
            # What is said of a worker that is lost while it is spoken to.
            except (OSError, TimeoutError, RuntimeError, ValueError, _cancelled()) as error:
                self._may_try_again(lost, error)
        raise AssertionError

    def each(self, work: Callable[..., Any], placed: Placed, *arguments: Any) -> list[Any]:
        """As `Engine.each`."""
        groups = placed.groups

        def begin(k: int) -> Any:
            given = (groups[k].future, *arguments)
            return self._task(work, given, groups[k].worker)

        return self._results(begin, len(groups), lambda: self._restore(placed, arguments))

    def over(
        self,
        function: Callable[..., Any],
        items: Sequence[Any],
        *shared: Any,
        done: Done | None = None,
    ) -> list[Any]:
        """As `Engine.over`: a task an item, wherever a thread is free."""

        def begin(k: int) -> Any:
            return self._task(function, (items[k], *shared), None)

        return self._results(begin, len(items), lambda: self._restore(Placed(), shared), done)

    def close(self) -> None:
        """Close the client and the cluster, if the engine opened them."""
        if self._close is not None:
            self._close()

    def _task(self, work: Callable[..., Any], given: tuple[Any, ...], worker: str | None) -> Any:
        arguments = [a.future if isinstance(a, Sent) else a for a in given]
        name = getattr(work, "__name__", None) or type(work).__name__
        where = {} if worker is None else {"workers": [worker], "allow_other_workers": True}
        self._require_connection()
        return self.client.submit(
            work, *arguments, key=f"{name}-{self.client.id}-{next(self._numbers)}", **where
        )

    def _results(
        self,
        begin: Callable[[int], Any],
        number: int,
        restore: Callable[[], Any],
        done: Done | None = None,
    ) -> list[Any]:
        """The results of tasks, those begun again that have lost what they need."""
        results: dict[int, Any] = {}
        lost = 0
        while len(results) < number:
            tasks = {k: begin(k) for k in range(number) if k not in results}
            for k in self._as_completed(tasks):
                if tasks[k].status == "cancelled":
                    continue
                results[k] = self._gathered(tasks[k])
                if results[k] is _LOST:
                    del results[k]
                elif done is not None:
                    done(k, results[k])
            if len(results) < number:
                lost += 1
                self._may_try_again(lost)
                restore()
        return [results[k] for k in range(number)]

    def _gathered(self, task: Any) -> Any:
        """The result of a task that has ended, or `_LOST` if it is gone."""
        from distributed.comm import CommClosedError
        from distributed.scheduler import KilledWorker

        try:
            return task.result(timeout=self.timeout)
        except (CommClosedError, _cancelled()):
            return _LOST
        except KilledWorker as error:
            raise ClusterError(
                f"several workers of {self.address} ended over the same work: look at their logs, "
                "perhaps they have too little memory."
            ) from error

    def _as_completed(self, tasks: dict[int, Any]) -> Any:
        """The numbers of tasks as they end; ClusterError if nothing ends in time."""
        from distributed import wait

        places = {task.key: k for k, task in tasks.items()}
        left, since, look = list(tasks.values()), time.monotonic(), min(LOOK, self.timeout)
        while left:
            try:
                with self.client.as_current():
                    ended = list(wait(left, look, "FIRST_COMPLETED").done)
            except TimeoutError:
                ended = []
            except _cancelled():
                ended = [task for task in left if task.status not in ("pending",)]
            if not ended:
                self._look(since)
                continue
            since = time.monotonic()
            keys = {task.key for task in ended}
            left = [task for task in left if task.key not in keys]
            yield from (places[task.key] for task in ended)

    def _look(self, since: float) -> None:
        """ClusterError if the cluster is gone, or has not answered for too long."""
        self._require_connection()
        if time.monotonic() - since < self.timeout:
            return
        workers = self.workers()
        raise ClusterError(
            f"the {len(workers)} workers of {self.address} have not answered for "
            f"{self.timeout:g} s: look at their logs, or give them more time with timeout."
        )

    def _may_try_again(self, lost: int, error: BaseException | None = None) -> None:
        """ClusterError if work has been lost too often; else a moment for the news to come in."""
        if lost > AGAIN:
            why = "" if error is None else f" ({_words(error)})"
            raise ClusterError(
                f"work on the cluster at {self.address} was lost {AGAIN} times with the workers "
                f"that had it{why}: look at their logs, perhaps they have too little memory."
            ) from error
        time.sleep(min(2.0, 0.02 * 2**lost))
        self._threads()  # says so if it is the scheduler that is lost

    def _require_connection(self) -> None:
        if self.client.status != "running":
            raise ClusterError(
                f"the scheduler at {self.address} is lost (the connection is "
                f"{self.client.status}): start it again."
            )

    def _restore(self, placed: Placed, arguments: Sequence[Any]) -> None:
        """Send again what was lost with a worker."""
        workers = self.workers()
        load = Counter(group.worker for group in placed.groups if group.worker in workers)
        for group in placed.groups:
            if group.worker not in workers:
                group.worker = min(workers, key=lambda worker: (load[worker], worker))
                load[group.worker] += 1
            if group.held is not None and _gone(group.future):
                self._ship(group, load)
        for argument in arguments:
            if isinstance(argument, Sent) and _gone(argument.future):
                argument.future = self._broadcast(argument.value)


_LOST = object()


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _gone(future: Any) -> bool:
    return future.status in ("cancelled", "lost")


def _cancelled() -> type[BaseException]:
    from distributed import CancelledError

    found: type[BaseException] = CancelledError
    return found


@dataclass(frozen=True, eq=False)
class _Making:
    """Makes the object of a group in the client."""

    make: Callable[..., Any]
    given: tuple[Any, ...]
    shared: tuple[Any, ...]

    def __call__(self) -> Any:
        shared = (one.value if isinstance(one, Sent) else one for one in self.shared)
        return self.make(*self.given, *shared)
