"""The options that say which rows to learn from, and the rows themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from standalone_node.cli.config import given
from standalone_node.cli.many_files import files_of, is_many, rows_of_files
from standalone_node.cli.messages import Messages
from standalone_node.cli.options import OneOrMore, reading_options, seed_option
from standalone_node.errors import DataError

F = TypeVar("F", bound=Callable[..., Any])


def data_options(command: F) -> F:
    """What is read, what it is taken for, and what is held out: `prepared_rows` reads them."""
    return _column_options(_held_out_options(command))


def _column_options(command: F) -> F:
    """What is read, and what it is taken for."""
    options = (
        click.option(
            "--target",
            multiple=True,
            cls=OneOrMore,
            metavar="COLUMN",
            help="The column to learn; repeatable for several columns of numbers.",
        ),
        click.option(
            "--ignore", multiple=True, metavar="COLUMN", help="A column to leave out; repeatable."
        ),
        click.option(
            "--weight",
            metavar="COLUMN",
            help="A column that says how much each row counts, in the fit and in the scores: 2 as "
            "if it were there twice, 0 not at all; it is no input.",
        ),
        click.option(
            "--date",
            multiple=True,
            metavar="COLUMN=FORMAT",
            help="How the dates of a column are written, such as day=%d/%m/%Y, where it cannot be "
            "told; repeatable.",
        ),
        click.option(
            "--missing",
            type=click.Choice(["error", "drop", "impute"]),
            default="error",
            show_default=True,
            help="Missing cells are an error, leave their row out, or are filled in with the "
            "median or the most frequent category of the training rows.",
        ),
        click.option(
            "--na",
            multiple=True,
            metavar="TEXT",
            help="A cell that counts as missing, besides the empty cell and the usual NA, N/A, "
            "NaN, NULL, None, ? and the like; repeatable.",
        ),
        click.option(
            "--no-default-na", is_flag=True, help="Only the empty cell and --na are missing."
        ),
        reading_options,
        click.option(
            "--task",
            type=click.Choice(["auto", "classification", "regression"]),
            default="auto",
            show_default=True,
            help="auto: text, booleans and at most 20 distinct whole numbers are classes.",
        ),
    )
    return _with(options, command)


def _held_out_options(command: F) -> F:
    """What is held out, and how."""
    options = (
        click.option(
            "--test-share",
            type=float,
            default=0.2,
            show_default=True,
            help="Share of the rows to hold out and score on; 0 trains on all.",
        ),
        click.option(
            "--test", "test_file", metavar="FILE", help="Held-out rows in a file of their own."
        ),
        click.option(
            "--group",
            metavar="COLUMN",
            help="Rows of one value of this column stay together, all held out or none; it is no "
            "input.",
        ),
        click.option(
            "--time",
            metavar="COLUMN",
            help="Hold the last rows by this column out, of numbers or dates; it is no input.",
        ),
        seed_option,
    )
    return _with(options, command)


def _with(options: Sequence[Callable[[F], F]], command: F) -> F:
    """The options, in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def refuse_both(ctx: click.Context, options: dict[str, Any]) -> None:
    """UsageError if held-out rows are asked for in two ways, or rows are parted for nothing."""
    if options["group"] is not None and options["time"] is not None:
        raise click.UsageError(
            "--group keeps rows together and --time goes by their order: leave one of the two out."
        )
    if options["test_file"] is not None and given(ctx, "test_share"):
        raise click.UsageError(
            "--test FILE names the held-out rows, so there is no --test-share: leave one out."
        )
    whole = options["test_file"] is not None or options["test_share"] == 0.0
    for name in ("group", "time"):
        if options[name] is not None and whole and options.get("cv") is None:
            raise click.UsageError(
                f"--{name} says how rows are parted, and none are drawn: leave it out, or hold "
                "rows out with --test-share."
            )


