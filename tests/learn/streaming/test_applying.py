"""A model scores and predicts a file in chunks as it does the whole of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from odd_files import FILES, written

from standalone_node.errors import NodeError
from standalone_node.learn.prediction import evaluate_table, predict_table
from standalone_node.learn.streaming import encoded as encoded_module
from standalone_node.learn.streaming.applying import evaluate_chunks, predict_chunks
from standalone_node.learn.streaming.prepared import opened
from standalone_node.learn.table import read_table
from standalone_node.learn.tabular import fit, prepare


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_module, "BLOCK", 300)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("models")
    path = written(folder, "gaps", FILES["gaps"])
    return {
        missing: fit(
            prepare(read_table(path), "label", missing=missing), {"max_iterations": 5}
        ).estimator
        for missing in ("drop", "impute")
    }


def outcome(way: Any) -> Any:
    try:
        return way()
    except NodeError as error:
        return type(error), str(error)


NAMES = ["plain", "quotes", "gaps", "gap-of-target", "blank-behind-quote", "semicolons", "gzip"]


@pytest.mark.parametrize("missing", ["drop", "impute"])
@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_of_the_whole_file(
    name: str, missing: str, models: dict[str, Any], tmp_path: Path
) -> None:
    path, model = written(tmp_path, name, FILES[name]), models[missing]
    whole = outcome(lambda: evaluate_table(model, read_table(path)))
    parts = outcome(lambda: evaluate_chunks(model, opened(path, None, None)))
    if isinstance(whole, tuple):
        assert parts == whole
        return
    assert whole.scores.pop("log_loss") == pytest.approx(parts.scores.pop("log_loss"), rel=1e-12)
    assert (parts.scores, parts.baseline) == (whole.scores, whole.baseline)
    assert (parts.notes, parts.source) == (whole.notes, whole.source)


@pytest.mark.parametrize("missing", ["drop", "impute"])
@pytest.mark.parametrize("name", ["plain", "gaps", "semicolons", "crlf"])
def test_predictions_are_those_of_the_whole_file(
    name: str, missing: str, models: dict[str, Any], tmp_path: Path
) -> None:
    path, model = written(tmp_path, name, FILES[name]), models[missing]
    whole = predict_table(model, read_table(path)).frame()
    parts = pd.concat([p.frame() for p in predict_chunks(model, opened(path, None, None))])
    pd.testing.assert_frame_equal(parts.iloc[:, :5], whole.iloc[:, :5])
    for name_of_column in whole.columns[5:]:
        close = whole[name_of_column].astype(float) - parts[name_of_column].astype(float)
        assert abs(close).max() < 1e-12


def test_unknown_categories_are_named_as_of_the_whole_file(
    models: dict[str, Any], tmp_path: Path
) -> None:
    data = FILES["plain"]
    path = written(tmp_path, "unknown", data[:-60] + data[-60:].replace(b"e", b"E"))
    whole = outcome(lambda: evaluate_table(models["drop"], read_table(path)))
    assert "unknown to the model" in whole[1]
    assert outcome(lambda: evaluate_chunks(models["drop"], opened(path, None, None))) == whole
