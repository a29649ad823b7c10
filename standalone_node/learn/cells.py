"""Text cells: which are missing, which are numbers, and how a message names them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

DEFAULT_NA: tuple[str, ...] = (
    "",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "NaN",
    "nan",
    "-nan",
    "NULL",
    "null",
    "None",
    "?",
)
"""Cells that count as missing unless told otherwise: the empty cell, "NA", "N/A", "n/a", "#N/A",
"<NA>", "NaN", "nan", "-nan", "NULL", "null", "None" and "?". The empty cell always does."""

_DIGITS = b"0123456789+-.eE\n"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:inf(?:inity)?|nan)", re.IGNORECASE)


def quoted(text: object, limit: int = 60) -> str:
    """A name or a cell in quotes, control characters escaped, shortened to `limit` characters."""
    shown = str(text)
    return repr(shown if len(shown) <= limit else shown[: limit - 3] + "...")


def row_words(row: int, line: int | None) -> str:
    """How a message names a row: "row 7 (line 8)", or "row 7" without lines."""
    return f"row {row}" if line is None else f"row {row} (line {line})"


def listed(items: Iterable[object], limit: int = 12) -> str:
    """Items in quotes with commas between; those beyond `limit` are counted only."""
    everything = list(items)
    shown = ", ".join(
        quoted(item) if isinstance(item, str) else str(item) for item in everything[:limit]
    )
    more = len(everything) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def suggestion(name: str, names: Sequence[str]) -> str:
    """The end of a sentence on a column that is absent: the close names, else all of them."""
    lower = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(quoted(lower[c]) for c in close)}?"
    return f"the columns are {listed(names)}."


def missing_cells(cells: np.ndarray, na: Iterable[str]) -> np.ndarray:
    """Which cells are missing: empty, or one of the tokens `na`; a boolean mask (rows,)."""
    return pd.Series(cells, dtype=object).isin(["", *na]).to_numpy(dtype=bool)


def parse_numbers(cells: np.ndarray, decimal: str = ".") -> tuple[np.ndarray, np.ndarray]:
    """Read cells as numbers, rounded as Python's `float` rounds.

    Parameters
    ----------
    cells : ndarray of object, (rows,)
        Text without blanks around it.
    decimal : {".", ","}
        The decimal mark. With a comma, a point is not one.

    Returns
    -------
    values : ndarray of float64, (rows,)
        NaN where the text is no number; infinite where it overflows or says so.
    numeric : ndarray of bool, (rows,)
        Whether the text is a number at all; "inf", "nan" and 1e400 are, although not finite ones.
        Underscores, hexadecimal numbers and digits of other scripts are not.
    """
    fast = _all_numbers(cells, decimal)
    if fast is not None:
        return fast, np.ones(len(cells), dtype=bool)
    codes, distinct = pd.factorize(cells, use_na_sentinel=False)
    read = [_number(str(text), decimal) for text in distinct]
    values = np.array([value for value, _ in read], dtype=np.float64)
    numeric = np.array([ok for _, ok in read], dtype=bool)
    return values[codes], numeric[codes]


def _all_numbers(cells: np.ndarray, decimal: str) -> np.ndarray | None:
    """All cells at once, if every one is a number written with plain digits."""
    joined = "\n".join(cells.tolist())
    if not joined.isascii():
        return None
    if decimal == ",":
        if "." in joined:
            return None
        joined = joined.replace(",", ".")
    # float() takes "1_0", "nan" and "inf" too; without their characters it is as strict as we are.
    if joined.encode("ascii").translate(None, _DIGITS):
        return None
    texts = joined.split("\n")
    if len(texts) != len(cells):
        return None
    try:
        return np.array(texts, dtype=object).astype(np.float64)
    except ValueError:
        return None


def _number(text: str, decimal: str) -> tuple[float, bool]:
    if decimal == ",":
        text = text.replace(".", "_").replace(",", ".")
    if _NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return float(text), True
    return np.nan, False
