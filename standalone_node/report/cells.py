"""Columns of numbers as people read them: all of a column with as many digits after the point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from standalone_node.report.numbers import count, number

#: Digits shown of the largest number of a column, and the most after the point.
_DIGITS, _MOST_DECIMALS = 4, 6


@dataclass(frozen=True)
class Grid:
    """A table of text.

    Attributes
    ----------
    headers : tuple of str
    numeric : tuple of bool
        Which columns hold numbers, and are set to the right.
    rows : tuple of tuple of str
    left_out : int
        Rows that the table has beside these.
    columns_left_out : int
    """

    headers: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0
    columns_left_out: int = 0


def grid_of(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Grid:
    """A table with its numbers as text."""
    values = [[row[j] for row in rows] for j in range(len(columns))]
    written = [_column(column) for column in values]
    cells = tuple(zip(*(texts for texts, _ in written), strict=True))
    return Grid(tuple(columns), tuple(numeric for _, numeric in written), cells)


def head_of(frame: pd.DataFrame, most_rows: int, most_columns: int) -> Grid:
    """The first rows and columns of a data frame."""
    shown = frame.iloc[:most_rows, :most_columns]
    rows = [list(row) for row in shown.itertuples(index=False, name=None)]
    grid = grid_of([str(name) for name in shown.columns], rows)
    left_out = (len(frame) - len(shown), frame.shape[1] - shown.shape[1])
    return Grid(grid.headers, grid.numeric, grid.rows, *left_out)


def _column(values: Sequence[Any]) -> tuple[list[str], bool]:
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    known = [value for value in plain if not _missing(value)]
    if not known or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in known):
        return ["–" if _missing(value) else str(value) for value in plain], False
    if all(isinstance(value, int) for value in known):
        return ["–" if _missing(value) else count(value) for value in plain], True
    decimals = _decimals([float(value) for value in known])
    if decimals is None:
        return ["–" if _missing(value) else number(float(value)) for value in plain], True
    return [_fixed(value, decimals) for value in plain], True


def _fixed(value: Any, decimals: int) -> str:
    if _missing(value):
        return "–"
    return f"{value:,.{decimals}f}" if math.isfinite(value) else number(value)


def _decimals(values: Sequence[float]) -> int | None:
    """Digits after the point for all numbers of a column; None if they are too far apart."""
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    if not sizes:
        return 0
    if all(size == round(size) for size in sizes) and max(sizes) < 1e6:
        return 0
    decimals = max(0, _DIGITS - 1 - math.floor(math.log10(max(sizes))))
    # Two digits of the smallest number have to be left.
    least = 1 - math.floor(math.log10(min(sizes)))
    decimals = max(decimals, min(least, decimals + 2))
    return decimals if max(sizes) < 1e6 and least <= decimals <= _MOST_DECIMALS else None


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
