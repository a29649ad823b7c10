"""Processes killed and frozen: a fit ends at once or in time, and goes on to the same bits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cluster_tasks import listed, scaled_sum, sleeping
from dask_processes import Cluster, cluster, frozen

import standalone_node as sn
from standalone_node.engines.opening import opened
from standalone_node.errors import ClusterError
from standalone_node.problem.shards import group

pytest.importorskip("distributed")

ITERATIONS = 8


@pytest.fixture(scope="module", autouse=True)
def small_shards() -> Iterator[None]:
    """Shards of 50 rows of the problem, nine of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group, "ENTRIES", 4 * 50)
        yield


@pytest.fixture(scope="module")
def problem(small_shards: None) -> sn.InverseProblem:
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((420, 4)), rng.integers(0, 3, 420)
    penalty = sn.Penalty(l2=1e-3)
    return sn.InverseProblem(
        x, y, loss="cross-entropy", outputs=3, form="outside", steps=4, penalty=penalty
    )


def fit(problem: Any, **options: Any) -> Any:
    start = problem.initial_parameters(1)
    return sn.minimize(problem, start, max_iterations=ITERATIONS, tolerance=0.0, **options)


@pytest.fixture(scope="module")
def alone(problem: Any) -> Any:
    return fit(problem, engine="local")


def assert_same_bits(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(found.parameters.values, expected.parameters.values)
    for name in set(expected.history) - {"seconds"}:
        np.testing.assert_array_equal(found.history[name], expected.history[name])


def test_a_lost_scheduler_ends_the_fit_at_once_and_it_goes_on_elsewhere(
    problem: Any, alone: Any, tmp_path: Path
) -> None:
    folders = [tmp_path / "for-two", tmp_path / "for-local"]
    with cluster(tmp_path / "first", workers=2) as first:

        def kill(iteration: Any) -> None:
            if iteration.nit == 4:
                first.scheduler.kill()

        began = time.monotonic()
        with pytest.raises(ClusterError, match=r"is lost .*: start it again"):
            fit(
                problem,
                engine="dask",
                client=first.address,
                checkpoint=sn.Checkpoint(folders[0], every=1),
                callback=kill,
            )
        assert time.monotonic() - began < 100.0, "by far not the time-out"
    folders[1].mkdir()
    for file in folders[0].iterdir():
        (folders[1] / file.name).write_bytes(file.read_bytes())
    told: list[str] = []
    with cluster(tmp_path / "second", workers=1) as second:
        again = sn.Checkpoint(folders[0], resume=True, tell=told.append)
        assert_same_bits(
            fit(problem, engine="dask", client=second.address, checkpoint=again), alone
        )
    again = sn.Checkpoint(folders[1], resume=True, tell=told.append)
    assert_same_bits(fit(problem, engine="local", checkpoint=again), alone)
    assert ["iteration 4" in words for words in told] == [True, True]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("pair"), workers=2) as found:
        yield found


def test_workers_that_live_may_take_longer_than_the_time_out(pair: Cluster) -> None:
    with opened("dask", pair.address, timeout=0.5) as engine:
        assert engine.over(sleeping, [3.0, 0.1, 0.2]) == [3.0, 0.1, 0.2]


def test_a_frozen_worker_is_named_when_the_time_is_over(pair: Cluster) -> None:
    with opened("dask", pair.address, timeout=3.0) as engine:
        placed = engine.place(listed, [1, 2], ship=True)
        assert sum(engine.each(scaled_sum, placed, 1.0)) == 3.0
        said = r"answered for 3 s \(the worker at .* is silent\)"
        with frozen(pair.workers[1]), pytest.raises(ClusterError, match=said):
            engine.each(scaled_sum, placed, 2.0)


def test_what_a_frozen_worker_does_not_take_is_not_waited_for(pair: Cluster) -> None:
    with opened("dask", pair.address, timeout=3.0) as engine:
        said = "answered for 3 s .*take what is sent"
        with frozen(*pair.workers), pytest.raises(ClusterError, match=said):
            engine.broadcast(np.ones(9))


def test_a_frozen_scheduler_is_told_when_the_time_is_over(pair: Cluster) -> None:
    with opened("dask", pair.address, timeout=3.0) as engine:
        placed = engine.place(listed, [1, 2])
        assert sum(engine.each(scaled_sum, placed, 1.0)) == 3.0
        said = "scheduler at .* has not answered for 3 s"
        with frozen(pair.scheduler), pytest.raises(ClusterError, match=said):
            engine.each(scaled_sum, placed, 2.0)
