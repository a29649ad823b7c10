"""What many files offer to learn from: `prepare`, with the rows where an engine places them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standalone_node.engines.engine import Engine
from standalone_node.errors import ArgumentError, DataError
from standalone_node.learn.asked import Asked, Missing
from standalone_node.learn.many_files.group import Recipe, applied, loaded
from standalone_node.learn.many_files.listing import listed_files
from standalone_node.learn.many_files.looking import FilesLooks, Tell, Text, workers_of
from standalone_node.learn.many_files.part import FilesPart, PlacedRows
from standalone_node.learn.many_files.survey import FilesSurvey, surveyed_files
from standalone_node.learn.schema import DEFAULT_NA, Schema
from standalone_node.learn.splitting import check_share
from standalone_node.learn.streaming.filling import filled
from standalone_node.learn.streaming.prepared import StoredPrepared, Usable
from standalone_node.learn.tabular import Fitted
from standalone_node.learn.targets import Task


@dataclass(frozen=True)
class FilesPrepared(StoredPrepared):
    """`Prepared`, with parts on the workers of an engine; the names are those of `Prepared`.

    Attributes
    ----------
    files : int
        How many there are.
    train, test : FilesPart
        Test may be None.
    """

    files: int = 0

    def fit(self, arguments: Mapping[str, Any] | None, **how: Any) -> Fitted:
        """As `fit_files`."""
        from standalone_node.learn.many_files.fitting import fit_files

        return fit_files(self, arguments, **how)

    def close(self) -> None:
        """Nothing: the engine gives the rows up with the last who refers to them."""


def prepare_files(
    data: str | Path | Iterable[str | Path],
    target: str | Sequence[str] | None,
    *,
    engine: Engine,
    delimiter: str | None = None,
    encoding: str | None = None,
    ignore: Sequence[str] = (),
    missing: Missing = "error",
    na: Sequence[str] = DEFAULT_NA,
    task: Task | None = None,
    dates: Mapping[str, str] | None = None,
    weight: str | None = None,
    test_share: float = 0.2,
    seed: int = 0,
    tell: Tell | None = None,
) -> FilesPrepared:
    """Read many files as one table, each where there is somebody to read it, and leave it there.

    Files are read twice: for their columns, and for the rows. These stay where they were read, so
    that nothing but tallies of columns comes here.

    Parameters
    ----------
    data : str, Path, or iterable of them
        See `listed_files`. Who works for the engine has to find the files under the same names.
    target, ignore, missing, na, task, dates
        As in `prepare`.
    engine : Engine
        Where the rows are: see `standalone_node.engines`.
    delimiter, encoding
        As in `read_table`.
    weight : str, optional
        Has to be None: weights are for rows in memory.
    test_share : float
        The probability with which a row is held out, by what it holds and `seed`: equal rows stay
        together, and of many rows about this share is held out.
    seed : int
    tell : callable, optional
        Told what is done, and how many files of how many are done.

    Raises
    ------
    DataError, ArgumentError
        As `read_table` and `prepare`, and if the files have not the same columns.
    ClusterError
        The engine is lost.
    """
    check_share(test_share)
    if weight is not None:
        raise ArgumentError(
            f"weight = {weight!r} is for rows in memory: leave it out, or put all rows into one "
            "CSV file."
        )
    asked = Asked(target, ignore, missing, na, task, dates or {})
    paths = listed_files(data)
    source = str(data) if isinstance(data, str | Path) else f"the {len(paths)} files"
    text = Text(delimiter, encoding, os.getcwd())
    say = tell or (lambda words, done, count: None)
    looks = FilesLooks(engine, paths, source, text, asked, say)
    survey = surveyed_files(looks, source, asked)
    say(f"Reading {source}", 0, len(paths))
    return _placed(engine, survey, source, test_share, seed)


def _placed(
    engine: Engine, survey: FilesSurvey, source: str, share: float, seed: int
) -> FilesPrepared:
    """The rows of files that were looked through, on their workers."""
    schema = survey.schema
    recipe = Recipe(schema, survey.usable, _width(schema), share, seed)
    sizes = [float(rows) for rows in survey.usable]  # not bytes: some may be compressed
    # The recipe is small and goes with the files: what is broadcast is gone with the last worker
    # that has it, when a group has to be made again.
    placed = engine.place(loaded, survey.files, recipe, sizes=sizes)
    codes = len(schema.columns) + len(schema.target_names)
    train = PlacedRows.of(engine, placed, "shards", codes)
    held = PlacedRows.of(engine, placed, "held", codes) if share else None
    if held is not None and not sum(held.sizes):
        raise DataError(
            f"{source}: of {sum(survey.usable)} rows none was drawn to be held out; add rows, name "
            "another --seed, or train on all with --test-share 0."
        )
    schema = filled(schema, source, lambda f, *given: train.each(applied, f, *given))
    return FilesPrepared(
        schema=schema,
        train=FilesPart(schema, train, seed),  # type: ignore[arg-type]
        test=None if held is None else FilesPart(schema, held, seed),  # type: ignore[arg-type]
        usable=Usable(source),
        left_out=survey.rows - sum(survey.usable),
        test_source=None,
        seed=seed,
        notes=(*survey.read_notes, *survey.notes),
        warnings=(*survey.warnings, *_idle(engine, len(survey.files))),
        files=len(survey.files),
    )


def _width(schema: Schema) -> int:
    """The numbers of a state without any that are added."""
    return len(schema.feature_names) + max(len(schema.target_names), len(schema.target.classes))


def _idle(engine: Engine, files: int) -> list[str]:
    """A warning if there are fewer files than workers: a file is read by one of them."""
    count = workers_of(engine)
    if files >= count:
        return []
    plural = "s" * (files > 1)
    return [
        f"there are {count} workers for {files} file{plural}, and each file is kept by one of "
        "them, so that the others have nothing to do: cut the rows into more files."
    ]
