"""The report of a comparison: what the table, the figure and the files say is what happened."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contest import contest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from standalone_node.learn.comparison import Comparison
from standalone_node.learn.contenders import COMPARED
from standalone_node.plot.style import LINES
from standalone_node.report.comparison import (
    comparison_facts,
    comparison_tables,
    histories_csv,
)
from standalone_node.report.comparison_progress import ComparisonProgress, line
from standalone_node.report.figures import FORMATS
from standalone_node.report.figures.comparison import draw, save_comparison, spread


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return contest()


@pytest.fixture(scope="module")
def facts(comparison: Comparison) -> dict[str, Any]:
    return comparison_facts(comparison, ["Beware."], {"figure": "c.png"})


def shown(part: RenderableType, width: int = 110) -> str:
    console = Console(width=width, file=io.StringIO())
    console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_facts_are_json_and_name_every_method(facts: dict[str, Any]) -> None:
    told = json.loads(json.dumps(facts, allow_nan=False))
    assert [method["name"] for method in told["methods"]] == list(COMPARED)
    assert told["warnings"] == ["Beware."] and told["files"] == {"figure": "c.png"}
    assert told["cost"]["best"] < told["level"]["cost"] < told["cost"]["start"]
    for method in told["methods"]:
        reached = method["reached"]
        assert reached is None or reached["sweeps"] <= method["sweeps"]
        assert bool(method["rates"]) == (method["rate"] is not None)
        assert method["same_cost"] == (not method["network"])
        assert 0.0 <= method["test"]["accuracy"] <= 1.0 and method["roughness"] > 0.0


def test_the_table_has_a_row_a_method_and_says_who_did_not_get_there(
    facts: dict[str, Any],
) -> None:
    text = shown(comparison_tables(facts))
    lines = text.splitlines()
    for method in facts["methods"]:
        row = next(row for row in lines if row.strip().startswith(method["label"]))
        assert method["end_state"]["name"] in row
        assert ("not reached" in row) == (method["reached"] is None)
        assert ("*" in row) == (not method["same_cost"])
    assert "without the penalty h1" in text and "is not charged" in text
    assert "SGD: " in text and "c.png" in text


def test_the_table_fits_a_hundred_columns(facts: dict[str, Any]) -> None:
    assert max(map(len, shown(comparison_tables(facts), width=100).splitlines())) <= 100
    assert "not reached" in shown(comparison_tables(facts), width=100)


def test_one_method_alone_is_no_contest() -> None:
    found = contest(methods=("resnet",), sweeps=6, test_share=0.0)
    text = shown(comparison_tables(comparison_facts(found, [], {})))
    assert "1 method\n" in text and "held-out accuracy" not in text and "1 %" in text


def test_an_overflow_is_a_dash_in_the_table(facts: dict[str, Any]) -> None:
    lost = {
        **facts["methods"][6],
        "cost": float("inf"),
        "test": None,
        "reached": None,
        "end_state": {"name": "overflow", "sentence": "Too long.", "success": False},
    }
    methods = [*facts["methods"][:6], lost]
    row = next(
        row
        for row in shown(comparison_tables({**facts, "methods": methods})).splitlines()
        if row.strip().startswith("SGD") and "overflow" in row
    )
    assert row.count("–") == 3 and "inf" not in row


def test_the_csv_file_has_all_histories(comparison: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(histories_csv(comparison))))
    for run in comparison.runs:
        mine = [row for row in rows if row["method"] == run.name]
        assert [int(row["iteration"]) for row in mine] == list(range(run.kept.iterations + 1))
        for name, column in run.kept.history.items():
            assert [float(row[name]) for row in mine] == column.tolist()
        assert {row["rate"] for row in mine} == {
            "" if run.kept.rate is None else f"{run.kept.rate}"
        }


def test_the_figure_draws_every_history_twice_and_names_it_once(comparison: Comparison) -> None:
    left, right = draw(comparison).axes
    for axes, column in ((left, "sweeps"), (right, "seconds")):
        assert axes.get_xscale() == axes.get_yscale() == "log"
        curves = [curve for curve in axes.get_lines() if len(curve.get_xdata()) > 2]
        for run, curve in zip(reversed(comparison.runs), curves, strict=True):
            history = run.kept.history
            assert np.array_equal(curve.get_ydata(), history["cost"])
            spent, drawn = history[column], np.asarray(curve.get_xdata())
            assert np.array_equal(drawn[1:], spent[1:]) and drawn[0] >= spent[0]
            assert drawn[0] > 0.0
    names = {text.get_text() for text in right.texts}
    assert names == {c.label + " (other cost)" * (not c.same_cost) for c in COMPARED.values()}
    assert len({text.get_color() for text in right.texts}) == len(COMPARED) <= len(LINES)


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_figure_is_the_same_file_every_time(
    comparison: Comparison, tmp_path: Path, file_format: str
) -> None:
    for name in "ab":
        save_comparison(comparison, tmp_path / name, file_format)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=10))
def test_labels_are_spread_in_their_order_and_stay_inside(heights: list[float]) -> None:
    given_heights, apart = np.array(heights), 0.08
    placed = spread(given_heights, apart)
    order = np.argsort(given_heights, kind="stable")
    assert (np.diff(placed[order]) >= apart - 1e-9).all()
    assert placed.min() >= -1e-9 and placed.max() <= 1.0 + 1e-9
    if (np.diff(given_heights[order]) >= apart).all():
        assert placed == pytest.approx(given_heights)


def test_progress_is_a_line_a_method(comparison: Comparison) -> None:
    console = Console(file=io.StringIO(), width=1000)
    with ComparisonProgress(console) as progress:
        for run in comparison.runs:
            progress.stage(run.contender.label)
            progress.done(run)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue().splitlines()
    assert said == [line(run) for run in comparison.runs]
    assert "Sobolev NCG: cost" in said[0] and "the best of" in said[-1]


def test_a_terminal_sees_where_a_run_stands_and_keeps_the_lines(comparison: Comparison) -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    run = comparison.runs[0]
    with ComparisonProgress(console) as progress:
        progress.stage("Sobolev NCG")
        progress.done(run)
    assert isinstance(console.file, io.StringIO)
    assert line(run) in console.file.getvalue()


def test_quiet_is_quiet(comparison: Comparison) -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    with ComparisonProgress(console, quiet=True) as progress:
        progress.stage("Adam")
        progress.done(comparison.runs[0])
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""
