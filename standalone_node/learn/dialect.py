"""How a table is written as text: its delimiter, its quotes and its decimal mark.

What is recognised comes with a sentence that says so. The functions raise `DataError` with one
sentence that names the file, the line and the remedy.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from standalone_node.errors import ArgumentError, DataError

DELIMITERS = (",", ";", "\t", "|")

_SAMPLE_LINES = 200
_SHORT = 4
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|", " ": "blank"}
_COMMA_DECIMAL = re.compile(r"(?m)^[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?$")
_POINT_DECIMAL = re.compile(r"(?m)^[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?$")


@dataclass(frozen=True)
class Records:
    """The fields of a delimited text, with the file line each record begins on."""

    fields: list[list[str]]
    lines: list[int]


def delimiter_name(delimiter: str) -> str:
    """What a sentence calls the delimiter: "comma", "tab", or the character itself."""
    return _NAMES.get(delimiter, repr(delimiter))


def recognise_delimiter(text: str) -> str:
    """The delimiter under which most of the first rows have as many fields as the header.

    Quotes are respected. Of equally consistent candidates the one with more fields wins, then
    the order of `DELIMITERS`; a comma stands for a file of one column.
    """
    lines = list(islice(_lines(text), _SAMPLE_LINES + 1))
    cut = len(lines) > _SAMPLE_LINES
    scored = [(*_consistency(lines, mark, cut), -i) for i, mark in enumerate(DELIMITERS)]
    _, divided, _, place = max(scored)
    return DELIMITERS[-place] if divided else ","


def _consistency(lines: list[str], delimiter: str, cut: bool) -> tuple[float, float, int]:
    """Shares of the rows as wide as the header, and of more than one field; the header's width."""
    widths: list[int] = []
    try:
        for record in csv.reader(lines, delimiter=delimiter, skipinitialspace=True):
            if any(field.strip() for field in record):
                widths.append(len(record))
    except csv.Error:
        pass  # what was read up to here tells enough; the real reading names the line
    rows = widths[1:-1] if cut and len(widths) > 2 else widths[1:]
    if not widths or widths[0] < 2:
        return 0.0, 0.0, 0
    if not rows:
        return 1.0, 1.0, widths[0]
    equal, divided = sum(w == widths[0] for w in rows), sum(w > 1 for w in rows)
    return equal / len(rows), divided / len(rows), widths[0]


def checked_delimiter(delimiter: str) -> str:
    r"""The delimiter a user named: one character, or the words "tab" and "\\t" for a tab."""
    mark = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    if len(mark) != 1 or mark in '"\r\n\ufeff':
        raise ArgumentError(
            f"the delimiter {delimiter!r} is not one character; name one such as ',', ';' or 'tab' "
            "with --delimiter."
        )
    return mark


def split_records(source: str, text: str, delimiter: str) -> Records:
    """The records of a delimited text, blank lines left out, cells stripped of blanks.

    Python's csv module does the splitting: unlike pandas' reader it tells how many fields a row
    really has (pandas fills short rows up silently) and on which line it begins.
    """
    try:
        return _split(source, text, delimiter)
    except DataError:
        neat = tidied(text, delimiter)
        if neat == text:
            raise
        return _split(source, neat, delimiter)


def tidied(text: str, delimiter: str) -> str:
    """Whole lines without blanks between a closing quote and the delimiter.

    These are the one slip worth forgiving.
    """
    if delimiter == " ":
        return text
    return re.sub(f'" +(?={re.escape(delimiter)}|[\r\n]|$)', '"', text)


def _split(source: str, text: str, delimiter: str) -> Records:
    fields: list[list[str]] = []
    lines: list[int] = []
    for line, cells in records(source, _lines(text), delimiter):
        fields.append(cells)
        lines.append(line)
    return Records(fields, lines)


def _lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends, as io.StringIO has them, without its copy of the text.

    Examples
    --------
    >>> list(_lines("a\\r\\nb\\rc\\n\\nd"))
    ['a\\r\\n', 'b\\r', 'c\\n', '\\n', 'd']
    """
    return (found.group() for found in _LINE.finditer(text))


def records(
    source: str,
    lines: Iterable[str],
    delimiter: str,
    *,
    before: int = 0,
    width: int = 0,
    done: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file that records begin on, and their cells, blank lines left out.

    Parameters
    ----------
    source : str
    lines : iterable of str
        With their ends.
    delimiter : str
    before : int
        The number of lines in front of these.
    width : int
        The number of fields of the header if it came before; the first record tells otherwise.
    done : callable
        Asked between two records, whether to stop though there may be lines left.

    Raises
    ------
    DataError
        A quote is never closed, or there is text behind one that is.
    """
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=True)
    begin = before + 1
    short: dict[str, str] = {}
    try:
        while not done():
            record = next(reader, None)
            if record is None:
                return
            cells = [cell.strip() for cell in record]
            # A text takes fifty bytes beside its letters: those of few letters are kept once.
            cells = [short.setdefault(c, c) if len(c) <= _SHORT else c for c in cells]
            if not _blank(cells, width):
                width = width or len(cells)
                yield begin, cells
            begin = before + reader.line_num + 1
    except csv.Error as error:
        end = before + reader.line_num
        raise DataError(_quoting_error(source, begin, end, str(error))) from None


def _blank(cells: list[str], width: int) -> bool:
    """Whether a line has nothing on it; in a file of one column a quoted "" is a missing cell."""
    return not cells or (cells == [""] and width != 1)


def _quoting_error(source: str, begin: int, end: int, reason: str) -> str:
    if "unexpected end" in reason:
        return (
            f"{source}: the quote that opens on line {begin} is never closed; close or remove it."
        )
    if "field limit" in reason:
        return (
            f"{source}: a cell on line {begin} is too long ({reason}); look for a quote that is "
            "not closed, or shorten the cell."
        )
    return (
        f"{source}: line {end} has text behind a closing quote; double the quotes inside a "
        "quoted cell."
    )


def recognise_decimal(
    source: str, delimiter: str, columns: Iterable[list[str]]
) -> tuple[str, list[str]]:
    """The decimal mark, "." or ",", and what to say about it.

    Commas are decimal marks only where the delimiter is another character and numbers such as
    1,5 outnumber numbers such as 1.5.
    """
    if delimiter == ",":
        return ".", []
    return concluded_decimal(source, *count_decimals(columns))


def count_decimals(columns: Iterable[list[str]]) -> tuple[int, int]:
    """How many cells are numbers such as 1,5, and how many such as 1.5."""
    commas = points = 0
    for column in columns:
        text = "\n".join(column)
        commas += len(_COMMA_DECIMAL.findall(text)) if "," in text else 0
        points += len(_POINT_DECIMAL.findall(text)) if "." in text else 0
    return commas, points


def concluded_decimal(source: str, commas: int, points: int) -> tuple[str, list[str]]:
    """The decimal mark that follows from these counts, and what to say about it."""
    if not commas:
        return ".", []
    mark, other = (",", ".") if commas > points else (".", ",")
    note = f"{source}: numbers are read with a decimal {'comma' if mark == ',' else 'point'}"
    if points:
        fewer = min(commas, points)
        note += f", although {fewer} of the cells look like numbers with {other!r} as the mark"
    return mark, [note + "."]
