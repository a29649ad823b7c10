"""The target column: classes or quantities, and how cells become class positions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from standalone_node.errors import DataError
from standalone_node.learn.cells import listed, quoted
from standalone_node.learn.columns import Reading, as_spelt, at, no_number
from standalone_node.learn.table import Table
from standalone_node.learn.tally import Tally

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


def recognise_targets(
    source: str, tallies: Sequence[Tally], task: Task | None
) -> tuple[tuple[Target, ...], str]:
    """What the target columns are, and the sentence that says so; see `recognise_target`.

    Several have to be quantities.
    """
    if len(tallies) == 1:
        target, sentence = recognise_target(source, tallies[0], task)
        return (target,), sentence
    for tally in tallies:
        if not tally.numeric:
            spot = tally.no_number
            shown = f" such as {quoted(spot.text)} in {spot.where}" if spot else ""
            raise DataError(
                f"{source}: of several targets all have to be numbers, and {quoted(tally.name)} "
                f"has cells{shown} that are none; leave it out, or name it as the only --target."
            )
    found = tuple(recognise_target(source, tally, "regression")[0] for tally in tallies)
    names = listed([target.name for target in found])
    return found, f"targets {names} are taken as quantities: regression of {len(found)} at once."


def recognise_target(source: str, tally: Tally, task: Task | None) -> tuple[Target, str]:
    """What the target column is, and the sentence that says so.

    Parameters
    ----------
    source : str
        What messages call the table.
    tally : Tally
        Of the column, with its texts. The rows that count are those whose target is there and
        that are kept.
    task : {"classification", "regression"} or None
        What the user says it is.

    Raises
    ------
    DataError
        The column is constant, has a class of one row, a cell that is no number among numbers,
        or cannot be what `task` says.
    """
    name, where = tally.name, f"{source}: target {quoted(tally.name)}"
    if tally.kept < 2:
        raise DataError(
            f"{where} leaves {['no row', 'one row only'][tally.kept]} to learn from, and two are "
            "needed at the least; add rows, or see --missing."
        )
    numeric = tally.numeric
    if task == "regression" or (numeric and task is None):
        _require_quantities(source, tally)
    distinct = _distinct(tally)
    assert tally.first is not None
    if len(distinct) < 2:
        raise DataError(
            f"{where} is {quoted(tally.first.text)} in every usable row, so there is nothing to "
            "learn; name another column with --target."
        )
    count = len(distinct)
    whole = numeric and tally.fraction is None and all(isinstance(n, int) for n in distinct)
    few = whole and count <= MOST_WHOLE_CLASSES
    if task == "regression" or (task is None and numeric and not few):
        shown = f"more than {count}" if tally.crowded else f"{count}"
        return Target(name, "regression"), _quantity_sentence(name, shown, whole, task)
    if numeric and not whole and tally.no_finite is None:
        example = (tally.fraction or tally.first).text
        raise DataError(
            f"{where} holds numbers that are not whole, such as {quoted(example)}"
            ", which cannot be classes; use --task regression."
        )
    if tally.crowded:
        raise DataError(
            f"{where} has more than {count} distinct values, too many for classes; name another "
            "column with --target, or --task regression if these are quantities."
        )
    classes = _class_labels(distinct, whole)
    target = Target(name, "classification", classes)
    _refuse_single_rows(where, target, tally)
    return target, _class_sentence(name, classes, task)


def _require_quantities(source: str, tally: Tally) -> None:
    name = tally.name
    if not tally.numeric:
        spot = tally.no_number
        assert spot is not None
        raise DataError(
            f"{source}: {spot.where}, column {quoted(name)}: {quoted(spot.text)} is not a number, "
            "so the target cannot be one of regression; use --task classification."
        )
    spot = tally.no_finite
    if spot is not None:
        place, number = f"{source}: {spot.where}, column {quoted(name)}", spot != tally.no_number
        remedy = "take all as text with --task classification"
        raise no_number(place, name, spot.text, number, tally.share, remedy)


def _distinct(tally: Tally) -> list[Any]:
    """The distinct values in the rows that count: int where all cells are whole numbers."""
    texts = tally.kept_texts
    if not tally.numeric or tally.no_finite is not None:
        return list(texts)
    return list({_exact(text, seen.value) for text, seen in texts.items()})


def _exact(text: str, value: float) -> int | float:
    """A cell as int if it is a whole number; digits beyond a double's are kept."""
    if not value.is_integer() or abs(value) >= _LARGEST_WHOLE:
        return value
    return int(text) if _WHOLE.fullmatch(text) else int(value)


