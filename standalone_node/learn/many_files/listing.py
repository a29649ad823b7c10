"""Which files are meant: a pattern, a folder or a list of them as one table."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from standalone_node.errors import DataError
from standalone_node.learn.cells import listed

#: The table: the endings of files that are read, and in which way.
ENDINGS = {
    ".csv": "text",
    ".tsv": "text",
    ".txt": "text",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_WILDCARDS = re.compile(r"[*?\[]")


def kind_of_file(path: str | Path) -> str | None:
    """In which way a file is read, by its ending; None if it is none that is known.

    Examples
    --------
    >>> kind_of_file("parts/a.CSV.gz"), kind_of_file("a.parquet"), kind_of_file("notes.md")
    ('text', 'parquet', None)
    """
    name = Path(path).name.lower().removesuffix(".gz")
    return next((kind for end, kind in ENDINGS.items() if name.endswith(end)), None)


def means_many(data: str) -> bool:
    """Whether a name stands for many files, or for a kind that is read as many are.

    Examples
    --------
    >>> means_many("parts/*.csv"), means_many("rows.parquet"), means_many("rows.csv")
    (True, True, False)
    """
    if os.path.isdir(data) or kind_of_file(data) == "parquet":
        return True
    return bool(_WILDCARDS.search(data)) and not os.path.exists(data)


def base_of(data: str) -> str | None:
    """What to call something after that is made of many files, beside them; None if nothing fits.

    That is the folder they are in, and where that is the one at work what the pattern begins with.

    Examples
    --------
    >>> base_of("data/parts/*.csv"), base_of("data/parts"), base_of("rows-*.csv"), base_of("*.csv")
    ('data/parts', 'data/parts', 'rows', None)
    """
    path = Path(data)
    if _WILDCARDS.search(data) and not os.path.exists(data):
        plain = [part for part in _until_wildcard(path.parts) if part not in (".", path.anchor)]
        if not plain or plain[-1] == "..":
            stem = _WILDCARDS.split(path.parts[-1])[0].rstrip("-_. ")
            return stem or None
        path = Path(*_until_wildcard(path.parts))
    if path.name in ("", ".."):
        return None
    ends = [end for end, kind in ENDINGS.items() if kind == "parquet"]
    return str(path.with_suffix("")) if path.suffix.lower() in ends else str(path)


def _until_wildcard(parts: Sequence[str]) -> list[str]:
    found: list[str] = []
    for part in parts[:-1]:
        if _WILDCARDS.search(part):
            break
        found.append(part)
    return found


def listed_files(data: str | Path | Iterable[str | Path]) -> tuple[str, ...]:
    """The files that are meant, all read in the same way.

    Parameters
    ----------
    data : str, Path, or iterable of them
        A pattern with * or ?, a folder, a file, or files. Those of a pattern or a folder come in
        the order of their names; of a folder hidden files and such as ``_SUCCESS`` do not count,
        nor what is neither CSV nor Parquet.

    Returns
    -------
    tuple of str

    Raises
    ------
    DataError
        No file is meant, or some are CSV and some Parquet.
    """
    if isinstance(data, str | Path):
        files = _found(str(data))
    else:
        files = [str(one) for one in data]
        if not files:
            raise DataError("there are no files in the list: give one at the least.")
    kinds = {kind_of_file(file) or "text": file for file in reversed(files)}
    if len(kinds) > 1:
        raise DataError(
            f"{data if isinstance(data, str | Path) else 'the list'}: {kinds['text']} is read as "
            f"CSV and {kinds['parquet']} as Parquet; name files of one kind, with a pattern such "
            "as 'parts/*.csv'."
        )
    return tuple(files)


def _found(data: str) -> list[str]:
    if os.path.isdir(data):
        return _in_folder(data)
    if os.path.exists(data) or not _WILDCARDS.search(data):
        return [data]
    files = sorted(file for file in glob.glob(data, recursive=True) if not os.path.isdir(file))
    if not files:
        folder = os.path.dirname(data)
        there = "" if _WILDCARDS.search(folder) else _contents(folder)
        raise DataError(f"{data}: no file has such a name; check the pattern{there}.")
    return files


def _in_folder(folder: str) -> list[str]:
    names = sorted(name for name in os.listdir(folder) if name[0] not in "._")
    paths = [os.path.join(folder, name) for name in names]
    files = [path for path in paths if kind_of_file(path) and not os.path.isdir(path)]
    if not files:
        raise DataError(
            f"{folder}: there is no file in this folder that ends with "
            f"{listed(ENDINGS)}; name the files with a pattern such as 'parts/*.dat'."
        )
    return files


def _contents(folder: str) -> str:
    """What there is instead, as the end of a sentence."""
    if folder and not os.path.isdir(folder):
        return f": there is no folder {folder!r}"
    names = sorted(os.listdir(folder or "."))
    return f": the folder holds {listed(names, 4)}" if names else ": the folder is empty"
