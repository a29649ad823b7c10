"""Dates, weights and several targets on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flowers import Run

import standalone_node as sn

QUICK = ("--max-iterations", "3", "--steps", "2", "--l2", "0.001")


@pytest.fixture
def data(folder: Path) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x = rng.normal(size=60)
    days = pd.date_range("2020-01-01", periods=60, freq="D").strftime("%m/%d/%y")
    frame = pd.DataFrame({"day": days, "x": x, "a": x * x, "b": 3 - x, "w": rng.integers(0, 3, 60)})
    frame.to_csv(folder / "rows.csv", index=False)
    return frame


def test_from_a_csv_file_to_predictions_of_both_targets(run: Run, data: pd.DataFrame) -> None:
    options = ("--target", "a", "--target", "b", "--weight", "w", "--date", "day=%m/%d/%y")
    result = run("fit", "rows.csv", *options, *QUICK, "--json", "--report", "seen")
    assert result.exit_code == 0, result.stderr
    facts = json.loads(result.stdout)
    assert (facts["target"], facts["weight"], facts["columns"]) == ("a, b", "w", 2)
    assert [entry["target"] for entry in facts["test"]["targets"]] == ["a", "b"]
    assert "rows of weight 0 were left out" in result.stderr
    page = Path("seen/report.html").read_text()
    assert "predicted − true b" in page or "residuals-2" in page
    predicted = run("predict", "rows.node.npz", "rows.csv", "-o", "out.csv")
    assert predicted.exit_code == 0
    found = pd.read_csv("out.csv")[["predicted_a", "predicted_b"]].to_numpy()
    np.testing.assert_array_equal(found, sn.load("rows.node.npz").predict(data))
    assert "R² of b" in run("evaluate", "rows.node.npz", "rows.csv").stdout
    info = run("info", "rows.node.npz").stdout
    assert "a, b, regression" in info and "column w" in info and "%m/%d/%y" in info


def test_one_target_in_a_configuration_is_a_text_and_several_a_list(
    run: Run, data: pd.DataFrame
) -> None:
    for value, names in (('"a"', ("a",)), ('["a", "b"]', ("a", "b"))):
        Path("fit.toml").write_text(f'[fit]\ndata = "rows.csv"\ntarget = {value}\n')
        assert f"target = {value}" in run("fit", "--config", "fit.toml", "--dump-config").stdout
        assert run("fit", "--config", "fit.toml", "--date", "day=%m/%d/%y", *QUICK).exit_code == 0
        assert sn.load("rows.node.npz").schema_.target_names == names


def test_a_date_without_its_format_is_wrong_usage(run: Run, data: pd.DataFrame) -> None:
    result = run("fit", "rows.csv", "--target", "a", "--date", "day")
    assert result.exit_code == 2
    assert "--date 'day' has to be a column and a format" in result.stderr
    wrong = run("fit", "rows.csv", "--target", "a", "--date", "day=%d.%q")
    assert wrong.exit_code == 2 and "'%q'" in wrong.stderr


def test_weights_are_refused_in_chunks_by_name(run: Run, data: pd.DataFrame) -> None:
    result = run("fit", "rows.csv", "--target", "a", "--weight", "w", "--chunked", "yes")
    assert result.exit_code == 2
    assert "--weight needs all rows in memory" in result.stderr and "--chunked no" in result.stderr


def test_scores_are_weighted_in_chunks_too(run: Run, data: pd.DataFrame) -> None:
    options = ("--target", "a", "--target", "b", "--weight", "w", "--ignore", "day")
    assert run("fit", "rows.csv", *options, *QUICK).exit_code == 0
    whole, parts = (
        json.loads(run("evaluate", "rows.node.npz", "rows.csv", "--json", *how).stdout)["scores"]
        for how in ((), ("--chunked", "yes"))
    )
    assert parts["effective_size"] == pytest.approx(whole["effective_size"])
    for own, other in zip(parts["targets"], whole["targets"], strict=True):
        assert own["rmse"] == pytest.approx(other["rmse"])
