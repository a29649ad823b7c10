"""From a file to its text: compression, encoding, and what is no text at all.

The functions raise `DataError` with one sentence that names the file and the remedy.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from standalone_node.errors import ArgumentError, DataError, NodeError

STANDARD_INPUT = "standard input"
#: Gzip data may become this many times as large, or so many bytes. Tables become 3 to 50 times as
#: large; a file made to fill the memory, a thousand times.
GZIP_SHARE, MOST_OF_GZIP = 200, 64 * 2**20

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet", "export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet", "export it as CSV"),
    (b"PAR1", "a Parquet file", "convert it to CSV"),
    (b"%PDF-", "a PDF document", "export the table in it as CSV"),
    (b"BZh", "compressed with bzip2", "decompress it first"),
    (b"\xfd7zXZ\x00", "compressed with xz", "decompress it first"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", "decompress it first"),
)
#: The pattern of a character that no text has.
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
_LINE_END = re.compile("\r\n|\r|\n")


@contextmanager
def named_failures(path: str | Path) -> Iterator[None]:
    """What goes wrong with opening and reading a file as a sentence that names it."""
    source = str(path)
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{source}: there is no such file; check the path.") from None
    except IsADirectoryError:
        raise DataError(f"{source}: this is a folder; name a CSV file in it.") from None
    except PermissionError:
        raise DataError(f"{source}: no permission to read; change the file's mode.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{source}: the gzip data are damaged or cut off ({error}); fetch the file again."
        ) from None
    except NodeError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{source!r} cannot be read ({reason}); check the path.") from None


def is_gzip(source: str, head: bytes) -> bool:
    """Whether a file that begins so is compressed; DataError if only its name says so."""
    if head.startswith(b"\x1f\x8b"):
        return True
    if source.lower().endswith(".gz") and head:
        raise DataError(f"{source}: the name ends in .gz but the content is not gzip; rename it.")
    return False


def read_bytes(path: str | Path) -> tuple[str, bytes]:
    """The name for messages and the content of a file, decompressed if it is gzip.

    Parameters
    ----------
    path : str or Path
        The file; "-" is standard input. Gzip is known by its first bytes; a name that ends in
        ``.gz`` promises it.

    Raises
    ------
    DataError
        The file is missing, a folder, unreadable, or not the gzip it should be.
    """
    source = STANDARD_INPUT if str(path) == "-" else str(path)
    with named_failures(source):
        data = _standard_input() if str(path) == "-" else Path(path).read_bytes()
        return source, _decompressed(source, data) if is_gzip(source, data) else data


def _decompressed(source: str, data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        content = file.read(most_of_gzip(len(data)) + 1)
    refuse_inflated(source, len(data), len(content))
    return content


def most_of_gzip(packed: int) -> int:
    """The bytes that so many bytes of gzip data may become."""
    return max(MOST_OF_GZIP, GZIP_SHARE * packed)


def refuse_inflated(source: str, packed: int, content: int) -> None:
    """DataError if so many bytes of gzip data became more than a table makes of them."""
    if content > most_of_gzip(packed):
        raise DataError(
            f"{source}: the gzip data become more than {GZIP_SHARE} times as large, as no table "
            "does; decompress them first if they are one."
        )


def _standard_input() -> bytes:
    buffer = getattr(sys.stdin, "buffer", None)
    return buffer.read() if buffer is not None else sys.stdin.read().encode("utf-8")


def decode(source: str, data: bytes, encoding: str | None = None) -> tuple[str, str, list[str]]:
    """The text of a file, the encoding it was read with, and what to say about that.

    Without `encoding`: the byte order mark decides, else UTF-8, else Windows-1252 (said aloud).

    Raises
    ------
    DataError
        The bytes are not text in that encoding, or no text at all.
    ArgumentError
        There is no such encoding.
    """
    if not data:
        raise DataError(f"{source}: the file is empty; a header line and data rows are needed.")
    notes: list[str] = []
    if encoding is not None:
        text = _decoded_as(source, data, encoding)
    else:
        refuse_foreign(source, data)
        text, encoding, notes = _recognised(source, data)
    text = text.removeprefix("\ufeff")
    control = CONTROLS.search(text.removesuffix("\x1a"))  # DOS ended its text files so
    if control:
        raise control_character(source, _line_of(text, control.start()), control.group())
    return text.removesuffix("\x1a"), encoding, notes


def control_character(source: str, line: int, character: str) -> DataError:
    """The error for a character that no text has."""
    return DataError(
        f"{source}: line {line} holds the control character "
        f"{character!r}, so this is not a text file; export it as CSV."
    )


def _decoded_as(source: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise not_encoded(source, encoding, error.start, error.reason) from None
    except (LookupError, ValueError):
        raise no_such_encoding(encoding) from None


def not_encoded(source: str, encoding: str, byte: int, reason: str) -> DataError:
    """The error for bytes that are not text in an encoding; `byte` counts from 0."""
    return DataError(
        f"{source}: the bytes are not {encoding} (at byte {byte + 1}: {reason}); "
        "name the right one with --encoding."
    )


def no_such_encoding(encoding: str) -> ArgumentError:
    """The error for a name that is none of an encoding."""
    return ArgumentError(
        f"there is no text encoding {encoding!r}; name one such as utf-8, cp1252 or utf-16 "
        "with --encoding."
    )


def refuse_foreign(source: str, data: bytes) -> None:
    """DataError for what begins as a file of another kind does."""
    for magic, what, remedy in _FOREIGN:
        if data.startswith(magic):
            raise DataError(f"{source}: this is {what}, not a text file; {remedy}.")


def _recognised(source: str, data: bytes) -> tuple[str, str, list[str]]:
    marked = marked_encoding(data)
    if marked is not None:
        return _decoded_as(source, data, marked), marked, []
    wide = unmarked_utf16(data)
    if wide is not None:
        return _decoded_as(source, data, wide), wide, [unmarked_utf16_note(source, wide)]
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError as error:
        where = data[: error.start].decode("utf-8")
        line = _line_of(where, len(where))
    try:
        text, encoding = data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "latin-1"
    return text, encoding, [not_utf8(source, line, encoding)]


def marked_encoding(data: bytes) -> str | None:
    """The encoding that a byte order mark tells."""
    return next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)


def not_utf8(source: str, line: int, encoding: str) -> str:
    """What to say of a file that was read with an older encoding because of a line."""
    return f"{source} is not UTF-8 (line {line}); it was read as {encoding} (--encoding sets it)."


def unmarked_utf16_note(source: str, encoding: str) -> str:
    """What to say of wide characters without a mark."""
    return f"{source} has no byte order mark; it was read as {encoding}."


def unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: in mostly Latin text every other byte is zero."""
    head = data[:4096]
    odd, even = head[1::2].count(0), head[::2].count(0)
    half = len(head) // 2
    if half and odd > 0.7 * half and not even:
        return "utf-16-le"
    if half and even > 0.7 * half and not odd:
        return "utf-16-be"
    return None


def _line_of(text: str, position: int) -> int:
    return 1 + len(_LINE_END.findall(text, 0, position))
