"""Sample weights from a column of a table: what they may be, and means and medians under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.errors import DataError
from standalone_node.learn.cells import quoted
from standalone_node.learn.columns import at, read_column, require
from standalone_node.learn.table import Table

Array = NDArray[Any]

_REMEDY = "give a number that is not negative (0 leaves the row out), or leave --weight out"


#: Where the largest weight is between two to minus and to plus this power, sums and squares of
#: weights are far from the ends of the range of floating-point numbers: of all rows, which can be
#: scaled, and of those of a chunk, which cannot.
_FAR, _FAR_IN_CHUNKS = 100, 400


def read_weights(
    table: Table,
    name: str,
    na: Sequence[str],
    decimals: tuple[str, ...] | None = None,
    *,
    whole: bool = True,
) -> Array:
    """The weights of the rows, (rows,) float64: finite and not negative.

    Only their ratios mean something: where the largest is above 2**100 or below 2**-100, all are
    divided by a power of two.

    Parameters
    ----------
    table : Table
    name : str
    na : sequence of str
    decimals : tuple of str, optional
    whole : bool
        Whether these are all rows. Of a chunk the largest weight is not known, and weights that
        would be divided are refused.

    Raises
    ------
    DataError
        The column is absent, or a cell is missing, no finite number, negative, or too small to be
        told from 0 beside the largest.
    """
    require(table, [name])
    reading = read_column(table, name, na, decimals or (table.decimal,))
    with np.errstate(invalid="ignore"):
        bad = ~np.isfinite(reading.values) | (reading.values < 0.0)
    if bad.any():
        position = int(bad.argmax())
        cell = str(reading.cells[position])
        what = "is missing" if reading.missing[position] else f"{quoted(cell)} is no weight"
        raise DataError(f"{at(table, position, name)}: {what}; {_REMEDY}.")
    values, power = reading.values, int(np.frexp(reading.values.max(initial=0.0))[1])
    if abs(power) <= (_FAR if whole else _FAR_IN_CHUNKS):
        return values
    if not whole:
        place, far = int(values.argmax()), "above 1e120" if power > 0 else "below 1e-120"
        raise DataError(
            f"{at(table, place, name)}: the weight {quoted(reading.cells[place])} is {far}, too "
            "far for a file that is read in chunks; multiply all weights by one number, or read "
            "the file whole with --chunked no."
        )
    scaled: Array = np.ldexp(values, -power)
    lost = (scaled < np.finfo(np.float64).tiny) & (values > 0.0)
    if lost.any():
        place, largest = int(lost.argmax()), int(values.argmax())
        raise DataError(
            f"{at(table, place, name)}: the weight {quoted(reading.cells[place])} cannot be told "
            f"from 0 beside {quoted(reading.cells[largest])} in {table.where(largest)}; give 0, "
            "which leaves the row out, or weights that are nearer to each other."
        )
    return scaled


def without_weightless(table: Table, weights: Array) -> Table:
    """The rows of a positive weight, as if the others had never been there; a note says so.

    DataError if there is none.
    """
    gone = weights == 0.0
    if not gone.any():
        return table
    if gone.all():
        raise DataError(
            f"{table.source}: every row has the weight 0, so none is left; give some a positive "
            "one, or leave --weight out."
        )
    count = int(gone.sum())
    rows = "1 row of weight 0 was" if count == 1 else f"{count} rows of weight 0 were"
    kept = table.rows(~gone)
    return replace(kept, notes=(*kept.notes, f"{table.source}: {rows} left out."))


def weighted_median(values: Array, weights: Array | None) -> float:
    """The median of values, each as often as its weight says.

    Examples
    --------
    >>> weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]))
    2.0
    >>> weighted_median(np.array([3.0, 1.0]), np.array([2.0, 2.0])), np.median([1, 1, 3, 3]).item()
    (2.0, 2.0)
    """
    if weights is None:
        return float(np.median(values))
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weights[order])
    half = 0.5 * upto[-1]
    low, high = np.searchsorted(upto, half, "left"), np.searchsorted(upto, half, "right")
    ends = values[order[[low, min(int(high), len(order) - 1)]]]
    return float(0.5 * ends[0] + 0.5 * ends[1])
