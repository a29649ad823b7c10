"""The kinds of values that options take, beside click's own."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click


class Listed(click.ParamType):
    """One of the names in a table of the package, which is imported when it is needed."""

    name = "name"

    def __init__(self, module: str, table: str) -> None:
        self._module, self._table = module, table

    def names(self) -> list[str]:
        """The names in the table."""
        return list(getattr(import_module(f"standalone_node.{self._module}"), self._table))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, if the table has it."""
        names = self.names()
        if value not in names:
            self.fail(f"{value!r} is none of {', '.join(names)}.", param, ctx)
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """The names as `--help` shows them."""
        return f"[{'|'.join(self.names())}]"


class NumberOrAuto(click.ParamType):
    """A number, or the word "auto"."""

    name = "number|auto"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """The number, or the word."""
        if value == "auto":
            return "auto"
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor the word auto.", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How `--help` shows it."""
        return "FLOAT|auto"


class YesOrNumber(click.ParamType):
    """yes, no, or a number."""

    name = "yes|no|number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bool | float:
        """True, False, or the number."""
        if isinstance(value, bool) or str(value).lower() in ("yes", "no"):
            return value if isinstance(value, bool) else str(value).lower() == "yes"
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is neither yes or no nor a number.", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How `--help` shows it."""
        return "yes|no|FLOAT"


class WholeNumbers(click.ParamType):
    """Whole numbers with commas between them."""

    name = "n,n,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of whole numbers, as 4,8,16.", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How `--help` shows it."""
        return "N,N,..."
