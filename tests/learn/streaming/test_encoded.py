"""What is no table is given up before it fills the memory, also when it is read in chunks."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from standalone_node.errors import DataError
from standalone_node.learn import textfile as textfile_module
from standalone_node.learn.streaming import encoded as encoded_module
from standalone_node.learn.streaming.chunks import Chunks
from standalone_node.learn.streaming.encoded import ByteStream, recognised
from standalone_node.learn.textfile import read_bytes


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_module, "BLOCK", 1000)


def test_gzip_that_fills_the_disk_is_given_up_with_the_sentence_of_a_whole_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,1\n" * 50_000))
    recognised(ByteStream(path))  # small enough for what it becomes
    monkeypatch.setattr(textfile_module, "MOST_OF_GZIP", 10_000)
    sentences = []
    for way in (read_bytes, lambda path: recognised(ByteStream(path))):
        with pytest.raises(DataError, match=r"bomb.*more than 200 times as large") as refused:
            way(path)
        sentences.append(str(refused.value))
    assert sentences[0] == sentences[1]


def test_gzip_is_given_up_before_it_is_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"1,1\n" * 50_000))
    monkeypatch.setattr(textfile_module, "MOST_OF_GZIP", 5_000)
    monkeypatch.setattr(textfile_module, "GZIP_SHARE", 2)
    taken = 0
    with pytest.raises(DataError):
        for block in ByteStream(path).blocks():
            taken += len(block)
    assert taken <= 5_000


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_that_does_not_end_is_named(
    end: str, compressed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoded_module, "LONGEST_LINE", 5_000)
    text = f"a,y{end}" + 700 * f"1,2{end}" + "3," + 9_000 * "x"
    path = tmp_path / "long.csv"
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    encoded = recognised(ByteStream(path))
    with pytest.raises(DataError, match=r"long.csv: line 702 has more than 5,000 characters"):
        list(encoded.texts())
    monkeypatch.setattr(encoded_module, "LONGEST_LINE", 9_002)
    assert "".join(encoded.texts()) == text


def test_a_header_that_does_not_end_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoded_module, "LONGEST_LINE", 5_000)
    path = tmp_path / "one.csv"
    path.write_text(4_000 * "a,")
    with pytest.raises(DataError, match=r"one.csv: line 1 has"):
        Chunks(recognised(ByteStream(path)))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="no regular file"):
        ByteStream(tmp_path / "pipe")


def test_folders_and_missing_files_are_called_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is a folder"):
        ByteStream(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        ByteStream(tmp_path / "none.csv")
