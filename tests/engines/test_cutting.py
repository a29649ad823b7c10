"""Neighbours are shared out evenly, and nobody goes empty-handed."""

from __future__ import annotations

import numpy as np
import pytest

from standalone_node.engines.cutting import groups_of


@pytest.mark.parametrize("pieces", [1, 2, 7, 39, 400])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_all_pieces_are_in_one_group_each_in_their_order(pieces: int, count: int) -> None:
    sizes = np.random.default_rng(pieces).integers(0, 9, pieces).astype(float).tolist()
    groups = groups_of(sizes, [1.0] * count)
    assert len(groups) == min(pieces, count)
    assert [k for part in groups for k in range(part.start, part.stop)] == list(range(pieces))
    assert all(part.start < part.stop for part in groups)


def test_groups_weigh_about_the_same() -> None:
    sizes = np.random.default_rng(1).random(1000)
    weights = [sizes[part].sum() for part in groups_of(sizes.tolist(), [1.0] * 7)]
    assert max(weights) - min(weights) < 2.0


def test_who_has_more_threads_is_given_more() -> None:
    groups = groups_of([1.0] * 60, [1.0, 4.0, 1.0])
    assert [part.stop - part.start for part in groups] == [10, 40, 10]
    assert len(groups_of([1.0], [2.0, 1.0])) == 1
    assert groups_of([], [1.0, 1.0]) == []