def prepared_rows(
    data: str, target: str | Sequence[str] | None, options: dict[str, Any], start: Any = None
) -> Any:
    """The rows as the options of `data_options` want them, a `Prepared`.

    Parameters
    ----------
    data : str
    target : str, sequence of str, or None
    options : dict
    start : Start, optional
        Whose columns they have.
    """
    if data == "-" and sys.stdin.isatty():
        click.echo("Reading the data from the terminal; end with Ctrl-D.", err=True)
    from standalone_node.learn.table import read_table
    from standalone_node.learn.tabular import prepare

    reading = {"delimiter": options["delimiter"], "encoding": options["encoding"]}
    table = read_table(data, **reading)
    test = read_table(options["test_file"], **reading) if options["test_file"] else None
    known = None if start is None else start.schema
    how = {**recognition(options), **_parting(options), "known": known}
    return prepare(table, target, test=test, **how)


def formats(texts: Sequence[str]) -> dict[str, str]:
    """The formats of dates by their columns; UsageError for a text that has not both."""
    found = {}
    for text in texts:
        name, _, form = text.rpartition("=")
        if not (name and form):
            raise click.UsageError(
                f"--date {text!r} has to be a column and a format with an equals sign between, "
                "such as day=%d/%m/%Y."
            )
        found[name] = form
    return found


def recognition(options: dict[str, Any]) -> dict[str, Any]:
    """What the options say of columns and held-out rows, as arguments of `prepare`."""
    from standalone_node.learn.schema import DEFAULT_NA

    usual = () if options["no_default_na"] else DEFAULT_NA
    return {
        "ignore": options["ignore"],
        "missing": options["missing"],
        "na": (*usual, *options["na"]),
        "task": None if options["task"] == "auto" else options["task"],
        "dates": formats(options["date"]),
        "weight": options["weight"],
        "test_share": options["test_share"],
        "seed": options["seed"],
    }


def _parting(options: dict[str, Any]) -> dict[str, Any]:
    """By what rows are parted, as arguments of `prepare`."""
    return {"group": options["group"], "time": options["time"]}


def chunked_option(command: F) -> F:
    """Whether the file is read in chunks."""
    option = click.option(
        "--chunked",
        type=click.Choice(["auto", "yes", "no"]),
        default="auto",
        show_default=True,
        help="Read DATA in chunks; auto does so if it is too big for the memory.",
    )
    return option(command)


def scratch_option(command: F) -> F:
    """Where the numbers of the rows are kept if the file is read in chunks."""
    option = click.option(
        "--scratch",
        metavar="FOLDER",
        help="Where the rows of a file that is read in chunks are kept meanwhile.  "
        "[default: beside the model]",
    )
    return option(command)


@contextmanager
def rows_for_fit(
    data: str,
    target: str | Sequence[str] | None,
    options: dict[str, Any],
    messages: Messages,
    start: Any = None,
    engine: Any = None,
) -> Iterator[Any]:
    """The rows while they are needed: in memory, on the disk, or those of many files.

    A `Prepared`, a `StoredPrepared` or a `FilesPrepared`, the last on an engine, this process if
    there is none. UsageError or ArgumentError if an option has no meaning for such rows.
    """
    if is_many(data):
        yield rows_of_files(data, target, options, messages, engine)
        return
    why = why_chunked(
        data, options["chunked"], options["test_file"], delimiter=options["delimiter"]
    )
    _check_scratch(data, options)
    if why is None:
        _refuse_without_batches(options)
        with chunks_as_remedy(data):
            prepared = prepared_rows(data, target, options, start)
        yield prepared
        return
    from standalone_node.learn.streaming.fitting import refuse_unheld
    from standalone_node.learn.streaming.prepared import prepare_stored
    from standalone_node.report.reading_progress import reading_progress
    from standalone_node.report.terminal import terminal

    for name in ("report", "refit", "cv", "group", "time", "start", "weight"):
        if options[name]:
            raise click.UsageError(
                f"--{name} needs all rows in memory: leave it out, or read DATA whole with "
                "--chunked no."
            )
    refuse_unheld(options)
    messages.note(why)
    scratch = options["scratch"]
    if scratch is None:
        scratch = str(Path(options["output"] or data).parent)
    with reading_progress(terminal(stderr=True), quiet=options["quiet"]) as shown:
        prepared = prepare_stored(
            data,
            target,
            scratch=scratch,
            delimiter=options["delimiter"],
            encoding=options["encoding"],
            test=options["test_file"],
            dtype=options["dtype"] or "float64",
            tell=shown.read,
            **recognition(options),
        )
    with closing(prepared):
        _say_defaults(prepared, options, messages)
        yield prepared


