"""A cache of compiled kernels for one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numba
import pytest

from standalone_node.kernels import places


@pytest.fixture
def fresh_places(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The places are looked for anew, in this test and after it; no folder is named to numba."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    for remembered in (places.cache_folder, places.reading_folders):
        remembered.cache_clear()
    yield
    for remembered in (places.cache_folder, places.reading_folders):
        remembered.cache_clear()


@pytest.fixture
def cache(fresh_places: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the folder its files go to."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = places.cache_folder()
    assert folder is not None
    return folder
