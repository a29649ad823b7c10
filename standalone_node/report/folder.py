"""A report as a folder: the page, its figures, their numbers, and the facts as JSON."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from standalone_node.errors import ArgumentError, NodeError
from standalone_node.report.document import Document
from standalone_node.report.figures.rendering import rendered
from standalone_node.report.json_text import json_text
from standalone_node.report.page import page, summary

#: What a report puts into its folder.
PAGE, FACTS = "report.html", "report.json"
FOLDERS = ("figures", "data")


def write_report(
    document: Document, folder: str | Path, progress: Callable[[str], Any] | None = None
) -> list[Path]:
    """Write a document.

    All files are written into a temporary folder and moved to their places when they are complete,
    the page last. Files of these names are replaced, others are left alone.

    Parameters
    ----------
    document : Document
    folder : str or Path
        Made if need be.
    progress : callable, optional
        Called with a few words before each figure.

    Returns
    -------
    list of Path
        ``report.html``, ``report.json``, and for each figure ``figures/NAME.svg``,
        ``figures/NAME.png`` and ``data/NAME.csv``, for each table ``data/NAME.csv``.

    Raises
    ------
    NodeError
        The folder cannot be made, or a file cannot be written.
    """
    goal = Path(folder)
    made = _missing_folders(goal)
    done = False
    try:
        goal.mkdir(parents=True, exist_ok=True)
        # Inside, where the files can be moved from: beside it may be another file system.
        with tempfile.TemporaryDirectory(dir=goal, prefix=".report.") as name:
            written = _write(document, Path(name), progress or (lambda words: None))
            places = [goal / path.relative_to(name) for path in written]
            for place in places:
                place.parent.mkdir(exist_ok=True)
            for path, place in reversed(list(zip(written, places, strict=True))):
                os.replace(path, place)
        done = True
    except OSError as error:
        raise NodeError(_sentence(goal, error)) from None
    finally:
        if not done:
            _remove_empty(made)
    return places


def check_folder(folder: str | Path, files: Iterable[str | Path] = ()) -> None:
    """Refuse a folder that no report can be written to, before anything is computed.

    Parameters
    ----------
    folder : str or Path
    files : iterable of str or Path
        Files that must not be overwritten: those that are read, and other outputs.

    Raises
    ------
    ArgumentError
        One of the files lies where the files of a report go.
    NodeError
        The folder cannot be made or written to.
    """
    goal = Path(os.path.realpath(folder))
    taken = [goal / name for name in (PAGE, FACTS, *FOLDERS)]
    for file in files:
        place = Path(os.path.realpath(file))
        if any(place == path or path in place.parents for path in taken):
            raise ArgumentError(
                f"{folder}: the report could overwrite {file}; name another folder for it."
            )
    try:
        for name in ("", *FOLDERS):
            there = _nearest(goal / name)
            if not there.is_dir():
                raise NotADirectoryError(f"{there.name!r} is no folder")
            with tempfile.TemporaryFile(dir=there):
                pass
    except OSError as error:
        raise NodeError(_sentence(Path(folder), error)) from None


def _write(document: Document, folder: Path, tell: Callable[[str], Any]) -> list[Path]:
    """All files of a report, the page first."""
    images, written = {}, []
    for name in FOLDERS:
        (folder / name).mkdir()

    def write(name: str, content: str | bytes) -> None:
        data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
        (folder / name).write_bytes(data)
        written.append(folder / name)

    figures = document.figures
    for number, figure in enumerate(figures, start=1):
        tell(f"figure {number} of {len(figures)}: {figure.title}")
        images[figure.name] = rendered(figure)
        write(f"figures/{figure.name}.svg", images[figure.name].light)
        write(f"figures/{figure.name}.png", images[figure.name].png)
        write(f"data/{figure.name}.csv", _csv(figure.table))
    for table in document.tables:
        names = pd.Index(list(table.columns), dtype=object)  # texts of any kind, as they come
        frame = pd.DataFrame(list(table.rows), columns=names, dtype=object)
        write(f"data/{table.name}.csv", _csv(frame))
    write(FACTS, json_text(summary(document)) + "\n")
    write(PAGE, page(document, images))
    return [*written[:-3:-1], *written[:-2]]


def _csv(frame: pd.DataFrame) -> str:
    text: str = frame.to_csv(index=False, lineterminator="\n")
    return text


def _nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return path


def _missing_folders(path: Path) -> list[Path]:
    """The folders that have to be made for a path, the innermost first."""
    missing = []
    while not os.path.lexists(path) and path != path.parent:
        missing.append(path)
        path = path.parent
    return missing


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def _sentence(folder: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return (
        f"{folder}: the report cannot be written there ({reason}); name a folder that can be "
        "written to."
    )
