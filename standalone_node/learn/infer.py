"""Which columns of a table are inputs, of what kind, and what has to be said about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from standalone_node.errors import DataError
from standalone_node.learn.asked import Asked, Roles
from standalone_node.learn.cells import listed, quoted
from standalone_node.learn.columns import Column, no_date, no_number, read_column
from standalone_node.learn.cycles import CYCLES
from standalone_node.learn.dates import as_text
from standalone_node.learn.table import Table
from standalone_node.learn.tally import Tally
from standalone_node.learn.targets import Target, recognise_targets

#: Counts the columns of a table, the targets among them, given the columns whose missing cells
#: take their row out of those that count.
Look = Callable[[frozenset[str]], dict[str, Tally]]

#: The spellings of false and true, in any case, that make a column one of truth values.
TRUTHS = (("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("off", "on"))

_ID_DISTINCT, _ID_SHARE = 20, 0.9


@dataclass(frozen=True)
class Inferred:
    """What the columns of a table are.

    Attributes
    ----------
    columns : tuple of Column
    targets : tuple of Target
    roles : Roles
    notes, warnings : list of str
        What was recognised, and what looks wrong: a sentence each.
    """

    columns: tuple[Column, ...]
    targets: tuple[Target, ...]
    roles: Roles
    notes: list[str]
    warnings: list[str]


def infer_columns(table: Table, asked: Asked) -> Inferred:
    """The input columns, the targets and the sentences to say aloud, as somebody asked for them."""
    roles = asked.roles(table.source, table.names)
    na = asked.tokens
    readings = {name: read_column(table, name, na, (table.decimal,)) for name in roles.read}

    def look(needed: frozenset[str]) -> dict[str, Tally]:
        kept = kept_rows([readings[name].missing for name in (*roles.goals, *needed)])
        tallies = {name: tally_for(name, roles) for name in roles.read}
        for name, tally in tallies.items():
            tally.add(table, readings[name], kept)
        return tallies

    return concluded(look, table.source, roles, asked)


def tally_for(name: str, roles: Roles, limit: int | None = None, *, texts: bool = False) -> Tally:
    """A tally of a column that has counted nothing yet; `texts` of which are wanted for sure."""
    wanted = True if texts or name in roles.goals else None
    return Tally(name, wanted, limit, roles.dates.get(name))


def kept_rows(missing: Sequence[np.ndarray]) -> np.ndarray:
    """The rows in which no column is missing, given the masks of where each is."""
    kept: np.ndarray = ~np.logical_or.reduce(missing)
    return kept


def concluded(look: Look, source: str, roles: Roles, asked: Asked) -> Inferred:
    """What follows from the tallies of the columns.

    There is more than one look if rows are dropped for what is missing in columns that are left
    out in the end: a column that goes gives rows back.
    """
    drop = asked.missing == "drop"
    needed = frozenset(roles.inputs if drop else ())
    tallies = look(needed)
    warnings: list[str] = []
    kept: list[str] = []
    for name in roles.inputs:
        remark = _useless(tallies[name])
        if remark is None:
            require_finite(source, tallies[name])
            require_dates(source, tallies[name])
            kept.append(name)
        else:
            warnings.append(remark)
    while True:
        if drop and any(tallies[name].gaps for name in needed.difference(kept)):
            needed = frozenset(kept)
            tallies = look(needed)
        some = tallies[roles.goals[0]].kept
        constant = [n for n in kept if some and _is_constant(tallies[n])]
        if not constant:
            break
        for name in constant:
            kept.remove(name)
            first = tallies[name].first
            value = f" ({quoted(first.text)})" if first else ""
            warnings.append(f"column {quoted(name)} is constant{value} and was left out.")
    targets, sentence = recognise_targets(source, [tallies[n] for n in roles.goals], asked.task)
    if not kept:
        why = f" ({warnings[0].rstrip('.')})" if warnings else ""
        raise DataError(
            f"{source}: no input column is left beside the target {listed(roles.goals)}{why}; "
            "add columns, or ignore fewer."
        )
    columns = tuple(_column(source, tallies[name]) for name in kept)
    for column in columns:
        warnings += _remarks(column, tallies[column.name])
    return Inferred(columns, targets, roles, [sentence, *_recognised(columns, tallies)], warnings)


def require_finite(source: str, tally: Tally) -> None:
    """DataError for the first cell of a column of numbers that is no finite number."""
    spot = tally.no_finite
    if tally.numeric and spot is not None:
        place = f"{source}: {spot.where}, column {quoted(tally.name)}"
        raise no_number(place, tally.name, spot.text, spot != tally.no_number, tally.share)


def require_dates(source: str, tally: Tally) -> None:
    """DataError for the first cell of a column of dates that is none."""
    if not tally.dated:
        return
    best = tally.dates.best or tuple(tally.dates.forms)
    spot = tally.dates.forms[best[0]].miss
    if spot is not None:
        place = f"{source}: {spot.where}, column {quoted(tally.name)}"
        raise no_date(place, tally.name, spot.text, best[0])


def _useless(tally: Tally) -> str | None:
    """Why a column cannot be an input whatever the rows, as a sentence; None if it can."""
    name, present = quoted(tally.name), tally.present
    if not present:
        return f"column {name} is missing in every row and was left out."
    if tally.numeric or tally.dated:
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
    if tally.dated:
        return all(dates.low >= dates.high for dates in tally.dates.forms.values())
    return len(tally.kept_texts) < 2


def _column(source: str, tally: Tally) -> Column:
    if tally.numeric:
        return Column(tally.name, "numeric")
    if tally.dated:
        ignored = f"leave it out with --ignore {quoted(tally.name)}"
        format = unambiguous(source, tally, ignored)
        return Column(tally.name, "date", format=format, parts=tally.dates.forms[format].parts)
    categories = tuple(sorted(tally.kept_texts))
    truths = _truths(categories)
    if truths is not None:
        return Column(tally.name, "boolean", truths)
    return Column(tally.name, "categorical", categories)


def unambiguous(source: str, tally: Tally, otherwise: str) -> str:
    """The format of a column of dates; DataError if there are two that would do.

    `otherwise` is what can be done instead of saying which.
    """
    formats = tally.dates.best
    if len(formats) > 1:
        assert tally.first is not None
        choices = " or ".join(f"--date {quoted(f'{tally.name}={one}')}" for one in formats)
        raise DataError(
            f"{source}: column {quoted(tally.name)} holds dates such as "
            f"{quoted(tally.first.text)}, and no row of it tells day and month apart; say which "
            f"comes first with {choices}, or {otherwise}."
        )
    return formats[0]


def _truths(categories: Sequence[str]) -> tuple[str, str] | None:
    """The spellings of false and true, if these texts are that and nothing else."""
    spelt = {text.casefold(): text for text in reversed(categories)}
    for false, true in TRUTHS:
        if set(spelt) == {false, true}:
            return spelt[false], spelt[true]
    return None


def _recognised(columns: Sequence[Column], tallies: dict[str, Tally]) -> list[str]:
    """A sentence on each column of dates, and one on all truth values."""
    said = []
    for column in columns:
        if column.kind == "date":
            assert column.format is not None
            known = tallies[column.name].dates.forms[column.format]
            span = f"{as_text(known.low)} to {as_text(known.high)}"
            *first, last = ["days", *(CYCLES[part].words for part in column.parts)]
            parts = f"{', '.join(first)} and {last}" if first else last
            said.append(
                f"column {quoted(column.name)} holds dates as {column.format} writes them, {span}: "
                f"its inputs are {parts}."
            )
    truths = [column.name for column in columns if column.kind == "boolean"]
    if truths:
        plural = "s" * (len(truths) > 1)
        each = " each" * (len(truths) > 1)
        said.append(
            f"column{plural} {listed(truths, 6)} hold{'' if plural else 's'} true or false: one "
            f"input of 0 and 1{each}."
        )
    return said


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
    if column.kind != "categorical":
        return []
    dates = tally.dates.forms[tally.dates.best[0]].miss if tally.dates.best else None
    for what, share, miss in (
        ("numbers", tally.share, tally.no_number),
        ("dates", tally.dates.share, dates),
    ):
        if share >= 0.5 and miss is not None:
            return [
                f"column {name} is taken as categories because of cells such as "
                f"{quoted(miss.text)} in {miss.where}, although {int(100 * share)} % are {what}."
            ]
    return []
