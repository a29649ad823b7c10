"""The folder that checkpoints are kept in: numbered files, the two newest of them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from standalone_node.errors import ArgumentError, ModelFileError
from standalone_node.learn.checkpoint_file import read_checkpoint
from standalone_node.learn.files import write_whole

try:
    import fcntl
except ImportError:  # Windows has no such locks: there two fits in one folder are not noticed
    fcntl = None  # type: ignore[assignment]

#: Checkpoints that are kept.
KEPT = 2
#: Where those of an earlier fit go.
EARLIER = "earlier"
_NAME = re.compile(r"checkpoint-(\d{6,12})\.node")
_LEFT_OVER = re.compile(r"\.checkpoint-\d{6,12}\.node\..*\.part")
_LOCK = ".lock"


class CheckpointFolder:
    """A folder of checkpoints, in which one fit writes at a time.

    Parameters
    ----------
    path : path-like
    tell : callable
        Takes sentences about files that are damaged or cannot be written.

    Raises
    ------
    ArgumentError
        If it is no folder.
    """

    def __init__(self, path: str | os.PathLike[str], tell: Callable[[str], Any]) -> None:
        self.path, self._tell = Path(path), tell
        self._lock: IO[bytes] | None = None
        self._next = 1
        self._fresh, self._failed = True, False
        if self.path.exists() and not self.path.is_dir():
            raise ArgumentError(
                f"checkpoint = {str(self.path)!r} is a file: name a folder, or one to be made"
            )

    def close(self) -> None:
        """Let another process write."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def newest(self) -> tuple[str, dict[str, Any]] | None:
        """Name and content of the newest checkpoint that is sound; None if there is none.

        ArgumentError if another process writes to the folder.
        """
        if self.path.is_dir():
            self._take()
        for number, file in reversed(self._files()):
            try:
                content = read_checkpoint(file)
            except ModelFileError as error:
                self._tell(f"{error}")
                continue
            self._fresh, self._next = False, max(number, self._files()[-1][0]) + 1
            return file.name, content
        return None

    def write(self, content: bytes) -> bool:
        """Write the next checkpoint, and delete all but the newest two; whether that succeeded."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._take()
            if self._fresh:
                self._set_aside()
            write_whole(self.path / f"checkpoint-{self._next:06d}.node", content)
        except (OSError, ArgumentError) as error:
            if not self._failed:
                reason = getattr(error, "strerror", None) or error
                self._tell(f"no checkpoint is written to {self.path} ({reason}); the fit goes on")
            self._failed = True
            return False
        self._fresh, self._failed, self._next = False, False, self._next + 1
        for _, file in self._files()[:-KEPT]:
            with contextlib.suppress(OSError):
                file.unlink()
        return True

    def _files(self) -> list[tuple[int, Path]]:
        """The checkpoints there are, by their numbers."""
        if not self.path.is_dir():
            return []
        found = ((_NAME.fullmatch(file.name), file) for file in self.path.iterdir())
        return sorted((int(name[1]), file) for name, file in found if name)

    def _take(self) -> None:
        """Be the one who writes; what a process that was killed left half-written goes."""
        if self._lock is not None:
            return
        if fcntl is not None:
            self._lock = self._locked()
        for file in self.path.iterdir():
            if _LEFT_OVER.fullmatch(file.name):
                with contextlib.suppress(OSError):
                    file.unlink()

    def _locked(self) -> IO[bytes] | None:
        try:
            lock = open(self.path / _LOCK, "ab")  # noqa: SIM115 - it is held as long as the fit runs
        except OSError:
            return None  # a folder that cannot be written to: writing will say so
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise ArgumentError(
                f"another process writes its checkpoints to {self.path}: wait for it, or "
                "keep those of this fit in another folder"
            ) from None
        except OSError:
            pass  # a file system without locks
        return lock

    def _set_aside(self) -> None:
        """Move the checkpoints of an earlier fit away, so that beginning afresh loses none."""
        files = self._files()
        if not files:
            return
        place = self.path / EARLIER
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for _, file in files:
            os.replace(file, place / file.name)
        self._tell(f"the checkpoints of an earlier fit were moved to {place}")
