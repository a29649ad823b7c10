"""`node-fit fit` on many files as one table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flowers import Run
from many import in_files, waves

import standalone_node as sn
from standalone_node.engines.opening import ENGINES
from standalone_node.learn.table import Table

QUICK = ("--max-iterations", "3", "--steps", "3", "--l2", "0.01")


@pytest.fixture
def parts(folder: Path) -> Path:
    """A folder of four files, one of them without rows."""
    in_files(Table.from_frame(waves()), folder / "parts", [150, 150, 260])
    return folder / "parts"


@pytest.mark.parametrize("data", ["parts/*.csv", "parts", "./parts/part-0*.csv"])
def test_the_model_lies_beside_the_folder_and_is_called_after_it(
    run: Run, parts: Path, folder: Path, data: str
) -> None:
    before = {path.name for path in folder.iterdir()}
    result = run("fit", data, "--target", "side", "--ignore", "y", *QUICK)
    assert result.exit_code == 0, result.stderr
    made = {path.name for path in folder.iterdir()} - before
    assert made == {"parts.node.npz", "parts.node.npz.history.csv"}
    assert f"note: {data}: 4 files are read as one table." in result.stderr
    assert "held-out accuracy" in result.stdout


def test_json_tells_what_was_read(run: Run, parts: Path) -> None:
    result = run("fit", "parts", "--target", "y", "--ignore", "side", "--json", *QUICK)
    facts = json.loads(result.stdout)
    assert facts["data"] == "parts"
    assert facts["rows"]["train"] + facts["rows"]["test"] == 400


def test_predict_evaluate_and_info_read_the_model(run: Run, parts: Path) -> None:
    run("fit", "parts", "--target", "side", "--ignore", "y", *QUICK)
    one = "parts/part-00.csv"
    assert run("predict", "parts.node.npz", one).stdout.count("\n") == 151
    scores = json.loads(run("evaluate", "parts.node.npz", one, "--json").stdout)["scores"]
    assert scores["accuracy"] > 0.7
    assert run("info", "parts.node.npz").exit_code == 0
    result = run("sensitivity", "parts.node.npz", one, "--held-out", "-o", "s")
    assert result.exit_code == 1
    assert "the fit read many files and drew the held-out rows where these were" in result.stderr


def test_a_parquet_file_is_read_in_the_same_way(run: Run, folder: Path) -> None:
    pytest.importorskip("pyarrow")
    waves().to_parquet(folder / "rows.parquet")
    assert run("fit", "rows.parquet", "--target", "y", "--ignore", "side", *QUICK).exit_code == 0
    from_file = sn.load("rows.node.npz")
    (folder / "csv").mkdir()
    waves().to_csv(folder / "csv" / "rows.csv", index=False)
    assert run("fit", "csv", "--target", "y", "--ignore", "side", *QUICK).exit_code == 0
    assert (from_file.parameters_.values == sn.load("csv.node.npz").parameters_.values).all()


def test_it_goes_on_from_its_checkpoint(run: Run, parts: Path, folder: Path) -> None:
    fit = ("fit", "parts", "--target", "y", "--ignore", "side", "--steps", "3", "--l2", "0.01")
    kept = ("--checkpoint", "kept", "--every", "1")
    assert run(*fit, "--max-iterations", "6", "-o", "whole.npz").exit_code == 0
    assert run(*fit, "--max-iterations", "3", *kept, "-o", "part.npz").exit_code == 0
    result = run(*fit, "--max-iterations", "6", *kept, "--resume", "-o", "part.npz")
    assert result.exit_code == 0, result.stderr
    values = [sn.load(name).parameters_.values for name in ("whole.npz", "part.npz")]
    assert (values[0] == values[1]).all()


#: Options, and what is said of them.
REFUSED: dict[str, Any] = {
    "--cv 3": (2, "--cv is for the rows of one CSV file"),
    "--test other.csv": (2, "--test is for the rows of one CSV file"),
    "--report r": (2, "--report is for the rows of one CSV file"),
    "--weight a": (2, "--weight is for the rows of one CSV file"),
    "--chunked yes": (2, "--chunked yes keeps the rows of one CSV file"),
    "--epochs 3": (2, "--epochs is about batches"),
    "--batch-size 30": (2, "rows that are gone through in batches"),
    "--validation-share 0.1": (2, "is for rows in memory"),
    "--target nothing": (1, "part-00.csv: there is no target column 'nothing'"),
    "-o parts/part-00.csv": (2, "part-00.csv"),
}


@pytest.mark.parametrize("option", REFUSED)
def test_what_has_no_meaning_for_many_files_is_refused(run: Run, parts: Path, option: str) -> None:
    code, said = REFUSED[option]
    target = () if "--target" in option else ("--target", "y")
    result = run("fit", "parts", *target, *option.split())
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


def test_a_pattern_without_files_or_name_is_refused(run: Run, folder: Path) -> None:
    result = run("fit", "bits/*.csv", "--target", "y")
    assert result.exit_code == 1
    assert "there is no folder 'bits'" in result.stderr
    result = run("fit", "*.csv", "--target", "y")
    assert result.exit_code == 2
    assert "*.csv has no name to call the model after: add -o MODEL." in result.stderr


def test_nothing_is_started_for_a_fit_that_cannot_be(
    run: Run, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setitem(ENGINES, "dask", lambda *given: opened.append(given))
    for option in ("--cv 3", "--batch-size 30", "--validation-share 0.1", "--report r"):
        result = run("fit", "parts", "--target", "y", "--engine", "dask", *option.split())
        assert (result.exit_code, opened) == (2, []), result.stderr


def test_two_workers_write_what_this_process_writes(run: Run, parts: Path, folder: Path) -> None:
    pytest.importorskip("distributed")
    fit = ("fit", "parts/*.csv", "--target", "y", "--ignore", "side", *QUICK)
    assert run(*fit, "-o", "here.npz").exit_code == 0
    result = run(*fit, "-o", "there.npz", "--engine", "dask", "--workers", "2")
    assert result.exit_code == 0, result.stderr
    assert "note: starting 2 worker processes on this machine." in result.stderr
    assert (folder / "there.npz").read_bytes() == (folder / "here.npz").read_bytes()
    scores = json.loads(run("evaluate", "there.npz", "parts/part-00.csv", "--json").stdout)
    assert scores["scores"]["r2"] > 0.0
