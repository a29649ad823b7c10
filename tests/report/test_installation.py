"""Versions, bounds and packages that do not load."""

from __future__ import annotations

import configparser
import importlib.metadata
from pathlib import Path
from typing import Any

import pytest

from standalone_node.report import installation
from standalone_node.report.installation import NEEDED, broken, lower_bounds, outdated, versions

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    required = ["numpy>=2.0", "scikit-learn<9,>=1.6", "rich>=13.7.1", 'pytest>=8; extra == "test"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: required)


def test_every_package_that_is_required_is_looked_at() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    required = parser["options"]["install_requires"].split()
    assert {line.split(">=")[0] for line in required} == set(NEEDED) - {"llvmlite"}


def test_all_that_is_needed_is_here_and_loads() -> None:
    assert all(versions().values())
    assert broken() == {}


def test_bounds_come_from_the_metadata_without_extras(metadata: None) -> None:
    assert lower_bounds() == {"numpy": "2.0", "scikit-learn": "1.6", "rich": "13.7.1"}


def test_a_tree_that_is_not_installed_has_no_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", unknown)
    assert lower_bounds() == {} == outdated()


@pytest.mark.parametrize(
    "version, old", [("1.26.4", True), ("2.0", False), ("2.0.0", False), ("10.1rc1", False)]
)
def test_versions_compare_as_numbers(
    version: str, old: bool, metadata: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {**versions(), "numpy": version}
    monkeypatch.setattr(installation, "versions", lambda: here)
    assert ("numpy" in outdated()) == old


def test_a_package_that_does_not_load_is_named_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(name: str) -> Any:
        if name == "numba":
            raise ImportError("Numba needs NumPy 2.5 or less.\nGot NumPy 3.0.")
        if name == "rich":
            raise RuntimeError

    monkeypatch.setattr(installation, "import_module", load)
    assert broken() == {
        "numba": "Numba needs NumPy 2.5 or less. Got NumPy 3.0.",
        "rich": "RuntimeError",
    }


def test_a_package_that_is_not_there_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert versions()["numpy"] is None and versions()["python"]
