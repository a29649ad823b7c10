"""How much memory a CSV file takes when it is read whole, estimated from its beginning."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from standalone_node.learn.dialect import recognise_delimiter
from standalone_node.learn.streaming.encoded import ByteStream
from standalone_node.problem.memory import machine_memory

#: Bytes of memory at the peak for a byte of the file and for a cell of it, on top: the text itself
#: more than once, of a cell the str and its places in lists and arrays, and the numbers of a fit.
#: Measured: 12 MB of short numbers, 1.4 million cells, took 180 MB to read and 220 MB to fit.
PER_BYTE, PER_CELL = 3.0, 130.0
#: A file that would take more than this share of the memory is read in chunks.
SHARE = 0.5


def memory_need(paths: Iterable[str | Path]) -> float:
    """Bytes of memory at the peak, about, if these files were read whole; 0 for none there."""
    return sum(_need(path) for path in paths if Path(path).is_file())


def too_much() -> float:
    """Bytes of memory that a file may take if it is to be read whole."""
    return SHARE * machine_memory()


def _need(path: str | Path) -> float:
    stream = ByteStream(path)
    read = [0]
    blocks = list(islice(stream.blocks(lambda done: read.append(done)), 2))
    if not blocks:
        return 0.0
    # The first block is told of when the second is asked for.
    head, known = blocks[0], max(1, read[-1])
    size = float(stream.size)
    if stream.compressed:
        size *= len(head) / min(known, stream.size) if len(blocks) > 1 else len(head) / size
    text = head.decode("utf-8", "replace")
    cells = text.count(recognise_delimiter(text)) + text.count("\n")
    return size * (PER_BYTE + PER_CELL * cells / len(head))