def _class_labels(distinct: list[Any], whole: bool) -> tuple[ClassLabel, ...]:
    if whole:
        return tuple(sorted(int(label) for label in distinct))
    if set(distinct) == {"False", "True"}:
        return (False, True)
    return tuple(sorted(str(label) for label in distinct))


def class_counts(target: Target, tally: Tally) -> np.ndarray:
    """The rows that count of each class, int64."""
    place = {label: i for i, label in enumerate(target.classes)}
    counts = np.zeros(len(place), dtype=np.int64)
    for text, seen in tally.kept_texts.items():
        counts[place[_label(target, text, seen.value)]] += seen.kept
    return counts


def _refuse_single_rows(where: str, target: Target, tally: Tally) -> None:
    single = np.flatnonzero(class_counts(target, tally) == 1)
    if not single.size:
        return
    if len(target.classes) == tally.kept:
        raise DataError(
            f"{where} has as many classes as usable rows ({tally.kept}); name another column with "
            "--target, or --task regression if these are quantities."
        )
    if single.size > 1:
        names = listed([target.classes[i] for i in single], 6)
        raise DataError(
            f"{where} has {single.size} classes of one usable row only ({names}) and each needs "
            "two; add rows, or take these out."
        )
    label = target.classes[single[0]]
    spot = next(
        seen.first
        for text, seen in tally.kept_texts.items()
        if _label(target, text, seen.value) == label
    )
    assert spot is not None
    raise DataError(
        f"{where}: the class {quoted(label) if isinstance(label, str) else label} has one "
        f"usable row only, {spot.where}, and each needs two; add rows of it, or take it out."
    )


def class_positions(table: Table, target: Target, reading: Reading) -> np.ndarray:
    """The position of each cell's class in `target.classes`, int64.

    Raises
    ------
    DataError
        A cell is none of the classes; the message names it.
    """
    codes, texts, first = _uniques(as_spelt(reading.cells, target.classes))
    place = {label: i for i, label in enumerate(target.classes)}
    found = [
        place.get(_label(target, text, float(reading.values[i])), -1)
        for text, i in zip(texts, first, strict=True)
    ]
    positions = np.array(found, dtype=np.int64)[codes]
    if (positions < 0).any():
        position = int((positions < 0).argmax())
        raise DataError(
            f"{at(table, position, target.name)}: {quoted(reading.cells[position])} is none of the "
            f"classes the model knows; use one of {listed(target.classes)}, or fit again with it."
        )
    return positions


def _uniques(cells: np.ndarray) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Codes (rows,), the distinct texts they number, and where each comes first."""
    codes, texts = pd.factorize(cells, use_na_sentinel=False)
    _, first = np.unique(codes, return_index=True)
    return codes, [str(text) for text in texts], first


def _label(target: Target, text: str, value: float) -> Any:
    """A cell in the type of the classes; None if it cannot be one."""
    if isinstance(target.classes[0], bool):
        return {"True": True, "False": False}.get(text)
    if isinstance(target.classes[0], int):
        return _exact(text, value) if np.isfinite(value) else None
    return text


def _quantity_sentence(name: str, count: str, whole: bool, task: Task | None) -> str:
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
