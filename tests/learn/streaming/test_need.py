"""How much memory a file takes when it is read whole is estimated from its beginning."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from standalone_node.learn.preparation import prepare
from standalone_node.learn.streaming.need import memory_need
from standalone_node.learn.table import read_table


def lines(rows: int, cell: str) -> str:
    body = "".join(f"{i % 7}.{i},{cell}{i % 5},{i % 3}\n" for i in range(rows))
    return f"a,b,y\n{body}"


@pytest.mark.parametrize("cell", ["x", "a rather long cell of text that says nothing, or so "])
def test_the_estimate_is_what_reading_takes(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(lines(20_000, cell.replace(",", "")))
    tracemalloc.start()
    prepare(read_table(path), "y")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.5 * peak < memory_need([path]) < 2.0 * peak


def test_a_compressed_file_is_judged_by_what_is_in_it(tmp_path: Path) -> None:
    text = lines(300_000, "x").encode()
    plain, packed = tmp_path / "data.csv", tmp_path / "data.csv.gz"
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text, 1))
    assert memory_need([packed]) == pytest.approx(memory_need([plain]), rel=0.3)


def test_what_is_not_there_takes_nothing(tmp_path: Path) -> None:
    assert memory_need([tmp_path / "none.csv"]) == 0.0
