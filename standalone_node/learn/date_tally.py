"""Whether a column holds dates, and which: counted row by row, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standalone_node.learn.cycles import day_of_month, time_of_day, weekday
from standalone_node.learn.dates import DAY, Form, form, forms_of

if TYPE_CHECKING:
    from standalone_node.learn.tally import Spot

#: Dates that span less have no time of year that could be told from the days that go by.
YEAR = 365 * DAY
#: Dates that fall on no more days of the month are those of months or quarters: where in the week
#: these begin or end means nothing.
_MONTHLY = 4


@dataclass
class FormTally:
    """What is known of the cells that are dates in one form.

    Attributes
    ----------
    rows : int
        Cells that are not missing and dates in this form.
    miss : Spot or None
        The first cell that is neither missing nor such a date.
    low, high : float
        The range, in seconds, in the rows that count.
    """

    rows: int = 0
    miss: Spot | None = None
    low: float = np.inf
    high: float = -np.inf
    _weekdays: int = 0
    _days: int = 0
    _early: float = np.inf
    _late: float = -np.inf

    def add(self, seconds: np.ndarray) -> None:
        """Dates in rows that count."""
        if not seconds.size:
            return
        self.low = min(self.low, float(seconds.min()))
        self.high = max(self.high, float(seconds.max()))
        times = time_of_day(seconds)
        self._early = min(self._early, float(times.min()))
        self._late = max(self._late, float(times.max()))
        self._weekdays |= _bits(weekday(seconds))
        self._days |= _bits(day_of_month(seconds))

    def merge(self, other: FormTally) -> None:
        """The cells of another one behind those so far; all but `miss`."""
        self.rows += other.rows
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self._early, self._late = min(self._early, other._early), max(self._late, other._late)
        self._weekdays |= other._weekdays
        self._days |= other._days

    @property
    def parts(self) -> tuple[str, ...]:
        """The cyclic parts that vary, and can be told from the days that go by."""
        span = self.high - self.low
        found = {
            "year": span >= YEAR,
            "week": self._weekdays.bit_count() > 1
            and span > 7 * DAY
            and self._days.bit_count() > _MONTHLY,
            "day": self._early < self._late and span > DAY,
        }
        return tuple(name for name, varies in found.items() if varies)


def _bits(numbers: np.ndarray) -> int:
    return sum(1 << int(number) for number in np.unique(numbers))


class DateTally:
    """The forms of dates that the cells of a column have.

    Parameters
    ----------
    told : str or None
        The format, if somebody has told it; else those of `FORMS` are tried.

    Attributes
    ----------
    rows : int
        The cells so far that were not missing.
    forms : dict
        The formats that a cell had, or the one told, and what is known of each.
    """

    def __init__(self, told: str | None = None) -> None:
        self.rows = 0
        self.forms: dict[str, FormTally] = {} if told is None else {told: FormTally()}
        self._told = None if told is None else form(told)
        self._looks: dict[str, Sequence[Form]] = {}
        self._first: Spot | None = None

    def add(
        self,
        texts: Sequence[str],
        rows: np.ndarray,
        kept: np.ndarray,
        first: np.ndarray,
        at: Callable[[int], Spot],
    ) -> None:
        """Further cells, none of them missing.

        Parameters
        ----------
        texts : sequence of str
            Distinct ones.
        rows, kept : ndarray of int
            How many cells have each, and how many of these are in rows that count.
        first : ndarray of int
            The row that has each first.
        at : callable
            The cell of a row.
        """
        if not texts:
            return
        for name, values in self._read(texts).items():
            read = ~np.isnan(values)
            # Cells of earlier chunks had other forms, if this one comes only now.
            tally = self.forms.setdefault(name, FormTally(miss=self._first))
            tally.rows += int(rows[read].sum())
            tally.add(values[read & (kept > 0)])
            if tally.miss is None and not read.all():
                tally.miss = at(int(first[~read].min()))
        self._first = self._first or at(int(first.min()))
        self.rows += int(rows.sum())

    def merge(self, other: DateTally) -> None:
        """The cells of another one behind those so far, as if they had been added here."""
        for name in dict.fromkeys((*self.forms, *other.forms)):
            # No cell of the one that does not know a form has it.
            here, there = self.forms.get(name), other.forms.get(name)
            first = self._first if here is None else here.miss
            second = other._first if there is None else there.miss
            merged = self.forms.setdefault(name, FormTally())
            merged.miss = first or second
            if there is not None:
                merged.merge(there)
        self._first = self._first or other._first
        self.rows += other.rows

    def _read(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Under each format so far, and each that one of the texts has, their seconds or NaN."""
        found = {name: np.full(len(texts), np.nan) for name in self.forms}
        for i, text in enumerate(texts):
            forms = (self._told,) if self._told else forms_of(text, self._looks)
            for one in forms:
                seconds = one.seconds(text)
                if seconds is not None:
                    found.setdefault(one.format, np.full(len(texts), np.nan))[i] = seconds
        return found

    @property
    def best(self) -> tuple[str, ...]:
        """The formats that read the most cells; none if no format reads any."""
        most = max((tally.rows for tally in self.forms.values()), default=0)
        return tuple(name for name, tally in self.forms.items() if tally.rows == most > 0)

    @property
    def share(self) -> float:
        """The share of dates, in the form that most have, among the cells so far."""
        most = max((tally.rows for tally in self.forms.values()), default=0)
        return most / self.rows if self.rows else 0.0
