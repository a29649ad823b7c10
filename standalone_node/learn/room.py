"""Files and tables that are too large for the memory, refused before they are read."""

from __future__ import annotations

import os
from pathlib import Path

from standalone_node.errors import DataError, NotEnoughMemory
from standalone_node.memory import Need, require, size_text

#: Bytes that a byte of a file becomes when it is read whole, each cell a text of its own: from 11
#: for numbers with many digits to 20 for short ones.
OF_BYTE = 15
#: As many bytes as gzip can make of one; what claims to be more is damaged, and its reader says so.
DEFLATED = 1032
#: Matrices of the features that are held at once: as they were read, checked, scaled, laid out.
OF_FEATURES = 4


def require_readable(path: str | Path) -> None:
    """Refuse a file whose cells do not fit into the memory that is free.

    Parameters
    ----------
    path : str or Path
        "-", standard input, is not looked at, nor is what cannot be opened.

    Raises
    ------
    DataError
        Naming the file, its size, what is free, and the remedy.
    """
    size = _size(path)
    cause = f"{path}: reading {size_text(size)} at once"
    remedy = "fit it with --chunked yes, or leave rows or columns out of the file"
    _require(Need(cause, "its cells", OF_BYTE * size, remedy))


def require_features(source: str, rows: int, features: int, widest: tuple[str, int]) -> None:
    """Refuse a table whose features do not fit into the memory that is free.

    Parameters
    ----------
    source : str
        What messages call the table.
    rows, features : int
    widest : tuple of str and int
        The column that becomes most features, and how many.

    Raises
    ------
    DataError
        Naming the column, what is free, and the remedy.
    """
    name, count = widest
    cause = f"{source}: {rows} rows of {features} features ({count} of them column {name!r})"
    remedy = f"leave the column out with --ignore {name!r}, or take fewer rows"
    _require(Need(cause, "the numbers", 8 * OF_FEATURES * rows * features, remedy))


def _require(need: Need) -> None:
    try:
        require([need])
    except NotEnoughMemory as refused:
        raise DataError(f"{refused}.") from None


def _size(path: str | Path) -> int:
    """The bytes of a file, decompressed, as far as they are told without reading it."""
    if str(path) == "-":
        return 0
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if file.read(2) == b"\x1f\x8b" and size > 4:
                file.seek(-4, os.SEEK_END)  # gzip: the size it had, modulo 2**32
                told = int.from_bytes(file.read(4), "little")
                size = max(size, min(told, DEFLATED * size))
            return size
    except (OSError, ValueError):
        return 0
