"""A report is written whole, beside whatever else is in its folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_documents import HOSTILE, document_of, figure_of

from standalone_node.errors import ArgumentError, NodeError
from standalone_node.report.document import Section
from standalone_node.report.folder import check_folder, write_report

FILES = {
    "report.html", "report.json", "data/waves-0.csv", "data/numbers-0.csv",
    "figures/waves-0.svg", "figures/waves-0.png",
}  # fmt: skip


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_report_is_these_files_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    written = write_report(document_of(), folder)
    assert files(tmp_path) == {f"deep/report/{name}" for name in FILES}
    assert {path.relative_to(folder).as_posix() for path in written} == FILES
    assert [path.name for path in written[:2]] == ["report.html", "report.json"]
    assert (folder / "figures" / "waves-0.png").read_bytes()[:4] == b"\x89PNG"
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_the_numbers_read_back_exactly(tmp_path: Path) -> None:
    document = document_of()
    write_report(document, tmp_path)
    with open(tmp_path / "data" / "waves-0.csv", newline="") as file:
        header, *rows = csv.reader(file)
    table = document.figures[0].table
    assert header == list(table.columns)
    assert np.array_equal(np.array(rows, dtype=float), table.to_numpy())
    numbers = pd.read_csv(tmp_path / "data" / "numbers-0.csv")
    assert numbers["count"].tolist() == [1200, 7] and numbers["size"].tolist() == [0.5, 12.25]


def test_names_out_of_data_files_are_data_in_the_numbers_and_in_the_facts(tmp_path: Path) -> None:
    name = "\n".join(HOSTILE[:-1])
    write_report(document_of((name,)), tmp_path)
    assert pd.read_csv(tmp_path / "data" / "waves-0.csv").columns[0] == name
    facts = json.loads((tmp_path / "report.json").read_text())
    assert facts["facts"]["label"] == name
    assert facts["sections"][0]["figures"][0]["data"] == "data/waves-0.csv"


def test_formulas_of_spreadsheets_are_not_altered(tmp_path: Path) -> None:
    write_report(document_of(("=1+1",)), tmp_path)
    assert (tmp_path / "data" / "waves-0.csv").read_text().startswith("=1+1,sine\n")


def test_the_facts_are_json_without_nan(tmp_path: Path) -> None:
    write_report(document_of(), tmp_path)
    text = (tmp_path / "report.json").read_text()
    facts = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert facts["facts"]["nothing"] is None and facts["facts"]["array"] == [0, 1, 2]
    assert facts["verdicts"][0]["grade"] == "good"


def test_other_files_stay_and_older_ones_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.csv").write_text("mine")
    (tmp_path / "data" / "waves-0.csv").write_text("old")
    write_report(document_of(), tmp_path)
    assert files(tmp_path) == FILES | {"data/mine.csv"}
    assert (tmp_path / "data" / "mine.csv").read_text() == "mine"
    assert (tmp_path / "data" / "waves-0.csv").read_text() != "old"


def test_the_same_document_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_report(document_of(), tmp_path / name)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_figure_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def draw(canvas: object) -> None:
        raise RuntimeError("no ink")

    broken = Section("one", "?", ".", figures=(figure_of(), figure_of("broken", draw=draw)))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "report.html").write_text("old")
    for name in ("new/deep", "old"):
        with pytest.raises(RuntimeError, match="no ink"):
            write_report(document_of(sections=(broken,)), tmp_path / name)
    assert files(tmp_path) == {"old/report.html"} and not (tmp_path / "new").exists()
    assert (tmp_path / "old" / "report.html").read_text() == "old"


def test_a_place_that_cannot_be_written_to_is_an_error_of_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "report"):
        for refused in (lambda p: write_report(document_of(), p), check_folder):
            with pytest.raises(NodeError, match="the report cannot be written there"):
                refused(place)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "data").write_text("mine")
    with pytest.raises(NodeError, match="cannot be written there"):
        check_folder(tmp_path / "taken")
    with pytest.raises(NodeError, match="cannot be written there"):
        write_report(document_of(), tmp_path / "taken")
    assert (tmp_path / "taken" / "data").read_text() == "mine"
    assert files(tmp_path) == {"file", "taken/data"}


def test_files_that_are_read_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    read = tmp_path / "data" / "residuals.csv"
    read.write_text("x")
    with pytest.raises(ArgumentError, match=r"could overwrite .*residuals\.csv"):
        check_folder(tmp_path, [read])
    with pytest.raises(ArgumentError, match=r"could overwrite .*report\.html"):
        check_folder(tmp_path, [tmp_path / "report.html"])
    check_folder(tmp_path, [tmp_path / "other.csv"])
    check_folder(tmp_path / "new", [read])
    assert not (tmp_path / "new").exists()


def test_progress_is_told_figure_by_figure(tmp_path: Path) -> None:
    told: list[str] = []
    write_report(document_of(("a", "b")), tmp_path, told.append)
    assert told == ["figure 1 of 2: Waves of a", "figure 2 of 2: Waves of b"]


def test_a_figure_of_many_points_stays_small_where_its_points_are_an_image(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(20_000, 2))

    def draw(canvas: object) -> None:
        axes = canvas.add_subplot()  # type: ignore[attr-defined]
        axes.plot(*points.T, "o", ms=2.0, rasterized=True)

    many = Section("one", "?", ".", figures=(figure_of(draw=draw, table=pd.DataFrame(points)),))
    (page, *_) = write_report(document_of(sections=(many,)), tmp_path)
    assert page.stat().st_size < 500_000
