"""Rows of numbers on the disk come back as they went there."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from standalone_node.errors import NodeError
from standalone_node.learn.streaming import store as store_module
from standalone_node.learn.streaming.store import Store, check_room


def filled(folder: Path, rows: np.ndarray, **more: object) -> Store:
    store = Store(folder, rows.shape[1], **more)  # type: ignore[arg-type]
    for part in np.array_split(rows, 3):
        store.append(part)
    return store


def test_rows_come_back_in_any_order(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((50, 3))
    rows[7, 1] = np.nan
    store = filled(tmp_path, rows)
    index = np.array([3, 4, 5, 49, 0, 7, 7, 6])
    np.testing.assert_array_equal(store.take(index), rows[index])
    np.testing.assert_array_equal(np.concatenate(list(store.slices(20))), rows)
    assert len(store) == 50


def test_runs_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(tmp_path, np.arange(40.0).reshape(20, 2))
    reads: list[int] = []
    read = Store._read
    monkeypatch.setattr(
        Store, "_read", lambda self, first, out: (reads.append(len(out)), read(self, first, out))
    )
    store.take(np.array([2, 3, 4, 9, 11, 12]))
    assert reads == [3, 1, 2]


def test_single_precision_keeps_differences_of_numbers_far_from_zero(tmp_path: Path) -> None:
    rows = 1.7e9 + np.arange(12.0).reshape(6, 2)
    near = filled(tmp_path, rows, dtype="float32", origin=np.full(2, 1.7e9))
    far = filled(tmp_path, rows, dtype="float32")
    index = np.arange(6)
    np.testing.assert_array_equal(near.take(index), rows)
    assert np.abs(far.take(index) - rows).max() > 1.0


def test_rows_that_are_not_there_are_no_rows(tmp_path: Path) -> None:
    store = filled(tmp_path, np.ones((5, 2)))
    with pytest.raises(IndexError, match="of 5"):
        store.take(np.array([4, 5]))


def test_the_file_has_no_name(tmp_path: Path) -> None:
    store = filled(tmp_path, np.ones((5, 2)))
    assert os.listdir(tmp_path) == []
    store.close()


def test_a_disk_without_room_is_refused_before_with_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        store_module.shutil, "disk_usage", lambda folder: SimpleNamespace(free=10**8)
    )
    check_room(tmp_path, 1000, 10, "float64")
    with pytest.raises(
        NodeError, match=r"800 MB.*67 MB are spared.*100 MB are free.*--scratch.*float32"
    ):
        check_room(tmp_path, 10**6, 100, "float64")
    with pytest.raises(NodeError, match=r"400 MB.*name another folder with --scratch\.$"):
        check_room(tmp_path, 10**6, 100, "float32")


def test_the_spare_is_named_where_it_is_all_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        store_module.shutil, "disk_usage", lambda folder: SimpleNamespace(free=40_000)
    )
    with pytest.raises(NodeError, match=r"take 80 B .* 67 MB are spared .* only 40 kB are free"):
        check_room(tmp_path, 10, 1, "float64")


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    for attempt in (lambda f: Store(f, 2), lambda f: check_room(f, 1, 1, "float64")):
        with pytest.raises(NodeError, match=r"none.*--scratch"):
            attempt(tmp_path / "none")
