"""Which files a name stands for, and what is called after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from standalone_node.errors import DataError
from standalone_node.learn.many_files.listing import base_of, listed_files, means_many


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of rows, with what other programs leave in one."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "parts"
    folder.mkdir()
    names = ("b.csv", "a.csv.gz", "c.CSV", "_SUCCESS", ".a.csv.crc", "notes.md")
    for name in names:
        (folder / name).write_text("x\n1\n")
    return folder


def test_a_pattern_stands_for_its_files_in_the_order_of_their_names(parts: Path) -> None:
    assert listed_files("parts/*.csv") == ("parts/b.csv",)
    assert listed_files("parts/[ab].csv*") == ("parts/a.csv.gz", "parts/b.csv")


def test_a_folder_stands_for_the_tables_in_it(parts: Path) -> None:
    assert listed_files("parts") == ("parts/a.csv.gz", "parts/b.csv", "parts/c.CSV")


def test_files_may_be_named_one_by_one_in_an_order_of_their_own(parts: Path) -> None:
    assert listed_files([parts / "c.CSV", "parts/b.csv"]) == (f"{parts}/c.CSV", "parts/b.csv")


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(parts: Path) -> None:
    (parts / "odd[1].csv").write_text("x\n1\n")
    assert listed_files("parts/odd[1].csv") == ("parts/odd[1].csv",)
    assert not means_many("parts/odd[1].csv")


def test_a_pattern_without_files_is_told_what_there_is(parts: Path) -> None:
    with pytest.raises(DataError, match=r"parts/\*.parquet: no file .* the folder holds '.a.csv"):
        listed_files("parts/*.parquet")
    with pytest.raises(DataError, match="there is no folder 'bits'"):
        listed_files("bits/*.csv")
    (parts / "empty").mkdir()
    with pytest.raises(DataError, match=r"no file in this folder that ends with '\.csv'"):
        listed_files("parts/empty")
    with pytest.raises(DataError, match="no files in the list"):
        listed_files([])


def test_files_of_two_kinds_are_refused_by_name(parts: Path) -> None:
    (parts / "d.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"parts/a.csv.gz is read as CSV and parts/d.parquet as"):
        listed_files("parts")


@pytest.mark.parametrize(
    ("data", "base"),
    [
        ("parts/*.csv", "parts"),
        ("parts", "parts"),
        ("parts/", "parts"),
        ("./parts/*.csv", "parts"),
        ("far/parts/*/rows-*.csv", "far/parts"),
        ("rows-*.csv", "rows"),
        ("../rows-*.csv", "rows"),
        ("rows.parquet", "rows"),
        ("*.csv", None),
        (".", None),
    ],
)
def test_models_are_called_after_the_folder(parts: Path, data: str, base: str | None) -> None:
    assert base_of(data) == base
