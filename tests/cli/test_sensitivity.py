"""`node-fit sensitivity`: a report from a model and a CSV file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flowers import Run

QUICK = ("--rows", "12", "--samples", "100", "--only", "accuracy,jacobian,noise")


def test_a_report_is_a_page_with_figures_numbers_and_facts(
    run: Run, model: str, folder: Path
) -> None:
    result = run("sensitivity", model, "flowers.csv", "-o", "report", *QUICK)
    assert result.exit_code == 0, result.stderr
    page = (folder / "report" / "report.html").read_text()
    assert "How often is it right?" in page and "<h1" in page
    facts = json.loads((folder / "report" / "report.json").read_text())
    assert facts["answer"]
    stems = {path.stem for path in (folder / "report" / "figures").glob("*.svg")}
    assert stems == {path.stem for path in (folder / "report" / "figures").glob("*.png")}
    assert stems and stems <= {path.stem for path in (folder / "report" / "data").glob("*.csv")}
    assert "report.html" in result.stdout
    assert "seconds of computing" in result.stdout


def test_the_folder_is_called_after_the_model(run: Run, model: str, folder: Path) -> None:
    result = run("sensitivity", model, "flowers.csv", *QUICK[:-1], "jacobian")
    assert result.exit_code == 0, result.stderr
    assert (folder / "flowers.sensitivity" / "report.html").exists()


def test_rows_that_were_drawn_are_said_in_the_report(run: Run, model: str, folder: Path) -> None:
    run("sensitivity", model, "flowers.csv", "-o", "report", *QUICK)
    assert "12 of the 24 rows" in (folder / "report" / "report.html").read_text()


def test_a_time_limit_that_bites_is_said(run: Run, model: str, folder: Path) -> None:
    result = run(
        "sensitivity", model, "flowers.csv", "-o", "report", "--time-limit", "0.000001", *QUICK
    )
    assert result.exit_code == 0, result.stderr
    assert "time limit" in (folder / "report" / "report.html").read_text()


def test_held_out_rows_are_those_of_the_fit(run: Run, model: str, folder: Path) -> None:
    result = run(
        "sensitivity", model, "flowers.csv", "--held-out", "-o", "report", "--json", *QUICK
    )
    assert result.exit_code == 0, result.stderr
    facts = json.loads(result.stdout)
    assert facts["provenance"]["rows"] == "5 of 5 held-out rows"


def test_the_same_command_gives_the_same_numbers(run: Run, model: str, folder: Path) -> None:
    found = []
    for name in ("one", "two"):
        assert run("sensitivity", model, "flowers.csv", "-o", name, *QUICK).exit_code == 0
        data = folder / name / "data"
        found.append({path.name: path.read_bytes() for path in data.glob("*.csv")})
    assert found[0] == found[1]


def test_noise_comes_from_a_file_by_the_names_of_the_columns(
    run: Run, model: str, folder: Path
) -> None:
    (folder / "errors.csv").write_text("column,sd\nlength,0.1\nwidth,0.2\n")
    result = run(
        *("sensitivity", model, "flowers.csv", "-o", "report", "--noise", "errors.csv"), *QUICK
    )
    assert result.exit_code == 0, result.stderr
    assert "the errors in errors.csv" in (folder / "report" / "report.html").read_text()


@pytest.mark.parametrize(
    "options, code, words",
    [
        (("--only", "weather"), 2, "'weather' is none of accuracy"),
        (("--unit", "0"), 2, "neither the word spread nor a positive number"),
        (("--box", "5,1"), 2, "the first number has to be the smaller one"),
        (("--noise", "-1"), 2, "--noise"),
        (("--noise", "nowhere.csv"), 1, "nowhere.csv"),
        (("--tolerance", "0.1"), 2, "--tolerance"),
        (("--train", "nowhere.csv"), 1, "nowhere.csv"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(
    run: Run, model: str, options: tuple[str, ...], code: int, words: str
) -> None:
    result = run("sensitivity", model, "flowers.csv", "-o", "report", *options)
    assert result.exit_code == code, result.stderr
    assert words in result.stderr and "Traceback" not in result.stderr


def test_a_report_does_not_overwrite_what_it_reads(run: Run, model: str, folder: Path) -> None:
    (folder / "report" / "data").mkdir(parents=True)
    (folder / "report" / "data" / "in.csv").write_text((folder / "flowers.csv").read_text())
    result = run("sensitivity", model, "report/data/in.csv", "-o", "report")
    assert result.exit_code == 2 and "overwrite" in result.stderr


def test_noise_that_is_no_covariance_is_the_fault_of_the_file(
    run: Run, model: str, folder: Path
) -> None:
    (folder / "errors.csv").write_text("length,width\n1,2\n0,1\n")
    result = run("sensitivity", model, "flowers.csv", "--noise", "errors.csv", *QUICK)
    assert result.exit_code == 1 and "errors.csv: covariance is not symmetric" in result.stderr


def test_what_is_left_out_is_said_in_options(run: Run, folder: Path) -> None:
    fit = ("fit", "flowers.csv", "--target", "kind", "--reversible", "yes", "--max-iterations", "3")
    assert run(*fit, "-q").exit_code == 0
    only = ("--only", "jacobian,certificate")
    result = run("sensitivity", "flowers.node.npz", "flowers.csv", "-o", "report", *only)
    assert result.exit_code == 0, result.stderr
    assert "fit with --reversible no" in (folder / "report" / "report.html").read_text()


def test_errors_of_categories_alone_are_called_so(run: Run, folder: Path) -> None:
    rows = "".join(f"{a},{b},{'x' if a == 'u' else 'y'}\n" for a in "uvw" for b in "abcdef")
    (folder / "words.csv").write_text("word,letter,kind\n" + rows)
    assert run("fit", "words.csv", "--target", "kind", "--max-iterations", "3", "-q").exit_code == 0
    result = run("sensitivity", "words.node.npz", "words.csv", "-o", "report", *QUICK)
    assert result.exit_code == 0, result.stderr
    page = (folder / "report" / "report.html").read_text()
    assert "zero or one that stands for a category" in page and "numeric column" not in page


def test_noise_can_be_as_large_as_the_data_vary(run: Run, model: str, folder: Path) -> None:
    result = run("sensitivity", model, "flowers.csv", "-o", "report", "--noise", "data", *QUICK)
    assert result.exit_code == 0, result.stderr
    assert "as large as the rows vary" in (folder / "report" / "report.html").read_text()
