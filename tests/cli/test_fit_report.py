"""`node-fit fit --report`: a folder with a page, beside the model."""

from __future__ import annotations

import json
from pathlib import Path

from flowers import FLOWERS, HEADER, QUICK, Run

FIT = ("fit", "flowers.csv", "--target", "kind", *QUICK)


def test_a_report_is_written_beside_the_model_and_names_options(run: Run, folder: Path) -> None:
    result = run(*FIT, "--report", "told")
    assert result.exit_code == 0, result.stderr
    assert "--max-iterations" in (folder / "told" / "report.html").read_text()
    assert "max_iterations" not in (folder / "told" / "report.html").read_text()
    assert "report" in result.stdout and "told/report.html" in result.stdout
    assert {path.name for path in folder.iterdir()} == {
        "flowers.csv", "flowers.node.npz", "flowers.node.npz.history.csv", "told",
    }  # fmt: skip
    page = (folder / "told" / "report.html").read_text()
    assert "Model of kind" in page and "How good are the predictions?" in page
    assert {path.name for path in (folder / "told" / "figures").iterdir()} >= {
        "confusion.svg", "confusion.png", "decision-regions.svg", "trajectories.svg",
    }  # fmt: skip


def test_the_facts_are_those_on_stdout_and_an_older_report_is_replaced(
    run: Run, folder: Path
) -> None:
    (folder / "told").mkdir()
    (folder / "told" / "report.html").write_text("old")
    (folder / "told" / "notes.txt").write_text("mine")
    result = run(*FIT, "--report", "told", "--json")
    assert "note: the report in told is there already and will be replaced." in result.stderr
    assert "Model of kind" in (folder / "told" / "report.html").read_text()
    assert (folder / "told" / "notes.txt").read_text() == "mine"
    printed = json.loads(result.stdout)
    assert printed["files"]["report"] == "told/report.html"
    kept = json.loads((folder / "told" / "report.json").read_text())
    assert kept["facts"] == printed
    assert kept["warnings"] == printed["warnings"]


def test_the_data_are_not_overwritten_by_their_report(run: Run, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "confusion.csv").write_text(HEADER + FLOWERS)
    result = run("fit", "data/confusion.csv", "--target", "kind", *QUICK, "--report", ".")
    assert result.exit_code == 2
    assert "the report could overwrite data/confusion.csv; name another folder" in result.stderr
    assert (folder / "data" / "confusion.csv").read_text() == HEADER + FLOWERS
    model = run(*FIT, "--report", "told", "-o", "told/report.html")
    assert model.exit_code != 0 and not (folder / "told").exists()


def test_a_place_for_no_folder_is_refused_before_the_fit(run: Run, folder: Path) -> None:
    result = run(*FIT, "--report", "flowers.csv")
    assert result.exit_code == 1
    assert "flowers.csv: the report cannot be written there" in result.stderr
    assert "Fitting" not in result.stderr and not (folder / "flowers.node.npz").exists()


def test_names_that_are_attacks_are_text_in_the_report(run: Run, folder: Path) -> None:
    names = '"<script>alert(1)</script>","""><img src=x onerror=alert(1)>",kind\n'
    (folder / "odd.csv").write_text(names + FLOWERS.replace("rose", "<b>rose</b>"))
    result = run("fit", "odd.csv", "--target", "kind", *QUICK, "--report", "told")
    assert result.exit_code == 0, result.stderr
    page = (folder / "told" / "report.html").read_text()
    assert "<script" not in page and "<img src=x" not in page and "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    header = (folder / "told" / "data" / "decision-regions.csv").read_text().splitlines()[0]
    assert header.startswith('<script>alert(1)</script>,"""><img src=x onerror=alert(1)>"')
