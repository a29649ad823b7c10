"""A file as blocks of bytes and as blocks of text, again and again, never as a whole."""

from __future__ import annotations

import codecs
import gzip
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from standalone_node.errors import DataError
from standalone_node.learn.textfile import (
    CONTROLS,
    control_character,
    is_gzip,
    marked_encoding,
    named_failures,
    no_such_encoding,
    not_encoded,
    not_utf8,
    refuse_foreign,
    refuse_inflated,
    unmarked_utf16,
    unmarked_utf16_note,
)

#: Bytes of a block. As many rows of text cells as Python objects take some ten times that.
BLOCK = 4 << 20
#: Characters of a line, which has to be held as a whole; a file without line ends is all one.
LONGEST_LINE = 64 << 20
#: Encodings in which a control character is the byte that it is in ASCII.
_ASCII_LIKE = ("utf-8", "utf-8-sig", "cp1252", "latin-1")
_CONTROL_BYTES = bytes(b for b in range(32) if re.match(CONTROLS, chr(b)))

#: Told how many bytes of the file have been read so far, compressed ones if it is.
Advance = Callable[[int], None]


class ByteStream:
    """A file that is read from its beginning as often as need be, decompressed if it is gzip.

    Parameters
    ----------
    path : str or Path
    source : str, optional
        What messages call it; the path, if not given.

    Attributes
    ----------
    source : str
    size : int
        Bytes on the disk.

    Raises
    ------
    DataError
        The file is missing, a folder, unreadable, or not the gzip it should be.
    """

    def __init__(self, path: str | Path, source: str | None = None) -> None:
        self.path, self.source = Path(path), str(path) if source is None else source
        with named_failures(self.source):
            about = self.path.stat()
            # Before it is opened: a pipe that nobody writes to would be waited for.
            if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
                raise DataError(
                    f"{self.source}: this is no regular file, which could be read again; copy it "
                    "into one first."
                )
            self.size = about.st_size
            with self.path.open("rb") as file:
                self.compressed = is_gzip(self.source, file.read(4))

    def blocks(self, advance: Advance | None = None) -> Iterator[bytes]:
        """All bytes, in order; errors as for the file itself, and for gzip data as no table has."""
        count = 0
        with named_failures(self.source), self.path.open("rb") as file:
            stream: BinaryIO = gzip.GzipFile(fileobj=file) if self.compressed else file  # type: ignore[assignment]
            while block := stream.read(BLOCK):
                count += len(block)
                if self.compressed:
                    refuse_inflated(self.source, self.size, count)
                yield block
                if advance is not None:
                    advance(file.tell())


@dataclass(frozen=True)
class Encoded:
    """A file that is text, and how.

    Attributes
    ----------
    stream : ByteStream
    encoding : str
    notes : tuple of str
        What to say about it.
    characters : int
        Their number.
    lines : int
        The number of line ends.
    quoted : bool
        Whether there is a quotation mark in it.
    """

    stream: ByteStream
    encoding: str
    notes: tuple[str, ...]
    characters: int
    lines: int
    quoted: bool

    def texts(self, advance: Advance | None = None) -> Iterator[str]:
        """Whole lines, a block of them at a time.

        Raises
        ------
        DataError
            The file was changed meanwhile, or a line is too long to be held.
        """
        decoder = codecs.getincrementaldecoder(self.encoding)()
        rest: list[str] = []
        lines = held = 0
        with _unchanged(self.stream.source):
            for block in self.stream.blocks(advance):
                text = decoder.decode(block)
                end = _last_line_end(text)
                if end:
                    whole = "".join(rest) + text[:end]
                    lines += _line_ends(whole)
                    yield whole
                    rest, held = [text[end:]], len(text) - end
                else:
                    rest.append(text)
                    held += len(text)
                if held > LONGEST_LINE:
                    raise _too_long(self.stream.source, lines + 1)
            rest.append(decoder.decode(b"", True))
        last = "".join(rest).removesuffix("\x1a")
        if last:
            yield last


def _too_long(source: str, line: int) -> DataError:
    return DataError(
        f"{source}: line {line} has more than {LONGEST_LINE:,} characters, as no row of a table "
        "has; check that the file is a table, and its line ends."
    )


