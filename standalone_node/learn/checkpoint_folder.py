"""The folder that checkpoints are kept in: numbered files, the two newest of them."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from standalone_node.errors import ArgumentError, ModelFileError, NodeError
from standalone_node.learn.checkpoint_file import checkpoint_bytes, read_checkpoint
from standalone_node.learn.files import write_whole

try:
    import fcntl
except ImportError:  # Windows has no such locks: there two fits in one folder are not noticed
    fcntl = None  # type: ignore[assignment]

#: Checkpoints that are kept.
KEPT = 2
_NAME = re.compile(r"checkpoint-(\d{6,})\.node")
_LEFT_OVER = re.compile(r"\.checkpoint-\d{6,}\.node\..*\.part")
_LOCK = ".lock"


class CheckpointFolder:
    """A folder of checkpoints, in which one fit writes at a time.

    Parameters
    ----------
    path : path-like
    tell, warn : callable
        Take sentences: what was moved aside; files that are damaged or cannot be written.

    Attributes
    ----------
    name : str
        The path as it was given; a later change of the working directory does not move it.

    Raises
    ------
    ArgumentError
        If it is no folder, or one that may not be read.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        tell: Callable[[str], Any],
        warn: Callable[[str], Any],
    ) -> None:
        if not isinstance(path, str | os.PathLike) or not os.fspath(path):
            raise ArgumentError(f"checkpoint = {path!r} names no folder")
        self.name, self._path = os.fspath(path), Path(os.path.abspath(path))
        self._tell, self._warn = tell, warn
        self._lock: IO[bytes] | None = None
        self._next = 1
        self._fresh, self._failed = True, False
        if os.path.lexists(self._path) and not self._path.is_dir():
            raise ArgumentError(
                f"checkpoint = {self.name!r} is no folder: name a folder, or one to be made"
            )
        try:
            self._files()
        except OSError as error:
            raise ArgumentError(
                f"checkpoint = {self.name!r} may not be read ({error.strerror}): name another one"
            ) from error

    def newest(self) -> tuple[str, dict[str, Any]] | None:
        """Name and content of the newest checkpoint that is sound; None if there is none.

        What is not sound is called so in its name, that it be not taken for one of those kept.
        """
        files = self._files()
        for _, file in reversed(files):
            try:
                content = read_checkpoint(file)
            except ModelFileError as error:
                self._warn(str(error))
                with contextlib.suppress(OSError):
                    os.replace(file, file.with_name(f"{file.name}.damaged"))
                continue
            self._fresh, self._next = False, files[-1][0] + 1
            return file.name, content
        return None

    def take(self) -> None:
        """Be the one who writes, and clear up what a killed process left half-written.

        A fit that goes on is refused if another one writes here; one that begins afresh will not
        write, and say so.
        """
        try:
            self._take()
        except BlockingIOError:
            if not self._fresh:
                raise ArgumentError(
                    f"another fit writes its checkpoints to {self.name}: wait for it, or keep "
                    "those of this fit in another folder"
                ) from None
        except OSError:
            pass  # writing will say so

    def close(self) -> None:
        """Let others write."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def write(self, content: dict[str, Any]) -> bool:
        """Write the next checkpoint, and delete all but the newest two; whether that succeeded."""
        try:
            data = checkpoint_bytes(content)
            self._path.mkdir(parents=True, exist_ok=True)
            self._take()
            if self._fresh:
                self._set_aside()
            write_whole(self._path / f"checkpoint-{self._next:06d}.node", data)
        except (OSError, MemoryError, NodeError) as error:
            if not self._failed:
                self._warn(
                    f"no checkpoint is written to {self.name} ({_why(error)}); the fit goes on"
                )
            self._failed = True
            return False
        self._fresh, self._failed, self._next = False, False, self._next + 1
        self._delete(self._files()[:-KEPT])
        return True

    def delete(self) -> None:
        """Delete the checkpoints, and the folder if nothing else is in it."""
        self._delete(self._files())
        with contextlib.suppress(OSError):
            (self._path / _LOCK).unlink(missing_ok=True)
            self._path.rmdir()

    def _delete(self, files: list[tuple[int, Path]]) -> None:
        for _, file in files:
            with contextlib.suppress(OSError):
                file.unlink()

    def _files(self) -> list[tuple[int, Path]]:
        """The checkpoints there are, by their numbers."""
        if not self._path.is_dir():
            return []
        found = ((_NAME.fullmatch(file.name), file) for file in self._path.iterdir())
        return sorted((int(name[1]), file) for name, file in found if name)

    def _take(self) -> None:
        """Lock the folder if it is there; BlockingIOError if somebody else has."""
        if self._lock is not None or not self._path.is_dir():
            return
        if fcntl is not None:
            lock = open(self._path / _LOCK, "ab")  # noqa: SIM115 - it is held as long as the fit runs
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                raise
            except OSError:
                pass  # a file system without locks
            self._lock = lock
        for file in self._path.iterdir():
            if _LEFT_OVER.fullmatch(file.name):
                with contextlib.suppress(OSError):
                    file.unlink()

    def _set_aside(self) -> None:
        """Move the checkpoints of an earlier fit away, so that beginning afresh loses none."""
        files = self._files()
        if not files:
            return
        number = 1
        while os.path.lexists(place := self._path / f"earlier-{number}"):
            number += 1
        place.mkdir()
        for _, file in files:
            os.replace(file, place / file.name)
        self._tell(f"the checkpoints of an earlier fit were moved to {self.name}/{place.name}")


def _why(error: BaseException) -> str:
    if isinstance(error, BlockingIOError):
        return "another fit writes there"
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    return getattr(error, "strerror", None) or str(error)
