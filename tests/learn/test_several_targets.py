"""Several numeric targets of one model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from standalone_node.errors import ArgumentError, DataError, ModelFileError
from standalone_node.learn.container import packed
from standalone_node.learn.model_file import MODEL, load, save
from standalone_node.learn.model_state import state_of
from standalone_node.learn.prediction import evaluate_table, predict_table
from standalone_node.learn.streaming.prepared import prepare_stored
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Fitted, fit, prepare

pytestmark = pytest.mark.filterwarnings("ignore:not converged")
FEW: dict[str, Any] = {"max_iterations": 8, "steps": 2, "l2": 1e-3}


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=(2, 60))
    noise = 0.1 * rng.normal(size=60)
    return pd.DataFrame({"x": x, "z": z, "a": x * z, "b": 1000 + 50 * x + noise, "n": [0, 1] * 30})


@pytest.fixture(scope="module")
def found() -> Fitted:
    with pytest.warns(UserWarning, match="not converged"):
        return fit(prepare(Table.from_frame(frame()), ["a", "b"]), FEW)


def test_scores_are_those_of_each_and_their_mean(found: Fitted) -> None:
    part, scores = found.prepared.test, found.test_scores
    assert part is not None and scores is not None
    predicted = found.estimator.predict(part.inputs)
    assert predicted.shape == part.targets.shape == (12, 2)
    measures = {"r2": r2_score, "rmse": root_mean_squared_error, "mae": mean_absolute_error}
    for name, measure in measures.items():
        each = measure(part.targets, predicted, multioutput="raw_values")
        assert [entry[name] for entry in scores["targets"]] == pytest.approx(list(each))
        assert scores[name] == pytest.approx(each.mean())
    assert [entry["target"] for entry in scores["targets"]] == ["a", "b"]


def test_the_baseline_is_the_mean_of_each(found: Fitted) -> None:
    means = found.prepared.train.targets.mean(axis=0)
    assert found.baseline is not None
    assert found.baseline["prediction"] == pytest.approx(list(means))
    assert found.estimator.summary_["baseline_prediction"] == pytest.approx(list(means))
    assert found.baseline["r2"] <= 0.0


def test_a_model_file_keeps_them(found: Fitted, tmp_path: Path) -> None:
    save(found.estimator, tmp_path / "m.npz")
    again = load(tmp_path / "m.npz")
    assert again.schema_.target_names == ("a", "b")
    assert again.network_.output_names == ("a", "b")
    table = Table.from_frame(frame())
    predictions = predict_table(again, table)
    assert predictions.names == ("predicted_a", "predicted_b")
    text = predictions.frame()[["predicted_a", "predicted_b"]].astype(float)
    np.testing.assert_array_equal(text, found.estimator.predict(frame()))
    scores = evaluate_table(again, table)
    assert scores.baseline is not None
    assert len(scores.baseline["targets"]) == len(scores.scores["targets"]) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts["schema"].update(further=["b", "c"]),
        lambda facts: facts["schema"].pop("further"),
        lambda facts: facts["summary"].update(baseline_prediction=[1.0]),
        lambda facts: facts["summary"].update(baseline_prediction=["a", "b"]),
        lambda facts: facts.update(flat=True),
    ],
)
def test_a_file_of_other_targets_than_weights_is_refused(
    change: Any, found: Fitted, tmp_path: Path
) -> None:
    facts, arrays = state_of(found.estimator)
    change(facts)
    (tmp_path / "m.npz").write_bytes(packed(MODEL, facts, arrays))
    with pytest.raises(ModelFileError):
        load(tmp_path / "m.npz")


def test_few_whole_numbers_are_quantities_beside_others() -> None:
    prepared = prepare(Table.from_frame(frame()), ["a", "n"])
    assert prepared.task == "regression"
    assert "targets 'a', 'n' are taken as quantities: regression of 2 at once." in prepared.notes


def test_what_cannot_be_is_refused() -> None:
    table = Table.from_frame(frame().assign(c=["u", "v"] * 30))
    with pytest.raises(DataError, match="'c' has cells such as 'u' in row 1"):
        prepare(table, ["a", "c"])
    with pytest.raises(ArgumentError, match="--task classification is for one target"):
        prepare(table, ["a", "n"], task="classification")
    with pytest.raises(ArgumentError, match="'a' is named twice"):
        prepare(table, ["a", "a"])


def test_rows_on_the_disk_are_learnt_alike(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    frame().to_csv(path, index=False)
    parts = prepare_stored(path, ["a", "b"], scratch=tmp_path, test_share=0.0)
    try:
        arguments = {"batch_size": 1000, "epochs": 3, "batch_iterations": 5, "l2": 1e-3}
        stored = fit(parts, arguments)
        whole = fit(prepare(Table.from_frame(frame()), ["a", "b"], test_share=0.0), arguments)
    finally:
        parts.close()
    inputs = whole.prepared.train.inputs
    np.testing.assert_allclose(
        stored.estimator.predict(inputs), whole.estimator.predict(inputs), rtol=1e-6, atol=1e-6
    )
    for name in ("r2", "rmse"):
        assert stored.train_scores[name] == pytest.approx(whole.train_scores[name], rel=1e-6)
