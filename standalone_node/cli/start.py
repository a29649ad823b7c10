"""`--start`: the model that a fit goes on from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from standalone_node.cli.config import given

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


#: What a start says of the columns, so that no option can.
_OF_COLUMNS = ("ignore", "missing", "na", "no_default_na", "task", "weight", "date")


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
    for param in ctx.command.params:
        if param.name in _OF_COLUMNS and given(ctx, param.name):
            raise click.UsageError(
                f"{param.opts[0]} says how columns are read, and --start reads them as its model "
                "does: leave one of the two out."
            )
    from standalone_node.learn.model_file import load
    from standalone_node.learn.starting import Start

    return Start(load(path), path)
