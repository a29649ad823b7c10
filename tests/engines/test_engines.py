"""Whatever the engine, work is done once for each group, where it is, and comes back in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cluster_tasks import (
    ends_its_worker,
    listed,
    raising,
    scaled_sum,
    square,
    who,
    whole,
)

from standalone_node.engines.cluster import Dask
from standalone_node.engines.local import Local


@pytest.fixture(params=["local", "dask"])
def engine(request: pytest.FixtureRequest) -> Any:
    return Local() if request.param == "local" else request.getfixturevalue("two")


@pytest.mark.parametrize("ship", [False, True])
def test_groups_are_made_of_neighbours_and_know_their_first(engine: Any, ship: bool) -> None:
    shared = engine.broadcast("all")
    placed = engine.place(listed, [10, 20, 30, 40, 50], shared, "each", ship=ship)
    groups = engine.each(whole, placed)
    assert [piece for group in groups for piece in group["pieces"]] == [10, 20, 30, 40, 50]
    assert [group["first"] for group in groups] == ([0] if len(groups) == 1 else [0, 3])
    assert all(group["shared"] == ["all", "each"] for group in groups)


@pytest.mark.parametrize("ship", [False, True])
def test_a_group_is_made_once_and_stays(engine: Any, ship: bool) -> None:
    placed = engine.place(listed, [1.0, 2.0, 3.0], ship=ship)
    made = [group["made"] for group in engine.each(whole, placed)]
    where = engine.each(who, placed)
    factor = engine.broadcast(2.0)
    for _ in range(3):
        assert sum(engine.each(scaled_sum, placed, factor)) == 12.0
        assert engine.each(who, placed) == where
    assert [group["made"] for group in engine.each(whole, placed)] == made


def test_independent_work_comes_back_in_order_and_is_told_of(engine: Any) -> None:
    told: dict[int, float] = {}
    found = engine.over(square, [3.0, 1.0, 2.0], engine.broadcast(0.5), done=told.__setitem__)
    assert found == [9.5, 1.5, 4.5]
    assert told == {0: 9.5, 1: 1.5, 2: 4.5}
    assert engine.over(square, []) == []


def test_what_work_raises_is_raised(engine: Any) -> None:
    with pytest.raises(ValueError, match="two is too many"):
        engine.over(raising, [1, 2, 3])


def test_groups_are_on_different_workers(two: Dask) -> None:
    assert len(set(two.each(who, two.place(listed, [1, 2])))) == 2


def test_two_engines_of_one_client_do_not_take_each_others_results(two: Dask) -> None:
    other = Dask(two.client)
    placed, again = two.place(listed, [1, 2], ship=True), other.place(listed, [3, 4], ship=True)
    assert sum(two.each(scaled_sum, placed, 1.0)) == 3.0
    assert sum(other.each(scaled_sum, again, 1.0)) == 7.0
    assert two.over(square, [1.0]) == [1.0] and other.over(square, [2.0]) == [4.0]


@pytest.mark.parametrize("ship", [False, True])
def test_a_worker_killed_at_work_is_made_up_for(two: Dask, ship: bool, tmp_path: Path) -> None:
    placed = two.place(listed, [1, 2, 3], two.broadcast("kept"), ship=ship)
    marker = two.broadcast(str(tmp_path / "once"))
    assert sum(two.each(ends_its_worker, placed, marker)) == 3
    groups = two.each(whole, placed)
    assert [piece for group in groups for piece in group["pieces"]] == [1, 2, 3]
    assert all(group["shared"] == ["kept"] for group in groups)
