"""The tests that end a run: what each asks, where its bound lies, which comes first."""

from __future__ import annotations

from typing import Any

import pytest

from standalone_node.optimize.stopping import END_STATES, SAFETY, WINDOW, Stopping

FALLING = [2.0**-n for n in range(20)]


def verdict(
    norms: list[float] | None = None,
    costs: list[float] | None = None,
    residual: float = 1.0,
    seconds: float = 0.0,
    since_best: int = 0,
    **bounds: Any,
) -> str | None:
    stopping = Stopping(
        **{"tolerance": 1e-3, "cost_tolerance": 1e-2, "max_iterations": 100, **bounds}
    )
    return stopping.verdict(
        [1.0, 0.5] if norms is None else norms,
        [1.0, 0.5] if costs is None else costs,
        residual=lambda: residual,
        seconds=seconds,
        since_best=since_best,
    )


def test_a_run_that_has_reached_nothing_goes_on() -> None:
    assert verdict() is None
    assert verdict(costs=FALLING) is None


def test_every_bound_is_met_where_it_is_reached_exactly() -> None:
    assert verdict(norms=[4.0, 1.0], tolerance=0.25) == "gradient"
    assert verdict(norms=[4.0, 1.0 + 1e-9], tolerance=0.25) is None
    assert verdict(since_best=3, patience=3) == "validation"
    assert verdict(since_best=2, patience=3) is None
    assert verdict(costs=[3.0, 2.0], max_iterations=1) == "iterations"
    assert verdict(costs=[3.0, 2.0], max_iterations=2) is None
    assert verdict(norms=[1.0], costs=[1.0], max_iterations=0) == "iterations"


def ended(residual: float | None, seconds: float | None) -> str | None:
    stopping = Stopping(0.0, 0.0, 9, residual=residual, seconds=seconds)
    return stopping.verdict([1.0], [1.0], residual=lambda: 0.5, seconds=2.0, since_best=0)


def test_residual_and_time_have_bounds_of_their_own() -> None:
    assert ended(0.5, None) == "discrepancy" and ended(0.49, None) is None
    assert ended(None, 2.0) == "time" and ended(None, 2.1) is None and ended(None, None) is None


def test_the_residual_is_asked_for_only_where_it_is_bounded() -> None:
    def costly() -> float:
        raise AssertionError("a sweep in vain")

    stopping = Stopping(0.0, 0.0, 9)
    assert stopping.verdict([1.0], [1.0], residual=costly, seconds=0.0, since_best=0) is None


def test_a_gradient_of_zero_at_the_start_is_an_end_of_its_own() -> None:
    assert verdict(norms=[0.0]) == "stationary"
    assert verdict(norms=[1e-300, 1e-300]) is None
    assert verdict(norms=[2.0, 0.0], tolerance=0.0) == "gradient"


def test_the_cost_is_compared_with_that_of_five_iterations_before() -> None:
    still = [9.0, 8.0, *[1.0] * (WINDOW + 1)]
    assert WINDOW == 5
    assert verdict(costs=still) == "cost"
    assert verdict(costs=still[:-1]) is None
    # One per cent in five iterations, not in one and not in all.
    assert verdict(costs=[1.0, 0.998, 0.996, 0.994, 0.992, 0.9901]) == "cost"
    assert verdict(costs=[1.0, 0.999, 0.998, 0.997, 0.996, 0.9899]) is None
    assert verdict(costs=[1.0] * WINDOW) is None  # four changes only


def test_a_cost_that_rises_does_not_stand_still() -> None:
    assert verdict(costs=[1.0, 1.0, 1.0, 1.0, 1.0, 1.1]) is None
    assert verdict(costs=[1.0, 1.0, 1.0, 1.0, 1.0, 1.009]) == "cost"


def test_the_change_is_a_share_of_the_cost_before_and_not_of_those_between() -> None:
    assert verdict(costs=[1.0, 1.0, 0.5, 0.5, 0.5, 0.9905]) == "cost"
    assert verdict(costs=[1.0, 1.0, 9.0, 9.0, 9.0, 0.95]) is None


def test_costs_below_zero_are_compared_by_their_size() -> None:
    assert verdict(costs=[-1.0, -1.0, -1.0, -1.0, -1.0, -1.005]) == "cost"
    assert verdict(costs=[-1.0, -1.0, -1.0, -1.0, -1.0, -1.1]) is None


@pytest.mark.parametrize(
    "met, first",
    [
        ({"residual": 0.1, "norms": [0.0]}, "stationary"),
        ({"norms": [1.0, 0.0], "costs": [1.0] * 9}, "gradient"),
        ({"costs": [1.0] * 9, "patience": 1, "since_best": 4}, "cost"),
        ({"patience": 1, "since_best": 4, "max_iterations": 1}, "validation"),
        ({"max_iterations": 1, "seconds": 1e9}, "iterations"),
    ],
)
def test_of_several_ends_the_one_that_says_most_is_told(met: dict[str, Any], first: str) -> None:
    assert verdict(**met) == first


def test_a_run_has_failed_where_it_was_cut_short_or_came_to_a_standstill_too_soon() -> None:
    failures = {name for name, state in END_STATES.items() if not state.success}
    ended_early = {"stuck", "iterations", "time", "callback"}
    assert failures == ended_early | {"overflow", "saturated"}


def test_the_residual_may_exceed_the_noise_by_a_tenth() -> None:
    assert SAFETY == 1.1
