"""What is held out: by contents, by group, by time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.canonical import content_groups
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Prepared, prepare


def readings(rows: int = 60, seed: int = 0) -> pd.DataFrame:
    """Six patients, ten visits each, in a mixed order; two outcomes."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "value": rng.normal(size=rows).round(3),
            "patient": [f"p{i % 6}" for i in range(rows)],
            "day": [f"2024-01-{1 + i // 6:02d}" for i in range(rows)],
            "outcome": np.where(rng.random(rows) < 0.5, "well", "ill"),
        }
    )
    return frame.sample(frac=1.0, random_state=seed).reset_index(drop=True)


def prepared_of(frame: pd.DataFrame, target: str = "outcome", **options: Any) -> Prepared:
    return prepare(Table.from_frame(frame, "rows.csv"), target, **options)


def held(prepared: Prepared) -> pd.DataFrame:
    assert prepared.test is not None
    return prepared.test.table.frame


def rows_of(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return sorted(map(tuple, frame.to_numpy().tolist()))


# Contents.


@pytest.mark.parametrize("target", ["outcome", "value"])
def test_the_order_of_the_rows_changes_nothing_of_what_is_held_out(target: str) -> None:
    frame = readings()
    mixed = frame.sample(frac=1.0, random_state=7)
    ignore = ("day", "outcome") if target == "value" else ("day",)
    first, second = (prepared_of(f, target, ignore=ignore, seed=4) for f in (frame, mixed))
    assert rows_of(held(first)) == rows_of(held(second))


def test_rows_that_are_equal_stay_on_one_side() -> None:
    frame = readings().drop(columns=["patient", "day"])
    twice = pd.concat([frame, frame, frame.iloc[:20]])
    for seed in range(5):
        prepared = prepared_of(twice, seed=seed)
        train, test = prepared.train.table.frame, held(prepared)
        assert not set(rows_of(train)) & set(rows_of(test))
        assert len(test) == pytest.approx(28, abs=2)


def test_without_equal_rows_the_share_and_those_of_the_classes_are_met() -> None:
    frame = pd.DataFrame({"x": np.arange(100.0), "kind": ["a"] * 70 + ["b"] * 30})
    for seed in range(3):
        counts = held(prepared_of(frame, "kind", seed=seed))["kind"].value_counts()
        assert counts.to_dict() == {"a": 14, "b": 6}


def test_one_and_the_same_number_written_in_two_ways_is_equal() -> None:
    x = np.arange(40)
    frame = pd.DataFrame(
        {
            "x": [*map(str, x), *(f"{i}.0" for i in x)],
            "kind": np.where(x % 2, "a", "b").tolist() * 2,
        }
    )
    prepared = prepared_of(frame, "kind")
    train, test = (set(f["x"].astype(float)) for f in (prepared.train.table.frame, held(prepared)))
    assert not train & test


def test_equal_rows_throughout_cannot_be_parted() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0] * 10, "kind": ["a", "b"] * 10})
    prepared = prepared_of(frame, "kind", test_share=0.0)
    assert prepared.test is None
    words = "of 2 usable rows that differ a test share of 0.6 leaves 0 to train on and 2"
    with pytest.raises(DataError, match=words):
        prepared_of(frame, "kind", test_share=0.6)


@pytest.mark.parametrize("by", [{}, {"group": "patient"}, {"time": "day"}])
@pytest.mark.parametrize("target", ["outcome", "value"])
def test_a_row_of_weight_two_is_held_out_as_the_row_twice(by: dict[str, str], target: str) -> None:
    frame = readings().assign(other=np.arange(60.0) % 7)
    late, ill = frame["day"].str[-2:].astype(int) // 3, frame["patient"].isin(["p0", "p1"])
    frame["times"] = late * (1 + 2 * ill)
    written = frame.loc[frame.index.repeat(frame["times"])].assign(times=1)
    written = written.sample(frac=1.0, random_state=1)
    ignore = tuple({"patient", "day", "outcome"} - {target, *by.values()})
    for seed in range(3):
        options: dict[str, Any] = {"weight": "times", "ignore": ignore, "seed": seed, **by}
        weighted, repeated = (
            held(prepared_of(f, target, **options)).drop(columns="times") for f in (frame, written)
        )
        assert set(rows_of(weighted)) == set(rows_of(repeated))
        assert 0 < len(weighted) < len(repeated)


def test_groups_of_contents_are_numbered_by_contents_alone() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 3, (200, 3)).astype(float), rng.integers(0, 2, 200)
    groups = content_groups(x, y)
    mixed = rng.permutation(200)
    assert np.array_equal(content_groups(x[mixed], y[mixed]), groups[mixed])
    rows = [(*row, label) for row, label in zip(x.tolist(), y.tolist(), strict=True)]
    assert len(set(rows)) == groups.max() + 1
    assert len(set(zip(rows, groups.tolist(), strict=True))) == len(set(rows))


# Groups.


def test_rows_of_one_group_stay_on_one_side_and_the_group_is_no_input() -> None:
    for seed in range(5):
        prepared = prepared_of(readings(), group="patient", ignore=("day",), seed=seed)
        train, test = prepared.train.table.frame, held(prepared)
        assert not set(train["patient"]) & set(test["patient"])
        assert len(test) == 10
        assert prepared.schema.feature_names == ("value",)
        assert any("'patient' says which rows belong together" in n for n in prepared.notes)


def test_of_two_groups_one_is_held_out() -> None:
    frame = readings()
    frame["patient"] = np.where(np.arange(60) < 40, "a", "b")
    assert set(held(prepared_of(frame, group="patient", ignore=("day",)))["patient"]) == {"b"}


