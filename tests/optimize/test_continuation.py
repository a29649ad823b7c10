"""Depth continuation: coarse ResNets first, each the start of a finer one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fields import epidemic

from standalone_node import InverseProblem, Result, continuation, minimize
from standalone_node.errors import ArgumentError


def spirals(**options: Any) -> InverseProblem:
    """Two interleaved spirals, a problem that takes its time."""
    rng = np.random.default_rng(1)
    angle = np.sqrt(rng.uniform(0.05, 1.0, size=80)) * 2.5 * np.pi
    sign = np.where(np.arange(80) % 2, 1.0, -1.0)
    points = sign[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) * angle[:, None] / 8
    states = np.column_stack([np.zeros((80, 2)), points])
    given: dict[str, Any] = {"horizon": 4.0, "steps": 32, "scheme": "midpoint", "form": "outside"}
    return InverseProblem(states, np.arange(80) % 2, loss="cross-entropy", **given | options)


@pytest.fixture(scope="module")
def result() -> Result:
    return continuation(spirals(), (2, 4, 8), max_iterations=15)


def test_every_level_is_run_and_the_last_is_the_problem_itself(result: Result) -> None:
    level = result.history["level"]
    assert list(dict.fromkeys(level.tolist())) == [2.0, 4.0, 8.0, 32.0]
    assert result.parameters.times.size == 33
    assert result.cost == spirals().cost(result.parameters)


def test_within_a_level_the_cost_never_rises(result: Result) -> None:
    for level in set(result.history["level"]):
        assert (np.diff(result.history["cost"][result.history["level"] == level]) <= 0.0).all()


def test_a_level_begins_where_the_one_before_it_ended() -> None:
    """As the same function of depth: on a grid that contains the old one it is the same."""
    problem = spirals(steps=8, scheme="euler")
    coarse = minimize(
        problem.coarse(4), problem.initial_parameters().refined(problem.coarse(4).depth_times)
    )
    both = continuation(problem, (4,), max_iterations=200, level_tolerance=1e-10)
    first = int(np.argmax(both.history["level"] == 8.0))
    start = problem.cost(coarse.parameters.refined(problem.depth_times))
    assert both.history["cost"][first] == pytest.approx(start, rel=1e-12)


def test_the_start_of_the_problem_is_better_than_without(result: Result) -> None:
    first = int(np.argmax(result.history["level"] == 32.0))
    plain = minimize(spirals(), spirals().initial_parameters(), max_iterations=15)
    assert result.history["cost"][first] < plain.history["cost"][-1]


def test_a_sweep_of_a_level_counts_as_its_share_of_a_sweep_of_the_problem() -> None:
    one = continuation(spirals(), (8,), max_iterations=0).history
    # Euler's 8 evaluations of f are an eighth of the 2 * 32 of the midpoint rule.
    assert one["direct"].tolist() == [0.125, 1.125]


def test_a_level_with_as_many_steps_as_the_problem_is_told_from_it() -> None:
    history = continuation(spirals(steps=8), (4, 8), max_iterations=2).history
    assert history["level"].tolist() == [4.0] * 3 + [8.0] * 6
    assert history["run"].tolist() == [0.0] * 3 + [1.0] * 3 + [2.0] * 3


def test_the_history_counts_on_and_the_callback_sees_it() -> None:
    rows: list[Any] = []
    result = continuation(spirals(), (2, 4), max_iterations=4, callback=rows.append)
    assert [row.nit for row in rows] == list(range(result.nit + 1))
    for name in ("cost", "seconds", "direct", "adjoint", "sensitivity"):
        assert [getattr(row, name) for row in rows] == result.history[name].tolist()
    assert (np.diff(result.history["seconds"]) >= 0.0).all()


def test_a_callback_that_stops_ends_all_levels() -> None:
    def stop(row: Any) -> None:
        if row.nit == 2:
            raise StopIteration

    result = continuation(spirals(), (4, 8), callback=stop)
    assert result.reason == "callback" and not result.success
    assert result.parameters.times.size == 33
    assert result.history["level"].tolist() == [4.0, 4.0, 4.0, 8.0, 32.0]


def test_a_time_limit_holds_for_all_levels_together() -> None:
    result = continuation(spirals(), (4, 8), time_limit=0.0)
    assert result.reason == "time" and result.nit == 2


@pytest.mark.parametrize("levels", [(), (4, 4), (8, 4), (0, 2), (2.5,), (True, 2), 4])
def test_levels_that_do_not_increase_are_refused(levels: Any) -> None:
    with pytest.raises(ArgumentError, match="increasing whole numbers"):
        continuation(spirals(), levels)


def test_levels_finer_than_the_depth_grid_are_refused() -> None:
    assert continuation(spirals(), (32,), max_iterations=0).nit == 1
    with pytest.raises(ArgumentError, match="33 layers are more than the 32 intervals"):
        continuation(spirals(), (4, 33))


def test_a_time_limit_that_is_none_is_refused() -> None:
    with pytest.raises(ArgumentError, match="time_limit = 'x'"):
        continuation(spirals(), (4,), time_limit="x")


def test_a_problem_without_resnets_is_refused() -> None:
    with pytest.raises(ArgumentError, match="FieldProblem has no finite ResNets"):
        continuation(epidemic(), (2, 4))


def test_a_level_tolerance_out_of_range_is_refused() -> None:
    with pytest.raises(ArgumentError, match="level_tolerance"):
        continuation(spirals(), (4,), level_tolerance=0.0)


def test_levels_by_the_scheme_of_the_problem_are_nearer_to_it() -> None:
    problem = spirals(steps=16, scheme="rk4")
    p = problem.initial_parameters(scale=1.0)
    costs = {
        s: problem.coarse(4, s).cost(p.refined(problem.coarse(4).depth_times))
        for s in ("euler", None)
    }
    assert abs(costs[None] - problem.cost(p)) < 0.5 * abs(costs["euler"] - problem.cost(p))
    result = continuation(problem, (4, 8), scheme=None, max_iterations=3)
    shares = result.history["direct"][[0, -1]]
    assert shares[0] == 0.25 and result.parameters.times.size == 17
