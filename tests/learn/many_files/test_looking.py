"""Many files have the schema of one with all their rows, or an error that names the file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from many import in_files
from odd_files import FILES, written

from standalone_node.engines.local import Local
from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.many_files import looking
from standalone_node.learn.many_files.prepared import FilesPrepared, prepare_files
from standalone_node.learn.preparation import prepare
from standalone_node.learn.table import read_table


def files_of(folder: Path, **options: Any) -> FilesPrepared:
    return prepare_files(f"{folder}/*.csv", "label", engine=Local(), **options)


def without_places(sentences: tuple[str, ...]) -> list[str]:
    """Sentences without the numbers of rows and the names of files."""
    found = [re.sub(r"row \d+( \(line \d+\))?( of \S+\.csv)?", "row", one) for one in sentences]
    return [re.sub(r"^\S+: ", "", one) for one in found]


@pytest.mark.parametrize("missing", ["drop", "impute"])
@pytest.mark.parametrize("name", [n for n in FILES if n != "decimal-comma-late"])
def test_schema_and_rows_are_those_of_one_file(name: str, missing: Any, tmp_path: Path) -> None:
    table = read_table(written(tmp_path, name, FILES[name]))
    in_files(table, tmp_path / "parts", [9, 9, 41])
    whole = prepare(table, "label", missing=missing, test_share=0.0)
    parts = files_of(tmp_path / "parts", missing=missing, test_share=0.0)
    assert parts.schema == whole.schema
    features, targets = parts.train.take(np.arange(len(parts.train)))
    np.testing.assert_array_equal(features, whole.train.inputs)
    np.testing.assert_array_equal(targets, whole.train.targets)
    assert targets.dtype == whole.train.targets.dtype
    assert parts.left_out == whole.left_out
    told, expected = without_places(parts.warnings), without_places(whole.warnings)
    assert told == expected


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)


GOOD = "a,b,label\n1.5,x,no\n2.5,y,yes\n3.5,x,no\n4.5,y,yes\n"

#: A second file, and what is said of it.
BROKEN = {
    "a cell that is no number": (
        "a,b,label\n" + "1.5,x,no\n" * 12 + "abc,y,yes\n" * 1 + "2.5,x,no\n" * 8,
        r"row 13 \(line 14\) of \S*b.csv, column 'a': 'abc' is not a number",
    ),
    "an empty cell": (
        "a,b,label\n1.5,x,no\n,y,yes\n2,,no\n",
        r"row 2 \(line 3\) of \S*b.csv, column 'a': the cell is empty \(2 cells are missing",
    ),
    "a missing target": (
        "a,b,label\n1.5,x,no\n2,y,\n",
        r"row 2 \(line 3\) of \S*b.csv, column 'label': the cell is empty",
    ),
    "a column less": ("a,label\n1,no\n", r"b.csv: there is no column 'b', which \S*a.csv has"),
    "a column more": ("a,b,c,label\n1,x,2,no\n", r"b.csv: there is a column 'c', which \S*a.csv"),
    "no target": ("a,b,labels\n1,x,no\n", r"b.csv: there is no target column 'label'; did you"),
    "another delimiter": (
        "a;b;label\n1;x;no\n",
        r"b.csv: the fields are separated by a semicolon, those of \S*a.csv by a comma",
    ),
    "too many fields": (
        "a,b,label\n1,x,no\n1,x,no,7\n",
        r"b.csv: row 2 \(line 3\) has 4 fields where the header has 3",
    ),
    "nothing at all": ("", r"b.csv: the file is empty"),
    "a class of one row": (
        "a,b,label\n1,x,no\n2,y,perhaps\n",
        r"the class 'perhaps' has one usable row only, row 2 \(line 3\) of \S*b.csv",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_wrong_with_a_file_names_it_and_the_row(what: str, tmp_path: Path) -> None:
    text, said = BROKEN[what]
    write(tmp_path, a=GOOD, b=text, c=GOOD)
    with pytest.raises(DataError, match=said):
        files_of(tmp_path)


def test_the_first_gap_is_that_of_the_first_file(tmp_path: Path) -> None:
    late = "a,b,label\n1.5,x,no\n2,x,no\n3,,yes\n"
    write(tmp_path, a=GOOD, b=late, c="a,b,label\n,x,no\n2,y,yes\n")
    with pytest.raises(DataError, match=r"row 3 \(line 4\) of \S*b.csv, column 'b'"):
        files_of(tmp_path)


def test_files_of_one_decimal_mark_and_another_are_refused(tmp_path: Path) -> None:
    comma = "a;b;label\n" + "1,5;x;no\n2,5;y;yes\n" * 5
    write(tmp_path, a=comma, b=comma.replace(",", "."))
    with pytest.raises(DataError, match=r"b.csv: .* with a decimal point, those of \S*a.csv with"):
        files_of(tmp_path)


def test_a_file_of_whole_numbers_has_the_decimal_mark_of_the_others(tmp_path: Path) -> None:
    whole = "a;b;label\n1;x;no\n2;y;yes\n"
    write(tmp_path, a=whole, b="a;b;label\n1,5;x;no\n2,5;y;yes\n", c=whole)
    prepared = files_of(tmp_path, test_share=0.0)
    assert prepared.schema.decimal == ","
    assert prepared.train.take(np.arange(6))[0][:, 0].tolist() == [1, 2, 1.5, 2.5, 1, 2]


def test_columns_may_have_another_order(tmp_path: Path) -> None:
    write(tmp_path, a=GOOD, b="label,b,a\nno,x,7.5\nyes,y,8.5\n")
    prepared = files_of(tmp_path, test_share=0.0)
    assert prepared.train.take(np.array([4, 5]))[0].tolist() == [[7.5, 1, 0], [8.5, 0, 1]]


def test_a_column_that_only_some_files_have_can_be_ignored(tmp_path: Path) -> None:
    write(tmp_path, a=GOOD, b="a,b,c,label\n1,x,2,no\n")
    assert len(files_of(tmp_path, ignore=["c"], test_share=0.0).train) == 5
    with pytest.raises(DataError, match=r"there is no column 'd' to ignore"):
        files_of(tmp_path, ignore=["c", "d"])


def test_a_file_of_a_header_alone_is_one_without_rows(tmp_path: Path) -> None:
    write(tmp_path, a="a,b,label\n", b=GOOD, c="a,b,label\n", d=GOOD)
    prepared = files_of(tmp_path, test_share=0.0)
    assert len(prepared.train) == 8
    assert prepared.train.rows.sizes == (4, 4)
    write(tmp_path, b="a,b,label\n", d="a,b,label\n")
    with pytest.raises(DataError, match="leaves no row to learn from"):
        files_of(tmp_path)


def test_a_file_all_of_whose_rows_are_left_out_does_no_harm(tmp_path: Path) -> None:
    write(tmp_path, a="a,b,label\n,x,no\n,y,yes\n", b=GOOD)
    prepared = files_of(tmp_path, missing="drop", test_share=0.0)
    assert (len(prepared.train), prepared.left_out) == (4, 2)
    assert any("2 rows were left out for a missing cell" in note for note in prepared.notes)


def test_what_is_said_of_many_files_is_said_once(tmp_path: Path) -> None:
    odd = GOOD.replace("x", "\N{LATIN SMALL LETTER E WITH ACUTE}").encode("cp1252")
    for name in "abc":
        (tmp_path / f"{name}.csv").write_bytes(odd)
    (note,) = [one for one in files_of(tmp_path, test_share=0.0).notes if "UTF-8" in one]
    assert "a.csv" in note
    assert note.endswith("(and so for 2 more files).")


def test_weights_are_for_rows_in_memory(tmp_path: Path) -> None:
    write(tmp_path, a=GOOD)
    with pytest.raises(ArgumentError, match="weight = 'a' is for rows in memory"):
        files_of(tmp_path, weight="a")


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, a=GOOD, b=GOOD)

    class Meddling(Local):
        def place(self, *given: Any, **how: Any) -> Any:
            (tmp_path / "b.csv").write_text(self.text)
            return super().place(*given, **how)

        text = GOOD

    for text in (GOOD + "1,x,no\n", "\n".join(GOOD.split("\n")[:3])):
        Meddling.text = text
        with pytest.raises(DataError, match=r"b.csv: the file was changed while it was read"):
            prepare_files(f"{tmp_path}/*.csv", "label", engine=Meddling())
        write(tmp_path, b=GOOD)


def test_classes_that_look_like_quantities_in_one_file_are_all_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FEW", 2)
    sizes = "a,label\n1,3.5\n2,4\n3,4.5\n4,3.5\n5,4\n6,4.5\n"
    write(tmp_path, a=sizes, b=sizes.replace("4.5", "large"), c=sizes.replace("3.5", "small"))
    classes = files_of(tmp_path, test_share=0.0).schema.target.classes
    assert classes == ("3.5", "4", "4.5", "large", "small")


def test_of_a_target_of_quantities_hardly_a_text_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FEW", 2)
    rows = "".join(f"{k},{k}.5\n" for k in range(40))
    write(tmp_path, a="a,label\n" + rows, b="a,label\n" + rows.replace(".5", ".25"))
    sent: list[int] = []

    class Watched(Local):
        def over(self, function: Any, items: Any, *shared: Any, done: Any = None) -> list[Any]:
            found = super().over(function, items, *shared, done=done)
            sent.extend(len(looked.tallies["label"].texts) for looked in found)
            return found

    prepared = prepare_files(f"{tmp_path}/*.csv", "label", engine=Watched(), test_share=0.0)
    assert prepared.task == "regression" and sent == [2, 2]
    assert "more than 2 distinct values" in prepared.notes[0]


def test_no_more_tallies_are_held_than_those_of_a_few_files(tmp_path: Path) -> None:
    write(tmp_path, **{f"part-{k:02}": GOOD for k in range(11)})
    asked: list[int] = []

    class Watched(Local):
        def over(self, function: Any, items: Any, *shared: Any, done: Any = None) -> list[Any]:
            asked.append(len(items))
            return super().over(function, items, *shared, done=done)

        def workers(self) -> dict[str, int]:
            return {"one": 1}

    told: list[tuple[int, int]] = []
    prepared = prepare_files(
        f"{tmp_path}/*.csv",
        "label",
        engine=Watched(),
        tell=lambda words, done, count: told.append((done, count)),
    )
    assert asked == [4, 4, 3]
    assert told[:-1] == [(k, 11) for k in range(1, 12)]
    assert sum(prepared.train.rows.sizes) + len(prepared.test or ()) == 44


def test_relative_names_begin_where_the_fit_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a=GOOD, b="a,b,label\n1,x\n")
    monkeypatch.chdir(tmp_path)
    text = looking.Text(folder=str(tmp_path))
    (tmp_path / "far").mkdir()
    monkeypatch.chdir(tmp_path / "far")
    file = text.open("a.csv")
    assert sum(map(len, file.read())) == 4 and file.source == "a.csv"
    with pytest.raises(DataError, match=r"^b.csv: row 1 \(line 2\) has 2 fields"):
        list(text.open("b.csv").read())


def test_a_file_that_a_worker_does_not_see_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "threads_here", lambda: 1)
    with pytest.raises(DataError, match=r"^a.csv: the worker on \S+ sees no such file .* share"):
        looking.Text(folder=str(tmp_path)).open("a.csv")
