"""BLAS keeps to one thread during a run, whoever has begun it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import standalone_node as sn
from standalone_node.kernels.processors import held

X = np.linspace(-1.0, 1.0, 12)[:, None]


def threads_of_blas() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_blas_keeps_to_one_thread_while_it_is_held() -> None:
    before = threads_of_blas()
    with held(), held():
        assert threads_of_blas() and set(threads_of_blas()) == {1}
    assert threads_of_blas() == before


def minimized(look: Any) -> None:
    problem = sn.InverseProblem(X, np.sin(X), steps=2)
    sn.minimize(problem, problem.initial_parameters(), max_iterations=2, callback=look)


def estimated(look: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sn.NodeClassifier(max_iterations=2).fit(X, X[:, 0] > 0.0, callback=look)


@pytest.mark.parametrize("run", [minimized, estimated])
def test_blas_is_held_during_a_run(run: Callable[[Any], None]) -> None:
    seen: list[int] = []
    run(lambda row: seen.extend(threads_of_blas()))
    assert seen and set(seen) == {1}
