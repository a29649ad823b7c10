"""The rows a model is judged on: which they are, and what is known of them."""

from __future__ import annotations

import hashlib
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from standalone_node.errors import DataError
from standalone_node.learn.judged import digest, judged_rows
from standalone_node.learn.table import Table
from standalone_node.learn.tabular import Fitted, fit, prepare

QUICK = {"max_iterations": 3, "steps": 2}


@pytest.fixture(scope="module")
def table() -> Table:
    rng = np.random.default_rng(0)
    x = rng.normal(size=50).round(3)
    frame = pd.DataFrame({"x": x, "kind": np.where(x > 0.0, "up", "down")})
    return Table.from_frame(frame, "rows.csv")


@pytest.fixture(scope="module")
def fitted(table: Table) -> Fitted:
    return fit(prepare(table, "kind", seed=3), QUICK)


def test_the_held_out_rows_are_those_of_the_fit(table: Table, fitted: Fitted) -> None:
    judged = judged_rows(fitted.estimator, table, held_out=True)
    assert fitted.prepared.test is not None
    expected = fitted.prepared.test.table.frame.index
    assert np.array_equal(judged.numbers, expected)
    assert judged.scores == fitted.test_scores
    assert judged.words == "held-out rows"


def test_the_other_rows_are_those_of_the_fit_in_its_order(table: Table, fitted: Fitted) -> None:
    judged = judged_rows(fitted.estimator, table, held_out=True)
    assert judged.fit is not None
    assert np.array_equal(judged.fit[0], fitted.prepared.train.inputs)


def test_rows_that_may_have_been_trained_on_are_remarked_on(table: Table, fitted: Fitted) -> None:
    notes = judged_rows(fitted.estimator, table).notes
    assert any("--held-out" in note for note in notes)
    other = table.rows(np.arange(20))
    assert not any("--held-out" in note for note in judged_rows(fitted.estimator, other).notes)


def test_another_file_has_no_held_out_rows(table: Table, fitted: Fitted) -> None:
    with pytest.raises(DataError, match=r"rows.csv: 20 usable rows, but the fit had 50"):
        judged_rows(fitted.estimator, table.rows(np.arange(20)), held_out=True)


def test_a_model_of_all_rows_has_no_held_out_rows(table: Table) -> None:
    everything = fit(prepare(table, "kind", test_share=0.0), QUICK)
    with pytest.raises(DataError, match="held no rows out"):
        judged_rows(everything.estimator, table, held_out=True)
    refitted = fit(prepare(table, "kind"), QUICK, refit=True)
    with pytest.raises(DataError, match="--refit"):
        judged_rows(refitted.estimator, table, held_out=True)


def test_without_the_target_there_are_no_labels_and_no_scores(table: Table, fitted: Fitted) -> None:
    bare = Table.from_frame(table.frame[["x"]], "new.csv")
    judged = judged_rows(fitted.estimator, bare)
    assert judged.labels is None and judged.scores is None
    assert judged.inputs.shape == (50, 1)


def test_training_rows_of_their_own_file_are_read_by_the_schema(
    table: Table, fitted: Fitted
) -> None:
    judged = judged_rows(fitted.estimator, table.rows([0, 1]), train=table.rows(np.arange(2, 9)))
    assert judged.fit is not None
    assert judged.fit[0].shape == (7, 1)
    assert set(judged.fit[1]) <= {"up", "down"}


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert digest(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()
    assert digest("-") is None


@pytest.mark.parametrize("parting", [{"group": "of"}, {"time": "at"}, {"time": "day"}])
def test_the_held_out_rows_of_a_group_or_a_time_are_found_again(parting: dict[str, str]) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=50).round(3)
    frame = pd.DataFrame({"x": x, "of": np.arange(50) % 7, "at": rng.permutation(50)})
    frame["kind"] = np.where(x > 0.0, "up", "down")
    # Only the one who fitted can have said which of day and month comes first.
    frame["day"] = [f"{1 + i % 10:02d}/{1 + i // 10:02d}/2024" for i in range(50)]
    frame.loc[4, "of"] = np.nan
    table = Table.from_frame(frame, "rows.csv")
    ignore = {"of", "at", "day"} - set(parting.values())
    told = {"dates": {"day": "%d/%m/%Y"}} if parting.get("time") == "day" else {}
    options: dict[str, Any] = {"ignore": tuple(ignore), "missing": "drop", **told, **parting}
    found = fit(prepare(table, "kind", seed=3, **options), QUICK)
    judged = judged_rows(found.estimator, table, held_out=True)
    assert found.prepared.test is not None
    assert np.array_equal(judged.numbers, found.prepared.test.table.frame.index)
    bare = Table.from_frame(frame.drop(columns=list(parting.values())), "rows.csv")
    with pytest.raises(DataError, match="is absent"):
        judged_rows(found.estimator, bare, held_out=True)


def test_a_model_of_the_time_when_rows_were_drawn_by_position_keeps_its_held_out_rows(
    table: Table, fitted: Fitted
) -> None:
    of_old = {"split", "split_column", "held_out_share"}
    facts = {name: value for name, value in fitted.estimator.summary_.items() if name not in of_old}
    estimator = copy(fitted.estimator)
    estimator.summary_ = facts
    _, test = train_test_split(
        np.arange(50), test_size=10, random_state=3, stratify=table.cells("kind").astype(str)
    )
    judged = judged_rows(estimator, table, held_out=True)
    assert sorted(judged.numbers) == sorted(test + 1)
