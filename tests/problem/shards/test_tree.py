"""The sum over shards is one and the same number, whoever adds up which of them."""

from __future__ import annotations

from itertools import pairwise
from math import log2

import numpy as np
import pytest

from standalone_node.problem.shards.tree import covering, partial_sums, total


def cuts(rng: np.random.Generator, count: int) -> list[int]:
    """Where runs of neighbours begin, and the end."""
    inner = rng.choice(np.arange(1, count), rng.integers(0, count), replace=False)
    return [0, *sorted(inner.tolist()), count]


@pytest.mark.parametrize("count", [*range(1, 18), 31, 32, 33, 100])
def test_the_bits_do_not_depend_on_how_the_shards_are_shared_out(count: int) -> None:
    rng = np.random.default_rng(count)
    values = (rng.normal(size=count) * 10.0 ** rng.integers(-9, 9, count)).tolist()
    whole = total([partial_sums(0, values, count)], count)
    assert whole == pytest.approx(sum(values), rel=1e-9, abs=1e-9 * max(map(abs, values)))
    for _ in range(10):
        ends = cuts(rng, count)
        parts = [partial_sums(a, values[a:b], count) for a, b in pairwise(ends)]
        assert total(parts[::-1], count) == whole


def test_the_order_of_addition_matters_so_that_equal_bits_say_something() -> None:
    values = [1e16, 1.0, -1e16, 1.0]
    assert total([partial_sums(0, values, 4)], 4) != sum(values)


@pytest.mark.parametrize("count", [1, 7, 64, 100])
def test_somebody_with_neighbours_sends_at_most_twice_the_logarithm(count: int) -> None:
    for first in range(count):
        for end in range(first + 1, count + 1):
            nodes = covering(first, end, count)
            assert len(nodes) <= max(1, 2 * log2(count))
            leaves = [
                leaf
                for level, place in nodes
                for leaf in range(place << level, min((place + 1) << level, count))
            ]
            assert leaves == list(range(first, end))


def test_all_shards_together_are_one_node() -> None:
    assert all(len(covering(0, count, count)) == 1 for count in range(1, 70))


def test_what_is_missing_is_noticed() -> None:
    with pytest.raises(AssertionError, match="do not cover"):
        total([partial_sums(0, [1.0, 2.0], 4)], 4)
