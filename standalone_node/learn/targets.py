"""The target column: classes or quantities, and how cells become class positions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from standalone_node.errors import DataError
from standalone_node.learn.cells import listed, quoted
from standalone_node.learn.columns import NUMERIC_SHARE, Reading, as_spelt, at, require_numbers
from standalone_node.learn.table import Table

Task = Literal["classification", "regression"]
ClassLabel = str | int | bool

MOST_WHOLE_CLASSES = 20
"""Up to this many distinct whole numbers are taken for classes."""

_LARGEST_WHOLE = 2**63
_WHOLE = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class Target:
    """The output column of a schema.

    Attributes
    ----------
    name : str
    task : {"classification", "regression"}
    classes : tuple of str, int or bool
        As they are written to predictions, all of one type, sorted; empty for regression.
    """

    name: str
    task: Task
    classes: tuple[ClassLabel, ...] = ()


def recognise_target(
    table: Table, name: str, reading: Reading, rows: np.ndarray, task: Task | None
) -> tuple[Target, str]:
    """What the target column is, and the sentence that says so.

    Parameters
    ----------
    table, name, reading
        The column and how it reads.
    rows : ndarray of bool, (rows,)
        The rows that count: those whose target is there and that are kept.
    task : {"classification", "regression"} or None
        What the user says it is.

    Raises
    ------
    DataError
        The column is constant, has a class of one row, a cell that is no number among numbers,
        or cannot be what `task` says.
    """
    where = f"{table.source}: target {quoted(name)}"
    if rows.sum() < 2:
        raise DataError(
            f"{where} leaves {['no row', 'one row only'][rows.sum()]} to learn from, and two are "
            "needed at the least; add rows, or see --missing."
        )
    texts = reading.cells[rows]
    numeric = reading.share >= NUMERIC_SHARE
    if task == "regression" or (numeric and task is None):
        _require_quantities(table, name, reading, numeric)
    distinct = _distinct(reading, rows, numeric)
    if len(distinct) < 2:
        raise DataError(
            f"{where} is {quoted(texts[0])} in every usable row, so there is nothing to learn; "
            "name another column with --target."
        )
    count = len(distinct)
    whole = numeric and all(isinstance(label, int) for label in distinct)
    few = whole and count <= MOST_WHOLE_CLASSES
    if task == "regression" or (task is None and numeric and not few):
        return Target(name, "regression"), _quantity_sentence(name, count, whole, task)
    if numeric and not whole and reading.no_number() is None:
        raise DataError(
            f"{where} holds numbers that are not whole, such as {quoted(_fraction(reading, rows))}"
            ", which cannot be classes; use --task regression."
        )
    classes = _class_labels(distinct, whole)
    target = Target(name, "classification", classes)
    _refuse_single_rows(table, target, reading, rows)
    return target, _class_sentence(name, classes, task)


def _require_quantities(table: Table, name: str, reading: Reading, numeric: bool) -> None:
    if not numeric:
        position = int((~reading.missing & ~reading.numeric).argmax())
        raise DataError(
            f"{at(table, position, name)}: {quoted(reading.cells[position])} is not a number, so "
            "the target cannot be one of regression; use --task classification."
        )
    require_numbers(table, name, reading, "take all as text with --task classification")


def _distinct(reading: Reading, rows: np.ndarray, numeric: bool) -> list[Any]:
    """The distinct values among these rows: whole numbers as int where all cells are numbers."""
    _, texts, first = _uniques(reading.cells[rows])
    if not numeric or reading.no_number() is not None:
        return texts
    values = reading.values[rows][first]
    return list({_exact(text, float(v)) for text, v in zip(texts, values, strict=True)})


def _uniques(cells: np.ndarray) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Codes (rows,), the distinct texts they number, and where each comes first."""
    codes, texts = pd.factorize(cells, use_na_sentinel=False)
    _, first = np.unique(codes, return_index=True)
    return codes, [str(text) for text in texts], first


def _exact(text: str, value: float) -> int | float:
    """A cell as int if it is a whole number; digits beyond a double's are kept."""
    if not value.is_integer() or abs(value) >= _LARGEST_WHOLE:
        return value
    return int(text) if _WHOLE.fullmatch(text) else int(value)


