"""Parquet files hold what CSV files of the same rows hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from many import waves

from standalone_node.engines.local import Local
from standalone_node.errors import DataError, NodeError
from standalone_node.learn.many_files import parquet as parquet_module
from standalone_node.learn.many_files.prepared import FilesPrepared, prepare_files

pytest.importorskip("pyarrow")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_module, "ROWS", 30)


def rows() -> pd.DataFrame:
    """Columns of many types, with gaps."""
    found = waves(100)
    rng = np.random.default_rng(1)
    found["whole"] = rng.integers(-9, 9, 100)
    found["large"] = 2**60 + rng.integers(0, 9, 100)
    found["single"] = rng.normal(size=100).astype(np.float32)
    found["gaps"] = np.where(rng.random(100) < 0.2, np.nan, rng.normal(size=100))
    found["maybe"] = pd.array(np.where(rng.random(100) < 0.1, None, 4), dtype="Int64")
    found["true"] = rng.random(100) < 0.5
    found["kind"] = pd.Categorical(rng.choice(["p", "q"], 100))
    # The first chunk has no time of day.
    found["when"] = pd.date_range("2020-01-01", periods=100, freq="D")
    found.loc[40:, "when"] += pd.Timedelta("7h")
    return found


def of_parquet(folder: Path, frame: pd.DataFrame, **options: Any) -> FilesPrepared:
    folder.mkdir()
    frame[:45].to_parquet(folder / "a.parquet")
    frame[45:].to_parquet(folder / "b.parquet", row_group_size=20)
    return prepared(folder, **options)


def prepared(folder: Path, **options: Any) -> FilesPrepared:
    options = {"target": "y", "missing": "impute", **options}
    return prepare_files(folder, engine=Local(), **options)


def test_the_rows_are_those_of_csv_files(tmp_path: Path) -> None:
    frame = rows()
    found = of_parquet(tmp_path / "parquet", frame, test_share=0.0)
    (tmp_path / "csv").mkdir()
    frame[:45].to_csv(tmp_path / "csv" / "a.csv", index=False)
    frame[45:].to_csv(tmp_path / "csv" / "b.csv", index=False)
    expected = prepared(tmp_path / "csv", test_share=0.0)
    assert found.schema.columns == expected.schema.columns
    index = np.arange(100)
    np.testing.assert_array_equal(found.train.take(index)[0], expected.train.take(index)[0])
    np.testing.assert_array_equal(found.train.take(index)[1], frame["y"])


def test_errors_name_file_and_row(tmp_path: Path) -> None:
    frame = rows().drop(columns="large")
    frame.loc[80, "a"] = np.inf
    with pytest.raises(DataError, match=r"row 36 of \S*b.parquet, column 'a': 'inf' is not a fin"):
        of_parquet(tmp_path / "parquet", frame)


def test_missing_cells_name_file_and_row(tmp_path: Path) -> None:
    frame = waves(100)
    frame.loc[50, "colour"] = None
    with pytest.raises(DataError, match=r"row 6 of \S*b.parquet, column 'colour': the cell is em"):
        of_parquet(tmp_path / "parquet", frame, missing="error")


def test_what_is_no_parquet_file_is_named(tmp_path: Path) -> None:
    of_parquet(tmp_path / "parquet", waves(100))
    (tmp_path / "parquet" / "c.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(DataError, match=r"c.parquet: this is no whole Parquet file"):
        prepared(tmp_path / "parquet")


def test_a_file_without_rows_does_no_harm(tmp_path: Path) -> None:
    of_parquet(tmp_path / "parquet", waves(100))
    waves(100)[:0].to_parquet(tmp_path / "parquet" / "c.parquet")
    assert len(prepared(tmp_path / "parquet", test_share=0.0).train) == 100


def test_without_pyarrow_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    of_parquet(tmp_path / "parquet", waves(100))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NodeError, match=r"pip install 'standalone-node\[dask\]'"):
        prepared(tmp_path / "parquet")
