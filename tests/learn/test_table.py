"""A file becomes a table of exactly its cells, or one sentence says why it cannot."""

from __future__ import annotations

import csv
import gzip
import io
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standalone_node.errors import ArgumentError, DataError, NodeError
from standalone_node.learn.cells import parse_numbers
from standalone_node.learn.table import Table, read_table


def read(folder: Path, content: str | bytes, name: str = "data.csv", **options: str) -> Table:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, **options)


def cells(table: Table) -> list[list[str]]:
    return table.frame.to_numpy().tolist()


PLAIN = [["1", "x"], ["2", "ü"]]


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("a,b\n1,x\n2,ü\n", ","),
        ("a;b\n1;x\n2;ü\n", ";"),
        ("a\tb\n1\tx\n2\tü\n", "\t"),
        ("a|b\n1|x\n2|ü\n", "|"),
        ("a,b\r\n1,x\r\n2,ü\r\n", ","),
        ("a,b\r1,x\r2,ü", ","),
        (' a , "b" \n 1, "x" \n2 ,  ü\n', ","),
        ("\n  \na,b\n\n1,x\n   \n2,ü\n\n\n", ","),
        ("a,b\n1,x\n2,ü\n,\n,\n", ","),
    ],
)
def test_the_same_cells_come_from_every_way_of_writing_them(
    tmp_path: Path, content: str, delimiter: str
) -> None:
    table = read(tmp_path, content)
    assert cells(table) == PLAIN
    assert (table.names, table.delimiter) == (["a", "b"], delimiter)
    assert table.frame.index.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("codec", "recognised"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_recognised(tmp_path: Path, codec: str, recognised: str) -> None:
    table = read(tmp_path, "a,b\n1,x\n2,ü\n".encode(codec))
    assert cells(table) == PLAIN
    assert table.encoding == recognised
    assert bool(table.notes) == (codec in ("cp1252", "utf-16-le", "utf-16-be"))


def test_bytes_that_windows_does_not_know_are_latin_1(tmp_path: Path) -> None:
    assert read(tmp_path, b"a,b\n1,\x81\n").encoding == "latin-1"


def test_delimiter_and_encoding_can_be_told(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b;c\n1,2;ä\n".encode("cp437"), delimiter=",", encoding="cp437")
    assert cells(table) == [["1", "2;ä"]]
    assert cells(read(tmp_path, "a\tb\n1\t2\n", delimiter="tab")) == [["1", "2"]]
    assert cells(read(tmp_path, "a b\n1 2\n", delimiter=" ")) == [["1", "2"]]


def test_quotes_hold_delimiters_line_ends_and_quotes(tmp_path: Path) -> None:
    table = read(tmp_path, 'a;"b;b"\n"1;1";"x\ny"\n"say ""hi""";3\n')
    assert table.names == ["a", "b;b"]
    assert cells(table) == [["1;1", "x\ny"], ['say "hi"', "3"]]
    assert table.where(1) == "row 2 (line 4)"


def test_rows_are_numbered_below_the_header_and_lines_in_the_file(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n\n1,2\n\n3,4\n5,6\n")
    assert [table.where(i) for i in range(3)] == [
        "row 1 (line 3)",
        "row 2 (line 5)",
        "row 3 (line 6)",
    ]
    assert table.rows([2, 0]).where(0) == "row 3 (line 6)"
    assert table.rows(np.array([False, True, True])).where(0) == "row 2 (line 5)"


def test_in_a_file_of_one_column_a_quoted_nothing_is_a_cell(tmp_path: Path) -> None:
    table = read(tmp_path, 'a\n1\n\n""\n3\n')
    assert cells(table) == [["1"], [""], ["3"]]
    assert "only one column" in table.notes[0]


def test_a_decimal_comma_is_recognised_and_said(tmp_path: Path) -> None:
    table = read(tmp_path, "a;b\n1,5;x\n2;y\n")
    assert table.decimal == ","
    assert any("decimal comma" in note for note in table.notes)
    assert read(tmp_path, 'a,b\n"1,5",x\n').decimal == "."
    mixed = read(tmp_path, "a;b\n1,5;1.5\n2;2.5\n")
    assert mixed.decimal == "."
    assert any("although 1 of the cells" in note for note in mixed.notes)


def test_standard_input_and_gzip_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress("a,b\n1,x\n2,ü\n".encode(), mtime=0)
    assert cells(read(tmp_path, packed, "data.csv.gz")) == PLAIN
    assert cells(read(tmp_path, packed, "unmarked")) == PLAIN
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
    table = read_table("-")
    assert (table.source, cells(table)) == ("standard input", PLAIN)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        ("\n \n", "nothing in it"),
        ("a,b\n", "no data row"),
        ("a,b\n,\n", "every cell below the header is empty"),
        ("a,b,c\n1,2,3\n4,5\n", "row 2 (line 3) has 2 fields where the header has 3"),
        ("a;b;c\n1;2\n", "row 1 (line 2) has 2 fields where the header has 3"),
        ("a,b\n1,2,3\n4,5\n", "row 1 (line 2) has 3 fields where the header has 2"),
        ('a,b\n"x\ny",1\n3\n', "row 2 (line 4) has 1 field where the header has 2"),
        ('a,b\n1,2\n"x,2\n3,4\n', "opens on line 3 is never closed"),
        ('a,b\n1,2\n"x"y,2\n', "line 3 has text behind a closing quote"),
        ("a,b\n1," + '"' + "x" * 200_000 + '"\n', "a cell on line 2 is too long"),
        ("a,b\n1,2\x00\n", "line 2 holds the control character '\\x00'"),
        (b"PK\x03\x04 and so on", "a ZIP archive or a spreadsheet"),
        (bytes(range(256)), "not a text file"),
        ("a, a\n1,2\n", "columns 1 and 2 are both called 'a'"),
        (",a\n1,2\n", "column 1 has no name"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], "damaged or cut off"),
        (b"\x1f\x8b and nonsense", "damaged or cut off"),
    ],
)
def test_a_file_that_is_no_table_gets_one_sentence(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, content)
    message = str(caught.value)
    assert said in message
    assert "data.csv" in message
    assert message.endswith(".") and "\n" not in message


