"""Folds: every row is scored on once, by a fit that has seen nothing of what it belongs to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.folds import folds_of
from standalone_node.learn.row_keys import Parting
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import prepare


def visits(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "value": rng.normal(size=rows).round(3),
            "patient": [f"p{i % 12}" for i in range(rows)],
            "day": rng.permutation(np.arange(rows) // 3),
            "size": rng.normal(size=rows).round(3),
            "outcome": np.where(np.arange(rows) % 4, "well", "ill"),
        }
    )


def folds(
    frame: pd.DataFrame, count: int, parting: Parting | None = None, target: str = "outcome"
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """The rows to train on and to score on of each fold."""
    ignore = tuple({"patient", "day", "size", "outcome"} - {target})
    table = Table.from_frame(frame, "rows.csv")
    prepared = prepare(table, target, ignore=ignore, test_share=0.0)
    pairs = folds_of(prepared.schema, table, count, 3, parting or Parting())
    return [(frame.iloc[train], frame.iloc[test]) for train, test in pairs]


@pytest.mark.parametrize("target", ["outcome", "size"])
@pytest.mark.parametrize("parting", [Parting(), Parting("group", "patient")])
def test_every_row_is_scored_on_once_and_trained_on_otherwise(
    target: str, parting: Parting
) -> None:
    found = folds(visits(), 4, parting, target)
    scored = pd.concat([test for _, test in found])
    assert len(found) == 4 and sorted(scored.index) == list(range(60))
    for train, test in found:
        assert sorted([*train.index, *test.index]) == list(range(60))
        assert len(test) == pytest.approx(15, abs=5)


@pytest.mark.parametrize(
    "parting", [Parting(), Parting("group", "patient"), Parting("time", "day")]
)
@pytest.mark.parametrize("target", ["outcome", "size"])
def test_the_order_of_the_rows_changes_no_fold(parting: Parting, target: str) -> None:
    frame = visits()
    mixed = frame.sample(frac=1.0, random_state=5)
    for one, other in zip(
        folds(frame, 3, parting, target), folds(mixed, 3, parting, target), strict=True
    ):
        assert [sorted(part.index) for part in one] == [sorted(part.index) for part in other]


def test_each_fold_has_its_share_of_every_class() -> None:
    for _, test in folds(visits(), 5):
        assert test["outcome"].value_counts().to_dict() == {"well": 9, "ill": 3}


def test_rows_that_are_equal_are_in_one_fold() -> None:
    frame = visits()
    twice = pd.concat([frame, frame.iloc[:30]], ignore_index=True)
    for train, test in folds(twice, 5):
        columns = ["value", "outcome"]
        assert not set(map(tuple, train[columns].values)) & set(map(tuple, test[columns].values))


@pytest.mark.parametrize(
    "parting", [Parting(), Parting("group", "patient"), Parting("time", "day")]
)
@pytest.mark.parametrize("target", ["outcome", "size"])
def test_a_row_that_stands_more_often_changes_no_fold(parting: Parting, target: str) -> None:
    frame = visits()
    times = np.random.default_rng(1).integers(1, 6, 60)
    written = frame.loc[frame.index.repeat(times)]
    for count in (3, 5):
        for one, other in zip(
            folds(frame, count, parting, target),
            folds(written, count, parting, target),
            strict=True,
        ):
            assert [set(part.index) for part in one] == [set(part.index) for part in other]


def test_a_group_is_in_one_fold() -> None:
    for target in ("outcome", "size"):
        for train, test in folds(visits(), 4, Parting("group", "patient"), target):
            assert not set(train["patient"]) & set(test["patient"])


def test_by_time_each_fold_is_scored_after_all_that_it_was_trained_on() -> None:
    found = folds(visits(), 4, Parting("time", "day"))
    for train, test in found:
        assert train["day"].max() < test["day"].min()
    sizes = [len(train) for train, _ in found]
    assert sizes == sorted(sizes) and sizes[0] == 12
    assert [len(test) for _, test in found] == [12] * 4


@pytest.mark.parametrize(
    "frame, count, parting, match",
    [
        (visits().head(6), 7, Parting(), "--cv 7 needs 7 rows that differ and there are 6"),
        (visits(), 13, Parting("group", "patient"), "needs 13 groups and there are 12"),
        (visits(), 20, Parting("time", "day"), "needs 21 different times and there are 20"),
        (visits().head(12), 10, Parting(), "--cv 10 cannot be done"),
    ],
)
def test_too_few_rows_for_so_many_folds(
    frame: pd.DataFrame, count: int, parting: Parting, match: str
) -> None:
    with pytest.raises(DataError, match=f"rows.csv: .*{match}"):
        folds(frame, count, parting)


def test_a_quantity_needs_two_rows_a_fold_and_a_fold_is_no_less_than_two() -> None:
    with pytest.raises(DataError, match="would train on 5 and score on 1 rows, and 2 and 2 are"):
        folds(visits().head(6), 6, target="size")
    with pytest.raises(ArgumentError, match="cv = 1 has to be 2 or more"):
        folds(visits(), 1)


def test_a_class_that_one_group_alone_has_cannot_be_learnt_without_it() -> None:
    frame = visits()
    frame["outcome"] = np.where(frame["patient"] == "p3", "ill", "well")
    with pytest.raises(DataError, match="would train on no row of the class 'ill'"):
        folds(frame, 4, Parting("group", "patient"))
