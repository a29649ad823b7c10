"""The table of paths that evolving weights follow is the one in the documentation."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
follow_paths: Any = importlib.import_module("follow_paths")


def rows(text: str) -> dict[str, list[float]]:
    """The errors of each path, by its name."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {name: [float(e) for e in rest] for name, *rest in lines if name in follow_paths.PATHS}


def test_the_table_is_the_documented_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["follow_paths.py"])
    follow_paths.main()
    printed = rows(capsys.readouterr().out)
    documented = rows((ROOT / "docs" / "mathematics.md").read_text(encoding="utf-8"))
    assert list(printed) == list(documented) == list(follow_paths.PATHS)
    for name, errors in printed.items():
        # The last digits of a fit belong to the machine.
        assert errors == pytest.approx(documented[name], rel=0.3)
