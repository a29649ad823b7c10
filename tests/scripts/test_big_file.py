"""scripts/big_file.py, at a tiny size."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from standalone_node.learn.schema import infer_schema
from standalone_node.learn.table import read_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def big_file() -> ModuleType:
    spec = importlib.util.spec_from_file_location("big_file", ROOT / "scripts" / "big_file.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_has_the_size_and_the_columns(big_file: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    rows = big_file.make(path, 100_000)
    assert abs(path.stat().st_size - 100_000) < 4000
    table = read_table(path)
    schema, _ = infer_schema(table, "label")
    assert len(table.frame) == rows
    assert len(schema.feature_names) == 28 and schema.target.classes == ("low", "mid", "top")


def test_it_reports_memory_and_score(
    big_file: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--epochs", "1", "--batch-iterations", "1"]
    big_file.main(["--size", "200KB", "--folder", str(tmp_path), "--", *options])
    printed = capsys.readouterr().out
    assert "0.000 GB, " in printed and "GB resident" in printed
    assert "held-out rows" in printed and "baseline" in printed
    assert list(tmp_path.iterdir()) == []
