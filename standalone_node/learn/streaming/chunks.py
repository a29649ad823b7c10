"""The rows of a file in chunks, cells as text or, where that is what they are, as numbers at once.

There are two ways. Python's csv module reads any chunk, quotes and line ends within them included,
and makes a `Table` of it. A chunk in which every line is a row of the right number of fields,
without quotes, is read by pandas' parser in a tenth of the time; a cell that it does not take for
what was expected sends the chunk the other way, which names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from standalone_node.errors import DataError
from standalone_node.learn.cells import row_words
from standalone_node.learn.columns import Reading, read_column
from standalone_node.learn.dialect import (
    checked_delimiter,
    concluded_decimal,
    count_decimals,
    recognise_delimiter,
    records,
    tidied,
)
from standalone_node.learn.streaming.encoded import Advance, Encoded
from standalone_node.learn.streaming.lines import Lines
from standalone_node.learn.streaming.plain import Expected, Plain
from standalone_node.learn.table import (
    Table,
    check_header,
    empty_tail_notes,
    header_notes,
    text_frame,
    wrong_width,
)

#: Instead of cells, of a column that was read as numbers.
_NO_TEXT = np.empty(0, dtype=object)


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows that follow one another.

    Attributes
    ----------
    table : Table
        The columns that were read as text.
    numbers : mapping
        Those that were read as numbers: (values, missing) of a name.
    lines : str or None
        The lines of a chunk that was read so, for who needs more of them.
    again : callable or None
        Makes the chunk of the same rows with all columns as text; None if it is that.
    """

    table: Table
    numbers: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    lines: str | None = None
    again: Callable[[], Chunk] | None = None

    def __len__(self) -> int:
        return len(self.table.frame)

    def reading(self, name: str, na: tuple[str, ...], decimals: tuple[str, ...]) -> Reading:
        """A column, read; without the text of its cells if they were read as numbers."""
        if name not in self.numbers:
            return read_column(self.table, name, na, decimals)
        values, missing = self.numbers[name]
        return Reading(_NO_TEXT, missing, values, ~missing)

    def as_text(self) -> Chunk:
        """The same rows with all columns as text."""
        return self if self.again is None else self.again()


class Untidy(Exception):
    """There are blanks behind a closing quote: the file has to be read again, forgivingly."""


class Chunks:
    """The rows of a file, from its beginning as often as need be.

    Parameters
    ----------
    encoded : Encoded
    delimiter : str, optional
        Recognised if None.

    Attributes
    ----------
    source, delimiter : str
    header : list of str
    rows : int
        How many there were when they were read to the end last.
    decimal : str
        The decimal mark, to be set by who has found out.
    may_be_empty : bool
        Whether there need be no row below the header: the file is one of many.

    Raises
    ------
    DataError
        As `read_table`.
    """

    def __init__(self, encoded: Encoded, delimiter: str | None = None) -> None:
        self.source, self._encoded = encoded.stream.source, encoded
        self._tidy = False
        self._told = delimiter is not None
        head = next(self.texts(), "")
        self.delimiter = (
            recognise_delimiter(head) if delimiter is None else checked_delimiter(delimiter)
        )
        self.decimal, self.rows, self._empty = ".", 0, 0
        self.may_be_empty = False
        self.header: list[str] = []
        self.header = self._first_record()
        check_header(self.source, self.header, 1)

    def _first_record(self) -> list[str]:
        texts = self.texts()
        lines = Lines(next(texts, ""), lambda: next(texts, None))
        try:
            return next(self.records(lines, before=0), (0, []))[1]
        except Untidy:
            self.forgive()
            return self._first_record()

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self._encoded.stream.size

    @property
    def quoted(self) -> bool:
        """Whether there is a quote in it, so that it may not be tidy."""
        return self._encoded.quoted

    @property
    def at_most(self) -> int:
        """Rows there can be."""
        return self._encoded.lines + 1

    @property
    def notes(self) -> list[str]:
        """What to say of the file, when it was read to its end."""
        header = header_notes(self.source, self.header, self.delimiter, told=self._told)
        empty = empty_tail_notes(self.source, self.rows, self._empty) if self.rows else []
        return [*self._encoded.notes, *header, *empty]

    def forgive(self) -> None:
        """From now on, take blanks behind a closing quote as if they were not there."""
        self._tidy = True

    def recognise_decimal(self) -> None:
        """Set the decimal mark to what the first rows look like."""
        if self.delimiter != ",":
            first = next(self.read(), None)
            names = [] if first is None else first.table.names
            cells = [first.table.cells(name).tolist() for name in names] if first else []
            self.decimal, _ = concluded_decimal(self.source, *count_decimals(cells))

    def read(
        self, expected: Expected | None = None, advance: Advance | None = None
    ) -> Iterator[Chunk]:
        """All rows, chunk by chunk.

        Parameters
        ----------
        expected : callable, optional
            Says before each chunk what to expect: the names of the columns to read as numbers,
            and of those to read as text. None if anything is possible: all are text.
        advance : callable, optional
            Told how many bytes have been read.

        Raises
        ------
        Untidy
            Call `forgive` and start again.
        DataError
            As `read_table`.
        """
        passage = _Passage(self, expected, self.texts(advance))
        yield from passage.chunks()
        self.rows, self._empty = passage.row, len(passage.empty)
        if self.may_be_empty:
            return
        check_header(self.source, self.header, self.rows + self._empty)
        empty_tail_notes(self.source, self.rows, self._empty)

    def texts(self, advance: Advance | None = None) -> Iterator[str]:
        """Whole lines, a block of them at a time, without a byte order mark."""
        mark = "\ufeff"
        for text in self._encoded.texts(advance):
            unmarked, mark = text.removeprefix(mark), ""
            yield tidied(unmarked, self.delimiter) if self._tidy else unmarked

    def records(self, lines: Lines, before: int) -> Iterator[tuple[int, list[str]]]:
        """The records that begin in a block, with the lines they begin on."""
        width = len(self.header)
        try:
            yield from records(
                self.source, lines, self.delimiter, before=before, width=width, done=lines.done
            )
        except DataError:
            if self._tidy or self.delimiter == " ":
                raise
            raise Untidy from None


