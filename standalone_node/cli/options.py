"""The options that commands share, and those that are the arguments of the estimators."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

import click

from standalone_node.cli.arguments import ARGUMENTS

F = TypeVar("F", bound=Callable[..., Any])


_FLAGS = {argument.name: argument.flag for argument in ARGUMENTS} | {
    "task": "--task",
    "test_share": "--test-share",
    "random_state": "--seed",
    "max_sweeps": "--max-sweeps",
    "time_limit": "--time-limit",
    "level": "--level",
    "checkpoint": "--checkpoint",
    "every": "--every",
    "engine": "--engine",
    "client": "--scheduler",
    "workers": "--workers",
    "timeout": "--timeout",
    "batches: size": "--batch-size",
    "batches: epochs": "--epochs",
    "batches: iterations": "--batch-iterations",
    "batches: proximal": "--proximal",
}


#: Names that a sentence would not use for anything else, although they have no underscore.
_NO_WORDS = ("timeout",)


class ArgumentOption(click.Option):
    """An option whose default stands in the estimators, from where `--help` reads it."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The line of `--help`, with the default."""
        record = super().get_help_record(ctx)
        if record is None or self.name is None:
            return record
        return record[0], f"{record[1]}  [default: {shown_default(self.name)}]"


class OneOrMore(click.Option):
    """An option that may be repeated: None without it, one value as it is, several as a tuple."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The value, or the tuple of them."""
        found = super().process_value(ctx, value)
        return found if len(found) > 1 else next(iter(found), None)


#: What the default None means, where it is one.
_NONE = {
    "threads": "all processors",
    "memory_limit": "a sixteenth of the memory",
    "rate": "0.3 of sgd, 0.01 of adam",
    "batch_size": "all rows",
    "batch_iterations": "6, of sgd and adam 1",
    "rtol": "fixed steps",
    "atol": "rtol",
    "inner": "twice the width of the state",
    "basis": "legendre",
    "modes": "8, no more than depth points",
    "restart": "never",
    "continuation": "none",
    "patience": "20",
    "time_limit": "none",
    "class_weight": "all weigh 1",
}

#: How other defaults are shown that are not what a user would type.
_SHOWN = {"False": "no"}


def shown_default(name: str) -> str:
    """The default of an argument of the estimators, of both where they differ."""
    from standalone_node.learn.defaults import CLASSIFIER, REGRESSOR

    defaults = [getattr(of, name) for of in (CLASSIFIER, REGRESSOR) if hasattr(of, name)]
    shown = [
        _NONE[name] if default is None else _SHOWN.get(f"{default}", f"{default}")
        for default in defaults
    ]
    if shown[0] == shown[-1]:
        return shown[0]
    return f"{shown[0]} for classes, {shown[1]} for quantities"


class SectionedCommand(click.Command):
    """A command whose `--help` puts options under headings.

    Parameters
    ----------
    sections : mapping
        A heading and the names of the parameters under it; the others go under the last one.
    """

    def __init__(self, *rest: Any, sections: Mapping[str, Iterable[str]], **named: Any) -> None:
        super().__init__(*rest, **named)
        self._heading = {name: head for head, names in sections.items() for name in names}
        self._headings = list(sections)

    def headed(self, ctx: click.Context) -> dict[str, list[click.Parameter]]:
        """The options that `--help` shows, under their headings."""
        found: dict[str, list[click.Parameter]] = {heading: [] for heading in self._headings}
        for parameter in self.get_params(ctx):
            if not isinstance(parameter, click.Argument) and parameter.get_help_record(ctx):
                heading = self._heading.get(parameter.name or "", self._headings[-1])
                found[heading].append(parameter)
        return {heading: options for heading, options in found.items() if options}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, a list under each heading."""
        for heading, options in self.headed(ctx).items():
            records = [option.get_help_record(ctx) for option in options]
            with formatter.section(heading):
                formatter.write_dl([record for record in records if record is not None])


def estimator_options(command: F) -> F:
    """All of `ARGUMENTS` as options; those that are not given are None."""
    return some_estimator_options([argument.name for argument in ARGUMENTS])(command)


def some_estimator_options(names: Collection[str]) -> Callable[[F], F]:
    """Those of `ARGUMENTS` with these names as options."""

    def decorate(command: F) -> F:
        for argument in reversed(ARGUMENTS):
            if argument.name in names:
                option = click.option(
                    argument.flag,
                    argument.name,
                    type=argument.kind,
                    help=argument.about,
                    cls=ArgumentOption,
                )
                command = option(command)
        return command

    return decorate


def given_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those arguments of the estimators that were given."""
    names = [argument.name for argument in ARGUMENTS]
    return {name: options[name] for name in names if options.get(name) is not None}


def as_options(sentence: str) -> str:
    """A sentence about arguments, for somebody who knows them as options.

    Examples
    --------
    >>> as_options("steps = 0 has to be larger, or raise max_iterations")
    '--steps 0 has to be larger, or raise --max-iterations'
    """
    for name, flag in _FLAGS.items():
        sentence = re.sub(rf"(?<![\w-]){name} ?= ?", f"{flag} ", sentence)
        sentence = sentence.replace(f"{flag} False", f"{flag} no").replace(
            f"{flag} True", f"{flag} yes"
        )
        if "_" in name or name in _NO_WORDS:
            sentence = re.sub(rf"(?<![\w-]){name}\b", flag, sentence)
    return sentence


def seed_option(command: F) -> F:
    """`--seed`, whose default is the estimators' `random_state`."""
    option = click.option(
        "--seed",
        type=int,
        default=0,
        callback=_checked_seed,
        show_default=True,
        help="Of the split into training and held-out rows, and of the start.",
    )
    return option(command)


def _checked_seed(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if not 0 <= value < 2**32:
        raise click.BadParameter(f"{value} is not a whole number from 0 to 2**32 - 1.", ctx, param)
    return value


def reading_options(command: F) -> F:
    """How a CSV file is read."""
    options = (
        click.option("--delimiter", metavar="CHAR", help="Between fields.  [default: recognised]"),
        click.option("--encoding", metavar="NAME", help="Of the text.  [default: recognised]"),
    )
    return _all(options, command)


def common_options(command: F) -> F:
    """`--json` and `--debug`."""
    options = (
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
        debug_option,
    )
    return _all(options, command)


def debug_option(command: F) -> F:
    """`--debug`."""
    option = click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_remember_debug,
        help="Show the traceback of an error.",
    )
    return option(command)


def _remember_debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    settings = ctx.find_root().obj
    if settings is not None:
        settings.debug = value


def _all(options: Iterable[Callable[[F], F]], command: F) -> F:
    for option in reversed(tuple(options)):
        command = option(command)
    return command


def print_json(facts: Mapping[str, Any]) -> None:
    """A dict on stdout; NaN and infinity, which JSON does not know, as null."""
    from standalone_node.report.json_text import json_text

    print(json_text(facts))
