"""`node-fit predict`: the cells as they are, and the predictions behind them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
from flowers import FLOWERS, HEADER, QUICK, Run

import standalone_node as sn
from standalone_node.learn.table import read_table


def test_predictions_go_to_stdout_and_notes_to_stderr(run: Run, model: str, folder: Path) -> None:
    result = run("predict", model, "flowers.csv")
    assert result.exit_code == 0 and result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "length,width,kind,predicted_kind,probability_rose,probability_tulip"
    given = (folder / "flowers.csv").read_text().splitlines()
    assert [line[: len(cells)] for line, cells in zip(lines, given, strict=True)] == given


def test_the_predictions_are_those_of_python(run: Run, model: str, folder: Path) -> None:
    run("predict", model, "flowers.csv", "-o", "out.csv")
    written = pd.read_csv("out.csv")
    frame = pd.read_csv("flowers.csv")
    estimator = sn.load(model)
    assert written["predicted_kind"].tolist() == estimator.predict(frame).tolist()
    written_exactly = read_table(folder / "out.csv").cells("probability_rose").astype(float)
    assert written_exactly.tolist() == estimator.predict_proba(frame)[:, 0].tolist()


def test_a_file_is_written_whole_and_said(run: Run, model: str, folder: Path) -> None:
    result = run("predict", model, "flowers.csv", "-o", "out.csv")
    assert result.stdout == ""
    assert "note: 24 rows with predictions were written to out.csv." in result.stderr
    assert run("predict", model, "flowers.csv", "-o", "out.csv", "-q").stderr == ""
    assert {path.name for path in folder.iterdir()} == {"flowers.csv", model, "out.csv"}


def test_a_name_in_gz_is_compressed(run: Run, model: str, folder: Path) -> None:
    run("predict", model, "flowers.csv", "-o", "out.csv.gz")
    plain = run("predict", model, "flowers.csv").stdout
    assert gzip.decompress((folder / "out.csv.gz").read_bytes()).decode() == plain


def test_columns_are_matched_by_name_and_the_target_may_be_absent(
    run: Run, model: str, folder: Path
) -> None:
    frame = pd.read_csv("flowers.csv")[["width", "length"]].assign(place="Ålesund, east")
    frame.to_csv("new.csv", index=False)
    result = run("predict", model, "new.csv")
    header, first, *_ = result.stdout.splitlines()
    assert header.startswith("width,length,place,predicted_kind,")
    assert '"Ålesund, east"' in first
    predicted = [line.split(",")[4] for line in result.stdout.splitlines()[1:]]
    assert predicted == sn.load(model).predict(frame).tolist()


def test_standard_input_will_do(run: Run, model: str) -> None:
    from_file = run("predict", model, "flowers.csv").stdout
    assert run("predict", model, "-", input=HEADER + FLOWERS).stdout == from_file


def test_the_output_has_the_delimiter_and_the_decimal_mark_of_the_input(
    run: Run, model: str, folder: Path
) -> None:
    text = (HEADER + FLOWERS).replace(",", ";").replace(".", ",")
    (folder / "semi.csv").write_text(text)
    result = run("predict", model, "semi.csv", "-o", "out.csv")
    assert "decimal comma" in result.stderr
    table = read_table(folder / "out.csv")
    assert (table.delimiter, table.decimal) == (";", ",")
    assert table.cells("length")[0] == "1,00"
    plain = run("predict", model, "flowers.csv").stdout.splitlines()[1].split(",")
    assert table.cells("probability_rose")[0] == plain[4].replace(".", ",")
    assert run("evaluate", model, "out.csv").exit_code == 0


def test_rows_with_missing_cells_are_left_out_or_filled_in(run: Run, folder: Path) -> None:
    (folder / "gaps.csv").write_text(HEADER + FLOWERS + ",2.0,rose\n")
    for missing, rows in (("drop", 24), ("impute", 25)):
        run("fit", "gaps.csv", "--target", "kind", *QUICK, "--missing", missing, "-o", missing)
        result = run("predict", missing, "gaps.csv")
        assert len(result.stdout.splitlines()) == rows + 1
        assert ("1 row was left out for a missing cell" in result.stderr) == (missing == "drop")
    assert result.stdout.splitlines()[-1].startswith(",2.0,rose,")  # filled in for the model only


def test_an_own_column_of_that_name_is_not_overwritten(run: Run, model: str, folder: Path) -> None:
    run("predict", model, "flowers.csv", "-o", "out.csv")
    again = run("predict", model, "out.csv", "-o", "twice.csv")
    assert again.exit_code == 1
    assert "out.csv: there is a column 'predicted_kind' already" in again.stderr
    assert not (folder / "twice.csv").exists()


def test_a_model_without_probabilities_says_so(run: Run) -> None:
    run("fit", "flowers.csv", "--target", "kind", *QUICK, "--loss", "squared", "-o", "m")
    result = run("predict", "m", "flowers.csv")
    assert result.stdout.splitlines()[0] == "length,width,kind,predicted_kind"
    assert "note: m: a model of the loss 'squared' has no probabilities." in result.stderr


def test_the_data_are_never_overwritten(run: Run, model: str, folder: Path) -> None:
    before = (folder / "flowers.csv").read_bytes()
    result = run("predict", model, "flowers.csv", "-o", "./flowers.csv")
    assert result.exit_code == 2 and "would overwrite" in result.stderr
    assert (folder / "flowers.csv").read_bytes() == before


def test_json_has_the_predictions_of_every_row(run: Run, model: str, folder: Path) -> None:
    import csv
    import json

    rows = json.loads(run("predict", model, "flowers.csv", "--json", "-o", "out.csv").stdout)[
        "rows"
    ]
    written = list(csv.DictReader((folder / "out.csv").open()))
    assert [row.pop("row") for row in rows] == list(range(1, len(written) + 1))
    for row, line in zip(rows, written, strict=True):
        assert {name: str(value) for name, value in row.items()} == {
            name: line[name] for name in row
        }
        assert any(name.startswith("probability_") for name in row)
