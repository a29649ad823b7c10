"""Where compiled kernels are kept on disk: the places, in order, and which of them will do.

Compiled code is run, so nobody else may be able to put it there: a place that is not chosen by the
user by name has to be theirs and theirs alone.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from standalone_node._version import __version__

_NAME = "standalone-node"
#: The name of the last place.
TEMPORARY = "the folder for temporary files"


@dataclass(frozen=True)
class Place:
    """A folder that may hold the kernels.

    Attributes
    ----------
    name : str
        What it is called: the variable or the kind of folder it comes from.
    root : Path
        Holds a folder for each version of the kernels' source.
    shared : bool
        Whether others may have put something there: the user chose it by name.
    """

    name: str
    root: Path
    shared: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the kernels of this source."""
        return self.root / f"kernels-{fingerprint()}"

    def distrusted(self) -> str | None:
        """Why kernels there are not to be run; None if they may be, or if there is nothing yet."""
        return None if self.shared else openness(self.root) or openness(self.folder)

    def unusable(self) -> str | None:
        """Why kernels cannot be kept there, None if they can; makes the folder if need be."""
        reason = self.distrusted()
        if reason is not None:
            return reason
        try:
            self.root.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self.root, self.folder):
                folder.mkdir(mode=0o777 if self.shared else 0o700, exist_ok=True)
            # Only an attempt tells: permissions, read-only mounts, full disks.
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            return f"{error.strerror or error}: {error.filename or self.folder}"
        return self.distrusted()


def places() -> Iterator[Place]:
    """The places in the order in which they are tried.

    NUMBA_CACHE_DIR, the user's cache folder (XDG_CACHE_HOME, or .cache at home), the folder for
    temporary files.
    """
    chosen = _chosen()
    if chosen:
        yield Place("NUMBA_CACHE_DIR", Path(chosen).absolute() / _NAME, shared=True)
    # A relative path is to be ignored, says the specification; "~" stays where there is no home.
    homes = (os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser("~/.cache"))
    home = next((home for home in homes if os.path.isabs(home)), None)
    if home is not None:
        yield Place("the user's cache folder", Path(home) / _NAME)
    owner = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:  # nothing can be written anywhere
        return
    yield Place(TEMPORARY, temporary / f"{_NAME}{owner}")


def openness(folder: Path) -> str | None:
    """How others could put something into a folder; None if they could not, or there is none."""
    if not hasattr(os, "getuid"):
        return None
    try:
        link, status = folder.lstat(), folder.stat()
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return f"{folder} is no folder"
    for owner in {link.st_uid, status.st_uid} - {os.getuid()}:
        return f"{folder} belongs to another user, number {owner}"
    if status.st_mode & 0o022:
        return f"{folder} can be written to by others; chmod go-w closes it"
    return None


@cache
def cache_folder() -> Path | None:
    """The first folder where kernels can be kept; None if there is none."""
    return next((place.folder for place in places() if place.unusable() is None), None)


@cache
def reading_folders() -> tuple[Path, ...]:
    """The folders in which kernels are looked for: `cache_folder`, and those tried before it.

    What cannot be written to may have been filled by somebody who could: by whoever made an image
    of this machine, for instance.
    """
    last, found = cache_folder(), []
    for place in places():
        if place.folder.is_dir() and place.distrusted() is None:
            found.append(place.folder)
        if place.folder == last:
            break
    return tuple(found)


@cache
def fingerprint() -> str:
    """Stands for the source of all kernels.

    numba compares a kernel with the source of its own file only, and would not notice a change in
    a function that it calls.
    """
    digest = hashlib.sha256(__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py*")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _chosen() -> str:
    """The cache folder that numba was told of, be it by the environment or by its configuration."""
    import numba

    return str(numba.config.CACHE_DIR or "")
