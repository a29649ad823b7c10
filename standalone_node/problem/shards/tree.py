"""Sums over shards whose bits do not depend on who adds what.

The numbers of the shards are the leaves of a binary tree, and every sum is that of a node: what is
left of it plus what is right of it. Somebody who has some neighbouring shards adds up the largest
nodes within them; whoever has all of these adds them up to the root. A sum over n shards needs at
most 2 log2(n) numbers from each, and is the same however the shards are shared out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

#: A node: its level, 0 that of the leaves, and its place there; it covers the leaves from
#: place * 2^level on.
Node = tuple[int, int]


def partial_sums(first: int, values: Sequence[Any], count: int) -> list[tuple[Node, Any]]:
    """The sums of the largest nodes that neighbouring shards fill.

    Parameters
    ----------
    first : int
        The number of the first of these shards.
    values : sequence
        One for each, of anything that can be added: numbers, arrays, derivatives.
    count : int
        How many shards there are in all.

    Examples
    --------
    >>> partial_sums(1, [10, 20, 30, 40], count=5)
    [((0, 1), 10), ((1, 1), 50), ((0, 4), 40)]
    """
    found: list[tuple[Node, Any]] = []
    end = first + len(values)
    for node in covering(first, end, count):
        level, place = node
        a, b = place << level, min((place + 1) << level, count)
        found.append((node, _added([*values[a - first : b - first]])))
    return found


def covering(first: int, end: int, count: int) -> list[Node]:
    """The largest nodes of a tree over `count` leaves that cover the leaves first … end - 1.

    A node at the right edge may have fewer leaves than others of its level.

    Examples
    --------
    >>> covering(0, 6, 8), covering(0, 6, 6)
    ([(2, 0), (1, 2)], [(3, 0)])
    """
    nodes, a = [], first
    while a < end:
        level = 0
        while _fits(a, level + 1, end, count):
            level += 1
        nodes.append((level, a >> level))
        a = min(a + (1 << level), count)
    return nodes


def _fits(first: int, level: int, end: int, count: int) -> bool:
    """Whether the node of this level that begins at a leaf lies before `end`; none is too high."""
    if first & ((1 << level) - 1) or (1 << (level - 1)) >= count - first:
        return False
    return min(first + (1 << level), count) <= end


def _added(values: list[Any]) -> Any:
    """The sum of a node, level by level."""
    while len(values) > 1:
        pairs = [a + b for a, b in zip(values[::2], values[1::2], strict=False)]
        values = [*pairs, *values[len(pairs) * 2 :]]
    return values[0]


def total(parts: Iterable[Iterable[tuple[Node, Any]]], count: int) -> Any:
    """The sum over all shards, from the partial sums that cover them.

    Parameters
    ----------
    parts : iterable of iterables
        What `partial_sums` gave, of everybody who has shards.
    count : int
        How many shards there are.

    Examples
    --------
    >>> total([partial_sums(0, [1, 2], 5), partial_sums(2, [3, 4, 5], 5)], count=5)
    15
    """
    sums = {node: value for part in parts for node, value in part}
    level = 0
    while (1 << level) < count:
        for place in sorted(place for height, place in sums if height == level):
            if place % 2 or (level, place) not in sums:
                continue
            value = sums.pop((level, place))
            if (level, place + 1) in sums:
                value = value + sums.pop((level, place + 1))
            sums[level + 1, place // 2] = value
        level += 1
    assert list(sums) == [(level, 0)], "the partial sums do not cover the shards"
    return sums[level, 0]
