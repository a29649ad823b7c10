"""Files that are written whole or not at all.

All outputs of a command are checked before the work begins, written beside their places under
temporary names, and moved there together at the end.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from standalone_node.errors import ArgumentError, NodeError
from standalone_node.learn.files import mode_of, sync_folder


class Outputs:
    """The files a command is going to write; a context that leaves no temporary file behind.

    Parameters
    ----------
    paths : mapping
        What is written ("model", "history", ...) and where.
    inputs : tuple of str
        Files that must not be overwritten.

    Raises
    ------
    ArgumentError
        Two outputs are the same file, or one is an input.
    NodeError
        A file cannot be written there.
    """

    def __init__(
        self, paths: Mapping[str, str | Path], inputs: tuple[str | Path, ...] = ()
    ) -> None:
        self._paths = {what: Path(path) for what, path in paths.items()}
        self._staged: dict[str, Path] = {}
        taken = {os.path.realpath(path): f"the file {path} that is read" for path in inputs}
        for what, path in self._paths.items():
            place = os.path.realpath(path)
            if place in taken:
                raise ArgumentError(
                    f"{path}: the {what} would overwrite {taken[place]}; name another file."
                )
            taken[place] = f"the {what}"
            _check_writable(what, path)

    def __enter__(self) -> Outputs:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for path in self._staged.values():
            path.unlink(missing_ok=True)

    @property
    def replaced(self) -> list[str]:
        """The outputs whose place is taken by an older file."""
        return [str(path) for path in self._paths.values() if path.exists()]

    @contextmanager
    def stage(self, what: str) -> Iterator[Path]:
        """The temporary path to write an output to; what goes wrong with it names the output."""
        place = Path(os.path.realpath(self._paths[what]))
        try:
            # Made here under a name that nobody can guess: no link can wait in its place.
            handle, name = tempfile.mkstemp(
                dir=place.parent, prefix=f".{place.name[:80]}.", suffix=f".{what}.tmp"
            )
            os.close(handle)
            self._staged[what] = Path(name)
            yield self._staged[what]
        except OSError as error:
            raise _cannot_write(what, self._paths[what], error) from None

    def write_text(self, what: str, text: str) -> None:
        """Stage an output of text: UTF-8, compressed if its name ends in ``.gz``."""
        data = text.encode("utf-8")
        if self._paths[what].suffix.lower() == ".gz":
            data = gzip.compress(data, mtime=0)
        self.write_bytes(what, data)

    def write_bytes(self, what: str, data: bytes) -> None:
        """Stage an output as it stands."""
        with self.stage(what) as path:
            path.write_bytes(data)

    def commit(self) -> None:
        """Move all staged files to their places."""
        for what, path in list(self._staged.items()):
            try:
                _synced(path)
                os.chmod(path, mode_of(self._paths[what]))
                os.replace(path, os.path.realpath(self._paths[what]))
            except OSError as error:
                raise _cannot_write(what, self._paths[what], error) from None
            sync_folder(Path(os.path.realpath(self._paths[what])).parent)
            del self._staged[what]


def _check_writable(what: str, path: Path) -> None:
    if path.is_dir():
        raise NodeError(
            f"{path}: the {what} cannot be written, this is a folder; name a file in it."
        )
    if path.exists() and not path.is_file():
        raise NodeError(f"{path}: the {what} cannot be written, this is no regular file.")
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise NodeError(
            f"{path}: the {what} cannot be written, there is no folder {str(folder)!r}; make it "
            "first, or name another."
        )
    try:
        # Only an attempt tells: permissions, read-only mounts, full or strange file systems.
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{path.name[:80]}."):
            pass
    except OSError as error:
        raise _cannot_write(what, path, error) from None


def _synced(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _cannot_write(what: str, path: Path, error: OSError) -> NodeError:
    reason = error.strerror or str(error)
    return NodeError(f"{path}: the {what} cannot be written ({reason}); name a place where it can.")


def made_folder(name: str) -> Path:
    """A folder for files, made if need be; NodeError if it cannot be."""
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NodeError(
            f"{name}: the folder cannot be made ({error.strerror or error}); name another place "
            "with -o."
        ) from None
    return folder


def check_figure(path: str) -> None:
    """Refuse a name whose ending is no format of figures, before anything is computed."""
    from standalone_node.plot.style import figure_format

    figure_format(path)
