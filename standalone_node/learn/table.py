"""A table of text cells that remembers where each row came from.

A CSV file and a pandas data frame both become a `Table`: every cell a string as it was written,
every row with its number and its line in the file, so that whatever goes wrong later can be
named by row, line and column.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from standalone_node.errors import DataError
from standalone_node.learn.cells import listed, quoted, row_words
from standalone_node.learn.dialect import (
    Records,
    checked_delimiter,
    delimiter_name,
    recognise_decimal,
    recognise_delimiter,
    split_records,
)
from standalone_node.learn.room import require_readable
from standalone_node.learn.textfile import decode, read_bytes

__all__ = ["Table", "read_table"]


@dataclass(frozen=True)
class Table:
    """Rows and named columns of text.

    Attributes
    ----------
    source : str
        What messages call it: a path, "standard input" or "the data frame".
    frame : pandas.DataFrame
        Every cell a str, stripped of blanks around it; the index is the number of the data row,
        counting from 1 below the header. An empty string or a missing-value token stands as it
        was written.
    lines : ndarray of int or None
        The line of the file each row begins on, (rows,); None for a data frame.
    delimiter, encoding, decimal : str
        What was recognised (or told).
    notes : tuple of str
        One sentence for each thing worth saying aloud.
    """

    source: str
    frame: pd.DataFrame
    lines: np.ndarray | None
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names of the columns, in the order of the table."""
        return [str(name) for name in self.frame.columns]

    def cells(self, name: str) -> np.ndarray:
        """The cells of one column, an object array of str of shape (rows,)."""
        return self.frame[name].to_numpy(dtype=object)

    def rows(self, positions: Sequence[int] | np.ndarray) -> Table:
        """The rows at these positions (integers from 0, or a mask), numbers and lines kept."""
        chosen = np.asarray(positions)
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.intp)
        lines = None if self.lines is None else self.lines[chosen]
        return replace(self, frame=self.frame.iloc[chosen], lines=lines)

    def where(self, position: int) -> str:
        """How a message names the row at a position: "row 7 (line 8)"."""
        line = None if self.lines is None else int(self.lines[position])
        return row_words(int(self.frame.index[position]), line)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, source: str = "the data frame") -> Table:
        """A table of the text that `frame.to_csv` would write, with floats exact.

        Parameters
        ----------
        frame : pandas.DataFrame
            Columns of any types. Missing values become "", booleans "True" and "False", floats
            the shortest text that reads back as the same float of their precision.
        source : str
            What messages call it.

        Raises
        ------
        DataError
            The frame has no rows, or column names that are empty or appear twice.

        Examples
        --------
        >>> Table.from_frame(pd.DataFrame({"x": [0.1, None]})).cells("x").tolist()
        ['0.1', '']
        """
        header = [str(name).strip() for name in frame.columns]
        check_header(source, header, len(frame))
        columns = (_as_text(frame.iloc[:, j]) for j in range(len(header)))
        return cls(source, text_frame(header, columns, len(frame)), None)


def read_table(
    path: str | Path, *, delimiter: str | None = None, encoding: str | None = None
) -> Table:
    """Read a delimited text file with a header line.

    Parameters
    ----------
    path : str or Path
        The file; "-" is standard input; gzip is decompressed.
    delimiter : str, optional
        One character ("tab" for a tab); recognised among comma, semicolon, tab and | if None.
    encoding : str, optional
        A Python codec; if None the byte order mark decides, else UTF-8, else Windows-1252.

    Returns
    -------
    Table
        Blank lines are left out, and so are rows of nothing but empty cells at the very end.

    Raises
    ------
    DataError
        The file cannot be read, is empty or not text, too large for the memory that is free,
        has no data rows, a row with too few or too many fields, an open quote, or column names
        that are empty or appear twice.
    ArgumentError
        The delimiter or the encoding named is none.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "plants.csv"
    ...     _ = path.write_text("height;name\\n1,5;fern\\n\\n2,0;moss\\n")
    ...     table = read_table(path)
    >>> table.delimiter, table.decimal, table.where(1)
    (';', ',', 'row 2 (line 4)')
    """
    require_readable(path, delimiter)
    source, data = read_bytes(path)
    text, used, notes = decode(source, data, encoding)
    del data
    mark = recognise_delimiter(text) if delimiter is None else checked_delimiter(delimiter)
    records = split_records(source, text, mark)
    header = records.fields[0] if records.fields else []
    check_header(source, header, len(records.fields) - 1)
    for number, record in enumerate(records.fields):
        if len(record) != len(header):
            where = row_words(number, records.lines[number])
            raise wrong_width(f"{source}: {where}", len(record), len(header), mark)
    notes += header_notes(source, header, mark, told=delimiter is not None)
    count, note = _without_empty_tail(source, records)
    rows = records.fields[1 : count + 1]
    frame = text_frame(header, ([row[j] for row in rows] for j in range(len(header))), count)
    cells = (frame[name].tolist() for name in header)
    decimal, said = recognise_decimal(source, mark, cells)
    lines = np.array(records.lines[1 : count + 1], dtype=np.int64)
    return Table(source, frame, lines, mark, used, decimal, (*notes, *note, *said))