def test_a_path_that_is_no_file_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="this is a folder"):
        read_table(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        read_table("a\0b")
    with pytest.raises(DataError, match="not gzip"):
        read(tmp_path, "a,b\n1,2\n", "data.csv.gz")


def test_a_wrong_delimiter_or_encoding_is_a_wrong_argument(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="--delimiter"):
        read(tmp_path, "a\n1\n", delimiter="xx")
    with pytest.raises(ArgumentError, match="--encoding"):
        read(tmp_path, "a\n1\n", encoding="klingon")
    with pytest.raises(DataError, match="not ascii"):
        read(tmp_path, "a\nü\n", encoding="ascii")


def test_a_header_of_numbers_is_remarked(tmp_path: Path) -> None:
    assert "holds only numbers" in read(tmp_path, "1,2\n3,4\n").notes[0]


SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 5))
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.just("\n")).map(
    str.strip
)


@st.composite
def grids(draw: st.DrawFn) -> list[list[str]]:
    width, height = draw(SHAPES)
    names = draw(
        st.lists(TEXT.filter(bool), min_size=width, max_size=width, unique=True).filter(
            lambda row: not row[0].startswith("\ufeff")
        )
    )
    rows = draw(
        st.lists(st.lists(TEXT, min_size=width, max_size=width), min_size=height, max_size=height)
    )
    rows.append(["end"] * width)  # so that no empty row ends the file
    return [names, *rows]


