"""Estimates of memory are honest, and what does not fit is refused before it is taken."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import standalone_node as sn
from standalone_node import memory
from standalone_node.errors import ArgumentError, NotEnoughMemory
from standalone_node.memory import Need, available_memory, require, size_text
from standalone_node.problem import field_problem, inverse_problem, needs

#: What dominates, and the problem: (B, d, N) and more arguments.
NETWORKS: dict[str, tuple[tuple[int, int, int], dict[str, Any]]] = {
    "the time grid": ((1, 1, 20_000), {"scheme": "euler"}),
    "a grid of many stages": ((1, 1, 10_000), {"scheme": "dopri5"}),
    "the depth grid": ((20, 5, 10), {"depth_points": 20_000}),
    "the parameters": ((4, 100, 10), {"scheme": "euler"}),
    "the parameters of every stage": ((4, 100, 10), {"scheme": "rk4"}),
    "single precision": ((4, 100, 10), {"dtype": "float32"}),
    "an inner layer": ((4, 10, 10), {"form": "bottleneck", "inner": 1000}),
    "trajectories that are kept": ((5000, 20, 10), {"scheme": "rk4"}),
    "trajectories computed again": ((5000, 20, 10), {"memory_limit": 1}),
    "a reversible scheme": ((4, 100, 10), {"reversible": True}),
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes that were asked for, none refused."""
    sizes: list[int] = []
    for module in (inverse_problem, needs, field_problem):
        if hasattr(module, "require"):
            monkeypatch.setattr(
                module, "require", lambda all_: sizes.append(sum(need.size for need in all_))
            )
    return sizes


def peak(work: Callable[[], Any]) -> int:
    """The most bytes that are held at once."""
    work()  # what is loaded and compiled once is no part of it
    tracemalloc.start()
    try:
        kept = work()
        del kept
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", NETWORKS)
def test_estimates_of_networks_are_within_a_factor_of_two(name: str, asked: list[int]) -> None:
    (samples, width, steps), options = NETWORKS[name]
    x = np.random.default_rng(0).normal(size=(samples, width))

    def solved() -> Any:
        problem = sn.InverseProblem(x, x, steps=steps, threads=2, **options)
        return problem, problem.cost_and_derivative(problem.initial_parameters())

    assert 0.5 < asked_of(solved, asked) < 2.0


@pytest.mark.parametrize(
    "samples, steps, points", [(1, 2000, None), (200, 40, None), (2, 10, 5000)]
)
def test_estimates_of_users_fields_are_within_a_factor_of_two(
    samples: int, steps: int, points: int | None, asked: list[int]
) -> None:
    growth = sn.Field(
        lambda t, x, p: p["a"] * x,
        jvp=lambda t, x, p, dx, dp: p["a"] * dx + dp["a"] * x,
        vjp=lambda t, x, p, kappa: (p["a"] * kappa, {"a": np.sum(kappa * x, axis=0)}),
        varying={"a": (30,)},
    )
    seen = sn.Observations([0.5, 1.0], np.ones((2, samples, 30)))

    def solved() -> Any:
        x = np.ones((samples, 30))
        problem = sn.FieldProblem(growth, x, seen, steps=steps, depth_points=points)
        return problem, problem.cost_and_derivative(problem.initial_parameters())

    assert 0.5 < asked_of(solved, asked) < 2.0


def asked_of(work: Callable[[], Any], asked: list[int]) -> float:
    """What is asked for before the work, as a share of what it takes."""
    taken = peak(work)
    return max(asked) / taken


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: size)


X = np.zeros((4, 3))
#: What is too large, what the sentence calls it, and the argument that lowers it.
TOO_LARGE: dict[str, tuple[Callable[[], Any], str]] = {
    "steps": (lambda: sn.InverseProblem(X, X, steps=10**9), r"steps = 1000000000 .* lower"),
    "depth points": (
        lambda: sn.InverseProblem(X, X, depth_points=10**10),
        r"10000000000 depth points .* lower",
    ),
    "width": (lambda: sn.InverseProblem(np.zeros((2, 50_000)), np.zeros(2)), "narrower"),
    "inner": (
        lambda: sn.InverseProblem(X, X, form="bottleneck", inner=10**9),
        r"inner = 1000000000 .* lower inner",
    ),
    "a limit that is none": (
        lambda: sn.InverseProblem(np.zeros((40_000, 40)), np.zeros(40_000), memory_limit="9 TB"),
        "lower memory_limit",
    ),
    "threads": (lambda: sn.InverseProblem(X, X, threads=5000), "threads = 5000 are more"),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_refused_with_the_remedy(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, words = TOO_LARGE[name]
    free(monkeypatch, 10**9)
    with pytest.raises(ArgumentError, match=words):
        make()


def test_what_fits_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.zeros((3000, 40))
    wanted = sum(need.size for need in sn.InverseProblem(x, x).needs())
    free(monkeypatch, wanted)
    problem = sn.InverseProblem(x, x)
    free(monkeypatch, wanted - 1)
    with pytest.raises(NotEnoughMemory, match=r"but .* are free"):
        problem.replaced()


def test_states_of_all_times_are_refused_where_the_final_ones_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = np.zeros((20_000, 5))
    problem = sn.InverseProblem(x, x, steps=200, scheme="euler")
    p = problem.initial_parameters()
    free(monkeypatch, 10**8)
    assert np.isfinite(problem.cost(p))
    for solve in (problem.solve_direct, problem.solve_adjoint, problem.solve_sensitivity):
        with pytest.raises(NotEnoughMemory, match=r"20000 rows at 201 times .* 161 MB|take fewer"):
            solve(p)


def test_a_sentence_names_the_largest_need_and_the_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 12 * 10**9)
    grid = Need("steps = 1000000000", "the time grid", 16 * 10**9, "lower steps")
    with pytest.raises(NotEnoughMemory) as alone:
        require([grid])
    assert str(alone.value) == (
        "steps = 1000000000 would need 16 GB of memory for the time grid, but 12 GB are free: "
        "lower steps"
    )
    with pytest.raises(NotEnoughMemory, match="16 GB of memory for the time grid and 26 GB in all"):
        require([Need("rows", "states", 10**10, "take fewer"), grid])
    require([Need("rows", "states", 12 * 10**9, "take fewer")])


def test_little_is_taken_without_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 0)
    require([Need("steps = 20", "the time grid", memory.SMALL, "lower steps")])
    with pytest.raises(NotEnoughMemory, match="0 B are free"):
        require([Need("steps = 20", "the time grid", memory.SMALL + 1, "lower steps")])


@pytest.mark.parametrize(
    "size, text",
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (31_400_000, "31 MB"), (10**30, "1" + 15 * "0")],
)
def test_sizes_are_written_as_people_read_them(size: int, text: str) -> None:
    assert size_text(size).startswith(text)


def test_there_is_memory_but_not_more_than_the_machine_has() -> None:
    assert 0 < available_memory() <= memory.machine_memory()
