"""How much memory a file takes when it is read whole is estimated from its beginning."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from standalone_node.learn.preparation import prepare
from standalone_node.learn.streaming import need as need_module
from standalone_node.learn.streaming.need import content_size, memory_need, too_much
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


def test_the_end_of_a_compressed_file_tells_what_its_beginning_does_not(tmp_path: Path) -> None:
    text = b"a,y\n" + b"1,2\n" * 2_500_000
    packed = tmp_path / "data.csv.gz"
    packed.write_bytes(gzip.compress(text, 9))
    assert packed.stat().st_size < 2**17  # decompressed from one piece
    assert content_size(packed) == len(text)
    damaged = tmp_path / "damaged.csv.gz"
    damaged.write_bytes(packed.read_bytes()[:-4] + b"\xff\xff\xff\xff")
    assert content_size(damaged) == 64 * 2**20


def test_a_named_delimiter_counts_the_cells(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_text("a b c y\n" + "1 2 3 4\n" * 1000)
    commas = tmp_path / "data.csv"
    commas.write_text(path.read_text().replace(" ", ","))
    assert memory_need([path], " ") == memory_need([commas]) > 2 * memory_need([path])


@pytest.mark.parametrize(("free", "most"), [(10**9, 10**9), (9 * 10**9, 4 * 10**9)])
def test_too_much_is_what_is_not_free_or_half_of_all(
    free: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(need_module, "machine_memory", lambda: 8 * 10**9)
    monkeypatch.setattr(need_module, "available_memory", lambda: free)
    assert too_much() == most
