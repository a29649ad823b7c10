"""What a big file offers to learn from: `prepare`, with the rows on the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.asked import Asked, Missing
from standalone_node.learn.schema import DEFAULT_NA, Schema
from standalone_node.learn.splitting import check_share, held_out_rows
from standalone_node.learn.streaming.chunks import Chunks, Untidy
from standalone_node.learn.streaming.draw import Draw, shared_out
from standalone_node.learn.streaming.encoded import ByteStream, recognised
from standalone_node.learn.streaming.filling import filled
from standalone_node.learn.streaming.parts import StoredPart
from standalone_node.learn.streaming.store import Store, check_room
from standalone_node.learn.streaming.survey import Survey, left_out_notes, surveyed
from standalone_node.learn.streaming.writing import write
from standalone_node.learn.targets import Task

#: Told what is done, how many bytes of how many are read, and the name of the file.
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Usable:
    """Where the rows are from."""

    source: str


@dataclass(frozen=True)
class StoredPrepared:
    """`Prepared`, with parts on the disk; the names are those of `Prepared`.

    Attributes
    ----------
    schema : Schema
    train, test : StoredPart
        Test may be None.
    usable : Usable
    left_out : int
    test_source : str or None
    seed : int
    notes, warnings : tuple of str
    """

    schema: Schema
    train: StoredPart
    test: StoredPart | None
    usable: Usable
    left_out: int
    test_source: str | None
    seed: int
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def task(self) -> Task:
        """ "classification" or "regression"."""
        return self.schema.target.task

    def fit(self, arguments: Mapping[str, Any] | None, **how: Any) -> Any:
        """As `fit_stored`."""
        from standalone_node.learn.streaming.fitting import fit_stored

        return fit_stored(self, arguments, **how)

    def close(self) -> None:
        """Give the space on the disk back."""
        for part in (self.train, self.test):
            if part is not None:
                part.store.close()


def prepare_stored(
    path: str | Path,
    target: str | Sequence[str] | None,
    *,
    scratch: str | Path,
    delimiter: str | None = None,
    encoding: str | None = None,
    ignore: Sequence[str] = (),
    missing: Missing = "error",
    na: Sequence[str] = DEFAULT_NA,
    task: Task | None = None,
    dates: Mapping[str, str] | None = None,
    weight: str | None = None,
    test_share: float = 0.2,
    test: str | Path | None = None,
    seed: int = 0,
    dtype: str = "float64",
    tell: Tell | None = None,
) -> StoredPrepared:
    """Read a file in chunks, twice: for its columns, and for the rows, which go to the disk.

    Parameters
    ----------
    path : str or Path
        A file that can be read again: not standard input.
    target, ignore, missing, na, task, dates, test_share, seed
        As in `prepare`; the held-out rows are drawn while they pass by, so that they are not
        those that `prepare` draws.
    weight : str, optional
        Has to be None: weights are for rows in memory.
    scratch : str or Path
        The folder for the numbers of the rows.
    delimiter, encoding
        As in `read_table`.
    test : str or Path, optional
        A file of held-out rows.
    dtype : {"float64", "float32"}
        How the numbers are kept.
    tell : callable, optional
        Told what is done, and how many bytes of how many are read.

    Raises
    ------
    DataError, ArgumentError
        As `read_table` and `prepare`.
    NodeError
        The scratch folder cannot be used, or has no room.
    """
    check_share(test_share)
    if weight is not None:
        raise ArgumentError(
            f"weight = {weight!r} is for rows in memory: leave it out, or read the file whole with "
            "--chunked no."
        )
    asked = Asked(target, ignore, missing, na, task, dates or {})
    said = tell or (lambda words, done, size: None)
    folder = Path(scratch)
    chunks = opened(path, encoding, delimiter, said)
    words = f"Looking through {chunks.source}"
    survey = surveyed(chunks, asked, lambda done: said(words, done, chunks.size))
    stores: list[Store] = []
    try:
        made = _Stored(survey, folder, dtype, said, stores)
        other = None if test is None else opened(test, encoding, delimiter, said)
        return made.prepared(other, test_share, seed)
    except BaseException:
        for store in stores:
            store.close()
        raise


def opened(
    path: str | Path,
    encoding: str | None,
    delimiter: str | None,
    tell: Tell | None = None,
    source: str | None = None,
) -> Chunks:
    """A file to be read in chunks, looked through for its encoding."""
    stream = ByteStream(path, source)
    words = f"Checking the text of {stream.source}"
    said = tell or (lambda words, done, size: None)
    text = recognised(stream, encoding, lambda done: said(words, done, stream.size))
    return Chunks(text, delimiter)


class _Stored:
    """Puts the rows of a surveyed file onto the disk."""

    def __init__(
        self, survey: Survey, folder: Path, dtype: str, tell: Tell, stores: list[Store]
    ) -> None:
        self._survey, self._folder, self._dtype, self._tell = survey, folder, dtype, tell
        self._stores = stores
        self._width = len(survey.schema.columns) + len(survey.schema.target_names)

    def prepared(self, test: Chunks | None, share: float, seed: int) -> StoredPrepared:
        """All of it."""
        survey, chunks = self._survey, self._survey.chunks
        share = share if test is None else 0.0
        draw = self._draw(share, seed)
        check_room(self._folder, survey.usable, self._width, self._dtype)
        train, held = self._store(), None if draw is None else self._store()
        left_out = write(survey.schema, chunks, train, held, draw, self._advance(chunks))
        notes = list(survey.read_notes)
        if test is not None:
            held, gone = self._of_their_own(test)
            left_out += gone
            notes += [*test.notes, *left_out_notes(test.source, gone, survey.schema)]
        schema = filled(survey.schema, chunks.source, lambda f, *given: [f(train.slices(), *given)])
        return StoredPrepared(
            schema=schema,
            train=StoredPart(schema, train, seed),
            test=None if held is None else StoredPart(schema, held, seed),
            usable=Usable(chunks.source),
            left_out=left_out,
            test_source=None if test is None else test.source,
            seed=seed,
            notes=(*notes, *survey.notes),
            warnings=survey.warnings,
        )

    def _of_their_own(self, test: Chunks) -> tuple[Store, int]:
        """The held-out rows of another file, and how many of its rows were left out."""
        schema = self._survey.schema
        test.recognise_decimal()
        check_room(self._folder, test.at_most, self._width, self._dtype)
        held = self._store()
        try:
            gone = write(schema, test, held, advance=self._advance(test))
        except Untidy:
            test.forgive()
            return self._of_their_own(test)
        if not held.rows:
            raise DataError(
                f"{test.source}: every row has a missing cell, so none is left; fill cells in, or "
                "leave out the columns that miss most with --ignore."
            )
        return held, gone

    def _draw(self, share: float, seed: int) -> Draw | None:
        if share == 0.0:
            return None
        survey, classes = self._survey, len(self._survey.schema.target.classes)
        held = held_out_rows(survey.chunks.source, survey.usable, classes, share)
        return Draw(survey.counts, shared_out(survey.counts, held), seed)

    def _store(self) -> Store:
        origin = None if self._dtype == "float64" else self._origin()
        store = Store(self._folder, self._width, self._dtype, origin)
        self._stores.append(store)
        return store

    def _origin(self) -> np.ndarray:
        """The middle of each column of numbers or dates."""
        schema, tallies = self._survey.schema, self._survey.middles
        names = [*(column.name for column in schema.columns), *schema.target_names]
        return np.array([tallies.get(name, 0.0) for name in names])

    def _advance(self, chunks: Chunks) -> Callable[[int], None]:
        words = f"Reading {chunks.source}"
        return lambda done: self._tell(words, done, chunks.size)