@given(grids(), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, grid: list[list[str]], delimiter: str, end: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(grid)
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(text.getvalue().encode())
    table = read_table(path, delimiter=delimiter)
    assert [table.names, *cells(table)] == grid


@given(st.binary(max_size=200) | st.text('a1,;"\r\n \t|.', max_size=80).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_table_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except NodeError as error:
        message = str(error)
    else:
        message = ""
        assert all(isinstance(cell, str) for row in cells(table) for cell in row)
        assert table.lines is not None and len(table.lines) == len(table.frame) > 0
    assert "\n" not in message


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_floats_survive_a_table_bit_for_bit(values: list[float]) -> None:
    frame = pd.DataFrame({"x": values})
    read_back, numeric = parse_numbers(Table.from_frame(frame).cells("x"))
    assert numeric.all()
    np.testing.assert_array_equal(read_back.view(np.int64), frame["x"].to_numpy().view(np.int64))


@given(st.text("0123456789+-.eE_naif ", max_size=12))
@settings(max_examples=500, deadline=None)
def test_a_number_is_what_python_reads_without_underscores_and_blanks(text: str) -> None:
    try:
        expected: float | None = float(text) if not {"_", " "} & set(text) else None
    except ValueError:
        expected = None
    for others in ([], ["1.5"], ["word"]):  # the fast way and the slow one
        values, numeric = parse_numbers(np.array([text, *others], dtype=object))
        assert numeric[0] == (expected is not None)
        assert np.array_equal(values[:1], [np.nan if expected is None else expected], True)


@pytest.mark.parametrize(
    "text", ["1_000", "\u0661", "0x1p3", "1,5", "", "+", ".", "e5", "1e", "--1"]
)
def test_what_only_resembles_a_number_is_none(text: str) -> None:
    assert not parse_numbers(np.array([text], dtype=object))[1].any()


def test_decimal_commas_are_numbers_where_they_are_the_mark() -> None:
    texts = np.array(["1,5", "-,25", "3", "1e5"], dtype=object)
    assert parse_numbers(texts, ",")[0].tolist() == [1.5, -0.25, 3.0, 1e5]
    assert parse_numbers(np.array(["1.5", "1,5"], dtype=object), ",")[1].tolist() == [False, True]


def test_a_typed_frame_becomes_the_text_it_would_be_saved_as(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "float": [0.1, np.nan, 3.0],
            "single": np.array([0.1, 1 / 3, 2], dtype="f4"),
            "int": [1, 2, 3],
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "bool": [True, False, True],
            "text": [" x ", None, "NA"],
            "category": pd.Categorical(["u", "v", "u"]),
            "day": pd.Series(["2024-01-01", "2024-02-01", None]).astype("datetime64[s]"),
            7: ["a", 1.0, 2],
        }
    )
    frame.to_csv(tmp_path / "saved.csv", index=False)
    table = Table.from_frame(frame)
    assert (table.source, table.lines, table.where(1)) == ("the data frame", None, "row 2")
    saved = read_table(tmp_path / "saved.csv")
    assert table.names == saved.names
    assert cells(table) == cells(saved)


def test_a_frame_needs_rows_and_distinct_names() -> None:
    with pytest.raises(DataError, match="both called 'a'"):
        Table.from_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match="no data row"):
        Table.from_frame(pd.DataFrame({"a": []}))


def test_gzip_that_fills_the_memory_is_given_up(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,1\n" * (25 * 2**20), mtime=0)
    assert len(bomb) < 2**19
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"more than 200 times as large.*decompress"):
            read(tmp_path, bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 300 * 2**20


def test_gzip_of_a_table_that_repeats_itself_is_read(tmp_path: Path) -> None:
    content = b"a,b\n" + b"1,1\n" * 20_000
    packed = gzip.compress(content, mtime=0)
    assert len(content) > 200 * len(packed)
    assert len(read(tmp_path, packed).frame) == 20_000


def test_reading_takes_no_more_memory_than_its_cells_ask_for(tmp_path: Path) -> None:
    content = "a,b,c,d,y\n" + "12,34,56,78,90\n" * 20_000
    read(tmp_path, "a,b\n1,2\n")
    tracemalloc.start()
    try:
        read(tmp_path, content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(content)
