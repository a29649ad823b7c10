"""Rows that are held out: by what they hold, by group, or by time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.row_keys import Parting, distinct_rows, row_keys
from standalone_node.learn.schema import Schema
from standalone_node.learn.table import Table

Array = NDArray[Any]

REMEDY = "add rows, give a file of them with --test, or train on all with --test-share 0."


def check_share(test_share: float) -> None:
    """ArgumentError unless this is a share of rows that can be held out."""
    if not 0.0 <= test_share < 1.0:
        raise ArgumentError(
            f"test_share = {test_share:g} has to be at least 0 and less than 1; it is the share "
            "of the rows that is held out."
        )


def split_rows(
    schema: Schema, table: Table, share: float, seed: int, parting: Parting | None = None
) -> tuple[Array, Array]:
    """The positions of the training and of the held-out rows, in the order of the table.

    What is held out goes by what the rows hold: in a table with the same rows in another order it
    is the same, and rows that are equal are all held out or none of them. Equal rows count as one,
    so that a row of weight 2 is the row twice. Each class has its share of the held-out rows, as
    far as groups allow; of a time the last rows are held out.

    Parameters
    ----------
    schema : Schema
    table : Table
    share : float
    seed : int
        Without meaning for a time.
    parting : Parting, optional
        By content if not given.

    Raises
    ------
    DataError
        There are too few rows or groups, a class is left without a row to train on, or the column
        of the group or time cannot be used.
    """
    parting = parting or Parting()
    targets = schema.targets(table)
    classes = len(schema.target.classes)
    labels = targets if classes else np.zeros(len(targets), dtype=np.intp)
    keys = row_keys(parting, schema, table)
    places = distinct_rows(parting, schema, table, keys)
    counted = keys[places]
    wanted = held_out_rows(
        table.source, len(places), classes, share, equal=len(targets) - len(places)
    )
    _require_two(table.source, parting, keys)
    if parting.kind == "time":
        taken = _last(counted, wanted)
    else:
        taken = _drawn(counted, labels[places], wanted, seed)
    parts = places[~taken[counted]], places[taken[counted]]
    _check_parts(table.source, schema, targets, parts, share, parting)
    held = taken[keys]
    return np.flatnonzero(~held), np.flatnonzero(held)


def split_by_position(schema: Schema, table: Table, share: float, seed: int) -> tuple[Array, Array]:
    """The rows as they were held out before it went by their contents, for models of that time."""
    targets = schema.targets(table)
    classes = len(schema.target.classes)
    train, test = train_test_split(
        np.arange(len(targets)),
        test_size=held_out_rows(table.source, len(targets), classes, share),
        random_state=seed,
        stratify=targets if classes else None,
    )
    return train, test


def held_out_rows(source: str, total: int, classes: int, share: float, *, equal: int = 0) -> int:
    """How many of so many usable rows a share is; DataError if too few are left on one side.

    Besides them there are so many that are `equal` to one of them, which do not count.
    """
    held = int(np.ceil(share * total - 1e-9))
    # One row a class is the least for a score of classes; R2 needs a mean and a departure from it.
    least = max(classes, 2)
    if held < least or total - held < least:
        parts = f"{total - held} to train on and {held} to test on"
        rows = f"{total} usable rows{' that differ' if equal else ''}"
        raise DataError(
            f"{source}: of {rows} a test share of {share:g} leaves {parts}, and {least} are "
            f"needed in each; {REMEDY}"
        )
    return held


def _require_two(source: str, parting: Parting, keys: Array) -> None:
    if keys.max() == 0:
        what = {"content": "all rows are equal", "group": "all rows are of one group"}
        said = what.get(parting.kind, "all rows are of one time")
        where = "" if parting.column is None else f" (column {parting.column!r})"
        raise DataError(f"{source}: {said}{where}, so that none can be held out; {REMEDY}")


def _last(keys: Array, wanted: int) -> Array:
    """The times of the last rows, about so many: a mask of keys."""
    after = np.cumsum(np.bincount(keys)[::-1])[:-1]  # rows of the last time, of the last two, ...
    times = 1 + int(np.abs(after - wanted).argmin())
    taken: Array = np.arange(keys.max() + 1) > keys.max() - times
    return taken


def _drawn(keys: Array, labels: Array, wanted: int, seed: int) -> Array:
    """The keys of about so many rows, each label its share of them, drawn: a mask of keys.

    In a drawn order a key is taken if the numbers of rows of each label come nearer to what is
    wanted thereby; where every row has a key of its own these are met.
    """
    labelled = int(labels.max()) + 1
    pairs, counts = np.unique(keys * labelled + labels, return_counts=True)
    owner, of_label = np.divmod(pairs, labelled)
    first = np.searchsorted(owner, np.arange(owner[-1] + 2)).tolist()
    label_of, count_of = of_label.tolist(), counts.tolist()
    rng = np.random.default_rng(seed)
    missed = _quotas(np.bincount(labels), wanted, rng).tolist()
    taken = np.zeros(len(first) - 1, dtype=bool)
    nearest, gain_of_nearest = 0, float("inf")
    for key in rng.permutation(taken.size).tolist():
        members = range(first[key], first[key + 1])
        gain = sum(
            abs(missed[label_of[i]] - count_of[i]) - abs(missed[label_of[i]]) for i in members
        )
        if gain < gain_of_nearest:
            nearest, gain_of_nearest = key, gain
        if gain < 0:
            taken[key] = True
            for i in members:
                missed[label_of[i]] -= count_of[i]
    if not taken.any():
        taken[nearest] = True
    return taken


def _quotas(sizes: Array, wanted: int, rng: np.random.Generator) -> Array:
    """How many rows of each label are wanted: their shares, rounded so that the sum is right."""
    exact = sizes * (wanted / sizes.sum())
    whole = np.floor(exact).astype(int)
    drawn = rng.permutation(sizes.size)  # of equal remainders it is not always the first labels
    largest = drawn[np.argsort(-(exact - whole)[drawn], kind="stable")]
    whole[largest[: wanted - int(whole.sum())]] += 1
    return whole


def _check_parts(
    source: str,
    schema: Schema,
    targets: Array,
    parts: tuple[Array, Array],
    share: float,
    parting: Parting,
) -> None:
    classes = schema.target.classes
    # Rows to go on with from a model need not have all of its classes.
    absent = np.setdiff1d(targets if classes else (), targets[parts[0]])
    how = f"by {parting.column!r}, " if parting.column is not None else ""
    if absent.size:
        raise DataError(
            f"{source}: {how}a test share of {share:g} leaves no row of the class "
            f"{classes[int(absent[0])]!r} to train on; make it smaller, or {REMEDY}"
        )
    if min(map(len, parts)) < 2:
        raise DataError(
            f"{source}: {how}a test share of {share:g} leaves {len(parts[0])} rows to train on and "
            f"{len(parts[1])} to test on, and 2 are needed in each; {REMEDY}"
        )
