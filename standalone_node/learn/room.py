"""Files and tables that are too large for the memory, refused before they are read."""

from __future__ import annotations

from pathlib import Path

from standalone_node.errors import DataError, NotEnoughMemory
from standalone_node.learn.streaming.need import content_size, memory_need
from standalone_node.memory import SMALL, Need, require, size_text

#: Matrices of the features that are held at once: as they were read, checked, put in order, scaled,
#: laid out.
OF_FEATURES = 5


class TooLarge(DataError):
    """A table that does not fit into the memory at once, and would in chunks."""


def require_readable(path: str | Path, delimiter: str | None = None) -> None:
    """Refuse a file whose cells do not fit into the memory that is free.

    Parameters
    ----------
    path : str or Path
        "-", standard input, is not looked at, nor is anything but a regular file.
    delimiter : str, optional
        Recognised if None.

    Raises
    ------
    TooLarge
        Naming the file, its size, what is free, and the remedy.
    DataError, ArgumentError
        As `read_table`.
    """
    if str(path) == "-":
        return
    need = memory_need([path], delimiter)
    if need > SMALL:
        cause = f"{path}: reading {size_text(content_size(path))} at once"
        _require(Need(cause, "its cells", need, "leave rows or columns out of the file"))


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
    TooLarge
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
        raise TooLarge(f"{refused}.") from None
