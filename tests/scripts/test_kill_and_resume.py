"""The script that kills fits sees what was lost, and what was not."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
script = importlib.import_module("kill_and_resume")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")


def test_a_kill_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setitem(script.METHODS, "short", ("--max-iterations", "30"))
    count = script.killed(1, 0, "short", "iris", tmp_path)
    assert (count.kills, count.same, count.unreadable, count.failed) == (1, 1, 0, [])


def test_another_model_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def one(fits: object, number: int, after: list[float], count: object) -> bytes:
        count.kills += len(after)  # type: ignore[attr-defined]
        return b"another"

    monkeypatch.setattr(script.Fits, "whole", lambda fits: (b"model", 0.0, 1.0))
    monkeypatch.setattr(script.Fits, "kill", one)
    count = script.killed(3, 0, "ncg", "iris", tmp_path)
    assert count.kills == 3 and count.same == 0 and count.failed
