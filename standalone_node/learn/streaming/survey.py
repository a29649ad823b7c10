"""Which columns a big file has: the rules of `infer_schema` on tallies counted in chunks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from standalone_node.learn.asked import Asked, Roles
from standalone_node.learn.cells import quoted
from standalone_node.learn.columns import missing_cell
from standalone_node.learn.dialect import concluded_decimal, count_decimals
from standalone_node.learn.infer import Inferred, concluded, kept_rows, tally_for
from standalone_node.learn.schema import Schema
from standalone_node.learn.streaming.chunks import Chunk, Chunks, Untidy
from standalone_node.learn.streaming.encoded import Advance
from standalone_node.learn.table import Table
from standalone_node.learn.tally import Tally
from standalone_node.learn.targets import class_counts

#: So many distinct texts of a column are remembered. With more it is left out as an identifier;
#: a target is one of quantities, or it is refused.
MOST_TEXTS = 100_000


@dataclass(frozen=True)
class Survey:
    """What a file holds.

    Attributes
    ----------
    schema : Schema
        Without fill values.
    chunks : Chunks
        The file, its decimal mark known.
    rows, usable : int
        All rows, and those that can be used.
    counts : ndarray of int
        The usable rows of each class, or one number, all of them.
    middles : dict
        The middle of the range of each numeric column, by name, in the rows that can be used.
    read_notes, notes, warnings : tuple of str
        What is to be said of the file and its rows; of the columns; and what looks wrong.
    """

    schema: Schema
    chunks: Chunks
    rows: int
    usable: int
    counts: np.ndarray
    middles: dict[str, float]
    read_notes: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def surveyed(chunks: Chunks, asked: Asked, advance: Advance | None = None) -> Survey:
    """Read a file for its schema, and how many of its rows can be used.

    Parameters
    ----------
    chunks : Chunks
        Its `decimal` is set.
    asked : Asked
    advance : callable, optional
        Told how many bytes have been read; from 0 again if the file has to be read again.

    Raises
    ------
    DataError, ArgumentError
        As `read_table`, `infer_schema` and `Schema.complete`.
    """
    roles = asked.roles(chunks.source, chunks.header)
    looks = Looks(chunks, roles, asked.tokens, advance)
    found = concluded(looks, chunks.source, roles, asked)
    schema = schema_of(found, asked, chunks.decimal)
    goal, tallies, classes = schema.target, looks.tallies, bool(schema.target.classes)
    if asked.missing == "error":
        refuse_gaps(chunks.source, schema, chunks.header, tallies)
    usable = tallies[goal.name].kept
    left_out = left_out_notes(chunks.source, chunks.rows - usable, schema)
    return Survey(
        schema=schema,
        chunks=chunks,
        rows=chunks.rows,
        usable=usable,
        counts=class_counts(goal, tallies[goal.name]) if classes else np.array([usable]),
        middles=_middles([t for name, t in tallies.items() if not (classes and name == goal.name)]),
        read_notes=(*chunks.notes, *looks.notes, *left_out),
        notes=tuple(found.notes),
        warnings=tuple(found.warnings),
    )


def schema_of(found: Inferred, asked: Asked, decimal: str) -> Schema:
    """The schema of what was recognised, without fill values."""
    return Schema(
        columns=found.columns,
        target=found.targets[0],
        na=asked.tokens,
        missing=asked.missing,
        decimal=decimal,
        further=tuple(target.name for target in found.targets[1:]),
        weight=found.roles.weight,
    )


def left_out_notes(source: str, count: int, schema: Schema) -> list[str]:
    """What to say of so many rows that were left out; nothing of none."""
    if not count:
        return []
    rows = "1 row was" if count == 1 else f"{count} rows were"
    return [f"{source}: {rows} left out for a missing {schema.what_is_missing}."]


def _middles(tallies: Sequence[Tally]) -> dict[str, float]:
    ranges = {tally.name: (tally.low, tally.high) for tally in tallies if tally.numeric}
    for tally in tallies:
        if tally.dated:
            best = tally.dates.forms[tally.dates.best[0]]
            ranges[tally.name] = best.low, best.high
    return {name: 0.5 * low + 0.5 * high for name, (low, high) in ranges.items() if low <= high}


def refuse_gaps(
    source: str,
    schema: Schema,
    header: Sequence[str],
    tallies: Mapping[str, Tally],
    files: Sequence[str | None] = (None,),
) -> None:
    """DataError for the first missing cell, where every cell is needed.

    Parameters
    ----------
    source : str
    schema : Schema
    header : sequence of str
        All columns, in order.
    tallies : mapping
    files : sequence of str
        The files that cells are in, in order, if there are several.
    """
    needed = {*schema.target_names, *(column.name for column in schema.columns)}
    own = [tallies[name] for name in header if name in needed]
    found = [
        (files.index(tally.missing.file), tally.missing.row, tally.name, tally.missing)
        for tally in own
        if tally.missing is not None
    ]
    if found:
        _, _, name, spot = min(found, key=lambda one: one[:2])
        place = f"{source}: {spot.where}, column {quoted(name)}"
        raise missing_cell(place, spot.text, sum(tally.gaps for tally in own))


class Looks:
    """Readings of a file, each for the tallies of its columns: a `Look`.

    Parameters
    ----------
    chunks : Chunks or ParquetRows
        Its `decimal` is set.
    roles : Roles
    na : tuple of str
    advance : callable, optional
    lacking : iterable of str
        Columns whose texts are needed for sure.
    known : bool, optional
        Whether the decimal mark is known; it is where the fields are separated by commas.

    Attributes
    ----------
    tallies : dict
    decimals : tuple of int
        The cells that are numbers with a decimal comma and with a point; 0 if it was known.
    notes : list of str
    """

    def __init__(
        self,
        chunks: Any,
        roles: Roles,
        na: tuple[str, ...],
        advance: Advance | None = None,
        lacking: Iterable[str] = (),
        known: bool | None = None,
    ) -> None:
        self._chunks, self._roles, self._na = chunks, roles, na
        self._advance = advance
        self._lacking: set[str] = set(lacking)
        self._decimal_known = chunks.delimiter == "," if known is None else known
        self.tallies: dict[str, Tally] = {}
        self.decimals = (0, 0)
        self.notes: list[str] = []

    def __call__(self, needed: frozenset[str]) -> dict[str, Tally]:
        """The tallies, given the columns whose missing cells take their row out."""
        while True:
            try:
                tallies = self._read(needed)
            except Untidy:
                self._chunks.forgive()
                continue
            if tallies is None:  # the decimal mark was not what the first rows looked like
                continue
            lacking = [name for name, tally in tallies.items() if tally.lacks_texts]
            if not lacking:
                self.tallies = tallies
                return tallies
            self._lacking |= set(lacking)

    def _read(self, needed: frozenset[str]) -> dict[str, Tally] | None:
        tallies = {
            name: tally_for(name, self._roles, MOST_TEXTS, texts=name in self._lacking)
            for name in self._roles.read
        }
        commas, points, first = 0, 0, True
        for chunk in self._chunks.read(lambda: self._expected(tallies), self._advance):
            if not self._decimal_known:
                counts = _decimals(chunk, self._chunks.delimiter)
                commas, points = commas + counts[0], points + counts[1]
                if first:
                    self._chunks.decimal, _ = concluded_decimal("", *counts)
            self._add(tallies, chunk, needed)
            first = False
        if not self._decimal_known:
            mark, notes = concluded_decimal(self._chunks.source, commas, points)
            self._decimal_known, self.notes, self.decimals = True, notes, (commas, points)
            if mark != self._chunks.decimal:
                self._chunks.decimal = mark
                return None
        return tallies

    def _expected(
        self, tallies: Mapping[str, Tally]
    ) -> tuple[dict[str, tuple[str, ...]], list[str]]:
        """Columns that were numbers so far can be read as numbers, if no text of them is needed."""
        numbers = {n: self._na for n, tally in tallies.items() if tally.takes_numbers}
        return numbers, [name for name in tallies if name not in numbers]

    def _add(self, tallies: Mapping[str, Tally], chunk: Chunk, needed: frozenset[str]) -> None:
        if any(not tallies[n].knows(bool(gone.any())) for n, (_, gone) in chunk.numbers.items()):
            chunk = chunk.as_text()
        decimals = (self._chunks.decimal,)
        readings = {name: chunk.reading(name, self._na, decimals) for name in tallies}
        kept = kept_rows([readings[name].missing for name in (*self._roles.goals, *needed)])
        for name, tally in tallies.items():
            tally.add(chunk.table, readings[name], kept)


def _decimals(chunk: Chunk, delimiter: str) -> tuple[int, int]:
    """How many cells of a chunk are numbers with a decimal comma, and with a decimal point."""
    if chunk.lines is None:
        table: Table = chunk.table
        return count_decimals([table.cells(name).tolist() for name in table.names])
    return count_decimals([[re.sub(f" *[{re.escape(delimiter)}\r\n]+ *", "\n", chunk.lines)]])
