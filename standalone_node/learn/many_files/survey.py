"""Which columns many files have, and how many rows of each can be used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from standalone_node.learn.asked import Asked
from standalone_node.learn.infer import concluded
from standalone_node.learn.many_files.looking import File, FilesLooks
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.survey import left_out_notes, refuse_gaps, schema_of


@dataclass(frozen=True)
class FilesSurvey:
    """What many files hold.

    Attributes
    ----------
    schema : Schema
        Without fill values.
    files : tuple of File
    rows : int
        All rows.
    usable : tuple of int
        The rows of each file that can be used.
    read_notes, notes, warnings : tuple of str
        What is to be said of the files; of the columns; and what looks wrong.
    """

    schema: Schema
    files: tuple[File, ...]
    rows: int
    usable: tuple[int, ...]
    read_notes: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def surveyed_files(looks: FilesLooks, source: str, asked: Asked) -> FilesSurvey:
    """The schema of files that were looked through, and how many of their rows can be used.

    Raises
    ------
    DataError, ArgumentError
        As `infer_schema` and `Schema.complete`.
    """
    found = concluded(looks, source, looks.roles, asked)
    schema = schema_of(found, asked, looks.decimal)
    if asked.missing == "error":
        names = [file.source for file in looks.files]
        refuse_gaps(source, schema, looks.files[0].header, looks.tallies, names)
    usable, rows = tuple(looks.usable), sum(file.rows for file in looks.files)
    left_out = left_out_notes(source, rows - sum(usable), schema)
    own = [(file.source, note) for file in looks.files for note in file.notes]
    return FilesSurvey(
        schema=schema,
        files=tuple(looks.files),
        rows=rows,
        usable=usable,
        read_notes=(*of_each_kind(own), *looks.notes, *left_out),
        notes=tuple(found.notes),
        warnings=tuple(found.warnings),
    )


def of_each_kind(notes: Iterable[tuple[str, str]]) -> list[str]:
    """Notes on files, given with their names: one of each kind, and how many more there are.

    Examples
    --------
    >>> of_each_kind([("a.csv", "a.csv: 3 rows are odd."), ("b.csv", "b.csv: 4 rows are odd.")])
    ['a.csv: 3 rows are odd (and so for 1 more file).']
    """
    kinds: dict[str, list[str]] = {}
    for source, note in notes:
        kind = re.sub(r"[0-9]+", "#", note.replace(source, ""))
        kinds.setdefault(kind, []).append(note)
    told = []
    for first, *others in kinds.values():
        if others:
            more = f"{len(others)} more file{'s' * (len(others) > 1)}"
            first = f"{first.removesuffix('.')} (and so for {more})."
        told.append(first)
    return told
