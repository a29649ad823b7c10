"""A run that was broken off and taken up again ends in the bits of one that never was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from memories import Broken, MemoryKeeper

from standalone_node import (
    Batches,
    Field,
    FieldProblem,
    Galerkin,
    InverseProblem,
    Observations,
    Penalty,
    Result,
    Sobolev,
    minimize,
)
from standalone_node.optimize.betas import BETAS
from standalone_node.optimize.line_searches import LINE_SEARCHES
from standalone_node.optimize.methods import METHODS

#: Columns of the history that a clock fills.
CLOCK = ("seconds",)


def fit(rows: int = 30, **options: Any) -> InverseProblem:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, size=(rows, 1))
    y = x + 0.5 * x**2 + 0.05 * rng.normal(size=x.shape)
    settings: dict[str, Any] = {"steps": 5, "scheme": "heun", "penalty": Penalty(h1=1e-3)}
    return InverseProblem(np.column_stack([np.zeros(rows), x]), y, **{**settings, **options})


def held_out() -> Callable[[Any], float]:
    problem = fit(rows=12)
    return lambda p: -problem.cost(p)


def whole(make: Callable[[], InverseProblem], keeper: Any = None, **options: Any) -> Result:
    problem = make()
    start = problem.initial_parameters(seed=1)
    return minimize(problem, start, checkpoint=keeper, **{"max_iterations": 9, **options})


def taken_up(
    break_at: int, make: Callable[[], InverseProblem], **options: Any
) -> tuple[Result, MemoryKeeper]:
    """The end of a run that is broken off at every so many chances, again and again."""
    memory = None
    for _ in range(100):
        keeper = MemoryKeeper(break_at, memory)
        try:
            return whole(make, keeper, **options), keeper
        except Broken:
            memory = keeper.memory
    raise AssertionError("the run makes no progress")


def assert_same(found: Result, expected: Result) -> None:
    assert found.reason == expected.reason and found.nit == expected.nit
    assert np.array_equal(found.parameters.values, expected.parameters.values)
    assert np.array_equal(found.x, expected.x) and found.cost == expected.cost
    assert found.history.keys() == expected.history.keys()
    for name in set(expected.history) - set(CLOCK):
        assert np.array_equal(found.history[name], expected.history[name]), name


CASES: dict[str, dict[str, Any]] = {
    **{f"ncg, {beta}": {"beta": beta} for beta in BETAS},
    **{f"ncg, {name}": {"line_search": name} for name in LINE_SEARCHES},
    "ncg, restarts": {"restart": 3},
    "ncg, a chosen length": {"metric": Sobolev("auto")},
    "ncg, monitor": {"monitor": held_out(), "patience": 4, "max_iterations": 60},
    "ncg, series": {"weights": Galerkin(modes=3)},
    "ncg, evolving": {"weights": "evolving"},
    "ncg, to the end": {"max_iterations": 400, "tolerance": 1e-3},
    "ncg, batches": {"batches": Batches(size=8, epochs=4, iterations=2)},
    "ncg, proximal": {"batches": Batches(size=8, epochs=3, iterations=3, proximal=0.1)},
    "sgd": {"method": "sgd"},
    "adam": {"method": "adam"},
    "adam, metric": {"method": "adam", "metric": Sobolev(0.5)},
    "sgd, batches": {"method": "sgd", "batches": Batches(size=7, epochs=4)},
    "adam, batches": {"method": "adam", "batches": Batches(size=7, epochs=4, iterations=2)},
}


@pytest.mark.parametrize("break_at", [2, 3, 7])
@pytest.mark.parametrize("case", CASES)
def test_a_run_that_is_taken_up_ends_in_the_same_bits(case: str, break_at: int) -> None:
    expected = whole(fit, **CASES[case])
    found, keeper = taken_up(break_at, fit, **CASES[case])
    assert_same(found, expected)
    assert keeper.said == []


PROBLEMS: dict[str, Callable[[], InverseProblem]] = {
    "adaptive": lambda: fit(scheme="bs3", rtol=1e-3, horizon=3.0),
    "reversible": lambda: fit(reversible=True),
    "single precision": lambda: fit(dtype="float32"),
    "little memory": lambda: fit(memory_limit=2000),
    "relu": lambda: fit(activation="relu", form="outside"),
}


@pytest.mark.parametrize("batches", [None, Batches(size=10, epochs=4)])
@pytest.mark.parametrize("name", PROBLEMS)
def test_whatever_the_problem_is(name: str, batches: Batches | None) -> None:
    options: dict[str, Any] = {"max_iterations": 40, "tolerance": 0.0, "restart": 11}
    expected = whole(PROBLEMS[name], batches=batches, **options)
    assert_same(taken_up(5, PROBLEMS[name], batches=batches, **options)[0], expected)


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("ncg", "sgd", "adam")])
def test_a_method_that_is_not_ours_begins_anew_and_says_so(method: str) -> None:
    found, keeper = taken_up(4, fit, method=method)
    assert len(keeper.said) == 1 and "begins anew" in keeper.said[0]
    assert found.nit == 9 and (np.diff(found.history["cost"]) <= 0.0).all()


def test_after_its_end_a_run_does_no_further_sweep() -> None:
    keeper = MemoryKeeper()
    expected = whole(fit, keeper)
    problem = fit()
    again = minimize(
        problem, problem.initial_parameters(seed=1), checkpoint=keeper, max_iterations=9
    )
    assert_same(again, expected)
    assert (problem.counts.adjoint, problem.counts.sensitivity) == (0, 0)


@pytest.mark.parametrize("case", ["ncg, PR+", "adam"])
def test_a_run_that_has_reached_its_limit_goes_on_to_a_larger_one(case: str) -> None:
    expected = whole(fit, **{"max_iterations": 9, **CASES[case]})
    keeper = MemoryKeeper()
    assert whole(fit, keeper, **{**CASES[case], "max_iterations": 4}).reason == "iterations"
    assert_same(whole(fit, keeper, **CASES[case]), expected)


def test_more_epochs_go_on_where_fewer_ended() -> None:
    expected = whole(fit, batches=Batches(size=8, epochs=5))
    keeper = MemoryKeeper()
    assert whole(fit, keeper, batches=Batches(size=8, epochs=2)).reason == "epochs"
    assert_same(whole(fit, keeper, batches=Batches(size=8, epochs=5)), expected)


def test_no_further_iteration_gives_the_parameters_that_were_reached() -> None:
    keeper = MemoryKeeper(5)
    with pytest.raises(Broken):
        whole(fit, keeper)
    reached = whole(fit, MemoryKeeper(memory=keeper.memory), max_iterations=0)
    # The first chance is the start, so that the fifth is after four iterations.
    assert reached.reason == "iterations"
    assert_same(reached, whole(fit, max_iterations=4))


def test_the_clock_goes_on_from_where_it_stood() -> None:
    keeper = MemoryKeeper(5)
    with pytest.raises(Broken):
        whole(fit, keeper)
    assert keeper.memory is not None
    keeper.memory["record"]["elapsed"] = 1000.0  # type: ignore[index]
    again = MemoryKeeper(memory=keeper.memory)
    assert whole(fit, again, time_limit=900.0).reason == "time"
    assert whole(fit, again, time_limit=2000.0).history["seconds"][-1] >= 1000.0


def test_a_field_of_ones_own_is_taken_up_as_well() -> None:
    def problem() -> Any:
        field = Field(
            lambda t, x, p: p["k"] * np.sin(x),
            jvp=lambda t, x, p, dx, dp: dp["k"] * np.sin(x) + p["k"] * np.cos(x) * dx,
            vjp=lambda t, x, p, k: (p["k"] * np.cos(x) * k, {"k": (k * np.sin(x)).sum()}),
            varying={"k": ()},
        )
        times = np.linspace(0.2, 1.0, 5)
        seen = Observations(times, np.linspace(0.6, 1.2, 5)[:, None, None])
        return FieldProblem(field, [[0.5]], seen, steps=10, penalty=Penalty(h1=1e-2))

    expected = whole(problem)
    assert expected.nit == 9
    assert_same(taken_up(3, problem)[0], expected)
