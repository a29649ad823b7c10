"""The rows of a Parquet file in chunks, with the same face as those of a CSV file: `Chunks`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from standalone_node.errors import DataError, NodeError
from standalone_node.learn.streaming.chunks import Chunk
from standalone_node.learn.streaming.encoded import Advance
from standalone_node.learn.streaming.plain import Expected
from standalone_node.learn.table import Table, check_header
from standalone_node.learn.textfile import named_failures

#: Rows of a chunk: as text cells they take some hundred bytes each.
ROWS = 1 << 16
#: Whole numbers beyond it have no float64 of their own; their text has all digits.
_EXACT = 2**53


class ParquetRows:
    """The rows of a Parquet file, from its beginning as often as need be.

    Parameters
    ----------
    path : str or Path
    source : str, optional
        What messages call it; the path, if not given.

    Attributes
    ----------
    source, header, rows, size, decimal, delimiter, notes
        As those of `Chunks`.

    Raises
    ------
    DataError
        The file is none, or its columns have no names.
    NodeError
        There is no pyarrow to read it with.
    """

    decimal, delimiter = ".", ","
    notes: tuple[str, ...] = ()

    def __init__(self, path: str | Path, source: str | None = None) -> None:
        self._path, self.source, self.rows = path, str(path) if source is None else source, 0
        with named_failures(self.source):
            self.size = Path(path).stat().st_size
        with self._opened() as file:
            self.header = [str(name).strip() for name in file.schema_arrow.names]
        check_header(self.source, self.header, 1)

    def _opened(self) -> Any:
        try:
            from pyarrow import ArrowInvalid
            from pyarrow.parquet import ParquetFile
        except ImportError as error:
            raise NodeError(
                f"{self.source}: Parquet files are read by pyarrow, which cannot be imported "
                f"({error}); pip install 'standalone-node[dask]', or write the rows as CSV."
            ) from None
        with named_failures(self.source):
            try:
                return ParquetFile(self._path)
            except ArrowInvalid as error:
                reason = str(error).splitlines()[0].rstrip(".")
                raise DataError(
                    f"{self.source}: this is no whole Parquet file ({reason}); write it again."
                ) from None

    def forgive(self) -> None:
        """Nothing: cells are what they are."""

    def read(
        self, expected: Expected | None = None, advance: Advance | None = None
    ) -> Iterator[Chunk]:
        """All rows, chunk by chunk, as `Chunks.read`."""
        before = 0
        with self._opened() as file:
            for batch in file.iter_batches(batch_size=ROWS):
                frame = batch.to_pandas()
                if not len(frame):
                    continue
                frame.columns = pd.Index(self.header, dtype=object)
                yield self._chunk(frame, before, expected)
                before += len(frame)
        self.rows = before
        if advance is not None:
            advance(self.size)

    def _chunk(self, frame: pd.DataFrame, before: int, expected: Expected | None) -> Chunk:
        again = partial(_as_text, self.source, frame, before)
        if expected is None:
            return again()
        asked, texts = expected()
        numbers = {}
        for name, na in asked.items():
            found = _numbers(frame[name], na)
            if found is None:
                texts = [*texts, name]
            else:
                numbers[name] = found
        if not numbers:
            return again()
        return Chunk(_table(self.source, frame, list(texts), before), numbers, None, again)


def _as_text(source: str, frame: pd.DataFrame, before: int) -> Chunk:
    return Chunk(_table(source, frame, list(frame.columns), before))


def _table(source: str, frame: pd.DataFrame, names: list[str], before: int) -> Table:
    """The text of some columns, as `Table.from_frame` writes it; times always with their time."""
    index = pd.RangeIndex(before + 1, before + len(frame) + 1)
    if not names:
        return Table(source, pd.DataFrame(index=index), None)
    some = frame[names].copy()
    for name in names:
        if pd.api.types.is_datetime64_any_dtype(some[name].dtype):
            # Whether all times of a chunk are midnight must not matter.
            some[name] = some[name].astype(object).map(str, na_action="ignore")
    table = Table.from_frame(some, source)
    table.frame.index = index
    return table


def _numbers(column: pd.Series, na: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """(values, missing) of a column of numbers that are those of their text; None for others."""
    if any(_is_number(text) for text in na) or not isinstance(column.dtype, np.dtype):
        return None
    values = column.to_numpy()
    if values.dtype.kind in "iu":
        if values.size and max(abs(int(values.min())), abs(int(values.max()))) > _EXACT:
            return None
        return values.astype(np.float64), np.zeros(values.size, dtype=bool)
    # Of single precision the text is the shortest, which is another number in double precision.
    if values.dtype != np.float64 or np.isinf(values).any():
        return None
    return values, np.isnan(values)


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