class _Passage:
    """One reading of the rows: how far it is, and the rows of empty cells that may be the last."""

    def __init__(self, file: Chunks, expected: Expected | None, texts: Iterator[str]) -> None:
        self._of, self._expected, self._texts = file, expected, texts
        self._plain = Plain(file.header, file.delimiter)
        self.line = self.row = 0
        self.empty: list[int] = []  # the lines they begin on

    def chunks(self) -> Iterator[Chunk]:
        """All chunks, with the rows they have; those that are empty at the end are left over."""
        rest, above = None, True
        while (text := rest or next(self._texts, None)) is not None:
            quick = None if above or self._expected is None else self._quick(text)
            if quick is not None:
                self.row, self.line, rest = self.row + len(quick), self.line + len(quick), None
                yield quick
                continue
            lines = Lines(text, lambda: next(self._texts, None))
            found = list(self._of.records(lines, before=self.line))
            self.line, rest = self.line + lines.count, lines.rest
            if above and found:
                found, above = found[1:], False
            yield from self._slow(found)

    def _quick(self, text: str) -> Chunk | None:
        """The rows of a block, if each is a line and every cell is what is expected."""
        assert self._expected is not None
        if self.empty:
            return None  # they become rows first, and with them the numbers of these are known
        numbers, texts = self._expected()
        found = self._plain.read(text, numbers, texts, self._of.decimal)
        if found is None:
            return None
        before, line = self.row, self.line
        rows = len(found.frame)
        frame = found.frame.set_index(np.arange(before + 1, before + rows + 1))

        def again() -> Chunk:
            lines = Lines(text, lambda: None)
            return self._table(list(self._of.records(lines, before=line)), before)

        where = np.arange(line + 1, line + rows + 1)
        table = Table(self._of.source, frame, where, self._of.delimiter, "", self._of.decimal)
        return Chunk(table, found.numbers, text, again)

    def _slow(self, found: list[tuple[int, list[str]]]) -> Iterator[Chunk]:
        """The records of a block as rows; those of empty cells at its end may be no rows."""
        width = len(self._of.header)
        for number, (line, cells) in enumerate(found, start=self.row + len(self.empty) + 1):
            if len(cells) != width:
                where = f"{self._of.source}: {row_words(number, line)}"
                raise wrong_width(where, len(cells), width, self._of.delimiter)
        count = len(found)
        while width > 1 and count and not any(found[count - 1][1]):
            count -= 1
        if count:
            earlier = [(line, [""] * width) for line in self.empty]
            rows = [*earlier, *found[:count]]
            chunk = self._table(rows, self.row)
            self.row, self.empty = self.row + len(rows), []
            yield chunk
        self.empty += [line for line, _ in found[count:]]

    def _table(self, rows: list[tuple[int, list[str]]], before: int) -> Chunk:
        columns = list(zip(*(cells for _, cells in rows), strict=True))
        frame = text_frame(self._of.header, columns, len(rows), before)
        lines = np.array([line for line, _ in rows], dtype=np.int64)
        return Chunk(Table(self._of.source, frame, lines, self._of.delimiter, "", self._of.decimal))
