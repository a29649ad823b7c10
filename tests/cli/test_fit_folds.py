"""`fit` with folds, groups, times and a start, as somebody uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flowers import FLOWERS, HEADER, QUICK, Run

import standalone_node as sn

FIT = ("fit", "flowers.csv", "--target", "kind", *QUICK)


def told(run: Run, *words: str) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    facts: dict[str, Any] = json.loads(result.stdout)
    return facts


@pytest.fixture
def visits(folder: Path) -> Path:
    """flowers.csv with a column of gardens and one of days."""
    lines = FLOWERS.splitlines()
    rows = (f"{line},g{i // 4},2024-01-{i + 1:02d}" for i, line in enumerate(lines))
    (folder / "visits.csv").write_text(HEADER.strip() + ",garden,day\n" + "\n".join(rows) + "\n")
    return folder / "visits.csv"


def test_folds_have_a_mean_a_spread_and_a_line_each(run: Run) -> None:
    facts = told(run, *FIT, "--cv", "3")["cross_validation"]
    assert (facts["folds"], facts["rows"], facts["split"]) == (3, 19, "class by class")
    each = [fold["scores"]["accuracy"] for fold in facts["each"]]
    assert facts["scores"]["accuracy"]["mean"] == pytest.approx(sum(each) / 3)
    assert sum(fold["rows"]["test"] for fold in facts["each"]) == 19
    shown = run(*FIT, "--cv", "3")
    assert "Cross-validation: 3 folds of 19 rows, class by class" in shown.stdout
    assert "spread" in shown.stdout and "baseline" in shown.stdout
    for fold in (1, 2, 3):
        assert f"Fold {fold} of 3, on " in shown.stderr
    assert sn.load("flowers.node.npz").summary_["cv_folds"] == 3


def test_folds_of_all_rows_and_in_the_report(run: Run, folder: Path) -> None:
    facts = told(run, *FIT, "--cv", "2", "--test-share", "0", "--report", "out")
    assert facts["test"] is None and facts["cross_validation"]["rows"] == 24
    page = (folder / "out" / "report.html").read_text()
    assert "How much does the score depend on the rows" in page
    table = (folder / "out" / "data" / "folds.csv").read_text()
    assert table.startswith("fold,trained on,scored on,accuracy,")


def test_without_folds_nothing_is_said_of_them(run: Run) -> None:
    assert told(run, *FIT)["cross_validation"] is None
    assert "Cross-validation" not in run(*FIT).stdout


def test_groups_and_times_part_the_rows_and_are_no_inputs(run: Run, visits: Path) -> None:
    fit = ("fit", "visits.csv", "--target", "kind", *QUICK)
    grouped = told(run, *fit, "--group", "garden", "--ignore", "day", "--cv", "2")
    assert (grouped["group"], grouped["time"], grouped["columns"]) == ("garden", None, 2)
    assert grouped["rows"] == {"train": 20, "test": 4, "left_out": 0}
    assert grouped["cross_validation"]["split"] == "class by class, by 'garden'"
    timed = told(run, *fit, "--time", "day", "--ignore", "garden", "--cv", "2")
    assert (timed["time"], timed["rows"]["test"]) == ("day", 5)
    assert timed["cross_validation"]["split"] == "each after all that came before it by 'day'"
    shown = run(*fit, "--time", "day", "--ignore", "garden")
    assert "parted by the time 'day'" in shown.stdout
    assert "note: column 'day' says in which order the rows came, and is no input." in shown.stderr
    found = run("sensitivity", "visits.node.npz", "visits.csv", "--held-out", "-o", "s", "--json")
    assert found.exit_code == 0, found.stderr


def test_compare_parts_rows_by_group_as_well(run: Run, visits: Path) -> None:
    compare = ("compare", "visits.csv", "--target", "kind", "--ignore", "day", "--methods", "lbfgs")
    facts = told(run, *compare, "--group", "garden", "--max-sweeps", "9", "--steps", "2")
    assert facts["rows"]["test"] == 4 and facts["group"] == "garden"


def test_a_fit_goes_on_from_a_model(run: Run) -> None:
    first = told(run, *FIT, "-o", "first.npz")
    again = told(run, "fit", "flowers.csv", "--start", "first.npz", "--max-iterations", "3")
    assert again["cost"]["start"] == pytest.approx(first["cost"]["end"], rel=1e-12)
    assert again["cost"]["end"] < again["cost"]["start"]
    assert (again["start"], again["settings"]["steps"]) == ("first.npz", 2)
    finer = told(run, "fit", "flowers.csv", "--start", "first.npz", "--steps", "4")
    assert finer["time_steps"] == 4
    assert finer["cost"]["start"] == pytest.approx(first["cost"]["end"], rel=0.05)
    shown = run("fit", "flowers.csv", "--start", "first.npz", *QUICK)
    assert "first.npz" in shown.stdout and "warning: first.npz" not in shown.stderr
    doubted = run("fit", "flowers.csv", "--start", "first.npz", *QUICK, "--seed", "4")
    assert "warning: first.npz was fitted to rows that were drawn otherwise" in doubted.stderr


def test_a_start_takes_options_that_say_what_it_says_and_refuses_others(
    run: Run, visits: Path
) -> None:
    fit = ("fit", "visits.csv", "--max-iterations", "3")
    first = (*fit, "--target", "kind", "--weight", "width", "--ignore", "garden", "--steps", "2")
    assert run(*first, "--missing", "drop", "-o", "a.npz").exit_code == 0
    more = (*fit, "--start", "a.npz", "-o", "b.npz")
    same = ("--weight", "width", "--task", "classification", "--missing", "drop")
    told = run(*more, *same, "--date", "day=%Y-%m-%d")
    assert told.exit_code == 0, told.stderr
    for other in (
        ("--weight", "length"),
        ("--task", "regression"),
        ("--missing", "impute"),
        ("--date", "day=%Y-%d-%m"),
        ("--na", "x"),
    ):
        refused = run(*more, *other)
        assert refused.exit_code == 2
        assert f"{other[0]} says how columns are read" in refused.stderr


def test_dates_of_a_time_are_told_as_those_of_inputs_are(run: Run, visits: Path) -> None:
    text = visits.read_text()
    for day in range(1, 25):
        text = text.replace(f"2024-01-{day:02d}", f"{day:02d}.01.24")
    visits.write_text(text)
    fit = ("fit", "visits.csv", "--target", "kind", *QUICK, "--ignore", "garden", "--time", "day")
    assert "is neither a number nor a date" in run(*fit).stderr
    facts = told(run, *fit, "--date", "day=%d.%m.%y")
    assert (facts["time"], facts["rows"]["test"], facts["columns"]) == ("day", 5, 2)
    assert sn.load("visits.node.npz").summary_["split_format"] == "%d.%m.%y"
    found = run("sensitivity", "visits.node.npz", "visits.csv", "--held-out", "-o", "s", "--json")
    assert found.exit_code == 0, found.stderr


def test_another_share_than_asked_for_is_told(run: Run, visits: Path) -> None:
    text = visits.read_text()
    for garden in range(6):
        text = text.replace(f",g{garden},", f",{'near' if garden < 3 else 'far'},")
    visits.write_text(text)
    fit = ("fit", "visits.csv", "--target", "kind", *QUICK, "--ignore", "day")
    words = "note: visits.csv: 50 % of the rows are held out, where 20 % were asked for"
    assert words in run(*fit, "--group", "garden").stderr
    assert "were asked for" not in run(*fit, "--ignore", "garden").stderr


def test_tables_fit_into_as_many_columns_as_there_are(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def widest(*words: str) -> int:
        return max(map(len, run(*words).stdout.splitlines()))

    monkeypatch.setenv("COLUMNS", "80")
    assert 60 < widest(*FIT, "--cv", "2") <= 80
    assert 60 < widest("info", "flowers.node.npz") <= 80
    monkeypatch.delenv("COLUMNS")
    assert widest("info", "flowers.node.npz") > 80  # a pipe folds no name of a file
    monkeypatch.setenv("COLUMNS", "120")
    assert 80 < widest("info", "flowers.node.npz") <= 120


def test_class_weights_are_for_classes(run: Run, visits: Path) -> None:
    fit = ("fit", "visits.csv", *QUICK, "--class-weight", "balanced")
    several = run(*fit, "--target", "length", "--target", "width")
    assert several.exit_code == 2
    assert "--class-weight 'balanced' is for classes, and 'length', 'width' hold" in several.stderr
    assert "task" not in several.stderr
    one = run(*fit, "--target", "length")
    assert "'length' holds quantities: leave it out, or give --task 'class" in one.stderr


@pytest.mark.parametrize(
    "words, code, sentence",
    [
        (("--group", "kind", "--time", "width"), 2, "leave one of the two out"),
        (("--group", "kind"), 2, "the target 'kind' is also the column of --group"),
        (("--group", "gardn"), 1, "there is no column 'gardn' for --group"),
        (("--time", "width", "--test-share", "0"), 2, "--time says how rows are parted, and none"),
        (("--cv", "1"), 2, "--cv"),
        (("--cv", "30"), 1, "--cv 30 needs 30 rows that differ and there are 19"),
        (("--cv", "2", "--chunked", "yes"), 2, "--cv needs all rows in memory"),
        (("--start", "none.npz"), 1, "there is no model file 'none.npz'"),
        (("--start", "flowers.node.npz", "--cv", "3"), 2, "--cv would score rows that the model"),
        (("--start", "flowers.node.npz", "--ignore", "width"), 2, "--ignore says how columns are"),
        (("--start", "flowers.node.npz", "--horizon", "9"), 2, "(--horizon 9.0 here, 4.0 there)"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    run: Run, model: str, words: tuple[str, ...], code: int, sentence: str
) -> None:
    result = run("fit", "flowers.csv", "--target", "kind", "-o", "more.npz", *words)
    assert result.exit_code == code
    assert sentence in result.stderr and "Traceback" not in result.stderr
