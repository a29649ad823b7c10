"""Rows of numbers on the disk: written once from front to back, read in any order.

The file has no name, so that it is gone when the process is, however that ends. It is read and not
mapped into memory: mapped pages would count as memory of the process.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import NodeError
from standalone_node.kernels.jit import PRECISIONS
from standalone_node.memory import size_text

Array = NDArray[Any]

#: Room that is left on the disk for everything else.
SPARE = 64 << 20
#: Numbers that are read at a time where all rows are wanted.
ENTRIES = 1 << 20


def check_room(folder: Path, rows: int, width: int, dtype: str) -> None:
    """NodeError if the numbers of so many rows will not fit into a folder.

    Parameters
    ----------
    folder : Path
    rows, width : int
    dtype : {"float64", "float32"}
    """
    need = rows * width * np.dtype(dtype).itemsize
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise _useless(folder, error) from None
    if need + SPARE > free:
        halved = "" if dtype == "float32" else ", or halve the need with --dtype float32"
        raise NodeError(
            f"{folder}: the numbers of {rows:,} rows take {size_text(need)} on the disk while they "
            f"are fitted, {size_text(SPARE)} are spared for everything else, and only "
            f"{size_text(free)} are free there; name another folder with --scratch{halved}."
        )


class Store:
    """Rows of `width` numbers in a file without a name.

    Parameters
    ----------
    folder : Path
        Where it lies.
    width : int
    dtype : {"float64", "float32"}
        How they are kept; they are float64 outside.
    origin : ndarray, shape (width,), optional
        What single precision keeps the distance to: numbers far from zero keep their differences.

    Attributes
    ----------
    rows : int
    """

    def __init__(
        self, folder: Path, width: int, dtype: str = "float64", origin: Array | None = None
    ) -> None:
        assert dtype in PRECISIONS
        self.folder, self.width, self.rows = folder, width, 0
        self._dtype, self._content = np.dtype(dtype), blake2b(digest_size=16)
        self._origin = origin if self._dtype.itemsize < 8 else None
        try:
            self._file = tempfile.TemporaryFile(  # noqa: SIM115, it is open as long as the store is
                dir=folder, prefix=".node-fit.", buffering=0
            )
        except OSError as error:
            raise _useless(folder, error) from None

    def __len__(self) -> int:
        return self.rows

    def append(self, values: Array) -> None:
        """Further rows (n, width)."""
        if not len(values):
            return
        kept = values if self._origin is None else values - self._origin
        data = np.ascontiguousarray(kept, dtype=self._dtype).data.cast("B")
        self._content.update(data)
        try:
            self._file.seek(self.rows * self.width * self._dtype.itemsize)
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as error:
            raise NodeError(
                f"{self.folder}: the numbers cannot be kept there ({error.strerror or error}); "
                "free some space, or name another folder with --scratch."
            ) from None
        self.rows += len(values)

    @property
    def digest(self) -> str:
        """A checksum of all rows as they are kept: what tells them from others."""
        return self._content.hexdigest()

    def take(self, index: Array) -> Array:
        """The rows of these numbers, (n, width), in this order: runs are read at once."""
        found = np.empty((index.size, self.width), dtype=self._dtype)
        starts = np.flatnonzero(np.diff(index, prepend=-2) != 1)
        for start, end in zip(starts, [*starts[1:], index.size], strict=True):
            self._read(int(index[start]), found[start:end])
        return self._outside(found)

    def slices(self, entries: int = ENTRIES) -> Iterator[Array]:
        """All rows, in order, some at a time."""
        step = max(1, entries // self.width)
        for first in range(0, self.rows, step):
            found = np.empty((min(step, self.rows - first), self.width), dtype=self._dtype)
            self._read(first, found)
            yield self._outside(found)

    def _outside(self, kept: Array) -> Array:
        values = kept.astype(np.float64, copy=False)
        return values if self._origin is None else values + self._origin

    def _read(self, first: int, out: Array) -> None:
        if first < 0 or first + len(out) > self.rows:
            raise IndexError(f"rows {first}…{first + len(out) - 1} of {self.rows}")
        self._file.seek(first * self.width * self._dtype.itemsize)
        room = out.data.cast("B")
        while room:
            room = room[self._file.readinto(room) or 0 :]

    def close(self) -> None:
        """Give the space back."""
        self._file.close()


def _useless(folder: Path, error: OSError) -> NodeError:
    return NodeError(
        f"{folder}: no files can be made there ({error.strerror or error}); name another folder "
        "with --scratch."
    )
