"""Plain blocks of lines, read by pandas' parser as strictly as by the csv module and `float`.

A block is plain if every line of it is a row: no quotes, no blank lines, as many delimiters in
each. What remains is cells, and the parser takes the same ones for numbers as we do, but for
infinite ones, and rounds them as `float` does.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

#: The columns to read as numbers, with the texts that mean missing, and those to read as text.
Expected = Callable[[], tuple[Mapping[str, Sequence[str]], Sequence[str]]]

#: From here on the default of pandas rounds as `float` does, and the argument is deprecated.
_ROUNDS = (3, 1)
_EXACT: dict[str, Any] = (
    {}
    if tuple(int(part) for part in pd.__version__.split(".")[:2]) >= _ROUNDS
    else {"float_precision": "round_trip"}
)
#: Control characters that count as blanks around a cell.
_BLANKS = ("\x0b", "\x0c")


@dataclass(frozen=True)
class Found:
    """The columns of text, a str a cell, and (values, missing) of those of numbers."""

    frame: pd.DataFrame
    numbers: dict[str, tuple[np.ndarray, np.ndarray]]


class Plain:
    """Reads plain blocks of a file.

    Parameters
    ----------
    header : list of str
        The names of the columns.
    delimiter : str
    """

    def __init__(self, header: Sequence[str], delimiter: str) -> None:
        self._header, self._delimiter = list(header), delimiter
        self._possible = delimiter != " " and len(delimiter.encode()) == 1

    def read(
        self, text: str, numbers: Mapping[str, Sequence[str]], texts: Sequence[str], decimal: str
    ) -> Found | None:
        """The rows of a block of lines, None if it is not plain or a cell is not as expected.

        Parameters
        ----------
        text : str
            Whole lines.
        numbers : mapping
            Columns of numbers, each with the texts that mean missing.
        texts : sequence of str
            Columns of text.
        decimal : {".", ","}
        """
        data = self._lines(text) if self._possible and '"' not in text else None
        if data is None or any(_ambiguous(na) for na in numbers.values()):
            return None
        types = {**dict.fromkeys(numbers, "float64"), **dict.fromkeys(texts, "category")}
        try:
            frame = pd.read_csv(
                io.BytesIO(data),
                sep=self._delimiter,
                header=None,
                names=self._header,
                usecols=list(types),
                dtype=types,
                na_values={name: list(na) for name, na in numbers.items()},
                keep_default_na=False,
                decimal=decimal,
                quoting=csv.QUOTE_NONE,
                skipinitialspace=True,
                skip_blank_lines=False,
                engine="c",
                low_memory=False,
                encoding="utf-8",
                **_EXACT,
            )
        except (ValueError, OverflowError):
            return None
        return _found(frame, list(numbers), list(texts))

    def _lines(self, text: str) -> bytes | None:
        """The block with "\\n" for the ends of lines, if each is a row."""
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if "\r" in text or any(blank in text for blank in _BLANKS):
            return None
        data = text.encode() if text.endswith("\n") else f"{text}\n".encode()
        codes = np.frombuffer(data, dtype=np.uint8)
        ends = np.flatnonzero(codes == ord("\n"))
        marks = np.flatnonzero(codes == ord(self._delimiter))
        fields = np.diff(np.searchsorted(marks, ends), prepend=0) + 1
        lengths = np.diff(ends, prepend=-1) - 1
        width = len(self._header)
        # The csv module refuses a cell that is too long; only it tells such a cell from others.
        plain = (fields == width).all() and lengths.max() <= csv.field_size_limit()
        return data if plain else None


def _ambiguous(na: Sequence[str]) -> bool:
    """Whether a text that means missing is a number: pandas would take all its spellings for it."""
    for token in na:
        try:
            float(token)
        except ValueError:
            continue
        if token.lower().lstrip("+-") != "nan":
            return True
    return False


def _found(frame: pd.DataFrame, numbers: list[str], texts: list[str]) -> Found | None:
    read = {}
    gone = np.ones(len(frame), dtype=bool)
    for name in numbers:
        values = frame[name].to_numpy()
        if np.isinf(values).any():
            return None
        missing = np.isnan(values)
        gone &= missing
        read[name] = values, missing
    cells = np.empty((len(texts), len(frame)), dtype=object)
    for j, name in enumerate(texts):
        column = frame[name].cat
        categories = np.array([str(text).strip() for text in column.categories], dtype=object)
        cells[j] = categories[column.codes.to_numpy()] if categories.size else ""
        gone &= cells[j] == ""
    if gone.any():  # perhaps one of the empty rows that are left out at the end, or a blank line
        return None
    columns = pd.Index(texts, dtype=object)
    return Found(pd.DataFrame(cells.T, columns=columns, copy=False), read)
