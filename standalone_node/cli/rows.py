"""The options that say which rows to learn from, and the rows themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from standalone_node.cli.config import given
from standalone_node.cli.options import reading_options, seed_option

F = TypeVar("F", bound=Callable[..., Any])


def data_options(command: F) -> F:
    """What is read, what it is taken for, and what is held out: `prepared_rows` reads them."""
    options = (
        click.option("--target", metavar="COLUMN", help="The column to learn."),
        click.option(
            "--ignore", multiple=True, metavar="COLUMN", help="A column to leave out; repeatable."
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
        seed_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def refuse_both(ctx: click.Context, options: dict[str, Any]) -> None:
    """UsageError if held-out rows are asked for in two ways."""
    if options["test_file"] is not None and given(ctx, "test_share"):
        raise click.UsageError(
            "--test FILE names the held-out rows, so there is no --test-share: leave one out."
        )


def prepared_rows(data: str, target: str | None, options: dict[str, Any]) -> Any:
    """The rows as the options of `data_options` want them, a `Prepared`."""
    if data == "-" and sys.stdin.isatty():
        click.echo("Reading the data from the terminal; end with Ctrl-D.", err=True)
    from standalone_node.learn.schema import DEFAULT_NA
    from standalone_node.learn.table import read_table
    from standalone_node.learn.tabular import prepare

    reading = {"delimiter": options["delimiter"], "encoding": options["encoding"]}
    table = read_table(data, **reading)
    test = read_table(options["test_file"], **reading) if options["test_file"] else None
    usual = () if options["no_default_na"] else DEFAULT_NA
    return prepare(
        table,
        target,
        ignore=options["ignore"],
        missing=options["missing"],
        na=(*usual, *options["na"]),
        task=None if options["task"] == "auto" else options["task"],
        test_share=options["test_share"],
        test=test,
        seed=options["seed"],
    )


def input_files(data: str, options: dict[str, Any]) -> tuple[str, ...]:
    """The files that are read, standard input not among them."""
    named = [data, *([options["test_file"]] if options["test_file"] else [])]
    return tuple(source for source in named if source != "-")