@contextmanager
def _unchanged(source: str) -> Iterator[None]:
    """An error of decoding that the first reading did not meet."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source}: the file was changed while it was read ({error.reason}); run the command "
            "again."
        ) from None


def _last_line_end(text: str) -> int:
    """Behind the last end of a line; of "\\r" not if it is the very last: "\\n" may follow."""
    end = text.rfind("\n") + 1
    return end or text.rfind("\r", 0, max(0, len(text) - 1)) + 1


def recognised(
    stream: ByteStream, encoding: str | None = None, advance: Advance | None = None
) -> Encoded:
    """Look through a file once for its encoding: as `decode` does, without keeping the text.

    Raises
    ------
    DataError
        The file is empty, no text in that encoding, or no text at all.
    ArgumentError
        There is no such encoding.
    """
    source = stream.source
    head = next(stream.blocks(), b"")
    if not head:
        raise DataError(f"{source}: the file is empty; a header line and data rows are needed.")
    notes: tuple[str, ...] = ()
    known = encoding
    if known is None:
        refuse_foreign(source, head)
        known = marked_encoding(head)
        if known is None and (wide := unmarked_utf16(head)):
            known, notes = wide, (unmarked_utf16_note(source, wide),)
    if known is not None:
        decoder = _decoder(known, head)
        found = _Scan(stream, decoder).run(advance)
        if isinstance(found, _Undecodable):
            raise not_encoded(source, known, found.byte, found.reason)
        return Encoded(stream, decoder, notes, *found)
    failure = _Scan(stream, "utf-8").run(advance)
    if not isinstance(failure, _Undecodable):
        return Encoded(stream, "utf-8", (), *failure)
    for other in ("cp1252", "latin-1"):
        found = _Scan(stream, other).run(advance)
        if not isinstance(found, _Undecodable):
            return Encoded(stream, other, (not_utf8(source, failure.line, other),), *found)
    raise AssertionError("every byte is a character of latin-1")


def _decoder(encoding: str, head: bytes) -> str:
    """The encoding for a decoder that gets a file piece by piece; ArgumentError if there is none.

    Without a mark UTF-16 and UTF-32 have the order of the machine, but their decoders want one.
    """
    try:
        name = codecs.lookup(encoding).name
        b"a".decode(encoding)  # refuses what encodes no text
    except UnicodeDecodeError:
        pass
    except (LookupError, ValueError):
        raise no_such_encoding(encoding) from None
    if name in ("utf-16", "utf-32") and marked_encoding(head) is None:
        return f"{name}-{sys.byteorder[0]}e"
    return encoding


@dataclass(frozen=True)
class _Undecodable:
    """The first byte (from 0) that is none of an encoding, and the line it is on."""

    byte: int
    line: int
    reason: str


class _Scan:
    """One reading of a file in an encoding: its length, or where it fails."""

    def __init__(self, stream: ByteStream, encoding: str) -> None:
        self._stream, self._encoding = stream, encoding
        self._characters = self._lines = 0
        self._quoted = False
        self._return = False  # whether the text so far ends with "\r"
        self._dos_end: int | None = None  # the line on which it ends with "\x1a"

    def run(self, advance: Advance | None) -> tuple[int, int, bool] | _Undecodable:
        """(characters, line ends, whether there are quotes), or the first byte that fits not."""
        decoder = codecs.getincrementaldecoder(self._encoding)()
        offset, last = 0, b""
        try:
            for last in self._stream.blocks(advance):
                self._look(decoder.decode(last))
                offset += len(last)
            last = b""
            self._look(decoder.decode(b"", True))
        except UnicodeDecodeError as error:
            held = len(error.object) - len(last)  # bytes of a character that began before
            good = error.object[: error.start].decode(self._encoding, "ignore")
            line = 1 + self._lines + _line_ends(good)
            return _Undecodable(offset - held + error.start, line, error.reason)
        return self._characters, self._lines, self._quoted

    def _look(self, text: str) -> None:
        if text and self._dos_end is not None:
            raise control_character(self._stream.source, self._dos_end, "\x1a")
        found = None if _plain(text, self._encoding) else re.search(CONTROLS, text)
        if found is not None:
            line = 1 + self._lines + _line_ends(text[: found.start()])
            if found.group() != "\x1a" or found.end() < len(text):
                raise control_character(self._stream.source, line, found.group())
            self._dos_end = line  # DOS ended its text files so, but this may not be the end
        self._characters += len(text)
        self._quoted = self._quoted or '"' in text
        self._lines += _line_ends(text) - (self._return and text.startswith("\n"))
        if text:
            self._return = text.endswith("\r")


def _plain(text: str, encoding: str) -> bool:
    """Whether there are no control characters, told by the fastest way there is."""
    if not text.isascii() and encoding not in _ASCII_LIKE:
        return re.search(CONTROLS, text) is None
    data = text.encode("utf-8")
    return len(data.translate(None, _CONTROL_BYTES)) == len(data)


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")
