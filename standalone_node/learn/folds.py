"""Folds of a cross-validation, by what the rows hold, by group, or by time.

scikit-learn's splitters do the splitting. What they are given is in an order that the contents of
the rows decide, and equal rows are one there, so that neither the order of the table matters nor
whether a row stands in it twice or has the weight 2.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.row_keys import Parting, distinct_rows, row_keys
from standalone_node.learn.schema import Schema
from standalone_node.learn.table import Table

Array = NDArray[Any]
#: Keys to train on, and to score on.
Pairs = Iterable[tuple[Array, Array]]


def folds_of(
    schema: Schema, table: Table, folds: int, seed: int, parting: Parting
) -> list[tuple[Array, Array]]:
    """The positions of the rows to train on and of those to score on, fold by fold.

    By content or group each row is scored on once; by time the rows are cut into one part more
    than there are folds, and each but the first is scored on after training on all before it.

    Raises
    ------
    ArgumentError
        There are less than two folds.
    DataError
        There are too few rows, groups or times, or a class is missing where it is to be learnt.
    """
    if folds < 2:
        raise ArgumentError(f"cv = {folds} has to be 2 or more: the folds of a cross-validation")
    keys = row_keys(parting, schema, table)
    targets = schema.targets(table)
    classes = len(schema.target.classes)
    least, found = folds + (parting.kind == "time"), int(keys.max()) + 1
    if found < least:
        what = _WHAT[parting.kind]
        raise DataError(
            f"{table.source}: --cv {folds} needs {least} {what} and there are {found} among the "
            f"{len(keys)} rows that are trained on; take fewer folds, or add rows."
        )
    places = distinct_rows(parting, schema, table, keys)
    with warnings.catch_warnings():
        # That a class has fewer rows than there are folds; what matters of it is looked at below.
        warnings.simplefilter("ignore", UserWarning)
        try:
            labels = targets[places] if classes else None
            split = _FOLDINGS[parting.kind](keys[places], labels, folds, seed)
            pairs = [(_rows(keys, train), _rows(keys, test)) for train, test in split]
        except ValueError as error:
            raise DataError(
                f"{table.source}: --cv {folds} cannot be done ({str(error).rstrip('.')}); take "
                "fewer folds, or add rows."
            ) from error
    _check(schema, table, targets, pairs, folds, places)
    return pairs


def _by_content(keys: Array, labels: Array | None, folds: int, seed: int) -> Pairs:
    options: dict[str, Any] = {"n_splits": folds, "shuffle": True, "random_state": seed}
    if labels is None:
        return ((keys[train], keys[test]) for train, test in KFold(**options).split(keys))
    # Equal rows are of one class, so that a class has as many keys as it has distinct rows.
    split = StratifiedKFold(**options).split(keys, labels)
    return ((keys[train], keys[test]) for train, test in split)


def _by_group(keys: Array, labels: Array | None, folds: int, seed: int) -> Pairs:
    options: dict[str, Any] = {"n_splits": folds, "shuffle": True, "random_state": seed}
    if labels is None:
        split = GroupKFold(**options).split(keys, groups=keys)
    else:
        split = StratifiedGroupKFold(**options).split(keys, labels, keys)
    return ((keys[train], keys[test]) for train, test in split)


def _by_time(keys: Array, labels: Array | None, folds: int, seed: int) -> Pairs:
    # Times are numbered from 0 on: what is split are the keys themselves.
    return TimeSeriesSplit(folds).split(np.arange(keys.max() + 1))


def _rows(keys: Array, chosen: Array) -> Array:
    """The positions of the rows that have these keys."""
    return np.flatnonzero(np.isin(keys, chosen))


#: The table: how rows are parted, and how folds are made of them.
_FOLDINGS: dict[str, Callable[[Array, Array | None, int, int], Pairs]] = {
    "content": _by_content,
    "group": _by_group,
    "time": _by_time,
}
_WHAT = {"content": "rows that differ", "group": "groups", "time": "different times"}


def folding_words(parting: Parting, classes: bool) -> str:
    """How the folds were made, in words.

    Examples
    --------
    >>> folding_words(Parting("group", "patient"), classes=False)
    "by 'patient'"
    """
    if parting.kind == "time":
        return f"each after all that came before it by {parting.column!r}"
    how = ["class by class"] if classes else []
    how += [f"by {name!r}" for name in parting.columns]
    return ", ".join(how) or "at random"


def _check(
    schema: Schema,
    table: Table,
    targets: Array,
    pairs: list[tuple[Array, Array]],
    folds: int,
    places: Array,
) -> None:
    """DataError for a fold that cannot be fitted or scored; of equal rows one counts."""
    classes = schema.target.classes
    least = 1 if classes else 2  # R2 needs a mean and a departure from it
    for number, (train, test) in enumerate(pairs, start=1):
        fold = f"{table.source}: fold {number} of {folds}"
        absent = np.setdiff1d(np.arange(len(classes)), targets[train])
        if absent.size:
            raise DataError(
                f"{fold} would train on no row of the class {classes[int(absent[0])]!r}; take "
                "another number of folds, or leave --cv out."
            )
        learnt, scored = (np.intersect1d(part, places).size for part in (train, test))
        if scored < least or learnt < 2:
            raise DataError(
                f"{fold} would train on {learnt} and score on {scored} rows, and 2 and "
                f"{least} are needed; take fewer folds, or add rows."
            )
