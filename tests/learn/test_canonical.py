"""Rows in the order of their contents: what the order depends on, and what it does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from standalone_node.learn import canonical as module
from standalone_node.learn.canonical import canonical, content_groups, content_order

RNG = np.random.default_rng(3)
#: Small whole numbers, so that many rows are equal.
X = RNG.integers(-2, 3, (300, 2)).astype(float)
Y = RNG.integers(0, 2, 300)
W = RNG.uniform(0.0, 2.0, 300) * (RNG.uniform(size=300) > 0.2)


def same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether all arrays have the same bits."""
    return all(
        a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True)
    )


def test_every_content_is_there_once_with_the_sum_of_its_weights() -> None:
    rows, targets, weights = canonical(X, Y, W)
    sums: dict[tuple[float, ...], float] = {}
    for x, y, w in zip(X.tolist(), Y.tolist(), W.tolist(), strict=True):
        if w:
            sums[(*x, y)] = sums.get((*x, y), 0.0) + w
    found = {(*x, y): w for x, y, w in zip(rows.tolist(), targets.tolist(), weights, strict=True)}
    assert len(rows) == len(sums) < np.count_nonzero(W)
    assert found == pytest.approx(sums, rel=1e-14)


@pytest.mark.parametrize("targets", [Y, RNG.normal(size=(300, 2))[np.arange(300) // 3]])
def test_another_order_of_the_rows_changes_no_bit(targets: np.ndarray) -> None:
    given = (X, targets, W)
    for seed in range(5):
        shuffled = np.random.default_rng(seed).permutation(300)
        assert same(canonical(*(part[shuffled] for part in given)), canonical(*given))


def test_a_row_twice_is_a_weight_of_two_and_a_row_of_weight_zero_is_not_there() -> None:
    times = RNG.integers(0, 4, 300)
    repeated = np.repeat(X, times, axis=0), np.repeat(Y, times), np.ones(times.sum())
    assert same(canonical(*repeated), canonical(X, Y, times.astype(float)))


def test_the_order_is_none_that_the_values_would_have() -> None:
    x = np.arange(2000.0)[:, None]
    rows, _, _ = canonical(x, np.zeros(2000), np.ones(2000))
    halves = rows[:1000].mean(), rows[1000:].mean()
    assert abs(np.corrcoef(rows[:, 0], np.arange(2000))[0, 1]) < 0.1
    assert abs(halves[0] - halves[1]) < 100.0


def test_both_zeros_are_zero() -> None:
    x = np.array([[0.0], [-0.0], [1.0]])
    rows, _, weights = canonical(x, -x[:, 0], np.ones(3))
    assert sorted(weights) == [1.0, 2.0]
    assert not np.signbit(rows).any()


@pytest.mark.parametrize("power", [-1000, -40, 3, 900])
def test_other_units_by_a_power_of_two_change_no_order(power: int) -> None:
    x = RNG.normal(size=(200, 3))
    order, _ = content_order(x, x[:, 0])
    scaled = x * [2.0**power, 1.0, 0.5]
    assert np.array_equal(content_order(scaled, scaled[:, 0])[0], order)


def test_values_that_vanish_beside_others_are_still_different() -> None:
    x = np.array([[1e300], [1e-300], [2e-300], [1e-300]])
    assert len(set(content_groups(x).tolist())) == 3


def test_different_rows_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def poor(parts: list[np.ndarray]) -> np.ndarray:
        """A hash of three values."""
        return np.abs(parts[0][:, 0]).astype(np.uint64)

    expected = canonical(X, Y, W)
    monkeypatch.setattr(module, "_hashes", poor)
    found = canonical(X, Y, W)
    assert len(found[0]) == len(expected[0])
    shuffled = RNG.permutation(300)
    assert same(canonical(X[shuffled], Y[shuffled], W[shuffled]), found)


def test_groups_are_those_of_equal_cells_whatever_their_kind() -> None:
    days = pd.to_datetime(["2024-02-29", "2024-03-01"]).to_numpy()
    index = RNG.integers(0, 2, (40, 5))
    cells = (
        np.array(["a", "b"])[index[:, 0]],
        np.array([None, "x"], object)[index[:, 1]],
        np.array([np.nan, 1.5])[index[:, 2]],
        days[index[:, 3]],
        index[:, 4].astype(bool),
    )
    groups = content_groups(*cells)
    contents = index @ (2 ** np.arange(5))
    pairs = set(zip(groups.tolist(), contents.tolist(), strict=True))
    assert len(pairs) == len(set(groups.tolist())) == len(set(contents.tolist()))
    assert sorted(set(groups.tolist())) == list(range(len(pairs)))
    shuffled = RNG.permutation(40)
    assert np.array_equal(content_groups(*(part[shuffled] for part in cells)), groups[shuffled])


def test_a_number_and_its_text_differ() -> None:
    assert len(set(content_groups(np.array([1, "1", 1.0, None, "None"], object)))) == 4


def test_no_rows_are_no_rows() -> None:
    empty = np.empty((0, 2)), np.empty(0), np.empty(0)
    assert [len(part) for part in canonical(*empty)] == [0, 0, 0]
    assert content_groups(np.empty((0, 2))).size == 0
