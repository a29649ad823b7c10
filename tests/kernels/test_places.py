"""Compiled kernels are kept where this user, and nobody else, can write; if nowhere, not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numba
import pytest

from standalone_node.kernels import places
from standalone_node.kernels.places import Place, cache_folder, openness, reading_folders

pytestmark = pytest.mark.usefixtures("fresh_places")
owners = pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owners here")


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A place that not even root can write to: it is below a file."""
    (tmp_path / "file").touch()
    return tmp_path / "file" / "folder"


def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without HOME and without an entry in the list of users."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)


def temporary_files_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def test_the_order_is_numba_then_user_then_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "a"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "b"))
    temporary_files_in(tmp_path / "c", monkeypatch)
    roots = [place.root for place in places.places()]
    assert [root.parent for root in roots] == [tmp_path / name for name in "abc"]
    assert all(root.name.startswith("standalone-node") for root in roots)


def test_the_first_place_that_can_be_written_to_is_taken(
    tmp_path: Path, locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(locked))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = cache_folder()
    assert folder is not None and folder.is_dir()
    assert folder.parent == tmp_path / "cache" / "standalone-node"
    assert not list(folder.iterdir())


@pytest.mark.parametrize("relative", ["", "cache"])
def test_a_relative_xdg_cache_home_is_ignored(
    relative: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", relative)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert next(places.places()).root.parent == tmp_path / ".cache"


def test_without_a_home_temporary_files_are_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_home(monkeypatch)
    temporary_files_in(tmp_path, monkeypatch)
    folder = cache_folder()
    assert folder is not None and folder.parent.parent == tmp_path


def test_where_nothing_can_be_written_there_is_no_place_and_no_error(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_home(monkeypatch)
    temporary_files_in(locked, monkeypatch)
    assert cache_folder() is None
    assert reading_folders() == ()


def test_a_machine_without_a_folder_for_temporary_files_has_no_such_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    no_home(monkeypatch)
    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert list(places.places()) == []
    assert cache_folder() is None


@owners
def test_a_folder_made_here_is_closed_to_others_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = os.umask(0)
    try:
        folder = cache_folder()
    finally:
        os.umask(before)
    assert folder is not None
    assert folder.stat().st_mode & 0o077 == 0 == folder.parent.stat().st_mode & 0o077


@owners
def test_a_folder_of_somebody_else_is_refused_for_writing_and_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_home(monkeypatch)
    temporary_files_in(tmp_path, monkeypatch)
    (place,) = places.places()
    place.folder.mkdir(parents=True, mode=0o700)
    assert place.unusable() is None
    monkeypatch.setattr(os, "getuid", lambda: place.root.stat().st_uid + 1)
    theirs = Place(place.name, place.root)
    assert "belongs to another user" in str(theirs.unusable())
    assert "belongs to another user" in str(theirs.distrusted())


@owners
@pytest.mark.parametrize("which", ["root", "folder"])
def test_a_folder_that_others_can_write_to_is_refused(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_home(monkeypatch)
    temporary_files_in(tmp_path, monkeypatch)
    (place,) = places.places()
    place.root.mkdir(mode=0o700)
    place.folder.mkdir(mode=0o700)
    getattr(place, which).chmod(0o777)
    assert "chmod go-w" in str(place.unusable())
    assert cache_folder() is None and reading_folders() == ()
    getattr(place, which).chmod(0o755)
    assert place.unusable() is None


@owners
def test_a_folder_that_is_named_may_belong_to_anybody_and_doctor_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    tmp_path.joinpath("standalone-node").mkdir()
    tmp_path.joinpath("standalone-node").chmod(0o777)
    folder = cache_folder()
    assert folder is not None
    assert "can be written to by others" in str(openness(folder.parent))


@owners
def test_a_link_counts_as_the_folder_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert openness(tmp_path / "link") is None
    (tmp_path / "real").chmod(0o777)
    assert "others" in str(openness(tmp_path / "link"))
    (tmp_path / "odd").touch()
    assert "is no folder" in str(openness(tmp_path / "odd"))


def test_a_place_that_can_only_be_read_is_read_and_another_one_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "image"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    first, second, *_ = places.places()
    first.folder.mkdir(parents=True)

    original = tempfile.TemporaryFile

    def denied(dir: Path) -> object:
        if dir == first.folder:
            raise PermissionError(13, "Permission denied")
        return original(dir=dir)

    monkeypatch.setattr(tempfile, "TemporaryFile", denied)
    assert cache_folder() == second.folder
    assert reading_folders() == (first.folder, second.folder)


def test_a_place_behind_the_one_that_is_written_to_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    first, second, *_ = places.places()
    second.folder.mkdir(parents=True, mode=0o700)
    assert reading_folders() == (first.folder,)


def test_the_folder_is_named_after_the_source_of_the_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.py").write_text("a = 1\n")
    monkeypatch.setattr(places, "__file__", str(tmp_path / "places.py"))
    compute = places.fingerprint.__wrapped__
    before = compute()
    assert compute() == before
    (tmp_path / "one.py").write_text("a = 2\n")
    assert compute() != before


def test_the_fingerprint_is_sixteen_hexadecimal_digits() -> None:
    digits = places.fingerprint()
    assert len(digits) == 16 and int(digits, 16) >= 0
    assert all(place.folder.name == f"kernels-{digits}" for place in places.places())
