"""Which columns a big file has: the rules of `infer_schema` on tallies counted in chunks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from standalone_node.errors import ArgumentError
from standalone_node.learn.cells import quoted
from standalone_node.learn.columns import missing_cell
from standalone_node.learn.dialect import concluded_decimal, count_decimals
from standalone_node.learn.infer import checked_target, concluded, kept_rows
from standalone_node.learn.schema import DEFAULT_NA, Missing, Schema
from standalone_node.learn.streaming.chunks import Chunk, Chunks, Untidy
from standalone_node.learn.streaming.encoded import Advance
from standalone_node.learn.table import Table
from standalone_node.learn.tally import Tally
from standalone_node.learn.targets import Task, class_counts

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
    notes, warnings : tuple of str
    """

    schema: Schema
    chunks: Chunks
    rows: int
    usable: int
    counts: np.ndarray
    middles: dict[str, float]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def surveyed(
    chunks: Chunks,
    target: str | None,
    *,
    ignore: Sequence[str] = (),
    missing: Missing = "error",
    na: Sequence[str] = DEFAULT_NA,
    task: Task | None = None,
    advance: Advance | None = None,
) -> Survey:
    """Read a file for its schema, and how many of its rows can be used.

    Parameters
    ----------
    chunks : Chunks
        Its `decimal` is set.
    target, ignore, missing, na, task
        As in `infer_schema`.
    advance : callable, optional
        Told how many bytes have been read; from 0 again if the file has to be read again.

    Raises
    ------
    DataError, ArgumentError
        As `read_table`, `infer_schema` and `Schema.complete`.
    """
    if missing not in get_args(Missing):
        raise ArgumentError(f"missing is {missing!r}; choose error, drop or impute (--missing).")
    if task is not None and task not in get_args(Task):
        raise ArgumentError(f"task is {task!r}; choose classification or regression (--task).")
    tokens = tuple(dict.fromkeys(("", *(token.strip() for token in na))))
    goal = checked_target(chunks.source, chunks.header, target, tuple(ignore))
    names = [name for name in chunks.header if name == goal or name not in ignore]
    looks = _Looks(chunks, names, goal, tokens, advance)
    inputs = [name for name in names if name != goal]
    columns, recognised, said = concluded(
        looks, chunks.source, inputs, goal, drop=missing == "drop", task=task
    )
    schema = Schema(columns, recognised, tokens, missing, chunks.decimal)
    tallies, classes = looks.tallies, bool(recognised.classes)
    needed = [goal, *(column.name for column in columns)]
    if missing == "error":
        _refuse_gaps(chunks, [tallies[name] for name in chunks.header if name in needed])
    usable = tallies[goal].kept
    left_out = left_out_notes(chunks.source, chunks.rows - usable, schema)
    notes = [*chunks.notes, *looks.notes, *left_out]
    return Survey(
        schema=schema,
        chunks=chunks,
        rows=chunks.rows,
        usable=usable,
        counts=class_counts(recognised, tallies[goal]) if classes else np.array([usable]),
        middles=_middles([t for name, t in tallies.items() if not (classes and name == goal)]),
        notes=(*notes, said[0]),
        warnings=tuple(said[1:]),
    )


def left_out_notes(source: str, count: int, schema: Schema) -> list[str]:
    """What to say of so many rows that were left out; nothing of none."""
    if not count:
        return []
    what = f"target {quoted(schema.target.name)}" if schema.missing == "impute" else "cell"
    rows = "1 row was" if count == 1 else f"{count} rows were"
    return [f"{source}: {rows} left out for a missing {what}."]


def _middles(tallies: Sequence[Tally]) -> dict[str, float]:
    numbers = (tally for tally in tallies if tally.numeric and tally.kept)
    return {tally.name: 0.5 * tally.low + 0.5 * tally.high for tally in numbers}


def _refuse_gaps(chunks: Chunks, tallies: Sequence[Tally]) -> None:
    """DataError for the first missing cell, where every cell is needed."""
    found = [(tally.missing.row, tally) for tally in tallies if tally.missing is not None]
    if found:
        _, tally = min(found, key=lambda pair: pair[0])
        assert tally.missing is not None
        place = f"{chunks.source}: {tally.missing.where}, column {quoted(tally.name)}"
        count = sum(tally.gaps for tally in tallies)
        raise missing_cell(place, tally.missing.text, count)


class _Looks:
    """Readings of the file, each for the tallies of its columns: a `Look`."""

    def __init__(
        self,
        chunks: Chunks,
        names: Sequence[str],
        goal: str,
        na: tuple[str, ...],
        advance: Advance | None,
    ) -> None:
        self._chunks, self._names, self._goal, self._na = chunks, names, goal, na
        self._advance = advance
        self._texts: dict[str, bool | None] = dict.fromkeys(names) | {goal: True}
        self._numeric: frozenset[str] = frozenset()
        self._decimal_known = chunks.delimiter == ","
        self.tallies: dict[str, Tally] = {}
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
                self._numeric = frozenset(n for n, tally in tallies.items() if tally.numeric)
                return tallies
            self._texts |= dict.fromkeys(lacking, True)

    def _read(self, needed: frozenset[str]) -> dict[str, Tally] | None:
        tallies = {name: Tally(name, self._texts[name], MOST_TEXTS) for name in self._names}
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
            self._decimal_known, self.notes = True, notes
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
        kept = kept_rows([readings[name].missing for name in (self._goal, *needed)])
        for name, tally in tallies.items():
            tally.add(chunk.table, readings[name], kept)


def _decimals(chunk: Chunk, delimiter: str) -> tuple[int, int]:
    """How many cells of a chunk are numbers with a decimal comma, and with a decimal point."""
    if chunk.lines is None:
        table: Table = chunk.table
        return count_decimals([table.cells(name).tolist() for name in table.names])
    return count_decimals([[re.sub(f" *[{re.escape(delimiter)}\r\n]+ *", "\n", chunk.lines)]])
