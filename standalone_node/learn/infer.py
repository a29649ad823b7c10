"""Which columns of a table are inputs, of what kind, and what has to be said about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.cells import listed, quoted, suggestion
from standalone_node.learn.columns import Column, no_number, read_column
from standalone_node.learn.table import Table
from standalone_node.learn.tally import Tally
from standalone_node.learn.targets import Target, Task, recognise_target

#: Counts the columns of a table, the target among them, given the columns whose missing cells
#: take their row out of those that count.
Look = Callable[[frozenset[str]], dict[str, Tally]]

MANY_CATEGORIES = 50
"""More categories than this are warned about."""

_ID_DISTINCT, _ID_SHARE = 20, 0.9


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
    goal = checked_target(table.source, table.names, target, ignore)
    names = [name for name in table.names if name == goal or name not in ignore]
    readings = {name: read_column(table, name, na, (table.decimal,)) for name in names}

    def look(needed: frozenset[str]) -> dict[str, Tally]:
        kept = kept_rows([readings[name].missing for name in (goal, *needed)])
        tallies = {name: Tally(name, texts=True if name == goal else None) for name in names}
        for name, tally in tallies.items():
            tally.add(table, readings[name], kept)
        return tallies

    inputs = [name for name in names if name != goal]
    return concluded(look, table.source, inputs, goal, drop=drop, task=task)


def kept_rows(missing: Sequence[np.ndarray]) -> np.ndarray:
    """The rows in which no column is missing, given the masks of where each is."""
    kept: np.ndarray = ~np.logical_or.reduce(missing)
    return kept


def concluded(
    look: Look, source: str, names: Sequence[str], goal: str, *, drop: bool, task: Task | None
) -> tuple[tuple[Column, ...], Target, list[str]]:
    """What follows from the tallies of the columns `names` and of the target `goal`.

    See `infer_columns`. There is more than one look if rows are dropped for what is missing in
    columns that are left out in the end: a column that goes gives rows back.
    """
    needed = frozenset(names if drop else ())
    tallies = look(needed)
    notes: list[str] = []
    kept: list[str] = []
    for name in names:
        remark = _useless(tallies[name])
        if remark is None:
            require_finite(source, tallies[name])
            kept.append(name)
        else:
            notes.append(remark)
    while True:
        if drop and any(tallies[name].gaps for name in needed.difference(kept)):
            needed = frozenset(kept)
            tallies = look(needed)
        constant = [n for n in kept if tallies[goal].kept and _is_constant(tallies[n])]
        if not constant:
            break
        for name in constant:
            kept.remove(name)
            first = tallies[name].first
            value = f" ({quoted(first.text)})" if first else ""
            notes.append(f"column {quoted(name)} is constant{value} and was left out.")
    recognised, sentence = recognise_target(source, tallies[goal], task)
    if not kept:
        why = f" ({notes[0].rstrip('.')})" if notes else ""
        raise DataError(
            f"{source}: no input column is left beside the target {quoted(goal)}{why}; "
            "add columns, or ignore fewer."
        )
    columns = tuple(_column(tallies[name]) for name in kept)
    for column in columns:
        notes += _remarks(column, tallies[column.name])
    return columns, recognised, [sentence, *notes]


def checked_target(
    source: str, names: Sequence[str], target: str | None, ignore: Sequence[str]
) -> str:
    """The target column; DataError or ArgumentError if it or those to ignore are not there."""
    if target is None:
        raise DataError(
            f"{source}: no target column is named; name one of {listed(names)} with --target."
        )
    goal = target if target in names else target.strip()
    if goal not in names:
        raise DataError(
            f"{source}: there is no target column {quoted(goal)}; {suggestion(goal, names)}"
        )
    for name in ignore:
        if name not in names:
            raise DataError(
                f"{source}: there is no column {quoted(name)} to ignore; {suggestion(name, names)}"
            )
    if goal in ignore:
        raise ArgumentError(
            f"the target {quoted(goal)} is also to be ignored; drop one of the two."
        )
    return goal


def require_finite(source: str, tally: Tally) -> None:
    """DataError for the first cell of a column of numbers that is no finite number."""
    spot = tally.no_finite
    if tally.numeric and spot is not None:
        place = f"{source}: {spot.where}, column {quoted(tally.name)}"
        raise no_number(place, tally.name, spot.text, spot != tally.no_number, tally.share)


def _useless(tally: Tally) -> str | None:
    """Why a column cannot be an input whatever the rows, as a sentence; None if it can."""
    name, present = quoted(tally.name), tally.present
    if not present:
        return f"column {name} is missing in every row and was left out."
    if tally.numeric:
        return None
    distinct = len(tally.texts or ())
    if tally.crowded or (distinct > _ID_DISTINCT and distinct > _ID_SHARE * present):
        more = "more than " if tally.crowded else ""
        return (
            f"column {name} is text with {more}{distinct} distinct values in {present} rows, "
            "like an identifier, and was left out."
        )
    return None


def _is_constant(tally: Tally) -> bool:
    if tally.numeric:
        return tally.low >= tally.high
    return len(tally.kept_texts) < 2


def _column(tally: Tally) -> Column:
    if tally.numeric:
        return Column(tally.name, "numeric")
    return Column(tally.name, "categorical", tuple(sorted(tally.kept_texts)))


def _remarks(column: Column, tally: Tally) -> list[str]:
    """What to warn about in a column that is kept."""
    name = quoted(column.name)
    if column.kind == "numeric":
        if tally.counting.found:
            return [
                f"column {name} counts the rows; if it is an identifier, leave it out with "
                f"--ignore {name}."
            ]
        return []
    remarks = []
    if tally.share >= 0.5 and tally.no_number is not None:
        remarks.append(
            f"column {name} is taken as categories because of cells such as "
            f"{quoted(tally.no_number.text)} in {tally.no_number.where}, although "
            f"{int(100 * tally.share)} % are numbers."
        )
    if len(column.categories) > MANY_CATEGORIES:
        remarks.append(
            f"column {name} has {len(column.categories)} categories, each an input of its own; "
            f"leave it out with --ignore {name} if that is not meant."
        )
    return remarks
