"""Which columns of a table are inputs, of what kind, and what has to be said about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.cells import listed, quoted, suggestion
from standalone_node.learn.columns import (
    NUMERIC_SHARE,
    Column,
    Reading,
    read_column,
    require_numbers,
)
from standalone_node.learn.table import Table
from standalone_node.learn.targets import Target, Task, recognise_target

MANY_CATEGORIES = 50
"""More categories than this are warned about."""

_ID_DISTINCT, _ID_SHARE = 20, 0.9
_COUNTING_ROWS = 5


def infer_columns(
    table: Table,
    target: str | None,
    *,
    ignore: Sequence[str],
    drop: bool,
    na: Sequence[str],
    task: Task | None,
) -> tuple[tuple[Column, ...], Target, list[str]]:
    """The input columns, the target and the sentences to say aloud.

    `drop` tells that rows with a missing input are going to be left out, so that categories and
    classes must come from the others.
    """
    goal = _checked_names(table, target, ignore)
    answer = read_column(table, goal, na, (table.decimal,))
    notes: list[str] = []
    readings: dict[str, Reading] = {}
    for name in table.names:
        if name == goal or name in ignore:
            continue
        reading = read_column(table, name, na, (table.decimal,))
        remark = _useless(name, reading)
        if remark is None:
            if reading.share >= NUMERIC_SHARE:
                require_numbers(table, name, reading)
            readings[name] = reading
        else:
            notes.append(remark)
    kept = _keep_varying(readings, answer, drop, notes)
    recognised, sentence = recognise_target(table, goal, answer, kept, task)
    if not readings:
        why = f" ({notes[0].rstrip('.')})" if notes else ""
        raise DataError(
            f"{table.source}: no input column is left beside the target {quoted(goal)}{why}; "
            "add columns, or ignore fewer."
        )
    columns = tuple(_column(name, reading, kept) for name, reading in readings.items())
    for column in columns:
        notes += _remarks(table, column, readings[column.name])
    return columns, recognised, [sentence, *notes]


def _checked_names(table: Table, target: str | None, ignore: Sequence[str]) -> str:
    names = table.names
    if target is None:
        raise DataError(
            f"{table.source}: no target column is named; name one of {listed(names)} with --target."
        )
    goal = target if target in names else target.strip()
    if goal not in names:
        raise DataError(
            f"{table.source}: there is no target column {quoted(goal)}; {suggestion(goal, names)}"
        )
    for name in ignore:
        if name not in names:
            raise DataError(
                f"{table.source}: there is no column {quoted(name)} to ignore; "
                f"{suggestion(name, names)}"
            )
    if goal in ignore:
        raise ArgumentError(
            f"the target {quoted(goal)} is also to be ignored; drop one of the two."
        )
    return goal


def _useless(name: str, reading: Reading) -> str | None:
    """Why a column cannot be an input whatever the rows, as a sentence; None if it can."""
    present = int((~reading.missing).sum())
    if not present:
        return f"column {quoted(name)} is missing in every row and was left out."
    if reading.share >= NUMERIC_SHARE:
        return None
    distinct = len(pd.unique(reading.cells[~reading.missing]))
    if distinct > _ID_DISTINCT and distinct > _ID_SHARE * present:
        return (
            f"column {quoted(name)} is text with {distinct} distinct values in {present} rows, "
            "like an identifier, and was left out."
        )
    return None


def _keep_varying(
    readings: dict[str, Reading], answer: Reading, drop: bool, notes: list[str]
) -> np.ndarray:
    """The rows that count; columns constant over them are taken out of `readings`, and said.

    A column that goes may give rows back that it made incomplete, hence the repetition.
    """
    while True:
        kept = ~answer.missing
        if drop:
            for reading in readings.values():
                kept &= ~reading.missing
        constant = [n for n, r in readings.items() if kept.any() and _is_constant(r, kept)]
        for name in constant:
            reading = readings.pop(name)
            rows = kept & ~reading.missing
            value = f" ({quoted(reading.cells[rows][0])})" if rows.any() else ""
            notes.append(f"column {quoted(name)} is constant{value} and was left out.")
        if not constant:
            return kept


def _is_constant(reading: Reading, rows: np.ndarray) -> bool:
    present = rows & ~reading.missing
    if reading.share >= NUMERIC_SHARE:
        values = reading.values[present]
        return values.size == 0 or bool((values == values[0]).all())
    return len(pd.unique(reading.cells[present])) < 2


def _column(name: str, reading: Reading, rows: np.ndarray) -> Column:
    if reading.share >= NUMERIC_SHARE:
        return Column(name, "numeric")
    present = reading.cells[rows & ~reading.missing]
    return Column(name, "categorical", tuple(sorted(str(c) for c in pd.unique(present))))


def _remarks(table: Table, column: Column, reading: Reading) -> list[str]:
    """What to warn about in a column that is kept."""
    name = quoted(column.name)
    if column.kind == "numeric":
        if _counts_rows(reading.values[~reading.missing]):
            return [
                f"column {name} counts the rows; if it is an identifier, leave it out with "
                f"--ignore {name}."
            ]
        return []
    remarks = []
    if reading.share >= 0.5:
        position = int((~reading.missing & ~reading.numeric).argmax())
        remarks.append(
            f"column {name} is taken as categories because of cells such as "
            f"{quoted(reading.cells[position])} in {table.where(position)}, although "
            f"{int(100 * reading.share)} % are numbers."
        )
    if len(column.categories) > MANY_CATEGORIES:
        remarks.append(
            f"column {name} has {len(column.categories)} categories, each an input of its own; "
            f"leave it out with --ignore {name} if that is not meant."
        )
    return remarks


def _counts_rows(values: np.ndarray) -> bool:
    """Whole numbers, all distinct and without gaps, in any order."""
    if len(values) < _COUNTING_ROWS or np.ptp(values) != len(values) - 1:
        return False
    return bool((values == np.floor(values)).all()) and len(np.unique(values)) == len(values)