def test_groups_share_the_classes_out_as_far_as_they_can() -> None:
    # Of each class ten groups of four rows: two of each are held out.
    frame = pd.DataFrame(
        {
            "x": np.arange(80.0),
            "family": np.repeat([f"f{i}" for i in range(20)], 4),
            "kind": np.repeat(["a", "b"], 40),
        }
    )
    for seed in range(4):
        counts = held(prepared_of(frame, "kind", group="family", seed=seed))["kind"].value_counts()
        assert counts.to_dict() == {"a": 8, "b": 8}


def test_one_group_cannot_be_parted_and_a_row_without_one_is_named() -> None:
    frame = readings()
    with pytest.raises(DataError, match="all rows are of one group"):
        prepared_of(frame.assign(patient="p"), group="patient", ignore=("day",))
    frame.loc[6, "patient"] = ""
    with pytest.raises(DataError, match=r"rows.csv: row 7, column 'patient': the group of the row"):
        prepared_of(frame, group="patient", ignore=("day",))


# Time.


@pytest.mark.parametrize("as_number", [False, True])
def test_the_last_rows_are_held_out_and_those_of_one_time_stay_together(as_number: bool) -> None:
    frame = readings()
    if as_number:
        frame["day"] = frame["day"].str[-2:].astype(int)
    prepared = prepared_of(frame, time="day", ignore=("patient",))
    assert set(map(str, held(prepared)["day"])) == {
        day[-2:].lstrip("0") if as_number else day for day in ("2024-01-09", "2024-01-10")
    }
    assert len(held(prepared)) == 12
    assert prepared.schema.feature_names == ("value",)


def test_times_of_a_day_with_a_zone_are_in_order() -> None:
    frame = readings()
    hours = pd.date_range("2024-03-30T20:00", periods=60, freq="h", tz="Europe/Berlin")
    frame["at"] = [hour.isoformat() for hour in hours]
    prepared = prepared_of(frame, time="at", ignore=("patient", "day"))
    assert list(held(prepared).index) == list(range(49, 61))


def test_what_is_no_time_is_named_with_its_row() -> None:
    frame = readings()
    frame.loc[3, "day"] = "soon"
    with pytest.raises(DataError, match=r"rows.csv: row 4, column 'day': 'soon' is neither a numb"):
        prepared_of(frame, time="day", ignore=("patient",))


def test_a_class_that_only_comes_last_cannot_be_learnt() -> None:
    frame = readings().assign(outcome="well")
    frame.loc[frame["day"] == "2024-01-10", "outcome"] = "ill"
    with pytest.raises(DataError, match=r"by 'day', a test share of 0.2 leaves no row of .* 'ill'"):
        prepared_of(frame, time="day", ignore=("patient",))


def test_a_column_that_is_not_there_or_the_target_is_refused() -> None:
    with pytest.raises(DataError, match="no column 'patent' for --group; did you mean 'patient'"):
        prepared_of(readings(), group="patent")
    with pytest.raises(ArgumentError, match="is also the column of --time"):
        prepared_of(readings(), time="outcome")
    with pytest.raises(ArgumentError, match="leave one of --group and --time out"):
        prepared_of(readings(), group="patient", time="day")


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%d.%m.%Y %H:%M", "%d-%b-%Y", "%m/%d/%Y"])
def test_times_are_read_as_dates_of_inputs_are(form: str) -> None:
    frame = readings()
    days = pd.to_datetime(frame["day"]) + pd.Timedelta(days=20)
    other = frame.assign(day=days.dt.strftime(form))
    prepared = prepared_of(other, time="day", ignore=("patient",))
    as_iso = prepared_of(frame.assign(day=days), time="day", ignore=("patient",))
    assert list(held(prepared).index) == list(held(as_iso).index)
    assert f"holds dates as {form.split()[0]}" in prepared.notes[-1]
    assert prepared.schema.feature_names == ("value",)


def test_times_that_can_be_read_in_two_ways_are_asked_about_and_read_as_told() -> None:
    frame = readings().assign(day=lambda f: f["day"].str[-2:] + "/02/2024")
    frame["day"] = frame["day"].replace("10/02/2024", "01/03/2024")
    ignore = ("patient",)
    with pytest.raises(DataError, match=r"--date 'day=%d/%m/%Y' or --date 'day=%m/%d/%Y', or put"):
        prepared_of(frame, time="day", ignore=ignore)
    day_first = prepared_of(frame, time="day", ignore=ignore, dates={"day": "%d/%m/%Y"})
    assert set(held(day_first)["day"]) == {"09/02/2024", "01/03/2024"}
    month_first = prepared_of(frame, time="day", ignore=ignore, dates={"day": "%m/%d/%Y"})
    assert set(held(month_first)["day"]) == {"08/02/2024", "09/02/2024"}


def test_under_drop_rows_without_a_group_or_time_are_left_out() -> None:
    frame = readings()
    frame.loc[[3, 6], "patient"] = ["", "NA"]
    prepared = prepared_of(frame, group="patient", ignore=("day",), missing="drop")
    assert prepared.left_out == 2
    assert "rows.csv: 2 rows were left out for a missing group." in prepared.notes
    without = prepared_of(frame.drop(index=[3, 6]), group="patient", ignore=("day",))
    assert rows_of(held(prepared)) == rows_of(held(without))
    with pytest.raises(DataError, match="every row has a missing group"):
        prepared_of(frame.assign(patient=""), group="patient", ignore=("day",), missing="drop")
