"""What becomes of dates: a number that grows with time, and cyclic parts where there are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from standalone_node.learn.dates import DAY

Array = NDArray[Any]

_MONDAY = 3
"""1970 began on a Thursday, the day of number 3 if Monday is that of number 0."""


@dataclass(frozen=True)
class Cycle:
    """A part of a date that comes again.

    Attributes
    ----------
    words : str
        What a note calls it.
    phase : callable
        From seconds since the beginning of 1970 to where in the cycle that is, from 0 to 1.
    """

    words: str
    phase: Callable[[Array], Array]


def _of_year(seconds: Array) -> Array:
    whole = np.floor(seconds).astype(np.int64).astype("datetime64[s]")
    year = whole.astype("datetime64[Y]")
    begin = year.astype("datetime64[s]").astype(np.int64)
    length = (year + 1).astype("datetime64[s]").astype(np.int64) - begin
    return (seconds - begin) / length


def weekday(seconds: Array) -> Array:
    """The day of the week, 0 for Monday."""
    found: Array = (np.floor(seconds / DAY) + _MONDAY) % 7
    return found


def time_of_day(seconds: Array) -> Array:
    """The seconds since midnight."""
    found: Array = seconds % DAY
    return found


def day_of_month(seconds: Array) -> Array:
    """The day of the month, from 1."""
    days = np.floor(seconds / DAY).astype(np.int64).astype("datetime64[D]")
    found: Array = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    return found


#: The table: the cyclic parts of a date, in the order of the features.
CYCLES = {
    "year": Cycle("time of year", _of_year),
    "week": Cycle("day of the week", lambda seconds: weekday(seconds) / 7.0),
    "day": Cycle("time of day", lambda seconds: time_of_day(seconds) / DAY),
}


def feature_names(name: str, parts: Sequence[str]) -> tuple[str, ...]:
    """What the features of a column of dates are called.

    Examples
    --------
    >>> feature_names("when", ("year",))
    ('when[days]', 'when[year sin]', 'when[year cos]')
    """
    waves = (f"{name}[{part} {wave}]" for part in parts for wave in ("sin", "cos"))
    return (f"{name}[days]", *waves)


def date_features(seconds: Array, origin: float, parts: Sequence[str]) -> Array:
    """The features of dates.

    Parameters
    ----------
    seconds : ndarray of float64, (n,)
        Since the beginning of 1970.
    origin : float
        From where the days are counted.
    parts : sequence of str
        Keys of `CYCLES`.

    Returns
    -------
    ndarray of float64, (n, 1 + 2 parts)

    Examples
    --------
    >>> date_features(np.array([0.0, 43200.0]), 0.0, ["day"]).round(12).tolist()
    [[0.0, 0.0, 1.0], [0.5, 0.0, -1.0]]
    """
    columns = [(seconds - origin) / DAY]
    for part in parts:
        angle = 2.0 * np.pi * CYCLES[part].phase(seconds)
        columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)