def check_header(source: str, header: list[str], rows: int) -> None:
    """DataError unless there are names, all different, and rows below them."""
    if not header:
        raise DataError(f"{source}: there is nothing in it; a header and data rows are needed.")
    for number, name in enumerate(header, start=1):
        if not name:
            raise DataError(
                f"{source}: column {number} has no name in the header; give it one "
                "(a column of row numbers can then be left out with --ignore)."
            )
    if len(set(header)) < len(header):
        first: dict[str, int] = {}
        for number, name in enumerate(header, start=1):
            if name in first:
                raise DataError(
                    f"{source}: columns {first[name]} and {number} are both called "
                    f"{quoted(name)}; rename one of them in the header."
                )
            first[name] = number
    if rows < 1:
        raise DataError(f"{source}: there is a header but no data row below it; add rows.")


def wrong_width(where: str, fields: int, width: int, delimiter: str) -> DataError:
    """The error for a row, named with its file, of too few or too many fields."""
    remedy = "add the missing fields" if fields < width else "quote a cell that has it"
    return DataError(
        f"{where} has {fields} "
        f"field{'s' * (fields != 1)} where the header has {width} (the delimiter is "
        f"a {delimiter_name(delimiter)}); {remedy}, or name another --delimiter."
    )


def header_notes(source: str, header: list[str], delimiter: str, *, told: bool) -> list[str]:
    """What to say of a header: one column only, another delimiter than a comma, only numbers."""
    notes = []
    if len(header) == 1 and not told:
        notes.append(
            f"{source}: only one column, {quoted(header[0])}, was recognised; "
            "if there are more, name the character between them with --delimiter."
        )
    elif delimiter != "," and not told:
        notes.append(f"{source}: the fields are separated by a {delimiter_name(delimiter)}.")
    if all(name.lstrip("+-")[:1].isdigit() or name[:1] == "." for name in header):
        notes.append(
            f"{source}: the header holds only numbers ({listed(header, 4)}); "
            "if it is a data row, put a line of column names above it."
        )
    return notes


def _without_empty_tail(source: str, records: Records) -> tuple[int, list[str]]:
    """How many data rows there are without those of empty cells that spreadsheets leave behind."""
    total = len(records.fields) - 1
    if len(records.fields[0]) < 2:
        return total, []
    count = total
    while count and not any(records.fields[count]):
        count -= 1
    return count, empty_tail_notes(source, count, total - count)


def empty_tail_notes(source: str, rows: int, empty: int) -> list[str]:
    """What to say of rows of empty cells below the last of the others; DataError if these are 0."""
    if not rows:
        raise DataError(f"{source}: every cell below the header is empty; add data rows.")
    return [f"{source}: {empty} empty rows at the end were left out."] if empty else []


def text_frame(
    header: list[str], columns: Iterable[Sequence[str]], rows: int, before: int = 0
) -> pd.DataFrame:
    """Columns of text, one at a time, as the frame of a `Table` whose rows come behind others."""
    cells = np.empty((len(header), rows), dtype=object)
    for j, column in enumerate(columns):
        cells[j] = column
    index = pd.RangeIndex(before + 1, before + rows + 1)
    return pd.DataFrame(cells.T, index=index, columns=pd.Index(header, dtype=object), copy=False)


def _as_text(column: pd.Series) -> list[str]:
    missing = column.isna().to_numpy()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.astype(str)  # whole days without a time of day, as to_csv writes them
    # Not tolist(): it would widen float32 0.1 to 0.10000000149011612, another text.
    floats = isinstance(column.dtype, np.dtype) and column.dtype.kind == "f"
    values = column.to_numpy() if floats else column.tolist()
    return ["" if gone else _cell(value) for value, gone in zip(values, missing, strict=True)]


def _cell(value: object) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)
    return str(value).strip()
