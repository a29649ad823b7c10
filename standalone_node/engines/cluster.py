"""The engine of a Dask cluster: groups of shards stay on its workers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from standalone_node.engines.cutting import groups_of
from standalone_node.engines.engine import Done
from standalone_node.engines.watch import Watch
from standalone_node.errors import ClusterError

#: Seconds without any answer, or without any worker, after which a cluster is given up.
TIMEOUT = 600.0
#: Seconds within which a worker is ready to take what is sent to it.
REACH = 30.0
#: Seconds between two looks at whether the connection stands, while nothing comes back.
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


@dataclass(frozen=True, eq=False)
class Recipe:
    """How the object of a group is made."""

    make: Callable[..., Any]
    given: tuple[Any, ...]

    def made(self) -> Any:
        """The object, made here."""
        return self.make(*(one.value if isinstance(one, Sent) else one for one in self.given))


@dataclass(eq=False)
class Group:
    """Some shards on a worker.

    Attributes
    ----------
    worker : str
        The address of the one that was chosen.
    recipe : Recipe
    ship : bool
        Whether it is made in the client and sent, and not where it stays.
    future : Future
    """

    worker: str
    recipe: Recipe
    ship: bool
    future: Any = None


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
        Seconds without an answer after which the cluster is given up. A task may take longer, as
        long as the worker that has it tells the scheduler that it lives.
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
        # Keys are the cluster's names of results: no other engine may have the same.
        self._name, self._numbers = uuid4().hex[:12], count()

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
        found: dict[str, int] = self._asked(lambda scheduler: scheduler.ncores(workers=None))
        return found

    def _asked(self, question: Callable[[Any], Any]) -> Any:
        """What the scheduler answers; ClusterError if it does not."""
        self._require_connection()
        try:
            return self.client.sync(question, self.client.scheduler, callback_timeout=self.timeout)
        except TimeoutError as error:
            raise ClusterError(
                f"the scheduler at {self.address} has not answered for {self.timeout:g} s: look "
                "at its log, or give it more time with timeout."
            ) from error
        except (OSError, AttributeError) as error:
            raise ClusterError(
                f"the scheduler at {self.address} is lost ({_words(error)}): start it again."
            ) from error

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
        threads = [float(one) for one in workers.values()]
        placed, parts = Placed(), groups_of(sizes or [1.0] * len(pieces), threads)
        for part, worker in zip(parts, workers, strict=False):
            given = (part.start, tuple(pieces[part]), *shared)
            placed.groups.append(Group(worker, Recipe(make, given), ship))
            self._make(placed.groups[-1], Counter())
        return placed

    def _make(self, group: Group, load: Counter[str]) -> None:
        """Have a group made on its worker, or sent there, or to another one if that is gone."""
        if not group.ship:
            group.future = self._task(group.recipe.make, group.recipe.given, group.worker)
            return
        value = group.recipe.made()

        def to_worker() -> Any:
            found = self.workers()
            if group.worker not in found:
                group.worker = min(found, key=lambda worker: (load[worker], worker))
            return self._scatter(value, group.worker)

        group.future = self._patiently(to_worker)

    def broadcast(self, value: Any) -> Sent:
        """As `Engine.broadcast`.

        It is sent to one worker, and the others have it from one another when they need it: once,
        as it stays with them.
        """
        return Sent(value, self._broadcast(value))

    def _broadcast(self, value: Any) -> Any:
        return self._patiently(lambda: self._scatter(value, next(iter(self.workers()))))

    def _scatter(self, value: Any, worker: str) -> Any:
        wait = min(self.timeout, REACH)
        options = {"workers": [worker], "hash": False, "timeout": wait}
        return self._in_time(lambda: self.client.scatter([value], asynchronous=True, **options))[0]

    def _in_time(self, call: Callable[[], Any]) -> Any:
        """What comes of a call of the client; TimeoutError if it does not come in time."""
        self._require_connection()
        return self.client.sync(call, callback_timeout=self.timeout)

    def _patiently(self, call: Callable[[], Any]) -> Any:
        """What a call gives; again if a worker is lost meanwhile."""
        since = time.monotonic()
        for lost in count(1):
            try:
                return call()
            except ClusterError:
                raise
            except TimeoutError as error:
                if time.monotonic() - since >= self.timeout:
                    raise self._no_answer("a worker does not take what is sent to it") from error
                self._may_try_again(lost, error)
            # What is said of a worker that is lost while it is spoken to.
            except (OSError, LookupError, RuntimeError, ValueError, _cancelled()) as error:
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
            work, *arguments, key=f"{name}-{self._name}-{next(self._numbers)}", **where
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
        for lost in count(1):
            tasks = {k: begin(k) for k in range(number) if k not in results}
            places = {task.key: k for k, task in tasks.items()}
            for ended in self._as_completed(list(tasks.values())):
                for key, value in self._gathered(ended):
                    results[places[key]] = value
                    if done is not None:
                        done(places[key], value)
            if len(results) == number:
                break
            self._may_try_again(lost)
            restore()
        return [results[k] for k in range(number)]

    def _gathered(self, ended: list[Any]) -> list[tuple[str, Any]]:
        """Keys and results of tasks that have ended; not of those that are lost.

        What a task has raised is raised here.
        """
        from distributed.comm import CommClosedError
        from distributed.scheduler import KilledWorker

        try:
            for task in ended:
                if task.status == "error":
                    task.result(timeout=self.timeout)
            whole = [task for task in ended if task.status == "finished"]
            values = self._values(whole)
        except KilledWorker as error:
            raise ClusterError(
                f"several workers of {self.address} ended over the same work: look at their logs, "
                "perhaps they have too little memory."
            ) from error
        except (CommClosedError, _cancelled()):
            return []
        return [(task.key, value) for task, value in zip(whole, values, strict=True)]

    def _values(self, tasks: list[Any]) -> list[Any]:
        """What has come of tasks; CommClosedError if who has it is gone."""
        from distributed.comm import CommClosedError

        try:
            found: list[Any] = self._in_time(lambda: self.client.gather(tasks, asynchronous=True))
        except TimeoutError as error:
            raise self._no_answer("a worker does not send what it has") from error
        except OSError as error:  # also of a scheduler that takes no connection any more
            raise CommClosedError(str(error)) from error
        return found

    def _as_completed(self, tasks: list[Any]) -> Iterator[list[Any]]:
        """Tasks as they end, some at a time; ClusterError if nothing ends in time."""
        from distributed import wait

        left, watch, look = tasks, self._watch(), min(LOOK, self.timeout)
        while left:
            try:
                with self.client.as_current():
                    ended = list(wait(left, look, "FIRST_COMPLETED").done)
            except TimeoutError:
                ended = []
            except _cancelled():
                ended = [task for task in left if task.status != "pending"]
            if not ended:
                self._look(watch)
                continue
            watch = self._watch()
            keys = {task.key for task in ended}
            left = [task for task in left if task.key not in keys]
            yield ended

    def _watch(self) -> Watch:
        return Watch(self._at_work, lambda key: self._name in str(key), self.timeout)

    def _at_work(self) -> tuple[Mapping[str, Sequence[Any]], Mapping[str, float]]:
        """The tasks that each worker has, and when the scheduler has last heard of each."""
        tasks = self._asked(lambda scheduler: scheduler.processing(workers=None))
        told = self._asked(lambda scheduler: scheduler.identity())["workers"]
        return tasks, {worker: entry["last_seen"] for worker, entry in told.items()}

    def _look(self, watch: Watch) -> None:
        """ClusterError if the cluster is gone, or a worker with work of ours does not answer."""
        self._require_connection()
        silent = watch.silent()
        if silent:
            raise self._no_answer(f"the worker at {silent[0]} is silent")
        if watch.workers == 0:
            self.workers()

    def _no_answer(self, why: str) -> ClusterError:
        return ClusterError(
            f"the cluster at {self.address} has not answered for {self.timeout:g} s ({why}): look "
            "at its logs, or give it more time with timeout."
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
        """Make and send again what was lost with a worker and nobody else can make again."""
        workers = self.workers()
        shared = [one for group in placed.groups for one in group.recipe.given]
        for one in (*arguments, *shared):
            if isinstance(one, Sent) and _gone(one.future):
                one.future = self._broadcast(one.value)
        load = Counter(group.worker for group in placed.groups if group.worker in workers)
        for group in placed.groups:
            if group.worker not in workers:
                group.worker = min(workers, key=lambda worker: (load[worker], worker))
                load[group.worker] += 1
            if _gone(group.future):
                self._make(group, load)


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _gone(future: Any) -> bool:
    return future.status in ("cancelled", "lost")


def _cancelled() -> type[BaseException]:
    from distributed import CancelledError

    found: type[BaseException] = CancelledError
    return found
