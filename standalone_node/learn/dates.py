"""Dates and times of day written as text: the forms that are known, and how they are read.

A form is a format as `datetime.strptime` has it, read here by a pattern of its own: months are
English whatever the locale, and a time of day, with or without a zone, may follow any date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from standalone_node.errors import ArgumentError

ISO = "%Y-%m-%d"
"""The form of ISO 8601, which is understood beside any other."""

FORMS = (
    *(ISO, "%Y-%m", "%Y/%m/%d", "%Y.%m.%d"),
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y"),
)
"""The forms that are recognised. With points the day comes first wherever such dates are written;
with strokes and hyphens it may be either, and a column has to tell."""

LONGEST_FORMAT = 60
DAY = 86_400.0

_LONGEST_CELL = 60
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
#: The number of a month by its name, whole or its first three letters.
_MONTH = {name[:end]: i for i, name in enumerate(_MONTHS, start=1) for end in (3, len(name))}
_EPOCH = date(1970, 1, 1).toordinal()
_ZONE = r"(?P<z>Z|[+-][0-9]{2}(?::?[0-9]{2})?)"

#: The table: a directive and what it matches; its group has its name.
DIRECTIVES = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "b": r"(?P<b>[A-Za-z]{3,9})",
    "d": r"(?P<d>[0-9]{1,2})",
    "H": r"(?P<H>[0-9]{1,2})",
    "I": r"(?P<I>[0-9]{1,2})",
    "p": r"(?P<p>[AaPp][Mm])",
    "M": r"(?P<M>[0-9]{1,2})",
    "S": r"(?P<S>[0-9]{1,2})",
    "f": r"(?P<f>[0-9]{1,9})",
    "z": _ZONE,
}
_TIME = (
    r"(?:[T ]+(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?"
    rf" ?{_ZONE}?)?"
)


class Form:
    """A way of writing dates.

    Parameters
    ----------
    format : str
        Text and the directives %Y %y %m %b %d %H %I %p %M %S %f %z.

    Raises
    ------
    ArgumentError
        The format is none, or has no year.

    Examples
    --------
    >>> Form("%d.%m.%Y").seconds("2.1.1970"), Form("%Y-%m-%d").seconds("1970-01-01T01:00+01:00")
    (86400.0, 0.0)
    >>> Form("%d.%m.%Y").seconds("31.2.1970") is None
    True
    """

    def __init__(self, format: str) -> None:
        self.format = format
        self._pattern = re.compile(_pattern(format))

    def fits(self, text: str) -> bool:
        """Whether a text is written so, be there such a day or not."""
        return len(text) <= _LONGEST_CELL and self._pattern.fullmatch(text) is not None

    def seconds(self, text: str) -> float | None:
        """Seconds since the beginning of 1970, UTC; None if it is no date, or not written so."""
        found = self._pattern.fullmatch(text) if len(text) <= _LONGEST_CELL else None
        return None if found is None else _seconds(found.groupdict())


@lru_cache(maxsize=64)
def form(format: str) -> Form:
    """The form of a format."""
    return Form(format)


def is_format(format: object) -> bool:
    """Whether it is a format of dates.

    Examples
    --------
    >>> is_format("%d/%m/%Y"), is_format("%Q"), is_format(None)
    (True, False, False)
    """
    try:
        form(str(format))
    except ArgumentError:
        return False
    return isinstance(format, str)


def _pattern(format: str) -> str:
    if not format or len(format) > LONGEST_FORMAT:
        raise ArgumentError(
            f"the date format {format[:LONGEST_FORMAT]!r} has to have 1 to {LONGEST_FORMAT} "
            "characters, such as %d/%m/%Y (--date COLUMN=FORMAT)."
        )
    parts, seen = [], set[str]()
    for piece in re.findall(r"%.|[^%]+|%", format, re.DOTALL):
        name = {"B": "b"}.get(piece[1:], piece[1:])
        if not piece.startswith("%") or piece == "%%":
            parts.append(re.escape(piece.replace("%%", "%")))
        elif name not in DIRECTIVES or name in seen:
            known = " ".join(f"%{one}" for one in DIRECTIVES)
            what = "twice" if name in seen else "which is not known"
            raise ArgumentError(
                f"the date format {format!r} has {piece!r} {what}; write it with {known} "
                "(--date COLUMN=FORMAT)."
            )
        else:
            seen.add(name)
            parts.append(DIRECTIVES[name])
    if len(seen & {"Y", "y"}) != 1 or {"H", "I"} <= seen or {"m", "b"} <= seen:
        raise ArgumentError(
            f"the date format {format!r} has to have one year, %Y or %y, and no more than one "
            "month and one hour (--date COLUMN=FORMAT)."
        )
    timed = seen & {"H", "I", "p", "M", "S", "f", "z"}
    return "".join(parts) + ("" if timed else _TIME)


def _seconds(found: dict[str, str | None]) -> float | None:
    number = {name: int(text) for name, text in found.items() if text and text.isdigit()}
    month = number.get("m", 1)
    if found.get("b"):
        month = _MONTH.get(str(found["b"]).lower(), 0)
    year = number["Y"] if "Y" in number else number["y"] + (1900 if number["y"] > 68 else 2000)
    hour, minute, second = number.get("H", 0), number.get("M", 0), number.get("S", 0)
    if "I" in number:
        hour = number["I"] % 12 + 12 * (str(found.get("p") or "").lower() == "pm")
        hour = hour if 1 <= number["I"] <= 12 else 24
    zone = _offset(found.get("z"))
    if hour > 23 or minute > 59 or second > 59 or zone is None:
        return None
    try:
        days = date(year, month, number.get("d", 1)).toordinal() - _EPOCH
    except ValueError:
        return None
    fraction = float(f"0.{found['f']}") if found.get("f") else 0.0
    return days * DAY + 3600.0 * hour + 60.0 * minute + second + fraction - zone


def _offset(zone: str | None) -> float | None:
    """The seconds a zone is ahead of UTC; None for one that there cannot be."""
    if not zone or zone == "Z":
        return 0.0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 15 or minutes > 59:
        return None
    return (3600.0 * hours + 60.0 * minutes) * (-1.0 if zone[0] == "-" else 1.0)


def read_dates(texts: Iterable[str], format: str) -> np.ndarray:
    """Texts as seconds since the beginning of 1970, NaN for what is no date; float64.

    What is not written in the format, but in that of ISO 8601, is read as such: so a data frame
    is understood by a model that was fitted to a file.
    """
    own, iso = form(format), form(ISO)
    # Not where the format has the same look with another meaning, as %Y-%d-%m has.
    readers = (own,) if own.fits("2000-01-01") else (own, iso)
    found = [next((s for r in readers if (s := r.seconds(t)) is not None), None) for t in texts]
    return np.array([np.nan if s is None else s for s in found], dtype=np.float64)


def cells_as_seconds(cells: np.ndarray, format: str) -> np.ndarray:
    """As `read_dates`, each distinct text read once."""
    codes, distinct = pd.factorize(cells, use_na_sentinel=False)
    values = read_dates((str(text) for text in distinct), format)
    return values[codes] if len(distinct) else np.zeros(0)


def as_text(seconds: float) -> str:
    """A time as ISO 8601 writes it: the date, and the time of day if it is not midnight.

    Examples
    --------
    >>> as_text(86400.0), as_text(90061.5)
    ('1970-01-02', '1970-01-02 01:01:01')
    """
    text = str(np.datetime64(int(np.floor(seconds)), "s"))
    return text.replace("T", " ").removesuffix(" 00:00:00")


def forms_of(text: str, known: dict[str, Sequence[Form]]) -> Sequence[Form]:
    """The forms a text may be written in, `known` being those of texts of the same look."""
    if len(text) > _LONGEST_CELL or not text.isascii():
        return ()
    look = text.translate(_LOOK)
    if look not in known:
        known[look] = [form(one) for one in FORMS if form(one).fits(text)]
    return known[look]


#: Digits and letters are told apart from each other, but T and Z have a meaning of their own.
_LOOK = {ord(c): "0" for c in "0123456789"} | {
    ord(c): "a" for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSUVWXY"
}
