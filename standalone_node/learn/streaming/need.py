"""How much memory a CSV file takes when it is read whole, estimated from its beginning."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from standalone_node.learn.dialect import checked_delimiter, recognise_delimiter
from standalone_node.learn.streaming.encoded import ByteStream
from standalone_node.learn.textfile import most_of_gzip, named_failures
from standalone_node.memory import available_memory, machine_memory

#: Bytes of memory at the peak for a byte of the file and for a cell of it, on top: the text itself
#: more than once, of a cell the str and its places in lists and arrays, and the numbers of a fit.
#: Measured: 12 MB of short numbers, 1.4 million cells, took 180 MB to read and 220 MB to fit; 6 MB
#: of single digits, 3 million cells, took 300 MB; 9.6 MB of 17 digits each, 0.5 million, took 68.
PER_BYTE, PER_CELL = 3.0, 130.0
#: A file that would take more than this share of the memory is read in chunks.
SHARE = 0.5


def memory_need(paths: Iterable[str | Path], delimiter: str | None = None) -> int:
    """Bytes of memory at the peak, about, if these files were read whole; 0 for none there.

    Parameters
    ----------
    paths : iterable of str or Path
        What is no regular file, as standard input, is not looked at.
    delimiter : str, optional
        Recognised if None.

    Raises
    ------
    DataError
        A file cannot be read, or is not the gzip it should be.
    ArgumentError
        The delimiter named is none.
    """
    return round(sum(_need(path, delimiter) for path in paths if os.path.isfile(path)))


def too_much() -> int:
    """Bytes of memory that files may take if they are to be read whole without being asked for.

    What is free now, but no more than a share of all there is.
    """
    return min(round(SHARE * machine_memory()), available_memory())


def content_size(path: str | Path) -> int:
    """The bytes of a file, decompressed, about, as its beginning and end tell."""
    stream = ByteStream(path)
    return round(_content(stream, *_beginning(stream)))


def _need(path: str | Path, delimiter: str | None) -> float:
    stream = ByteStream(path)
    head, share = _beginning(stream)
    if not head:
        return 0.0
    text = head.decode("utf-8", "replace")
    mark = recognise_delimiter(text) if delimiter is None else checked_delimiter(delimiter)
    cells = text.count(mark) + text.count("\n")
    return _content(stream, head, share) * (PER_BYTE + PER_CELL * cells / len(head))


def _beginning(stream: ByteStream) -> tuple[bytes, float]:
    """The first block of a file, and about which share of the file it is."""
    read = [0]
    blocks = list(islice(stream.blocks(read.append), 2))
    if len(blocks) < 2:
        return b"".join(blocks), 1.0
    # The first block is told of when the second is asked for.
    return blocks[0], min(1.0, max(1, read[-1]) / max(1, stream.size))


def _content(stream: ByteStream, head: bytes, share: float) -> float:
    if not stream.compressed:
        return float(stream.size)
    with named_failures(stream.source), stream.path.open("rb") as file:
        file.seek(max(0, stream.size - 4))  # gzip: the size it had, modulo 2**32
        told = int.from_bytes(file.read(4), "little")
    # Damaged data tell any size, but the reader gives up beyond this one.
    return max(len(head) / share, float(min(told, most_of_gzip(stream.size))))
