"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from standalone_node.errors import ArgumentError


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise ArgumentError, naming the path and the remedy, if a file cannot be put there."""
    target = Path(path)
    folder = target.parent
    if target.is_dir():
        raise ArgumentError(f"cannot write {str(target)!r}: it is a folder; give a file name")
    if not folder.is_dir():
        raise ArgumentError(
            f"cannot write {str(target)!r}: there is no folder {str(folder)!r}; create it first"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ArgumentError(
            f"cannot write {str(target)!r}: no permission for the folder {str(folder)!r}; "
            "choose another place"
        )


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write `content` beside its place and move it there when it is complete and on the disk.

    Whatever goes wrong, the old file stays whole and nothing half-written is left behind.

    Raises
    ------
    ArgumentError
        If the file cannot be written; the message says why.
    """
    check_writable(path)
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode_of(target))
        os.replace(name, target)
        sync_folder(target.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(name)
        if isinstance(error, OSError):
            raise ArgumentError(
                f"cannot write {str(target)!r}: {error.strerror or error}; free some space or "
                "choose another place"
            ) from error
        raise


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, too, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def mode_of(target: Path) -> int:
    """The permissions of the file that is replaced, or those any new file would get."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
