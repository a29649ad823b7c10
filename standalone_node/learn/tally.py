"""What has to be known of a column to decide what it is: counted row by row, chunk by chunk.

A file that is read whole is one chunk. So the rules are written once, and say the same of a file
however it is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from standalone_node.learn.cells import row_words
from standalone_node.learn.columns import NUMERIC_SHARE, Reading
from standalone_node.learn.date_tally import DateTally
from standalone_node.learn.table import Table

_COUNTING_ROWS = 5
_EXACT = 2.0**53
#: The constants of splitmix64, a bijection of 64 bits that scatters well.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(0xBF58476D1CE4E5B9)
_TWO = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True)
class Spot:
    """A cell: its row, its line in the file (None for a data frame), and what stands there.

    Where the rows are those of many files, `file` is the one that it is in.
    """

    row: int
    line: int | None
    text: str
    file: str | None = None

    @property
    def where(self) -> str:
        """How a message names the row."""
        words = row_words(self.row, self.line)
        return words if self.file is None else f"{words} of {self.file}"

    @classmethod
    def at(cls, table: Table, position: int, text: object) -> Spot:
        """The spot at a position of a table."""
        line = None if table.lines is None else int(table.lines[position])
        return cls(int(table.frame.index[position]), line, str(text))


@dataclass(slots=True)
class Seen:
    """A text: how many rows have it, how many of those that count, where first, and as a number."""

    rows: int
    kept: int
    first: Spot | None
    value: float


class Counting:
    """Whether numbers are whole, all distinct and without gaps, in whatever order.

    They are if there are as many as their range has whole numbers and they are the same multiset.
    That is told by the sum of their hashes of 64 bits, so that none has to be remembered.
    """

    def __init__(self) -> None:
        self._possible, self._count = True, 0
        self._low, self._high, self._sum = np.inf, -np.inf, 0

    def add(self, values: np.ndarray) -> None:
        """Further numbers."""
        if not self._possible or not values.size:
            return
        self._low, self._high = min(self._low, values.min()), max(self._high, values.max())
        self._count += values.size
        far = not -_EXACT < self._low <= self._high < _EXACT
        if far or not bool((values == np.floor(values)).all()):
            self._possible = False
            return
        self._sum = (self._sum + _hashed(values.astype(np.int64))) % 2**64

    def merge(self, other: Counting) -> None:
        """Those of another one, too."""
        self._possible = self._possible and other._possible
        self._count += other._count
        self._low, self._high = min(self._low, other._low), max(self._high, other._high)
        self._sum = (self._sum + other._sum) % 2**64

    @property
    def found(self) -> bool:
        """Whether they are."""
        if not self._possible or self._count < _COUNTING_ROWS:
            return False
        if self._high - self._low != self._count - 1:
            return False
        low, total = int(self._low), 0
        for first in range(low, low + self._count, 1 << 20):
            end = min(first + (1 << 20), low + self._count)
            total += _hashed(np.arange(first, end, dtype=np.int64))
        return total % 2**64 == self._sum


def _hashed(numbers: np.ndarray) -> int:
    """The sum of the hashes of whole numbers, modulo 2**64."""
    x = numbers.astype(np.uint64) + _STEP
    x = (x ^ (x >> np.uint64(30))) * _ONE
    x = (x ^ (x >> np.uint64(27))) * _TWO
    return int((x ^ (x >> np.uint64(31))).sum(dtype=np.uint64))


class Tally:
    """What is known of a column so far.

    Parameters
    ----------
    name : str
    texts : bool, optional
        Whether its distinct texts are remembered; only if it begins as text, if None.
    limit : int, optional
        So many distinct texts are remembered at the most; any number if None.
    date : str, optional
        The format of its dates, if somebody has told that it holds dates.

    Attributes
    ----------
    rows, present, numbers : int
        All rows; those in which it is not missing; and in which it is a number.
    kept : int
        The rows that count in which it is not missing.
    missing : Spot or None
        The first missing cell.
    no_number, no_finite : Spot or None
        The first cell that is neither missing nor a number; nor a finite number.
    first, fraction : Spot or None
        Of the rows that count the first one, and, where texts are remembered, the first that is
        a number with a fraction.
    low, high : float
        The range of the numbers in the rows that count.
    texts : dict or None
        Each distinct text and what was `Seen` of it; None if they are not remembered.
    crowded : bool
        Whether there are more of them than the limit.
    thinned : bool
        Whether some were given up because it looks as if they were not needed.
    dates : DateTally
        Its dates, where texts are remembered.
    """

    def __init__(
        self,
        name: str,
        texts: bool | None = None,
        limit: int | None = None,
        date: str | None = None,
    ) -> None:
        self.name, self._limit = name, limit
        self._wanted, self._told = True if date else texts, date is not None
        self.rows = self.present = self.numbers = self.kept = 0
        self.missing: Spot | None = None
        self.no_number: Spot | None = None
        self.no_finite: Spot | None = None
        self.first: Spot | None = None
        self.fraction: Spot | None = None
        self.low, self.high = np.inf, -np.inf
        self.texts: dict[str, Seen] | None = None
        self.crowded = self.thinned = False
        self.counting, self.dates = Counting(), DateTally(date)

    @property
    def share(self) -> float:
        """The share of numbers among the cells that are not missing."""
        return self.numbers / self.present if self.present else 0.0

    @property
    def numeric(self) -> bool:
        """Whether it is a column of numbers."""
        return not self._told and self.share >= NUMERIC_SHARE

    @property
    def dated(self) -> bool:
        """Whether it is a column of dates."""
        if self._told:
            return True
        return not self.numeric and self.dates.share >= NUMERIC_SHARE

    @property
    def gaps(self) -> int:
        """The number of missing cells."""
        return self.rows - self.present

    def add(self, table: Table, reading: Reading, kept: np.ndarray) -> None:
        """The rows of a chunk, read, of which those of a mask count."""
        present, count = ~reading.missing, reading.missing.size
        bad = present & ~np.isfinite(reading.values)
        rows = kept & present
        values = reading.values[rows]
        self.missing = self.missing or _spot(table, reading, reading.missing)
        self.no_number = self.no_number or _spot(table, reading, present & ~reading.numeric)
        self.no_finite = self.no_finite or _spot(table, reading, bad)
        self.first = self.first or _spot(table, reading, rows)
        self.rows, self.present = self.rows + count, self.present + int(present.sum())
        self.numbers, self.kept = self.numbers + int(reading.numeric.sum()), self.kept + values.size
        if values.size:
            self.low = float(np.fmin.reduce(values, initial=self.low))
            self.high = float(np.fmax.reduce(values, initial=self.high))
        self.counting.add(reading.values[present])
        if self._wanted is None:
            self._wanted = bool(present.any()) and not self.numeric
        if self._wanted and reading.cells.size:
            if self.fraction is None:
                self.fraction = _spot(table, reading, rows & _fractional(reading.values))
            self._remember(table, reading, np.flatnonzero(present), rows)

    def thin(self, most: int) -> None:
        """Give up all but so many distinct texts where no rule needs more.

        That is so of numbers that are not all whole, which are no classes, as long as they are
        numbers; and of too many texts, whatever these are.
        """
        fractions = self.numeric and self.fraction is not None
        if not (fractions or self.crowded) or len(self.kept_texts) <= most:
            return
        self.texts = dict(islice(self.kept_texts.items(), most))
        self.thinned = self.thinned or not self.crowded
        self.crowded = True

    def merge(self, other: Tally) -> None:
        """The rows of another one behind those so far, as if they had been added here.

        If the texts of one of the two are not remembered, those of both are not.
        """
        self._merge_texts(other)
        for name in ("missing", "no_number", "no_finite", "first", "fraction"):
            setattr(self, name, getattr(self, name) or getattr(other, name))
        for name in ("rows", "present", "numbers", "kept"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.counting.merge(other.counting)
        self.dates.merge(other.dates)

    def _merge_texts(self, other: Tally) -> None:
        self.crowded = self.crowded or other.crowded
        self.thinned = self.thinned or other.thinned
        if not other.present:
            return
        begun = {} if not self.present else self.texts
        self.texts = None if other.texts is None else begun
        if self.texts is not None and other.texts is not None:
            for text, seen in other.texts.items():
                self._merge_seen(self.texts, text, seen)

    def _merge_seen(self, texts: dict[str, Seen], text: str, seen: Seen) -> None:
        known = texts.get(text)
        if known is not None:
            known.rows, known.kept = known.rows + seen.rows, known.kept + seen.kept
            known.first = known.first or seen.first
        elif self._limit is not None and len(texts) >= self._limit:
            self.crowded = True
        else:
            texts[text] = replace(seen)

    def name_file(self, file: str) -> None:
        """Say of all its cells that they are in this file."""
        holders = (self, self.dates, *self.dates.forms.values(), *(self.texts or {}).values())
        for holder in holders:
            for name in _spots(holder):
                setattr(holder, name, replace(getattr(holder, name), file=file))

    @property
    def takes_numbers(self) -> bool:
        """Whether further rows may come as numbers, without the texts they were written as."""
        done = self.crowded and self.fraction is not None
        return self.rows > 0 and self.numeric and (not self._wanted or done)

    def knows(self, gaps: bool) -> bool:
        """Whether rows that come so, with gaps among them, leave no first cell in the dark."""
        return self.first is not None and (self.missing is not None or not gaps)

    def _remember(
        self, table: Table, reading: Reading, present: np.ndarray, kept: np.ndarray
    ) -> None:
        codes, found = pd.factorize(reading.cells[present], use_na_sentinel=False)
        keys, count = [str(key) for key in found], len(found)
        of_all = np.bincount(codes, minlength=count)
        of_kept = np.bincount(codes[kept[present]], minlength=count)
        # Written from the end, so that what remains is where each text comes first.
        first, counted = np.zeros(count, dtype=np.intp), np.full(count, -1, dtype=np.intp)
        first[codes[::-1]] = present[::-1]
        counted[codes[kept[present]][::-1]] = present[kept[present]][::-1]
        texts = self.texts = {} if self.texts is None else self.texts
        self.dates.add(keys, of_all, of_kept, first, partial(_cell, table, reading))
        for i, text in enumerate(keys):
            seen = texts.get(text)
            if seen is None:
                if self._limit is not None and len(texts) >= self._limit:
                    self.crowded = True
                    continue
                value = float(reading.values[first[i]])
                seen = texts[text] = Seen(0, 0, None, value)
            seen.rows, seen.kept = seen.rows + int(of_all[i]), seen.kept + int(of_kept[i])
            if seen.first is None and counted[i] >= 0:
                seen.first = Spot.at(table, int(counted[i]), text)

    @property
    def lacks_texts(self) -> bool:
        """Whether it began as numbers, so that not all texts are known, and is none after all."""
        return not self.numeric and self.present > 0 and (self.texts is None or self.thinned)

    @property
    def kept_texts(self) -> dict[str, Seen]:
        """The distinct texts in the rows that count."""
        return {text: seen for text, seen in (self.texts or {}).items() if seen.kept}


def _spots(holder: object) -> Iterator[str]:
    """The attributes that are a cell."""
    for name in getattr(holder, "__slots__", None) or vars(holder):
        if isinstance(getattr(holder, name), Spot):
            yield name


def _spot(table: Table, reading: Reading, mask: np.ndarray) -> Spot | None:
    if not mask.any():
        return None
    return _cell(table, reading, int(mask.argmax()))


def _cell(table: Table, reading: Reading, position: int) -> Spot:
    return Spot.at(table, position, reading.cells[position])


def _fractional(values: np.ndarray) -> Any:
    with np.errstate(invalid="ignore"):
        return np.isfinite(values) & (values != np.floor(values))
