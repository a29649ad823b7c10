"""From a table to a scored model: what is held out stays unknown, and what is said is true."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import standalone_node as sn
from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Fitted, Prepared, fit, prepare

QUICK = {"max_iterations": 3, "steps": 2}


def flowers(rows: int = 40, seed: int = 0) -> pd.DataFrame:
    """Two classes, two lengths and a colour."""
    rng = np.random.default_rng(seed)
    kind = np.arange(rows) % 2
    return pd.DataFrame(
        {
            "length": rng.normal(kind, 0.3).round(4),
            "width": rng.normal(-kind, 0.3).round(4),
            "colour": np.where(rng.random(rows) < 0.5, "red", "blue"),
            "kind": np.where(kind == 1, "rose", "tulip"),
        }
    )


def prices(rows: int = 30) -> pd.DataFrame:
    """A quantity that is nearly a multiple of another."""
    rng = np.random.default_rng(1)
    size = rng.uniform(10.0, 20.0, rows).round(3)
    return pd.DataFrame({"size": size, "price": (100.0 * size + rng.normal(0, 5, rows)).round(2)})


def prepared_of(frame: pd.DataFrame, target: str, **options: Any) -> Prepared:
    return prepare(Table.from_frame(frame), target, **options)


def fitted_of(prepared: Prepared, **arguments: Any) -> Fitted:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit(prepared, {**QUICK, **arguments})


def test_a_fifth_of_every_class_is_held_out() -> None:
    frame = flowers(50)
    frame.loc[:9, "kind"] = "lily"
    prepared = prepared_of(frame, "kind")
    assert prepared.test is not None
    held = prepared.test.table.frame["kind"].value_counts().to_dict()
    assert held == {"rose": 4, "tulip": 4, "lily": 2}
    assert len(prepared.train) == 40


def test_training_and_held_out_rows_are_all_rows_and_no_row_twice() -> None:
    prepared = prepared_of(flowers(), "kind")
    assert prepared.test is not None
    rows = [*prepared.train.table.frame.index, *prepared.test.table.frame.index]
    assert sorted(rows) == list(range(1, 41))


def test_the_seed_alone_decides_the_split() -> None:
    def held(seed: int) -> list[int]:
        prepared = prepared_of(flowers(), "kind", seed=seed)
        assert prepared.test is not None
        return list(prepared.test.table.frame.index)

    assert held(3) == held(3)
    assert held(3) != held(4)


def kept_apart(frame: pd.DataFrame, test: pd.DataFrame, target: str, **options: Any) -> Prepared:
    """A frame to train on, and one that is held out."""
    return prepared_of(frame, target, test=Table.from_frame(test, "held out"), **options)


@pytest.mark.parametrize("missing", ["error", "impute"])
def test_what_held_out_rows_hold_changes_nothing_in_the_model(missing: Any) -> None:
    frame = flowers()
    if missing == "impute":
        frame.loc[::5, "length"] = np.nan
    test = frame.iloc[32:]
    before = kept_apart(frame.iloc[:32], test, "kind", missing=missing)
    changed = test.assign(length=1e6, width=1e6)
    after = kept_apart(frame.iloc[:32], changed, "kind", missing=missing)
    first, second = fitted_of(before), fitted_of(after)
    assert np.array_equal(first.estimator.parameters_.values, second.estimator.parameters_.values)
    assert first.prepared.schema == second.prepared.schema
    assert first.test_scores != second.test_scores


def test_held_out_rows_have_no_say_in_the_choice_of_l2() -> None:
    frame = prices()
    test = frame.iloc[24:]
    before = kept_apart(frame.iloc[:24], test, "price")
    after = kept_apart(frame.iloc[:24], test.assign(price=-7.0 * test["price"]), "price")
    first, second = fitted_of(before, l2="auto"), fitted_of(after, l2="auto")
    assert first.estimator.l2_ == second.estimator.l2_
    assert np.array_equal(first.estimator.parameters_.values, second.estimator.parameters_.values)


def test_the_baselines_are_those_of_the_training_rows() -> None:
    frame = flowers(60)
    frame.loc[frame.index % 3 > 0, "kind"] = "rose"
    of_classes = fitted_of(prepared_of(frame, "kind"))
    assert of_classes.baseline is not None
    assert of_classes.baseline["prediction"] == "rose"
    assert of_classes.prepared.test is not None
    share = (of_classes.prepared.test.table.frame["kind"] == "rose").mean()
    assert of_classes.baseline["accuracy"] == share
    of_prices = fitted_of(prepared_of(prices(), "price"), l2=0.01)
    assert of_prices.baseline is not None
    assert of_prices.baseline["prediction"] == of_prices.prepared.train.targets.mean()
    assert of_prices.baseline["r2"] <= 0.0


def test_the_scores_are_those_of_the_model_in_the_unit_of_the_target() -> None:
    fitted = fitted_of(prepared_of(prices(), "price"), max_iterations=30, l2=1e-3)
    assert fitted.test_scores is not None and fitted.prepared.test is not None
    frame = fitted.prepared.test.table.frame[["size"]].astype(float)
    error = fitted.estimator.predict(frame) - fitted.prepared.test.targets
    assert fitted.test_scores["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-12)
    assert 1.0 < fitted.test_scores["rmse"] < 100.0
    assert fitted.test_scores["r2"] > 0.9


def test_a_file_of_held_out_rows_leaves_all_others_to_train_on() -> None:
    prepared = prepared_of(flowers(), "kind", test=Table.from_frame(flowers(10, seed=5), "more"))
    assert prepared.test is not None
    assert (len(prepared.train), len(prepared.test), prepared.test_source) == (40, 10, "more")


def test_a_test_file_with_an_unknown_category_is_an_error_that_names_it() -> None:
    more = flowers(10, seed=5)
    more.loc[3, "colour"] = "green"
    with pytest.raises(DataError, match=r"more: row 4, column 'colour': the category 'green'"):
        prepared_of(flowers(), "kind", test=Table.from_frame(more, "more"))


def test_a_share_of_zero_holds_no_row_out_and_measures_nothing() -> None:
    fitted = fitted_of(prepared_of(flowers(), "kind", test_share=0.0))
    assert len(fitted.prepared.train) == 40
    assert fitted.test_scores is None and fitted.baseline is None
    assert "test_accuracy" not in fitted.estimator.summary_


def test_refit_scores_the_first_model_and_keeps_one_of_all_rows() -> None:
    prepared = prepared_of(flowers(), "kind")
    plain, again = fitted_of(prepared), None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = fit(prepared, QUICK, refit=True)
    alone = fitted_of(prepared_of(flowers(), "kind", test_share=0.0))
    assert again.test_scores == plain.test_scores
    assert again.refitted and again.estimator.summary_["refit"] is True
    values = [model.estimator.parameters_.values for model in (plain, again, alone)]
    assert not np.array_equal(values[1], values[0])
    # The same rows in another order, and so the same sums up to rounding.
    assert np.allclose(values[1], values[2], rtol=1e-6, atol=1e-9)


def test_refit_and_a_test_file_contradict_each_other() -> None:
    prepared = prepared_of(flowers(), "kind", test=Table.from_frame(flowers(10)))
    with pytest.raises(ArgumentError, match="leave one of the two out"):
        fit(prepared, QUICK, refit=True)


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ArgumentError, match="test_share"):
        prepared_of(flowers(), "kind", test_share=share)


def test_too_few_rows_to_hold_some_out_are_an_error_with_the_ways_out() -> None:
    with pytest.raises(DataError, match=r"6 usable rows .* 2 to test on, and 3 .*--test-share 0"):
        frame = pd.DataFrame({"x": [1.5, 2, 3, 4, 5, 7], "y": list("aabbcc")})
        prepared_of(frame, "y")


def test_a_share_that_takes_all_rows_of_a_class_is_an_error_that_names_the_class() -> None:
    frame = pd.DataFrame({"x": np.linspace(0, 1, 40) ** 2, "y": ["rare"] * 2 + ["often"] * 38})
    with pytest.raises(DataError, match="no row of the class 'rare' to train on"):
        prepared_of(frame, "y", test_share=0.9)


def test_rows_dropped_for_missing_cells_are_counted_and_said() -> None:
    frame = flowers()
    frame.loc[[3, 8], "length"] = np.nan
    prepared = prepared_of(frame, "kind", missing="drop")
    assert prepared.left_out == 2
    assert any("2 rows were left out" in note for note in prepared.notes)


def test_the_model_knows_labels_and_columns_after_a_round_trip_through_a_file(
    tmp_path: Path,
) -> None:
    fitted = fitted_of(prepared_of(flowers(), "kind"))
    sn.save(fitted.estimator, tmp_path / "kind.npz")
    model = sn.load(tmp_path / "kind.npz")
    shuffled = flowers()[["colour", "kind", "width", "length"]]
    assert set(model.predict(shuffled)) <= {"rose", "tulip"}
    assert np.array_equal(model.predict(shuffled), fitted.estimator.predict(flowers()))
    assert model.summary_ == fitted.estimator.summary_
    json.dumps(model.summary_)


def test_equal_fits_write_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        sn.save(fitted_of(prepared_of(flowers(), "kind")).estimator, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "labels, kind", [(["a", "b"], str), ([3, 1], int), ([True, False], bool)], ids=str
)
def test_labels_keep_their_type(labels: list[Any], kind: type) -> None:
    frame = flowers()
    frame["kind"] = [labels[i % 2] for i in range(40)]
    fitted = fitted_of(prepared_of(frame, "kind"))
    assert fitted.estimator.classes_.tolist() == sorted(labels)
    assert {type(label) for label in fitted.estimator.predict(frame).tolist()} <= {kind}
    assert type(fitted.estimator.summary_["baseline_prediction"]) is kind


def test_iterations_and_stages_are_told_while_it_runs() -> None:
    told: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit(
            prepared_of(flowers(), "kind"),
            {**QUICK, "tolerance": 0.0},
            refit=True,
            callback=lambda row: told.append(row.nit),
            stage=told.append,
        )
    assert told == [
        "Fitting on 32 rows", 0, 1, 2, 3, "Fitting again, on all 40 rows", 0, 1, 2, 3
    ]  # fmt: skip
