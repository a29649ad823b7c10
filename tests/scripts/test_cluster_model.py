"""scripts/cluster_model.py: what it counts is what is sent, and what it says is reasonable."""

from __future__ import annotations

import importlib
import math
import random
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from standalone_node.engines.cutting import groups_of
from standalone_node.problem.shards.group import cut
from standalone_node.problem.shards.tree import partial_sums, total

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
model = importlib.import_module("cluster_model")
figures = importlib.import_module("cluster_figures")

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


def test_the_segments_of_a_run_are_the_partial_sums_that_are_sent() -> None:
    chance = random.Random(0)
    for count in (1, 2, 3, 7, 8, 39, 64, 100):
        for _ in range(30):
            first = chance.randrange(count)
            end = chance.randrange(first, count) + 1
            sent = partial_sums(first, [1] * (end - first), count)
            assert model.segments(first, end, count) == len(sent)
            assert len(sent) <= model.most_segments(count)


@pytest.mark.parametrize(
    ("rows", "width", "workers"), [(10**6, 20, 2), (10**6, 64, 7), (9, 3, 4), (10**7, 20, 64)]
)
def test_the_sums_that_come_back_are_those_of_the_problem_and_the_engine(
    rows: int, width: int, workers: int
) -> None:
    case = model.Case(rows, width, 20, workers, 21)
    shards = cut(rows, width)
    groups = groups_of([part.stop - part.start for part in shards], [1.0] * workers)
    assert case.shards == len(shards) and case.busy == len(groups)
    ones = [[1] * (group.stop - group.start) for group in groups]
    sent = [partial_sums(g.start, one, len(shards)) for g, one in zip(groups, ones, strict=True)]
    assert model.partial_sums(case) == sum(map(len, sent))
    assert total(sent, len(shards)) == len(shards)


def test_the_bytes_are_those_of_the_page() -> None:
    case = model.Case(rows=10**6, width=20, steps=20, workers=2, depth_points=21)
    quiet = replace(model.MEASURED, message=0, copy=0)
    sent = model.bytes_sent(case, quiet)
    assert case.vector == 8 * 21 * 420
    assert sent.down == 2 * 2 * case.vector
    assert sent.up == model.partial_sums(case) * case.vector
    through = model.bytes_sent(replace(case, direct=False), quiet)
    assert through.down == 3 * 2 * case.vector and through.up == 2 * sent.up


def test_all_workers_have_a_copy_after_the_generations_and_not_before() -> None:
    assert [model.generations(w) for w in (1, 2, 3, 4, 9, 10, 1000)] == [0, 1, 1, 2, 2, 3, 7]


def test_time_falls_with_workers_until_the_rounds_and_the_link_take_over() -> None:
    spent = [model.seconds(replace(model.LARGE, workers=w)) for w in (1, 10, 100, 1000)]
    assert all(a.work > b.work for a, b in pairwise(spent))
    assert all(a.rounds < b.rounds and a.link < b.link for a, b in pairwise(spent))
    assert spent[0].bound == "work"
    fewer = model.seconds(replace(model.LARGE, workers=1000, depth_points=3))
    assert fewer.link < 0.2 * spent[-1].link and fewer.rounds == spent[-1].rounds


def test_one_worker_is_as_fast_as_one_machine_but_for_the_rounds() -> None:
    case = replace(model.BASE, workers=1)
    spent = model.seconds(case)
    assert math.isclose(spent.work, case.rows * model.row_seconds(case))
    assert 0.9 < model.speed_up(case) < 1.0


def test_amounts_are_shown_with_three_figures() -> None:
    shown = [model.shown(x, "B") for x in (70560.0, 1.4e9, 12.0)]
    assert shown == ["70.6 kB", "1.40 GB", "12.0 B"]


@pytest.mark.parametrize("name", model.tables())
def test_the_tables_of_the_page_are_what_the_script_prints(name: str) -> None:
    assert model.table(model.tables()[name]) in PAGE


def test_the_script_prints_one_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        model.main(["--rows", "1e9", "--width", "64", "--workers", "200", "--threads", "16"]) == 0
    )
    (row,) = capsys.readouterr().out.splitlines()[2:]
    assert row.startswith("| 1e9 | 64 | 21 | 200 × 16 |")


def test_the_figures_are_drawn(tmp_path: Path) -> None:
    assert figures.main(["--folder", str(tmp_path)]) == 0
    assert {p.name for p in tmp_path.iterdir()} == set(figures.FIGURES)
    assert all(f"figures/{name}" in PAGE for name in figures.FIGURES)
