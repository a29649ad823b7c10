"""The script that runs node-fit where things go wrong: verdicts, and what it looks at."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
hardship: Any = importlib.import_module("hardship")


def _fails(place: Any) -> str:
    hardship.must(False, "it does not hold")
    return "never said"


def _skips(place: Any) -> str:
    raise hardship.Skipped("needs root")


def _looks(place: Any) -> str:
    return str(sorted(hardship.listing(place.folder)))


@pytest.mark.parametrize(
    "case, expected",
    [
        (_fails, ("FAILS", "it does not hold")),
        (_skips, ("skipped", "needs root")),
        (_looks, ("holds", "['data.csv']")),
    ],
)
def test_a_case_has_a_verdict_in_a_folder_of_its_own(
    case: object, expected: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "data.csv").write_text("x,y\n")
    assert hardship.outcome(case, tmp_path) == expected


def test_a_command_line_that_fails_is_seen_to(tmp_path: Path) -> None:
    code, lines = hardship.Place(tmp_path).run("predict", "none.npz", "none.csv")
    assert code != 0 and len(lines) == 1
