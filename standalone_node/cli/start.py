"""`--start`: the model that a fit goes on from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from standalone_node.cli.config import given
from standalone_node.cli.rows import formats

F = TypeVar("F", bound=Callable[..., Any])


def start_option(command: F) -> F:
    """The model that a fit goes on from."""
    option = click.option(
        "--start",
        metavar="MODEL",
        help="Go on from the parameters of this model, for the same columns and network; what is "
        "not given is as it was there, and another number of --steps refines it.",
    )
    return option(command)


def _same_dates(schema: Any, options: dict[str, Any]) -> bool:
    known = {column.name: column.format for column in schema.columns}
    # Those of the time that parts the rows are no inputs.
    told = {n: f for n, f in formats(options["date"]).items() if n != options["time"]}
    return all(known.get(name) == format for name, format in told.items())


def _never(schema: Any, options: dict[str, Any]) -> bool:
    return False


#: The table: what a start says of the columns, and whether an option says the same.
_OF_COLUMNS: dict[str, Callable[[Any, dict[str, Any]], bool]] = {
    "ignore": _never,
    "missing": lambda schema, options: schema.missing == options["missing"],
    "na": _never,
    "no_default_na": _never,
    "task": lambda schema, options: options["task"] in ("auto", schema.target.task),
    "weight": lambda schema, options: schema.weight == options["weight"],
    "date": _same_dates,
}


def start_of(ctx: click.Context, options: dict[str, Any]) -> Any:
    """The `Start` that the options name, None if they name none; UsageError beside others."""
    path = options["start"]
    if path is None:
        return None
    if options["cv"] is not None:
        raise click.UsageError(
            "--cv would score rows that the model of --start may have been trained on: leave one "
            "of the two out."
        )
    from standalone_node.learn.model_file import load
    from standalone_node.learn.starting import Start

    start = Start(load(path), path)
    for param in ctx.command.params:
        same = _OF_COLUMNS.get(param.name or "")
        if same and given(ctx, str(param.name)) and not same(start.schema, options):
            raise click.UsageError(
                f"{param.opts[0]} says how columns are read, and --start reads them as its model "
                "does: leave one of the two out."
            )
    return start
