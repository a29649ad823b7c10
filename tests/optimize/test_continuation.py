"""Depth continuation: coarse ResNets first, each the start of a finer one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fields import epidemic

from standalone_node import InverseProblem, Result, continuation, minimize
from standalone_node.errors import ArgumentError
from standalone_node.optimize.continuation import LEVEL_TOLERANCE


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


def test_the_result_counts_what_its_history_does() -> None:
    result = continuation(spirals(), (2, 4), max_iterations=3)
    history = result.history
    assert result.nit == len(history["cost"]) - 1 == 11
    assert result.nfev == history["direct"][-1] and result.njev == history["adjoint"][-1]
    assert {len(column) for column in history.values()} == {12}
    assert history["run"].tolist() == [0.0] * 4 + [1.0] * 4 + [2.0] * 4
    for name, share in (("direct", 1 / 32), ("adjoint", 1 / 32), ("sensitivity", 1 / 32)):
        # Euler's 2 and 4 evaluations of f, of the 64 of the midpoint rule.
        column = history[name]
        assert np.allclose(column[:4] / share, np.round(column[:4] / share))
        assert (np.diff(column) >= 0.0).all() and column[-1] > column[4] >= column[3]
    assert history["direct"][4] - history["direct"][3] == 1 / 16  # one sweep of four steps
    assert history["direct"][8] - history["direct"][7] == 1.0


def test_the_time_that_levels_took_is_none_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []

    def watched(problem: Any, p: Any, **options: Any) -> Result:
        limits.append(options["time_limit"])
        result = minimize(problem, p, **{**options, "time_limit": 1e9})
        result.history["seconds"] = np.full(len(result.history["cost"]), 2.0)
        return result

    monkeypatch.setattr("standalone_node.optimize.continuation.minimize", watched)
    result = continuation(spirals(), (2, 4), time_limit=3.0, max_iterations=1)
    assert limits == [3.0, 1.0, 0.0]
    assert result.history["seconds"][-1] == 6.0


def test_each_level_ends_by_its_tolerance_and_the_last_one_by_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[Any] = []

    def watched(problem: Any, p: Any, **options: Any) -> Result:
        given.append((problem.times.size - 1, options))
        return minimize(problem, p, **options)

    monkeypatch.setattr("standalone_node.optimize.continuation.minimize", watched)
    options: Any = {"cost_tolerance": 1e-9, "max_iterations": 1, "beta": "FR"}
    continuation(spirals(), (2, 4), level_tolerance=0.3, **options)
    assert given == [
        (2, options | {"cost_tolerance": 0.3}),
        (4, options | {"cost_tolerance": 0.3}),
        (32, options),
    ]
    assert LEVEL_TOLERANCE == 0.05


def test_the_levels_that_are_not_given_double_from_four_to_thirty_two() -> None:
    levels = continuation(spirals(), max_iterations=0).history["level"]
    assert levels.tolist() == [4.0, 8.0, 16.0, 32.0, 32.0]


def test_the_start_that_is_given_is_that_of_the_first_level() -> None:
    problem = spirals()
    p = problem.initial_parameters(seed=5)
    first = continuation(problem, (4,), start=p, max_iterations=0).history["cost"][0]
    coarse = problem.coarse(4)
    assert first == coarse.cost(p.refined(coarse.depth_times))
    assert first != continuation(problem, (4,), max_iterations=0).history["cost"][0]


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -0.1, np.nan])
def test_a_level_tolerance_lies_between_nothing_and_all(tolerance: float) -> None:
    with pytest.raises(ArgumentError, match="level_tolerance"):
        continuation(spirals(), (4,), level_tolerance=tolerance)


@pytest.mark.parametrize("levels", [[1, 2], np.array([2, 4]), (np.int64(3),)])
def test_levels_may_be_any_sequence_of_whole_numbers_from_one_on(levels: Any) -> None:
    assert continuation(spirals(), levels, max_iterations=0).nit == len(levels)


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
