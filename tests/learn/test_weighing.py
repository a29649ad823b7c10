"""A column of weights: 2 is the row twice, 0 its absence, in fits, fill values and scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.model_file import load, save
from standalone_node.learn.prediction import evaluate_table, predict_table
from standalone_node.learn.scores import class_scores, quantity_scores
from standalone_node.learn.streaming.applying import evaluate_chunks
from standalone_node.learn.streaming.prepared import opened
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Fitted, fit, prepare
from standalone_node.learn.weighing import weighted_median

FEW: dict[str, Any] = {"max_iterations": 6, "steps": 2, "l2": 1e-3}


def frame(rows: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x, z = rng.normal(size=(2, rows))
    kind = np.where(x + 0.5 * z > 0, "b", "a")
    weights = rng.integers(0, 4, rows)
    return pd.DataFrame({"x": x, "z": z, "kind": kind, "y": x - z * z, "w": weights})


def repeated(data: pd.DataFrame) -> pd.DataFrame:
    return data.loc[data.index.repeat(data["w"])].drop(columns="w")


def fitted(data: pd.DataFrame, target: str, other: str, **options: Any) -> Fitted:
    table = Table.from_frame(data.drop(columns=other))
    return fit(prepare(table, target, test_share=0.0, **options), FEW)


@pytest.mark.filterwarnings("ignore:not converged")
@pytest.mark.parametrize(("target", "other"), [("kind", "y"), ("y", "kind")])
def test_a_weight_is_as_many_rows(target: str, other: str) -> None:
    data = frame()
    weighed = fitted(data, target, other, weight="w")
    alike = fitted(repeated(data), target, other)
    np.testing.assert_allclose(
        weighed.estimator.parameters_.values, alike.estimator.parameters_.values, rtol=1e-6
    )
    own, same = weighed.train_scores, alike.train_scores
    assert own["rows"] == np.count_nonzero(data["w"])
    for name in ("accuracy", "log_loss", "r2", "rmse", "mae"):
        assert (name in own) == (name in same)
        if name in own:
            assert own[name] == pytest.approx(same[name], rel=1e-6)
    said, told = (f.estimator.summary_["baseline_prediction"] for f in (weighed, alike))
    assert said == told if target == "kind" else said == pytest.approx(told)


def test_the_column_is_no_input_and_rows_of_weight_0_are_as_if_absent() -> None:
    data = frame()
    data.loc[data["w"] == 0, "x"] = 1e6
    data.loc[data["w"] == 0, "kind"] = "c"
    prepared = prepare(Table.from_frame(data.drop(columns="y")), "kind", weight="w")
    assert prepared.schema.feature_names == ("x", "z")
    assert prepared.schema.target.classes == ("a", "b")
    assert "of weight 0 were left out" in prepared.notes[0]
    assert prepared.left_out == int((data["w"] == 0).sum())
    assert prepared.train.weights is not None
    assert (prepared.train.weights > 0.0).all()


@pytest.mark.parametrize("cell", ["-1", "", "NA", "inf", "much"])
def test_what_is_no_weight_is_an_error_that_names_the_row(cell: str) -> None:
    data = frame().astype({"w": str})
    data.loc[4, "w"] = cell
    with pytest.raises(DataError, match="row 5, column 'w'") as caught:
        prepare(Table.from_frame(data), "kind", weight="w", missing="drop")
    assert "--weight" in str(caught.value)


def test_weights_that_cannot_be_are_refused() -> None:
    table = Table.from_frame(frame().assign(w=0))
    with pytest.raises(DataError, match="every row has the weight 0"):
        prepare(table, "kind", weight="w")
    with pytest.raises(DataError, match="no column 'ww' of weights"):
        prepare(table, "kind", weight="ww")
    with pytest.raises(ArgumentError, match="'kind' is also the --weight"):
        prepare(table, "kind", weight="kind")


def test_fill_values_are_weighted() -> None:
    data = frame().drop(columns="y").assign(c=["u", "v"] * 20)
    data.loc[3, ["x", "c"]] = np.nan
    weighed = prepare(Table.from_frame(data), "kind", weight="w", missing="impute", test_share=0.0)
    alike = prepare(Table.from_frame(repeated(data)), "kind", missing="impute", test_share=0.0)
    assert weighed.schema.columns == alike.schema.columns
    assert weighed.schema.columns[0].fill is not None


@pytest.mark.parametrize("seed", range(5))
def test_the_weighted_median_is_that_of_repeated_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, weights = rng.normal(size=9), rng.integers(1, 4, 9)
    expected = np.median(np.repeat(values, weights))
    assert weighted_median(values, weights.astype(float)) == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore:not converged")
def test_a_model_needs_no_weights_but_takes_them(tmp_path: Any) -> None:
    data = frame().drop(columns="y")
    model = fitted(data, "kind", "z", weight="w").estimator
    save(model, tmp_path / "m.npz")
    again = load(tmp_path / "m.npz")
    assert again.schema_.weight == "w"
    bare = Table.from_frame(data.drop(columns="w"))
    assert len(predict_table(again, bare).values) == len(data)
    plain = evaluate_table(again, bare).scores
    assert plain["rows"] == len(data)
    assert "effective_size" not in plain
    weighed = evaluate_table(again, Table.from_frame(data)).scores
    alike = evaluate_table(again, Table.from_frame(repeated(data))).scores
    assert weighed["accuracy"] == pytest.approx(alike["accuracy"])
    assert weighed["log_loss"] == pytest.approx(alike["log_loss"])
    assert weighed["confusion"] == alike["confusion"]


def test_scores_under_weights_are_those_of_repeated_rows() -> None:
    rng = np.random.default_rng(0)
    truth, found, weights = rng.integers(0, 3, 30), rng.integers(0, 3, 30), rng.integers(1, 4, 30)
    chances = rng.dirichlet(np.ones(3), 30)
    own = class_scores(truth, found, chances, "abc", weights.astype(float))
    repeat = [np.repeat(a, weights, axis=0) for a in (truth, found, chances)]
    same = class_scores(*repeat, "abc")
    assert own["accuracy"] == pytest.approx(same["accuracy"])
    assert own["log_loss"] == pytest.approx(same["log_loss"])
    assert own["classes"][1]["f1"] == pytest.approx(same["classes"][1]["f1"])
    x, y = rng.normal(size=(2, 30, 2))
    left = quantity_scores(x, y, weights.astype(float), ["a", "b"])
    right = quantity_scores(np.repeat(x, weights, 0), np.repeat(y, weights, 0), None, ["a", "b"])
    assert left["targets"][1]["r2"] == pytest.approx(right["targets"][1]["r2"])
    assert left["effective_size"] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


def test_a_fit_goes_on_only_with_the_weights_that_there_were() -> None:
    data = frame()
    known = prepare(Table.from_frame(data), "kind", weight="w").schema
    without = Table.from_frame(data.drop(columns="w"), "more.csv")
    with pytest.raises(DataError, match=r"more.csv: the start .* column 'w', which is absent; add"):
        prepare(without, "kind", known=known)
    with pytest.raises(ArgumentError, match="fitted with 'w', not with the weights 'z'"):
        prepare(Table.from_frame(data), "kind", known=known, weight="z")
    again = prepare(Table.from_frame(data), "kind", known=known, weight="w")
    assert again.train.weights is not None


def test_held_out_rows_of_a_file_without_the_weights_are_told_of() -> None:
    data = frame()
    test = Table.from_frame(data.drop(columns="w"), "held.csv")
    prepared = prepare(Table.from_frame(data), "kind", weight="w", test=test)
    assert any("held.csv has no column 'w'" in note for note in prepared.notes)
    with_them = prepare(Table.from_frame(data), "kind", weight="w", test=Table.from_frame(data))
    assert not any("has no column" in note for note in with_them.notes)


@pytest.mark.filterwarnings("ignore:not converged")
@pytest.mark.parametrize("scale", [1e308, 2.0**-1073, 1e-200])
@pytest.mark.parametrize(("target", "other"), [("kind", "y"), ("y", "kind")])
def test_weights_may_be_as_large_and_as_small_as_numbers_are(
    scale: float, target: str, other: str
) -> None:
    data = frame().astype({"w": float})
    one, far = (fitted(data.assign(w=w), target, other, weight="w") for w in (1.0, scale))
    np.testing.assert_allclose(
        far.estimator.parameters_.values, one.estimator.parameters_.values, rtol=1e-6
    )
    for name, value in one.train_scores.items():
        if isinstance(value, float):
            assert far.train_scores[name] == pytest.approx(value, rel=1e-6), name


def test_weights_too_far_apart_name_the_row() -> None:
    weights = np.full(40, 1e300)
    weights[[4, 7]] = 1e-300, 0.0
    table = Table.from_frame(frame().assign(w=weights), "rows.csv")
    with pytest.raises(DataError, match=r"row 5, column 'w': the weight '1e-300' cannot be told"):
        prepare(table, "kind", weight="w")


@pytest.mark.filterwarnings("ignore:not converged")
def test_in_chunks_weights_that_would_have_to_be_divided_are_refused(tmp_path: Any) -> None:
    model = fitted(frame(), "kind", "y", weight="w").estimator
    path = tmp_path / "far.csv"
    frame().assign(w=1e200).to_csv(path, index=False)
    with pytest.raises(DataError, match=r"far.csv: row 1 .*'1e\+200' is above 1e120.*--chunked no"):
        evaluate_chunks(model, opened(path, None, None))
