"""Columns of dates: how they are read, recognised, and made into features."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.cycles import date_features
from standalone_node.learn.dates import FORMS, Form, as_text, read_dates
from standalone_node.learn.schema import Schema, infer_schema
from standalone_node.learn.table import Table

DAY = 86400.0
DAYS = pd.date_range("2018-01-01", periods=60, freq="25D")


def table(cells: Any, **more: Any) -> Table:
    count = len(cells)
    columns = {"when": list(cells), "x": np.linspace(0.0, 1.0, count) ** 2, **more}
    return Table.from_frame(pd.DataFrame({**columns, "y": np.arange(count) % 7 + 0.5}))


def known(cells: Any, **options: Any) -> Schema:
    data = table(cells)
    return infer_schema(data, "y", **options)[0].fitted(data)


@pytest.mark.parametrize(
    ("format", "text", "expected"),
    [
        ("%Y-%m-%d", "2020-02-29", (2020, 2, 29)),
        ("%Y-%m-%d", "2020-02-29T23:59:58.25Z", (2020, 2, 29, 23, 59, 58, 250_000)),
        ("%Y-%m-%d", "2020-03-01 01:30+02:30", (2020, 2, 29, 23, 0)),
        ("%Y-%m-%d", "2020-03-01T01:30-05", (2020, 3, 1, 6, 30)),
        ("%Y-%m", "1969-12", (1969, 12, 1)),
        ("%d.%m.%Y", "1.2.2020 7:05", (2020, 2, 1, 7, 5)),
        ("%d %b %Y", "3 September 2019", (2019, 9, 3)),
        ("%b %d, %Y", "Sep 3, 2019", (2019, 9, 3)),
        ("%m/%d/%y %I:%M %p", "12/31/99 12:05 am", (1999, 12, 31, 0, 5)),
        ("%m/%d/%y %I:%M %p", "12/31/05 1:05 PM", (2005, 12, 31, 13, 5)),
        ("%Y%m%d", "20200131", (2020, 1, 31)),
    ],
)
def test_a_date_is_the_seconds_since_1970(format: str, text: str, expected: tuple) -> None:
    assert Form(format).seconds(text) == datetime(*expected, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        *("2019-02-29", "2020-13-01", "2020-01-01 24:00", "2020-01-01 10:60", "0000-01-01", ""),
        *("2020-01-01 10:00+99:00", "2020-01-01x", "２０２０-01-01", "2020-01-01" + " " * 80),
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert Form("%Y-%m-%d").seconds(text) is None


@pytest.mark.parametrize("format", ["", "%d/%m", "%Y %Q", "%Y %y", "%Y %Y", "%H %I %Y", "%Y" * 40])
def test_what_is_no_format_is_refused(format: str) -> None:
    with pytest.raises(ArgumentError, match="--date COLUMN=FORMAT"):
        Form(format)


@pytest.mark.parametrize("format", FORMS)
def test_every_form_is_recognised(format: str) -> None:
    days = pd.date_range("2018-01-31", periods=40, freq="29D")
    if format == "%Y-%m":
        days = pd.date_range("2018-01-01", periods=40, freq="MS")
    schema = known([day.strftime(format) for day in days])
    assert schema.columns[0].kind == "date"
    assert schema.columns[0].format == format
    found = schema.features(table([day.strftime(format) for day in days]))[:, 0]
    np.testing.assert_allclose(np.diff(found), np.diff(days) / pd.Timedelta(days=1))


def test_days_count_from_the_middle_of_the_training_rows() -> None:
    schema = known(DAYS.strftime("%Y-%m-%d"))
    assert schema.feature_names[:3] == ("when[days]", "when[year sin]", "when[year cos]")
    days = schema.features(table(DAYS.strftime("%Y-%m-%d")))[:, 0]
    assert abs(days[0] + days[-1]) <= 1.0
    assert np.all(days == np.round(days))


def test_the_time_of_year_is_a_circle() -> None:
    seconds = read_dates(["2019-01-01", "2020-01-01", "2019-07-02 12:00"], "%Y-%m-%d")
    _, sine, cosine = date_features(seconds, 0.0, ["year"]).T
    np.testing.assert_allclose(sine, 0.0, atol=1e-12)
    np.testing.assert_allclose(cosine, [1.0, 1.0, -1.0], atol=1e-12)


def test_monday_is_where_the_week_begins_and_noon_where_the_day_turns() -> None:
    seconds = read_dates(["2024-01-01 12:00", "2024-01-08"], "%Y-%m-%d")  # both Mondays
    found = date_features(seconds, 0.0, ["week", "day"])[:, 1:]
    np.testing.assert_allclose(found, [[0, 1, 0, -1], [0, 1, 0, 1]], atol=1e-12)


@pytest.mark.parametrize(
    ("start", "freq", "parts"),
    [
        ("2020-01-01", "1D", ("week",)),
        ("2020-01-01", "5h", ("week", "day")),
        ("2020-01-01", "10D", ("year", "week")),
        ("2020-01-01", "MS", ("year",)),
        ("2020-01-01", "10min", ()),
        ("2020-01-06", "7D", ("year",)),
    ],
)
def test_only_cycles_that_can_be_told_are_features(start: str, freq: str, parts: tuple) -> None:
    cells = pd.date_range(start, periods=60, freq=freq).strftime("%Y-%m-%d %H:%M")
    assert known(cells).columns[0].parts == parts


def test_what_was_recognised_is_said() -> None:
    notes = infer_schema(table(DAYS.strftime("%d.%m.%Y")), "y")[1]
    assert notes[1] == (
        "column 'when' holds dates as %d.%m.%Y writes them, 2018-01-01 to 2022-01-15: its inputs "
        "are days, time of year and day of the week."
    )


def test_an_order_that_no_row_tells_is_asked_for() -> None:
    cells = [f"{1 + i % 12:02}/{1 + i % 11:02}/2020" for i in range(40)]
    with pytest.raises(DataError, match="tells day and month apart") as caught:
        infer_schema(table(cells), "y")
    assert "--date 'when=%d/%m/%Y' or --date 'when=%m/%d/%Y'" in str(caught.value)
    told = known(cells, dates={"when": "%m/%d/%Y"})
    assert told.columns[0].format == "%m/%d/%Y"


def test_one_row_can_tell_the_order_of_all() -> None:
    cells = ["01/02/2020", "02/01/2020", "03/04/2020", "13/04/2020"] * 5
    assert known(cells).columns[0].format == "%d/%m/%Y"


def test_numbers_are_dates_if_that_is_told() -> None:
    cells = DAYS.strftime("%Y%m%d")
    assert known(cells).columns[0].kind == "numeric"
    assert known(cells, dates={"when": "%Y%m%d"}).columns[0].kind == "date"


@pytest.mark.parametrize("bad", ["soon", "2019-02-29"])
def test_a_cell_that_is_no_date_is_named(bad: str) -> None:
    cells = [*DAYS.strftime("%Y-%m-%d")[:-1], bad]
    for fitting in (True, False):
        with pytest.raises(DataError) as caught:
            if fitting:
                infer_schema(table(cells), "y")
            else:
                known(DAYS.strftime("%Y-%m-%d")).features(table(cells))
        assert f"row 60, column 'when': '{bad}' is no date as %Y-%m-%d" in str(caught.value)
        assert "--ignore 'when'" in str(caught.value)


def test_few_dates_among_words_are_categories() -> None:
    cells = ["2020-01-01", "2020-01-02", "never"] * 10
    schema, notes = infer_schema(table(cells), "y")
    assert schema.columns[0].kind == "categorical"
    assert any("'never' in row 3, although 66 % are dates" in note for note in notes)


def test_missing_dates_are_filled_in_with_the_median() -> None:
    cells = ["2020-01-01", "", "2020-01-03", "2020-01-09"] * 5
    schema = known(cells, missing="impute")
    assert as_text(float(schema.columns[0].fill or 0.0)) == "2020-01-03"
    found = schema.features(table(cells))[:, 0]
    assert found[1] == found[2]
    assert schema.fitted(table(cells)) == schema


def test_a_data_frame_of_dates_is_read_by_the_model_of_a_file() -> None:
    schema = known(DAYS.strftime("%d/%m/%Y"))
    np.testing.assert_array_equal(
        schema.features(table(DAYS)), schema.features(table(DAYS.strftime("%d/%m/%Y")))
    )
    other = known(DAYS.strftime("%Y-%d-%m"), dates={"when": "%Y-%d-%m"})
    with pytest.raises(DataError, match="'2018-01-26' is no date"):
        other.features(table(DAYS))


def test_a_constant_date_is_left_out() -> None:
    schema, notes = infer_schema(table(["01/02/2020"] * 20), "y")
    assert [column.name for column in schema.columns] == ["x"]
    assert any("is constant ('01/02/2020')" in note for note in notes)
