"""What training rows tell of a column: what fills a missing cell, and from when days count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.columns import Column
from standalone_node.learn.dates import DAY
from standalone_node.learn.kinds import fill_of, kind_of, nothing_to_fill
from standalone_node.learn.weighing import weighted_median

Array = NDArray[Any]


def with_fill(
    source: str, column: Column, codes: Array, weights: Array | None, *, filled: bool
) -> Column:
    """A column with its fill value, and its origin if it holds dates.

    Parameters
    ----------
    source : str
        What messages call the table.
    column : Column
    codes : ndarray, (rows,)
        Of the training rows, see `kinds`; NaN for a missing cell.
    weights : ndarray, (rows,), or None
    filled : bool
        Whether missing cells are filled in at all.

    Raises
    ------
    DataError
        There is no cell that is not missing.
    """
    present = ~np.isnan(codes)
    if not present.any():
        raise nothing_to_fill(source, column)
    known = codes[present]
    own = None if weights is None else weights[present]
    if column.kind == "date":
        column = replace(column, origin=origin_of(float(known.min()), float(known.max())))
    if not filled:
        return column
    if kind_of(column).fill == "median":
        return replace(column, fill=fill_of(column, weighted_median(known, own)))
    counts = np.bincount(known.astype(np.intp), own, minlength=len(column.categories))
    # Categories are sorted: of equally frequent ones it is the first in alphabetical order.
    return replace(column, fill=fill_of(column, float(counts.argmax())))


def origin_of(low: float, high: float) -> float:
    """From when days are counted: the midnight before the middle of a range of dates.

    Examples
    --------
    >>> origin_of(0.0, 5 * 86400.0)
    172800.0
    """
    return float(np.floor((0.5 * low + 0.5 * high) / DAY) * DAY)
