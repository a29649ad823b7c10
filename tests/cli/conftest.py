"""A folder to work in, a command line that runs in this process, and a small model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flowers import FLOWERS, HEADER, Run

from standalone_node.cli.main import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with flowers.csv (length, width, kind)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flowers.csv").write_text(HEADER + FLOWERS)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a command line in the folder; `input` is its standard input."""

    def invoke(*arguments: str, input: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=input)

    return invoke


@pytest.fixture(scope="session")
def _fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    (place / "flowers.csv").write_text(HEADER + FLOWERS)
    fit = ["fit", str(place / "flowers.csv"), "--target", "kind", "--max-iterations", "20", "-q"]
    result = CliRunner().invoke(main, fit)
    assert result.exit_code == 0, result.stderr
    return place / "flowers.node.npz"


@pytest.fixture
def model(folder: Path, _fitted: Path) -> str:
    """A model of flowers.csv in the folder: the name of the file."""
    shutil.copy(_fitted, folder / "flowers.node.npz")
    return "flowers.node.npz"
