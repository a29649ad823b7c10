"""A model on a table: what is written beside its columns, and what it scores."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import standalone_node as sn
from standalone_node.errors import DataError, ModelFileError, StateOverflow
from standalone_node.learn.prediction import evaluate_table, predict_table
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import fit, prepare


def rows(count: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x = rng.normal(0.0, 1.0, count).round(3)
    return pd.DataFrame({"x": x, "z": (x**2).round(3), "y": np.where(x > 0, "up", "down")})


def model(frame: pd.DataFrame, target: str = "y", **options: Any) -> Any:
    arguments = {"max_iterations": 4, "steps": 2, **options.pop("arguments", {})}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit(prepare(Table.from_frame(frame), target, **options), arguments).estimator


def test_the_cells_stay_and_the_predictions_follow() -> None:
    frame = rows()
    estimator = model(frame)
    table = Table.from_frame(frame[["z", "x"]].assign(note="as it was"))
    written = predict_table(estimator, table).frame()
    assert list(written) == [
        "z", "x", "note", "predicted_y", "probability_down", "probability_up"
    ]  # fmt: skip
    assert written[["z", "x", "note"]].equals(table.frame)
    assert written["predicted_y"].tolist() == estimator.predict(frame).tolist()
    shares = written[["probability_down", "probability_up"]].astype(float)
    assert np.array_equal(shares.to_numpy(), estimator.predict_proba(frame))


def test_numbers_are_written_with_the_decimal_mark_of_the_table() -> None:
    estimator = model(rows(), "z", arguments={"l2": 0.1})
    table = Table.from_frame(rows()[["x", "y"]])
    german = Table(**{**vars(table), "decimal": ",", "frame": table.frame.map(_comma)})
    plain, comma = (predict_table(estimator, t).frame()["predicted_z"] for t in (table, german))
    assert [text.replace(",", ".") for text in comma] == plain.tolist()
    assert all("," in text for text in comma)


def _comma(text: str) -> str:
    return text.replace(".", ",")


def test_a_column_that_is_called_as_the_predictions_is_not_overwritten() -> None:
    table = Table.from_frame(rows().assign(predicted_y="mine"))
    with pytest.raises(DataError, match="'predicted_y' already"):
        predict_table(model(rows()), table)


def test_a_loss_without_probabilities_predicts_classes_alone() -> None:
    estimator = model(rows(), arguments={"loss": "squared"})
    predictions = predict_table(estimator, Table.from_frame(rows()))
    assert predictions.names == ("predicted_y",)
    assert predictions.probabilities is None
    scores = evaluate_table(estimator, Table.from_frame(rows())).scores
    assert scores["accuracy"] > 0.5 and "log_loss" not in scores


def test_evaluating_needs_the_target_and_predicting_does_not() -> None:
    estimator, table = model(rows()), Table.from_frame(rows()[["x", "z"]])
    assert len(predict_table(estimator, table).values) == 30
    with pytest.raises(DataError, match="'y' is absent"):
        evaluate_table(estimator, table)


def test_the_baseline_of_an_evaluation_is_that_of_the_fit() -> None:
    frame = rows()
    evaluation = evaluate_table(model(frame), Table.from_frame(frame[frame["y"] == "up"]))
    assert evaluation.baseline is not None
    assert evaluation.baseline["accuracy"] in (0.0, 1.0)
    assert evaluation.scores["rows"] == (frame["y"] == "up").sum()


def test_a_model_fitted_on_arrays_says_that_it_knows_no_columns() -> None:
    with pytest.warns(UserWarning, match="not converged"):
        estimator = sn.NodeClassifier(max_iterations=1).fit([[0.0], [1.0], [2.0]], [0, 1, 1])
    with pytest.raises(ModelFileError, match=r"m\.npz: this model was fitted on arrays"):
        predict_table(estimator, Table.from_frame(rows()), source="m.npz")


def test_a_row_whose_state_overflows_is_named() -> None:
    frame = rows()
    estimator = model(frame, arguments={"activation": "identity", "max_iterations": 8})
    frame.loc[16, "x"] = 1.7e308
    table = Table.from_frame(frame)
    for action in (predict_table, evaluate_table):
        with np.errstate(all="ignore"), pytest.raises(StateOverflow, match=r"state of row 17 "):
            action(estimator, table)