def _fraction(reading: Reading, rows: np.ndarray) -> str:
    values = reading.values
    return str(reading.cells[int((rows & (values != np.floor(values))).argmax())])


def _class_labels(distinct: list[Any], whole: bool) -> tuple[ClassLabel, ...]:
    if whole:
        return tuple(sorted(int(label) for label in distinct))
    if set(distinct) == {"False", "True"}:
        return (False, True)
    return tuple(sorted(str(label) for label in distinct))


def _refuse_single_rows(table: Table, target: Target, reading: Reading, rows: np.ndarray) -> None:
    positions = class_positions(table, target, reading, rows)
    counts = np.bincount(positions, minlength=len(target.classes))
    single = np.flatnonzero(counts == 1)
    if not single.size:
        return
    where = f"{table.source}: target {quoted(target.name)}"
    if len(target.classes) == rows.sum():
        raise DataError(
            f"{where} has as many classes as usable rows ({rows.sum()}); name another column with "
            "--target, or --task regression if these are quantities."
        )
    if single.size > 1:
        names = listed([target.classes[i] for i in single], 6)
        raise DataError(
            f"{where} has {single.size} classes of one usable row only ({names}) and each needs "
            "two; add rows, or take these out."
        )
    position = int(np.flatnonzero(rows)[int((positions == single[0]).argmax())])
    label = target.classes[single[0]]
    raise DataError(
        f"{where}: the class {quoted(label) if isinstance(label, str) else label} has one "
        f"usable row only, {table.where(position)}, and each needs two; add rows of it, or take it "
        "out."
    )


def class_positions(
    table: Table, target: Target, reading: Reading, rows: np.ndarray | None = None
) -> np.ndarray:
    """The position of each cell's class in `target.classes`, int64.

    Parameters
    ----------
    rows : ndarray of bool, (rows,), optional
        Only these rows; all if None.

    Raises
    ------
    DataError
        A cell is none of the classes; the message names it.
    """
    chosen = np.arange(len(reading.cells)) if rows is None else np.flatnonzero(rows)
    codes, texts, first = _uniques(as_spelt(reading.cells[chosen], target.classes))
    place = {label: i for i, label in enumerate(target.classes)}
    found = [
        place.get(_label(target, text, float(reading.values[chosen[i]])), -1)
        for text, i in zip(texts, first, strict=True)
    ]
    positions = np.array(found, dtype=np.int64)[codes]
    if (positions < 0).any():
        position = int(chosen[int((positions < 0).argmax())])
        raise DataError(
            f"{at(table, position, target.name)}: {quoted(reading.cells[position])} is none of the "
            f"classes the model knows; use one of {listed(target.classes)}, or fit again with it."
        )
    return positions


def _label(target: Target, text: str, value: float) -> Any:
    """A cell in the type of the classes; None if it cannot be one."""
    if isinstance(target.classes[0], bool):
        return {"True": True, "False": False}.get(text)
    if isinstance(target.classes[0], int):
        return _exact(text, value) if np.isfinite(value) else None
    return text


def _quantity_sentence(name: str, count: int, whole: bool, task: Task | None) -> str:
    if task is not None:
        return f"target {quoted(name)} is taken as quantities, as asked: regression."
    if whole:
        return (
            f"target {quoted(name)} has {count} distinct whole numbers, more than "
            f"{MOST_WHOLE_CLASSES}: regression (--task classification takes them as classes)."
        )
    return f"target {quoted(name)} is numeric with {count} distinct values: regression."


def _class_sentence(name: str, classes: tuple[ClassLabel, ...], task: Task | None) -> str:
    count = len(classes)
    if isinstance(classes[0], bool):
        return f"target {quoted(name)} is true or false: classification."
    if isinstance(classes[0], str):
        return f"target {quoted(name)} is text with {count} distinct values: classification."
    hint = "" if task else " (--task regression takes them as quantities)"
    return f"target {quoted(name)} has {count} distinct whole numbers: classification{hint}."
