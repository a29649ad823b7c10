"""What is kept fits into the limit, and sizes are read as people write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from standalone_node import InverseProblem
from standalone_node.errors import ArgumentError
from standalone_node.kernels.blocks import NARROW, cut, padded
from standalone_node.problem.memory import (
    NARROW_LIMIT,
    budget,
    bytes_of,
    default_limit,
)


@pytest.mark.parametrize(
    "text, size",
    [
        (1, 1),
        (np.int64(7), 7),
        ("12", 12),
        ("500MB", 500_000_000),
        ("1.5 gb", 1_500_000_000),
        (" 2 KB ", 2000),
    ],
)
def test_sizes_are_read_as_people_write_them(text: Any, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    "text", [0, -1, 1.5, True, None, "", "MB", "5 parsecs", "-3MB", "0.1", b"1", 10**400]
)
def test_what_is_no_size_is_refused_with_an_example(text: Any) -> None:
    with pytest.raises(ArgumentError, match=r"memory_limit.*'500MB'"):
        bytes_of(text)


@pytest.mark.parametrize(
    "width, steps, stages", [(2, 50, 1), (10, 50, 4), (64, 7, 7), (3, 4000, 2)]
)
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.8, 1.0])
def test_what_is_kept_and_worked_in_fits_into_the_limit(
    width: int, steps: int, stages: int, threads: int, share: float
) -> None:
    blocks = cut(5000, width)
    states = [padded(b.stop - b.start, np.float64) * width * 8 for b in blocks]
    sizes = [2 * stages * steps * state for state in states]
    limit = int(share * sum(sizes))
    kept, segment = budget(limit, blocks, width, (steps, stages), np.float64, threads)
    assert 0 <= kept <= len(blocks) and 1 <= segment <= steps
    if share == 1.0:
        assert kept == len(blocks)
        return
    segments = -(-steps // segment)
    room = min(threads, len(blocks)) * max(states) * (2 * stages * segment + segments)
    least = 2.0 * (2 * stages * steps) ** 0.5 * max(states) * min(threads, len(blocks))
    assert sum(sizes[:kept]) + room <= max(limit, 2.0 * least)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.8])
@pytest.mark.parametrize("rows", [4, 200])
def test_what_stages_leave_behind_may_be_lower_or_higher_than_two_states(
    rows: int, share: float
) -> None:
    blocks, width, (steps, stages), threads = cut(5000, 10), 10, (50, 2), 2
    sizes = [stages * steps * rows * padded(b.stop - b.start, np.float64) * 8 for b in blocks]
    assert budget(sum(sizes), blocks, width, (steps, stages), np.float64, threads, rows) == (
        len(blocks), steps
    )  # fmt: skip
    limit = int(share * sum(sizes))
    kept, segment = budget(limit, blocks, width, (steps, stages), np.float64, threads, rows)
    samples = max(padded(b.stop - b.start, np.float64) for b in blocks)
    room = threads * samples * 8 * (rows * stages * segment + width * -(-steps // segment))
    assert 0 <= kept < len(blocks) and sum(sizes[:kept]) + room <= limit


def test_without_a_limit_narrow_states_keep_what_stays_in_the_caches() -> None:
    for width, all_kept in ((NARROW, False), (NARROW + 1, True)):
        blocks = cut(4000, width)
        kept, segment = budget(None, blocks, width, (50, 1), np.float64, 2)
        assert (kept == len(blocks)) == all_kept and segment == 50
        assert 2 * width * 4000 * 50 * 8 > NARROW_LIMIT


def test_the_default_is_a_share_of_the_memory_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert 64_000_000 <= default_limit() <= 2_000_000_000
    monkeypatch.setattr("standalone_node.problem.memory.machine_memory", lambda: 16 * 10**9)
    assert default_limit() == 1_000_000_000


def test_a_problem_says_whether_it_has_to_compute_again() -> None:
    x = np.random.default_rng(0).normal(size=(400, 3))
    assert not InverseProblem(x, x).recomputes
    assert InverseProblem(x, x, memory_limit="2 KB").recomputes