def _refuse_without_batches(options: dict[str, Any]) -> None:
    """UsageError for what is about batches, of which there are none in memory unless asked for."""
    for name in ("epochs", "batch_iterations", "proximal"):
        if options[name] is not None and options["batch_size"] is None:
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(f"{flag} is about batches: add --batch-size.")


def _check_scratch(data: str, options: dict[str, Any]) -> None:
    """Refuse --scratch where nothing is kept there for sure, or where nothing can be."""
    if options["scratch"] is None:
        return
    if options["chunked"] == "no" or data == "-":
        raise click.UsageError(
            "--scratch is where the rows of a file lie that is read in chunks, and DATA is read "
            "whole: leave it out, or read a file with --chunked yes."
        )
    if not os.path.isdir(options["scratch"]):
        raise DataError(
            f"{options['scratch']!r}: there is no such folder; make it, or name another one with "
            "--scratch."
        )


@contextmanager
def chunks_as_remedy(data: str, possible: bool = True) -> Iterator[None]:
    """What is too large for the memory is refused with a remedy more, to read it in chunks.

    Parameters
    ----------
    data : str
        Standard input cannot be read in chunks.
    possible : bool
        Whether it can be for all that the other options say.
    """
    from standalone_node.learn.room import TooLarge

    try:
        yield
    except TooLarge as refused:
        if not possible or data == "-":
            raise
        sentence = str(refused).removesuffix(".")
        raise DataError(f"{sentence}, or read it in chunks with --chunked yes.") from None


def why_chunked(
    data: str, chunked: str, *others: str | None, delimiter: str | None = None
) -> str | None:
    """A sentence on why a file is read in chunks; None if it is read whole.

    Parameters
    ----------
    data : str
    chunked : {"auto", "yes", "no"}
    *others : str or None
        Files that are read, too.
    delimiter : str, optional
        That of the files, if it is named.

    Raises
    ------
    click.UsageError
        Standard input is to be read in chunks.
    """
    if chunked == "no" or (chunked == "auto" and data == "-"):
        return None
    if data == "-":
        raise click.UsageError(
            "--chunked yes reads DATA more than once, which standard input does not allow: write "
            "it to a file first."
        )
    if chunked == "yes":
        return f"{data} is read in chunks, as asked."
    from standalone_node.learn.streaming.need import memory_need, too_much

    need, limit = memory_need([name for name in (data, *others) if name], delimiter), too_much()
    if need <= limit:
        return None
    from standalone_node.memory import size_text

    return (
        f"{data} is read in chunks: read whole it would take about {size_text(need)} of memory, "
        f"more than {size_text(limit)}, the lesser of what is free and half of all (--chunked no "
        "reads it whole if it fits)."
    )


def _say_defaults(prepared: Any, options: dict[str, Any], messages: Messages) -> None:
    from standalone_node.learn.streaming.fitting import stored_defaults

    defaults = stored_defaults(len(prepared.train), {})
    taken = [name for name in ("batch_size", "epochs") if options[name] is None]
    if taken:
        said = " and ".join(f"--{n.replace('_', '-')} {defaults[n]}" for n in taken)
        messages.note(f"the rows are gone through in batches, with {said}.")
    if prepared.task == "regression" and options["l2"] in (None, "auto"):
        messages.note(f"--l2 is chosen by {len(prepared.train.inputs):,} of the training rows.")


def input_files(data: str, options: dict[str, Any]) -> tuple[str, ...]:
    """The files that are read, standard input not among them."""
    files = files_of(data) if is_many(data) else (data,)
    named = [*files, *(options[name] for name in ("test_file", "start") if options.get(name))]
    return tuple(source for source in named if source != "-")
