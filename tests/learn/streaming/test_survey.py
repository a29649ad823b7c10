"""A file surveyed in chunks has the schema it has when it is read whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odd_files import BROKEN, FILES, written

from standalone_node.errors import NodeError
from standalone_node.learn.asked import Asked
from standalone_node.learn.bundled import DATA_SETS
from standalone_node.learn.schema import inferred
from standalone_node.learn.streaming import encoded as encoded_module
from standalone_node.learn.streaming import survey as survey_module
from standalone_node.learn.streaming.chunks import Chunks
from standalone_node.learn.streaming.encoded import ByteStream, recognised
from standalone_node.learn.streaming.survey import surveyed
from standalone_node.learn.table import read_table

#: Small enough that every file has some chunks.
BLOCK = 300


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_module, "BLOCK", BLOCK)


def whole(path: Path, target: str, **options: Any) -> Any:
    """What reading the whole file says: schema, notes, warnings, usable rows."""
    table = read_table(path)
    schema, notes, warnings = inferred(table, Asked(target, **options))
    usable = schema.complete(table)
    return schema, (*usable.notes, *notes), tuple(warnings), len(usable.frame)


def parts(path: Path, target: str, **options: Any) -> Any:
    """The same in chunks."""
    found = surveyed(Chunks(recognised(ByteStream(path))), Asked(target, **options))
    return found.schema, (*found.read_notes, *found.notes), found.warnings, found.usable


def outcome(way: Any, *given: Any, **options: Any) -> Any:
    """What comes of a way of reading, an error included."""
    try:
        return way(*given, **options)
    except NodeError as error:
        return type(error), str(error)


@pytest.mark.parametrize("missing", ["error", "drop", "impute"])
@pytest.mark.parametrize("name", FILES)
def test_the_schema_is_that_of_the_whole_file(name: str, missing: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, FILES[name])
    expected = outcome(whole, path, "label", missing=missing)
    assert outcome(parts, path, "label", missing=missing) == expected


@pytest.mark.parametrize("name", [n for n in FILES if n != "decimal-comma-late"])
def test_most_of_these_files_can_be_read(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, FILES[name])
    assert parts(path, "label", missing="drop")[3] > 10


@pytest.mark.parametrize("name", BROKEN)
def test_errors_are_those_of_the_whole_file(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, BROKEN[name])
    expected = outcome(whole, path, "label")
    assert issubclass(expected[0], NodeError)
    assert outcome(parts, path, "label") == expected


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("target", ["length", "count", "colour", "label", "weight", None])
def test_any_target_and_task_as_of_the_whole_file(target: str, task: Any, tmp_path: Path) -> None:
    path = written(tmp_path, "plain", FILES["plain"])
    expected = outcome(whole, path, target, task=task)
    assert outcome(parts, path, target, task=task) == expected


@pytest.mark.parametrize("options", [{"ignore": ["count"]}, {"ignore": ["none"]}, {"na": ["7"]}])
def test_options_as_of_the_whole_file(options: Any, tmp_path: Path) -> None:
    path = written(tmp_path, "plain", FILES["plain"])
    given = {"missing": "drop", **options}
    assert outcome(parts, path, "label", **given) == outcome(whole, path, "label", **given)


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_bundled_data_as_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_module, "BLOCK", 10_000)
    path, target = DATA_SETS[name].path, DATA_SETS[name].target
    assert parts(path, target) == whole(path, target)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    assert outcome(parts, path, "y") == outcome(whole, path, "y")
    assert outcome(parts, tmp_path, "y") == outcome(whole, tmp_path, "y")


def test_an_encoding_that_does_not_fit_is_told_by_its_byte(tmp_path: Path) -> None:
    path = written(tmp_path, "latin", FILES["latin"])

    def told(encoding: str) -> Any:
        return outcome(lambda: recognised(ByteStream(path), encoding))

    for encoding in ("utf-8", "ascii", "no-such", "rot13"):
        assert told(encoding) == outcome(read_table, path, encoding=encoding)


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, "wide", FILES["utf-16-unmarked"])
    chunks = Chunks(recognised(ByteStream(path), "utf-16"))
    assert chunks.header == read_table(path, encoding="utf-16").names


@pytest.mark.parametrize("name", ["plain", "quotes", "crlf", "utf-16"])
def test_no_chunk_has_more_rows_than_a_block(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, FILES[name])
    chunks = Chunks(recognised(ByteStream(path)))
    sizes = [len(chunk) for chunk in chunks.read()]
    assert sum(sizes) == 60 and max(sizes) < BLOCK / 12


def test_open_quotes_at_the_ends_of_blocks_do_not_chain_them(tmp_path: Path) -> None:
    long = "many words\n" * 40
    text = "a,b\n" + "".join(f'{i},"{long}"\n' for i in range(30))
    chunks = Chunks(recognised(ByteStream(written(tmp_path, "long", text.encode()))))
    assert [len(chunk) for chunk in chunks.read()] == [1] * 30


def test_plain_rows_are_read_as_numbers(tmp_path: Path) -> None:
    path = written(tmp_path, "plain", FILES["plain"])
    chunks = Chunks(recognised(ByteStream(path)))
    found = list(chunks.read(lambda: ({"length": ("", "NA")}, ["label"])))
    assert all(set(chunk.numbers) == {"length"} for chunk in found[1:])
    values = np.concatenate([chunk.numbers["length"][0] for chunk in found[1:]])
    known = read_table(path).cells("length").astype(float)
    np.testing.assert_array_equal(values, known[-values.size :])


def test_too_many_distinct_texts_are_an_identifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_module, "MOST_TEXTS", 10)
    path = written(tmp_path, "identifier", FILES["identifier"])
    schema, _, warnings, _ = parts(path, "label")
    assert [column.name for column in schema.columns] == ["length", "count"]
    assert "more than 10 distinct values" in warnings[0]


def test_quantities_need_not_be_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey_module, "MOST_TEXTS", 30)
    for name in ("quantities", "whole-quantities"):
        path = written(tmp_path, name, FILES[name])
        schema, notes, _, _ = parts(path, "label")
        assert schema.target.task == "regression"
        assert "more than 30 distinct" in notes[-1]


def test_a_target_of_too_many_texts_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_module, "MOST_TEXTS", 2)
    path = written(tmp_path, "plain", FILES["plain"])
    kind, sentence = outcome(parts, path, "colour")
    assert issubclass(kind, NodeError)
    assert "too many for classes" in sentence
