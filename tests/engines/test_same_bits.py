"""The bits of a fit, on any number of processes, and whichever of them is killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import standalone_node as sn
from standalone_node.problem.shards import group

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

ITERATIONS = 4
RUNS = 20


@pytest.fixture(scope="module")
def problem() -> Iterator[sn.InverseProblem]:
    """420 weighted rows, in nine shards."""
    rng = np.random.default_rng(5)
    x, y, w = rng.standard_normal((420, 4)), rng.integers(0, 3, 420), rng.random(420)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group, "ENTRIES", 4 * 50)
        yield sn.InverseProblem(
            x,
            y,
            sample_weight=w,
            loss="cross-entropy",
            outputs=3,
            form="outside",
            steps=4,
            penalty=sn.Penalty(l2=1e-3, h1=1e-3),
        )


def fit(problem: sn.InverseProblem, **options: Any) -> Any:
    start = problem.initial_parameters(1)
    return sn.minimize(problem, start, max_iterations=ITERATIONS, tolerance=0.0, **options)


@pytest.fixture(scope="module")
def alone(problem: sn.InverseProblem) -> Any:
    return fit(problem, engine="local")


def assert_same_bits(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(found.parameters.values, expected.parameters.values)
    for name in set(expected.history) - {"seconds"}:
        np.testing.assert_array_equal(found.history[name], expected.history[name])


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Processes of one thread each that are started again when they end; one, to begin with.

    They are forked from one that has imported what they need, as twenty will be started.
    """
    from distributed.utils import get_mp_context

    method = "forkserver" if os.name == "posix" else "spawn"
    with dask.config.set({"distributed.worker.multiprocessing-method": method}):
        if method == "forkserver":
            get_mp_context().set_forkserver_preload(["distributed", "warm"])
        with (
            distributed.LocalCluster(
                n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50
            ) as found,
            distributed.Client(found, set_as_default=False) as client,
        ):
            yield client


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_processes(
    problem: sn.InverseProblem, alone: Any, cluster: Any, workers: int
) -> None:
    cluster.cluster.scale(workers)
    cluster.wait_for_workers(workers, timeout=60)
    assert len(cluster.nthreads()) == workers
    assert_same_bits(fit(problem, engine="dask", client=cluster), alone)


class Killer:
    """A callback that has a worker killed a moment after an iteration, while the fit goes on."""

    def __init__(self, client: Any, chance: random.Random, iteration: int) -> None:
        self.client, self.iteration = client, iteration
        pids = client.run(os.getpid, on_error="ignore")  # one may just be starting, or ending
        self.pid, self.part = pids[chance.choice(sorted(pids))], chance.random()
        self.thread: threading.Thread | None = None
        self.last = time.monotonic()

    def __call__(self, iteration: Any) -> None:
        now = time.monotonic()
        lasted, self.last = now - self.last, now
        if iteration.nit == self.iteration:
            self.thread = threading.Thread(target=self.kill, args=[self.part * lasted])
            self.thread.start()

    def kill(self, after: float) -> None:
        time.sleep(after)
        os.kill(self.pid, signal.SIGKILL)


def have_two(client: Any) -> None:
    """Two workers at the least: whoever starts them again gives up one killed at its start."""
    try:
        client.wait_for_workers(2, timeout=15)
    except TimeoutError:
        client.cluster.scale(len(client.cluster.worker_spec) + 1)
        client.wait_for_workers(2, timeout=60)


def test_a_random_worker_killed_at_a_random_moment_twenty_times(
    problem: sn.InverseProblem, alone: Any, cluster: Any
) -> None:
    chance = random.Random(8)
    cluster.cluster.scale(3)
    for _ in range(RUNS):
        have_two(cluster)
        killer = Killer(cluster, chance, chance.randrange(1, ITERATIONS))
        found = fit(problem, engine="dask", client=cluster, callback=killer)
        assert killer.thread is not None
        killer.thread.join()
        assert_same_bits(found, alone)
