"""Looking through many files for their columns, each file where there is somebody to do it."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from standalone_node.engines.engine import Engine
from standalone_node.engines.here import threads_here
from standalone_node.errors import DataError
from standalone_node.learn.asked import Asked, Roles
from standalone_node.learn.cells import listed, quoted
from standalone_node.learn.dialect import concluded_decimal, delimiter_name
from standalone_node.learn.many_files.listing import kind_of_file
from standalone_node.learn.many_files.parquet import ParquetRows
from standalone_node.learn.streaming.chunks import Chunks
from standalone_node.learn.streaming.prepared import opened
from standalone_node.learn.streaming.survey import Looks
from standalone_node.learn.tally import Tally

#: A file, and what was found out of how it is to be read: small, and sent to whoever reads it.
File = Chunks | ParquetRows
#: So many distinct texts of a column are sent along where no more than a few are needed.
FEW = 1000
#: Files for each worker that are looked through before what was found is put together.
AT_ONCE = 4
#: Told what is done, and how many files of how many are done.
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Text:
    """How files of text are read.

    Attributes
    ----------
    delimiter, encoding : str or None
        As in `read_table`.
    folder : str
        Where relative names begin: workers may be at home elsewhere.
    """

    delimiter: str | None = None
    encoding: str | None = None
    folder: str = ""

    def open(self, name: str) -> File:
        """A file to be read in chunks, which messages call by its name.

        Raises
        ------
        DataError
            As `Chunks` and `ParquetRows`; and if a worker does not see the file.
        """
        path = os.path.join(self.folder, name)
        if threads_here() is not None and not os.path.exists(path):
            raise DataError(
                f"{name}: the worker on {platform.node()} sees no such file ({path}); have the "
                "files under the same names wherever there are workers, on a disk that all share."
            )
        if kind_of_file(name) == "parquet":
            return ParquetRows(path, name)
        chunks = opened(path, self.encoding, self.delimiter, source=name)
        chunks.may_be_empty = True
        return chunks


@dataclass(frozen=True)
class Looked:
    """What one look through a file found.

    Attributes
    ----------
    file : Chunks or ParquetRows
        With the decimal mark that it has for itself.
    tallies : dict
    decimals : tuple of int
        How many cells are numbers with a decimal comma, and with a point.
    usable : int
        The rows that can be used.
    """

    file: File
    tallies: dict[str, Tally]
    decimals: tuple[int, int]
    usable: int


@dataclass(frozen=True)
class Question:
    """What a look is for.

    Attributes
    ----------
    asked : Asked
    needed : frozenset of str or None
        The columns whose missing cells take their row out; None for those of the first look.
    lacking : frozenset of str
        Columns whose texts are needed for sure.
    """

    asked: Asked
    needed: frozenset[str] | None = None
    lacking: frozenset[str] = frozenset()


def look_at(path: str, text: Text, question: Question) -> Looked:
    """The first look through a file."""
    return look_again(text.open(path), question, known=None)


def look_again(file: File, question: Question, known: bool | None = True) -> Looked:
    """A look through a file whose decimal mark is known."""
    asked = question.asked
    # What is to be ignored need not be in every file.
    here = replace(asked, ignore=[name for name in asked.ignore if name in file.header])
    roles = here.roles(file.source, file.header)
    needed = first_needed(asked, roles) if question.needed is None else question.needed
    looks = Looks(file, roles, asked.tokens, None, question.lacking, known)
    tallies = looks(needed)
    for tally in tallies.values():
        if asked.task != "classification" and tally.name not in question.lacking:
            tally.thin(FEW)
        tally.name_file(file.source)
    return Looked(file, tallies, looks.decimals, tallies[roles.goals[0]].kept)


def first_needed(asked: Asked, roles: Roles) -> frozenset[str]:
    """The columns whose missing cells take their row out in the first look: as in `concluded`."""
    return frozenset(roles.inputs if asked.missing == "drop" else ())


class FilesLooks:
    """Readings of many files, each for the tallies of their columns: a `Look`.

    Parameters
    ----------
    engine : Engine
    paths : tuple of str
    source : str
        What messages call all of them.
    text : Text
    asked : Asked
    tell : callable

    Attributes
    ----------
    roles : Roles
    files : list of File
    decimal : str
    tallies : dict
        Of the last look.
    usable : list of int
        The rows of each file that can be used, by the last look.
    notes : list of str
    """

    def __init__(
        self,
        engine: Engine,
        paths: tuple[str, ...],
        source: str,
        text: Text,
        asked: Asked,
        tell: Tell,
    ) -> None:
        self._engine, self._source, self._asked, self._tell = engine, source, asked, tell
        self._lacking: frozenset[str] = frozenset()
        self.files: list[File] = []
        self.tallies: dict[str, Tally] = {}
        decimals = self._over(look_at, paths, text, Question(asked))
        _require_same_delimiter(self.files)
        self.roles = asked.roles(source, self._all_names())
        self.decimal, self.notes = _decimal(source, self.files, decimals)
        stale = any(file.decimal != self.decimal for file in self.files)
        for file in self.files:
            file.decimal = self.decimal
        self._needed = first_needed(asked, self.roles)
        if stale or self._lack_texts():
            self._again(self._needed)

    def _all_names(self) -> list[str]:
        first = self.files[0].header
        ignored = [n for f in self.files for n in f.header if n in self._asked.ignore]
        return [*first, *(name for name in dict.fromkeys(ignored) if name not in first)]

    def __call__(self, needed: frozenset[str]) -> dict[str, Tally]:
        """The tallies, given the columns whose missing cells take their row out."""
        if needed != self._needed:
            self._again(needed)
        return self.tallies

    def _again(self, needed: frozenset[str]) -> None:
        while True:
            question = Question(self._asked, needed, self._lacking)
            self._over(look_again, self.files, question)
            self._needed = needed
            if not self._lack_texts():
                return

    def _lack_texts(self) -> bool:
        """Whether there are columns whose texts are needed after all, and which were not kept."""
        lacking = [name for name, tally in self.tallies.items() if tally.lacks_texts]
        self._lacking |= frozenset(lacking)
        return bool(lacking)

    def _over(self, look: Callable[..., Looked], items: Any, *shared: Any) -> list[tuple[int, int]]:
        """Look through all files, some at a time, and put what is found together in their order.

        So no more tallies are here at once than those of a few files. Returned are the decimal
        marks that were counted in each.
        """
        words, ended, files, decimals = f"Looking through {self._source}", [0], [], []
        self.tallies, self.usable = {}, []

        def done(place: int, looked: Looked) -> None:
            ended[0] += 1
            self._tell(words, ended[0], len(items))

        step = AT_ONCE * workers_of(self._engine)
        for start in range(0, len(items), step):
            some = items[start : start + step]
            for looked in self._engine.over(look, some, *shared, done=done):
                files.append(looked.file)
                decimals.append(looked.decimals)
                _require_same_columns(files[0], looked.file, self._asked)
                self.usable.append(looked.usable)
                self._merge(looked.tallies)
        for tally in self.tallies.values():
            if tally.thinned:
                tally.thin(FEW)  # so that what is said of it does not depend on the files
        self.files = files
        return decimals

    def _merge(self, tallies: dict[str, Tally]) -> None:
        """The rows of another file behind those so far."""
        for name, tally in tallies.items():
            if name in self.tallies:
                self.tallies[name].merge(tally)
            else:
                self.tallies[name] = tally


def workers_of(engine: Any) -> int:
    """How many places an engine has for files: its workers, or this process."""
    return len(engine.workers()) if hasattr(engine, "workers") else 1


def _require_same_columns(first: File, file: File, asked: Asked) -> None:
    """DataError for a file that has other columns than the first one."""
    known = set(first.header).difference(asked.ignore)
    own = set(file.header).difference(asked.ignore)
    if known - own:
        name = next(name for name in first.header if name in known - own)
        raise DataError(
            f"{file.source}: there is no column {quoted(name)}, which {first.source} has; the "
            f"columns are {listed(file.header)}; add it, or leave it out of all files with "
            f"--ignore {quoted(name)}."
        )
    if own - known:
        name = next(name for name in file.header if name in own - known)
        raise DataError(
            f"{file.source}: there is a column {quoted(name)}, which {first.source} does not "
            f"have; add it there, or leave it out with --ignore {quoted(name)}."
        )


def _require_same_delimiter(files: list[File]) -> None:
    first = files[0]
    for file in files[1:]:
        if file.delimiter != first.delimiter and len(file.header) > 1:
            raise DataError(
                f"{file.source}: the fields are separated by a {delimiter_name(file.delimiter)}, "
                f"those of {first.source} by a {delimiter_name(first.delimiter)}; write all files "
                "alike, or name the --delimiter."
            )


def _decimal(
    source: str, files: list[File], decimals: list[tuple[int, int]]
) -> tuple[str, list[str]]:
    """The decimal mark of all files, and what to say of it; DataError if they do not agree."""
    commas, points = (sum(counts[i] for counts in decimals) for i in (0, 1))
    mark, notes = concluded_decimal(source, commas, points)
    told = [file for file, counts in zip(files, decimals, strict=True) if sum(counts)]
    first, *others = told or files[:1]
    for file in others:
        if file.decimal != first.decimal:
            names = {",": "comma", ".": "point"}
            raise DataError(
                f"{file.source}: the numbers are written with a decimal {names[file.decimal]}, "
                f"those of {first.source} with a {names[first.decimal]}; write all files alike."
            )
    return mark, notes
