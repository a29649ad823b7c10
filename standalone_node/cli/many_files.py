"""DATA that stands for many files: a pattern, a folder, or what is read in the same way."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import click

from standalone_node.cli.messages import Messages

#: Options that have no meaning for rows that are not in memory.
_IN_MEMORY = ("report", "refit", "cv", "group", "time", "start", "weight", "test_file", "scratch")


def is_many(data: str) -> bool:
    """Whether DATA is read as many files are; nothing is imported to find out what it is not."""
    plain = data == "-" or not re.search(r"[*?\[]|\.(parquet|pq)$", data.lower())
    if plain and not os.path.isdir(data):
        return False
    from standalone_node.learn.many_files.listing import means_many

    return means_many(data)


def files_of(data: str) -> tuple[str, ...]:
    """The files that DATA stands for; DataError if there are none."""
    from standalone_node.learn.many_files.listing import listed_files

    return listed_files(data)


def model_of(data: str) -> str:
    """The model of many files: called after the folder they are in, and beside it."""
    from standalone_node.learn.many_files.listing import base_of

    base = base_of(data)
    if base is None:
        raise click.UsageError(f"{data} has no name to call the model after: add -o MODEL.")
    return f"{base}.node.npz"


def rows_of_files(
    data: str,
    target: str | Sequence[str] | None,
    options: dict[str, Any],
    messages: Messages,
    engine: Any = None,
) -> Any:
    """The rows of many files as the options of `data_options` want them, a `FilesPrepared`.

    Parameters
    ----------
    data : str
    target : str, sequence of str, or None
    options : dict
    messages : Messages
    engine : Engine, optional
        This process if there is none.
    """
    from standalone_node.cli.rows import recognition
    from standalone_node.engines.local import Local
    from standalone_node.learn.many_files.prepared import prepare_files
    from standalone_node.report.reading_progress import reading_progress
    from standalone_node.report.terminal import terminal

    files = files_of(data)
    if len(files) > 1:
        messages.note(f"{data}: {len(files):,} files are read as one table.")
    with reading_progress(terminal(stderr=True), quiet=options["quiet"]) as shown:
        prepared = prepare_files(
            data,
            target,
            engine=Local() if engine is None else engine,
            delimiter=options["delimiter"],
            encoding=options["encoding"],
            tell=shown.files,
            **recognition(options),
        )
    if prepared.task == "regression" and options["l2"] in (None, "auto"):
        messages.note(f"--l2 is chosen by {len(prepared.train.inputs):,} of the training rows.")
    return prepared


def refuse_options(options: dict[str, Any]) -> None:
    """UsageError or ArgumentError for an option that is for rows in memory, or one big file."""
    from standalone_node.learn.many_files.fitting import refuse_unplaced

    refuse_unplaced(options)
    for name in _IN_MEMORY:
        if options[name]:
            flag = "test" if name == "test_file" else name
            raise click.UsageError(
                f"--{flag} is for the rows of one CSV file, and DATA is read as many files are: "
                "leave it out."
            )
    if options["chunked"] == "yes":
        raise click.UsageError(
            "--chunked yes keeps the rows of one CSV file on the disk, and DATA is read as many "
            "files are: leave it out."
        )
    for name in ("epochs", "batch_iterations", "proximal"):
        if options[name] is not None:
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(
                f"{flag} is about batches, of which rows of many files have none: leave it out."
            )
